//! Cells: how many and how even, and where they are on the map.
//!
//! Where the vectors have two dimensions a cell is drawn where it is. In more the plane of the map shows no cell as it
//! is: it is drawn as the part of the plane nearest to where its items are on average, and it is told how many items
//! lie outside what is drawn as theirs.

use crate::engine::index::{Coarse, Index, Inverted, Linear, Parts};
use crate::engine::matrix::Metric;
use crate::protocol::{Cells, CellsPicture};

/// Cells that are drawn at most: more would be a net.
const DRAWN: usize = 1024;

/// How far beyond the points the outermost cells reach, as a share of the picture.
const MARGIN: f32 = 0.5;

/// What the cells are drawn with.
pub struct CellsScene<'a> {
    /// Which index.
    pub place: u32,
    /// Steps made by the model whose vectors it holds.
    pub step: u64,
    /// It.
    pub index: &'a dyn Index,
    /// x and y of every item, now.
    pub points: &'a [f32],
    /// The vectors have two dimensions.
    pub plane: bool,
}

/// How near a point is to a cell: `along · p + offset`, the larger the nearer.
#[derive(Clone, Copy)]
struct Nearness {
    along: [f32; 2],
    offset: f32,
}

impl Nearness {
    fn at(&self, [x, y]: [f32; 2]) -> f32 {
        self.along[0] * x + self.along[1] * y + self.offset
    }
}

/// The cells of an index in numbers, if it has any.
pub fn cells_of(index: &dyn Index) -> Option<Cells> {
    let (lists, _) = lists(index)?;
    let largest = sizes(lists).max().unwrap_or(0);
    Some(Cells {
        count: lists.offsets().len() as u32 - 1,
        empty: lists.empty_cells() as f32,
        imbalance: lists.imbalance() as f32,
        largest,
    })
}

/// The cells of an index on the map, if it has any.
pub fn cells_picture(scene: &CellsScene<'_>) -> Option<CellsPicture> {
    let (lists, transforms) = lists(scene.index)?;
    let n_cells = lists.offsets().len() - 1;
    let mut picture = CellsPicture {
        place: scene.place,
        step: scene.step,
        sizes: sizes(lists).collect(),
        ..CellsPicture::default()
    };
    if n_cells > DRAWN {
        return Some(picture);
    }
    let middles = middles(lists, scene.points);
    let near: Vec<Option<Nearness>> = if scene.plane {
        (0..n_cells as u32)
            .map(|cell| Some(to_centroid(lists, &transforms, scene.index.metric(), cell)))
            .collect()
    } else {
        middles.iter().map(|middle| middle.map(to_middle)).collect()
    };
    let bounds = bounds(scene.points);
    picture.corners = (0..n_cells).map(|cell| outline(&near, cell, bounds)).collect();
    let owners = owners(lists, scene.points.len() / 2);
    let outside = owners
        .iter()
        .zip(scene.points.as_chunks::<2>().0)
        .filter(|(own, point)| {
            let best = (0..n_cells).filter_map(|cell| Some((cell, near[cell]?.at(**point))));
            let best = best.max_by(|a, b| a.1.total_cmp(&b.1));
            best.is_some_and(|(best, _)| **own != u32::MAX && best != **own as usize)
        });
    picture.outside = outside.count() as f32 / lists.ids().len().max(1) as f32;
    Some(picture)
}

/// The lists of an index and the transforms before them.
fn lists(index: &dyn Index) -> Option<(&Inverted, Vec<&Linear>)> {
    match index.parts() {
        Parts::Inverted(lists) => Some((lists, Vec::new())),
        Parts::Transformed(transformed) => {
            let (lists, inner) = lists(transformed.inner.as_ref())?;
            Some((lists, transformed.chain.iter().chain(inner).collect()))
        }
        Parts::Flat(_) | Parts::Hnsw(_) => None,
    }
}

fn sizes(lists: &Inverted) -> impl Iterator<Item = u32> {
    lists.offsets().windows(2).map(|pair| pair[1] - pair[0])
}

/// The cell of every row; `u32::MAX` for a row that is in none.
fn owners(lists: &Inverted, rows: usize) -> Vec<u32> {
    let mut owners = vec![u32::MAX; rows];
    for (cell, pair) in (0..).zip(lists.offsets().windows(2)) {
        for &id in &lists.ids()[pair[0] as usize..pair[1] as usize] {
            if let Some(owner) = owners.get_mut(id as usize) {
                *owner = cell;
            }
        }
    }
    owners
}

/// Where the items of each cell are on average; nothing for an empty one.
fn middles(lists: &Inverted, points: &[f32]) -> Vec<Option<[f32; 2]>> {
    let (points, _) = points.as_chunks::<2>();
    let of_cells = lists.offsets().windows(2);
    let middle = of_cells.map(|pair| {
        let ids = &lists.ids()[pair[0] as usize..pair[1] as usize];
        let (mut sum, mut count) = ([0.0; 2], 0.0_f32);
        for [x, y] in ids.iter().filter_map(|&id| points.get(id as usize)) {
            sum = [sum[0] + x, sum[1] + y];
            count += 1.0;
        }
        (count > 0.0).then(|| sum.map(|sum| sum / count))
    });
    middle.collect()
}

/// −‖p − m‖² without the part that all cells share.
fn to_middle([x, y]: [f32; 2]) -> Nearness {
    Nearness {
        along: [2.0 * x, 2.0 * y],
        offset: -(x * x + y * y),
    }
}

