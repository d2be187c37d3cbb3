//! How a node came to take over.

use super::Part;
use super::trail::Trail;
use crate::event::{Event, EventKind};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::message::MessageKind;
use crate::time::Time;

impl Trail<'_> {
    /// Adds how a node came to take over: whom it heard last, its election, and what silenced the one before.
    pub(super) fn takeover(&mut self, promoted: Event, from: Option<NodeId>, without: Option<Lsn>) {
        let EventKind::Promoted { node, .. } = promoted.kind else {
            return;
        };
        let term = self.behind(promoted, |kind| matches!(kind, EventKind::Stood { .. }));
        let votes = match term.map(|stood| stood.kind) {
            Some(EventKind::Stood { term, .. }) => self.votes(promoted, node, term),
            _ => NodeSet::EMPTY,
        };
        self.on(promoted, node, Part::TookOver { without, votes });
        if let Some(asked) = self.behind(promoted, |kind| matches!(kind, EventKind::Action { .. }))
        {
            self.fault(asked);
            return;
        }
        let Some(election) = self.behind(promoted, |kind| {
            matches!(kind, EventKind::ElectionStarted { .. })
        }) else {
            self.managed_takeover(promoted, node, from);
            return;
        };
        let EventKind::ElectionStarted { node: first, .. } = election.kind else {
            return;
        };
        self.on(election, first, Part::Plain);
        let Some(primary) = from else { return };
        let heard = self.span(Time(election.at.0.saturating_sub(30_000_000)), election.at);
        let heard = heard.rev().find(|event| {
            matches!(event.kind, EventKind::Delivered { kind: MessageKind::Heartbeat, from, to, .. }
                if from == primary.into() && to == first.into())
        });
        if let Some(heard) = heard.filter(|heard| heard.id < election.id) {
            self.on(heard, first, Part::LastHeard { primary });
            self.arrow(heard);
        }
        let faults = self.faults_before(election.id);
        self.first_fault(faults.hampers(primary.into(), first.into()));
    }

    /// As [`Trail::takeover`], where the nodes do not elect among themselves: what began the promotion, and what stopped the
    /// primary before it.
    fn managed_takeover(&mut self, promoted: Event, node: NodeId, from: Option<NodeId>) {
        let began = self.behind(promoted, |kind| {
            matches!(kind, EventKind::PromotionStarted { .. })
        });
        if let Some(began) = began {
            self.on(began, node, Part::Plain);
        }
        let Some(primary) = from else { return };
        let faults = self.faults_before(promoted.id);
        let stopped = faults.without_majority(self.run, primary);
        let slow = faults.hampers(primary.into(), node.into());
        self.first_fault(stopped.into_iter().chain(slow));
    }

    fn votes(&self, promoted: Event, candidate: NodeId, term: u32) -> NodeSet {
        let newest_first = self.run.trace().milestones().rev();
        newest_first
            .skip_while(|event| event.id >= promoted.id)
            .take(200)
            .filter_map(|event| match event.kind {
                EventKind::Voted {
                    node,
                    candidate: who,
                    term: when,
                } if (who, when) == (candidate, term) => Some(node),
                _ => None,
            })
            .filter(|&node| node != candidate)
            .collect()
    }
}
