//! What a sweep is to train: which ways of making vectors of ids, how small, and for how long.

use yew::prelude::*;

use crate::protocol::{Advice, Catalogue, KindInfo, Recipe};
use crate::settings::{Knob, Value};
use crate::text::Message;
use crate::ui::controls::KnobControl;
use crate::ui::format::fraction;
use crate::ui::link::AtDesk;
use crate::ui::shared::Shared;
use crate::ui::sweep::{Choice, SHARES, epochs, shrinks, sizes};
use crate::ui::words::{help, name, say, words};

#[derive(PartialEq, Properties)]
pub struct ControlsProps {
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub advice: Shared<Advice>,
    /// There is a sweep under way.
    pub running: bool,
}

#[component]
pub fn Controls(props: &ControlsProps) -> Html {
    let choice = use_state_eq(Choice::default);
    let Some(desk) = use_context::<AtDesk>() else {
        return Html::default();
    };
    let ControlsProps {
        catalogue,
        recipe,
        advice,
        running,
    } = props;
    let blocked = |kind: &str| {
        let mut blocked = advice.blocked.iter().filter(|blocked| blocked.section == "encoder");
        blocked.find(|blocked| blocked.kind == kind)
    };
    if let Some(blocked) = blocked(&recipe.encoder.kind) {
        return html! { <p class="empty">{ say(&blocked.why) }</p> };
    }
    let encoders = catalogue.sections.iter().find(|section| section.key == "encoder");
    let kinds = encoders.iter().flat_map(|section| &section.kinds);
    let kinds: Vec<KindInfo> = kinds.filter(|info| blocked(&info.kind).is_none()).cloned().collect();
    let ways = kinds.iter().filter(|info| shrinks(info)).map(|info| {
        let mut other = (*choice).clone();
        let chosen = other.kinds.contains(&info.kind);
        if chosen {
            other.kinds.retain(|kind| *kind != info.kind);
        } else {
            other.kinds.push(info.kind.clone());
        }
        let way = ["encoder", info.kind.as_str()];
        tick(&choice, other, chosen, name(&way), help(&way))
    });
    let shares = SHARES.into_iter().enumerate().map(|(place, share)| {
        let mut other = (*choice).clone();
        let chosen = other.shares[place];
        other.shares[place] = !chosen;
        tick(&choice, other, chosen, fraction(share), None)
    });
    let most = epochs(recipe);
    let fewer = choice.epochs.filter(|epochs| *epochs < most);
    let on_change = {
        let choice = choice.clone();
        Callback::from(move |value: Value| {
            let epochs = match value {
                Value::Number(epochs) => Some(epochs),
                _ => None,
            };
            choice.set(Choice {
                epochs,
                ..(*choice).clone()
            });
        })
    };
    let chosen = Choice {
        epochs: fewer,
        ..(*choice).clone()
    };
    let trials = sizes(recipe, &kinds, &chosen);
    let start = Message::new("page.sweep.start").with("count", trials.len());
    let onclick = Callback::from(move |_: MouseEvent| desk.sweep(trials.clone()));
    html! {
        <>
            { choices(words("page.sweep.kinds"), ways.collect()) }
            { choices(words("page.sweep.shares"), shares.collect()) }
            <KnobControl
                section="page.sweep"
                kind=""
                knob={Knob::whole("epochs", 1, most as u32, most as u32)}
                value={Value::Number(fewer.unwrap_or(most))}
                {on_change}
            />
            <button type="button" class="primary" disabled={*running} {onclick}>{ say(&start) }</button>
        </>
    }
}

fn choices(title: &'static str, boxes: Vec<Html>) -> Html {
    html! {
        <div class="choices" role="group" aria-label={title}>
            <span class="name">{ title }</span>
            { for boxes }
        </div>
    }
}

/// A box to tick, which makes the choice another.
fn tick(
    choice: &UseStateHandle<Choice>,
    other: Choice,
    chosen: bool,
    label: String,
    title: Option<&'static str>,
) -> Html {
    let choice = choice.setter();
    let onchange = Callback::from(move |_: Event| choice.set(other.clone()));
    html! { <label class="chip" {title}><input type="checkbox" checked={chosen} {onchange} />{ label }</label> }
}
