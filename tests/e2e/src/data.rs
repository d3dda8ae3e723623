//! Real data sets. They are not ours to ship: they lie beside the checkout or where `PLAYGROUND_DATA` says.

use std::path::PathBuf;

use xtask::paths;

/// The file of a data set, or none with a line that says so: tests without their data are skipped aloud.
#[must_use]
pub fn file(path: &str) -> Option<PathBuf> {
    let folder = match std::env::var_os("PLAYGROUND_DATA") {
        Some(folder) => paths::root().join(folder),
        None => paths::root().join("../shared/data"),
    };
    let file = folder.join(path);
    // The driver takes no path with `..` in it.
    if let Ok(file) = file.canonicalize() {
        return Some(file);
    }
    println!(
        "skipped: there is no {}; PLAYGROUND_DATA names the folder of the data sets",
        file.display()
    );
    None
}
