//! The tree of a user's events (PinnerSage): what was merged at which height, where it is cut, and what the cut leaves.

use yew::prelude::*;

use super::bar;
use crate::protocol::{InsidePicture, Look, Tree};
use crate::text::Message;
use crate::ui::desk::AtDesk;
use crate::ui::field::number_of;
use crate::ui::format;
use crate::ui::glyph::mark;
use crate::ui::names::Names;
use crate::ui::shared::Shared;
use crate::ui::tags::{tag, td};
use crate::ui::words::{say, words};

/// Height of a leaf's line in the drawing; the page stretches it to its line of text.
const LINE: f32 = 10.0;

/// Width of the drawing.
const WIDTH: f32 = 400.0;

/// Places of the slider.
const PLACES: f32 = 1000.0;

/// The tree with its cut, and the clusters that it leaves.
pub fn tree(desk: &AtDesk, picture: &InsidePicture, names: &Shared<Names>) -> Html {
    let Some(tree) = &picture.tree else {
        return Html::default();
    };
    let desk = desk.clone();
    let n = picture.history.len();
    let layout = Layout::of(n, tree);
    let highest = layout.highest;
    let oninput = Callback::from(move |event: InputEvent| {
        let place = number_of(&event) as f32 / PLACES;
        desk.look(Look {
            cut: Some(place * place * highest),
            ..desk.state().look
        });
    });
    let cut = layout.across(tree.cut);
    let clusters = Message::new("page.inside.cut")
        .with("height", format::short(tree.cut.into()))
        .with("clusters", tree.clusters.len());
    let medoid = |event: u32| tree.clusters.iter().find(|cluster| cluster.medoid == event);
    let leaves = layout.leaves.iter().filter_map(|&event| {
        let item = *picture.history.get(event as usize)?;
        let class = medoid(event).map(|cluster| if cluster.asked { "medoid asked" } else { "medoid" });
        Some(
            html! { <li {class}>{ mark(names.glyph(item), "") }{ tag("span", "", names.title(item).to_owned()) }</li> },
        )
    });
    html! {
        <>
            { tag("h3", "", words("page.inside.tree")) }
            { tag("p", "help", words("page.inside.tree.help")) }
            <div class="tree">
                <ol>{ for leaves }</ol>
                <div class="drawn">
                    <svg viewBox={format!("0 0 {WIDTH} {}", LINE * n as f32)} preserveAspectRatio="none" aria-hidden="true">
                        <path d={layout.path(tree, false)} />
                        <path class="joined" d={layout.path(tree, true)} />
                        <line class="cut" x1={cut.to_string()} x2={cut.to_string()} y1="0" y2="100%" />
                    </svg>
                    <input
                        type="range"
                        min="0"
                        max={PLACES.to_string()}
                        value={(cut / WIDTH * PLACES).round().to_string()}
                        aria-label={words("page.inside.cut.label")}
                        aria-valuetext={say(&clusters)}
                        {oninput}
                    />
                </div>
            </div>
            { tag("p", "help", say(&clusters)) }
            { table(picture, tree, names) }
        </>
    }
}

fn table(picture: &InsidePicture, tree: &Tree, names: &Names) -> Html {
    let rows = tree.clusters.iter().map(|cluster| {
        let item = picture.history.get(cluster.medoid as usize).copied().unwrap_or(0);
        html! {
            <tr>
                <th scope="row">{ mark(names.glyph(item), "") }{ names.title(item).to_owned() }</th>
                { td(cluster.members.len()) }
                { td(timeline(tree, &cluster.members)) }
                { td(bar(cluster.share)) }
                { td(if cluster.asked { "✓" } else { "" }) }
            </tr>
        }
    });
    html! {
        <table class="weights">
            <thead>
                <tr>
                    <th scope="col">{ words("page.inside.medoid") }</th>
                    <th scope="col">{ words("page.inside.events") }</th>
                    <th scope="col" title={words("page.inside.when.help")}>{ words("page.inside.when") }</th>
                    <th scope="col">{ words("page.inside.importance") }</th>
                    <th scope="col">{ words("page.inside.asked") }</th>
                </tr>
            </thead>
            <tbody>{ for rows }</tbody>
        </table>
    }
}

