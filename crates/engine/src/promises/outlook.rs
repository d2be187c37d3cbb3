//! What settings promise and what they can lose, told before anything happens: the table of R-LW-1 over the real parameters.
//!
//! [`super::Promises`] is about a run, for checks that must never be wrong; an [`Outlook`] is about settings, for a person
//! who chooses them. It holds no sentence: the page and the command line have their own words for it.

use crate::scenario::{
    CausalReads, Cluster, CommitLevel, Database, DisableLoadBalanceOnWrite, Django, Failover,
    Manager, Mariadb, Method, Mode, Mysql, Patroni, Pin, Postgresql, ReadPolicy, Routing, Settings,
    SynchronousMode, WaitPoint, WatchdogMode,
};

/// What is true of a write when its client is told OK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acked {
    /// It is executed; the log is flushed later (R-PG-1 `off`).
    Executed,
    /// It is on the primary's disk.
    Flushed,
    /// It is in the binlog, which the operating system writes to the disk in its own time (R-MY-1).
    Written,
    /// And this many replicas have received it (R-MY-4).
    Received {
        /// How many.
        by: u8,
    },
    /// And this many of the listed standbys have come so far (R-PG-1, R-PG-5, R-PG-6).
    Standbys {
        /// How far.
        level: CommitLevel,
        /// How many.
        by: u8,
        /// Whether any of those listed count, rather than the first ones.
        any: bool,
    },
    /// And every member of the sync set has applied it.
    Applied,
}

/// What a crash takes of the acked writes when the same node comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CrashLoss {
    /// Nothing.
    Nothing,
    /// What was acked in the last so many ms, at most (R-PG-1 `off`).
    LastMs(u64),
    /// Nothing when the process dies; what the operating system had not written when the power fails (R-MY-1).
    Unsynced,
}

/// What is lost of the acked writes when the primary is gone and a replica takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailoverLoss {
    /// Nothing, whoever may take over.
    Nothing,
    /// Nothing, as long as the one that takes over is one of those that confirmed.
    NothingIfConfirmed {
        /// Lost all the same if that one's machine crashes too: it had the log in memory (R-PG-1 `remote_write`).
        in_memory: bool,
        /// Others may have read rows that vanish (R-MY-3 `AFTER_COMMIT`).
        reads_vanish: bool,
        /// After a wait of so many ms writes are acked without a replica (R-MY-5); then as [`FailoverLoss::Tail`].
        fallback_ms: Option<u64>,
    },
    /// Nothing, as long as the furthest of at least so many listed standbys takes over (R-PG-6).
    NothingIfBestOf(u8),
    /// What the one that takes over had not received.
    Tail {
        /// A manager may save it from the dead node's disk (R-MH-4).
        rescued: bool,
        /// Nobody who is further behind than so many bytes takes over (R-PT-3).
        most_bytes: Option<u64>,
    },
}

/// What happens to writes when no replica confirms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    /// They go on, as nobody was waited for.
    GoOn,
    /// They wait until one is back.
    Wait,
    /// They wait so many ms, then go on without (R-MY-5).
    GoOnAfterMs(u64),
    /// The manager lets them go on, and lets nobody take over meanwhile (R-PT-8).
    GoOnWithoutFailover,
}

/// Who replaces a dead primary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takeover {
    /// A person.
    ByHand,
    /// The nodes elect after so long a silence, in µs.
    Election {
        /// The silence.
        after_us: u64,
    },
    /// Patroni, when what is left of the lease has run out (R-PT-11).
    Patroni {
        /// `ttl`, s.
        ttl: u64,
    },
    /// MHA, at the fourth failed ping (R-MH-2); once.
    Mha {
        /// `ping_interval`, s.
        ping_interval: u64,
    },
    /// A majority of Sentinels (R-RS).
    Sentinel {
        /// `down-after-milliseconds`.
        down_after_ms: u64,
        /// How many there are.
        sentinels: u8,
    },
}

