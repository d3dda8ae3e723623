//! What an index keeps of an item: its cell, its code and what that stands for, its links.

use crate::engine::index::{Index, Parts, Store};
use crate::protocol::Kept;

/// What `index` keeps of `item`, whose vector is `vector`.
pub fn kept(index: &dyn Index, item: u32, vector: &[f32]) -> Kept {
    let mut kept = Kept {
        item,
        vector: vector.to_vec(),
        ..Kept::default()
    };
    match index.parts() {
        Parts::Transformed(transformed) => {
            let (mut inside, mut spare) = (Vec::new(), Vec::new());
            transformed.apply(vector, &mut inside, &mut spare);
            return self::kept(transformed.inner.as_ref(), item, &inside);
        }
        Parts::Inverted(lists) => {
            let Some((place, cell)) = lists.place(item) else {
                return kept;
            };
            let [from, to] = [0, 1].map(|end| lists.offsets()[cell as usize + end]);
            kept.cell = Some([cell, to - from]);
            if let Store::Codes(codes) = lists.store() {
                let mut centroid = vec![0.0; kept.vector.len()];
                if codes.residual {
                    lists.coarse().centroid(cell, &mut centroid);
                }
                kept.vector.iter_mut().zip(&centroid).for_each(|(x, c)| *x -= c);
                let pq = &codes.pq;
                let size = pq.code_size();
                let code = &codes.codes[place * size..][..size];
                kept.decoded = vec![0.0; pq.d];
                pq.decode(code, &mut kept.decoded);
                kept.code = (0..pq.m).map(|sub| pq.number(code, sub) as u32).collect();
                for word in pq.centroids().chunks_exact(pq.dsub()) {
                    kept.words.extend([word[0], word.get(1).copied().unwrap_or(0.0)]);
                }
            }
        }
        Parts::Hnsw(graph) => {
            if let Some(&level) = graph.levels().get(item as usize) {
                let layers = 0..=usize::from(level);
                kept.links = layers.map(|layer| graph.links(item, layer).to_vec()).collect();
            }
        }
        Parts::Flat(_) => {}
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::matrix::{Matrix, Metric};
    use crate::engine::rng::{Purpose, Rng};
    use crate::plan::IndexPlan;
    use crate::protocol::Section;

    fn build(kind: &str, vectors: &Matrix) -> Box<dyn Index> {
        let section = Section {
            kind: kind.to_owned(),
            ..Section::default()
        };
        let plan = IndexPlan::check(&section, 1).unwrap();
        plan.build(vectors.clone(), Metric::L2).unwrap()
    }

    #[test]
    fn a_code_is_shown_beside_what_it_stands_for_and_a_node_with_its_links() {
        let mut rng = Rng::stream(5, Purpose::Trial, 0);
        let vectors = Matrix::from_shape_simple_fn((400, 8), || rng.normal());
        let vector = vectors.row(17).to_vec();
        let codes = kept(build("ivf_pq", &vectors).as_ref(), 17, &vector);
        assert!(codes.cell.is_some_and(|[_, rows]| rows > 0));
        let parts = codes.code.len();
        assert!(parts > 0 && codes.decoded.len() == 8);
        let words = codes.words.len() / 2 / parts;
        for (part, &word) in codes.code.iter().enumerate() {
            let at = 2 * (part * words + word as usize);
            assert_eq!(
                codes.words[at].to_bits(),
                codes.decoded[part * 8 / parts].to_bits(),
                "part {part}"
            );
        }
        let distance = |x: &[f32]| x.iter().zip(&codes.vector).map(|(a, b)| (a - b) * (a - b)).sum::<f32>();
        assert!(
            distance(&codes.decoded) < distance(&[0.0; 8]),
            "a code says more than nothing"
        );

        let graph = kept(build("hnsw", &vectors).as_ref(), 17, &vector);
        assert!(!graph.links.is_empty() && !graph.links[0].contains(&17));
        assert_eq!(graph.cell, None);
    }
}
