//! A replica that has transactions which its source lacks (R-LW-4, R-LW-5): who notices, and what becomes of them.
//!
//! MySQL and MariaDB do not compare histories. A source looks at the GTIDs that a replica names, and the four ways of naming
//! them notice different things. Where nobody notices, the replica follows as if nothing were wrong and keeps its rows: here
//! its log goes back to where the two histories part and follows the source's, while the table keeps what was applied, and
//! the transactions that only this server executed are remembered as *errant*. One whose GTID comes again, for another
//! transaction or the same, is not executed a second time, as the applier skips what it has executed (R-LW-6).
//!
//! When such a server is promoted and replicas ask by GTID set, they are sent its errant transactions too, since they lack
//! them. Here it puts those that its rows still come from into its log again, after all else and under new numbers, so that
//! the replicas take them over; the others were overwritten by what the source sent since, and a replica would show an old
//! value for them.

use super::sender::Ask;
use super::{Context, Family, Gtid, GtidSet, Node, Rejoin};
use crate::event::EventKind;
use crate::ids::{Key, Lsn, NodeId, Timeline, Tip};
use crate::message::Refusal;
use crate::node::table::Row;
use crate::node::wal::{Record, Segment, Wal, timeline_at};
use crate::sort::sort_by_key;

/// The last transaction up to `end` that `node` did not write itself: MariaDB's `gtid_slave_pos`.
fn last_replicated(history: &[Segment], end: Lsn, node: NodeId) -> Option<Gtid> {
    let mut last = end;
    for segment in history.iter().rev() {
        if segment.from <= last {
            let server = segment.timeline.owner();
            if server != node {
                let number = last.0;
                return Some(Gtid { server, number });
            }
            last = Lsn(segment.from.0 - 1);
        }
    }
    None
}

impl Node {
    /// Everything this server has executed, errant transactions included: `gtid_executed`, `gtid_current_pos`. On a source
    /// that is what others see; `None` for other databases.
    #[must_use]
    pub fn gtid_executed(&self) -> Option<GtidSet> {
        let server = self.server.as_ref().filter(|server| server.mysql)?;
        let mut set = GtidSet::of_log(self.wal.history(), self.replay);
        for gtid in server.errant.keys() {
            set.add(gtid.server, gtid.number, gtid.number);
        }
        Some(set)
    }

    /// The transactions that this server executed and the history that it follows does not have.
    pub fn errant_transactions(&self) -> impl Iterator<Item = (&Gtid, &Record)> {
        self.server.iter().flat_map(|server| server.errant.iter())
    }

    /// From where a replica may follow, or why not.
    pub(super) fn may_follow_binlog(
        &self,
        family: &Family<'_>,
        from: NodeId,
        ask: &Ask,
        history: &[Segment],
    ) -> Result<Lsn, Refusal> {
        let own = self.wal.tip().lsn;
        let fork = self.wal.fork_from(history, ask.tip.lsn);
        if self.wal.first() > fork.next() {
            return Err(Refusal::LogRemoved);
        }
        // What was received and not applied is thrown away when a replica changes its source.
        let executed = ask.positions.replay.min(ask.tip.lsn);
        if executed <= fork {
            return Ok(fork);
        }
        let mut mine = GtidSet::of_log(self.wal.history(), own);
        // Its binlog has its own errant transactions too.
        for (gtid, _) in self.errant_transactions() {
            mine.add(gtid.server, gtid.number, gtid.number);
        }
        let owner = timeline_at(history, executed).map_or(from, Timeline::owner);
        let asked = match family.rejoin {
            Rejoin::GtidSet => {
                let theirs = GtidSet::of_log(history, executed);
                return match theirs.last_of(self.id).filter(|&gtid| !mine.contains(gtid)) {
                    Some(gtid) => Err(Refusal::SourceLacksOwn { gtid }),
                    // It is only ahead of a server in the middle of a chain.
                    None if self.is_behind(ask, fork) => Err(Refusal::AheadOfFlush),
                    None => Ok(fork),
                };
            }
            // After a crash took the end of the source's file there is nothing at that position.
            Rejoin::Position if owner == self.id => return Err(Refusal::ImpossiblePosition),
            Rejoin::Position if self.is_behind(ask, fork) => return Err(Refusal::AheadOfFlush),
            Rejoin::Position => return Ok(fork),
            Rejoin::CurrentPos => Some(Gtid {
                server: owner,
                number: executed.0,
            }),
            Rejoin::SlavePos => ask
                .slave_pos
                .or_else(|| last_replicated(history, executed, from)),
        };
        match asked.filter(|&gtid| !mine.contains(gtid)) {
            Some(gtid) => Err(Refusal::NotInBinlog {
                gtid,
                diverged: own.0 >= gtid.number,
            }),
            None => Ok(fork),
        }
    }

    fn is_behind(&self, ask: &Ask, fork: Lsn) -> bool {
        self.timeline() == ask.timeline && fork == self.wal.tip().lsn
    }

