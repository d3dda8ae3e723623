//! A user's edges as a table, the weakest first: suspected false clicks.

use yew::prelude::*;

use crate::protocol::{EdgePicture, EdgesPicture, SuspectsPicture};
use crate::text::Message;
use crate::ui::format;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::tags::{tag, td};
use crate::ui::words::{say, words};

pub fn edges(found: &EdgesPicture, names: &Names) -> Html {
    let help = if found.modalities.is_empty() {
        "page.inside.edges.plain"
    } else {
        "page.inside.edges.help"
    };
    // Bars are shares of the heaviest edge.
    let most = found
        .edges
        .iter()
        .map(|edge| edge.weight)
        .fold(f32::MIN_POSITIVE, f32::max);
    html! {
        <>
            { tag("h3", "", words("page.inside.edges")) }
            { tag("p", "help", words(help)) }
            { for found.suspects.as_ref().map(|suspects| tag("p", "against", precision(suspects))) }
            <table class="weights">
                <thead>
                    <tr>
                        <th scope="col">{ words("page.inside.edges.item") }</th>
                        <th scope="col" title={words("page.inside.edges.weight.help")}>
                            { words("page.inside.edges.weight") }
                        </th>
                        { for found.modalities.iter().map(|name| html! { <th scope="col">{ name.clone() }</th> }) }
                    </tr>
                </thead>
                <tbody>{ for found.edges.iter().map(|edge| row(edge, most, names)) }</tbody>
            </table>
        </>
    }
}

fn precision(suspects: &SuspectsPicture) -> String {
    let share = |of: f32| format::percent(f64::from(of) / f64::from(suspects.suspected.max(1)));
    say(&Message::new("page.inside.edges.precision")
        .with("suspected", format::whole(suspects.suspected.into()))
        .with("share", share(suspects.found as f32))
        .with("chance", share(suspects.by_chance)))
}

fn row(edge: &EdgePicture, most: f32, names: &Names) -> Html {
    let width = format!("{:.1}%", 100.0 * (edge.weight / most).clamp(0.0, 1.0));
    html! {
        <tr>
            <th scope="row">
                { mark(names.glyph(edge.item), "") }{ names.title(edge.item).to_owned() }
                if edge.is_false {
                    { tag("span", "false-sign", words("page.inside.edges.false")) }
                }
            </th>
            <td>
                <svg class="share" aria-hidden="true"><rect {width} height="100%" /></svg>
                { format::short(edge.weight.into()) }
            </td>
            { for edge.by_modality.iter().map(|weight| td(format::short(f64::from(*weight)))) }
        </tr>
    }
}
