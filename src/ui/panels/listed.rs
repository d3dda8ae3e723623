//! An item in a list: its mark, its title, a value, and whether it is a hit.

use yew::prelude::*;

use crate::ui::desk::AtDesk;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Thing};
use crate::ui::tags::tag;
use crate::ui::words::words;

#[derive(PartialEq)]
pub struct ItemRowProps {
    pub item: u32,
    pub names: Shared<Names>,
    pub focus: Focus,
    /// What stands at the right end.
    pub value: String,
    /// It is one of the held-out events of the user.
    pub hit: bool,
    /// It stands in this list alone.
    pub own: bool,
}

/// A row that can be hovered and selected; it is a button, so the keyboard reaches it.
impl Part for ItemRowProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let ItemRowProps {
            item,
            names,
            focus,
            value,
            hit,
            own,
        } = self;
        let item = *item;
        let thing = Thing::Item(item);
        let onclick = {
            let desk = desk.clone();
            Callback::from(move |_| desk.select(thing))
        };
        let hover = |to: Option<Thing>| {
            let desk = desk.clone();
            move || desk.hover(to)
        };
        let (enter, leave, focused, blurred) = (hover(Some(thing)), hover(None), hover(Some(thing)), hover(None));
        let selected = focus.item == Some(item);
        let class = classes!(
            "row",
            selected.then_some("selected"),
            (focus.hovered == Some(thing)).then_some("hovered"),
            hit.then_some("hit"),
            own.then_some("own")
        );
        html! {
            <li>
                <button
                    type="button"
                    {class}
                    {onclick}
                    aria-pressed={selected.to_string()}
                    onmouseenter={move |_| enter()}
                    onmouseleave={move |_| leave()}
                    onfocus={move |_| focused()}
                    onblur={move |_| blurred()}
                >
                    { mark(names.glyph(item), "") }
                    { tag("span", "title", names.title(item).to_owned()) }
                    if *hit {
                        { tag("span", "hit-sign", words("page.user.hit")) }
                    }
                    { tag("span", "value", value.clone()) }
                </button>
            </li>
        }
    }
}
