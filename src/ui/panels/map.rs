//! The interest map with what belongs to it: how the points came about, the groups, the buttons, the table.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_events::{EventListener, EventListenerOptions};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlCanvasElement, KeyboardEvent, PointerEvent, WheelEvent};
use yew::prelude::*;

use crate::protocol::{MapPicture, Projection, UserCard};
use crate::text::Message;
use crate::ui::charts::{Canvas, Frame};
use crate::ui::clock;
use crate::ui::format;
use crate::ui::glyph::{self, Mark};
use crate::ui::link::AtDesk;
use crate::ui::map::{Gesture, Given, Motion, Place, Scene, Wish};
use crate::ui::names::Names;
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Focus, Thing};
use crate::ui::theme::{Theme, still};
use crate::ui::words::{say, words};

/// How much a press of a button or key zooms, and how far it moves in CSS pixels.
const ZOOM: f64 = 1.4;
const PAN: f64 = 40.0;

#[derive(PartialEq, Properties)]
pub struct MapProps {
    pub picture: Option<Shared<MapPicture>>,
    pub names: Shared<Names>,
    pub card: Option<Shared<UserCard>>,
    pub focus: Focus,
    pub theme: Theme,
    /// There is a run: if there is no picture, its model has no vectors.
    pub begun: bool,
}

type SceneRef = Rc<RefCell<Scene>>;

