//! What a run, a search or an export says when it cannot do what was asked.

pub const TABLE: &[(&str, &str)] = &[
    (
        "data.choose_file",
        "The recipe asks for data of the kind \"{kind}\": choose or drop the file.",
    ),
    (
        "data.choose_file_again",
        "The recipe reads \"{name}\" in another way than before: choose or drop the file again.",
    ),
    ("data.not_files", "The data kind \"{kind}\" is not read from files."),
    ("export.failed", "The export could not be written: {why}."),
    ("export.kind", "\"{found}\" cannot be exported; there are: {kinds}."),
    (
        "run.back",
        "The run is at step {now} and cannot go back to step {step}: reset it first.",
    ),
    (
        "run.diverged",
        "The loss was no longer a number at step {step}: the run has stopped. Reset, and try a smaller learning rate or a larger temperature.",
    ),
    (
        "run.no_change",
        "Nothing is to change: give sampler, loss or optimizer, each as in a recipe.",
    ),
    ("run.no_checkpoint", "There is no checkpoint of this run to go back to."),
    ("run.none", "There is no run yet: apply a recipe first."),
    (
        "run.over",
        "The run is over: reset it, or start another, to change something.",
    ),
    (
        "run.speed",
        "The speed is {found}, but must be 0 or more steps a second.",
    ),
    ("search.empty", "Type some letters of a title."),
    (
        "search.no_item",
        "There is no item {item}: items are numbered from 0 to {items} less one.",
    ),
    (
        "search.no_queries",
        "The model \"{model}\" does not read what is typed: choose one that does, such as ebr, or look for a title.",
    ),
    ("search.no_title", "No title holds the words \"{words}\"."),
    (
        "search.no_user",
        "There is no user {user}: users are numbered from 0 to {users} less one.",
    ),
    (
        "search.no_vectors",
        "The model \"{model}\" has no vectors to search: choose another model, such as two_tower.",
    ),
    ("search.nothing_typed", "Type some words of what you look for."),
    (
        "search.too_long",
        "What was typed has {characters} characters, but at most {most} are read: shorten it.",
    ),
];
