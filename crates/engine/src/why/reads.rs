//! Why a read returned what it did.

use super::trail::Trail;
use super::{Part, Verdict, Whereabouts, writes};
use crate::event::{Event, EventKind};
use crate::ids::{NodeId, Timeline, Tip};
use crate::message::MessageKind;
use crate::oracle::{Op, Status};
use crate::scenario::{Action, Endpoint};
use crate::time::Time;

/// A read that was answered.
pub(super) fn answered(trail: &mut Trail<'_>, op: &Op) -> Verdict {
    let node = op.node.unwrap_or(NodeId(0));
    let verdict = op.verdict;
    let missed = missed(trail, op);
    let lacks = missed.map(|missed| missed.tip);
    let mut answered_at = op.done_at.unwrap_or(trail.run.now());
    if let Some(missed) = missed {
        missed_write(trail, &missed);
    }
    let read = read_steps(trail, op, node);
    trail.way_of_read(op);
    if let Some(missed) = missed {
        let own = missed.evidence.is_write() && missed.evidence.client == op.client;
        trail.why_there(op, node, own);
    }
    if let Some(sent) = read.map(|(_, sent)| sent) {
        answered_at = sent;
    }
    let mut whereabouts = Whereabouts::NotThere;
    if let Some(missed) = missed {
        whereabouts = replica_side(trail, &missed, node, answered_at);
    }
    if let Some((event, _)) = read {
        let part = Part::Answered {
            node,
            version: op.version,
            lacks: lacks.map(|tip| (tip.lsn, whereabouts)),
        };
        trail.client_step(event, part);
    }
    if verdict.is_fresh() {
        where_from(trail, op, node, answered_at);
        return Verdict::Fresh { node };
    }
    if missed.is_none() && verdict.phantom {
        if let Some(written) = op
            .returned
            .and_then(|row| trail.run.oracle().op(row.op))
            .copied()
        {
            phantom(trail, &written, op, node);
        }
        return Verdict::Phantom { node };
    }
    Verdict::Stale {
        verdict,
        node,
        fault: trail.has_fault(),
    }
}

/// The record that an answer should have included.
#[derive(Clone, Copy)]
struct Missed {
    tip: Tip,
    /// The write, or the read that had returned it before.
    evidence: Op,
}

/// The write that was acked first among those that the answer lacks; for a client that read it before, that read.
fn missed(trail: &Trail<'_>, op: &Op) -> Option<Missed> {
    let returned = op.returned?;
    let oracle = trail.run.oracle();
    let lacks = |tip: Tip| !oracle.histories().contains(returned.tip(), tip);
    let earlier = oracle.ops().filter(|other| {
        other.id < op.id
            && other.key == op.key
            && other.done_at.is_some_and(|at| at <= op.issued_at)
    });
    let verdict = op.verdict;
    let own = verdict.broke_read_your_writes;
    if verdict.stale.is_some() || own {
        let mut writes =
            earlier.filter(|other| other.status == Status::Acked && other.tip.is_some_and(lacks));
        // A promise to the client is about its own newest write; staleness counts from the first one that is missing.
        let write = if own {
            writes.rfind(|other| other.client == op.client)?
        } else {
            writes.min_by_key(|other| (other.lost, other.done_at))?
        };
        return Some(Missed {
            tip: write.tip?,
            evidence: *write,
        });
    }
    if verdict.broke_monotonic_reads {
        let read = earlier
            .filter(|other| other.client == op.client && other.status == Status::Answered)
            .rfind(|other| other.returned.is_some_and(|row| lacks(row.tip())))?;
        return Some(Missed {
            tip: read.returned?.tip(),
            evidence: *read,
        });
    }
    None
}

/// Adds how the client, or another one, came to know of the record.
fn missed_write(trail: &mut Trail<'_>, missed: &Missed) {
    if missed.evidence.is_write() {
        writes::told(trail, &missed.evidence, false);
    } else if let Some((event, _)) = read_steps(
        trail,
        &missed.evidence,
        missed.evidence.node.unwrap_or(NodeId(0)),
    ) {
        let part = Part::Answered {
            node: missed.evidence.node.unwrap_or(NodeId(0)),
            version: missed.evidence.version,
            lacks: None,
        };
        trail.client_step(event, part);
    }
}

