//! What happens in a random scenario.

use super::{Dice, Limits, Theme, databases, hosts, managers, routing};
use crate::ids::{ClientId, Key, MessageId, NodeId, OpId};
use crate::scenario::{
    Action, Admin, Cluster, Database, Endpoint, Failover, KillKind, Manager, Mode, Routing,
    Service, ServiceAction, Setting, Settings, SynchronousMode, TimedAction,
};
use crate::time::Time;

/// The actions of a scenario, in order of time.
pub(super) fn actions(
    mut dice: Dice,
    theme: Theme,
    limits: Limits,
    cluster: &Cluster,
    settings: &Settings,
    keys: u32,
) -> Vec<TimedAction> {
    let until = limits.faults_until(theme).0;
    let mut times: Vec<u64> = (0..dice.between(1, limits.actions))
        .map(|_| dice.below(until))
        .collect();
    times.sort_unstable();
    let mut maker = Maker {
        dice,
        settings,
        cluster,
        keys,
        theme,
        limits,
        lost_disk: false,
    };
    let mut actions = Vec::new();
    for at in times {
        let (action, undo) = maker.action();
        let action = TimedAction {
            at_us: Time(at),
            action,
        };
        actions.push(action);
        // Faults that nobody mends leave little to see after the third, and a manager is there for the ones after it.
        if theme.is_managed()
            && let Some(action) = undo
            && !maker.dice.one_in(4)
        {
            let lasts = maker.dice.between(100_000, 40_000_000);
            let at_us = Time((at + lasts).min(until));
            actions.push(TimedAction { at_us, action });
        }
    }
    actions.sort_by_key(|timed| timed.at_us);
    actions
}

/// Makes actions.
struct Maker<'a> {
    dice: Dice,
    settings: &'a Settings,
    cluster: &'a Cluster,
    keys: u32,
    theme: Theme,
    limits: Limits,
    lost_disk: bool,
}

/// Something that happens, and what takes it back.
type Fault = (Action, Option<Action>);

