//! Capacity: what one server could take, what this cluster can, and how busy its nodes are, by formula and as measured (R-NU-9).

use leptos::prelude::*;
use replicascope_engine::report::{Capacity, Share};
use replicascope_engine::time::Span;

use crate::session::Session;
use crate::words;

/// The stretch of the run that is looked at.
const WINDOW: Span = Span::from_secs(10);

/// The bars.
#[component]
pub(super) fn CapacityView() -> impl IntoView {
    let capacity = Session::expect().on_second(|run| Capacity::of(run.simulation(), WINDOW));
    view! {
        <section class="nu nu-cap">
            <h3>"Capacity"</h3>
            {move || match capacity.get() {
                None => view! { <p>"No operation has been issued lately."</p> }.into_any(),
                Some(capacity) => bars(&capacity).into_any(),
            }}
        </section>
    }
}

fn bars(capacity: &Capacity) -> impl IntoView + use<> {
    let Capacity {
        window,
        writes,
        reads,
        single,
        cluster,
        writes_alone,
        primary,
        replicas,
        primary_only,
    } = *capacity;
    let offered = capacity.offered();
    let top = single.max(cluster).max(offered);
    let bar = |name: &'static str, rate: u64, class: &'static str| {
        let part = rate as f64 * 100.0 / top.max(1) as f64;
        view! {
            <div class="nu-row">
                <dt>{name}</dt>
                <dd>
                    <i class=class style:width=format!("{part:.1}%")></i>
                    <b class="tnum">{rate_words(rate)}</b>
                </dd>
            </div>
        }
    };
    let busy = |name: &'static str, share: Share| {
        view! {
            <div class="nu-row">
                <dt>{name}</dt>
                <dd class="tnum">
                    {format!("{} by the formula, {} measured", percent(share.formula), percent(share.measured))}
                </dd>
            </div>
        }
    };
    view! {
        <b class="tnum">
            {format!("{} of 100 are reads", (reads * 100 + (writes + reads) / 2) / (writes + reads))}
        </b>
        <p>{format!("most operations a second of the mix of the last {}", words::span(window))}</p>
        <dl>
            {bar("one server", single, "nu-bar")} {bar("this cluster", cluster, "nu-bar")}
            {bar("asked for now", offered, "nu-bar nu-now")} {busy("primary busy", primary)}
            {busy("replicas busy", replicas)}
        </dl>
        <p>
            {if primary_only {
                "All reads go to the primary, so replicas add nothing.".to_owned()
            } else {
                format!(
                    "If replicas serve all reads. Every replica applies every write, so writes alone never exceed {}, however many there are.",
                    rate_words(writes_alone),
                )
            }}
        </p>
    }
}

fn percent(permille: u64) -> String {
    format!("{}.{} %", permille / 10, permille % 10)
}

fn rate_words(rate: u64) -> String {
    if rate == u64::MAX {
        "no limit".to_owned()
    } else {
        format!("{rate}/s")
    }
}
