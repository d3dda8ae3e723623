//! The claims of DHE (Kang et al., KDD 2021) and AutoDis (Guo et al., KDD 2021): what ids and numbers are made of.

use crate::claim::{Claim, Side, Test, more, side};

const PLANTED: &[&str] = &["planted"];
const ROWS: &[&str] = &["planted clicks", "criteo-8k"];

const AUC: &str = "auc";

const ADVERTS: &[&str] = &["planted clicks"];

/// Rows that were clicked or not, judged one by one.
const JUDGED: &str = "model.kind=deepfm optimizer.lr=0.003";

/// Two towers that know items by their ids alone.
const BY_ID: &str = "model.kind=two_tower model.item_features=false";

/// A quarter of the full table's numbers.
const DHE: &str = "encoder.kind=dhe encoder.width=0 encoder.share=0.25 encoder.layers=3";

/// All of them.
pub fn claims() -> Vec<Claim> {
    let mut all = vec![
        Claim {
            name: "dhe.full",
            says: "at a quarter of the numbers DHE is as good as a full table (no more than 0.005 of AUC behind)",
            data: ADVERTS,
            test: Test::NoWorse {
                metric: AUC,
                by: 0.005,
                first: ids("DHE", DHE),
                second: ids("full table", ""),
            },
        },
        more(
            PLANTED,
            "recall@20",
            "dhe.words",
            "DHE finds more for reading what is known of an item",
            with("DHE with words", BY_ID, "encoder.kind=dhe encoder.side_features=true"),
            with("DHE", BY_ID, "encoder.kind=dhe"),
        ),
    ];
    all.extend(
        [
            ("dhe.hash", "the hashing trick", "encoder.kind=hash"),
            ("dhe.double_hash", "double hashing", "encoder.kind=double_hash"),
            ("dhe.multi_hash", "multi-hash", "encoder.kind=multi_hash"),
            (
                "dhe.quotient_remainder",
                "quotient and remainder",
                "encoder.kind=quotient_remainder",
            ),
            ("dhe.hash_embedding", "hash embeddings", "encoder.kind=hash_embedding"),
        ]
        .map(|(name, than, kind)| {
            let says = "at equal size DHE is better than encoders that share rows";
            more(ADVERTS, AUC, name, says, ids("DHE", DHE), ids(than, kind))
        }),
    );
    all.extend(
        [
            ("autodis.equal_width", "bins of equal width", "numeric.kind=equal_width"),
            (
                "autodis.equal_frequency",
                "bins of equal counts",
                "numeric.kind=equal_frequency",
            ),
            ("autodis.log", "logarithmic bins", "numeric.kind=log"),
            ("autodis.tree", "bins of a tree", "numeric.kind=tree"),
        ]
        .map(|(name, than, kind)| {
            let says = "soft bins tell clicks better than bins fixed beforehand";
            more(ROWS, AUC, name, says, numbers("AutoDis", AUTODIS), numbers(than, kind))
        }),
    );
    all.push(more(
        ROWS,
        AUC,
        "autodis.bins_over_field",
        "bins tell clicks better than one vector a field",
        numbers("bins of equal counts", "numeric.kind=equal_frequency"),
        numbers("one vector a field", "numeric.kind=field"),
    ));
    all.push(more(
        ROWS,
        AUC,
        "autodis.field_over_none",
        "one vector a field tells clicks better than no numbers",
        numbers("one vector a field", "numeric.kind=field"),
        numbers("no numbers", "numeric.kind=none"),
    ));
    all.push(more(
        ROWS,
        AUC,
        "autodis.soft",
        "a weighted average is better than the best bin alone",
        numbers("AutoDis, average", AUTODIS),
        numbers(
            "AutoDis, best bin",
            "numeric.kind=autodis numeric.aggregation=max_pooling",
        ),
    ));
    all
}

const AUTODIS: &str = "numeric.kind=autodis";

/// Adverts by their ids.
fn ids(name: &'static str, encoder: &'static str) -> Side {
    with(name, JUDGED, encoder)
}

/// Rows by their numbers.
fn numbers(name: &'static str, numeric: &'static str) -> Side {
    with(name, JUDGED, numeric)
}

fn with(name: &'static str, model: &'static str, set: &'static str) -> Side {
    let mut side = side(name, model);
    side.set.extend(set.split_whitespace());
    side
}
