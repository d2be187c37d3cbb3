//! A scenario as a tree of values, to be changed by path. Read and written by the engine's own JSON, in which there is one
//! reader and one writer.

use core::fmt;
use core::ops::{Index, IndexMut};

use replicascope_engine::json;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap as _, Serializer};
use serde::{Deserialize, Deserializer, Serialize};

/// A value. Scenarios hold no fractions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Null,
    /// Yes or no.
    Bool(bool),
    /// A whole number: any of 64 bits, with or without sign.
    Number(i128),
    /// A text.
    String(String),
    /// Several values.
    Array(Vec<Value>),
    /// Named values, in the order of the text.
    Object(Vec<(String, Value)>),
}

static NULL: Value = Value::Null;

impl Value {
    /// Reads JSON.
    ///
    /// # Errors
    /// [`json::Error`] when the text is no JSON.
    pub(crate) fn parse(text: &str) -> Result<Self, json::Error> {
        json::from_text(text)
    }

    /// An object with one field.
    pub(crate) fn one(name: &str, value: Self) -> Self {
        Self::Object(vec![(name.to_owned(), value)])
    }

    /// An object without fields.
    pub(crate) const fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// A field of an object.
    pub(crate) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let found = fields.iter().find(|(field, _)| field == name);
        found.map(|(_, value)| value)
    }

    /// A field of an object, to be changed.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let found = fields.iter_mut().find(|(field, _)| field == name);
        found.map(|(_, value)| value)
    }

    /// Takes a field out of an object.
    pub(crate) fn remove(&mut self, name: &str) {
        if let Self::Object(fields) = self {
            fields.retain(|(field, _)| field != name);
        }
    }

    /// The text, if it is one.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one that fits.
    pub(crate) fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Number(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The values of a list; nothing of anything else.
    pub(crate) fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The fields of an object; nothing of anything else.
    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Object(fields) => fields,
            _ => &[],
        }
    }

    /// Whether it is an object.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self, Self::Object(_))
    }
}

/// As JSON on one line.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = json::to_line(self).map_err(|_| fmt::Error)?;
        f.write_str(&text)
    }
}

/// A field; nothing where there is none.
impl Index<&str> for Value {
    type Output = Self;

    fn index(&self, name: &str) -> &Self {
        self.get(name).unwrap_or(&NULL)
    }
}

/// A field, made where there is none. What is no object becomes one.
impl IndexMut<&str> for Value {
    fn index_mut(&mut self, name: &str) -> &mut Self {
        if !self.is_object() {
            *self = Self::empty();
        }
        let Self::Object(fields) = self else {
            unreachable!("it is an object now");
        };
        let index = fields
            .iter()
            .position(|(field, _)| field == name)
            .unwrap_or_else(|| {
                fields.push((name.to_owned(), Self::Null));
                fields.len() - 1
            });
        &mut fields[index].1
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(number) => match u64::try_from(*number) {
                Ok(number) => serializer.serialize_u64(number),
                Err(_) => serializer.serialize_i64(*number as i64),
            },
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => items.serialize(serializer),
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                for (name, value) in fields {
                    map.serialize_entry(name, value)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reading)
    }
}

struct Reading;

impl<'de> Visitor<'de> for Reading {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without fractions")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(field) = fields.next_entry()? {
            all.push(field);
        }
        Ok(Value::Object(all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;

    #[test]
    fn a_scenario_goes_through_unchanged() {
        let scenario = Scenario {
            seed: u64::MAX,
            ..Scenario::default()
        };
        let value = Value::parse(&scenario.to_json()).expect("the engine wrote it");
        assert_eq!(value["seed"], Value::Number(u64::MAX.into()));
        assert_eq!(Scenario::from_json(&value.to_string()), Ok(scenario));
        let text = r#"{"a":[1,-2,null,true,"x\"y"],"b":{}}"#;
        assert_eq!(Value::parse(text).expect("JSON").to_string(), text);
    }

    #[test]
    fn fields_are_made_where_there_are_none() {
        let mut value = Value::Null;
        value["a"]["b"] = Value::from("c");
        assert_eq!(value["a"]["b"].as_str(), Some("c"));
        assert_eq!(value["a"]["x"]["y"], Value::Null);
        value["a"].remove("b");
        assert_eq!(value.to_string(), r#"{"a":{}}"#);
    }
}
