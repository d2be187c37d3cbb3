//! Why a write is lost, kept, or without an answer.

use super::trail::Trail;
use super::{Lane, Part, Verdict, Waited};
use crate::event::{Event, EventKind};
use crate::ids::NodeId;
use crate::manager::ManagerEvent;
use crate::message::MessageKind;
use crate::oracle::{Op, Status};
use crate::scenario::Endpoint;
use crate::time::Time;

/// The events of a write on its way to its client's answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Told {
    pub(super) inserted: Option<Event>,
    pub(super) flushed: Option<Event>,
    pub(super) committed: Option<Event>,
    /// What the client was told, or that it gave up.
    pub(super) end: Option<Event>,
}

/// Adds how a write went from its client to the log and back.
pub(super) fn told(trail: &mut Trail<'_>, op: &Op, asked: bool) -> Told {
    trail.of_client(op.client);
    let mut told = Told::default();
    let until = op.done_at.unwrap_or(trail.run.now());
    let id = op.id;
    for event in trail.span(op.issued_at, until) {
        match event.kind {
            EventKind::WriteIssued { op, .. } | EventKind::ReadIssued { op, .. } if op == id => {
                trail.client_step(event, Part::Plain);
            }
            EventKind::OpWaits { op } if op == id => trail.client_step(event, Part::Plain),
            EventKind::OpRefused { op, node } if op == id => trail.on(event, node, Part::Plain),
            EventKind::Inserted { op, .. } if op == id => told.inserted = Some(event),
            EventKind::Committed { op, .. } if op == id => told.committed = Some(event),
            EventKind::EngineCommitted { op, node, lsn } if op == id => {
                trail.on(event, node, Part::Shown { lsn });
            }
            EventKind::WaitEnded { op, node, .. } if op == id => trail.on(event, node, Part::Plain),
            EventKind::WriteAcked { op }
            | EventKind::OpFailed { op, .. }
            | EventKind::WriteUnknown { op }
                if op == id =>
            {
                told.end = Some(event);
            }
            _ => {}
        }
    }
    if let Some(inserted) = told.inserted {
        if let Some(request) = trail.behind(inserted, |kind| {
            is_delivered(kind, MessageKind::WriteRequest)
        }) {
            trail.request_arrow(request, op.id, op.issued_at);
        }
        if let EventKind::Inserted { node, lsn, .. } = inserted.kind {
            told.flushed = trail.find(inserted.at, trail.run.now(), |kind| {
                matches!(*kind, EventKind::Flushed { node: who, lsn: at } if who == node && at >= lsn)
            });
        }
    }
    if let Some(committed) = told.committed
        && let EventKind::Committed { node, .. } = committed.kind
    {
        let waited = waited(trail, committed, node);
        trail.on(committed, node, Part::Committed { waited });
        if let Some(inserted) = told.inserted {
            stalled(trail, inserted, committed, node);
        }
        if matches!(waited, Waited::Nobody | Waited::Written) {
            fallen_back(trail, committed, node);
        }
    }
    if let Some(end) = told.end {
        trail.client_step(end, if asked { Part::Plain } else { Part::Before });
        if let Some(answer) = trail.cause(end) {
            trail.arrow(answer);
        }
    }
    told
}

fn is_delivered(kind: &EventKind, wanted: MessageKind) -> bool {
    matches!(kind, EventKind::Delivered { kind, .. } if *kind == wanted)
}

/// Adds which standbys were given up, or were no longer to be waited for, while a commit waited (R-PG-9, R-PT-8).
fn stalled(trail: &mut Trail<'_>, inserted: Event, committed: Event, owner: NodeId) {
    let of_owner = |kind: &EventKind| match *kind {
        EventKind::StandbyLost { node, .. } | EventKind::StandbyNamesChanged { node } => {
            node == owner
        }
        _ => false,
    };
    let milestones = trail.run.trace().milestones();
    let between: Vec<Event> = milestones
        .filter(|event| event.id > inserted.id && event.id < committed.id && of_owner(&event.kind))
        .copied()
        .collect();
    for event in between {
        trail.on(event, owner, Part::Plain);
        let faults = trail.faults_before(event.id);
        let away = match event.kind {
            EventKind::StandbyLost { standby, .. } => {
                let (me, other) = (owner.into(), standby.into());
                faults
                    .hampers(me, other)
                    .or_else(|| faults.hampers(other, me))
            }
            _ => {
                let nodes = trail.run.cluster().nodes();
                let others = nodes.filter(|&node| node != owner);
                // The newest: what was broken before had its own change of the list.
                others
                    .filter_map(|node| faults.between(owner.into(), node.into()))
                    .max_by_key(|fault| fault.id)
            }
        };
        trail.first_fault(away);
    }
}

