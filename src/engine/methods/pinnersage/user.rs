//! A user's events as clusters, what each is worth, and which of them a request asks for.

use crate::engine::data::UserId;
use crate::engine::inside::{Cluster, Grouping};
use crate::engine::matrix::Matrix;
use crate::engine::rng::{Purpose, Rng};
use crate::engine::ward::{centroid, cut, medoid, ward};

/// How users are served.
#[derive(Clone, Copy, Debug)]
pub struct Clusters {
    /// α: height of the cut.
    pub alpha: f64,
    /// λ, for a day.
    pub decay: f64,
    /// Length of a day in units of the data's times.
    pub day: f64,
    /// Clusters a request asks for.
    pub medoids: usize,
    pub choice: Choice,
    pub centre: Centre,
}

/// Which clusters a request asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice {
    /// Drawn without replacement, in proportion to importance, under this seed.
    Sampled(u32),
    /// The most important.
    Largest,
}

/// What stands for a cluster.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Centre {
    Medoid,
    /// The mean of its items, which is no item.
    Centroid,
}

impl Clusters {
    /// The clusters of `user`, who chose items of the unit vectors `points` at `times`, and asks at the time `now`.
    pub fn group(&self, user: UserId, points: &Matrix, times: &[i64], now: i64) -> Grouping {
        let merges = ward(points);
        // How long ago the last event was weighs on all alike: without it no weight is too small for a number.
        let newest = times.iter().copied().max().unwrap_or(now);
        let decayed = |from: i64, to: i64| libm::exp(-self.decay * (to - from) as f64 / self.day);
        let since = decayed(newest, now);
        let worth: Vec<f64> = times.iter().map(|&time| decayed(time, newest)).collect();
        let sum = |members: &[u32]| members.iter().map(|&event| worth[event as usize]).sum::<f64>();
        let clusters: Vec<Cluster> = cut(points.nrows(), &merges, self.alpha)
            .into_iter()
            .map(|members| Cluster {
                medoid: medoid(points, &members),
                importance: since * sum(&members),
                members,
            })
            .collect();
        let weights: Vec<f64> = clusters.iter().map(|cluster| sum(&cluster.members)).collect();
        let chosen = match self.choice {
            Choice::Sampled(seed) => {
                let mut rng = Rng::stream(seed, Purpose::Medoids, user.0.into());
                drawn(weights, self.medoids, |weights| by_lot(weights, rng.uniform().into()))
            }
            Choice::Largest => drawn(weights, self.medoids, largest),
        };
        Grouping {
            merges,
            height: self.alpha,
            clusters,
            chosen,
            weights: worth.into_iter().map(|worth| since * worth).collect(),
        }
    }

    /// What `chosen` clusters are asked for with, `[·, d]`.
    pub fn queries(&self, points: &Matrix, grouping: &Grouping) -> Vec<Vec<f32>> {
        let query = |place: &u32| {
            let cluster = &grouping.clusters[*place as usize];
            match self.centre {
                Centre::Medoid => points.row(cluster.medoid as usize).to_vec(),
                Centre::Centroid => {
                    let mean: Vec<f32> = centroid(points, &cluster.members)
                        .into_iter()
                        .map(|x| x as f32)
                        .collect();
                    let length = mean.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
                    mean.into_iter().map(|x| x / length).collect()
                }
            }
        };
        grouping.chosen.iter().map(query).collect()
    }
}

/// Up to `n` places, one after the other by `next`, each out of those that still have a weight.
fn drawn(mut weights: Vec<f64>, n: usize, mut next: impl FnMut(&[f64]) -> usize) -> Vec<u32> {
    let mut chosen = Vec::new();
    while chosen.len() < n && weights.iter().any(|weight| *weight > 0.0) {
        let place = next(&weights);
        weights[place] = 0.0;
        chosen.push(place as u32);
    }
    chosen
}

/// The place that `share` of all weight falls on.
fn by_lot(weights: &[f64], share: f64) -> usize {
    let mut left = share * weights.iter().sum::<f64>();
    let mut last = 0;
    for (place, weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
        last = place;
        if left < *weight {
            break;
        }
        left -= weight;
    }
    last
}

