//! Paragraphs: a little markup, rules that are cited, and places for numbers of the run.
//!
//! `*emphasis*`, `` `code` ``, `[R-PG-4]` for a rule, `[S1]` for the first of the lesson's sources, `{commit_latency_ms.p50}` or `{newly writes.acked}` for a number. A backslash takes
//! the meaning of the character after it.

use core::str::FromStr;

use replicascope_engine::expect::Amount;
use serde::de::{Deserialize, Deserializer, Error};

use crate::number::{Number, Unit};
use crate::witness::Witness;

/// A paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph(Vec<Piece>);

/// A part of a paragraph.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// Plain text.
    Plain(String),
    /// Text to be stressed.
    Emphasis(String),
    /// A name of a program, parameter or value.
    Code(String),
    /// A rule of the semantic reference: `R-PG-4`.
    Rule(String),
    /// A source of the lesson, by its place among them from 0.
    Source(usize),
    /// A number of the run goes here.
    Number(Placeholder),
}

/// Which number goes into a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholder {
    /// Which.
    pub number: Number,
    /// Only what was counted since the step began.
    pub newly: bool,
}

/// A part of a paragraph with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled<'t> {
    /// Plain text.
    Plain(&'t str),
    /// Text to be stressed.
    Emphasis(&'t str),
    /// A name of a program, parameter or value.
    Code(&'t str),
    /// A rule of the semantic reference.
    Rule(&'t str),
    /// A source of the lesson, by its place among them from 0. People count from 1.
    Source(usize),
    /// A number, if the run has it, and what it counts. The unit is not in the text.
    Number(Option<Amount>, Unit),
}

impl Paragraph {
    /// Its parts as they were written.
    #[must_use]
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Its parts with the numbers of the run as it stands.
    #[must_use]
    pub fn fill(&self, witness: &Witness) -> Vec<Filled<'_>> {
        self.each(|place| place.number.of(witness, place.newly))
    }

    /// Its parts without numbers, for a page that has no run yet.
    #[must_use]
    pub fn unfilled(&self) -> Vec<Filled<'_>> {
        self.each(|_| None)
    }

    fn each(&self, number: impl Fn(&Placeholder) -> Option<Amount>) -> Vec<Filled<'_>> {
        let pieces = self.0.iter();
        let filled = pieces.map(|piece| match piece {
            Piece::Plain(text) => Filled::Plain(text),
            Piece::Emphasis(text) => Filled::Emphasis(text),
            Piece::Code(text) => Filled::Code(text),
            Piece::Rule(rule) => Filled::Rule(rule),
            Piece::Source(source) => Filled::Source(*source),
            Piece::Number(place) => Filled::Number(number(place), place.number.unit()),
        });
        filled.collect()
    }

    /// How many words a reader reads.
    #[must_use]
    pub fn words(&self) -> usize {
        let words = |piece: &Piece| match piece {
            Piece::Plain(text) | Piece::Emphasis(text) | Piece::Code(text) => text
                .split_whitespace()
                .filter(|word| word.chars().any(char::is_alphanumeric))
                .count(),
            Piece::Rule(_) | Piece::Source(_) => 0,
            Piece::Number(_) => 1,
        };
        self.0.iter().map(words).sum()
    }
}

impl FromStr for Paragraph {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text.chars();
        while let Some(c) = rest.next() {
            let end = match c {
                '\\' => {
                    let escaped = rest.next();
                    plain.push(escaped.ok_or_else(|| format!("\"{text}\" ends in a backslash"))?);
                    continue;
                }
                '*' => '*',
                '`' => '`',
                '[' => ']',
                '{' => '}',
                '}' | ']' => {
                    return Err(format!(
                        "in \"{text}\": a \"{c}\" that nothing opened; \\{c} writes one"
                    ));
                }
                other => {
                    plain.push(other);
                    continue;
                }
            };
            let inside: String = rest.by_ref().take_while(|&other| other != end).collect();
            if rest.as_str().is_empty() && !text.ends_with(end) {
                return Err(format!("in \"{text}\": a \"{c}\" without its \"{end}\""));
            }
            if inside.trim().is_empty() {
                return Err(format!(
                    "in \"{text}\": nothing between \"{c}\" and \"{end}\""
                ));
            }
            if !plain.is_empty() {
                pieces.push(Piece::Plain(core::mem::take(&mut plain)));
            }
            pieces.push(match c {
                '*' => Piece::Emphasis(inside),
                '`' => Piece::Code(inside),
                '[' => cited(&inside)?,
                _ => Piece::Number(placeholder(&inside)?),
            });
        }
        if !plain.is_empty() {
            pieces.push(Piece::Plain(plain));
        }
        if pieces.is_empty() {
            return Err("a paragraph without text".to_owned());
        }
        Ok(Self(pieces))
    }
}

fn cited(text: &str) -> Result<Piece, String> {
    let source = text
        .strip_prefix('S')
        .and_then(|number| number.parse().ok());
    if let Some(number @ 1..=99) = source {
        return Ok(Piece::Source(number - 1));
    }
    let mut parts = text.split('-');
    let letters = |part: Option<&str>| {
        part.is_some_and(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_uppercase()))
    };
    let is_rule = parts.next() == Some("R")
        && letters(parts.next())
        && parts
            .next()
            .is_none_or(|number| number.parse::<u16>().is_ok())
        && parts.next().is_none();
    if is_rule {
        return Ok(Piece::Rule(text.to_owned()));
    }
    Err(format!(
        "\"[{text}]\" is not a rule such as [R-PG-4], nor a source such as [S1]"
    ))
}

fn placeholder(text: &str) -> Result<Placeholder, String> {
    let (newly, number) = text
        .strip_prefix("newly ")
        .map_or((false, text), |number| (true, number));
    let number = number.trim().parse()?;
    Ok(Placeholder { number, newly })
}

impl<'de> Deserialize<'de> for Paragraph {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_read() {
        let text: Paragraph = "The *WAL* writer `pg_receivewal` [R-PG-3] took {writes.acked} \\*"
            .parse()
            .expect("well-formed");
        let place = Placeholder {
            number: "writes.acked".parse().expect("a number"),
            newly: false,
        };
        assert_eq!(
            text.pieces(),
            [
                Piece::Plain("The ".to_owned()),
                Piece::Emphasis("WAL".to_owned()),
                Piece::Plain(" writer ".to_owned()),
                Piece::Code("pg_receivewal".to_owned()),
                Piece::Plain(" ".to_owned()),
                Piece::Rule("R-PG-3".to_owned()),
                Piece::Plain(" took ".to_owned()),
                Piece::Number(place),
                Piece::Plain(" *".to_owned()),
            ]
        );
        assert_eq!(text.words(), 6);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, reason) in [
            ("", "without text"),
            ("an *open", "without its \"*\""),
            ("an `open", "without its \"`\""),
            ("**", "nothing between"),
            ("a ] alone", "that nothing opened"),
            ("[R-pg-4]", "is not a rule"),
            ("[4]", "is not a rule"),
            ("{writes.ackd}", "\"writes.ackd\" is not a number"),
            ("{newly nothing}", "\"nothing\" is not a number"),
            ("\\", "ends in a backslash"),
        ] {
            let error = text.parse::<Paragraph>().expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
