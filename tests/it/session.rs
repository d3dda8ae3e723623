//! The session as the worker drives it: calls in, events out.

use playground::protocol::{Call, Event, Query, Recipe, Reply, Request, RunState, Status, Watch};
use playground::session::Session;
use playground::settings::Value;

/// A session and everything it has said.
pub struct Talk {
    pub session: Session,
    pub said: Vec<Reply>,
    calls: u32,
}

impl Talk {
    fn new() -> Self {
        Self {
            session: Session::new(),
            said: Vec::new(),
            calls: 0,
        }
    }

    /// With a small planted world applied.
    pub fn applied() -> Self {
        let mut talk = Self::new();
        let event = talk.call(Request::Apply {
            recipe: Box::new(small()),
        });
        assert!(matches!(event, Some(Event::Applied(_))), "{event:?}");
        talk
    }

    /// Makes a call; its answer, if there is one at once.
    pub fn call(&mut self, request: Request) -> Option<Event> {
        self.calls += 1;
        let id = self.calls;
        self.session
            .handle(Call { id, request }, &mut |reply| self.said.push(reply));
        self.answer(id)
    }

    fn answer(&self, id: u32) -> Option<Event> {
        self.said
            .iter()
            .find(|reply| reply.answers == Some(id))
            .map(|reply| reply.event.clone())
    }

    /// Works for at most `units` units.
    pub fn work(&mut self, units: usize) {
        let mut left = units;
        let mut more = || {
            left = left.saturating_sub(1);
            left > 0
        };
        self.session.tick(&mut more, &mut |reply| self.said.push(reply));
    }

    fn state(&mut self) -> RunState {
        match self.call(Request::Watch(Watch::default())) {
            Some(Event::State(state)) => *state,
            other => panic!("a watch is answered by the state, not by {other:?}"),
        }
    }

    fn refused(&mut self, request: Request) -> String {
        match self.call(request) {
            Some(Event::Refused(why)) => why.to_string(),
            other => panic!("expected a refusal, got {other:?}"),
        }
    }
}

pub fn small() -> Recipe {
    let mut recipe = Recipe::default();
    for (key, value) in [("users", 120.0), ("items", 80.0)] {
        recipe.data.settings.insert(key.to_owned(), Value::Number(value));
    }
    recipe.train.settings.insert("epochs".to_owned(), Value::Number(3.0));
    recipe
}

#[test]
fn the_worker_speaks_first_and_says_what_can_be_chosen() {
    let mut said = Vec::new();
    Session::new().start(&mut |reply| said.push(reply));
    let [
        Reply {
            event: Event::Ready { catalogue, recipe },
            ..
        },
    ] = &said[..]
    else {
        panic!("{said:?}")
    };
    assert!(
        catalogue
            .sections
            .iter()
            .any(|section| section.key == "model" && section.kinds.len() > 1)
    );
    assert!(recipe.validate().is_ok());
}

#[test]
fn a_run_is_applied_played_paused_and_goes_on() {
    let mut talk = Talk::applied();
    assert_eq!((talk.state().status, talk.session.busy()), (Status::Paused, false));
    talk.call(Request::Play);
    talk.work(2);
    assert_eq!(talk.state().status, Status::Evaluating);
    talk.call(Request::Pause);
    assert_eq!(
        talk.state().status,
        Status::Paused,
        "a pause is one while it judges, too"
    );
    talk.call(Request::Play);
    talk.work(8);
    assert!(matches!(talk.state().status, Status::Training | Status::Evaluating));
    assert_eq!(talk.state().checksum, None, "no checksum while it moves");
    talk.call(Request::Pause);
    let paused = talk.state();
    assert!(paused.step > 0 && paused.checksum.is_some() && !talk.session.busy());
    talk.work(8);
    assert_eq!(talk.state(), paused, "nothing moves while it is paused");
}

#[test]
fn run_to_is_answered_at_the_step_and_not_before() {
    let mut talk = Talk::applied();
    let answer = talk.call(Request::RunTo { step: 5 });
    let id = talk.calls;
    assert!(answer.is_none());
    talk.work(1000);
    let Some(Event::State(state)) = talk.answer(id) else {
        panic!("no answer")
    };
    assert_eq!((state.step, state.status), (5, Status::Paused));
    assert!(talk.call(Request::RunTo { step: 4 }).is_none());
    let id = talk.calls;
    talk.work(1000);
    let back = talk.answer(id);
    assert!(matches!(back, Some(Event::State(state)) if state.step == 4));
}

#[test]
fn a_pause_answers_who_waits_for_a_step() {
    let mut talk = Talk::applied();
    talk.call(Request::RunTo { step: 1_000_000 });
    let id = talk.calls;
    talk.work(4);
    talk.call(Request::Pause);
    assert!(
        matches!(talk.answer(id), Some(Event::State(_))),
        "nobody is left waiting"
    );
}

