//! The search box over titles, and the nearest items of what was asked.

use web_sys::HtmlInputElement;
use yew::prelude::*;

use super::listed::ItemRow;
use crate::protocol::{Found, Query};
use crate::text::Message;
use crate::ui::format;
use crate::ui::link::AtDesk;
use crate::ui::names::Names;
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Thing};
use crate::ui::words::{say, words};

#[derive(PartialEq, Properties)]
pub struct SearchProps {
    pub query: Option<Shared<Query>>,
    pub found: Option<Shared<Found>>,
    pub not_found: Option<Message>,
    pub names: Shared<Names>,
    pub focus: Focus,
}

#[component]
pub fn SearchPanel(props: &SearchProps) -> Html {
    let Some(desk) = use_context::<AtDesk>() else {
        return Html::default();
    };
    let SearchProps {
        query,
        found,
        not_found,
        names,
        focus,
    } = props;
    let input = use_node_ref();
    let ask = {
        let (desk, input) = (desk.clone(), input.clone());
        move || {
            let words = input
                .cast::<HtmlInputElement>()
                .map(|input| input.value())
                .unwrap_or_default();
            if !words.trim().is_empty() {
                desk.search(Query::Text(words.trim().to_owned()));
            }
        }
    };
    let onsubmit = {
        let ask = ask.clone();
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            ask();
        })
    };
    let nearest_to_user = focus.user.map(|user| {
        let desk = desk.clone();
        let onclick = move |_| desk.search(Query::User(user));
        html! {
            <button type="button" {onclick}>
                { say(&Message::new("page.search.user").with("user", names.label(user))) }
            </button>
        }
    });
    html! {
        <section class="panel search" aria-labelledby="search-title">
            <header>
                <h2 id="search-title">{ words("page.search.title") }</h2>
            </header>
            <form role="search" {onsubmit}>
                <input
                    ref={input}
                    type="search"
                    placeholder={words("page.search.placeholder")}
                    aria-label={words("page.search.label")}
                    autocomplete="off"
                    oninput={move |_| ask()}
                />
                { for nearest_to_user }
            </form>
            <div class="found" aria-live="polite">
                if let Some(why) = not_found {
                    <p class="empty">{ say(why) }</p>
                } else if let Some(found) = found {
                    { heading(query.as_deref(), found, names) }
                    <ol class="rows columns">
                        { for found.hits.iter().map(|hit| html! {
                            <ItemRow
                                key={hit.item}
                                item={hit.item}
                                names={names.clone()}
                                focus={*focus}
                                value={format::short(hit.score.into())}
                                hit={hit.held_out}
                            />
                        }) }
                    </ol>
                    { also(found, names, &desk) }
                } else {
                    <p class="empty">{ words("page.search.empty") }</p>
                }
            </div>
        </section>
    }
}

/// What the hits are near to, and what it took to find them.
fn heading(query: Option<&Query>, found: &Found, names: &Names) -> Html {
    let whose = match (found.item, query) {
        (Some(item), _) => say(&Message::new("page.search.near").with("title", names.title(item))),
        (None, Some(Query::User(user))) => say(&Message::new("page.search.for_user").with("user", names.label(*user))),
        _ => words("page.search.near_vector").to_owned(),
    };
    let effort = Message::new("page.search.effort")
        .with("scanned", format::whole(found.scanned))
        .with("step", format::whole(found.step));
    let time = found.micros.map(|micros| {
        say(&Message::new("page.search.time").with("millis", format::short(f64::from(micros) / 1_000.0)))
    });
    let reranked = (found.reranked > 0)
        .then(|| say(&Message::new("page.search.reranked").with("reranked", format::whole(found.reranked.into()))));
    let handed_on = found
        .handed_on
        .map(|share| say(&Message::new("page.search.handed_on").with("share", format::percent(share.into()))));
    html! {
        <p class="whose">
            { whose }
            <span class="unit">
                { say(&effort) }{ " " }{ for time }{ " " }{ for reranked }{ " " }{ for handed_on }
            </span>
        </p>
    }
}

/// Other titles the words match, each a button that asks for it.
fn also(found: &Found, names: &Names, desk: &AtDesk) -> Html {
    if found.also.is_empty() {
        return Html::default();
    }
    let others = found.also.iter().take(6).map(|&item| {
        let desk = desk.clone();
        let onclick = move |_| desk.select(Thing::Item(item));
        html! { <button type="button" class="chip" key={item} {onclick}>{ names.title(item).to_owned() }</button> }
    });
    html! { <p class="also">{ words("page.search.also") }{ " " }{ for others }</p> }
}
