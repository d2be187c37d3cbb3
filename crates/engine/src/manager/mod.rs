//! Failover managers: they watch the databases from outside and say who is primary.
//!
//! Each process of a manager is a [`Service`]: an agent beside every database, members of a consensus store, or hosts that
//! watch from afar. Like a node a service is a state machine without input or output of its own: an input and the present
//! instant go in, [`ManagerEffect`]s come out. It knows what it was told over the network and, if it is an agent, what its
//! own database says of itself; never another service's state.
//!
//! `remote`: what any manager can ask of a host or tell a database over the network. `store`: the consensus store of
//! Patroni. `patroni`: its agents. `mha`: one manager host that pings. `sentinel`: a few observers that agree by quorum.
//! `event`: what managers do that a person would want to know.

mod event;
pub mod mha;
pub mod patroni;
pub mod remote;
pub mod sentinel;
pub mod store;

use std::sync::Arc;

use crate::ids::NodeId;
use crate::message::{Message, MessageKind};
use crate::node::server::{Command, SenderStatus, ServerStatus};
use crate::scenario::{Costs, Endpoint, Manager, Service, Settings, StandbyNames};
use crate::small_map::SmallMap;
use crate::time::{Span, Time};

pub use event::ManagerEvent;
pub use mha::{MhaEvent, MhaTimer};
use patroni::{Agent, AgentMessage, AgentTimer, RestStatus};
pub use remote::Remote;
pub use sentinel::{SentinelEvent, SentinelMessage, SentinelTimer};
use store::{Member, State, StoreMessage, StoreRole, StoreTimer};
use {mha::MhaManager, sentinel::SentinelHost};

/// What a manager's processes say to each other, to hosts and to databases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ManagerMessage {
    /// To or from a host or a database.
    Remote(Remote),
    /// To or from a member of the consensus store.
    Store(StoreMessage),
    /// From one of Patroni's agents to another.
    Patroni(AgentMessage),
    /// Between two Sentinels.
    Sentinel(SentinelMessage),
}

impl ManagerMessage {
    /// Its kind, for the trace and the page.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::Remote(message) => message.kind(),
            Self::Store(message) => message.kind(),
            Self::Patroni(message) => message.kind(),
            Self::Sentinel(_) => MessageKind::MonitorTalk,
        }
    }
}

impl From<StoreMessage> for Message {
    fn from(message: StoreMessage) -> Self {
        ManagerMessage::Store(message).into()
    }
}

impl From<AgentMessage> for Message {
    fn from(message: AgentMessage) -> Self {
        ManagerMessage::Patroni(message).into()
    }
}

impl From<ManagerMessage> for Message {
    fn from(message: ManagerMessage) -> Self {
        Self::Manager(Arc::new(message))
    }
}

/// The timers of services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ManagerTimer {
    /// Of a member of the store.
    Store(StoreTimer),
    /// Of one of Patroni's agents.
    Agent(AgentTimer),
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

/// As what an agent starts its database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartAs {
    /// As what it was.
    Before,
    /// As a standby of this node, or of nobody yet.
    Standby(Option<NodeId>),
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
    StartServer(StartAs),
    /// An agent feeds its host's watchdog, which resets the host then unless it is fed again; `None` switches it off. The
    /// watchdog runs whether or not the agent does.
    Watchdog(Option<Time>),
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
    /// `pg_stat_replication` of an agent's own database.
    pub(crate) standbys: Vec<SenderStatus>,
    /// `synchronous_standby_names` of an agent's own database as the agent set it; `None`: as the settings say.
    pub(crate) standby_names: Option<StandbyNames>,
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

/// Patroni's processes.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    members: Vec<Member>,
    agents: Vec<Agent>,
}

/// Every process of the manager of a run.
#[derive(Clone, Debug)]
pub(crate) enum Managers {
    /// There is none.
    None,
    /// Patroni.
    Patroni(Box<Cluster>),
    /// The MHA manager.
    Mha(Box<MhaManager>),
    /// The Sentinels, by number.
    Sentinel(Vec<SentinelHost>),
}

