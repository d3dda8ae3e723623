//! Real vectors, for whoever has them: descriptors of images (SIFT), images of digits, vectors of words (GloVe).

use std::io::Read;

use flate2::read::MultiGzDecoder;
use playground::engine::matrix::Matrix;

use crate::ann::Set;

/// The sets whose files are given by `file`, which knows those of the folder `ann-vectors` by name. The last rows of each
/// are held out as queries.
pub fn sets(file: &dyn Fn(&str) -> Option<Vec<u8>>) -> Vec<Set> {
    let unpacked = |name: &str| {
        let packed = file(name)?;
        let mut bytes = Vec::new();
        MultiGzDecoder::new(&packed[..]).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    };
    // The first word of a line is a number or a name.
    let table = |name: &str| {
        let text = String::from_utf8(unpacked(name)?).ok()?;
        let row = |line: &str| {
            let numbers = line.split_whitespace().skip(1).map(str::parse);
            numbers.collect::<Result<Vec<f32>, _>>().ok()
        };
        text.lines().map(row).collect::<Option<Vec<Vec<f32>>>>()
    };
    let digits = || {
        // A head of 16 bytes, then 28 × 28 bytes an image.
        let bytes = unpacked("t10k-images-idx3-ubyte.gz")?;
        let images = bytes.get(16..)?.chunks_exact(28 * 28);
        Some(
            images
                .map(|image| image.iter().map(|&byte| f32::from(byte)).collect())
                .collect(),
        )
    };
    let sift = table("sift-5k.tsv.gz").map(|rows| split("SIFT", rows, 500, 32));
    let digits = digits().map(|rows| split("MNIST", rows, 1000, 196));
    let words = table("glove-50d-10k.txt.gz").map(|mut rows| {
        // At length 1 the nearest by angle are the nearest by distance, whoever searches.
        for row in &mut rows {
            let length = row.iter().map(|x| x * x).sum::<f32>().sqrt();
            row.iter_mut().for_each(|x| *x /= length);
        }
        split("GloVe", rows, 1000, 25)
    });
    [sift, digits, words].into_iter().flatten().collect()
}

fn split(name: &str, mut rows: Vec<Vec<f32>>, held_out: usize, parts: u32) -> Set {
    let queries = rows.split_off(rows.len() - held_out);
    let (n, d) = (rows.len(), rows[0].len());
    let vectors = Matrix::from_shape_vec((n, d), rows.concat()).expect("rows of one width");
    Set {
        name: format!("{name}, {n} x {d}"),
        vectors,
        queries,
        cells: (4.0 * (n as f64).sqrt()) as u32,
        parts,
    }
}
