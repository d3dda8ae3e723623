//! Tests of the whole chain, natively: recipe → data → training → evaluation → index → pictures.

mod changes;
mod clicks;
mod encoders;
mod ensembles;
mod indexes;
mod inside;
mod interests;
mod lab;
mod methods;
mod negatives;
mod numbers;
#[path = "../pinned.rs"]
mod pinned;
mod queries;
mod rankers;
mod recipes;
mod session;

#[test]
fn the_pinned_run_comes_to_the_same_bits_natively() {
    pinned::check();
}