/// Whether two nodes can take writes at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TwoPrimaries {
    /// Never: a lease forbids it, whatever stands still.
    Never,
    /// Only while an agent stands still beside a living database, since no watchdog resets its host (R-PT-7). A primary that is
    /// cut off stops by itself within so many s.
    WhileFrozen {
        /// `ttl`.
        within: u64,
    },
    /// When a person promotes one while the other lives.
    IfPromoted,
    /// When the other one lives and is only cut off: nothing takes it out of service.
    IfCutOff,
    /// The same, for so many s at most: then it has too few replicas to take writes (R-RS).
    IfCutOffFor(u64),
    /// The same, unless the manager can reach it to take it out of service (R-MH-4).
    IfUnreachable,
}

/// What a read may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// It goes to the primary.
    Primary,
    /// Every acked write: every replica had applied it.
    AllAcked,
    /// Every write of its own session, and nothing older than it has seen.
    OwnAndForward,
    /// Every write of its own session.
    Own,
    /// Every write of its own session, as long as the lag is below so many ms (R-RC-2).
    OwnWhileLagBelowMs(u64),
    /// Nothing older than the session has seen, until its replica is lost (R-RC-4).
    Forward,
    /// What was true at most so many ms ago, as far as the router knew when it last looked (R-RC-5).
    PolledMs(u64),
    /// What was true at most so many bytes of log ago, when the router last looked (R-RC-5).
    PolledBytes(u64),
    /// Something old: as old as the replica's lag.
    AnyAge,
}

/// What settings promise and what they can lose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// What an OK means.
    pub acked: Acked,
    /// What a crash takes.
    pub crash: CrashLoss,
    /// What a failover takes.
    pub failover: FailoverLoss,
    /// What happens when no replica confirms.
    pub alone: Alone,
    /// Who takes over.
    pub takeover: Takeover,
    /// Whether two nodes can take writes.
    pub two_primaries: TwoPrimaries,
    /// What a read may show.
    pub reads: Reads,
}

/// What a database does, before its manager has a say.
type Commit = (Acked, CrashLoss, FailoverLoss, Alone);

const TAIL: FailoverLoss = FailoverLoss::Tail {
    rescued: false,
    most_bytes: None,
};

impl Outlook {
    /// The outlook of these settings on this cluster.
    #[must_use]
    pub fn of(cluster: &Cluster, settings: &Settings) -> Self {
        let (acked, crash, mut failover, mut alone) = match &settings.database {
            Database::Textbook => textbook(settings),
            Database::Postgresql(database) => postgresql(database, cluster.replicas),
            Database::Mysql(database) => mysql(database),
            Database::Mariadb(database) => mariadb(database),
        };
        let mut acked = acked;
        match &settings.manager {
            Manager::Patroni(patroni) => {
                under_patroni(patroni, &mut acked, &mut failover, &mut alone);
            }
            Manager::Mha(mha) => {
                // MariaDB's GTIDs are not MHA's (R-MH-5).
                let by_gtid = mha.use_gtid_auto_pos
                    && matches!(&settings.database, Database::Mysql(it) if it.source_auto_position);
                if let FailoverLoss::Tail { rescued, .. } = &mut failover {
                    *rescued = !by_gtid;
                }
            }
            Manager::None | Manager::Sentinel(_) => {}
        }
        Self {
            acked,
            crash,
            failover,
            alone,
            takeover: takeover(settings),
            two_primaries: two_primaries(settings),
            reads: reads(cluster, settings, acked),
        }
    }
}

fn textbook(settings: &Settings) -> Commit {
    let crash = CrashLoss::Nothing;
    match settings.mode {
        Mode::Async => (Acked::Flushed, crash, TAIL, Alone::GoOn),
        Mode::SemiSync => {
            let fallback_ms = settings.semi_sync.timeout_us.map(|us| us / 1_000);
            let by = settings.semi_sync.acks;
            let loss = FailoverLoss::NothingIfConfirmed {
                in_memory: false,
                reads_vanish: false,
                fallback_ms,
            };
            let alone = fallback_ms.map_or(Alone::Wait, Alone::GoOnAfterMs);
            (Acked::Received { by }, crash, loss, alone)
        }
        Mode::Sync => {
            let alone = settings
                .sync
                .drop_after_us
                .map_or(Alone::Wait, |us| Alone::GoOnAfterMs(us / 1_000));
            let loss = if settings.fencing && settings.failover == Failover::Election {
                FailoverLoss::Nothing
            } else {
                FailoverLoss::NothingIfConfirmed {
                    in_memory: false,
                    reads_vanish: false,
                    fallback_ms: None,
                }
            };
            (Acked::Applied, crash, loss, alone)
        }
    }
}

