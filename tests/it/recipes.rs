//! Recipes from outside: what is wrong is named by its key.

use playground::protocol::Recipe;

/// What is said of a recipe in JSON.
fn complaint(json: &str) -> String {
    let recipe: Recipe = match serde_json::from_str(json) {
        Ok(recipe) => recipe,
        Err(error) => return error.to_string(),
    };
    match recipe.validate() {
        Ok(_) => "nothing".to_owned(),
        Err(complaints) => complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
    }
}

#[test]
fn a_recipe_of_nothing_but_its_version_and_seed_is_whole() {
    assert_eq!(complaint(r#"{"version":1,"seed":1}"#), "nothing");
}

#[test]
fn a_filled_recipe_reads_back_as_itself() {
    let filled = Recipe::default().validate().expect("the default is sound").recipe;
    let json = serde_json::to_string(&filled).expect("a recipe is plain data");
    let read: Recipe = serde_json::from_str(&json).expect("what was written can be read");
    assert_eq!(read, filled);
    assert_eq!(read.validate().expect("still sound").recipe, filled);
}

#[test]
fn whatever_is_wrong_is_named_by_its_key() {
    for (json, parts) in [
        (r#"{"version":2,"seed":1}"#, ["version", "2"]),
        (r#"{"version":1,"seed":-1}"#, ["invalid value", "-1"]),
        (r#"{"version":1,"seed":1,"modle":{}}"#, ["modle", "model"]),
        (
            r#"{"version":1,"seed":1,"sampler":{"kind":"cross_batch","bank":900000}}"#,
            ["sampler.bank", "256 users"],
        ),
        (
            r#"{"version":1,"seed":1,"sampler":{"kind":"uniform","n":0}}"#,
            ["sampler.n", "0"],
        ),
        (
            r#"{"version":1,"seed":1,"sampler":{"kind":"hard_online","n":0,"hardest":0}}"#,
            ["no negatives", "sampler.hardest"],
        ),
        (
            r#"{"version":1,"seed":1,"loss":{"kind":"sampled_softmax","temperature":0}}"#,
            ["loss.temperature", "0"],
        ),
        (
            r#"{"version":1,"seed":1,"loss":{"kind":"triplet","margin":"wide"}}"#,
            ["loss.margin", "wide"],
        ),
        (
            r#"{"version":1,"seed":1,"loss":{"kind":"triplet"},"model":{"similarity":"dot"}}"#,
            ["triplet", "model.similarity"],
        ),
        (
            r#"{"version":1,"seed":1,"model":{"kind":"three_tower"}}"#,
            ["model.kind", "two_tower"],
        ),
        (r#"{"version":1,"seed":1,"model":{"dim":0}}"#, ["model.dim", "2 to 256"]),
        (
            r#"{"version":1,"seed":1,"model":{"dim":"many"}}"#,
            ["model.dim", "\"many\""],
        ),
        (r#"{"version":1,"seed":1,"model":{"dmi":8}}"#, ["model.dmi", "dim"]),
        (
            r#"{"version":1,"seed":1,"loss":{"temperature":0}}"#,
            ["loss.temperature", "0.01"],
        ),
        (
            r#"{"version":1,"seed":1,"loss":{"logq":"yes"}}"#,
            ["loss.logq", "true or false"],
        ),
        (
            r#"{"version":1,"seed":1,"train":{"batch":1}}"#,
            ["train.batch", "in_batch"],
        ),
        (
            r#"{"version":1,"seed":1,"data":{"users":100000,"events_per_user":1000}}"#,
            ["data.events_per_user", "100000000"],
        ),
        (
            r#"{"version":1,"seed":1,"train":{"epochs":1.5}}"#,
            ["train.epochs", "whole"],
        ),
    ] {
        let said = complaint(json);
        assert!(parts.iter().all(|part| said.contains(part)), "{json} → {said}");
    }
}

#[test]
fn all_complaints_are_given_at_once() {
    let said = complaint(r#"{"version":1,"seed":1,"model":{"dim":0},"train":{"batch":0}}"#);
    assert!(said.contains("model.dim") && said.contains("train.batch"), "{said}");
}
