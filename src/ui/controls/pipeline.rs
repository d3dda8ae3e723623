//! The recipe as a pipeline: each section with its kind and settings, in the order in which data flow.

use yew::prelude::*;

use super::knob::KnobControl;
use super::presets::presets;
use super::turns;
use crate::protocol::{Advice, Blocked, Catalogue, KindInfo, Recipe, Section, SectionInfo};
use crate::settings::{Knob, Value};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::value_of;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::trail::Trail;
use crate::ui::words::{help, name, say, words};

/// Sections that stand open at first: what one plays with most.
const OPEN: [&str; 4] = ["model", "sampler", "loss", "train"];

#[derive(PartialEq)]
pub struct PipelineProps {
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub advice: Shared<Advice>,
    /// Step of the last of the recipe's changes that holds.
    pub since: u64,
    /// Recipes to go back to.
    pub trail: Shared<Trail>,
    /// What a link hides, and what it locks: sections, and settings of sections such as `model.dim`.
    pub hidden: Vec<String>,
    pub locked: Vec<String>,
}

impl Part for PipelineProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let PipelineProps {
            catalogue,
            recipe,
            advice,
            since,
            trail,
            hidden,
            locked,
        } = self;
        let shown = |info: &&SectionInfo| !hidden.contains(&info.key);
        let now = recipe.at(*since);
        let sections = catalogue.sections.iter().filter(shown).map(|info| {
            let on_change = {
                let (desk, key) = (desk.clone(), info.key.clone());
                Callback::from(move |section: Section| {
                    desk.edit(&key, section);
                })
            };
            let section = now.section(&info.key).cloned().unwrap_or_default();
            let blocked = advice
                .blocked
                .iter()
                .filter(|blocked| blocked.section == info.key)
                .cloned()
                .collect::<Vec<_>>();
            let turns = turns(recipe, &info.key);
            let remarks = advice.remarks.iter().filter(|remark| remark.section == info.key);
            let remarks: Vec<Message> = remarks.map(|remark| remark.what.clone()).collect();
            part(StageProps {
                info: info.clone(),
                section,
                blocked,
                remarks,
                turns,
                hidden: hidden.clone(),
                locked: locked.clone(),
                on_change,
            })
        });
        html! {
            <>
                if hidden.is_empty() && locked.is_empty() {
                    { presets(desk, catalogue, recipe) }
                }
                { turns_back(desk, trail) }
                <div class="pipeline">{ for sections }</div>
            </>
        }
    }
}

#[derive(PartialEq)]
struct StageProps {
    info: SectionInfo,
    section: Section,
    blocked: Vec<Blocked>,
    remarks: Vec<Message>,
    /// What the section was from the start and from later steps on; empty if it never changes.
    turns: Vec<(u64, Section)>,
    /// What is not shown, and what cannot be changed.
    hidden: Vec<String>,
    locked: Vec<String>,
    on_change: Callback<Section>,
}

/// Back to the recipe before, and forward again.
fn turns_back(desk: &AtDesk, trail: &Trail) -> Html {
    let button = |key: &'static str, recipe: Option<&Recipe>| {
        let (desk, there) = (desk.clone(), recipe.cloned());
        let disabled = there.is_none();
        let onclick = Callback::from(move |_: MouseEvent| {
            if let Some(recipe) = &there {
                desk.turn_to(recipe.clone());
            }
        });
        Html::from(button(words(key), onclick).disabled(disabled))
    };
    html! {
        <div class="trail">
            { button("page.undo", trail.past.last()) }
            { button("page.redo", trail.future.last()) }
        </div>
    }
}

/// The kinds of a section over the run, if it changes.
fn turns(recipe: &Recipe, key: &str) -> Vec<(u64, Section)> {
    let changes = recipe.changes.iter();
    let later: Vec<_> = changes
        .filter_map(|change| Some((change.step, change.section(key)?.clone())))
        .collect();
    let start = recipe.section(key).filter(|_| !later.is_empty());
    start
        .map(|section| (0, section.clone()))
        .into_iter()
        .chain(later)
        .collect()
}