#[test]
fn the_stop_rule_ends_the_run_with_a_test() {
    let mut talk = Talk::applied();
    talk.call(Request::Play);
    talk.work(100_000);
    let state = talk.state();
    assert_eq!((state.status, state.step), (Status::Finished, state.last_step));
    assert_eq!(state.epoch, 3);
    let on: Vec<&str> = talk
        .said
        .iter()
        .filter_map(|reply| match &reply.event {
            Event::Evaluated(evaluated) => Some(evaluated.on.as_str()),
            _ => None,
        })
        .collect();
    // Before the first step and after each epoch.
    assert_eq!(on, ["valid", "valid", "valid", "valid", "test"]);
}

#[test]
fn a_new_run_has_a_new_number_and_an_equal_recipe_the_same_bits() {
    let mut talk = Talk::applied();
    let checksum_at_5 = |talk: &mut Talk| {
        talk.call(Request::RunTo { step: 5 });
        talk.work(1000);
        talk.state().checksum
    };
    let first = checksum_at_5(&mut talk);
    let number = talk.said.last().expect("it has spoken").run;
    talk.call(Request::Apply {
        recipe: Box::new(small()),
    });
    let second = checksum_at_5(&mut talk);
    assert_eq!(first, second);
    assert_eq!(talk.said.last().expect("it has spoken").run, number + 1);
    talk.call(Request::Reset);
    assert_eq!(talk.state().step, 0);
    assert_eq!(checksum_at_5(&mut talk), first, "a reset keeps the start");
}

#[test]
fn a_bad_request_is_refused_and_the_run_stays() {
    let mut talk = Talk::new();
    assert!(talk.refused(Request::Play).contains("no run"));
    let mut talk = Talk::applied();
    talk.call(Request::RunTo { step: 3 });
    talk.work(100);
    let before = talk.state();
    let mut unknown = small();
    unknown.model.kind = "oracle".to_owned();
    let mut needs_file = small();
    needs_file.data = playground::protocol::Section {
        kind: "movielens".to_owned(),
        ..Default::default()
    };
    for (request, part) in [
        (
            Request::Apply {
                recipe: Box::new(unknown),
            },
            "two_tower",
        ),
        (
            Request::Apply {
                recipe: Box::new(needs_file),
            },
            "movielens",
        ),
        (
            Request::Search {
                query: Query::Text("zzzzz".to_owned()),
                n: 5,
            },
            "zzzzz",
        ),
        (
            Request::Search {
                query: Query::Item(1_000_000),
                n: 5,
            },
            "1000000",
        ),
        (
            Request::Search {
                query: Query::User(1_000_000),
                n: 5,
            },
            "1000000",
        ),
        (
            Request::Search {
                query: Query::Vector(vec![1.0]),
                n: 5,
            },
            "32",
        ),
        (
            Request::Search {
                query: Query::Vector(vec![f32::NAN; 32]),
                n: 5,
            },
            "number",
        ),
        (
            Request::Speed {
                steps_per_second: f32::NAN,
            },
            "NaN",
        ),
    ] {
        let why = talk.refused(request.clone());
        assert!(why.contains(part), "{request:?} → {why}");
    }
    assert_eq!(talk.state(), before);
}

#[test]
fn a_run_stops_after_so_many_steps_or_at_the_quality_that_is_asked_for() {
    let stopped = |key: &str, value: f64| {
        let mut recipe = small();
        recipe.train.settings.insert(key.to_owned(), Value::Number(value));
        let mut talk = Talk::new();
        talk.call(Request::Apply {
            recipe: Box::new(recipe),
        });
        talk.call(Request::Play);
        talk.work(100_000);
        talk.state()
    };
    let steps = stopped("steps", 7.0);
    assert_eq!((steps.status, steps.step, steps.last_step), (Status::Finished, 7, 7));
    let whole = stopped("steps", 0.0);
    assert!(whole.status == Status::Finished && whole.step > 7);
    let early = stopped("target", 0.01);
    assert!(early.status == Status::Finished && early.step < whole.step, "{early:?}");
    assert_eq!(stopped("target", 1.0).step, whole.step);
}

#[test]
fn a_search_finds_the_items_nearest_to_a_title() {
    let mut talk = Talk::applied();
    talk.call(Request::Play);
    talk.work(100_000);
    let Some(Event::Found(by_item)) = talk.call(Request::Search {
        query: Query::Item(3),
        n: 5,
    }) else {
        panic!("no answer")
    };
    assert_eq!((by_item.item, by_item.hits.len()), (Some(3), 5));
    assert!(
        by_item.hits.iter().all(|hit| hit.item != 3),
        "an item is not its own neighbour"
    );
    assert!(by_item.hits.windows(2).all(|pair| pair[0].score >= pair[1].score));
    assert_eq!(by_item.scanned, 80);
    let title = talk
        .said
        .iter()
        .find_map(|reply| match &reply.event {
            Event::Applied(applied) => applied.scenery.as_ref().map(|scenery| scenery.item_titles[3].clone()),
            _ => None,
        })
        .expect("a run begins with its scenery");
    let query = Query::Text(title.to_uppercase());
    let Some(Event::Found(by_title)) = talk.call(Request::Search { query, n: 5 }) else {
        panic!("no answer")
    };
    assert_eq!((by_title.item, by_title.hits), (Some(3), by_item.hits));
}

