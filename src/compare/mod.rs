//! Compare: the run so far in two to four columns, each under other settings or another branch, on one clock.
//!
//! The engine makes the runs (`replicascope_engine::compare`); each is the run of a companion of the page's session, so the stage
//! and the lanes that draw the page's run draw these too. `column`: one of them. `choices`: what a column changes. `table`: the
//! numbers beside each other.

mod choices;
mod column;
mod table;

use leptos::prelude::*;
use replicascope_engine::Scenario;
use replicascope_engine::compare::{Change, Numbers, Script, begin, offers, usual};
use replicascope_engine::sort::sort_by_key;
use wasm_bindgen::JsCast as _;

use crate::lean::{For, Memo, Show, effect};
use crate::parts::{Later, Part};
use crate::session::Session;
use crate::shell::{Icon, Notice, Panels, Picture, Sheet};
use crate::{scenarios, words};

use column::Column;
use table::Table;

/// Most columns.
pub(crate) const MOST: usize = 4;
/// Fewest columns.
const FEWEST: usize = 2;
/// The button that opens and closes it.
pub(crate) const BUTTON: &str = "compare-button";

/// What a column shows.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Pick {
    /// The run with these changes from the start; none of them: as it ran.
    Changed(Vec<Change>),
    /// A branch as it is, by its id.
    Branch(u32),
}

/// The comparison. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct Compare {
    session: Session,
    panels: Panels,
    /// Id and name of every branch.
    branches: Memo<Vec<(u32, String)>>,
    /// Whether it is shown.
    pub(crate) open: RwSignal<bool>,
    /// What each column shows.
    picks: RwSignal<Vec<Pick>>,
    /// What is wrong with a column, where its run cannot be.
    wrong: RwSignal<[Option<String>; MOST]>,
    /// Whether the table is shown instead of the stages.
    as_table: RwSignal<bool>,
    columns: [Session; MOST],
}

/// The scenario as it began, with everything that was done.
fn scenario(session: Session) -> Scenario {
    session.peek(replicascope_engine::Recording::scenario)
}

impl Compare {
    /// Closed.
    pub(crate) fn new(session: Session, panels: Panels) -> Self {
        Self {
            session,
            panels,
            branches: session.on_branches(|experiment| {
                let branches = experiment.branches().iter();
                branches
                    .map(|branch| (branch.id, branch.name.clone()))
                    .collect()
            }),
            open: RwSignal::new(false),
            picks: RwSignal::default(),
            wrong: RwSignal::default(),
            as_table: RwSignal::new(false),
            columns: [(); MOST].map(|()| session.companion()),
        }
    }

    /// The one of the page.
    pub(crate) fn expect() -> Self {
        expect_context()
    }

    /// How many columns there are, tracked.
    pub(crate) fn count(self) -> usize {
        self.picks.with(Vec::len)
    }

    /// The session of a column.
    pub(crate) fn column(self, index: usize) -> Session {
        self.columns[index]
    }

    /// What a column is called, tracked.
    pub(crate) fn title(self, index: usize) -> String {
        self.picks.with(|picks| match picks.get(index) {
            Some(Pick::Changed(changes)) => words::compare::title(changes),
            Some(&Pick::Branch(id)) => self.branches.with(|branches| {
                let mut branches = branches.iter();
                let branch = branches.find(|branch| branch.0 == id);
                branch.map_or_else(String::new, |branch| branch.1.clone())
            }),
            None => String::new(),
        })
    }

    /// Opens it, or goes back to the one run.
    pub(crate) fn toggle(self) {
        if self.open.get_untracked() {
            self.close();
        } else {
            self.show();
        }
    }

    fn show(self) {
        self.panels.sheet.set(Sheet::Stage);
        self.open.set(true);
    }

    /// Opens it on the branches: the one that is played, and the newest of the others.
    pub(crate) fn show_branches(self) {
        let picks = self.session.peek_experiment(|experiment| {
            let current = experiment.current_index();
            let others = (0..experiment.branches().len()).filter(|&index| index != current);
            let mut picks: Vec<usize> = others.rev().take(MOST - 1).chain([current]).collect();
            sort_by_key(&mut picks, |&branch| branch);
            let pick = |branch: usize| Pick::Branch(experiment.branches()[branch].id);
            picks.into_iter().map(pick).collect::<Vec<_>>()
        });
        if picks.len() >= FEWEST {
            self.picks.set(picks);
            self.show();
        }
    }

    /// Goes back to the one run. The focus does not stay with what is gone.
    pub(crate) fn close(self) {
        let within = document()
            .active_element()
            .is_some_and(|focused| focused.closest(".cmps").is_ok_and(|view| view.is_some()));
        self.open.set(false);
        let button = document().get_element_by_id(BUTTON).filter(|_| within);
        if let Some(button) =
            button.and_then(|button| button.dyn_into::<web_sys::HtmlElement>().ok())
        {
            // An element of the page can be focused.
            let _ = button.focus();
        }
    }

