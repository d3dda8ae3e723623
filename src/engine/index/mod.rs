//! Indexes: flat now; IVF, PQ, HNSW are to come.
