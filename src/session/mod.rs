//! The session: requests in, slices of work, events out. Browser-free.
