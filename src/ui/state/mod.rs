//! All the page knows, and the one place where it changes.

mod parts;

use crate::protocol::{
    Advice, Applied, Catalogue, ColumnsWanted, Event, FeatureLook, FeaturesPicture, Found, InsidePicture, Look,
    MapPicture, NegativesPicture, Query, Recipe, Reply, RunState, Scenery, Status, UserCard,
};
use crate::text::Message;

use super::map::Caught;
use super::names::Names;
use super::search::Bench;
use super::shared::Shared;
use super::story::Story;
use super::sweep::{Choice, Sweep};
use super::theme::Theme;
use super::trail::Trail;
pub use parts::{DEMO_SPEED, Focus, Kept, Notice, Personal, Share, Sheet, Thing};

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
    /// Files hover over the page.
    pub hovering: bool,
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
    /// What is chosen of it for the next time.
    pub sizes: Choice,
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
            hovering: false,
            notice: None,
            playing: true,
            speed: DEMO_SPEED,
            focus: Focus::default(),
            caught: None,
            sweep: None,
            sizes: Choice::default(),
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

    /// The run was begun at an earlier opening of the page: this was its course then, which may go on beyond where the run
    /// stands now.
    pub fn recall(&mut self, mut course: Story) {
        course.go_on_with(&self.story);
        let step = self.progress.step;
        if step < course.reach {
            self.story = course.until(step);
            self.ahead = Some(course);
        } else {
            self.story = course;
            self.ahead = None;
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
mod tests;
