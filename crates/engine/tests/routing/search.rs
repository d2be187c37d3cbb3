//! Every routing under random faults, and what cures promise where there are none.

use replicascope_engine::Simulation;
use replicascope_engine::explore::{self, Limits};
use replicascope_engine::oracle::Totals;
use replicascope_engine::scenario::{
    CausalReads, Database, Django, Failover, Haproxy, Maxscale, Mode, Pgpool, Pin, Proxysql,
    ReadPolicy, Routing, Timers, Token,
};
use replicascope_engine::time::Time;

fn maxscale(causal_reads: CausalReads) -> Routing {
    Routing::Maxscale(Maxscale {
        causal_reads,
        max_replication_lag: 1,
        ..Maxscale::default()
    })
}

fn routings() -> [Routing; 12] {
    [
        Routing::Pin(Pin::RAILS),
        Routing::Sticky,
        Routing::Token(Token::default()),
        Routing::Token(Token {
            timelines: true,
            wait: None,
            ..Token::default()
        }),
        Routing::Django(Django::PrimaryReplicaRouter),
        Routing::Django(Django::InstanceState),
        Routing::Proxysql(Proxysql {
            max_replication_lag: 1,
            monitor_replication_lag_interval: 500,
            ..Proxysql::default()
        }),
        maxscale(CausalReads::Local),
        maxscale(CausalReads::Universal),
        maxscale(CausalReads::FastGlobal),
        Routing::Pgpool(Pgpool {
            delay_threshold: 2_560,
            sr_check_period: 1,
            ..Pgpool::default()
        }),
        Routing::Haproxy(Haproxy {
            inter: 500,
            ..Haproxy::default()
        }),
    ]
}

#[test]
fn no_routing_breaks_a_promise_or_keeps_the_cluster_from_healing() {
    for (number, routing) in (0u64..).zip(routings()) {
        let mut checked = 0;
        for seed in 0..12 {
            let seed = 40_000 + 100 * number + seed;
            let (mut scenario, phases) = explore::scenario(seed, Limits::default());
            scenario.settings.routing = routing;
            if scenario.validate().is_err() {
                // A router for another database than the scenario's.
                continue;
            }
            checked += 1;
            if let Err(failure) = explore::check(&scenario, phases.ends_at, true) {
                panic!("{routing:?}: {failure}\n{}", scenario.to_json());
            }
        }
        assert!(checked >= 4, "{routing:?}: {checked} scenarios");
    }
}

/// What reads got in twenty random clusters without faults, in async mode: some link is slow, some replica late.
fn without_faults(routing: Routing) -> Totals {
    let mut sum = Totals::default();
    for seed in 50_000..50_020 {
        let (mut scenario, _) = explore::scenario(seed, Limits::default());
        scenario.actions.clear();
        scenario.workload.operations_per_second = 100;
        scenario.workload.read_percent = 85;
        scenario.workload.keys = 4;
        scenario.settings.database = Database::Textbook;
        scenario.settings.mode = Mode::Async;
        scenario.settings.failover = Failover::Manual;
        scenario.settings.reads = ReadPolicy::Random;
        scenario.settings.timers = Timers::default();
        scenario.settings.routing = routing;
        let mut simulation = Simulation::new(&scenario).expect("valid");
        simulation.advance_to(Time::from_secs(10));
        let totals = simulation.oracle().totals();
        sum.fresh_reads += totals.fresh_reads;
        sum.stale_reads += totals.stale_reads;
        sum.broke_read_your_writes += totals.broke_read_your_writes;
        sum.broke_monotonic_reads += totals.broke_monotonic_reads;
    }
    sum
}

#[test]
fn r_rc_1_each_cure_gives_its_guarantee_and_no_other() {
    let plain = without_faults(Routing::Plain);
    assert!(
        plain.broke_read_your_writes > 100 && plain.broke_monotonic_reads > 20,
        "{plain:?}"
    );
    let sticky = without_faults(Routing::Sticky);
    assert_eq!(sticky.broke_monotonic_reads, 0);
    assert!(sticky.broke_read_your_writes > 100);
    let session = |keep_seen| {
        without_faults(Routing::Token(Token {
            keep_seen,
            ..Token::default()
        }))
    };
    assert_eq!(session(false).broke_read_your_writes, 0);
    assert!(session(false).broke_monotonic_reads > 0);
    let both = session(true);
    assert_eq!(
        (both.broke_read_your_writes, both.broke_monotonic_reads),
        (0, 0)
    );
    assert!(both.stale_reads > 100, "of what other sessions wrote");
    let causal = |causal_reads| {
        without_faults(Routing::Maxscale(Maxscale {
            causal_reads,
            ..Maxscale::default()
        }))
    };
    assert_eq!(causal(CausalReads::Local).broke_read_your_writes, 0);
    for mode in [
        CausalReads::Global,
        CausalReads::Universal,
        CausalReads::FastUniversal,
    ] {
        let totals = causal(mode);
        assert_eq!(totals.stale_reads, 0, "{mode:?}");
        assert!(totals.fresh_reads > 1_000);
    }
}
