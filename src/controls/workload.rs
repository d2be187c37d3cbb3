//! The steady workload, and where reads go.

use leptos::prelude::*;
use replicascope_engine::scenario::{Action, ReadPolicy, Setting, Workload};

use super::field::Dial;
use crate::lean::Memo;
use crate::session::Session;
use crate::words;

/// Operations per second that the slider stops at.
const RATES: [u64; 18] = [
    0, 1, 2, 5, 10, 15, 20, 30, 40, 50, 75, 100, 150, 200, 300, 500, 750, 1_000,
];
const SHARES: [u64; 21] = [
    0, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 65, 70, 75, 80, 85, 90, 95, 100,
];
const SKEWS: [u64; 9] = [0, 20, 40, 60, 80, 99, 120, 150, 200];
const POLICIES: [ReadPolicy; 3] = [
    ReadPolicy::PrimaryOnly,
    ReadPolicy::RoundRobin,
    ReadPolicy::Random,
];

/// The controls.
#[component]
pub(super) fn WorkloadControls() -> impl IntoView {
    let session = Session::expect();
    let workload = session.on_panel(|run| *run.simulation().workload());
    let reads = session.on_panel(|run| run.simulation().settings().reads);
    let set = move |change: fn(&mut Workload, u64), value: u64| {
        let mut new = workload.get_untracked();
        change(&mut new, value);
        session.act(Action::Set(Setting::Workload(new)));
    };
    view! {
        <section>
            <h2>"Workload"</h2>
            <Dial
                id="rate"
                label="Operations"
                unit="per s"
                stops=&RATES
                value=Memo::new(move || workload.get().operations_per_second)
                on_set=move |value: u64| set(|new, value| new.operations_per_second = value, value)
            />
            <Dial
                id="share"
                label="Reads"
                unit="%"
                stops=&SHARES
                value=Memo::new(move || u64::from(workload.get().read_percent))
                on_set=move |value: u64| set(|new, value| new.read_percent = value as u32, value)
            />
            <Dial
                id="skew"
                label="Skew"
                unit="%"
                stops=&SKEWS
                value=Memo::new(move || u64::from(workload.get().skew_percent))
                on_set=move |value: u64| set(|new, value| new.skew_percent = value as u32, value)
            />
            <p class="hint">
                {move || {
                    let workload = workload.get();
                    let spread = if workload.skew_percent == 0 {
                        "all equally busy"
                    } else {
                        "the first ones busiest"
                    };
                    format!("{}, {spread}.", words::count(u64::from(workload.keys), "key"))
                }}
            </p>
            <fieldset class="radios">
                <legend>"Reads go to"</legend>
                {POLICIES
                    .map(|policy| {
                        view! {
                            <label>
                                <input
                                    type="radio"
                                    name="reads"
                                    prop:checked=move || reads.get() == policy
                                    on:change=move |_| {
                                        session.act(Action::Set(Setting::Reads(policy)));
                                    }
                                />
                                {words::settings::reads(policy)}
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
        </section>
    }
}
