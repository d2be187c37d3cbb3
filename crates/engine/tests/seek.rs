//! Any instant of a run can be reached, and going on from there gives the run that was never interrupted.

use replicascope_engine::event::EventKind;
use replicascope_engine::explore::generate::{self, Limits};
use replicascope_engine::ids::{ClientId, EventId, Key, NodeId};
use replicascope_engine::recording::Worth;
use replicascope_engine::scenario::{Action, KillKind, Mode, Setting};
use replicascope_engine::time::Time;
use replicascope_engine::{Experiment, Recording, Scenario, Simulation};

const END: Time = Time::from_secs(16);

/// What two equal states cannot differ in.
fn fingerprint(simulation: &Simulation) -> (u64, u64, u64, Time) {
    let trace = simulation.trace();
    (
        trace.hash(),
        trace.len(),
        simulation.steps(),
        simulation.now(),
    )
}

fn uninterrupted(scenario: &Scenario) -> Simulation {
    let mut simulation = Simulation::new(scenario).expect("valid");
    simulation.advance_to(END);
    simulation
}

#[test]
fn going_on_from_any_event_gives_the_uninterrupted_run() {
    for seed in 0..150 {
        let scenario = generate::scenario(seed, Limits::default());
        let reference = uninterrupted(&scenario);
        let mut recording = Recording::new(scenario.clone()).expect("valid");
        recording.advance_to(END);
        assert_eq!(
            fingerprint(recording.simulation()),
            fingerprint(&reference),
            "seed {seed}"
        );
        let events = reference.trace().len();
        for fraction in [0, 1, 37, 500, 730, 999, 1_000, 3] {
            let target = EventId((events * fraction / 1_000).max(1));
            assert!(
                recording.seek_event(target),
                "seed {seed}: event {target:?} of {events}"
            );
            let here = recording.simulation();
            assert!(
                here.trace().len() >= target.0
                    && here.trace().get(target) == reference.trace().get(target)
            );
            recording.advance_to(END);
            assert_eq!(
                fingerprint(recording.simulation()),
                fingerprint(&reference),
                "seed {seed}, from event {target:?}\n{}",
                scenario.to_json()
            );
        }
    }
}

#[test]
fn seeking_to_an_instant_gives_the_state_of_that_instant() {
    for seed in 200..260 {
        let scenario = generate::scenario(seed, Limits::default());
        let mut recording = Recording::new(scenario.clone()).expect("valid");
        recording.advance_to(END);
        for millis in [15_000, 3, 0, 9_000, 9_001, 4_000, 16_000] {
            let at = Time::from_millis(millis);
            recording.seek(at);
            let mut reference = Simulation::new(&scenario).expect("valid");
            reference.advance_to(at);
            assert_eq!(
                fingerprint(recording.simulation()),
                fingerprint(&reference),
                "seed {seed} at {at}"
            );
        }
        assert_eq!(recording.reached(), END);
    }
}

#[test]
fn a_step_back_takes_back_exactly_one_event_worth_seeing() {
    for seed in 300..330 {
        let scenario = generate::scenario(seed, Limits::default());
        let mut recording = Recording::new(scenario).expect("valid");
        recording.advance_to(Time::from_secs(6));
        for _ in 0..20 {
            assert!(
                recording.step_to(Worth::Event, 1_000_000).is_some(),
                "something happens in every scenario"
            );
        }
        let after = fingerprint(recording.simulation());
        // Stepping back lands on the state before the event; stepping on from there makes the same event again.
        for _ in 0..20 {
            assert!(recording.step_back(Worth::Event).is_some());
        }
        for _ in 0..20 {
            recording.step_to(Worth::Event, 1_000_000);
        }
        assert_eq!(fingerprint(recording.simulation()), after, "seed {seed}");
    }
}

#[test]
fn what_a_person_does_live_is_replayed_from_the_scenario_alone() {
    let mut recording = Recording::new(Scenario::default()).expect("valid");
    let script = [
        (
            700,
            Action::Write {
                node: None,
                synchronous_commit: None,
                client: ClientId(0),
                key: Key(3),
                value: Some(77),
            },
        ),
        (
            700,
            Action::Read {
                client: ClientId(0),
                key: Key(3),
                node: Some(NodeId(2)),
            },
        ),
        (1_500, Action::Set(Setting::Mode(Mode::SemiSync))),
        (
            2_000,
            Action::Kill {
                node: NodeId(0),
                how: KillKind::PowerOff,
            },
        ),
        (7_000, Action::Restart { node: NodeId(0) }),
    ];
    for (millis, action) in script {
        recording.advance_to(Time::from_millis(millis));
        recording.act(action).expect("valid");
    }
    recording.advance_to(END);
    let scenario = recording.scenario();
    assert_eq!(scenario.actions.len(), 5);
    let text = scenario.to_json();
    let replayed =
        uninterrupted(&Scenario::from_json(&text).expect("what was written can be read"));
    assert_eq!(fingerprint(recording.simulation()), fingerprint(&replayed));
}

