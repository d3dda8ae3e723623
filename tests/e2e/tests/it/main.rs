//! The built page in headless Chromium. `cargo xtask test dist e2e` builds it and runs these.

mod bits;
mod contract;
mod files;
mod interests;
mod looks;
mod offline;
mod pictures;
mod privacy;
mod search;
mod speed;
mod sweep;
mod time;