#[component]
pub fn MapPanel(props: &MapProps) -> Html {
    let node = use_node_ref();
    let scene: SceneRef = use_mut_ref(Scene::default);
    let motion = {
        let (scene, node) = (scene.clone(), node.clone());
        use_memo((), move |()| Motion::new(move |now| draw(&scene, &node, now)))
    };
    let given = Given {
        picture: props.picture.clone(),
        names: props.names.clone(),
        card: props.card.clone().filter(|card| Some(card.user) == props.focus.user),
        focus: props.focus,
        palette: props.theme.palette(),
    };
    {
        let (scene, motion) = (scene.clone(), motion.clone());
        use_effect_with(given, move |given| {
            scene.borrow_mut().update(given.clone(), clock::now(), still());
            motion.wake();
        });
    }
    let desk = use_context::<AtDesk>();
    {
        let (node, scene, motion) = (node.clone(), scene.clone(), motion.clone());
        use_effect_with((), move |()| {
            let hands = node.cast::<Element>().zip(desk).map(|(canvas, desk)| {
                let motion = (*motion).clone();
                let hand = Hand {
                    canvas,
                    desk,
                    scene,
                    motion,
                    gesture: RefCell::default(),
                };
                Rc::new(hand).listen()
            });
            move || drop(hands)
        });
    }
    let zoom = |factor: Option<f64>| {
        let (scene, motion) = (scene.clone(), motion.clone());
        Callback::from(move |_: MouseEvent| {
            zoom_by(&mut scene.borrow_mut(), factor);
            motion.wake();
        })
    };
    let paint = use_memo((), |()| {
        let motion = motion.clone();
        Callback::from(move |_: Frame| motion.wake())
    });
    html! {
        <section class="panel map" aria-labelledby="map-title">
            <header>
                <h2 id="map-title">{ words("page.map.title") }</h2>
                <p class="caption">{ for props.picture.as_deref().map(caption) }</p>
                <div class="stepper">
                    <button type="button" aria-label={words("page.map.out")} onclick={zoom(Some(1.0 / ZOOM))}>{ "−" }</button>
                    <button type="button" aria-label={words("page.map.in")} onclick={zoom(Some(ZOOM))}>{ "+" }</button>
                    <button type="button" onclick={zoom(None)}>{ words("page.map.fit") }</button>
                </div>
            </header>
            <div class="ground">
                <Canvas label={words("page.map.canvas")} paint={(*paint).clone()} node={node} keyboard=true />
                if props.picture.is_none() {
                    <p class="empty">{ words(if props.begun { "page.map.none" } else { "page.map.empty" }) }</p>
                }
            </div>
            <Legend names={props.names.clone()} group={props.focus.group} />
            <p class="under-pointer" aria-live="polite">{ under_pointer(props) }</p>
            if let Some(picture) = &props.picture {
                <Twin picture={picture.clone()} names={props.names.clone()} />
            }
        </section>
    }
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

/// Where the points come from, in one sentence.
fn caption(picture: &MapPicture) -> String {
    let from = say(&match picture.projection {
        Projection::Plane => Message::new("page.map.plane"),
        Projection::Pca { kept: [first, second] } => Message::new("page.map.pca")
            .with("dim", picture.dim)
            .with("kept", format::percent(f64::from(first + second))),
    });
    if let Some([distance, angle]) = picture.apart {
        let apart = Message::new("page.map.apart")
            .with("distance", format::short(distance.into()))
            .with("angle", format::whole(angle.round() as u64));
        from + ". " + &say(&apart)
    } else if picture.directions {
        from + ". " + words("page.map.directions")
    } else {
        from
    }
}

fn under_pointer(props: &MapProps) -> String {
    let names = &props.names;
    let selected = props.focus.item.map(Thing::Item);
    match props.focus.hovered.or(selected) {
        Some(Thing::Item(item)) => say(&Message::new("page.map.item")
            .with("title", names.title(item))
            .with(
                "group",
                names.group_name(item).unwrap_or_else(|| words("page.map.no_group")),
            )
            .with("count", format::whole(names.count(item).into()))),
        Some(Thing::User(user)) => say(&Message::new("page.map.user").with("user", names.label(user))),
        None => words("page.map.hint").to_owned(),
    }
}

#[derive(PartialEq, Properties)]
struct LegendProps {
    names: Shared<Names>,
    group: Option<u16>,
}

/// The groups with their marks; a click puts one in the spotlight. Groups that share the grey dot are in a list.
#[component]
fn Legend(props: &LegendProps) -> Html {
    let Some(desk) = use_context::<AtDesk>() else {
        return Html::default();
    };
    let LegendProps { names, group: lit } = props;
    let spotlight = |group: u16| {
        let desk = desk.clone();
        let to = (*lit != Some(group)).then_some(group);
        move |_: MouseEvent| desk.act(Action::Spotlight(to))
    };
    let groups = || (0u16..).zip(&names.scenery.groups);
    let few = names.glyphs.len() <= 8;
    let own = |group: u16| few || names.glyph_of_group(group) != glyph::OTHER;
    let chips = groups().filter(|(group, _)| own(*group)).map(|(group, name)| {
        let pressed = *lit == Some(group);
        html! {
            <button type="button" class="chip" key={group} onclick={spotlight(group)} aria-pressed={pressed.to_string()}>
                <Mark glyph={names.glyph_of_group(group)} />{ name.clone() }
            </button>
        }
    });
    let others: Vec<(u16, &String)> = groups().filter(|(group, _)| !own(*group)).collect();
    let onchange = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            let select = event.target_dyn_into::<web_sys::HtmlSelectElement>();
            desk.act(Action::Spotlight(select.and_then(|select| select.value().parse().ok())));
        })
    };
    html! {
        <div class="legend" role="group" aria-label={words("page.map.groups")}>
            { for chips }
            if !others.is_empty() {
                <label class="chip">
                    <Mark glyph={glyph::OTHER} />
                    <select aria-label={words("page.map.other_groups")} {onchange}>
                        <option value="" selected={lit.is_none_or(own)}>
                            { say(&Message::new("page.map.others").with("count", others.len())) }
                        </option>
                        { for others.iter().map(|(group, name)| html! {
                            <option value={group.to_string()} selected={*lit == Some(*group)}>{ (*name).clone() }</option>
                        }) }
                    </select>
                </label>
            }
            <span class="chip still"><Mark glyph={glyph::USER} />{ words("page.map.users") }</span>
            <span class="chip still"><Mark glyph={glyph::USER} class="accent" />{ words("page.map.recommended") }</span>
        </div>
    }
}

#[derive(PartialEq, Properties)]
struct TwinProps {
    picture: Shared<MapPicture>,
    names: Shared<Names>,
}

