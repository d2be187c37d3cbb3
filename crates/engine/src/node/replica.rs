//! The replica's side: receive, flush, apply, answer; find a primary, follow it, be rewound or refilled for it.

use std::sync::Arc;

use super::processor::Job;
use super::table::Table;
use super::wal::{Record, Wal};
use super::{Context, Node, Role, Timer};
use crate::event::EventKind;
use crate::ids::{Lsn, NodeId, Timeline};
use crate::message::{BaseBackup, Electable, Message, ReplyAt};
use crate::time::{Span, Time};

/// Whom a node follows, and how far it trusts that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Follow {
    /// The timeline of the primary that agreed to stream.
    pub(super) streaming: Option<Timeline>,
    /// When it last heard from a legitimate primary.
    pub(super) last_heard: Time,
    /// For how long since then it promised to elect nobody else.
    pub(super) patience: Span,
    /// When it last asked to follow, so that it does not ask at every heartbeat.
    asked_at: Option<Time>,
    /// When the primary's answers are wanted for the last batch.
    reply_at: ReplyAt,
    /// The position it is being rewound to.
    pub(super) rewinding: Option<Lsn>,
    /// Rewinding is not possible or the disk is empty: only a full copy helps.
    pub(super) needs_backup: bool,
    /// Whether a job to apply a record is in the processor's queue.
    applying: bool,
}

/// What a heartbeat says.
pub(super) struct Heartbeat {
    pub(super) timeline: Timeline,
    pub(super) sent_at: Time,
    pub(super) patience: Span,
    pub(super) sent: Option<Lsn>,
    pub(super) open: bool,
    pub(super) electable: Electable,
}

/// What a replica has just done with some records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Received,
    Flushed,
    Applied,
}

impl Follow {
    /// A node that has just started. It takes it that it has just heard a primary: what it promised before is forgotten.
    pub(super) fn starting(now: Time, patience: Span) -> Self {
        Self {
            streaming: None,
            last_heard: now,
            patience,
            asked_at: None,
            reply_at: ReplyAt::Flush,
            rewinding: None,
            needs_backup: false,
            applying: false,
        }
    }

    pub(super) fn stop_following(&mut self, now: Time, patience: Span) {
        let (needs_backup, applying) = (self.needs_backup, self.applying);
        *self = Self {
            needs_backup,
            applying,
            ..Self::starting(now, patience)
        };
    }

    /// Forgets what a crash makes a node forget.
    pub(super) fn forget(&mut self) {
        *self = Self {
            needs_backup: self.needs_backup,
            ..Self::starting(self.last_heard, self.patience)
        };
    }
}

impl Node {
    pub(super) fn on_heartbeat(&mut self, cx: &mut Context<'_>, from: NodeId, beat: Heartbeat) {
        if self.primary.is_some() {
            let mine = self.timeline();
            if beat.timeline > mine && cx.settings.fencing {
                self.step_down(cx);
            } else {
                if beat.timeline < mine {
                    self.refuse_heartbeat(cx, from);
                }
                return;
            }
        }
        if beat.timeline < self.ballot.known || beat.timeline.term() < self.ballot.term {
            self.refuse_heartbeat(cx, from);
            return;
        }
        let news = beat.timeline > self.ballot.known;
        self.ballot.known = beat.timeline;
        if beat.timeline.term() > self.ballot.term {
            self.ballot.term = beat.timeline.term();
            self.ballot.voted_for = Some(beat.timeline.owner());
        }
        self.follow.last_heard = cx.now;
        self.follow.patience = beat.patience;
        // A person asked this node to replace that very primary; only a newer one ends the attempt.
        if news || !self.stands_by_request() {
            self.drop_candidacy(cx);
        }
        if self
            .follow
            .streaming
            .is_some_and(|timeline| timeline != beat.timeline)
        {
            self.follow.streaming = None;
            self.follow.asked_at = None;
        }
        if self.ballot.blank {
            // It does not know what it promised before its disk was lost, so it must not count for anybody's lease.
            self.ask_what_was_promised(cx);
        } else {
            self.ballot.electable = self.ballot.electable.max(beat.electable);
            let streaming = self.follow.streaming.is_some();
            let ack = Message::HeartbeatAck {
                timeline: beat.timeline,
                sent_at: beat.sent_at,
                patience: beat.patience,
                electable: self.ballot.electable,
                positions: streaming.then(|| self.positions()),
                gap: streaming && beat.sent.is_some_and(|sent| sent > self.wal.tip().lsn),
            };
            cx.send(from, ack);
        }
        if beat.open && (self.follow.streaming.is_none() || beat.sent.is_none()) {
            self.ask_to_follow(cx, from);
        }
    }

