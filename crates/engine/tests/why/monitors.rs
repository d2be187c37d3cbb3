//! MHA and Sentinel: pings, checks, agreement, and primaries that nobody shut out.

use replicascope_engine::event::EventKind;
use replicascope_engine::manager::mha::BinlogKept;
use replicascope_engine::manager::sentinel::Aborted;
use replicascope_engine::manager::{ManagerEvent, MhaEvent, SentinelEvent};
use replicascope_engine::scenario::{
    Action, Database, Endpoint, Manager, Mha, Mode, Postgresql, Scenario, Sentinel, Service,
    ServiceAction,
};
use replicascope_engine::why::{Lane, Part, Question, RanOn, Step, Verdict};

use crate::lab::{Lab, n, quiet, writing};
use crate::{ask, ask_everything, assert_fault, assert_in_order, did, is_fault, took_over};

fn three(mut scenario: Scenario, database: Database, manager: Manager) -> Scenario {
    scenario.cluster.replicas = 2;
    scenario.settings.database = database;
    scenario.settings.manager = manager;
    scenario
}

fn mha(parameters: Mha) -> Lab {
    let (database, manager) = (
        Database::Mysql(Box::default()),
        Manager::Mha(Box::new(parameters)),
    );
    Lab::new(&three(quiet(Mode::Async, 1), database, manager)).at_ms(20_000)
}

fn sentinel(quorum: u8) -> Lab {
    let database = Database::Postgresql(Box::new(Postgresql {
        wal_log_hints: true,
        ..Postgresql::default()
    }));
    let manager = Manager::Sentinel(Box::new(Sentinel {
        quorum,
        down_after_milliseconds: 5_000,
        failover_timeout: 20_000,
        ..Sentinel::default()
    }));
    Lab::new(&three(quiet(Mode::Async, 1), database, manager)).at_ms(20_000)
}

fn by_mha(wanted: impl Fn(&MhaEvent) -> bool) -> impl Fn(&Step) -> bool {
    move |step| {
        did(|event| matches!(event, ManagerEvent::Mha(event) if wanted(event)))(step)
            && step.lane == Lane::Monitor(0)
    }
}

fn by_sentinel(wanted: impl Fn(&SentinelEvent) -> bool) -> impl Fn(&Step) -> bool {
    move |step| did(|event| matches!(event, ManagerEvent::Sentinel(event) if wanted(event)))(step)
}

fn cut(lab: &mut Lab, a: Endpoint, b: Endpoint) {
    for (from, to) in [(a, b), (b, a)] {
        lab.act(Action::CutLink { from, to });
    }
}

