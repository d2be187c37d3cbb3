//! What agents ask each other over REST, and what the router is told.

use super::{Agent, AgentTimer, PollFor, parameters, tags_of};
use crate::ids::{Lsn, NodeId, NodeSet, Timeline};
use crate::manager::store::{FailoverKey, Op};
use crate::manager::{ManagerContext, ManagerEvent, ManagerTimer};
use crate::message::MessageKind;
use crate::node::server::ServerStatus;
use crate::scenario::{Patroni, WatchdogMode};
use crate::time::{Span, Time};

/// ha.py `fetch_node_status`: 2 s, hard-coded.
const PATIENCE: Span = Span::from_secs(2);

/// What `GET /patroni` says of a member whose database runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberStatus {
    /// Whether its database is a primary.
    pub primary: bool,
    /// The later of received and replayed.
    pub position: Lsn,
    /// The timeline that it writes or follows.
    pub timeline: Timeline,
    /// Its `failover_priority`; 0 or less: it never becomes leader.
    pub priority: i32,
    /// The watchdog is required and there is none.
    pub watchdog_failed: bool,
}

impl MemberStatus {
    /// ha.py `failover_limitation`, of one that answered.
    pub(super) fn may_lead(&self) -> bool {
        self.priority > 0 && !self.watchdog_failed
    }
}

/// What agents say to each other. `id` is the asker's, for matching answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentMessage {
    /// `GET /patroni`.
    StatusAsk {
        /// The question.
        id: u64,
    },
    /// The answer; `None` when the database does not run.
    Status {
        /// The question.
        id: u64,
        /// How it is.
        status: Option<MemberStatus>,
    },
    /// `POST /failsafe`: the sender is leader and has lost the store (R-PT-6).
    FailsafeAsk {
        /// The question.
        id: u64,
    },
    /// The answer.
    Failsafe {
        /// The question.
        id: u64,
        /// Whether the sender may go on.
        accepted: bool,
    },
    /// `POST /failover`: a person wants this candidate to take over.
    Failover {
        /// Who.
        candidate: NodeId,
    },
    /// Nobody listens there.
    Refused {
        /// The question.
        id: u64,
    },
}

impl AgentMessage {
    /// Its kind, for the trace and the page.
    #[must_use]
    pub fn kind(&self) -> MessageKind {
        match self {
            Self::StatusAsk { .. } | Self::FailsafeAsk { .. } => MessageKind::AgentRequest,
            Self::Status { .. } | Self::Failsafe { .. } | Self::Refused { .. } => {
                MessageKind::AgentReply
            }
            Self::Failover { .. } => MessageKind::Command,
        }
    }

    /// What the operating system answers when no agent runs.
    pub(crate) fn refusal(&self) -> Option<Self> {
        match *self {
            Self::StatusAsk { id } | Self::FailsafeAsk { id } => Some(Self::Refused { id }),
            _ => None,
        }
    }
}

/// What an agent's health checks say, for a router.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RestStatus {
    /// `GET /primary` answers 200: the database is primary and the agent holds the lock.
    pub primary: bool,
    /// `GET /replica` answers 200: the database is a standby and may serve reads.
    pub replica: bool,
    /// How far it is behind the leader's position in the store, in bytes: what `GET /replica?lag=` compares.
    pub lag_bytes: u64,
    /// The database's timeline.
    pub timeline: Timeline,
}

/// Other agents that were asked, and what they said.
#[derive(Clone, Debug)]
pub(super) struct Poll {
    id: u64,
    waiting: NodeSet,
    pub(super) answers: Vec<(NodeId, Option<MemberStatus>)>,
    pub(super) accepted: bool,
    why: PollFor,
    again: bool,
}

/// Whether the agent on a node may not be leader because a watchdog is required and there is none.
pub(super) fn watchdog_failed(patroni: &Patroni) -> bool {
    patroni.watchdog_mode == WatchdogMode::Required && !patroni.watchdog_device
}

impl Agent {
    /// Asks other agents; the loop goes on when all have answered or the time is over.
    pub(super) fn poll(&mut self, cx: &mut ManagerContext<'_>, whom: NodeSet, why: PollFor) {
        self.ids += 1;
        let id = self.ids;
        let waiting = whom.without(self.node);
        self.poll = Some(Poll {
            id,
            waiting,
            answers: Vec::new(),
            accepted: true,
            why,
            again: false,
        });
        if waiting.is_empty() {
            self.count_poll(cx);
            return;
        }
        for node in waiting.iter() {
            self.ask_agent(cx, node, id, why);
        }
        cx.timer(PATIENCE, ManagerTimer::Agent(AgentTimer::Poll(id)));
    }

    fn ask_agent(&self, cx: &mut ManagerContext<'_>, node: NodeId, id: u64, why: PollFor) {
        let question = match why {
            PollFor::Failsafe => AgentMessage::FailsafeAsk { id },
            _ => AgentMessage::StatusAsk { id },
        };
        cx.send(node, question);
    }

