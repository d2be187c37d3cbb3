//! Who can take part in a run.
//!
//! A program that shows Textbook runs first, and others later, should not have to carry PostgreSQL, Patroni and the rest with it
//! from the start. So what only those runs need is reached through a [`Cast`], which is handed in when a run is made: code that
//! only [`Cast::all`] names can come later than the rest. A scenario that needs somebody who is not there is a typed error.
//!
//! `node::server::acts`: servers. `world::services::beside`: managers and what they do to hosts.
//! `scenario::validate::kinds`: what such scenarios must satisfy.

use core::fmt;

use crate::node::server::{ALL_SERVERS, Servers};
use crate::scenario::{ALL_KINDS, Kinds};
use crate::world::{ALL_BESIDE, Beside};

/// Who can take part in a run. A copy is as good as the original.
#[derive(Clone, Copy)]
pub struct Cast(Option<&'static Others>);

/// All that a Textbook run does without.
pub(crate) struct Others {
    pub(crate) servers: &'static dyn Servers,
    pub(crate) beside: &'static dyn Beside,
    pub(crate) kinds: &'static dyn Kinds,
}

static OTHERS: Others = Others {
    servers: &ALL_SERVERS,
    beside: &ALL_BESIDE,
    kinds: &ALL_KINDS,
};

impl Cast {
    /// Everybody: every database, manager and router.
    #[must_use]
    pub fn all() -> Self {
        Self(Some(&OTHERS))
    }

    /// Textbook nodes with their own router.
    #[must_use]
    pub const fn textbook() -> Self {
        Self(None)
    }

    pub(crate) fn others(self) -> Option<&'static Others> {
        self.0
    }
}

impl fmt::Debug for Cast {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Some(_) => "Cast::all()",
            None => "Cast::textbook()",
        })
    }
}
