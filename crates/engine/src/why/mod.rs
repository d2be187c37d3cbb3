//! Why a verdict is what it is: the events that led to it, joined from several chains of causes, and only those that matter.
//!
//! Every event names the event that caused it, but a verdict seldom follows from one chain. A write is lost because it was
//! acked by one node (one chain), because another node took over without it (a second), and because something silenced the
//! first (a third, which shows only in what did *not* happen). This module joins them. It returns events and the part that
//! each plays; sentences are the page's affair.
//!
//! - `parts`: what an explanation consists of. `trail`: collecting events and arrows. `faults`: what was broken at an instant.
//! - `takeover`: how a node came to take over, by election; `managers`: by a manager. `replication`: why a replica was behind.
//!   `routers`: why a read went where it did.
//! - `writes`, `reads`, `cluster`: the answers.

mod cluster;
mod faults;
mod managers;
mod parts;
mod reads;
mod replication;
mod routers;
mod takeover;
mod trail;
mod writes;

use crate::ids::OpId;
use crate::oracle::{Op, Status};
use crate::world::Simulation;

pub use parts::{
    Arrow, Explanation, Lane, LostBy, Part, RanOn, Routed, Step, Verdict, Waited, Whereabouts,
};
use trail::Trail;

/// What is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// The verdict, or the state, of one operation.
    Op(OpId),
    /// Why more than one node takes, or last took, writes.
    SplitBrain,
    /// Why nobody takes, or last took, writes.
    NoPrimary,
}

/// Explains a verdict as it stands now; `None` when there is no such operation in the ledger, or there never was such a state.
#[must_use]
pub fn explain(run: &Simulation, question: Question) -> Option<Explanation> {
    let mut trail = Trail::new(run);
    let verdict = match question {
        Question::Op(id) => op(&mut trail, run.oracle().op(id)?),
        Question::SplitBrain => cluster::split_brain(&mut trail)?,
        Question::NoPrimary => cluster::no_primary(&mut trail)?,
    };
    Some(trail.finish(question, verdict))
}

fn op(trail: &mut Trail<'_>, op: &Op) -> Verdict {
    if op.lost {
        return writes::lost(trail, op);
    }
    if trail.run.oracle().is_ghost(op) {
        writes::unanswered(trail, op);
        return Verdict::Survived;
    }
    match op.status {
        Status::Answered => reads::answered(trail, op),
        Status::Acked => writes::kept(trail, op),
        Status::Unknown => {
            writes::unanswered(trail, op);
            Verdict::Unknown {
                survives: op.tip.map(|tip| trail.run.oracle().survives(tip)),
            }
        }
        Status::Failed(why) => {
            writes::unanswered(trail, op);
            Verdict::Failed(why)
        }
        Status::Open => {
            writes::unanswered(trail, op);
            Verdict::Open
        }
    }
}
