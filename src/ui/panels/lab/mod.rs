//! The feature lab: how ids and numbers become vectors, while the model trains.

mod ids;
mod numbers;

use yew::prelude::*;

use crate::protocol::{FeatureLook, FeaturesPicture};
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::tag;
use crate::ui::theme::Theme;
use crate::ui::words::words;
use ids::ids;
use numbers::numbers;

#[derive(PartialEq)]
pub struct LabProps {
    pub picture: Option<Shared<FeaturesPicture>>,
    /// What is looked at; nothing while the lab is closed.
    pub look: Option<FeatureLook>,
    pub theme: Theme,
}

impl Part for LabProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let LabProps { picture, look, theme } = self;
        let open = look.is_some();
        let first = FeatureLook {
            place: 0.5,
            ..FeatureLook::default()
        };
        let toggle = {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| desk.look_at_features((!open).then(|| first.clone())))
        };
        let inside = look.as_ref().map(|look| match picture {
            Some(picture) if picture.ids.is_some() || picture.number.is_some() => html! {
                <>
                    { ids(desk, picture, look, *theme) }
                    { numbers(desk, picture, look, *theme) }
                </>
            },
            _ => tag("p", "empty", words("page.lab.empty")),
        });
        html! {
            <section class="panel lab" aria-labelledby="lab-title">
                <header>
                    <h2 id="lab-title">{ words("page.lab.title") }</h2>
                    <button type="button" class="chip" aria-expanded={open.to_string()} onclick={toggle}>
                        { words(if open { "page.lab.close" } else { "page.lab.open" }) }
                    </button>
                </header>
                { tag("p", "help", words("page.lab.help")) }
                { for inside }
            </section>
        }
    }
}

/// A choice among names; nothing where there is but one.
fn choice(names: &[String], chosen: &str, label: &'static str, pick: Callback<String>) -> Html {
    let onchange = Callback::from(move |event: Event| {
        pick.emit(value_of(&event));
    });
    if names.len() < 2 {
        return html! { <p class="help">{ words(label) }{ " " }{ tag("code", "", chosen.to_owned()) }</p> };
    }
    html! {
        <label class="line">
            { tag("span", "", words(label)) }
            <select {onchange}>
                { for names.iter().map(|name| option(name.clone(), name.clone(), name == chosen)) }
            </select>
        </label>
    }
}
