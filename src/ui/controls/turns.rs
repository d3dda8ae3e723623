//! What a section of the recipe was over the run, where it changed.

use yew::prelude::*;

use crate::protocol::Section;
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format::whole;
use crate::ui::tags::tag;
use crate::ui::words::{name, say, words};

/// What a section was at which steps, each change with a button that takes it back by a run without it.
pub fn turns(desk: &AtDesk, key: &str, turns: &[(u64, Section)]) -> Html {
    let turns = turns.iter().map(|(step, section)| {
        let (desk, step) = (desk.clone(), *step);
        let since = match step {
            0 => words("page.turns.start").to_owned(),
            step => say(&Message::new("page.turns.step").with("step", whole(step))),
        };
        let onclick = Callback::from(move |_: MouseEvent| desk.without_changes_at(step));
        html! {
            <li>
                { tag("span", "since", since) }
                { tag("span", "", name(&[key, &section.kind])) }
                if step > 0 {
                    { button("×", onclick).title(words("page.turns.remove")).name(words("page.turns.remove")) }
                }
            </li>
        }
    });
    html! {
        <>
            <ol class="turns" aria-label={words("page.turns")}>{ for turns }</ol>
            { tag("p", "help", words("page.turns.help")) }
        </>
    }
}