    pub(super) fn on_poll_timer(&mut self, cx: &mut ManagerContext<'_>, id: u64) {
        let Some(poll) = self.poll.as_mut().filter(|poll| poll.id == id) else {
            return;
        };
        if poll.why == PollFor::Failsafe && !poll.again {
            // ha.py `call_failsafe_member` tries once more.
            poll.again = true;
            let waiting = poll.waiting;
            for node in waiting.iter() {
                self.ask_agent(cx, node, id, PollFor::Failsafe);
            }
            cx.timer(PATIENCE, ManagerTimer::Agent(AgentTimer::Poll(id)));
            return;
        }
        let silent: Vec<NodeId> = poll.waiting.iter().collect();
        poll.accepted &= silent.is_empty();
        poll.answers
            .extend(silent.into_iter().map(|node| (node, None)));
        self.count_poll(cx);
    }

    fn count_poll(&mut self, cx: &mut ManagerContext<'_>) {
        let Some(poll) = self.poll.take() else { return };
        match poll.why {
            PollFor::Race => self.judge_race(cx, &poll.answers),
            PollFor::Candidate => self.judge_candidate(cx, &poll.answers),
            PollFor::Failover(what) => self.judge_failover(cx, what, &poll.answers),
            PollFor::Failsafe => self.judge_failsafe(cx, poll.accepted),
        }
    }

    fn answered(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: NodeId,
        id: u64,
        status: Option<MemberStatus>,
        accepted: bool,
    ) {
        let Some(poll) = self.poll.as_mut().filter(|poll| poll.id == id) else {
            return;
        };
        if !poll.waiting.contains(from) {
            return;
        }
        poll.waiting = poll.waiting.without(from);
        poll.answers.push((from, status));
        poll.accepted &= accepted;
        if poll.waiting.is_empty() {
            self.count_poll(cx);
        }
    }

    pub(super) fn on_rest(
        &mut self,
        cx: &mut ManagerContext<'_>,
        from: NodeId,
        message: AgentMessage,
    ) {
        match message {
            AgentMessage::StatusAsk { id } => {
                let status = self.member_status(cx);
                cx.send(from, AgentMessage::Status { id, status });
            }
            AgentMessage::Status { id, status } => self.answered(cx, from, id, status, true),
            AgentMessage::Failsafe { id, accepted } => {
                self.answered(cx, from, id, None, accepted);
            }
            AgentMessage::Refused { id } => self.answered(cx, from, id, None, false),
            AgentMessage::FailsafeAsk { id } => {
                let accepted = self.on_failsafe_ask(cx, from);
                cx.send(from, AgentMessage::Failsafe { id, accepted });
            }
            AgentMessage::Failover { candidate } => self.write_failover(cx, candidate),
        }
    }

    fn member_status(&self, cx: &ManagerContext<'_>) -> Option<MemberStatus> {
        let patroni = parameters(cx);
        let server = cx.server.as_ref().filter(|server| server.ready)?;
        Some(MemberStatus {
            primary: Self::is_primary(server),
            position: Self::position(server),
            timeline: server.timeline,
            priority: tags_of(patroni, self.node).failover_rank(),
            watchdog_failed: watchdog_failed(patroni),
        })
    }

    /// `patronictl failover --candidate`, typed on the candidate's host: the leader's agent writes the key and looks at it at
    /// once (api.py `do_POST_failover`); without a leader the key is written from here.
    pub(crate) fn failover_to_me(&mut self, cx: &mut ManagerContext<'_>) {
        let candidate = self.node;
        cx.event(ManagerEvent::FailoverWanted { candidate });
        match self.view.leads().filter(|&leader| leader != self.node) {
            Some(leader) => cx.send(leader, AgentMessage::Failover { candidate }),
            None => self.write_failover(cx, candidate),
        }
    }

    fn write_failover(&mut self, cx: &mut ManagerContext<'_>, candidate: NodeId) {
        // The REST thread writes by itself; a loop that is at work is not held up, it finds the key in its next round.
        let key = Some(FailoverKey { candidate });
        self.ask_aside(cx, Op::Failover { key });
    }

    /// The health checks of the REST interface (R-PT-2, api.py `do_GET`).
    pub(crate) fn rest_status(
        &self,
        patroni: &Patroni,
        server: Option<&ServerStatus>,
        record_bytes: u64,
        now: Time,
    ) -> RestStatus {
        let running = server.filter(|server| server.ready);
        let lag = |server: &ServerStatus| {
            let behind = self.view.status.lsn.ahead_of(Self::position(server));
            behind.saturating_mul(record_bytes)
        };
        RestStatus {
            primary: running.is_some_and(Self::is_primary) && now < self.leader_until,
            replica: running.is_some_and(|server| !Self::is_primary(server))
                && !tags_of(patroni, self.node).noloadbalance,
            lag_bytes: running.map_or(0, lag),
            timeline: running.map(|server| server.timeline).unwrap_or_default(),
        }
    }
}
