//! Expectations in words: `writes.lost_acked == 0`, `n2.role == primary at 9s`, `promoted n2 between 22.6s and 30.7s`.
//!
//! ```text
//! expectation = NUMBER-OF-THE-REPORT comparison
//!             | NODE "." STATE ("==" WORD | comparison) ["at" TIME]
//!             | ["never"] EVENT [NODE] ["between" TIME "and" TIME | "from" TIME | "until" TIME] ["times" comparison]
//! comparison  = ("==" | "!=" | "<" | "<=" | ">" | ">=") AMOUNT | "in" AMOUNT "to" AMOUNT
//! TIME        = AMOUNT ("us" | "ms" | "s" | "min" | "h")
//! ```

use core::fmt;
use core::str::FromStr;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Amount, Comparison, Expectation, NodeState, at_least_once};
use crate::ids::NodeId;
use crate::json;
use crate::time::Time;

/// Writes the name of a value that is one word in JSON.
pub(super) fn word<T: Serialize>(value: &T, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    value.serialize(f)
}

const UNITS: [(&str, u64); 6] = [
    ("us", 1),
    ("µs", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("min", 60_000_000),
    ("h", 3_600_000_000),
];

/// Reads an instant as people write it: `22.6s`, `22.6 s`, `900ms`, `2min`. To the microsecond; what is finer is an error.
///
/// # Errors
/// A sentence that names the text.
pub fn parse_time(text: &str) -> Result<Time, String> {
    let error = || format!("\"{text}\" is not a time such as 22.6s, 900ms, 40us, 2min or 1h");
    let unit_at = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .ok_or_else(error)?;
    let (number, unit) = text.split_at(unit_at);
    let (_, micros) = UNITS
        .into_iter()
        .find(|(name, _)| *name == unit.trim())
        .ok_or_else(error)?;
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    if whole.is_empty() || decimals.is_empty() || decimals.contains('.') || decimals.len() > 10 {
        return Err(error());
    }
    let whole = whole
        .parse::<u64>()
        .ok()
        .and_then(|n| n.checked_mul(micros));
    let scale = 10_u64.pow(decimals.len() as u32);
    let parts = decimals
        .parse::<u64>()
        .ok()
        .map(|n| u128::from(n) * u128::from(micros));
    let (Some(whole), Some(parts)) = (whole, parts) else {
        return Err(error());
    };
    if parts % u128::from(scale) != 0 {
        return Err(format!("\"{text}\" is finer than a microsecond"));
    }
    let parts = u64::try_from(parts / u128::from(scale)).map_err(|_| error())?;
    whole.checked_add(parts).map(Time).ok_or_else(error)
}

/// Writes an instant so that [`parse_time`] reads it: `22.6s`.
#[must_use]
pub fn written_time(time: Time) -> String {
    let (whole, micros) = (time.0 / 1_000_000, time.0 % 1_000_000);
    if micros == 0 {
        return format!("{whole}s");
    }
    let decimals = format!("{micros:06}");
    format!("{whole}.{}s", decimals.trim_end_matches('0'))
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report { number, is } => write!(f, "{number} {is}"),
            Self::Node { node, at_us, is } => {
                write!(f, "{node}.{is}")?;
                at_us.map_or(Ok(()), |at| write!(f, " at {}", written_time(at)))
            }
            Self::Event {
                event,
                node,
                from_us,
                until_us,
                times,
            } => {
                let never = *times == Comparison::EqualTo(Amount::whole(0));
                if never {
                    f.write_str("never ")?;
                }
                event.fmt(f)?;
                if let Some(node) = node {
                    write!(f, " {node}")?;
                }
                match (from_us.map(written_time), until_us.map(written_time)) {
                    (Some(from), Some(until)) => write!(f, " between {from} and {until}")?,
                    (Some(from), None) => write!(f, " from {from}")?,
                    (None, Some(until)) => write!(f, " until {until}")?,
                    (None, None) => {}
                }
                if never || *times == at_least_once() {
                    return Ok(());
                }
                write!(f, " times {times}")
            }
        }
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(role) => {
                f.write_str("role == ")?;
                role.serialize(f)
            }
            Self::Health(health) => {
                f.write_str("health == ")?;
                health.serialize(f)
            }
            Self::TakesWrites(yes) => write!(f, "takes_writes == {yes}"),
            Self::Diverged(yes) => write!(f, "diverged == {yes}"),
            Self::Timeline(is) => write!(f, "timeline {is}"),
            Self::InsertLsn(is) => write!(f, "insert_lsn {is}"),
            Self::WriteLsn(is) => write!(f, "write_lsn {is}"),
            Self::FlushLsn(is) => write!(f, "flush_lsn {is}"),
            Self::ReplayLsn(is) => write!(f, "replay_lsn {is}"),
            Self::LagRecords(is) => write!(f, "lag_records {is}"),
            Self::LagMs(is) => write!(f, "lag_ms {is}"),
        }
    }
}

