//! `synchronous_standby_names`: which standbys a commit waits for, in PostgreSQL's own grammar.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::ids::NodeId;

/// The parsed value. Empty: nobody is waited for (R-PG-1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StandbyNames {
    method: Method,
    count: u8,
    names: Vec<String>,
    text: String,
}

/// How the standbys that are waited for are chosen among those listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Method {
    /// By priority: those connected that are earliest in the list (R-PG-5).
    #[default]
    First,
    /// By quorum: any of them (R-PG-6).
    Any,
}

impl StandbyNames {
    /// `FIRST count (nodes)`, as a failover manager writes it.
    #[must_use]
    pub fn first(count: u8, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self::build(Method::First, count, nodes)
    }

    /// `ANY count (nodes)`.
    #[must_use]
    pub fn any(count: u8, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        Self::build(Method::Any, count, nodes)
    }

    fn build(method: Method, count: u8, nodes: impl IntoIterator<Item = NodeId>) -> Self {
        let names: Vec<String> = nodes.into_iter().map(|node| node.to_string()).collect();
        if names.is_empty() {
            return Self::default();
        }
        let word = match method {
            Method::First => "FIRST",
            Method::Any => "ANY",
        };
        let text = format!("{word} {count} ({})", names.join(", "));
        Self {
            method,
            count,
            names,
            text,
        }
    }

    /// Whether nobody is waited for.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// By priority or by quorum.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
    }

    /// How many standbys must confirm.
    #[must_use]
    pub fn count(&self) -> u8 {
        self.count
    }

    /// The place of a node in the list, from 1, as `sync_priority` has it; 0 when it is not listed. A node's
    /// `application_name` is its name here; names are compared without regard to case, and `*` is every name (R-PG-6).
    #[must_use]
    pub fn priority(&self, node: NodeId) -> usize {
        let name = node.to_string();
        self.names
            .iter()
            .position(|listed| listed == "*" || listed.eq_ignore_ascii_case(&name))
            .map_or(0, |place| place + 1)
    }
}

impl fmt::Display for StandbyNames {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for StandbyNames {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let tokens = tokens(text)?;
        let mut rest = tokens.as_slice();
        if rest.is_empty() {
            return Ok(Self::default());
        }
        let (mut method, mut count) = (Method::First, 1);
        let mut listed = false;
        if let [Token::Word(word), Token::Number(number), Token::Open, ..] = rest {
            method = match word.to_ascii_uppercase().as_str() {
                "FIRST" => Method::First,
                "ANY" => Method::Any,
                _ => return Err(format!("\"{word}\" before a number must be FIRST or ANY")),
            };
            (count, listed) = (*number, true);
            rest = &rest[2..];
        } else if let [Token::Number(number), Token::Open, ..] = rest {
            (count, listed) = (*number, true);
            rest = &rest[1..];
        }
        if listed {
            rest = match rest {
                [Token::Open, inner @ .., Token::Close] => inner,
                _ => return Err("the list of names must end with \")\"".to_owned()),
            };
        }
        if count == 0 {
            return Err("number of synchronous standbys (0) must be greater than zero".to_owned());
        }
        let count = u8::try_from(count)
            .map_err(|_| format!("number of synchronous standbys ({count}) is over 255"))?;
        Ok(Self {
            method,
            count,
            names: names(rest)?,
            text: text.trim().to_owned(),
        })
    }
}

enum Token {
    Word(String),
    Number(u64),
    Open,
    Close,
    Comma,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '(' | ')' | ',' | '*' => 1,
            '"' => match rest[1..].find('"') {
                Some(end) => end + 2,
                None => return Err(format!("the quoted name {rest} does not end")),
            },
            _ if first.is_alphanumeric() || first == '_' => rest
                .find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '$')))
                .unwrap_or(rest.len()),
            _ => return Err(format!("syntax error at or near \"{first}\"")),
        };
        let (word, after) = rest.split_at(length);
        tokens.push(match first {
            '(' => Token::Open,
            ')' => Token::Close,
            ',' => Token::Comma,
            '"' => Token::Word(word[1..length - 1].to_owned()),
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => Token::Number(
                word.parse()
                    .map_err(|_| format!("{word} is too large a number"))?,
            ),
            _ => Token::Word(word.to_owned()),
        });
        rest = after.trim_start();
    }
    Ok(tokens)
}

fn names(tokens: &[Token]) -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match (index % 2, token) {
            (0, Token::Word(name)) if !name.is_empty() => names.push(name.clone()),
            (0, Token::Number(number)) => names.push(number.to_string()),
            (1, Token::Comma) => {}
            _ => return Err("names must be separated by single commas".to_owned()),
        }
    }
    if names.is_empty() || tokens.len().is_multiple_of(2) {
        return Err("a name is missing in the list".to_owned());
    }
    Ok(names)
}

impl Serialize for StandbyNames {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for StandbyNames {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|reason: String| {
            de::Error::custom(format!("\"{text}\" is not a list of standbys: {reason}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> StandbyNames {
        text.parse()
            .unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn r_pg_5_a_plain_list_means_first_1() {
        for text in [
            "n2, n3",
            "FIRST 1 (n2, n3)",
            "1 (n2,n3)",
            "first 1(N2,\"n3\")",
        ] {
            let names = parsed(text);
            assert_eq!(
                (names.method(), names.count()),
                (Method::First, 1),
                "{text}"
            );
            assert_eq!(names.priority(NodeId(1)), 1, "{text}");
            assert_eq!(names.priority(NodeId(2)), 2, "{text}");
            assert_eq!(names.priority(NodeId(3)), 0, "{text}");
        }
    }

    #[test]
    fn r_pg_6_any_and_the_star() {
        let names = parsed("ANY 2 (*)");
        assert_eq!((names.method(), names.count()), (Method::Any, 2));
        assert_eq!(names.priority(NodeId(7)), 1);
        assert_eq!(parsed("n3, *").priority(NodeId(8)), 2);
        assert!(parsed("  ").is_empty());
    }

    #[test]
    fn what_postgresql_refuses_is_refused() {
        for text in [
            "FIRST 0 (n2)",
            "ANY (n2)",
            "SOME 1 (n2)",
            "FIRST 1 (n2",
            "FIRST 1 ()",
            "n2 n3",
            "n2,,n3",
            "n2,",
            "n2;",
            "\"n2",
            "1 (n2) n3",
        ] {
            assert!(text.parse::<StandbyNames>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_built_reads_back() {
        let names = StandbyNames::any(2, [NodeId(1), NodeId(4)]);
        assert_eq!(names.to_string(), "ANY 2 (n2, n5)");
        assert_eq!(parsed(&names.to_string()), names);
        assert!(StandbyNames::first(1, []).is_empty());
    }
}
