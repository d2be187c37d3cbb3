//! The stages of a failover: what nodes and managers did on the way from the fault to the promotion.

use std::collections::BTreeMap;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Millis;
use crate::event::{Event, EventKind};
use crate::ids::{NodeId, NodeSet};
use crate::manager::mha::{MhaPhase, SecondaryVerdict};
use crate::manager::{ManagerEvent, MhaEvent, SentinelEvent};
use crate::time::Time;

macro_rules! stages {
    ($($(#[$doc:meta])* $stage:ident: $name:literal),* $(,)?) => {
        /// Something that happened on the way to a promotion.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Stage {
            $($(#[$doc])* $stage),*
        }

        impl Stage {
            /// All of them, in the order in which they usually come.
            pub const ALL: &[Self] = &[$(Self::$stage),*];

            /// What it is called in a report.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$stage => $name),*
                }
            }
        }
    };
}

stages!(
    /// A person asked Patroni for a failover to the node (`patronictl failover`).
    Wanted: "wanted_ms",
    /// The agent beside the old primary gave up reaching the store (R-PT-5).
    StoreUnreachable: "store_unreachable_ms",
    /// The watchdog reset the old primary's host (R-PT-7).
    HostReset: "host_reset_ms",
    /// The old primary was told to step down, or stopped, by its agent.
    Demoted: "demoted_ms",
    /// Its agent began to start its database again in place (R-PT-4).
    RestartedInPlace: "restarted_in_place_ms",
    /// The lease ran out, and the leader key with it (R-PT-11).
    LeaseExpired: "lease_expired_ms",
    /// The leader key was given up.
    KeyReleased: "key_released_ms",
    /// An agent took the leader key: it won the race (R-PT-3).
    KeyTaken: "key_taken_ms",
    /// Patroni 3.0: an agent that had been frozen put its key over the new leader's (R-PT-7).
    KeyStolen: "key_stolen_ms",
    /// MHA: the first of the pings in a row that failed (R-MH-2).
    FirstPingFailed: "first_ping_failed_ms",
    /// MHA: the fourth (R-MH-2).
    FourthPingFailed: "fourth_ping_failed_ms",
    /// MHA: no other route reaches the source either (R-MH-3).
    HeldForDead: "held_for_dead_ms",
    /// MHA, phase 1: are the other servers fit? (R-MH-4)
    ConfigurationPhase: "configuration_phase_ms",
    /// MHA, phase 2: the dead source is shut out.
    ShutOutPhase: "shut_out_phase_ms",
    /// MHA, phase 3.1: who received most?
    LatestPhase: "latest_phase_ms",
    /// MHA, phase 3.2: the end of the dead source's binlog is saved.
    SaveBinlogPhase: "save_binlog_phase_ms",
    /// MHA, phase 3.3: the new source is chosen.
    NewSourceChosen: "new_source_chosen_ms",
    /// MHA, phase 3.4: what the less advanced lack.
    DifferentialLogPhase: "differential_log_phase_ms",
    /// MHA, phase 3.5: the new source gets what it lacks.
    ApplyPhase: "apply_phase_ms",
    /// MHA, phase 3.5: the new source applies what it has.
    PromotePhase: "promote_phase_ms",
    /// Sentinel: the first one held the primary for down (SDOWN).
    HeldDown: "held_down_ms",
    /// Sentinel: as many as the quorum did (ODOWN).
    Agreed: "agreed_ms",
    /// Sentinel: one stood for leader of the failover.
    LeaderStood: "leader_stood_ms",
    /// Sentinel: a majority had voted for it.
    LeaderElected: "leader_elected_ms",
    /// Sentinel: it chose the replica.
    ReplicaSelected: "replica_selected_ms",
    /// Textbook: the new primary won its election.
    Won: "won_ms",
    /// The new primary was told to become one, and first replayed what it had (R-PG-15).
    PromotionStarted: "promotion_started_ms",
);

const COUNT: usize = Stage::ALL.len();

impl Stage {
    /// Whether it shows that somebody had noticed that the primary is not fit.
    fn detects(self) -> bool {
        matches!(
            self,
            Self::HostReset
                | Self::Demoted
                | Self::RestartedInPlace
                | Self::LeaseExpired
                | Self::KeyReleased
                | Self::KeyStolen
                | Self::FourthPingFailed
                | Self::Agreed
        )
    }
}

/// When each stage was reached, counted from the beginning of the failover.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stages([Option<Millis>; COUNT]);

impl Stages {
    /// When a stage was reached, if it was.
    #[must_use]
    pub fn at(&self, stage: Stage) -> Option<Millis> {
        self.0[stage as usize]
    }

    /// Those that were reached, in the order of time.
    #[must_use]
    pub fn reached(&self) -> Vec<(Stage, Millis)> {
        let found = Stage::ALL
            .iter()
            .filter_map(|&stage| Some((stage, self.at(stage)?)));
        let mut found: Vec<_> = found.collect();
        found.sort_by_key(|&(stage, at)| (at, stage));
        found
    }
}

impl Serialize for Stages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let reached = self.reached();
        let mut map = serializer.serialize_map(Some(reached.len()))?;
        for (stage, at) in reached {
            map.serialize_entry(stage.name(), &at)?;
        }
        map.end()
    }
}

