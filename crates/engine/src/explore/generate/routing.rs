//! Random routers and sessions.

use super::Dice;
use crate::scenario::{
    CausalReads, Database, DisableLoadBalanceOnWrite, Django, Haproxy, Maxscale, Pgpool, Pin,
    PinFrom, Proxysql, Routing, Token, TokenPosition,
};

/// A router that goes with the database.
pub(super) fn routing(dice: &mut Dice, database: &Database) -> Routing {
    let textbook = database.is_textbook();
    let postgresql = matches!(database, Database::Postgresql(_));
    match dice.below(12) {
        0 => Routing::Pin(Pin {
            delay: dice.pick(&[0, 500, 2_000, 60_000]),
            from: dice.pick(&[PinFrom::Answered, PinFrom::Sent]),
            global: dice.one_in(3),
        }),
        1 => Routing::Sticky,
        2 => Routing::Token(token(dice)),
        3 => Routing::Django(match dice.below(3) {
            0 => Django::PrimaryReplicaRouter,
            1 => Django::InstanceState,
            _ => Django::PinAfterWrite(dice.pick(&[500, 5_000])),
        }),
        4 if !postgresql => Routing::Proxysql(Proxysql {
            max_replication_lag: dice.below(3),
            monitor_replication_lag_interval: dice.pick(&[500, 2_000, 10_000]),
            monitor_replication_lag_count: dice.between(1, 3) as u32,
            monitor_slave_lag_when_null: dice.pick(&[0, 60]),
        }),
        5 if !postgresql => Routing::Maxscale(maxscale(dice)),
        6 if postgresql || textbook => Routing::Pgpool(pgpool(dice)),
        7 if postgresql || textbook => Routing::Haproxy(Haproxy {
            inter: dice.pick(&[500, 1_000, 3_000]),
            fall: dice.between(1, 3) as u32,
            rise: dice.between(1, 3) as u32,
            lag: dice.one_in(2).then(|| dice.pick(&[0, 1_024, 65_536])),
        }),
        _ => Routing::Plain,
    }
}

fn token(dice: &mut Dice) -> Token {
    Token {
        position: dice.pick(&[
            TokenPosition::Right,
            TokenPosition::Right,
            TokenPosition::Own,
            TokenPosition::Insert,
            TokenPosition::Write,
            TokenPosition::Flush,
        ]),
        wait: dice.pick(&[None, Some(0), Some(200), Some(1_000)]),
        keep_seen: dice.one_in(2),
        timelines: dice.one_in(2),
    }
}

fn maxscale(dice: &mut Dice) -> Maxscale {
    Maxscale {
        max_replication_lag: dice.below(3),
        monitor_interval: dice.pick(&[500, 2_000]),
        causal_reads: dice.pick(&[
            CausalReads::None,
            CausalReads::Local,
            CausalReads::Global,
            CausalReads::Fast,
            CausalReads::FastGlobal,
            CausalReads::Universal,
            CausalReads::FastUniversal,
        ]),
        causal_reads_timeout: dice.pick(&[1, 10]),
    }
}

fn pgpool(dice: &mut Dice) -> Pgpool {
    Pgpool {
        delay_threshold: dice.pick(&[0, 1_024, 65_536]),
        delay_threshold_by_time: dice.pick(&[0, 0, 500]),
        sr_check_period: dice.pick(&[1, 10]),
        prefer_lower_delay_standby: dice.one_in(2),
        disable_load_balance_on_write: dice.pick(&[
            DisableLoadBalanceOnWrite::Off,
            DisableLoadBalanceOnWrite::Transaction,
            DisableLoadBalanceOnWrite::TransTransaction,
            DisableLoadBalanceOnWrite::Always,
        ]),
        statement_level_load_balance: dice.one_in(2),
    }
}
