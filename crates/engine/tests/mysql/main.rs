//! MySQL and MariaDB as rules R-MY-… and R-LW-… describe them, as small experiments.

#[path = "../lab/mod.rs"]
mod lab;

mod applier;
mod crash;
mod errant;
mod links;
mod pipeline;
mod semi_sync;

use replicascope_engine::scenario::{Mariadb, Mysql, WaitPoint};

/// MySQL with semi-sync.
pub(crate) fn semi_sync(timeout_ms: u64) -> Mysql {
    Mysql {
        rpl_semi_sync_source_enabled: true,
        rpl_semi_sync_source_timeout: timeout_ms,
        ..Mysql::default()
    }
}

/// MySQL with semi-sync that waits here.
pub(crate) fn waiting_at(wait_point: WaitPoint, timeout_ms: u64) -> Mysql {
    Mysql {
        rpl_semi_sync_source_wait_point: wait_point,
        ..semi_sync(timeout_ms)
    }
}

/// MariaDB whose binlog is synced with every group.
pub(crate) fn synced() -> Mariadb {
    Mariadb {
        sync_binlog: 1,
        ..Mariadb::default()
    }
}
