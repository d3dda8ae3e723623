//! What the marks on the map mean.

use yew::prelude::*;

use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::glyph::{self, mark};
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Focus};
use crate::ui::words::{say, words};

#[derive(PartialEq)]
pub struct LegendProps {
    pub names: Shared<Names>,
    pub focus: Focus,
    /// Users are regions.
    pub regions: bool,
}

/// The groups with their marks; a click puts one in the spotlight. Groups that share the grey dot are in a list.
impl Part for LegendProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let LegendProps { names, focus, regions } = self;
        let lit = &focus.group;
        let spotlight = |group: u16| {
            let desk = desk.clone();
            let to = (*lit != Some(group)).then_some(group);
            move |_: MouseEvent| desk.act(Action::Spotlight(to))
        };
        let groups = || (0u16..).zip(&names.scenery.groups);
        let few = names.glyphs.len() <= 8;
        let own = |group: u16| few || names.glyph_of_group(group) != glyph::OTHER;
        let chips = groups().filter(|(group, _)| own(*group)).map(|(group, name)| {
            let pressed = *lit == Some(group);
            Html::from(
                button(
                    html! { <>{ mark(names.glyph_of_group(group), "") }{ name.clone() }</> },
                    spotlight(group),
                )
                .class("chip")
                .pressed(pressed),
            )
        });
        let others: Vec<(u16, &String)> = groups().filter(|(group, _)| !own(*group)).collect();
        let onchange = {
            let desk = desk.clone();
            Callback::from(move |event: Event| {
                desk.act(Action::Spotlight(value_of(&event).parse().ok()));
            })
        };
        let truth = {
            let desk = desk.clone();
            let shown = !focus.truth;
            move |_: MouseEvent| desk.act(Action::ShowTruth(shown))
        };
        let inside = {
            let desk = desk.clone();
            let shown = !focus.inside;
            move |_: MouseEvent| desk.act(Action::ShowInside(shown))
        };
        html! {
            <div class="legend" role="group" aria-label={words("page.map.groups")}>
                { for chips }
                if !others.is_empty() {
                    <label class="chip">
                        { mark(glyph::OTHER, "") }
                        <select aria-label={words("page.map.other_groups")} {onchange}>
                            { option("", say(&Message::new("page.map.others").with("count", others.len())), lit.is_none_or(own)) }
                            { for others.iter().map(|(group, name)| option(group.to_string(), (*name).clone(), *lit == Some(*group))) }
                        </select>
                    </label>
                }
                if !*regions {
                    <span class="chip still">{ mark(glyph::USER, "") }{ words("page.map.users") }</span>
                }
                <span class="chip still">{ mark(glyph::USER, "accent") }{ words("page.map.recommended") }</span>
                <span class="chip still">
                    <svg class="mark" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true">
                        <rect class="frame" x="-1" y="-1" width="2" height="2" />
                    </svg>
                    { words("page.map.history") }
                </span>
                if *regions {
                    { button(html! { <><svg class="mark" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true">
                            <ellipse class="frame accent" rx="1.2" ry="0.8" />
                        </svg>
                        { words("page.map.inside") }</> }, inside).class("chip").title(words("page.map.inside.help")).pressed(focus.inside) }
                }
                if names.scenery.truth.is_some() {
                    { button(html! { <><svg class="mark" viewBox="-1.3 -1.3 2.6 2.6" aria-hidden="true"><path class="frame" d="M-1 0H1M0-1V1" /></svg>
                        { words("page.map.truth") }</> }, truth).class("chip").pressed(focus.truth) }
                }
            </div>
        }
    }
}
