//! The metrics of the last evaluation, each with one line that says what it is.

use yew::prelude::*;

use crate::protocol::Evaluated;
use crate::text::Message;
use crate::ui::desk::AtDesk;
use crate::ui::format;
use crate::ui::part::{Own, Part};
use crate::ui::shared::Shared;
use crate::ui::state::Kept;
use crate::ui::tags::tag;
use crate::ui::words::{help, name, say, words};

/// Metrics in the order of the table; others follow.
const ORDER: [&str; 21] = [
    "recall",
    "first_recall",
    "candidate_recall",
    "ndcg",
    "first_ndcg",
    "hit_rate",
    "first_hit_rate",
    "auc",
    "auc_best",
    "gauc",
    "log_loss",
    "log_loss_best",
    "calibration",
    "mrr",
    "precision",
    "coverage",
    "novelty",
    "gini",
    "ndcg_hits",
    "sampled_recall",
    "sampled_ndcg",
];

#[derive(PartialEq)]
pub struct MetricsProps {
    pub evaluations: Shared<Vec<Evaluated>>,
    /// A run that was kept: its validation stands beside.
    pub kept: Option<Shared<Kept>>,
}

impl Part for MetricsProps {
    fn draw(&self, _: &AtDesk, _: &Own) -> Html {
        let latest = |on: &str| self.evaluations.iter().rev().find(|evaluated| evaluated.on == on);
        let (valid, test) = (latest("valid"), latest("test"));
        let kept = self.kept.as_ref();
        let kept = kept.and_then(|kept| kept.evaluations.iter().rev().find(|evaluated| evaluated.on == "valid"));
        let Some(any) = test.or(valid) else {
            return tag("p", "empty", words("page.metrics.empty"));
        };
        let at = |wanted| any.metrics.keys().filter(move |key| place(key) == wanted);
        let keys: Vec<&String> = (0..=ORDER.len()).flat_map(at).collect();
        let explained = keys.iter().map(|key| {
            let metric = key.split('@').next().unwrap_or(key);
            let what = help(&["page.metric", metric])?;
            Some(html! { <><dt>{ name(&["page.metric", metric]) }</dt><dd>{ what }</dd></> })
        });
        let explained: Vec<Html> = explained.flatten().collect();
        let rows = keys.into_iter().map(|key| {
            let (metric, cut) = key.split_once('@').unwrap_or((key, ""));
            let value = |of: Option<&Evaluated>| {
                of.and_then(|evaluated| evaluated.metrics.get(key))
                    .map(|&value| said(metric, value))
            };
            html! {
                <tr key={key.clone()}>
                    <th scope="row" title={help(&["page.metric", metric]).unwrap_or_default()}>
                        { name(&["page.metric", metric]) }
                        if !cut.is_empty() {
                            { tag("span", "unit", format!("@{cut}")) }
                        }
                    </th>
                    if valid.is_some() {
                        <td>{ for value(valid) }</td>
                    }
                    if test.is_some() {
                        <td>{ for value(test) }</td>
                    }
                    if kept.is_some() {
                        <td class="kept">{ for value(kept) }</td>
                    }
                </tr>
            }
        });
        let at = if any.rows > 0 {
            Message::new("page.metrics.at_rows").with("rows", format::whole(any.rows.into()))
        } else {
            Message::new("page.metrics.at").with("users", format::whole(any.users.into()))
        };
        let at = at.with("step", format::whole(any.step));
        html! {
            <>
            <table class="metrics">
                { tag("caption", "", say(&at)) }
                <thead>
                    <tr>
                        <td></td>
                        if valid.is_some() {
                            <th scope="col" title={words("page.metrics.valid.help")}>{ words("page.metrics.valid") }</th>
                        }
                        if test.is_some() {
                            <th scope="col" title={words("page.metrics.test.help")}>{ words("page.metrics.test") }</th>
                        }
                        if kept.is_some() {
                            <th scope="col" title={words("page.kept.what")}>{ words("page.kept") }</th>
                        }
                    </tr>
                </thead>
                <tbody>{ for rows }</tbody>
            </table>
            <details class="explain">
                { tag("summary", "", words("page.metrics.explain")) }
                <dl>{ for explained }</dl>
            </details>
            </>
        }
    }
}

fn place(key: &str) -> usize {
    let metric = key.split('@').next().unwrap_or(key);
    ORDER.iter().position(|known| *known == metric).unwrap_or(ORDER.len())
}

/// Shares as per cent, the rest as plain numbers.
fn said(metric: &str, value: f64) -> String {
    match metric {
        "recall" | "first_recall" | "candidate_recall" | "sampled_recall" | "precision" | "hit_rate"
        | "first_hit_rate" | "coverage" => format::percent(value),
        _ => format::short(value),
    }
}
