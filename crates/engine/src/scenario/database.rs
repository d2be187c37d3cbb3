//! The database that runs on every node, with its real parameters: names, units and defaults are those of the manuals.
//!
//! A scenario names a parameter as the configuration file of the real database does, as a number in the unit that the real
//! parameter has when none is written. What a parameter does is one line; the rule it follows is in brackets.

use serde::{Deserialize, Serialize};

use super::read::{Problem, ScenarioError};
use super::standby_names::StandbyNames;
use super::validate::{Checked, within};
use crate::ids::NodeId;

/// Which database the nodes run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Database {
    /// Replication as a course draws it: `mode`, `semi_sync` and `sync` say how, and the nodes elect a primary themselves.
    #[default]
    Textbook,
    /// PostgreSQL streaming replication.
    Postgresql(Box<Postgresql>),
    /// MySQL 8.0.26 or newer, with semi-synchronous replication as a plugin.
    Mysql(Box<Mysql>),
    /// MariaDB 10.11, with semi-synchronous replication built in.
    Mariadb(Box<Mariadb>),
}

/// `synchronous_commit`: how far a commit must have come before the client is answered (R-PG-1).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CommitLevel {
    /// Answered at once; the log is flushed within three times `wal_writer_delay`.
    Off,
    /// On this node's disk.
    Local,
    /// And written to the operating system of the synchronous standbys.
    RemoteWrite,
    /// And on the disk of the synchronous standbys.
    #[default]
    On,
    /// And replayed by the synchronous standbys, so that reads there see it.
    RemoteApply,
}

/// PostgreSQL's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Postgresql {
    /// How far a commit must have come before the client is answered; a write may name another level for itself (R-PG-1).
    pub synchronous_commit: CommitLevel,
    /// Which standbys commits wait for: `FIRST k (names)`, `ANY k (names)`, a plain list, `*`, or nothing (R-PG-5, R-PG-6).
    pub synchronous_standby_names: StandbyNames,
    /// Time between two flushes of the WAL writer, ms, 1 to 10,000 (R-PG-1).
    pub wal_writer_delay: u64,
    /// The primary drops a standby that it has not heard for so long, ms; 0 never (R-PG-9).
    pub wal_sender_timeout: u64,
    /// A standby drops a primary that it has not heard for so long, ms; 0 never (R-PG-10).
    pub wal_receiver_timeout: u64,
    /// Longest time between two status messages of a standby, s; 0 sends none that nobody asked for (R-PG-10).
    pub wal_receiver_status_interval: u64,
    /// A standby that lost its primary tries again after so long, ms, 1 or more (R-PG-10).
    pub wal_retrieve_retry_interval: u64,
    /// A standby replays a commit no earlier than so long after it was made, ms (R-PG-10).
    pub recovery_min_apply_delay: u64,
    /// The standby that `recovery_min_apply_delay` holds for; all of them when absent.
    pub recovery_min_apply_delay_on: Option<NodeId>,
    /// Log that is kept for standbys beyond what the last checkpoint left, MB (R-PG-14).
    pub wal_keep_size: u64,
    /// Whether every standby streams from a replication slot, which pins the log that it has not confirmed (R-PG-14).
    pub replication_slots: bool,
    /// Most log that a slot may pin, MB; -1 without limit. A slot that would pin more is lost (R-PG-14).
    pub max_slot_wal_keep_size: i64,
    /// Time between two checkpoints, s, 30 to 86,400: what was logged before the last one is removed (R-PG-14).
    pub checkpoint_timeout: u64,
    /// How long a query on a standby may hold up replay that conflicts with it, ms; -1 for ever (R-PG-13).
    pub max_standby_streaming_delay: i64,
    /// Whether a standby tells the primary which rows its queries still need, which prevents conflicts (R-PG-13).
    pub hot_standby_feedback: bool,
    /// Whether hint bits are logged: `pg_rewind` needs this or data checksums (R-PG-17).
    pub wal_log_hints: bool,
    /// Whether the cluster was made with data checksums: `pg_rewind` needs this or `wal_log_hints` (R-PG-17).
    pub data_checksums: bool,
    /// Whether whole pages are logged after a checkpoint: `pg_rewind` needs it (R-PG-17).
    pub full_page_writes: bool,
}

