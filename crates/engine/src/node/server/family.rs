//! MySQL and MariaDB through one view of their parameters, so that every rule is written once.

use crate::ids::NodeId;
use crate::scenario::{Database, UseGtid, WaitPoint};
use crate::time::Span;

/// How a replica finds its place in a source's binlog, and who checks that it has nothing that the source lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rejoin {
    /// MySQL by GTID set: the source looks for its own UUID only (R-LW-4).
    GtidSet,
    /// MySQL by file and position: nobody checks anything (R-LW-5).
    Position,
    /// MariaDB after the last transaction that it replicated (R-LW-4).
    SlavePos,
    /// MariaDB after the last transaction in its own binlog (R-LW-4).
    CurrentPos,
}

/// The parameters of either database. Names are MySQL's; where the two databases differ, the field says how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Family<'a> {
    /// MariaDB keeps semi-sync on where MySQL switches it off for want of replicas (R-MY-6).
    pub(crate) mariadb: bool,
    pub(crate) sync_binlog: u32,
    pub(crate) semi_sync: bool,
    pub(crate) timeout: Span,
    /// Replicas that must have a transaction; MariaDB always waits for one.
    pub(crate) replica_count: usize,
    pub(crate) wait_no_replica: bool,
    pub(crate) wait_point: WaitPoint,
    semi_sync_replicas: Option<&'a [NodeId]>,
    pub(crate) workers: u32,
    pub(crate) sync_relay_log: u32,
    pub(crate) net_timeout: Span,
    pub(crate) connect_retry: Span,
    pub(crate) rejoin: Rejoin,
    /// MariaDB refuses GTIDs out of order.
    pub(crate) strict: bool,
}

impl<'a> Family<'a> {
    /// The view of a database, if it is one of the two.
    pub(crate) fn of(database: &'a Database) -> Option<Self> {
        match database {
            Database::Mysql(settings) => Some(Self {
                mariadb: false,
                sync_binlog: settings.sync_binlog,
                semi_sync: settings.rpl_semi_sync_source_enabled,
                timeout: Span::from_millis(settings.rpl_semi_sync_source_timeout),
                replica_count: settings.rpl_semi_sync_source_wait_for_replica_count.into(),
                wait_no_replica: settings.rpl_semi_sync_source_wait_no_replica,
                wait_point: settings.rpl_semi_sync_source_wait_point,
                semi_sync_replicas: settings.rpl_semi_sync_replica_enabled.as_deref(),
                workers: settings.replica_parallel_workers,
                sync_relay_log: settings.sync_relay_log,
                net_timeout: Span::from_millis(settings.replica_net_timeout * 1_000),
                connect_retry: Span::from_millis(settings.source_connect_retry * 1_000),
                rejoin: if settings.source_auto_position {
                    Rejoin::GtidSet
                } else {
                    Rejoin::Position
                },
                strict: false,
            }),
            Database::Mariadb(settings) => Some(Self {
                mariadb: true,
                sync_binlog: settings.sync_binlog,
                semi_sync: settings.rpl_semi_sync_master_enabled,
                timeout: Span::from_millis(settings.rpl_semi_sync_master_timeout),
                replica_count: 1,
                wait_no_replica: settings.rpl_semi_sync_master_wait_no_slave,
                wait_point: settings.rpl_semi_sync_master_wait_point,
                semi_sync_replicas: settings.rpl_semi_sync_slave_enabled.as_deref(),
                workers: settings.slave_parallel_threads,
                sync_relay_log: settings.sync_relay_log,
                net_timeout: Span::from_millis(settings.slave_net_timeout * 1_000),
                connect_retry: Span::from_millis(settings.master_connect_retry * 1_000),
                rejoin: match settings.master_use_gtid {
                    UseGtid::SlavePos => Rejoin::SlavePos,
                    UseGtid::CurrentPos => Rejoin::CurrentPos,
                },
                strict: settings.gtid_strict_mode,
            }),
            Database::Textbook | Database::Postgresql(_) => None,
        }
    }

    /// Whether a replica takes part in semi-sync.
    pub(crate) fn is_semi_sync_replica(&self, node: NodeId) -> bool {
        self.semi_sync_replicas
            .is_none_or(|nodes| nodes.contains(&node))
    }

    /// How often a source that has nothing to send says that it is there: half of the replica's time-out.
    pub(crate) fn heartbeat(&self) -> Span {
        Span((self.net_timeout.0 / 2).max(1))
    }
}
