//! How reads find a node: what a router or an application does beyond `reads`, with the real names, units and defaults.
//!
//! `settings.reads` says which node a read goes to when nothing else is known: the primary, the replicas in turn, or one by
//! lot. [`Routing`] says what stands between that choice and the client. A file without `routing` means what it always did:
//! [`Routing::Plain`].
//!
//! A session is one client. What a router knows it was told: by health checks, by status messages that it asks for now and
//! then and that are old when they arrive, and by answers.
//!
//! # When more than one node claims to be primary
//!
//! | routing | writes and reads for the primary go to |
//! |---|---|
//! | plain, pin, sticky, token, Django | with `fencing` the newest timeline, without it all of them in turn: the router cannot tell |
//! | ProxySQL | all of them in turn: each has `read_only = 0`, so each is in the writer hostgroup |
//! | MaxScale | the one that it used before, as long as it claims to be primary; else the newest timeline |
//! | pgpool-II | the first in the order of the configuration that is not in recovery |
//! | HAProxy | all that pass `/primary`, in turn |

mod check;

use serde::{Deserialize, Serialize};

/// What stands between a read and the choice that `reads` makes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Routing {
    /// Nothing: health checks every `timers.health_check_us`, and `reads`.
    #[default]
    Plain,
    /// A session that has just written reads from the primary for a while (R-RC-2, R-RC-7).
    Pin(Pin),
    /// A session keeps its replica until that one is lost (R-RC-4).
    Sticky,
    /// A session remembers how far the log was when it wrote, and reads where that much is applied (R-RC-3).
    Token(Token),
    /// Django's `DATABASE_ROUTERS` (R-RC-6).
    Django(Django),
    /// ProxySQL: replicas whose lag was too long when last asked get no reads (R-RC-5).
    Proxysql(Proxysql),
    /// MaxScale's readwritesplit: a lag limit, and `causal_reads` (R-RC-5).
    Maxscale(Maxscale),
    /// Pgpool-II: a lag limit in bytes or time (R-RC-5).
    Pgpool(Pgpool),
    /// HAProxy with one backend for `/primary` and one for `/replica`, as in front of Patroni (R-RC-5).
    Haproxy(Haproxy),
}

/// From when a pin counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum PinFrom {
    /// The end of the write's request, also if it failed or its outcome is unknown: Rails (R-RC-7).
    #[default]
    Answered,
    /// The moment the write passes the router: MaxScale's CCRFilter.
    Sent,
}

/// Reads go to the primary for a while after a write of the same session: read-your-writes if, and only if, lag stays below
/// that while (R-RC-2).
///
/// The default is Rails: `config.active_record.database_selector = { delay: 2.seconds }` with the session's cookie as the
/// memory (R-RC-7). A read here is a GET or HEAD request; a write is any other, which stamps the session when it ends,
/// whatever became of it. A read goes to a replica again once `now - last_write >= delay`. What a request that is neither GET
/// nor HEAD reads is not modelled apart: it reads where it writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Pin {
    /// For how long, ms: 2,000 in Rails (`delay`), 60,000 in MaxScale's CCRFilter (`time`) (R-RC-2).
    pub delay: u64,
    /// From when it counts (R-RC-2).
    pub from: PinFrom,
    /// Whether a write of any session pins every session (CCRFilter's `global`; no such thing in Rails) (R-RC-2).
    pub global: bool,
}

impl Pin {
    /// Rails' automatic connection switching with `delay: 2.seconds` (R-RC-7).
    pub const RAILS: Self = Self {
        delay: 2_000,
        from: PinFrom::Answered,
        global: false,
    };
    /// MaxScale's consistent critical read filter with `time=60s` (R-RC-5).
    pub const CCRFILTER: Self = Self {
        delay: 60_000,
        from: PinFrom::Sent,
        global: false,
    };
}

impl Default for Pin {
    fn default() -> Self {
        Self::RAILS
    }
}