fn postgresql(database: &Postgresql, replicas: u8) -> Commit {
    let level = database.synchronous_commit;
    let names = &database.synchronous_standby_names;
    let crash = match level {
        CommitLevel::Off => CrashLoss::LastMs(3 * database.wal_writer_delay),
        _ => CrashLoss::Nothing,
    };
    if level <= CommitLevel::Local || names.is_empty() {
        let acked = match level {
            CommitLevel::Off => Acked::Executed,
            _ => Acked::Flushed,
        };
        return (acked, crash, TAIL, Alone::GoOn);
    }
    let any = names.method() == Method::Any;
    let acked = Acked::Standbys {
        level,
        by: names.count(),
        any,
    };
    let loss = if any {
        let listed = (1..=replicas)
            .filter(|&node| names.priority(crate::ids::NodeId(node)) > 0)
            .count() as u8;
        FailoverLoss::NothingIfBestOf((listed + 1).saturating_sub(names.count()).max(1))
    } else {
        FailoverLoss::NothingIfConfirmed {
            in_memory: level == CommitLevel::RemoteWrite,
            reads_vanish: false,
            fallback_ms: None,
        }
    };
    (acked, crash, loss, Alone::Wait)
}

fn mysql(database: &Mysql) -> Commit {
    binlog(
        database.sync_binlog,
        database.rpl_semi_sync_source_enabled.then_some((
            database.rpl_semi_sync_source_wait_for_replica_count,
            database.rpl_semi_sync_source_timeout,
            database.rpl_semi_sync_source_wait_point,
        )),
    )
}

fn mariadb(database: &Mariadb) -> Commit {
    binlog(
        database.sync_binlog,
        database.rpl_semi_sync_master_enabled.then_some((
            1,
            database.rpl_semi_sync_master_timeout,
            database.rpl_semi_sync_master_wait_point,
        )),
    )
}

fn binlog(sync_binlog: u32, semi_sync: Option<(u8, u64, WaitPoint)>) -> Commit {
    let (acked, crash) = match sync_binlog {
        1 => (Acked::Flushed, CrashLoss::Nothing),
        _ => (Acked::Written, CrashLoss::Unsynced),
    };
    let Some((by, timeout, point)) = semi_sync else {
        return (acked, crash, TAIL, Alone::GoOn);
    };
    let loss = FailoverLoss::NothingIfConfirmed {
        in_memory: false,
        reads_vanish: point == WaitPoint::AfterCommit,
        fallback_ms: Some(timeout),
    };
    (
        Acked::Received { by },
        crash,
        loss,
        Alone::GoOnAfterMs(timeout),
    )
}

/// Patroni chooses the standbys that commits wait for, and who may take over.
fn under_patroni(
    patroni: &Patroni,
    acked: &mut Acked,
    failover: &mut FailoverLoss,
    alone: &mut Alone,
) {
    if patroni.synchronous_mode == SynchronousMode::Off {
        if let FailoverLoss::Tail { most_bytes, .. } = failover {
            *most_bytes = Some(patroni.maximum_lag_on_failover);
        }
        return;
    }
    if matches!(acked, Acked::Executed) {
        return;
    }
    *acked = Acked::Standbys {
        level: match *acked {
            Acked::Standbys { level, .. } => level,
            _ => CommitLevel::On,
        },
        by: patroni.synchronous_node_count,
        any: patroni.synchronous_mode == SynchronousMode::Quorum,
    };
    *failover = FailoverLoss::Nothing;
    *alone = if patroni.synchronous_mode_strict {
        Alone::Wait
    } else {
        Alone::GoOnWithoutFailover
    };
}

