//! What an index keeps of the selected item: its cell, its code beside its vector, its links.

use yew::prelude::*;

use super::named;
use crate::protocol::{Kept, Request};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::search::Bench;
use crate::ui::state::Focus;
use crate::ui::tags::tag;
use crate::ui::words::{say, words};

/// Code books drawn at most.
const BOOKS: usize = 8;

/// A button for each index that takes the selected item apart, and what came of the last.
pub fn kept(desk: &AtDesk, bench: &Bench, names: &Names, focus: Focus) -> Html {
    let Some(item) = focus.item else {
        return tag("p", "help", words("page.kept_of.select"));
    };
    let standing = (0..)
        .zip(&bench.indexes.places)
        .filter(|(_, standing)| standing.built.is_some());
    let buttons = standing.map(|(place, _)| {
        let desk = desk.clone();
        let onclick = Callback::from(move |_: MouseEvent| desk.about_indexes(Request::Keep { place, item }));
        Html::from(button(named(bench, place), onclick).class("chip"))
    });
    let title = Message::new("page.kept_of.title").with("title", names.title(item));
    let picture = bench.kept.as_ref().filter(|kept| kept.item == item);
    html! {
        <div class="kept-of">
            <p class="kinds">{ say(&title) }{ for buttons }</p>
            { for picture.map(|kept| picture_of(kept, bench, names)) }
        </div>
    }
}

fn picture_of(kept: &Kept, bench: &Bench, names: &Names) -> Html {
    let cell = kept.cell.map(|[cell, rows]| {
        Message::new("page.kept_of.cell")
            .with("cell", cell)
            .with("rows", format::whole(rows.into()))
    });
    let square = |x: &[f32]| x.iter().map(|x| x * x).sum::<f32>();
    let apart: Vec<f32> = kept.vector.iter().zip(&kept.decoded).map(|(x, y)| x - y).collect();
    let coded = (!kept.decoded.is_empty()).then(|| {
        Message::new("page.kept_of.code").with("parts", kept.code.len()).with(
            "lost",
            format::percent(f64::from(square(&apart) / square(&kept.vector).max(f32::MIN_POSITIVE))),
        )
    });
    let links = (0..).zip(&kept.links).map(|(layer, links): (u32, _)| {
        let titles: Vec<&str> = links.iter().map(|&item| names.title(item)).collect();
        let count = Message::new("page.kept_of.links")
            .with("layer", layer)
            .with("count", links.len());
        html! { <p><b>{ say(&count) }</b>{ " " }{ titles.join(" · ") }</p> }
    });
    html! {
        <>
            { tag("h3", "", named(bench, kept.place)) }
            <p>{ for [cell, coded].into_iter().flatten().map(|message| say(&message) + " ") }</p>
            { bars(kept) }
            { books(kept) }
            { for links }
        </>
    }
}

/// The numbers of the vector as bars, with what the code stands for as lines across them.
fn bars(kept: &Kept) -> Html {
    let both = kept.vector.iter().chain(&kept.decoded);
    let most = both.fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    let height = |x: f32| 20.0 * x / most;
    let bars = kept.vector.iter().enumerate().map(|(at, &x)| {
        let x = height(x);
        html! {
            <rect x={(4 * at).to_string()} y={(22.0 - x.max(0.0)).to_string()} width="3" height={x.abs().to_string()} />
        }
    });
    let lines = kept.decoded.iter().enumerate().map(|(at, &x)| {
        html! { <rect class="decoded" x={(4 * at).to_string()} y={(21.5 - height(x)).to_string()} width="3" height="1" /> }
    });
    let width = 4 * kept.vector.len();
    html! {
        <svg class="bars" viewBox={format!("0 0 {width} 44")} preserveAspectRatio="none" role="img" aria-label={words("page.kept_of.bars")}>
            { for bars }{ for lines }
        </svg>
    }
}

/// The first two numbers of every code word, a square for each part, with the word of this item and what it stands for.
fn books(kept: &Kept) -> Html {
    let parts = kept.code.len();
    if parts == 0 {
        return Html::default();
    }
    let (words_of, _) = kept.words.as_chunks::<2>();
    let codes = words_of.len() / parts;
    let width = kept.vector.len() / parts;
    let most = kept
        .words
        .iter()
        .chain(&kept.vector)
        .fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    let at = |x: f32| format!("{:.1}", 32.0 + 30.0 * x / most);
    let books = words_of.chunks_exact(codes).zip(&kept.code).enumerate().take(BOOKS).map(|(part, (book, &code))| {
        let dots = book.iter().enumerate().map(|(word, [x, y])| {
            let own = word == code as usize;
            html! { <circle class={own.then_some("own")} cx={at(*x)} cy={at(-y)} r={if own { "3" } else { "1" }} /> }
        });
        let vector = &kept.vector[part * width..];
        let (x, y) = (vector[0], if width > 1 { vector[1] } else { 0.0 });
        html! {
            <svg viewBox="0 0 64 64" role="img" aria-label={say(&Message::new("page.kept_of.book").with("part", part + 1))}>
                { for dots }
                <path class="vector" d={format!("M{} {}m-3 0h6m-3 -3v6", at(x), at(-y))} />
            </svg>
        }
    });
    html! { <>{ tag("p", "unit", words("page.kept_of.books")) }<div class="books">{ for books }</div></> }
}
