//! What training shows of the numbers of a field: their range, their distribution, and which were clicked.

use crate::engine::order;

/// The values of a field in the rows that occur in training, upwards. What is held out is not among them.
pub(super) struct Observed<'a> {
    values: &'a [f32],
    occurrences: &'a [u32],
    clicks: Option<&'a [u32]>,
    /// Rows of the table that occur in training and have a value, by value.
    order: Vec<u32>,
}

/// One of the different values of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    pub value: f32,
    /// How often it occurs in training.
    pub occurrences: u64,
    /// How many examples a tree learns from, and the sum of their targets: see [`Observed::points`].
    pub examples: f64,
    pub target: f64,
}

impl<'a> Observed<'a> {
    /// `values`, `occurrences` and `clicks` are by row of the table.
    ///
    /// # Panics
    /// If there are not as many of each.
    pub fn new(values: &'a [f32], occurrences: &'a [u32], clicks: Option<&'a [u32]>) -> Self {
        let rows = values.len();
        assert_eq!(occurrences.len(), rows, "rows of a table, and how often each occurs");
        assert!(clicks.is_none_or(|clicks| clicks.len() == rows), "clicks of each row");
        let mut order: Vec<u32> = (0..rows as u32).collect();
        order.retain(|&row| occurrences[row as usize] > 0 && known(values[row as usize]));
        order::sort_by(&mut order, &mut |a, b| {
            let by_value = values[a as usize].total_cmp(&values[b as usize]);
            by_value.then(a.cmp(&b))
        });
        Self {
            values,
            occurrences,
            clicks,
            order,
        }
    }

    /// The smallest and the largest value; none if there is no value at all.
    pub fn range(&self) -> Option<(f32, f32)> {
        let of = |row: Option<&u32>| row.map(|&row| self.values[row as usize]);
        of(self.order.first()).zip(of(self.order.last()))
    }

    /// Whether it is known which occurrences were clicks.
    pub const fn clicked(&self) -> bool {
        self.clicks.is_some()
    }

    /// The different values upwards. Of data with clicks an example is an occurrence and its target is 1 for a click; of
    /// others an example is a row of the table, and its target is ln(1 + occurrences).
    pub fn points(&self) -> Vec<Point> {
        let same = |a: &u32, b: &u32| self.values[*a as usize] == self.values[*b as usize];
        let points = self.order.chunk_by(same).map(|rows| {
            let mut point = Point {
                value: self.values[rows[0] as usize],
                occurrences: 0,
                examples: 0.0,
                target: 0.0,
            };
            for &row in rows {
                let occurrences = self.occurrences[row as usize];
                point.occurrences += u64::from(occurrences);
                match self.clicks {
                    Some(clicks) => {
                        point.examples += f64::from(occurrences);
                        point.target += f64::from(clicks[row as usize]);
                    }
                    None => {
                        point.examples += 1.0;
                        point.target += libm::log1p(f64::from(occurrences));
                    }
                }
            }
            point
        });
        points.collect()
    }
}

/// Whether a value is one: NaN is a missing value, and nothing can be done with what is infinite.
pub(super) fn known(value: f32) -> bool {
    value.is_finite()
}

/// From the range of training to `0..=1`; what lies outside is clamped.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    low: f64,
    factor: f64,
}

impl Scale {
    /// Of a field with one value, or none, all numbers are 0.
    pub fn of(range: Option<(f32, f32)>) -> Self {
        let (low, high) = range.map_or((0.0, 0.0), |(low, high)| (f64::from(low), f64::from(high)));
        let factor = if high > low { 1.0 / (high - low) } else { 0.0 };
        Self { low, factor }
    }

    /// x in `0..=1`.
    pub fn take(&self, value: f32) -> f32 {
        ((f64::from(value) - self.low) * self.factor).clamp(0.0, 1.0) as f32
    }
}

/// The cumulative distribution of a field in training.
#[derive(Clone, Debug)]
pub(super) struct Distribution {
    /// The different values upwards.
    values: Vec<f32>,
    /// Share of occurrences with a smaller value.
    below: Vec<f32>,
}

impl Distribution {
    pub fn of(points: &[Point]) -> Self {
        let total: u64 = points.iter().map(|point| point.occurrences).sum();
        let (mut values, mut below, mut before) = (Vec::new(), Vec::new(), 0);
        for point in points {
            values.push(point.value);
            below.push((before as f64 / total as f64) as f32);
            before += point.occurrences;
        }
        Self { values, below }
    }

    /// Share of occurrences below `value`, in `0..1`; straight lines between the values of training.
    pub fn at(&self, value: f32) -> f32 {
        let next = self.values.partition_point(|known| *known <= value);
        let Some(last) = next.checked_sub(1) else { return 0.0 };
        let (low, share) = (self.values[last], self.below[last]);
        match self.values.get(next) {
            Some(high) => share + (self.below[next] - share) * ((value - low) / (high - low)),
            None => share,
        }
    }

    /// The value that half of all occurrences lie below; 0 if there is none.
    pub fn median(&self) -> f32 {
        let after = self.below.partition_point(|share| *share <= 0.5);
        after.checked_sub(1).map_or(0.0, |last| self.values[last])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_as_often_as_they_occur_and_held_out_ones_not_at_all() {
        let values = [3.0, 1.0, f32::NAN, 3.0, 1e9, f32::INFINITY];
        let observed = Observed::new(&values, &[1, 2, 9, 3, 0, 4], None);
        assert_eq!(observed.range(), Some((1.0, 3.0)));
        let points = observed.points();
        assert_eq!(points.iter().map(|point| point.value).collect::<Vec<_>>(), [1.0, 3.0]);
        assert_eq!(points.iter().map(|point| point.occurrences).collect::<Vec<_>>(), [2, 4]);
        // Two rows of value 3, which occur once and three times: ln 2 + ln 4.
        assert_eq!(points[1].examples, 2.0);
        assert!((points[1].target - 2.079_441_5).abs() < 1e-6);
        let clicked = Observed::new(&values, &[1, 2, 9, 3, 0, 4], Some(&[1, 0, 9, 2, 0, 0])).points();
        assert_eq!((clicked[1].examples, clicked[1].target), (4.0, 3.0));
        assert_eq!(Observed::new(&values[4..], &[0, 1], None).range(), None);
    }

    #[test]
    fn the_distribution_rises_from_zero_and_ends_below_one() {
        // 10 twice, 20 once, 40 once.
        let points = Observed::new(&[40.0, 10.0, 20.0], &[1, 2, 1], None).points();
        let distribution = Distribution::of(&points);
        let at = [5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 99.0].map(|value| distribution.at(value));
        assert_eq!(at, [0.0, 0.0, 0.25, 0.5, 0.625, 0.75, 0.75]);
        assert_eq!(distribution.median(), 20.0);
        assert_eq!(Distribution::of(&[]).at(1.0), 0.0);
    }

    #[test]
    fn values_are_scaled_by_the_range_of_training_and_clamped() {
        let scale = Scale::of(Some((-2.0, 6.0)));
        assert_eq!(
            [-3.0, -2.0, 0.0, 6.0, 7.0].map(|value| scale.take(value)),
            [0.0, 0.0, 0.25, 1.0, 1.0]
        );
        assert_eq!(Scale::of(Some((4.0, 4.0))).take(9.0), 0.0);
        assert_eq!(Scale::of(Some((-3e38, 3e38))).take(0.0), 0.5);
    }
}
