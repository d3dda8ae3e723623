//! MovieLens, all sizes (Harper and Konstan, TiiS 2015): ratings, and films and people where their files are given.

use super::columns::{Categories, Tags, numbers};
use super::detect::{Found, Role};
use super::events::{Events, Gathered};
use super::ids::Keys;
use super::parse;
use super::rows::{Row, Separator, each_row};
use super::unpack::Member;
use crate::decimal::decimal;
use crate::engine::data::{Dataset, Field};
use crate::text::Result;

/// Largest id: 2^63.
const ID_MAX: i128 = 1 << 63;

/// The genre flags of `u.item`, in their order there.
const GENRES: [&str; 19] = [
    "unknown",
    "Action",
    "Adventure",
    "Animation",
    "Children's",
    "Comedy",
    "Crime",
    "Documentary",
    "Drama",
    "Fantasy",
    "Film-Noir",
    "Horror",
    "Musical",
    "Mystery",
    "Romance",
    "Sci-Fi",
    "Thriller",
    "War",
    "Western",
];

/// The occupations of MovieLens 1M by number.
const OCCUPATIONS: [&str; 21] = [
    "other",
    "academic/educator",
    "artist",
    "clerical/admin",
    "college/grad student",
    "customer service",
    "doctor/health care",
    "executive/managerial",
    "farmer",
    "homemaker",
    "K-12 student",
    "lawyer",
    "programmer",
    "retired",
    "sales/marketing",
    "scientist",
    "self-employed",
    "technician/engineer",
    "tradesman/craftsman",
    "unemployed",
    "writer",
];

/// How the files of one size are written.
struct Form {
    ratings: Role,
    rating_separator: Separator,
    header: bool,
    movies: Role,
    movie_separator: Separator,
    users: Option<Role>,
}

const FORMS: [Form; 3] = [
    Form {
        ratings: Role::RatingsTabs,
        rating_separator: Separator::Plain(b'\t'),
        header: false,
        movies: Role::MoviesBars,
        movie_separator: Separator::Plain(b'|'),
        users: Some(Role::UsersBars),
    },
    Form {
        ratings: Role::RatingsColons,
        rating_separator: Separator::Colons,
        header: false,
        movies: Role::MoviesColons,
        movie_separator: Separator::Colons,
        users: Some(Role::UsersColons),
    },
    Form {
        ratings: Role::RatingsCsv,
        rating_separator: Separator::Quoted(b','),
        header: true,
        movies: Role::MoviesCsv,
        movie_separator: Separator::Quoted(b','),
        users: None,
    },
];

/// Reads the ratings, and what is given of films and people.
pub fn read(found: &mut Found<'_>) -> Result<Dataset> {
    let form = FORMS.iter().find(|form| found.has(form.ratings));
    let Some((form, ratings)) = form.and_then(|form| Some((form, found.take(form.ratings)?))) else {
        let mut why = found.why_nothing();
        if why.key == "file.unknown" {
            why.key = "movielens.no_ratings".into();
        }
        return Err(why);
    };
    let mut gathered = read_ratings(ratings, form)?;
    if let Some(movies) = found.take(form.movies) {
        read_movies(movies, form, &mut gathered)?;
    }
    if let Some((role, users)) = form.users.and_then(|role| Some((role, found.take(role)?))) {
        gathered.dataset.users.fields = read_users(users, role, &gathered.users)?;
    }
    Ok(gathered.dataset)
}

fn read_ratings(member: &Member<'_>, form: &Form) -> Result<Gathered> {
    let mut events = Events::new(true);
    let mut header = form.header;
    each_row(member, form.rating_separator, |row| {
        row.expect_width(4)?;
        if std::mem::take(&mut header) {
            return Ok(());
        }
        let user = id(row, 0, "user")?;
        let item = id(row, 1, "movie")?;
        let value = row.number(2, "rating")?;
        let time = row.time(3, "timestamp")?;
        events.push(user, item, time, value, |key| row.wrong(key))
    })?;
    events.finish(member.title(), &member.name)
}

