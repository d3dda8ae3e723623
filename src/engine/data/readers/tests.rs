//! Small files of every kind, whole and broken.

use std::io::Write;

use super::*;
use crate::engine::data::{Column, ItemId, Part, Table, UserId, format_settings};
use crate::text::Language;

pub fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(content).expect("writing to memory");
    packer.finish().expect("writing to memory")
}

pub fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut packer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        packer.start_file(*name, options).expect("writing to memory");
        packer.write_all(content).expect("writing to memory");
    }
    packer.finish().expect("writing to memory").into_inner()
}

pub fn load(files: &[(&str, &[u8])], format: &Format) -> Result<Outcome> {
    let files: Vec<SourceFile<'_>> = files.iter().map(|&(name, bytes)| SourceFile { name, bytes }).collect();
    read(&files, format)
}

pub fn dataset(files: &[(&str, &[u8])]) -> Dataset {
    match load(files, &Format::Detect) {
        Ok(Outcome::Data(dataset, _)) => *dataset,
        other => panic!("no data but {other:?}"),
    }
}

fn items(data: &Dataset, user: u32) -> Vec<&str> {
    let events = data.log.user(UserId(user));
    events
        .items
        .iter()
        .map(|item| data.items.keys[item.idx()].as_str())
        .collect()
}

/// The words of a row of a column of words, or the number.
pub fn cell(table: &Table, field: &str, row: usize) -> String {
    match &table
        .field(field)
        .unwrap_or_else(|| panic!("there is a field {field}"))
        .column
    {
        Column::Category { words, ids } => words[ids[row] as usize].clone(),
        Column::Id { ids, .. } => ids[row].to_string(),
        Column::Tags { words, offsets, ids } => {
            let own = &ids[offsets[row] as usize..offsets[row + 1] as usize];
            let own: Vec<&str> = own.iter().map(|&id| words[id as usize].as_str()).collect();
            own.join(" ")
        }
        Column::Number { values } => values[row].to_string(),
        Column::Vector { .. } => panic!("{field} is a vector"),
    }
}

const U_DATA: &[u8] = b"10\t2\t3\t881250949\n9\t11\t4.5\t891717742\n9\t2\t1\t891717742\n9\t3\t1\t881250000\n";

#[test]
fn bare_u_data_is_read_with_ids_and_ties_in_the_order_of_outside_ids() {
    let data = dataset(&[("u.data", U_DATA)]);
    assert_eq!(data.users.keys, ["9", "10"]);
    assert_eq!(data.items.keys, ["2", "3", "11"]);
    assert_eq!(items(&data, 0), ["3", "2", "11"]);
    assert_eq!(data.log.user(UserId(0)).values, [1.0, 1.0, 4.5]);
    assert!(data.timed && data.items.titles.is_empty() && data.group_field.is_none());
    assert_eq!((data.name.as_str(), data.notices.len()), ("u.data", 0));
}

#[test]
fn the_name_does_not_matter_and_neither_do_packing_line_ends_or_blank_last_lines() {
    let plain = dataset(&[("u.data", U_DATA)]).log;
    let windows = String::from_utf8_lossy(U_DATA).replace('\n', "\r\n") + "\r\n\r\n";
    let marked = [b"\xef\xbb\xbf", U_DATA].concat();
    let packed = gzip(U_DATA);
    let nested = zip(&[("a/b/", b""), ("a/b/README", b"Hello."), ("a/b/whatever.gz", &packed)]);
    for bytes in [windows.as_bytes(), &marked, &packed, &nested, &zip(&[("x", U_DATA)])] {
        assert_eq!(dataset(&[("thing", bytes)]).log, plain);
    }
}

#[test]
fn movielens_1m_is_read_with_films_in_latin_1_and_people() {
    let ratings = b"1::1193::5::978300760\n1::661::3::978302109\n2::1193::4::978298413\n";
    let users = b"1::F::1::10::48067\n2::M::56::16::70072\n";
    let movies = b"661::James and the Giant Peach (1996)::Animation|Children's|Musical\n\
        1193::Am\xe9lie (2001)::Comedy\n7::Never Rated (1990)::Drama\n";
    let data = dataset(&[("ratings.dat", ratings), ("movies.dat", movies), ("users.dat", users)]);
    assert_eq!(data.items.keys, ["661", "1193"]);
    assert_eq!(data.items.titles, ["James and the Giant Peach (1996)", "Amélie (2001)"]);
    assert_eq!(cell(&data.items, "genres", 0), "Animation Children's Musical");
    assert_eq!(cell(&data.items, "genre", 1), "Comedy");
    assert_eq!(cell(&data.items, "year", 1), "2001");
    assert_eq!(data.group_field.as_deref(), Some("genre"));
    assert_eq!(cell(&data.users, "occupation", 0), "K-12 student");
    assert_eq!(cell(&data.users, "age", 1), "56");
    assert_eq!(cell(&data.users, "gender", 1), "M");
    let notices: Vec<&str> = data.notices.iter().map(|notice| notice.key.as_ref()).collect();
    assert_eq!(notices, ["data.queries_made"]);
    for (event, item) in data.log.items().iter().enumerate() {
        let known = ["james giant peach animation children's musical", "amélie comedy"][item.idx()];
        let query = data.queries.text(event);
        assert!(
            query.split(' ').all(|word| known.split(' ').any(|own| own == word)),
            "{query}"
        );
    }
}

