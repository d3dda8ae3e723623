//! Reading files and what is wrong with them.

pub const TABLE: &[(&str, &str)] = &[
    (
        "split.cold",
        "{events} of the test's target events are on items that no training event shows. No model that knows an item only by its id can find them.",
    ),
    (
        "split.input_share",
        "input_share is {share}, but it has to lie between 0 and 1: a held-out user shows some events and keeps the others as targets.",
    ),
    (
        "split.new_users",
        "{users} users have no event in training: they come after its end. They are judged with the history they have by then, which may be empty.",
    ),
    (
        "split.no_test",
        "This split leaves nothing to test with. Hold out a larger share, or use data in which users have more events; leave-one-out needs three events of a user.",
    ),
    (
        "split.no_training",
        "This split leaves no event to train on. Hold out a smaller share, or use more data.",
    ),
    (
        "split.shares",
        "valid_share is {valid} and test_share is {test}, but the test needs more than 0, validation at least 0, and both together less than 1, so that something is left to train on.",
    ),
    (
        "split.short",
        "{users} users have fewer than three events: they are trained on and not tested.",
    ),
    (
        "split.untimed",
        "These data have no times, so there is no moment at which to cut them. Use leave-one-out or the user split, or name the column that holds the time.",
    ),
];
