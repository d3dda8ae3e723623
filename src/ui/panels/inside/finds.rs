//! What each vector finds alone, beside what their mean finds: where a single vector lands.

use yew::prelude::*;

use crate::protocol::{InsidePicture, Listed};
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::panels::listed::ItemRowProps;
use crate::ui::part::part;
use crate::ui::shared::Shared;
use crate::ui::state::Focus;
use crate::ui::tags::tag;
use crate::ui::words::words;

pub fn finds(picture: &InsidePicture, names: &Shared<Names>, focus: Focus) -> Html {
    let list = |title: String, found: &[Listed], own: bool| {
        let rows = found.iter().map(|listed| {
            let value = format::short(listed.score.into());
            html! {
                { part(ItemRowProps { item: listed.item, names: names.clone(), focus, value, hit: listed.held_out, own }) }
            }
        });
        html! { <div><h4>{ title }</h4><ol class="rows">{ for rows }</ol></div> }
    };
    let of_all = |item: u32| {
        picture
            .finds
            .iter()
            .any(|found| found.iter().any(|listed| listed.item == item))
    };
    let strangers = picture.mean_finds.iter().filter(|listed| !of_all(listed.item)).count();
    let vectors = (1..)
        .zip(&picture.finds)
        .map(|(head, found): (u32, _)| list(format!("{} {head}", words("page.inside.vector")), found, false));
    let help = if strangers * 2 > picture.mean_finds.len() {
        "page.inside.mean.elsewhere"
    } else {
        "page.inside.mean.near"
    };
    html! {
        <>
            { tag("h3", "", words("page.inside.finds")) }
            { tag("p", "help", words(help)) }
            <div class="finds">
                { for vectors }
                { list(words("page.inside.mean").to_owned(), &picture.mean_finds, true) }
            </div>
        </>
    }
}
