//! Tasks: each limit refuses what oversteps it, with what it was, and lets pass what does not; the script is nobody's doing but must be done.

use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Action, KillKind, Mode, Setting, Settings};
use replicascope_engine::time::{Span, Time};
use replicascope_engine::{Recording, Scenario};
use replicascope_lessons::{Deed, Grade, Lesson, Refusal, Step, Witness};

/// A lesson of one task: `more` are further fields of its step.
fn lesson(more: &str) -> Lesson {
    let text = format!(
        r#"{{
            "version": 1, "id": "task", "station": 1, "title": "A task", "opening": ["Try."], "takeaway": ["Done."],
            "runs": [{{ "name": "run", "scenario": {{ "version": 2, "seed": 5, "workload": {{ "operations_per_second": 50 }} }} }}],
            "steps": [{{ "id": "task", "run": "run", "text": ["Kill one."], "ask": "Kill n3.", "goal": "newly killed n3", {more} }}]
        }}"#
    );
    Lesson::read(&text).unwrap_or_else(|error| panic!("{more}: {error}"))
}

fn kill(node: u8) -> Action {
    Action::Kill {
        node: NodeId(node),
        how: KillKind::PowerOff,
    }
}

fn slow(node: u8, factor: u32) -> Action {
    Action::Slow {
        node: NodeId(node),
        factor,
    }
}

fn set(mode: Mode) -> Action {
    Action::Set(Setting::Mode(mode))
}

/// Grades what was done, each so many ms after the task began.
fn grade(more: &str, done: &[(u64, Action)], until_ms: u64) -> Grade {
    graded(more, done, until_ms, |_| {})
}

fn graded(
    more: &str,
    done: &[(u64, Action)],
    until_ms: u64,
    other: impl Fn(&mut Scenario),
) -> Grade {
    let lesson = lesson(more);
    let scenario = lesson.run("run").expect("there is one").clone();
    let mut started = scenario.clone();
    other(&mut started);
    let mut recording = Recording::new(started).expect("valid");
    recording.advance_to(Time::from_millis(250));
    let begun = recording.simulation().now();
    let mut witness = Witness::new(&recording, &[]).expect("valid");
    for (after_ms, action) in done {
        recording.advance_to(begun + Span::from_millis(*after_ms));
        recording.act(action.clone()).expect("it makes sense");
    }
    recording.advance_to(begun + Span::from_millis(until_ms));
    witness.follow(&recording);
    let step: &Step = &lesson.steps[0];
    step.grade(&witness, &scenario)
}

