//! Collecting the events of an explanation.

use super::faults::Faults;
use super::{Arrow, Explanation, Lane, LostBy, Part, Question, Step, Verdict};
use crate::event::{Event, EventKind};
use crate::ids::{ClientId, EventId, Lsn, NodeId, OpId};
use crate::message::MessageKind;
use crate::scenario::{Action, Endpoint, Service};
use crate::sort::sort_by_key;
use crate::time::{Span, Time};
use crate::world::Simulation;

/// What has been found so far.
pub(super) struct Trail<'a> {
    pub(super) run: &'a Simulation,
    steps: Vec<Step>,
    arrows: Vec<Arrow>,
    complete: bool,
    /// Whose requests and answers the arrows to and from the clients are.
    client: ClientId,
}

impl<'a> Trail<'a> {
    pub(super) fn new(run: &'a Simulation) -> Self {
        Self {
            run,
            steps: Vec::new(),
            arrows: Vec::new(),
            complete: true,
            client: ClientId(0),
        }
    }

    pub(super) fn finish(mut self, question: Question, verdict: Verdict) -> Explanation {
        self.steps.sort_by_key(|step| step.event.id);
        self.arrows.sort_by_key(|arrow| arrow.event);
        let ends = self.arrows.iter().flat_map(|arrow| [arrow.from, arrow.to]);
        let mut lanes: Vec<Lane> = self
            .steps
            .iter()
            .map(|step| step.lane)
            .chain(ends)
            .collect();
        sort_by_key(&mut lanes, |&lane| lane);
        lanes.dedup();
        Explanation {
            question,
            asked_at: self.run.now(),
            verdict,
            steps: self.steps,
            arrows: self.arrows,
            lanes,
            complete: self.complete,
        }
    }

    /// From now on, what goes to and from the clients goes to and from this one.
    pub(super) fn of_client(&mut self, client: ClientId) {
        self.client = client;
    }

    /// Whether anything that was broken is among the steps.
    pub(super) fn has_fault(&self) -> bool {
        self.steps
            .iter()
            .any(|step| matches!(step.part, Part::Fault { .. }))
    }

    /// Adds an event; one that is there already keeps the part that says more.
    pub(super) fn add(&mut self, event: Event, lane: Lane, part: Part) {
        let same = self.steps.iter_mut().find(|step| step.event.id == event.id);
        match same {
            Some(step) if step.part == Part::Plain => *step = Step { event, lane, part },
            Some(_) => {}
            None => self.steps.push(Step { event, lane, part }),
        }
    }

    pub(super) fn on(&mut self, event: Event, node: NodeId, part: Part) {
        self.add(event, Lane::Node(node), part);
    }

    pub(super) fn client_step(&mut self, event: Event, part: Part) {
        self.add(event, Lane::Client(self.client), part);
    }

    /// Adds what broke something: the action behind it, if the trace still has it.
    pub(super) fn fault(&mut self, broke: Event) {
        let root = self.chain(broke).last().unwrap_or(broke);
        let part = Part::Fault { what: broke.kind };
        self.add(root, self.lane_of(&broke.kind), part);
    }

    /// Adds the first fault that was found.
    pub(super) fn first_fault(&mut self, found: impl IntoIterator<Item = Event>) {
        if let Some(event) = found.into_iter().min_by_key(|event| event.id) {
            self.fault(event);
        }
    }

    pub(super) fn faults_before(&self, event: EventId) -> Faults {
        Faults::before(self.run, event)
    }

    /// The line that an event is drawn on.
    fn lane_of(&self, kind: &EventKind) -> Lane {
        let end = |end| self.lane(end);
        match *kind {
            EventKind::Killed { node }
            | EventKind::HostLost { node }
            | EventKind::Restarted { node }
            | EventKind::Frozen { node }
            | EventKind::Thawed { node }
            | EventKind::SpeedChanged { node, .. } => Lane::Node(node),
            EventKind::LinkCut { from, to } | EventKind::LinkChanged { from, to } => {
                // Of the clients' links the other end matters.
                end(if from == Endpoint::Clients { to } else { from })
            }
            EventKind::ServiceChanged { service, .. } => lane_of_service(service),
            EventKind::Action { index } => self.lane_of_action(index),
            _ => Lane::Client(self.client),
        }
    }