/// Which position a session takes after a commit (R-RC-3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum TokenPosition {
    /// The right one: PostgreSQL's insert position after a commit at level `off`, its write position at any other level; the
    /// transaction's own GTID in MySQL and MariaDB; the record's own position in the Textbook profile.
    #[default]
    Right,
    /// The position of the write's own record, told with the answer: `session_track_gtids = OWN_GTID`, `@@last_gtid`.
    Own,
    /// `pg_current_wal_insert_lsn()`, asked after the commit. It can point past what is flushed, and so make readers wait.
    Insert,
    /// `pg_current_wal_lsn()`, asked after the commit. Wrong after level `off`: the record may not have been written yet.
    Write,
    /// `pg_current_wal_flush_lsn()`, asked after the commit. Wrong after level `off`.
    Flush,
}

/// Read where the log is applied up to the session's token, or wait there, or read from the primary (R-RC-3, R-PG-18, R-MY-9).
///
/// The wait is the server's: `WAIT FOR LSN` (and a poll of `pg_last_wal_replay_lsn()` before PostgreSQL 19) in PostgreSQL,
/// `WAIT_FOR_EXECUTED_GTID_SET` in MySQL, `MASTER_GTID_WAIT` in MariaDB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Token {
    /// Which position is taken (R-RC-3).
    pub position: TokenPosition,
    /// How long a replica may let the read wait, ms; 0 only looks, `null` waits for ever. Then the primary is read (R-RC-3).
    pub wait: Option<u64>,
    /// Whether the session also remembers the position of what it has read: `max(token, position seen)` keeps reads from
    /// going back (R-RC-3).
    pub keep_seen: bool,
    /// Whether a token is a timeline and a position. A position alone means another write after a failover (R-LW-6). MySQL's
    /// GTID sets name the source in any case.
    pub timelines: bool,
}

impl Default for Token {
    fn default() -> Self {
        Self {
            position: TokenPosition::Right,
            wait: Some(1_000),
            keep_seen: true,
            timelines: false,
        }
    }
}

/// What stands in `DATABASE_ROUTERS` (R-RC-6). Replicas are drawn by lot, as `random.choice` does, whatever `reads` says.
///
/// An object that a session has loaded or saved is an instance; reading its key again is a read through it, as
/// `refresh_from_db()` and related objects do, with the hint `instance`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Django {
    /// The documentation's `PrimaryReplicaRouter`: `db_for_read` a random replica, `db_for_write` the primary. It does not
    /// look at the hint, so `refresh_from_db()` right after `save()` may go to a replica.
    #[default]
    PrimaryReplicaRouter,
    /// `db_for_read` returns `None` for a read through an instance, so the instance's `_state.db` decides: where it was
    /// loaded from, or the primary once it was saved.
    InstanceState,
    /// The mended router: `db_for_read` returns the primary for so long after a write of the session, ms.
    PinAfterWrite(u64),
}

/// ProxySQL's parameters (R-RC-5). `Seconds_Behind_Source` counts in whole seconds. When every replica is shunned the writer
/// takes the reads (`mysql-monitor_writer_is_also_reader`), and only then, as with a small weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Proxysql {
    /// A replica further behind than this is shunned, s; 0 never (R-RC-5).
    pub max_replication_lag: u64,
    /// `mysql-monitor_replication_lag_interval`: time between two looks, ms (R-RC-5).
    pub monitor_replication_lag_interval: u64,
    /// `mysql-monitor_replication_lag_count`: bad looks in a row before a replica is shunned (R-RC-5).
    pub monitor_replication_lag_count: u32,
    /// `mysql-monitor_slave_lag_when_null`: what NULL counts as, s (R-RC-5).
    pub monitor_slave_lag_when_null: u64,
}

impl Default for Proxysql {
    fn default() -> Self {
        Self {
            max_replication_lag: 0,
            monitor_replication_lag_interval: 10_000,
            monitor_replication_lag_count: 1,
            monitor_slave_lag_when_null: 60,
        }
    }
}

