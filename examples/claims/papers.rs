//! The claims of the papers on negatives: EBR (Huang et al., KDD 2020), CBNS (Wang et al., SIGIR 2021) and those it
//! compares with, MGDSPR (Li et al., KDD 2021), and what Krichene and Rendle (KDD 2020) say of sampled metrics.

use crate::claim::{Claim, Side, Test, side};

const RECALL: &str = "recall@20";
const PLANTED: &[&str] = &["planted"];
const PLANTED_AND_ML: &[&str] = &["planted", "ml-100k"];

/// All of them.
pub fn claims() -> Vec<Claim> {
    [ebr(), ebr_served(), cbns(), mgdspr(), sampled()]
        .into_iter()
        .flatten()
        .collect()
}

fn more(metric: &'static str, first: Side, second: Side) -> Test {
    Test::More { metric, first, second }
}

fn claim(name: &'static str, says: &'static str, data: &'static [&'static str], test: Test) -> Claim {
    Claim { name, says, data, test }
}

fn ebr() -> Vec<Claim> {
    let random = || {
        side(
            "64 random",
            "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=64",
        )
    };
    let four = || {
        side(
            "4 random",
            "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=4",
        )
    };
    let online_2 = || {
        side(
            "64 random, 2 online hard",
            "model.kind=ebr loss.kind=triplet sampler.kind=hard_online sampler.n=64 sampler.hardest=2",
        )
    };
    let middle = || {
        side(
            "ranks 20–100",
            "model.kind=ebr loss.kind=triplet sampler.kind=hard_offline sampler.n=100 sampler.rank_lo=20 sampler.rank_hi=100",
        )
    };
    vec![
        claim(
            "ebr.random",
            "random negatives are far better than impressions without a click",
            PLANTED,
            more(
                RECALL,
                four(),
                side(
                    "4 shown and not clicked",
                    "model.kind=ebr loss.kind=triplet sampler.kind=impressions sampler.shown=4 sampler.n=0",
                ),
            ),
        ),
        claim(
            "ebr.online",
            "one or two online hard negatives help",
            PLANTED_AND_ML,
            more(RECALL, online_2(), random()),
        ),
        claim(
            "ebr.online_many",
            "more than two online hard negatives begin to hurt",
            PLANTED_AND_ML,
            more(
                RECALL,
                online_2(),
                side(
                    "64 random, 32 online hard",
                    "model.kind=ebr loss.kind=triplet sampler.kind=hard_online sampler.n=64 sampler.hardest=32",
                ),
            ),
        ),
        claim(
            "ebr.band",
            "offline hard negatives of a middle rank band beat those of the top",
            PLANTED_AND_ML,
            more(
                RECALL,
                middle(),
                side(
                    "ranks 1–10",
                    "model.kind=ebr loss.kind=triplet sampler.kind=hard_offline sampler.n=100 sampler.rank_lo=1 sampler.rank_hi=10",
                ),
            ),
        ),
        claim(
            "ebr.hard_only",
            "hard negatives alone lose to random ones alone",
            PLANTED_AND_ML,
            more(
                RECALL,
                four(),
                side(
                    "4 of ranks 20–100 alone",
                    "model.kind=ebr loss.kind=triplet sampler.kind=hard_offline sampler.n=0 sampler.hard=4 sampler.rank_lo=20 sampler.rank_hi=100",
                ),
            ),
        ),
        claim(
            "ebr.margin",
            "the margin matters",
            PLANTED,
            Test::Spread {
                metric: RECALL,
                sides: vec![
                    side(
                        "margin 0.05",
                        "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=64 loss.margin=0.05",
                    ),
                    side(
                        "margin 0.1",
                        "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=64 loss.margin=0.1",
                    ),
                    side(
                        "margin 0.2",
                        "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=64 loss.margin=0.2",
                    ),
                    side(
                        "margin 0.5",
                        "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=64 loss.margin=0.5",
                    ),
                ],
            },
        ),
        claim(
            "ebr.unified",
            "the unified embedding beats text alone",
            PLANTED_AND_ML,
            more(
                RECALL,
                side("unified", "model.kind=ebr"),
                side("text alone", "model.kind=ebr model.text=text_only"),
            ),
        ),
        claim(
            "ebr.ensemble",
            "the weighted sum with a model of offline hard negatives beats the one model",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "64 random + offline hard, weighted",
                    "model.kind=ebr model.ensemble=weighted loss.kind=triplet sampler.kind=uniform sampler.n=64",
                ),
                random(),
            ),
        ),
        claim(
            "ebr.ensemble_alike",
            "and it is the other negatives that help, not the second model alone: both by offline hard negatives",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "64 random + offline hard, weighted",
                    "model.kind=ebr model.ensemble=weighted loss.kind=triplet sampler.kind=uniform sampler.n=64",
                ),
                side(
                    "offline hard twice, weighted",
                    "model.kind=ebr model.ensemble=weighted loss.kind=triplet sampler.kind=hard_offline",
                ),
            ),
        ),
        claim(
            "ebr.cascade",
            "a second stage of offline hard negatives puts what the first found in a better order",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "64 random, then offline hard",
                    "model.kind=ebr model.ensemble=cascade loss.kind=triplet sampler.kind=uniform sampler.n=64",
                ),
                random(),
            ),
        ),
        claim(
            "ebr.text_first",
            "text alone preselects, the unified model orders: better than text alone",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "text, then unified",
                    "model.kind=ebr model.ensemble=cascade model.second=unified loss.kind=triplet sampler.kind=uniform sampler.n=64",
                ),
                side(
                    "text alone",
                    "model.kind=ebr model.text=text_only loss.kind=triplet sampler.kind=uniform sampler.n=64",
                ),
            ),
        ),
        claim(
            "ebr.transfer",
            "hard negatives first and random ones after beat random ones from the start",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "600 steps of ranks 20–100, then 64 random",
                    "model.kind=ebr loss.kind=triplet sampler.kind=hard_offline sampler.n=0 changes=[{\"step\":600,\"sampler\":{\"kind\":\"uniform\",\"n\":64}}]",
                ),
                random(),
            ),
        ),
        claim(
            "ebr.hard_positives",
            "badly ranked positives that come up more often raise recall",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "a quarter hard positives",
                    "model.kind=ebr loss.kind=triplet sampler.kind=uniform sampler.n=64 train.hard_positives=0.25",
                ),
                random(),
            ),
        ),
    ]
}

