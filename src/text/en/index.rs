//! Indexes: what cannot be indexed or searched for, and why.

pub const TABLE: &[(&str, &str)] = &[
    (
        "index.query_length",
        "The query has {found} numbers, but the vectors of this index have {dim}. Give a query of {dim} numbers.",
    ),
    (
        "index.query_number",
        "Number {position} of the query is not finite. Every number of a query must be an ordinary finite number.",
    ),
    (
        "index.vector_number",
        "The vector of row {row} holds a number that is not finite, so there is nothing to index. The training has \
         probably diverged: lower the learning rate and start again.",
    ),
];
