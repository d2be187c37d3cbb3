//! What a run promises, given the settings that were in force and what people did: the one place that says so.
//!
//! A playground shows broken promises of one setting beside kept ones of another, so a check must know which is which.
//! [`Promises`] starts with everything and is told of every setting, action and event as it comes; what they do not give is
//! taken away. [`ack_rule`] says what must be true of one write before its client is told OK.
//!
//! `acks`: the rule of one write. `patroni`: what a cluster under Patroni promises. `outlook`: what settings promise and can lose,
//! for a person who chooses them.

mod acks;
pub mod outlook;
mod patroni;
#[cfg(test)]
mod tests;

use crate::event::EventKind;
use crate::ids::{NodeId, NodeSet};
use crate::manager::ManagerEvent;
use crate::node::Node;
use crate::node::server::Family;
use crate::scenario::{
    Action, Cluster, CommitLevel, Database, KillKind, Manager, Mode, ReadPolicy, Routing, Settings,
};

pub use acks::{AckRule, ack_rule, is_excused};
use patroni::UnderPatroni;

/// Whether a write that is inserted under these settings is never lost once it is acked, as long as
/// [`Promises::keeps_sync_writes`] holds. `level` is PostgreSQL's level of the write, if it waits at all.
#[must_use]
pub fn survives_failover(settings: &Settings, level: Option<CommitLevel>) -> bool {
    match settings.database {
        Database::Textbook => settings.mode == Mode::Sync,
        // `remote_write` does not survive a standby's operating system (R-LW-1).
        Database::Postgresql(_) => level >= Some(CommitLevel::On),
        Database::Mysql(_) | Database::Mariadb(_) => false,
    }
}

/// What holds over a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promises {
    /// At no instant do two nodes take writes. With the Textbook profile: a primary has a lease from a majority and elections
    /// need one, all the time, so that only electable nodes are promoted. With Patroni: see there.
    pub one_primary: bool,
    /// Writes for which [`survives_failover`] holds are never lost once acked; under Patroni those that were inserted once
    /// synchronous mode was in force.
    pub keeps_sync_writes: bool,
    /// Each key is a linearizable register to those who read through the primary: one primary, writes kept, and reads from
    /// the primary only, all the time.
    pub linearizable: bool,
    /// After everything is mended the nodes converge and take writes again. Taken away only by the loss of more disks than
    /// the protocol, or who mends, can make up for.
    pub recovers: bool,
    /// MySQL, MariaDB: no replica has lost anything of the relay log that it had acknowledged, so that the one that has
    /// received most holds all that semi-sync acked (R-LW-1).
    pub relay_logs_are_whole: bool,
    /// MySQL, MariaDB: `sync_binlog` has been 1 all the time, so only what is on disk is sent (R-MY-1).
    pub binlog_is_synced: bool,
    nodes: u8,
    lost_disks: u8,
    members_leave: bool,
    servers: bool,
    /// A person with n1's data mends.
    by_hand: bool,
    /// The relay log is synced before it is acknowledged.
    relay_is_synced: bool,
    patroni: Option<UnderPatroni>,
}

impl Promises {
    /// What a run of this cluster promises that starts with these settings.
    #[must_use]
    pub fn at_start(cluster: &Cluster, settings: &Settings) -> Self {
        let servers = !settings.database.is_textbook();
        let mut promises = Self {
            one_primary: true,
            keeps_sync_writes: true,
            linearizable: true,
            recovers: true,
            relay_logs_are_whole: true,
            binlog_is_synced: true,
            nodes: cluster.node_count() as u8,
            lost_disks: 0,
            members_leave: false,
            servers,
            by_hand: servers && matches!(settings.manager, Manager::None | Manager::Mha(_)),
            relay_is_synced: true,
            patroni: match &settings.manager {
                Manager::Patroni(patroni) => Some(UnderPatroni::new(patroni)),
                _ => None,
            },
        };
        promises.under(settings);
        promises
    }

