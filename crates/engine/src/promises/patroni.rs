//! What a cluster under Patroni promises.
//!
//! *One primary.* The lock has one holder at a time; what a leader does with it is its agent's affair. An agent that runs
//! demotes before its lease ends (R-PT-5). One that does not run, beside a database that does, demotes nothing: that is a
//! split brain (R-PT-7), unless a watchdog resets the host in time. Patroni 3.0 also lets an agent that was frozen put its key
//! over another leader's.
//!
//! *Acked writes.* In synchronous mode a commit waits for everybody in `/sync`, and only they, or the leader itself, may win
//! (R-PT-8): who is promoted streams from the old leader no more, so that one can ack nothing either, whether or not its agent
//! runs. Alone in `/sync` it acks alone, and nobody else is promoted. One gap is Patroni's own: an agent that froze in the middle
//! of a round goes on with it when it thaws. If the key of whoever led meanwhile has run out as well, its renewal makes the key
//! anew (etcd3.py `_update_leader`: bound to another session, else created), although its database is of the timeline before;
//! without a watchdog what the other acked is lost. In quorum mode a commit waits for any k (R-PT-9), and an old leader whose agent
//! does not run can still get its k from standbys that nobody has repointed yet, so there it takes the watchdog too. What a person
//! forces, and a lost disk, is outside of both.
//!
//! *Votes of quorum mode* compare positions, not histories (ha.py `_is_healthiest_node`), and a new leader goes on with the leader
//! of before among its voters. If that one has more log of the older timeline than the others have of the newer, and the new leader
//! dies before it has rewound, they vote for it, and what was acked on the newer timeline is lost.
//!
//! *Maintenance mode* (`pause`). A leader that loses its lock goes on as primary, and a database that a person starts is what it
//! was; no watchdog is fed. When the mode ends, another may win before an agent that does not answer has stopped such a primary. So
//! with it there may be two primaries, as with a leader whose agent does not run.

use crate::ids::Timeline;
use crate::scenario::{
    Action, Admin, Patroni, PatroniVersion, Service, ServiceAction, SynchronousMode, WatchdogMode,
};

/// What is known of a run under Patroni.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnderPatroni {
    version: PatroniVersion,
    mode: SynchronousMode,
    /// The synchronous mode has not changed.
    mode_stayed: bool,
    /// Hosts have had a watchdog, fed by the leader, all the time.
    watchdog: bool,
    /// No agent was frozen or ended beside a database that lives.
    agents_run: bool,
    /// No agent was frozen, alone or with its host.
    never_frozen: bool,
    /// Maintenance mode was never on.
    never_paused: bool,
    /// Nobody has forced anything.
    hands_off: bool,
    disks_are_whole: bool,
    /// The highest number of a timeline that was opened.
    newest: u32,
    /// Nobody was promoted who did not know the newest timeline.
    newest_goes_on: bool,
}

impl UnderPatroni {
    pub(super) fn new(patroni: &Patroni) -> Self {
        Self {
            version: patroni.version,
            mode: patroni.synchronous_mode,
            mode_stayed: true,
            watchdog: true,
            agents_run: true,
            never_frozen: true,
            never_paused: true,
            hands_off: true,
            disks_are_whole: true,
            newest: 1,
            newest_goes_on: true,
        }
    }

    pub(super) fn settings(&mut self, patroni: &Patroni) {
        self.mode_stayed &= patroni.synchronous_mode == self.mode;
        self.never_paused &= !patroni.pause;
        // With a margin of 0 it fires when the lease ends, not before.
        self.watchdog &= patroni.watchdog_device
            && patroni.watchdog_mode != WatchdogMode::Off
            && patroni.safety_margin != 0;
    }

    pub(super) fn after(&mut self, action: &Action) {
        self.never_frozen &= !matches!(
            action,
            Action::Freeze { .. }
                | Action::Service {
                    service: Service::Agent(_),
                    what: ServiceAction::Freeze,
                }
        );
        match action {
            Action::Freeze { .. }
            | Action::Service {
                service: Service::Agent(_),
                what: ServiceAction::Kill | ServiceAction::Freeze,
            } => self.agents_run = false,
            Action::LoseHost { .. } => self.disks_are_whole = false,
            Action::Promote { .. } => self.hands_off = false,
            Action::Admin { command, .. } => {
                self.hands_off &= matches!(
                    command,
                    Admin::PauseReplay
                        | Admin::ResumeReplay
                        | Admin::StartReceiver
                        | Admin::TerminateBackend { .. }
                        | Admin::TerminateSender { .. }
                        | Admin::ConflictingQuery { .. }
                );
            }
            _ => {}
        }
    }

    /// A node has opened a timeline: the number after the one that it had.
    pub(super) fn promoted(&mut self, timeline: Timeline) {
        self.newest_goes_on &= timeline.term() > self.newest;
        self.newest = self.newest.max(timeline.term());
    }

