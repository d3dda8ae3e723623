//! What was caught by the lasso, by groups.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use yew::prelude::*;

use crate::text::Message;
use crate::ui::format;
use crate::ui::link::AtDesk;
use crate::ui::map::Caught;
use crate::ui::names::Names;
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::words::{say, words};

#[derive(PartialEq, Properties)]
pub struct CatchProps {
    pub caught: Shared<Caught>,
    pub names: Shared<Names>,
}

#[component]
pub fn Catch(props: &CatchProps) -> Html {
    let CatchProps { caught, names } = props;
    let Some(desk) = use_context::<AtDesk>() else {
        return Html::default();
    };
    let mut groups = BTreeMap::<&str, u64>::new();
    for &item in &caught.items {
        *groups
            .entry(names.group_name(item).unwrap_or_else(|| words("page.map.no_group")))
            .or_default() += 1;
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, count)| Reverse(*count));
    let parts: Vec<String> = groups
        .iter()
        .map(|(name, count)| format!("{name} {}", format::whole(*count)))
        .collect();
    let says = Message::new("page.map.caught")
        .with("items", format::whole(caught.items.len() as u64))
        .with("users", format::whole(caught.users.len() as u64))
        .with("groups", parts.join(", "));
    let release = Callback::from(move |_: MouseEvent| desk.act(Action::Catch(None)));
    html! {
        <p class="caught" role="status">
            { say(&says) }
            <button type="button" class="chip" onclick={release}>{ words("page.map.release") }</button>
        </p>
    }
}
