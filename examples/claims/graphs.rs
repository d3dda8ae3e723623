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
        grows(
            "grcn.cost",
            "an epoch's time grows linearly with the number of events, batches growing with them",
            &[
                "data.users=500 train.batch=128",
                "data.users=1000 train.batch=256",
                "data.users=4000 train.batch=1024",
            ],
        ),
        grows(
            "grcn.cost_of_batches",
            "an epoch's time grows linearly with the number of events, in batches of 256",
            &["data.users=500", "data.users=1000", "data.users=4000"],
        ),
        finds("grcn.finds.10", soft("data.false_clicks=0.1")),
        finds("grcn.finds.30", soft("data.false_clicks=0.3")),
    ]
}

fn grows(name: &'static str, says: &'static str, sizes: &'static [&'static str]) -> Claim {
    Claim {
        name,
        says,
        data: PLANTED,
        test: Test::Grows {
            at_most: 1.1,
            side: of("GRCN", "model.kind=grcn", "data.false_clicks=0.1"),
            sizes,
        },
    }
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
