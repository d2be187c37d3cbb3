//! The failover manager that watches over PostgreSQL, MySQL or MariaDB, with its real parameters.
//!
//! As in [`super::database`], names, units and defaults are those of the real tools.

use serde::{Deserialize, Serialize};

use super::read::{Problem, ScenarioError};
use super::validate::{Checked, within};
use crate::ids::NodeId;

/// Who replaces a dead primary, if the database does not do so itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Manager {
    /// Nobody: a person promotes. (Textbook nodes elect among themselves, as `failover` says.)
    #[default]
    None,
    /// Patroni: an agent beside every PostgreSQL, and a lease in a consensus store.
    Patroni(Box<Patroni>),
    /// MHA: one manager host that pings the source of a MySQL or MariaDB cluster.
    Mha(Box<Mha>),
    /// A few observers that agree on the primary's death by quorum, as Redis Sentinel does.
    Sentinel(Box<Sentinel>),
}

/// Which Patroni. Where they differ, what was measured on each is followed (R-PT-4, R-PT-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum PatroniVersion {
    /// 4.1.
    #[default]
    #[serde(rename = "4")]
    V4,
    /// 3.0: a restart in place raises the timeline, and a leader that was frozen may overwrite the new leader's key.
    #[serde(rename = "3.0")]
    V3,
}

/// Patroni's `synchronous_mode` (R-PT-8, R-PT-9).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SynchronousMode {
    /// Patroni leaves `synchronous_standby_names` alone.
    #[default]
    Off,
    /// Patroni chooses the synchronous standbys, and only they may be promoted.
    On,
    /// As `on` with `ANY k`, and a candidate must be level with enough of the voters.
    Quorum,
}

/// Patroni's `watchdog.mode` (R-PT-7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WatchdogMode {
    /// Not used.
    Off,
    /// Used where there is a device; see [`Patroni::watchdog_device`].
    #[default]
    Automatic,
    /// A node without a device does not become leader.
    Required,
}

/// Tags of one member (`tags` in its patroni.yml).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PatroniTags {
    /// Which member.
    pub node: NodeId,
    /// It never becomes leader.
    #[serde(default)]
    pub nofailover: bool,
    /// Read requests are not sent to it: `/replica` answers 503.
    #[serde(default)]
    pub noloadbalance: bool,
    /// It is never chosen as synchronous standby.
    #[serde(default)]
    pub nosync: bool,
    /// Where it streams from, unless that member is gone.
    #[serde(default)]
    pub replicatefrom: Option<NodeId>,
}

/// Patroni's parameters (R-PT-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Patroni {
    /// Which Patroni.
    pub version: PatroniVersion,
    /// How long the leader's lease lasts without renewal, s, 20 or more.
    pub ttl: u64,
    /// Time between two rounds of an agent, s, 1 or more.
    pub loop_wait: u64,
    /// How long an agent goes on trying to reach the store or PostgreSQL before it gives up, s, 3 or more.
    pub retry_timeout: u64,
    /// A replica that is further behind the leader's last published position does not stand, bytes.
    pub maximum_lag_on_failover: u64,
    /// A standby further behind than this is replaced as synchronous standby, bytes; -1 never.
    pub maximum_lag_on_syncnode: i64,
    /// How long a crashed primary is given to start again in place before another takes over, s; 0: at once (R-PT-4).
    pub primary_start_timeout: u64,
    /// Whether Patroni chooses the synchronous standbys.
    pub synchronous_mode: SynchronousMode,
    /// Whether writes block rather than be acked by the leader alone when no standby is left.
    pub synchronous_mode_strict: bool,
    /// How many synchronous standbys, 1 or more.
    pub synchronous_node_count: u8,
    /// Whether a leader that loses the store goes on while every member confirms that it is reachable (R-PT-6).
    pub failsafe_mode: bool,
    /// Whether a diverged node is rewound (R-PT-10). Off by default.
    pub use_pg_rewind: bool,
    /// Whether a diverged node that cannot be rewound is wiped and filled again (R-PT-10).
    pub remove_data_directory_on_diverged_timelines: bool,
    /// Whether the leader feeds a watchdog (R-PT-7).
    pub watchdog_mode: WatchdogMode,
    /// Whether the hosts have a watchdog device. Most have none.
    pub watchdog_device: bool,
    /// The watchdog fires so long before the lease ends, s; -1: at half of `ttl`.
    pub safety_margin: i64,
    /// Members of the consensus store: 1, 3 or 5.
    pub store_members: u8,
    /// Tags of members that differ from the default.
    pub tags: Vec<PatroniTags>,
}