    /// What is left when these settings are in force for a while.
    pub fn under(&mut self, settings: &Settings) {
        self.linearizable &= settings.reads == ReadPolicy::PrimaryOnly
            // Its routers do not look at `reads`.
            && !matches!(settings.routing, Routing::Django(_));
        match (&settings.database, &settings.manager) {
            (Database::Textbook, _) => {
                self.one_primary &= settings.fencing;
                self.keeps_sync_writes &= settings.fencing;
                self.linearizable &= settings.fencing && survives_failover(settings, None);
                self.members_leave |=
                    settings.sync.members.is_some() || settings.sync.drop_after_us.is_some();
                self.count_disks();
            }
            (Database::Postgresql(database), Manager::Patroni(patroni)) => {
                if let Some(under) = &mut self.patroni {
                    under.settings(patroni);
                }
                self.linearizable &= survives_failover(settings, Some(database.synchronous_commit));
                self.ask_patroni();
            }
            // Whom a person or a manager from outside promotes, and beside whom, is theirs to answer for.
            _ => self.nobody_answers_for_failover(),
        }
        if let Some(family) = Family::of(&settings.database) {
            self.binlog_is_synced &= family.sync_binlog == 1;
            self.relay_is_synced &= family.sync_relay_log == 1;
        }
    }

    fn nobody_answers_for_failover(&mut self) {
        self.one_primary = false;
        self.keeps_sync_writes = false;
        self.linearizable = false;
    }

    fn ask_patroni(&mut self) {
        if let Some(under) = &self.patroni {
            self.one_primary &= under.one_primary();
            self.keeps_sync_writes &= under.keeps_sync_writes();
            self.linearizable &= under.one_primary() && under.keeps_sync_writes();
        }
    }

    /// What is left when a person has done this.
    pub fn after(&mut self, action: &Action) {
        if let Some(under) = &mut self.patroni {
            under.after(action);
            self.ask_patroni();
        }
        match *action {
            Action::LoseHost { node } if self.servers => {
                self.lost_disks = self.lost_disks.saturating_add(1);
                self.relay_logs_are_whole = false;
                self.recovers &= self.lost_disks < 2 && !(self.by_hand && node == NodeId(0));
            }
            Action::LoseHost { .. } => {
                self.lost_disks = self.lost_disks.saturating_add(1);
                self.count_disks();
            }
            Action::Kill {
                how: KillKind::PowerOff,
                ..
            } => self.relay_logs_are_whole &= self.relay_is_synced,
            // A write that is executed twice is no register's write.
            Action::DuplicateMessage { .. } => self.linearizable = false,
            Action::Write {
                synchronous_commit: Some(level),
                ..
            } => self.linearizable &= level >= CommitLevel::On,
            _ => {}
        }
    }

    /// What is left once this has happened.
    pub fn seen(&mut self, event: &EventKind) {
        match event {
            EventKind::RelayLogDropped { .. }
            | EventKind::BackupRestored { .. }
            | EventKind::ErrantKept { .. }
            | EventKind::LogEndLost { .. } => self.relay_logs_are_whole = false,
            // Transactions that waited are committed and seen there, and on no standby yet (R-PG-7): should the leader die
            // now, whoever has read them has read what never was.
            EventKind::Manager(ManagerEvent::RestartsInPlace { .. }) => self.linearizable = false,
            EventKind::Promoted { timeline, .. } => {
                if let Some(under) = &mut self.patroni {
                    under.promoted(*timeline);
                    self.ask_patroni();
                }
            }
            _ => {}
        }
    }

    /// Whether a node's disk was lost.
    #[must_use]
    pub fn has_lost_a_disk(&self) -> bool {
        self.lost_disks > 0
    }

    /// One disk may be lost when all other nodes hold what was acked and are a majority without it. Once members may leave
    /// the sync set, the one that is lost may be the last that holds a write.
    fn count_disks(&mut self) {
        let survives = match self.lost_disks {
            0 => true,
            1 => self.nodes >= 3 && !self.members_leave,
            _ => false,
        };
        if !survives {
            self.keeps_sync_writes = false;
            self.linearizable = false;
            self.recovers = false;
        }
    }
}

/// The nodes that a write under [`AckRule::Applied`] waits for, the primary aside.
#[must_use]
pub fn must_have_applied(primary: &Node) -> NodeSet {
    primary.sync_set().unwrap_or_default()
}
