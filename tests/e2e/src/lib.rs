//! What the tests of the built page stand on: a driver, a browser, the page in it, the data sets it is given.
//!
//! Everything that is started is ended when its value is dropped, also by a panic.

pub mod browser;
pub mod data;
pub mod driver;
pub mod outside;
pub mod page;
pub mod selectors;