/// Adds when semi-sync had fallen back to async, if it had and was not on again (R-MY-5).
fn fallen_back(trail: &mut Trail<'_>, committed: Event, owner: NodeId) {
    let state = trail.milestone_before(committed.id, |kind| match *kind {
        EventKind::SemiSyncFellBack { node } | EventKind::SemiSyncRecovered { node } => {
            node == owner
        }
        _ => false,
    });
    let off = state.filter(|state| matches!(state.kind, EventKind::SemiSyncFellBack { .. }));
    if let Some(off) = off {
        trail.on(off, owner, Part::Plain);
        // Who had not acked: whatever kept the replicas away.
        let faults = trail.faults_before(off.id);
        let others = trail.run.cluster().nodes().filter(|&node| node != owner);
        let away: Vec<Event> = others
            .filter_map(|other| {
                let (me, other) = (owner.into(), other.into());
                faults
                    .hampers(me, other)
                    .or_else(|| faults.hampers(other, me))
            })
            .collect();
        trail.first_fault(away);
    }
}

fn waited(trail: &mut Trail<'_>, committed: Event, owner: NodeId) -> Waited {
    // Of several that are released together only the first names what released it; a binlog's turn ends by a timer.
    let mut causes = trail.chain(committed);
    let cause = causes.find(|event| {
        !matches!(
            event.kind,
            EventKind::Committed { .. } | EventKind::NodeTimer { .. }
        )
    });
    let Some(cause) = cause else {
        return Waited::Other;
    };
    match cause.kind {
        EventKind::Flushed { node, .. } if node == owner => Waited::Nobody,
        EventKind::BinlogWritten { node, .. } if node == owner => Waited::Written,
        EventKind::Inserted { node, .. } if node == owner => Waited::NotEvenDisk,
        EventKind::Delivered {
            kind: MessageKind::WalAck | MessageKind::HeartbeatAck,
            from: Endpoint::Node(node),
            ..
        } => {
            trail.arrow(cause);
            Waited::For(node)
        }
        EventKind::SemiSyncFellBack { .. } => Waited::GaveUp,
        EventKind::WaitEnded { .. } => Waited::Cancelled,
        EventKind::SettingChanged => Waited::ListChanged,
        _ if list_changed(trail, committed, owner) => Waited::ListChanged,
        _ => Waited::Other,
    }
}

/// Whether the list of standbys to wait for changed at the instant of the commit.
fn list_changed(trail: &Trail<'_>, committed: Event, owner: NodeId) -> bool {
    let changed = trail.milestone_before(
        committed.id,
        |kind| matches!(*kind, EventKind::StandbyNamesChanged { node } if node == owner),
    );
    changed.is_some_and(|changed| changed.at == committed.at)
}

/// An acked write that the surviving history does not have.
pub(super) fn lost(trail: &mut Trail<'_>, op: &Op) -> Verdict {
    let told = told(trail, op, true);
    let tip = op.tip.unwrap_or_default();
    let owner = match told.inserted.map(|event| event.kind) {
        Some(EventKind::Inserted { node, .. }) => node,
        _ => tip.timeline.owner(),
    };
    let survivor = trail.run.oracle().histories().surviving().owner();
    let id = op.id;
    let mut milestones = trail.run.trace().milestones().rev();
    let gone = milestones
        .find(|event| matches!(event.kind, EventKind::WriteLost { op } if op == id))
        .copied();
    let is_promotion = |kind: &EventKind| matches!(kind, EventKind::Promoted { .. });
    let promoted = gone.and_then(|gone| {
        trail
            .cause(gone)
            .filter(|cause| is_promotion(&cause.kind))
            .or_else(|| trail.milestone_before(gone.id, is_promotion))
    });
    let mut after_takeover = false;
    if let Some(promoted) = promoted {
        after_takeover = told.end.is_some_and(|end| end.id > promoted.id);
        trail.takeover(promoted, Some(owner), Some(tip.lsn));
        if let EventKind::Promoted { node: new, .. } = promoted.kind {
            let from = told.inserted.map_or(op.issued_at, |event| event.at);
            way_to(trail, told, owner, new, op, promoted.at);
            for other in trail.run.cluster().nodes() {
                if other != owner && other != new {
                    holder(trail, other, new, op, from, promoted);
                }
            }
        }
    }
    for node in op.erased_from.iter() {
        let after = gone.map_or(Time::ZERO, |gone| gone.at);
        let erased = |kind: &EventKind| match *kind {
            EventKind::Rewound { node: who, .. } | EventKind::BackupRestored { node: who, .. } => {
                who == node
            }
            _ => false,
        };
        let mut milestones = trail.run.trace().milestones();
        let erased = milestones.find(|event| event.at >= after && erased(&event.kind));
        if let Some(&erased) = erased {
            let ordered = trail.milestone_before(erased.id, |kind| {
                matches!(*kind, EventKind::Manager(
                    ManagerEvent::Rewinds { node: who } | ManagerEvent::Reinitializes { node: who }
                ) if who == node)
            });
            if let Some(ordered) = ordered.filter(|ordered| ordered.at >= after) {
                trail.by_manager(ordered);
            }
            trail.on(erased, node, Part::Plain);
        }
    }
    Verdict::Lost {
        owner,
        lsn: tip.lsn,
        survivor,
        after_takeover,
        erased_from: op.erased_from,
    }
}