/// Words and operators, one after the other.
struct Words {
    words: Vec<String>,
    next: usize,
}

impl Words {
    fn of(text: &str) -> Self {
        let is_operator = |c: char| matches!(c, '=' | '!' | '<' | '>');
        let mut words: Vec<String> = Vec::new();
        for part in text.split_whitespace() {
            let mut kind = None;
            for c in part.chars() {
                if kind != Some(is_operator(c)) {
                    words.push(String::new());
                    kind = Some(is_operator(c));
                }
                if let Some(last) = words.last_mut() {
                    last.push(c);
                }
            }
        }
        Self { words, next: 0 }
    }

    fn peek(&self) -> Option<&str> {
        self.words.get(self.next).map(String::as_str)
    }

    fn take(&mut self, wanted: &str) -> Result<String, String> {
        let word = self.words.get(self.next).cloned();
        self.next += 1;
        word.ok_or_else(|| format!("it ends where {wanted} should be"))
    }

    fn end(&self, text: &str) -> Result<(), String> {
        self.peek().map_or(Ok(()), |rest| {
            Err(format!("in \"{text}\": \"{rest}\" is too much"))
        })
    }

    fn takes(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.next += usize::from(found);
        found
    }

    fn expect(&mut self, word: &str) -> Result<(), String> {
        let found = self.take(&format!("\"{word}\""))?;
        if found == word {
            return Ok(());
        }
        Err(format!("\"{found}\" stands where \"{word}\" should be"))
    }

    fn time(&mut self) -> Result<Time, String> {
        let mut text = self.take("a time")?;
        let unit = self
            .peek()
            .filter(|word| UNITS.iter().any(|(unit, _)| unit == word));
        if let Some(unit) = unit {
            text.push_str(unit);
            self.next += 1;
        }
        parse_time(&text)
    }

    fn comparison(&mut self) -> Result<Comparison, String> {
        let operator = self.take("a comparison")?;
        if operator == "in" {
            let least = self.take("a number")?.parse()?;
            self.expect("to")?;
            return Ok(Comparison::Within(least, self.take("a number")?.parse()?));
        }
        let compare: fn(Amount) -> Comparison = match operator.as_str() {
            "==" | "=" => Comparison::EqualTo,
            "!=" => Comparison::NotEqualTo,
            "<" => Comparison::Below,
            "<=" => Comparison::AtMost,
            ">" => Comparison::Above,
            ">=" => Comparison::AtLeast,
            other => {
                return Err(format!(
                    "\"{other}\" is not a comparison: == != < <= > >= or \"in A to B\""
                ));
            }
        };
        Ok(compare(self.take("a number")?.parse()?))
    }

    fn equal_to<T: DeserializeOwned>(&mut self) -> Result<T, String> {
        self.expect("==")?;
        let word = self.take("a value")?;
        let written = match word.as_str() {
            truth @ ("true" | "false") => json::to_line(&(truth == "true")),
            other => json::to_line(other),
        };
        let read = written.and_then(|text| json::from_text(&text));
        read.map_err(|error| error.problem().to_owned())
    }

    fn node_state(&mut self, name: &str) -> Result<NodeState, String> {
        Ok(match name {
            "role" => NodeState::Role(self.equal_to()?),
            "health" => NodeState::Health(self.equal_to()?),
            "takes_writes" => NodeState::TakesWrites(self.equal_to()?),
            "diverged" => NodeState::Diverged(self.equal_to()?),
            "timeline" => NodeState::Timeline(self.comparison()?),
            "insert_lsn" => NodeState::InsertLsn(self.comparison()?),
            "write_lsn" => NodeState::WriteLsn(self.comparison()?),
            "flush_lsn" => NodeState::FlushLsn(self.comparison()?),
            "replay_lsn" => NodeState::ReplayLsn(self.comparison()?),
            "lag_records" => NodeState::LagRecords(self.comparison()?),
            "lag_ms" => NodeState::LagMs(self.comparison()?),
            other => {
                return Err(format!(
                    "\"{other}\" is nothing that a node has: role, health, takes_writes, diverged, timeline, insert_lsn, \
                     write_lsn, flush_lsn, replay_lsn, lag_records, lag_ms"
                ));
            }
        })
    }

