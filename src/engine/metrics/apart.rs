//! How far apart the vectors of a user lie: what a separator of DRIM is after.

use crate::engine::matrix::Matrix;

/// Means over the pairs of vectors of each user, and then over the users.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Apart {
    /// Euclidean distance.
    pub distance: f32,
    /// Angle in degrees.
    pub angle: f32,
}

/// Of `users`, `[B·K, d]`. Equal vectors of a user are one: some models repeat one where a user has fewer than K. Absent
/// where no user has two.
#[must_use]
pub fn apart(users: &Matrix, heads: usize) -> Option<Apart> {
    let (mut distance, mut angle, mut counted) = (0.0, 0.0, 0_u32);
    for user in 0..users.nrows() / heads.max(1) {
        let (mut of_user, mut pairs) = ((0.0, 0.0), 0_u32);
        for i in 1..heads {
            for j in 0..i {
                let [a, b] = [i, j].map(|head| users.row(user * heads + head));
                if a == b {
                    continue;
                }
                let [dot, a_square, b_square] = [a.dot(&b), a.dot(&a), b.dot(&b)];
                of_user.0 += (a_square + b_square - 2.0 * dot).max(0.0).sqrt();
                let lengths = (a_square * b_square).sqrt();
                if lengths > 0.0 {
                    of_user.1 += libm::acosf((dot / lengths).clamp(-1.0, 1.0)).to_degrees();
                }
                pairs += 1;
            }
        }
        if pairs > 0 {
            distance += of_user.0 / pairs as f32;
            angle += of_user.1 / pairs as f32;
            counted += 1;
        }
    }
    let share = 1.0 / counted as f32;
    (counted > 0).then_some(Apart {
        distance: share * distance,
        angle: share * angle,
    })
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn pairs_are_averaged_by_user_and_repeated_vectors_are_left_out() {
        // Three and four long at a right angle; opposite ones; one vector twice.
        let users = array![[3.0, 0.0], [0.0, 4.0], [1.0, 0.0], [-1.0, 0.0], [0.5, 0.5], [0.5, 0.5]];
        let found = apart(&users, 2).expect("two users have two vectors");
        assert!((found.distance - 3.5).abs() < 1e-6, "{found:?}");
        assert!((found.angle - 135.0).abs() < 1e-3, "{found:?}");
        assert_eq!(apart(&users, 1), None);
        assert_eq!(apart(&array![[1.0, 2.0], [1.0, 2.0]], 2), None);
    }
}
