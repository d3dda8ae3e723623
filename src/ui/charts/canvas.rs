//! The one canvas component: as many pixels as the screen has, repainted when its size or its painter changes.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::{Closure, wasm_bindgen};
use web_sys::{CanvasRenderingContext2d, CustomEvent, HtmlCanvasElement, ResizeObserver};
use yew::prelude::*;

/// A canvas to paint on. Lengths are in its own pixels: a CSS pixel is `scale` of them.
pub struct Frame {
    pub context: CanvasRenderingContext2d,
    pub width: u32,
    pub height: u32,
    pub scale: f64,
}

/// Size of a canvas that nobody has given another (HTML standard, the canvas element).
const UNMEASURED: (u32, u32) = (300, 150);

impl Frame {
    /// The frame of a canvas that is on the screen, cleared.
    pub fn of(canvas: &HtmlCanvasElement) -> Option<Self> {
        if (canvas.width(), canvas.height()) == UNMEASURED {
            measure(canvas);
        }
        let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
        let frame = Self::on(context, canvas)?;
        frame
            .context
            .clear_rect(0.0, 0.0, f64::from(frame.width), f64::from(frame.height));
        Some(frame)
    }

    /// A frame as large as the canvas on any drawing context; nothing where the canvas is not on the screen.
    fn on(context: CanvasRenderingContext2d, canvas: &HtmlCanvasElement) -> Option<Self> {
        let (width, height) = (canvas.width(), canvas.height());
        (width > 0 && height > 0).then(|| Self {
            context,
            width,
            height,
            scale: scale(),
        })
    }
}

/// Pixels of the screen in a CSS pixel.
fn scale() -> f64 {
    web_sys::window().map_or(1.0, |window| window.device_pixel_ratio().max(1.0))
}

/// Gives a canvas as many pixels as it takes on the screen. The browser lays the whole page out to say how many: only
/// where the size may have changed.
fn measure(canvas: &HtmlCanvasElement) {
    let pixels = |length: i32| (f64::from(length) * scale()).round() as u32;
    let (width, height) = (pixels(canvas.client_width()), pixels(canvas.client_height()));
    if (canvas.width(), canvas.height()) != (width, height) {
        canvas.set_width(width);
        canvas.set_height(height);
    }
}

#[derive(PartialEq, Properties)]
pub struct CanvasProps {
    /// What it shows, for readers who do not see it.
    pub label: AttrValue,
    /// Paints it; a new callback means that there is something new to paint.
    pub paint: Callback<Frame>,
    /// The element, for whoever listens to its pointer and keys.
    #[prop_or_default]
    pub node: Option<NodeRef>,
    #[prop_or_default]
    pub class: Classes,
    /// It takes the keyboard.
    #[prop_or_default]
    pub keyboard: bool,
}

#[component]
pub fn Canvas(props: &CanvasProps) -> Html {
    let own = use_node_ref();
    let node = props.node.clone().unwrap_or(own);
    let latest = use_mut_ref(|| props.paint.clone());
    *latest.borrow_mut() = props.paint.clone();
    let paint_on = move |frame: Option<Frame>| {
        if let Some(frame) = frame {
            let paint = latest.borrow().clone();
            paint.emit(frame);
        }
    };
    let paint_now = {
        let (node, paint_on) = (node.clone(), paint_on.clone());
        move || paint_on(node.cast::<HtmlCanvasElement>().as_ref().and_then(Frame::of))
    };
    {
        let paint_now = paint_now.clone();
        use_effect_with(props.paint.clone(), move |_| paint_now());
    }
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            let watched = watch_size(&node, paint_now);
            let wanted = node
                .cast::<HtmlCanvasElement>()
                .map(|canvas| hear_of_pictures(canvas, paint_on));
            move || drop((watched, wanted))
        });
    }
    let (role, tabindex) = if props.keyboard {
        ("application", Some("0"))
    } else {
        ("img", None)
    };
    html! {
        <canvas ref={node} class={props.class.clone()} {role} {tabindex} aria-label={props.label.clone()} />
    }
}

/// Ends the watching when it is dropped.
struct Watched {
    observer: Option<ResizeObserver>,
    _resized: Closure<dyn FnMut()>,
    _zoomed: Option<EventListener>,
}

impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(observer) = &self.observer {
            observer.disconnect();
        }
    }
}

fn watch_size(node: &NodeRef, paint: impl Fn() + Clone + 'static) -> Watched {
    let canvas = node.cast::<HtmlCanvasElement>();
    let paint = move || {
        if let Some(canvas) = &canvas {
            measure(canvas);
        }
        paint();
    };
    let resized = Closure::<dyn FnMut()>::new(paint.clone());
    let observer = ResizeObserver::new(resized.as_ref().unchecked_ref()).ok();
    if let (Some(observer), Some(element)) = (&observer, node.cast::<web_sys::Element>()) {
        observer.observe(&element);
    }
    // The size in CSS pixels may stay while the pixels of the screen change: the window has moved to a projector.
    let zoomed = web_sys::window().map(|window| EventListener::new(&window, "resize", move |_| paint()));
    Watched {
        observer,
        _resized: resized,
        _zoomed: zoomed,
    }
}

/// Paints on the drawing context that the event `picture` brings (`www/pictures.js`).
fn hear_of_pictures(canvas: HtmlCanvasElement, paint: impl Fn(Option<Frame>) + 'static) -> EventListener {
    EventListener::new(&canvas.clone(), "picture", move |event| {
        let paper = event.unchecked_ref::<CustomEvent>().detail().unchecked_into();
        paint(Frame::on(paper, &canvas));
    })
}

#[wasm_bindgen(module = "/www/pictures.js")]
extern "C" {
    /// Saves every chart and map as a picture: `png` or `svg`.
    #[wasm_bindgen(js_name = savePictures)]
    pub fn save_pictures(kind: &str);
}