    fn event(&mut self, name: &str, never: bool) -> Result<Expectation, String> {
        let event = name.parse()?;
        let node = self.peek().and_then(|word| word.parse().ok());
        self.next += usize::from(node.is_some());
        let (mut from_us, mut until_us) = (None, None);
        if self.takes("between") {
            from_us = Some(self.time()?);
            self.expect("and")?;
            until_us = Some(self.time()?);
        } else if self.takes("from") {
            from_us = Some(self.time()?);
        } else if self.takes("until") {
            until_us = Some(self.time()?);
        }
        let times = if never {
            Comparison::EqualTo(Amount::whole(0))
        } else if self.takes("times") {
            self.comparison()?
        } else {
            at_least_once()
        };
        Ok(Expectation::Event {
            event,
            node,
            from_us,
            until_us,
            times,
        })
    }

    fn expectation(&mut self) -> Result<Expectation, String> {
        let first = self.take("an expectation")?;
        if first == "never" {
            let name = self.take("an event")?;
            return self.event(&name, true);
        }
        let node: Option<(NodeId, &str)> = first
            .split_once('.')
            .and_then(|(node, name)| Some((node.parse().ok()?, name)));
        if let Some((node, name)) = node {
            let is = self.node_state(name)?;
            let at_us = if self.takes("at") {
                Some(self.time()?)
            } else {
                None
            };
            return Ok(Expectation::Node { node, at_us, is });
        }
        // What is followed by a comparison is a number, what is not is an event: the error should speak of the right one.
        match self.peek() {
            Some("==" | "=" | "!=" | "<" | "<=" | ">" | ">=" | "in") => Ok(Expectation::Report {
                number: first.parse()?,
                is: self.comparison()?,
            }),
            _ => self.event(&first, false),
        }
    }
}

impl FromStr for Comparison {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = Words::of(text);
        let comparison = words.comparison();
        let comparison = comparison.map_err(|reason| format!("in \"{text}\": {reason}"))?;
        words.end(text).map(|()| comparison)
    }
}

impl FromStr for Expectation {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let mut words = Words::of(text);
        let expectation = words.expectation();
        let expectation = expectation.map_err(|reason| format!("in \"{text}\": {reason}"))?;
        words.end(text).map(|()| expectation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_as_they_were_written() {
        for text in [
            "writes.lost_acked == 0",
            "commit_latency_ms.p99 < 50",
            "commit_latency_ms.p50 in 20 to 22.125",
            "failovers[0].promoted_ms <= 1500.5",
            "failovers != 2",
            "n2.role == primary at 9s",
            "n3.health == down",
            "n2.takes_writes == true at 0.25s",
            "n10.replay_lsn >= 12 at 9.000001s",
            "promoted n2 between 22.6s and 30.7s",
            "never split_brain",
            "never promoted n2 from 4s",
            "semi_sync_fell_back until 4s times == 2",
        ] {
            let expectation: Expectation = text.parse().expect(text);
            assert_eq!(expectation.to_string(), text);
            let json = json::to_line(&expectation).expect("plain data");
            assert_eq!(
                json::from_text::<Expectation>(&json).expect(&json),
                expectation
            );
        }
    }

    #[test]
    fn spaces_and_units_are_free() {
        for (text, same) in [
            ("writes.acked>=10", "writes.acked >= 10"),
            (
                "promoted n2 between 900 ms and 2 min",
                "promoted n2 between 0.9s and 120s",
            ),
            ("n1.role==replica at 1.5 h", "n1.role == replica at 5400s"),
        ] {
            assert_eq!(text.parse::<Expectation>().expect(text).to_string(), same);
        }
    }

    #[test]
    fn comparisons_stand_alone_too() {
        assert_eq!(">= 3".parse(), Ok(Comparison::AtLeast(Amount::whole(3))));
        let error = "in 1 to".parse::<Comparison>().expect_err("it ends");
        assert!(error.contains("it ends where a number"), "{error}");
        let error = "== 3 4".parse::<Comparison>().expect_err("too much");
        assert!(error.contains("\"4\" is too much"), "{error}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, reason) in [
            ("", "in \"\": it ends where an expectation should be"),
            (
                "writes.lost == 0",
                "\"writes.lost\" is not a number of the report",
            ),
            ("writes.acked", "\"writes.acked\" is not an event"),
            ("writes.acked == -1", "\"-1\" is not a number of 0 or more"),
            ("writes.acked == 0.0001", "at most three decimals"),
            ("writes.acked == 2 or more", "\"or\" is too much"),
            (
                "n2.rolle == primary",
                "\"rolle\" is nothing that a node has",
            ),
            ("n2.role == king", "unknown variant `king`"),
            ("promoted n2 between 1s", "it ends where \"and\" should be"),
            ("promoted from 7", "\"7\" is not a time"),
            ("promoted from 7.0000001s", "finer than a microsecond"),
            ("promoted times => 2", "\"=>\" is not a comparison"),
        ] {
            let error = text.parse::<Expectation>().expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