#[test]
fn acting_in_the_past_keeps_both_futures() {
    let mut experiment = Experiment::new(Scenario::default(), "first").expect("valid");
    let kill = Action::Kill {
        node: NodeId(0),
        how: KillKind::PowerOff,
    };
    experiment.current_mut().advance_to(Time::from_secs(3));
    assert!(
        !experiment.act(kill, "unused").expect("valid"),
        "the first action at the end opens no branch"
    );
    experiment.current_mut().advance_to(Time::from_secs(10));
    let first = fingerprint(experiment.current().simulation());

    experiment.current_mut().seek(Time::from_secs(2));
    let freeze = Action::Freeze { node: NodeId(1) };
    assert!(
        experiment.act(freeze, "second").expect("valid"),
        "there was a later action, so this opens a branch"
    );
    experiment.current_mut().advance_to(Time::from_secs(10));
    let second = fingerprint(experiment.current().simulation());
    assert_ne!(first, second);
    assert_eq!(
        experiment.branches()[1].parent,
        Some((0, Time::from_secs(2)))
    );

    assert!(experiment.switch_to(0));
    experiment.current_mut().seek(Time::from_secs(10));
    assert_eq!(fingerprint(experiment.current().simulation()), first);
    assert!(experiment.switch_to(1));
    assert_eq!(fingerprint(experiment.current().simulation()), second);
    assert!(!experiment.switch_to(2));
}

#[test]
fn an_action_that_names_nothing_changes_nothing() {
    let mut experiment = Experiment::new(Scenario::default(), "first").expect("valid");
    experiment.current_mut().advance_to(Time::from_secs(1));
    let before = fingerprint(experiment.current().simulation());
    let error = experiment
        .act(Action::Restart { node: NodeId(9) }, "unused")
        .expect_err("there is no n10");
    assert_eq!(
        error.to_string(),
        "action.restart.node: n10 is not in the cluster, which has n1 to n5"
    );
    assert_eq!(fingerprint(experiment.current().simulation()), before);
}

#[test]
fn undo_gives_the_run_as_if_the_action_had_never_been_taken() {
    let at = Time::from_millis(2_400);
    let mut recording = Recording::new(Scenario::default()).expect("valid");
    recording.advance_to(Time::from_secs(1));
    let slow = Action::Slow {
        node: NodeId(2),
        factor: 50,
    };
    recording.act(slow).expect("valid");
    recording.advance_to(at);
    let before = (
        recording.simulation().steps(),
        recording.simulation().trace().hash(),
    );
    let kill = Action::Kill {
        node: NodeId(0),
        how: KillKind::PowerOff,
    };
    recording.act(kill.clone()).expect("valid");
    recording.advance_to(Time::from_secs(4));
    recording.seek(at);
    let undone = recording.undo().expect("the kill");
    assert_eq!((undone.at_us, undone.action), (at, kill));
    let run = recording.simulation();
    assert_eq!((run.steps(), run.trace().hash()), before);
    assert_eq!((run.now(), recording.reached()), (at, at));
    assert!(!recording.has_future_actions());
    assert!(recording.undo().is_some() && recording.undo().is_none());
    assert_eq!(recording.simulation().now(), at);
    let mut untouched = Recording::new(Scenario::default()).expect("valid");
    untouched.advance_to(at);
    assert_eq!(
        recording.simulation().trace().hash(),
        untouched.simulation().trace().hash()
    );
}

#[test]
fn stepping_by_message_stops_at_each_arrival_and_back() {
    let scenario = generate::scenario(4, Limits::default());
    let mut recording = Recording::new(scenario).expect("valid");
    recording.advance_to(Time::from_secs(1));
    let mut states = vec![fingerprint(recording.simulation())];
    for _ in 0..40 {
        let next = recording.next_at(Worth::Arrival, 1_000_000);
        let arrived = recording.step_to(Worth::Arrival, 1_000_000).expect("busy");
        assert_eq!(next, Some(arrived.at));
        assert!(matches!(
            arrived.kind,
            EventKind::Delivered { kind, .. } | EventKind::NobodyListened { kind, .. }
                if !kind.is_routine()
        ));
        assert_eq!(recording.newest(Worth::Arrival), Some(arrived));
        states.push(fingerprint(recording.simulation()));
    }
    // Back: each time to just before the step in which a message arrived, and forward again to just after it.
    for state in states.iter().rev().take(40) {
        let left = recording.step_back(Worth::Arrival).expect("one arrived");
        let again = recording.step_to(Worth::Arrival, 1_000_000);
        assert_eq!(again, Some(left));
        assert_eq!(&fingerprint(recording.simulation()), state);
        recording.step_back(Worth::Arrival);
    }
}

/// Branches as (name, parent's name, when it left it in ms).
fn family(experiment: &Experiment) -> Vec<(&str, Option<(&str, u64)>)> {
    let branches = experiment.branches();
    let parent = |(index, at): (usize, Time)| (branches[index].name.as_str(), at.0 / 1_000);
    branches
        .iter()
        .map(|branch| (branch.name.as_str(), branch.parent.map(parent)))
        .collect()
}

