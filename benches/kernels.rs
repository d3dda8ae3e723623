//! Speed of the matrix products, next to what the machine can do at most.
//!
//! `cargo bench --bench kernels` measures natively with the four lanes that a browser has too; the browser is measured
//! by `cargo xtask bench`.

#![expect(clippy::disallowed_types, reason = "a benchmark is about time")]

use std::hint::black_box;
use std::time::Instant;

use playground::engine::nn::peak::peak_flops_kernel;
use playground::engine::nn::{Packing, Size, Write, gemm_nn, gemm_nt, gemm_tn};

type Gemm = fn(Size, &[f32], &[f32], &mut [f32], Write, &mut Packing);

const SAMPLES: usize = 60;
/// Each sample repeats a product until it has done about this many operations, so that the clock's grain is small.
const OPERATIONS_PER_SAMPLE: usize = 20_000_000;

/// Layout, rows, inner length, columns: products of a two-tower step with batch 256, and a large one.
const PRODUCTS: &[(&str, Gemm, [usize; 3])] = &[
    ("A B ", gemm_nn, [256, 32, 64]),
    ("A B ", gemm_nn, [256, 64, 32]),
    ("A B ", gemm_nn, [256, 256, 32]),
    ("A Bt", gemm_nt, [256, 32, 256]),
    ("A Bt", gemm_nt, [256, 64, 32]),
    ("At B", gemm_tn, [32, 256, 64]),
    ("At B", gemm_tn, [256, 256, 32]),
    ("A B ", gemm_nn, [512, 512, 512]),
];

/// Best and median number of GFLOP/s of `run`, which does `operations`.
fn measure(operations: f64, mut run: impl FnMut()) -> [f64; 2] {
    run();
    let mut seconds: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    [seconds[0], seconds[SAMPLES / 2]].map(|seconds| operations / seconds / 1e9)
}

fn main() {
    let rounds = 200_000;
    let operations = peak_flops_kernel(rounds).1;
    let [peak, median] = measure(operations as f64, || {
        black_box(peak_flops_kernel(black_box(rounds)));
    });
    println!("GFLOP/s                   best  median  best / peak");
    println!("multiply and add        {peak:6.1}  {median:6.1}");
    let mut packing = Packing::default();
    for &(layout, gemm, [m, k, n]) in PRODUCTS {
        let (a, b, mut c) = (vec![0.5; m * k], vec![0.25; k * n], vec![0.0; m * n]);
        let repeats = OPERATIONS_PER_SAMPLE.div_ceil(2 * m * k * n);
        let [best, median] = measure((repeats * 2 * m * k * n) as f64, || {
            for _ in 0..repeats {
                let (a, b, c) = (black_box(&a), black_box(&b), black_box(&mut c));
                gemm(Size { m, k, n }, a, b, c, Write::Store, &mut packing);
            }
        });
        let share = 100.0 * best / peak;
        println!(
            "{layout} {:>15}  {best:6.1}  {median:6.1}  {share:9.0} %",
            format!("{m}x{k}x{n}")
        );
    }
}
