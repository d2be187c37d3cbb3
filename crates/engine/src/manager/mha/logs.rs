//! What is carried from one log to another: the end of the dead source's binlog, and differential relay logs (R-MH-4,
//! R-MH-5).

use std::sync::Arc;

use super::{BinlogKept, MhaEvent, MhaManager, MhaPhase, MhaTimer, by_gtid};
use crate::ids::{Lsn, NodeId};
use crate::manager::{ManagerContext, Remote};
use crate::node::server::{Command, ServerStatus};
use crate::node::wal::Record;
use crate::scenario::Admin;
use crate::time::Span;

/// How long a log may take from one host to another.
const COPY: Span = Span(10_000_000);
/// How long the new source may take to catch up with the latest replica by replication (with GTID).
const CATCH_UP: Span = Span(60_000_000);
/// Time between two looks at how far it is.
const POLL: Span = Span(500_000);

fn count(records: &[Record]) -> u32 {
    u32::try_from(records.len()).unwrap_or(u32::MAX)
}

impl MhaManager {
    /// The end of the dead source's binlog has come.
    pub(super) fn on_binlog_saved(&mut self, cx: &mut ManagerContext<'_>, records: Vec<Record>) {
        let source = self.source;
        let kept = BinlogKept::Saved(count(&records));
        if let Some(failover) = self.failover() {
            failover.saved = records;
        }
        cx.event(MhaEvent::Binlog { source, kept });
        self.choose_source(cx);
    }

    /// It does not come. What was not shipped is not in the cluster any more.
    pub(super) fn binlog_lost(&mut self, cx: &mut ManagerContext<'_>, kept: BinlogKept) {
        let source = self.source;
        cx.event(MhaEvent::Binlog { source, kept });
        self.choose_source(cx);
    }

    /// Phase 3.4: what the less advanced replicas lack is on the latest one. It is fetched once, for all of them. With GTID
    /// auto-position the new source replicates from the latest one instead, and the others from the new source.
    pub(super) fn level(&mut self, cx: &mut ManagerContext<'_>) {
        let gtid = by_gtid(cx);
        let Some(failover) = self.failover() else {
            return;
        };
        let ((latest, most), (_, least)) = (failover.latest, failover.oldest);
        let chosen = failover.chosen;
        let has = failover.replicas[&chosen].tip.lsn;
        if gtid {
            if has == most {
                self.promote(cx);
                return;
            }
            failover.given = u32::try_from(most.ahead_of(has)).unwrap_or(u32::MAX);
            self.enter(cx, MhaPhase::DifferentialLog, Some(CATCH_UP));
            self.tell(cx, chosen, Command::Follow(Some(latest)));
            self.tell(cx, chosen, Command::Admin(Admin::StartReceiver));
            let step = self.step();
            cx.timer(POLL, MhaTimer::Poll { step });
        } else if least < most {
            self.enter(cx, MhaPhase::DifferentialLog, Some(COPY));
            self.put(cx, latest, |id| Remote::SaveLog { id, after: least });
        } else {
            self.apply(cx);
        }
    }

    /// The latest replica has sent what the oldest lacks.
    pub(super) fn on_differential_log(&mut self, cx: &mut ManagerContext<'_>, records: &[Record]) {
        if let Some(failover) = self.failover() {
            let most = failover.latest.1;
            let known = records.iter().filter(|record| record.lsn <= most);
            failover.log = known.copied().collect();
        }
        self.apply(cx);
    }

    /// With GTID: the new source said how far it has come.
    pub(super) fn on_catch_up_answer(
        &mut self,
        cx: &mut ManagerContext<'_>,
        status: &ServerStatus,
    ) {
        self.heard(cx.now);
        let Some(failover) = self.failover() else {
            return;
        };
        let node = failover.chosen;
        if status.tip.lsn >= failover.latest.1 {
            let records = failover.given;
            cx.event(MhaEvent::Levelled { node, records });
            self.promote(cx);
        }
    }

    /// What a server with the log up to `tip` lacks.
    fn lacks(&mut self, tip: Lsn) -> Arc<Vec<Record>> {
        let records = self.failover().map_or_else(Vec::new, |failover| {
            let all = failover.log.iter().chain(&failover.saved);
            all.filter(|record| record.lsn > tip).copied().collect()
        });
        Arc::new(records)
    }

    /// Phase 3.5: the new source gets what it lacks.
    fn apply(&mut self, cx: &mut ManagerContext<'_>) {
        let Some(failover) = self.failover() else {
            return;
        };
        let chosen = failover.chosen;
        let tip = failover.replicas[&chosen].tip.lsn;
        let records = self.lacks(tip);
        if records.is_empty() {
            self.promote(cx);
            return;
        }
        if let Some(failover) = self.failover() {
            failover.given = count(&records);
        }
        self.enter(cx, MhaPhase::Apply, Some(COPY));
        self.tell(cx, chosen, Command::AppendLog(records));
    }

    pub(super) fn on_new_source_levelled(&mut self, cx: &mut ManagerContext<'_>, ok: bool) {
        if !ok {
            self.fail(cx);
            return;
        }
        let Some(failover) = self.failover() else {
            return;
        };
        let (node, records) = (failover.chosen, failover.given);
        cx.event(MhaEvent::Levelled { node, records });
        self.promote(cx);
    }

    /// Phase 4: another replica gets what it lacks. With GTID it fetches that itself.
    pub(super) fn level_replica(&mut self, cx: &mut ManagerContext<'_>, node: NodeId, tip: Lsn) {
        let records = self.lacks(tip);
        if !records.is_empty() {
            let records_sent = count(&records);
            self.tell(cx, node, Command::AppendLog(records));
            cx.note(MhaEvent::Levelled {
                node,
                records: records_sent,
            });
        }
    }
}
