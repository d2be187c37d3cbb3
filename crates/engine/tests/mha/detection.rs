//! R-MH-1 to R-MH-3: when the source is held for dead.

use replicascope_engine::manager::mha::SecondaryVerdict;
use replicascope_engine::manager::{MhaEvent, Remote};
use replicascope_engine::message::MessageKind;
use replicascope_engine::scenario::{Action, KillKind, Mha, ServiceAction};
use replicascope_engine::time::{Span, Time};

use super::{MhaLab, cluster};
use crate::lab::{Lab, n};

fn via(nodes: &[u8]) -> Mha {
    Mha {
        secondary_check_via: nodes.iter().map(|&node| n(node)).collect(),
        ..Mha::default()
    }
}

fn fourth_failure(event: &MhaEvent) -> bool {
    matches!(event, MhaEvent::PingFailed { times: 4, .. })
}

fn checked(lab: &Lab) -> Vec<SecondaryVerdict> {
    let verdict = |event| match event {
        MhaEvent::Checked { secondary, .. } => Some(secondary),
        _ => None,
    };
    lab.reported()
        .into_iter()
        .filter_map(|(_, event)| verdict(event))
        .collect()
}

/// From the death of the source to the fourth failure, over several seeds.
fn detection(how: KillKind) -> Vec<Span> {
    let detect = |seed| {
        let mut scenario = cluster(0, Mha::default());
        scenario.seed = seed;
        let mut lab = Lab::new(&scenario).at_ms(20_000);
        lab.act(Action::Kill { node: n(1), how });
        lab.run_to_ms(40_000);
        let at = lab.when_reported(fourth_failure).expect("it is noticed");
        at.since(Time::from_secs(20))
    };
    (0..16).map(detect).collect()
}

#[test]
fn r_mh_1_the_defaults_are_those_of_the_tool() {
    let mha = Mha::default();
    assert_eq!((mha.ping_interval, mha.ssh_connection_timeout), (3, 5));
    assert!(mha.check_repl_delay && mha.latest_priority && mha.use_gtid_auto_pos);
    assert!(mha.secondary_check_via.is_empty() && mha.servers.is_empty());
    assert_eq!(mha.last_failover_minute, 480);
    assert!(!mha.master_ip_failover_script && !mha.shutdown_script);
}

#[test]
fn r_mh_2_refused_pings_take_9_to_12_s_and_hanging_ones_12_to_15() {
    for (how, least) in [(KillKind::Process, 9_000), (KillKind::PowerOff, 12_000)] {
        let spans = detection(how);
        let (from, to) = (
            Span::from_millis(least - 10),
            Span::from_millis(least + 3_010),
        );
        assert!(
            spans.iter().all(|&span| from <= span && span <= to),
            "{how:?}: {spans:?}"
        );
        let (least, most) = (spans.iter().min(), spans.iter().max());
        let spread = most.expect("16").0 - least.expect("16").0;
        assert!(spread > 1_500_000, "it depends on when the ping is due");
    }
}

