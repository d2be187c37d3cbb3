//! Explanations in clusters of servers and managers: the right events, on the right lines, from the fault to the verdict.
//! Those of the Textbook profile are in `textbook/why.rs`.

#[path = "../lab/mod.rs"]
mod lab;

mod monitors;
mod patroni;
mod reads;
mod writes;

use lab::Lab;
use replicascope_engine::event::EventKind;
use replicascope_engine::ids::EventId;
use replicascope_engine::manager::ManagerEvent;
use replicascope_engine::why::{Explanation, Part, Question, Step, explain};

/// Asks, and checks what holds for every explanation.
fn ask(lab: &Lab, question: Question) -> Explanation {
    let run = &lab.simulation;
    let why = explain(run, question).expect("there is something to explain");
    let ids: Vec<EventId> = why.steps.iter().map(|step| step.event.id).collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for step in &why.steps {
        assert!(why.lanes.contains(&step.lane));
        assert_eq!(run.trace().get(step.event.id), Some(&step.event));
    }
    for arrow in &why.arrows {
        assert!(arrow.sent_at <= arrow.ends_at);
        assert!(why.lanes.contains(&arrow.from) && why.lanes.contains(&arrow.to));
    }
    why
}

/// Steps like these come in this order.
fn assert_in_order(why: &Explanation, wanted: &[&dyn Fn(&Step) -> bool]) {
    let mut steps = why.steps.iter();
    for (index, is) in wanted.iter().enumerate() {
        assert!(steps.any(is), "no step {index}\n{why:#?}");
    }
}

/// The first fault is an action of a person, and shows by this event.
fn assert_fault(why: &Explanation, shows: impl Fn(&EventKind) -> bool) {
    let fault = why.fault().unwrap_or_else(|| panic!("{why:#?}"));
    assert!(
        matches!(fault.event.kind, EventKind::Action { .. }),
        "{fault:?}"
    );
    let Part::Fault { what } = fault.part else {
        panic!("{fault:?}");
    };
    assert!(shows(&what), "{what:?}");
}

/// A step that is this event of a manager.
fn did(wanted: impl Fn(&ManagerEvent) -> bool) -> impl Fn(&Step) -> bool {
    move |step| matches!(&step.event.kind, EventKind::Manager(event) if wanted(event))
}

fn took_over(step: &Step) -> bool {
    matches!(step.part, Part::TookOver { .. })
}

fn is_fault(step: &Step) -> bool {
    matches!(step.part, Part::Fault { .. })
}

/// Everything that can be asked of a run has an answer.
fn ask_everything(lab: &Lab) {
    let ids: Vec<_> = lab.simulation.oracle().ops().map(|op| op.id).collect();
    for id in ids {
        let why = ask(lab, Question::Op(id));
        assert!(!why.steps.is_empty(), "{id:?}");
        if lab.op(id).lost && why.complete {
            assert!(why.steps.iter().any(took_over), "{id:?} {why:#?}");
        }
    }
    for question in [Question::SplitBrain, Question::NoPrimary] {
        if explain(&lab.simulation, question).is_some() {
            ask(lab, question);
        }
    }
}