impl Default for Patroni {
    fn default() -> Self {
        Self {
            version: PatroniVersion::V4,
            ttl: 30,
            loop_wait: 10,
            retry_timeout: 10,
            maximum_lag_on_failover: 1_048_576,
            maximum_lag_on_syncnode: -1,
            primary_start_timeout: 300,
            synchronous_mode: SynchronousMode::Off,
            synchronous_mode_strict: false,
            synchronous_node_count: 1,
            failsafe_mode: false,
            use_pg_rewind: false,
            remove_data_directory_on_diverged_timelines: false,
            watchdog_mode: WatchdogMode::Automatic,
            watchdog_device: false,
            safety_margin: 5,
            store_members: 3,
            tags: Vec::new(),
        }
    }
}

/// What MHA is told of one server (its section in the configuration).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MhaServer {
    /// Which server.
    pub node: NodeId,
    /// Preferred as the new source.
    #[serde(default)]
    pub candidate_master: bool,
    /// Never the new source.
    #[serde(default)]
    pub no_master: bool,
    /// Its death does not stop a failover.
    #[serde(default)]
    pub ignore_fail: bool,
}

/// MHA's parameters (R-MH-1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Mha {
    /// Time between two pings, s, 1 or more.
    pub ping_interval: u64,
    /// Whether a candidate whose applier is far behind is passed over.
    pub check_repl_delay: bool,
    /// Whether the replica with the most log is preferred over its order in the list.
    pub latest_priority: bool,
    /// How long a connection by SSH may take, s.
    pub ssh_connection_timeout: u64,
    /// `secondary_check_script`: the nodes through which the source is looked at before it is held for dead; none by default.
    pub secondary_check_via: Vec<NodeId>,
    /// Whether `master_ip_failover_script` takes the address away from the old source. Off by default: no fencing (R-MH-4).
    pub master_ip_failover_script: bool,
    /// Whether `shutdown_script` powers the old source off. Off by default.
    pub shutdown_script: bool,
    /// Whether replicas use GTID auto-position: then the dead source's binlog is not saved (R-MH-5).
    pub gtid_auto_position: bool,
    /// What differs from server to server.
    pub servers: Vec<MhaServer>,
}

impl Default for Mha {
    fn default() -> Self {
        Self {
            ping_interval: 3,
            check_repl_delay: true,
            latest_priority: true,
            ssh_connection_timeout: 5,
            secondary_check_via: Vec::new(),
            master_ip_failover_script: false,
            shutdown_script: false,
            gtid_auto_position: false,
            servers: Vec::new(),
        }
    }
}

/// `replica-priority` of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplicaPriority {
    /// Which node.
    pub node: NodeId,
    /// Lower is preferred; 0 is never promoted.
    pub priority: u32,
}

/// Sentinel's parameters (R-RS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Sentinel {
    /// How many observers, 1 to 5.
    pub sentinels: u8,
    /// How many must agree that the primary is down. The failover itself always needs a majority of all.
    pub quorum: u8,
    /// Silence after which an observer holds a node for down, ms.
    #[serde(rename = "down-after-milliseconds")]
    pub down_after_milliseconds: u64,
    /// A failover that takes longer is given up, and nobody tries again before twice this, ms.
    #[serde(rename = "failover-timeout")]
    pub failover_timeout: u64,
    /// `replica-priority` of nodes that differ from 100.
    pub priorities: Vec<ReplicaPriority>,
    /// A primary with fewer connected replicas takes no writes; 0 is off.
    #[serde(rename = "min-replicas-to-write")]
    pub min_replicas_to_write: u8,
    /// A replica counts for `min-replicas-to-write` when it was heard within so long, s.
    #[serde(rename = "min-replicas-max-lag")]
    pub min_replicas_max_lag: u64,
}

impl Default for Sentinel {
    fn default() -> Self {
        Self {
            sentinels: 3,
            quorum: 2,
            down_after_milliseconds: 30_000,
            failover_timeout: 180_000,
            priorities: Vec::new(),
            min_replicas_to_write: 0,
            min_replicas_max_lag: 10,
        }
    }
}

/// An hour, in s.
const HOUR_S: u64 = 3_600;

fn contradiction(path: String, text: String) -> ScenarioError {
    ScenarioError::new(path, Problem::Contradiction(text))
}

fn known(path: &str, node: NodeId, nodes: usize) -> Checked {
    if node.index() < nodes {
        return Ok(());
    }
    Err(ScenarioError::new(
        path,
        Problem::NoSuchNode {
            node: node.to_string(),
            nodes,
        },
    ))
}

impl Manager {
    /// Whether two settings are of the same manager; a run cannot change it.
    #[must_use]
    pub fn is_same_kind(&self, other: &Self) -> bool {
        core::mem::discriminant(self) == core::mem::discriminant(other)
    }

    /// How many members the consensus store has.
    #[must_use]
    pub fn store_members(&self) -> u8 {
        match self {
            Self::Patroni(patroni) => patroni.store_members,
            _ => 0,
        }
    }