/// The stages of the failover that may be under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    at: [Option<Time>; COUNT],
    /// Which Sentinels hold the primary for down.
    hold_down: u64,
    /// When each Sentinel last stood for leader.
    stood: BTreeMap<u8, Time>,
    /// Whom a person asked Patroni to fail over to.
    wanted: Option<NodeId>,
}

impl Progress {
    /// The primary is well, or there is a new one.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// The stages from an instant on.
    pub(super) fn since(&self, began: Time) -> Stages {
        let span = |at: Option<Time>| {
            at.filter(|&at| at >= began)
                .map(|at| Millis(at.since(began)))
        };
        Stages(self.at.map(span))
    }

    /// When the first one was reached.
    pub(super) fn first(&self) -> Option<Time> {
        self.at.iter().flatten().min().copied()
    }

    /// When a manager first showed that it had noticed, from an instant on.
    pub(super) fn detected(&self, from: Time) -> Option<Time> {
        let detecting = Stage::ALL.iter().filter(|stage| stage.detects());
        detecting
            .filter_map(|&stage| self.at[stage as usize])
            .filter(|&at| at >= from)
            .min()
    }

    /// When it was told to become primary.
    pub(super) fn promotion_started(&self) -> Option<Time> {
        self.at[Stage::PromotionStarted as usize]
    }

    /// Whom a person asked Patroni to fail over to, and when.
    pub(super) fn wanted(&self) -> Option<(NodeId, Time)> {
        Some((self.wanted?, self.at[Stage::Wanted as usize]?))
    }

    /// Whether an agent put its key over the leader's.
    pub(super) fn key_was_stolen(&self) -> bool {
        self.at[Stage::KeyStolen as usize].is_some()
    }

    /// Whether the agent beside the primary began to start its database again.
    pub(super) fn restarts_in_place(&self) -> bool {
        self.at[Stage::RestartedInPlace as usize].is_some()
    }

    fn first_time(&mut self, stage: Stage, at: Time) {
        self.at[stage as usize].get_or_insert(at);
    }

    fn newest(&mut self, stage: Stage, at: Time) {
        self.at[stage as usize] = Some(at);
    }

    /// Reads one event. `leader` is the present primary; `writers` take writes.
    pub(super) fn event(&mut self, event: &Event, leader: NodeId, writers: NodeSet) {
        let at = event.at;
        match event.kind {
            EventKind::HostReset { node } if node == leader => self.newest(Stage::HostReset, at),
            EventKind::PromotionStarted { .. } => self.newest(Stage::PromotionStarted, at),
            EventKind::Won { .. } => self.newest(Stage::Won, at),
            EventKind::Manager(ManagerEvent::Mha(event)) => self.mha(event, at),
            EventKind::Manager(ManagerEvent::Sentinel(event)) => self.sentinel(event, at, leader),
            EventKind::Manager(event) => self.patroni(event, at, leader, writers),
            _ => {}
        }
    }

