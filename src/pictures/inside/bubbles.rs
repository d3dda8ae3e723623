//! A user's bubbles: their outlines on the map, what lies inside them, and how they meet an item.

use ndarray::ArrayView2;

use crate::engine::inside::{Bubbles, Met};
use crate::engine::matrix::Matrix;
use crate::engine::project::Projection2;
use crate::protocol::{BubblePicture, BubblesPicture, MetPicture, Outline};

/// The shadows of `bubbles`, those of the items `history`, on the plane of the map.
pub fn outlines(bubbles: &Bubbles, history: &[u32], projection: &Projection2) -> Vec<Outline> {
    let d = bubbles.width;
    let rows = bubbles.centres.chunks_exact(d).zip(bubbles.radii.chunks_exact(d));
    let outlines = history.iter().zip(rows).map(|(&item, (centre, radii))| Outline {
        item,
        middle: point(projection, centre),
        axes: match projection {
            Projection2::Plane => [[radii[0], 0.0], [0.0, radii[1]]],
            Projection2::Pca { axes, .. } => shadow(axes, radii),
        },
    });
    outlines.collect()
}

/// Of the ellipsoid with the semi-axes `radii`: with the two directions of the plane as the rows of P, its edge is
/// `L (cos t, sin t)` for the Cholesky factor L of `P diag(r²) Pᵀ`.
fn shadow([x, y]: &[Vec<f32>; 2], radii: &[f32]) -> [[f32; 2]; 2] {
    let spread = |a: &[f32], b: &[f32]| -> f32 { a.iter().zip(b).zip(radii).map(|((a, b), r)| a * b * r * r).sum() };
    let wide = spread(x, x).sqrt();
    let lean = if wide > 0.0 { spread(x, y) / wide } else { 0.0 };
    let high = (spread(y, y) - lean * lean).max(0.0).sqrt();
    [[wide, lean], [0.0, high]]
}

fn point(projection: &Projection2, vector: &[f32]) -> [f32; 2] {
    let mut out = Vec::new();
    if let Ok(row) = ArrayView2::from_shape((1, vector.len()), vector) {
        projection.apply(row, &mut out);
    }
    [out.first(), out.get(1)].map(|x| x.copied().unwrap_or_default())
}

/// The picture of `bubbles` among `items`, whose first columns are their places; `looked` is what the reader looks at.
pub fn picture(
    bubbles: &Bubbles,
    items: &Matrix,
    projection: Option<&Projection2>,
    looked: Option<u32>,
) -> BubblesPicture {
    let d = bubbles.width;
    let mut inside = vec![false; items.nrows()];
    let rows = bubbles.centres.chunks_exact(d).zip(bubbles.radii.chunks_exact(d));
    let pictures = rows.map(|(centre, radii)| {
        let mut holds = 0;
        for (item, inside) in items.outer_iter().zip(&mut inside) {
            let away = item.iter().zip(centre).zip(radii).map(|((q, c), r)| (q - c) / r);
            let held = away.map(|x| x * x).sum::<f32>() <= 1.0;
            holds += u32::from(held);
            *inside |= held;
        }
        let fold = |from: f32, f: fn(f32, f32) -> f32| radii.iter().copied().fold(from, f);
        BubblePicture {
            radii: [
                fold(f32::INFINITY, f32::min),
                radii.iter().sum::<f32>() / d as f32,
                fold(0.0, f32::max),
            ],
            holds,
        }
    });
    BubblesPicture {
        dim: d as u32,
        bubbles: pictures.collect(),
        inside: (0..)
            .zip(inside)
            .filter(|(_, inside)| *inside)
            .map(|(item, _)| item)
            .collect(),
        met: bubbles.met.as_ref().map(|met| met_picture(met, projection, looked)),
    }
}

fn met_picture(met: &Met, projection: Option<&Projection2>, looked: Option<u32>) -> MetPicture {
    MetPicture {
        item: met.item,
        next: looked != Some(met.item),
        winners: met.winners.clone(),
        pooled: met.pooled,
        context: met.context.clone().map(|(weights, score)| (score, weights)),
        corner: projection.map_or([0.0; 2], |projection| point(projection, &met.corner)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shadow_of_an_ellipsoid_is_that_of_its_points() {
        let half = 0.5_f32.sqrt();
        let axes = [vec![half, half, 0.0], vec![0.0, 0.0, 1.0]];
        let radii = [3.0, 1.0, 2.0];
        let [[wide, lean], [_, high]] = shadow(&axes, &radii);
        // Along (1, 1, 0) / √2 it reaches √((9 + 1) / 2), along the third axis 2.
        assert!((wide - 5.0_f32.sqrt()).abs() < 1e-6 && lean.abs() < 1e-6 && (high - 2.0).abs() < 1e-6);
        // No point of the ellipsoid falls outside, and in every direction of the plane one falls on the edge.
        let tilted = [vec![0.6, 0.0, 0.8], vec![0.0, 1.0, 0.0]];
        let [[wide, lean], [_, high]] = shadow(&tilted, &[1.0, 2.0, 3.0]);
        for degrees in 0..180 {
            let t = f64::from(degrees).to_radians();
            let (x, y) = (libm::cos(t) as f32, libm::sin(t) as f32);
            let length = |parts: [f32; 3]| parts.map(|x| x * x).iter().sum::<f32>().sqrt();
            let reach = length([x * 0.6, 2.0 * y, 3.0 * x * 0.8]);
            let edge = length([x * wide + y * lean, y * high, 0.0]);
            assert!((reach - edge).abs() < 1e-5, "{degrees}: {reach} {edge}");
        }
    }

    #[test]
    fn what_lies_inside_is_counted_for_each_and_listed_once() {
        let items = Matrix::from_shape_vec((3, 4), vec![0.0, 0.0, 9.0, 9.0, 0.5, 0.0, 9.0, 9.0, 3.0, 3.0, 9.0, 9.0]);
        let bubbles = Bubbles {
            width: 2,
            centres: vec![0.0, 0.0, 0.5, 0.0],
            radii: vec![0.6, 0.1, 0.4, 5.0],
            met: None,
        };
        let picture = picture(&bubbles, &items.expect("rows of four"), None, None);
        assert_eq!(picture.inside, [0, 1]);
        assert_eq!([picture.bubbles[0].holds, picture.bubbles[1].holds], [2, 1]);
    }
}
