//! The claims of GRCN (Wei et al., ACM MM 2020) where clicks are false: pruning helps, and finds them.

use crate::claim::{Claim, Side, Test, more, side};

const PLANTED: &[&str] = &["planted"];

const RECALL: &str = "recall@20";

/// All of them.
pub fn claims() -> Vec<Claim> {
    vec![
        more(
            PLANTED,
            RECALL,
            "grcn.soft.10",
            "soft pruning recalls at least as much as hard (10 % false clicks)",
            soft("data.false_clicks=0.1"),
            hard("data.false_clicks=0.1"),
        ),
        more(
            PLANTED,
            RECALL,
            "grcn.soft.30",
            "soft pruning recalls at least as much as hard (30 % false clicks)",
            soft("data.false_clicks=0.3"),
            hard("data.false_clicks=0.3"),
        ),
        more(
            PLANTED,
            RECALL,
            "grcn.lightgcn.10",
            "hard pruning recalls more than LightGCN (10 % false clicks)",
            hard("data.false_clicks=0.1"),
            lightgcn("data.false_clicks=0.1"),
        ),
        more(
            PLANTED,
            RECALL,
            "grcn.lightgcn.30",
            "hard pruning recalls more than LightGCN (30 % false clicks)",
            hard("data.false_clicks=0.3"),
            lightgcn("data.false_clicks=0.3"),
        ),
        finds("grcn.finds.10", soft("data.false_clicks=0.1")),
        finds("grcn.finds.30", soft("data.false_clicks=0.3")),
    ]
}

fn finds(name: &'static str, side: Side) -> Claim {
    Claim {
        name,
        says: "weak edges find false clicks more often than chance",
        data: PLANTED,
        test: Test::Beats {
            metric: "false_clicks",
            than: "false_clicks_by_chance",
            side,
        },
    }
}

/// Batch and learning rate are ours.
const HOW: &str = "sampler.kind=uniform sampler.n=1 sampler.own=true loss.kind=bpr optimizer.lr=0.005";

fn soft(world: &'static str) -> Side {
    of("GRCN, soft", "model.kind=grcn", world)
}

fn hard(world: &'static str) -> Side {
    of("GRCN, hard", "model.kind=grcn model.pruning=hard", world)
}

fn lightgcn(world: &'static str) -> Side {
    of("LightGCN", "model.kind=lightgcn", world)
}

fn of(name: &'static str, model: &'static str, world: &'static str) -> Side {
    let mut side = side(name, HOW);
    side.set.extend(model.split_whitespace().chain([world]));
    side
}