impl Maker<'_> {
    fn action(&mut self) -> Fault {
        let dice = &mut self.dice;
        // What happens to the primary matters most, and it is n1 until it is not.
        let node = if dice.one_in(3) {
            NodeId(0)
        } else {
            dice.node(self.cluster)
        };
        if self.theme != Theme::PatroniSync
            && !self.theme.is_textbook()
            && dice.one_in(if self.theme.is_managed() { 8 } else { 3 })
            && let Some(action) = self.command(node)
        {
            return (action, None);
        }
        if self.theme.is_managed() && self.dice.one_in(3) {
            return self.service();
        }
        if !self.lost_disk && self.may_lose_disk(node) {
            self.lost_disk = true;
            return (Action::LoseHost { node }, Some(Action::Restart { node }));
        }
        self.fault(node)
    }

    /// Whether the disk of a node may be lost. Where a person mends, n1 has the data that all are filled from.
    fn may_lose_disk(&mut self, node: NodeId) -> bool {
        match self.theme {
            Theme::LostDisk => self.dice.one_in(3),
            Theme::Patroni | Theme::Sentinel => self.dice.one_in(20),
            Theme::Postgresql | Theme::Mysql | Theme::Mariadb | Theme::Mha => {
                node != NodeId(0) && self.dice.one_in(20)
            }
            Theme::Textbook | Theme::Linearizable | Theme::PatroniSync => false,
        }
    }

    fn fault(&mut self, node: NodeId) -> Fault {
        let (from, to) = self.ends();
        let freezes = self.may_freeze();
        let dice = &mut self.dice;
        match dice.below(26) {
            0..=2 => (
                Action::Kill {
                    node,
                    how: dice.pick(&[
                        KillKind::PowerOff,
                        KillKind::Process,
                        KillKind::AllProcesses,
                    ]),
                },
                Some(Action::Restart { node }),
            ),
            3..=5 => (Action::Restart { node }, None),
            6 | 7 if freezes => (Action::Freeze { node }, Some(Action::Thaw { node })),
            8 | 9 => (Action::Thaw { node }, None),
            10 => (
                Action::Slow {
                    node,
                    factor: dice.pick(&[1, 10, 200]),
                },
                Some(Action::Slow { node, factor: 1 }),
            ),
            11 | 12 => (Action::Isolate { node }, Some(Action::Reconnect { node })),
            13 => (Action::Reconnect { node }, None),
            14 | 15 => (
                Action::CutLink { from, to },
                Some(Action::HealLink { from, to }),
            ),
            16 => (Action::HealLink { from, to }, None),
            17 => (
                Action::SetLink {
                    from,
                    to,
                    link: dice.link(),
                },
                None,
            ),
            18 if self.theme != Theme::PatroniSync => (Action::Promote { node }, None),
            19 => (self.message(), None),
            22..=24 => (self.setting(), None),
            25 => (Action::HealAll, None),
            _ => (self.operation(node), None),
        }
    }

    /// In quorum mode a frozen agent without a watchdog ends all promises (see `promises`): such scenarios are without it.
    fn may_freeze(&self) -> bool {
        match &self.settings.manager {
            Manager::Patroni(patroni) if self.theme == Theme::PatroniSync => {
                patroni.watchdog_device || patroni.synchronous_mode == SynchronousMode::On
            }
            _ => true,
        }
    }

    /// Something that is done to a process beside the databases, or to its links.
    fn service(&mut self) -> Fault {
        let (store, monitors) = hosts(&self.settings.manager);
        let freezes = self.may_freeze();
        let dice = &mut self.dice;
        let service = if store > 0 && (dice.one_in(2) || !freezes) {
            Service::Store(dice.below(u64::from(store)) as u8)
        } else if store > 0 {
            Service::Agent(dice.node(self.cluster))
        } else {
            Service::Monitor(dice.below(u64::from(monitors)) as u8)
        };
        let what = |what| Action::Service { service, what };
        match dice.below(6) {
            0 | 1 => (
                what(ServiceAction::Kill),
                Some(what(ServiceAction::Restart)),
            ),
            2 | 3 => (what(ServiceAction::Freeze), Some(what(ServiceAction::Thaw))),
            4 => (what(ServiceAction::Restart), None),
            _ => (what(ServiceAction::Thaw), None),
        }
    }

    /// The ends of a link.
    fn ends(&mut self) -> (Endpoint, Endpoint) {
        let (store, monitors) = hosts(&self.settings.manager);
        let dice = &mut self.dice;
        let node = dice.node(self.cluster);
        let step = dice.between(1, u64::from(self.cluster.replicas)) as u8;
        let other: Endpoint = NodeId((node.0 + step) % (self.cluster.replicas + 1)).into();
        let host = if store > 0 {
            Endpoint::Store(dice.below(u64::from(store)) as u8)
        } else if monitors > 0 {
            Endpoint::Monitor(dice.below(u64::from(monitors)) as u8)
        } else {
            other
        };
        let second = match host {
            Endpoint::Store(index) if store > 1 => Endpoint::Store((index + 1) % store),
            Endpoint::Monitor(index) if monitors > 1 => Endpoint::Monitor((index + 1) % monitors),
            _ => other,
        };
        let node: Endpoint = node.into();
        match dice.below(10) {
            0 => (Endpoint::Clients, node),
            1 => (node, Endpoint::Clients),
            2 | 3 => (node, host),
            4 | 5 => (host, node),
            6 if host != other => (host, second),
            _ => (node, other),
        }
    }

    fn message(&mut self) -> Action {
        let most = if self.theme.is_managed() {
            40_000
        } else {
            4_000
        };
        let message = MessageId(self.dice.between(1, most));
        let steady = matches!(self.theme, Theme::Linearizable | Theme::PatroniSync);
        match self.dice.below(if steady { 4 } else { 5 }) {
            0 => Action::HoldMessage { message },
            1 => Action::ReleaseMessage { message },
            2 => Action::DropMessage { message },
            3 => Action::DelayMessage {
                message,
                by_us: self.dice.below(2_000_000),
            },
            _ => Action::DuplicateMessage { message },
        }
    }

    fn operation(&mut self, node: NodeId) -> Action {
        let dice = &mut self.dice;
        let client = ClientId(dice.below(self.cluster.clients.len() as u64) as u16);
        let key = Key(dice.below(u64::from(self.keys)) as u32);
        if dice.one_in(2) {
            let postgresql = matches!(self.settings.database, Database::Postgresql(_));
            return Action::Write {
                client,
                key,
                value: None,
                node: dice.one_in(4).then_some(node),
                synchronous_commit: (postgresql && dice.one_in(2)).then(|| databases::level(dice)),
            };
        }
        Action::Read {
            client,
            key,
            node: dice.one_in(2).then_some(node),
        }
    }

    fn setting(&mut self) -> Action {
        let (cluster, settings) = (self.cluster, self.settings);
        let steady = matches!(self.theme, Theme::Linearizable | Theme::PatroniSync);
        let dice = &mut self.dice;
        let rates = super::rates(self.theme);
        Action::Set(if self.theme.is_textbook() {
            let members_stay = self.theme == Theme::LostDisk;
            match dice.below(9) {
                0 | 1 if !steady => {
                    Setting::Mode(dice.pick(&[Mode::Async, Mode::SemiSync, Mode::Sync]))
                }
                2 => Setting::SemiSync(dice.semi_sync(cluster)),
                3 if !members_stay => Setting::Sync(dice.sync(cluster)),
                4 => Setting::Failover(dice.pick(&[Failover::Manual, Failover::Election])),
                5 if !steady && self.limits.fencing_may_be_off => Setting::Fencing(dice.one_in(2)),
                6 if !steady => Setting::Reads(dice.reads()),
                7 => Setting::Timers(dice.timers()),
                8 if !steady => Setting::Routing(routing::routing(dice, &settings.database)),
                _ => Setting::Workload(dice.workload(self.keys, rates)),
            }
        } else {
            match dice.below(8) {
                0..=2 if !steady => {
                    Setting::Database(databases::other(dice, cluster, &settings.database))
                }
                3 | 4 if !steady && settings.manager != Manager::None => {
                    Setting::Manager(managers::other(dice, cluster, &settings.manager))
                }
                5 if settings.routing != Routing::Plain => {
                    Setting::Routing(routing::routing(dice, &settings.database))
                }
                6 => Setting::Timers(dice.timers()),
                _ => Setting::Workload(dice.workload(self.keys, rates)),
            }
        })
    }

    /// Something that a person does to a database server. Nothing that would leave nobody with the data: n1 is never filled
    /// from another.
    fn command(&mut self, node: NodeId) -> Option<Action> {
        let dice = &mut self.dice;
        let other = dice.node(self.cluster);
        let postgresql = matches!(self.settings.database, Database::Postgresql(_));
        let op = OpId(dice.between(1, 300) as u32);
        let command = match dice.below(14) {
            0 => return Some(Action::Promote { node }),
            1 | 2 => Admin::Follow { upstream: other },
            3 if postgresql => Admin::Rewind { source: other },
            4 if node != NodeId(0) => Admin::Rebuild { source: other },
            5 => Admin::PauseReplay,
            6 => Admin::ResumeReplay,
            7 => Admin::StopReceiver,
            8 => Admin::StartReceiver,
            9 => Admin::CancelWait { op },
            10 => Admin::TerminateBackend { op },
            11 => Admin::TerminateSender { standby: other },
            12 if postgresql => Admin::ConflictingQuery {
                for_us: dice.between(1, 5_000_000),
            },
            13 if !postgresql => Admin::ResetReplica,
            _ => return None,
        };
        Some(Action::Admin { node, command })
    }
}
