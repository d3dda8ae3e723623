//! The map as a table, for whoever cannot see it.

use web_sys::Element;
use yew::prelude::*;

use crate::protocol::MapPicture;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::names::Names;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::tags::{tag, td, th};
use crate::ui::words::words;

#[derive(PartialEq)]
pub struct TwinProps {
    pub picture: Shared<MapPicture>,
    pub names: Shared<Names>,
}

/// The map as a table: where each group lies and how far it is spread. Computed only while it is open.
impl Part for TwinProps {
    fn draw(&self, _: &AtDesk, own: &Own) -> Html {
        let open = own;
        let ontoggle = {
            let open = open.clone();
            Callback::from(move |event: Event| {
                let details = event.target_dyn_into::<Element>();
                open.set(details.is_some_and(|details| details.has_attribute("open")).into());
            })
        };
        let rows = if **open == 0 {
            Vec::new()
        } else {
            group_rows(&self.picture, &self.names)
        };
        html! {
            <details class="as-table" {ontoggle}>
                { tag("summary", "", words("page.map.table")) }
                <table>
                    <tr>
                        { th(words("page.map.group")) }
                        { th(words("page.data.items")) }
                        { th(words("page.map.centre")) }
                        <th title={words("page.map.spread.help")}>{ words("page.map.spread") }</th>
                    </tr>
                    { for rows.into_iter().map(|[name, count, centre, spread]| html! {
                        <tr>{ td(name) }{ td(count) }{ td(centre) }{ td(spread) }</tr>
                    }) }
                </table>
            </details>
        }
    }
}

fn group_rows(picture: &MapPicture, names: &Names) -> Vec<[String; 4]> {
    (0u16..)
        .zip(&names.scenery.groups)
        .map(|(group, name)| {
            let shown = picture.items.iter().zip(picture.item_points.chunks_exact(2));
            let points: Vec<(f64, f64)> = shown
                .filter(|(item, _)| names.group(**item) == Some(group))
                .map(|(_, point)| (f64::from(point[0]), f64::from(point[1])))
                .collect();
            let n = points.len().max(1) as f64;
            let sum = points
                .iter()
                .fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
            let (x, y) = (sum.0 / n, sum.1 / n);
            let spread = points
                .iter()
                .map(|point| (point.0 - x) * (point.0 - x) + (point.1 - y) * (point.1 - y))
                .sum::<f64>()
                / n;
            let centre = format!("{}, {}", format::short(x), format::short(y));
            [
                name.clone(),
                format::whole(points.len() as u64),
                centre,
                format::short(spread.sqrt()),
            ]
        })
        .collect()
}
