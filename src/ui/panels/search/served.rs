//! The nearest, and what became of each in every index.

use yew::prelude::*;

use super::named;
use crate::protocol::{Found, Verdict};
use crate::text::Message;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::panels::listed::ItemRowProps;
use crate::ui::part::part;
use crate::ui::search::{Bench, because, column};
use crate::ui::shared::Shared;
use crate::ui::state::Focus;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// A row for each of the nearest with a column for each index; below, why what was missed was missed.
pub fn served(found: &Found, bench: &Bench, names: &Shared<Names>, focus: Focus) -> Html {
    let nearest = found.wanted();
    let heads = found
        .served
        .iter()
        .map(|served| html! { <span role="columnheader">{ named(bench, served.place) }</span> });
    let rows = nearest.iter().enumerate().map(|(at, hit)| {
        let verdicts = found.served.iter().map(|served| {
            let verdict = served.verdicts.get(at).copied().unwrap_or(Verdict::Absent);
            let right = matches!(verdict, Verdict::Found { .. });
            let why = because(verdict, names);
            html! { <span class={classes!("verdict", (!right).then_some("missed"))} title={why}>{ column(verdict) }</span> }
        });
        let score = format::short(hit.score.into());
        html! {
            <div class="line" key={hit.item}>
                <ul class="rows">{ part(ItemRowProps { item: hit.item, names: names.clone(), focus, value: score, hit: false, own: false }) }</ul>
                { for verdicts }
            </div>
        }
    });
    let missed = found.served.iter().filter_map(|served| {
        let causes = nearest.iter().zip(&served.verdicts).filter_map(|(hit, verdict)| {
            let why = because(*verdict, names)?;
            Some(html! { <li><b>{ names.title(hit.item).to_owned() }</b>{ ": " }{ why }</li> })
        });
        let causes: Vec<Html> = causes.collect();
        let title = Message::new("page.served.missed").with("index", named(bench, served.place));
        (!causes.is_empty())
            .then(|| html! { <>{ tag("h3", "", say(&title)) }<ul class="causes">{ for causes }</ul></> })
    });
    let columns = format!("beside-{}", found.served.len());
    html! {
        <>
            <div class={classes!("beside", columns)}>
                <div class="line heads">
                    { tag("span", "", words("page.served.exact")) }{ for heads }
                </div>
                { for rows }
            </div>
            if !found.nearest.is_empty() {
                { tag("p", "help", words("page.served.first_stage")) }
            }
            { for missed }
        </>
    }
}