/// A whole number from 0 to 2^63.
fn id<'r>(row: &'r Row<'_>, column: usize, name: &str) -> Result<&'r [u8]> {
    let id = row.id(column, name)?;
    match parse::whole(id) {
        Some(number) if number < 0 => Err(row.wrong_field("movielens.negative_id", column, name)),
        Some(number) if number <= ID_MAX => Ok(id),
        Some(_) => Err(row.wrong_field("movielens.big_id", column, name)),
        None if id.len() > 20 && id.iter().all(u8::is_ascii_digit) => {
            Err(row.wrong_field("movielens.big_id", column, name))
        }
        None => Err(row.wrong_field("movielens.whole_id", column, name)),
    }
}

/// Titles, genres, year, and the first genre to colour by; films that nobody rated are passed over.
fn read_movies(member: &Member<'_>, form: &Form, gathered: &mut Gathered) -> Result<()> {
    let n_items = gathered.items.len();
    let mut titles = vec![String::new(); n_items];
    let mut genres = Tags::new(n_items);
    let mut first_genre = Categories::new(n_items);
    let mut years = vec![f32::NAN; n_items];
    let bars = form.movies == Role::MoviesBars;
    let mut header = form.header;
    each_row(member, form.movie_separator, |row| {
        row.expect_width(if bars { 24 } else { 3 })?;
        if std::mem::take(&mut header) {
            return Ok(());
        }
        let Some(item) = gathered.items.row(id(row, 0, "movie")?) else {
            return Ok(());
        };
        let title = row.text(1).into_owned();
        years[item] = year_of_date(&row.text(2))
            .or_else(|| year_of_title(&title))
            .unwrap_or(f32::NAN);
        let own = if bars { flagged(row)? } else { listed(row) };
        own.iter().for_each(|genre| genres.add(item, genre));
        first_genre.set(item, own.first().map_or("", String::as_str));
        titles[item] = title;
        Ok(())
    })?;
    let items = &mut gathered.dataset.items;
    items.titles = titles;
    items.fields = vec![
        first_genre.field("genre"),
        genres.field("genres"),
        numbers("year", years),
    ];
    gathered.dataset.group_field = Some("genre".to_owned());
    Ok(())
}

/// Genres as 19 columns of 0 or 1.
fn flagged(row: &Row<'_>) -> Result<Vec<String>> {
    let mut own = Vec::new();
    for (place, genre) in GENRES.iter().enumerate() {
        match row.bytes(5 + place) {
            b"1" => own.push((*genre).to_owned()),
            b"0" => {}
            _ => return Err(row.wrong_field("movielens.flag", 5 + place, genre)),
        }
    }
    Ok(own)
}

/// Genres as words between bars.
fn listed(row: &Row<'_>) -> Vec<String> {
    let text = row.text(2);
    text.split('|')
        .filter(|genre| !genre.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The year of `01-Jan-1995`.
fn year_of_date(date: &str) -> Option<f32> {
    let (_, year) = date.rsplit_once('-')?;
    year_of(year)
}

/// The year of `Toy Story (1995)`.
fn year_of_title(title: &str) -> Option<f32> {
    let (_, end) = title.trim_end().strip_suffix(')')?.rsplit_once('(')?;
    year_of(end)
}

fn year_of(text: &str) -> Option<f32> {
    let digits = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        decimal(text.as_bytes()).map(|year| year as f32)
    } else {
        None
    }
}

/// Age, gender and occupation.
fn read_users(member: &Member<'_>, role: Role, keys: &Keys) -> Result<Vec<Field>> {
    let bars = role == Role::UsersBars;
    let (separator, age_at, gender_at) = if bars {
        (Separator::Plain(b'|'), 1, 2)
    } else {
        (Separator::Colons, 2, 1)
    };
    let mut ages = vec![f32::NAN; keys.len()];
    let mut genders = Categories::new(keys.len());
    let mut occupations = Categories::new(keys.len());
    each_row(member, separator, |row| {
        row.expect_width(5)?;
        let Some(user) = keys.row(id(row, 0, "user")?) else {
            return Ok(());
        };
        ages[user] = row.number(age_at, "age")?;
        genders.set(user, &row.text(gender_at));
        let occupation = row.text(3);
        let numbered = occupation
            .parse()
            .ok()
            .and_then(|number: usize| OCCUPATIONS.get(number));
        occupations.set(user, numbered.copied().unwrap_or(&occupation));
        Ok(())
    })?;
    Ok(vec![
        numbers("age", ages),
        genders.field("gender"),
        occupations.field("occupation"),
    ])
}
