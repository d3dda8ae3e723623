//! The control of one setting: a slider with a number, a choice, a switch or a text, as its domain says.

use yew::prelude::*;

use super::number::{PLACES, Scale, read, written};
use crate::decimal::decimal;
use crate::settings::{Domain, Knob, Settings, Value, by_key};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::field::{checked, number_of, option, value_of};
use crate::ui::tags::tag;
use crate::ui::words::{help, name, say, words};

#[derive(PartialEq, Properties)]
pub struct KnobProps {
    pub section: AttrValue,
    pub kind: AttrValue,
    pub knob: Knob,
    pub value: Value,
    /// Gets values of the knob's domain only.
    pub on_change: Callback<Value>,
}

#[component]
pub fn KnobControl(props: &KnobProps) -> Html {
    let KnobProps {
        section,
        kind,
        knob,
        value,
        on_change,
    } = props;
    // What is typed and not taken over: refused, or still under the hand.
    let draft = use_state_eq(|| None::<String>);
    {
        let draft = draft.setter();
        use_effect_with(value.clone(), move |_| draft.set(None));
    }
    let refusal = draft
        .as_ref()
        .and_then(|text| check(section, knob, read(text, &knob.domain)).err());
    let take = {
        let (section, knob, draft, on_change) = (section.clone(), knob.clone(), draft.setter(), on_change.clone());
        Callback::from(
            move |text: String| match check(&section, &knob, read(&text, &knob.domain)) {
                Ok(value) => {
                    draft.set(None);
                    on_change.emit(value);
                }
                Err(_) => draft.set(Some(text)),
            },
        )
    };
    let shown = draft.as_ref().map_or_else(|| written(value), Clone::clone);
    let id = format!("{section}-{}", knob.key);
    let control = match &knob.domain {
        Domain::Flag => switch(&id, value, on_change),
        Domain::Choice(choices) => choice(&id, [section, kind, &knob.key], choices, value, on_change),
        Domain::Whole { .. } | Domain::Real { .. } => html! {
            <>
                { for Scale::of(&knob.domain).map(|scale| slider(&id, scale, &shown, draft.setter(), &take)) }
                { text(&id, shown, refusal.is_some(), "decimal", &take) }
            </>
        },
        Domain::Sizes { .. } | Domain::Text => text(&id, shown, refusal.is_some(), "text", &take),
    };
    html! {
        <div class={classes!("knob", class_of(&knob.domain))}>
            <label class="name" for={id}>{ name(&[section, kind, &knob.key]) }</label>
            { tag("div", "control", control) }
            { for knob.paper.as_ref().map(|paper| paper_mark(paper, value, on_change)) }
            if let Some(why) = refusal {
                <p class="refusal" role="alert">{ say(&why) }</p>
            } else {
                { tag("p", "help", help(&[section, kind, &knob.key]).unwrap_or_default()) }
            }
        </div>
    }
}

/// The value if it lies in the knob's domain, else the sentence that says what would.
fn check(section: &str, knob: &Knob, value: Value) -> Result<Value, Message> {
    let given = by_key([(knob.key.as_str(), value.clone())]);
    match Settings::check(section, std::slice::from_ref(knob), &given) {
        Ok(_) => Ok(value),
        Err(refusals) => Err(refusals
            .into_iter()
            .next()
            .unwrap_or_else(|| Message::new("page.knob.refused"))),
    }
}

fn class_of(domain: &Domain) -> &'static str {
    match domain {
        Domain::Whole { .. } | Domain::Real { .. } => "number",
        Domain::Choice(_) => "choice",
        Domain::Flag => "flag",
        Domain::Sizes { .. } | Domain::Text => "text",
    }
}

fn switch(id: &str, value: &Value, on_change: &Callback<Value>) -> Html {
    let on_change = on_change.clone();
    let onchange = Callback::from(move |event: Event| {
        on_change.emit(Value::Flag(checked(&event)));
    });
    html! {
        <input id={id.to_owned()} type="checkbox" role="switch" checked={*value == Value::Flag(true)} {onchange} />
    }
}

fn choice(id: &str, at: [&str; 3], choices: &[String], value: &Value, on_change: &Callback<Value>) -> Html {
    let on_change = on_change.clone();
    let onchange = Callback::from(move |event: Event| {
        on_change.emit(Value::Text(value_of(&event)));
    });
    let options = choices.iter().map(|word| {
        let selected = matches!(value, Value::Text(chosen) if chosen == word);
        option(word.clone(), name(&[at[0], at[1], at[2], word]), selected)
    });
    html! { <select id={id.to_owned()} {onchange}>{ for options }</select> }
}

/// Shows its value while it is dragged, and takes it over when it is let go.
fn slider(id: &str, scale: Scale, shown: &str, draft: UseStateSetter<Option<String>>, take: &Callback<String>) -> Html {
    let at = move |event: &Event| written(&Value::Number(scale.value(number_of(event))));
    let oninput = Callback::from(move |event: InputEvent| {
        draft.set(Some(at(&event)));
    });
    let take = take.clone();
    let onchange = Callback::from(move |event: Event| {
        take.emit(at(&event));
    });
    let place = scale
        .place(decimal(shown.as_bytes()).unwrap_or(f64::NAN))
        .round()
        .to_string();
    html! {
        <input
            type="range"
            min="0"
            max={PLACES.to_string()}
            value={place}
            aria-labelledby={id.to_owned()}
            aria-valuetext={shown.to_owned()}
            {oninput}
            {onchange}
        />
    }
}

fn text(id: &str, shown: String, invalid: bool, mode: &'static str, take: &Callback<String>) -> Html {
    let take = take.clone();
    let onchange = Callback::from(move |event: Event| {
        take.emit(value_of(&event));
    });
    html! {
        <input
            id={id.to_owned()}
            type="text"
            inputmode={mode}
            value={shown}
            aria-invalid={invalid.to_string()}
            autocomplete="off"
            spellcheck="false"
            {onchange}
        />
    }
}

/// The paper's value: a mark where it is in force, else a button that puts it there.
fn paper_mark(paper: &Value, value: &Value, on_change: &Callback<Value>) -> Html {
    let said = say(&Message::new("page.knob.paper").with("value", written(paper)));
    if paper == value {
        return html! { <span class="paper here" title={words("page.knob.paper.here")}>{ said }</span> };
    }
    let (paper, on_change) = (paper.clone(), on_change.clone());
    let onclick = Callback::from(move |_: MouseEvent| on_change.emit(paper.clone()));
    Html::from(
        button(said, onclick)
            .class("paper")
            .title(words("page.knob.paper.help")),
    )
}
