//! What must be true of one write before its client is told OK.

use crate::ids::{MAX_NODES, NodeId, NodeSet, OpId};
use crate::node::Node;
use crate::node::server::Family;
use crate::scenario::{CommitLevel, Database, Mode, Settings};

/// What must be true before a write is acked, fixed when its record is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckRule {
    /// Nothing but that it was executed (R-PG-1 `off`).
    Executed,
    /// It is on the primary's disk (R-PG-1 `local`).
    Local,
    /// And this many replicas have received it (R-MY-4).
    Received {
        /// How many.
        by: u8,
    },
    /// And every member of the sync set has applied it (R-PG-1 `remote_apply`).
    Applied,
    /// And enough of the listed standbys have come so far (R-PG-1, R-PG-5, R-PG-6).
    Standbys {
        /// How far.
        level: CommitLevel,
        /// How many.
        by: u8,
        /// Of which.
        listed: NodeSet,
    },
    /// It is in the source's binlog (R-MY-1).
    Binlog {
        /// And on its disk: `sync_binlog` = 1.
        synced: bool,
    },
    /// It is in the source's binlog, and in the relay logs of enough semi-sync replicas (R-MY-3, R-MY-4).
    RelayLogs {
        /// How many.
        by: u8,
        /// Of which.
        of: NodeSet,
        /// On the source's disk as well: `sync_binlog` = 1.
        synced: bool,
        /// On the replicas' disks as well: `sync_relay_log` = 1.
        relay_synced: bool,
    },
}

/// The rule for a write that `primary` inserts under these settings.
#[must_use]
pub fn ack_rule(settings: &Settings, primary: &Node, op: OpId) -> AckRule {
    match &settings.database {
        Database::Postgresql(database) => {
            let names = primary.standby_list(&database.synchronous_standby_names);
            // A write that does not wait is answered as soon as it is executed.
            let Some(level) = primary.waiting_level(op) else {
                return AckRule::Executed;
            };
            if level == CommitLevel::Local || names.is_empty() {
                return AckRule::Local;
            }
            AckRule::Standbys {
                level,
                by: names.count(),
                listed: everybody()
                    .filter(|&node| node != primary.id() && names.priority(node) > 0)
                    .collect(),
            }
        }
        Database::Mysql(_) | Database::Mariadb(_) => binlog_rule(settings, primary),
        Database::Textbook => match settings.mode {
            Mode::SemiSync if !primary.semi_sync_is_off() => AckRule::Received {
                by: settings.semi_sync.acks,
            },
            Mode::Async | Mode::SemiSync => AckRule::Local,
            Mode::Sync => AckRule::Applied,
        },
    }
}

fn binlog_rule(settings: &Settings, primary: &Node) -> AckRule {
    let Some(family) = Family::of(&settings.database) else {
        return AckRule::Executed;
    };
    let synced = family.sync_binlog == 1;
    // Fallen back, it is asynchronous until it recovers (R-MY-5, R-MY-7).
    if !family.semi_sync || primary.semi_sync_is_off() {
        return AckRule::Binlog { synced };
    }
    AckRule::RelayLogs {
        by: u8::try_from(family.replica_count).unwrap_or(u8::MAX),
        of: everybody()
            .filter(|&node| node != primary.id() && family.is_semi_sync_replica(node))
            .collect(),
        synced,
        relay_synced: family.sync_relay_log == 1,
    }
}

/// Whether a source answers without an acknowledgement although semi-sync is on: MariaDB told not to wait without replicas,
/// and without any (R-MY-6).
#[must_use]
pub fn is_excused(settings: &Settings, primary: &Node) -> bool {
    let excused = |family: Family<'_>| family.mariadb && !family.wait_no_replica;
    Family::of(&settings.database).is_some_and(excused)
        && primary
            .semi_sync_status(&settings.database)
            .is_some_and(|status| status.clients == 0)
}

fn everybody() -> impl Iterator<Item = NodeId> {
    (0..MAX_NODES as u8).map(NodeId)
}