/// EBR on how its vectors are served. Width 32, codes of 4 bits in parts of equal number of bytes, all documents scanned.
fn ebr_served() -> Vec<Claim> {
    const NEAREST: &str = "1-recall@10";
    // Four bytes a vector, an eighth of the width.
    let pq = || {
        side(
            "PQ, 4 bytes",
            "model.kind=ebr model.dim=32 index.kind=ivf_pq index.nlist=1 index.nprobe=1 index.refine=0 index.bits=\"4\" index.m=8",
        )
    };
    let opq = || {
        side(
            "OPQ, 4 bytes",
            "model.kind=ebr model.dim=32 index.kind=ivf_pq index.nlist=1 index.nprobe=1 index.refine=0 index.bits=\"4\" index.m=8 index.transform=opq",
        )
    };
    let pca = || {
        side(
            "PCA to 16, then PQ, 4 bytes",
            "model.kind=ebr model.dim=32 index.kind=ivf_pq index.nlist=1 index.nprobe=1 index.refine=0 index.bits=\"4\" index.m=8 index.transform=pca index.dims=16",
        )
    };
    let quarter = || {
        side(
            "PQ, 8 bytes",
            "model.kind=ebr model.dim=32 index.kind=ivf_pq index.nlist=1 index.nprobe=1 index.refine=0 index.bits=\"4\" index.m=16",
        )
    };
    vec![
        claim(
            "ebr.opq",
            "OPQ beats PQ at equal bytes",
            PLANTED,
            more(NEAREST, opq(), pq()),
        ),
        claim(
            "ebr.pca",
            "PQ beats PCA with PQ at equal bytes",
            PLANTED,
            more(NEAREST, pq(), pca()),
        ),
        claim(
            "ebr.bytes",
            "codes of d/4 bytes keep 99 % of the nearest among ten",
            PLANTED,
            Test::AtLeast {
                metric: NEAREST,
                least: 0.99,
                side: quarter(),
            },
        ),
        claim(
            "ebr.imi",
            "about half of a multi-index's cells are nearly empty: hold at most a quarter of the mean",
            PLANTED,
            Test::AtLeast {
                metric: "nearly empty cells",
                least: 0.5,
                side: side(
                    "IMI, 64 cells",
                    "model.kind=ebr model.dim=32 index.kind=imi index.bits=3",
                ),
            },
        ),
        claim(
            "ebr.uneven",
            "and they are more uneven than as many plain cells",
            PLANTED,
            more(
                "imbalance",
                side(
                    "IMI, 64 cells",
                    "model.kind=ebr model.dim=32 index.kind=imi index.bits=3",
                ),
                side(
                    "IVF, 64 cells",
                    "model.kind=ebr model.dim=32 index.kind=ivf_flat index.nlist=64",
                ),
            ),
        ),
        claim(
            "ebr.scanned",
            "so documents scanned are to be compared, not cells opened: an eighth of the cells is more than an eighth of the work",
            PLANTED,
            Test::AtLeast {
                metric: "scanned",
                least: 0.125,
                side: side(
                    "IVF, 8 of 64 cells",
                    "model.kind=ebr model.dim=32 index.kind=ivf_flat index.nlist=64 index.nprobe=8",
                ),
            },
        ),
    ]
}

