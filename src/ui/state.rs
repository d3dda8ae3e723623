//! All the page knows, and the one place where it changes.

use crate::protocol::{
    Advice, Applied, Catalogue, ColumnsWanted, Evaluated, Event, FeatureLook, FeaturesPicture, Found, InsidePicture,
    Look, MapPicture, NegativesPicture, Query, Recipe, Reply, RunState, Scenery, Status, UserCard,
};
use crate::text::Message;

use super::map::Caught;
use super::names::Names;
use super::search::Bench;
use super::shared::Shared;
use super::story::Story;
use super::sweep::Sweep;
use super::theme::Theme;
use super::trail::Trail;

/// Something that can be hovered and selected wherever it appears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    User(u32),
    Item(u32),
}

/// What the reader looks at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Focus {
    /// The selected user.
    pub user: Option<u32>,
    /// The selected item.
    pub item: Option<u32>,
    /// What the pointer is on.
    pub hovered: Option<Thing>,
    /// The only group shown in colour.
    pub group: Option<u16>,
    /// What is true of a planted world is shown.
    pub truth: bool,
    /// Only items inside the selected user's bubbles are shown in colour.
    pub inside: bool,
}

/// The sheet a phone shows; a wide screen shows all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    View,
    Recipe,
    Metrics,
}

/// Steps in ten seconds of the demo: one sees the map unfold.
pub const DEMO_SPEED: u32 = 1_000;

/// A word to the reader that stays until it is dismissed.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// Something could not be done; everything stands as before.
    Refused(Message),
    /// Something is worth knowing.
    Said(Message),
    /// The worker died. `again` where another one has been started.
    Died { words: String, again: bool },
}

/// What there is to a link and a session that is kept.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Share {
    /// Sections that are not shown.
    pub hidden: Vec<String>,
    /// Sections that cannot be changed.
    pub locked: Vec<String>,
    /// The link last made, and whether it can be pasted.
    pub link: Option<String>,
    pub copied: bool,
    /// Whether the browser kept the session; nothing where there was none to keep.
    pub kept: Option<bool>,
}

/// What two users type, and what each of them gets.
#[derive(Clone, Debug, PartialEq)]
pub struct Personal {
    pub text: String,
    pub users: [u32; 2],
    /// Only what has the attributes that the text names.
    pub control: bool,
    pub found: [Option<Found>; 2],
    /// Why the words have no answer.
    pub refused: Option<Message>,
}

/// What stays of a run that is kept to be compared with.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// As it was when it was kept.
    pub recipe: Recipe,
    /// Step and smoothed loss.
    pub losses: Vec<(f64, f64)>,
    pub evaluations: Vec<Evaluated>,
    pub map: Option<Shared<MapPicture>>,
}

