//! The rules of the race, asked of one agent: n2 of three nodes, a standby that has the log up to 100. Nobody holds the lock,
//! which n1 held, on the first timeline, until a moment ago. The clock stands at 100 s.

use std::sync::Arc;

use super::*;
use crate::ids::{Timeline, Tip};
use crate::manager::patroni::rest::AgentMessage;
use crate::manager::store::{FailoverKey, State, StoreMessage};
use crate::manager::{ManagerEffect, ManagerMessage};
use crate::message::{Message, Positions};
use crate::node::Role;
use crate::scenario::{Costs, Endpoint, Manager, PatroniTags, Service, Settings, WatchdogMode};

const N1: NodeId = NodeId(0);
const N2: NodeId = NodeId(1);
const N3: NodeId = NodeId(2);
const NEWER: Timeline = Timeline::new(2, N3);

fn set(nodes: &[NodeId]) -> NodeSet {
    nodes.iter().copied().collect()
}

/// The agent of n2, and what it sees.
struct Desk {
    patroni: Patroni,
    server: Option<ServerStatus>,
    agent: Agent,
    cluster: State,
    now: Time,
}

/// What comes of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// It asks for the lock.
    Stands,
    /// It lets the race be, for this reason.
    Withdraws(Limitation),
    /// It asks these first.
    Asks(NodeSet),
    Nothing,
}
use Outcome::{Asks, Nothing, Stands, Withdraws};

impl Desk {
    fn new() -> Self {
        let patroni = Patroni::default();
        let mut cluster = State::running(3, Span::from_secs(30));
        cluster.leader = None;
        cluster.status.lsn = Lsn(100);
        let mut agent = Agent::new(N2, Arc::new(State::default()));
        agent.ready = true;
        agent.connected = Some(0);
        agent.session = Some(2);
        agent.old_leader = Some(N1);
        let (timeline, end) = (cluster.status.timeline, Lsn(100));
        let server = ServerStatus {
            ready: true,
            role: Role::Replica,
            standby: true,
            upstream: None,
            streaming: false,
            refusal: None,
            last_heard: Time::ZERO,
            replay_paused: false,
            standbys: NodeSet::EMPTY,
            timeline,
            tip: Tip { timeline, lsn: end },
            positions: Positions {
                write: end,
                flush: end,
                replay: end,
            },
            slots: None,
            pinned_from: end,
            rebuilding: false,
            rebuilt_from: None,
            empty: false,
        };
        Self {
            patroni,
            server: Some(server),
            agent,
            cluster,
            now: Time::from_secs(100),
        }
    }

    /// With another parameter.
    fn set(mut self, change: impl FnOnce(&mut Patroni)) -> Self {
        change(&mut self.patroni);
        self
    }

    /// With something else in the store.
    fn store(mut self, change: impl FnOnce(&mut State)) -> Self {
        change(&mut self.cluster);
        self
    }

    /// With another database.
    fn database(mut self, change: impl FnOnce(&mut ServerStatus)) -> Self {
        change(self.server.as_mut().expect("it runs"));
        self
    }

    /// With a tag of a node.
    fn tag(self, node: NodeId, change: impl FnOnce(&mut PatroniTags)) -> Self {
        let mut tags = PatroniTags::of(node);
        change(&mut tags);
        self.set(|patroni| patroni.tags.push(tags))
    }

    /// In a synchronous mode that is in force: n1 led.
    fn sync(self, mode: SynchronousMode, voters: &[NodeId], quorum: u8) -> Self {
        let voters = set(voters);
        self.set(|patroni| patroni.synchronous_mode = mode)
            .store(|state| {
                state.sync = SyncKey {
                    version: 1,
                    leader: Some(N1),
                    voters,
                    quorum,
                };
            })
    }

