//! Ranges of the parameters of routers, and which router goes with which database.

use super::{Django, Routing};
use crate::scenario::database::Database;
use crate::scenario::read::{Problem, ScenarioError};
use crate::scenario::validate::{Checked, MOST_US, within};

impl Routing {
    /// Checks ranges, and that a router for one kind of database stands before that kind. The Textbook profile takes all.
    ///
    /// # Errors
    /// [`ScenarioError`] for the field that is wrong.
    pub(in crate::scenario) fn validate(&self, path: &str, database: &Database) -> Checked {
        let ms = |name: &str, value, least| {
            within(
                &format!("{path}.{name}"),
                value,
                least,
                MOST_US / 1_000,
                "ms",
            )
        };
        let s = |name: &str, value, least| {
            within(
                &format!("{path}.{name}"),
                value,
                least,
                MOST_US / 1_000_000,
                "s",
            )
        };
        let times = |name: &str, value: u32| {
            within(
                &format!("{path}.{name}"),
                u64::from(value),
                1,
                1_000,
                "checks",
            )
        };
        let bytes =
            |name: &str, value| within(&format!("{path}.{name}"), value, 0, 1 << 40, "bytes");
        match self {
            Self::Plain | Self::Sticky => Ok(()),
            Self::Pin(pin) => ms("pin.delay", pin.delay, 0),
            Self::Token(token) => token.wait.map_or(Ok(()), |wait| ms("token.wait", wait, 0)),
            Self::Django(Django::PinAfterWrite(delay)) => ms("django.pin_after_write", *delay, 0),
            Self::Django(_) => Ok(()),
            Self::Proxysql(it) => {
                s("proxysql.max_replication_lag", it.max_replication_lag, 0)?;
                let interval = it.monitor_replication_lag_interval;
                ms("proxysql.monitor_replication_lag_interval", interval, 100)?;
                times(
                    "proxysql.monitor_replication_lag_count",
                    it.monitor_replication_lag_count,
                )?;
                s(
                    "proxysql.monitor_slave_lag_when_null",
                    it.monitor_slave_lag_when_null,
                    0,
                )
            }
            Self::Maxscale(it) => {
                s("maxscale.max_replication_lag", it.max_replication_lag, 0)?;
                ms("maxscale.monitor_interval", it.monitor_interval, 100)?;
                s("maxscale.causal_reads_timeout", it.causal_reads_timeout, 1)
            }
            Self::Pgpool(it) => {
                bytes("pgpool.delay_threshold", it.delay_threshold)?;
                ms(
                    "pgpool.delay_threshold_by_time",
                    it.delay_threshold_by_time,
                    0,
                )?;
                s("pgpool.sr_check_period", it.sr_check_period, 1)
            }
            Self::Haproxy(it) => {
                ms("haproxy.inter", it.inter, 100)?;
                times("haproxy.fall", it.fall)?;
                times("haproxy.rise", it.rise)?;
                it.lag.map_or(Ok(()), |lag| bytes("haproxy.lag", lag))
            }
        }?;
        let text = match (self, database) {
            (Self::Proxysql(_) | Self::Maxscale(_), Database::Postgresql(_)) => {
                "ProxySQL and MaxScale speak to MySQL and MariaDB"
            }
            (Self::Pgpool(_) | Self::Haproxy(_), Database::Mysql(_) | Database::Mariadb(_)) => {
                "Pgpool-II, and HAProxy with `/primary` and `/replica`, speak to PostgreSQL"
            }
            _ => return Ok(()),
        };
        Err(ScenarioError::new(
            path,
            Problem::Contradiction(text.to_owned()),
        ))
    }
}