/// All the page knows. The latest of each kind, curves as histories.
#[derive(Clone, PartialEq)]
pub struct State {
    /// The present run; words of earlier ones are dropped.
    pub run: u32,
    /// What can be chosen.
    pub catalogue: Shared<Catalogue>,
    /// As the controls show it.
    pub recipe: Shared<Recipe>,
    /// As the worker last confirmed it, every default filled in.
    pub applied: Option<Shared<Recipe>>,
    /// What is to be said of its choices.
    pub advice: Shared<Advice>,
    /// What was adjusted in the recipe or left out of the data.
    pub notices: Shared<Vec<Message>>,
    /// Names and groups.
    pub names: Shared<Names>,
    /// Where the run is.
    pub progress: Shared<RunState>,
    /// Its course up to there.
    pub story: Story,
    /// Its course further on, where it went back.
    pub ahead: Option<Story>,
    /// The row of the last batch that is looked at.
    pub row: u32,
    pub negatives: Option<Shared<NegativesPicture>>,
    /// An earlier run, kept to be compared with.
    pub kept: Option<Shared<Kept>>,
    /// Up to two that were kept before it, whose maps stand beside as well.
    pub earlier: Vec<Shared<Kept>>,
    /// The interest map.
    pub map: Option<Shared<MapPicture>>,
    /// The card of the selected user.
    pub card: Option<Shared<UserCard>>,
    /// What the model made of their history, and how that is looked at.
    pub inside: Option<Shared<InsidePicture>>,
    pub look: Look,
    /// How ids and numbers become vectors, and what is looked at of that; nothing while the lab is closed.
    pub features: Option<Shared<FeaturesPicture>>,
    pub lab: Option<FeatureLook>,
    /// The query last asked, and its answer.
    pub query: Option<Shared<Query>>,
    pub found: Option<Shared<Found>>,
    /// Why the last query has no answer.
    pub not_found: Option<Message>,
    /// The indexes that stand beside the exact search.
    pub bench: Shared<Bench>,
    /// What was typed last, for models that read it.
    pub personal: Option<Shared<Personal>>,
    /// A table whose columns have to be named.
    pub columns: Option<Shared<ColumnsWanted>>,
    /// A long step under way, with its share done.
    pub working: Option<(Message, Option<f32>)>,
    /// What has to be said.
    pub notice: Option<Shared<Notice>>,
    /// The reader wants it to train: so does a new run, then.
    pub playing: bool,
    /// Steps in ten seconds at most; 0 for as fast as it goes.
    pub speed: u32,
    /// What the reader looks at.
    pub focus: Focus,
    /// What they drew a line round.
    pub caught: Option<Shared<Caught>>,
    /// What a second worker trains, or has trained.
    pub sweep: Option<Shared<Sweep>>,
    /// What several workers train side by side, or have trained, and what is lined up for the next time.
    pub race: Option<Shared<Sweep>>,
    pub lined_up: Shared<Vec<Recipe>>,
    /// Links, and the session that is kept.
    pub share: Share,
    /// Recipes to go back to.
    pub trail: Shared<Trail>,
    pub sheet: Sheet,
    pub theme: Theme,
}

/// What can happen.
pub enum Action {
    /// The worker says something of its own accord.
    Heard(Event),
    /// A run begins.
    Began {
        run: u32,
        applied: Box<Applied>,
    },
    /// The worker is up, or up again.
    Up {
        catalogue: Catalogue,
        recipe: Recipe,
    },
    /// The worker is dead.
    Died {
        words: String,
        again: bool,
    },
    /// The reader changed the recipe.
    Edited(Recipe),
    /// A request came to nothing.
    Refused(Message),
    /// A query was sent, or came to nothing.
    Asked(Query),
    NotFound(Message),
    /// Two users type something, or it came to nothing.
    Typed {
        text: String,
        users: [u32; 2],
        control: bool,
    },
    NothingFor(Message),
    /// The reader starts or stops the training.
    Play(bool),
    Speed(u32),
    /// The reader selects something, or nothing any more.
    Select(Thing),
    Deselect,
    Hover(Option<Thing>),
    Spotlight(Option<u16>),
    ShowTruth(bool),
    ShowInside(bool),
    /// A line was drawn round these, or round nothing.
    Catch(Option<Caught>),
    /// A history is looked at in another way.
    Look(Look),
    /// The lab is opened, shows something else, or is closed.
    Lab(Option<FeatureLook>),
    Show(Sheet),
    Wear(Theme),
    /// The reader has read the notice, or wants no more of the columns.
    Dismiss,
    ForgetColumns,
    /// The reader looks at another row of the batch.
    Row(u32),
    /// The curves of this run stay while others come, or go.
    Keep(bool),
    /// The second worker has come further.
    Sweep(Sweep),
    /// Those of the race have come further.
    Race(Sweep),
}

impl Personal {
    /// What a user got, if they asked.
    fn answer(&self, user: u32) -> Option<&Found> {
        let place = self.users.iter().position(|&who| who == user)?;
        self.found[place].as_ref()
    }
}

