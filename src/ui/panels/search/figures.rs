//! The exact search and the indexes in figures: what they find, what they look at, what they weigh.

use yew::prelude::*;

use super::{named, save};
use crate::protocol::{Export, Found, Request, Served};
use crate::text::Message;
use crate::ui::button::button;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::search::Bench;
use crate::ui::tags::td;
use crate::ui::words::{say, words};

const COLUMNS: [(&str, &str); 6] = [
    ("page.figures.recall", "page.figures.recall.help"),
    ("page.figures.compared", "page.figures.compared.help"),
    ("page.figures.bytes", "page.figures.bytes.help"),
    ("page.figures.time", "page.figures.time.help"),
    ("page.figures.cells", "page.figures.cells.help"),
    ("page.figures.step", "page.figures.step.help"),
];

/// A row for the exact search and one for each index.
pub fn figures(desk: &AtDesk, found: &Found, bench: &Bench) -> Html {
    let heads = COLUMNS.map(|(key, help)| html! { <th scope="col" title={words(help)}>{ words(key) }</th> });
    let rows = found.served.iter().map(|served| {
        let built = bench.indexes.places.get(served.place as usize);
        let built = built.and_then(|standing| standing.built.as_ref());
        let cells = built.and_then(|built| built.cells).map(|cells| {
            say(&Message::new("page.figures.cells.are")
                .with("count", format::whole(cells.count.into()))
                .with("imbalance", format::short(cells.imbalance.into()))
                .with("empty", format::percent(cells.empty.into())))
        });
        let old = served.step < found.step;
        html! {
            <tr key={served.place}>
                <th scope="row">{ named(bench, served.place) }{ tools(desk, served, bench) }</th>
                { td(format::percent(served.recall.into())) }
                { td(compared(served)) }
                { td(format::short(served.bytes.into())) }
                { td(micros(served.micros)) }
                { td(cells.unwrap_or_default()) }
                <td class={classes!(old.then_some("old"))}>{ format::whole(served.step) }</td>
            </tr>
        }
    });
    html! {
        <div class="scrolls">
            <table class="of-indexes">
                <thead><tr><th scope="col">{ words("page.figures.index") }</th>{ for heads }</tr></thead>
                <tbody>
                    <tr>
                        <th scope="row">{ words("page.figures.exact") }</th>
                        { td(format::percent(1.0)) }
                        { td(format::whole(found.scanned)) }
                        <td></td>
                        { td(micros(found.micros)) }
                        <td></td>
                        { td(format::whole(found.step)) }
                    </tr>
                    { for rows }
                </tbody>
            </table>
        </div>
    }
}

/// Vectors, and what is compared beside them.
fn compared(served: &Served) -> String {
    let vectors = format::whole(served.scanned);
    let beside = [
        ("page.figures.centroids", served.centroids),
        ("page.figures.refined", served.refined),
    ];
    let beside = beside.into_iter().filter(|(_, count)| *count > 0);
    beside.fold(vectors, |said, (key, count)| {
        said + " " + &say(&Message::new(key).with("count", format::whole(count)))
    })
}

fn micros(micros: Option<f32>) -> String {
    micros
        .map(|micros| format::short(micros.into()) + "\u{a0}µs")
        .unwrap_or_default()
}

/// What can be done with an index that stands.
fn tools(desk: &AtDesk, served: &Served, bench: &Bench) -> Html {
    let place = served.place;
    let mapped = bench.mapped == Some(place);
    let has_cells = served.centroids > 0;
    let button = |label: &'static str, pressed: bool, then: Box<dyn Fn(&AtDesk)>| {
        let desk = desk.clone();
        let onclick = Callback::from(move |_: MouseEvent| then(&desk));
        Html::from(button(words(label), onclick).class("chip").pressed(pressed))
    };
    let unpinnable = (1..=bench.shelf.pinned.len()).contains(&(place as usize));
    let walk = Request::Walk { place, vector: 0 };
    html! {
        <span class="tools">
            { button("page.figures.walk", bench.walked.as_ref().is_some_and(|walked| walked.place == place),
                Box::new(move |desk| desk.about_indexes(walk.clone()))) }
            if has_cells {
                { button("page.figures.map", mapped, Box::new(move |desk| desk.map_cells((!mapped).then_some(place)))) }
            }
            { save(desk, "page.figures.save", &[(".rpix", Export::Index(place)), ("Faiss", Export::Faiss(place))]) }
            if unpinnable {
                { button("page.figures.unpin", false, Box::new(move |desk| desk.unpin(place))) }
            }
        </span>
    }
}