    /// How many hosts watch from outside.
    #[must_use]
    pub fn monitors(&self) -> u8 {
        match self {
            Self::Mha(_) => 1,
            Self::Sentinel(sentinel) => sentinel.sentinels,
            Self::None | Self::Patroni(_) => 0,
        }
    }

    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
        match self {
            Self::None => Ok(()),
            Self::Patroni(patroni) => patroni.validate(&format!("{path}.patroni"), nodes),
            Self::Mha(mha) => mha.validate(&format!("{path}.mha"), nodes),
            Self::Sentinel(sentinel) => sentinel.validate(&format!("{path}.sentinel"), nodes),
        }
    }
}

impl Patroni {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        let seconds =
            |name: &str, value, least| within(&format!("{path}.{name}"), value, least, HOUR_S, "s");
        seconds("ttl", self.ttl, 20)?;
        seconds("loop_wait", self.loop_wait, 1)?;
        seconds("retry_timeout", self.retry_timeout, 3)?;
        seconds("primary_start_timeout", self.primary_start_timeout, 0)?;
        if self.loop_wait + 2 * self.retry_timeout > self.ttl {
            return Err(contradiction(
                format!("{path}.ttl"),
                format!(
                    "loop_wait {} s + 2 × retry_timeout {} s must not be more than ttl {} s",
                    self.loop_wait, self.retry_timeout, self.ttl
                ),
            ));
        }
        if self.safety_margin < -1 || self.safety_margin >= self.ttl as i64 {
            return Err(contradiction(
                format!("{path}.safety_margin"),
                format!(
                    "{} is not -1 nor 0 to below ttl, {} s",
                    self.safety_margin, self.ttl
                ),
            ));
        }
        if self.maximum_lag_on_syncnode < -1 {
            return Err(contradiction(
                format!("{path}.maximum_lag_on_syncnode"),
                format!(
                    "{} is neither -1 nor a number of bytes",
                    self.maximum_lag_on_syncnode
                ),
            ));
        }
        within(
            &format!("{path}.synchronous_node_count"),
            u64::from(self.synchronous_node_count),
            1,
            nodes as u64 - 1,
            "standbys",
        )?;
        if !matches!(self.store_members, 1 | 3 | 5) {
            return Err(contradiction(
                format!("{path}.store_members"),
                format!("{} is not 1, 3 or 5", self.store_members),
            ));
        }
        for (index, tags) in self.tags.iter().enumerate() {
            known(&format!("{path}.tags[{index}].node"), tags.node, nodes)?;
            if let Some(source) = tags.replicatefrom {
                known(
                    &format!("{path}.tags[{index}].replicatefrom"),
                    source,
                    nodes,
                )?;
            }
        }
        Ok(())
    }
}

impl Mha {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        within(
            &format!("{path}.ping_interval"),
            self.ping_interval,
            1,
            HOUR_S,
            "s",
        )?;
        within(
            &format!("{path}.ssh_connection_timeout"),
            self.ssh_connection_timeout,
            1,
            HOUR_S,
            "s",
        )?;
        for (index, &node) in self.secondary_check_via.iter().enumerate() {
            known(&format!("{path}.secondary_check_via[{index}]"), node, nodes)?;
        }
        for (index, server) in self.servers.iter().enumerate() {
            known(&format!("{path}.servers[{index}].node"), server.node, nodes)?;
            if server.candidate_master && server.no_master {
                return Err(contradiction(
                    format!("{path}.servers[{index}].no_master"),
                    format!("{} cannot be candidate_master and no_master", server.node),
                ));
            }
        }
        Ok(())
    }
}

impl Sentinel {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        within(
            &format!("{path}.sentinels"),
            u64::from(self.sentinels),
            1,
            5,
            "sentinels",
        )?;
        within(
            &format!("{path}.quorum"),
            u64::from(self.quorum),
            1,
            u64::from(self.sentinels),
            "sentinels",
        )?;
        for (name, value) in [
            ("down-after-milliseconds", self.down_after_milliseconds),
            ("failover-timeout", self.failover_timeout),
        ] {
            within(&format!("{path}.{name}"), value, 1, HOUR_S * 1_000, "ms")?;
        }
        within(
            &format!("{path}.min-replicas-to-write"),
            u64::from(self.min_replicas_to_write),
            0,
            nodes as u64 - 1,
            "replicas",
        )?;
        within(
            &format!("{path}.min-replicas-max-lag"),
            self.min_replicas_max_lag,
            1,
            HOUR_S,
            "s",
        )?;
        for (index, entry) in self.priorities.iter().enumerate() {
            known(
                &format!("{path}.priorities[{index}].node"),
                entry.node,
                nodes,
            )?;
        }
        Ok(())
    }
}
