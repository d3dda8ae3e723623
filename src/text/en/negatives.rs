//! Negatives and losses: the kinds and settings of the recipe's `sampler` and `loss`.

pub const TABLE: &[(&str, &str)] = &[
    ("loss.bpr", "BPR"),
    (
        "loss.bpr.help",
        "The chance that the positive stands before a negative, pair by pair.",
    ),
    ("loss.bpr.temperature", "Temperature τ"),
    (
        "loss.bpr.temperature.help",
        "Score differences are divided by it. Cosines differ by at most 2: with τ = 1 no pair is ever sure.",
    ),
    ("loss.hinge", "Pairwise hinge"),
    (
        "loss.hinge.help",
        "A pair costs nothing once the positive's score leads by the margin.",
    ),
    ("loss.hinge.margin", "Margin m"),
    ("loss.hinge.margin.help", "How far the positive's score must lead."),
    (
        "loss.logq_idle",
        "logQ corrects nothing here: these negatives are drawn evenly, or picked for being hard, which has no probability.",
    ),
    (
        "loss.needs_cosine",
        "loss.kind \"{loss}\" compares cosines, and this model inner products: set model.similarity to \"cosine\" where there is that setting, or choose another loss.",
    ),
    ("loss.triplet", "Triplet"),
    (
        "loss.triplet.help",
        "Pulls the positive closer to the user than each negative, by a margin, in cosine distance.",
    ),
    ("loss.triplet.margin", "Margin m"),
    (
        "loss.triplet.margin.help",
        "How much closer the positive must be. Cosines differ by at most 2; the paper says the best value differs much between tasks and gives none.",
    ),
    (
        "sampler.alpha_turned",
        "sampler.alpha_lo is {lo} and sampler.alpha_hi {hi}: the first must not be above the second.",
    ),
    (
        "sampler.band_outside",
        "sampler.rank_hi is {hi}, but there are only {items} items to rank. Choose a smaller last rank.",
    ),
    (
        "sampler.band_turned",
        "sampler.rank_lo is {lo} and sampler.rank_hi {hi}: the first must not be above the second.",
    ),
    ("sampler.cross_batch", "Cross-batch (CBNS)"),
    (
        "sampler.cross_batch_cosine",
        "Expect a collapse after warm-up: items of the bank are never pushed away themselves, only users flee from them, and vectors of length one cannot make up for it. Compare by inner product at temperature 1, or let the bank's vectors learn. Or watch it happen.",
    ),
    ("sampler.cross_batch.bank", "Bank size M"),
    (
        "sampler.cross_batch.bank.help",
        "How many vectors of earlier batches are kept. The oldest go first.",
    ),
    ("sampler.cross_batch.bank_vectors", "Bank vectors"),
    (
        "sampler.cross_batch.bank_vectors.help",
        "Stored as they were (the paper), encoded afresh but constant, or encoded afresh and learning: this shows what a bank without gradient costs.",
    ),
    ("sampler.cross_batch.frequency", "Popularity q"),
    (
        "sampler.cross_batch.frequency.help",
        "Where the chance q of each item comes from: counted exactly over the training data, or estimated on the fly from the batches, as systems do whose catalogue never stands still.",
    ),
    ("sampler.cross_batch.frequency_alpha", "Estimator rate α"),
    (
        "sampler.cross_batch.frequency_alpha.help",
        "How fast the streaming estimate forgets. Larger follows changes sooner and is noisier.",
    ),
    ("sampler.cross_batch.frequency_buckets", "Estimator buckets"),
    (
        "sampler.cross_batch.frequency_buckets.help",
        "Hash buckets of the streaming estimate. With fewer buckets than items some items share one.",
    ),
    ("sampler.cross_batch.frequency_hashes", "Estimator hashes"),
    (
        "sampler.cross_batch.frequency_hashes.help",
        "Arrays that are hashed differently; the largest gap is taken, which undoes collisions.",
    ),
    (
        "sampler.cross_batch.help",
        "The positives of the batch and a memory bank of those of earlier batches: many negatives for the price of few. Banked vectors do not learn.",
    ),
    ("sampler.cross_batch.mask", "Mask"),
    (
        "sampler.cross_batch.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.cross_batch.warm_up", "Warm-up share"),
    (
        "sampler.cross_batch.warm_up.help",
        "Share of all steps before the bank counts. It is filled from the start.",
    ),
    ("sampler.cross_batch.warm_up_by", "Warm-up ends"),
    (
        "sampler.cross_batch.warm_up_by.help",
        "After a share of the steps, or when item vectors have come to rest.",
    ),
    ("sampler.cross_batch.warm_up_drift", "Warm-up drift"),
    (
        "sampler.cross_batch.warm_up_drift.help",
        "Item vectors are at rest when they move less than this share of their length in ten steps.",
    ),
    ("sampler.hard_offline", "Offline hard"),
    ("sampler.hard_offline.hard", "Hard per positive"),
    (
        "sampler.hard_offline.hard.help",
        "Hard negatives each user gets from the band.",
    ),
    (
        "sampler.hard_offline.help",
        "Items that an earlier state of the model ranks in a band, blended with random ones.",
    ),
    ("sampler.hard_offline.mask", "Mask"),
    (
        "sampler.hard_offline.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.hard_offline.n", "Easy (shared)"),
    (
        "sampler.hard_offline.n.help",
        "Random negatives that all users of the batch share. The paper finds 100 easy to 1 hard enough; 0 trains on hard ones alone.",
    ),
    ("sampler.hard_offline.rank_hi", "Last rank"),
    ("sampler.hard_offline.rank_hi.help", "Where the band ends."),
    ("sampler.hard_offline.rank_lo", "First rank"),
    (
        "sampler.hard_offline.rank_lo.help",
        "Where the band begins. The very first ranks are often unseen favourites and no good negatives; the paper begins at 101 of a large catalogue.",
    ),
    ("sampler.hard_offline.refresh", "Refresh (epochs)"),
    (
        "sampler.hard_offline.refresh.help",
        "After how many epochs the band is taken from a new state of the model.",
    ),
    ("sampler.hard_online", "Online hard"),
    ("sampler.hard_online.hardest", "Hardest h"),
    (
        "sampler.hard_online.hardest.help",
        "How many of the batch's other positives each user gets, those that score highest. The paper: more than two hurt.",
    ),
    (
        "sampler.hard_online.help",
        "The hardest among the positives of the other users, with a few random items.",
    ),
    ("sampler.hard_online.mask", "Mask"),
    (
        "sampler.hard_online.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.hard_online.n", "Random (shared)"),
    (
        "sampler.hard_online.n.help",
        "Random negatives that all users of the batch share.",
    ),
    (
        "sampler.hardest_of",
        "sampler.hardest is {hardest}, but only {n} negatives are drawn. Choose at most so many.",
    ),
    ("sampler.impressions", "Shown, not clicked"),
    (
        "sampler.impressions.help",
        "What the user was shown and did not click. The paper warns of it: recall falls by more than half.",
    ),
    ("sampler.impressions.mask", "Mask"),
    (
        "sampler.impressions.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.impressions.n", "Random (shared)"),
    (
        "sampler.impressions.n.help",
        "Random negatives that all users of the batch share; the paper's comparison has none.",
    ),
    ("sampler.impressions.shown", "Shown per positive"),
    (
        "sampler.impressions.shown.help",
        "How many unclicked items each user gets: those shown last before the click.",
    ),
    ("sampler.in_batch.frequency", "Popularity q"),
    (
        "sampler.in_batch.frequency.help",
        "Where the chance q of each item comes from: counted exactly over the training data, or estimated on the fly from the batches, as systems do whose catalogue never stands still.",
    ),
    ("sampler.in_batch.frequency_alpha", "Estimator rate α"),
    (
        "sampler.in_batch.frequency_alpha.help",
        "How fast the streaming estimate forgets. Larger follows changes sooner and is noisier.",
    ),
    ("sampler.in_batch.frequency_buckets", "Estimator buckets"),
    (
        "sampler.in_batch.frequency_buckets.help",
        "Hash buckets of the streaming estimate. With fewer buckets than items some items share one.",
    ),
    ("sampler.in_batch.frequency_hashes", "Estimator hashes"),
    (
        "sampler.in_batch.frequency_hashes.help",
        "Arrays that are hashed differently; the largest gap is taken, which undoes collisions.",
    ),
    ("sampler.interpolated", "Interpolated hard"),
    ("sampler.interpolated.alpha_hi", "Mix to b"),
    (
        "sampler.interpolated.alpha_hi.help",
        "Largest share of the positive in a made negative.",
    ),
    ("sampler.interpolated.alpha_lo", "Mix from a"),
    (
        "sampler.interpolated.alpha_lo.help",
        "Smallest share of the positive in a made negative.",
    ),
    ("sampler.interpolated.hardest", "Hardest N"),
    (
        "sampler.interpolated.hardest.help",
        "How many of the random negatives, those that score highest, are mixed with the positive; 0 for no mixing.",
    ),
    (
        "sampler.interpolated.help",
        "Negatives made between the positive and the hardest random ones: close to the positive, but not too close.",
    ),
    ("sampler.interpolated.mask", "Mask"),
    (
        "sampler.interpolated.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.interpolated.n", "Random (shared)"),
    (
        "sampler.interpolated.n.help",
        "Random negatives that all users of the batch share.",
    ),
    ("sampler.interpolated.stop_grad_mix", "Stop gradient"),
    (
        "sampler.interpolated.stop_grad_mix.help",
        "Whether made negatives teach only the user side. The paper does not say; by default they teach both.",
    ),
    ("sampler.mixed", "Mixed (MNS)"),
    ("sampler.mixed.count_scale", "Count scale"),
    (
        "sampler.mixed.count_scale.help",
        "Corrects by the expected count of an item in a step, which makes the sum unbiased, in place of its chance in one draw.",
    ),
    (
        "sampler.mixed.help",
        "The positives of the other users, and items drawn uniformly, so that rare items are negatives too.",
    ),
    ("sampler.mixed.mask", "Mask"),
    (
        "sampler.mixed.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.mixed.n", "Uniform B'"),
    (
        "sampler.mixed.n.help",
        "Items drawn uniformly that all users of the batch share.",
    ),
    ("sampler.mixed.positive_corrected", "Correct positive"),
    (
        "sampler.mixed.positive_corrected.help",
        "Whether the positive is corrected like its negatives. The paper does not.",
    ),
    (
        "sampler.no_impressions",
        "{name} does not say what was shown and not clicked. Choose other negatives, or the planted world.",
    ),
    (
        "sampler.none",
        "These settings leave no negatives at all. Raise sampler.n or sampler.hardest above 0.",
    ),
    ("sampler.popularity", "Popularity"),
    ("sampler.popularity.alpha", "Exponent α"),
    (
        "sampler.popularity.alpha.help",
        "0 draws all items alike, 1 as often as they are chosen.",
    ),
    (
        "sampler.popularity.help",
        "Items drawn in proportion to popularity to the power of α.",
    ),
    ("sampler.popularity.mask", "Mask"),
    (
        "sampler.popularity.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.popularity.n", "Negatives"),
    (
        "sampler.popularity.n.help",
        "Items drawn, which all users of the batch share.",
    ),
    (
        "sampler.too_many",
        "{batch} users times {columns} candidates are {scores} scores a step, where a tab can hold {max}. Lower {key} or train.batch.",
    ),
    ("sampler.uniform", "Uniform"),
    (
        "sampler.uniform.help",
        "Items drawn from the whole catalogue, all alike.",
    ),
    ("sampler.uniform.mask", "Mask"),
    (
        "sampler.uniform.mask.help",
        "Columns known to be no negatives: none, those that hold the row's own positive, or also those in the row's history.",
    ),
    ("sampler.uniform.n", "Negatives"),
    (
        "sampler.uniform.n.help",
        "Items drawn, which all users of the batch share.",
    ),
];
