//! Patroni's agent, one beside every PostgreSQL.
//!
//! An agent is a loop (`cycle`): every `loop_wait`, or when the watch says that the leader key or `/status` changed, it looks
//! at its copy of the store and at its own database and does the next thing. The names of the steps are those of
//! patroni/ha.py (4.1.4), which it follows. While a step waits for the store or for other agents the loop stands still;
//! [`Then`], [`PollFor`] and [`Afterwards`] say how it goes on. Questions of others are answered meanwhile, as Patroni's REST
//! interface runs in a thread of its own.
//!
//! - `call`: asking the store, with time-outs and retries. `rest`: asking other agents, and answering.
//! - `cycle`: the loop. `leader`: holding the lock, promoting, stepping down. `race`: who becomes leader. `replica`: whom to
//!   follow, starting a database that is down, coming back. `failsafe`: the store is gone (R-PT-5, R-PT-6).
//! - `sync` and `quorum`: who is synchronous (R-PT-8, R-PT-9). `slots`: whose log is kept (R-PG-14).

mod call;
mod cycle;
mod failsafe;
mod leader;
mod pace;
mod quorum;
mod race;
mod replica;
mod rest;
mod slots;
mod sync;

use std::sync::Arc;

use super::ManagerContext;
use super::store::{Outcome, State};
use crate::ids::{Lsn, NodeId, NodeSet};
use crate::node::Role;
use crate::node::server::ServerStatus;
use crate::random::{Purpose, below, draw};
use crate::scenario::{Endpoint, Manager, Patroni, PatroniTags};
use crate::time::{Span, Time};

use call::Call;
pub use call::Line;
pub use leader::DemoteWhy;
pub use race::Limitation;
pub use rest::{AgentMessage, MemberStatus, RestStatus};
use {cycle::Doing, leader::Busy, rest::Poll, slots::Slots, sync::Names};

/// How often an agent looks whether a database that it has started is ready.
const LOOK: Span = Span::from_millis(100);

/// The timers of an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentTimer {
    /// The next round of the loop, or the end of a wait for the copy of the store.
    Loop(u64),
    /// The end of an attempt to reach the store.
    Call {
        /// Whose.
        line: Line,
        /// Which attempt.
        id: u64,
    },
    /// Time to try again to read everything.
    CacheAgain,
    /// Other agents have had their time to answer.
    Poll(u64),
    /// A pause of the loop is over.
    Pause(u64),
    /// What runs beside the loop goes on: promoting, stopping.
    Busy(u64),
    /// Whether a database that starts is ready.
    Look(u64),
}

/// How the loop goes on once the store has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    /// The lock was to be renewed.
    Renewed(RenewFor),
    /// The session was to be kept alive, at the end of a round.
    Touched,
    /// The lock was to be taken.
    Acquired,
    /// The lock was to be given up.
    Released(Afterwards),
    /// `/sync` was to be written.
    SyncWritten(sync::Step),
    /// `/failover` was to be deleted.
    FailoverCleared,
    /// `/failover` was to be written for a person.
    FailoverWritten,
    /// Everything was to be read.
    Cached,
}

/// Why the lock is renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RenewFor {
    /// All is well.
    Healthy,
    /// The database is down and may be started in place (R-PT-4).
    Recover,
    /// The database is starting.
    Starting,
    /// Something runs beside the loop.
    Busy,
}

/// What other agents were asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PollFor {
    /// Whether this node is the healthiest (R-PT-3).
    Race,
    /// Whether the candidate that a person named can take over; if not, this node may.
    Candidate,
    /// Whether anybody could take over.
    Failover(Possible),
    /// Whether this primary may go on without the store (R-PT-6).
    Failsafe,
}

/// What happens if somebody could take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Possible {
    /// The crashed primary is left down.
    Crashed,
    /// The primary that takes too long to start is stopped.
    StartTimeout,
    /// The leader steps down for the candidate.
    Graceful,
}

