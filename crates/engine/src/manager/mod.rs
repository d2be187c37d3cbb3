//! Failover managers: they watch the databases from outside and say who is primary.
//!
//! Each process of a manager is a [`Service`]: an agent beside every database, members of a consensus store, or hosts that
//! watch from afar. Like a node a service is a state machine without input or output of its own: an input and the present
//! instant go in, [`ManagerEffect`]s come out. It knows what it was told over the network and, if it is an agent, what its
//! own database says of itself; never another service's state.
//!
//! `remote`: what any manager can ask of a host or tell a database over the network. `mha`: one manager host that pings.
//! `sentinel`: a few observers that agree by quorum.

pub mod mha;
pub mod remote;
pub mod sentinel;

use serde::Serialize;

use crate::ids::NodeId;
use crate::message::{Message, MessageKind};
use crate::node::server::{Command, ServerStatus};
use crate::scenario::{Costs, Endpoint, Manager, Service, Settings};
use crate::time::{Span, Time};

pub use mha::{MhaEvent, MhaTimer};
pub use remote::Remote;
pub use sentinel::{SentinelEvent, SentinelMessage, SentinelTimer};
use {mha::MhaManager, sentinel::SentinelHost};

/// What a manager's processes say to each other, to hosts and to databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagerMessage {
    /// To or from a host or a database.
    Remote(Remote),
    /// Between two Sentinels.
    Sentinel(SentinelMessage),
}

impl ManagerMessage {
    /// Its kind, for the trace and the page.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Remote(message) => message.kind(),
            Self::Sentinel(_) => MessageKind::MonitorTalk,
        }
    }
}

impl From<ManagerMessage> for Message {
    fn from(message: ManagerMessage) -> Self {
        Self::Manager(Box::new(message))
    }
}

/// What a manager does that a person would want to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum ManagerEvent {
    /// A timer of a service ran out.
    Timer {
        /// Whose.
        service: Service,
    },
    /// What the MHA manager does.
    Mha(MhaEvent),
    /// What a Sentinel does.
    Sentinel(SentinelEvent),
}

impl From<MhaEvent> for ManagerEvent {
    fn from(event: MhaEvent) -> Self {
        Self::Mha(event)
    }
}

impl From<SentinelEvent> for ManagerEvent {
    fn from(event: SentinelEvent) -> Self {
        Self::Sentinel(event)
    }
}

impl ManagerEvent {
    /// Whether it belongs to the background chatter that goes on when nothing happens.
    #[must_use]
    pub fn is_routine(&self) -> bool {
        match self {
            Self::Timer { .. } => true,
            Self::Mha(_) | Self::Sentinel(_) => false,
        }
    }
}

/// The timers of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerTimer {
    /// Of the MHA manager.
    Mha(MhaTimer),
    /// Of a Sentinel.
    Sentinel(SentinelTimer),
}

impl From<MhaTimer> for ManagerTimer {
    fn from(timer: MhaTimer) -> Self {
        Self::Mha(timer)
    }
}

impl From<SentinelTimer> for ManagerTimer {
    fn from(timer: SentinelTimer) -> Self {
        Self::Sentinel(timer)
    }
}

/// What a service wants done, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ManagerEffect {
    /// Send a message.
    Send { to: Endpoint, message: Message },
    /// Wake me then.
    Timer { at: Time, timer: ManagerTimer },
    /// This happened, and it is the cause of what follows.
    Event(ManagerEvent),
    /// This happened, but what follows has another cause.
    Note(ManagerEvent),
    /// An agent tells its own database something.
    Command(Command),
    /// An agent ends its own database's process.
    StopServer,
    /// An agent starts its own database.
    StartServer,
    /// The host is reset: everything on it ends at once, and its operating system starts again.
    ResetHost,
    /// The service ends its own process, in good order. Nothing after it is carried out.
    Exit,
}

/// What a service may look at while it handles an input, and where it puts its effects.
pub(crate) struct ManagerContext<'a> {
    pub(crate) now: Time,
    pub(crate) settings: &'a Settings,
    pub(crate) costs: &'a Costs,
    pub(crate) seed: u64,
    /// How many database nodes the cluster has.
    pub(crate) nodes: usize,
    /// Who handles the input.
    pub(crate) me: Service,
    /// What an agent's own database says of itself; `None` when its process does not run, or this is no agent.
    pub(crate) server: Option<ServerStatus>,
    /// Where effects go.
    pub(crate) out: &'a mut Vec<ManagerEffect>,
}