#[test]
fn r_mh_2_three_failures_are_not_enough_and_one_answer_starts_the_count_again() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(20_000);
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(29_500);
    lab.act(Action::Thaw { node: n(1) });
    lab.run_to_ms(60_000);
    lab.act(Action::Freeze { node: n(1) });
    lab.run_to_ms(69_000);
    lab.act(Action::Thaw { node: n(1) });
    lab.run_to_ms(120_000);
    let times: Vec<u32> = lab
        .reported()
        .into_iter()
        .map(|(_, event)| match event {
            MhaEvent::PingFailed { times, .. } => times,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(
        times.contains(&2) && times.iter().all(|&times| times <= 3),
        "{times:?}"
    );
    assert_eq!(times.iter().filter(|&&times| times == 1).count(), 2);
    assert_eq!(lab.promoted(), None);
}

#[test]
fn r_mh_3_code_3_the_source_is_seen_from_elsewhere_so_the_counter_starts_again() {
    let mut lab = Lab::new(&cluster(0, via(&[2]))).at_ms(20_000);
    lab.manager_link(n(1), true);
    lab.run_to_ms(60_000);
    assert!(checked(&lab).len() >= 2, "it goes on and on");
    let reachable = SecondaryVerdict::Reachable(n(2));
    assert!(checked(&lab).iter().all(|&verdict| verdict == reachable));
    assert_eq!(lab.promoted(), None);
    lab.manager_link(n(1), false);
    lab.run_to_ms(80_000);
    lab.kill_process(n(1));
    lab.run_to_ms(100_000);
    assert!(lab.promoted().is_some(), "it still watches");
}

#[test]
fn r_mh_3_code_2_a_host_to_look_from_is_unreachable_so_nothing_happens() {
    let mut lab = Lab::new(&cluster(0, via(&[2, 3]))).at_ms(20_000);
    lab.manager_link(n(3), true);
    lab.kill_process(n(1));
    lab.run_to_ms(60_000);
    let unreachable = SecondaryVerdict::RouteUnreachable(n(3));
    assert!(!checked(&lab).is_empty());
    assert!(checked(&lab).iter().all(|&verdict| verdict == unreachable));
    assert_eq!(lab.promoted(), None);
}

#[test]
fn r_mh_3_code_0_nobody_reaches_the_source_so_it_is_replaced() {
    for how in [KillKind::Process, KillKind::PowerOff] {
        let mut lab = Lab::new(&cluster(0, via(&[2, 3]))).at_ms(20_000);
        lab.act(Action::Kill { node: n(1), how });
        lab.run_to_ms(50_000);
        assert_eq!(checked(&lab), [SecondaryVerdict::Down], "{how:?}");
        let ssh = how == KillKind::Process;
        let said =
            |event: &MhaEvent| matches!(*event, MhaEvent::Checked { ssh: s, .. } if s == ssh);
        assert!(lab.when_reported(said).is_some());
        assert_eq!(lab.promoted().map(|(node, _)| node), Some(n(2)));
    }
}

#[test]
fn r_mh_2_with_a_short_interval_the_checks_are_waited_for() {
    let quick = Mha {
        ping_interval: 1,
        ..via(&[2])
    };
    let mut lab = Lab::new(&cluster(0, quick)).at_ms(20_000);
    lab.kill(n(1));
    lab.run_to_ms(60_000);
    let first = |event: &MhaEvent| matches!(event, MhaEvent::PingFailed { times: 1, .. });
    let judged = |event: &MhaEvent| matches!(event, MhaEvent::Checked { .. });
    let first = lab.when_reported(first).expect("noticed");
    let judged = lab.when_reported(judged).expect("judged");
    assert_eq!(
        judged.since(first),
        Span::from_secs(5),
        "the login takes its time-out"
    );
}

#[test]
fn r_mh_3_replicas_are_not_asked_whether_they_still_receive() {
    let mut lab = Lab::new(&cluster(50, Mha::default())).at_ms(20_000);
    lab.manager_link(n(1), true);
    lab.run_to_ms(50_000);
    assert!(
        lab.promoted().is_some(),
        "although n2 and n3 received all the time"
    );
    assert!(
        lab.split_brain(),
        "R-MH-4: nothing keeps the old source from taking writes"
    );
    assert!(lab.simulation.writers().contains(n(1)) && lab.simulation.writers().contains(n(2)));
    let old = lab.write_at(0, n(1), None);
    lab.run_to_ms(52_000);
    assert!(lab.op(old).lost, "acked by a source that nobody follows");
}

#[test]
fn a_dead_or_frozen_manager_replaces_nobody() {
    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(10_000);
    lab.service(ServiceAction::Kill);
    lab.kill_process(n(1));
    lab.run_to_ms(60_000);
    assert_eq!(lab.promoted(), None);

    let mut lab = Lab::new(&cluster(0, Mha::default())).at_ms(10_000);
    lab.service(ServiceAction::Freeze);
    lab.kill_process(n(1));
    lab.run_to_ms(60_000);
    assert_eq!(lab.promoted(), None);
    lab.service(ServiceAction::Thaw);
    lab.run_to_ms(75_000);
    assert!(lab.promoted().is_some(), "it goes on where it stopped");
}

#[test]
fn what_a_manager_asks_is_background_and_what_it_orders_is_not() {
    assert!(Remote::Query { id: 1 }.kind().is_routine());
    assert_eq!(Remote::PowerOff { id: 1 }.kind(), MessageKind::Command);
    assert!(!MessageKind::Command.is_routine());
}
