//! `min-replicas-to-write` and `min-replicas-max-lag`: a primary with too few replicas that keep up takes no writes (R-RS).
//!
//! As in Redis the replicas are counted once a second. A Redis replica reports every second; these databases do not, so the
//! primary asks for a report at each count.

use super::{Context, Node, ServerTimer};
use crate::event::EventKind;
use crate::message::Replication;
use crate::node::Timer;
use crate::scenario::Manager;
use crate::time::{Span, Time};

/// Time between two counts (Redis: `replicationCron`).
const EVERY: Span = Span(1_000_000);

/// How the last count went.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct MinReplicas {
    /// When the next count is due, if one is.
    next: Option<Time>,
    /// The last count found too few.
    pub(super) too_few: bool,
}

impl Node {
    /// Whether writes are refused since too few replicas keep up.
    #[must_use]
    pub fn lacks_replicas(&self) -> bool {
        self.is_serving_primary()
            && self
                .server
                .as_ref()
                .is_some_and(|server| server.min_replicas.too_few)
    }

    /// Begins to count, if the manager's settings ask for it and this is a primary.
    pub(super) fn guard_writes(&mut self, cx: &mut Context<'_>) {
        let wanted = required(cx).is_some() && self.is_serving_primary();
        let Some(server) = &mut self.server else {
            return;
        };
        if wanted && server.min_replicas.next.is_none() {
            server.min_replicas.next = Some(cx.now + EVERY);
            cx.timer(EVERY, Timer::Server(ServerTimer::MinReplicas));
        }
    }

    pub(super) fn on_min_replicas_timer(&mut self, cx: &mut Context<'_>) {
        let (required, primary) = (required(cx), self.is_serving_primary());
        let id = self.id;
        let Some(server) = &mut self.server else {
            return;
        };
        // A node that was frozen counts late.
        if server.min_replicas.next.is_none_or(|at| at > cx.now) {
            return;
        }
        server.min_replicas.next = None;
        let Some((least, most_lag)) = required.filter(|_| primary) else {
            server.min_replicas.too_few = false;
            return;
        };
        let good = server
            .senders
            .iter()
            .flatten()
            .filter(|sender| cx.now.since(sender.last_reply) <= most_lag)
            .count();
        let too_few = good < least;
        if too_few != server.min_replicas.too_few {
            server.min_replicas.too_few = too_few;
            cx.event(EventKind::MinReplicas {
                node: id,
                refuses: too_few,
            });
        } else {
            cx.event(EventKind::NodeTimer { node: id });
        }
        let asked = server
            .senders
            .iter()
            .enumerate()
            .filter_map(|(to, sender)| {
                let sender = sender.as_ref()?;
                let (conn, end) = (sender.conn, sender.sent);
                let reply = true;
                Some((
                    crate::ids::NodeId(to as u8),
                    Replication::Keepalive { conn, end, reply },
                ))
            });
        for (to, ask) in asked {
            cx.send(to, ask);
        }
        self.guard_writes(cx);
    }
}

/// How many replicas must have been heard within how long; `None` when it is off.
fn required(cx: &Context<'_>) -> Option<(usize, Span)> {
    match &cx.settings.manager {
        Manager::Sentinel(sentinel) if sentinel.min_replicas_to_write > 0 => Some((
            usize::from(sentinel.min_replicas_to_write),
            Span::from_millis(sentinel.min_replicas_max_lag * 1_000),
        )),
        _ => None,
    }
}
