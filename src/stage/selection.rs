//! Which node a person has picked. At most one: one thing is open at a time.

use leptos::prelude::*;
use replicascope_engine::ids::NodeId;

/// The picked node. The shell provides it as context when other parts of the page read or change it.
#[derive(Clone, Copy, Debug)]
pub struct Selection(pub RwSignal<Option<NodeId>>);

impl Selection {
    /// The selection of the page, or one of the stage's own where nobody provides any.
    #[must_use]
    pub fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            let selection = Self(RwSignal::new(None));
            provide_context(selection);
            selection
        })
    }

    /// Picks a node; picking it again lets it go.
    pub fn toggle(self, node: NodeId) {
        self.0
            .update(|picked| *picked = (*picked != Some(node)).then_some(node));
    }

    /// Lets go.
    pub fn clear(self) {
        self.0.set(None);
    }

    /// Whether a node is picked, tracked.
    #[must_use]
    pub fn is(self, node: NodeId) -> bool {
        self.0.get() == Some(node)
    }
}
