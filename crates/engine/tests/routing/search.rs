//! What cures promise in random clusters without faults. (`tests/safety.rs` has every routing under faults.)

use replicascope_engine::Simulation;
use replicascope_engine::explore::{self, Limits, Themes};
use replicascope_engine::oracle::Totals;
use replicascope_engine::scenario::{
    CausalReads, Failover, Maxscale, Mode, ReadPolicy, Routing, Timers, Token,
};
use replicascope_engine::time::Time;

/// What reads got in twenty random clusters without faults, in async mode: some link is slow, some replica late.
fn without_faults(routing: Routing) -> Totals {
    let mut sum = Totals::default();
    let textbook = Limits {
        themes: Themes::Textbook,
        ..Limits::default()
    };
    for seed in 50_000..50_020 {
        let (mut scenario, _) = explore::scenario(seed, textbook);
        scenario.actions.clear();
        scenario.workload.operations_per_second = 100;
        scenario.workload.read_percent = 85;
        scenario.workload.keys = 4;
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