    fn refuse_heartbeat(&self, cx: &mut Context<'_>, from: NodeId) {
        let timeline = if self.primary.is_some() {
            self.timeline()
        } else {
            self.ballot.known
        };
        cx.send(
            from,
            Message::HeartbeatRefused {
                term: self.ballot.term,
                timeline,
            },
        );
    }

    fn ask_to_follow(&mut self, cx: &mut Context<'_>, primary: NodeId) {
        let again_after = Span(self.follow.patience.0 / 2);
        if self.follow.rewinding.is_some()
            || self.restoring.is_some()
            || self
                .follow
                .asked_at
                .is_some_and(|asked| cx.now < asked + again_after)
        {
            return;
        }
        self.follow.asked_at = Some(cx.now);
        let ask = Message::Follow {
            timeline: self.ballot.known,
            tip: self.wal.tip(),
            positions: self.positions(),
            history: Arc::new(self.wal.history().to_vec()),
            empty: self.follow.needs_backup,
        };
        cx.send(primary, ask);
    }

    pub(super) fn on_stream(&mut self, cx: &mut Context<'_>, timeline: Timeline) {
        if !self.may_follow(timeline) || self.follow.rewinding.is_some() || self.follow.needs_backup
        {
            return;
        }
        if self.follow.streaming != Some(timeline) {
            self.follow.streaming = Some(timeline);
            self.role = Role::Replica;
            cx.event(EventKind::Following {
                node: self.id,
                timeline,
            });
        }
        self.follow.asked_at = None;
        self.apply_next(cx);
    }

    /// Whether records and agreements of this timeline still count: the node has neither heard of a newer one nor voted
    /// for anybody since.
    fn may_follow(&self, timeline: Timeline) -> bool {
        self.primary.is_none()
            && timeline == self.ballot.known
            && timeline.term() >= self.ballot.term
    }

    pub(super) fn on_follow_refused(
        &mut self,
        cx: &mut Context<'_>,
        timeline: Timeline,
        fork: Lsn,
    ) {
        if !self.may_follow(timeline)
            || self.follow.rewinding.is_some()
            || fork >= self.wal.tip().lsn
        {
            return;
        }
        self.drop_candidacy(cx);
        self.role = Role::Demoted;
        self.follow.streaming = None;
        self.follow.rewinding = Some(fork);
        cx.timer(Span(cx.settings.timers.rewind_us), Timer::Rewound);
    }

    /// R-PG-17: the records after the fork vanish, here and nowhere else, and the node can follow.
    pub(super) fn on_rewound(&mut self, cx: &mut Context<'_>) {
        let Some(fork) = self.follow.rewinding.take() else {
            return;
        };
        self.follow.asked_at = None;
        let erased = self.wal.tip().lsn.ahead_of(fork);
        if self.table.rewind(&self.wal, fork).is_err() {
            self.follow.needs_backup = true;
        } else {
            self.wal.truncate(fork);
            for position in [&mut self.write, &mut self.flush, &mut self.replay] {
                *position = (*position).min(fork);
            }
            cx.event(EventKind::Rewound {
                node: self.id,
                fork,
                erased: u32::try_from(erased).unwrap_or(u32::MAX),
            });
        }
        self.ask_to_follow(cx, self.ballot.known.owner());
    }