impl Default for Postgresql {
    fn default() -> Self {
        Self {
            synchronous_commit: CommitLevel::On,
            synchronous_standby_names: StandbyNames::default(),
            wal_writer_delay: 200,
            wal_sender_timeout: 60_000,
            wal_receiver_timeout: 60_000,
            wal_receiver_status_interval: 10,
            wal_retrieve_retry_interval: 5_000,
            recovery_min_apply_delay: 0,
            recovery_min_apply_delay_on: None,
            wal_keep_size: 0,
            replication_slots: false,
            max_slot_wal_keep_size: -1,
            checkpoint_timeout: 300,
            max_standby_streaming_delay: 30_000,
            hot_standby_feedback: false,
            wal_log_hints: false,
            data_checksums: false,
            full_page_writes: true,
        }
    }
}

/// The point of a commit at which semi-sync waits for the replica (R-MY-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WaitPoint {
    /// After the binlog is synced, before the storage engine commits: nobody sees the row before the replica has it.
    AfterSync,
    /// After the storage engine has committed: others see the row, and its locks are free, before the replica has it.
    AfterCommit,
}

/// MySQL's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Mysql {
    /// The binlog is synced to disk after so many commit groups; 0 leaves it to the operating system (R-MY-1).
    pub sync_binlog: u32,
    /// Whether commits wait for replicas (R-MY-2).
    pub rpl_semi_sync_source_enabled: bool,
    /// The replicas on which `rpl_semi_sync_replica_enabled` is on; `null`: on all of them (R-MY-2).
    pub rpl_semi_sync_replica_enabled: Option<Vec<NodeId>>,
    /// Longest wait, ms, before semi-sync is switched off in silence (R-MY-5).
    pub rpl_semi_sync_source_timeout: u64,
    /// How many replicas must have received a transaction, 1 or more (R-MY-2).
    pub rpl_semi_sync_source_wait_for_replica_count: u8,
    /// Whether a commit waits the full time-out even when too few replicas are connected (R-MY-6).
    pub rpl_semi_sync_source_wait_no_replica: bool,
    /// Where in the commit the wait is (R-MY-3).
    pub rpl_semi_sync_source_wait_point: WaitPoint,
    /// Applier threads, 0 (serial) to 1,024; commits keep the source's order (R-MY-11).
    pub replica_parallel_workers: u32,
    /// The relay log is synced to disk after so many events; 1 each time, 0 never (R-MY-4).
    pub sync_relay_log: u32,
    /// A replica holds the source for gone after so long without data, s (R-MY-12).
    pub replica_net_timeout: u64,
    /// `SOURCE_CONNECT_RETRY`: time between two attempts to connect, s; the first is immediate (R-MY-12).
    pub source_connect_retry: u64,
    /// Whether replicas find their place by GTID (`SOURCE_AUTO_POSITION`); without, by file and position, with no check (R-LW-5).
    pub source_auto_position: bool,
}

impl Default for Mysql {
    fn default() -> Self {
        Self {
            sync_binlog: 1,
            rpl_semi_sync_source_enabled: false,
            rpl_semi_sync_replica_enabled: None,
            rpl_semi_sync_source_timeout: 10_000,
            rpl_semi_sync_source_wait_for_replica_count: 1,
            rpl_semi_sync_source_wait_no_replica: true,
            rpl_semi_sync_source_wait_point: WaitPoint::AfterSync,
            replica_parallel_workers: 4,
            sync_relay_log: 10_000,
            replica_net_timeout: 60,
            source_connect_retry: 60,
            source_auto_position: true,
        }
    }
}

/// `MASTER_USE_GTID`: from which GTID a MariaDB replica asks to start (R-MY-9, R-LW-4).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum UseGtid {
    /// After the last transaction that it replicated: its own extra transactions are not looked at.
    #[default]
    SlavePos,
    /// After the last transaction in its own binlog, its own extra transactions included.
    CurrentPos,
}

