//! The cluster: what the run is made of. Database, failover manager, router, nodes and where they stand, every parameter by its
//! real name, and what all of it promises.
//!
//! `catalogue` knows the parameters, `value` is a scenario to be changed by path, `start`, `places` and `renumber` change a run's start, `change` brings a change into the run: as actions
//! where the run can go on, as a run that starts anew where it cannot. `dialog`, `nodes` and `parameters` are what a person sees.

mod catalogue;
mod change;
mod dialog;
mod nodes;
mod parameters;
mod places;
mod renumber;
mod start;
mod value;

use leptos::prelude::*;
use replicascope_engine::promises::outlook::Outlook;
use replicascope_engine::scenario::{Database, Manager, Settings};

use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;
use crate::words::outlook::Names;

use places::Places;

#[cfg(test)]
pub(crate) use catalogue::all as parameters;
pub(crate) use catalogue::changes;
pub(crate) use dialog::{ClusterDialog, content};

/// What is open of it. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct ClusterPanel {
    /// Whether the dialog is shown.
    pub(crate) shown: RwSignal<bool>,
    /// Where a person last put the nodes: two coasts mirrored have the same links.
    places: RwSignal<Option<Places>>,
}

impl ClusterPanel {
    pub(crate) fn new() -> Self {
        Self {
            shown: RwSignal::new(false),
            places: RwSignal::new(None),
        }
    }

    /// The one of the page.
    fn expect() -> Self {
        expect_context()
    }
}

/// What a database and its manager are called together.
pub(crate) fn title(settings: &Settings) -> String {
    let database = match settings.database {
        Database::Textbook => "Textbook",
        Database::Postgresql(_) => "PostgreSQL",
        Database::Mysql(_) => "MySQL",
        Database::Mariadb(_) => "MariaDB",
    };
    match settings.manager {
        Manager::None => database.to_owned(),
        Manager::Patroni(_) => format!("{database}, Patroni"),
        Manager::Mha(_) => format!("{database}, MHA"),
        Manager::Sentinel(_) => format!("{database}, Sentinel"),
    }
}

/// The part of the drawer: what it is, what it promises, and the way to change it.
#[component]
pub(crate) fn ClusterSection() -> impl IntoView {
    let session = Session::expect();
    let panel = ClusterPanel::expect();
    let facts = session.on_panel(|run| {
        let simulation = run.simulation();
        let (cluster, settings) = (simulation.cluster(), simulation.settings());
        (
            title(settings),
            Names::of(&settings.database),
            u64::from(cluster.replicas),
            words::outlook::brief(&Outlook::of(cluster, settings)),
        )
    });
    view! {
        <section class="cl-sec">
            <h2>"Cluster"</h2>
            <p class="cl-what">
                <b>{move || facts.with(|facts| facts.0.clone())}</b>
                {move || {
                    facts
                        .with(|(_, names, replicas, _)| {
                            format!("1 {}, {}", names.primary, words::count(*replicas, names.replica))
                        })
                }}
            </p>
            <p class="hint">{move || facts.with(|facts| facts.3)}</p>
            <button
                type="button"
                class="btn btn--line"
                aria-haspopup="dialog"
                on:click=move |_| panel.shown.set(true)
            >
                <Picture icon=Icon::Sliders />
                "Change cluster"
            </button>
        </section>
    }
}
