//! The numbers of a report by their path in its JSON.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::Amount;
use crate::report::{Failover, Outage, Quantiles, Report, Stage};

/// The most failovers, or outages, that can be asked for by their number.
const NUMBERED: u16 = 1_000;

type Of<T> = fn(&T) -> Option<Amount>;

/// Numbers of the whole run.
const TOTALS: &[(&str, Of<Report>)] = &[
    ("events", |r| count(r.events)),
    ("at_ms", |r| Some(r.at_ms.into())),
    ("actions", |r| count(r.actions)),
    ("writes.sent", |r| count(r.writes.sent)),
    ("writes.acked", |r| count(r.writes.acked)),
    ("writes.failed", |r| count(r.writes.failed)),
    ("writes.unknown", |r| count(r.writes.unknown)),
    ("writes.open", |r| count(r.writes.open)),
    ("writes.lost_acked", |r| count(r.writes.lost_acked)),
    ("writes.survived_unacked", |r| {
        count(r.writes.survived_unacked)
    }),
    ("reads.total", |r| count(r.reads.total)),
    ("reads.fresh", |r| count(r.reads.fresh)),
    ("reads.stale", |r| count(r.reads.stale)),
    ("reads.ryw_broken", |r| count(r.reads.ryw_broken)),
    ("reads.monotonic_broken", |r| {
        count(r.reads.monotonic_broken)
    }),
    ("reads.phantom", |r| count(r.reads.phantom)),
    ("reads.failed", |r| count(r.reads.failed)),
    ("reads.open", |r| count(r.reads.open)),
    ("commit_latency_ms.p50", |r| p50(&r.commit_latency_ms)),
    ("commit_latency_ms.p99", |r| p99(&r.commit_latency_ms)),
    ("commit_latency_ms.max", |r| max(&r.commit_latency_ms)),
    ("staleness_ms.p50", |r| p50(&r.staleness_ms)),
    ("staleness_ms.p99", |r| p99(&r.staleness_ms)),
    ("staleness_ms.max", |r| max(&r.staleness_ms)),
    ("failovers", |r| count(r.failovers.len() as u64)),
    ("outages", |r| count(r.outages.len() as u64)),
    ("unavailable_ms", |r| Some(r.unavailable_ms.into())),
    ("split_brain_ms", |r| Some(r.split_brain_ms.into())),
];

/// Numbers of one failover.
const OF_A_FAILOVER: &[(&str, Of<Failover>)] = &[
    ("at_ms", |f| Some(f.at_ms.into())),
    ("detected_ms", |f| Some(f.detected_ms.into())),
    ("promoted_ms", |f| Some(f.promoted_ms.into())),
    ("writable_ms", |f| f.writable_ms.map(Amount::from)),
    ("lost_acked", |f| count(f.lost_acked)),
    ("timeline", |f| count(u64::from(f.timeline))),
];

/// Numbers of one outage.
const OF_AN_OUTAGE: &[(&str, Of<Outage>)] = &[
    ("at_ms", |o| Some(o.at_ms.into())),
    ("lasted_ms", |o| Some(o.lasted_ms.into())),
];

fn count(number: u64) -> Option<Amount> {
    Some(Amount::whole(number))
}

fn p50(quantiles: &Quantiles) -> Option<Amount> {
    quantiles.p50.map(Amount::from)
}

fn p99(quantiles: &Quantiles) -> Option<Amount> {
    quantiles.p99.map(Amount::from)
}

fn max(quantiles: &Quantiles) -> Option<Amount> {
    quantiles.max.map(Amount::from)
}

/// A number of the report, written as its path: `writes.lost_acked`, `failovers` (how many), `failovers[0].promoted_ms`,
/// `failovers[0].stages.agreed_ms`, `outages[0].lasted_ms`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Metric(Place);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Place {
    /// Index in [`TOTALS`].
    Total(u8),
    /// Number of the failover, and index in [`OF_A_FAILOVER`].
    Failover(u16, u8),
    /// Number of the failover, and index in [`Stage::ALL`].
    Stage(u16, u8),
    /// Number of the outage, and index in [`OF_AN_OUTAGE`].
    Outage(u16, u8),
}