    fn lane_of_action(&self, index: u32) -> Lane {
        let action = self.run.actions().get(index as usize);
        match action.map(|timed| &timed.action) {
            Some(
                Action::Kill { node, .. }
                | Action::LoseHost { node }
                | Action::Freeze { node }
                | Action::Slow { node, .. }
                | Action::Isolate { node }
                | Action::Promote { node }
                | Action::Admin { node, .. },
            ) => Lane::Node(*node),
            Some(Action::Service { service, .. }) => lane_of_service(*service),
            _ => Lane::Client(self.client),
        }
    }

    /// The chain of causes of an event, without itself, as far as it is kept.
    pub(super) fn chain(&self, event: Event) -> impl Iterator<Item = Event> + use<'a> {
        self.run.trace().causes(event.id).skip(1).copied()
    }

    pub(super) fn cause(&self, event: Event) -> Option<Event> {
        self.run.trace().get(event.cause).copied()
    }

    /// The first event of the chain of causes that is of a kind.
    pub(super) fn behind(&self, event: Event, is: impl Fn(&EventKind) -> bool) -> Option<Event> {
        self.chain(event).find(|event| is(&event.kind))
    }

    /// The events at and after one instant, up to and at another. Notes when some of them are no longer kept.
    pub(super) fn span(
        &mut self,
        from: Time,
        until: Time,
    ) -> impl DoubleEndedIterator<Item = Event> + use<'a> {
        let trace = self.run.trace();
        let kept = trace.events().next().map_or(0, |event| event.id.0);
        if kept > 1
            && trace
                .get(EventId(kept))
                .is_some_and(|first| first.at >= from)
        {
            self.complete = false;
        }
        let place = |wanted: &dyn Fn(Time) -> bool| {
            let (mut low, mut high) = (kept.max(1), trace.len() + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                if trace
                    .get(EventId(middle))
                    .is_some_and(|event| !wanted(event.at))
                {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            low
        };
        let first = place(&|at| at >= from);
        let end = place(&|at| at > until);
        (first..end).filter_map(move |id| trace.get(EventId(id)).copied())
    }

    /// The first event in a stretch of time that is of a kind.
    pub(super) fn find(
        &mut self,
        from: Time,
        until: Time,
        is: impl Fn(&EventKind) -> bool,
    ) -> Option<Event> {
        self.span(from, until).find(|event| is(&event.kind))
    }

    /// The newest milestone of a kind before an event.
    pub(super) fn milestone_before(
        &self,
        before: EventId,
        is: impl Fn(&EventKind) -> bool,
    ) -> Option<Event> {
        let mut newest_first = self.run.trace().milestones().rev();
        newest_first
            .find(|event| event.id < before && is(&event.kind))
            .copied()
    }

    /// The line of one end of a message: a manager's parcels go to and from the agent on a node, not its database.
    fn end_of(&self, end: Endpoint, kind: MessageKind) -> Lane {
        match (end, kind) {
            (
                Endpoint::Node(node),
                MessageKind::StoreRequest
                | MessageKind::StoreReply
                | MessageKind::AgentRequest
                | MessageKind::AgentReply,
            ) => Lane::Agent(node),
            (end, _) => self.lane(end),
        }
    }

    fn lane(&self, end: Endpoint) -> Lane {
        match end {
            Endpoint::Node(node) => Lane::Node(node),
            Endpoint::Clients => Lane::Client(self.client),
            Endpoint::Store(index) => Lane::Store(index),
            Endpoint::Monitor(index) => Lane::Monitor(index),
        }
    }

    /// Draws the message that an event delivered or lost.
    pub(super) fn arrow(&mut self, end: Event) {
        self.arrow_since(end, None);
    }

    /// Draws the request of an operation: when it was routed last is when it was sent.
    pub(super) fn request_arrow(&mut self, end: Event, op: OpId, issued_at: Time) {
        let routed = self.span(issued_at, end.at).rev().find(|event| {
            event.id < end.id
                && matches!(event.kind, EventKind::OpRouted { op: which, .. } if which == op)
        });
        self.arrow_since(end, routed.map(|routed| routed.at));
    }

    fn arrow_since(&mut self, end: Event, sent_at: Option<Time>) {
        let (message, kind, from, to, is_lost) = match end.kind {
            EventKind::Delivered {
                message,
                kind,
                from,
                to,
            } => (message, kind, from, to, false),
            EventKind::MessageLost {
                message,
                kind,
                from,
                to,
            } => (message, kind, from, to, true),
            EventKind::NobodyListened {
                message,
                kind,
                node,
            } => (message, kind, Endpoint::Clients, node.into(), true),
            _ => return,
        };
        if self.arrows.iter().any(|arrow| arrow.message == message) {
            return;
        }
        let link = self.run.network().link(from, to).settings;
        let usual = Span(link.delay_us + link.jitter_us);
        let caused = self
            .run
            .trace()
            .get(end.cause)
            .map_or(Time::ZERO, |cause| cause.at);
        let earliest = Time(end.at.0.saturating_sub(usual.0));
        // What was lost while it travelled names what lost it as its cause, not what sent it.
        let sent_at = sent_at.unwrap_or_else(|| {
            earliest.max(if is_lost {
                self.flush_before(end, kind)
            } else {
                caused
            })
        });
        let lost = is_lost.then(|| {
            let way = end.at.since(sent_at).0 * 1_000 / usual.0.max(1);
            u32::try_from(way).unwrap_or(1_000).clamp(150, 900)
        });
        let (from, to) = (self.end_of(from, kind), self.end_of(to, kind));
        self.arrows.push(Arrow {
            message,
            kind,
            from,
            to,
            sent_at: sent_at.min(end.at),
            ends_at: end.at,
            lost,
            event: end.id,
        });
    }

    /// When the sender of a lost record last flushed before, which is when it sent it (R-PG-3).
    fn flush_before(&self, end: Event, kind: MessageKind) -> Time {
        let EventKind::MessageLost {
            from: Endpoint::Node(from),
            ..
        } = end.kind
        else {
            return Time::ZERO;
        };
        if kind != MessageKind::Wal {
            return Time::ZERO;
        }
        let flushed =
            |event: &&Event| matches!(event.kind, EventKind::Flushed { node, .. } if node == from);
        let before = self
            .run
            .trace()
            .since(EventId(end.id.0.saturating_sub(2_000)));
        before
            .rev()
            .skip_while(|event| event.id >= end.id)
            .find(flushed)
            .map_or(Time::ZERO, |event| event.at)
    }

    /// How a message was lost.
    pub(super) fn lost_by(&self, lost: Event) -> LostBy {
        match self.cause(lost).map(|cause| cause.kind) {
            Some(EventKind::Killed { .. } | EventKind::HostLost { .. }) => LostBy::Power,
            Some(EventKind::Action { index })
                if matches!(
                    self.run
                        .actions()
                        .get(index as usize)
                        .map(|timed| &timed.action),
                    Some(Action::DropMessage { .. })
                ) =>
            {
                LostBy::Hand
            }
            _ => LostBy::Cut,
        }
    }

    /// When a node first had the log up to `lsn` after an instant.
    pub(super) fn received(
        &mut self,
        node: NodeId,
        lsn: Lsn,
        from: Time,
        until: Time,
    ) -> Option<Event> {
        self.find(from, until, |kind| {
            matches!(*kind, EventKind::Received { node: who, lsn: at } if who == node && at >= lsn)
        })
    }

    /// When a node first had applied the log up to `lsn` after an instant.
    pub(super) fn replayed(
        &mut self,
        node: NodeId,
        lsn: Lsn,
        from: Time,
        until: Time,
    ) -> Option<Event> {
        self.find(from, until, |kind| {
            matches!(*kind, EventKind::Replayed { node: who, lsn: at } if who == node && at >= lsn)
        })
    }

    /// Adds a copy's arrival with the message that brought it.
    pub(super) fn copied(&mut self, received: Event, node: NodeId, lsn: Lsn, late: bool) {
        self.on(received, node, Part::Copied { lsn, late });
        if let Some(delivered) = self.behind(received, |kind| {
            matches!(
                kind,
                EventKind::Delivered {
                    kind: MessageKind::Wal,
                    ..
                }
            )
        }) {
            self.arrow(delivered);
        }
    }
}

fn lane_of_service(service: Service) -> Lane {
    match service {
        Service::Agent(node) => Lane::Agent(node),
        Service::Store(index) => Lane::Store(index),
        Service::Monitor(index) => Lane::Monitor(index),
    }
}
