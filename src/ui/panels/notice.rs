//! The bar of what has to be said. It covers nothing, and stays until it is dismissed.

use yew::prelude::*;

use crate::protocol::RunState;
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::{Action, Notice};
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

#[derive(PartialEq)]
pub struct NoticeProps {
    pub notice: Option<Shared<Notice>>,
    pub working: Option<(Message, Option<f32>)>,
    pub progress: Shared<RunState>,
}

impl Part for NoticeProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let working = self.working.as_ref().map(|(what, share)| {
            html! {
                <div class="notice working" role="status">
                    { tag("span", "", say(what)) }
                    if let Some(share) = share {
                        <progress max="1" value={share.to_string()}>{ format::percent(f64::from(*share)) }</progress>
                    } else {
                        <progress />
                    }
                </div>
            }
        });
        let notice = self.notice.as_deref().map(|notice| {
            let said = matches!(notice, Notice::Said(_));
            let (text, again) = match notice {
                Notice::Said(what) => (say(what), false),
                Notice::Refused(why) => (say(why), false),
                Notice::Died { words, again: true } => {
                    (say(&Message::new("page.worker.again").with("words", words)), false)
                }
                Notice::Died { words, again: false } => {
                    (say(&Message::new("page.worker.died").with("words", words)), true)
                }
            };
            let dismiss = {
                let desk = desk.clone();
                move |_| desk.act(Action::Dismiss)
            };
            let begin = {
                let desk = desk.clone();
                move |_| {
                    desk.act(Action::Dismiss);
                    desk.begin();
                }
            };
            html! {
                <div class={if said { "notice" } else { "notice error" }}>
                    <span class="sign" aria-hidden="true">{ if said { "i" } else { "!" } }</span>
                    <span role="alert">{ text }</span>
                    if again {
                        { button(words("page.worker.begin"), begin) }
                    }
                    { button(words("page.dismiss"), dismiss) }
                </div>
            }
        });
        let failed = self.progress.error.as_ref().map(|why| {
            html! {
                <div class="notice error">
                    <span class="sign" aria-hidden="true">{ "!" }</span><span role="alert">{ say(why) }</span>
                </div>
            }
        });
        html! { <>{ for working }{ for notice }{ for failed }</> }
    }
}
