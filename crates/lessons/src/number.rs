//! Numbers that conditions ask for and texts show.

use core::fmt;
use core::str::FromStr;

use replicascope_engine::event::EventName;
use replicascope_engine::expect::{Amount, Metric};
use replicascope_engine::ids::NodeId;
use replicascope_engine::report::{Capacity, Distribution, Millis, NodeReport};
use replicascope_engine::time::Span;
use replicascope_engine::world::Health;
use serde::de::{Deserialize, Deserializer, Error};

use crate::setting::SettingPath;
use crate::witness::Witness;

/// What a number counts, so that a page can write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Things.
    Count,
    /// Milliseconds, to the microsecond.
    Millis,
    /// Operations a second.
    PerSecond,
    /// Percent.
    Percent,
}

/// A number of a run, or of what was kept of an earlier one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// Of the report, by its path.
    Report(Metric),
    /// Of a node as it stands: `n2.lag_ms`.
    Node(NodeId, OfNode),
    /// How often something happened: `count.promoted`, `count.received.n2`.
    Count(EventName, Option<NodeId>),
    /// When something last happened, from the start of the run: `time.promoted`, `time.received.n2`.
    Last(EventName, Option<NodeId>),
    /// From the sending of a read to its answer: `read_latency_ms.p50`, `.p99`, `.max`.
    ReadLatency(u16),
    /// R-NU-9 over the last ten seconds: `capacity.single`, …
    Capacity(OfCapacity),
    /// How many nodes take writes: `writers`.
    Writers,
    /// How many nodes run: `running`.
    Running,
    /// A setting in force that is a number.
    Setting(SettingPath),
    /// Kept by an earlier step: `kept.NAME`. The end of the name says what it counts: `_ms`, `_percent`, `_per_second`, else things.
    Kept(String),
}

/// A number of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfNode {
    /// End of its log.
    InsertLsn,
    /// Received.
    WriteLsn,
    /// On its disk.
    FlushLsn,
    /// Applied.
    ReplayLsn,
    /// Records it is behind.
    LagRecords,
    /// Age of the first record it has not applied.
    LagMs,
    /// Number of its timeline.
    Timeline,
}

/// A number of [`Capacity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfCapacity {
    /// One server alone could take so much of this mix.
    Single,
    /// This cluster could.
    Cluster,
    /// So many writes at most, however many replicas.
    Writes,
    /// What is asked of it.
    Offered,
    /// How busy the primary is, measured.
    Primary,
    /// How busy it should be, by the formula.
    PrimaryFormula,
    /// How busy the replicas are.
    Replicas,
    /// How busy they should be.
    ReplicasFormula,
}

const OF_NODE: [(&str, OfNode); 7] = [
    ("insert_lsn", OfNode::InsertLsn),
    ("write_lsn", OfNode::WriteLsn),
    ("flush_lsn", OfNode::FlushLsn),
    ("replay_lsn", OfNode::ReplayLsn),
    ("lag_records", OfNode::LagRecords),
    ("lag_ms", OfNode::LagMs),
    ("timeline", OfNode::Timeline),
];

const OF_CAPACITY: [(&str, OfCapacity); 8] = [
    ("single", OfCapacity::Single),
    ("cluster", OfCapacity::Cluster),
    ("writes", OfCapacity::Writes),
    ("offered", OfCapacity::Offered),
    ("primary", OfCapacity::Primary),
    ("primary_formula", OfCapacity::PrimaryFormula),
    ("replicas", OfCapacity::Replicas),
    ("replicas_formula", OfCapacity::ReplicasFormula),
];

const QUANTILES: [(&str, u16); 3] = [("p50", 500), ("p99", 990), ("max", 1_000)];

/// Over how much of the run capacity is measured.
const WINDOW: Span = Span::from_secs(10);