    fn patroni(&mut self, event: ManagerEvent, at: Time, leader: NodeId, writers: NodeSet) {
        match event {
            // All is well, unless a person has asked for a failover that is still to come.
            ManagerEvent::LockRenewed { node }
                if node == leader && writers.contains(node) && self.wanted.is_none() =>
            {
                self.forget();
            }
            ManagerEvent::FailoverWanted { candidate } => {
                self.wanted = Some(candidate);
                self.newest(Stage::Wanted, at);
            }
            ManagerEvent::StoreUnreachable { node } if node == leader => {
                self.first_time(Stage::StoreUnreachable, at);
            }
            ManagerEvent::Demotes { node, .. } if node == leader => {
                self.first_time(Stage::Demoted, at);
            }
            ManagerEvent::RestartsInPlace { node } if node == leader => {
                self.first_time(Stage::RestartedInPlace, at);
            }
            ManagerEvent::LeaseExpired { .. } => self.newest(Stage::LeaseExpired, at),
            ManagerEvent::LockReleased { .. } => self.newest(Stage::KeyReleased, at),
            ManagerEvent::LockTaken { .. } => self.newest(Stage::KeyTaken, at),
            ManagerEvent::LockStolen { .. } => self.newest(Stage::KeyStolen, at),
            _ => {}
        }
    }

    fn mha(&mut self, event: MhaEvent, at: Time) {
        match event {
            MhaEvent::PingFailed { times: 1, .. } => {
                self.forget();
                self.newest(Stage::FirstPingFailed, at);
            }
            MhaEvent::PingFailed { times: 4, .. } => self.newest(Stage::FourthPingFailed, at),
            MhaEvent::Checked {
                secondary: SecondaryVerdict::Down,
                ..
            } => self.newest(Stage::HeldForDead, at),
            // It counts from the start again, or ends.
            MhaEvent::Checked { .. } | MhaEvent::GaveUp { .. } | MhaEvent::Failed { .. } => {
                self.forget();
            }
            MhaEvent::Chosen { .. } => self.newest(Stage::NewSourceChosen, at),
            MhaEvent::Phase { phase } => {
                let stage = match phase {
                    MhaPhase::Configuration => Stage::ConfigurationPhase,
                    MhaPhase::ShutOut => Stage::ShutOutPhase,
                    MhaPhase::Latest => Stage::LatestPhase,
                    MhaPhase::SaveBinlog => Stage::SaveBinlogPhase,
                    MhaPhase::DifferentialLog => Stage::DifferentialLogPhase,
                    MhaPhase::Apply => Stage::ApplyPhase,
                    MhaPhase::Promote => Stage::PromotePhase,
                    // The new source takes writes by then.
                    MhaPhase::Replicas => return,
                };
                self.newest(stage, at);
            }
            _ => {}
        }
    }

    fn sentinel(&mut self, event: SentinelEvent, at: Time, leader: NodeId) {
        match event {
            SentinelEvent::Down {
                by,
                node,
                down: true,
            } if node == leader => {
                self.hold_down |= 1 << by;
                self.first_time(Stage::HeldDown, at);
            }
            SentinelEvent::Down { by, node, .. } if node == leader => {
                self.hold_down &= !(1 << by);
                if self.hold_down == 0 {
                    self.forget();
                }
            }
            SentinelEvent::Agreed { down: true, .. } => self.first_time(Stage::Agreed, at),
            SentinelEvent::Stood { by, .. } => {
                self.stood.insert(by, at);
            }
            SentinelEvent::Elected { by, .. } => {
                self.at[Stage::LeaderStood as usize] = self.stood.get(&by).copied();
                self.newest(Stage::LeaderElected, at);
            }
            SentinelEvent::Selected { .. } => self.newest(Stage::ReplicaSelected, at),
            SentinelEvent::Aborted { .. } => {
                for stage in [
                    Stage::LeaderStood,
                    Stage::LeaderElected,
                    Stage::ReplicaSelected,
                ] {
                    self.at[stage as usize] = None;
                }
            }
            _ => {}
        }
    }
}
