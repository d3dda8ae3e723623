//! Reading files and what is wrong with them.

pub const TABLE: &[(&str, &str)] = &[
    (
        "data.merged",
        "{file}: {events} events were in the file more than once, with the same user, item and time. Each is kept once.",
    ),
    (
        "data.one_item",
        "{file} has events on a single item. There is nothing to choose from: use data with at least two items.",
    ),
    (
        "data.one_user",
        "{file} has events of a single user. It can be looked at, but a model learns nothing about tastes from it.",
    ),
    (
        "data.queries_made",
        "These data have no queries. Those that models learn from and are judged with are made up: one to three words of the chosen item's title, genres and the like for every event.",
    ),
    (
        "data.repeats",
        "{file}: in {events} events a user comes back to an item chosen before. They are kept as events of their own.",
    ),
    (
        "data.too_many",
        "{file}, line {line}: there are more than {most} events. Use a smaller part of the file.",
    ),
    (
        "file.binary",
        "{file} is not a text file, nor a gzip or zip file with text in it. Choose a table of events, such as MovieLens's ratings or a CSV file.",
    ),
    (
        "file.bomb",
        "{file} unpacks to more than {gigabytes} GiB or to more than {ratio} times its size. No table of events does: the file may be made to do harm. If it is not, unpack it yourself and choose a part of it.",
    ),
    (
        "file.damaged",
        "{file} is damaged: it cannot be read after line {line} ({reason}). Get it again.",
    ),
    (
        "file.empty",
        "{file} is empty. Choose a file with a table of events in it.",
    ),
    (
        "file.line_too_long",
        "{file}, line {line}: the line is longer than {megabytes} MiB. Is this really a table with one row a line?",
    ),
    (
        "file.no_rows",
        "{file} has no row with an event. Choose a file with one event a row.",
    ),
    ("file.none", "No file was chosen. Choose a file with a table of events."),
    (
        "file.truncated",
        "{file} breaks off at line {line}: a part of the packed file is missing. Get it again.",
    ),
    (
        "file.unknown",
        "{file} is none of the files that can be read: MovieLens (zip or single files), goodbooks, a table with one event a row, or sequences with one user a line.",
    ),
    ("file.unused", "{file} was not used."),
    (
        "file.utf16",
        "{file} is written with two bytes a character (UTF-16). Save it again as CSV in UTF-8.",
    ),
    (
        "file.zip_broken",
        "{file} is not a whole zip file ({reason}). A download may have stopped half-way: get it again.",
    ),
    ("file.zip_empty", "{file} is a zip file with no file in it."),
    (
        "file.zip_many",
        "{file} is a zip file with {files} files in it; at most {most} are looked at. Choose the ratings file itself.",
    ),
    (
        "file.zip_unsupported",
        "{file} is packed in a way that cannot be opened here ({reason}). Unpack it and choose the files in it.",
    ),
    (
        "goodbooks.left_out",
        "{file}: the columns that count ratings were left out. They count the whole site, so they would give away what is to be predicted.",
    ),
    (
        "movielens.big_id",
        "{file}, line {line}: the {column} id is {found}. Ids go up to 2^63.",
    ),
    (
        "movielens.flag",
        "{file}, line {line}: the flag of genre {column} is {found}, but it has to be 0 or 1.",
    ),
    (
        "movielens.negative_id",
        "{file}, line {line}: the {column} id is {found}. Ids must not be negative.",
    ),
    (
        "movielens.no_ratings",
        "{file} has no MovieLens ratings in it. Choose u.data, ratings.dat or ratings.csv too, or the whole zip file.",
    ),
    (
        "movielens.whole_id",
        "{file}, line {line}: the {column} id is \u{201c}{found}\u{201d}, but it has to be a whole number.",
    ),
    (
        "sequences.attributes",
        "{file}, line {line}: these are not attributes of items, a list of numbers for each item, as \"item\": [1, 2] ({reason}).",
    ),
    (
        "sequences.no_items",
        "{file}, line {line}: there is no item after the user. A line is a user and then the items, oldest first.",
    ),
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
    (
        "table.names",
        "{file}: the names of the columns do not say for certain which one is the user and which one the item. Please say it.",
    ),
    (
        "table.no_column",
        "{file}, line {line}: there is no column called {column}. The columns are: {columns}.",
    ),
    (
        "table.no_header",
        "{file} has no row with the names of the columns. Please say which one is the user and which one the item.",
    ),
    (
        "table.no_id",
        "{file}, line {line}: the {column} is missing. Every row needs one.",
    ),
    (
        "table.not_named",
        "{file}: it is not said which column holds the {column}. Name it as data.{column}.",
    ),
    (
        "table.number",
        "{file}, line {line}: the {column} is \u{201c}{found}\u{201d}, but it has to be a number.",
    ),
    (
        "table.one_column",
        "{file}: the column {column} is named for both the user and the item. Choose two different columns as data.user and data.item.",
    ),
    (
        "table.open_quote",
        "{file}, line {line}: a double quote opens a field that never ends. Close it, or take it away.",
    ),
    (
        "table.time",
        "{file}, line {line}: the {column} is \u{201c}{found}\u{201d}, but it has to be a time: seconds or milliseconds since 1970, or a date as 2020-01-31 or 2020-01-31T12:34:56.",
    ),
    (
        "table.width",
        "{file}, line {line}: the row has {found} columns, but {expected} were expected. A character that parts columns may be missing, or stand inside a field without quotes.",
    ),
];