    /// The source lets this replica follow from a point before its own end.
    pub(super) fn go_back_to(&mut self, cx: &mut Context<'_>, upstream: NodeId, fork: Lsn) {
        let tip = self.wal.tip().lsn;
        let gone: Vec<Record> = self.wal.range(fork.next(), tip).copied().collect();
        // Who follows this server has some of it too. Going on after that would leave out what comes in its place: they ask
        // again, with their own ends.
        self.close_senders(cx);
        let executed = self.replay;
        let mut errant: Vec<Record> = gone
            .iter()
            .filter(|record| record.lsn <= executed)
            .copied()
            .collect();
        self.table.truncate_heads(gone.into_iter().rev());
        if self.wal.first() > fork.next() {
            errant.extend(self.forget_log_before_copy(fork));
        } else {
            self.wal.truncate(fork);
        }
        for position in [&mut self.write, &mut self.flush, &mut self.replay] {
            *position = (*position).min(fork);
        }
        if errant.is_empty() {
            return;
        }
        cx.event(EventKind::ErrantKept {
            node: self.id,
            upstream,
            fork,
            count: errant.len() as u32,
        });
        if let Some(server) = &mut self.server {
            let named = errant.into_iter().map(|record| (Gtid::of(&record), record));
            server.errant.extend(named);
        }
    }

    /// A server that was filled with a copy has no log of what came before it: of the transactions between the fork and the
    /// copy only those are known whose rows are still there. Its log begins anew after the fork.
    fn forget_log_before_copy(&mut self, fork: Lsn) -> Vec<Record> {
        let (first, history) = (self.wal.first(), self.wal.history());
        let between = |row: &Row| {
            let known = row.lsn > fork && row.lsn < first;
            known && timeline_at(history, row.lsn) == Some(row.timeline)
        };
        let rows = (0..).map(Key).zip(self.table.rows());
        let shown = rows
            .filter(|(_, row)| between(row))
            .map(|(key, row)| Record {
                lsn: row.lsn,
                timeline: row.timeline,
                key,
                op: row.op,
                version: row.version,
                value: row.value,
                ..Record::default()
            });
        let shown: Vec<Record> = shown.collect();
        let history: Vec<Segment> = history
            .iter()
            .filter(|segment| segment.from <= fork)
            .copied()
            .collect();
        let timeline = history.last().map_or(Timeline(0), |last| last.timeline);
        self.wal = Wal::after_backup(
            Tip {
                timeline,
                lsn: fork,
            },
            history,
        );
        self.table.forget_heads_after(fork);
        shown
    }

    /// Throws away what was received and not applied: `RESET REPLICA`. Returns whether there was any.
    pub(super) fn reset_relay_log(&mut self, cx: &mut Context<'_>) -> bool {
        let tip = self.wal.tip().lsn;
        let streams = self.streaming_from().is_some();
        if !self.is_mysql() || self.is_serving_primary() || streams || self.replay >= tip {
            return false;
        }
        let kept = self.replay;
        cx.event(EventKind::RelayLogDropped {
            node: self.id,
            from: kept.next(),
            dropped: tip.ahead_of(kept) as u32,
        });
        self.go_back_to(cx, self.id, kept);
        // An attempt that waits for an answer went by the log that is gone: it is void.
        if self.receiver_connects() {
            self.connect_later(cx);
        }
        true
    }

    /// `SET GLOBAL gtid_slave_pos`, on a MariaDB server that does not receive. Strict mode refuses what is older than the
    /// server's own binlog (error 1947).
    pub(super) fn set_slave_pos(&mut self, cx: &mut Context<'_>, gtid: Gtid) -> bool {
        let end = self.position_at(self.replay);
        let Some(family) = cx.mysql().filter(|family| family.mariadb) else {
            return false;
        };
        let Some(server) = self.server.as_mut() else {
            return false;
        };
        let receives = server.upstream().is_some() && !server.receiver.is_stopped();
        if receives || server.is_being_rebuilt() {
            return false;
        }
        let newest = Gtid {
            server: end.timeline.owner(),
            number: end.lsn.0,
        };
        let conflict = (family.strict && newest.number > gtid.number).then_some(newest);
        if conflict.is_none() {
            server.slave_pos = Some(gtid);
        }
        let node = self.id;
        cx.event(EventKind::SlavePosSet {
            node,
            gtid,
            conflict,
        });
        true
    }

    /// A new source logs its errant transactions again, on the timeline that it opens.
    pub(super) fn spread_errant(&mut self, cx: &mut Context<'_>, timeline: Timeline) {
        let by_set = cx
            .mysql()
            .is_some_and(|family| family.rejoin == Rejoin::GtidSet);
        let Some(server) = self.server.as_mut().filter(|_| by_set) else {
            return;
        };
        let errant = core::mem::take(&mut server.errant);
        // A row that comes from one of them also had what came before it.
        let shows = |old: &&Record| {
            let row = self.table.row(old.key);
            let last = row.timeline.owner();
            let last = Gtid {
                server: last,
                number: row.lsn.0,
            };
            old.lsn <= row.lsn && errant.get(&last).is_some_and(|record| record.op == row.op)
        };
        let mut again: Vec<Record> = errant.values().filter(shows).copied().collect();
        sort_by_key(&mut again, |old| old.lsn);
        let mut spread = 0;
        for old in again {
            let head = self.table.head(old.key);
            let record = Record {
                lsn: self.wal.tip().lsn.next(),
                prev_of_key: head.lsn,
                timeline,
                version: head.version + 1,
                ..old
            };
            self.wal.append(record);
            self.table.logged(&record);
            self.table.put(&record);
            self.replay = record.lsn;
            cx.note(EventKind::Inserted {
                node: self.id,
                op: record.op,
                lsn: record.lsn,
            });
            spread += 1;
        }
        if spread > 0 {
            cx.note(EventKind::ErrantSpread {
                node: self.id,
                count: spread,
            });
        }
    }
}