fn cbns() -> Vec<Claim> {
    // Inner products at temperature 1, as in the paper's equations. Cosines are a case of their own: `cbns.cosine`.
    let in_batch = || {
        side(
            "in-batch",
            "model.similarity=dot loss.temperature=1 sampler.kind=in_batch",
        )
    };
    // The warm-up is three of sixty passes: with the fifteen per cent of the default patience would often end the run
    // before the bank counts.
    let cross = || {
        side(
            "cross-batch",
            "model.similarity=dot loss.temperature=1 sampler.kind=cross_batch sampler.warm_up=0.05",
        )
    };
    let cosine = || side("in-batch, cosine", "sampler.kind=in_batch");
    let wide = "model.hidden=[512,128]";
    vec![
        claim(
            "cbns.recall",
            "at equal batch size cross-batch negatives recall at least as much as in-batch ones",
            &["planted", "ml-100k", "amazon-beauty"],
            more(RECALL, cross(), in_batch()),
        ),
        claim(
            "cbns.ndcg",
            "and rank at least as well",
            &["planted", "ml-100k", "amazon-beauty"],
            more("ndcg@20", cross(), in_batch()),
        ),
        claim(
            "cbns.cosine",
            "the same on vectors of length one, at temperature 0.1, the bank in use from the start",
            PLANTED_AND_ML,
            more(
                RECALL,
                side("cross-batch, cosine", "sampler.kind=cross_batch sampler.warm_up=0"),
                cosine(),
            ),
        ),
        claim(
            "cbns.gradient",
            "there the gradient of the bank's items is missing: with it cross-batch negatives hold their own",
            PLANTED_AND_ML,
            more(
                RECALL,
                side(
                    "bank encoded anew and learning",
                    "sampler.kind=cross_batch sampler.warm_up=0 sampler.bank_vectors=learning",
                ),
                side(
                    "bank encoded anew and constant",
                    "sampler.kind=cross_batch sampler.warm_up=0 sampler.bank_vectors=fresh",
                ),
            ),
        ),
        claim(
            "cbns.drift",
            "item vectors drift less and less, and more over longer intervals",
            PLANTED_AND_ML,
            Test::Drift(in_batch()),
        ),
        claim(
            "cbns.warm_up",
            "a bank that is used from the start hurts",
            PLANTED_AND_ML,
            more(
                RECALL,
                cross(),
                side(
                    "without warm-up",
                    "model.similarity=dot loss.temperature=1 sampler.kind=cross_batch sampler.warm_up=0",
                ),
            ),
        ),
        claim(
            "cbns.cost",
            "a step costs little more than in-batch: 2,048 in the bank, batch 256, towers 64",
            PLANTED,
            Test::Cost {
                at_most: 1.4,
                first: side("cross-batch", "sampler.kind=cross_batch sampler.warm_up=0"),
                second: side("in-batch", "sampler.kind=in_batch"),
            },
        ),
        claim(
            "cbns.cost_wide",
            "the same with the towers of the comparison, 512-128",
            PLANTED,
            Test::Cost {
                at_most: 1.4,
                first: Side {
                    name: "cross-batch, towers 512-128",
                    set: vec!["sampler.kind=cross_batch", "sampler.warm_up=0", wide],
                },
                second: Side {
                    name: "in-batch, towers 512-128",
                    set: vec!["sampler.kind=in_batch", wide],
                },
            },
        ),
        claim(
            "cbns.cost_mns",
            "and far less than encoding as many items anew",
            PLANTED,
            Test::Cost {
                at_most: 0.7,
                first: Side {
                    name: "cross-batch, 2,048 in the bank, towers 512-128",
                    set: vec!["sampler.kind=cross_batch", "sampler.warm_up=0", wide],
                },
                second: Side {
                    name: "mixed, 2,048 from the catalogue, towers 512-128",
                    set: vec!["sampler.kind=mixed", "sampler.n=2048", wide],
                },
            },
        ),
        claim(
            "cbns.logq",
            "in-batch negatives with logQ beat those without on skewed data",
            PLANTED_AND_ML,
            more(
                RECALL,
                cosine(),
                side("without logQ", "sampler.kind=in_batch loss.logq=false"),
            ),
        ),
    ]
}

