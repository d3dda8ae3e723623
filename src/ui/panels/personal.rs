//! The personal search: two users type the same words, side by side.

use yew::prelude::*;

use super::listed::ItemRowProps;
use crate::protocol::Found;
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::value_of;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Personal};
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Words that are offered to begin with.
const OFFERED: usize = 4;

#[derive(PartialEq)]
pub struct PersonalProps {
    pub personal: Option<Shared<Personal>>,
    pub names: Shared<Names>,
    pub focus: Focus,
    /// The queries of these data are made, not typed.
    pub made: bool,
}

impl Part for PersonalProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let PersonalProps {
            personal,
            names,
            focus,
            made,
        } = self;
        let count = names.scenery.user_labels.len() as u32;
        let Some(first) = focus.user.filter(|_| count > 0) else {
            return Html::default();
        };
        let users = personal
            .as_ref()
            .map_or([first, (first + 1) % count], |personal| personal.users);
        let control = personal.as_ref().is_some_and(|personal| personal.control);
        let search = {
            let desk = desk.clone();
            move |text: String| {
                if !text.trim().is_empty() {
                    desk.type_as(text, users, control);
                }
            }
        };
        let oninput = {
            let search = search.clone();
            Callback::from(move |event: InputEvent| {
                search(value_of(&event));
            })
        };
        let offered = names.scenery.groups.iter().take(OFFERED).map(|group| {
            let (search, text) = (search.clone(), group.clone());
            let onclick = Callback::from(move |_: MouseEvent| search(text.clone()));
            Html::from(button(group.clone(), onclick).class("chip"))
        });
        let onsubmit = Callback::from(|event: SubmitEvent| event.prevent_default());
        let typed = personal.as_ref().map(|personal| personal.text.clone());
        html! {
            <section class="panel personal" aria-labelledby="personal-title">
                <header><h2 id="personal-title">{ words("page.personal.title") }</h2></header>
                { tag("p", "help", words("page.personal.help")) }
                if *made {
                    { tag("p", "help", words("page.personal.made")) }
                }
                <form role="search" {onsubmit}>
                    <input
                        type="search"
                        value={typed.unwrap_or_default()}
                        placeholder={words("page.personal.placeholder")}
                        aria-label={words("page.personal.label")}
                        autocomplete="off"
                        maxlength="200"
                        {oninput}
                    />
                </form>
                <p class="also">{ for offered }</p>
                if let Some(why) = personal.as_ref().and_then(|personal| personal.refused.as_ref()) {
                    { tag("p", "empty", say(why)) }
                } else if let Some(personal) = personal {
                    { relevance(desk, personal) }
                    { agreement(personal) }
                    <div class="sides">
                        { for [0, 1].map(|place| side(place, personal, desk, names, *focus)) }
                    </div>
                } else {
                    { tag("p", "empty", words("page.personal.empty")) }
                }
            </section>
        }
    }
}

/// How much the two lists have in common.
fn agreement(personal: &Personal) -> Html {
    let [Some(one), Some(other)] = &personal.found else {
        return Html::default();
    };
    let shared = one.hits.iter().filter(|hit| holds(other, hit.item)).count();
    let message = Message::new("page.personal.both")
        .with("shared", shared)
        .with("shown", one.hits.len());
    tag("p", "whose", say(&message))
}

/// The attributes that the words name, and the switch that leaves out what has not all of them.
fn relevance(desk: &AtDesk, personal: &Shared<Personal>) -> Html {
    let Some(terms) = personal.found[0].as_ref().map(|found| &found.terms) else {
        return Html::default();
    };
    if terms.is_empty() {
        return tag("p", "help", words("page.personal.no_terms"));
    }
    let named: Vec<String> = terms
        .iter()
        .map(|term| format!("{} = {}", term.field, term.value))
        .collect();
    let onchange = {
        let (desk, personal) = (desk.clone(), personal.clone());
        Callback::from(move |_: Event| desk.type_as(personal.text.clone(), personal.users, !personal.control))
    };
    html! {
        <label class="control">
            <input type="checkbox" checked={personal.control} {onchange} />
            { say(&Message::new("page.personal.control").with("terms", named.join(", "))) }
        </label>
    }
}

fn holds(found: &Found, item: u32) -> bool {
    found.hits.iter().any(|hit| hit.item == item)
}

/// One user and what they get; what only they get stands out.
fn side(side: usize, personal: &Shared<Personal>, desk: &AtDesk, names: &Shared<Names>, focus: Focus) -> Html {
    let user = personal.users[side];
    let count = names.scenery.user_labels.len() as u32;
    let go = |to: u32| {
        let (desk, text, mut users) = (desk.clone(), personal.text.clone(), personal.users);
        users[side] = to;
        let control = personal.control;
        Callback::from(move |_: MouseEvent| desk.type_as(text.clone(), users, control))
    };
    let other = personal.found[1 - side].as_ref();
    let rows = personal.found[side].iter().flat_map(|found| &found.hits).map(|hit| {
        let own = other.is_some_and(|other| !holds(other, hit.item));
        html! {
            { part(ItemRowProps { item: hit.item, names: names.clone(), focus, value: format::short(hit.score.into()), hit: hit.held_out, own }) }
        }
    });
    html! {
        <div key={side}>
            <div class="stepper">
                { button("‹", go((user + count - 1) % count)).name(words("page.personal.previous")) }
                { tag("span", "", names.label(user).to_owned()) }
                { button("›", go((user + 1) % count)).name(words("page.personal.next")) }
            </div>
            { for personal.found[side].iter().filter(|found| !found.terms.is_empty()).map(survivors) }
            <ol class="rows">{ for rows }</ol>
        </div>
    }
}

/// How many of the nearest have all that the words name.
fn survivors(found: &Found) -> Html {
    let message = Message::new("page.personal.relevant").with("relevant", found.relevant);
    tag("p", "help", say(&message))
}
