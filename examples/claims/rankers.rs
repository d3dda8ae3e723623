//! The claims of BST (Chen et al., DLP-KDD 2019): reading the clicks one by one, and then together with the item.

use crate::claim::{Claim, Side, Test, more, side};

const PLANTED: &[&str] = &["planted"];
const REAL: &[&str] = &["ml-100k"];
const BOTH: &[&str] = &["planted", "ml-100k"];

const AUC: &str = "auc";

/// What all sides have: the paper's loss, four shown items and four others for each that was taken.
const SHOWN: &str = "loss.kind=bce optimizer.lr=0.003 sampler.kind=impressions sampler.shown=4 sampler.n=4";
/// The same where it is not known what was shown: four of what the retriever finds.
const FOUND: &str =
    "loss.kind=bce optimizer.lr=0.003 sampler.kind=hard_offline sampler.hard=4 sampler.n=4 sampler.rank_lo=1";

/// Its cheap reading: what the item's row becomes, not those of all clicks.
const BST: &str = "model.kind=bst model.readout=target";
const WDL_SEQ: &str = "model.kind=wdl";
const WDL: &str = "model.kind=wdl model.sequence=false";

/// All of them.
pub fn claims() -> Vec<Claim> {
    let compare = |data, name, says, first, second| more(data, AUC, name, says, first, second);
    vec![
        compare(
            PLANTED,
            "bst.transformer",
            "the transformer tells clicks from what was shown and left better than the mean of clicks",
            of("BST", BST, SHOWN),
            of("WDL(+Seq)", WDL_SEQ, SHOWN),
        ),
        compare(
            PLANTED,
            "bst.clicks",
            "the mean of clicks helps a model without them",
            of("WDL(+Seq)", WDL_SEQ, SHOWN),
            of("WDL", WDL, SHOWN),
        ),
        compare(
            REAL,
            "bst.found_transformer",
            "the same where negatives are found and drawn: transformer over mean",
            of("BST", BST, FOUND),
            of("WDL(+Seq)", WDL_SEQ, FOUND),
        ),
        compare(
            REAL,
            "bst.found_clicks",
            "the same where negatives are found and drawn: mean over nothing",
            of("WDL(+Seq)", WDL_SEQ, FOUND),
            of("WDL", WDL, FOUND),
        ),
        Claim {
            name: "bst.order",
            says: "what a two-tower model finds recalls more once BST has put it in order",
            data: BOTH,
            test: Test::Beats {
                metric: "recall@20",
                than: "first_recall@20",
                side: of("BST", BST, FOUND),
            },
        },
        Claim {
            name: "bst.cost",
            says: "an epoch takes time in proportion to the events",
            data: PLANTED,
            test: Test::Grows {
                at_most: 1.1,
                side: of("BST", BST, SHOWN),
                sizes: &["data.users=500", "data.users=1000", "data.users=2000"],
            },
        },
    ]
}

/// A ranker with its negatives.
fn of(name: &'static str, model: &'static str, negatives: &'static str) -> Side {
    let mut side = side(name, model);
    side.set.extend(negatives.split_whitespace());
    side
}