impl ManagerContext<'_> {
    pub(crate) fn send(&mut self, to: impl Into<Endpoint>, message: impl Into<Message>) {
        self.out.push(ManagerEffect::Send {
            to: to.into(),
            message: message.into(),
        });
    }

    pub(crate) fn timer(&mut self, after: Span, timer: impl Into<ManagerTimer>) {
        self.out.push(ManagerEffect::Timer {
            at: self.now + after,
            timer: timer.into(),
        });
    }

    pub(crate) fn event(&mut self, event: impl Into<ManagerEvent>) {
        self.out.push(ManagerEffect::Event(event.into()));
    }

    pub(crate) fn note(&mut self, event: impl Into<ManagerEvent>) {
        self.out.push(ManagerEffect::Note(event.into()));
    }

    pub(crate) fn effect(&mut self, effect: ManagerEffect) {
        self.out.push(effect);
    }
}

/// Every process of the manager of a run.
#[derive(Clone, Debug)]
pub(crate) enum Managers {
    /// There is none.
    None,
    /// The MHA manager.
    Mha(Box<MhaManager>),
    /// The Sentinels, by number.
    Sentinel(Vec<SentinelHost>),
}

impl Managers {
    pub(crate) fn new(manager: &Manager, nodes: usize) -> Self {
        match manager {
            Manager::None | Manager::Patroni(_) => Self::None,
            Manager::Mha(_) => Self::Mha(Box::default()),
            Manager::Sentinel(sentinel) => Self::Sentinel(
                (0..sentinel.sentinels)
                    .map(|me| SentinelHost::new(me, sentinel.sentinels, nodes))
                    .collect(),
            ),
        }
    }

    /// The services of a manager for so many nodes: agents, members of the store, monitors.
    pub(crate) fn services(manager: &Manager, nodes: usize) -> Vec<Service> {
        let agents = match manager {
            Manager::Patroni(_) => nodes as u8,
            _ => 0,
        };
        let agents = (0..agents).map(|node| Service::Agent(NodeId(node)));
        let stores = (0..manager.store_members()).map(Service::Store);
        let monitors = (0..manager.monitors()).map(Service::Monitor);
        agents.chain(stores).chain(monitors).collect()
    }

    fn sentinel(&mut self, service: Service) -> Option<&mut SentinelHost> {
        match (self, service) {
            (Self::Sentinel(hosts), Service::Monitor(index)) => hosts.get_mut(usize::from(index)),
            _ => None,
        }
    }

    /// A service's process starts: at the start of the run (`first`), or after it ended.
    pub(crate) fn start(&mut self, cx: &mut ManagerContext<'_>, first: bool) {
        if let Self::Mha(manager) = self {
            manager.start(cx, first);
        } else if let Some(host) = self.sentinel(cx.me) {
            host.start(cx);
        }
    }

    /// A service's process ended: what was only in memory is gone.
    pub(crate) fn crash(&mut self, service: Service) {
        if let Self::Mha(manager) = self {
            manager.crash();
        } else if let Some(host) = self.sentinel(service) {
            host.crash();
        }
    }

    /// A message arrived at a service.
    pub(crate) fn receive(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: Endpoint,
        message: ManagerMessage,
    ) {
        if let Self::Mha(manager) = self {
            manager.receive(cx, from, message);
        } else if let Some(host) = self.sentinel(cx.me) {
            host.receive(cx, from, message);
        }
    }

    /// A timer of a service ran out.
    pub(crate) fn wake(&mut self, cx: &mut ManagerContext<'_>, timer: ManagerTimer) {
        match (self, timer) {
            (Self::Mha(manager), ManagerTimer::Mha(timer)) => manager.wake(cx, timer),
            (this, ManagerTimer::Sentinel(timer)) => {
                if let Some(host) = this.sentinel(cx.me) {
                    host.wake(cx, timer);
                }
            }
            _ => {}
        }
    }
}
