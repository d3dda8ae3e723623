//! An embedding: what it costs, who shares rows with whom, whose vector is near, and what a network reads of an id.

use yew::prelude::*;

use super::choice;
use crate::protocol::{FeatureLook, FeaturesPicture, IdsPicture, Unseen};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::charts::{FeatureChartProps, codes_chart};
use crate::ui::desk::AtDesk;
use crate::ui::field::value_of;
use crate::ui::format;
use crate::ui::shared::Shared;
use crate::ui::tags::{tag, td};
use crate::ui::theme::Theme;
use crate::ui::words::{say, words};

/// Numbers of a code that are drawn.
const DRAWN: usize = 64;

/// The embedding that is looked at.
pub fn ids(desk: &AtDesk, picture: &Shared<FeaturesPicture>, look: &FeatureLook, theme: Theme) -> Html {
    let Some(ids) = &picture.ids else {
        return Html::default();
    };
    let pick = {
        let (desk, look) = (desk.clone(), look.clone());
        Callback::from(move |embedding: String| {
            desk.look_at_features(Some(FeatureLook {
                embedding,
                id: 0,
                ..look.clone()
            }));
        })
    };
    html! {
        <>
            { tag("h3", "", words("page.lab.ids")) }
            { choice(&picture.embeddings, &ids.name, "page.lab.embedding", pick) }
            { tag("p", "caption", size(ids)) }
            { groups(ids) }
            { stepper(desk, look, ids) }
            { made_of(ids) }
            <div class="sides">
                { near(ids, 0, "page.lab.near.now") }
                { near(ids, 1, "page.lab.near.before") }
            </div>
            { shared(ids) }
            if !ids.code.is_empty() {
                { code(ids) }
                { codes_chart(&FeatureChartProps { picture: picture.clone(), theme }) }
            }
            { unseen(desk, look, ids) }
        </>
    }
}

/// What people call an id of the picture.
fn called(ids: &IdsPicture, id: u32) -> String {
    let named = ids.names.iter().find(|(known, _)| *known == id);
    named.map_or_else(|| id.to_string(), |(_, name)| name.clone())
}

/// What it costs beside a full table.
fn size(ids: &IdsPicture) -> String {
    let full = u64::from(ids.n_ids) * u64::from(ids.width);
    let message = Message::new("page.lab.size")
        .with("ids", format::whole(u64::from(ids.n_ids)))
        .with("dim", ids.width)
        .with("numbers", format::whole(ids.parameters))
        .with("share", format::percent(ids.parameters as f64 / full.max(1) as f64));
    say(&message)
}

/// How many ids have a vector of their own.
fn groups(ids: &IdsPicture) -> Html {
    let all: u32 = ids.groups.iter().sum();
    if ids.groups.len() < 2 || all == 0 {
        return Html::default();
    }
    let last = ids.groups.len();
    let row = |(place, n): (usize, &u32)| {
        let share = f64::from(*n) / f64::from(all);
        let more = if place + 1 == last { "+" } else { "" };
        html! {
            <tr>
                <th scope="row">{ format!("{}{more}", place + 1) }</th>
                <td>
                    <svg class="share" aria-hidden="true">
                        <rect width={format!("{:.1}%", 100.0 * share)} height="100%" />
                    </svg>
                    { format::percent(share) }
                </td>
            </tr>
        }
    };
    html! {
        <table class="weights groups">
            { tag("caption", "", words("page.lab.groups")) }
            <thead>
                <tr>
                    <th scope="col">{ words("page.lab.groups.size") }</th>
                    <th scope="col">{ words("page.lab.groups.share") }</th>
                </tr>
            </thead>
            <tbody>{ for ids.groups.iter().enumerate().map(row) }</tbody>
        </table>
    }
}

/// One id back, one on.
fn stepper(desk: &AtDesk, look: &FeatureLook, ids: &IdsPicture) -> Html {
    let n = ids.n_ids.max(1);
    let go = |id: u32| {
        let (desk, look) = (desk.clone(), look.clone());
        Callback::from(move |_: MouseEvent| desk.look_at_features(Some(FeatureLook { id, ..look.clone() })))
    };
    html! {
        <div class="stepper">
            { button("‹", go((ids.id + n - 1) % n)).name(words("page.lab.id.back")) }
            <strong>{ called(ids, ids.id) }</strong>
            { button("›", go((ids.id + 1) % n)).name(words("page.lab.id.on")) }
        </div>
    }
}

