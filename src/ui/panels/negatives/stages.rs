//! One step taken apart: what happens to a row of the batch from drawing its negatives to the update, in numbers.

use yew::prelude::*;

use super::pool;
use crate::protocol::{Effect, Negative, NegativesPicture};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::{tag, td};
use crate::ui::words::{name, say, words};

/// The stages, in order.
const STAGES: [&str; 5] = [
    "page.stages.sample",
    "page.stages.forward",
    "page.stages.loss",
    "page.stages.backward",
    "page.stages.update",
];

/// Negatives whose numbers stand beside those of the positive.
const SHOWN: usize = 5;

#[derive(PartialEq)]
pub struct StagesProps {
    pub picture: Shared<NegativesPicture>,
    pub names: Shared<Names>,
    /// Loss of the batch.
    pub loss: Option<f32>,
}

impl Part for StagesProps {
    fn draw(&self, _: &AtDesk, own: &Own) -> Html {
        let at = **own;
        let tabs = STAGES.into_iter().enumerate().map(|(stage, key)| {
            let own = own.clone();
            let onclick = Callback::from(move |_: MouseEvent| own.set(stage));
            Html::from(button(format!("{} {}", stage + 1, words(key)), onclick).pressed(stage == at))
        });
        let picture = &self.picture;
        let shown = picture.hardest.iter().filter(|negative| !negative.masked).take(SHOWN);
        let rows = std::iter::once(&picture.positive)
            .chain(shown)
            .enumerate()
            .map(|(place, one)| {
                html! {
                    <tr class={classes!((place == 0).then_some("positive"))}>
                        <th scope="row">{ self.names.title(one.item).to_owned() }</th>
                        { td(self.number(at, one, place == 0)) }
                    </tr>
                }
            });
        html! {
            <details class="stages">
                { tag("summary", "", words("page.stages")) }
                <div class="buttons" role="group" aria-label={words("page.stages")}>{ for tabs }</div>
                { tag("p", "help", self.told(at)) }
                <table><tbody>{ for rows }</tbody></table>
            </details>
        }
    }
}

impl StagesProps {
    /// Whether the loss is a softmax, so that the positive has a chance.
    fn softmax(&self) -> bool {
        matches!(self.picture.effect, Effect::Temperature(_))
    }

    /// What happens at a stage, in a sentence with its numbers.
    fn told(&self, stage: usize) -> String {
        let NegativesPicture {
            positive,
            hardest,
            loss_after,
            user,
            ..
        } = &*self.picture;
        let short = |number: f32| format::short(f64::from(number));
        let batch = self.loss.map(short).unwrap_or_default();
        let title = self.names.title(positive.item);
        match stage {
            0 => {
                let message = Message::new("page.stages.sample.told").with("user", self.names.label(*user));
                format!("{} {}", say(&message.with("item", title)), pool(&self.picture))
            }
            1 => {
                let above = hardest.iter().filter(|one| !one.masked && one.score > positive.score);
                let message = Message::new("page.stages.forward.told").with("item", title);
                say(&message
                    .with("score", short(positive.score))
                    .with("above", above.count()))
            }
            2 if self.softmax() => {
                let message = Message::new("page.stages.loss.told").with("batch", batch);
                let chance = positive.share.max(f32::MIN_POSITIVE);
                let row = -libm::log(f64::from(chance));
                let chance = format::percent(f64::from(chance));
                say(&message.with("chance", chance).with("row", format::short(row)))
            }
            2 => say(&Message::new("page.stages.loss.other").with("batch", batch)),
            3 => words("page.stages.backward.told").to_owned(),
            _ => match (positive.after, loss_after) {
                (Some(after), Some(loss)) => {
                    let message = Message::new("page.stages.update.told").with("item", title);
                    let message = message.with("score", short(positive.score)).with("after", short(after));
                    say(&message.with("batch", batch).with("loss", short(*loss)))
                }
                _ => words("page.stages.update.absent").to_owned(),
            },
        }
    }

    /// The number of an item at a stage.
    fn number(&self, stage: usize, one: &Negative, positive: bool) -> String {
        let short = |number: f32| format::short(f64::from(number));
        // Of the chance that the positive has not, each negative has its share.
        let rest = 1.0 - self.picture.positive.share;
        let chance = match positive {
            true => one.share,
            false if self.softmax() => rest * one.share,
            false => one.share,
        };
        match stage {
            0 if positive => words("page.negatives.positive").to_owned(),
            0 => name(&["page.negatives.from", &one.source]),
            1 => short(one.score),
            2 if positive && !self.softmax() => String::new(),
            2 => format::percent(f64::from(chance)),
            3 if positive && self.softmax() => format!("↑ {}", short(rest)),
            3 if positive => "↑".to_owned(),
            3 => format!("↓ {}", short(chance)),
            _ => one
                .after
                .map_or_else(String::new, |after| format!("{} → {}", short(one.score), short(after))),
        }
    }
}
