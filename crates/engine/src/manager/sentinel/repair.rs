//! Bringing nodes into line with who is primary: an old primary that is back, a standby that follows somebody else, a node
//! whose log left the primary's history.
//!
//! A Redis replica that cannot go on where it was is filled again by itself, and so loses what only it had. PostgreSQL and
//! MySQL do not do that (R-PG-16), so here the Sentinel has it done: `pg_rewind` where that is possible, a full copy else.
//! This is ours.

use super::{SentinelEvent, SentinelHost, parameters};
use crate::ids::NodeId;
use crate::manager::{ManagerContext, Remote};
use crate::message::Refusal;
use crate::node::server::{Command, ServerStatus};
use crate::scenario::{Admin, Database};
use crate::time::{Span, Time};

/// A node that says it is primary and is not has so long to be seen otherwise (Redis: SENTINEL_PUBLISH_PERIOD × 4).
const GRACE: Span = Span(8_000_000);
/// Pause between two orders to the same node.
const PAUSE: Span = Span(5_000_000);

/// What is to be done with a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cure {
    /// It is to follow the primary, once it has been astray for so long.
    Repoint(Span),
    /// Its log is to be made to fit: by rewinding it, if that may help.
    Refill {
        /// It has log that the primary has not; else it lacks log.
        rewind: bool,
    },
}

impl SentinelHost {
    pub(super) fn repair(&mut self, cx: &mut ManagerContext<'_>) {
        if self.is_promoting() || !self.primary_looks_sane(cx.now) {
            return;
        }
        for node in (0..self.nodes.len() as u8).map(NodeId) {
            if node != self.primary {
                self.repair_node(cx, node);
            }
        }
    }

    /// Nobody is told to follow a node that does not say that it is primary.
    fn primary_looks_sane(&self, now: Time) -> bool {
        let view = &self.nodes[self.primary.index()];
        !view.down
            && view
                .fresh(now)
                .is_some_and(|status| status.ready && !status.standby)
    }

    fn cure(&self, cx: &ManagerContext<'_>, status: &ServerStatus) -> Option<Cure> {
        if status.rebuilding {
            // By nobody yet, or from a node that is no longer primary and may never answer.
            return (status.rebuilt_from != Some(self.primary)).then_some(Cure::Refill {
                rewind: !status.empty,
            });
        }
        if !status.ready {
            return None;
        }
        if !status.standby {
            return Some(Cure::Repoint(GRACE));
        }
        if status.upstream != Some(self.primary) {
            let patience = parameters(cx).failover_timeout;
            return Some(Cure::Repoint(Span::from_millis(patience)));
        }
        let why = status.refusal.filter(Refusal::is_lasting)?;
        Some(Cure::Refill {
            rewind: why != Refusal::LogRemoved,
        })
    }

    fn repair_node(&mut self, cx: &mut ManagerContext<'_>, node: NodeId) {
        let view = &self.nodes[node.index()];
        let cure = view.fresh(cx.now).and_then(|status| self.cure(cx, status));
        let told_lately = view.told.is_some_and(|at| cx.now.since(at) < PAUSE);
        let Some(cure) = cure else {
            self.nodes[node.index()].astray_since = None;
            return;
        };
        let since = *self.nodes[node.index()].astray_since.get_or_insert(cx.now);
        if told_lately {
            return;
        }
        match cure {
            Cure::Repoint(patience) if cx.now.since(since) >= patience => {
                self.nodes[node.index()].astray_since = None;
                self.repoint(cx, node);
            }
            Cure::Repoint(_) => {}
            Cure::Refill { rewind } => self.refill(cx, node, rewind),
        }
    }

    /// Has a node rewound if that may work, and filled with a copy of the primary else.
    fn refill(&mut self, cx: &mut ManagerContext<'_>, node: NodeId, rewind: bool) {
        let postgresql = matches!(cx.settings.database, Database::Postgresql(_));
        self.order(cx, node, rewind && postgresql);
    }

    fn order(&mut self, cx: &mut ManagerContext<'_>, node: NodeId, rewind: bool) {
        let (source, id) = (self.primary, self.ask());
        let view = &mut self.nodes[node.index()];
        view.told = Some(cx.now);
        view.rewinding = rewind.then_some(id);
        cx.event(SentinelEvent::Repaired {
            by: self.me,
            node,
            rewind,
        });
        let command = Command::Admin(if rewind {
            Admin::Rewind { source }
        } else {
            Admin::Rebuild { source }
        });
        cx.send(node, Remote::Command { id, command });
    }

    /// A node answered an order. One that cannot be rewound is filled.
    pub(super) fn on_done(&mut self, cx: &mut ManagerContext<'_>, node: NodeId, id: u64, ok: bool) {
        let view = &mut self.nodes[node.index()];
        if view.rewinding != Some(id) {
            return;
        }
        view.rewinding = None;
        let idle = view.status.is_some_and(|(_, status)| !status.rebuilding);
        if !ok && idle && self.primary_looks_sane(cx.now) {
            self.order(cx, node, false);
        }
    }
}
