//! How a manager came to replace a primary, and why one that it does not replace, or has replaced, is as it is.

use super::trail::Trail;
use super::{Lane, Part, RanOn};
use crate::event::{Event, EventKind};
use crate::ids::{EventId, NodeId};
use crate::manager::mha::SecondaryVerdict;
use crate::manager::{ManagerEvent, MhaEvent, SentinelEvent};
use crate::message::MessageKind;
use crate::scenario::{Manager, Service, ServiceAction};
use crate::time::{Span, Time};
use crate::world::Health;

impl Trail<'_> {
    /// Adds how a manager, or a person who promoted by hand, came to promote a node: what it noticed of the primary before,
    /// what it decided, and what had befallen that primary.
    pub(super) fn managed_takeover(&mut self, promoted: Event, node: NodeId, from: Option<NodeId>) {
        let began = self.behind(promoted, |kind| {
            matches!(kind, EventKind::PromotionStarted { .. })
        });
        if let Some(began) = began {
            self.on(began, node, Part::Plain);
            self.commanded(began);
        }
        let Some(primary) = from else { return };
        let window = self.since_last_takeover(promoted);
        match self.run.settings().manager {
            Manager::None => {}
            Manager::Patroni(_) => self.patroni(&window, primary, node),
            Manager::Mha(_) => self.mha(&window),
            Manager::Sentinel(_) => self.sentinel(&window, primary),
        }
        let faults = self.faults_before(promoted.id);
        let mut found = faults.noticed_by_manager(self.run, primary);
        if found.is_empty() {
            // It may be mended by now: the store is back, or the agent thawed.
            let noticed = window
                .iter()
                .find(|event| is_notice(&event.kind, primary))
                .map(|event| self.faults_before(event.id));
            found = noticed.map_or_else(Vec::new, |faults| {
                faults.noticed_by_manager(self.run, primary)
            });
        }
        self.first_fault(found);
    }

    /// The milestones between a promotion and the one before it.
    fn since_last_takeover(&self, promoted: Event) -> Vec<Event> {
        let newest_first = self.run.trace().milestones().rev();
        let mut window: Vec<Event> = newest_first
            .skip_while(|event| event.id >= promoted.id)
            .take_while(|event| !matches!(event.kind, EventKind::Promoted { .. }))
            .copied()
            .collect();
        window.reverse();
        window
    }

    /// The line of a manager's event.
    pub(super) fn manager_lane(&self, event: &Event) -> Option<Lane> {
        let EventKind::Manager(kind) = event.kind else {
            return None;
        };
        Some(match kind {
            ManagerEvent::StoreLeads { member, .. } | ManagerEvent::StoreSteppedDown { member } => {
                Lane::Store(member)
            }
            ManagerEvent::LeaseExpired { .. } => Lane::Store(self.store_leader(event.id)),
            ManagerEvent::LockRenewed { node }
            | ManagerEvent::LockTaken { node }
            | ManagerEvent::LockReleased { node }
            | ManagerEvent::LockStolen { node }
            | ManagerEvent::DoesNotStand { node, .. }
            | ManagerEvent::StoreUnreachable { node }
            | ManagerEvent::Demotes { node, .. }
            | ManagerEvent::Failsafe { node }
            | ManagerEvent::RestartsInPlace { node }
            | ManagerEvent::Rewinds { node }
            | ManagerEvent::Reinitializes { node }
            | ManagerEvent::StaysDiverged { node }
            | ManagerEvent::SlotExpired { node, .. }
            | ManagerEvent::SyncChanged { node, .. }
            | ManagerEvent::FailoverWanted { candidate: node } => Lane::Agent(node),
            ManagerEvent::Mha(_) => Lane::Monitor(0),
            ManagerEvent::Sentinel(event) => Lane::Monitor(event.by()),
            ManagerEvent::Timer { .. } => return None,
        })
    }

    /// Which member led the store.
    fn store_leader(&self, before: EventId) -> u8 {
        let leads = self.milestone_before(before, |kind| {
            matches!(kind, EventKind::Manager(ManagerEvent::StoreLeads { .. }))
        });
        match leads.map(|event| event.kind) {
            Some(EventKind::Manager(ManagerEvent::StoreLeads { member, .. })) => member,
            _ => 0,
        }
    }

    /// Adds what a manager did, on its own line.
    pub(super) fn by_manager(&mut self, event: Event) {
        if let Some(lane) = self.manager_lane(&event) {
            self.add(event, lane, Part::Plain);
        }
    }

    /// Draws the order of a manager that began something.
    fn commanded(&mut self, began: Event) {
        let order = self.behind(began, |kind| {
            matches!(
                kind,
                EventKind::Delivered {
                    kind: MessageKind::Command,
                    ..
                }
            )
        });
        if let Some(order) = order.filter(|order| order.at == began.at) {
            self.arrow(order);
        }
    }

    /// Patroni: the last renewal, what became of the lease, the race, and who took the key.
    fn patroni(&mut self, window: &[Event], primary: NodeId, new: NodeId) {
        let is = |event: &&Event, wanted: fn(&ManagerEvent) -> bool| matches!(&event.kind, EventKind::Manager(kind) if wanted(kind));
        let taken = window.iter().rev().find(
            |event| matches!(event.kind, EventKind::Manager(ManagerEvent::LockTaken { node }) if node == new),
        );
        let over = window.iter().rev().find(|event| {
            is(event, |kind| {
                matches!(
                    kind,
                    ManagerEvent::LeaseExpired { .. } | ManagerEvent::LockReleased { .. }
                )
            }) && taken.is_none_or(|taken| event.id < taken.id)
        });
        for event in window {
            let EventKind::Manager(kind) = event.kind else {
                if matches!(event.kind, EventKind::HostReset { node } if node == primary) {
                    self.on(*event, primary, Part::Plain);
                }
                continue;
            };
            match kind {
                ManagerEvent::StoreUnreachable { node }
                | ManagerEvent::Demotes { node, .. }
                | ManagerEvent::RestartsInPlace { node }
                    if node == primary =>
                {
                    self.by_manager(*event);
                }
                ManagerEvent::LockStolen { node } if node == new => {
                    self.by_manager(*event);
                    self.stood_still(*event, node);
                }
                ManagerEvent::FailoverWanted { .. } => {
                    self.by_manager(*event);
                    self.fault(*event);
                }
                _ => {}
            }
        }
        if let Some(&over) = over {
            self.by_manager(over);
            if let EventKind::Manager(ManagerEvent::LeaseExpired { node }) = over.kind {
                self.last_renewal(over, node);
            }
            self.race(window, over, taken.copied());
        }
        if let Some(&taken) = taken {
            self.by_manager(taken);
            if let Some(answer) = self.behind(taken, |kind| {
                matches!(
                    kind,
                    EventKind::Delivered {
                        kind: MessageKind::StoreReply,
                        ..
                    }
                )
            }) {
                self.arrow(answer);
            }
        }
    }

    /// Adds that an agent had been frozen, and went on.
    fn stood_still(&mut self, until: Event, node: NodeId) {
        let agent = Service::Agent(node);
        for wanted in [ServiceAction::Thaw, ServiceAction::Freeze] {
            let found = self.milestone_before(until.id, |kind| {
                matches!(*kind, EventKind::ServiceChanged { service, what }
                    if service == agent && what == wanted)
            });
            match (found, wanted) {
                (Some(found), ServiceAction::Freeze) => self.fault(found),
                (Some(found), _) => self.add(found, Lane::Agent(node), Part::Plain),
                (None, _) => {}
            }
        }
    }

    /// Adds the last renewal of a lease before something that follows from there not being another.
    pub(super) fn last_renewal(&mut self, expired: Event, node: NodeId) {
        let ttl = match &self.run.settings().manager {
            Manager::Patroni(patroni) => Span::from_secs(patroni.ttl),
            _ => return,
        };
        let renewed = EventKind::Manager(ManagerEvent::LockRenewed { node });
        let from = Time(expired.at.0.saturating_sub(3 * ttl.0));
        let last = self
            .span(from, expired.at)
            .rev()
            .find(|event| event.kind == renewed && event.id < expired.id);
        if let Some(last) = last {
            self.add(last, Lane::Agent(node), Part::LastRenewed { ttl });
        }
    }

    /// Adds who did not stand while there was no leader: the newest reason of each.
    fn race(&mut self, window: &[Event], over: Event, taken: Option<Event>) {
        let mut seen = Vec::new();
        for event in window.iter().rev() {
            if event.id < over.id || taken.is_some_and(|taken| event.id > taken.id) {
                continue;
            }
            if let EventKind::Manager(ManagerEvent::DoesNotStand { node, .. }) = event.kind
                && !seen.contains(&node)
            {
                seen.push(node);
                self.by_manager(*event);
            }
        }
    }

    /// MHA: the pings, the checks, and what it did about the old source and the new one.
    fn mha(&mut self, window: &[Event]) {
        let first = window.iter().rposition(|event| {
            matches!(
                event.kind,
                EventKind::Manager(ManagerEvent::Mha(MhaEvent::PingFailed { times: 1, .. }))
            )
        });
        for event in &window[first.unwrap_or(0)..] {
            let EventKind::Manager(ManagerEvent::Mha(kind)) = event.kind else {
                continue;
            };
            match kind {
                MhaEvent::PingFailed { times: 1 | 4, .. }
                | MhaEvent::Checked { .. }
                | MhaEvent::ShutOut { .. }
                | MhaEvent::Positions { .. }
                | MhaEvent::Binlog { .. }
                | MhaEvent::Chosen { .. }
                | MhaEvent::Levelled { .. } => self.by_manager(*event),
                _ => {}
            }
        }
    }

    /// Sentinel: the first that held the primary for down, the agreement, the leader and its choice.
    fn sentinel(&mut self, window: &[Event], primary: NodeId) {
        // The leader of the failover that led to the promotion, and what it had done before.
        let sentinel = |event: &Event| match event.kind {
            EventKind::Manager(ManagerEvent::Sentinel(kind)) => Some(kind),
            _ => None,
        };
        let elected = window
            .iter()
            .rposition(|event| matches!(sentinel(event), Some(SentinelEvent::Elected { .. })));
        if let Some(index) = elected
            && let Some(SentinelEvent::Elected { by, .. }) = sentinel(&window[index])
        {
            self.by_manager(window[index]);
            let agreed = window[..index].iter().rfind(|event| {
                matches!(sentinel(event), Some(SentinelEvent::Agreed { by: who, down: true, .. }) if who == by)
            });
            let selected = window[index..].iter().find(|event| {
                matches!(sentinel(event), Some(SentinelEvent::Selected { by: who, .. }) if who == by)
            });
            for event in [agreed, selected].into_iter().flatten() {
                self.by_manager(*event);
            }
        }
        // Since it was last heard, by any of them.
        let mut holders = 0_u64;
        let mut first = None;
        for event in window {
            if let EventKind::Manager(ManagerEvent::Sentinel(SentinelEvent::Down {
                by,
                node,
                down,
            })) = event.kind
                && node == primary
            {
                if holders == 0 && down {
                    first = Some(*event);
                }
                holders = if down {
                    holders | 1 << by
                } else {
                    holders & !(1 << by)
                };
            }
        }
        if let Some(first) = first {
            self.by_manager(first);
        }
    }

    /// Adds why nobody has taken over since an outage began: the newest of each kind of attempt.
    pub(super) fn manager_attempts(&mut self, since: Event) {
        let events: Vec<Event> = self
            .run
            .trace()
            .milestones()
            .rev()
            .take_while(|event| event.id > since.id)
            .copied()
            .collect();
        let mut seen: Vec<(u8, u8)> = Vec::new();
        for event in events {
            let EventKind::Manager(kind) = event.kind else {
                continue;
            };
            let key = match kind {
                ManagerEvent::DoesNotStand { node, .. } => (0, node.0),
                ManagerEvent::StoreUnreachable { node } => (1, node.0),
                ManagerEvent::LeaseExpired { .. } => (2, 0),
                ManagerEvent::RestartsInPlace { .. } => (3, 0),
                ManagerEvent::StoreSteppedDown { .. } => (4, 0),
                ManagerEvent::Mha(
                    MhaEvent::GaveUp { .. }
                    | MhaEvent::Failed { .. }
                    | MhaEvent::Exited
                    | MhaEvent::Checked {
                        secondary:
                            SecondaryVerdict::RouteUnreachable(_) | SecondaryVerdict::Reachable(_),
                        ..
                    },
                ) => (5, 0),
                ManagerEvent::Mha(MhaEvent::PingFailed { .. }) => (6, 0),
                ManagerEvent::Sentinel(SentinelEvent::Aborted { by, .. }) => (7, by),
                ManagerEvent::Sentinel(SentinelEvent::Down { by, down: true, .. }) => (8, by),
                ManagerEvent::Sentinel(SentinelEvent::Agreed { .. }) => (9, 0),
                _ => continue,
            };
            if !seen.contains(&key) {
                seen.push(key);
                self.by_manager(event);
            }
        }
        // MHA is one-shot: it had ended before (R-MH-7).
        if matches!(self.run.settings().manager, Manager::Mha(_))
            && self.run.service_health(Service::Monitor(0)) == Some(Health::Down)
        {
            let ended = self.milestone_before(EventId(u64::MAX), |kind| {
                matches!(
                    kind,
                    EventKind::Manager(ManagerEvent::Mha(MhaEvent::Exited))
                )
            });
            if let Some(ended) = ended {
                self.by_manager(ended);
            }
        }
        // What stops the manager itself.
        let faults = self.faults_before(EventId(u64::MAX));
        let services: Vec<Event> = self
            .run
            .services()
            .filter_map(|service| faults.service(service))
            .collect();
        for fault in services {
            self.fault(fault);
        }
    }

    /// Why a primary that had been replaced went on taking writes, if the manager is to blame.
    pub(super) fn ran_on(&self, split: Event, primary: NodeId) -> Option<RanOn> {
        match &self.run.settings().manager {
            Manager::None if self.run.settings().database.is_textbook() => None,
            Manager::None => Some(RanOn::ByHand),
            Manager::Patroni(patroni) => {
                let faults = self.faults_before(split.id);
                let silent = faults.service(Service::Agent(primary)).is_some();
                (silent && !patroni.watchdog_device).then_some(RanOn::NoAgent)
            }
            Manager::Mha(_) => Some(RanOn::NotShutOut),
            Manager::Sentinel(_) => Some(RanOn::NeverShutOut),
        }
    }
}

/// Whether an event shows that the manager noticed that a primary is not fit.
fn is_notice(kind: &EventKind, primary: NodeId) -> bool {
    matches!(*kind, EventKind::Manager(
        ManagerEvent::StoreUnreachable { node }
        | ManagerEvent::Demotes { node, .. }
        | ManagerEvent::LeaseExpired { node }
        | ManagerEvent::RestartsInPlace { node }
        | ManagerEvent::Mha(MhaEvent::PingFailed { source: node, times: 4 })
        | ManagerEvent::Sentinel(SentinelEvent::Down { node, down: true, .. })
    ) if node == primary)
}