impl Managers {
    pub(crate) fn new(manager: &Manager, nodes: usize) -> Self {
        match manager {
            Manager::None => Self::None,
            Manager::Mha(_) => Self::Mha(Box::default()),
            Manager::Sentinel(sentinel) => Self::Sentinel(
                (0..sentinel.sentinels)
                    .map(|me| SentinelHost::new(me, sentinel.sentinels, nodes))
                    .collect(),
            ),
            Manager::Patroni(patroni) => {
                let state = Arc::new(State::running(nodes, Span::from_secs(patroni.ttl)));
                let members = (0..patroni.store_members)
                    .map(|index| Member::new(index, patroni.store_members, Arc::clone(&state)))
                    .collect();
                let agents = (0..nodes as u8)
                    .map(|node| Agent::new(NodeId(node), Arc::clone(&state)))
                    .collect();
                Self::Patroni(Box::new(Cluster { members, agents }))
            }
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
        let Self::Patroni(cluster) = self else { return };
        let members = cluster.members.len() as u8;
        match cx.me {
            Service::Agent(node) => {
                let agent = &mut cluster.agents[node.index()];
                if first {
                    agent.start_running(cx, members);
                } else {
                    agent.start(cx, members);
                }
            }
            Service::Store(index) => {
                let member = &mut cluster.members[usize::from(index)];
                if first {
                    let nodes = (0..cx.nodes as u8).map(NodeId);
                    let watchers = nodes.filter(|node| node.0 % members == index).collect();
                    member.start_running(cx, watchers, first_deadlines(cx));
                } else {
                    member.restart(cx);
                }
            }
            Service::Monitor(_) => {}
        }
    }

    /// A service's process ended: what was only in memory is gone.
    pub(crate) fn crash(&mut self, service: Service) {
        if let Self::Mha(manager) = self {
            manager.crash();
        } else if let Some(host) = self.sentinel(service) {
            host.crash();
        }
        let Self::Patroni(cluster) = self else { return };
        match service {
            Service::Agent(node) => cluster.agents[node.index()].crash(),
            Service::Store(index) => cluster.members[usize::from(index)].crash(),
            Service::Monitor(_) => {}
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
            return;
        }
        if let Some(host) = self.sentinel(cx.me) {
            host.receive(cx, from, message);
            return;
        }
        let Self::Patroni(cluster) = self else { return };
        match (cx.me, message) {
            (Service::Agent(node), message) => {
                cluster.agents[node.index()].receive(cx, from, message);
            }
            (Service::Store(index), ManagerMessage::Store(message)) => {
                cluster.members[usize::from(index)].receive(cx, from, message);
            }
            _ => {}
        }
    }

    /// A timer of a service ran out.
    pub(crate) fn wake(&mut self, cx: &mut ManagerContext<'_>, timer: ManagerTimer) {
        match (&mut *self, timer) {
            (Self::Mha(manager), ManagerTimer::Mha(timer)) => manager.wake(cx, timer),
            (this @ Self::Sentinel(_), ManagerTimer::Sentinel(timer)) => {
                if let Some(host) = this.sentinel(cx.me) {
                    host.wake(cx, timer);
                }
            }
            _ => {}
        }
        let Self::Patroni(cluster) = self else { return };
        match (cx.me, timer) {
            (Service::Agent(node), ManagerTimer::Agent(timer)) => {
                cluster.agents[node.index()].wake(cx, timer);
            }
            (Service::Store(index), ManagerTimer::Store(timer)) => {
                cluster.members[usize::from(index)].wake(cx, timer);
            }
            _ => {}
        }
    }

    /// What Patroni's REST interface on a node says to a router's health checks: `/primary`, and `/replica` with its lag.
    /// `server` is what the node's database says of itself. `None`: there are no agents. Whether the agent runs is the
    /// caller's to know.
    pub(crate) fn rest_status(
        &self,
        node: NodeId,
        settings: &Settings,
        record_bytes: u64,
        server: Option<&ServerStatus>,
        now: Time,
    ) -> Option<RestStatus> {
        let (Self::Patroni(cluster), Manager::Patroni(patroni)) = (self, &settings.manager) else {
            return None;
        };
        let agent = cluster.agents.get(node.index())?;
        Some(agent.rest_status(patroni, server, record_bytes, now))
    }

    /// A person types `patronictl failover --candidate` on the candidate's host.
    pub(crate) fn failover_to(&mut self, cx: &mut ManagerContext<'_>) {
        if let (Self::Patroni(cluster), Service::Agent(node)) = (self, cx.me) {
            cluster.agents[node.index()].failover_to_me(cx);
        }
    }

    /// An agent runs its loop now.
    pub(crate) fn look_now(&mut self, cx: &mut ManagerContext<'_>) {
        if let (Self::Patroni(cluster), Service::Agent(node)) = (self, cx.me) {
            cluster.agents[node.index()].wake_up(cx);
        }
    }

    /// Role and term of a member of the store; `None` when there is no such member.
    pub(crate) fn store_role(&self, index: u8) -> Option<(StoreRole, u64)> {
        let Self::Patroni(cluster) = self else {
            return None;
        };
        let member = cluster.members.get(usize::from(index))?;
        Some((member.role(), member.term()))
    }

    /// When the leader key runs out, by the member of the store that leads in the newest term.
    pub(crate) fn store_lease(&self) -> Option<(Time, Span)> {
        let Self::Patroni(cluster) = self else {
            return None;
        };
        let leading = cluster.members.iter().filter(|it| it.lease().is_some());
        leading.max_by_key(|it| it.term())?.lease()
    }

    /// The newest state that a member of the store knows to be committed; `None` when there is no store.
    pub(crate) fn store_state(&self) -> Option<&State> {
        let Self::Patroni(cluster) = self else {
            return None;
        };
        let states = cluster.members.iter().map(Member::known);
        states.max_by_key(|state| state.revision)
    }
}

/// When the sessions that stand at the start run out: each agent kept its own alive one round before its first.
fn first_deadlines(cx: &ManagerContext<'_>) -> SmallMap<u64, Time> {
    let Manager::Patroni(patroni) = &cx.settings.manager else {
        return SmallMap::new();
    };
    let left = Span::from_secs(patroni.ttl - patroni.loop_wait);
    (0..cx.nodes as u8)
        .map(NodeId)
        .map(|node| {
            let first = patroni::first_round(cx.seed, node, patroni);
            (u64::from(node.0) + 1, first + left)
        })
        .collect()
}
