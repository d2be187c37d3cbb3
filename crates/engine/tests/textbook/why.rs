//! Explanations: the right events, from the fault to the verdict, in order.

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::{ClientId, EventId, NodeSet};
use replicascope_engine::message::MessageKind;
use replicascope_engine::scenario::{Action, Mode, Setting};
use replicascope_engine::why::{
    Explanation, Lane, LostBy, Part, Question, Verdict, Waited, Whereabouts, explain,
};

use crate::lab::{Lab, n, quiet, writing};

fn ask(lab: &Lab, question: Question) -> Explanation {
    let why = explain(&lab.simulation, question).expect("there is something to explain");
    let ids: Vec<EventId> = why.steps.iter().map(|step| step.event.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for step in &why.steps {
        assert!(why.lanes.contains(&step.lane));
        assert_eq!(
            lab.simulation.trace().get(step.event.id),
            Some(&step.event),
            "only events of the run"
        );
    }
    for arrow in &why.arrows {
        assert!(arrow.sent_at <= arrow.ends_at);
        assert!(why.lanes.contains(&arrow.from) && why.lanes.contains(&arrow.to));
    }
    why
}

/// The place of the first step of a part.
fn place(why: &Explanation, is: impl Fn(&Part) -> bool) -> usize {
    why.steps
        .iter()
        .position(|step| is(&step.part))
        .unwrap_or_else(|| panic!("{why:#?}"))
}

#[test]
fn a_lost_write_names_the_kill_the_ack_and_the_promotion_without_it() {
    let mut lab = Lab::new(&quiet(Mode::Async, 100)).at_ms(1_000);
    let op = lab.write(0);
    lab.run_to_ms(1_050);
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    let why = ask(&lab, Question::Op(op));
    let Verdict::Lost {
        owner,
        survivor,
        after_takeover,
        ..
    } = why.verdict
    else {
        panic!("{why:#?}");
    };
    assert_eq!((owner, after_takeover), (n(1), false));
    assert_eq!(lab.promoted().map(|(node, _)| node), Some(survivor));
    let committed = place(&why, |part| {
        *part
            == Part::Committed {
                waited: Waited::Nobody,
            }
    });
    let fault = place(
        &why,
        |part| matches!(part, Part::Fault { what: EventKind::Killed { node } } if *node == n(1)),
    );
    let gone = place(&why, |part| {
        matches!(
            part,
            Part::RecordLost {
                by: LostBy::Power,
                ..
            }
        )
    });
    let heard = place(
        &why,
        |part| matches!(part, Part::LastHeard { primary } if *primary == n(1)),
    );
    let took = place(
        &why,
        |part| matches!(part, Part::TookOver { without: Some(_), votes } if !votes.is_empty()),
    );
    assert!(committed < fault && fault < gone && gone < took && heard < took);
    assert!(
        matches!(
            why.fault().expect("a kill").event.kind,
            EventKind::Action { .. }
        ),
        "the chain ends in an action"
    );
    let lost = why
        .arrows
        .iter()
        .find(|arrow| arrow.lost.is_some())
        .expect("the record");
    assert_eq!(
        (lost.kind, lost.from, lost.to),
        (MessageKind::Wal, Lane::Node(n(1)), Lane::Node(survivor))
    );
    assert_eq!(
        why.lanes,
        [
            Lane::Client(ClientId(0)),
            Lane::Node(n(1)),
            Lane::Node(survivor)
        ]
    );
}

#[test]
fn the_message_with_the_record_is_the_one_that_is_drawn() {
    let mut lab = Lab::new(&quiet(Mode::Async, 100)).at_ms(1_000);
    let first = lab.write(0);
    lab.run_to_ms(1_020);
    let second = lab.write(1);
    lab.run_to_ms(1_060);
    lab.kill(n(1));
    lab.run_to_ms(6_000);
    let sent = |op| {
        let why = ask(&lab, Question::Op(op));
        let lost = why.arrows.iter().find(|arrow| arrow.lost.is_some());
        lost.expect("the record").message
    };
    assert!(sent(first) < sent(second));
}

#[test]
fn a_write_acked_by_a_primary_that_nobody_follows_is_lost_after_the_takeover() {
    let mut lab = Lab::new(&writing(Mode::Async, 20, 20)).at_ms(1_000);
    lab.set(Setting::Fencing(false));
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(6_000);
    let (_, promoted_at) = lab.promoted().expect("the others elect");
    let late = lab
        .lost()
        .into_iter()
        .find(|&op| lab.op(op).issued_at > promoted_at)
        .expect("n1 goes on");
    let why = ask(&lab, Question::Op(late));
    assert!(
        matches!(
            why.verdict,
            Verdict::Lost {
                after_takeover: true,
                ..
            }
        ),
        "{why:#?}"
    );
    let fault = place(&why, |part| {
        matches!(
            part,
            Part::Fault {
                what: EventKind::LinkCut { .. }
            }
        )
    });
    let took = place(&why, |part| matches!(part, Part::TookOver { .. }));
    let committed = place(&why, |part| matches!(part, Part::Committed { .. }));
    assert!(fault < took && took < committed);
}

#[test]
fn a_stale_read_shows_the_ack_and_the_record_that_comes_too_late() {
    let mut lab = Lab::new(&quiet(Mode::Async, 100)).at_ms(1_000);
    let write = lab.write(0);
    lab.run_to_ms(1_030);
    let read = lab.read(0, Some(n(3)));
    lab.run_to_ms(2_000);
    let why = ask(&lab, Question::Op(read));
    let Verdict::Stale {
        verdict,
        node,
        fault,
    } = why.verdict
    else {
        panic!("{why:#?}");
    };
    assert!(verdict.stale.is_some() && verdict.broke_read_your_writes);
    assert_eq!((node, fault), (n(3), false), "the delay alone does it");
    let told = place(&why, |part| *part == Part::Before);
    let answered = place(&why, |part| {
        matches!(
            part,
            Part::Answered {
                lacks: Some((_, Whereabouts::NotThere)),
                ..
            }
        )
    });
    let copied = place(&why, |part| matches!(part, Part::Copied { late: true, .. }));
    let applied = place(&why, |part| {
        matches!(part, Part::Applied { late: true, .. })
    });
    assert!(told < answered && answered < copied && copied < applied);
    assert!(
        why.steps
            .iter()
            .any(|step| step.event.kind == EventKind::WriteAcked { op: write })
    );
}

#[test]
fn a_stale_read_of_a_slow_replica_names_who_slowed_it() {
    let mut lab = Lab::new(&writing(Mode::Async, 10, 100)).at_ms(500);
    lab.act(Action::Slow {
        node: n(3),
        factor: 500,
    });
    lab.run_to_ms(3_000);
    let read = lab.read(0, Some(n(3)));
    lab.run_to_ms(30_000);
    let why = ask(&lab, Question::Op(read));
    assert!(
        matches!(why.verdict, Verdict::Stale { fault: true, .. }),
        "{why:#?}"
    );
    let fault = why.fault().expect("the slowing");
    assert_eq!(fault.lane, Lane::Node(n(3)));
    place(
        &why,
        |part| matches!(part, Part::Answered { lacks: Some((_, place)), .. } if *place != Whereabouts::NotThere),
    );
}

#[test]
fn a_record_held_by_hand_explains_a_stale_read() {
    let mut lab = Lab::new(&quiet(Mode::Async, 50)).at_ms(1_000);
    lab.write(0);
    lab.run_to_ms(1_020);
    let message = lab
        .simulation
        .network()
        .in_flight()
        .find(|message| message.to == n(2).into() && message.message.kind() == MessageKind::Wal)
        .expect("on its way")
        .id;
    lab.act(Action::HoldMessage { message });
    lab.run_to_ms(1_200);
    let read = lab.read(0, Some(n(2)));
    lab.run_to_ms(1_300);
    let why = ask(&lab, Question::Op(read));
    assert!(
        matches!(
            why.fault().expect("a person held it").part,
            Part::Fault {
                what: EventKind::Action { .. }
            }
        ),
        "{why:#?}"
    );
}

#[test]
fn semi_sync_says_whose_ack_it_waited_for_and_durable_who_holds_it() {
    let mut lab = Lab::new(&quiet(Mode::SemiSync, 20)).at_ms(1_000);
    let op = lab.write(0);
    lab.run_to_ms(2_000);
    let why = ask(&lab, Question::Op(op));
    assert_eq!(
        why.verdict,
        Verdict::Durable {
            nodes: NodeSet::first(5),
            of: 5
        }
    );
    assert_eq!(why.fault(), None);
    place(&why, |part| {
        matches!(
            part,
            Part::Committed {
                waited: Waited::For(_)
            }
        )
    });
    let copies = why
        .steps
        .iter()
        .filter(|step| matches!(step.part, Part::Copied { .. }));
    assert_eq!(copies.count(), 2, "with the primary, a majority of five");
}

#[test]
fn an_unknown_write_says_what_it_waited_for() {
    let mut lab = Lab::new(&quiet(Mode::Sync, 20)).at_ms(1_000);
    let op = lab.write(0);
    lab.run_to_ms(1_010);
    lab.kill(n(1));
    lab.run_to_ms(12_000);
    let why = ask(&lab, Question::Op(op));
    assert!(
        matches!(why.verdict, Verdict::Unknown { .. } | Verdict::Survived),
        "{why:#?}"
    );
    assert!(why.fault().is_some(), "{why:#?}");
    assert!(
        why.steps
            .iter()
            .any(|step| step.event.kind == EventKind::WriteUnknown { op })
    );
}

#[test]
fn no_primary_and_split_brain_lead_back_to_what_a_person_did() {
    let mut lab = Lab::new(&quiet(Mode::Async, 20)).at_ms(1_000);
    lab.kill(n(1));
    lab.run_to_ms(1_100);
    let none = ask(&lab, Question::NoPrimary);
    assert_eq!(none.verdict, Verdict::NoPrimary { over: false });
    assert!(none.fault().is_some());
    assert_eq!(explain(&lab.simulation, Question::SplitBrain), None);

    let mut lab = Lab::new(&quiet(Mode::Async, 20)).at_ms(1_000);
    lab.set(Setting::Fencing(false));
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(6_000);
    lab.act(Action::Thaw { node: n(1) });
    lab.run_to_ms(6_010);
    let split = ask(&lab, Question::SplitBrain);
    let Verdict::SplitBrain { writers, over } = split.verdict else {
        panic!("{split:#?}");
    };
    assert!(!over && writers.contains(n(1)) && writers.len() == 2);
    place(&split, |part| {
        matches!(
            part,
            Part::Fault {
                what: EventKind::Frozen { .. }
            }
        )
    });
    assert!(
        split
            .steps
            .iter()
            .any(|step| step.event.kind == EventKind::Thawed { node: n(1) })
    );
}

#[test]
fn a_fenced_primary_was_cut_off_from_a_majority() {
    let mut lab = Lab::new(&quiet(Mode::Async, 20)).at_ms(1_000);
    lab.act(Action::Isolate { node: n(1) });
    lab.run_to_ms(20_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_eq!(why.verdict, Verdict::NoPrimary { over: true });
    let fault = place(&why, |part| {
        matches!(
            part,
            Part::Fault {
                what: EventKind::LinkCut { .. }
            }
        )
    });
    let took = place(&why, |part| matches!(part, Part::TookOver { .. }));
    assert!(fault < took);
    let fenced = why
        .steps
        .iter()
        .position(|step| step.event.kind == EventKind::Fenced { node: n(1) })
        .expect("its lease ended");
    assert!(fault < fenced && fenced < took);
}

#[test]
fn every_verdict_of_random_runs_can_be_explained() {
    for seed in 0..40 {
        let scenario = replicascope_engine::explore::generate::scenario(
            seed,
            replicascope_engine::explore::Limits::default(),
        );
        let mut lab = Lab::new(&scenario);
        lab.run_to_ms(15_000);
        let ids: Vec<_> = lab.simulation.oracle().ops().map(|op| op.id).collect();
        for id in ids.into_iter().rev().take(60) {
            let why = ask(&lab, Question::Op(id));
            assert!(!why.steps.is_empty(), "seed {seed}, {id:?}");
            let op = lab.op(id);
            if op.lost && why.complete {
                place(&why, |part| matches!(part, Part::TookOver { .. }));
            }
        }
        for question in [Question::SplitBrain, Question::NoPrimary] {
            if explain(&lab.simulation, question).is_some() {
                ask(&lab, question);
            }
        }
    }
}
