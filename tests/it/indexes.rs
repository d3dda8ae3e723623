//! Indexes beside the exact search, through the session: built over what was trained, asked, pinned, kept, measured.

use playground::plan::catalogue;
use playground::protocol::{
    Call, Event, Export, Found, Indexes, Measure, Measurement, NamedFile, Query, Recipe, Reply, Request, Section,
    Served, Shelf, Stride, Verdict, Walked, Watch,
};
use playground::session::Session;
use playground::settings::{Value, by_key};

/// Talks with a session that has trained for some steps.
struct Talk {
    session: Session,
    said: Vec<Reply>,
    last: u32,
}

impl Talk {
    fn over(index: Section) -> Self {
        let mut talk = Self {
            session: Session::new(),
            said: Vec::new(),
            last: 0,
        };
        let recipe = Recipe {
            index,
            ..Recipe::default()
        };
        talk.ask(Request::Apply {
            recipe: Box::new(recipe),
        });
        talk.ask(Request::RunTo { step: 60 });
        talk.ask(Request::Watch(Watch {
            search: true,
            ..Watch::default()
        }));
        talk
    }

    /// The answer to a request, once everything it sets going is done.
    fn ask(&mut self, request: Request) -> Event {
        self.last += 1;
        let id = self.last;
        let Self { session, said, .. } = self;
        session.handle(Call { id, request }, &mut |reply| said.push(reply));
        session.tick(&mut || true, &mut |reply| said.push(reply));
        session.index(&mut || true, &mut |reply| said.push(reply));
        session.snapshot(&mut |reply| said.push(reply));
        let answer = self.said.iter().find(|reply| reply.answers == Some(id));
        answer.expect("an answer").event.clone()
    }

    fn found(&mut self, query: Query) -> Found {
        match self.ask(Request::Serve { query, n: 10 }) {
            Event::Found(found) => *found,
            other => panic!("{other:?}"),
        }
    }

    /// The steps of a search for `query` by the recipe's index.
    fn walked(&mut self, query: Query) -> Walked {
        self.ask(Request::Search { query, n: 10 });
        match self.ask(Request::Walk { place: 0, vector: 0 }) {
            Event::Walked(walked) => *walked,
            other => panic!("{other:?}"),
        }
    }

    fn refused(&mut self, request: Request) -> String {
        match self.ask(request) {
            Event::Refused(why) => why.key.clone().into_owned(),
            other => panic!("{other:?}"),
        }
    }

    fn shelve(&mut self, shelf: Shelf) {
        match self.ask(Request::Shelve(shelf)) {
            Event::Changed { .. } => {}
            other => panic!("{other:?}"),
        }
    }

    fn indexes(&self) -> Indexes {
        let told = self.said.iter().rev().find_map(|reply| match &reply.event {
            Event::Indexes(indexes) => Some(indexes.clone()),
            _ => None,
        });
        told.expect("they are watched")
    }

    fn swept(&mut self, what: Measure) -> Vec<Measurement> {
        self.ask(Request::Measure(what));
        let mut points = Vec::new();
        for reply in &self.said {
            if let Event::Swept { first, point } = &reply.event {
                if *first {
                    points.clear();
                }
                points.push(point.clone());
            }
        }
        points
    }
}

fn section(kind: &str, settings: &[(&str, Value)]) -> Section {
    Section {
        kind: kind.to_owned(),
        settings: by_key(settings.iter().cloned()),
    }
}

fn number(value: u32) -> Value {
    Value::Number(f64::from(value))
}

#[test]
fn every_kind_serves_what_was_trained_and_says_of_each_of_the_nearest_what_became_of_it() {
    let sections = catalogue().sections;
    let kinds = &sections
        .iter()
        .find(|section| section.key == "index")
        .expect("a section")
        .kinds;
    for kind in kinds {
        for transform in ["none", "opq"] {
            let settings = [("transform", Value::Text(transform.to_owned()))];
            let mut talk = Talk::over(section(&kind.kind, &settings));
            let found = talk.found(Query::Item(3));
            assert_eq!(found.hits.len(), 10);
            assert!(found.hits.iter().all(|hit| hit.item != 3), "who asks is no answer");
            if kind.kind == "flat" && transform == "none" {
                assert!(found.served.is_empty(), "the exact search needs no index");
                continue;
            }
            let [served] = &found.served[..] else {
                panic!("{} behind {transform}: {:?}", kind.kind, found.served)
            };
            check(&found, served);
            assert_eq!(served.step, 60);
            assert!(
                served.recall > 0.5,
                "{} behind {transform}: {}",
                kind.kind,
                served.recall
            );
        }
    }
}

