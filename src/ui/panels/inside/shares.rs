//! How much each event counts for each vector, round after round: routing, or attention in one round.

use yew::prelude::*;

use crate::protocol::InsidePicture;
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Events shown, the last ones.
const EVENTS: usize = 20;

#[derive(PartialEq)]
pub struct SharesProps {
    pub picture: Shared<InsidePicture>,
    pub names: Shared<Names>,
}

impl Part for SharesProps {
    fn draw(&self, _: &AtDesk, own: &Own) -> Html {
        let SharesProps { picture, names } = self;
        let rounds = picture.rounds.len();
        // Counted from the last: a model with another number of rounds begins there, too.
        let back = own;
        let round = rounds - 1 - (*back).min(rounds - 1);
        let go = |round: usize| {
            let back = back.clone();
            Callback::from(move |_: MouseEvent| back.set(rounds - 1 - round))
        };
        let heads = picture.heads as usize;
        let shares = &picture.rounds[round];
        let first = picture.history.len().saturating_sub(EVENTS);
        let rows = picture.history.iter().enumerate().skip(first);
        let rows = rows.filter_map(|(event, &item)| Some((item, shares.get(event * heads..(event + 1) * heads)?)));
        let of = Message::new("page.inside.round")
            .with("round", round + 1)
            .with("rounds", rounds);
        html! {
            <>
                <div class="line">
                    { tag("h3", "", words("page.inside.shares")) }
                    if rounds > 1 {
                        <div class="stepper">
                            { button("‹", go(round.saturating_sub(1))).name(words("page.inside.round.back")).disabled(round == 0) }
                            { tag("span", "", say(&of)) }
                            { button("›", go((round + 1).min(rounds - 1))).name(words("page.inside.round.on")).disabled(round + 1 == rounds) }
                        </div>
                    }
                </div>
                <p class="help">
                    { words(if rounds > 1 { "page.inside.routing.help" } else { "page.inside.attention.help" }) }
                </p>
                <table class="weights">
                    <thead>
                        <tr>
                            <th scope="col">{ words("page.inside.event") }</th>
                            { for (1..=heads).map(|head| html! { <th scope="col">{ head }</th> }) }
                        </tr>
                    </thead>
                    <tbody>{ for rows.map(|(item, shares)| row(item, shares, names)) }</tbody>
                </table>
            </>
        }
    }
}

fn row(item: u32, shares: &[f32], names: &Names) -> Html {
    let cells = shares.iter().map(|share| {
        let percent = format!("{:.0}", 100.0 * share);
        html! {
            <td>
                <svg class="cell" aria-hidden="true"><rect width="100%" height="100%" opacity={share.to_string()} /></svg>
                { tag("span", "", percent) }
            </td>
        }
    });
    html! {
        <tr>
            <th scope="row">{ mark(names.glyph(item), "") }{ names.title(item).to_owned() }</th>
            { for cells }
        </tr>
    }
}
