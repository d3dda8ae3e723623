//! hnswlib compiled to WebAssembly, which the user of the benchmarks brings along: `xtask/bench/beside.js` has it.

use wasm_bindgen::prelude::*;

use crate::ann::{Searcher, Set};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = beside)]
    fn take(vectors: &[f32], queries: &[f32], d: usize);
    #[wasm_bindgen(js_namespace = beside)]
    fn build() -> f64;
    #[wasm_bindgen(js_namespace = beside)]
    fn found(count: usize, effort: usize) -> Vec<u32>;
    #[wasm_bindgen(js_namespace = beside)]
    fn seconds(effort: usize) -> f64;
}

/// It, over the vectors that it took last.
pub struct Hnswlib;

impl Hnswlib {
    /// Hands the vectors of `set` over.
    pub fn over(set: &Set) -> Self {
        let vectors = set.vectors.as_slice().unwrap_or_default();
        take(vectors, &set.queries.concat(), set.vectors.ncols());
        Self
    }
}

impl Searcher for Hnswlib {
    fn name(&self) -> String {
        "hnswlib-wasm".to_owned()
    }

    fn build(&mut self) -> String {
        format!("built in {:.1} s", build())
    }

    fn found(&mut self, count: usize, effort: usize) -> Vec<u32> {
        found(count, effort)
    }

    fn seconds(&mut self, effort: usize) -> f64 {
        seconds(effort)
    }
}
