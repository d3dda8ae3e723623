//! The form in which the columns of a table are named.

use yew::prelude::*;

use crate::by_name::ByName;
use crate::protocol::{Catalogue, ColumnsWanted, Section};
use crate::settings::{Domain, Knob, Value};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::controls::KnobControl;
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::tags::{tag, td, th};
use crate::ui::words::{help, name, say, words};

#[derive(PartialEq, Properties)]
pub struct ColumnsProps {
    pub wanted: Shared<ColumnsWanted>,
    pub catalogue: Shared<Catalogue>,
}

/// A few rows of the table, and for each thing we have to know the column that holds it.
#[component]
pub fn ColumnsForm(props: &ColumnsProps) -> Html {
    let ColumnsProps { wanted, catalogue } = props;
    let Some(desk) = use_context::<AtDesk>() else {
        return Html::default();
    };
    let settings = use_state_eq(|| wanted.guess.settings.clone());
    let knobs = knobs(catalogue, &wanted.guess.kind);
    let set = {
        let settings = settings.clone();
        Callback::from(move |(key, value): (String, Value)| {
            let mut changed = (*settings).clone();
            changed.insert(key, value);
            settings.set(changed);
        })
    };
    let onsubmit = {
        let (desk, settings, kind) = (desk.clone(), settings.clone(), wanted.guess.kind.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            desk.load_again(Section {
                kind: kind.clone(),
                settings: (*settings).clone(),
            });
        })
    };
    let cancel = move |_| desk.act(Action::ForgetColumns);
    let kind = &wanted.guess.kind;
    let controls = knobs.iter().map(|knob| match &knob.domain {
        Domain::Text => column(kind, knob, &settings, &wanted.columns, &set),
        _ => {
            let (set, key) = (set.clone(), knob.key.clone());
            let on_change = Callback::from(move |value| set.emit((key.clone(), value)));
            let value = settings.get(&knob.key).unwrap_or(&knob.default).clone();
            html! { <KnobControl key={knob.key.clone()} section="data" kind={kind.clone()} knob={knob.clone()} {value} {on_change} /> }
        }
    });
    html! {
        <section class="panel columns-form" aria-labelledby="columns-title">
            <h2 id="columns-title">{ say(&Message::new("page.columns.title").with("file", &wanted.file)) }</h2>
            { tag("p", "", say(&wanted.why)) }
            <div class="scroll">
                <table class="rows-of-file">
                    <thead><tr>{ for wanted.columns.iter().map(|column| th(column.clone())) }</tr></thead>
                    <tbody>
                        { for wanted.rows.iter().map(|row| html! {
                            <tr>{ for row.iter().map(|cell| td(cell.clone())) }</tr>
                        }) }
                    </tbody>
                </table>
            </div>
            <form {onsubmit}>
                <div class="knobs">{ for controls }</div>
                <div class="actions">
                    <button type="submit" class="primary">{ words("page.columns.load") }</button>
                    { button(words("page.columns.cancel"), cancel) }
                </div>
            </form>
        </section>
    }
}

fn knobs(catalogue: &Catalogue, kind: &str) -> Vec<Knob> {
    let data = catalogue.sections.iter().find(|section| section.key == "data");
    let kind = data.and_then(|data| data.kinds.iter().find(|info| info.kind == kind));
    kind.map_or_else(Vec::new, |kind| kind.knobs.clone())
}

/// A text setting of a table's reader is the name of a column.
fn column(
    kind: &str,
    knob: &Knob,
    settings: &ByName<Value>,
    columns: &[String],
    set: &Callback<(String, Value)>,
) -> Html {
    let chosen = match settings.get(&knob.key) {
        Some(Value::Text(column)) => column.as_str(),
        _ => "",
    };
    let (set, key) = (set.clone(), knob.key.clone());
    let onchange = Callback::from(move |event: Event| {
        set.emit((key.clone(), Value::Text(value_of(&event))));
    });
    let options = columns
        .iter()
        .map(|column| option(column.clone(), column.clone(), column == chosen));
    html! {
        <label class="knob" key={knob.key.clone()}>
            { tag("span", "name", name(&["data", kind, &knob.key])) }
            <select {onchange}>
                { option("", words("page.columns.none"), chosen.is_empty()) }
                { for options }
            </select>
            { tag("span", "help", help(&["data", kind, &knob.key]).unwrap_or_default()) }
        </label>
    }
}
