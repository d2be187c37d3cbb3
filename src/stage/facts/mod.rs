//! What the stage says of a node, taken from the simulation. Words live here; rules do not.
//!
//! Here: what changes rarely. `progress`: how far it has come. `row`: what it would answer. `countdown`: what runs out.

mod countdown;
mod progress;
mod row;

#[cfg(test)]
mod tests;

use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::node::{Node, Role};
use replicascope_engine::scenario::Service;
use replicascope_engine::world::Health;

use crate::words::outlook::Names;

use super::icons::Icon;

pub(crate) use countdown::Countdown;
pub(crate) use progress::{Progress, name};
pub(crate) use row::RowFact;

/// A node's part in the cluster, as people are told it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Takes writes.
    Primary,
    /// A primary that may not write.
    Fenced,
    /// Won, and about to open.
    Promoting,
    /// Asks for votes.
    Candidate,
    /// Follows, or waits for a primary.
    Replica,
    /// Was primary and is no more.
    OldPrimary,
    /// Followed a history that lost.
    Diverged,
}

impl Part {
    /// In the words of the profile.
    #[must_use]
    pub(crate) fn word(self, names: Names) -> &'static str {
        match self {
            Self::Primary => names.primary,
            Self::Fenced => "fenced",
            Self::Promoting => "promoting",
            Self::Candidate => "candidate",
            Self::Replica => names.replica,
            Self::OldPrimary if names.primary == "source" => "old source",
            Self::OldPrimary => "old primary",
            Self::Diverged if names.replica == "standby" => "diverged standby",
            Self::Diverged => "diverged replica",
        }
    }

    /// As a class name.
    #[must_use]
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Primary => "n-primary",
            Self::Fenced => "n-fenced",
            Self::Promoting => "n-promoting",
            Self::Candidate => "n-candidate",
            Self::Replica => "n-replica",
            Self::OldPrimary | Self::Diverged => "n-old",
        }
    }

    /// As a picture.
    #[must_use]
    pub(crate) const fn icon(self) -> Icon {
        match self {
            Self::Primary => Icon::Pen,
            Self::Fenced => Icon::Fence,
            Self::Promoting | Self::Candidate => Icon::Up,
            Self::Replica => Icon::Sheets,
            Self::OldPrimary | Self::Diverged => Icon::StruckPen,
        }
    }
}

/// How a node is, the worst thing first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Its machine is gone.
    Lost,
    /// It is stopped.
    Down,
    /// It does not execute.
    Frozen,
    /// No other node reaches it.
    CutOff,
    /// It runs, but slowly.
    Slow,
    /// It runs.
    Up,
}

impl Condition {
    /// In words.
    #[must_use]
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Down => "down",
            Self::Frozen => "frozen",
            Self::CutOff => "cut off",
            Self::Slow => "slow",
            Self::Up => "up",
        }
    }

    /// As a class name.
    #[must_use]
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Lost => "s-lost",
            Self::Down => "s-down",
            Self::Frozen => "s-frozen",
            Self::CutOff => "s-cutoff",
            Self::Slow => "s-slow",
            Self::Up => "s-up",
        }
    }

    /// As a picture.
    #[must_use]
    pub(crate) const fn icon(self) -> Icon {
        match self {
            Self::Lost | Self::Down => Icon::Power,
            Self::Frozen => Icon::Snowflake,
            Self::CutOff => Icon::OpenContact,
            Self::Slow => Icon::Hourglass,
            Self::Up => Icon::Tick,
        }
    }

    /// Whether the node executes nothing and keeps nothing in memory.
    #[must_use]
    pub(crate) const fn is_stopped(self) -> bool {
        matches!(self, Self::Lost | Self::Down)
    }
}

/// What changes rarely: which part, which condition, and what may be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Face {
    /// Its part.
    pub(crate) part: Part,
    /// How it is.
    pub(crate) condition: Condition,
    /// Whether it is slow, whatever else it is.
    pub(crate) slow: bool,
    /// Whether it is cut off, whatever else it is.
    pub(crate) cut_off: bool,
    /// The term of its timeline.
    pub(crate) term: u32,
    /// What the profile calls the parts.
    pub(crate) names: Names,
    /// How the agent beside it is, if there is one.
    pub(crate) agent: Option<Health>,
    /// Whether it is a server, which has a status to look at.
    pub(crate) is_server: bool,
}

impl Face {
    /// A node's face; `None` when the cluster does not have the node.
    #[must_use]
    pub(crate) fn of(simulation: &Simulation, id: NodeId) -> Option<Self> {
        let node = simulation.nodes().get(id.index())?;
        let (slow, cut_off) = (node.slow_factor() > 1, simulation.network().is_isolated(id));
        let condition = match simulation.health(id) {
            Health::Lost => Condition::Lost,
            Health::Down => Condition::Down,
            Health::Frozen => Condition::Frozen,
            Health::Up if cut_off => Condition::CutOff,
            Health::Up if slow => Condition::Slow,
            Health::Up => Condition::Up,
        };
        Some(Self {
            part: part(simulation, node, condition),
            condition,
            slow,
            cut_off,
            term: node.timeline().term(),
            names: Names::of(&simulation.settings().database),
            agent: simulation.service_health(Service::Agent(id)),
            is_server: !simulation.settings().database.is_textbook(),
        })
    }

    /// Its part in the words of its profile.
    #[must_use]
    pub(crate) fn word(self) -> &'static str {
        self.part.word(self.names)
    }

    /// What is the matter with its agent, if anything is.
    #[must_use]
    pub(crate) fn agent_words(self) -> Option<&'static str> {
        match self.agent? {
            Health::Up => None,
            Health::Frozen => Some("agent frozen"),
            Health::Down | Health::Lost => Some("agent down"),
        }
    }
}

fn part(simulation: &Simulation, node: &Node, condition: Condition) -> Part {
    match node.role() {
        // It took writes; who is stopped takes none.
        Role::Primary | Role::Fenced if condition.is_stopped() => Part::OldPrimary,
        Role::Promoting | Role::Candidate if condition.is_stopped() => Part::Replica,
        Role::Primary => Part::Primary,
        Role::Fenced => Part::Fenced,
        Role::Promoting => Part::Promoting,
        Role::Candidate => Part::Candidate,
        Role::Replica => Part::Replica,
        Role::Demoted => {
            let lane = simulation.lanes().of(node.id());
            let was_primary = lane.rev().any(|change| change.role == Role::Primary);
            if was_primary || node.id() == NodeId(0) {
                Part::OldPrimary
            } else {
                Part::Diverged
            }
        }
    }
}