/// What an index says of itself fits together.
fn check(found: &Found, served: &Served) {
    assert_eq!(served.verdicts.len(), found.hits.len());
    let right = served
        .verdicts
        .iter()
        .filter(|verdict| matches!(verdict, Verdict::Found { .. }));
    let right = right.count() as f32 / 10.0;
    assert!(served.recall >= right, "{} of {right}", served.recall);
    for (hit, verdict) in found.hits.iter().zip(&served.verdicts) {
        let at = served.hits.iter().position(|other| other.item == hit.item);
        match *verdict {
            Verdict::Found { place } => assert_eq!(at, Some(place as usize - 1)),
            Verdict::Cell { rank, opened, .. } => assert!(at.is_none() && rank > opened),
            Verdict::Score { place, kept, .. } | Verdict::FastScan { place, kept } => {
                assert!(at.is_none() && place > kept)
            }
            Verdict::Walk { .. } => assert!(at.is_none()),
            Verdict::Absent | Verdict::Filtered => panic!("{verdict:?}"),
        }
    }
}

#[test]
fn with_few_cells_opened_the_causes_are_cells_and_with_all_nothing_is_missed() {
    let cells = |nprobe| section("ivf_flat", &[("nlist", number(40)), ("nprobe", number(nprobe))]);
    let mut talk = Talk::over(cells(1));
    let found = talk.found(Query::User(5));
    let [served] = &found.served[..] else {
        panic!("{:?}", found.served)
    };
    check(&found, served);
    let causes = served
        .verdicts
        .iter()
        .filter(|verdict| matches!(verdict, Verdict::Cell { opened: 1, .. }));
    assert!(causes.count() > 0, "{:?}", served.verdicts);
    let built = talk.indexes().places[0].built.clone().expect("it stands");
    assert_eq!(built.cells.map(|cells| cells.count), Some(40));

    talk.shelve(Shelf {
        index: cells(40),
        ..Shelf::default()
    });
    let found = talk.found(Query::User(5));
    let [served] = &found.served[..] else {
        panic!("{:?}", found.served)
    };
    assert_eq!(served.recall, 1.0);
    assert_eq!(served.hits, found.hits, "scores have the bits of the exact search");
    assert_eq!(served.scanned, found.scanned);
}

#[test]
fn pinned_indexes_answer_beside_the_recipe_s_and_the_run_goes_on() {
    let mut talk = Talk::over(section("ivf_flat", &[]));
    let shelf = Shelf {
        index: section("hnsw", &[]),
        pinned: vec![section("ivf_flat", &[]), section("ivf_pq", &[])],
        ..Shelf::default()
    };
    let changed = talk.ask(Request::Shelve(shelf.clone()));
    let Event::Changed { recipe, .. } = changed else {
        panic!("{changed:?}")
    };
    assert_eq!(recipe.index.kind, "hnsw");
    assert!(recipe.index.settings.contains_key("ef"), "defaults are filled in");
    let found = talk.found(Query::Item(3));
    assert_eq!(found.step, 60);
    let places: Vec<u32> = found.served.iter().map(|served| served.place).collect();
    assert_eq!(places, [0, 1, 2]);
    found.served.iter().for_each(|served| check(&found, served));

    let too_many = Shelf {
        pinned: vec![section("hnsw", &[]); 3],
        ..shelf
    };
    assert_eq!(talk.refused(Request::Shelve(too_many)), "search.pinned_max");
    let unsound = Shelf {
        index: section("hnsw", &[("nprobe", number(3))]),
        ..Shelf::default()
    };
    assert_eq!(talk.refused(Request::Shelve(unsound)), "recipe.unknown_key");
    assert_eq!(
        talk.found(Query::Item(3)).served.len(),
        3,
        "everything stands as before"
    );
}

#[test]
fn a_kept_index_grows_old_and_is_built_anew_when_asked_to() {
    let mut talk = Talk::over(Section::default());
    talk.shelve(Shelf {
        index: section("ivf_flat", &[("nlist", number(30)), ("nprobe", number(30))]),
        keep: true,
        ..Shelf::default()
    });
    assert_eq!(talk.found(Query::User(5)).served[0].recall, 1.0);
    talk.ask(Request::RunTo { step: 400 });
    let found = talk.found(Query::User(5));
    assert_eq!((found.step, found.served[0].step), (400, 60));
    assert!(found.served[0].recall < 1.0, "340 steps change who is near");
    talk.ask(Request::Rebuild);
    let found = talk.found(Query::User(5));
    assert_eq!((found.served[0].step, found.served[0].recall), (400, 1.0));
}