/// What follows a pause, or a lock given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Afterwards {
    /// The round ends.
    Finish,
    /// Two seconds for somebody to take the lock, then the database starts again.
    MakeRoom,
    /// Standbys have had time to catch up: give up the lock.
    ReleaseGraceful,
    /// Whoever has the lock by now is followed.
    Rejoin,
    /// Synchronous standbys are looked at again.
    SyncAgain,
}

/// An agent.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    node: NodeId,
    // The store.
    base: u8,
    connected: Option<u8>,
    session: Option<u64>,
    call: Option<Call>,
    watcher: Option<Call>,
    aside: Option<Call>,
    view: Arc<State>,
    ready: bool,
    // The loop.
    doing: Doing,
    /// Something changed since the loop last went to sleep.
    event: bool,
    cluster: Arc<State>,
    /// The members when there last was a leader, and who that was.
    old_members: NodeSet,
    old_leader: Option<NodeId>,
    /// Where the database's log ended at the end of the last round, and of the one before.
    last_position: Option<Lsn>,
    previous_position: Option<Lsn>,
    /// Since when the race is put off.
    backoff_since: Option<Time>,
    slots: Slots,
    next_run: Time,
    /// When its timer is due.
    due: Time,
    number: u64,
    renewed: bool,
    afterwards: Afterwards,
    poll: Option<Poll>,
    ids: u64,
    // The database.
    busy: Busy,
    leader_until: Time,
    /// When the lock was last asked for.
    asked_at: Time,
    was_primary: bool,
    starting_since: Option<Time>,
    look: u64,
    busy_number: u64,
    blocked: bool,
    names: Names,
    failsafe: Option<(NodeId, Time)>,
}

/// The parameters in force.
fn parameters<'a>(cx: &ManagerContext<'a>) -> &'a Patroni {
    match &cx.settings.manager {
        Manager::Patroni(patroni) => patroni,
        Manager::None | Manager::Mha(_) | Manager::Sentinel(_) => {
            unreachable!("agents are of Patroni, and which manager it is cannot change")
        }
    }
}

fn tags_of(patroni: &Patroni, node: NodeId) -> PatroniTags {
    let found = patroni.tags.iter().find(|tags| tags.node == node);
    found.copied().unwrap_or(PatroniTags::of(node))
}

/// When an agent's first round is: the cluster has been up for a while, so loops are spread over `loop_wait`.
pub(super) fn first_round(seed: u64, node: NodeId, patroni: &Patroni) -> Time {
    let wait = Span::from_secs(patroni.loop_wait);
    Time(below(
        draw(seed, Purpose::LoopPhase, u64::from(node.0), 0),
        wait.0,
    ))
}

impl Agent {
    pub(crate) fn new(node: NodeId, state: Arc<State>) -> Self {
        Self {
            node,
            base: 0,
            connected: None,
            session: None,
            call: None,
            watcher: None,
            aside: None,
            view: Arc::clone(&state),
            ready: false,
            doing: Doing::Sleeping,
            event: false,
            cluster: state,
            old_members: NodeSet::EMPTY,
            old_leader: None,
            last_position: None,
            previous_position: None,
            backoff_since: None,
            slots: Slots::default(),
            next_run: Time::ZERO,
            due: Time::ZERO,
            number: 0,
            renewed: false,
            afterwards: Afterwards::Finish,
            poll: None,
            ids: 0,
            busy: Busy::No,
            leader_until: Time::ZERO,
            asked_at: Time::ZERO,
            was_primary: false,
            starting_since: None,
            look: 0,
            busy_number: 0,
            blocked: false,
            names: Names::default(),
            failsafe: None,
        }
    }

    /// The start of the run: it is connected, and n1 holds the lock.
    pub(crate) fn start_running(&mut self, cx: &mut ManagerContext<'_>, members: u8) {
        let patroni = parameters(cx);
        self.base = self.node.0 % members;
        self.connected = Some(self.base);
        self.session = self.view.members.get(&self.node).copied();
        self.ready = true;
        self.old_members = self.view.member_set();
        self.old_leader = self.view.leads();
        let first = first_round(cx.seed, self.node, patroni);
        self.next_run = first;
        if self.view.leads() == Some(self.node) {
            // As if it had renewed the lock one round before.
            let since = Span::from_secs(patroni.ttl - patroni.loop_wait);
            self.leader_until = first + since;
            self.was_primary = true;
            self.feed_watchdog(cx, first + since);
        }
        self.arm_loop(cx, first);
    }

