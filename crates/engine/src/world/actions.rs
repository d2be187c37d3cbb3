//! What each action does to the world.

mod links;
mod messages;

use super::{Deferred, Health, Simulation};
use crate::event::{EventKind, NoEffect};
use crate::ids::{NodeId, NodeSet, OpId};
use crate::node::server::Command;
use crate::node::{Node, Role};
use crate::oracle::OpKind;
use crate::scenario::{Action, Endpoint, KillKind, Service, Setting};
use crate::time::Span;

type Done = Result<(), NoEffect>;

impl Simulation {
    pub(super) fn apply_action(&mut self, action: &Action) {
        if let Err(why) = self.try_action(action) {
            self.note(EventKind::ActionHadNoEffect { why });
        }
    }

    fn try_action(&mut self, action: &Action) -> Done {
        match *action {
            Action::Write {
                client,
                key,
                value,
                node,
                synchronous_commit,
            } => {
                let value = value.unwrap_or(self.oracle.next_op().0);
                self.issue_at(
                    client,
                    key,
                    OpKind::Write { value },
                    node,
                    synchronous_commit,
                );
                Ok(())
            }
            Action::Admin { node, ref command } => {
                let command = Command::Admin(command.clone());
                if self.command(node, &command) {
                    Ok(())
                } else {
                    Err(NoEffect::CommandRefused)
                }
            }
            Action::Service { service, what } => match self.beside() {
                Some(beside) => beside.act(self, service, what),
                None => Err(NoEffect::SameService),
            },
            Action::Read { client, key, node } => {
                self.issue(client, key, OpKind::Read, node);
                Ok(())
            }
            Action::Kill { node, how } => self.kill(node, how),
            Action::LoseHost { node } => self.lose_host(node),
            Action::Restart { node } => self.restart(node),
            Action::Freeze { node } => self.freeze(node),
            Action::Thaw { node } => self.thaw(node),
            Action::Slow { node, factor } => self.slow(node, factor),
            Action::CutLink { from, to } => {
                self.cut(from, to).then_some(()).ok_or(NoEffect::SameLink)
            }
            Action::HealLink { from, to } => {
                self.heal(from, to).then_some(()).ok_or(NoEffect::SameLink)
            }
            Action::SetLink { from, to, link } => self.set_link(from, to, link),
            Action::Isolate { node } => self.each_link(node, false, Self::cut),
            Action::Reconnect { node } => self.each_link(node, true, Self::heal),
            Action::HealAll => self.heal_all(),
            Action::HoldMessage { message } => self.hold(message),
            Action::ReleaseMessage { message } => self.release(message),
            Action::DropMessage { message } => self.drop_message(message),
            Action::DelayMessage { message, by_us } => self.delay(message, Span(by_us)),
            Action::DuplicateMessage { message } => self.duplicate(message),
            Action::Promote { node } => self.promote(node),
            Action::Set(ref setting) => self.set(setting),
        }
    }

    fn is_stopped(&self, node: NodeId) -> bool {
        matches!(self.health(node), Health::Down | Health::Lost)
    }

    /// Ends a node's life, and that of the agent beside it unless only the database dies.
    pub(super) fn stop(&mut self, node: NodeId, health: Health, how: KillKind, event: EventKind) {
        self.stop_database(node, health, how, event);
        if how != KillKind::Process {
            self.agent_goes_too(node, Health::Down);
        }
    }

    /// Ends a database's process: what was in its memory is gone.
    pub(super) fn stop_database(
        &mut self,
        node: NodeId,
        health: Health,
        how: KillKind,
        event: EventKind,
    ) {
        self.emit(event);
        if how == KillKind::PowerOff {
            self.hosts[node.index()].watchdog += 1;
        }
        if how != KillKind::PowerOff && self.health(node) == Health::Up {
            self.with_node(node, |this, cx| this.hang_up(cx));
        }
        let this = &mut self.nodes[node.index()];
        let (tip, flush) = (this.tip().lsn, this.positions().flush);
        // Only its own: what it has from another primary, that one has flushed. A server's records may have been seen or
        // acked before they were flushed; it says so when it starts again.
        let unflushed: Vec<OpId> = this
            .wal()
            .range(flush.next(), tip)
            .filter(|record| this.lease_until().is_some() && record.timeline == this.timeline())
            .map(|record| record.op)
            .collect();
        this.crash(how == KillKind::PowerOff);
        let host = &mut self.hosts[node.index()];
        host.health = health;
        host.killed = how;
        host.life += 1;
        host.deferred.clear();
        host.settings_changed = false;
        for op in unflushed {
            self.oracle.never_flushed(op);
        }
        if how == KillKind::PowerOff {
            self.lose_messages(|from, _| from == Endpoint::Node(node));
        }
        self.note_status(node);
    }

    /// What happens to a node's host happens to the agent on it.
    fn agent_goes_too(&mut self, node: NodeId, next: Health) {
        if let Some(beside) = self.beside() {
            beside.agent_shares(self, node, next);
        }
    }

    fn kill(&mut self, node: NodeId, how: KillKind) -> Done {
        if self.is_stopped(node) {
            return Err(NoEffect::AlreadyDown);
        }
        self.stop(node, Health::Down, how, EventKind::Killed { node });
        Ok(())
    }

