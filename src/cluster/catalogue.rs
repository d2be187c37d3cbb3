//! The parameters by their real names: where each stands in a scenario, its range, unit and rule, and one line on what it does.
//!
//! They are a table (`parameters.tsv`), not code: a value is read and changed in the scenario as JSON, by its path, and the
//! engine itself says whether the result is valid. So this knows no rule, and a default is whatever the engine's default is.

use replicascope_engine::scenario::{Cluster, Settings};
use replicascope_engine::{Scenario, ScenarioError};

use super::value::Value;

const TABLE: &str = include_str!("parameters.tsv");

/// A parameter. All of it is text of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Path of what it belongs to, such as `settings.manager.patroni`.
    pub(crate) owner: &'static str,
    /// Whose it is, in a word.
    pub(crate) title: &'static str,
    /// Its name; with `[]` it is one of each node's, in a list.
    pub(crate) name: &'static str,
    range: &'static str,
    /// In what it is counted; empty if it is no number.
    pub(crate) unit: &'static str,
    /// The rule it follows.
    pub(crate) rule: &'static str,
    /// What it does.
    pub(crate) line: &'static str,
}

/// What a value may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A number, or nothing if it is `optional`.
    Number {
        /// Whether it may be absent.
        optional: bool,
        /// The range as the table says it.
        range: &'static str,
    },
    /// One of these words.
    Choice(&'static str),
    /// Yes or no.
    Bool,
    /// Free text, which the engine reads.
    Text,
    /// A node, or none.
    Node,
    /// Several nodes; if it is `optional`, absent means all replicas.
    Nodes {
        /// Whether it may be absent.
        optional: bool,
    },
}

/// Every parameter, in the order of the table.
pub(crate) fn all() -> impl Iterator<Item = Parameter> {
    let mut section = ("", "");
    TABLE.lines().filter_map(move |line| {
        let mut cells = line.split('\t');
        let first = cells.next()?;
        if let Some(owner) = first.strip_prefix('[') {
            section = (owner.strip_suffix(']')?, cells.next()?);
            return None;
        }
        Some(Parameter {
            owner: section.0,
            title: section.1,
            name: first,
            range: cells.next()?,
            unit: cells.next()?,
            rule: cells.next()?,
            line: cells.next()?,
        })
    })
}

impl Parameter {
    /// Where it stands in a scenario.
    pub(crate) fn path(&self) -> String {
        format!("{}.{}", self.owner, self.name)
    }

