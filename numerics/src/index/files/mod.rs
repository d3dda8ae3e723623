//! Indexes and vectors as files: our own format, that of Faiss, `.npy` and `.fvecs`.
//!
//! What is read comes from outside: every length is held against what is left of the file before anything is allocated,
//! every number that is used as a place is checked, and whatever is wrong gives a sentence.

mod arrays;
mod bytes;
mod faiss_read;
mod faiss_write;
mod own;
mod sound;

pub use arrays::{read_fvecs, read_npy, write_fvecs, write_npy};
pub use faiss_read::read_faiss;
pub use faiss_write::write_faiss;
pub use own::{read, write};

#[cfg(test)]
mod tests;
