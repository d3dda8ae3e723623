//! Inside a model: how the history became vectors, regions or edges, or is read together with an item; which of several
//! vectors learns from what comes next, and what
//! each of several vectors finds beside what a single one would.

mod attention;
mod bubbles;
mod diverse;
mod edges;
mod finds;
mod heed;
mod shares;
mod tree;

use yew::prelude::*;

use crate::protocol::InsidePicture;
use crate::text::Message;
use crate::ui::desk::AtDesk;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::state::Focus;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};
use attention::AttentionProps;
use finds::finds;
use heed::HeedProps;
use shares::SharesProps;

#[derive(PartialEq)]
pub struct InsideProps {
    pub picture: Shared<InsidePicture>,
    pub names: Shared<Names>,
    pub focus: Focus,
}

impl Part for InsideProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let InsideProps { picture, names, focus } = self;
        let whose = Message::new("page.inside.whose").with("user", names.label(picture.user));
        html! {
            <section class="panel inside" aria-labelledby="inside-title">
                <header>
                    <h2 id="inside-title">{ words("page.inside.title") }</h2>
                    { tag("p", "caption", say(&whose)) }
                </header>
                if picture.history.is_empty() {
                    { tag("p", "empty", words("page.inside.no_history")) }
                }
                if !picture.rounds.is_empty() && !picture.history.is_empty() {
                    { part(SharesProps { picture: picture.clone(), names: names.clone() }) }
                }
                if picture.tree.is_some() && picture.history.len() > 1 {
                    { tree::tree(desk, picture, names) }
                }
                if picture.tree.is_none() && picture.next.is_some() {
                    { part(AttentionProps { picture: picture.clone(), names: names.clone() }) }
                }
                { for picture.bubbles.as_ref().map(|found| bubbles::bubbles(picture, found, names)) }
                if picture.attention.is_some() {
                    { part(HeedProps { picture: picture.clone(), names: names.clone(), focus: *focus }) }
                }
                { for picture.edges.as_ref().map(|found| edges::edges(found, names)) }
                if !picture.finds.is_empty() {
                    { finds(picture, names, *focus) }
                }
                if picture.diverse.is_some() {
                    { diverse::diverse(desk, picture, names, *focus) }
                }
            </section>
        }
    }
}

/// A share as a bar with its number.
fn bar(share: f32) -> Html {
    let width = format!("{:.1}%", 100.0 * share.clamp(0.0, 1.0));
    html! {
        <>
            <svg class="share" aria-hidden="true"><rect width={width} height="100%" /></svg>
            { crate::ui::format::percent(f64::from(share)) }
        </>
    }
}