/// Adds a read's question and its arrows; returns the event of its answer and when that was sent.
fn read_steps(trail: &mut Trail<'_>, op: &Op, node: NodeId) -> Option<(Event, Time)> {
    trail.of_client(op.client);
    let id = op.id;
    let issued = trail.find(
        op.issued_at,
        op.issued_at,
        |kind| matches!(*kind, EventKind::ReadIssued { op, .. } if op == id),
    );
    if let Some(issued) = issued {
        trail.client_step(issued, Part::Plain);
    }
    let done_at = op.done_at?;
    let answered = trail.find(
        done_at,
        done_at,
        |kind| matches!(*kind, EventKind::ReadAnswered { op, .. } if op == id),
    )?;
    let request = trail.behind(answered, |kind| {
        matches!(
            kind,
            EventKind::Delivered {
                kind: MessageKind::ReadRequest,
                ..
            }
        )
    });
    if let Some(request) = request {
        trail.request_arrow(request, id, op.issued_at);
    }
    let link = trail
        .run
        .network()
        .link(node.into(), Endpoint::Clients)
        .settings;
    let mut sent = Time(done_at.0.saturating_sub(link.delay_us + link.jitter_us));
    if let Some(reply) = trail.cause(answered) {
        trail.arrow(reply);
        sent = sent.max(trail.cause(reply).map_or(Time::ZERO, |cause| cause.at));
    }
    Some((answered, sent.min(done_at)))
}

/// Adds when the record came to the node that answered without it, and what was in its way. Returns where it was.
fn replica_side(
    trail: &mut Trail<'_>,
    missed: &Missed,
    node: NodeId,
    answered_at: Time,
) -> Whereabouts {
    let (tip, now) = (missed.tip, trail.run.now());
    let owner = tip.timeline.owner();
    let written = trail.run.oracle().op(match missed.evidence.returned {
        Some(row) => row.op,
        None => missed.evidence.id,
    });
    let from = written.map_or(missed.evidence.issued_at, |op| op.issued_at);
    let mut place = Whereabouts::NotThere;
    if other_history(trail, missed, node, answered_at) {
        trail.kept_apart(node, answered_at);
        return Whereabouts::OtherHistory;
    }
    let received = trail.received(node, tip.lsn, from, now);
    if let Some(received) = received {
        let late = received.at > answered_at;
        trail.copied(received, node, tip.lsn, late);
        if !late {
            place = Whereabouts::Received;
            let flushed = trail.find(received.at, answered_at, |kind| {
                matches!(*kind, EventKind::Flushed { node: who, lsn } if who == node && lsn >= tip.lsn)
            });
            if flushed.is_some() {
                place = trail
                    .apply_delay(node)
                    .map_or(Whereabouts::Flushed, Whereabouts::HeldBack);
            }
        }
        let replayed = trail.replayed(node, tip.lsn, received.at, now);
        if let Some(replayed) = replayed {
            let late = true;
            trail.on(replayed, node, Part::Applied { lsn: tip.lsn, late });
        }
    }
    // An event has this or a higher number if it happened after the answer.
    let after = trail
        .span(answered_at, now)
        .next()
        .map_or(trail.run.trace().len() + 1, |event| event.id.0);
    let faults = trail.faults_before(crate::ids::EventId(after));
    let fault = if place == Whereabouts::NotThere {
        faults.hampers(owner.into(), node.into())
    } else {
        faults.slow(node)
    };
    trail.first_fault(fault);
    if place == Whereabouts::NotThere {
        trail.not_received(owner, node, crate::ids::EventId(after));
    } else {
        trail.not_applied(node, crate::ids::EventId(after));
    }
    by_hand(trail, owner, node, from, answered_at);
    place
}

