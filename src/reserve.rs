//! What the page does without until one of its parts has come: every database, manager and router, the sentences that only
//! their runs need, and the writing of scenarios.
//!
//! It is asked for in passing, where nothing can wait. So it has no door of its own: the doors of [`crate::parts`] that can lead to
//! such a run [`bring`] it, and whoever asks before that gets [`None`] and does as for a Textbook run. Nothing but those doors may
//! name [`ALL`].

use std::cell::Cell;

use replicascope_engine::event::EventKind;
use replicascope_engine::ids::NodeId;
use replicascope_engine::scenario::{Admin, Routing};
use replicascope_engine::{Cast, Scenario, Simulation};

use crate::words::{self, Mark};

/// What comes with the parts.
pub(crate) struct Reserve {
    cast: fn() -> Cast,
    /// The sentence for an event of a server, a manager or a router.
    pub(crate) line: fn(&EventKind) -> Option<(Mark, String)>,
    /// What a person told a server.
    pub(crate) command: fn(NodeId, &Admin) -> String,
    /// How a router behaves from now on.
    pub(crate) routing: fn(&Routing) -> String,
    /// Which parameters an action of the log changed.
    pub(crate) changed: fn(&Simulation, usize) -> String,
    /// A scenario as a file.
    pub(crate) written: fn(&Scenario) -> String,
}

static ALL: Reserve = Reserve {
    cast: Cast::all,
    line: words::servers::line,
    command: words::servers::command,
    routing: words::routing::routing,
    changed: words::settings::changed,
    written: Scenario::to_json,
};

thread_local! {
    static HERE: Cell<Option<&'static Reserve>> = const { Cell::new(None) };
}

/// It is here from now on.
pub(crate) fn bring() {
    HERE.set(Some(&ALL));
}

/// What comes with the parts, once one has come. In builds that are not cut it is always here.
pub(crate) fn get() -> Option<&'static Reserve> {
    #[cfg(not(split))]
    bring();
    HERE.get()
}

/// Who can take part in a run.
pub(crate) fn cast() -> Cast {
    get().map_or(Cast::textbook(), |reserve| (reserve.cast)())
}
