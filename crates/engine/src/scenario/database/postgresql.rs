//! PostgreSQL's parameters (R-PG).

use serde::{Deserialize, Serialize};

use super::DAY_MS;
use crate::ids::NodeId;
use crate::scenario::read::{Problem, ScenarioError};
use crate::scenario::standby_names::StandbyNames;
use crate::scenario::validate::{Checked, within};

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
    /// Longest time between two status messages of a standby, s; 0 sends none that nobody asked for, and is not for
    /// synchronous standbys (R-PG-10).
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
    /// So much log since the last checkpoint brings the next one sooner, MB, 32 or more: at `max_wal_size` divided by 1 +
    /// `checkpoint_completion_target`, which is 0.9 (R-PG-14).
    pub max_wal_size: u64,
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
            max_wal_size: 1_024,
            max_standby_streaming_delay: 30_000,
            hot_standby_feedback: false,
            wal_log_hints: false,
            data_checksums: false,
            full_page_writes: true,
        }
    }
}

impl Postgresql {
    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
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
        if self.wal_receiver_status_interval == 0 && !self.synchronous_standby_names.is_empty() {
            return Err(ScenarioError::new(
                format!("{path}.wal_receiver_status_interval"),
                Problem::Contradiction(
                    "0 sends no replies, and commits wait for those of synchronous standbys"
                        .to_owned(),
                ),
            ));
        }
        within(
            &format!("{path}.checkpoint_timeout"),
            self.checkpoint_timeout,
            30,
            86_400,
            "s",
        )?;
        within(
            &format!("{path}.max_wal_size"),
            self.max_wal_size,
            32,
            2_147_483_647,
            "MB",
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
