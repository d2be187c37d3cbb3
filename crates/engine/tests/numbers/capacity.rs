//! R-NU-9: capacity and utilisation. With N replicas that serve all reads, C work a second on each node, a share w of writes
//! of cost c, and apply cost a·c: the primary works wTc/C of the time, a replica (wTca + (1−w)T/N)/C, and the most there can
//! be is T_max = min(C/(wc), C/(wca + (1−w)/N)). Replicas never add write capacity.

use replicascope_engine::Scenario;
use replicascope_engine::ids::NodeId;
use replicascope_engine::report::Capacity;
use replicascope_engine::scenario::{
    Action, Arrival, Costs, Failover, KillKind, LinkSettings, Mode, ReadPolicy, Workload,
};
use replicascope_engine::time::Span;

use crate::assert_within;
use crate::lab::{Lab, n, quiet};

/// Work a second on each node: every job costs one unit of 1 ms.
const C: f64 = 1_000.0;
const W: f64 = 0.1;

/// The most operations a second, in units of C, for c = a = 1.
fn t_max(replicas: u8) -> f64 {
    f64::min(1.0 / W, 1.0 / (W + (1.0 - W) / f64::from(replicas)))
}

/// The share of its time that a replica works at `t` operations a second, in units of C.
fn u_replica(t: f64, replicas: u8) -> f64 {
    W * t + (1.0 - W) * t / f64::from(replicas)
}

fn cluster(replicas: u8, operations_per_second: u64) -> Scenario {
    let mut scenario = quiet(Mode::Async, 1);
    scenario.cluster.replicas = replicas;
    scenario.cluster.client_link = LinkSettings::default();
    scenario.cluster.costs = Costs {
        read_us: 1_000,
        write_us: 1_000,
        apply_us: 1_000,
        fsync_us: 0,
        ..Costs::default()
    };
    scenario.settings.reads = ReadPolicy::RoundRobin;
    // The primary goes on however many replicas are lost.
    scenario.settings.failover = Failover::Manual;
    scenario.settings.fencing = false;
    scenario.workload = Workload {
        operations_per_second,
        read_percent: 90,
        arrival: Arrival::Even,
        ..Workload::default()
    };
    scenario
}

/// The share of its time that each of these nodes works over the next ten seconds.
fn utilisation(lab: &mut Lab, nodes: &[NodeId]) -> Vec<f64> {
    let busy = |lab: &Lab| -> Vec<Span> {
        nodes
            .iter()
            .map(|&node| lab.simulation.node(node).busy())
            .collect()
    };
    let (before, now_ms) = (busy(lab), lab.simulation.now().0 / 1_000);
    lab.run_to_ms(now_ms + 10_000);
    let after = busy(lab);
    after
        .iter()
        .zip(before)
        .map(|(&after, before)| (after - before).as_millis_f64() / 10_000.0)
        .collect()
}

fn replicas(lab: &Lab) -> Vec<NodeId> {
    lab.simulation.cluster().nodes().skip(1).collect()
}

#[test]
fn r_nu_9_the_table_of_capacities() {
    for (count, expected) in [(1, 1.00), (2, 1.82), (3, 2.50), (5, 3.57), (10, 5.26)] {
        assert_within(&format!("{count} replicas"), t_max(count), expected, 0.2);
    }
    assert_within("at T = C, three replicas", u_replica(1.0, 3), 0.40, 0.1);
    assert_within("lose one", u_replica(1.0, 2), 0.55, 0.1);
    assert_within("lose two", u_replica(1.0, 1), 1.00, 0.1);
}

#[test]
fn r_nu_9_nodes_work_as_the_formula_says() {
    for count in [1, 2, 3, 5, 10] {
        for load in [0.5, 0.9] {
            let t = t_max(count) * load;
            let mut lab = Lab::new(&cluster(count, (t * C) as u64)).at_ms(1_000);
            let nodes = replicas(&lab);
            for share in utilisation(&mut lab, &nodes) {
                assert_within(
                    &format!("replica, N {count}"),
                    share,
                    u_replica(t, count),
                    4.0,
                );
                assert_within(&format!("replica, N {count}"), share, load, 4.0);
            }
            let primary = utilisation(&mut lab, &[n(1)])[0];
            assert_within(&format!("primary, N {count}"), primary, W * t, 6.0);
        }
    }
}

#[test]
fn r_nu_9_beyond_t_max_replicas_fall_behind_and_below_it_they_do_not() {
    for count in [1, 3, 10] {
        let lag_after = |load: f64, seconds: u64| {
            let lab =
                Lab::new(&cluster(count, (t_max(count) * load * C) as u64)).at_ms(seconds * 1_000);
            let nodes = replicas(&lab);
            nodes
                .iter()
                .map(|&node| lab.simulation.lag(node).0)
                .max()
                .expect("there are some")
        };
        assert!(
            lag_after(0.95, 10) < 40,
            "N {count}: {}",
            lag_after(0.95, 10)
        );
        let (five, ten) = (lag_after(1.1, 5), lag_after(1.1, 10));
        assert!(
            ten > 40 && ten > five + five / 2,
            "N {count}: {five}, then {ten}"
        );
    }
}

#[test]
fn r_nu_9_losing_one_of_three_and_then_another() {
    let mut lab = Lab::new(&cluster(3, C as u64)).at_ms(2_000);
    for (left, expected) in [(3, 0.40), (2, 0.55), (1, 1.00)] {
        let nodes: Vec<NodeId> = replicas(&lab)[..left].to_vec();
        for share in utilisation(&mut lab, &nodes) {
            assert_within(&format!("{left} left"), share, expected, 4.0);
        }
        lab.act(Action::Kill {
            node: *nodes.last().expect("there are some"),
            how: KillKind::Process,
        });
        let now_ms = lab.simulation.now().0 / 1_000;
        lab.run_to_ms(now_ms + 2_000);
    }
}

#[test]
fn r_nu_9_what_the_page_shows_is_formula_and_measure() {
    for count in [1, 3, 10] {
        let t = t_max(count) * 0.7 * C;
        let lab = Lab::new(&cluster(count, t as u64)).at_ms(12_000);
        let shown = Capacity::of(&lab.simulation, Span::from_secs(10)).expect("there is a load");
        assert_eq!(shown.window, Span::from_secs(10));
        assert_within("offered", shown.offered() as f64, t, 1.0);
        assert_within("single", shown.single as f64, C, 1.0);
        assert_within("cluster", shown.cluster as f64, t_max(count) * C, 2.0);
        for share in [shown.primary, shown.replicas] {
            assert_within("share", share.measured as f64, share.formula as f64, 4.0);
        }
    }
}