/// One section of the recipe.
impl Part for StageProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let StageProps {
            info,
            section,
            blocked,
            remarks,
            turns,
            hidden,
            locked,
            on_change,
        } = self;
        let Some(kind) = info
            .kinds
            .iter()
            .find(|kind| kind.kind == section.kind)
            .or_else(|| info.kinds.first())
        else {
            return Html::default();
        };
        let title = name(&[&info.key]);
        let idle = blocked.iter().find(|blocked| blocked.kind == kind.kind);
        let at = |setting: &str| format!("{}.{setting}", info.key);
        let fixed = |setting: &str| locked.contains(&at(setting));
        let shown = |knob: &&Knob| !hidden.contains(&at(&knob.key));
        let knobs = kind.knobs.iter().filter(shown).map(|knob| {
            let on_change = {
                let (section, key, on_change) = (section.clone(), knob.key.clone(), on_change.clone());
                Callback::from(move |value: Value| {
                    let mut changed = section.clone();
                    changed.settings.insert(key.clone(), value);
                    on_change.emit(changed);
                })
            };
            html! {
                <fieldset class="plain" role="presentation" key={format!("{}.{}", kind.kind, knob.key)} disabled={fixed(&knob.key)}>
                    <KnobControl
                        section={info.key.clone()}
                        kind={kind.kind.clone()}
                        knob={knob.clone()}
                        value={setting(section, knob)}
                        {on_change}
                    />
                    if fixed(&knob.key) {
                        { tag("p", "help", words("page.share.is_locked")) }
                    }
                </fieldset>
            }
        });
        html! {
            <details class="stage" open={OPEN.contains(&info.key.as_str())}>
                <summary>
                    { tag("span", "section-name", title.clone()) }
                    <span class="section-kind">
                        { if idle.is_some() { words("page.unused").to_owned() } else { kind_name(info, kind) } }
                    </span>
                </summary>
                <fieldset class="plain" disabled={locked.contains(&info.key)}>
                    if let Some(idle) = idle {
                        { tag("p", "help", say(&idle.why)) }
                    } else {
                        if locked.contains(&info.key) {
                            { tag("p", "help", words("page.share.is_locked")) }
                        }
                        { tag("p", "help", help(&[&info.key]).unwrap_or_default()) }
                        if info.kinds.len() > 1 && !hidden.contains(&at("kind")) {
                            <fieldset class="plain" role="presentation" disabled={fixed("kind")}>
                                { kinds(info, kind, &title, blocked, on_change) }
                            </fieldset>
                        }
                        if !kind.kind.is_empty() {
                            <p class="help">
                                { help(&[&info.key, &kind.kind]).unwrap_or_default() }
                                if !kind.source.is_empty() {
                                    { tag("span", "source", kind.source.clone()) }
                                }
                            </p>
                        }
                        { for remarks.iter().map(|remark| tag("p", "remark", say(remark))) }
                        { for knobs }
                        if !turns.is_empty() {
                            { turns::turns(desk, &info.key, turns) }
                        }
                    }
                </fieldset>
            </details>
        }
    }
}

/// The kinds to choose from. Those that do not go with the rest are greyed, with the reasons under the choice.
fn kinds(
    info: &SectionInfo,
    chosen: &KindInfo,
    title: &str,
    blocked: &[Blocked],
    on_change: &Callback<Section>,
) -> Html {
    let onchange = {
        let on_change = on_change.clone();
        Callback::from(move |event: Event| {
            on_change.emit(Section {
                kind: value_of(&event),
                ..Section::default()
            });
        })
    };
    let options = info.kinds.iter().map(|kind| {
        let disabled = blocked.iter().any(|blocked| blocked.kind == kind.kind) && kind.kind != chosen.kind;
        let selected = kind.kind == chosen.kind;
        html! { <option value={kind.kind.clone()} {selected} {disabled}>{ name(&[&info.key, &kind.kind]) }</option> }
    });
    let reasons = blocked.iter().map(|blocked| {
        html! { <li><b>{ name(&[&info.key, &blocked.kind]) }</b>{ ": " }{ say(&blocked.why) }</li> }
    });
    html! {
        <>
            <select class="kind" aria-label={title.to_owned()} {onchange}>{ for options }</select>
            if !blocked.is_empty() {
                <details class="blocked">
                    { tag("summary", "", words("page.blocked")) }
                    <ul>{ for reasons }</ul>
                </details>
            }
        </>
    }
}

fn kind_name(info: &SectionInfo, kind: &KindInfo) -> String {
    if kind.kind.is_empty() {
        String::new()
    } else {
        name(&[&info.key, &kind.kind])
    }
}

fn setting(section: &Section, knob: &Knob) -> Value {
    section.settings.get(&knob.key).unwrap_or(&knob.default).clone()
}
