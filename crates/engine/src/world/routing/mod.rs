//! Where a read goes under each [`Routing`].
//!
//! `memory`: what sessions learn on the way. `looks`: what the router learns of lag.

mod looks;
mod memory;

use super::router::AmongPrimaries;
use super::sessions::InstanceFrom;
use super::{Session, Simulation};
use crate::event::{EventKind, RoutingEvent};
use crate::ids::{ClientId, Key, NodeId, OpId, Tip};
use crate::message::{RequestKind, Wait};
use crate::scenario::{
    CausalReads, DisableLoadBalanceOnWrite, Django, Maxscale, Pgpool, ReadPolicy, Routing, Token,
};
use crate::time::Span;

/// What is to be done with a read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Plan {
    /// Send it there.
    Send(NodeId, RequestKind),
    /// First ask the primary, this one, where the end of its log is.
    Ask(NodeId),
    /// It waits for a position that its session has asked for.
    Hold,
    /// Nobody can take it yet.
    Nowhere,
}

/// A read, as far as its way is concerned.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) op: OpId,
    pub(super) client: ClientId,
    pub(super) key: Key,
    /// A replica was asked in vain: only the primary will do.
    pub(super) fell_back: bool,
    /// The position that the primary named for this read.
    pub(super) position: Option<Tip>,
}

impl Simulation {
    /// What a client's session remembers.
    ///
    /// # Panics
    /// When there is no such client.
    #[must_use]
    pub fn session(&self, client: ClientId) -> &Session {
        self.sessions.get(client)
    }

    pub(super) fn among_primaries(&self) -> AmongPrimaries {
        AmongPrimaries::of(&self.settings.routing, self.settings.fencing)
    }

    fn send_to_primary(&mut self, op: OpId) -> Plan {
        let among = self.among_primaries();
        self.router
            .primary(op, among)
            .map_or(Plan::Nowhere, |node| {
                Plan::Send(node, RequestKind::ReadFromPrimary)
            })
    }

    fn send_pinned(&mut self, op: OpId) -> Plan {
        self.note(EventKind::Routing(RoutingEvent::ReadPinned { op }));
        self.send_to_primary(op)
    }

    fn send_to_replica(&mut self, op: OpId, policy: ReadPolicy) -> Plan {
        match self.router.replica(op, policy, self.seed) {
            Some(node) => Plan::Send(node, RequestKind::Read),
            None => self.send_to_primary(op),
        }
    }

    /// A replica that is to wait there until it has applied the log up to `until`.
    fn send_to_wait(&mut self, op: OpId, wait: Wait) -> Plan {
        match self.router.replica(op, self.settings.reads, self.seed) {
            Some(node) => Plan::Send(node, RequestKind::ReadAfter(wait)),
            None => self.send_to_primary(op),
        }
    }

    pub(super) fn plan_read(&mut self, read: Asked) -> Plan {
        let (op, reads) = (read.op, self.settings.reads);
        if read.fell_back {
            return self.send_to_primary(op);
        }
        match self.settings.routing {
            Routing::Plain | Routing::Proxysql(_) | Routing::Haproxy(_) => {
                self.send_to_replica(op, reads)
            }
            Routing::Pin(pin) => {
                let delay = Span::from_millis(pin.delay);
                let session = if pin.global {
                    &self.sessions.shared
                } else {
                    self.sessions.get(read.client)
                };
                if session.wrote_within(delay, self.now) {
                    self.send_pinned(op)
                } else {
                    self.send_to_replica(op, reads)
                }
            }
            Routing::Sticky => self.send_to_own_replica(op, read.client),
            Routing::Token(token) => self.plan_by_token(read, &token),
            Routing::Django(django) => self.plan_as_django(read, django),
            Routing::Maxscale(maxscale) => self.plan_as_maxscale(read, &maxscale),
            Routing::Pgpool(pgpool) => self.plan_as_pgpool(read, &pgpool),
        }
    }

    fn send_to_own_replica(&mut self, op: OpId, client: ClientId) -> Plan {
        let had = self.sessions.get(client).node;
        if let Some(node) = had.filter(|&node| self.router.believes(node).takes_reads()) {
            return Plan::Send(node, RequestKind::Read);
        }
        let plan = self.send_to_replica(op, self.settings.reads);
        if let Plan::Send(to, RequestKind::Read) = plan {
            self.sessions.get_mut(client).node = Some(to);
            if let Some(from) = had {
                self.note(EventKind::Routing(RoutingEvent::SessionMoved {
                    client,
                    from,
                    to,
                }));
            }
        }
        plan
    }

