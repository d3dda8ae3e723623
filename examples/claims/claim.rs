//! What a claim is: a sentence of a paper, and the runs that speak for or against it.

/// A claim.
pub struct Claim {
    /// Its name on the command line.
    pub name: &'static str,
    /// The paper's sentence, shortened.
    pub says: &'static str,
    /// Data to try it on: `planted`, `planted clicks`, or a folder of the data directory.
    pub data: &'static [&'static str],
    /// What has to be seen for it to hold.
    pub test: Test,
}

/// What has to be seen.
pub enum Test {
    /// The first side has more of the metric than the second.
    More {
        metric: &'static str,
        first: Side,
        second: Side,
    },
    /// The best of the sides has more of the metric than the worst: the setting matters.
    Spread { metric: &'static str, sides: Vec<Side> },
    /// By one metric the first side is better, by the other metric the second.
    Reversed {
        first: &'static str,
        second: &'static str,
        sides: [Side; 2],
    },
    /// With more weight on diversity, a list is more diverse and recalls less.
    Trade(Side),
    /// The drift of item vectors falls and is ordered by the interval.
    Drift(Side),
    /// The side has more of one metric than of the other.
    Beats {
        metric: &'static str,
        than: &'static str,
        side: Side,
    },
    /// The first side has at most so much less of the metric than the second.
    NoWorse {
        metric: &'static str,
        by: f64,
        first: Side,
        second: Side,
    },
    /// The side has so much of the metric, or more.
    AtLeast {
        metric: &'static str,
        least: f64,
        side: Side,
    },
    /// A step of the first costs at most so many times a step of the second, timed in turns.
    Cost { at_most: f64, first: Side, second: Side },
    /// An epoch's time grows at most like that power of the number of events, over worlds of these sizes.
    Grows {
        at_most: f64,
        side: Side,
        sizes: &'static [&'static str],
    },
}

/// One side of a comparison: what it is called, and what it sets in the recipe.
#[derive(Clone)]
pub struct Side {
    pub name: &'static str,
    pub set: Vec<&'static str>,
}

/// A side by its settings, parted by spaces.
pub fn side(name: &'static str, set: &'static str) -> Side {
    Side {
        name,
        set: set.split_whitespace().collect(),
    }
}

/// That the first side has more of the metric than the second.
pub fn more(
    data: &'static [&'static str],
    metric: &'static str,
    name: &'static str,
    says: &'static str,
    first: Side,
    second: Side,
) -> Claim {
    Claim {
        name,
        says,
        data,
        test: Test::More { metric, first, second },
    }
}

/// What came out.
pub struct Finding {
    /// A line for each side: its numbers.
    pub sides: Vec<String>,
    /// In words.
    pub verdict: String,
}