    /// What a person calls it: the name without the list that it stands in.
    pub(crate) fn label(&self) -> &'static str {
        self.name.split("[].").last().unwrap_or(self.name)
    }

    /// The list and the field in it, if each node has one of its own.
    pub(crate) fn of_each_node(&self) -> Option<(&'static str, &'static str)> {
        self.name.split_once("[].")
    }

    /// What it may be.
    pub(crate) fn kind(&self) -> Kind {
        match self.range {
            "bool" => Kind::Bool,
            "text" => Kind::Text,
            "node?" => Kind::Node,
            "nodes?" => Kind::Nodes { optional: true },
            "nodes" => Kind::Nodes { optional: false },
            range if range.contains("..") => Kind::Number {
                optional: range.starts_with('?'),
                range: range.trim_start_matches('?'),
            },
            words => Kind::Choice(words),
        }
    }

    /// The least and the most that it may be; no most, or none that is fixed, is `None`.
    pub(crate) fn bounds(&self) -> Option<(i64, Option<i64>)> {
        let Kind::Number { range, .. } = self.kind() else {
            return None;
        };
        let (least, most) = range.split_once("..")?;
        Some((least.parse().ok()?, most.parse().ok()))
    }

    /// Its range in words.
    pub(crate) fn range_words(&self) -> String {
        let unit = match self.unit {
            "" => String::new(),
            unit => format!(" {unit}"),
        };
        match self.kind() {
            Kind::Bool => "true or false".to_owned(),
            Kind::Text => "text".to_owned(),
            Kind::Node => "a node, or none".to_owned(),
            Kind::Nodes { optional: true } => "replicas; all when absent".to_owned(),
            Kind::Nodes { optional: false } => "nodes".to_owned(),
            Kind::Choice(words) => words.replace(' ', ", "),
            Kind::Number { range, optional } => {
                let least = self.bounds().map_or(0, |(least, _)| least);
                let most = match self.bounds().and_then(|(_, most)| most) {
                    Some(most) => format!(" to {most}{unit}"),
                    None if range.ends_with('#') => " to the number of replicas".to_owned(),
                    None => format!("{unit} or more"),
                };
                let or_none = if optional { ", or none" } else { "" };
                format!("{least}{most}{or_none}")
            }
        }
    }

    /// The default of one of each node's.
    fn default_of_a_node(&self) -> Value {
        match (self.kind(), self.range.split_once('=')) {
            (Kind::Bool, _) => Value::Bool(false),
            (_, Some((_, number))) => number.parse().map_or(Value::Null, Value::Number),
            _ => Value::Null,
        }
    }

    /// Whether it is what a person looks for: every word is in its name, in its line, or in whose it is.
    pub(crate) fn matches(&self, query: &str) -> bool {
        let query = query.to_lowercase();
        query.split_whitespace().all(|word| {
            let found = |text: &str| text.to_lowercase().contains(word);
            found(self.name) || found(self.line) || found(self.title) || found(self.rule)
        })
    }

    /// Whether this scenario has it.
    pub(crate) fn is_in(&self, scenario: &Value) -> bool {
        let textbook = self.title == "Textbook";
        if textbook {
            return scenario["settings"].get("database").is_none();
        }
        at(scenario, self.owner).is_some_and(|owner| {
            // Django's variants without parameters are words.
            owner.is_object() && (self.name != "pin_after_write" || owner.get(self.name).is_some())
        })
    }

    /// Its value in a scenario; of one that each node has, the value of `node`.
    pub(crate) fn get(&self, scenario: &Value, node: Option<&str>) -> Option<Value> {
        let owner = at(scenario, self.owner)?;
        let Some((list, field)) = self.of_each_node() else {
            return owner.get(self.name).cloned();
        };
        let entry = owner
            .get(list)?
            .items()
            .iter()
            .find(|entry| entry.get("node").and_then(Value::as_str) == node);
        let value = entry.and_then(|entry| entry.get(field).cloned());
        Some(value.unwrap_or_else(|| self.default_of_a_node()))
    }

    /// Changes its value in a scenario; of one that each node has, the value of `node`. Whether that is valid is the engine's
    /// to say.
    pub(crate) fn set(&self, scenario: &mut Value, node: Option<&str>, value: Value) {
        let Some(owner) = at_mut(scenario, self.owner) else {
            return;
        };
        let (Some((list, field)), Some(node)) = (self.of_each_node(), node) else {
            owner[self.name] = value;
            return;
        };
        let Some(Value::Array(entries)) = owner.get_mut(list) else {
            return;
        };
        let is_it = |entry: &Value| entry.get("node").and_then(Value::as_str) == Some(node);
        if let Some(entry) = entries.iter_mut().find(|entry| is_it(entry)) {
            entry[field] = value;
        } else {
            let mut entry = Value::one("node", Value::from(node));
            entry[field] = value;
            entries.push(entry);
        }
    }

    /// Its default: what the engine takes when a scenario does not say.
    pub(crate) fn default(&self, defaults: &Value) -> Option<Value> {
        if self.of_each_node().is_some() {
            return Some(self.default_of_a_node());
        }
        self.get(defaults, None)
    }

    /// A value as a person reads it.
    pub(crate) fn words(&self, value: &Value) -> String {
        match (show(value).as_str(), self.unit) {
            ("", _) if matches!(self.kind(), Kind::Text) => "empty".to_owned(),
            ("", _) => "none".to_owned(),
            (text, "") => text.to_owned(),
            (text, unit) => format!("{text} {unit}"),
        }
    }

    /// What a person typed, as a value. What is no number stays text, so that the engine says what is wrong with it.
    pub(crate) fn read(&self, text: &str) -> Value {
        let text = text.trim();
        match self.kind() {
            Kind::Bool => Value::Bool(text == "true"),
            Kind::Node | Kind::Number { optional: true, .. } if text.is_empty() => Value::Null,
            Kind::Number { .. } => number(text),
            // The members of the store are counted, though only some counts will do.
            Kind::Choice(words) if words.split(' ').all(|word| word.parse::<u8>().is_ok()) => {
                number(text)
            }
            _ => Value::from(text),
        }
    }
}

