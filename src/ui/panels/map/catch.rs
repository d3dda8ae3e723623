//! What was caught by the lasso, by groups.

use yew::prelude::*;

use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::map::Caught;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::Action;
use crate::ui::words::{say, words};

#[derive(PartialEq)]
pub struct CatchProps {
    pub caught: Shared<Caught>,
    pub names: Shared<Names>,
}

impl Part for CatchProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let CatchProps { caught, names } = self;
        let mut counts = vec![0_u64; names.scenery.groups.len()];
        for group in caught.items.iter().filter_map(|&item| names.group(item)) {
            if let Some(count) = counts.get_mut(usize::from(group)) {
                *count += 1;
            }
        }
        let groups = names.scenery.groups.iter().zip(counts).filter(|(_, count)| *count > 0);
        let parts: Vec<String> = groups
            .map(|(name, count)| format!("{name} {}", format::whole(count)))
            .collect();
        let says = Message::new("page.map.caught")
            .with("items", format::whole(caught.items.len() as u64))
            .with("users", format::whole(caught.users.len() as u64))
            .with("groups", parts.join(", "));
        let desk = desk.clone();
        let release = Callback::from(move |_: MouseEvent| desk.act(Action::Catch(None)));
        html! {
            <p class="caught" role="status">
                { say(&says) }
                { button(words("page.map.release"), release).class("chip") }
            </p>
        }
    }
}
