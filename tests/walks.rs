//! Walks through the time of a run: forward, back, into another future, and on in another worker. Wherever a walk
//! stands, it has the checksum that a straight run of its recipe has there. Natively and in a worker of headless
//! Chromium.

use std::collections::BTreeMap;

use playground::engine::rng::{Purpose, Rng};
use playground::plan::catalogue;
use playground::protocol::{
    Call, Change, Event, Export, NamedFile, Recipe, Reply, Request, RunState, Section, Watch, link,
};
use playground::session::Session;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

/// Steps a walk does not go beyond.
const FAR: u32 = 200;

/// A session and what it said last.
#[derive(Default)]
struct Walker {
    session: Session,
    calls: u32,
}

impl Walker {
    fn call(&mut self, request: Request) -> Result<Event, String> {
        self.calls += 1;
        let id = self.calls;
        let mut answer = None;
        let mut hear = |reply: Reply| {
            if reply.answers == Some(id) {
                answer = Some(reply.event);
            }
        };
        self.session.handle(Call { id, request }, &mut hear);
        while self.session.busy() {
            self.session.tick(&mut || true, &mut hear);
        }
        match answer {
            Some(Event::Refused(why)) => Err(why.to_string()),
            Some(event) => Ok(event),
            None => Err("no answer".to_owned()),
        }
    }

    fn applied(recipe: &Recipe) -> Result<Self, String> {
        let mut walker = Self::default();
        walker.call(Request::Apply {
            recipe: Box::new(recipe.clone()),
        })?;
        Ok(walker)
    }

    /// Plays for some units of work, then pauses.
    fn play(&mut self, units: u32) {
        let call = |request| Call { id: u32::MAX, request };
        self.session.handle(call(Request::Play), &mut drop);
        let mut units = 0..units;
        self.session.tick(&mut || units.next().is_some(), &mut drop);
        self.session.handle(call(Request::Pause), &mut drop);
    }

    fn run_to(&mut self, step: u64) {
        self.call(Request::RunTo { step }).expect("any step can be gone to");
    }

    /// Where it stands; looking at the map on the way must not matter.
    fn state(&mut self) -> RunState {
        let watch = Watch {
            map: true,
            user: Some(0),
            negatives: Some(0),
            ..Watch::default()
        };
        let Ok(Event::State(state)) = self.call(Request::Watch(watch)) else {
            panic!("a watch is answered by the state")
        };
        self.session.snapshot(&mut drop);
        *state
    }

    /// The run as a file.
    fn file(&mut self) -> NamedFile {
        let Ok(Event::Saved { run, .. }) = self.call(Request::Export(Export::Run)) else {
            panic!("a run is a file")
        };
        NamedFile {
            name: "run.rprun".to_owned(),
            bytes: run.0,
        }
    }

    /// Goes on in another session, as after the page was loaded anew.
    fn reload(&mut self) {
        let files = vec![self.file()];
        *self = Self::default();
        let event = self.call(Request::LoadFiles { files, data: None });
        assert!(matches!(event, Ok(Event::Applied(_))), "{event:?}");
    }
}

/// Checksums of straight runs, by recipe and step.
#[derive(Default)]
struct Straight(BTreeMap<(String, u64), Option<String>>);

impl Straight {
    fn checksum(&mut self, recipe: &Recipe, step: u64) -> Option<String> {
        let key = (link::text(&link::of_recipe(recipe)), step);
        let run = || {
            let mut walker = Walker::applied(recipe).expect("the recipe holds");
            walker.run_to(step);
            walker.state().checksum
        };
        self.0.entry(key).or_insert_with(run).clone()
    }
}

fn one_of<'a, T>(rng: &mut Rng, all: &'a [T]) -> &'a T {
    &all[rng.below(all.len() as u32) as usize]
}

/// A kind of a section with its defaults.
fn any_kind(rng: &mut Rng, key: &str) -> Section {
    let sections = catalogue().sections;
    let section = sections.iter().find(|section| section.key == key).expect("a section");
    let kinds: Vec<_> = section.kinds.iter().filter(|kind| kind.kind != "given").collect();
    Section {
        kind: one_of(rng, &kinds).kind.clone(),
        ..Section::default()
    }
}

