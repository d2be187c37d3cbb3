//! JSON with its fields in the order in which they were written, for lines that people read.

use core::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Text, a number, true, false or null.
    Word(String),
    /// Values.
    List(Vec<Shape>),
    /// Values with names.
    Fields(Vec<(String, Shape)>),
}

impl Shape {
    /// Whether a word stands anywhere in it.
    pub(super) fn has_word(&self, word: &str) -> bool {
        match self {
            Self::Word(own) => own == word,
            Self::List(items) => items.iter().any(|item| item.has_word(word)),
            Self::Fields(fields) => fields.iter().any(|(_, value)| value.has_word(word)),
        }
    }
}

impl fmt::Display for Shape {
    /// `{"kill":{"node":"n1"}}` becomes `kill(node=n1)`, `{"a":1,"b":[2,3]}` becomes `a=1 b=2,3`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => f.write_str(word),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                Ok(())
            }
            Self::Fields(fields) => {
                for (index, (name, value)) in fields.iter().enumerate() {
                    let space = if index > 0 { " " } else { "" };
                    match value {
                        Self::Fields(_) => write!(f, "{space}{name}({value})")?,
                        _ => write!(f, "{space}{name}={value}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Shape;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
                Ok(Shape::Word(value.to_string()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
                Ok(Shape::Word(value.to_string()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
                Ok(Shape::Word(value.to_string()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
                Ok(Shape::Word(value.to_string()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
                Ok(Shape::Word(value.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<Shape, E> {
                Ok(Shape::Word("null".to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Shape, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Shape::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Shape, A::Error> {
                let mut list = Vec::new();
                while let Some(field) = fields.next_entry()? {
                    list.push(field);
                }
                Ok(Shape::Fields(list))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_keep_the_order_of_the_fields() {
        let shape = |json: &str| serde_json::from_str::<Shape>(json).expect(json);
        assert_eq!(
            shape(r#"{"z":1,"a":[true,null,"n2"]}"#).to_string(),
            "z=1 a=true,null,n2"
        );
        assert_eq!(
            shape(r#"{"kill":{"node":"n1"}}"#).to_string(),
            "kill(node=n1)"
        );
        assert_eq!(shape(r#""heal_all""#).to_string(), "heal_all");
        assert!(shape(r#"{"a":{"b":["n2"]}}"#).has_word("n2"));
        assert!(!shape(r#"{"n2":{"b":["n20"]}}"#).has_word("n2"));
    }
}