#[test]
fn films_without_a_line_of_their_own_are_unknown() {
    let ratings = b"userId,movieId,rating,timestamp\n1,1,4.0,964982703\n1,5,4.0,964981247\n";
    let movies = b"movieId,title,genres\r\n1,\"American President, The (1995)\",Comedy|Drama\r\n";
    let data = dataset(&[("ratings.csv", ratings), ("movies.csv", movies)]);
    assert_eq!(data.items.titles, ["American President, The (1995)", ""]);
    assert_eq!(
        (cell(&data.items, "genre", 0), cell(&data.items, "genre", 1)),
        ("Comedy".into(), "?".into())
    );
    assert_eq!(cell(&data.items, "year", 1), "NaN");
}

#[test]
fn a_table_with_a_telling_header_needs_no_question() {
    let semicolons =
        "Date;User-ID;ISBN;Book-Rating\n2020-01-02;bob;x9;3\n2020-01-01;bob;\"a;b\";5\n2020-01-01;al;x9;1\n";
    let data = dataset(&[("shop.csv", semicolons.as_bytes())]);
    assert_eq!(data.users.keys, ["al", "bob"]);
    assert_eq!(items(&data, 1), ["a;b", "x9"]);
    assert_eq!(data.log.user(UserId(1)).times, [1_577_836_800, 1_577_923_200]);
    // "Book-Rating" is no name we know: the events count 1.
    assert_eq!(data.log.user(UserId(1)).values, [1.0, 1.0]);
    assert!(data.timed);

    let tabs = "user_id\tproduct_id\tts\n-5\t-2\t1577836800000\n-5\t9223372036854775808\t1577836801000\n";
    let data = dataset(&[("x", tabs.as_bytes())]);
    assert_eq!(data.items.keys, ["-2", "9223372036854775808"]);
    assert_eq!(data.log.user(UserId(0)).times, [1_577_836_800, 1_577_836_801]);
    assert_eq!(data.notices[0].key, "data.one_user");
}

#[test]
fn without_times_the_order_of_the_file_is_the_order_of_events() {
    let data = dataset(&[("x.csv", b"user,item\na,9\nb,1\na,3\na,1\na,9\n")]);
    assert_eq!(items(&data, 0), ["9", "3", "1", "9"]);
    assert!(!data.timed);
    assert_eq!(data.notices[0].key, "data.repeats");
}

#[test]
fn equal_events_are_merged_and_said_so() {
    let data = dataset(&[(
        "x.csv",
        b"user,item,time,rating\na,1,5,2\na,2,6,1\na,1,5,4\na,1,7,1\nb,1,5,1\n",
    )]);
    assert_eq!((data.log.len(), items(&data, 0)), (4, vec!["1", "2", "1"]));
    assert_eq!(data.log.user(UserId(0)).values, [4.0, 1.0, 1.0]);
    let keys: Vec<&str> = data.notices.iter().map(|notice| notice.key.as_ref()).collect();
    assert_eq!(keys, ["data.merged", "data.repeats"]);
}

#[test]
fn a_table_that_leaves_doubt_asks_and_can_be_read_with_the_answer() {
    let content: &[u8] = b"4,x,2020-01-01,3.5\n5,y,2020-01-02,1\n4,y,2020-01-03,2\n";
    let asked = match load(&[("log.csv", content)], &Format::Detect) {
        Ok(Outcome::NeedColumns(asked)) => *asked,
        other => panic!("no question but {other:?}"),
    };
    assert_eq!(asked.columns, ["column 1", "column 2", "column 3", "column 4"]);
    assert_eq!((asked.rows.len(), asked.rows[0][1].as_str()), (3, "x"));
    assert_eq!(
        asked.guess,
        CsvColumns {
            user: "column 1".into(),
            item: "column 2".into(),
            time: Some("column 3".into()),
            value: Some("column 4".into()),
            delimiter: b',',
            header: false,
        }
    );
    assert_eq!(asked.why.key, "table.no_header");
    let Ok(Outcome::Data(data, _)) = load(&[("log.csv", content)], &Format::Csv(asked.guess)) else {
        panic!("the guess reads the file");
    };
    assert_eq!((items(&data, 0), data.log.len()), (vec!["x", "y"], 3));

    let asked = load(&[("log.csv", b"who,what,rating\na,b,1\na,c,2\n")], &Format::Detect);
    assert!(matches!(asked, Ok(Outcome::NeedColumns(asked)) if asked.why.key == "table.names" && asked.guess.header));
}

