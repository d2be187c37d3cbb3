//! Which explanation belongs to a step.

use replicascope_engine::Simulation;
use replicascope_engine::oracle::{Op, Status};
use replicascope_engine::why::Question;
use serde::Deserialize;

/// What to ask "Why?" about: the newest operation of a kind, or a state of the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// An acked write that is lost.
    LostWrite,
    /// A read that returned an old value.
    StaleRead,
    /// A read that missed its client's own write.
    OwnWriteMissed,
    /// A read that went back behind what its client had read.
    WentBack,
    /// A read of a value that is lost.
    PhantomRead,
    /// A write that was not executed, or of which the client never learned.
    UnansweredWrite,
    /// A write that was acked and is kept.
    KeptWrite,
    /// A read with which nothing is wrong.
    FreshRead,
    /// More than one node took writes.
    SplitBrain,
    /// Nobody took writes.
    NoPrimary,
}

impl About {
    /// The question, if the run has something to ask about.
    #[must_use]
    pub fn question(self, run: &Simulation) -> Option<Question> {
        let newest = |is: fn(&Op) -> bool| {
            let found = run.oracle().ops().rev().find(|op| is(op))?;
            Some(Question::Op(found.id))
        };
        match self {
            Self::LostWrite => newest(|op| op.lost),
            Self::StaleRead => newest(|op| op.verdict.stale.is_some()),
            Self::OwnWriteMissed => newest(|op| op.verdict.broke_read_your_writes),
            Self::WentBack => newest(|op| op.verdict.broke_monotonic_reads),
            Self::PhantomRead => newest(|op| op.verdict.phantom),
            Self::UnansweredWrite => newest(|op| {
                op.is_write() && matches!(op.status, Status::Failed(_) | Status::Unknown)
            }),
            Self::KeptWrite => newest(|op| op.status == Status::Acked && !op.lost),
            Self::FreshRead => newest(|op| op.returned.is_some() && op.verdict.is_fresh()),
            Self::SplitBrain => Some(Question::SplitBrain),
            Self::NoPrimary => Some(Question::NoPrimary),
        }
    }
}
