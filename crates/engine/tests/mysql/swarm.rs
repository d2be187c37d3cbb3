//! Random faults and commands under random settings: nothing breaks inside, and full copies of one source make all equal.

use replicascope_engine::oracle::Status;
use replicascope_engine::scenario::{
    Action, Admin, KillKind, Mariadb, Mysql, Scenario, UseGtid, WaitPoint,
};
use replicascope_engine::time::Span;

use crate::lab::{Lab, mariadb, mysql, n};

/// SplitMix64: numbers that depend on the seed alone.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (word ^ (word >> 31)) % sides
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 0
    }

    fn one_of<T: Copy>(&mut self, values: &[T]) -> T {
        values[self.below(values.len() as u64) as usize]
    }
}

fn scenario(dice: &mut Dice) -> Scenario {
    let point = dice.one_of(&[WaitPoint::AfterSync, WaitPoint::AfterCommit]);
    let delay = dice.one_of(&[0, 5, 40]);
    let mut scenario = if dice.coin() {
        let settings = Mysql {
            sync_binlog: dice.one_of(&[0, 1, 3]),
            rpl_semi_sync_source_enabled: dice.coin(),
            rpl_semi_sync_source_timeout: dice.one_of(&[100, 2_000]),
            rpl_semi_sync_source_wait_for_replica_count: dice.one_of(&[1, 2]),
            rpl_semi_sync_source_wait_no_replica: dice.coin(),
            rpl_semi_sync_source_wait_point: point,
            replica_parallel_workers: dice.one_of(&[0, 4]),
            sync_relay_log: dice.one_of(&[0, 1, 7]),
            replica_net_timeout: 2,
            source_connect_retry: 1,
            source_auto_position: dice.coin(),
            ..Mysql::default()
        };
        mysql(2, delay, settings)
    } else {
        let settings = Mariadb {
            sync_binlog: dice.one_of(&[0, 1, 3]),
            rpl_semi_sync_master_enabled: dice.coin(),
            rpl_semi_sync_master_timeout: dice.one_of(&[100, 2_000]),
            rpl_semi_sync_master_wait_no_slave: dice.coin(),
            rpl_semi_sync_master_wait_point: point,
            slave_parallel_threads: dice.one_of(&[0, 4]),
            sync_relay_log: dice.one_of(&[0, 1, 7]),
            slave_net_timeout: 2,
            master_connect_retry: 1,
            master_use_gtid: dice.one_of(&[UseGtid::SlavePos, UseGtid::CurrentPos]),
            gtid_strict_mode: dice.coin(),
            ..Mariadb::default()
        };
        mariadb(2, delay, settings)
    };
    scenario.seed = dice.below(1_000);
    scenario.workload.operations_per_second = dice.one_of(&[50, 400]);
    // No row so hot that writes of it queue up for longer than the run lasts.
    (scenario.workload.keys, scenario.workload.skew_percent) = (300, 0);
    scenario
}

fn fault(dice: &mut Dice) -> Action {
    let node = n(dice.below(3) as u8 + 1);
    let other = n(dice.below(3) as u8 + 1);
    let admin = |command| Action::Admin { node, command };
    match dice.below(18) {
        0 => Action::Kill {
            node,
            how: KillKind::PowerOff,
        },
        1 => Action::Kill {
            node,
            how: KillKind::Process,
        },
        2..=4 => Action::Restart { node },
        5 => Action::Isolate { node },
        6 | 7 => Action::HealAll,
        8 => Action::Freeze { node },
        9 => Action::Thaw { node },
        10 | 11 => Action::Promote { node },
        12 | 13 => admin(Admin::Follow { upstream: other }),
        14 => admin(if dice.coin() {
            Admin::PauseReplay
        } else {
            Admin::ResumeReplay
        }),
        15 => admin(Admin::StopReceiver),
        16 => admin(Admin::StartReceiver),
        _ => admin(if dice.coin() {
            Admin::ResetReplica
        } else {
            Admin::Rebuild { source: other }
        }),
    }
}

/// Every open wait ends, one source is left, and copies of it make the others equal to it.
fn heals(lab: &mut Lab, seed: u64) {
    lab.act(Action::HealAll);
    // Two that wait for copies of each other would do so for ever.
    for node in [n(1), n(2), n(3)] {
        lab.kill_process(node);
        lab.restart(node);
    }
    lab.wait_ms(3_000);
    let source = lab.simulation.writers().iter().next().unwrap_or(n(1));
    lab.promote(source);
    lab.wait_ms(1_000);
    for node in [n(1), n(2), n(3)] {
        if node != source {
            lab.admin(node, Admin::StartReceiver);
            lab.admin(node, Admin::Rebuild { source });
        }
    }
    lab.wait_ms(6_000);
    let quiet = replicascope_engine::scenario::Workload {
        operations_per_second: 0,
        ..*lab.simulation.workload()
    };
    lab.set(replicascope_engine::scenario::Setting::Workload(quiet));
    lab.wait_ms(10_000);
    for node in [n(1), n(2), n(3)] {
        let rows = lab.simulation.node(node).table().rows();
        let same = rows == lab.simulation.node(source).table().rows();
        assert!(same, "seed {seed}, {node}");
        // A source that was not asked by GTID set keeps its own, and its copies have them too.
        let errant = |node| {
            let all = lab.simulation.node(node).errant_transactions();
            all.map(|(gtid, _)| *gtid).collect::<Vec<_>>()
        };
        assert_eq!(errant(node), errant(source), "seed {seed}, {node}");
        assert_eq!(
            lab.simulation.node(node).waiting_commits(),
            0,
            "seed {seed}, {node}"
        );
    }
    let since = lab.simulation.now();
    let open = lab.simulation.oracle().ops().filter(|op| {
        op.status == Status::Open && since.since(op.issued_at) > Span::from_millis(5_000)
    });
    assert_eq!(open.count(), 0, "seed {seed}");
}

#[test]
fn random_faults_under_random_settings_end_in_equal_tables() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut scenario = scenario(&mut dice);
        scenario.settings.timers.client_timeout_us = 3_000_000;
        let mut lab = Lab::new(&scenario).at_ms(500);
        for _ in 0..25 {
            let action = fault(&mut dice);
            lab.act(action);
            let pause = dice.one_of(&[1, 30, 400, 1_500]);
            lab.wait_ms(pause);
        }
        heals(&mut lab, seed);
    }
}
