//! Links that are cut, changed and healed.

use super::Done;
use crate::event::{EventKind, NoEffect};
use crate::ids::NodeId;
use crate::scenario::{Endpoint, LinkSettings};
use crate::world::Simulation;

impl Simulation {
    pub(in crate::world) fn lose_messages(&mut self, lost: impl Fn(Endpoint, Endpoint) -> bool) {
        for message in self
            .network
            .drop_where(|message| lost(message.from, message.to))
        {
            let kind = message.message.kind();
            self.note(EventKind::MessageLost {
                message: message.id,
                kind,
                from: message.from,
                to: message.to,
            });
        }
    }

    pub(in crate::world) fn cut(&mut self, from: Endpoint, to: Endpoint) -> bool {
        let link = self.network.link_mut(from, to);
        if link.cut {
            return false;
        }
        link.cut = true;
        let cause = self.cause;
        self.emit(EventKind::LinkCut { from, to });
        self.lose_messages(|a, b| (a, b) == (from, to));
        self.cause = cause;
        true
    }

    pub(in crate::world) fn heal(&mut self, from: Endpoint, to: Endpoint) -> bool {
        let link = self.network.link_mut(from, to);
        if !link.cut {
            return false;
        }
        link.cut = false;
        self.note(EventKind::LinkHealed { from, to });
        true
    }

    pub(in crate::world) fn set_link(
        &mut self,
        from: Endpoint,
        to: Endpoint,
        settings: LinkSettings,
    ) -> Done {
        let link = self.network.link_mut(from, to);
        if link.settings == settings {
            return Err(NoEffect::SameSetting);
        }
        link.settings = settings;
        self.note(EventKind::LinkChanged { from, to });
        Ok(())
    }

    /// Does something to both directions of every link between a node and the other hosts, and the clients if asked.
    pub(in crate::world) fn each_link(
        &mut self,
        node: NodeId,
        clients_too: bool,
        mut change: impl FnMut(&mut Self, Endpoint, Endpoint) -> bool,
    ) -> Done {
        let me = Endpoint::Node(node);
        let mut changed = false;
        let nodes = self.cluster.nodes().map(Endpoint::Node);
        let stores = (0..self.settings.manager.store_members()).map(Endpoint::Store);
        let monitors = (0..self.settings.manager.monitors()).map(Endpoint::Monitor);
        let others = nodes
            .chain(stores)
            .chain(monitors)
            .filter(|&other| other != me);
        for other in others.chain(clients_too.then_some(Endpoint::Clients)) {
            changed |= change(self, me, other);
            changed |= change(self, other, me);
        }
        changed.then_some(()).ok_or(NoEffect::SameLink)
    }

    pub(in crate::world) fn heal_all(&mut self) -> Done {
        let mut changed = false;
        for node in self.cluster.nodes() {
            changed |= self.each_link(node, true, Self::heal).is_ok();
        }
        let hosts: Vec<Endpoint> = (0..self.settings.manager.store_members())
            .map(Endpoint::Store)
            .chain((0..self.settings.manager.monitors()).map(Endpoint::Monitor))
            .chain([Endpoint::Clients])
            .collect();
        for &from in &hosts {
            for &to in hosts.iter().filter(|&&to| to != from) {
                changed |= self.heal(from, to);
            }
        }
        for node in self.cluster.nodes() {
            changed |= self.slow(node, 1).is_ok();
            changed |= self.thaw(node).is_ok();
            changed |= self.restart(node).is_ok();
        }
        if let Some(beside) = self.beside() {
            changed |= beside.heal(self);
        }
        changed.then_some(()).ok_or(NoEffect::NothingBroken)
    }
}
