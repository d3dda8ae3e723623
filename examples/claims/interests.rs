//! The claims of the papers on users of several vectors: MIND (Li et al., CIKM 2019), ComiRec (Cen et al., KDD 2020) and
//! DRIM (Hao et al., arXiv 2021), with YouTube DNN (Covington et al., RecSys 2016) as the one vector they compare with;
//! and PinnerSage (Pal et al., KDD 2020), whose vectors of a user are their own items.

use crate::claim::{self, Claim, Side, Test, side};

const RECALL: &str = "recall@20";
const RECOVERED: &str = "recovered@20";
const DATA: &[&str] = &["planted", "ml-100k", "amazon-beauty"];
const PLANTED: &[&str] = &["planted"];

/// All of them.
pub fn claims() -> Vec<Claim> {
    let more = |name, says, first, second| claim::more(DATA, RECALL, name, says, first, second);
    let apart = |name, says, metric| {
        let without = side("λ = 0", "model.kind=drim model.lambda=0");
        claim::more(DATA, metric, name, says, drim(), without)
    };
    vec![
        more("interests.drim", "DRIM recalls more than ComiRec", drim(), comirec()),
        more(
            "interests.comirec",
            "ComiRec recalls at least as much as MIND",
            comirec(),
            mind(),
        ),
        more(
            "interests.mind",
            "MIND recalls more than YouTube DNN",
            mind(),
            youtube(),
        ),
        more(
            "interests.youtube",
            "YouTube DNN recalls more than the most popular items",
            youtube(),
            side("most popular", "model.kind=most_popular"),
        ),
        more(
            "interests.routing",
            "ComiRec-DR recalls at least as much as MIND",
            side(
                "ComiRec-DR, K = 4",
                "model.kind=comirec_dr loss.temperature=1 optimizer.lr=0.005",
            ),
            mind(),
        ),
        more(
            "interests.several",
            "several vectors recall more than one",
            comirec(),
            side(
                "ComiRec-SA, K = 1",
                "model.kind=comirec_sa model.interests=1 loss.temperature=1",
            ),
        ),
        more(
            "interests.eight",
            "gains flatten: eight recall more than four",
            side(
                "ComiRec-SA, K = 8",
                "model.kind=comirec_sa model.interests=8 loss.temperature=1",
            ),
            comirec(),
        ),
        apart(
            "interests.distance",
            "separators raise the distance between interests",
            "interest_distance",
        ),
        apart("interests.angle", "and their angle", "interest_angle"),
        Claim {
            name: "interests.lambda",
            says: "the weight of diversity matters",
            data: DATA,
            test: Test::Spread {
                metric: RECALL,
                sides: vec![
                    side("λ = 0", "model.kind=drim model.lambda=0"),
                    side("λ = 0.01", "model.kind=drim model.lambda=0.01"),
                    drim(),
                    side("λ = 1", "model.kind=drim model.lambda=1"),
                ],
            },
        },
        Claim {
            name: "diversity.greedy",
            says: "a list can be made more diverse at the cost of recall",
            data: DATA,
            test: Test::Trade(comirec()),
        },
    ]
    .into_iter()
    .chain(planted_interests())
    .chain(pinnersage())
    .collect()
}

