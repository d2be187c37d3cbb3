//! Expectations: what an author says a run will show, as data in the scenario, so that a machine can check it.
//!
//! There are three kinds: a number of the [report](crate::report) at the end, a node's state at an instant, and events in a
//! window of time. Each has a form in JSON, for files, and one in words, for command lines and messages; the second is what
//! [`Display`](core::fmt::Display) prints and [`FromStr`](core::str::FromStr) reads:
//!
//! | JSON | words |
//! |---|---|
//! | `{"report":{"number":"writes.lost_acked","is":{"equal_to":0}}}` | `writes.lost_acked == 0` |
//! | `{"node":{"node":"n2","at_us":9000000,"is":{"role":"primary"}}}` | `n2.role == primary at 9s` |
//! | `{"event":{"event":"promoted","node":"n2","from_us":22600000,"until_us":30700000}}` | `promoted n2 between 22.6s and 30.7s` |
//!
//! `amount`: numbers and comparisons. `metric`: the numbers of the report by name. `check`: answers. `words`: the second form.

mod amount;
mod check;
mod metric;
mod validate;
mod words;

use serde::{Deserialize, Serialize};

use crate::event::EventName;
use crate::ids::NodeId;
use crate::node::Role;
use crate::report::NodeReport;
use crate::time::Time;
use crate::world::Health;

pub use amount::{Amount, Comparison};
pub(crate) use check::Checker;
pub use check::{Answer, Found};
pub use metric::Metric;
pub(crate) use validate::instant;
pub use words::{parse_time, written_time};

/// Something that holds at the end of a run, or does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Expectation {
    /// A number of the report. A number that there is not, such as the latency of no write at all, satisfies nothing.
    Report {
        /// Which, by its path.
        number: Metric,
        /// How it must be.
        is: Comparison,
    },
    /// The state of a node.
    Node {
        /// Which.
        node: NodeId,
        /// When, in µs: after everything that is due at that instant. The end of the run when absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at_us: Option<Time>,
        /// How it must be.
        is: NodeState,
    },
    /// Events of one kind.
    Event {
        /// Which, as the trace names them.
        event: EventName,
        /// Only those whose `node` is this one, when given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<NodeId>,
        /// Only those at this instant or later, in µs, when given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from_us: Option<Time>,
        /// Only those at this instant or earlier, in µs, when given.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_us: Option<Time>,
        /// How often they must happen; at least once when absent.
        #[serde(default = "at_least_once", skip_serializing_if = "is_at_least_once")]
        times: Comparison,
    },
}

fn at_least_once() -> Comparison {
    Comparison::AtLeast(Amount::whole(1))
}

fn is_at_least_once(times: &Comparison) -> bool {
    *times == at_least_once()
}

/// One fact about a node. The numbers are those of [`NodeReport`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum NodeState {
    /// What it does in the cluster.
    Role(Role),
    /// Whether it runs.
    Health(Health),
    /// Whether it takes writes.
    TakesWrites(bool),
    /// Whether its log ends in records that the surviving history does not hold.
    Diverged(bool),
    /// Number of the timeline that it writes, follows, or last heard of.
    Timeline(Comparison),
    /// End of its log.
    InsertLsn(Comparison),
    /// Received, or handed to the disk on a primary.
    WriteLsn(Comparison),
    /// On its disk.
    FlushLsn(Comparison),
    /// Applied: what its reads see.
    ReplayLsn(Comparison),
    /// Records it is behind the owner of the newest timeline.
    LagRecords(Comparison),
    /// Age of the first record that it has not applied, in ms.
    LagMs(Comparison),
}

impl NodeState {
    /// The same fact as a node shows it, and whether that is as expected.
    fn compare(&self, node: &NodeReport) -> (bool, Found) {
        let (comparison, amount) = match *self {
            Self::Role(role) => return (node.role == role, Found::Role(node.role)),
            Self::Health(health) => return (node.health == health, Found::Health(node.health)),
            Self::TakesWrites(yes) => {
                return (node.takes_writes == yes, Found::Truth(node.takes_writes));
            }
            Self::Diverged(yes) => return (node.diverged == yes, Found::Truth(node.diverged)),
            Self::Timeline(is) => (is, Amount::whole(u64::from(node.timeline))),
            Self::InsertLsn(is) => (is, Amount::whole(node.insert_lsn.0)),
            Self::WriteLsn(is) => (is, Amount::whole(node.write_lsn.0)),
            Self::FlushLsn(is) => (is, Amount::whole(node.flush_lsn.0)),
            Self::ReplayLsn(is) => (is, Amount::whole(node.replay_lsn.0)),
            Self::LagRecords(is) => (is, Amount::whole(node.lag_records)),
            Self::LagMs(is) => (is, node.lag_ms.into()),
        };
        (comparison.holds(amount), Found::Amount(Some(amount)))
    }
}