fn three_generations() -> Experiment {
    let mut experiment = Experiment::new(Scenario::default(), "run").expect("valid");
    experiment.current_mut().advance_to(Time::from_secs(3));
    experiment.branch("child");
    experiment.current_mut().advance_to(Time::from_secs(5));
    experiment.branch("grandchild");
    experiment.switch_to(0);
    experiment.current_mut().seek(Time::from_secs(2));
    experiment.branch("other");
    experiment
}

#[test]
fn branches_are_renamed_and_removed_and_the_family_stays_true() {
    let mut experiment = three_generations();
    assert!(experiment.rename(1, "second"));
    assert!(!experiment.rename(9, "none"));
    assert_eq!(
        family(&experiment),
        [
            ("run", None),
            ("second", Some(("run", 3_000))),
            ("grandchild", Some(("second", 5_000))),
            ("other", Some(("run", 2_000))),
        ]
    );
    let grandchild = experiment.branches()[2].id;
    let removed = experiment.remove(1).expect("there are others");
    assert!(experiment.branch_of(removed.id).is_none());
    let found = experiment.branch_of(grandchild);
    assert_eq!(found.map(|branch| branch.name.as_str()), Some("grandchild"));
    assert_eq!(removed.name, "second");
    assert_eq!(
        family(&experiment),
        [
            ("run", None),
            ("grandchild", Some(("run", 3_000))),
            ("other", Some(("run", 2_000))),
        ],
        "what it shares with its grandparent ends where its parent left it"
    );
    assert_eq!(
        experiment.branches()[experiment.current_index()].name,
        "other"
    );
}

#[test]
fn removing_the_first_branch_makes_its_oldest_child_the_first() {
    let mut experiment = three_generations();
    experiment.switch_to(0);
    assert!(experiment.remove(0).is_some());
    assert_eq!(
        family(&experiment),
        [
            ("child", None),
            ("grandchild", Some(("child", 5_000))),
            ("other", Some(("child", 2_000))),
        ]
    );
    assert_eq!(
        experiment.branches()[experiment.current_index()].name,
        "child"
    );
    assert!(experiment.remove(2).is_some() && experiment.remove(1).is_some());
    assert!(experiment.remove(0).is_none(), "the last one stays");
    assert_eq!(family(&experiment), [("child", None)]);
}

#[test]
fn redo_gives_the_run_before_the_undo_also_of_several_actions_of_one_instant() {
    let mut recording = Recording::new(Scenario::default()).expect("valid");
    recording.advance_to(Time::from_secs(1));
    for action in [
        Action::Slow {
            node: NodeId(2),
            factor: 50,
        },
        Action::Set(Setting::Mode(Mode::Sync)),
    ] {
        recording.act(action).expect("valid");
    }
    recording.advance_to(Time::from_millis(2_345));
    let before = fingerprint(recording.simulation());
    let undone: Vec<_> = core::iter::from_fn(|| recording.undo()).collect();
    assert_eq!(undone.len(), 2);
    assert_ne!(fingerprint(recording.simulation()), before);
    for action in undone.iter().rev() {
        recording.redo(action).expect("valid");
    }
    assert_eq!(fingerprint(recording.simulation()), before);
    // Gone back before the action, redo goes to it.
    let again = recording.undo().expect("the mode");
    recording.seek(Time::from_millis(300));
    recording.redo(&again).expect("valid");
    assert_eq!(recording.simulation().now(), Time::from_secs(1));
}

#[test]
fn a_removed_branch_is_put_back_and_the_others_stay_where_they_are() {
    for removed in 0..4 {
        let mut experiment = three_generations();
        experiment.switch_to(1);
        let before = experiment.clone();
        let names = family(&before);
        experiment.remove(removed).expect("there are others");
        experiment.current_mut().advance_to(Time::from_secs(9));
        let id = experiment.branches()[experiment.current_index()].id;
        experiment.put_back(before.clone());
        assert_eq!(family(&experiment), names);
        assert_eq!(experiment.current_index(), 1);
        let moved = experiment.branch_of(id).expect("it was there all the time");
        assert_eq!(moved.recording.simulation().now(), Time::from_secs(9));
    }
}

#[test]
fn an_experiment_is_made_of_branches_that_fit() {
    let whole = three_generations();
    let parts = |skipped: usize| {
        let branches = whole.branches().iter().skip(skipped);
        let parts = branches.map(|it| (it.name.clone(), it.parent, it.recording.clone()));
        parts.collect::<Vec<_>>()
    };
    let again = Experiment::of_branches(parts(0), 2).expect("they fit");
    assert_eq!(family(&again), family(&whole));
    assert_eq!(again.current_index(), 2);
    assert!(Experiment::of_branches(parts(0), 4).is_none());
    assert!(
        Experiment::of_branches(parts(1), 0).is_none(),
        "it left one that is not before it"
    );
    assert!(Experiment::of_branches(Vec::new(), 0).is_none());
    let mut again = again;
    again.branch("fifth");
    assert_eq!(again.branches()[4].id, 4);
}