#[test]
fn pictures_are_sent_once_for_a_step_and_only_when_watched() {
    let mut talk = Talk::applied();
    let pictures = |talk: &mut Talk| {
        talk.said.clear();
        let Talk { session, said, .. } = talk;
        session.snapshot(&mut |reply| said.push(reply));
        let count = |is: fn(&Event) -> bool| talk.said.iter().filter(|reply| is(&reply.event)).count();
        (
            count(|event| matches!(event, Event::Map(_))),
            count(|event| matches!(event, Event::User(_))),
        )
    };
    assert_eq!(pictures(&mut talk), (0, 0));
    talk.call(Request::Watch(Watch {
        map: true,
        user: Some(4),
        ..Watch::default()
    }));
    assert_eq!(pictures(&mut talk), (1, 1));
    assert_eq!(pictures(&mut talk), (0, 0), "nothing has changed");
    talk.call(Request::RunTo { step: 1 });
    talk.work(100);
    assert_eq!(pictures(&mut talk), (1, 1));
}

#[test]
fn a_user_card_marks_hits_and_never_recommends_what_was_seen() {
    let mut talk = Talk::applied();
    talk.call(Request::Play);
    talk.work(100_000);
    for user in 0..120 {
        talk.call(Request::Watch(Watch {
            map: false,
            user: Some(user),
            ..Watch::default()
        }));
        let Talk { session, said, .. } = &mut talk;
        session.snapshot(&mut |reply| said.push(reply));
        let Some(Event::User(card)) = talk.said.last().map(|reply| reply.event.clone()) else {
            panic!("no card")
        };
        let &[(target, rank)] = &card.held_out[..] else {
            panic!("one event is held out")
        };
        let place = card.recommended.iter().position(|listed| listed.item == target);
        assert_eq!(
            place.map(|place| place as u32 + 1),
            (rank <= 20).then_some(rank),
            "user {user}"
        );
        for listed in &card.recommended {
            assert_eq!(listed.held_out, listed.item == target);
            assert!(
                card.history
                    .iter()
                    .all(|event| event.item != listed.item || listed.item == target)
            );
        }
    }
}

#[test]
fn files_of_the_reader_become_the_data_of_a_new_run() {
    let mut talk = Talk::applied();
    let rows = (0..40).map(|row| format!("{},{},4,{row}\n", row % 5, row / 5 + row % 3));
    let bytes = std::iter::once("userId,movieId,rating,timestamp\n".to_owned())
        .chain(rows)
        .collect::<String>();
    let name = "ratings.csv".to_owned();
    let files = vec![playground::protocol::NamedFile {
        name,
        bytes: bytes.into_bytes(),
    }];
    let Some(Event::Applied(applied)) = talk.call(Request::LoadFiles { files, data: None }) else {
        panic!("{:?}", talk.said.last())
    };
    assert_eq!((applied.dataset.users, applied.dataset.interactions), (5, 40));
    assert_ne!(applied.recipe.data.kind, "planted");
}

#[test]
fn the_watched_row_of_a_batch_is_told_with_all_it_was_compared_with() {
    let mut talk = Talk::applied();
    let mut recipe = small();
    recipe.train.settings.insert("epochs".to_owned(), Value::Number(20.0));
    talk.call(Request::Apply {
        recipe: Box::new(recipe),
    });
    talk.call(Request::Watch(Watch {
        negatives: Some(3),
        ..Watch::default()
    }));
    talk.session.snapshot(&mut |reply| talk.said.push(reply));
    assert!(
        !talk.said.iter().any(|reply| matches!(reply.event, Event::Negatives(_))),
        "nothing was compared before the first step"
    );
    talk.call(Request::RunTo { step: 55 });
    talk.work(1_000);
    talk.session.snapshot(&mut |reply| talk.said.push(reply));
    let picture = talk.said.iter().find_map(|reply| match &reply.event {
        Event::Negatives(picture) => Some(picture),
        _ => None,
    });
    let picture = picture.expect("a batch was compared");
    assert_eq!((picture.step, picture.row), (55, 3));
    // In-batch: a column for each row, its own among those that do not count.
    assert_eq!(picture.sources, [("batch".to_owned(), picture.rows)]);
    assert!(picture.masked >= 1);
    let own = |item: u32| item == picture.positive.item;
    assert!(
        picture
            .hardest
            .iter()
            .filter(|negative| own(negative.item))
            .all(|negative| negative.masked)
    );
    let measured = talk.said.iter().find_map(|reply| match &reply.event {
        Event::Measured { points } => points.first(),
        _ => None,
    });
    let measured = measured.expect("the drift is measured by step 50");
    assert_eq!((measured.step, measured.pool), (50, picture.rows));
    assert!(measured.drift[0] < measured.drift[1] && measured.drift[1] < measured.drift[2]);
}