#[test]
fn a_filter_holds_for_the_exact_search_and_for_indexes() {
    let mut talk = Talk::over(section("hnsw", &[]));
    let scenery = talk.said.iter().find_map(|reply| match &reply.event {
        Event::Applied(applied) => applied.scenery.clone(),
        _ => None,
    });
    let scenery = scenery.expect("the first run tells names");
    let shelf = |only: &str| Shelf {
        index: section("hnsw", &[]),
        only: only.to_owned(),
        ..Shelf::default()
    };
    talk.shelve(shelf(&scenery.groups[1]));
    let found = talk.found(Query::Item(3));
    assert_eq!(found.filter[0].len(), 1);
    let group = |item: u32| scenery.item_groups[item as usize];
    let hits = found.hits.iter().chain(&found.served[0].hits);
    assert!(found.hits.len() == 10 && hits.clone().all(|hit| group(hit.item) == 1));
    talk.shelve(shelf(&format!("-{}", scenery.groups[1])));
    let found = talk.found(Query::Item(3));
    assert!(
        found
            .hits
            .iter()
            .chain(&found.served[0].hits)
            .all(|hit| group(hit.item) != 1)
    );
    let query = Query::Item(3);
    talk.shelve(shelf("nothing of the kind"));
    assert_eq!(talk.refused(Request::Search { query, n: 10 }), "search.filter_unknown");
}

#[test]
fn a_search_can_be_walked_through_and_an_item_taken_apart() {
    let mut talk = Talk::over(section("ivf_pq", &[]));
    let found = talk.found(Query::User(5));
    let walked = talk.walked(Query::User(5));
    assert!(matches!(walked.steps[0], Stride::Cells { .. }), "{:?}", walked.steps[0]);
    assert!(walked.steps.iter().any(|step| matches!(step, Stride::Table { .. })));
    assert!(walked.steps.iter().any(|step| matches!(step, Stride::Refined { .. })));
    assert_eq!(walked.query, Some(Query::User(5)));
    let item = found.hits[0].item;
    match talk.ask(Request::Keep { place: 0, item }) {
        Event::Kept(kept) => assert!(kept.decoded.len() == kept.vector.len() && !kept.code.is_empty()),
        other => panic!("{other:?}"),
    }
    assert_eq!(talk.refused(Request::Walk { place: 1, vector: 0 }), "search.not_built");
    assert_eq!(talk.refused(Request::Walk { place: 0, vector: 9 }), "search.no_vector");
    assert_eq!(
        talk.refused(Request::Keep {
            place: 0,
            item: 1_000_000
        }),
        "search.no_item"
    );
}

#[test]
fn a_walk_through_a_graph_compares_as_many_items_as_the_search_says() {
    let mut talk = Talk::over(section("hnsw", &[("m", number(4))]));
    let found = talk.found(Query::User(5));
    let walked = talk.walked(Query::User(5));
    let mut layers = Vec::new();
    let mut best: Vec<u32> = Vec::new();
    // The first node.
    let mut compared = 1;
    for step in &walked.steps {
        match step {
            Stride::Descended {
                layer, compared: some, ..
            } => {
                layers.push(*layer);
                compared += some;
            }
            Stride::Expanded { met, .. } => compared += met.len() as u32,
            Stride::Kept { items, out } => {
                best.retain(|item| Some(*item) != *out);
                best.extend(items.iter().map(|(item, _)| *item));
            }
            _ => {}
        }
    }
    assert!(layers[0] > 1 && layers.is_sorted_by(|a, b| a >= b), "{layers:?}");
    assert_eq!(layers.last(), Some(&1));
    let served = &found.served[0];
    assert_eq!(u64::from(compared), served.scanned);
    let mut hits: Vec<u32> = served.hits.iter().map(|hit| hit.item).collect();
    best.sort_unstable();
    hits.sort_unstable();
    assert_eq!(best, hits);
}

#[test]
fn curves_rise_with_what_is_scanned_and_end_at_one() {
    let mut talk = Talk::over(section("ivf_flat", &[]));
    talk.found(Query::User(5));
    let points = talk.swept(Measure::Curves);
    let (own, plane): (Vec<_>, Vec<_>) = points.iter().partition(|point| point.place == Some(0));
    assert!(own.len() > 4 && plane.len() > 4, "{points:?}");
    for curve in [own, plane] {
        for pair in curve.windows(2) {
            assert!(
                pair[1].scanned >= pair[0].scanned && pair[1].recall >= pair[0].recall,
                "{pair:?}"
            );
        }
        let last = curve.last().expect("a point");
        assert_eq!((last.recall, last.scanned), (1.0, 1.0));
    }
}

