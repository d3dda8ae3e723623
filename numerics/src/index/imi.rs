//! The inverted multi-index (Babenko and Lempitsky, CVPR 2012) over vectors as they are.
//!
//! K² cells for the price of comparing 2 K halves of centroids. Its cells are very uneven, so a search is bounded by
//! the rows it scans, T, and not by a number of cells.

use super::IndexKind;
use super::ivf::{Building, Plan, PlannedCells, usual_codes};
use base::settings::Knob;
use base::text::Message;

/// Its entry in the table.
pub const KIND: IndexKind = IndexKind {
    kind: "imi",
    source: "Babenko and Lempitsky, CVPR 2012",
    knobs: || {
        vec![
            Knob::whole("bits", 1, 8, 4),
            Knob::whole("candidates", 1, 1_000_000, 500),
        ]
    },
    codes: usual_codes,
    build: |vectors, metric, settings, seed| {
        if vectors.ncols() < 2 {
            return Err(Message::new("index.halves").with("dim", vectors.ncols()));
        }
        let plan = Plan {
            cells: PlannedCells::Multi(settings.whole("bits")),
            codes: None,
            effort: settings.whole("candidates") as usize,
        };
        Ok(Box::new(Building::new(vectors, metric, plan, seed)))
    },
};
