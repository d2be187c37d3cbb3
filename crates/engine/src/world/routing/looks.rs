//! Looking at lag, now and then, by messages like any other (R-RC-5).

use crate::event::{Backend, EventKind, RoutingEvent};
use crate::ids::{EventId, NodeId, OpId};
use crate::message::{LagReport, Message, ReplayLags};
use crate::scenario::{Endpoint, Routing};
use crate::world::Simulation;
use crate::world::queue::Due;
use crate::world::router::time_between_looks;

impl Simulation {
    /// Another routing is in force.
    pub(in crate::world) fn routing_changed(&mut self) {
        self.router.become_another(&self.settings.routing);
        let held = self.sessions.forget();
        self.schedule_look();
        for op in held {
            self.route(op);
        }
    }

    /// The first look at lag, at once.
    pub(in crate::world) fn schedule_look(&mut self) {
        self.look_epoch += 1;
        if time_between_looks(&self.settings.routing).is_some() {
            let epoch = self.look_epoch;
            self.queue.push(self.now, EventId(0), Due::Look { epoch });
        }
    }

    pub(in crate::world) fn look_at_lag(&mut self, epoch: u32) {
        let Some(between) = time_between_looks(&self.settings.routing) else {
            return;
        };
        if epoch != self.look_epoch {
            return;
        }
        self.poll_lag();
        self.queue
            .push(self.now + between, EventId(0), Due::Look { epoch });
    }

    pub(in crate::world) fn poll_lag(&mut self) {
        for node in self.cluster.nodes() {
            self.send(Endpoint::Clients, node.into(), Message::LagPoll);
        }
    }

    pub(in crate::world) fn on_lag_reply(
        &mut self,
        node: NodeId,
        report: LagReport,
        standbys: &ReplayLags,
    ) {
        let (routing, costs) = (self.settings.routing, &self.cluster.costs);
        let changes = if let Routing::Haproxy(haproxy) = &routing {
            self.router.checked(node, report, haproxy, costs, self.now)
        } else if time_between_looks(&routing).is_some() {
            self.router
                .looked(node, report, standbys, &routing, costs, self.now)
        } else {
            return;
        };
        self.router_changed(changes);
    }

    /// Notes what the router, if it looks at lag, had last heard of the replica that it sends a read to.
    pub(in crate::world) fn note_trust(&mut self, op: OpId, node: NodeId) {
        let believed = self.router.believes(node);
        let Some((report, at)) = believed.lag.filter(|(report, _)| !report.primary) else {
            return;
        };
        let behind = match self.settings.routing {
            Routing::Pgpool(_) => believed.replay_lag,
            _ => report.behind,
        };
        self.note(EventKind::Routing(RoutingEvent::ReadTrusted {
            op,
            node,
            behind,
            unapplied: report.unapplied,
            age: self.now.since(at),
        }));
    }

    /// Notes what the router decided. A primary that came up takes what waits for one.
    pub(in crate::world) fn router_changed(&mut self, changes: Vec<RoutingEvent>) {
        let (mut primary, cause) = (false, self.cause);
        for change in changes {
            if let RoutingEvent::CheckUnanswered { .. } = change {
                // What follows from the silence of one server has nothing to do with that of another.
                self.cause = cause;
                self.emit(EventKind::Routing(change));
            } else {
                self.note(EventKind::Routing(change));
            }
            primary |= matches!(
                change,
                RoutingEvent::ServerChecked {
                    backend: Backend::Primary,
                    up: true,
                    ..
                }
            );
        }
        self.cause = cause;
        if primary {
            self.route_waiting();
        }
    }
}
