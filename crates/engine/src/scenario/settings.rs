//! What can be set: replication mode and its parameters, failover, timers, routing, costs, links, workload.

use serde::{Deserialize, Serialize};

use super::database::Database;
use super::distribution::Distribution;
use super::manager::Manager;
use super::routing::Routing;
use crate::ids::NodeId;

/// When the primary answers a write (Textbook profile).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Once its own log is flushed.
    #[default]
    Async,
    /// Once k replicas have received the record as well (R-MY-4: received, not applied). See [`SemiSync`].
    SemiSync,
    /// Once every replica in the sync set has applied it as well (R-PG-1 `remote_apply`). See [`Sync`].
    Sync,
}

/// Parameters of the semi-synchronous mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct SemiSync {
    /// How many replicas must have received a record, 1 to the number of replicas.
    pub acks: u8,
    /// Longest wait, in µs, before the primary falls back to async (R-MY-5). `null` waits for ever.
    pub timeout_us: Option<u64>,
}

impl Default for SemiSync {
    fn default() -> Self {
        Self {
            acks: 1,
            timeout_us: Some(10_000_000),
        }
    }
}

/// Parameters of the synchronous mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Sync {
    /// Replicas that belong to the sync set when they are healthy. `null` means all of them. The primary always belongs.
    pub members: Option<Vec<NodeId>>,
    /// A member that has kept a commit waiting for this long, in µs, leaves the set until it has caught up. `null`: never.
    pub drop_after_us: Option<u64>,
}

/// Who replaces a dead primary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Failover {
    /// Nobody: a person promotes.
    Manual,
    /// The nodes: missed heartbeats, then an election among a reachable majority that the replica with the most WAL wins.
    #[default]
    Election,
}

/// Which node a read goes to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ReadPolicy {
    /// The primary, always.
    PrimaryOnly,
    /// The replicas in turn.
    #[default]
    RoundRobin,
    /// A replica by lot.
    Random,
}

/// Timers of failure detection, routing and clients, in µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Timers {
    /// Time between two heartbeats of the primary.
    pub heartbeat_us: u64,
    /// Silence after which a replica holds the primary for dead. It is also how long the primary's lease lasts after a
    /// heartbeat that a majority answered, when fencing is on.
    pub election_timeout_us: u64,
    /// How long a candidate collects answers before it counts them, unless everybody has answered.
    pub vote_wait_us: u64,
    /// Time between two health checks of the router.
    pub health_check_us: u64,
    /// A client gives up after this.
    pub client_timeout_us: u64,
    /// How long rewinding a diverged node takes (R-PG-17).
    pub rewind_us: u64,
    /// How long a full copy of the primary takes, on top of the link's delay.
    pub base_backup_us: u64,
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            heartbeat_us: 250_000,
            election_timeout_us: 1_500_000,
            vote_wait_us: 400_000,
            health_check_us: 250_000,
            client_timeout_us: 3_000_000,
            rewind_us: 500_000,
            base_backup_us: 1_000_000,
        }
    }
}

/// Everything about the cluster's behaviour that can change while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Which database the nodes run, with its parameters.
    #[serde(skip_serializing_if = "Database::is_textbook")]
    pub database: Database,
    /// Who replaces a dead primary of a database that does not do so itself.
    #[serde(skip_serializing_if = "is_none")]
    pub manager: Manager,
    /// The replication mode. This and the next four are parameters of the Textbook profile.
    pub mode: Mode,
    /// Its parameters while it is semi-synchronous.
    pub semi_sync: SemiSync,
    /// Its parameters while it is synchronous.
    pub sync: Sync,
    /// Who replaces a dead primary.
    pub failover: Failover,
    /// With fencing a primary takes writes only while it holds a lease from a majority, and follows a newer timeline as
    /// soon as it hears of one. Without, it goes on as if alone.
    pub fencing: bool,
    /// Where reads go.
    pub reads: ReadPolicy,
    /// What a router or an application does about stale reads beyond that.
    #[serde(skip_serializing_if = "Routing::is_plain")]
    pub routing: Routing,
    /// Timers.
    pub timers: Timers,
}

fn is_none(manager: &Manager) -> bool {
    *manager == Manager::None
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            database: Database::default(),
            manager: Manager::default(),
            mode: Mode::default(),
            semi_sync: SemiSync::default(),
            sync: Sync::default(),
            failover: Failover::default(),
            fencing: true,
            reads: ReadPolicy::default(),
            routing: Routing::default(),
            timers: Timers::default(),
        }
    }
}

/// What work costs on a healthy node, in µs of its one processor or its disk. A node slow by k takes k times as long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Costs {
    /// Answering one read.
    pub read_us: u64,
    /// Executing one write on the primary.
    pub write_us: u64,
    /// Applying one log record on a replica.
    pub apply_us: u64,
    /// One flush of the log to disk; records that arrive meanwhile share the next one.
    pub fsync_us: u64,
    /// How long a database server takes to start, in µs. Textbook nodes start at once.
    pub start_us: u64,
    /// Size of a log record in bytes, for limits that are given in bytes.
    pub record_bytes: u64,
}

impl Default for Costs {
    fn default() -> Self {
        Self {
            read_us: 200,
            write_us: 400,
            apply_us: 400,
            fsync_us: 800,
            start_us: 200_000,
            record_bytes: 256,
        }
    }
}

/// One direction of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct LinkSettings {
    /// Least one-way delay, in µs.
    pub delay_us: u64,
    /// Up to this much more, uniformly, in µs. Order is kept all the same.
    pub jitter_us: u64,
    /// Transmissions lost, per million. A lost one is sent again after a time-out, as TCP does.
    pub loss_ppm: u32,
    /// Drawn anew for each transmission, on top of the delay and the jitter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extra: Option<Distribution>,
}

/// How workload operations are spaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Arrival {
    /// At random, exponentially distributed gaps.
    #[default]
    Poisson,
    /// Equal gaps.
    Even,
}

/// The steady workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Workload {
    /// Operations per second over all clients, 0 to 100,000.
    pub operations_per_second: u64,
    /// How many of 100 operations are reads.
    pub read_percent: u32,
    /// How many keys there are, 1 to 10,000. Fixed for a run: it is the size of the table.
    pub keys: u32,
    /// Zipf exponent of the keys' popularity times 100: 0 is uniform, 99 the usual web skew, at most 300.
    pub skew_percent: u32,
    /// How operations are spaced.
    pub arrival: Arrival,
}

impl Default for Workload {
    fn default() -> Self {
        Self {
            operations_per_second: 20,
            read_percent: 60,
            keys: 12,
            skew_percent: 60,
            arrival: Arrival::Poisson,
        }
    }
}