/// How the index itself compares a vector of the plane with a centroid.
fn to_centroid(lists: &Inverted, transforms: &[&Linear], metric: Metric, cell: u32) -> Nearness {
    let d = transforms.last().map_or(2, |last| last.d_out);
    let mut along = vec![0.0; d];
    lists.coarse().centroid(cell, &mut along);
    let mut offset = 0.0;
    let by_distance = metric == Metric::L2 || matches!(lists.coarse(), Coarse::Multi(_));
    if by_distance {
        offset = -along.iter().map(|x| x * x).sum::<f32>();
        along.iter_mut().for_each(|x| *x *= 2.0);
    }
    // ⟨A p + b, g⟩ = ⟨p, Aᵀ g⟩ + ⟨b, g⟩.
    for linear in transforms.iter().rev() {
        offset += linear.bias.iter().zip(&along).map(|(b, g)| b * g).sum::<f32>();
        let mut before = vec![0.0; linear.d_in];
        for (row, g) in linear.matrix.chunks_exact(linear.d_in).zip(&along) {
            before.iter_mut().zip(row).for_each(|(x, a)| *x += a * g);
        }
        along = before;
    }
    Nearness {
        along: [along[0], along[1]],
        offset,
    }
}

/// Opposite corners of the picture.
fn bounds(points: &[f32]) -> [[f32; 2]; 2] {
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for point in points
        .as_chunks::<2>()
        .0
        .iter()
        .filter(|point| point.iter().all(|x| x.is_finite()))
    {
        for side in 0..2 {
            low[side] = low[side].min(point[side]);
            high[side] = high[side].max(point[side]);
        }
    }
    let margin = MARGIN * (high[0] - low[0]).max(high[1] - low[1]);
    [low.map(|x| x - margin), high.map(|x| x + margin)]
}

/// The part of the picture that is nearer to `cell` than to any other: a corner is cut off for each of the others.
fn outline(near: &[Option<Nearness>], cell: usize, [low, high]: [[f32; 2]; 2]) -> Vec<f32> {
    let Some(own) = near[cell] else { return Vec::new() };
    let mut corners = vec![low, [high[0], low[1]], high, [low[0], high[1]]];
    let mut cut = Vec::new();
    for other in (0..near.len())
        .filter(|&other| other != cell)
        .filter_map(|other| near[other])
    {
        let ahead = |point: [f32; 2]| own.at(point) - other.at(point);
        cut.clear();
        for (at, &corner) in corners.iter().enumerate() {
            let before = corners[(at + corners.len() - 1) % corners.len()];
            let (there, here) = (ahead(before), ahead(corner));
            if (there < 0.0) != (here < 0.0) {
                let share = there / (there - here);
                cut.push([0, 1].map(|side| before[side] + share * (corner[side] - before[side])));
            }
            if here >= 0.0 {
                cut.push(corner);
            }
        }
        std::mem::swap(&mut corners, &mut cut);
        if corners.is_empty() {
            break;
        }
    }
    corners.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::matrix::Matrix;
    use crate::plan::IndexPlan;
    use crate::protocol::Section;
    use crate::settings::{Value, by_key};

    fn area(corners: &[f32]) -> f32 {
        let (corners, _) = corners.as_chunks::<2>();
        let next = corners.iter().cycle().skip(1);
        let crossed = corners.iter().zip(next).map(|(a, b)| a[0] * b[1] - a[1] * b[0]);
        (crossed.sum::<f32>() / 2.0).abs()
    }

    fn index(transform: &str, vectors: &Matrix, metric: Metric) -> Box<dyn Index> {
        let settings = [
            ("nlist", Value::Number(7.0)),
            ("transform", Value::Text(transform.to_owned())),
        ];
        let section = Section {
            kind: "ivf_flat".to_owned(),
            settings: by_key(settings),
        };
        let plan = IndexPlan::check(&section, 1).unwrap();
        plan.build(vectors.clone(), metric).unwrap()
    }

    #[test]
    fn cells_of_the_plane_cover_it_and_hold_their_items() {
        let mut rng = crate::engine::rng::Rng::stream(5, crate::engine::rng::Purpose::Trial, 0);
        let vectors = Matrix::from_shape_simple_fn((300, 2), || rng.normal());
        let points: Vec<f32> = vectors.iter().copied().collect();
        for metric in [Metric::L2, Metric::Dot, Metric::Cosine] {
            for transform in ["none", "random_rotation"] {
                let index = index(transform, &vectors, metric);
                let scene = CellsScene {
                    place: 0,
                    step: 3,
                    index: index.as_ref(),
                    points: &points,
                    plane: true,
                };
                let picture = cells_picture(&scene).unwrap();
                assert_eq!(picture.outside, 0.0, "{metric:?} {transform}");
                assert_eq!(picture.sizes.iter().sum::<u32>(), 300);
                let [low, high] = bounds(&points);
                let whole = (high[0] - low[0]) * (high[1] - low[1]);
                let together: f32 = picture.corners.iter().map(|corners| area(corners)).sum();
                assert!(
                    (together / whole - 1.0).abs() < 1e-3,
                    "{metric:?} {transform}: {together} of {whole}"
                );
            }
        }
    }

    #[test]
    fn in_more_dimensions_it_is_told_how_many_items_are_drawn_outside() {
        let mut rng = crate::engine::rng::Rng::stream(6, crate::engine::rng::Purpose::Trial, 0);
        let vectors = Matrix::from_shape_simple_fn((300, 8), || rng.normal());
        let points: Vec<f32> = vectors.outer_iter().flat_map(|row| [row[0], row[1]]).collect();
        let index = index("none", &vectors, Metric::L2);
        let scene = CellsScene {
            place: 0,
            step: 3,
            index: index.as_ref(),
            points: &points,
            plane: false,
        };
        let picture = cells_picture(&scene).unwrap();
        // Two dimensions of eight say little of who is whose neighbour.
        assert!(picture.outside > 0.3, "{}", picture.outside);
    }
}
