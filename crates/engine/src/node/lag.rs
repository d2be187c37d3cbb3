//! How far behind a node believes to be: what monitoring queries and routers ask.

use super::{Context, Node};
use crate::ids::Lsn;
use crate::message::{LagReport, ReplayLags};
use crate::scenario::Database;
use crate::time::{Span, Time};

impl Node {
    /// `now() - pg_last_xact_replay_timestamp()`: the age of the last replayed commit. It grows on a standby that has caught
    /// up while nobody writes (R-PG-12). `None`: nothing was replayed, or the record is no longer kept.
    #[must_use]
    pub fn timestamp_lag(&self, now: Time) -> Option<Span> {
        self.wal.get(self.replay).map(|record| now.since(record.at))
    }

    /// `pg_last_wal_receive_lsn()`: received *and synced* (R-PG-12).
    #[must_use]
    pub fn last_receive_lsn(&self) -> Lsn {
        self.flush
    }

    /// `Seconds_Behind_Source` before it is cut to whole seconds (R-MY-10): nothing known while the applier is stopped, or
    /// with nothing left to apply while the connection is down; the age of the record that is applied next; and zero with
    /// nothing to apply, however much of the log is still on its way.
    pub(super) fn behind_source(&self, now: Time) -> Option<Span> {
        let server = self.server.as_ref();
        if server.is_some_and(|server| server.replay_is_paused()) {
            return None;
        }
        match self.wal.get(self.replay.next()) {
            Some(record) => Some(now.since(record.at)),
            None => self.streaming_from().map(|_| Span::ZERO),
        }
    }

    /// What it would say of its own lag: `Seconds_Behind_Source`, or in PostgreSQL the query that everybody uses.
    fn believed_lag(&self, cx: &Context<'_>) -> Option<Span> {
        if let Database::Postgresql(_) = cx.settings.database {
            return if self.last_receive_lsn() == self.replay {
                Some(Span::ZERO)
            } else {
                self.timestamp_lag(cx.now)
            };
        }
        self.behind_source(cx.now)
    }

    /// What it answers to a router.
    pub(super) fn lag_report(&self, cx: &Context<'_>) -> LagReport {
        let primary = self.accepts_writes(cx.now, cx.settings.fencing);
        LagReport {
            primary,
            timeline: self.timeline(),
            position: if primary {
                self.positions().write
            } else {
                self.replay
            },
            behind: if primary {
                Some(Span::ZERO)
            } else {
                self.believed_lag(cx)
            },
            unapplied: if primary {
                0
            } else {
                self.wal.tip().lsn.ahead_of(self.replay)
            },
        }
    }

    /// `replay_lag` of the standbys, if it is primary. A Textbook primary tells the age of the oldest record that the standby
    /// has not confirmed to have applied.
    pub(super) fn replay_lags(&self, cx: &Context<'_>) -> ReplayLags {
        if let Some(server) = &self.server {
            return server.replay_lags();
        }
        cx.others(self.id)
            .filter_map(|node| Some((node, self.follower(node)?)))
            .filter(|(_, follower)| follower.streaming)
            .map(|(node, follower)| {
                let oldest = self.wal.get(follower.acked.replay.next());
                (node, oldest.map(|record| cx.now.since(record.at)))
            })
            .collect()
    }
}
