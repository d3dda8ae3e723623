//! What a user's clicks and an item see in each other, and the order that comes of it: a table whose rows are the clicks
//! and whose strips, one under the other, are the map of the attention.

use yew::prelude::*;

use crate::protocol::{AttendedPicture, InsidePicture};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::panels::listed::ItemRowProps;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::state::Focus;
use crate::ui::tags::{tag, td};
use crate::ui::words::{say, words};

/// Clicks and item that a row heeds most, in words.
const SAID: usize = 3;

/// A share so many times an even one is dark.
const PALE: f32 = 4.0;

#[derive(PartialEq)]
pub struct HeedProps {
    pub picture: Shared<InsidePicture>,
    pub names: Shared<Names>,
    pub focus: Focus,
}

impl Part for HeedProps {
    fn draw(&self, _: &AtDesk, own: &Own) -> Html {
        let HeedProps { picture, names, focus } = self;
        // 0 is the mean of all heads.
        let head = own;
        let Some(found) = &picture.attention else {
            return Html::default();
        };
        let heads = found.heads as usize;
        let shown = (*head).min(heads);
        let go = |to: usize| {
            let head = head.clone();
            Callback::from(move |_: MouseEvent| head.set(to))
        };
        let of = match shown {
            0 => Message::new("page.inside.heed.all").with("heads", heads),
            head => Message::new("page.inside.heed.head")
                .with("head", head)
                .with("heads", heads),
        };
        let map = Map::of(found, shown);
        let rows = (0..=found.events.len()).map(|place| row(place, found, &map, names));
        let order = found.order.iter().map(|placed| {
        let chance = format::percent(chance(placed.score));
        let value = placed.found.map_or_else(
            || chance.clone(),
            |found| {
                let value = Message::new("page.inside.heed.moved").with("chance", &chance);
                say(&value.with("found", found))
            },
        );
        html! {
            { part(ItemRowProps { item: placed.item, names: names.clone(), focus: *focus, value, hit: placed.held_out, own: false }) }
        }
    });
        let ordered = Message::new("page.inside.heed.order.help").with("candidates", found.candidates);
        html! {
            <>
                { tag("p", "against", against(found, names)) }
                <div class="line">
                    { tag("h3", "", words("page.inside.heed")) }
                    <div class="stepper">
                        { button("‹", go(shown.saturating_sub(1))).name(words("page.inside.heed.back")).disabled(shown == 0) }
                        { tag("span", "", say(&of)) }
                        { button("›", go((shown + 1).min(heads))).name(words("page.inside.heed.on")).disabled(shown == heads) }
                    </div>
                </div>
                <p class="help">
                    { words(if found.timed { "page.inside.heed.help" } else { "page.inside.heed.help.untimed" }) }
                </p>
                <table class="weights heed">
                    <thead>
                        <tr>
                            <th scope="col">{ words("page.inside.event") }</th>
                            <th scope="col" title={words("page.inside.heed.gap.help")}>
                                { words("page.inside.heed.gap") }
                            </th>
                            <th scope="col" title={words("page.inside.heed.by.help")}>
                                { words("page.inside.heed.by") }
                            </th>
                            <th scope="col" title={words("page.inside.heed.strip.help")}>
                                { words("page.inside.heed.strip") }
                            </th>
                        </tr>
                    </thead>
                    <tbody>{ for rows }</tbody>
                </table>
                { tag("h3", "", words("page.inside.heed.order")) }
                { tag("p", "help", say(&ordered)) }
                <ol class="rows">{ for order }</ol>
            </>
        }
    }
}

/// The weights of one head, or the mean of all.
struct Map {
    /// Clicks and item: n + 1.
    width: usize,
    /// Rows that heed, `[n + 1, n + 1]`.
    weights: Vec<f32>,
    /// The one that is darkest.
    most: f32,
}

