//! The map on its canvas, and the reader's hand on it.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, KeyboardEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use crate::protocol::Query;
use crate::ui::charts::{Canvas, Frame};
use crate::ui::clock;
use crate::ui::desk::AtDesk;
use crate::ui::map::{Gesture, Given, Motion, Place, Scene, Wish};
use crate::ui::state::{Action, Thing};
use crate::ui::theme::still;

/// How much a press of a button or key zooms, and how far it moves in CSS pixels.
pub const ZOOM: f64 = 1.4;
const PAN: f64 = 40.0;

/// What the buttons beside the map ask for: to zoom by a factor, or to show everything again.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Zoomed {
    /// How often something was asked.
    pub count: u32,
    pub factor: Option<f64>,
}

#[derive(PartialEq, Properties)]
pub struct MapCanvasProps {
    pub given: Given,
    pub label: AttrValue,
    pub zoomed: Zoomed,
    /// A drag draws a line round things; with the shift key it always does.
    pub lasso: bool,
}

type SceneRef = Rc<RefCell<Scene>>;

#[component]
pub fn MapCanvas(props: &MapCanvasProps) -> Html {
    let node = use_node_ref();
    let scene: SceneRef = use_mut_ref(Scene::default);
    let motion = {
        let (scene, node) = (scene.clone(), node.clone());
        use_memo((), move |()| Motion::new(move |now| draw(&scene, &node, now)))
    };
    {
        let (scene, motion) = (scene.clone(), motion.clone());
        use_effect_with(props.given.clone(), move |given| {
            scene.borrow_mut().update(given.clone(), clock::now(), still());
            motion.wake();
        });
    }
    {
        let (scene, motion) = (scene.clone(), motion.clone());
        use_effect_with(props.zoomed, move |zoomed| {
            if zoomed.count > 0 {
                zoom_by(&mut scene.borrow_mut(), zoomed.factor);
                motion.wake();
            }
        });
    }
    let painted = scene.clone();
    let lasso = use_mut_ref(|| false);
    *lasso.borrow_mut() = props.lasso;
    let desk = use_context::<AtDesk>();
    {
        let (node, motion) = (node.clone(), motion.clone());
        use_effect_with((), move |()| {
            let hands = node.cast::<Element>().zip(desk).map(|(canvas, desk)| {
                let motion = (*motion).clone();
                let hand = Hand {
                    canvas,
                    desk,
                    scene,
                    motion,
                    gesture: RefCell::default(),
                    lasso,
                };
                Rc::new(hand).listen()
            });
            move || drop(hands)
        });
    }
    let paint = use_memo((), |()| {
        let (scene, motion) = (painted, motion.clone());
        Callback::from(move |frame: Frame| {
            scene.borrow().paint(&frame);
            motion.wake();
        })
    });
    html! { <Canvas label={props.label.to_string()} paint={(*paint).clone()} node={node} keyboard=true /> }
}

fn draw(scene: &SceneRef, node: &NodeRef, now: f64) -> bool {
    let Some(frame) = node.cast::<HtmlCanvasElement>().as_ref().and_then(Frame::of) else {
        return false;
    };
    let mut scene = scene.borrow_mut();
    scene.size = (
        f64::from(frame.width) / frame.scale,
        f64::from(frame.height) / frame.scale,
    );
    let moving = scene.advance(now, still());
    scene.paint(&frame);
    moving
}

/// Zooms around the middle, or shows everything again.
fn zoom_by(scene: &mut Scene, factor: Option<f64>) {
    match factor {
        Some(factor) => {
            let middle = (scene.size.0 / 2.0, scene.size.1 / 2.0);
            scene.zoom(middle, factor);
        }
        None => scene.held = false,
    }
}

/// The reader's hand on the canvas.
struct Hand {
    canvas: Element,
    desk: AtDesk,
    scene: SceneRef,
    motion: Motion,
    gesture: RefCell<Gesture>,
    lasso: Rc<RefCell<bool>>,
}