#[test]
fn sequences_are_read_with_the_attributes_of_items() {
    let lines: &[u8] = b"1 1 2 3\n2 3 4\n3 9 8 7 1 2\n10 2 1\n4 4 3 2 1\n";
    let attributes: &[u8] = b"{\"1\": [5], \"2\": [6],\n \"77\": [1], \"1\": [5, 6]}";
    let data = dataset(&[("Beauty.txt", lines), ("attributes.json", attributes)]);
    assert_eq!(data.users.keys, ["1", "2", "3", "4", "10"]);
    assert_eq!(items(&data, 2), ["9", "8", "7", "1", "2"]);
    assert_eq!(cell(&data.items, "attributes", 0), "5 6");
    assert_eq!(cell(&data.items, "attributes", 2), "");
    assert!(!data.timed && data.notices.is_empty());
}

#[test]
fn of_many_ratings_in_an_archive_u_data_is_meant_and_a_chosen_file_left_out_is_named() {
    let more = [U_DATA, b"9\t4\t1\t881250000\n"].concat();
    let archive = zip(&[("ml-100k/u1.base", &more), ("ml-100k/u.data", U_DATA)]);
    let data = dataset(&[("ml-100k.zip", &archive)]);
    assert_eq!(
        (data.log.len(), data.name.as_str(), data.notices.len()),
        (4, "ml-100k", 0)
    );
    let archive = zip(&[("old/u.data", &more), ("new/u.data", U_DATA)]);
    let data = dataset(&[("ml.zip", &archive)]);
    assert_eq!(data.notices[0].to_string(), "ml.zip/new/u.data was not used.");
    let data = dataset(&[("u.data", U_DATA), ("photo.png", b"\x89PNG\0\0")]);
    assert_eq!(data.notices[0].to_string(), "photo.png was not used.");
}

#[test]
fn goodbooks_is_ordered_by_its_file_and_titled() {
    let ratings: &[u8] = b"user_id,book_id,rating\n7,2,5\n8,1,4\n7,1,3\n";
    let books = "book_id,isbn,authors,original_publication_year,title,language_code\n\
        1,,\"Ann B, Carl D\",2008.0,\"One, two\",eng\n2,,Émile Z,,Trois,fre\n";
    let data = dataset(&[("r.csv", ratings), ("b.csv", books.as_bytes())]);
    assert_eq!(items(&data, 0), ["2", "1"]);
    assert_eq!(data.items.titles, ["One, two", "Trois"]);
    assert_eq!(
        (cell(&data.items, "author", 0), cell(&data.items, "language", 1)),
        ("Ann B".into(), "fre".into())
    );
    assert_eq!(
        (cell(&data.items, "year", 0), cell(&data.items, "year", 1)),
        ("2008".into(), "NaN".into())
    );
}

/// Refuses `bytes` with the sentence `key`, in words that name the file and, if given, the line.
fn check_refused(bytes: &[u8], format: &Format, key: &str, line: Option<u64>) {
    let refused = load(&[("bad.file", bytes)], format).expect_err(key);
    assert_eq!(refused.key, key, "{refused}");
    let said = refused.say(Language::English);
    assert!(said.contains("bad.file"), "{said}");
    assert!(!said.contains('{'), "a hole is left: {said}");
    if let Some(line) = line {
        assert!(said.contains(&format!("line {line}")), "{said}");
    }
}