    fn leaders_stop(&self) -> bool {
        let in_time = self.agents_run || self.watchdog && self.version == PatroniVersion::V4;
        in_time && self.never_paused
    }

    pub(super) fn one_primary(&self) -> bool {
        self.hands_off && self.leaders_stop()
    }

    pub(super) fn keeps_sync_writes(&self) -> bool {
        let kept = match self.mode {
            SynchronousMode::Off => false,
            SynchronousMode::On => {
                self.leaders_stop() || self.never_frozen && self.version == PatroniVersion::V4
            }
            SynchronousMode::Quorum => self.leaders_stop() && self.newest_goes_on,
        };
        kept && self.mode_stayed && self.hands_off && self.disks_are_whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::NodeId;

    const FREEZE: Action = Action::Freeze { node: NodeId(0) };

    fn under(
        mode: SynchronousMode,
        watchdog_device: bool,
        version: PatroniVersion,
    ) -> UnderPatroni {
        let patroni = Patroni {
            version,
            synchronous_mode: mode,
            watchdog_device,
            ..Patroni::default()
        };
        let mut under = UnderPatroni::new(&patroni);
        under.settings(&patroni);
        under
    }

    fn promises(mut under: UnderPatroni, action: &Action) -> (bool, bool) {
        under.after(action);
        (under.one_primary(), under.keeps_sync_writes())
    }

    #[test]
    fn r_pt_7_an_agent_that_does_not_run_needs_a_watchdog() {
        use PatroniVersion::{V3, V4};
        use SynchronousMode::{Off, On, Quorum};
        for (mode, device, version, expected) in [
            (On, true, V4, (true, true)),
            (On, false, V4, (false, false)),
            (On, true, V3, (false, false)),
            (Quorum, true, V4, (true, true)),
            (Quorum, false, V4, (false, false)),
            (Off, true, V4, (true, false)),
            (Off, false, V4, (false, false)),
        ] {
            let found = promises(under(mode, device, version), &FREEZE);
            assert_eq!(found, expected, "{mode:?}, {device}, {version:?}");
            // Whoever runs demotes in time.
            let nothing = Action::Isolate { node: NodeId(0) };
            let found = promises(under(mode, device, version), &nothing);
            assert_eq!(found, (true, mode != Off));
        }
        // One that ended begins a new round when it starts, and sees the newer timeline.
        let killed = Action::Service {
            service: Service::Agent(NodeId(0)),
            what: ServiceAction::Kill,
        };
        let found = promises(under(On, false, V4), &killed);
        assert_eq!(found, (false, true));
    }

    #[test]
    fn pause_a_leader_that_loses_its_lock_does_not_stop() {
        use SynchronousMode::{Off, On, Quorum};
        for (mode, expected) in [
            (Off, (false, false)),
            // Whoever acks under `On` waits for all of `/sync`, with the lock or without it.
            (On, (false, true)),
            (Quorum, (false, false)),
        ] {
            let mut paused = under(mode, true, PatroniVersion::V4);
            paused.settings(&Patroni {
                pause: true,
                synchronous_mode: mode,
                watchdog_device: true,
                ..Patroni::default()
            });
            let found = promises(paused, &Action::Isolate { node: NodeId(0) });
            assert_eq!(found, expected, "{mode:?}");
        }
    }

    #[test]
    fn r_pt_9_votes_compare_positions_not_histories() {
        use SynchronousMode::{On, Quorum};
        for (mode, kept) in [(On, true), (Quorum, false)] {
            let mut under = under(mode, false, PatroniVersion::V4);
            under.promoted(Timeline::new(2, NodeId(1)));
            under.promoted(Timeline::new(3, NodeId(2)));
            assert!(under.keeps_sync_writes(), "each knew the one before");
            under.promoted(Timeline::new(3, NodeId(0)));
            assert_eq!(under.keeps_sync_writes(), kept, "{mode:?}");
            assert!(under.one_primary());
        }
    }

    #[test]
    fn r_lw_1_what_a_person_forces_and_a_lost_disk_is_outside() {
        let sync = under(SynchronousMode::On, true, PatroniVersion::V4);
        let node = NodeId(0);
        assert_eq!(promises(sync, &Action::Promote { node }), (false, false));
        assert_eq!(promises(sync, &Action::LoseHost { node }), (true, false));
        let admin = |command| Action::Admin { node, command };
        let op = crate::ids::OpId(1);
        let cancel = admin(Admin::CancelWait { op });
        assert!(!promises(sync, &cancel).1, "acked by hand (R-PG-7)");
        let terminate = admin(Admin::TerminateBackend { op });
        assert!(promises(sync, &terminate).1, "its client does not know");
        let mut changed = sync;
        changed.settings(&Patroni {
            synchronous_mode: SynchronousMode::Quorum,
            ..Patroni::default()
        });
        assert!(!changed.keeps_sync_writes());
    }
}