    fn plan_by_token(&mut self, read: Asked, token: &Token) -> Plan {
        let patience = Span(self.settings.timers.client_timeout_us);
        let session = self.sessions.get_mut(read.client);
        if session.waits_for_position(patience, self.now) {
            session.hold(read.op);
            return Plan::Hold;
        }
        if session.token_unknown {
            return self.send_to_primary(read.op);
        }
        let Some(until) = session.token else {
            return self.send_to_replica(read.op, self.settings.reads);
        };
        let wait = Wait {
            until,
            timeout: token.wait.map(Span::from_millis),
            timelines: token.timelines,
        };
        self.send_to_wait(read.op, wait)
    }

    fn plan_as_django(&mut self, read: Asked, django: Django) -> Plan {
        let session = self.sessions.get(read.client);
        match django {
            Django::PrimaryReplicaRouter => {}
            Django::PinAfterWrite(delay) => {
                if session.wrote_within(Span::from_millis(delay), self.now) {
                    return self.send_pinned(read.op);
                }
            }
            Django::InstanceState => match session.instances.get(&read.key) {
                Some(InstanceFrom::Primary) => return self.send_to_primary(read.op),
                // An alias of a replica that is gone raises an error in Django; the application then asks without it.
                Some(&InstanceFrom::Replica(node)) if self.router.believes(node).takes_reads() => {
                    return Plan::Send(node, RequestKind::Read);
                }
                _ => {}
            },
        }
        self.send_to_replica(read.op, ReadPolicy::Random)
    }

    fn plan_as_maxscale(&mut self, read: Asked, maxscale: &Maxscale) -> Plan {
        let (op, reads) = (read.op, self.settings.reads);
        let token = match maxscale.causal_reads {
            CausalReads::None => None,
            CausalReads::Local | CausalReads::Fast => self.sessions.get(read.client).token,
            CausalReads::Global | CausalReads::FastGlobal => self.sessions.shared.token,
            CausalReads::Universal | CausalReads::FastUniversal => {
                let Some(position) = read.position else {
                    let among = self.among_primaries();
                    let primary = self.router.primary(op, among);
                    return primary.map_or(Plan::Nowhere, Plan::Ask);
                };
                Some(position)
            }
        };
        let Some(until) = token else {
            return self.send_to_replica(op, reads);
        };
        match maxscale.causal_reads {
            CausalReads::Local | CausalReads::Global | CausalReads::Universal => {
                let wait = Wait {
                    until,
                    timeout: Some(Span::from_secs(maxscale.causal_reads_timeout)),
                    timelines: false,
                };
                self.send_to_wait(op, wait)
            }
            _ => match self.router.replica_with(op, reads, self.seed, until.lsn) {
                Some(node) => Plan::Send(node, RequestKind::Read),
                None => self.send_to_primary(op),
            },
        }
    }

    fn plan_as_pgpool(&mut self, read: Asked, pgpool: &Pgpool) -> Plan {
        let op = read.op;
        let session = self.sessions.get(read.client);
        let always = pgpool.disable_load_balance_on_write == DisableLoadBalanceOnWrite::Always;
        if always && session.last_write.is_some() {
            return self.send_pinned(op);
        }
        if self.settings.reads == ReadPolicy::PrimaryOnly {
            return self.send_to_primary(op);
        }
        let kept = session
            .node
            .filter(|_| !pgpool.statement_level_load_balance)
            .filter(|&node| self.router.believes(node).takes_reads());
        let node = kept.or_else(|| {
            self.router
                .replica_among(op, ReadPolicy::Random, self.seed, |_| true)
        });
        let Some(node) = node else {
            return self.send_to_primary(op);
        };
        self.sessions.get_mut(read.client).node = Some(node);
        if !self.router.believes(node).shunned {
            return Plan::Send(node, RequestKind::Read);
        }
        match self.router.least_behind() {
            Some(node) if pgpool.prefer_lower_delay_standby => Plan::Send(node, RequestKind::Read),
            _ => self.send_to_primary(op),
        }
    }
}
