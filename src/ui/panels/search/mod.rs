//! Searching: the same query to the exact search and to the indexes beside it, and why what was missed was missed.

mod curves;
mod figures;
mod kept;
mod served;
mod shelf;
mod walk;

use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::listed::ItemRowProps;
use crate::decimal::decimal;
use crate::protocol::{Catalogue, Export, Found, Query, Recipe};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::field::{option, value_of};
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part, part};
use crate::ui::search::Bench;
use crate::ui::shared::Shared;
use crate::ui::state::{Focus, Thing};
use crate::ui::tags::tag;
use crate::ui::theme::Theme;
use crate::ui::words::{say, words};
use curves::curves;
use figures::figures;
use kept::kept;
use served::served;
use shelf::shelf;
use walk::WalkProps;

#[derive(PartialEq)]
pub struct SearchProps {
    pub query: Option<Shared<Query>>,
    pub found: Option<Shared<Found>>,
    pub not_found: Option<Message>,
    pub names: Shared<Names>,
    pub focus: Focus,
    pub bench: Shared<Bench>,
    pub catalogue: Shared<Catalogue>,
    pub recipe: Shared<Recipe>,
    pub theme: Theme,
}

impl Part for SearchProps {
    fn draw(&self, desk: &AtDesk, _: &Own) -> Html {
        let SearchProps {
            query,
            found,
            not_found,
            names,
            focus,
            bench,
            ..
        } = self;
        let oninput = {
            let desk = desk.clone();
            Callback::from(move |event: InputEvent| {
                let typed = value_of(&event);
                if !typed.trim().is_empty() {
                    desk.search(typed_query(typed.trim()));
                }
            })
        };
        // What is typed is looked up at once.
        let onsubmit = Callback::from(|event: SubmitEvent| event.prevent_default());
        let nearest_to_user = focus.user.map(|user| {
            let desk = desk.clone();
            let onclick = move |_| desk.search(Query::User(user));
            Html::from(button(
                say(&Message::new("page.search.user").with("user", names.label(user))),
                onclick,
            ))
        });
        let only = {
            let desk = desk.clone();
            Callback::from(move |event: Event| {
                desk.shelve(|shelf| shelf.only = value_of(&event));
            })
        };
        html! {
            <section class="panel search" aria-labelledby="search-title">
                <header>
                    <h2 id="search-title">{ words("page.search.title") }</h2>
                </header>
                <form role="search" {onsubmit}>
                    <input
                        type="search"
                        placeholder={words("page.search.placeholder")}
                        aria-label={words("page.search.label")}
                        title={words("page.search.help")}
                        autocomplete="off"
                        {oninput}
                    />
                    <input
                        type="search"
                        class="only"
                        placeholder={words("page.search.only")}
                        aria-label={words("page.search.only")}
                        title={words("page.search.only.help")}
                        autocomplete="off"
                        value={bench.shelf.only.clone()}
                        onchange={only}
                    />
                    { for nearest_to_user }
                </form>
                { shelf(desk, bench, &self.catalogue, &self.recipe) }
                <div class="found" aria-live="polite">
                    if let Some(why) = not_found {
                        { tag("p", "empty", say(why)) }
                    } else if let Some(found) = found {
                        { heading(query.as_deref(), found, names) }
                        if found.served.is_empty() {
                            <ol class="rows columns">
                                { for found.hits.iter().map(|hit| html! {
                                    { part(ItemRowProps { item: hit.item, names: names.clone(), focus: *focus, value: format::short(hit.score.into()), hit: hit.held_out, own: false }) }
                                }) }
                            </ol>
                        } else {
                            { figures(desk, found, bench) }
                            { served(found, bench, names, *focus) }
                        }
                        { also(found, names, desk) }
                    } else {
                        { tag("p", "empty", words("page.search.empty")) }
                    }
                </div>
                if found.as_ref().is_some_and(|found| !found.served.is_empty()) {
                    { part(WalkProps { bench: bench.clone(), names: names.clone() }) }
                    { kept(desk, bench, names, *focus) }
                }
                { curves(desk, bench, &self.catalogue, &self.recipe, self.theme) }
            </section>
        }
    }
}

/// A choice of files to save.
fn save(desk: &AtDesk, label: &'static str, files: &[(&'static str, Export)]) -> Html {
    let options = files.iter().map(|(name, _)| option(*name, *name, false));
    let options: Vec<Html> = options.collect();
    let (desk, files) = (desk.clone(), files.to_vec());
    let onchange = Callback::from(move |event: Event| {
        let Some(select) = event.target_dyn_into::<HtmlSelectElement>() else {
            return;
        };
        let chosen = select.value();
        select.set_value("");
        if let Some((_, what)) = files.iter().find(|(name, _)| *name == chosen) {
            desk.export(*what);
        }
    });
    html! {
        <label class="chip">
            { words(label) }
            <select {onchange}><option value="" selected=true></option>{ for options }</select>
        </label>
    }
}

/// What was typed: a vector where it is nothing but numbers, else words of a title.
fn typed_query(typed: &str) -> Query {
    let pieces = typed.split(|c: char| c == ',' || c == ';' || c == '[' || c == ']' || c.is_whitespace());
    let pieces = pieces.filter(|piece| !piece.is_empty());
    let numbers: Option<Vec<f32>> = pieces.map(|piece| Some(decimal(piece.as_bytes())? as f32)).collect();
    match numbers {
        Some(numbers) if numbers.len() > 1 => Query::Vector(numbers),
        _ => Query::Text(typed.to_owned()),
    }
}

/// The name of an index: its kind, and what was set of it.
fn named(bench: &Bench, place: u32) -> String {
    let Some(section) = bench.section(place) else {
        return String::new();
    };
    let mut said = crate::ui::words::name(&["index", &section.kind]);
    let text = |key: &str| match section.settings.get(key) {
        Some(crate::settings::Value::Text(word)) if word != "none" => Some(word.clone()),
        _ => None,
    };
    if let Some(transform) = text("transform") {
        said = crate::ui::words::name(&["index.transform", &transform]) + " + " + &said;
    }
    said
}

/// What the hits are near to, and what it took to find them.
fn heading(query: Option<&Query>, found: &Found, names: &Names) -> Html {
    let whose = match (found.item, query) {
        (Some(item), _) => say(&Message::new("page.search.near").with("title", names.title(item))),
        (None, Some(Query::Point(_))) => words("page.search.near_point").to_owned(),
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
        Html::from(button(names.title(item).to_owned(), onclick).class("chip"))
    });
    html! { <p class="also">{ words("page.search.also") }{ " " }{ for others }</p> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_numbers_are_a_vector_and_anything_else_a_title() {
        assert_eq!(typed_query("[0.5, -1; 2e-1]"), Query::Vector(vec![0.5, -1.0, 0.2]));
        assert_eq!(typed_query("1 2"), Query::Vector(vec![1.0, 2.0]));
        assert_eq!(typed_query("1984"), Query::Text("1984".to_owned()));
        assert_eq!(typed_query("2 fast"), Query::Text("2 fast".to_owned()));
    }
}
