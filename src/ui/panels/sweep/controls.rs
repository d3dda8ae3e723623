//! What a sweep is to train: which ways of making vectors of ids, how small, and for how long.

use yew::prelude::*;

use crate::protocol::{Advice, Catalogue, KindInfo, Recipe};
use crate::settings::{Knob, Value};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::controls::KnobControl;
use crate::ui::desk::AtDesk;
use crate::ui::format::fraction;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::sweep::{Choice, SHARES, epochs, shrinks, sizes};
use crate::ui::tags::tag;
use crate::ui::words::{help, name, say, words};

#[derive(PartialEq)]
pub struct ControlsProps {
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub advice: Shared<Advice>,
    pub chosen: Choice,
    /// There is a sweep under way.
    pub running: bool,
}

impl Part for ControlsProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let ControlsProps {
            catalogue,
            recipe,
            advice,
            chosen,
            running,
        } = self;
        let blocked = |kind: &str| {
            let mut blocked = advice.blocked.iter().filter(|blocked| blocked.section == "encoder");
            blocked.find(|blocked| blocked.kind == kind)
        };
        if let Some(blocked) = blocked(&recipe.encoder.kind) {
            return tag("p", "empty", say(&blocked.why));
        }
        let encoders = catalogue.sections.iter().find(|section| section.key == "encoder");
        let kinds = encoders.iter().flat_map(|section| &section.kinds);
        let kinds: Vec<KindInfo> = kinds.filter(|info| blocked(&info.kind).is_none()).cloned().collect();
        let ways = kinds.iter().filter(|info| shrinks(info)).map(|info| {
            let way = ["encoder", info.kind.as_str()];
            let ticked = chosen.kinds.contains(&info.kind);
            let kind = info.kind.clone();
            tick(desk, ticked, name(&way), help(&way), move |choice| {
                choice.kinds.retain(|other| *other != kind);
                if !ticked {
                    choice.kinds.push(kind.clone());
                }
            })
        });
        let shares = SHARES.into_iter().zip(chosen.shares).enumerate();
        let shares = shares.map(|(place, (share, ticked))| {
            tick(desk, ticked, fraction(share), None, move |choice| {
                choice.shares[place] = !ticked;
            })
        });
        let most = epochs(recipe);
        let fewer = chosen.epochs.filter(|epochs| *epochs < most);
        let on_change = {
            let desk = desk.clone();
            Callback::from(move |value: Value| {
                if let Value::Number(epochs) = value {
                    desk.alter(|state| state.sizes.epochs = Some(epochs));
                }
            })
        };
        let (ways, shares) = (ways.collect(), shares.collect());
        let chosen = Choice {
            epochs: fewer,
            ..chosen.clone()
        };
        let trials = sizes(recipe, &kinds, &chosen);
        let start = Message::new("page.sweep.start").with("count", trials.len());
        let desk = desk.clone();
        let onclick = Callback::from(move |_: MouseEvent| desk.sweep(trials.clone()));
        html! {
            <>
                { choices(words("page.sweep.kinds"), ways) }
                { choices(words("page.sweep.shares"), shares) }
                <KnobControl
                    section="page.sweep"
                    kind=""
                    knob={Knob::whole("epochs", 1, most as u32, most as u32)}
                    value={Value::Number(fewer.unwrap_or(most))}
                    {on_change}
                />
                { button(say(&start), onclick).class("primary").disabled(*running) }
            </>
        }
    }
}

fn choices(title: &'static str, boxes: Vec<Html>) -> Html {
    html! {
        <div class="choices" role="group" aria-label={title}>
            { tag("span", "name", title) }
            <div>{ for boxes }</div>
        </div>
    }
}

/// A box to tick, and what follows from it.
fn tick(
    desk: &AtDesk,
    ticked: bool,
    label: String,
    title: Option<&'static str>,
    then: impl Fn(&mut Choice) + 'static,
) -> Html {
    let desk = desk.clone();
    let onchange = Callback::from(move |_: Event| desk.alter(|state| then(&mut state.sizes)));
    html! { <label class="chip" {title}><input type="checkbox" checked={ticked} {onchange} />{ label }</label> }
}
