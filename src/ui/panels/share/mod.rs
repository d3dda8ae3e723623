//! A link that shows others the same run, and the session that the browser keeps.

mod flags;

use web_sys::Element;
use yew::prelude::*;

use crate::decimal::rounded;
use crate::protocol::{Catalogue, Keyframes, Recipe};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::save_pictures;
use crate::ui::desk::AtDesk;
use crate::ui::part::{Own, Part, part};
use crate::ui::shared::Shared;
use crate::ui::state::Share;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};
use flags::FlagsProps;

#[derive(PartialEq)]
pub struct ShareProps {
    pub share: Share,
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub keyframes: Keyframes,
}

impl Part for ShareProps {
    fn draw(&self, desk: &AtDesk, own: &Own) -> Html {
        let ShareProps {
            share,
            catalogue,
            recipe,
            keyframes,
        } = self;
        let with = |act: fn(&AtDesk)| {
            let desk = desk.clone();
            Callback::from(move |_: MouseEvent| act(&desk))
        };
        // There is a list for every setting: drawn only while they are seen.
        let ontoggle = {
            let own = own.clone();
            Callback::from(move |event: Event| {
                let details: Element = event.target_unchecked_into();
                // Those within have words of their own to say.
                if details.class_name() == "flags" {
                    own.set(details.has_attribute("open").into());
                }
            })
        };
        let flags = FlagsProps {
            hidden: share.hidden.clone(),
            locked: share.locked.clone(),
            catalogue: catalogue.clone(),
            recipe: recipe.clone(),
        };
        let made = share.link.clone().map(|link| {
            let copied = if share.copied {
                "page.share.copied"
            } else {
                "page.share.made"
            };
            html! {
                <>
                    <input type="text" class="link" readonly=true value={link} aria-label={words("page.share.link")} />
                    <p class="help" role="status">{ words(copied) }</p>
                </>
            }
        });
        let kept = match share.kept {
            Some(true) => "page.session.kept",
            Some(false) => "page.session.not_kept",
            None => "page.session.none",
        };
        let mebibytes = |bytes: u32| rounded(f64::from(bytes) / 1_048_576.0, 1);
        let states = Message::new("page.share.keyframes")
            .with("states", keyframes.states)
            .with("size", mebibytes(keyframes.bytes))
            .with("room", mebibytes(keyframes.room));
        html! {
            <details class="panel sharing">
                { tag("summary", "", words("page.share")) }
                { tag("p", "help", words("page.share.help")) }
                <div class="buttons">
                    { button(words("page.share.make"), with(|desk| desk.share())).class("primary") }
                    { button(words("page.session.save"), with(|desk| desk.save_session())) }
                    { button(words("page.share.recipe"), with(|desk| desk.save_recipe())) }
                    { button(words("page.share.png"), with(|_| save_pictures("png"))) }
                    { button(words("page.share.svg"), with(|_| save_pictures("svg"))) }
                </div>
                { for made }
                <details class="flags" {ontoggle}>
                    { tag("summary", "", words("page.share.sections")) }
                    { tag("p", "help", words("page.share.sections.help")) }
                    if **own > 0 {
                        { part(flags) }
                    }
                </details>
                <p class="help">
                    { words(kept) }
                    if share.kept == Some(true) {
                        { " " }
                        { button(words("page.session.forget"), with(|desk| desk.forget_session())) }
                    }
                </p>
                { tag("p", "help", say(&states)) }
            </details>
        }
    }
}