impl Map {
    fn of(found: &AttendedPicture, head: usize) -> Self {
        let (heads, width) = (found.heads as usize, found.events.len() + 1);
        let mut weights = Vec::new();
        for of_row in found.weights.chunks_exact((heads * width).max(1)) {
            let mean = |column: usize| match head {
                0 => of_row.iter().skip(column).step_by(width).sum::<f32>() / heads as f32,
                head => of_row[(head - 1) * width + column],
            };
            weights.extend((0..width).map(mean));
        }
        // Even shares stay pale, however small the largest is.
        let most = weights.iter().copied().fold(PALE / width as f32, f32::max);
        Self { width, weights, most }
    }

    /// What row `place` heeds.
    fn row(&self, place: usize) -> Option<&[f32]> {
        self.weights.chunks_exact(self.width).nth(place)
    }
}

/// How likely, of log-odds.
fn chance(logit: f32) -> f64 {
    1.0 / (1.0 + libm::exp(-f64::from(logit)))
}

/// The item, its chance and its places.
fn against(found: &AttendedPicture, names: &Names) -> String {
    let what = Message::new(if found.next {
        "page.inside.heed.next"
    } else {
        "page.inside.heed.looked"
    });
    let what = what
        .with("title", names.title(found.item))
        .with("chance", format::percent(chance(found.logit)));
    let places = match (found.found, found.placed) {
        (Some(first), Some(now)) => Message::new("page.inside.heed.places")
            .with("found", first)
            .with("candidates", found.candidates)
            .with("placed", now),
        _ => Message::new("page.inside.heed.nowhere").with("candidates", found.candidates),
    };
    format!("{} {}", say(&what), say(&places))
}

fn row(place: usize, found: &AttendedPicture, map: &Map, names: &Names) -> Html {
    let item = found.events.get(place).copied();
    let shown = item.unwrap_or(found.item);
    let gap = found.gaps.get(place).map_or_else(String::new, |gap| {
        if found.timed {
            format::ago(*gap)
        } else {
            say(&Message::new("page.inside.heed.events").with("events", gap))
        }
    });
    let by = map.row(map.width - 1).and_then(|row| row.get(place)).copied();
    html! {
        <tr class={item.is_none().then_some("candidate")}>
            <th scope="row">{ mark(names.glyph(shown), "") }{ names.title(shown).to_owned() }</th>
            { td(gap) }
            <td>{ for by.map(super::bar) }</td>
            <td>{ for map.row(place).map(|row| strip(row, map.most, found, names)) }</td>
        </tr>
    }
}

/// How much a row heeds each of the others, and in words whom most.
fn strip(weights: &[f32], most: f32, found: &AttendedPicture, names: &Names) -> Html {
    let mut said = String::new();
    let mut left = weights.to_vec();
    for _ in 0..SAID.min(weights.len()) {
        let best = (1..left.len()).fold(0, |best, at| if left[at] > left[best] { at } else { best });
        let item = found.events.get(best).copied().unwrap_or(found.item);
        let part = if said.is_empty() { "" } else { ", " };
        said += &format!("{part}{} {}", names.title(item), format::percent(left[best].into()));
        left[best] = f32::NEG_INFINITY;
    }
    let cells = weights.iter().enumerate().map(|(place, weight)| {
        html! {
            <rect x={place.to_string()} width="1" height="1" opacity={format!("{:.2}", weight / most)} />
        }
    });
    html! {
        <svg
            class="strip"
            role="img"
            aria-label={said.clone()}
            viewBox={format!("0 0 {} 1", weights.len())}
            preserveAspectRatio="none"
        >
            <title>{ said }</title>
            { for cells }
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One event and the item, two heads.
    fn found(weights: &[f32]) -> AttendedPicture {
        AttendedPicture {
            heads: 2,
            events: vec![7],
            weights: weights.to_vec(),
            ..AttendedPicture::default()
        }
    }

    #[test]
    fn a_map_is_of_one_head_or_the_mean_of_all() {
        let found = found(&[0.2, 0.8, 0.4, 0.6, 1.0, 0.0, 0.5, 0.5]);
        let all = Map::of(&found, 0);
        assert!((all.row(0).expect("the event's")[0] - 0.3).abs() < 1e-6);
        let second = Map::of(&found, 2);
        assert_eq!(
            (second.row(0), second.row(1)),
            (Some(&[0.4, 0.6][..]), Some(&[0.5, 0.5][..]))
        );
    }
}
