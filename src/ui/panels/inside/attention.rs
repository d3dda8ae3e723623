//! Label-aware attention (Li et al., CIKM 2019): which of a user's vectors learns from what comes next.

use yew::prelude::*;

use super::bar;
use crate::protocol::InsidePicture;
use crate::text::Message;
use crate::ui::desk::AtDesk;
use crate::ui::field::number_of;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::{tag, td};
use crate::ui::words::{say, words};

/// Powers that the slider offers; after them comes infinity.
const POWERS: [u32; 6] = [0, 1, 2, 4, 8, 16];

#[derive(PartialEq)]
pub struct AttentionProps {
    pub picture: Shared<InsidePicture>,
    pub names: Shared<Names>,
}

impl Part for AttentionProps {
    fn draw(&self, _: &AtDesk, own: &Own) -> Html {
        let AttentionProps { picture, names } = self;
        // Counted from the last, which is hard attention.
        let place = POWERS.len().saturating_sub(**own);
        let Some((item, scores)) = &picture.next else {
            return Html::default();
        };
        let power = POWERS.get(place).copied();
        let oninput = {
            let own = own.clone();
            Callback::from(move |event: InputEvent| {
                own.set(POWERS.len().saturating_sub(number_of(&event) as usize));
            })
        };
        let shown = power.map_or_else(|| "∞".to_owned(), |power| power.to_string());
        let next = Message::new("page.inside.next").with("title", names.title(*item));
        let rows = (1..).zip(scores.iter().zip(weights(scores, power)));
        let rows = rows.map(|(head, (score, weight)): (u32, _)| {
            html! {
                <tr>
                    <th scope="row">{ head }</th>
                    { td(format::short(f64::from(*score))) }
                    { td(bar(weight)) }
                </tr>
            }
        });
        html! {
            <>
                <div class="line">
                    { tag("h3", "", words("page.inside.aware")) }
                    <label class="power">
                        { words("page.inside.power") }
                        <input
                            type="range"
                            min="0"
                            max={POWERS.len().to_string()}
                            value={place.to_string()}
                            aria-valuetext={shown.clone()}
                            {oninput}
                        />
                        <output>{ shown }</output>
                    </label>
                </div>
                { tag("p", "help", say(&next)) }
                <table class="weights">
                    <thead>
                        <tr>
                            <th scope="col">{ words("page.inside.vector") }</th>
                            <th scope="col">{ words("page.inside.score") }</th>
                            <th scope="col">{ words("page.inside.learns") }</th>
                        </tr>
                    </thead>
                    <tbody>{ for rows }</tbody>
                </table>
            </>
        }
    }
}

/// `softmax(sign(s) |s|^p)`; with p infinite, all of it for the largest. A power that forgot the sign would turn
/// dislike into liking.
fn weights(scores: &[f32], power: Option<u32>) -> Vec<f32> {
    let Some(power) = power else {
        let best = (1..scores.len()).fold(0, |best, at| if scores[at] > scores[best] { at } else { best });
        return (0..scores.len()).map(|at| if at == best { 1.0 } else { 0.0 }).collect();
    };
    let raised = |score: &f32| match power {
        0 => 0.0,
        power => f64::from(score.signum()) * libm::pow(f64::from(score.abs()), f64::from(power)),
    };
    let raised: Vec<f64> = scores.iter().map(raised).collect();
    let most = raised.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let terms: Vec<f64> = raised.iter().map(|score| libm::exp(score - most)).collect();
    let sum: f64 = terms.iter().sum();
    terms.into_iter().map(|term| (term / sum) as f32).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_power_goes_from_the_mean_to_the_best_and_keeps_the_sign() {
        let scores = [1.5, -4.0, 0.5];
        assert_eq!(weights(&scores, Some(0)), [1.0 / 3.0; 3]);
        assert_eq!(weights(&scores, None), [1.0, 0.0, 0.0]);
        let squared = weights(&scores, Some(2));
        assert!(squared[1] < 1e-6, "what is disliked stays disliked: {squared:?}");
        let sharper = weights(&scores, Some(16));
        assert!(sharper[0] > 0.999 && squared[0] < 0.95, "{squared:?} {sharper:?}");
        assert!((squared.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
}
