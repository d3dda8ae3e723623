//! Quality against size: what a second worker is to train, how far it is, and what came of it.

mod controls;
mod table;

use yew::prelude::*;

use crate::protocol::recipe::SECTIONS;
use crate::protocol::{Advice, Catalogue, Recipe};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::SizeProps;
use crate::ui::desk::AtDesk;
use crate::ui::format::fraction;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::sweep::{Choice, Outcome, Phase, Sweep, Trial};
use crate::ui::tags::tag;
use crate::ui::theme::Theme;
use crate::ui::words::{name, say, words};
use controls::ControlsProps;
use table::table;

#[derive(PartialEq)]
pub struct SweepProps {
    pub sweep: Option<Shared<Sweep>>,
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub advice: Shared<Advice>,
    pub sizes: Choice,
    pub theme: Theme,
}

impl Part for SweepProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let SweepProps {
            sweep,
            catalogue,
            recipe,
            advice,
            sizes,
            theme,
        } = self;
        let running = sweep.as_ref().is_some_and(|sweep| sweep.running());
        html! {
            <section class="panel sweep" aria-labelledby="sweep-title">
                <header><h2 id="sweep-title">{ words("page.sweep.title") }</h2></header>
                { tag("p", "help", words("page.sweep.help")) }
                { part(ControlsProps { catalogue: catalogue.clone(), recipe: recipe.clone(), advice: advice.clone(), chosen: sizes.clone(), running }) }
                if let Some(sweep) = sweep {
                    { status(desk, sweep) }
                    if !running && !alike(&sweep.of, recipe) {
                        { tag("p", "help", words("page.sweep.older")) }
                    }
                    { part(SizeProps { trials: sweep.trials.clone(), unit: unit(&sweep.trials), theme: *theme }) }
                    { table(&sweep.trials) }
                }
            </section>
        }
    }
}

/// What the second worker does, and the button that ends it.
fn status(desk: &AtDesk, sweep: &Sweep) -> Html {
    if let Some(why) = &sweep.over {
        return html! { <p class="outcome" role="status">{ say(why) }</p> };
    }
    let said = match sweep.lanes.first().map(|lane| &lane.phase) {
        Some(Phase::Starting) => words("page.sweep.starting").to_owned(),
        Some(Phase::Reading) => words("page.sweep.reading").to_owned(),
        _ => at(sweep),
    };
    let desk = desk.clone();
    let onclick = Callback::from(move |_: MouseEvent| desk.stop_sweep());
    html! {
        <div class="outcome">
            <span role="status">{ said }</span>
            <progress max="1" value={sweep.done().to_string()} aria-label={words("page.sweep.title")} />
            { button(words("page.sweep.stop"), onclick) }
        </div>
    }
}

/// Which of how many is trained.
fn at(sweep: &Sweep) -> String {
    let Some((place, trial)) = sweep.at().and_then(|at| Some((at, sweep.trials.get(at)?))) else {
        return String::new();
    };
    let mut what = name(&["encoder", &trial.kind]);
    if let Some(share) = trial.share {
        what = format!("{what}, {}", fraction(share));
    }
    let message = Message::new("page.sweep.at").with("n", place + 1);
    say(&message.with("all", sweep.trials.len()).with("what", what))
}

/// What the models were judged by, in words: `Recall@20`.
fn unit(trials: &[Trial]) -> String {
    let metric = trials.iter().find_map(|trial| match &trial.outcome {
        Outcome::Trained { metric, .. } => Some(metric.as_str()),
        _ => None,
    });
    let Some(metric) = metric else { return String::new() };
    let (metric, cut) = metric.split_once('@').unwrap_or((metric, ""));
    let said = name(&["page.metric", metric]);
    if cut.is_empty() { said } else { format!("{said}@{cut}") }
}

/// Whether two recipes differ in nothing but what a sweep changes.
fn alike(of: &Recipe, recipe: &Recipe) -> bool {
    let mut sections = SECTIONS.iter().filter(|key| **key != "encoder");
    of.seed == recipe.seed && of.changes == recipe.changes && sections.all(|key| of.section(key) == recipe.section(key))
}