/// Adds how the record did not reach the node that took over.
fn way_to(trail: &mut Trail<'_>, told: Told, owner: NodeId, new: NodeId, op: &Op, until: Time) {
    let (Some(flushed), Some(tip)) = (told.flushed, op.tip) else {
        return;
    };
    let is_lost = |event: &Event| {
        matches!(event.kind, EventKind::MessageLost { kind: MessageKind::Wal, from, to, .. }
            if from == owner.into() && to == new.into())
    };
    let lost: Vec<Event> = trail.span(flushed.at, until).filter(is_lost).collect();
    // Records travel in order, one message a flush: the message with this record is as far from the newest lost one as its
    // flush is from the newest flush before the loss.
    let Some(&last) = lost.last() else { return };
    let flushes = trail.span(flushed.at, last.at).filter(|event| {
        matches!(event.kind, EventKind::Flushed { node, .. } if node == owner)
            && event.id > flushed.id
            && event.id < last.id
    });
    let index = lost.len().saturating_sub(1 + flushes.count());
    let lost = lost[index];
    let by = trail.lost_by(lost);
    trail.add(
        lost,
        Lane::Node(owner),
        Part::RecordLost { lsn: tip.lsn, by },
    );
    trail.arrow(lost);
}

/// Adds a node that had the record but did not take over, and what kept it away.
fn holder(trail: &mut Trail<'_>, other: NodeId, new: NodeId, op: &Op, from: Time, promoted: Event) {
    let Some(tip) = op.tip else { return };
    let Some(received) = trail.received(other, tip.lsn, from, promoted.at) else {
        return;
    };
    let faults = trail.faults_before(promoted.id);
    let kept_away = faults.between(other.into(), new.into());
    if let Some(fault) = kept_away {
        trail.copied(received, other, tip.lsn, false);
        trail.fault(fault);
    }
}

/// An acked write that is still there.
pub(super) fn kept(trail: &mut Trail<'_>, op: &Op) -> Verdict {
    let told = told(trail, op, true);
    let of = trail.run.cluster().node_count();
    let Some(tip) = op.tip else {
        return Verdict::Open;
    };
    let fate = trail.run.fate(tip);
    let from = told.inserted.map_or(op.issued_at, |event| event.at);
    let now = trail.run.now();
    let mut flushes: Vec<(Event, NodeId)> = Vec::new();
    for node in fate
        .flushed
        .iter()
        .filter(|&node| node != tip.timeline.owner())
    {
        let flushed = trail.find(from, now, |kind| {
            matches!(*kind, EventKind::Flushed { node: who, lsn } if who == node && lsn >= tip.lsn)
        });
        flushes.extend(flushed.map(|event| (event, node)));
    }
    flushes.sort_by_key(|(event, _)| event.id);
    // As many as make a majority with the primary.
    for (flushed, node) in flushes.into_iter().take(of / 2) {
        if let Some(received) = trail.received(node, tip.lsn, from, flushed.at) {
            trail.copied(received, node, tip.lsn, false);
        }
        trail.on(flushed, node, Part::Plain);
    }
    if fate.durable {
        return Verdict::Durable {
            nodes: fate.flushed,
            of,
        };
    }
    let faults = trail.faults_before(crate::ids::EventId(u64::MAX));
    let missing = trail
        .run
        .cluster()
        .nodes()
        .filter(|&node| !fate.flushed.contains(node));
    let hampered =
        missing.filter_map(|node| faults.hampers(tip.timeline.owner().into(), node.into()));
    trail.first_fault(hampered);
    Verdict::Exposed {
        nodes: fate.flushed,
        of,
    }
}

