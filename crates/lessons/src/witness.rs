//! Following a run, so that conditions can be asked of it at any time.

use replicascope_engine::event::{Event, EventName};
use replicascope_engine::expect::Amount;
use replicascope_engine::ids::{EventId, NodeId};
use replicascope_engine::time::Time;
use replicascope_engine::{Course, Recording, Report, Scenario, ScenarioError, Simulation, json};
use serde::Deserialize;

use crate::progress::Kept;

/// One step's view of a run: where the run stood when the step began, and where it stands.
///
/// It plays the run once more beside the recording, since exact numbers are gathered while stepping. That costs what the
/// recording itself cost; going back costs the way from the start of the step.
#[derive(Clone, Debug)]
pub struct Witness {
    scenario: Scenario,
    /// As the step began.
    start: Course,
    start_report: Report,
    now: Course,
    report: Report,
    kept: Vec<Kept>,
}

impl Witness {
    /// A step begins where a recording stands. `kept` is what earlier steps kept.
    ///
    /// # Errors
    /// [`ScenarioError`] when the recording's scenario is not valid, which a recording's always is.
    pub fn new(recording: &Recording, kept: &[Kept]) -> Result<Self, ScenarioError> {
        let scenario = start_of(recording);
        let mut start = Course::until(&scenario, Time::ZERO)?;
        start.follow(recording.simulation());
        let report = start.report();
        Ok(Self {
            scenario,
            now: start.clone(),
            start,
            start_report: report.clone(),
            report,
            kept: kept.to_vec(),
        })
    }

    /// Goes to where the recording stands now. Where it stands before the step's beginning nothing is new.
    pub fn follow(&mut self, recording: &Recording) {
        let leader = recording.simulation();
        if leader.steps() == self.now.simulation().steps()
            && leader.now() == self.now.simulation().now()
            && leader.trace().hash() == self.now.simulation().trace().hash()
        {
            return;
        }
        if !self.now.follow(leader) {
            self.now = self.start.clone();
            if !self.now.follow(leader) && self.begins_elsewhere(recording).is_err() {
                unreachable!("a recording's scenario is valid");
            }
        }
        self.report = self.now.report();
    }

    /// The run is not the one that the step began in, or stands before that.
    fn begins_elsewhere(&mut self, recording: &Recording) -> Result<(), ScenarioError> {
        let leader = recording.simulation();
        let begun = self.start.simulation().now();
        self.scenario = start_of(recording);
        self.now = Course::until(&self.scenario, Time::ZERO)?;
        if leader.now() > begun {
            // The same instant of this run stands for the step's beginning.
            let mut then = Recording::new(Scenario {
                actions: leader.actions()[..leader.actions_taken()].to_vec(),
                ..self.scenario.clone()
            })?;
            then.advance_to(begun);
            self.now.follow(then.simulation());
            self.start = self.now.clone();
            self.start_report = self.start.report();
        }
        self.now.follow(leader);
        Ok(())
    }

    /// The run as it stands.
    #[must_use]
    pub fn run(&self) -> &Simulation {
        self.now.simulation()
    }

    /// The run's scenario without the log of actions.
    #[must_use]
    pub fn scenario(&self) -> &Scenario {
        &self.scenario
    }

    /// Its numbers now.
    #[must_use]
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Its numbers when the step began.
    #[must_use]
    pub fn report_at_start(&self) -> &Report {
        &self.start_report
    }

    /// The run as the step began.
    #[must_use]
    pub fn start(&self) -> &Simulation {
        self.start.simulation()
    }

    /// The last event that does not count.
    pub(crate) fn since(&self, newly: bool) -> EventId {
        EventId(if newly { self.start().trace().len() } else { 0 })
    }

    /// From when on operations count.
    pub(crate) fn begun(&self, newly: bool) -> Time {
        if newly {
            self.start().now()
        } else {
            Time::ZERO
        }
    }

    pub(crate) fn kept(&self, name: &str) -> Option<Amount> {
        let kept = self.kept.iter().find(|kept| kept.name == name)?;
        Some(kept.amount)
    }

    /// Events of a name, about a node if one is given, after `since`.
    pub(crate) fn events(
        &self,
        name: EventName,
        node: Option<NodeId>,
        since: EventId,
    ) -> impl DoubleEndedIterator<Item = &Event> {
        let events = self.run().trace().since(since);
        events.filter(move |event| {
            event.kind.name() == name && node.is_none_or(|node| is_about(event, node))
        })
    }
}

/// A recording's scenario without what was done.
fn start_of(recording: &Recording) -> Scenario {
    Scenario {
        actions: Vec::new(),
        expect: Vec::new(),
        ..recording.scenario()
    }
}

/// Whether the event's field `node` is this one.
fn is_about(event: &Event, node: NodeId) -> bool {
    #[derive(Deserialize)]
    struct About {
        #[serde(default)]
        node: Option<NodeId>,
    }
    let fields = json::to_line(&event.kind).and_then(|text| json::from_text::<About>(&text));
    fields.is_ok_and(|fields| fields.node == Some(node))
}
