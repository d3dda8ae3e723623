//! What follows in the state from the words of workers and the wishes of the reader.

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
