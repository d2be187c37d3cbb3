//! Time: how the run went, where it stands, and how to move in it.

mod axis;
mod branches;
mod charts;
mod columns;
mod history;
mod lanes;
mod marks;
mod timeline;
mod transport;

use leptos::prelude::*;
use replicascope_engine::time::Time;

use crate::shell::CloseSheet;

/// Where the timeline ends when the run has been played so far.
pub(crate) fn end_for(reached: Time) -> Time {
    axis::Axis::for_run(reached).end
}

/// The list of the branches, and what can be done with them.
pub(crate) fn branches() -> AnyView {
    view! { <branches::BranchList /> }.into_any()
}

/// The lanes of the comparison.
pub(crate) fn columns() -> AnyView {
    view! { <columns::ColumnLanes /> }.into_any()
}

/// Transport above the timeline.
#[component]
pub(crate) fn TimePanel() -> impl IntoView {
    view! {
        <section class="time" aria-label="Time">
            <CloseSheet />
            <transport::Transport />
            <timeline::Timeline />
        </section>
    }
}
