//! A witness follows a run wherever it goes: on, back, and another way.

use replicascope_engine::ids::{ClientId, Key, NodeId};
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::time::Time;
use replicascope_engine::{Recording, Scenario};
use replicascope_lessons::{Condition, Kept, Lesson, Start, Witness};

fn lesson() -> Lesson {
    let text = include_str!("../../../www/lessons/async-mode.json");
    Lesson::read(text).expect("a lesson")
}

fn recording(until: Time) -> Recording {
    let scenario: Scenario = lesson().run("busy").expect("there is such a run").clone();
    let mut recording = Recording::new(scenario).expect("valid");
    recording.advance_to(until);
    recording
}

fn witness(recording: &Recording) -> Witness {
    let kept: &[Kept] = &[];
    Witness::new(recording, kept).expect("valid")
}

fn kill(node: u8) -> Action {
    Action::Kill {
        node: NodeId(node),
        how: KillKind::PowerOff,
    }
}

fn holds(condition: &str, witness: &Witness) -> bool {
    let atom = condition
        .parse()
        .unwrap_or_else(|error| panic!("{condition}: {error}"));
    Condition::Is(atom).holds(witness)
}

/// What a witness says is what one that looks at the whole says.
fn agrees(witness: &Witness, recording: &Recording) {
    let fresh = self::witness(recording);
    assert_eq!(witness.report(), fresh.report());
    assert_eq!(
        witness.run().trace().hash(),
        recording.simulation().trace().hash()
    );
}

#[test]
fn it_follows_on_and_back_and_on_again() {
    let mut recording = recording(Time::from_millis(500));
    let mut witness = witness(&recording);
    assert!(holds("newly writes.acked == 0", &witness) && holds("writes.acked >= 50", &witness));
    recording.act(kill(0)).expect("n1 can be killed");
    for at in [800, 2_500, 4_000, 1_200, 500, 3_000] {
        recording.seek(Time::from_millis(at));
        witness.follow(&recording);
        agrees(&witness, &recording);
        assert_eq!(holds("newly killed n1", &witness), at >= 500, "at {at} ms");
        assert_eq!(
            holds("newly failovers >= 1", &witness),
            at >= 2_500,
            "at {at} ms"
        );
    }
    assert!(holds("n1.health == down", &witness));
}

#[test]
fn before_its_beginning_nothing_is_new() {
    let mut recording = recording(Time::from_millis(900));
    recording.act(kill(3)).expect("n4 can be killed");
    recording.advance_to(Time::from_millis(1_500));
    let mut witness = witness(&recording);
    recording.seek(Time::from_millis(300));
    witness.follow(&recording);
    assert!(holds("newly writes.acked == 0", &witness));
    assert!(!holds("killed n4", &witness), "the run stands before that");
    recording.seek(Time::from_millis(1_600));
    witness.follow(&recording);
    agrees(&witness, &recording);
    assert!(holds("killed n4", &witness) && !holds("newly killed n4", &witness));
    assert!(holds("newly writes.acked >= 1", &witness));
}

#[test]
fn it_follows_into_another_future_also_from_before_its_beginning() {
    let mut recording = recording(Time::from_millis(1_000));
    let mut witness = witness(&recording);
    recording.act(kill(1)).expect("n2 can be killed");
    recording.advance_to(Time::from_millis(2_000));
    witness.follow(&recording);
    assert!(holds("newly killed n2", &witness));
    recording.seek(Time::from_millis(1_500));
    recording.act(kill(2)).expect("n3 can be killed");
    witness.follow(&recording);
    agrees(&witness, &recording);
    assert!(holds("newly killed n3", &witness));
    recording.seek(Time::from_millis(400));
    let write = Action::Write {
        client: ClientId(0),
        key: Key(0),
        value: None,
        node: None,
        synchronous_commit: None,
    };
    recording.act(write).expect("a write");
    recording.act(kill(3)).expect("n4 can be killed");
    recording.advance_to(Time::from_millis(2_000));
    witness.follow(&recording);
    agrees(&witness, &recording);
    assert!(holds("never killed n2", &witness) && holds("killed n4", &witness));
    assert!(
        !holds("newly killed n4", &witness),
        "it was killed before the step's instant"
    );
}

#[test]
fn a_start_restores_the_state_between_two_events_of_one_instant() {
    let lesson = lesson();
    let mut recording = recording(Time::from_millis(700));
    for _ in 0..37 {
        recording.step();
        let start = Start::of(&lesson, "busy", &recording);
        let again = start.recording(&lesson).expect("it stands there");
        let (one, other) = (recording.simulation(), again.simulation());
        assert_eq!((one.now(), one.steps()), (other.now(), other.steps()));
        assert_eq!(one.trace().hash(), other.trace().hash());
    }
    let other = Start {
        run: "nowhere".to_owned(),
        ..Start::default()
    };
    let error = other
        .recording(&lesson)
        .expect_err("no such run")
        .to_string();
    assert_eq!(error, "start.run: there is no run \"nowhere\"");
    // A file that claims more than there is comes to its instant and no further, or is refused.
    let far = Start {
        steps: u64::MAX,
        ..Start::of(&lesson, "busy", &recording)
    };
    let again = far.recording(&lesson).expect("it stands there");
    assert_eq!(again.simulation().now(), recording.simulation().now());
    let late = Start {
        at_us: Time::from_secs(7_200),
        ..far
    };
    let error = late.recording(&lesson).expect_err("too late").to_string();
    assert_eq!(error, "start.at_us: 7200000000 is not in 0 to 3600000000");
}
