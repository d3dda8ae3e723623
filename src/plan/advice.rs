//! What is to be said of a recipe before it is run: what cannot be chosen beside it, and what its choices come to.

use crate::engine::data::{Dataset, World};
use crate::engine::features::has_numbers;
use crate::engine::matrix::Metric;
use crate::engine::sampling::SAMPLERS;
use crate::protocol::recipe::SECTIONS;
use crate::protocol::{Advice, Blocked, Remark, Section};
use crate::settings::Value;
use crate::text::Message;

use super::{Plan, catalogue, check_section, entry};

impl Plan {
    /// What the page says beside the controls while this recipe runs on `world`.
    #[must_use]
    pub fn advice(&self, world: &World) -> Advice {
        Advice {
            blocked: self.blocked(world),
            remarks: self.remarks(world),
        }
    }

    /// The kinds that do not go with the rest of this recipe or with the data, each with the reason.
    fn blocked(&self, world: &World) -> Vec<Blocked> {
        let mut blocked = Vec::new();
        for section in catalogue().sections {
            for kind in section.kinds {
                let mut other = self.clone();
                if let Some(changed) = other
                    .recipe
                    .section_mut(&section.key)
                    .filter(|chosen| chosen.kind != kind.kind)
                {
                    // Another kind has other settings: its own defaults.
                    *changed = Section {
                        kind: kind.kind.clone(),
                        ..Section::default()
                    };
                    if let Some(key) = SECTIONS.into_iter().find(|key| **key == *section.key)
                        && let Ok(settings) = check_section(key, changed)
                    {
                        other.settings.retain(|(other, _)| *other != key);
                        other.settings.push((key, settings));
                    }
                }
                let why = other
                    .unused(&section.key)
                    .or_else(|| other.disagreements().into_iter().next())
                    .or_else(|| missing(&section.key, &kind.kind, world));
                blocked.extend(why.map(|why| Blocked {
                    section: section.key.clone(),
                    kind: kind.kind,
                    why,
                }));
            }
        }
        blocked
    }

    /// Why `section` plays no part in this recipe, if it plays none.
    fn unused(&self, section: &str) -> Option<Message> {
        let method = self.method();
        let idle = match section {
            "sampler" | "loss" => !method.gradient || method.clicks,
            "split" => method.clicks,
            "optimizer" => !method.gradient,
            "encoder" => !method.encoded,
            "index" => !method.vectors,
            "numeric" => !(method.numbers)(self.settings("model")),
            _ => false,
        };
        idle.then(|| {
            Message::new("recipe.unused")
                .with("section", section)
                .with("model", method.kind)
        })
    }

    /// What the choices come to where that is not plain to see.
    fn remarks(&self, world: &World) -> Vec<Remark> {
        let mut remarks = Vec::new();
        if !self.method().gradient {
            return remarks;
        }
        if self.method().clicks {
            remarks.push(Remark {
                section: "model".to_owned(),
                what: Message::new("model.clicks").with("model", self.method().kind),
            });
            return remarks;
        }
        let sampler = entry(SAMPLERS, &self.recipe.sampler, |sampler| sampler.kind);
        let corrected = self.recipe.loss.settings.get("logq") == Some(&Value::Flag(true));
        if corrected && !sampler.logq {
            remarks.push(Remark {
                section: "loss".to_owned(),
                what: Message::new("loss.logq_idle").with("sampler", sampler.kind),
            });
        }
        let of_model = |what| Remark {
            section: "model".to_owned(),
            what,
        };
        let model = self.recipe.model.kind.as_str();
        if let Some(Value::Text(retriever)) = self.recipe.model.settings.get("retriever") {
            let what = Message::new("model.ranks").with("model", model);
            remarks.push(of_model(what.with("retriever", retriever)));
        }
        if model == "bst" && !world.dataset.timed {
            remarks.push(of_model(
                Message::new("model.bst.untimed").with("name", &world.dataset.name),
            ));
        }
        let number = |key| self.recipe.sampler.settings.get(key);
        let constant = number("bank_vectors") != Some(&Value::Text("learning".to_owned()));
        let filled = number("bank") != Some(&Value::Number(0.0));
        if sampler.kind == "cross_batch" && constant && filled && self.metric() == Metric::Cosine {
            remarks.push(Remark {
                section: "sampler".to_owned(),
                what: Message::new("sampler.cross_batch_cosine"),
            });
        }
        remarks
    }
}

/// What `world` has not and this kind needs.
fn missing(section: &str, kind: &str, world: &World) -> Option<Message> {
    if section == "numeric" {
        let Dataset { users, items, name, .. } = &*world.dataset;
        let idle = kind != "none" && !has_numbers(users) && !has_numbers(items);
        return idle.then(|| Message::new("numeric.no_numbers").with("name", name));
    }
    let sampler = SAMPLERS
        .iter()
        .find(|sampler| section == "sampler" && sampler.kind == kind)?;
    (sampler.impressions && world.dataset.impressions.is_empty())
        .then(|| Message::new("sampler.no_impressions").with("name", &world.dataset.name))
}
