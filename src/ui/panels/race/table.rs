//! What came of each run, in the order of a column.

use yew::prelude::*;

use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::value_of;
use crate::ui::format;
use crate::ui::part::Own;
use crate::ui::shared::Shared;
use crate::ui::sweep::{Outcome, Sweep, Trial, told};
use crate::ui::tags::td;
use crate::ui::words::{say, words};

/// The columns that the rows can be in the order of: the run's number, its loss, its quality, its size.
const COLUMNS: [&str; 4] = [
    "page.race.run",
    "page.loss.title",
    "page.race.quality",
    "page.sweep.numbers",
];

pub fn table(desk: &AtDesk, own: &Own, race: &Shared<Sweep>) -> Html {
    let by = **own;
    let mut places: Vec<usize> = (0..race.trials.len()).collect();
    places.sort_by(|&a, &b| worth(&race.trials[a], by).total_cmp(&worth(&race.trials[b], by)));
    let heads = COLUMNS.into_iter().enumerate().map(|(column, key)| {
        let own = own.clone();
        let onclick = Callback::from(move |_: MouseEvent| own.set(column));
        let sort = if column == by { "other" } else { "none" };
        html! {
            <th scope="col" aria-sort={sort}>
                { button(html! { <>{ words(key) }{ if column == by { " ↓" } else { "" } }</> }, onclick).class("head") }
            </th>
        }
    });
    html! {
        <div class="wide">
            <table class="runs">
                <thead><tr>
                    { for heads }
                    <th scope="col">{ words("page.race.differs") }</th>
                    <th scope="col">{ words("page.race.note") }</th>
                    <td></td>
                </tr></thead>
                <tbody>{ for places.into_iter().map(|place| row(desk, race, place)) }</tbody>
            </table>
        </div>
    }
}

/// What a run is put in order by: the best first.
fn worth(trial: &Trial, column: usize) -> f64 {
    let last = trial.story.losses.smooth().last().map(|&(_, loss)| loss);
    match (column, &trial.outcome) {
        (1, _) => last.unwrap_or(f64::INFINITY),
        (2, Outcome::Trained { quality, .. }) => -quality,
        (3, Outcome::Trained { parameters, .. }) => *parameters as f64,
        (2 | 3, _) => f64::INFINITY,
        _ => 0.0,
    }
}

fn row(desk: &AtDesk, race: &Sweep, place: usize) -> Html {
    let trial = &race.trials[place];
    let loss = trial.story.losses.smooth().last().map(|&(_, loss)| format::short(loss));
    let (quality, size) = match &trial.outcome {
        Outcome::Waiting => (words("page.race.waits").to_owned(), String::new()),
        Outcome::Running => (words("page.status.training").to_owned(), String::new()),
        Outcome::Failed(why) => (say(why), String::new()),
        Outcome::Trained {
            parameters,
            metric,
            quality,
        } => (
            format!("{} {}", format::short(*quality), metric),
            format::whole(*parameters),
        ),
    };
    let differs = told(&trial.recipe, &race.of);
    let differs = if differs.is_empty() {
        words("page.race.same").to_owned()
    } else {
        differs
    };
    let note = {
        let desk = desk.clone();
        Callback::from(move |event: Event| {
            desk.note_of_run(place, value_of(&event));
        })
    };
    let beside = {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.show_beside(place))
    };
    let take = {
        let (desk, recipe) = (desk.clone(), trial.recipe.clone());
        Callback::from(move |_: MouseEvent| desk.apply(recipe.clone(), |_| ()))
    };
    let label = say(&Message::new("page.race.note_of").with("run", place + 1));
    html! {
        <tr key={place}>
            <th scope="row">{ place + 1 }</th>
            <td>{ loss }</td>
            { td(quality) }
            { td(size) }
            { td(differs) }
            <td><input type="text" aria-label={label} value={trial.note.clone()} onchange={note} /></td>
            <td>
                { button(words("page.race.beside"), beside).title(words("page.race.beside.help")).disabled(trial.story.losses.points().is_empty()) }
                { button(words("page.race.take"), take).title(words("page.race.take.help")) }
            </td>
        </tr>
    }
}