/// When the events of a cluster were, as ticks as high as they count.
fn timeline(tree: &Tree, members: &[u32]) -> Html {
    let most = tree.weights.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let mut path = String::new();
    for &event in members {
        let at = [&tree.when, &tree.weights].map(|values| values.get(event as usize).copied().unwrap_or(0.0));
        path += &format!("M{:.1} 16V{:.1}", 1.0 + 98.0 * at[0], 15.0 - 15.0 * at[1] / most);
    }
    html! { <svg class="when" viewBox="0 0 100 16" preserveAspectRatio="none" aria-hidden="true"><path d={path} /></svg> }
}

/// Where the nodes of a tree are drawn.
struct Layout {
    /// Events from top to bottom, so that no lines cross.
    leaves: Vec<u32>,
    /// Middle of each node from the top.
    down: Vec<f32>,
    /// Height at the right end.
    highest: f32,
}

impl Layout {
    fn of(n: usize, tree: &Tree) -> Self {
        let mut leaves = Vec::with_capacity(n);
        let mut open = vec![(n + tree.merges.len()) as u32 - 1];
        while let Some(node) = open.pop() {
            match (node as usize).checked_sub(n).and_then(|merge| tree.merges.get(merge)) {
                Some(([a, b], _)) => open.extend([*b, *a]),
                None => leaves.push(node),
            }
        }
        let mut down = vec![0.0; n + tree.merges.len()];
        for (line, &leaf) in leaves.iter().enumerate() {
            down[leaf as usize] = (line as f32 + 0.5) * LINE;
        }
        for (node, (pair, _)) in (n..).zip(&tree.merges) {
            down[node] = pair.iter().map(|&part| down[part as usize]).sum::<f32>() / 2.0;
        }
        let last = tree.merges.last().map_or(1.0, |(_, height)| *height);
        Self {
            leaves,
            down,
            highest: (last * 1.1).max(tree.cut.min(last * 4.0)).max(1e-6),
        }
    }

    /// Heights are squared distances; they are drawn by their roots, as everybody draws them.
    fn across(&self, height: f32) -> f32 {
        (height.max(0.0) / self.highest).sqrt().min(1.0) * WIDTH
    }

    /// The brackets of the merges that the cut leaves joined, or of the others.
    fn path(&self, tree: &Tree, joined: bool) -> String {
        let n = self.leaves.len();
        let start = |node: u32| {
            let merge = (node as usize).checked_sub(n).and_then(|merge| tree.merges.get(merge));
            merge.map_or(0.0, |(_, height)| self.across(*height))
        };
        let mut path = String::new();
        for ([a, b], height) in tree.merges.iter().filter(|(_, height)| (*height <= tree.cut) == joined) {
            let (x, [from, to]) = (self.across(*height), [a, b].map(|&node| self.down[node as usize]));
            path += &format!("M{:.1} {from:.1}H{x:.1}V{to:.1}H{:.1}", start(*a), start(*b));
        }
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_that_are_merged_first_lie_side_by_side() {
        let tree = Tree {
            merges: vec![([0, 2], 1.0), ([1, 3], 4.0)],
            cut: 2.0,
            ..Tree::default()
        };
        let layout = Layout::of(3, &tree);
        assert_eq!(layout.leaves, [1, 0, 2]);
        assert_eq!(layout.down, [15.0, 5.0, 25.0, 20.0, 12.5]);
        assert!(layout.across(1.0) < layout.across(4.0));
        assert!(layout.path(&tree, true).starts_with("M0.0 15.0H"));
        assert_eq!(layout.path(&tree, false).matches('M').count(), 1);
    }
}