/// Several vectors against one, where it is known how many interests users have.
fn planted_interests() -> Vec<Claim> {
    let recovers = |name, says, first, second| claim::more(PLANTED, RECOVERED, name, says, first, second);
    let recalls = |name, says, first, second| claim::more(PLANTED, RECALL, name, says, first, second);
    vec![
        recovers(
            "recovery.several",
            "four vectors find more of a user's interests than one",
            comirec(),
            side(
                "ComiRec-SA, K = 1",
                "model.kind=comirec_sa model.interests=1 loss.temperature=1",
            ),
        ),
        recovers(
            "recovery.plane",
            "and in two dimensions",
            side(
                "ComiRec-SA, K = 4, d = 2",
                "model.kind=comirec_sa model.dim=2 loss.temperature=1 optimizer.lr=0.01",
            ),
            side(
                "ComiRec-SA, K = 1, d = 2",
                "model.kind=comirec_sa model.dim=2 model.interests=1 loss.temperature=1 optimizer.lr=0.01",
            ),
        ),
        recovers(
            "recovery.mind",
            "MIND finds more of them than YouTube DNN",
            mind(),
            youtube(),
        ),
        recalls(
            "planted.one",
            "one interest, four dimensions: four vectors recall more than one",
            side(
                "K = 4",
                "data.interests_max=1 model.kind=comirec_sa model.dim=4 loss.temperature=1 optimizer.lr=0.005",
            ),
            side(
                "K = 1",
                "data.interests_max=1 model.kind=comirec_sa model.dim=4 model.interests=1 loss.temperature=1 optimizer.lr=0.005",
            ),
        ),
        recalls(
            "planted.three",
            "up to three interests",
            side(
                "K = 4",
                "data.interests_max=3 model.kind=comirec_sa model.dim=4 loss.temperature=1 optimizer.lr=0.005",
            ),
            side(
                "K = 1",
                "data.interests_max=3 model.kind=comirec_sa model.dim=4 model.interests=1 loss.temperature=1 optimizer.lr=0.005",
            ),
        ),
        recalls(
            "planted.five",
            "up to five interests",
            side(
                "K = 4",
                "model.kind=comirec_sa model.dim=4 loss.temperature=1 optimizer.lr=0.005",
            ),
            side(
                "K = 1",
                "model.kind=comirec_sa model.dim=4 model.interests=1 loss.temperature=1 optimizer.lr=0.005",
            ),
        ),
    ]
}

/// PinnerSage's own claims, on the item vectors of a two-tower.
fn pinnersage() -> Vec<Claim> {
    let more = |name, says, first, second| claim::more(DATA, RECALL, name, says, first, second);
    let three = || side("three medoids", "model.kind=pinnersage train.history=100");
    vec![
        more(
            "pinnersage.popular",
            "PinnerSage recalls more than the most popular items",
            three(),
            side("most popular", "model.kind=most_popular"),
        ),
        more(
            "pinnersage.several",
            "three medoids recall more than one",
            three(),
            side("one", "model.kind=pinnersage train.history=100 model.medoids=1"),
        ),
        more(
            "pinnersage.eight",
            "gains flatten: eight recall more than three",
            side("eight", "model.kind=pinnersage train.history=100 model.medoids=8"),
            three(),
        ),
        more(
            "pinnersage.last",
            "three medoids recall more than the last item",
            three(),
            side(
                "the last item",
                "model.kind=pinnersage train.history=100 model.alpha=0.01 model.decay=1000 model.medoids=1 model.choice=largest",
            ),
        ),
        more(
            "pinnersage.medoid",
            "medoids recall more than centroids",
            three(),
            side(
                "three centroids",
                "model.kind=pinnersage train.history=100 model.centre=centroid",
            ),
        ),
        more(
            "pinnersage.size",
            "λ = 0.01 recalls more than counting by size",
            three(),
            side("λ = 0", "model.kind=pinnersage train.history=100 model.decay=0"),
        ),
        more(
            "pinnersage.recent",
            "and more than λ = 0.1, which is mostly recent",
            three(),
            side("λ = 0.1", "model.kind=pinnersage train.history=100 model.decay=0.1"),
        ),
    ]
}

fn drim() -> Side {
    side("DRIM, λ = 0.1", "model.kind=drim model.lambda=0.1")
}

fn comirec() -> Side {
    side("ComiRec-SA, K = 4", "model.kind=comirec_sa loss.temperature=1")
}

fn mind() -> Side {
    side("MIND, K = 4", "model.kind=mind loss.temperature=1")
}

fn youtube() -> Side {
    side(
        "YouTube DNN, simple",
        "model.kind=youtube_dnn model.shape=simple loss.temperature=1",
    )
}
