//! What the oracle is told of what happens.

use crate::event::EventKind;
use crate::ids::{Lsn, NodeId, OpId};
use crate::node::Node;
use crate::oracle::Opened;
use crate::world::{Health, LaneChange, Outages, Simulation};

impl Simulation {
    /// A server was rewound or filled again, lost its disk, or follows another timeline than its own. If nobody else was on
    /// the timeline that goes on, it did not survive: a manager
    /// had decided for another one, that of the primary.
    pub(in crate::world) fn newest_may_be_gone(&mut self) {
        let holds = |node: &&Node| {
            node.server_status(self.now)
                .is_some_and(|status| !status.empty)
        };
        let held = || self.nodes.iter().filter(holds);
        let surviving = self.oracle.histories().surviving();
        if held().any(|node| node.timeline() == surviving) {
            return;
        }
        let other = held().max_by_key(|node| (node.is_primary(), node.timeline()));
        if let Some(other) = other.map(Node::timeline) {
            let changed = self.oracle.fell_back(other);
            self.note_lost_and_regained(changed);
        }
    }

    pub(in crate::world) fn note_lost_and_regained(
        &mut self,
        (lost, regained): (Vec<OpId>, Vec<OpId>),
    ) {
        self.series.current().lost += lost.len() as u32;
        for op in lost {
            self.note(EventKind::WriteLost { op });
        }
        for op in regained {
            self.note(EventKind::WriteRegained { op });
        }
    }

    /// Tells the oracle what a node did.
    pub(in crate::world) fn observe(&mut self, kind: EventKind) {
        match kind {
            EventKind::Inserted { node, op, lsn } => {
                if let Some(record) = self.nodes[node.index()].wal().get(lsn) {
                    let tip = crate::ids::Tip {
                        timeline: record.timeline,
                        lsn,
                    };
                    self.oracle.inserted(op, tip, record.version);
                }
            }
            EventKind::Flushed { node, lsn } | EventKind::BinlogWritten { node, lsn } => {
                self.observe_flush(node, lsn);
            }
            EventKind::Promoted {
                node,
                timeline,
                fork,
            }
            | EventKind::LogEndLost {
                node,
                timeline,
                fork,
                ..
            } => {
                let how = match kind {
                    EventKind::LogEndLost { .. } => Opened::AfterCrash,
                    _ if self.nodes[node.index()].is_server() => Opened::Promoted,
                    _ => Opened::Elected,
                };
                let history = self.nodes[node.index()].wal().history();
                let changed = self.oracle.promoted(timeline, history, fork, how);
                self.note_lost_and_regained(changed);
            }
            EventKind::Following { node, .. } if self.nodes[node.index()].is_server() => {
                if let Some(beside) = self.beside() {
                    beside.newest_may_be_gone(self);
                }
            }
            _ => {}
        }
    }

    pub(in crate::world) fn observe_flush(&mut self, node: NodeId, lsn: Lsn) {
        let host = &self.nodes[node.index()];
        // A server may have stopped being primary since; what a standby has on disk, its primary had.
        if !host.is_primary() && !host.is_server() {
            return;
        }
        let mut at = lsn;
        // Newest first, until one that was on disk before.
        while let Some(record) = host.wal().get(at) {
            if self.oracle.op(record.op).is_none_or(|op| op.flushed) {
                break;
            }
            self.oracle.flushed(record.op);
            at = Lsn(at.0 - 1);
        }
    }

    /// Notes a change of a node's role or health, and who takes writes by that.
    pub(in crate::world) fn note_status(&mut self, node: NodeId) {
        let index = node.index();
        let (this, health) = (&self.nodes[index], self.hosts[index].health);
        let writes = health == Health::Up && this.accepts_writes(self.now, self.settings.fencing);
        let (role, slow) = (this.role(), this.slow_factor());
        let before = core::mem::replace(&mut self.hosts[index].noted, (role, health, slow, writes));
        if before == (role, health, slow, writes) {
            return;
        }
        if before != (role, health, slow, !writes) {
            self.lanes.note(
                node,
                LaneChange {
                    at: self.now,
                    role,
                    health,
                    slow,
                },
            );
        }
        let writers = if writes {
            self.writers.with(node)
        } else {
            self.writers.without(node)
        };
        if writers.len() != self.writers.len() {
            let mut outages = self.outages;
            self.count_outage(&mut outages);
            self.outages = Outages {
                since: self.now,
                ..outages
            };
            self.writers = writers;
            let primaries = writers.len() as u32;
            match writers.iter().next() {
                None => self.note(EventKind::NoPrimary),
                Some(node) if primaries == 1 => self.note(EventKind::OnePrimary { node }),
                Some(_) => self.note(EventKind::SplitBrain { primaries }),
            }
        }
    }
}
