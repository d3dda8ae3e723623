//! Tests of the whole chain, natively: recipe → data → training → evaluation → index → pictures.

mod methods;
mod recipes;
mod session;
