//! The papers' ways of learning that can be chosen as a whole.

pub const TABLE: &[(&str, &str)] = &[
    ("preset.cbns", "CBNS: negatives across batches"),
    (
        "preset.cbns.help",
        "The items of earlier batches stay as negatives, with the vectors they had then.",
    ),
    ("preset.ebr", "EBR: random negatives"),
    (
        "preset.ebr.help",
        "Query and user together look for items; a triplet loss on cosines, negatives at random.",
    ),
    ("preset.ebr_online", "EBR: two hard negatives online"),
    (
        "preset.ebr_online.help",
        "Beside random negatives, the two items of the batch that come nearest: more began to hurt the authors' model.",
    ),
    ("preset.ebr_transfer", "EBR: hard first, then easy"),
    (
        "preset.ebr_transfer.help",
        "Begins with hard negatives alone, mined from the model itself, and goes on with random ones from step 600.",
    ),
    ("preset.in_batch", "In-batch softmax with logQ"),
    (
        "preset.in_batch.help",
        "The other rows of the batch are the negatives; logQ makes up for popular ones being drawn more often.",
    ),
    ("preset.mgdspr", "MGDSPR: Taobao's search"),
    (
        "preset.mgdspr.help",
        "The query attends to the user's history; hard negatives are made between the positive and the hardest ones drawn.",
    ),
    ("preset.mns", "MNS: batch and catalogue mixed"),
    (
        "preset.mns.help",
        "Items at random join those of the batch, so that rare ones are seen as negatives, too.",
    ),
];