    /// The process starts: it knows nothing.
    pub(crate) fn start(&mut self, cx: &mut ManagerContext<'_>, members: u8) {
        self.base = self.node.0 % members;
        self.next_run = cx.now;
        self.build_cache(cx);
        self.run_cycle(cx);
    }

    /// The process ended. Numbers go on, so that no answer of before is taken for one to a new question.
    pub(crate) fn crash(&mut self) {
        *self = Self {
            ids: self.ids,
            number: self.number,
            ..Self::new(self.node, Arc::new(State::default()))
        };
    }

    pub(crate) fn wake(&mut self, cx: &mut ManagerContext<'_>, timer: AgentTimer) {
        let service = cx.me;
        cx.event(super::ManagerEvent::Timer { service });
        match timer {
            AgentTimer::Loop(number) => self.on_loop_timer(cx, number),
            AgentTimer::Call { line, id } => self.on_call_timer(cx, line, id),
            AgentTimer::CacheAgain => self.build_cache(cx),
            AgentTimer::Poll(id) => self.on_poll_timer(cx, id),
            AgentTimer::Pause(number) if number == self.number => self.after_pause(cx),
            AgentTimer::Pause(_) => {}
            AgentTimer::Busy(number) if number == self.busy_number => self.on_busy_timer(cx),
            AgentTimer::Busy(_) => {}
            AgentTimer::Look(number) => self.on_look_timer(cx, number),
        }
    }

    pub(crate) fn receive(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: Endpoint,
        message: super::ManagerMessage,
    ) {
        match (from, message) {
            (Endpoint::Store(member), super::ManagerMessage::Store(message)) => {
                self.on_store(cx, member, message);
            }
            (Endpoint::Node(from), super::ManagerMessage::Patroni(message)) => {
                self.on_rest(cx, from, message);
            }
            _ => {}
        }
    }

    /// The store has answered (`None`: it could not be reached in time).
    fn go_on(&mut self, cx: &mut ManagerContext<'_>, then: Then, outcome: Option<Outcome>) {
        let done = outcome.map(|outcome| outcome.done);
        match then {
            Then::Renewed(why) => self.after_renewal(cx, why, done),
            Then::Touched => self.end_cycle(cx),
            Then::Acquired => self.after_acquiring(cx, done),
            Then::Released(afterwards) => self.after_release(cx, afterwards, done),
            Then::SyncWritten(step) => self.after_sync_write(cx, step, done),
            Then::FailoverCleared => self.enforce_primary(cx),
            Then::FailoverWritten => self.wake_up(cx),
            Then::Cached => {
                if outcome.is_some() {
                    self.ready = true;
                    self.cache_ready(cx);
                }
            }
        }
    }

    /// Takes over what the store says now, and wakes the loop if somebody else changed the leader key or `/status`
    /// (patroni/dcs/etcd3.py `KVCache._process_event`; R-PT-2).
    fn learn(&mut self, cx: &mut ManagerContext<'_>, state: &Arc<State>) {
        if state.revision <= self.view.revision {
            return;
        }
        let before = core::mem::replace(&mut self.view, Arc::clone(state));
        let mine = self.view.leads() == Some(self.node);
        let leader_changed = before.leads() != self.view.leads();
        let status_changed = before.status != self.view.status;
        if !mine && (leader_changed || status_changed) {
            self.wake_up(cx);
        }
    }

    fn has_lock(&self) -> bool {
        self.cluster.leads() == Some(self.node)
    }

    /// Whether the database takes writes, as far as a query shows.
    fn is_primary(server: &ServerStatus) -> bool {
        matches!(server.role, Role::Primary | Role::Fenced)
    }

    /// The later of received and replayed.
    fn position(server: &ServerStatus) -> Lsn {
        server.tip.lsn.max(server.positions.replay)
    }
}
