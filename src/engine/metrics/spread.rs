//! How widely recommendations are spread over the catalogue: coverage, novelty and the Gini coefficient.

use crate::engine::order::ascend;

/// Counts how often each item was recommended.
#[derive(Clone, Debug)]
pub struct Spread {
    /// By item: recommended how often.
    shown: Vec<u32>,
    /// By item: −log2 of its share of the training events.
    information: Vec<f64>,
    /// Sum over users of the mean information of their list.
    novelty: f64,
    /// Users who were recommended something.
    lists: u64,
}

impl Spread {
    /// Nothing recommended yet. `counts` says how often each item was chosen in training; an item that never was
    /// counts as chosen once, for its novelty would be infinite.
    pub fn new(counts: &[u32]) -> Self {
        let total: f64 = counts.iter().map(|&count| f64::from(count)).sum::<f64>().max(1.0);
        let information = |&count: &u32| libm::log2(total / f64::from(count.max(1)));
        Self {
            shown: vec![0; counts.len()],
            information: counts.iter().map(information).collect(),
            novelty: 0.0,
            lists: 0,
        }
    }

    /// Size of the catalogue.
    pub const fn n_items(&self) -> usize {
        self.shown.len()
    }

    /// A user was recommended these items.
    pub fn add(&mut self, list: impl ExactSizeIterator<Item = usize>) {
        let len = list.len();
        if len == 0 {
            return;
        }
        let mut information = 0.0;
        for item in list {
            self.shown[item] += 1;
            information += self.information[item];
        }
        self.novelty += information / len as f64;
        self.lists += 1;
    }

    /// Whether nothing was recommended to anybody.
    pub const fn is_empty(&self) -> bool {
        self.lists == 0
    }

    /// Share of the catalogue that was recommended to somebody.
    pub fn coverage(&self) -> f64 {
        self.shown.iter().filter(|&&shown| shown > 0).count() as f64 / self.shown.len() as f64
    }

    /// Mean over users of the mean of −log2(popularity) over their list; NaN where nothing was recommended.
    pub fn novelty(&self) -> f64 {
        self.novelty / self.lists as f64
    }

    /// Gini coefficient of how often the items were recommended: 0 if all alike, near 1 if always the same few; NaN
    /// where nothing was recommended.
    ///
    /// With counts x ascending, G = Σ (2i − n − 1) x_i / (n Σ x_i), i from 1.
    pub fn gini(&self) -> f64 {
        let n = self.shown.len() as f64;
        let mut shown = self.shown.clone();
        ascend(&mut shown);
        let total: f64 = shown.iter().map(|&shown| f64::from(shown)).sum();
        let weighted: f64 = (1..)
            .zip(&shown)
            .map(|(i, &shown)| (2.0 * f64::from(i) - n - 1.0) * f64::from(shown))
            .sum();
        weighted / (n * total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spread(counts: &[u32], lists: &[&[usize]]) -> Spread {
        let mut spread = Spread::new(counts);
        for list in lists {
            spread.add(list.iter().copied());
        }
        spread
    }

    #[test]
    fn coverage_counts_items_once() {
        assert_eq!(spread(&[1; 4], &[&[0, 1], &[1, 0], &[]]).coverage(), 0.5);
    }

    #[test]
    fn novelty_is_the_mean_information_of_a_list_averaged_over_users() {
        // Shares 1/2, 1/4, 1/4 carry 1, 2 and 2 bits; the item never chosen counts as chosen once: 1/16 or 4 bits.
        let spread = spread(&[8, 4, 4, 0], &[&[0], &[1, 3], &[]]);
        assert_eq!(spread.novelty(), (1.0 + (2.0 + 4.0) / 2.0) / 2.0);
    }

    #[test]
    fn gini_is_zero_for_equal_counts_and_largest_for_a_single_item() {
        assert_eq!(spread(&[1; 4], &[&[0, 1], &[2, 3]]).gini(), 0.0);
        // One of n items: (n − 1) / n.
        assert_eq!(spread(&[1; 4], &[&[2], &[2]]).gini(), 0.75);
        // Counts 0, 0, 1, 3: (1 · 1 + 3 · 3) / (4 · 4).
        assert_eq!(spread(&[1; 4], &[&[0, 1], &[1], &[1]]).gini(), 0.625);
    }
}