impl State {
    pub fn new(theme: Theme) -> Self {
        Self {
            run: 0,
            catalogue: Shared::default(),
            recipe: Shared::default(),
            applied: None,
            advice: Shared::default(),
            notices: Shared::default(),
            names: Shared::default(),
            progress: Shared::default(),
            story: Story::default(),
            ahead: None,
            row: 0,
            negatives: None,
            kept: None,
            earlier: Vec::new(),
            map: None,
            card: None,
            inside: None,
            look: Look::default(),
            features: None,
            lab: None,
            query: None,
            found: None,
            not_found: None,
            bench: Shared::default(),
            personal: None,
            columns: None,
            working: None,
            notice: None,
            playing: true,
            speed: DEMO_SPEED,
            focus: Focus::default(),
            caught: None,
            sweep: None,
            race: None,
            lined_up: Shared::default(),
            share: Share::default(),
            trail: Shared::default(),
            sheet: Sheet::View,
            theme,
        }
    }

    /// What the worker says becomes an action, unless it is about a run that is over or too early for one.
    pub fn hear(&mut self, reply: Reply) {
        let current = reply.run == self.run;
        match reply.event {
            Event::Ready { catalogue, recipe } => self.act(Action::Up {
                catalogue,
                recipe: *recipe,
            }),
            Event::Applied(applied) if reply.run >= self.run => self.act(Action::Began {
                run: reply.run,
                applied,
            }),
            Event::Refused(why) if reply.answers.is_none() => self.act(Action::Refused(why)),
            event @ (Event::Working { .. } | Event::NeedColumns(_)) => self.act(Action::Heard(event)),
            event if current => self.act(Action::Heard(event)),
            _ => {}
        }
    }