/// Whether the node followed a history without the record when it answered, or the record's timeline was news to it. Adds
/// the takeover at which the histories parted.
fn other_history(trail: &mut Trail<'_>, missed: &Missed, node: NodeId, answered_at: Time) -> bool {
    let tip = missed.tip;
    let promoted = |event: &&Event| matches!(event.kind, EventKind::Promoted { .. });
    let earlier: Vec<Event> = trail
        .run
        .trace()
        .milestones()
        .filter(promoted)
        .take_while(|event| event.at <= answered_at)
        .copied()
        .collect();
    let followed = trail
        .run
        .trace()
        .milestones()
        .rev()
        .find_map(|event| match event.kind {
            EventKind::Following {
                node: who,
                timeline,
            } if who == node && event.at <= answered_at => Some(timeline),
            EventKind::Promoted {
                node: who,
                timeline,
                ..
            } if who == node && event.at <= answered_at => Some(timeline),
            _ => None,
        });
    // Who never followed anybody anew is on the first timeline, as at the start.
    let followed = followed.unwrap_or(Timeline::new(1, NodeId(0)));
    let parted = earlier.into_iter().find(|event| match event.kind {
        EventKind::Promoted { timeline, fork, .. } => {
            (timeline == followed && fork < tip.lsn && tip.timeline < followed)
                || (timeline == tip.timeline && followed < tip.timeline)
        }
        _ => false,
    });
    let Some(parted) = parted else { return false };
    let before = if followed < tip.timeline {
        followed.owner()
    } else {
        tip.timeline.owner()
    };
    let without = (followed > tip.timeline).then_some(tip.lsn);
    trail.takeover(parted, Some(before), without);
    true
}

/// Adds what a person did to messages with records on their way to the node.
fn by_hand(trail: &mut Trail<'_>, from: NodeId, to: NodeId, since: Time, until: Time) {
    let actions: Vec<Event> = trail
        .span(since, until)
        .filter(|event| matches!(event.kind, EventKind::Action { .. }))
        .collect();
    for event in actions {
        let EventKind::Action { index } = event.kind else {
            continue;
        };
        let Some(
            Action::HoldMessage { message }
            | Action::DelayMessage { message, .. }
            | Action::DropMessage { message },
        ) = trail
            .run
            .actions()
            .get(index as usize)
            .map(|timed| timed.action.clone())
        else {
            continue;
        };
        let now = trail.run.now();
        let is_record = |kind: MessageKind, a: Endpoint, b: Endpoint| {
            kind == MessageKind::Wal && a == from.into() && b == to.into()
        };
        let travels = trail
            .run
            .network()
            .find(message)
            .is_some_and(|found| is_record(found.message.kind(), found.from, found.to));
        let ended = || {
            trail.run.trace().since(event.id).any(|end| match end.kind {
                EventKind::Delivered {
                    message: m,
                    kind,
                    from,
                    to,
                }
                | EventKind::MessageLost {
                    message: m,
                    kind,
                    from,
                    to,
                } => m == message && end.at <= now && is_record(kind, from, to),
                _ => false,
            })
        };
        if travels || ended() {
            trail.on(event, to, Part::Fault { what: event.kind });
        }
    }
}

/// Adds where a fresh value came from.
fn where_from(trail: &mut Trail<'_>, op: &Op, node: NodeId, answered_at: Time) {
    let Some(row) = op.returned.filter(|row| row.version > 0) else {
        return;
    };
    let Some(write) = trail.run.oracle().op(row.op).copied() else {
        return;
    };
    writes::told(trail, &write, false);
    trail.of_client(op.client);
    if node != row.timeline.owner()
        && let Some(replayed) = trail.replayed(node, row.lsn, write.issued_at, answered_at)
    {
        if let Some(received) = trail.received(node, row.lsn, write.issued_at, replayed.at) {
            trail.copied(received, node, row.lsn, false);
        }
        let (lsn, late) = (row.lsn, false);
        trail.on(replayed, node, Part::Applied { lsn, late });
    }
}

/// Adds how the value that was read came to be lost, and why the node showed it.
fn phantom(trail: &mut Trail<'_>, written: &Op, read: &Op, node: NodeId) {
    let before = read.done_at.unwrap_or(trail.run.now());
    trail.kept_apart(node, before);
    if written.lost {
        writes::lost(trail, written);
        return;
    }
    writes::told(trail, written, false);
    let Some(tip) = written.tip else { return };
    let promoted = trail.milestone_before(crate::ids::EventId(u64::MAX), |kind| {
        matches!(*kind, EventKind::Promoted { timeline, fork, .. } if timeline > tip.timeline && fork < tip.lsn)
    });
    if let Some(promoted) = promoted {
        trail.takeover(promoted, Some(tip.timeline.owner()), Some(tip.lsn));
    }
}
