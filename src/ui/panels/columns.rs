//! The form in which the columns of a table are named.

use yew::prelude::*;

use crate::by_name::ByName;
use crate::protocol::{Catalogue, ColumnsWanted};
use crate::settings::{Domain, Knob, Value};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::controls::KnobControl;
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::tags::{tag, td, th};
use crate::ui::words::{help, name, say, words};

#[derive(PartialEq)]
pub struct ColumnsProps {
    /// The table, with what is named so far.
    pub wanted: Shared<ColumnsWanted>,
    pub catalogue: Shared<Catalogue>,
}

/// A few rows of the table, and for each thing we have to know the column that holds it.
impl Part for ColumnsProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let ColumnsProps { wanted, catalogue } = self;
        let settings = &wanted.guess.settings;
        let knobs = knobs(catalogue, &wanted.guess.kind);
        let set = {
            let desk = desk.clone();
            Callback::from(move |(key, value): (String, Value)| {
                desk.alter(|state| {
                    if let Some(wanted) = &mut state.columns {
                        wanted.make_mut().guess.settings.insert(key, value);
                    }
                });
            })
        };
        let onsubmit = {
            let (desk, named) = (desk.clone(), wanted.guess.clone());
            Callback::from(move |event: SubmitEvent| {
                event.prevent_default();
                desk.load_again(named.clone());
            })
        };
        let cancel = {
            let desk = desk.clone();
            move |_| desk.act(Action::ForgetColumns)
        };
        let kind = &wanted.guess.kind;
        let controls = knobs.iter().map(|knob| match &knob.domain {
        Domain::Text => column(kind, knob, settings, &wanted.columns, &set),
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
