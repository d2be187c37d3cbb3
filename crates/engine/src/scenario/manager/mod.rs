//! The failover manager that watches over PostgreSQL, MySQL or MariaDB, with its real parameters.
//!
//! As in [`super::database`], names, units and defaults are those of the real tools. `patroni`, `mha`, `sentinel`: one each.

mod mha;
mod patroni;
mod sentinel;

pub use mha::{Mha, MhaServer};
pub use patroni::{Patroni, PatroniTags, PatroniVersion, SynchronousMode, WatchdogMode};
pub use sentinel::{ReplicaPriority, Sentinel};

use serde::{Deserialize, Serialize};

use super::read::{Problem, ScenarioError};
use super::validate::Checked;
use crate::ids::{NodeId, NodeSet};

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

/// Every node of a list is one of the cluster, and none is there twice.
fn each_once(path: &str, listed: impl Iterator<Item = NodeId>, nodes: usize) -> Checked {
    let mut seen = NodeSet::EMPTY;
    for (index, node) in listed.enumerate() {
        let path = format!("{path}[{index}].node");
        known(&path, node, nodes)?;
        if seen.contains(node) {
            return Err(contradiction(path, format!("{node} has an entry already")));
        }
        seen = seen.with(node);
    }
    Ok(())
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

    /// Whether it is in maintenance mode.
    #[must_use]
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Patroni(patroni) if patroni.pause)
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
