//! Engine results → numbers to paint.
