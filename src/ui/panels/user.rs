//! The selected user: who they are, what they did, what the model recommends, and what it should have found.

use yew::prelude::*;

use super::listed::ItemRowProps;
use crate::protocol::{Listed, UserCard};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Thing};
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Events of the history that are shown.
const HISTORY: usize = 12;

#[derive(PartialEq)]
pub struct UserProps {
    pub card: Option<Shared<UserCard>>,
    pub names: Shared<Names>,
    pub focus: Focus,
}

impl Part for UserProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let UserProps { card, names, focus } = self;
        let card = card.as_ref().filter(|card| Some(card.user) == focus.user);
        html! {
            <section class="panel user" aria-labelledby="user-title">
                <header>
                    <h2 id="user-title">{ words("page.user.title") }</h2>
                    { stepper(desk, names, focus.user) }
                </header>
                if let Some(card) = card {
                    { profile(card) }
                    <h3 title={words("page.user.recommended.help")}>{ words("page.user.recommended") }</h3>
                    <ol class="rows">
                        { for card.recommended.iter().map(|listed| row(listed, names, *focus, format::short(listed.score.into()))) }
                    </ol>
                    { held_out(card, names, *focus) }
                    <h3 title={words("page.user.history.help")}>{ words("page.user.history") }</h3>
                    { history(card, names, *focus) }
                } else {
                    { tag("p", "empty", words("page.user.empty")) }
                }
            </section>
        }
    }
}

/// The user by number, one back and one on.
fn stepper(desk: &AtDesk, names: &Names, user: Option<u32>) -> Html {
    let users = names.scenery.user_labels.len() as u32;
    let Some(user) = user.filter(|_| users > 0) else {
        return Html::default();
    };
    let go = |to: u32| {
        let desk = desk.clone();
        Callback::from(move |_: MouseEvent| desk.select(Thing::User(to)))
    };
    html! {
        <div class="stepper">
            { button("‹", go((user + users - 1) % users)).name(words("page.user.previous")) }
            { tag("span", "", names.label(user).to_owned()) }
            { button("›", go((user + 1) % users)).name(words("page.user.next")) }
        </div>
    }
}

fn profile(card: &UserCard) -> Html {
    let facts = card.profile.iter().map(|(name, value)| {
        html! { <div><dt>{ name.clone() }</dt><dd>{ value.clone() }</dd></div> }
    });
    html! { <dl class="profile">{ for facts }</dl> }
}

fn row(listed: &Listed, names: &Shared<Names>, focus: Focus, value: String) -> Html {
    html! {
        { part(ItemRowProps { item: listed.item, names: names.clone(), focus, value, hit: listed.held_out, own: false }) }
    }
}

fn held_out(card: &UserCard, names: &Shared<Names>, focus: Focus) -> Html {
    if card.held_out.is_empty() {
        return Html::default();
    }
    let rows = card.held_out.iter().map(|&(item, rank)| {
        let value = say(&Message::new("page.user.rank").with("rank", format::whole(rank.into())));
        html! { { part(ItemRowProps { item, names: names.clone(), focus, value, hit: false, own: false }) } }
    });
    html! {
        <>
            <h3 title={words("page.user.held_out.help")}>{ words("page.user.held_out") }</h3>
            <ul class="rows">{ for rows }</ul>
        </>
    }
}

fn history(card: &UserCard, names: &Shared<Names>, focus: Focus) -> Html {
    let rows = card.history.iter().enumerate().take(HISTORY).map(|(place, listed)| {
        let value = card
            .times
            .get(place)
            .map_or_else(String::new, |&time| format::day(time));
        html! { { part(ItemRowProps { item: listed.item, names: names.clone(), focus, value, hit: false, own: false }) } }
    });
    let more = card.history.len().saturating_sub(HISTORY);
    html! {
        <>
            <ol class="rows">{ for rows }</ol>
            if more > 0 {
                { tag("p", "more", say(&Message::new("page.user.more").with("count", more))) }
            }
        </>
    }
}
