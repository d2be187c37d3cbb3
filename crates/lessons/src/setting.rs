//! A setting in force, by its path.

use core::fmt;
use core::str::FromStr;

use replicascope_engine::expect::Amount;
use replicascope_engine::report::Millis;
use replicascope_engine::scenario::{Settings, Workload};
use replicascope_engine::time::Span;
use replicascope_engine::{Simulation, json};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The path of a setting as a scenario names it: `settings.mode`, `settings.database.postgresql.synchronous_commit`,
/// `workload.read_percent`, `cluster.replicas`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingPath(String);

impl SettingPath {
    const PARTS: [&str; 3] = ["settings.", "workload.", "cluster."];

    /// Whether a word is meant to be one.
    pub(crate) fn begins(word: &str) -> bool {
        Self::PARTS.iter().any(|part| word.starts_with(part))
    }

    /// The value in force in a run, as JSON writes it but without quotation marks. `None` where there is none, or it has parts. The
    /// cluster is as it was at the start.
    #[must_use]
    pub fn of(&self, run: &Simulation) -> Option<String> {
        self.among(run, run.settings(), run.workload())
    }

    /// The same among other settings than those in force.
    pub(crate) fn among(
        &self,
        run: &Simulation,
        settings: &Settings,
        workload: &Workload,
    ) -> Option<String> {
        let (part, path) = self.0.split_once('.')?;
        let text = match part {
            "settings" => json::to_line(settings),
            "workload" => json::to_line(workload),
            _ => json::to_line(run.cluster()),
        };
        json::from_text::<Tree>(&text.ok()?).ok()?.leaf(path)
    }

    /// A value as a number: what is in µs in milliseconds, like every span in a lesson.
    pub(crate) fn amount(&self, value: &str) -> Option<Amount> {
        let number: u64 = value.parse().ok()?;
        Some(if self.is_micros() {
            Millis(Span(number)).into()
        } else {
            Amount::whole(number)
        })
    }

    /// Whether its name says that it counts µs.
    pub(crate) fn is_micros(&self) -> bool {
        self.0.ends_with("_us")
    }
}

impl FromStr for SettingPath {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if Self::begins(text) && text.split('.').all(|name| !name.is_empty()) {
            return Ok(Self(text.to_owned()));
        }
        Err(format!(
            "\"{text}\" is not the path of a setting: it begins with settings., workload. or cluster."
        ))
    }
}

impl fmt::Display for SettingPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Just enough of JSON to find a leaf. What lists hold is passed over.
enum Tree {
    Leaf(String),
    Fields(Vec<(String, Tree)>),
    List,
}

impl Tree {
    fn leaf(self, path: &str) -> Option<String> {
        let Self::Fields(fields) = self else {
            return None;
        };
        let (name, rest) = path
            .split_once('.')
            .map_or((path, None), |(name, rest)| (name, Some(rest)));
        let (_, found) = fields.into_iter().find(|(field, _)| field == name)?;
        match (found, rest) {
            (Self::Leaf(value), None) => Some(value),
            (fields, Some(rest)) => fields.leaf(rest),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl<'de> Visitor<'de> for Whole {
            type Value = Tree;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_unit<E: Error>(self) -> Result<Tree, E> {
                Ok(Tree::Leaf("null".to_owned()))
            }
            fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
                Ok(Tree::Leaf(value.to_string()))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
                Ok(Tree::Leaf(value.to_string()))
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
                Ok(Tree::Leaf(value.to_string()))
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
                Ok(Tree::Leaf(value.to_string()))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
                Ok(Tree::Leaf(value.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Tree, A::Error> {
                while items.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Tree::List)
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Tree::Fields(fields))
            }
        }
        deserializer.deserialize_any(Whole)
    }
}