/// The place of the largest, the first of equals.
fn largest(weights: &[f64]) -> usize {
    let places = 1..weights.len();
    places.fold(
        0,
        |best, place| if weights[place] > weights[best] { place } else { best },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn clusters(decay: f64, choice: Choice) -> Clusters {
        Clusters {
            alpha: 1.0,
            decay,
            day: DAY as f64,
            medoids: 3,
            choice,
            centre: Centre::Medoid,
        }
    }

    /// Forty events over forty days, around five directions.
    fn events() -> (Matrix, Vec<i64>) {
        let mut rng = Rng::stream(3, Purpose::Trial, 0);
        let mut values = Vec::new();
        for _ in 0..40 {
            let mut row = [0.0; 5].map(|x: f32| x + 0.1 * rng.normal());
            row[rng.below(5) as usize] += 1.0;
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            values.extend(row.map(|x| x / length));
        }
        let points = Matrix::from_shape_vec((40, 5), values).expect("rows of five");
        (points, (0..40).map(|event| event * DAY).collect())
    }

    #[test]
    fn spec_4_5_3_importance_of_the_parts_adds_up() {
        let (points, times) = events();
        let now = 45 * DAY;
        let grouping = clusters(0.1, Choice::Largest).group(UserId(0), &points, &times, now);
        assert!(grouping.clusters.len() > 2 && grouping.clusters.len() < 20);
        let sum: f64 = grouping.clusters.iter().map(|cluster| cluster.importance).sum();
        let all: f64 = (0..40).map(|event| libm::exp(-0.1 * f64::from(45 - event))).sum();
        assert!((sum - all).abs() < 1e-9, "{sum} of {all}");
    }

    #[test]
    fn spec_4_5_5_without_decay_importance_is_size_and_only_distances_in_time_count() {
        let (points, times) = events();
        let plain = clusters(0.0, Choice::Sampled(1)).group(UserId(7), &points, &times, 50 * DAY);
        for cluster in &plain.clusters {
            assert_eq!(cluster.importance, cluster.members.len() as f64);
        }
        let with = clusters(0.05, Choice::Sampled(1));
        let grouping = with.group(UserId(7), &points, &times, 50 * DAY);
        let shifted: Vec<i64> = times.iter().map(|time| time + 9 * DAY).collect();
        assert_eq!(with.group(UserId(7), &points, &shifted, 59 * DAY), grouping);
        // Later asked, all are worth less by one factor: the same are drawn.
        let later = with.group(UserId(7), &points, &times, 150 * DAY);
        assert_eq!(later.chosen, grouping.chosen);
        for (later, before) in later.clusters.iter().zip(&grouping.clusters) {
            assert!((later.importance / before.importance - libm::exp(-5.0)).abs() < 1e-9);
        }
        // Even where every importance is too small for a number.
        let never = with.group(UserId(7), &points, &times, 1_000_000 * DAY);
        assert_eq!(never.chosen, grouping.chosen);
    }

    #[test]
    fn clusters_are_drawn_in_proportion_to_their_importance_and_each_once() {
        let mut first = [0; 3];
        for user in 0..6000 {
            let mut rng = Rng::stream(1, Purpose::Medoids, user);
            let chosen = drawn(vec![3.0, 0.0, 1.0], 3, |weights| by_lot(weights, rng.uniform().into()));
            assert_eq!(chosen.len(), 2, "nothing of no weight");
            assert_ne!(chosen[0], chosen[1]);
            first[chosen[0] as usize] += 1;
        }
        // 4,500 of 6,000 expected, standard error 34.
        assert!((4_360..4_640).contains(&first[0]), "{first:?}");
        assert_eq!(drawn(vec![1.0, 5.0, 2.0], 2, largest), [1, 2]);
    }

    #[test]
    fn a_user_without_events_has_no_clusters() {
        let grouping = clusters(0.01, Choice::Sampled(1)).group(UserId(0), &Matrix::zeros((0, 4)), &[], 0);
        assert!(grouping.clusters.is_empty() && grouping.chosen.is_empty());
    }
}