#[test]
fn every_bad_file_is_refused_with_file_line_and_reason() {
    let detect = |bytes: &[u8], key, line| check_refused(bytes, &Format::Detect, key, line);
    detect(b"", "file.empty", None);
    detect(b"\n\n \n", "file.empty", None);
    detect(&gzip(b""), "file.empty", None);
    detect(b"hello, this is prose.\nIt has no table in it\n", "file.unknown", None);
    detect(b"\x00\x01\x02\x03\x89\x90noise", "file.binary", None);
    detect(b"\xff\xfeu\0s\0e\0r\0", "file.utf16", None);
    detect(b"user,item\n", "file.no_rows", None);
    detect(b"user,item\na,1\na,1\n", "data.one_item", None);
    detect(b"user,item,rating\na,1,3\na,2,good\nb,1,3\n", "table.number", Some(3));
    detect(b"user,item,rating\na,1,3\na,2,NaN\n", "table.number", Some(3));
    detect(b"user,item,rating\na,1,inf\n", "table.number", Some(2));
    detect(b"user,item,rating\na,1,\n", "table.number", Some(2));
    detect(b"user,item,time\na,1,yesterday\n", "table.time", Some(2));
    detect(b"user,item,time\na,1,5\n\na,,6\n", "table.no_id", Some(4));
    detect(b"user,item,time\na,1,5\na,2,6,7\n", "table.width", Some(3));
    detect(b"user,item,time\na,1,5\na,2\n", "table.width", Some(3));
    detect(b"user,item,time\r\na,1,5\r\n\r\na,2,x\r\n", "table.time", Some(4));
    detect(b"user,item,time\na,\"1,5\na,2,6\n", "table.open_quote", Some(2));
    detect(
        b"1\t2\t3\t881250949\n-1\t2\t3\t881250949\n",
        "movielens.negative_id",
        Some(2),
    );
    detect(
        b"1\t2\t3\t881250949\n1\t9223372036854775809\t3\t881250949\n",
        "movielens.big_id",
        Some(2),
    );
    detect(
        b"userId,movieId,rating,timestamp\n1.0,2,3,881250949\n",
        "movielens.whole_id",
        Some(2),
    );
    detect(
        b"1\t2\t3\t881250949\n1\tx\t3\t881250949\n",
        "movielens.whole_id",
        Some(2),
    );
    detect(b"1\t2\t3\t881250949\n1\t3\tfive\t881250949\n", "table.number", Some(2));
    detect(b"1::2::3::881250949\n1::3::5\n", "table.width", Some(2));
    detect(
        b"userId,movieId,rating,timestamp\n1,2,3,964982703\n1,2,3,\n",
        "table.time",
        Some(3),
    );
    detect(b"1::M::25::4::12345\n", "movielens.no_ratings", None);
    check_refused(b"user,item\na,b\n", &Format::MovieLens, "movielens.no_ratings", None);
    check_refused(b"1 2 3\n\n2\n", &Format::Sequences, "sequences.no_items", Some(3));
    let columns = CsvColumns {
        user: "user".into(),
        item: "film".into(),
        time: None,
        value: None,
        delimiter: b',',
        header: true,
    };
    let bytes = b"user,item\na,b\n";
    let named = |item: &str| {
        Format::Csv(CsvColumns {
            item: item.into(),
            ..columns.clone()
        })
    };
    check_refused(bytes, &named("film"), "table.no_column", Some(1));
    check_refused(bytes, &named(""), "table.not_named", None);
    check_refused(bytes, &named("user"), "table.one_column", None);
}

#[test]
fn broken_and_swollen_archives_are_refused() {
    let detect = |bytes: &[u8], key| check_refused(bytes, &Format::Detect, key, None);
    let many: Vec<u8> = (0..20_000)
        .flat_map(|i| format!("{}\t{}\t3\t{}\n", i % 97, i * 7919 % 1009, 881_250_949 + i * 31 % 7777).into_bytes())
        .collect();
    let packed = gzip(&many);
    detect(&packed[..packed.len() / 2], "file.truncated");
    let mut flipped = packed.clone();
    let middle = flipped.len() / 2;
    flipped[middle..middle + 64].fill(0xaa);
    let refused = load(&[("bad.file", &flipped)], &Format::Detect).expect_err("damaged");
    assert!(
        [
            "file.damaged",
            "table.width",
            "table.number",
            "table.time",
            "file.binary"
        ]
        .contains(&refused.key.as_ref())
    );

    let archive = zip(&[("u.data", &many)]);
    detect(&archive[..archive.len() / 2], "file.zip_broken");
    detect(&zip(&[]), "file.zip_empty");

    let swelling = b"1\t2\t3\t881250949\n".repeat(3_000_000);
    detect(&gzip(&swelling), "file.bomb");
    detect(&zip(&[("u.data", &swelling)]), "file.bomb");
    // A false statement of the size at the end does not help.
    let mut lying = gzip(&swelling);
    let end = lying.len() - 4;
    lying[end..].fill(0);
    detect(&lying, "file.bomb");
}