#[test]
fn mha_tells_its_pings_its_checks_and_its_choice() {
    let mut lab = mha(Mha::default());
    lab.kill(n(1));
    lab.wait_ms(60_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_in_order(
        &why,
        &[
            &is_fault,
            &by_mha(|event| matches!(event, MhaEvent::PingFailed { times: 1, .. })),
            &by_mha(|event| matches!(event, MhaEvent::PingFailed { times: 4, .. })),
            &by_mha(|event| matches!(event, MhaEvent::Checked { ssh: false, .. })),
            &by_mha(|event| matches!(event, MhaEvent::ShutOut { .. })),
            &by_mha(|event| matches!(event, MhaEvent::Chosen { .. })),
            &took_over,
        ],
    );
    assert_fault(&why, |what| *what == EventKind::Killed { node: n(1) });
}

#[test]
fn a_lost_write_says_that_gtids_kept_mha_from_looking_for_it() {
    let mut lab = mha(Mha {
        use_gtid_auto_pos: true,
        ..Mha::default()
    });
    for replica in [2, 3] {
        cut(&mut lab, n(1).into(), n(replica).into());
    }
    let write = lab.write(0);
    lab.wait_ms(10);
    lab.kill_process(n(1));
    lab.wait_ms(60_000);
    let why = ask(&lab, Question::Op(write));
    assert!(matches!(why.verdict, Verdict::Lost { .. }), "{why:#?}");
    let kept = BinlogKept::SkippedForGtid;
    let skipped = by_mha(|event| matches!(event, MhaEvent::Binlog { kept: is, .. } if *is == kept));
    assert_in_order(&why, &[&skipped, &took_over]);
}

#[test]
fn a_source_that_only_mha_cannot_reach_is_not_shut_out() {
    let mut lab = mha(Mha::default());
    cut(&mut lab, Endpoint::Monitor(0), n(1).into());
    lab.wait_ms(30_000);
    let why = ask(&lab, Question::SplitBrain);
    let ran_on = |step: &Step| {
        let (node, why) = (n(1), RanOn::NotShutOut);
        step.part == Part::RanOn { node, why }
    };
    let not_shut_out = by_mha(|event| {
        let source = n(1);
        *event
            == MhaEvent::ShutOut {
                source,
                address: false,
                stopped: false,
            }
    });
    assert_in_order(&why, &[&is_fault, &not_shut_out, &took_over, &ran_on]);
    assert_fault(&why, |what| matches!(what, EventKind::LinkCut { .. }));
}

#[test]
fn a_one_shot_manager_that_has_ended_is_why_nobody_takes_over() {
    let mut lab = mha(Mha::default());
    lab.kill_process(n(1));
    lab.wait_ms(30_000);
    lab.kill_process(n(2));
    lab.wait_ms(30_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_eq!(why.verdict, Verdict::NoPrimary { over: false });
    let ended = by_mha(|event| *event == MhaEvent::Exited);
    assert_in_order(&why, &[&ended]);
}

#[test]
fn sentinels_tell_who_held_it_down_and_who_led() {
    let mut lab = sentinel(2);
    lab.act(Action::Freeze { node: n(1) });
    lab.wait_ms(20_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_in_order(
        &why,
        &[
            &is_fault,
            &by_sentinel(|event| matches!(event, SentinelEvent::Down { down: true, .. })),
            &by_sentinel(|event| matches!(event, SentinelEvent::Agreed { down: true, .. })),
            &by_sentinel(|event| matches!(event, SentinelEvent::Elected { .. })),
            &by_sentinel(|event| matches!(event, SentinelEvent::Selected { .. })),
            &took_over,
        ],
    );
    assert_fault(&why, |what| *what == EventKind::Frozen { node: n(1) });
    let led = why.steps.iter().filter_map(|step| match step.event.kind {
        EventKind::Manager(ManagerEvent::Sentinel(
            SentinelEvent::Agreed { by, .. }
            | SentinelEvent::Elected { by, .. }
            | SentinelEvent::Selected { by, .. },
        )) => Some((by, step.lane)),
        _ => None,
    });
    let led: Vec<(u8, Lane)> = led.collect();
    assert_eq!(led.len(), 3);
    assert!(
        led.iter()
            .all(|&(by, lane)| by == led[0].0 && lane == Lane::Monitor(by)),
        "one led: {led:?}"
    );
}

#[test]
fn a_minority_of_sentinels_names_those_that_are_missing() {
    let mut lab = sentinel(1);
    for index in [1, 2] {
        let (service, what) = (Service::Monitor(index), ServiceAction::Kill);
        lab.act(Action::Service { service, what });
    }
    lab.kill(n(1));
    lab.wait_ms(40_000);
    let why = ask(&lab, Question::NoPrimary);
    assert_eq!(why.verdict, Verdict::NoPrimary { over: false });
    let not_elected = by_sentinel(
        |event| matches!(event, SentinelEvent::Aborted { why, .. } if *why == Aborted::NotElected),
    );
    assert_in_order(&why, &[&not_elected]);
    for index in [1, 2] {
        let missing = |step: &Step| is_fault(step) && step.lane == Lane::Monitor(index);
        assert_in_order(&why, &[&missing]);
    }
}

#[test]
fn whatever_happens_under_monitors_can_be_explained() {
    for seed in 0..6 {
        let (database, manager) = if seed % 2 == 0 {
            (
                Database::Mysql(Box::default()),
                Manager::Mha(Box::default()),
            )
        } else {
            let sentinel = Sentinel {
                down_after_milliseconds: 5_000,
                failover_timeout: 20_000,
                ..Sentinel::default()
            };
            (
                Database::Mariadb(Box::default()),
                Manager::Sentinel(Box::new(sentinel)),
            )
        };
        let mut scenario = three(writing(Mode::Async, 5, 20), database, manager);
        scenario.seed = seed;
        scenario.workload.read_percent = 40;
        let mut lab = Lab::new(&scenario).at_ms(10_000);
        match seed {
            0 | 1 => lab.kill(n(1)),
            2 | 3 => lab.act(Action::Isolate { node: n(1) }),
            _ => lab.act(Action::Freeze { node: n(1) }),
        }
        lab.wait_ms(30_000);
        lab.act(Action::HealAll);
        lab.wait_ms(20_000);
        ask_everything(&lab);
    }
}
