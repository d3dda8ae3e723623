//! Networks: the tape, its operations, parameters and optimisers.