fn number(text: &str) -> Value {
    let signed = text.parse::<i64>().map(i128::from);
    signed
        .or_else(|_| text.parse::<u64>().map(i128::from))
        .map_or_else(|_| Value::from(text), Value::Number)
}

/// A value as a field shows it.
pub(crate) fn show(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(show).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

/// The nodes of a scenario, n1 first.
pub(super) fn nodes_of(scenario: &Value) -> Vec<String> {
    let replicas = scenario["cluster"]["replicas"].as_u64().unwrap_or(0);
    (1..=replicas + 1).map(|node| format!("n{node}")).collect()
}

/// What differs between two settings of a cluster, parameter by parameter, with both values: whose it is, and the words.
pub(crate) fn changes(
    cluster: &Cluster,
    before: &Settings,
    after: &Settings,
) -> Vec<(&'static str, String)> {
    let whole = |settings: &Settings| {
        open(&Scenario {
            cluster: cluster.clone(),
            settings: settings.clone(),
            ..Scenario::default()
        })
    };
    let (before, after) = (whole(before), whole(after));
    let mut changes = Vec::new();
    for parameter in all().filter(|it| it.is_in(&after)) {
        let nodes = match parameter.of_each_node() {
            Some(_) => nodes_of(&after).into_iter().map(Some).collect(),
            None => vec![None],
        };
        for node in nodes {
            let value = |scenario| parameter.get(scenario, node.as_deref());
            let (old, new) = (value(&before), value(&after));
            if old != new {
                let of = node
                    .as_ref()
                    .map_or(String::new(), |node| format!(" of {node}"));
                let words = |value: Option<Value>| parameter.words(&value.unwrap_or(Value::Null));
                let words = format!(
                    "{}{of} from {} to {}",
                    parameter.label(),
                    words(old),
                    words(new)
                );
                changes.push((parameter.title, words));
            }
        }
    }
    changes
}

/// The value at a path with dots.
pub(crate) fn at<'a>(scenario: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.')
        .try_fold(scenario, |value, key| value.get(key))
}

fn at_mut<'a>(scenario: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    path.split('.')
        .try_fold(scenario, |value, key| value.get_mut(key))
}

/// A scenario as JSON, to be changed.
pub(crate) fn open(scenario: &Scenario) -> Value {
    Value::parse(&scenario.to_json())
        .unwrap_or_else(|error| unreachable!("the engine wrote it: {error}"))
}

/// A changed scenario, as the engine reads it.
///
/// # Errors
/// [`ScenarioError`] for the field that is wrong.
pub(crate) fn close(scenario: &Value) -> Result<Scenario, ScenarioError> {
    Scenario::from_json(&scenario.to_string())
}

/// The scenario with the default of every parameter that `scenario` has: its database, its manager and its router as they come.
pub(crate) fn defaults(scenario: &Value) -> Value {
    let mut plain = Value::empty();
    plain["version"] = scenario["version"].clone();
    plain["cluster"] = scenario["cluster"].clone();
    for part in ["database", "manager", "routing"] {
        let Some(chosen) = scenario["settings"].get(part) else {
            continue;
        };
        plain["settings"][part] = match chosen.fields().first() {
            // Its one parameter is the variant itself.
            Some((kind, variant)) if kind == "django" && variant.is_object() => Value::one(
                "django",
                Value::one("pin_after_write", Value::Number(2_000)),
            ),
            Some((kind, parameters)) if parameters.is_object() => Value::one(kind, Value::empty()),
            _ => chosen.clone(),
        };
    }
    close(&plain).map_or(plain, |scenario| open(&scenario))
}

#[cfg(test)]
#[path = "catalogue_tests.rs"]
mod tests;