#[test]
fn a_sweep_tries_every_value_and_tells_which_cannot_be() {
    let mut talk = Talk::over(section("ivf_pq", &[("refine", number(0))]));
    let sweep = |key: &str, values: &[u32]| Measure::Sweep {
        key: key.to_owned(),
        values: values.iter().map(|&value| number(value)).collect(),
    };
    let points = talk.swept(sweep("m", &[2, 5, 16]));
    let at: Vec<&str> = points.iter().map(|point| point.at.as_str()).collect();
    assert_eq!(at, ["2", "5", "16"]);
    assert!(points[1].refused.is_some(), "32 numbers cannot be cut into 5 parts");
    assert!(
        points[2].recall > points[0].recall && points[2].bytes > points[0].bytes,
        "{points:?}"
    );
    assert_eq!(talk.refused(Request::Measure(sweep("m", &[]))), "search.sweep_values");
    let points = talk.swept(sweep("ef", &[9]));
    assert!(points[0].refused.is_some());
}

#[test]
fn building_can_be_stopped_and_what_stood_stays() {
    let mut talk = Talk::over(section("hnsw", &[]));
    talk.last += 1;
    let call = Call {
        id: talk.last,
        request: Request::Rebuild,
    };
    let Talk { session, said, .. } = &mut talk;
    session.handle(call, &mut |reply| said.push(reply));
    let mut units = 0..3;
    session.index(&mut || units.next().is_some(), &mut |reply| said.push(reply));
    assert!(session.indexing(), "three units weave no graph");
    talk.ask(Request::Halt);
    assert!(!talk.session.indexing());
    let place = &talk.indexes().places[0];
    assert!(place.built.is_none() && place.refused.is_some());
    talk.ask(Request::Rebuild);
    assert!(talk.indexes().places[0].built.is_some());
}

#[test]
fn what_cannot_be_searched_for_is_said_in_a_sentence() {
    let mut talk = Talk::over(section("ivf_flat", &[]));
    let short = Query::Vector(vec![1.0; 3]);
    assert_eq!(
        talk.refused(Request::Search { query: short, n: 10 }),
        "index.query_length"
    );
    let nan = Query::Vector(vec![f32::NAN; 32]);
    assert_eq!(
        talk.refused(Request::Search { query: nan, n: 10 }),
        "index.query_number"
    );
    // More than there are: all of them. The zero vector is as near to everything.
    let all = match talk.ask(Request::Serve {
        query: Query::Vector(vec![0.0; 32]),
        n: 100_000,
    }) {
        Event::Found(found) => found,
        other => panic!("{other:?}"),
    };
    assert_eq!(all.hits.len(), 600);
}

/// The answer to files that are opened.
fn open(talk: &mut Talk, name: &str, bytes: Vec<u8>) -> Event {
    let file = NamedFile {
        name: name.to_owned(),
        bytes,
    };
    talk.ask(Request::LoadFiles {
        files: vec![file],
        data: None,
    })
}

fn exported(talk: &mut Talk, what: Export) -> Vec<u8> {
    match talk.ask(Request::Export(what)) {
        Event::Exported { bytes, .. } => bytes.0,
        other => panic!("{other:?}"),
    }
}

#[test]
fn vectors_and_indexes_come_back_from_the_files_they_were_saved_in() {
    let mut talk = Talk::over(section("ivf_flat", &[]));
    talk.found(Query::Item(3));
    let files = [
        ("items.npy", Export::Npy),
        ("items.fvecs", Export::Fvecs),
        ("index.rpix", Export::Index(0)),
        ("index.faiss", Export::Faiss(0)),
    ];
    for (name, what) in files {
        let bytes = exported(&mut talk, what);
        let mut other = Talk::over(Section::default());
        // A world of other items: the file cannot be an index of them.
        let mut recipe = Recipe::default();
        recipe.data.settings = by_key([("items", number(100))]);
        other.ask(Request::Apply {
            recipe: Box::new(recipe),
        });
        let Event::Applied(applied) = open(&mut other, name, bytes.clone()) else {
            panic!("{name} is not taken")
        };
        assert_eq!(
            (applied.recipe.model.kind.as_str(), applied.dataset.items),
            ("given", 600),
            "{name}"
        );
        other.ask(Request::Watch(Watch {
            map: true,
            user: Some(5),
            negatives: Some(0),
            inside: true,
            search: true,
            cells: Some(0),
            ..Watch::default()
        }));
        other.ask(Request::Play);
        let found = other.found(Query::Item(3));
        assert_eq!(found.hits.len(), 10, "{name}");
        assert_eq!(found.served.len(), usize::from(name.starts_with("index")), "{name}");
        // Beside the items it was made of, it answers as it did.
        if name.starts_with("index") {
            open(&mut talk, name, bytes.clone());
            let found = talk.found(Query::Item(3));
            assert_eq!(found.served.len(), 2, "{name}");
            assert_eq!(found.served[0].hits, found.served[1].hits, "{name}");
        }
        let cut = bytes[..bytes.len() / 2 - 1].to_vec();
        assert!(
            matches!(open(&mut other, name, cut), Event::Refused(_)),
            "{name} cut short"
        );
        assert_eq!(other.found(Query::Item(3)).hits.len(), 10, "what was there stays");
    }
}
