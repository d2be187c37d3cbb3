//! Whether expectations hold.

use core::fmt;

use serde::Deserialize;

use super::{Amount, Expectation};
use crate::event::Event;
use crate::ids::{EventId, NodeId};
use crate::json;
use crate::node::Role;
use crate::report::{NodeReport, Report};
use crate::time::Time;
use crate::world::{Health, Simulation};

/// How many instants of events are kept to tell where they were instead.
const SHOWN: usize = 3;

/// What became of an expectation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was expected.
    pub expectation: Expectation,
    /// Whether it holds.
    pub holds: bool,
    /// What there was.
    pub found: Found,
}

/// What there was in the place of what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// A number, unless there was none.
    Amount(Option<Amount>),
    /// A role.
    Role(Role),
    /// A health.
    Health(Health),
    /// Yes or no.
    Truth(bool),
    /// The node's state at an instant after the end of the run.
    AfterTheEnd,
    /// Events.
    Events {
        /// How many were in the window.
        count: u64,
        /// The first few of the same event and node, in the window or not.
        first: Vec<Time>,
    },
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Amount(Some(amount)) => amount.fmt(f),
            Self::Amount(None) => f.write_str("none"),
            Self::Role(role) => super::words::word(role, f),
            Self::Health(health) => super::words::word(health, f),
            Self::Truth(truth) => truth.fmt(f),
            Self::AfterTheEnd => f.write_str("after the end of the run"),
            Self::Events { count, .. } => count.fmt(f),
        }
    }
}

impl Expectation {
    /// Whether it holds in a run as it stands, of which `report` has the numbers. Events up to `since` do not count, and only
    /// those that the trace still holds do. A node is looked at now; one at an instant that the run has passed is not known.
    #[must_use]
    pub fn answer(&self, simulation: &Simulation, report: &Report, since: EventId) -> Answer {
        let mut checker = Checker::new(&[*self], Time::ZERO);
        if !checker.counting.is_empty() {
            for event in simulation.trace().since(since) {
                checker.event(event);
            }
        }
        let mut answers = checker.answers(simulation, report);
        answers.swap_remove(0)
    }
}

/// Reads a run and answers for the expectations of its scenario.
#[derive(Clone, Debug)]
pub(crate) struct Checker {
    items: Vec<Item>,
    /// Places in `items` of what is asked at an instant, the next one last.
    instants: Vec<(Time, usize)>,
    /// Places in `items` of what counts events.
    counting: Vec<usize>,
}

#[derive(Clone, Debug)]
struct Item {
    expectation: Expectation,
    count: u64,
    first: Vec<Time>,
    seen: Option<NodeReport>,
}

impl Checker {
    pub(crate) fn new(expectations: &[Expectation], end: Time) -> Self {
        let mut checker = Self {
            items: Vec::new(),
            instants: Vec::new(),
            counting: Vec::new(),
        };
        for (index, &expectation) in expectations.iter().enumerate() {
            match expectation {
                Expectation::Node {
                    at_us: Some(at), ..
                } if at <= end => checker.instants.push((at, index)),
                Expectation::Event { .. } => checker.counting.push(index),
                Expectation::Node { .. } | Expectation::Report { .. } => {}
            }
            checker.items.push(Item {
                expectation,
                count: 0,
                first: Vec::new(),
                seen: None,
            });
        }
        checker.instants.sort_unstable();
        checker.instants.reverse();
        checker
    }

    /// When a node must be looked at next.
    pub(crate) fn next_instant(&self) -> Option<Time> {
        self.instants.last().map(|&(at, _)| at)
    }

    /// Looks at the node whose instant it is.
    pub(crate) fn look(&mut self, simulation: &Simulation) {
        if let Some((_, index)) = self.instants.pop()
            && let Expectation::Node { node, .. } = self.items[index].expectation
        {
            self.items[index].seen = Some(NodeReport::of(simulation, node));
        }
    }

    pub(crate) fn event(&mut self, event: &Event) {
        for &index in &self.counting {
            let item = &mut self.items[index];
            let Expectation::Event {
                event: name,
                node,
                from_us,
                until_us,
                ..
            } = item.expectation
            else {
                continue;
            };
            if event.kind.name() != name || node.is_some_and(|node| !is_about(event, node)) {
                continue;
            }
            if item.first.len() < SHOWN {
                item.first.push(event.at);
            }
            let inside = from_us.is_none_or(|from| from <= event.at)
                && until_us.is_none_or(|until| event.at <= until);
            item.count += u64::from(inside);
        }
    }

    pub(crate) fn answers(&self, simulation: &Simulation, report: &Report) -> Vec<Answer> {
        let answer = |item: &Item| {
            let (holds, found) = match item.expectation {
                Expectation::Report { number, is } => {
                    let amount = number.of(report);
                    (
                        amount.is_some_and(|amount| is.holds(amount)),
                        Found::Amount(amount),
                    )
                }
                Expectation::Node { node, at_us, is } => match (item.seen, at_us) {
                    (Some(seen), _) => is.compare(&seen),
                    (None, None) => is.compare(&NodeReport::of(simulation, node)),
                    (None, Some(_)) => (false, Found::AfterTheEnd),
                },
                Expectation::Event { times, .. } => (
                    times.holds(Amount::whole(item.count)),
                    Found::Events {
                        count: item.count,
                        first: item.first.clone(),
                    },
                ),
            };
            Answer {
                expectation: item.expectation,
                holds,
                found,
            }
        };
        self.items.iter().map(answer).collect()
    }
}

/// Whether the event's field `node` is this one. Only events whose name was asked for come here.
fn is_about(event: &Event, node: NodeId) -> bool {
    /// The one field that is looked for.
    #[derive(Deserialize)]
    struct About {
        #[serde(default)]
        node: Option<NodeId>,
    }
    let fields = json::to_line(&event.kind).and_then(|text| json::from_text::<About>(&text));
    fields.is_ok_and(|fields| fields.node == Some(node))
}
