//! Links and what is on them.
//!
//! Each direction of each pair of endpoints is a link with its own delay, jitter and loss. Order is kept on a link, as TCP
//! keeps it: a message lost by chance is sent again after a time-out and holds up those behind it. A cut link loses
//! everything: what is on it and what is sent into it. Whoever speaks over a cut must ask again once it is mended.

use crate::ids::{EventId, MessageId, NodeId};
use crate::message::Message;
use crate::random::{Purpose, below, draw, happens};
use crate::scenario::{Cluster, Endpoint, LinkSettings, Manager};
use crate::sort::sort_by_key;
use crate::time::{Span, Time};

/// Least time-out before a lost transmission is repeated (Linux: TCP_RTO_MIN, 200 ms). It doubles at each repetition.
const RETRANSMIT_US: u64 = 200_000;
/// After so many losses in a row a transmission gets through all the same.
const MOST_LOSSES: u32 = 10;

/// One direction of a link.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// How it behaves.
    pub settings: LinkSettings,
    /// Whether it is cut.
    pub cut: bool,
    last_arrival: Time,
    sent: u64,
}

/// A message on its way.
#[derive(Clone, Debug)]
pub struct InFlight {
    /// Its number.
    pub id: MessageId,
    /// What it says.
    pub message: Message,
    /// Sender.
    pub from: Endpoint,
    /// Receiver.
    pub to: Endpoint,
    /// When it was sent.
    pub sent_at: Time,
    /// When it arrives, unless it is held.
    pub arrives_at: Time,
    /// The event that sent it.
    pub cause: EventId,
    /// Whether a person holds it.
    pub held: bool,
}

/// What became of a message that was handed to a link.
pub(crate) enum Sent {
    /// It arrives then, after this many losses.
    Arrives {
        slot: u32,
        generation: u32,
        at: Time,
        losses: u32,
    },
    /// The link is cut.
    Lost,
}

/// All links and all messages on them.
#[derive(Clone, Debug)]
pub struct Network {
    nodes: usize,
    stores: usize,
    endpoints: usize,
    links: Vec<Link>,
    slots: Vec<Option<InFlight>>,
    generations: Vec<u32>,
    free: Vec<u32>,
    messages: u64,
}

impl Network {
    /// Every link at the start: nodes, then the clients, then members of the store, then monitors.
    pub(crate) fn new(cluster: &Cluster, manager: &Manager) -> Self {
        let nodes = cluster.node_count();
        let stores = usize::from(manager.store_members());
        let endpoints = nodes + 1 + stores + usize::from(manager.monitors());
        let mut network = Self {
            nodes,
            stores,
            endpoints,
            links: Vec::with_capacity(endpoints * endpoints),
            slots: Vec::new(),
            generations: Vec::new(),
            free: Vec::new(),
            messages: 0,
        };
        for from in 0..endpoints {
            for to in 0..endpoints {
                let clients = nodes;
                let settings = if from == clients || to == clients {
                    cluster.client_link
                } else {
                    cluster.node_link
                };
                network.links.push(Link {
                    settings,
                    cut: false,
                    last_arrival: Time::ZERO,
                    sent: 0,
                });
            }
        }
        for over in &cluster.links {
            network.link_mut(over.from, over.to).settings = over.link;
        }
        network
    }

    fn index(&self, end: Endpoint) -> usize {
        match end {
            Endpoint::Node(node) => node.index(),
            Endpoint::Clients => self.nodes,
            Endpoint::Store(index) => self.nodes + 1 + usize::from(index),
            Endpoint::Monitor(index) => self.nodes + 1 + self.stores + usize::from(index),
        }
    }

    /// One direction of a link.
    #[must_use]
    pub fn link(&self, from: Endpoint, to: Endpoint) -> &Link {
        &self.links[self.index(from) * self.endpoints + self.index(to)]
    }

    pub(crate) fn link_mut(&mut self, from: Endpoint, to: Endpoint) -> &mut Link {
        let index = self.index(from) * self.endpoints + self.index(to);
        &mut self.links[index]
    }

    /// The messages on their way, in no particular order.
    pub fn in_flight(&self) -> impl Iterator<Item = &InFlight> {
        self.slots.iter().flatten()
    }

    /// Whether a node is cut off from every other node, both ways.
    #[must_use]
    pub fn is_isolated(&self, node: NodeId) -> bool {
        let others = (0..self.nodes as u8)
            .map(NodeId)
            .filter(|&other| other != node);
        let mut ends = others.map(|other| (Endpoint::Node(node), Endpoint::Node(other)));
        ends.all(|(a, b)| self.link(a, b).cut && self.link(b, a).cut)
    }