    /// Changes the state.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Heard(event) => self.take(event),
            Action::Began { run, applied } => self.begin(run, *applied),
            Action::Up { catalogue, recipe } => {
                self.run = 0;
                self.catalogue = Shared::new(catalogue);
                if self.applied.is_none() {
                    self.recipe = Shared::new(recipe);
                }
            }
            Action::Died { words, again } => {
                self.working = None;
                self.playing = false;
                self.revert();
                if self.progress.status != Status::Empty {
                    self.progress.make_mut().status = Status::Paused;
                }
                self.notice = Some(Shared::new(Notice::Died { words, again }));
            }
            Action::Edited(recipe) => self.recipe = Shared::new(recipe),
            Action::Refused(why) => {
                self.working = None;
                self.revert();
                self.notice = Some(Shared::new(Notice::Refused(why)));
            }
            Action::Asked(query) => {
                self.query = Some(Shared::new(query));
                self.not_found = None;
                self.bench.make_mut().stop_walking();
            }
            Action::NotFound(why) => {
                self.found = None;
                self.not_found = Some(why);
            }
            Action::Typed { text, users, control } => {
                let found = self
                    .personal
                    .take()
                    .map(|before| (before.text == text && before.control == control, before));
                let found = match found {
                    // The other user's answer still holds.
                    Some((true, before)) => users.map(|user| before.answer(user).cloned()),
                    _ => [None, None],
                };
                self.personal = Some(Shared::new(Personal {
                    text,
                    users,
                    control,
                    found,
                    refused: None,
                }));
            }
            Action::NothingFor(why) => {
                if let Some(personal) = &mut self.personal {
                    personal.make_mut().refused = Some(why);
                }
            }
            Action::Play(playing) => self.playing = playing,
            Action::Speed(speed) => self.speed = speed,
            Action::Select(Thing::User(user)) => self.focus.user = Some(user),
            Action::Select(Thing::Item(item)) => self.focus.item = Some(item),
            Action::Deselect => self.focus.item = None,
            Action::Hover(thing) => self.focus.hovered = thing,
            Action::Spotlight(group) => self.focus.group = group,
            Action::Catch(caught) => self.caught = caught.map(Shared::new),
            Action::ShowTruth(truth) => self.focus.truth = truth,
            Action::ShowInside(inside) => self.focus.inside = inside,
            Action::Look(look) => self.look = look,
            Action::Lab(look) => {
                if look.is_none() {
                    self.features = None;
                }
                self.lab = look;
            }
            Action::Show(sheet) => self.sheet = sheet,
            Action::Wear(theme) => self.theme = theme,
            Action::Dismiss => self.notice = None,
            Action::ForgetColumns => self.columns = None,
            Action::Row(row) => self.row = row,
            Action::Sweep(sweep) => self.sweep = Some(Shared::new(sweep)),
            Action::Race(race) => self.race = Some(Shared::new(race)),
            Action::Keep(keep) => {
                self.earlier.clear();
                self.kept = keep.then(|| {
                    Shared::new(Kept {
                        recipe: self.recipe.at(self.progress.step),
                        losses: self.story.losses.smooth(),
                        evaluations: (*self.story.evaluations).clone(),
                        map: self.map.clone(),
                    })
                });
            }
        }
    }

    /// The item that the selected user is to be compared with: hovered or selected, for a model that compares.
    pub fn looked_at(&self) -> Option<u32> {
        let meets = |inside: &InsidePicture| inside.bubbles.is_some() || inside.attention.is_some();
        let compares = self.inside.as_ref().is_some_and(|inside| meets(inside));
        let hovered = match self.focus.hovered {
            Some(Thing::Item(item)) => Some(item),
            _ => None,
        };
        hovered.or(self.focus.item).filter(|_| compares)
    }

    fn take(&mut self, event: Event) {
        match event {
            Event::Working { what, share } => self.working = Some((what, share)),
            Event::NeedColumns(wanted) => {
                self.working = None;
                self.columns = Some(Shared::new(*wanted));
            }
            Event::State(state) => {
                self.working = None;
                self.go_to(state.step);
                self.progress = Shared::new(*state);
            }
            Event::Changed { recipe, advice } => {
                self.accept(*recipe);
                self.advice = Shared::new(advice);
                // Another future begins here.
                self.ahead = None;
            }
            Event::Losses { points } => self.known().take_losses(points),
            Event::Evaluated(evaluated) => self.known().take_evaluation(evaluated),
            Event::Measured { points } => self.known().take_measured(points),
            Event::Negatives(picture) => self.negatives = Some(Shared::new(*picture)),
            Event::Map(picture) => self.map = Some(Shared::new(*picture)),
            Event::Inside(picture) => self.inside = Some(Shared::new(*picture)),
            Event::Features(picture) => self.features = Some(Shared::new(*picture)),
            Event::User(card) => self.card = Some(Shared::new(*card)),
            Event::Found(found) => self.find(*found),
            Event::Indexes(_)
            | Event::Cells(_)
            | Event::Walked(_)
            | Event::Kept(_)
            | Event::Swept { .. }
            | Event::Aged(_) => self.bench.make_mut().take(event),
            Event::Ready { .. }
            | Event::Applied(_)
            | Event::Refused(_)
            | Event::Exported { .. }
            | Event::Saved { .. }
            | Event::Died { .. } => {}
        }
    }

    fn find(&mut self, found: Found) {
        let Query::Asked { user, text, control } = &found.query else {
            // What scripts ask is answered to them.
            if self.query.as_ref().is_none_or(|query| **query == found.query) {
                self.not_found = None;
                self.found = Some(Shared::new(found));
            }
            return;
        };
        if let Some(personal) = self
            .personal
            .as_mut()
            .filter(|personal| personal.text == *text && personal.control == *control)
        {
            let user = *user;
            let personal = personal.make_mut();
            personal.refused = None;
            for (place, who) in personal.found.iter_mut().zip(personal.users) {
                if who == user {
                    *place = Some(found.clone());
                }
            }
        }
    }

    fn begin(&mut self, run: u32, applied: Applied) {
        let Applied {
            recipe,
            notices,
            advice,
            dataset,
            scenery,
            mut state,
        } = applied;
        self.run = run;
        self.accept(recipe);
        self.advice = Shared::new(advice);
        self.notices = Shared::new(notices.into_iter().chain(dataset.notices.iter().cloned()).collect());
        state.dataset = dataset;
        self.progress = Shared::new(state);
        self.story = Story::default();
        self.ahead = None;
        self.negatives = None;
        self.map = None;
        self.card = None;
        self.inside = None;
        self.look = Look::default();
        self.features = None;
        self.found = None;
        self.bench.make_mut().begin();
        if let Some(personal) = &mut self.personal {
            personal.make_mut().found = [None, None];
        }
        self.working = None;
        self.columns = None;
        // What was refused before is water under the bridge; a death is worth knowing for longer.
        if matches!(self.notice.as_deref(), Some(Notice::Refused(_))) {
            self.notice = None;
        }
        if let Some(scenery) = scenery {
            self.focus = Focus {
                user: (!scenery.user_labels.is_empty()).then(|| worth_seeing(&scenery)),
                ..Focus::default()
            };
            self.caught = None;
            self.names = Shared::new(Names::new(scenery));
            self.query = self.focus.user.map(|user| Shared::new(Query::User(user)));
            self.not_found = None;
            self.personal = None;
        }
    }

    /// The recipe is another now.
    fn accept(&mut self, recipe: Recipe) {
        if let Some(before) = &self.applied {
            self.trail.make_mut().note(before, &recipe);
        }
        self.recipe = Shared::new(recipe);
        self.applied = Some(self.recipe.clone());
    }

    /// Shows another run beside the reader's own, and those before it on the map.
    pub fn show_beside(&mut self, kept: Kept) {
        self.earlier.retain(|other| other.recipe != kept.recipe);
        let last = self.kept.replace(Shared::new(kept));
        self.earlier
            .extend(last.filter(|last| self.kept.as_ref().is_some_and(|kept| kept.recipe != last.recipe)));
        if self.earlier.len() > 2 {
            self.earlier.remove(0);
        }
    }

    /// All that is known of the course of the run.
    fn known(&mut self) -> &mut Story {
        self.ahead.as_mut().unwrap_or(&mut self.story)
    }

    /// The run stands at another step: its course is seen up to there.
    fn go_to(&mut self, step: u64) {
        if step < self.progress.step && self.ahead.is_none() {
            self.story.reach = self.progress.step;
            self.ahead = Some(self.story.clone());
        }
        match self.ahead.take() {
            Some(story) if step < story.reach => {
                self.story = story.until(step);
                self.ahead = Some(story);
            }
            Some(story) => self.story = story,
            None => {}
        }
    }

    /// The controls show again what holds.
    fn revert(&mut self) {
        if let Some(applied) = &self.applied {
            self.recipe = applied.clone();
        }
    }
}

