//! The claims of the papers on users of several vectors: MIND (Li et al., CIKM 2019), ComiRec (Cen et al., KDD 2020) and
//! DRIM (Hao et al., arXiv 2021), with YouTube DNN (Covington et al., RecSys 2016) as the one vector they compare with.

use crate::claim::{Claim, Side, Test, side};

const RECALL: &str = "recall@20";
const DATA: &[&str] = &["planted", "ml-100k"];

/// All of them.
pub fn claims() -> Vec<Claim> {
    let more = |name, says, first, second| Claim {
        name,
        says,
        data: DATA,
        test: Test::More {
            metric: RECALL,
            first,
            second,
        },
    };
    let apart = |name, says, metric| Claim {
        name,
        says,
        data: DATA,
        test: Test::More {
            metric,
            first: drim(),
            second: side("λ = 0", "model.kind=drim model.lambda=0"),
        },
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
