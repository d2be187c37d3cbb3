//! What a manager far away asks of a host: logging in, the log, the power.

use crate::event::EventKind;
use crate::ids::{Lsn, NodeId};
use crate::manager::Remote;
use crate::scenario::{Endpoint, KillKind};
use crate::world::{Deferred, Health, InFlight, Simulation};

impl Simulation {
    /// Whether a node's host has power.
    pub(in crate::world) fn host_has_power(&self, node: NodeId) -> bool {
        self.health(node) == Health::Frozen || self.host_runs(node)
    }

    /// Whether a node's host has power and executes.
    pub(in crate::world) fn host_runs(&self, node: NodeId) -> bool {
        match self.health(node) {
            Health::Up => true,
            Health::Down => self.hosts[node.index()].killed != KillKind::PowerOff,
            Health::Frozen | Health::Lost => false,
        }
    }

    /// A manager's question to a host or its database: answered by the database, by the operating system, or not at all.
    pub(in crate::world) fn deliver_to_host(
        &mut self,
        node: NodeId,
        message: InFlight,
        remote: Remote,
    ) {
        if let Remote::PowerOff { id } = remote {
            self.power_off(node, &message, id);
            return;
        }
        if self.health(node) == Health::Frozen {
            let deferred = (self.cause, Deferred::Message(message));
            self.hosts[node.index()].deferred.push(deferred);
            return;
        }
        if !self.host_runs(node) {
            self.emit(EventKind::NobodyListened {
                message: message.id,
                kind: message.message.kind(),
                node,
            });
            return;
        }
        self.note_delivered(&message);
        let status = match self.health(node) {
            Health::Up => self.nodes[node.index()]
                .server_status(self.now)
                // One that is rebuilt takes no clients, but whoever looks after it by SSH can see that, and order otherwise.
                .filter(|status| status.ready || status.rebuilding),
            _ => None,
        };
        let answer = match (remote, status) {
            (Remote::Query { id }, Some(status)) => Remote::Answer { id, status },
            (Remote::Query { id } | Remote::Command { id, .. }, None) => Remote::Refused { id },
            (Remote::Login { id }, _) => Remote::LoggedIn { id },
            (Remote::SaveLog { id, after }, _) => Remote::SavedLog {
                id,
                records: self.log_after(node, after),
            },
            (Remote::Command { id, command }, Some(_)) => {
                let ok = self.command(node, &command);
                let Some(status) = self.nodes[node.index()].server_status(self.now) else {
                    return;
                };
                Remote::Done { id, ok, status }
            }
            (Remote::LookFrom { id, at }, _) => {
                self.look_from(node, message.from, id, at);
                return;
            }
            (Remote::EndProcess { id }, _) => {
                if self.health(node) == Health::Up {
                    let event = EventKind::Killed { node };
                    self.stop_database(node, Health::Down, KillKind::Process, event);
                }
                Remote::Stopped { id }
            }
            // Answers to a look that was passed on.
            (Remote::Answer { id, status }, _) => {
                self.answer_look(id, status.ready);
                return;
            }
            (Remote::Refused { id }, _) => {
                self.answer_look(id, false);
                return;
            }
            (
                Remote::LoggedIn { .. }
                | Remote::SavedLog { .. }
                | Remote::Seen { .. }
                | Remote::Done { .. }
                | Remote::PowerOff { .. }
                | Remote::Stopped { .. }
                | Remote::Address { .. },
                _,
            ) => return,
        };
        self.send(node.into(), message.from, answer.into());
    }

    /// The host's management board turns the power off, whatever its operating system does, and says so.
    pub(in crate::world) fn power_off(&mut self, node: NodeId, message: &InFlight, id: u64) {
        self.note_delivered(message);
        if self.health(node) == Health::Frozen || self.host_runs(node) {
            let event = EventKind::Killed { node };
            self.stop(node, Health::Down, KillKind::PowerOff, event);
        }
        self.send(node.into(), message.from, Remote::Stopped { id }.into());
    }

    pub(in crate::world) fn log_after(
        &self,
        node: NodeId,
        after: Lsn,
    ) -> Vec<crate::node::wal::Record> {
        let this = &self.nodes[node.index()];
        let end = this.positions().flush;
        this.wal().range(after.next(), end).copied().collect()
    }

    /// A host looks at another host's database for somebody.
    pub(in crate::world) fn look_from(
        &mut self,
        node: NodeId,
        asker: Endpoint,
        id: u64,
        at: NodeId,
    ) {
        // Who asks again no longer waits for the look before.
        self.looks
            .retain(|&(from, by, _)| (from, by) != (node, asker));
        self.looks.push((node, asker, id));
        self.send(node.into(), at.into(), Remote::Query { id }.into());
    }

    pub(in crate::world) fn answer_look(&mut self, id: u64, alive: bool) {
        if let Some(place) = self.looks.iter().position(|&(.., asked)| asked == id) {
            let (node, asker, _) = self.looks.remove(place);
            self.send(node.into(), asker, Remote::Seen { id, alive }.into());
        }
    }
}