/// A small recipe of any model, sampler, loss and rule that go together.
fn any_recipe(rng: &mut Rng) -> Recipe {
    for _ in 0..200 {
        let small = "data.users=60&data.items=50&train.batch=32&train.epochs=40&model.dim=8";
        let (mut recipe, _) = link::to_recipe(link::pairs(small));
        recipe.seed = rng.bits();
        for key in ["model", "sampler", "loss", "optimizer"] {
            if let Some(section) = recipe.section_mut(key) {
                let settings = std::mem::take(&mut section.settings);
                *section = any_kind(rng, key);
                section.settings = settings;
            }
        }
        if rng.below(3) == 0 {
            recipe.encoder = any_kind(rng, "encoder");
        }
        if rng.below(3) == 0 && recipe.sampler.kind == "cross_batch" {
            let (streaming, _) = link::to_recipe(link::pairs("sampler.frequency=streaming"));
            recipe.sampler.settings = streaming.sampler.settings;
        }
        if Walker::applied(&recipe).is_ok() {
            return recipe;
        }
    }
    panic!("no recipe of 200 holds")
}

/// One walk; gives how many places it compared.
fn walk(seed: u32, moves: usize) -> usize {
    let mut rng = Rng::stream(seed, Purpose::Trial, 0);
    let mut recipe = any_recipe(&mut rng);
    let mut walker = Walker::applied(&recipe).expect("the recipe holds");
    let mut straight = Straight::default();
    let mut way = vec![link::text(&link::of_recipe(&recipe))];
    for _ in 0..moves {
        let step = walker.state().step;
        let kind = rng.below(8);
        way.push(format!("{kind} at {step}"));
        match kind {
            0 => walker.run_to((step + 1).min(u64::from(FAR))),
            1 => walker.run_to(step.saturating_sub(1)),
            2 | 3 => walker.run_to(u64::from(rng.below(FAR))),
            4 => walker.play(rng.below(100)),
            5 => walker.reload(),
            6 => {
                walker.call(Request::Reset).expect("a run can always begin again");
            }
            _ => {
                let mut change = Change::default();
                let key = *one_of(&mut rng, &["sampler", "loss", "optimizer"]);
                change.set(key, any_kind(&mut rng, key));
                if let Ok(Event::Changed { recipe: changed, .. }) = walker.call(Request::Change(Box::new(change))) {
                    recipe = *changed;
                }
            }
        }
        let state = walker.state();
        way.push(format!("is at {}", state.step));
        let checksum = straight.checksum(&recipe, state.step);
        assert!(checksum.is_some(), "at rest there is a checksum: {way:#?}");
        assert_eq!(state.checksum, checksum, "walk {seed}: {way:#?}");
    }
    straight.0.len()
}

#[test]
fn wherever_a_walk_stands_it_is_where_a_straight_run_would_be() {
    let walks = if cfg!(target_arch = "wasm32") { 3 } else { 7 };
    let compared: usize = (0..walks).map(|seed| walk(seed, 14)).sum();
    assert!(compared > 5 * walks as usize, "only {compared} places were compared");
}

#[test]
fn a_damaged_file_of_a_run_is_refused_in_a_sentence_and_nothing_is_lost() {
    let (recipe, _) = link::to_recipe(link::pairs("data.users=60&data.items=50&model.dim=8"));
    let mut walker = Walker::applied(&recipe).expect("the recipe holds");
    walker.run_to(5);
    let (before, file) = (walker.state(), walker.file());
    let length = file.bytes.len();
    let mut refused = |bytes: Vec<u8>, part: &str| {
        let name = file.name.clone();
        let files = vec![NamedFile { name, bytes }];
        let why = walker
            .call(Request::LoadFiles { files, data: None })
            .expect_err("refused");
        assert!(why.contains("run.rprun") && why.contains(part), "{why}");
        assert_eq!(walker.state(), before);
    };
    for cut in [4, 6, 8, 20, length / 2, length - 1] {
        refused(file.bytes[..cut].to_vec(), "damaged");
    }
    for at in (8..length).step_by(length / 20) {
        let mut bytes = file.bytes.clone();
        bytes[at] ^= 1;
        refused(bytes, "damaged");
    }
    let mut newer = file.bytes.clone();
    newer[4] = 9;
    refused(newer, "version 9");
}