#[test]
fn thirty_megabytes_are_read_as_they_are_written() {
    let n = 1_100_000_u32;
    let mut content = Vec::with_capacity(32 << 20);
    writeln!(content, "user,item,rating,timestamp").expect("writing to memory");
    for i in 0..n {
        let (user, item) = (i % 30_011, i.wrapping_mul(7_919) % 20_011);
        writeln!(content, "{user},{item},{}.0,{}", 1 + i % 5, 900_000_000 + i).expect("writing to memory");
    }
    assert!(content.len() > 26 << 20);
    let data = dataset(&[("big.csv", &gzip(&content))]);
    assert_eq!(
        (data.log.len(), data.users.len(), data.items.len()),
        (n as usize, 30_011, 20_011)
    );
    assert_eq!(data.log.user(UserId(5)).items[0], ItemId(5 * 7_919 % 20_011));
}

/// A row of a label, numbers that count up from `first`, and categories that end in it.
fn criteo_row(label: &str, first: u32) -> String {
    let numbers = (0..13).map(|number| match number {
        0 => String::new(),
        1 => "-2".to_owned(),
        _ => (first + number).to_string(),
    });
    let categories = (0..26).map(|place| {
        if place == 25 {
            String::new()
        } else {
            format!("{:08x}", 16 * place + first)
        }
    });
    let fields: Vec<String> = std::iter::once(label.to_owned())
        .chain(numbers)
        .chain(categories)
        .collect();
    fields.join("\t") + "\n"
}

#[test]
fn rows_of_criteo_are_read_with_what_is_missing_and_the_parts_their_names_say() {
    let train: String = (0..4)
        .map(|row| criteo_row(if row == 1 { "1" } else { "0" }, row))
        .collect();
    let (dev, test) = (criteo_row("1", 0), criteo_row("0", 9) + &criteo_row("", 3));
    let files: [(&str, &[u8]); 3] = [
        ("test.tsv", test.as_bytes()),
        ("dev.txt", dev.as_bytes()),
        ("train.tsv.gz", &gzip(train.as_bytes())),
    ];
    let data = dataset(&files);
    let rows = &data.rows;
    assert_eq!((rows.len(), rows.table.len(), rows.table.fields.len()), (6, 6, 39));
    assert_eq!(
        (data.name.as_str(), data.users.len(), data.items.len(), data.log.len()),
        ("train.tsv", 0, 0, 0)
    );
    assert_eq!(
        rows.parts,
        [[Part::Test, Part::Valid].as_slice(), &[Part::Train; 4]].concat()
    );
    assert_eq!(rows.clicked, [false, true, false, true, false, false]);
    let of = |name, row| cell(&rows.table, name, row);
    assert_eq!([of("I1", 0), of("I2", 0), of("I3", 0)], ["NaN", "-2", "11"]);
    assert_eq!([of("C1", 0), of("C2", 5), of("C26", 5)], ["00000009", "00000013", "?"]);
    let [notice] = &data.notices[..] else {
        panic!("{:?}", data.notices)
    };
    assert_eq!(notice.key, "criteo.unlabelled");
    assert!(notice.to_string().contains("test.tsv: 1 rows"), "{notice}");
    // The same from an archive.
    let zipped = zip(&[
        ("criteo/dev.txt", dev.as_bytes()),
        ("criteo/train.txt", train.as_bytes()),
    ]);
    let zipped = dataset(&[("criteo.zip", &zipped)]);
    assert_eq!((zipped.name.as_str(), zipped.rows.len()), ("criteo", 5));
    assert_eq!(format_settings(&Format::Criteo).0, "criteo");
}

#[test]
fn broken_rows_of_criteo_are_named_by_file_line_and_reason() {
    let sound: String = (0..5).map(|row| criteo_row("0", row)).collect();
    let said = |broken: &str| {
        let text = sound.clone() + broken;
        let refused = load(&[("rows", text.as_bytes())], &Format::Detect).expect_err("a broken row");
        refused.to_string()
    };
    let short = criteo_row("1", 3).replacen('\t', "", 1);
    assert!(
        said(&short).starts_with("rows, line 6: the row has 39 columns"),
        "{}",
        said(&short)
    );
    let label = criteo_row("2", 3);
    assert!(
        said(&label).starts_with("rows, line 6: the label is “2”"),
        "{}",
        said(&label)
    );
    let number = criteo_row("1", 3).replacen("-2", "two", 1);
    assert!(
        said(&number).starts_with("rows, line 6: I2 is “two”"),
        "{}",
        said(&number)
    );
    let unlabelled: String = (0..5).map(|row| criteo_row("", row)).collect();
    let refused = load(&[("rows", unlabelled.as_bytes())], &Format::Detect).expect_err("nothing to learn");
    assert_eq!(refused.key, "file.no_rows");
}