fn refusals(grade: Grade) -> Vec<Refusal> {
    match grade {
        Grade::Refused(refusals) => refusals,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn nothing_done_is_not_yet() {
    let Grade::NotYet(standing) = grade(r#""task": {}"#, &[], 500) else {
        panic!("nothing was done");
    };
    assert_eq!(standing.met(), (0, 1));
    assert_eq!(
        grade(r#""task": {}"#, &[(0, kill(2))], 500),
        Grade::Accepted
    );
}

#[test]
fn only_and_without_name_the_deed() {
    let only = r#""task": { "limits": [{ "only": ["kill"] }] }"#;
    assert_eq!(grade(only, &[(0, kill(2))], 500), Grade::Accepted);
    let found = refusals(grade(only, &[(0, kill(2)), (5, slow(1, 4))], 500));
    let deed = Refusal::Deed {
        limit: 0,
        action: 1,
        deed: Deed::Slow,
    };
    assert_eq!(found, [deed]);
    let without = r#""task": { "limits": [{ "without": ["set", "fault"] }] }"#;
    let found = refusals(grade(without, &[(0, set(Mode::Sync)), (5, kill(2))], 500));
    assert_eq!(found.len(), 2, "a kill is a fault: {found:?}");
    // As fast as a healthy node is no fault.
    let healthy = [(0, slow(1, 1))];
    assert!(matches!(grade(without, &healthy, 500), Grade::NotYet(_)));
}

#[test]
fn a_setting_stays_also_when_it_is_set_back() {
    let stays = r#""task": { "limits": [{ "stays": "settings.mode == async" }] }"#;
    let there_and_back = [(0, set(Mode::Sync)), (5, set(Mode::Async)), (9, kill(2))];
    let found = refusals(grade(stays, &there_and_back, 500));
    let action = Some(0);
    assert_eq!(found, [Refusal::Setting { limit: 0, action }]);
    let same = [(0, set(Mode::Async)), (9, kill(2))];
    assert_eq!(grade(stays, &same, 500), Grade::Accepted);
    let from_the_start = r#""task": { "limits": [{ "stays": "settings.mode == sync" }] }"#;
    let found = refusals(grade(from_the_start, &[(0, kill(2))], 500));
    let action = None;
    assert_eq!(found, [Refusal::Setting { limit: 0, action }]);
    let number = r#""task": { "limits": [{ "stays": "workload.operations_per_second >= 50" }] }"#;
    assert_eq!(grade(number, &[(0, kill(2))], 500), Grade::Accepted);
}

#[test]
fn so_many_actions_and_so_long() {
    let most = r#""task": { "limits": [{ "most_actions": 1 }] }"#;
    assert_eq!(grade(most, &[(0, kill(2))], 500), Grade::Accepted);
    let found = refusals(grade(most, &[(0, kill(2)), (1, kill(3))], 500));
    let too_many = Refusal::TooMany {
        limit: 0,
        actions: 2,
        most: 1,
    };
    assert_eq!(found, [too_many]);
    let within = r#""task": { "limits": [{ "within_us": 300000 }] }"#;
    assert_eq!(grade(within, &[(0, kill(2))], 300), Grade::Accepted);
    let found = refusals(grade(within, &[(0, kill(2))], 301));
    let too_late = Refusal::TooLate {
        limit: 0,
        after_us: 301_000,
        most_us: 300_000,
    };
    assert_eq!(found, [too_late]);
}

#[test]
fn another_start_counts_only_where_it_is_allowed() {
    let other = |scenario: &mut Scenario| {
        scenario.settings = Settings {
            mode: Mode::Sync,
            ..scenario.settings.clone()
        };
    };
    let done = [(0, kill(2))];
    let found = refusals(graded(r#""task": {}"#, &done, 500, other));
    assert_eq!(found, [Refusal::OtherStart]);
    let own = r#""task": { "own_start": true }"#;
    assert_eq!(graded(own, &done, 500, other), Grade::Accepted);
}

#[test]
fn the_script_is_nobodys_doing_and_must_be_done() {
    let script = r#""task": { "limits": [{ "only": ["kill"] }] },
        "script": { "actions": [
            { "after_us": 100000, "action": { "slow": { "node": "n2", "factor": 7 } } },
            { "after_us": 200000, "action": { "slow": { "node": "n2", "factor": 1 } } }
        ], "for_us": 300000 }"#;
    let whole = [(50, kill(2)), (120, slow(1, 7)), (220, slow(1, 1))];
    assert_eq!(grade(script, &whole, 500), Grade::Accepted);
    // Reached, but the script was not done.
    assert!(matches!(grade(script, &whole[..1], 500), Grade::NotYet(_)));
    // While it is under way nothing is wrong, and nothing done yet.
    assert!(matches!(grade(script, &whole[..2], 500), Grade::NotYet(_)));
    // Not at its pace: that is the learner's own doing.
    let slower = [(50, kill(2)), (120, slow(1, 7)), (230, slow(1, 1))];
    assert_eq!(refusals(grade(script, &slower, 500)).len(), 1);
    // Begun twice: what belongs to no whole is the learner's.
    let again = [
        (50, kill(2)),
        (60, slow(1, 7)),
        (120, slow(1, 7)),
        (220, slow(1, 1)),
    ];
    assert_eq!(refusals(grade(script, &again, 500)).len(), 1);
    // What is done between its actions is the learner's.
    let between = [
        (120, slow(1, 7)),
        (150, kill(2)),
        (160, slow(0, 2)),
        (220, slow(1, 1)),
    ];
    let found = refusals(grade(script, &between, 500));
    assert!(
        matches!(found[..], [Refusal::Deed { action: 2, .. }]),
        "{found:?}"
    );
}