/// An operation without an answer that counts: what was in its way.
pub(super) fn unanswered(trail: &mut Trail<'_>, op: &Op) {
    let told = told(trail, op, true);
    let now = trail.run.now();
    let until = op.done_at.unwrap_or(now);
    let before = told.end.map_or(crate::ids::EventId(u64::MAX), |end| end.id);
    let faults = trail.faults_before(before);
    let Some(node) = op.node else {
        no_node(trail, op, before);
        return;
    };
    let request = requests(trail, op, node, until);
    if let Some(committed) = told.committed {
        let lost = trail.find(committed.at, until, |kind| {
            matches!(*kind, EventKind::MessageLost { kind: MessageKind::WriteAck, from, .. } if from == node.into())
        });
        if let Some(lost) = lost {
            let by = trail.lost_by(lost);
            trail.add(lost, Lane::Node(node), Part::Lost { by });
            trail.arrow(lost);
        }
        trail.first_fault(faults.hampers(node.into(), Endpoint::Clients));
    } else if told.inserted.is_some() {
        let others = trail.run.cluster().nodes().filter(|&other| other != node);
        let hampered: Vec<Event> = faults
            .stopped(node)
            .into_iter()
            .chain(others.filter_map(|other| faults.between(node.into(), other.into())))
            .collect();
        trail.first_fault(hampered);
        for kind in [
            EventKind::Fenced { node },
            EventKind::SteppedDown { node },
            EventKind::ServerStopped { node },
            EventKind::HostReset { node },
        ] {
            let found = trail.find(op.issued_at, until, |other| *other == kind);
            if let Some(found) = found {
                trail.on(found, node, Part::Plain);
            }
        }
    } else {
        // What kept it from the node may be over by the time the client gives up.
        let then = request.map(|end| trail.faults_before(end.id));
        let fault = then.and_then(|then| then.hampers(Endpoint::Clients, node.into()));
        trail.first_fault(fault.or(faults.hampers(Endpoint::Clients, node.into())));
    }
    if let Some(tip) = op.tip.filter(|_| op.status == Status::Unknown) {
        let promoted = trail.find(
            op.issued_at,
            now,
            |kind| matches!(*kind, EventKind::Promoted { timeline, .. } if timeline > tip.timeline),
        );
        if let Some(promoted) = promoted {
            let without = (!trail.run.oracle().survives(tip)).then_some(tip.lsn);
            trail.takeover(promoted, Some(tip.timeline.owner()), without);
        }
    }
}

/// Adds what became of the last request that carried the operation; returns the event.
fn requests(trail: &mut Trail<'_>, op: &Op, node: NodeId, until: Time) -> Option<Event> {
    let id = op.id;
    let wanted = if op.is_write() {
        MessageKind::WriteRequest
    } else {
        MessageKind::ReadRequest
    };
    let end: Vec<Event> = trail
        .span(op.issued_at, until)
        .filter(|event| match event.kind {
            EventKind::Delivered { kind, to, .. } => kind == wanted && to == node.into(),
            EventKind::MessageLost { kind, to, .. } => kind == wanted && to == node.into(),
            EventKind::NobodyListened { kind, node: at, .. } => kind == wanted && at == node,
            _ => false,
        })
        .collect();
    let of_this = |event: &Event| {
        trail.cause(*event).is_some_and(|cause| match cause.kind {
            EventKind::WriteIssued { op, .. }
            | EventKind::ReadIssued { op, .. }
            | EventKind::OpRefused { op, .. } => op == id,
            _ => false,
        })
    };
    let end = end.into_iter().rev().find(of_this)?;
    trail.request_arrow(end, id, op.issued_at);
    match end.kind {
        EventKind::MessageLost { .. } => {
            let by = trail.lost_by(end);
            trail.client_step(end, Part::Lost { by });
        }
        EventKind::NobodyListened { .. } => trail.on(end, node, Part::Plain),
        _ => {}
    }
    Some(end)
}

/// The router never had a node to send it to.
fn no_node(trail: &mut Trail<'_>, op: &Op, before: crate::ids::EventId) {
    let outage = trail.milestone_before(before, |kind| matches!(kind, EventKind::NoPrimary));
    if let Some(outage) = outage.filter(|outage| outage.at <= op.done_at.unwrap_or(trail.run.now()))
    {
        super::cluster::outage(trail, outage);
    }
}
