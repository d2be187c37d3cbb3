//! What clients see: verdicts, time-outs, routing.

use replicascope_engine::event::Failure;
use replicascope_engine::ids::NodeId;
use replicascope_engine::oracle::{Op, ReadVerdict, Staleness, Status};
use replicascope_engine::scenario::{
    Action, Endpoint, LinkSettings, Mode, ReadPolicy, Setting, Workload,
};
use replicascope_engine::time::Span;

use crate::lab::{Lab, n, quiet, writing};

/// A link that takes this long.
fn link(delay_ms: u64) -> LinkSettings {
    LinkSettings {
        delay_us: delay_ms * 1_000,
        jitter_us: 0,
        loss_ppm: 0,
        extra: None,
    }
}

#[test]
fn a_read_on_a_lagging_replica_is_stale_by_versions_and_milliseconds() {
    let mut lab = Lab::new(&quiet(Mode::Async, 10)).at_ms(500);
    lab.act(Action::SetLink {
        from: n(1).into(),
        to: n(3).into(),
        link: link(400),
    });
    let mut acked = Vec::new();
    for at in [500, 520, 540] {
        lab.run_to_ms(at);
        acked.push(lab.write(7));
    }
    lab.run_to_ms(600);
    let stale = lab.read(7, Some(n(3)));
    let near = lab.read(7, Some(n(2)));
    let primary = lab.read(7, Some(n(1)));
    lab.run_to_ms(700);
    let first_acked = lab.op(acked[0]).done_at.expect("acked");
    let expected = Staleness {
        versions: 3,
        span: lab.op(stale).issued_at.since(first_acked),
    };
    assert_eq!(lab.op(stale).verdict.stale, Some(expected));
    assert!(expected.span > Span::from_millis(90));
    assert!(
        lab.op(stale).verdict.broke_read_your_writes,
        "the same client wrote it"
    );
    assert_eq!(lab.op(near).verdict, ReadVerdict::default());
    assert_eq!(lab.op(primary).verdict, ReadVerdict::default());
    assert_eq!(lab.op(primary).version, 3);
}

#[test]
fn a_read_sent_before_the_ack_is_not_stale() {
    let mut lab = Lab::new(&quiet(Mode::Async, 100)).at_ms(500);
    let write = lab.write(7);
    let read = lab.read(7, Some(n(2)));
    lab.run_to_ms(600);
    assert_eq!(lab.op(write).status, Status::Acked);
    assert_eq!(
        lab.op(read).verdict,
        ReadVerdict::default(),
        "judged at the instant it was sent"
    );
}

#[test]
fn going_back_to_a_slower_replica_breaks_monotonic_reads() {
    let mut lab = Lab::new(&quiet(Mode::Async, 10)).at_ms(500);
    lab.act(Action::SetLink {
        from: n(1).into(),
        to: n(3).into(),
        link: link(400),
    });
    lab.act(Action::Write {
        node: None,
        synchronous_commit: None,
        client: replicascope_engine::ids::ClientId(1),
        key: replicascope_engine::ids::Key(7),
        value: None,
    });
    lab.run_to_ms(550);
    let first = lab.read(7, Some(n(2)));
    lab.run_to_ms(560);
    let second = lab.read(7, Some(n(3)));
    lab.run_to_ms(600);
    assert_eq!(lab.op(first).verdict, ReadVerdict::default());
    let verdict = lab.op(second).verdict;
    assert!(
        verdict.broke_monotonic_reads && !verdict.broke_read_your_writes,
        "{verdict:?}"
    );
    assert_eq!(verdict.stale.map(|stale| stale.versions), Some(1));
}

#[test]
fn a_value_that_is_lost_later_was_a_phantom() {
    let mut scenario = quiet(Mode::Async, 10);
    scenario.settings.fencing = false;
    let mut lab = Lab::new(&scenario).at_ms(500);
    lab.act(Action::Isolate { node: n(1) });
    let write = lab.write(7);
    lab.run_to_ms(510);
    let read = lab.read(7, Some(n(1)));
    lab.run_to_ms(520);
    assert_eq!(
        lab.op(read).verdict,
        ReadVerdict::default(),
        "nothing is wrong with it yet"
    );
    lab.run_to_ms(5_000);
    assert!(lab.op(write).lost);
    assert!(lab.op(read).verdict.phantom);
    assert_eq!(lab.simulation.oracle().totals().phantom_reads, 1);
    let again = lab.read(7, Some(n(2)));
    lab.run_to_ms(5_100);
    let verdict = lab.op(again).verdict;
    assert!(
        verdict.broke_read_your_writes && verdict.broke_monotonic_reads,
        "{verdict:?}"
    );
    assert_eq!(
        verdict.stale, None,
        "a lost write is not there to be missed"
    );
}

