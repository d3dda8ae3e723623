//! The project's commands, and the parts of them that the browser tests use as well: where things lie, the static
//! server, and Chromium with its driver.

pub mod args;
pub mod arrange;
pub mod bench;
pub mod chain;
pub mod dist;
pub mod link;
pub mod locals;
pub mod pack;
pub mod paths;
pub mod process;
pub mod server;
pub mod sizes;
pub mod test;
pub mod tools;
pub mod wasm;
