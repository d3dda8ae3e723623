//! A user's bubbles as a table: how wide each is, what it holds, and what it has to do with the item that is looked at.

use yew::prelude::*;

use crate::protocol::{BubblePicture, BubblesPicture, InsidePicture, MetPicture};
use crate::text::Message;
use crate::ui::format;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::tags::{tag, td};
use crate::ui::words::{say, words};

pub fn bubbles(picture: &InsidePicture, found: &BubblesPicture, names: &Names) -> Html {
    let inside = Message::new("page.inside.bubbles.help")
        .with("inside", format::whole(found.inside.len() as u64))
        .with("items", format::whole(names.scenery.item_titles.len() as u64));
    let met = found.met.as_ref();
    let rows = picture.history.iter().zip(&found.bubbles).zip(0..);
    let rows = rows.map(|((&item, bubble), place)| row(place, item, bubble, met, names));
    let context = met.is_some_and(|met| met.context.is_some());
    let won = Message::new("page.inside.bubbles.won").with("dim", found.dim);
    html! {
        <>
            { tag("h3", "", words("page.inside.bubbles")) }
            { tag("p", "help", say(&inside)) }
            { for met.map(|met| tag("p", "against", against(met, names))) }
            <table class="weights">
                <thead>
                    <tr>
                        <th scope="col">{ words("page.inside.event") }</th>
                        <th scope="col" title={words("page.inside.bubbles.radius.help")}>
                            { words("page.inside.bubbles.radius") }
                        </th>
                        <th scope="col">{ words("page.inside.bubbles.holds") }</th>
                        if met.is_some() {
                            <th scope="col" title={words("page.inside.bubbles.won.help")}>{ say(&won) }</th>
                        }
                        if context {
                            <th scope="col" title={words("page.inside.bubbles.context.help")}>
                                { words("page.inside.bubbles.context") }
                            </th>
                        }
                    </tr>
                </thead>
                <tbody>{ for rows }</tbody>
            </table>
        </>
    }
}

/// The score of an item and what it is made of.
fn against(met: &MetPicture, names: &Names) -> String {
    let context = met.context.as_ref().map_or(0.0, |(score, _)| *score);
    let key = match (met.next, met.context.is_some()) {
        (true, true) => "page.inside.bubbles.next",
        (true, false) => "page.inside.bubbles.next.plain",
        (false, true) => "page.inside.bubbles.against",
        (false, false) => "page.inside.bubbles.against.plain",
    };
    say(&Message::new(key)
        .with("title", names.title(met.item))
        .with("score", format::short(f64::from(met.pooled + context)))
        .with("pooled", format::short(met.pooled.into()))
        .with("context", format::short(context.into())))
}

fn row(place: u32, item: u32, bubble: &BubblePicture, met: Option<&MetPicture>, names: &Names) -> Html {
    let [low, mean, high] = bubble.radii.map(|radius| format::short(radius.into()));
    let won = met.map(|met| met.winners.iter().filter(|winner| **winner == place).count());
    let weight = met.and_then(|met| met.context.as_ref()?.1.get(place as usize).copied());
    html! {
        <tr>
            <th scope="row">{ mark(names.glyph(item), "") }{ names.title(item).to_owned() }</th>
            <td title={format!("{low} – {high}")}>{ mean }</td>
            { td(bubble.holds) }
            { for won.map(|won| html! { <td>{ if won > 0 { won.to_string() } else { "·".to_owned() } }</td> }) }
            { for weight.map(|weight| td(super::bar(weight))) }
        </tr>
    }
}