fn mgdspr() -> Vec<Claim> {
    let whole = || side("τ = 2", "model.kind=mgdspr sampler.kind=uniform loss.temperature=2");
    let cold = || side("τ = 1", "model.kind=mgdspr sampler.kind=uniform loss.temperature=1");
    let mixed = || {
        side(
            "τ = 2, mixed negatives",
            "model.kind=mgdspr sampler.kind=interpolated loss.temperature=2",
        )
    };
    vec![
        claim(
            "mgdspr.temperature",
            "a higher temperature makes results more relevant",
            PLANTED,
            more("relevant@20", whole(), cold()),
        ),
        claim(
            "mgdspr.temperature_recall",
            "and costs a little recall",
            PLANTED,
            more(RECALL, cold(), whole()),
        ),
        claim(
            "mgdspr.mix",
            "mixed hard negatives make results more relevant",
            PLANTED,
            more("relevant@20", mixed(), whole()),
        ),
        claim(
            "mgdspr.mix_recall",
            "and cost a little recall",
            PLANTED,
            more(RECALL, whole(), mixed()),
        ),
        claim(
            "mgdspr.units",
            "the semantic unit and the fusion raise recall",
            PLANTED,
            more(
                RECALL,
                whole(),
                side(
                    "words and means alone",
                    "model.kind=mgdspr sampler.kind=uniform loss.temperature=2 model.semantic_unit=words model.trm=false",
                ),
            ),
        ),
        claim(
            "mgdspr.softmax",
            "softmax beats the pairwise hinge",
            PLANTED,
            more(
                RECALL,
                whole(),
                side("hinge", "model.kind=mgdspr sampler.kind=uniform loss.kind=hinge"),
            ),
        ),
    ]
}

fn sampled() -> Vec<Claim> {
    let reversed = |sides| Test::Reversed {
        first: RECALL,
        second: "sampled_recall@20",
        sides,
    };
    vec![
        claim(
            "sampled.logq",
            "metrics among sampled items reverse the order of two models: with logQ and without",
            PLANTED_AND_ML,
            reversed([
                side("with logQ", "sampler.kind=in_batch"),
                side("without logQ", "sampler.kind=in_batch loss.logq=false"),
            ]),
        ),
        claim(
            "sampled.popular",
            "metrics among sampled items reverse the order of two models: popular negatives and even ones",
            PLANTED_AND_ML,
            reversed([
                side(
                    "softmax, 256 by popularity, without logQ",
                    "sampler.kind=popularity sampler.n=256 loss.logq=false",
                ),
                side(
                    "BPR, 256 even",
                    "sampler.kind=uniform sampler.n=256 loss.kind=bpr loss.temperature=0.3",
                ),
            ]),
        ),
    ]
}
