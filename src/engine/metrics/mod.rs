//! Judging rankings.
