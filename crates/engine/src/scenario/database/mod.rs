//! The database that runs on every node, with its real parameters: names, units and defaults are those of the manuals.
//!
//! A scenario names a parameter as the configuration file of the real database does, as a number in the unit that the real
//! parameter has when none is written. What a parameter does is one line; the rule it follows is in brackets.

mod mysql;
mod postgresql;

pub use mysql::{Mariadb, Mysql, UseGtid, WaitPoint};
pub use postgresql::{CommitLevel, Postgresql};

use serde::{Deserialize, Serialize};

use super::read::{Problem, ScenarioError};
use super::validate::Checked;
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

/// A day, in ms: no time-out is longer.
const DAY_MS: u64 = 86_400_000;

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

impl Database {
    /// Whether the nodes run the Textbook protocol, which needs no manager.
    #[must_use]
    pub fn is_textbook(&self) -> bool {
        *self == Self::Textbook
    }

    /// `synchronous_commit`; the other databases wait for their own flush, and for replicas in their own way.
    #[must_use]
    pub fn commit_level(&self) -> CommitLevel {
        match self {
            Self::Postgresql(settings) => settings.synchronous_commit,
            Self::Textbook | Self::Mysql(_) | Self::Mariadb(_) => CommitLevel::Local,
        }
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