impl Metric {
    /// The number in a report, if there is one.
    #[must_use]
    pub fn of(self, report: &Report) -> Option<Amount> {
        match self.0 {
            Place::Total(index) => TOTALS[usize::from(index)].1(report),
            Place::Failover(number, index) => report
                .failovers
                .get(usize::from(number))
                .and_then(OF_A_FAILOVER[usize::from(index)].1),
            Place::Stage(number, index) => report
                .failovers
                .get(usize::from(number))?
                .stages
                .at(Stage::ALL[usize::from(index)])
                .map(Amount::from),
            Place::Outage(number, index) => report
                .outages
                .get(usize::from(number))
                .and_then(OF_AN_OUTAGE[usize::from(index)].1),
        }
    }

    /// Every path there is, with `N` for the number of a failover or an outage.
    pub fn paths() -> impl Iterator<Item = String> {
        let of_a_failover = OF_A_FAILOVER
            .iter()
            .map(|(name, _)| format!("failovers[N].{name}"));
        let stages = Stage::ALL
            .iter()
            .map(|stage| format!("failovers[N].stages.{}", stage.name()));
        let of_an_outage = OF_AN_OUTAGE
            .iter()
            .map(|(name, _)| format!("outages[N].{name}"));
        TOTALS
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .chain(of_a_failover)
            .chain(stages)
            .chain(of_an_outage)
    }
}

impl fmt::Display for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Place::Total(index) => f.write_str(TOTALS[usize::from(index)].0),
            Place::Failover(number, index) => {
                let (name, _) = OF_A_FAILOVER[usize::from(index)];
                write!(f, "failovers[{number}].{name}")
            }
            Place::Stage(number, index) => {
                let name = Stage::ALL[usize::from(index)].name();
                write!(f, "failovers[{number}].stages.{name}")
            }
            Place::Outage(number, index) => {
                let (name, _) = OF_AN_OUTAGE[usize::from(index)];
                write!(f, "outages[{number}].{name}")
            }
        }
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A number of one failover or outage: `failovers[0].promoted_ms`.
fn numbered(text: &str) -> Option<Place> {
    let (list, rest) = text.split_once('[')?;
    let (number, name) = rest.split_once("].")?;
    let canonical = number == "0" || !number.starts_with(['0', '+']);
    let number = number.parse().ok().filter(|&n| canonical && n < NUMBERED)?;
    let place = |index: Option<usize>| Some(index? as u8);
    Some(match (list, name.strip_prefix("stages.")) {
        ("failovers", Some(stage)) => {
            let index = Stage::ALL.iter().position(|known| known.name() == stage);
            Place::Stage(number, place(index)?)
        }
        ("failovers", None) => {
            let index = OF_A_FAILOVER.iter().position(|(known, _)| *known == name);
            Place::Failover(number, place(index)?)
        }
        ("outages", _) => {
            let index = OF_AN_OUTAGE.iter().position(|(known, _)| *known == name);
            Place::Outage(number, place(index)?)
        }
        _ => return None,
    })
}

impl FromStr for Metric {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let total = TOTALS.iter().position(|(name, _)| *name == text);
        if let Some(index) = total {
            return Ok(Self(Place::Total(index as u8)));
        }
        numbered(text).map(Self).ok_or_else(|| {
            let all: Vec<String> = Self::paths().collect();
            format!(
                "\"{text}\" is not a number of the report; they are {}, with N from 0 to {}",
                all.join(", "),
                NUMBERED - 1
            )
        })
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Metric {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Metric".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let totals: Vec<&str> = TOTALS.iter().map(|(name, _)| *name).collect();
        let of_a_failover: Vec<String> = OF_A_FAILOVER
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .chain(
                Stage::ALL
                    .iter()
                    .map(|stage| format!("stages\\.{}", stage.name())),
            )
            .collect();
        let of_an_outage: Vec<&str> = OF_AN_OUTAGE.iter().map(|(name, _)| *name).collect();
        let number = "\\[(0|[1-9][0-9]{0,2})\\]\\.";
        let failover = format!("^failovers{number}({})$", of_a_failover.join("|"));
        let outage = format!("^outages{number}({})$", of_an_outage.join("|"));
        schemars::json_schema!({
            "description": "A number of the report by its path, such as `writes.lost_acked`; `failovers` is how many there were, `failovers[0].promoted_ms` a number of the first, `failovers[0].stages.agreed_ms` one of its stages, `outages[0].lasted_ms` a number of the first outage.",
            "anyOf": [{ "enum": totals }, { "type": "string", "pattern": failover }, { "type": "string", "pattern": outage }],
        })
    }
}
