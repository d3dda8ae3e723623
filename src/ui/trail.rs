//! Recipes one can go back to, and forward again.

use crate::protocol::Recipe;

/// Recipes kept at most.
const LENGTH: usize = 50;

/// The recipes before the present one, and those it was taken back from; the nearest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trail {
    pub past: Vec<Recipe>,
    pub future: Vec<Recipe>,
}

impl Trail {
    /// The recipe has become another: by going back or forward on the trail, or by a new turn.
    pub fn note(&mut self, before: &Recipe, after: &Recipe) {
        if before == after {
            return;
        }
        if self.past.last() == Some(after) {
            self.past.pop();
            self.future.push(before.clone());
        } else {
            if self.future.last() == Some(after) {
                self.future.pop();
            } else {
                self.future.clear();
            }
            self.past.push(before.clone());
            if self.past.len() > LENGTH {
                self.past.remove(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_goes_back_and_forward_and_a_new_turn_forgets_what_was_ahead() {
        let recipe = |seed| Recipe {
            seed,
            ..Recipe::default()
        };
        let seeds = |recipes: &[Recipe]| recipes.iter().map(|recipe| recipe.seed).collect::<Vec<_>>();
        let mut trail = Trail::default();
        for (before, after) in [(1, 2), (2, 3), (3, 3), (3, 2)] {
            trail.note(&recipe(before), &recipe(after));
        }
        assert_eq!((seeds(&trail.past), seeds(&trail.future)), (vec![1], vec![3]));
        trail.note(&recipe(2), &recipe(3));
        assert_eq!((seeds(&trail.past), seeds(&trail.future)), (vec![1, 2], vec![]));
        trail.note(&recipe(3), &recipe(2));
        trail.note(&recipe(2), &recipe(9));
        assert_eq!((seeds(&trail.past), seeds(&trail.future)), (vec![1, 2], vec![]));
    }
}
