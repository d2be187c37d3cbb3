//! MySQL's and MariaDB's parameters (R-MY).

use serde::{Deserialize, Serialize};

use super::{DAY_MS, known};
use crate::ids::NodeId;
use crate::scenario::validate::{Checked, within};

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

impl Mysql {
    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
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
    /// Applier threads, 0 (serial) to 16,383 (R-MY-11).
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

impl Mariadb {
    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
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
            16_383,
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
