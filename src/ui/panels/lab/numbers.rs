//! A number: its vector against its value, and the bins that it falls into.

use yew::prelude::*;

use super::choice;
use crate::protocol::{FeatureLook, FeaturesPicture, NumberPicture, SoftBinsPicture};
use crate::text::Message;
use crate::ui::charts::{FeatureChartProps, number_chart};
use crate::ui::desk::AtDesk;
use crate::ui::field::number_of;
use crate::ui::format;
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::theme::Theme;
use crate::ui::words::{say, words};

/// Places of the slider.
const PLACES: f32 = 1000.0;

/// The field of numbers that is looked at.
pub fn numbers(desk: &AtDesk, picture: &Shared<FeaturesPicture>, look: &FeatureLook, theme: Theme) -> Html {
    let Some(number) = &picture.number else {
        return tag("p", "help", words("page.lab.no_numbers"));
    };
    let pick = {
        let (desk, look) = (desk.clone(), look.clone());
        Callback::from(move |number: String| desk.look_at_features(Some(FeatureLook { number, ..look.clone() })))
    };
    let oninput = {
        let (desk, look) = (desk.clone(), look.clone());
        Callback::from(move |event: InputEvent| {
            let place = number_of(&event) as f32 / PLACES;
            desk.look_at_features(Some(FeatureLook { place, ..look.clone() }));
        })
    };
    let at = Message::new("page.lab.at").with("x", format::short(f64::from(number.at)));
    html! {
        <>
            { tag("h3", "", words("page.lab.numbers")) }
            { choice(&picture.numbers, &number.name, "page.lab.number", pick) }
            { number_chart(&FeatureChartProps { picture: picture.clone(), theme }) }
            <input
                type="range"
                min="0"
                max={PLACES.to_string()}
                value={(look.place * PLACES).round().to_string()}
                aria-label={words("page.lab.slider")}
                aria-valuetext={say(&at)}
                {oninput}
            />
            <p class="help">{ say(&at) }{ " " }{ bins(number) }</p>
            { for number.bins.as_ref().map(|soft| soft_bins(number, soft)) }
        </>
    }
}

/// Into how many bins the field is cut, and which of them the value is in.
fn bins(number: &NumberPicture) -> String {
    if number.edges.is_empty() {
        return String::new();
    }
    let bin = number.edges.iter().filter(|edge| **edge <= number.at).count() + 1;
    let message = Message::new("page.lab.bins").with("bin", bin);
    say(&message.with("bins", number.edges.len() + 1))
}

/// How much of each soft bin there is at the value, and over all values as a band.
fn soft_bins(number: &NumberPicture, soft: &SoftBinsPicture) -> Html {
    let h = soft.weights.len();
    let grid = number.values.len();
    let width = number.width as usize;
    let row = |(bin, weight): (usize, &f32)| {
        let band = (0..grid).step_by(2).map(|place| {
            let share = soft.over.get(place * h + bin).copied().unwrap_or(0.0);
            html! { <rect x={place.to_string()} width="2" height="1" opacity={format!("{share:.2}")} /> }
        });
        let vector = soft.vectors.get(bin * width..(bin + 1) * width).unwrap_or_default();
        let first: Vec<String> = vector.iter().take(3).map(|x| format::short(f64::from(*x))).collect();
        html! {
            <tr>
                <th scope="row">{ bin + 1 }</th>
                <td>
                    <svg class="share" aria-hidden="true">
                        <rect width={format!("{:.1}%", 100.0 * weight)} height="100%" />
                    </svg>
                    { format::percent(f64::from(*weight)) }
                </td>
                <td>
                    <svg class="code" viewBox={format!("0 0 {grid} 1")} preserveAspectRatio="none" aria-hidden="true">
                        { for band }
                    </svg>
                </td>
                { tag("td", "unit", first.join("  ")) }
            </tr>
        }
    };
    html! {
        <table class="weights soft">
            { tag("caption", "", words("page.lab.soft")) }
            <thead>
                <tr>
                    <th scope="col">{ words("page.lab.soft.bin") }</th>
                    <th scope="col">{ words("page.lab.soft.here") }</th>
                    <th scope="col">{ words("page.lab.soft.over") }</th>
                    <th scope="col">{ words("page.lab.soft.meta") }</th>
                </tr>
            </thead>
            <tbody>{ for soft.weights.iter().enumerate().map(row) }</tbody>
        </table>
    }
}
