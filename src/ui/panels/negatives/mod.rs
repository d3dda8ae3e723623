//! A row of the last batch: whom it is about, what they chose, and which negatives taught the model most.

mod stages;

use yew::prelude::*;

use crate::protocol::{Negative, NegativesPicture};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::{RowChartProps, effect_chart, popularity_chart};
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::state::Thing;
use crate::ui::tags::{tag, td};
use crate::ui::theme::Theme;
use crate::ui::words::{name, say, words};
use stages::StagesProps;

#[derive(PartialEq)]
pub struct NegativesProps {
    pub picture: Option<Shared<NegativesPicture>>,
    pub names: Shared<Names>,
    /// Loss of the batch.
    pub loss: Option<f32>,
    pub theme: Theme,
}

impl Part for NegativesProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let NegativesProps {
            picture,
            names,
            loss,
            theme,
        } = self;
        html! {
            <section class="panel negatives" aria-labelledby="negatives-title">
                <header>
                    <h2 id="negatives-title">{ words("page.negatives.title") }</h2>
                    { for picture.iter().map(|picture| rows(desk, picture)) }
                </header>
                if let Some(picture) = picture {
                    { tag("p", "help", pool(picture)) }
                    { part(StagesProps { picture: picture.clone(), names: names.clone(), loss: *loss }) }
                    <div class="sides">
                        <div>{ table(desk, picture, names) }</div>
                        <div>
                            { effect_chart(&RowChartProps { picture: picture.clone(), theme: *theme }) }
                            { popularity_chart(&RowChartProps { picture: picture.clone(), theme: *theme }) }
                        </div>
                    </div>
                } else {
                    { tag("p", "empty", words("page.negatives.empty")) }
                }
            </section>
        }
    }
}

/// One row back, one on.
fn rows(desk: &AtDesk, picture: &NegativesPicture) -> Html {
    let NegativesPicture { row, rows, .. } = *picture;
    let go = |to: u32| {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.look_at_row(to))
    };
    let of = Message::new("page.negatives.row")
        .with("row", row + 1)
        .with("rows", rows);
    html! {
        <div class="stepper">
            { button("‹", go((row + rows - 1) % rows)).name(words("page.negatives.previous")) }
            { tag("span", "", say(&of)) }
            { button("›", go((row + 1) % rows)).name(words("page.negatives.next")) }
        </div>
    }
}

/// How many negatives there are, from where, and how many do not count.
fn pool(picture: &NegativesPicture) -> String {
    let sources = picture.sources.iter().map(|(source, n)| {
        let n = format::whole(u64::from(*n));
        format!("{n} × {}", name(&["page.negatives.from", source]))
    });
    let message = Message::new("page.negatives.pool")
        .with("sources", sources.collect::<Vec<_>>().join(", "))
        .with("masked", format::whole(u64::from(picture.masked)));
    say(&message)
}

fn table(desk: &AtDesk, picture: &NegativesPicture, names: &Shared<Names>) -> Html {
    let most = picture
        .hardest
        .iter()
        .map(|negative| negative.share)
        .fold(1e-9, f32::max);
    let rows = picture.hardest.iter().map(|negative| row(desk, negative, names, most));
    let whose = Message::new("page.negatives.whose").with("user", names.label(picture.user));
    html! {
        <table class="compared">
            { tag("caption", "", say(&whose)) }
            <thead>
                <tr>
                    <th scope="col">{ words("page.negatives.item") }</th>
                    <td></td>
                    <th scope="col">{ words("page.negatives.score") }</th>
                    <th scope="col" title={words("page.negatives.share.help")}>{ words("page.negatives.share") }</th>
                </tr>
            </thead>
            <tbody>
                <tr class="positive">
                    <th scope="row">{ item(desk, picture.positive.item, names) }</th>
                    <td></td>
                    { td(format::short(f64::from(picture.positive.score))) }
                    { td(words("page.negatives.positive")) }
                </tr>
                { for rows }
            </tbody>
        </table>
    }
}

fn row(desk: &AtDesk, negative: &Negative, names: &Shared<Names>, most: f32) -> Html {
    let share = if negative.masked {
        html! { <span class="unit" title={words("page.negatives.masked.help")}>{ words("page.negatives.masked") }</span> }
    } else {
        let width = format!("{:.1}%", 100.0 * negative.share / most);
        html! {
            <>
                <svg class="share" aria-hidden="true"><rect width={width} height="100%" /></svg>
                { format::percent(f64::from(negative.share)) }
            </>
        }
    };
    html! {
        <tr class={classes!(negative.masked.then_some("masked"))}>
            <th scope="row">{ item(desk, negative.item, names) }</th>
            { tag("td", "unit", name(&["page.negatives.from", &negative.source])) }
            { td(format::short(f64::from(negative.score))) }
            { td(share) }
        </tr>
    }
}

fn item(desk: &AtDesk, item: u32, names: &Shared<Names>) -> Html {
    let desk = desk.clone();
    let onclick = Callback::from(move |_: MouseEvent| desk.select(Thing::Item(item)));
    Html::from(
        button(
            html! { <>{ mark(names.glyph(item), "") }
            { names.title(item).to_owned() }</> },
            onclick,
        )
        .class("plain"),
    )
}