/// The map as a table: where each group lies and how far it is spread. Computed only while it is open.
#[component]
fn Twin(props: &TwinProps) -> Html {
    let open = use_state_eq(|| false);
    let ontoggle = {
        let open = open.clone();
        Callback::from(move |event: Event| {
            open.set(
                event
                    .target_dyn_into::<Element>()
                    .is_some_and(|details| details.has_attribute("open")),
            );
        })
    };
    let rows = open
        .then(|| group_rows(&props.picture, &props.names))
        .unwrap_or_default();
    html! {
        <details class="as-table" {ontoggle}>
            <summary>{ words("page.map.table") }</summary>
            <table>
                <tr>
                    <th>{ words("page.map.group") }</th>
                    <th>{ words("page.data.items") }</th>
                    <th>{ words("page.map.centre") }</th>
                    <th title={words("page.map.spread.help")}>{ words("page.map.spread") }</th>
                </tr>
                { for rows.into_iter().map(|[name, count, centre, spread]| html! {
                    <tr><td>{ name }</td><td>{ count }</td><td>{ centre }</td><td>{ spread }</td></tr>
                }) }
            </table>
        </details>
    }
}

fn group_rows(picture: &MapPicture, names: &Names) -> Vec<[String; 4]> {
    (0u16..)
        .zip(&names.scenery.groups)
        .map(|(group, name)| {
            let shown = picture.items.iter().zip(picture.item_points.chunks_exact(2));
            let points: Vec<(f64, f64)> = shown
                .filter(|(item, _)| names.group(**item) == Some(group))
                .map(|(_, point)| (f64::from(point[0]), f64::from(point[1])))
                .collect();
            let n = points.len().max(1) as f64;
            let sum = points
                .iter()
                .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
            let (x, y) = (sum.0 / n, sum.1 / n);
            let spread = points
                .iter()
                .map(|point| (point.0 - x) * (point.0 - x) + (point.1 - y) * (point.1 - y))
                .sum::<f64>()
                / n;
            let centre = format!("{}, {}", format::short(x), format::short(y));
            [
                name.clone(),
                format::whole(points.len() as u64),
                centre,
                format::short(spread.sqrt()),
            ]
        })
        .collect()
}

/// The reader's hand on the canvas.
struct Hand {
    canvas: Element,
    desk: AtDesk,
    scene: SceneRef,
    motion: Motion,
    gesture: RefCell<Gesture>,
}

impl Hand {
    /// Listens until what it returns is dropped.
    fn listen(self: Rc<Self>) -> Vec<EventListener> {
        let pointer = |name: &'static str, act: fn(&Self, i32, Place) -> Option<Wish>| {
            let hand = Rc::clone(&self);
            EventListener::new(&self.canvas, name, move |event| {
                if let Some(event) = event.dyn_ref::<PointerEvent>() {
                    let wish = act(&hand, event.pointer_id(), place(event));
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
            pointer("pointerdown", |hand, id, at| {
                // The drag goes on outside the canvas.
                hand.canvas.set_pointer_capture(id).unwrap_or_default();
                hand.gesture.borrow_mut().press(id, at);
                None
            }),
            pointer("pointermove", |hand, id, at| hand.gesture.borrow_mut().shift(id, at)),
            pointer("pointerup", |hand, id, at| hand.gesture.borrow_mut().release(id, at)),
            pointer("pointercancel", |hand, id, _| {
                hand.gesture.borrow_mut().cancel(id);
                None
            }),
            pointer("pointerleave", |hand, _, _| {
                hand.hover(None);
                None
            }),
            wheel,
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
            self.desk.act(Action::Hover(thing));
        }
    }

    fn take(&self, thing: Option<Thing>) {
        match thing {
            Some(thing) => self.desk.select(thing),
            None => self.desk.act(Action::Deselect),
        }
    }
}

fn place(event: &web_sys::MouseEvent) -> Place {
    (f64::from(event.offset_x()), f64::from(event.offset_y()))
}