    /// While the comparison is shown: makes the runs anew whenever a column or the past of the run changes. A change that does
    /// not go with the scenario, or a branch that is gone, brings the usual columns back.
    fn follow(self) {
        let futures = self.session.futures();
        on_cleanup(move || {
            self.session.take_along([]);
            for column in self.columns {
                column.let_go();
            }
        });
        effect(move || {
            futures.track();
            let scenario = scenario(self.session);
            let offers = offers(&scenario);
            let fits = |pick: &Pick| match pick {
                Pick::Changed(changes) => changes.iter().all(|change| offers.contains(change)),
                Pick::Branch(id) => self
                    .session
                    .peek_experiment(|experiment| experiment.branch_of(*id).is_some()),
            };
            if !self
                .picks
                .with(|picks| !picks.is_empty() && picks.iter().all(fits))
            {
                // Which runs this effect once more.
                self.picks.set(usual_picks(&scenario));
                return;
            }
            self.run(&scenario);
        });
    }

    fn run(self, scenario: &Scenario) {
        let mut wrong: [Option<String>; MOST] = Default::default();
        let mut runs = Vec::new();
        for (index, pick) in self.picks.get_untracked().into_iter().enumerate() {
            let made = match pick {
                Pick::Changed(changes) => begin(scenario, changes),
                Pick::Branch(id) => {
                    let branch = self.session.peek_experiment(|experiment| {
                        let branch = experiment.branch_of(id);
                        branch.map(|branch| branch.recording.clone())
                    });
                    let Some(run) = branch else { continue };
                    Ok((run, Script::empty()))
                }
            };
            match made {
                Ok((run, script)) => runs.push((self.columns[index], run, script)),
                Err(error) => wrong[index] = Some(error.to_string()),
            }
        }
        self.wrong.set(wrong);
        self.session.take_along(runs);
    }
}

fn usual_picks(scenario: &Scenario) -> Vec<Pick> {
    usual(scenario).into_iter().map(Pick::Changed).collect()
}

/// The button in the top bar.
#[component]
pub(crate) fn CompareButton() -> impl IntoView {
    let compare = Compare::expect();
    let open = compare.open;
    view! {
        <button
            type="button"
            class="tb"
            id=BUTTON
            aria-label=move || if open.get() { "Back to one run" } else { "Compare" }
            title="Compare with other settings (Shift C)"
            on:click=move |_| compare.toggle()
        >
            <Picture icon=Icon::Columns />
            <span class="tb-t">{move || if open.get() { "Back to one" } else { "Compare" }}</span>
        </button>
    }
}

/// What stands in the top bar where otherwise the mode is chosen.
#[component]
pub(crate) fn CompareNote() -> impl IntoView {
    let compare = Compare::expect();
    let as_table = compare.as_table;
    let about = move || {
        let branches = |pick: &Pick| matches!(pick, Pick::Branch(_));
        if compare.picks.with(|picks| picks.iter().any(branches)) {
            "Same seed, one clock"
        } else {
            "Same seed, same actions"
        }
    };
    let full = move || compare.count() >= MOST;
    let add = move |_| {
        let pick = Pick::Changed(Vec::new());
        compare.picks.update(|picks| picks.push(pick));
    };
    let which = move |table: bool, text: &'static str| {
        view! {
            <button
                type="button"
                aria-pressed=move || (as_table.get() == table).to_string()
                on:click=move |_| as_table.set(table)
            >
                {text}
            </button>
        }
    };
    view! {
        <div class="cmp-note">
            <span>{about}</span>
            <div class="seg seg--s" role="group" aria-label="Show the comparison as">
                {which(false, "Stages")}
                {which(true, "Table")}
            </div>
            <button type="button" class="tb" disabled=full aria-label="Add a column" on:click=add>
                <Picture icon=Icon::Plus />
                <span class="tb-t">"Column"</span>
            </button>
        </div>
    }
}

/// The comparison, while it is open.
#[component]
pub(crate) fn CompareView() -> impl IntoView {
    let compare = Compare::expect();
    view! {
        <Show when=move || compare.open.get()>
            <Later part=Part::Compare />
        </Show>
    }
}

/// The columns and the table, on runs of their own.
pub(crate) fn content() -> AnyView {
    view! { <Shown /> }.into_any()
}

#[component]
fn Shown() -> impl IntoView {
    let compare = Compare::expect();
    compare.follow();
    let panels = expect_context::<Panels>();
    let lost = compare
        .columns
        .map(|column| column.on_second(|run| run.simulation().oracle().totals().lost_acked));
    let summary = Memo::new(move || {
        let columns: Vec<_> = (0..compare.count())
            .map(|index| (compare.title(index), lost[index].get()))
            .collect();
        words::compare::summary(&columns)
    });
    view! {
        <main class="cmps" class:is-table=move || compare.as_table.get()>
            <h1 class="sr">
                {move || format!("Compared: {}", scenarios::name(panels.scenario.get()))}
            </h1>
            <p class="sr" role="status">
                {move || summary.get()}
            </p>
            <div class="cmp-cols">
                <For each=move || 0..compare.count() key=|index| *index let:index>
                    <Column index />
                </For>
            </div>
            <Show when=move || compare.as_table.get()>
                <Table />
            </Show>
            <Notice />
        </main>
    }
}

/// The numbers of a column, as they stand.
fn numbers(column: Session) -> Memo<Numbers> {
    column.on_panel(|run| Numbers::of(run.simulation()))
}
