//! What a run promises, given the settings that were in force and what people did: the one place that says so.
//!
//! A playground shows broken promises of one setting beside kept ones of another, so a check must know which is which.
//! [`Promises`] starts with everything and is told of every setting and action as it comes; what they do not give is taken
//! away. [`ack_rule`] says what must be true of one write before its client is told OK.

use crate::ids::{MAX_NODES, NodeId, NodeSet, OpId};
use crate::node::Node;
use crate::scenario::{
    Action, Cluster, CommitLevel, Database, Mode, ReadPolicy, Routing, Settings,
};

/// What must be true before a write is acked, fixed when its record is inserted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AckRule {
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
}

/// The rule for a write that `primary` inserts under these settings; `None` where none is stated here yet.
#[must_use]
pub fn ack_rule(settings: &Settings, primary: &Node, op: OpId) -> Option<AckRule> {
    if let Database::Postgresql(database) = &settings.database {
        // A write that does not wait has no rule: it is answered as soon as it is executed.
        let level = primary.waiting_level(op)?;
        let names = primary.standby_list(&database.synchronous_standby_names);
        if level == CommitLevel::Local || names.is_empty() {
            return Some(AckRule::Local);
        }
        return Some(AckRule::Standbys {
            level,
            by: names.count(),
            listed: (0..MAX_NODES as u8)
                .map(NodeId)
                .filter(|&node| node != primary.id() && names.priority(node) > 0)
                .collect(),
        });
    }
    if !settings.database.is_textbook() {
        return None;
    }
    Some(match settings.mode {
        Mode::SemiSync if !primary.semi_sync_is_off() => AckRule::Received {
            by: settings.semi_sync.acks,
        },
        Mode::Async | Mode::SemiSync => AckRule::Local,
        Mode::Sync => AckRule::Applied,
    })
}

/// Whether a write that is inserted under these settings is never lost once it is acked, as long as
/// [`Promises::keeps_sync_writes`] holds.
#[must_use]
pub fn survives_failover(settings: &Settings) -> bool {
    settings.database.is_textbook() && settings.mode == Mode::Sync
}

/// What holds over a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Promises {
    /// At no instant do two nodes take writes, and only electable nodes are promoted: a primary has a lease from a majority
    /// and elections need one, all the time.
    pub one_primary: bool,
    /// Writes for which [`survives_failover`] holds are never lost once acked.
    pub keeps_sync_writes: bool,
    /// Each key is a linearizable register to those who read through the primary: fencing, sync replication and reads from
    /// the primary only, all the time.
    pub linearizable: bool,
    /// After everything is mended, with elections and fencing on, the nodes converge and take writes again. Taken away only
    /// by the loss of more disks than the protocol survives.
    pub recovers: bool,
    nodes: u8,
    lost_disks: u8,
    members_leave: bool,
    servers: bool,
}

impl Promises {
    /// What a run of this cluster promises that starts with these settings.
    #[must_use]
    pub fn at_start(cluster: &Cluster, settings: &Settings) -> Self {
        let mut promises = Self {
            one_primary: true,
            keeps_sync_writes: true,
            linearizable: true,
            recovers: true,
            nodes: cluster.node_count() as u8,
            lost_disks: 0,
            members_leave: false,
            servers: !settings.database.is_textbook(),
        };
        promises.under(settings);
        promises
    }

    /// What is left when these settings are in force for a while.
    pub fn under(&mut self, settings: &Settings) {
        if !settings.database.is_textbook() {
            // Whom a person or a manager promotes, and beside whom, is theirs to answer for.
            (self.one_primary, self.keeps_sync_writes) = (false, false);
            self.linearizable = false;
            return;
        }
        self.one_primary &= settings.fencing;
        self.keeps_sync_writes &= settings.fencing;
        self.linearizable &= settings.fencing
            && survives_failover(settings)
            && settings.reads == ReadPolicy::PrimaryOnly
            // Its routers do not look at `reads`.
            && !matches!(settings.routing, Routing::Django(_));
        self.members_leave |=
            settings.sync.members.is_some() || settings.sync.drop_after_us.is_some();
        self.count_disks();
    }

    /// What is left when a person has done this.
    pub fn after(&mut self, action: &Action) {
        match action {
            Action::LoseHost { .. } if self.servers => {}
            Action::LoseHost { .. } => {
                self.lost_disks = self.lost_disks.saturating_add(1);
                self.count_disks();
            }
            // A write that is executed twice is no register's write.
            Action::DuplicateMessage { .. } => self.linearizable = false,
            _ => {}
        }
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