#[test]
fn reads_through_the_one_primary_are_never_stale() {
    for mode in [Mode::Async, Mode::SemiSync, Mode::Sync] {
        let mut scenario = writing(mode, 40, 200);
        scenario.workload.read_percent = 50;
        scenario.settings.reads = ReadPolicy::PrimaryOnly;
        let mut lab = Lab::new(&scenario).at_ms(3_000);
        lab.act(Action::Slow {
            node: n(3),
            factor: 300,
        });
        lab.run_to_ms(5_000);
        lab.kill(n(1));
        lab.run_to_ms(12_000);
        lab.restart(n(1));
        lab.run_to_ms(15_000);
        let totals = lab.simulation.oracle().totals();
        assert_eq!(totals.stale_reads, 0, "{mode:?}");
        assert!(totals.fresh_reads > 400);
    }
}

#[test]
fn a_write_ends_acked_failed_or_unknown() {
    let mut lab = Lab::new(&quiet(Mode::Async, 10)).at_ms(500);
    lab.act(Action::CutLink {
        from: n(1).into(),
        to: Endpoint::Clients,
    });
    let unknown = lab.write(0);
    lab.run_to_ms(4_000);
    assert_eq!(
        lab.op(unknown).status,
        Status::Unknown,
        "executed, but the answer was lost"
    );
    assert!(lab.simulation.oracle().is_ghost(&lab.op(unknown)));
    let failed = lab.write(0);
    lab.run_to_ms(8_000);
    assert_eq!(
        lab.op(failed).status,
        Status::Failed(Failure::NoPrimary),
        "never sent: the router knew no primary"
    );
    lab.act(Action::HealLink {
        from: n(1).into(),
        to: Endpoint::Clients,
    });
    lab.run_to_ms(9_000);
    let acked = lab.write(0);
    lab.run_to_ms(9_100);
    assert_eq!(lab.op(acked).status, Status::Acked);
    let read = lab.read(0, Some(n(1)));
    lab.run_to_ms(9_200);
    assert_eq!(lab.op(read).version, 2, "the unknown one and the acked one");
}

#[test]
fn reads_go_where_the_policy_says() {
    let targets = |policy| {
        let mut scenario = quiet(Mode::Async, 10);
        scenario.settings.reads = policy;
        let mut lab = Lab::new(&scenario).at_ms(500);
        let reads: Vec<_> = (0..400).map(|_| lab.read(0, None)).collect();
        let mut counts = [0; 5];
        for read in reads {
            counts[lab.op(read).node.map_or(0, NodeId::index)] += 1;
        }
        counts
    };
    assert_eq!(targets(ReadPolicy::PrimaryOnly), [400, 0, 0, 0, 0]);
    assert_eq!(targets(ReadPolicy::RoundRobin), [0, 100, 100, 100, 100]);
    let random = targets(ReadPolicy::Random);
    assert!(
        random[0] == 0 && random[1..].iter().all(|count| (70..=130).contains(count)),
        "{random:?}"
    );
}

#[test]
fn reads_queue_behind_writes_on_one_processor() {
    let mut scenario = quiet(Mode::Async, 10);
    scenario.cluster.costs.write_us = 20_000;
    let mut lab = Lab::new(&scenario).at_ms(500);
    for _ in 0..5 {
        lab.write(0);
    }
    let read = lab.read(0, Some(n(1)));
    lab.run_to_ms(1_000);
    assert_eq!(lab.latency(read), Some(Span(2_000 + 5 * 20_000 + 200)));
}

#[test]
fn a_node_with_too_much_to_do_turns_clients_away_and_recovers() {
    // One write costs 10 ms: a hundred a second, and three hundred are asked for.
    let mut scenario = writing(Mode::Async, 1, 300);
    scenario.cluster.costs.write_us = 10_000;
    scenario.settings.timers.client_timeout_us = 600_000_000;
    let mut lab = Lab::new(&scenario).at_ms(60_000);
    let overloaded = |op: &&Op| op.status == Status::Failed(Failure::Overloaded);
    let oracle = lab.simulation.oracle();
    assert!(oracle.ops().filter(overloaded).count() > 1_000);
    assert!(lab.simulation.queue_length() < 1_000);
    lab.set(Setting::Workload(Workload {
        operations_per_second: 0,
        ..scenario.workload
    }));
    lab.run_to_ms(200_000);
    let op = lab.write(0);
    lab.run_to_ms(201_000);
    assert_eq!(lab.op(op).status, Status::Acked);
}
