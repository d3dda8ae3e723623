//! goodbooks-10k: ratings without times, and books.

use super::CsvColumns;
use super::columns::{Categories, numbers};
use super::events::Gathered;
use super::parse;
use super::rows::{Separator, each_row};
use super::table;
use super::unpack::Member;
use crate::engine::data::Dataset;
use crate::text::{Message, Result};

/// Reads the ratings, and the books where their file is given.
pub fn read(ratings: &Member<'_>, books: Option<&Member<'_>>) -> Result<Dataset> {
    let columns = CsvColumns {
        user: "user_id".to_owned(),
        item: "book_id".to_owned(),
        time: None,
        value: Some("rating".to_owned()),
        delimiter: b',',
        header: true,
    };
    let mut gathered = table::gather(ratings, &columns)?.finish(ratings.title(), &ratings.name)?;
    if let Some(books) = books {
        read_books(books, &mut gathered)?;
    }
    Ok(gathered.dataset)
}

/// Columns of `books.csv` that are used. Its numbers of ratings count the whole site, so they hold what is to be
/// predicted: they are left out.
const BOOK_COLUMNS: [&str; 5] = [
    "book_id",
    "title",
    "authors",
    "original_publication_year",
    "language_code",
];

/// Titles, first author, year, and the language to colour by.
fn read_books(member: &Member<'_>, gathered: &mut Gathered) -> Result<()> {
    let n_items = gathered.items.len();
    let mut titles = vec![String::new(); n_items];
    let mut authors = Categories::new(n_items);
    let mut languages = Categories::new(n_items);
    let mut years = vec![f32::NAN; n_items];
    let mut header: Option<(usize, [usize; 5])> = None;
    each_row(member, Separator::Quoted(b','), |row| {
        let Some((width, [id, title, author, year, language])) = header else {
            let mut places = [0; 5];
            for (place, name) in places.iter_mut().zip(BOOK_COLUMNS) {
                let column = (0..row.width()).find(|&column| row.text(column) == name);
                let missing = || row.wrong("table.no_column").with("column", name);
                *place = column.ok_or_else(|| missing().with("columns", parse::shown(&row.text(0))))?;
            }
            header = Some((row.width(), places));
            return Ok(());
        };
        row.expect_width(width)?;
        let Some(item) = gathered.items.row(row.id(id, "book_id")?) else {
            return Ok(());
        };
        titles[item] = row.text(title).into_owned();
        authors.set(item, row.text(author).split(',').next().unwrap_or_default().trim());
        languages.set(item, &row.text(language));
        if !row.bytes(year).is_empty() {
            years[item] = row.number(year, "original_publication_year")?;
        }
        Ok(())
    })?;
    let dataset = &mut gathered.dataset;
    dataset.items.titles = titles;
    dataset.items.fields = vec![
        languages.field("language"),
        authors.field("author"),
        numbers("year", years),
    ];
    dataset.group_field = Some("language".to_owned());
    dataset
        .notices
        .push(Message::new("goodbooks.left_out").with("file", &member.name));
    Ok(())
}