    /// Does something with the agent; returns what came of it and all effects.
    fn with(
        &mut self,
        act: impl FnOnce(&mut Agent, &mut ManagerContext<'_>),
    ) -> (Outcome, Vec<ManagerEffect>) {
        let settings = Settings {
            manager: Manager::Patroni(Box::new(self.patroni.clone())),
            ..Settings::default()
        };
        self.agent.cluster = Arc::new(self.cluster.clone());
        self.agent.view = Arc::clone(&self.agent.cluster);
        let mut out = Vec::new();
        let mut cx = ManagerContext {
            now: self.now,
            settings: &settings,
            costs: &Costs::default(),
            seed: 1,
            nodes: 3,
            me: Service::Agent(N2),
            server: self.server,
            standbys: Vec::new(),
            standby_names: None,
            out: &mut out,
        };
        act(&mut self.agent, &mut cx);
        (outcome(&out), out)
    }

    fn unhealthy(&mut self) -> Outcome {
        let server = self.server.expect("it runs");
        self.with(|agent, cx| agent.unhealthy(cx, &server)).0
    }

    /// What these answers of others lead to.
    fn judged(&mut self, answers: &[(NodeId, Option<MemberStatus>)]) -> Outcome {
        self.with(|agent, cx| agent.judge_race(cx, answers)).0
    }

    /// What comes of a candidate that gives this answer.
    fn candidate(&mut self, answer: Option<MemberStatus>) -> Outcome {
        self.with(|agent, cx| agent.judge_candidate(cx, &[(N3, answer)]))
            .0
    }
}

fn outcome(effects: &[ManagerEffect]) -> Outcome {
    let mut asked = NodeSet::EMPTY;
    for effect in effects {
        match effect {
            ManagerEffect::Event(ManagerEvent::DoesNotStand { why, .. }) => {
                return Withdraws(*why);
            }
            ManagerEffect::Send {
                to,
                message: Message::Manager(message),
            } => match (to, &**message) {
                (
                    _,
                    ManagerMessage::Store(StoreMessage::Ask {
                        op: Op::Acquire { .. },
                        ..
                    }),
                ) => return Stands,
                (Endpoint::Node(node), ManagerMessage::Patroni(AgentMessage::StatusAsk { .. })) => {
                    asked = asked.with(*node);
                }
                _ => {}
            },
            _ => {}
        }
    }
    if asked.is_empty() {
        Nothing
    } else {
        Asks(asked)
    }
}

/// A standby that has the log up to here and may lead.
fn at(position: u64) -> MemberStatus {
    MemberStatus {
        primary: false,
        position: Lsn(position),
        timeline: Timeline::new(1, N1),
        priority: 1,
        watchdog_failed: false,
    }
}

fn preferred(position: u64, priority: i32) -> MemberStatus {
    MemberStatus {
        priority,
        ..at(position)
    }
}

const OTHERS: Outcome = Asks(NodeSet(0b101));

#[test]
fn r_pt_3_what_keeps_a_standby_from_standing_before_anybody_is_asked() {
    let required = |patroni: &mut Patroni| patroni.watchdog_mode = WatchdogMode::Required;
    let table = [
        (Desk::new(), OTHERS),
        (
            Desk::new().database(|server| server.ready = false),
            Withdraws(Limitation::NotReady),
        ),
        (
            Desk::new().tag(N2, |tags| tags.nofailover = true),
            Withdraws(Limitation::NoFailover),
        ),
        (
            Desk::new().tag(N2, |tags| tags.failover_priority = Some(0)),
            Withdraws(Limitation::NoFailover),
        ),
        (Desk::new().set(required), Withdraws(Limitation::NoWatchdog)),
        (
            Desk::new()
                .set(required)
                .set(|patroni| patroni.watchdog_device = true),
            OTHERS,
        ),
        // 256 bytes a record.
        (
            Desk::new()
                .set(|patroni| patroni.maximum_lag_on_failover = 2_560)
                .store(|state| state.status.lsn = Lsn(110)),
            OTHERS,
        ),
        (
            Desk::new()
                .set(|patroni| patroni.maximum_lag_on_failover = 2_560)
                .store(|state| state.status.lsn = Lsn(111)),
            Withdraws(Limitation::Lagging),
        ),
    ];
    for (index, (mut desk, expected)) in table.into_iter().enumerate() {
        assert_eq!(desk.unhealthy(), expected, "line {index}");
    }
}

#[test]
fn r_pt_3_a_standby_of_an_older_timeline_stands_unless_check_timeline_is_on() {
    let newer = |check: bool, timeline| {
        Desk::new()
            .set(|patroni| patroni.check_timeline = check)
            .store(|state| state.status.timeline = timeline)
            .unhealthy()
    };
    let first = Timeline::new(1, N1);
    assert_eq!(newer(false, NEWER), OTHERS);
    assert_eq!(newer(true, NEWER), Withdraws(Limitation::BehindTimeline));
    assert_eq!(newer(true, first), OTHERS);
    assert_eq!(newer(true, Timeline::new(0, N1)), OTHERS);
}

#[test]
fn r_pt_3_a_primary_without_the_lock_takes_it_unless_a_newer_timeline_is_known() {
    let primary = |timeline, pause| {
        Desk::new()
            .database(|server| server.role = Role::Primary)
            .store(|state| state.status.timeline = timeline)
            .set(|patroni| patroni.pause = pause)
            .unhealthy()
    };
    assert_eq!(primary(Timeline::new(0, N1), false), Stands);
    assert_eq!(primary(Timeline::new(1, N1), false), Stands);
    assert_eq!(primary(NEWER, false), Withdraws(Limitation::OldTimeline));
    // In maintenance mode a person answers for it.
    assert_eq!(primary(NEWER, true), Stands);
    // It does not ask its tags: it is primary already.
    let mut tagged = Desk::new()
        .database(|server| server.role = Role::Primary)
        .tag(N2, |tags| tags.nofailover = true);
    assert_eq!(tagged.unhealthy(), Stands);
}

#[test]
fn pause_only_the_candidate_of_a_person_stands() {
    let paused = |candidate: Option<NodeId>| {
        Desk::new()
            .set(|patroni| patroni.pause = true)
            .store(|state| state.failover = candidate.map(|candidate| FailoverKey { candidate }))
            .unhealthy()
    };
    assert_eq!(paused(None), Withdraws(Limitation::Paused));
    assert_eq!(paused(Some(N3)), Withdraws(Limitation::Paused));
    assert_eq!(paused(Some(N2)), Stands);
}

#[test]
fn r_pt_3_a_candidate_of_a_person_goes_first_and_the_others_if_it_cannot() {
    let wanted =
        |candidate| Desk::new().store(|state| state.failover = Some(FailoverKey { candidate }));
    assert_eq!(wanted(N2).unhealthy(), Stands);
    assert_eq!(wanted(N3).unhealthy(), Asks(set(&[N3])));
    // What else would keep it from standing is not looked at.
    let required = |patroni: &mut Patroni| patroni.watchdog_mode = WatchdogMode::Required;
    assert_eq!(wanted(N2).set(required).unhealthy(), Stands);
    let fit = Withdraws(Limitation::Candidate(N3));
    assert_eq!(wanted(N3).candidate(Some(at(0))), fit);
    assert_eq!(wanted(N3).candidate(Some(preferred(0, 0))), OTHERS);
    assert_eq!(wanted(N3).candidate(None), OTHERS);
}

#[test]
fn r_pt_8_only_a_synchronous_one_steps_in_for_a_candidate_that_cannot() {
    use SynchronousMode::{Off, On, Quorum};
    let stepped_in = |mode, voters: &[NodeId]| Desk::new().sync(mode, voters, 0).candidate(None);
    let both = Asks(set(&[N1, N3]));
    assert_eq!(stepped_in(On, &[N3]), Withdraws(Limitation::NotSynchronous));
    assert_eq!(stepped_in(On, &[N2, N3]), both);
    assert_eq!(stepped_in(Quorum, &[N3]), both);
    assert_eq!(stepped_in(Off, &[N3]), both);
    let mut itself = Desk::new()
        .sync(On, &[N3], 0)
        .store(|state| state.sync.leader = Some(N2));
    assert_eq!(itself.candidate(None), Asks(set(&[N3])));
}

#[test]
fn r_pt_6_whom_failsafe_does_not_list_does_not_stand_and_whom_it_lists_is_asked() {
    let failsafe = |mode: bool, listed: &[NodeId]| {
        let listed = set(listed);
        Desk::new()
            .set(|patroni| patroni.failsafe_mode = mode)
            .store(|state| {
                state.failsafe = listed;
                // n3's key has run out.
                state.members.remove(&N3);
            })
            .unhealthy()
    };
    let only_n1 = Asks(set(&[N1]));
    assert_eq!(failsafe(true, &[]), only_n1);
    assert_eq!(
        failsafe(true, &[N1, N3]),
        Withdraws(Limitation::NotInFailsafe)
    );
    assert_eq!(failsafe(true, &[N1, N2, N3]), OTHERS);
    assert_eq!(failsafe(false, &[N1, N3]), only_n1);
}

#[test]
fn r_pt_8_whom_sync_lists_stands_and_is_asked() {
    use SynchronousMode::{Off, On, Quorum};
    let asked = |mode, voters: &[NodeId]| Desk::new().sync(mode, voters, 0).unhealthy();
    assert_eq!(asked(On, &[N3]), Withdraws(Limitation::NotSynchronous));
    assert_eq!(asked(On, &[N2]), Asks(set(&[N1])));
    assert_eq!(asked(On, &[N2, N3]), OTHERS);
    assert_eq!(asked(Off, &[N3]), OTHERS);
    // In quorum mode votes decide.
    assert_eq!(asked(Quorum, &[N3]), OTHERS);
    assert_eq!(asked(Quorum, &[]), Asks(set(&[N1])));
    // The leader of before is listed too, and until a leader has written the key it says nothing.
    let led = |leader| {
        Desk::new()
            .sync(On, &[N3], 0)
            .store(|state| state.sync.leader = leader)
            .unhealthy()
    };
    assert_eq!(led(Some(N2)), Asks(set(&[N3])));
    assert_eq!(led(None), OTHERS);
}

#[test]
fn r_pt_3_one_that_never_leads_is_not_asked_unless_it_votes() {
    use SynchronousMode::{On, Quorum};
    let n3_never = || Desk::new().tag(N3, |tags| tags.nofailover = true);
    let only_n1 = Asks(set(&[N1]));
    assert_eq!(n3_never().unhealthy(), only_n1);
    assert_eq!(n3_never().sync(On, &[N2, N3], 0).unhealthy(), only_n1);
    assert_eq!(n3_never().sync(Quorum, &[N2, N3], 1).unhealthy(), OTHERS);
    assert_eq!(n3_never().sync(Quorum, &[N2], 1).unhealthy(), only_n1);
    // Whoever was a member when there was a leader is asked too.
    let mut gone = Desk::new().store(|state| {
        state.members.remove(&N3);
    });
    assert_eq!(gone.unhealthy(), only_n1);
    gone.agent.old_members = set(&[N2, N3]);
    assert_eq!(gone.unhealthy(), OTHERS);
}

#[test]
fn r_pt_3_the_race_is_lost_to_a_primary_and_to_one_with_more_log() {
    let primary = MemberStatus {
        primary: true,
        ..at(0)
    };
    let no_watchdog = MemberStatus {
        watchdog_failed: true,
        ..at(200)
    };
    let table = [
        (Some(primary), Withdraws(Limitation::PrimaryAlive(N3))),
        (Some(at(101)), Withdraws(Limitation::Ahead(N3))),
        (Some(at(100)), Stands),
        (Some(at(99)), Stands),
        (None, Stands),
        (Some(no_watchdog), Stands),
        (Some(preferred(200, 0)), Stands),
        (
            Some(preferred(100, 2)),
            Withdraws(Limitation::LowerPriority(N3)),
        ),
        (Some(preferred(99, 2)), Stands),
    ];
    for (answer, expected) in table {
        assert_eq!(Desk::new().judged(&[(N3, answer)]), expected, "{answer:?}");
    }
    let mut stopped = Desk::new();
    stopped.server = None;
    assert_eq!(stopped.judged(&[]), Withdraws(Limitation::NotReady));
    let mut starting = Desk::new().database(|server| server.ready = false);
    assert_eq!(starting.judged(&[]), Withdraws(Limitation::NotReady));
}

#[test]
fn r_pt_3_priorities_count_among_those_that_are_level_but_for_who_led_before() {
    use SynchronousMode::On;
    let own = |priority| Desk::new().tag(N2, |tags| tags.failover_priority = Some(priority));
    let level = [(N3, Some(preferred(100, 2)))];
    let gives_way = Withdraws(Limitation::LowerPriority(N3));
    assert_eq!(own(1).judged(&level), gives_way);
    assert_eq!(own(2).judged(&level), Stands);
    assert_eq!(own(3).judged(&level), Stands);
    let mut led = own(1);
    led.agent.old_leader = Some(N3);
    assert_eq!(led.judged(&level), Stands);
    // In synchronous mode `/sync` says who led.
    let mut listed = own(1).sync(On, &[N2, N3], 0);
    listed.agent.old_leader = Some(N3);
    assert_eq!(listed.judged(&level), gives_way);
    let mut listed = own(1)
        .sync(On, &[N2, N3], 0)
        .store(|state| state.sync.leader = Some(N3));
    assert_eq!(listed.judged(&level), Stands);
}

#[test]
fn r_pt_8_a_former_leader_that_is_ahead_is_not_waited_for() {
    use SynchronousMode::{Off, On};
    let ahead = |mode, node| {
        Desk::new()
            .sync(mode, &[N2, N3], 0)
            .judged(&[(node, Some(at(101)))])
    };
    assert_eq!(ahead(On, N1), Stands, "what it has more was never acked");
    assert_eq!(ahead(On, N3), Withdraws(Limitation::Ahead(N3)));
    assert_eq!(ahead(Off, N1), Withdraws(Limitation::Ahead(N1)));
}

#[test]
fn r_pt_9_votes_of_those_that_are_no_further_decide() {
    use SynchronousMode::{On, Quorum};
    let votes = |mode, voters: &[NodeId], quorum, answers: &[(NodeId, Option<MemberStatus>)]| {
        Desk::new().sync(mode, voters, quorum).judged(answers)
    };
    let none = Withdraws(Limitation::NoQuorum);
    let both = [N2, N3];
    assert_eq!(votes(Quorum, &both, 0, &[]), Stands, "its own is enough");
    assert_eq!(votes(Quorum, &both, 1, &[]), none);
    assert_eq!(votes(Quorum, &both, 1, &[(N3, Some(at(100)))]), Stands);
    assert_eq!(votes(Quorum, &both, 1, &[(N3, None)]), none);
    assert_eq!(votes(Quorum, &both, 2, &[(N3, Some(at(100)))]), none);
    // Who is no voter has none to give, and whoever is none needs one more.
    assert_eq!(votes(Quorum, &[N2], 1, &[(N3, Some(at(100)))]), none);
    assert_eq!(votes(Quorum, &[N3], 0, &[(N3, Some(at(100)))]), Stands);
    assert_eq!(votes(Quorum, &[N3], 0, &[]), none);
    assert_eq!(
        votes(On, &both, 1, &[]),
        Stands,
        "votes are for quorum mode"
    );
    // A leader that is ahead gives no vote.
    let former = Desk::new()
        .sync(Quorum, &[N1, N2, N3], 1)
        .judged(&[(N1, Some(at(101)))]);
    assert_eq!(former, none);
    let former = Desk::new()
        .sync(Quorum, &[N1, N2, N3], 1)
        .judged(&[(N1, Some(at(100)))]);
    assert_eq!(former, Stands);
}

#[test]
fn r_pt_9_one_that_led_needs_no_votes_if_nobody_is_ahead() {
    use SynchronousMode::Quorum;
    let was_leader = || {
        Desk::new()
            .sync(Quorum, &[N1, N3], 2)
            .store(|state| state.sync.leader = Some(N2))
    };
    assert_eq!(was_leader().judged(&[]), Stands);
    assert_eq!(was_leader().judged(&[(N3, Some(at(100)))]), Stands);
    let ahead = Withdraws(Limitation::Ahead(N3));
    assert_eq!(was_leader().judged(&[(N3, Some(at(101)))]), ahead);
}

#[test]
fn r_pt_9_only_a_voter_is_given_way_to_because_of_its_priority() {
    use SynchronousMode::{On, Quorum};
    let level = [(N3, Some(preferred(100, 2)))];
    let gives_way = Withdraws(Limitation::LowerPriority(N3));
    let judged = |mode, voters: &[NodeId]| Desk::new().sync(mode, voters, 0).judged(&level);
    assert_eq!(judged(Quorum, &[N2, N3]), gives_way);
    assert_eq!(judged(Quorum, &[N2]), Stands);
    assert_eq!(judged(On, &[N2]), gives_way);
}

/// A standby whose log grew from 99 since the last round, and which waits up to `backoff` s; a round every 10 s.
fn growing(backoff: u64) -> Desk {
    let mut desk = Desk::new()
        .set(|patroni| patroni.primary_race_backoff = backoff)
        .database(|server| server.streaming = true);
    desk.agent.previous_position = Some(Lsn(99));
    desk
}

fn waited(mut desk: Desk, seconds: u64) -> Desk {
    desk.agent.backoff_since = Some(Time::from_secs(100 - seconds));
    desk
}

const LATER: Outcome = Withdraws(Limitation::LogStillGrows);

#[test]
fn r_pt_3_the_race_is_put_off_while_the_log_grows_and_for_one_round_in_any_case() {
    let still = |backoff| growing(backoff).database(|server| server.streaming = false);
    let level = |backoff| {
        let mut desk = growing(backoff);
        desk.agent.previous_position = Some(Lsn(100));
        desk
    };
    let first_look = |backoff| {
        let mut desk = growing(backoff);
        desk.agent.previous_position = None;
        desk
    };
    let table = [
        (growing(0), OTHERS),
        (growing(20), LATER),
        (first_look(20), OTHERS),
        (waited(growing(20), 19), LATER),
        (waited(growing(20), 20), OTHERS),
        (waited(growing(20), 21), OTHERS),
        // Its log does not grow: one round.
        (still(20), LATER),
        (waited(still(20), 9), LATER),
        (waited(still(20), 10), OTHERS),
        (waited(level(20), 9), LATER),
        (waited(level(20), 10), OTHERS),
        // The round counts where the wait is shorter.
        (waited(growing(3), 9), LATER),
        (waited(growing(3), 10), OTHERS),
    ];
    for (index, (mut desk, expected)) in table.into_iter().enumerate() {
        assert_eq!(desk.unhealthy(), expected, "line {index}");
    }
}

#[test]
fn r_pt_3_what_a_person_wants_is_not_put_off() {
    let mut paused = growing(20).set(|patroni| patroni.pause = true);
    assert_eq!(paused.unhealthy(), Withdraws(Limitation::Paused));
    let wanted = FailoverKey { candidate: N2 };
    let mut candidate = growing(20).store(|state| state.failover = Some(wanted));
    assert_eq!(candidate.unhealthy(), Stands);
}

#[test]
fn r_pt_3_the_next_round_is_no_later_than_the_end_of_the_wait() {
    // When the round after this one would be; it began on time, half a second ago.
    let next = |desk: Desk| {
        let mut desk = desk;
        desk.agent.next_run = Time::from_millis(99_500);
        assert_eq!(desk.unhealthy(), LATER);
        desk.agent.next_run + Span::from_secs(10)
    };
    let usual = Time::from_millis(109_500);
    assert_eq!(next(growing(20)), usual);
    assert_eq!(next(waited(growing(20), 10)), usual, "just a round");
    assert_eq!(next(waited(growing(20), 13)), Time::from_secs(107));
    assert_eq!(next(waited(growing(20), 19)), Time::from_secs(101));
    // The wait is over, the round it takes in any case is not.
    assert_eq!(next(waited(growing(5), 5)), usual);
    assert_eq!(next(waited(growing(5), 9)), usual);
}

#[test]
fn r_pt_3_who_withdraws_follows_and_a_primary_stops() {
    let stops = |effects: &[ManagerEffect]| {
        let why = DemoteWhy::NotHealthiest;
        effects.contains(&ManagerEffect::Event(ManagerEvent::Demotes {
            node: N2,
            why,
        }))
    };
    let follows = |effects: &[ManagerEffect]| {
        effects
            .iter()
            .any(|effect| matches!(effect, ManagerEffect::Command(_)))
    };
    let withdraws = |desk: &mut Desk| {
        desk.with(|agent, cx| agent.withdraw(cx, Limitation::NoQuorum))
            .1
    };
    // It still streams from n1, which leads no more.
    let mut standby = Desk::new().database(|server| server.upstream = Some(N1));
    let effects = withdraws(&mut standby);
    assert!(follows(&effects) && !stops(&effects), "{effects:?}");
    let mut primary = Desk::new().database(|server| server.role = Role::Primary);
    let effects = withdraws(&mut primary);
    assert!(stops(&effects), "{effects:?}");
    let mut down = Desk::new();
    down.server = None;
    let effects = withdraws(&mut down);
    assert!(!stops(&effects) && !follows(&effects), "{effects:?}");
}