/// MariaDB's parameters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Mariadb {
    /// The binlog is synced to disk after so many commit groups; 0, the default, leaves it to the operating system (R-MY-1).
    pub sync_binlog: u32,
    /// Whether commits wait for a replica (R-MY-2).
    pub rpl_semi_sync_master_enabled: bool,
    /// The replicas on which `rpl_semi_sync_slave_enabled` is on; `null`: on all of them (R-MY-2).
    pub rpl_semi_sync_slave_enabled: Option<Vec<NodeId>>,
    /// Longest wait, ms, before semi-sync is switched off in silence (R-MY-5).
    pub rpl_semi_sync_master_timeout: u64,
    /// Whether a commit waits the full time-out even when no replica is connected (R-MY-6).
    pub rpl_semi_sync_master_wait_no_slave: bool,
    /// Where in the commit the wait is (R-MY-3).
    pub rpl_semi_sync_master_wait_point: WaitPoint,
    /// Applier threads, 0 (serial) to 1,024 (R-MY-11).
    pub slave_parallel_threads: u32,
    /// The relay log is synced to disk after so many events; 1 each time, 0 never (R-MY-4).
    pub sync_relay_log: u32,
    /// A replica holds the source for gone after so long without data, s (R-MY-12).
    pub slave_net_timeout: u64,
    /// `MASTER_CONNECT_RETRY`: time between two attempts to connect, s; the first is immediate (R-MY-12).
    pub master_connect_retry: u64,
    /// From which GTID a replica asks to start (R-LW-4).
    pub master_use_gtid: UseGtid,
    /// Whether out-of-order GTIDs are refused (R-LW-4).
    pub gtid_strict_mode: bool,
}

impl Default for Mariadb {
    fn default() -> Self {
        Self {
            sync_binlog: 0,
            rpl_semi_sync_master_enabled: false,
            rpl_semi_sync_slave_enabled: None,
            rpl_semi_sync_master_timeout: 10_000,
            rpl_semi_sync_master_wait_no_slave: true,
            rpl_semi_sync_master_wait_point: WaitPoint::AfterCommit,
            slave_parallel_threads: 0,
            sync_relay_log: 10_000,
            slave_net_timeout: 60,
            master_connect_retry: 60,
            master_use_gtid: UseGtid::SlavePos,
            gtid_strict_mode: false,
        }
    }
}

/// A day, in ms: no time-out is longer.
const DAY_MS: u64 = 86_400_000;

impl Database {
    /// Whether the nodes run the Textbook protocol, which needs no manager.
    #[must_use]
    pub fn is_textbook(&self) -> bool {
        *self == Self::Textbook
    }

    /// Whether two settings are of the same database; a run cannot change it.
    #[must_use]
    pub fn is_same_kind(&self, other: &Self) -> bool {
        core::mem::discriminant(self) == core::mem::discriminant(other)
    }

    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
        match self {
            Self::Textbook => Ok(()),
            Self::Postgresql(settings) => settings.validate(&format!("{path}.postgresql"), nodes),
            Self::Mysql(settings) => settings.validate(&format!("{path}.mysql"), nodes),
            Self::Mariadb(settings) => settings.validate(&format!("{path}.mariadb"), nodes),
        }
    }
}