    fn lose_host(&mut self, node: NodeId) -> Done {
        if self.health(node) == Health::Lost {
            return Err(NoEffect::AlreadyDown);
        }
        self.stop(
            node,
            Health::Lost,
            KillKind::PowerOff,
            EventKind::HostLost { node },
        );
        self.nodes[node.index()].lose_disk();
        if let Some(beside) = self.beside() {
            beside.newest_may_be_gone(self);
        }
        self.note_status(node);
        Ok(())
    }

    fn restart(&mut self, node: NodeId) -> Done {
        if !self.is_stopped(node) {
            return Err(NoEffect::AlreadyUp);
        }
        self.start_host(node);
        Ok(())
    }

    /// Starts a host. Where there is an agent, it starts first, and the database when the agent says so; one that runs looks
    /// at its database at once.
    pub(super) fn start_host(&mut self, node: NodeId) {
        if self.has_living_agent(node) == Some(false) {
            self.emit(EventKind::Restarted { node });
            let host = &mut self.hosts[node.index()];
            host.health = Health::Down;
            host.killed = KillKind::Process;
            self.agent_goes_too(node, Health::Up);
            self.note_status(node);
        } else if let Some(health) = self.service_health(Service::Agent(node)) {
            // A frozen one finds its database down when it goes on. In maintenance mode it is a person who starts it.
            if self.settings.manager.is_paused() {
                self.start_database(node);
            } else if health == Health::Up
                && let Some(beside) = self.beside()
            {
                beside.agent_looks(self, node);
            }
        } else {
            self.start_database(node);
        }
    }

    pub(super) fn start_database(&mut self, node: NodeId) {
        self.emit(EventKind::Restarted { node });
        self.hosts[node.index()].health = Health::Up;
        self.with_node(node, Node::restart);
        self.note_status(node);
    }

    fn freeze(&mut self, node: NodeId) -> Done {
        if self.health(node) != Health::Up {
            return Err(NoEffect::CannotFreeze);
        }
        self.emit(EventKind::Frozen { node });
        self.hosts[node.index()].health = Health::Frozen;
        self.agent_goes_too(node, Health::Frozen);
        self.note_status(node);
        Ok(())
    }

    /// The node goes on where it stopped: first everything that came due meanwhile, in order, as it finds it in its
    /// sockets and timers.
    fn thaw(&mut self, node: NodeId) -> Done {
        if self.health(node) != Health::Frozen {
            return Err(NoEffect::NotFrozen);
        }
        self.emit(EventKind::Thawed { node });
        let thawed = self.cause;
        self.hosts[node.index()].health = Health::Up;
        self.note_status(node);
        let deferred = core::mem::take(&mut self.hosts[node.index()].deferred);
        for (cause, what) in deferred {
            self.cause = cause.max(thawed);
            match what {
                Deferred::Message(message) => self.deliver(message),
                Deferred::Timer(timer) => self.wake_node(node, timer),
            }
        }
        self.cause = thawed;
        if core::mem::take(&mut self.hosts[node.index()].settings_changed) {
            self.with_node(node, Node::settings_changed);
            self.note_status(node);
            self.cause = thawed;
        }
        if self.service_health(Service::Agent(node)) == Some(Health::Frozen) {
            self.agent_goes_too(node, Health::Up);
        }
        Ok(())
    }

    fn slow(&mut self, node: NodeId, factor: u32) -> Done {
        if self.nodes[node.index()].slow_factor() == factor {
            return Err(NoEffect::SameSpeed);
        }
        self.emit(EventKind::SpeedChanged { node, factor });
        self.nodes[node.index()].set_slow(factor);
        self.note_status(node);
        Ok(())
    }

    fn promote(&mut self, node: NodeId) -> Done {
        let this = &self.nodes[node.index()];
        if self.health(node) != Health::Up || this.is_being_rebuilt() || this.role() == Role::Fenced
        {
            return Err(NoEffect::CannotPromote);
        }
        if matches!(this.role(), Role::Primary | Role::Promoting) {
            return Err(NoEffect::AlreadyPrimary);
        }
        if self.service_health(Service::Agent(node)) == Some(Health::Up) {
            // Where an agent runs a person asks Patroni, as `pg_promote` would be undone by it.
            if let Some(beside) = self.beside() {
                beside.fail_over(self, node);
            }
        } else if self.settings.database.is_textbook() {
            self.with_node(node, Node::promote);
            self.note_status(node);
        } else if self.command(node, &Command::Promote) {
            // Who promotes by hand sees to the address as well.
            self.router.release_address();
        } else {
            return Err(NoEffect::CannotPromote);
        }
        Ok(())
    }

    fn set(&mut self, setting: &Setting) -> Done {
        let (before, mut workload) = (self.settings.clone(), *self.generator.settings());
        setting.apply(&mut self.settings, &mut workload);
        if workload != *self.generator.settings() {
            self.generator.change(workload);
            self.emit(EventKind::SettingChanged);
            self.schedule_workload();
            return Ok(());
        }
        if self.settings == before {
            return Err(NoEffect::SameSetting);
        }
        self.emit(EventKind::SettingChanged);
        let cause = self.cause;
        if self.settings.routing != before.routing {
            self.routing_changed();
        }
        for host in &mut self.hosts {
            host.settings_changed |= host.health == Health::Frozen;
        }
        let running: NodeSet = self
            .cluster
            .nodes()
            .filter(|&node| self.health(node) == Health::Up)
            .collect();
        for node in running.iter() {
            self.with_node(node, Node::settings_changed);
            self.note_status(node);
            self.cause = cause;
        }
        Ok(())
    }
}
