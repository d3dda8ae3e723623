//! What the page is told while it looks on.

use super::run::Run;
use super::{Out, Session};
use crate::pictures::{CellsScene, Scene, cells_picture, inside_picture, user_card};
use crate::protocol::{Event, FeatureLook, Indexes, Look, Reply, RunState};

/// Of so many snapshots in a row, one tells what needs a while to be read: tables and the charts beside them.
const SELDOM: u32 = 10;

/// Steps a second up to which one looks at every step.
const SLOW: f32 = 1.0;

/// The step and watch of the last pictures.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) state: Option<RunState>,
    pub(super) map: Option<(u64, Option<u32>)>,
    pub(super) user: Option<(u64, u32)>,
    pub(super) negatives: Option<(u64, u32)>,
    pub(super) inside: Option<(u64, u32, Look)>,
    pub(super) features: Option<(u64, FeatureLook)>,
    /// How the indexes stand.
    pub(super) indexes: Option<Indexes>,
    /// Step, index and step of its vectors.
    pub(super) cells: Option<(u64, u32, u64)>,
    /// Step of the last measurement.
    pub(super) measured: Option<u64>,
    /// Snapshots since the last that told what is told seldom.
    pub(super) snapshots: u32,
}

impl Session {
    /// Tells what is watched and has changed since it was last told.
    pub fn snapshot(&mut self, out: Out) {
        let run = self.number;
        let mut watch = self.watch.clone();
        let Some(active) = &mut self.active else { return };
        // The page may still look at somebody of the data before.
        let n_users = active.run.world.dataset.users.len();
        watch.user = watch.user.filter(|&user| (user as usize) < n_users);
        let mut tell = |event| {
            out(Reply {
                run,
                answers: None,
                event,
            })
        };
        if !active.losses.is_empty() {
            tell(Event::Losses {
                points: std::mem::take(&mut active.losses),
            });
        }
        active.told.snapshots += 1;
        let seldom = active.goal.is_none() || active.told.snapshots >= SELDOM;
        if seldom {
            active.told.snapshots = 0;
        }
        if seldom && !active.measured.is_empty() {
            tell(Event::Measured {
                points: std::mem::take(&mut active.measured),
            });
        }
        let state = active.state();
        if active.told.state.as_ref() != Some(&state) {
            active.told.state = Some(state.clone());
            tell(Event::State(Box::new(state)));
        }
        let step = active.run.trainer.steps();
        let history = active.run.plan.train().history;
        let truth = active.truth.as_deref();
        if watch.map && active.told.map != Some((step, watch.user)) {
            active.told.map = Some((step, watch.user));
            if let Some(map) = active
                .painter
                .draw(active.run.trainer.as_mut(), &active.run.world, truth, watch.user)
            {
                tell(Event::Map(Box::new(map)));
            }
        }
        if let Some(user) = watch.user
            && active.told.user != Some((step, user))
        {
            active.told.user = Some((step, user));
            tell(Event::User(Box::new(user_card(
                active.run.trainer.as_mut(),
                &active.run.world,
                user,
                history,
            ))));
        }
        let inside = watch.user.filter(|_| watch.inside);
        if let Some(user) = inside
            && active.told.inside != Some((step, user, watch.look))
            && (seldom
                || active
                    .told
                    .inside
                    .is_none_or(|(_, told, look)| (told, look) != (user, watch.look)))
        {
            active.told.inside = Some((step, user, watch.look));
            let trainer = active.run.trainer.as_mut();
            let scene = Scene {
                world: &active.run.world,
                truth,
                history,
                projection: active.painter.projection(),
                look: watch.look,
            };
            if let Some(picture) = inside_picture(trainer, scene, user) {
                tell(Event::Inside(Box::new(picture)));
            }
        }
        if let Some(look) = watch.features
            && active.told.features.as_ref() != Some(&(step, look.clone()))
            && (seldom || active.told.features.as_ref().is_none_or(|(_, told)| *told != look))
        {
            let Run {
                plan, world, trainer, ..
            } = &mut active.run;
            let picture = active.features.draw(trainer.as_mut(), plan, world, &look);
            active.told.features = Some((step, look));
            if let Some(picture) = picture {
                tell(Event::Features(Box::new(picture)));
            }
        }
        if watch.search {
            if seldom && active.goal.is_some() {
                active.indexes.age(&mut active.run);
            }
            let standing = active.indexes.standing();
            if active.told.indexes.as_ref() != Some(&standing) {
                active.told.indexes = Some(standing.clone());
                tell(Event::Indexes(standing));
            }
        }
        if let Some(place) = watch.cells
            && let Ok((built, _)) = active.indexes.built(place)
            && active.told.cells != Some((step, place, built.step))
            && (seldom
                || active
                    .told
                    .cells
                    .is_none_or(|(_, told, of)| (told, of) != (place, built.step)))
            && let Some((points, plane)) = active.painter.points(active.run.trainer.as_mut())
        {
            active.told.cells = Some((step, place, built.step));
            let scene = CellsScene {
                place,
                step: built.step,
                index: built.index.as_ref(),
                points: &points,
                plane,
            };
            if let Some(picture) = cells_picture(&scene) {
                tell(Event::Cells(Box::new(picture)));
            }
        }
        if let Some(row) = watch.negatives
            && active.told.negatives != Some((step, row))
            && (seldom || active.told.negatives.is_none_or(|(_, told)| told != row))
        {
            active.told.negatives = Some((step, row));
            let again = active.goal.is_none() || (self.speed > 0.0 && self.speed <= SLOW);
            if let Some(picture) = active.negatives.draw(active.run.trainer.as_mut(), row, again) {
                tell(Event::Negatives(Box::new(picture)));
            }
        }
    }
}
