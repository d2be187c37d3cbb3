//! What a person can set and do: the drawer at the left, the mode switch and the settings behind it.

pub(crate) mod faults;
mod field;
mod mode;
mod network;
mod send;
mod settings;
mod workload;

use leptos::prelude::*;

use crate::cluster::ClusterSection;
use crate::messages::MessagesOnTheWay;
use crate::shell::CloseSheet;

pub(crate) use faults::FAULTS;
pub(crate) use mode::ModeSwitch;
pub(crate) use settings::SettingsPopover;

/// The settings behind the mode switch.
pub(crate) fn mode_settings() -> AnyView {
    view! { <settings::ModeSettings /> }.into_any()
}

/// Delay, jitter and loss.
pub(crate) fn network() -> AnyView {
    view! { <network::Links /> }.into_any()
}

/// The drawer: cluster, one operation by hand, faults, workload, network.
#[component]
pub(crate) fn Drawer() -> impl IntoView {
    view! {
        <aside class="drawer sheet" aria-label="Setup: cluster, workload, network and faults">
            <CloseSheet />
            <ClusterSection />
            <send::Send />
            <faults::QuickFaults />
            <workload::WorkloadControls />
            <network::NetworkControls />
            <MessagesOnTheWay />
        </aside>
    }
}