fn takeover(settings: &Settings) -> Takeover {
    match &settings.manager {
        Manager::None if settings.database.is_textbook() => match settings.failover {
            Failover::Manual => Takeover::ByHand,
            Failover::Election => Takeover::Election {
                after_us: settings.timers.election_timeout_us,
            },
        },
        Manager::None => Takeover::ByHand,
        Manager::Patroni(patroni) => Takeover::Patroni { ttl: patroni.ttl },
        Manager::Mha(mha) => Takeover::Mha {
            ping_interval: mha.ping_interval,
        },
        Manager::Sentinel(sentinel) => Takeover::Sentinel {
            down_after_ms: sentinel.down_after_milliseconds,
            sentinels: sentinel.sentinels,
        },
    }
}

fn two_primaries(settings: &Settings) -> TwoPrimaries {
    match &settings.manager {
        Manager::None if settings.database.is_textbook() => {
            match (settings.fencing, settings.failover) {
                (true, Failover::Election) => TwoPrimaries::Never,
                (false, Failover::Election) => TwoPrimaries::IfCutOff,
                (_, Failover::Manual) => TwoPrimaries::IfPromoted,
            }
        }
        Manager::None => TwoPrimaries::IfPromoted,
        Manager::Patroni(patroni) => {
            if patroni.watchdog_device && patroni.watchdog_mode != WatchdogMode::Off {
                TwoPrimaries::Never
            } else {
                TwoPrimaries::WhileFrozen {
                    within: patroni.ttl,
                }
            }
        }
        Manager::Mha(mha) if mha.master_ip_failover_script || mha.shutdown_script => {
            TwoPrimaries::IfUnreachable
        }
        Manager::Mha(_) => TwoPrimaries::IfCutOff,
        Manager::Sentinel(sentinel) if sentinel.min_replicas_to_write == 0 => {
            TwoPrimaries::IfCutOff
        }
        Manager::Sentinel(sentinel) => TwoPrimaries::IfCutOffFor(sentinel.min_replicas_max_lag),
    }
}

fn reads(cluster: &Cluster, settings: &Settings, acked: Acked) -> Reads {
    // Its routers do not look at `reads`.
    let django = matches!(settings.routing, Routing::Django(_));
    if settings.reads == ReadPolicy::PrimaryOnly && !django {
        return Reads::Primary;
    }
    let all = match acked {
        Acked::Applied => settings.sync.members.is_none() && settings.sync.drop_after_us.is_none(),
        Acked::Standbys { level, by, .. } => {
            level == CommitLevel::RemoteApply && by >= cluster.replicas
        }
        _ => false,
    };
    if all {
        return Reads::AllAcked;
    }
    let polled = |lag_ms: u64, every_ms: u64| match lag_ms {
        0 => Reads::AnyAge,
        lag => Reads::PolledMs(lag + every_ms),
    };
    match settings.routing {
        Routing::Plain | Routing::Django(Django::PrimaryReplicaRouter | Django::InstanceState) => {
            Reads::AnyAge
        }
        Routing::Sticky => Reads::Forward,
        Routing::Pin(Pin { delay, .. }) | Routing::Django(Django::PinAfterWrite(delay)) => {
            Reads::OwnWhileLagBelowMs(delay)
        }
        Routing::Token(token) if token.keep_seen => Reads::OwnAndForward,
        Routing::Token(_) => Reads::Own,
        Routing::Proxysql(it) => polled(
            it.max_replication_lag * 1_000,
            it.monitor_replication_lag_interval * u64::from(it.monitor_replication_lag_count),
        ),
        Routing::Maxscale(it) => match it.causal_reads {
            CausalReads::None => polled(it.max_replication_lag * 1_000, it.monitor_interval),
            _ => Reads::Own,
        },
        Routing::Pgpool(it) => {
            if it.disable_load_balance_on_write == DisableLoadBalanceOnWrite::Always {
                Reads::Own
            } else if it.delay_threshold_by_time > 0 {
                polled(it.delay_threshold_by_time, it.sr_check_period * 1_000)
            } else if it.delay_threshold > 0 {
                Reads::PolledBytes(it.delay_threshold)
            } else {
                Reads::AnyAge
            }
        }
        Routing::Haproxy(it) => it.lag.map_or(Reads::AnyAge, Reads::PolledBytes),
    }
}