impl Number {
    /// Its value; `None` where there is none, such as the latency of no write at all. With `newly` only what was counted since the
    /// step began; a number that is no count is the same either way.
    #[must_use]
    pub fn of(&self, witness: &Witness, newly: bool) -> Option<Amount> {
        let run = witness.run();
        let since = witness.since(newly);
        match self {
            Self::Report(metric) => {
                let now = metric.of(witness.report())?;
                let before = if newly && self.is_count() {
                    metric.of(witness.report_at_start()).unwrap_or_default()
                } else {
                    Amount::default()
                };
                Some(now.more_than(before))
            }
            Self::Node(node, what) => {
                if node.index() >= run.nodes().len() {
                    return None;
                }
                let node = NodeReport::of(run, *node);
                Some(match what {
                    OfNode::InsertLsn => Amount::whole(node.insert_lsn.0),
                    OfNode::WriteLsn => Amount::whole(node.write_lsn.0),
                    OfNode::FlushLsn => Amount::whole(node.flush_lsn.0),
                    OfNode::ReplayLsn => Amount::whole(node.replay_lsn.0),
                    OfNode::LagRecords => Amount::whole(node.lag_records),
                    OfNode::LagMs => node.lag_ms.into(),
                    OfNode::Timeline => Amount::whole(u64::from(node.timeline)),
                })
            }
            Self::Count(event, node) => Some(Amount::whole(
                witness.events(*event, *node, since).count() as u64,
            )),
            Self::Last(event, node) => {
                let at = witness.events(*event, *node, since).next_back()?.at;
                Some(Millis(Span(at.0)).into())
            }
            Self::ReadLatency(permille) => {
                let begun = witness.begun(newly);
                let mut spans = Distribution::default();
                for op in run.oracle().ops().filter(|op| !op.is_write()) {
                    if let Some(done) = op
                        .done_at
                        .filter(|_| op.returned.is_some() && op.issued_at >= begun)
                    {
                        spans.add(done.since(op.issued_at));
                    }
                }
                spans
                    .quantile(u64::from(*permille))
                    .map(|span| Millis(span).into())
            }
            Self::Capacity(what) => {
                let capacity = Capacity::of(run, WINDOW)?;
                let percent = |permille: u64| permille.div_ceil(10);
                Some(Amount::whole(match what {
                    OfCapacity::Single => capacity.single,
                    OfCapacity::Cluster => capacity.cluster,
                    OfCapacity::Writes => capacity.writes_alone,
                    OfCapacity::Offered => capacity.offered(),
                    OfCapacity::Primary => percent(capacity.primary.measured),
                    OfCapacity::PrimaryFormula => percent(capacity.primary.formula),
                    OfCapacity::Replicas => percent(capacity.replicas.measured),
                    OfCapacity::ReplicasFormula => percent(capacity.replicas.formula),
                }))
            }
            Self::Writers => Some(Amount::whole(run.writers().len() as u64)),
            Self::Running => {
                let nodes = run.nodes().iter();
                let up = nodes.filter(|node| run.health(node.id()) == Health::Up);
                Some(Amount::whole(up.count() as u64))
            }
            Self::Setting(path) => path.amount(&path.of(run)?),
            Self::Kept(name) => witness.kept(name),
        }
    }

    /// What it counts.
    #[must_use]
    pub fn unit(&self) -> Unit {
        match self {
            Self::Report(metric) if is_millis(&metric.to_string()) => Unit::Millis,
            Self::Node(_, OfNode::LagMs) | Self::Last(..) | Self::ReadLatency(_) => Unit::Millis,
            Self::Capacity(
                OfCapacity::Single | OfCapacity::Cluster | OfCapacity::Writes | OfCapacity::Offered,
            ) => Unit::PerSecond,
            Self::Capacity(_) => Unit::Percent,
            Self::Setting(path) => unit_of(&path.to_string()),
            Self::Kept(name) => unit_of(name),
            _ => Unit::Count,
        }
    }

    fn is_count(&self) -> bool {
        match self {
            Self::Report(metric) => {
                let name = metric.to_string();
                !name.contains("latency") && !name.contains("staleness") && !name.contains('[')
            }
            _ => false,
        }
    }

