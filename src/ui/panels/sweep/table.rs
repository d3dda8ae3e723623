//! What came of each recipe, as a table: it stands for the chart, and says why a run failed.

use yew::prelude::*;

use super::unit;
use crate::ui::format;
use crate::ui::sweep::{Outcome, Trial, full};
use crate::ui::tags::{tag, td};
use crate::ui::words::{name, say, words};

/// Open where something failed: the reason stands in it.
pub fn table(trials: &[Trial]) -> Html {
    let whole = full(trials);
    let rows = trials.iter().filter_map(|trial| row(trial, whole));
    let failed = trials.iter().any(|trial| matches!(trial.outcome, Outcome::Failed(_)));
    html! {
        <details class="as-table" open={failed}>
            { tag("summary", "", words("page.sweep.table")) }
            <table>
                <thead>
                    <tr>
                        <th scope="col">{ words("page.sweep.kinds") }</th>
                        <th scope="col" title={words("page.sweep.asked.help")}>{ words("page.sweep.asked") }</th>
                        <th scope="col" title={words("page.sweep.numbers.help")}>{ words("page.sweep.numbers") }</th>
                        <th scope="col" title={words("page.sweep.of_full.help")}>{ words("page.sweep.of_full") }</th>
                        <th scope="col">{ unit(trials) }</th>
                    </tr>
                </thead>
                <tbody>{ for rows }</tbody>
            </table>
        </details>
    }
}

/// Nothing for a recipe that has not been trained.
fn row(trial: &Trial, whole: Option<u64>) -> Option<Html> {
    let cells = match &trial.outcome {
        Outcome::Waiting | Outcome::Running => return None,
        Outcome::Failed(why) => html! { <td colspan="3" class="refusal">{ say(why) }</td> },
        Outcome::Trained {
            parameters, quality, ..
        } => {
            let share = whole.map(|whole| format::percent(*parameters as f64 / whole as f64));
            html! {
                <>
                    { td(format::whole(*parameters)) }
                    { td(share.unwrap_or_default()) }
                    { td(format::short(*quality)) }
                </>
            }
        }
    };
    Some(html! {
        <tr>
            <th scope="row">{ name(&["encoder", &trial.kind]) }</th>
            <td>{ for trial.share.map(format::fraction) }</td>
            { cells }
        </tr>
    })
}
