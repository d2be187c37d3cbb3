//! An explanation with its words, made once when it is asked for: it outlives seeking to before what it explains.

use replicascope_engine::Simulation;
use replicascope_engine::event::{Event, EventKind};
use replicascope_engine::ids::EventId;
use replicascope_engine::manager::{ManagerEvent, MhaEvent};
use replicascope_engine::node::Role;
use replicascope_engine::scenario::{Action, KillKind, Service, ServiceAction};
use replicascope_engine::time::Time;
use replicascope_engine::why::{Arrow, Lane, Part, Question, Verdict, explain};
use replicascope_engine::world::{Health, LaneChange};

use crate::words::verdicts::{self, Chip};
use crate::words::why as words;

/// What a step looks like in the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Point {
    /// What went wrong first.
    Fault,
    /// A node took over.
    Crown,
    /// Something was lost.
    Lost,
    /// A client was told something.
    Told,
    /// Anything else.
    Plain,
}

/// A step with its sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) event: EventId,
    pub(super) at: Time,
    pub(super) lane: Lane,
    pub(super) point: Point,
    pub(super) text: String,
}

/// An explanation, ready to be shown.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) question: Question,
    pub(super) asked_at: Time,
    pub(super) title: String,
    pub(super) chips: Vec<Chip>,
    pub(super) short: String,
    pub(super) lines: Vec<Line>,
    pub(super) arrows: Vec<Arrow>,
    /// Each line of the diagram with its name and, for a node, what it was over time.
    pub(super) lanes: Vec<(Lane, String, Vec<LaneChange>)>,
    pub(super) diagram: String,
    /// An acked write is lost: only then is anything red.
    pub(super) is_loss: bool,
    pub(super) complete: bool,
}

impl Told {
    /// The explanation as things stand now.
    pub(super) fn of(run: &Simulation, question: Question) -> Option<Self> {
        let why = explain(run, question)?;
        let point = |part: &Part| match part {
            Part::Fault { .. } => Point::Fault,
            Part::TookOver { .. } => Point::Crown,
            Part::RecordLost { .. } | Part::Lost { .. } => Point::Lost,
            _ => Point::Plain,
        };
        let lines = why
            .steps
            .iter()
            .map(|step| Line {
                event: step.event.id,
                at: step.event.at,
                lane: step.lane,
                point: match (point(&step.part), step.lane) {
                    (Point::Plain, Lane::Client(_)) => Point::Told,
                    (point, _) => point,
                },
                text: words::step(run, step),
            })
            .collect();
        let changes = |lane| match lane {
            Lane::Node(node) => run.lanes().of(node).copied().collect(),
            Lane::Client(_) => Vec::new(),
            Lane::Agent(node) => health_of(run, Service::Agent(node)),
            Lane::Store(index) => health_of(run, Service::Store(index)),
            Lane::Monitor(index) => health_of(run, Service::Monitor(index)),
        };
        let chips = match question {
            Question::Op(id) => run
                .oracle()
                .op(id)
                .map_or_else(Vec::new, |op| verdicts::chips(run, op)),
            Question::SplitBrain | Question::NoPrimary => Vec::new(),
        };
        Some(Self {
            question,
            asked_at: why.asked_at,
            title: words::title(run, &why),
            chips,
            short: words::short(run, &why),
            lines,
            lanes: why
                .lanes
                .iter()
                .map(|&lane| (lane, words::lane(run, lane), changes(lane)))
                .collect(),
            diagram: words::diagram(run, &why),
            is_loss: matches!(why.verdict, Verdict::Lost { .. }),
            complete: why.complete,
            arrows: why.arrows,
        })
    }
}

/// Whether a service ran, over time; an agent shares what happens to its host.
fn health_of(run: &Simulation, service: Service) -> Vec<LaneChange> {
    let change = |at, health| LaneChange {
        at,
        role: Role::Replica,
        health,
        slow: 1,
    };
    let host = match service {
        Service::Agent(node) => Some(node),
        Service::Store(_) | Service::Monitor(_) => None,
    };
    let mut changes = vec![change(Time::ZERO, Health::Up)];
    for event in run.trace().milestones() {
        let health = match event.kind {
            EventKind::ServiceChanged {
                service: which,
                what,
            } if which == service => match what {
                ServiceAction::Kill => Health::Down,
                ServiceAction::Freeze => Health::Frozen,
                ServiceAction::Restart | ServiceAction::Thaw => Health::Up,
            },
            EventKind::Frozen { node } if host == Some(node) => Health::Frozen,
            EventKind::HostLost { node } | EventKind::HostReset { node } if host == Some(node) => {
                Health::Down
            }
            EventKind::Killed { node } if host == Some(node) && dies_too(run, event) => {
                Health::Down
            }
            EventKind::Thawed { node } | EventKind::Restarted { node } if host == Some(node) => {
                Health::Up
            }
            EventKind::Manager(ManagerEvent::Mha(MhaEvent::Exited))
                if service == Service::Monitor(0) =>
            {
                Health::Down
            }
            _ => continue,
        };
        changes.push(change(event.at, health));
    }
    changes
}

/// Whether the agent dies with the database.
fn dies_too(run: &Simulation, killed: &Event) -> bool {
    let action = match run.trace().get(killed.cause).map(|cause| cause.kind) {
        Some(EventKind::Action { index }) => run.actions().get(index as usize),
        _ => None,
    };
    !matches!(
        action.map(|timed| &timed.action),
        Some(Action::Kill {
            how: KillKind::Process,
            ..
        })
    )
}
