//! The claims of Seq2Bubbles (Wu et al., CIKM 2021): its ablations, points instead of bubbles, and what it is compared
//! with.

use crate::claim::{Claim, Side, Test, more, side};

const PLANTED: &[&str] = &["planted"];
const BOTH: &[&str] = &["planted", "ml-100k"];
const REAL: &[&str] = &["ml-100k", "amazon-beauty"];

const RECALL: &str = "recall@20";

/// All of them.
pub fn claims() -> Vec<Claim> {
    let ablation = |name, says, without| more(PLANTED, RECALL, name, says, whole(), without);
    vec![
        ablation(
            "seq2bubbles.context",
            "the context-aware bubble helps",
            without("no context bubble", "model.context=false"),
        ),
        ablation(
            "seq2bubbles.look_back",
            "the look-back regulariser helps",
            without("no regulariser", "model.lambda=0"),
        ),
        ablation(
            "seq2bubbles.attention",
            "self-attention helps much",
            without("no attention", "model.attention=false"),
        ),
        ablation(
            "seq2bubbles.max_pool",
            "pooling coordinate by coordinate helps much",
            without("the best bubble as a whole", "model.max_pool=bubble"),
        ),
        more(
            BOTH,
            RECALL,
            "seq2bubbles.points",
            "bubbles recall more than points",
            whole(),
            points(),
        ),
        more(
            BOTH,
            "recall@20, half removed",
            "seq2bubbles.robust",
            "bubbles lose less than points where half of the history is removed",
            whole(),
            points(),
        ),
        Claim {
            name: "seq2bubbles.stages",
            says: "ours: the index of upper bounds hands on more than nine tenths of the best 20",
            data: BOTH,
            test: Test::AtLeast {
                metric: "handed_on@20",
                least: 0.9,
                side: whole(),
            },
        },
        Claim {
            name: "seq2bubbles.cost",
            says: "training time grows linearly with the number of events",
            data: PLANTED,
            test: Test::Grows {
                at_most: 1.1,
                side: whole(),
                sizes: &["data.users=500", "data.users=1000", "data.users=4000"],
            },
        },
        more(
            REAL,
            SAMPLED,
            "seq2bubbles.popular",
            "Seq2Bubbles beats popularity (among 100 sampled items)",
            paper(),
            side("most popular", "model.kind=most_popular train.top=10"),
        ),
        more(
            REAL,
            SAMPLED,
            "seq2bubbles.mind",
            "Seq2Bubbles beats MIND (among 100 sampled items)",
            paper(),
            side("MIND", "model.kind=mind loss.temperature=1 train.top=10"),
        ),
    ]
}

/// Hit rate at 10 among 100 sampled negatives and the one held out: the paper's way of judging.
const SAMPLED: &str = "sampled_recall@10";

/// Batch and learning rate are ours.
const HOW: &str = "model.kind=seq2bubbles sampler.kind=uniform sampler.n=1 sampler.own=true loss.kind=bpr \
                   optimizer.lr=0.005 train.batch=64";

fn whole() -> Side {
    side("Seq2Bubbles", HOW)
}

fn points() -> Side {
    without("points", "model.radii=false")
}

fn paper() -> Side {
    without("Seq2Bubbles", "train.top=10 train.epochs=10")
}

fn without(name: &'static str, set: &'static str) -> Side {
    let mut side = side(name, HOW);
    side.set.extend(set.split_whitespace());
    side
}