/// MaxScale's `causal_reads` (R-RC-5). The position is the GTID of the last write, told with its answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CausalReads {
    /// Reads go anywhere.
    #[default]
    None,
    /// A replica waits for the session's own last write.
    Local,
    /// A replica waits for the last write of any session of this MaxScale.
    Global,
    /// A replica that is known to have the session's own last write, else the primary; nobody waits.
    Fast,
    /// As `fast`, for the last write of any session.
    FastGlobal,
    /// Before each read the primary is asked for its position, and a replica waits for that.
    Universal,
    /// As `universal`, but a replica that is known to have it, else the primary; nobody waits.
    FastUniversal,
}

/// MaxScale's readwritesplit and its monitor (R-RC-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Maxscale {
    /// Only replicas less far behind than this get reads, s; 0 is off. Strictly less, and not NULL (R-RC-5).
    pub max_replication_lag: u64,
    /// Time between two looks of the monitor, ms (R-RC-5).
    pub monitor_interval: u64,
    /// Which writes a read must see (R-RC-5).
    pub causal_reads: CausalReads,
    /// How long a replica may let a read wait, s; then the read is tried again on the primary (R-RC-5).
    pub causal_reads_timeout: u64,
}

impl Default for Maxscale {
    fn default() -> Self {
        Self {
            max_replication_lag: 0,
            monitor_interval: 2_000,
            causal_reads: CausalReads::None,
            causal_reads_timeout: 10,
        }
    }
}

/// Pgpool-II's `disable_load_balance_on_write`. The engine has no explicit transactions: every read and every write is one of
/// its own. So the two levels that speak of transactions change nothing here, which is also what they do for an application
/// that opens none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum DisableLoadBalanceOnWrite {
    /// Never.
    Off,
    /// Reads after a write go to the primary inside that explicit transaction.
    #[default]
    Transaction,
    /// As before, and in the session's later explicit transactions.
    TransTransaction,
    /// Every read of a session that has written, until the session ends.
    Always,
}

/// Pgpool-II's parameters in streaming replication mode (R-RC-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Pgpool {
    /// A standby further behind than so many bytes gets no reads; 0 is off (R-RC-5).
    pub delay_threshold: u64,
    /// As before, by `replay_lag` of `pg_stat_replication`, ms; it overrides the other. 0 is off (R-RC-5).
    pub delay_threshold_by_time: u64,
    /// Time between two looks, s (R-RC-5).
    pub sr_check_period: u64,
    /// Whether another standby, the least far behind, is read in place of the primary (R-RC-5).
    pub prefer_lower_delay_standby: bool,
    /// What a write does to later reads of its session (R-RC-5).
    pub disable_load_balance_on_write: DisableLoadBalanceOnWrite,
    /// Whether each statement is balanced anew; otherwise a session keeps the standby that it drew (R-RC-5).
    pub statement_level_load_balance: bool,
}

impl Default for Pgpool {
    fn default() -> Self {
        Self {
            delay_threshold: 0,
            delay_threshold_by_time: 0,
            sr_check_period: 10,
            prefer_lower_delay_standby: false,
            disable_load_balance_on_write: DisableLoadBalanceOnWrite::Transaction,
            statement_level_load_balance: false,
        }
    }
}

/// HAProxy's `default-server inter 3s fall 3 rise 2` (R-RC-5).
///
/// HAProxy forwards bytes: it does not send a refused statement elsewhere, so the client gets the error; its own retries are
/// not modelled, nor is `on-marked-down shutdown-sessions`. With no server in `/replica` reads go to `/primary`, as with
/// `backup` servers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Haproxy {
    /// Time between two checks of a server, ms. A check without an answer by then has failed (R-RC-5).
    pub inter: u64,
    /// Failed checks in a row after which a server is down (R-RC-5).
    pub fall: u32,
    /// Passed checks in a row after which a server is up (R-RC-5).
    pub rise: u32,
    /// `/replica?lag=`: a standby that knows of more unapplied log than so many bytes fails the check; `null` is off (R-RC-5).
    pub lag: Option<u64>,
}

impl Default for Haproxy {
    fn default() -> Self {
        Self {
            inter: 3_000,
            fall: 3,
            rise: 2,
            lag: None,
        }
    }
}

impl Routing {
    /// Whether it is the default, which files do not mention.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        *self == Self::Plain
    }
}