    pub(crate) fn node(&self) -> Option<NodeId> {
        match self {
            Self::Node(node, _) | Self::Count(_, Some(node)) | Self::Last(_, Some(node)) => {
                Some(*node)
            }
            _ => None,
        }
    }
}

fn is_millis(path: &str) -> bool {
    path.split('.').any(|name| name.ends_with("_ms"))
}

/// What a setting or a kept number counts, as its name says.
fn unit_of(name: &str) -> Unit {
    if name.ends_with("_us") || name.ends_with("_ms") {
        Unit::Millis
    } else if name.ends_with("_percent") {
        Unit::Percent
    } else if name.ends_with("_per_second") {
        Unit::PerSecond
    } else {
        Unit::Count
    }
}

fn named<T: Copy>(list: &[(&str, T)], name: &str) -> Result<T, String> {
    let found = list.iter().find(|(known, _)| *known == name);
    found.map(|&(_, value)| value).ok_or_else(|| {
        let all: Vec<&str> = list.iter().map(|&(name, _)| name).collect();
        format!("\"{name}\" is none of {}", all.join(", "))
    })
}

fn name_of<T: Copy + PartialEq>(list: &[(&'static str, T)], value: T) -> &'static str {
    let found = list.iter().find(|(_, known)| *known == value);
    found.map_or("", |&(name, _)| name)
}

fn event(text: &str) -> Result<(EventName, Option<NodeId>), String> {
    match text.split_once('.') {
        Some((name, node)) => {
            let name: EventName = name.parse()?;
            if !name.has_node() {
                return Err(format!("\"{name}\" is not about one node"));
            }
            Ok((name, Some(node.parse()?)))
        }
        None => Ok((text.parse()?, None)),
    }
}

impl FromStr for Number {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if SettingPath::begins(text) {
            return text.parse().map(Self::Setting);
        }
        match text.split_once('.') {
            None if text == "writers" => return Ok(Self::Writers),
            None if text == "running" => return Ok(Self::Running),
            Some(("kept", name)) if !name.is_empty() => return Ok(Self::Kept(name.to_owned())),
            Some(("count", rest)) => {
                return event(rest).map(|(name, node)| Self::Count(name, node));
            }
            Some(("time", rest)) => return event(rest).map(|(name, node)| Self::Last(name, node)),
            Some(("read_latency_ms", rest)) => {
                return named(&QUANTILES, rest).map(Self::ReadLatency);
            }
            Some(("capacity", rest)) => return named(&OF_CAPACITY, rest).map(Self::Capacity),
            Some((node, rest)) => {
                if let Ok(node) = node.parse() {
                    return named(&OF_NODE, rest).map(|what| Self::Node(node, what));
                }
            }
            None => {}
        }
        text.parse().map(Self::Report).map_err(|error: String| {
            format!(
                "{error}; nor is it one of a lesson: n2.lag_ms, count.EVENT, time.EVENT, read_latency_ms.p50, \
                 capacity.cluster, writers, running, a setting, kept.NAME"
            )
        })
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let about =
            |f: &mut fmt::Formatter<'_>, word: &str, event: EventName, node: Option<NodeId>| {
                write!(f, "{word}.{event}")?;
                node.map_or(Ok(()), |node| write!(f, ".{node}"))
            };
        match self {
            Self::Report(metric) => metric.fmt(f),
            Self::Node(node, what) => write!(f, "{node}.{}", name_of(&OF_NODE, *what)),
            Self::Count(event, node) => about(f, "count", *event, *node),
            Self::Last(event, node) => about(f, "time", *event, *node),
            Self::ReadLatency(permille) => {
                write!(f, "read_latency_ms.{}", name_of(&QUANTILES, *permille))
            }
            Self::Capacity(what) => write!(f, "capacity.{}", name_of(&OF_CAPACITY, *what)),
            Self::Writers => f.write_str("writers"),
            Self::Running => f.write_str("running"),
            Self::Setting(path) => path.fmt(f),
            Self::Kept(name) => write!(f, "kept.{name}"),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}
