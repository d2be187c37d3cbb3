//! Sentinel's parameters (R-RS).

use serde::{Deserialize, Serialize};

use super::{HOUR_S, each_once};
use crate::ids::NodeId;
use crate::scenario::validate::{Checked, within};

/// `replica-priority` of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplicaPriority {
    /// Which node (R-RS).
    pub node: NodeId,
    /// Lower is preferred; 0 is never promoted (R-RS).
    pub priority: u32,
}

/// Sentinel's parameters (R-RS).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Sentinel {
    /// How many observers, 1 to 5 (R-RS).
    pub sentinels: u8,
    /// How many must agree that the primary is down. The failover itself always needs a majority of all (R-RS).
    pub quorum: u8,
    /// Silence after which an observer holds a node for down, ms (R-RS).
    #[serde(rename = "down-after-milliseconds")]
    pub down_after_milliseconds: u64,
    /// A failover that takes longer is given up, and nobody tries again before twice this, ms (R-RS).
    #[serde(rename = "failover-timeout")]
    pub failover_timeout: u64,
    /// `replica-priority` of nodes that differ from 100 (R-RS).
    pub priorities: Vec<ReplicaPriority>,
    /// A primary with fewer connected replicas takes no writes; 0 is off (R-RS).
    #[serde(rename = "min-replicas-to-write")]
    pub min_replicas_to_write: u8,
    /// A replica counts for `min-replicas-to-write` when it was heard within so long, s (R-RS).
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

impl Sentinel {
    pub(super) fn validate(&self, path: &str, nodes: usize) -> Checked {
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
        let listed = self.priorities.iter().map(|entry| entry.node);
        each_once(&format!("{path}.priorities"), listed, nodes)
    }
}
