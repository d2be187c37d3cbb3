//! A course beside a recording: it goes where the recording goes, gathers what it would have gathered by itself, and says when it cannot.

use replicascope_engine::event::EventName;
use replicascope_engine::expect::{Amount, Comparison, Expectation, Found};
use replicascope_engine::ids::{EventId, NodeId};
use replicascope_engine::scenario::{Action, KillKind};
use replicascope_engine::time::Time;
use replicascope_engine::{Course, Recording, Scenario};

fn recording() -> Recording {
    let scenario = Scenario {
        seed: 9,
        ..Scenario::default()
    };
    Recording::new(scenario).expect("valid")
}

fn kill(node: u8) -> Action {
    Action::Kill {
        node: NodeId(node),
        how: KillKind::PowerOff,
    }
}

fn beside(recording: &Recording) -> Course {
    let scenario = Scenario {
        actions: Vec::new(),
        ..recording.scenario()
    };
    Course::until(&scenario, Time::ZERO).expect("valid")
}

#[test]
fn it_gathers_what_a_course_of_the_whole_gathers() {
    let mut recording = recording();
    let mut course = beside(&recording);
    recording.advance_to(Time::from_millis(1_300));
    assert!(course.follow(recording.simulation()));
    recording.act(kill(0)).expect("n1 can be killed");
    for millis in [1_300, 1_301, 2_000, 6_500] {
        recording.advance_to(Time::from_millis(millis));
        assert!(course.follow(recording.simulation()), "at {millis} ms");
        assert_eq!(course.end(), recording.simulation().now());
    }
    let mut whole = Course::until(&recording.scenario(), Time::from_millis(6_500)).expect("valid");
    whole.finish();
    assert_eq!(course.report(), whole.report());
    assert_eq!(course.report().failovers.len(), 1);
}

#[test]
fn it_stands_between_two_things_of_one_instant() {
    let mut recording = recording();
    let mut course = beside(&recording);
    recording.advance_to(Time::from_millis(700));
    for _ in 0..50 {
        recording.step();
        assert!(course.follow(recording.simulation()));
        assert_eq!(course.simulation().steps(), recording.simulation().steps());
    }
}

#[test]
fn it_says_when_the_other_is_behind_or_came_another_way() {
    let mut recording = recording();
    let mut course = beside(&recording);
    recording.advance_to(Time::from_secs(2));
    assert!(course.follow(recording.simulation()));
    recording.seek(Time::from_secs(1));
    assert!(!course.follow(recording.simulation()), "it is behind");
    let mut fresh = beside(&recording);
    assert!(fresh.follow(recording.simulation()));
    recording.act(kill(2)).expect("n3 can be killed");
    recording.advance_to(Time::from_secs(4));
    assert!(fresh.follow(recording.simulation()));
    assert!(!course.follow(recording.simulation()), "another way");
}

#[test]
fn an_expectation_is_answered_as_the_run_stands() {
    let mut recording = recording();
    recording.advance_to(Time::from_secs(1));
    recording.act(kill(2)).expect("n3 can be killed");
    recording.advance_to(Time::from_secs(2));
    let mut course = beside(&recording);
    assert!(course.follow(recording.simulation()));
    let (run, report) = (course.simulation(), course.report());
    let answer = |text: &str, since: EventId| {
        let expectation: Expectation = text.parse().expect(text);
        expectation.answer(run, &report, since)
    };
    let start = EventId(0);
    let end = EventId(run.trace().len());
    assert!(answer("killed n3", start).holds && !answer("killed n3", end).holds);
    assert!(answer("never killed n2", start).holds && answer("n3.health == down", end).holds);
    assert!(
        !answer("n3.health == down at 1s", start).holds,
        "it was then, and is not kept"
    );
    let acked = answer("writes.acked >= 1", start);
    let whole = Amount::whole(report.writes.acked);
    assert!(acked.holds && acked.found == Found::Amount(Some(whole)));
    let killed = Expectation::Event {
        event: EventName::Killed,
        node: None,
        from_us: None,
        until_us: None,
        times: Comparison::EqualTo(Amount::whole(1)),
    };
    assert!(killed.answer(run, &report, start).holds);
}

#[test]
fn amounts_are_subtracted_to_the_thousandth() {
    let amount = |text: &str| text.parse::<Amount>().expect(text);
    assert_eq!(
        amount("69.347").more_than(amount("0.001")),
        amount("69.346")
    );
    assert_eq!(amount("1").more_than(amount("2")), Amount::default());
    assert_eq!(amount("2.5").thousandths(), 2_500);
}
