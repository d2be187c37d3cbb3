//! Numbers that a person drags or types.

use leptos::prelude::*;

use crate::lean::Memo;

/// A number with a slider over useful stops and a box for any other value. It speaks when the person lets go, so that one
/// drag is one action in the log.
#[component]
pub(crate) fn Dial(
    /// Unique in the page.
    id: &'static str,
    /// What it is.
    label: &'static str,
    /// In what it is counted.
    unit: &'static str,
    /// The value in force.
    #[prop(into)]
    value: Memo<u64>,
    /// What the slider stops at, ascending.
    stops: &'static [u64],
    /// Told the new value.
    #[prop(into)]
    on_set: Callback<u64>,
) -> impl IntoView {
    let draft = RwSignal::new(None::<u64>);
    let shown = move || draft.get().unwrap_or_else(|| value.get());
    let last = stops.len() - 1;
    let most = stops[last];
    let set = move |new: u64| {
        draft.set(None);
        if new != value.get_untracked() {
            on_set.run(new);
        }
    };
    view! {
        <div class="ctl">
            <label for=id>{label}</label>
            <span class="num">
                <input
                    id=id
                    type="number"
                    min="0"
                    max=most
                    inputmode="numeric"
                    prop:value=move || shown().to_string()
                    on:change:target=move |event| {
                        let typed = event.target().value().trim().parse::<u64>();
                        if let Ok(typed) = typed {
                            set(typed.min(most));
                        }
                        event.target().set_value(&value.get_untracked().to_string());
                    }
                />
                <span class="unit">{unit}</span>
            </span>
            <input
                type="range"
                aria-label=label
                aria-valuetext=move || format!("{} {unit}", shown())
                min="0"
                max=last
                prop:value=move || nearest(stops, shown()).to_string()
                style=("--p", move || percent(nearest(stops, shown()), last))
                on:input:target=move |event| draft.set(stop(stops, &event.target().value()))
                on:change:target=move |event| {
                    if let Some(new) = stop(stops, &event.target().value()) {
                        set(new);
                    }
                }
            />
        </div>
    }
}

fn percent(part: usize, whole: usize) -> String {
    format!("{}%", part * 100 / whole.max(1))
}

/// The stop that a slider's value names.
fn stop(stops: &[u64], value: &str) -> Option<u64> {
    stops.get(value.parse::<usize>().ok()?).copied()
}

/// The stop that is nearest to a value.
fn nearest(stops: &[u64], value: u64) -> usize {
    (0..stops.len())
        .min_by_key(|&index| stops[index].abs_diff(value))
        .unwrap_or(0)
}

/// A length of time in milliseconds, or never.
#[component]
pub(crate) fn OptionalMs(
    /// Unique in the page.
    id: &'static str,
    /// What happens after it.
    label: &'static str,
    /// What it is called when it never happens.
    never: &'static str,
    /// The value in force, in µs.
    #[prop(into)]
    value: Memo<Option<u64>>,
    /// What it becomes when a person wants one, in ms.
    usual_ms: u64,
    /// Told the new value, in µs.
    #[prop(into)]
    on_set: Callback<Option<u64>>,
) -> impl IntoView {
    view! {
        <div class="row">
            <label for=id>{label}</label>
            <span class="num">
                <input
                    id=id
                    type="number"
                    min="1"
                    max="3600000"
                    inputmode="numeric"
                    disabled=move || value.get().is_none()
                    prop:value=move || {
                        value.get().map_or_else(String::new, |us| (us / 1_000).to_string())
                    }
                    on:change:target=move |event| {
                        if let Ok(ms) = event.target().value().trim().parse::<u64>() {
                            on_set.run(Some(ms.clamp(1, 3_600_000) * 1_000));
                        }
                    }
                />
                <span class="unit">"ms"</span>
            </span>
        </div>
        <label class="check">
            <input
                type="checkbox"
                prop:checked=move || value.get().is_none()
                on:change:target=move |event| {
                    let none = event.target().checked();
                    on_set.run((!none).then_some(usual_ms * 1_000));
                }
            />
            {never}
        </label>
    }
}

/// A length of time in milliseconds.
#[component]
pub(crate) fn Ms(
    /// Unique in the page.
    id: &'static str,
    /// What it is.
    label: &'static str,
    /// The value in force, in µs.
    #[prop(into)]
    value: Memo<u64>,
    /// Told the new value, in µs.
    #[prop(into)]
    on_set: Callback<u64>,
) -> impl IntoView {
    view! {
        <div class="row">
            <label for=id>{label}</label>
            <span class="num">
                <input
                    id=id
                    type="number"
                    min="1"
                    max="3600000"
                    inputmode="numeric"
                    prop:value=move || (value.get() / 1_000).to_string()
                    on:change:target=move |event| {
                        if let Ok(ms) = event.target().value().trim().parse::<u64>() {
                            on_set.run(ms.clamp(1, 3_600_000) * 1_000);
                        }
                        event.target().set_value(&(value.get_untracked() / 1_000).to_string());
                    }
                />
                <span class="unit">"ms"</span>
            </span>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_shows_the_nearest_stop() {
        let stops = [0, 10, 50, 100];
        assert_eq!(nearest(&stops, 0), 0);
        assert_eq!(nearest(&stops, 45), 2);
        assert_eq!(nearest(&stops, 5_000), 3);
        assert_eq!(stop(&stops, "2"), Some(50));
        assert_eq!(stop(&stops, "4"), None);
    }
}
