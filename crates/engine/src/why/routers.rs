//! Why a read went to the node that answered it: what the router believed of that node, how old that was, and what the
//! session did not know.

use super::trail::Trail;
use super::{Lane, Part, Routed};
use crate::event::{Event, EventKind, RoutingEvent};
use crate::ids::NodeId;
use crate::oracle::Op;
use crate::scenario::{CausalReads, Django, Routing};
use crate::time::Span;

impl Trail<'_> {
    /// Adds what routers, sessions and waits did with a read: pinned, waited, fell back.
    pub(super) fn way_of_read(&mut self, op: &Op) {
        let until = op.done_at.unwrap_or(self.run.now());
        let id = op.id;
        let events: Vec<Event> = self.span(op.issued_at, until).collect();
        for event in events {
            match event.kind {
                EventKind::Routing(RoutingEvent::ReadPinned { op }) if op == id => {
                    self.client_step(event, Part::Plain);
                }
                EventKind::Routing(
                    RoutingEvent::ReadWaits { op, node, .. }
                    | RoutingEvent::ReadWaitEnded { op, node, .. },
                ) if op == id => self.on(event, node, Part::Plain),
                EventKind::OpRefused { op, node } if op == id => self.on(event, node, Part::Plain),
                EventKind::OpWaits { op } if op == id => self.client_step(event, Part::Plain),
                _ => {}
            }
        }
    }

    /// Adds why a read that lacks a record went where it did. `own`: the record is of the reader's own write.
    pub(super) fn why_there(&mut self, op: &Op, node: NodeId, own: bool) {
        let id = op.id;
        let until = op.done_at.unwrap_or(self.run.now());
        let routed = self
            .span(op.issued_at, until)
            .rev()
            .find(|event| matches!(event.kind, EventKind::OpRouted { op, .. } if op == id));
        let Some(routed) = routed else { return };
        if self.was_asked_directly(op) {
            return;
        }
        let trusted = self.find(op.issued_at, routed.at, |kind| {
            matches!(*kind, EventKind::Routing(RoutingEvent::ReadTrusted { op, node: who, .. }) if op == id && who == node)
        });
        let believed = trusted.and_then(|event| match event.kind {
            EventKind::Routing(RoutingEvent::ReadTrusted {
                behind,
                unapplied,
                age,
                ..
            }) => Some(Routed::Believed {
                behind,
                unapplied,
                age,
            }),
            _ => None,
        });
        let Some(why) = believed.or_else(|| self.by_routing(op, own)) else {
            return;
        };
        self.add(routed, Lane::Client(op.client), Part::Routed { node, why });
    }

    /// Whether a person asked the node past the router.
    fn was_asked_directly(&mut self, op: &Op) -> bool {
        use crate::scenario::Action;
        let id = op.id;
        let issued = self.find(
            op.issued_at,
            op.issued_at,
            |kind| matches!(*kind, EventKind::ReadIssued { op, .. } if op == id),
        );
        let action = issued
            .and_then(|issued| self.cause(issued))
            .and_then(|cause| match cause.kind {
                EventKind::Action { index } => self.run.actions().get(index as usize),
                _ => None,
            });
        action.is_some_and(|timed| matches!(timed.action, Action::Read { node: Some(_), .. }))
    }

    fn by_routing(&self, op: &Op, own: bool) -> Option<Routed> {
        Some(match self.run.settings().routing {
            Routing::Pin(pin) => {
                let by = (!pin.global).then_some(op.client);
                self.after_pin(op, by, Span::from_millis(pin.delay))
            }
            Routing::Django(Django::PinAfterWrite(delay)) => {
                self.after_pin(op, Some(op.client), Span::from_millis(delay))
            }
            Routing::Sticky => Routed::Sticky,
            Routing::Token(_) if !own => Routed::NoPosition,
            Routing::Maxscale(maxscale)
                if !own
                    && matches!(
                        maxscale.causal_reads,
                        CausalReads::Local | CausalReads::Fast
                    ) =>
            {
                Routed::NoPosition
            }
            Routing::Plain | Routing::Django(_) => Routed::Unasked,
            _ => return None,
        })
    }

    /// A pin that does not hold, or not any more.
    fn after_pin(&self, op: &Op, by: Option<crate::ids::ClientId>, delay: Span) -> Routed {
        let writes = self
            .run
            .oracle()
            .ops()
            .filter(|other| other.is_write() && by.is_none_or(|client| other.client == client));
        let ended = writes
            .filter_map(|write| write.done_at.filter(|&at| at <= op.issued_at))
            .max();
        match ended {
            Some(at) => Routed::PinExpired {
                ago: op.issued_at.since(at),
                delay,
            },
            None => Routed::NotPinned,
        }
    }
}