impl Hand {
    /// Listens until what it returns is dropped.
    fn listen(self: Rc<Self>) -> Vec<EventListener> {
        let pointer = |name: &'static str, act: fn(&Self, &PointerEvent, Place) -> Option<Wish>| {
            let hand = Rc::clone(&self);
            EventListener::new(&self.canvas, name, move |event| {
                if let Some(event) = event.dyn_ref::<PointerEvent>() {
                    let wish = act(&hand, event, place(event));
                    hand.fulfil(wish);
                }
            })
        };
        let firm = EventListenerOptions::enable_prevent_default();
        let wheel = {
            let hand = Rc::clone(&self);
            EventListener::new_with_options(&self.canvas, "wheel", firm, move |event| {
                if let Some(wheel) = event.dyn_ref::<WheelEvent>() {
                    event.prevent_default();
                    let factor = libm::exp(-wheel.delta_y() * 0.0015).clamp(0.5, 2.0);
                    hand.fulfil(Some(Wish::Zoom {
                        at: place(wheel),
                        factor,
                    }));
                }
            })
        };
        let twice = {
            let hand = Rc::clone(&self);
            EventListener::new(&self.canvas, "dblclick", move |event| {
                if let Some(click) = event.dyn_ref::<web_sys::MouseEvent>() {
                    let point = hand.scene.borrow().point_at(place(click));
                    if let Some((x, y)) = point {
                        hand.desk.search(Query::Point([x as f32, y as f32]));
                    }
                }
            })
        };
        let keys = {
            let hand = Rc::clone(&self);
            EventListener::new_with_options(&self.canvas, "keydown", firm, move |event| {
                if let Some(key) = event.dyn_ref::<KeyboardEvent>()
                    && hand.press(&key.key())
                {
                    event.prevent_default();
                }
            })
        };
        vec![
            pointer("pointerdown", |hand, event, at| {
                let id = event.pointer_id();
                // The drag goes on outside the canvas.
                hand.canvas.set_pointer_capture(id).unwrap_or_default();
                if event.shift_key() || *hand.lasso.borrow() {
                    hand.scene.borrow_mut().line = vec![at];
                } else {
                    hand.gesture.borrow_mut().press(id, at);
                }
                None
            }),
            pointer("pointermove", |hand, event, at| {
                let mut scene = hand.scene.borrow_mut();
                if scene.line.is_empty() {
                    return hand.gesture.borrow_mut().shift(event.pointer_id(), at);
                }
                scene.line.push(at);
                hand.motion.wake();
                None
            }),
            pointer("pointerup", |hand, event, at| {
                if hand.scene.borrow().line.is_empty() {
                    return hand.gesture.borrow_mut().release(event.pointer_id(), at);
                }
                let caught = hand.scene.borrow_mut().close_line();
                hand.desk.act(Action::Catch(caught));
                hand.motion.wake();
                None
            }),
            pointer("pointercancel", |hand, event, _| {
                hand.scene.borrow_mut().line.clear();
                hand.gesture.borrow_mut().cancel(event.pointer_id());
                None
            }),
            pointer("pointerleave", |hand, _, _| {
                hand.hover(None);
                None
            }),
            wheel,
            twice,
            keys,
        ]
    }

    fn fulfil(&self, wish: Option<Wish>) {
        match wish {
            Some(Wish::Look(at)) => {
                let thing = self.scene.borrow().thing_at(at);
                self.hover(thing);
            }
            Some(Wish::Take(at)) => {
                let thing = self.scene.borrow().thing_at(at);
                self.take(thing);
            }
            Some(Wish::Pan(by)) => self.scene.borrow_mut().pan(by),
            Some(Wish::Zoom { at, factor }) => self.scene.borrow_mut().zoom(at, factor),
            None => return,
        }
        self.motion.wake();
    }

    /// Does what a key says; `false` for a key that is not ours.
    fn press(&self, key: &str) -> bool {
        match key {
            "ArrowLeft" => self.fulfil(Some(Wish::Pan((PAN, 0.0)))),
            "ArrowRight" => self.fulfil(Some(Wish::Pan((-PAN, 0.0)))),
            "ArrowUp" => self.fulfil(Some(Wish::Pan((0.0, PAN)))),
            "ArrowDown" => self.fulfil(Some(Wish::Pan((0.0, -PAN)))),
            "+" | "=" => zoom_by(&mut self.scene.borrow_mut(), Some(ZOOM)),
            "-" => zoom_by(&mut self.scene.borrow_mut(), Some(1.0 / ZOOM)),
            "0" => zoom_by(&mut self.scene.borrow_mut(), None),
            "n" | "p" => {
                let next = self.scene.borrow().next_item(key == "n");
                self.hover(next);
            }
            "Enter" => self.take(self.desk.state().focus.hovered),
            "Escape" => self.take(None),
            _ => return false,
        }
        self.motion.wake();
        true
    }

    fn hover(&self, thing: Option<Thing>) {
        if self.desk.state().focus.hovered != thing {
            self.desk.hover(thing);
        }
    }

    fn take(&self, thing: Option<Thing>) {
        match thing {
            Some(thing) => self.desk.select(thing),
            None => self.desk.deselect(),
        }
    }
}

fn place(event: &web_sys::MouseEvent) -> Place {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}