    pub(super) fn on_backup(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        timeline: Timeline,
        copy: &Arc<BaseBackup>,
    ) {
        if !self.may_follow(timeline) || self.restoring.is_some() {
            return;
        }
        self.restoring = Some((from, timeline, Arc::clone(copy)));
        cx.timer(Span(cx.settings.timers.base_backup_us), Timer::Restored);
    }

    /// The copy is on the disk: what was there before is gone.
    pub(super) fn on_restored(&mut self, cx: &mut Context<'_>) {
        let Some((from, timeline, copy)) = self.restoring.take() else {
            return;
        };
        self.follow.asked_at = None;
        if !self.may_follow(timeline) {
            return;
        }
        let copy = copy.as_ref().clone();
        let lsn = copy.tip.lsn;
        self.wal = Wal::after_backup(copy.tip, copy.history);
        self.table = Table::from_backup(copy.rows, copy.heads);
        (self.write, self.flush, self.replay) = (lsn, lsn, lsn);
        self.follow.needs_backup = false;
        self.follow.rewinding = None;
        self.follow.asked_at = None;
        cx.event(EventKind::BackupRestored { node: self.id, lsn });
        self.ask_to_follow(cx, from);
    }

    pub(super) fn on_wal(
        &mut self,
        cx: &mut Context<'_>,
        from: NodeId,
        timeline: Timeline,
        prev: Lsn,
        records: &[Record],
        reply_at: ReplyAt,
    ) {
        if !self.may_follow(timeline) || self.follow.streaming != Some(timeline) {
            return;
        }
        self.follow.reply_at = reply_at;
        let tip = self.wal.tip().lsn;
        if prev > tip {
            // Something before this batch is missing: a message was dropped or overtaken.
            let ack = Message::WalAck {
                timeline,
                positions: self.positions(),
                gap: true,
            };
            cx.send(from, ack);
            return;
        }
        let new = records.iter().filter(|record| record.lsn > tip);
        let mut any = false;
        for record in new {
            self.wal.append(*record);
            self.table.logged(record);
            any = true;
        }
        if any {
            cx.event(EventKind::Received {
                node: self.id,
                lsn: self.wal.tip().lsn,
            });
            self.acknowledge(cx, Progress::Received);
            self.start_flush(cx);
        } else {
            cx.send(
                from,
                Message::WalAck {
                    timeline,
                    positions: self.positions(),
                    gap: false,
                },
            );
        }
    }

    /// Tells the primary how far this node has come, if the primary wants to know at this point.
    pub(super) fn acknowledge(&mut self, cx: &mut Context<'_>, progress: Progress) {
        let Some(timeline) = self
            .follow
            .streaming
            .filter(|&timeline| self.may_follow(timeline))
        else {
            return;
        };
        let wanted = match progress {
            Progress::Received => self.follow.reply_at >= ReplyAt::Write,
            Progress::Flushed => true,
            Progress::Applied => self.follow.reply_at >= ReplyAt::Apply,
        };
        if wanted {
            let ack = Message::WalAck {
                timeline,
                positions: self.positions(),
                gap: false,
            };
            cx.send(timeline.owner(), ack);
        }
    }

    /// Lets the processor apply the next record that is on disk (a replica replays only what it has flushed, R-PG-3).
    pub(super) fn apply_next(&mut self, cx: &mut Context<'_>) {
        let idle =
            !self.follow.applying && self.follow.rewinding.is_none() && !self.follow.needs_backup;
        if idle && self.replay < self.flush {
            self.follow.applying = true;
            self.enqueue(cx, Job::Apply);
        }
    }

    pub(super) fn on_applied(&mut self, cx: &mut Context<'_>) {
        self.follow.applying = false;
        if self.primary.as_ref().is_some() && self.role != Role::Promoting
            || self.replay >= self.flush
        {
            return;
        }
        let Some(record) = self.wal.get(self.replay.next()).copied() else {
            return;
        };
        self.table.apply(&record);
        self.replay = record.lsn;
        cx.event(EventKind::Replayed {
            node: self.id,
            lsn: record.lsn,
        });
        self.acknowledge(cx, Progress::Applied);
        self.apply_next(cx);
        self.open_if_ready(cx);
    }
}