impl State {
    /// Whether the run has begun and goes on: then negatives, loss and rule can change in it.
    pub fn under_way(&self) -> bool {
        let going = [Status::Training, Status::Evaluating, Status::Paused];
        self.progress.step > 0 && going.contains(&self.progress.status)
    }

    /// The furthest step that is known of the run.
    pub fn reach(&self) -> u64 {
        self.ahead.as_ref().map_or(self.progress.step, |story| story.reach)
    }

    /// Whether the model reads what users type.
    pub fn reads_queries(&self) -> bool {
        let models = self.catalogue.sections.iter().find(|section| section.key == "model");
        let kind = &self.recipe.model.kind;
        models.is_some_and(|models| models.kinds.iter().any(|model| model.kind == *kind && model.queries))
    }

    /// Step of the last change of the recipe that holds; 0 for none.
    pub fn since(&self) -> u64 {
        let steps = self.recipe.changes.iter().map(|change| change.step);
        steps.filter(|step| *step <= self.progress.step).max().unwrap_or(0)
    }
}

/// The user whose card is opened first: one who is known to have two interests, or just the first.
fn worth_seeing(scenery: &Scenery) -> u32 {
    let interests = scenery.truth.iter().flat_map(|truth| &truth.interests);
    let two = |of_user: &Vec<(u16, f32)>| of_user.iter().filter(|(_, share)| *share > 0.3).count() == 2;
    interests.into_iter().position(two).unwrap_or(0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(scenery: Option<Scenery>) -> Event {
        Event::Applied(Box::new(Applied {
            recipe: Recipe::default(),
            notices: Vec::new(),
            advice: crate::protocol::Advice::default(),
            dataset: crate::protocol::DatasetInfo::default(),
            scenery,
            state: RunState::default(),
        }))
    }

    fn tell(state: &mut State, run: u32, event: Event) {
        state.hear(Reply {
            run,
            answers: None,
            event,
        });
    }

    #[test]
    fn late_words_of_an_old_run_are_dropped() {
        let mut state = State::new(Theme::Light);
        tell(&mut state, 1, applied(None));
        tell(&mut state, 2, applied(None));
        tell(&mut state, 1, Event::Losses { points: vec![(7, 1.0)] });
        assert!(state.story.losses.points().is_empty());
        tell(&mut state, 2, Event::Losses { points: vec![(1, 3.0)] });
        assert_eq!(state.story.losses.points(), [(1.0, 3.0)]);
        tell(&mut state, 1, applied(None));
        assert_eq!(state.run, 2, "an old run does not begin again");
    }

    #[test]
    fn a_new_run_begins_with_empty_curves_and_keeps_the_names_of_the_same_data() {
        let mut state = State::new(Theme::Light);
        let scenery = Scenery {
            item_titles: vec!["Heat".to_owned()],
            ..Scenery::default()
        };
        tell(&mut state, 1, applied(Some(scenery)));
        tell(&mut state, 1, Event::Losses { points: vec![(1, 3.0)] });
        tell(&mut state, 2, applied(None));
        assert!(state.story.losses.points().is_empty());
        assert_eq!(state.names.title(0), "Heat");
    }

    #[test]
    fn a_refusal_puts_the_controls_back_and_leaves_the_rest() {
        let mut state = State::new(Theme::Light);
        tell(&mut state, 1, applied(None));
        tell(&mut state, 1, Event::Losses { points: vec![(1, 3.0)] });
        state.act(Action::Edited(Recipe {
            seed: 7,
            ..Recipe::default()
        }));
        assert_eq!(state.recipe.seed, 7);
        state.act(Action::Refused(Message::new("page.dismiss")));
        assert_eq!(state.recipe.seed, Recipe::default().seed);
        assert_eq!(state.story.losses.points().len(), 1);
    }

    #[test]
    fn going_back_shows_the_course_up_to_there_and_forward_again_the_rest_until_another_future_begins() {
        let mut state = State::new(Theme::Light);
        let at = |state: &mut State, step| {
            let now = RunState {
                step,
                ..RunState::default()
            };
            tell(state, 1, Event::State(Box::new(now)));
        };
        let losses = |state: &mut State, points: &[(u64, f32)]| {
            tell(
                state,
                1,
                Event::Losses {
                    points: points.to_vec(),
                },
            );
        };
        tell(&mut state, 1, applied(None));
        losses(&mut state, &[(1, 3.0), (2, 2.0)]);
        at(&mut state, 2);
        assert_eq!(state.story.losses.points().len(), 2);
        at(&mut state, 0);
        assert!(state.story.losses.points().is_empty());
        losses(&mut state, &[(1, 3.0)]);
        at(&mut state, 1);
        assert_eq!(state.story.losses.points(), [(1.0, 3.0)]);
        losses(&mut state, &[(2, 2.0), (3, 1.0)]);
        at(&mut state, 3);
        assert_eq!(state.story.losses.points(), [(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)]);
        assert!(state.ahead.is_none());

        at(&mut state, 1);
        tell(
            &mut state,
            1,
            Event::Changed {
                recipe: Box::default(),
                advice: crate::protocol::Advice::default(),
            },
        );
        losses(&mut state, &[(2, 9.0)]);
        at(&mut state, 2);
        assert_eq!(state.story.losses.points(), [(1.0, 3.0), (2.0, 9.0)]);
    }

    #[test]
    fn another_worker_counts_its_runs_from_the_beginning() {
        let mut state = State::new(Theme::Light);
        tell(&mut state, 5, applied(None));
        state.act(Action::Died {
            words: String::new(),
            again: true,
        });
        tell(
            &mut state,
            0,
            Event::Ready {
                catalogue: Catalogue::default(),
                recipe: Box::default(),
            },
        );
        tell(&mut state, 1, applied(None));
        assert_eq!(state.run, 1);
    }
}