impl Postgresql {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        let ms = |name: &str, value, least, most| {
            within(&format!("{path}.{name}"), value, least, most, "ms")
        };
        ms("wal_writer_delay", self.wal_writer_delay, 1, 10_000)?;
        ms("wal_sender_timeout", self.wal_sender_timeout, 0, DAY_MS)?;
        ms("wal_receiver_timeout", self.wal_receiver_timeout, 0, DAY_MS)?;
        ms(
            "wal_retrieve_retry_interval",
            self.wal_retrieve_retry_interval,
            1,
            DAY_MS,
        )?;
        ms(
            "recovery_min_apply_delay",
            self.recovery_min_apply_delay,
            0,
            DAY_MS,
        )?;
        within(
            &format!("{path}.wal_receiver_status_interval"),
            self.wal_receiver_status_interval,
            0,
            DAY_MS / 1_000,
            "s",
        )?;
        within(
            &format!("{path}.checkpoint_timeout"),
            self.checkpoint_timeout,
            30,
            86_400,
            "s",
        )?;
        within(
            &format!("{path}.wal_keep_size"),
            self.wal_keep_size,
            0,
            2_147_483_647,
            "MB",
        )?;
        if !(-1..=2_147_483_647).contains(&self.max_slot_wal_keep_size) {
            return Err(ScenarioError::new(
                format!("{path}.max_slot_wal_keep_size"),
                Problem::Contradiction(format!(
                    "{} is not in -1 (without limit) to 2147483647 MB",
                    self.max_slot_wal_keep_size
                )),
            ));
        }
        let delay = self.max_standby_streaming_delay;
        if !(-1..=DAY_MS as i64).contains(&delay) {
            return Err(ScenarioError::new(
                format!("{path}.max_standby_streaming_delay"),
                Problem::Contradiction(format!("{delay} is not in -1 (for ever) to {DAY_MS} ms")),
            ));
        }
        match self.recovery_min_apply_delay_on {
            Some(node) if node.index() >= nodes => Err(ScenarioError::new(
                format!("{path}.recovery_min_apply_delay_on"),
                Problem::NoSuchNode {
                    node: node.to_string(),
                    nodes,
                },
            )),
            _ => Ok(()),
        }
    }
}

impl Mysql {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        known(
            &format!("{path}.rpl_semi_sync_replica_enabled"),
            self.rpl_semi_sync_replica_enabled.as_deref(),
            nodes,
        )?;
        within(
            &format!("{path}.rpl_semi_sync_source_timeout"),
            self.rpl_semi_sync_source_timeout,
            0,
            DAY_MS,
            "ms",
        )?;
        within(
            &format!("{path}.rpl_semi_sync_source_wait_for_replica_count"),
            u64::from(self.rpl_semi_sync_source_wait_for_replica_count),
            1,
            nodes as u64 - 1,
            "replicas",
        )?;
        within(
            &format!("{path}.replica_parallel_workers"),
            u64::from(self.replica_parallel_workers),
            0,
            1_024,
            "threads",
        )?;
        within(
            &format!("{path}.replica_net_timeout"),
            self.replica_net_timeout,
            1,
            DAY_MS / 1_000,
            "s",
        )?;
        within(
            &format!("{path}.source_connect_retry"),
            self.source_connect_retry,
            1,
            DAY_MS / 1_000,
            "s",
        )
    }
}

/// Every node of a list is one of the cluster.
fn known(path: &str, list: Option<&[NodeId]>, nodes: usize) -> Checked {
    let unknown = |&(_, node): &(usize, &NodeId)| node.index() >= nodes;
    match list.unwrap_or_default().iter().enumerate().find(unknown) {
        None => Ok(()),
        Some((index, node)) => Err(ScenarioError::new(
            format!("{path}[{index}]"),
            Problem::NoSuchNode {
                node: node.to_string(),
                nodes,
            },
        )),
    }
}

impl Mariadb {
    fn validate(&self, path: &str, nodes: usize) -> Checked {
        known(
            &format!("{path}.rpl_semi_sync_slave_enabled"),
            self.rpl_semi_sync_slave_enabled.as_deref(),
            nodes,
        )?;
        within(
            &format!("{path}.rpl_semi_sync_master_timeout"),
            self.rpl_semi_sync_master_timeout,
            0,
            DAY_MS,
            "ms",
        )?;
        within(
            &format!("{path}.slave_parallel_threads"),
            u64::from(self.slave_parallel_threads),
            0,
            1_024,
            "threads",
        )?;
        within(
            &format!("{path}.slave_net_timeout"),
            self.slave_net_timeout,
            1,
            DAY_MS / 1_000,
            "s",
        )?;
        within(
            &format!("{path}.master_connect_retry"),
            self.master_connect_retry,
            1,
            DAY_MS / 1_000,
            "s",
        )
    }
}