/// The rows that the vector is made of.
fn made_of(ids: &IdsPicture) -> Html {
    if ids.rows.is_empty() {
        return Html::default();
    }
    let rows: Vec<String> = ids.rows.iter().map(|row| format::whole(u64::from(*row))).collect();
    tag(
        "p",
        "help",
        say(&Message::new("page.lab.rows").with("rows", rows.join(", "))),
    )
}

/// The nearest ids, now or before the first step; those that share rows are marked.
fn near(ids: &IdsPicture, side: usize, title: &'static str) -> Html {
    let list = &ids.near[side];
    if list.is_empty() {
        return Html::default();
    }
    let row = |(id, cosine): &(u32, f32)| {
        let shares = ids.shared.iter().any(|shared| shared.id == *id);
        html! {
            <tr>
                <th scope="row">
                    { called(ids, *id) }
                    if shares {
                        <span class="unit">{ " " }{ words("page.lab.shares") }</span>
                    }
                </th>
                { td(format::short(f64::from(*cosine))) }
            </tr>
        }
    };
    html! {
        <table class="weights">
            { tag("caption", "", words(title)) }
            <tbody>{ for list.iter().map(row) }</tbody>
        </table>
    }
}

/// Who shares rows with the id looked at.
fn shared(ids: &IdsPicture) -> Html {
    if ids.shared.is_empty() {
        return Html::default();
    }
    let row = |shared: &crate::protocol::SharedRow| {
        html! {
            <tr>
                <th scope="row">{ called(ids, shared.id) }</th>
                { td(format!("{} / {}", shared.rows, ids.rows.len())) }
                { td(format::short(f64::from(shared.cosine))) }
            </tr>
        }
    };
    html! {
        <table class="weights">
            { tag("caption", "", words("page.lab.shared")) }
            <thead>
                <tr>
                    <td></td>
                    <th scope="col">{ words("page.lab.shared.rows") }</th>
                    <th scope="col">{ words("page.lab.cosine") }</th>
                </tr>
            </thead>
            <tbody>{ for ids.shared.iter().map(row) }</tbody>
        </table>
    }
}

/// The first numbers that a network reads, dark for small and bright for large.
fn code(ids: &IdsPicture) -> Html {
    let drawn = &ids.code[..ids.code.len().min(DRAWN)];
    let cell = |(place, x): (usize, &f32)| {
        let shade = ((x + 2.0) / 4.0).clamp(0.05, 1.0);
        html! { <rect x={place.to_string()} width="1" height="1" opacity={format!("{shade:.2}")} /> }
    };
    let first: Vec<String> = drawn.iter().take(8).map(|x| format::short(f64::from(*x))).collect();
    let told = Message::new("page.lab.code.told")
        .with("numbers", ids.code.len())
        .with("first", first.join(", "));
    html! {
        <>
            { tag("h3", "", words("page.lab.code")) }
            <svg
                class="code"
                viewBox={format!("0 0 {} 1", drawn.len())}
                preserveAspectRatio="none"
                role="img"
                aria-label={say(&told)}
            >{ for drawn.iter().enumerate().map(cell) }</svg>
            { tag("p", "help", say(&told)) }
        </>
    }
}

/// A word that nobody has seen, and what becomes of it.
fn unseen(desk: &AtDesk, look: &FeatureLook, ids: &IdsPicture) -> Html {
    let oninput = {
        let (desk, look) = (desk.clone(), look.clone());
        Callback::from(move |event: InputEvent| {
            let unseen = value_of(&event).trim().to_owned();
            desk.look_at_features(Some(FeatureLook { unseen, ..look.clone() }));
        })
    };
    let answer = |unseen: &Unseen| match &unseen.why {
        Some(why) => tag("p", "empty", say(why)),
        None => {
            let near: Vec<String> = unseen.near.iter().take(3).map(|(id, _)| called(ids, *id)).collect();
            let told = Message::new("page.lab.unseen.near")
                .with("id", &unseen.text)
                .with("near", near.join(", "));
            tag("p", "", say(&told))
        }
    };
    html! {
        <>
            { tag("h3", "", words("page.lab.unseen")) }
            <input
                type="text"
                value={look.unseen.clone()}
                maxlength="60"
                autocomplete="off"
                placeholder={words("page.lab.unseen.placeholder")}
                aria-label={words("page.lab.unseen")}
                {oninput}
            />
            { for ids.unseen.as_ref().map(answer) }
        </>
    }
}