    /// Gives a message its number and puts it on its link.
    pub(crate) fn send(
        &mut self,
        seed: u64,
        now: Time,
        from: Endpoint,
        to: Endpoint,
        message: Message,
        cause: EventId,
    ) -> (MessageId, Sent) {
        self.messages += 1;
        let id = MessageId(self.messages);
        let key = (self.index(from) as u64) << 32 | self.index(to) as u64;
        let link = self.link_mut(from, to);
        if link.cut {
            return (id, Sent::Lost);
        }
        link.sent += 1;
        let settings = link.settings;
        let number = link.sent << 8;
        let mut losses = 0;
        let mut waited = 0;
        while settings.loss_ppm > 0 && losses < MOST_LOSSES {
            if !happens(
                draw(seed, Purpose::LinkLoss, key, number | u64::from(losses)),
                settings.loss_ppm,
            ) {
                break;
            }
            waited += RETRANSMIT_US.max(2 * settings.delay_us) << losses;
            losses += 1;
        }
        let jitter = match settings.jitter_us {
            0 => 0,
            most => below(
                draw(seed, Purpose::LinkJitter, key, number | u64::from(losses)),
                most + 1,
            ),
        };
        let extra = settings.extra.map_or(Span::ZERO, |extra| {
            extra.sample(seed, key, number | u64::from(losses))
        });
        let at = (now + Span(waited + settings.delay_us + jitter) + extra).max(link.last_arrival);
        link.last_arrival = at;
        let in_flight = InFlight {
            id,
            message,
            from,
            to,
            sent_at: now,
            arrives_at: at,
            cause,
            held: false,
        };
        let (slot, generation) = self.occupy(in_flight);
        (
            id,
            Sent::Arrives {
                slot,
                generation,
                at,
                losses,
            },
        )
    }

    fn occupy(&mut self, in_flight: InFlight) -> (u32, u32) {
        if let Some(slot) = self.free.pop() {
            self.slots[slot as usize] = Some(in_flight);
            return (slot, self.generations[slot as usize]);
        }
        self.slots.push(Some(in_flight));
        self.generations.push(0);
        (self.slots.len() as u32 - 1, 0)
    }

    /// Takes a message off its link, unless it was dropped, is held, or arrives at another time by now.
    pub(crate) fn arrive(&mut self, slot: u32, generation: u32) -> Option<InFlight> {
        if self.generations[slot as usize] != generation {
            return None;
        }
        self.take(slot)
    }

    fn take(&mut self, slot: u32) -> Option<InFlight> {
        let taken = self.slots[slot as usize].take()?;
        self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
        self.free.push(slot);
        Some(taken)
    }

    fn slot_of(&self, id: MessageId) -> Option<u32> {
        let holds = |slot: &Option<InFlight>| slot.as_ref().is_some_and(|message| message.id == id);
        self.slots.iter().position(holds).map(|slot| slot as u32)
    }

    /// A message on its way, by its number.
    #[must_use]
    pub fn find(&self, id: MessageId) -> Option<&InFlight> {
        self.slot_of(id)
            .and_then(|slot| self.slots[slot as usize].as_ref())
    }

    pub(crate) fn drop_message(&mut self, id: MessageId) -> Option<InFlight> {
        self.slot_of(id).and_then(|slot| self.take(slot))
    }

    /// Drops what `lost` says, in order of sending.
    pub(crate) fn drop_where(&mut self, lost: impl Fn(&InFlight) -> bool) -> Vec<InFlight> {
        let slots: Vec<u32> = (0..self.slots.len() as u32)
            .filter(|&slot| self.slots[slot as usize].as_ref().is_some_and(&lost))
            .collect();
        let mut dropped: Vec<_> = slots
            .into_iter()
            .filter_map(|slot| self.take(slot))
            .collect();
        sort_by_key(&mut dropped, |message| message.id);
        dropped
    }

    pub(crate) fn hold(&mut self, id: MessageId) -> bool {
        let Some(slot) = self.slot_of(id) else {
            return false;
        };
        let Some(message) = &mut self.slots[slot as usize] else {
            return false;
        };
        if message.held {
            return false;
        }
        message.held = true;
        self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
        true
    }

    /// Lets a message arrive at another time; returns where the arrival must be scheduled.
    pub(crate) fn reschedule(&mut self, id: MessageId, at: Time) -> Option<(u32, u32)> {
        let slot = self.slot_of(id)?;
        let message = self.slots[slot as usize].as_mut()?;
        message.held = false;
        message.arrives_at = at;
        self.generations[slot as usize] = self.generations[slot as usize].wrapping_add(1);
        Some((slot, self.generations[slot as usize]))
    }

    /// Puts a second copy of a message behind the first; returns its number and where its arrival must be scheduled.
    pub(crate) fn duplicate(&mut self, id: MessageId) -> Option<(u32, u32, Time)> {
        let mut copy = self.find(id)?.clone();
        self.messages += 1;
        copy.id = MessageId(self.messages);
        copy.held = false;
        let at = copy.arrives_at;
        let (slot, generation) = self.occupy(copy);
        Some((slot, generation, at))
    }
}
