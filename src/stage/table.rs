//! The stage as a table: what the cards say, as rows. For those who read better than they look, and for screen readers.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;

use crate::lean::{For, Memo};
use crate::session::Session;
use crate::words;

use super::apps_facts::{AppFact, Told};
use super::facts::{Face, Part, Progress, RowFact};

const NODE_COLUMNS: [&str; 7] = [
    "Node", "Part", "State", "Log end", "On disk", "Applied", "Progress",
];
const APP_COLUMNS: [&str; 3] = ["App", "Last write", "Last read"];

/// Whether the table is shown instead of the drawing. A copy is a handle to the same.
#[derive(Clone, Copy)]
pub(crate) struct AsTable(pub(crate) RwSignal<bool>);

/// The cells of a node's row.
fn node_cells(run: &Simulation, id: NodeId) -> Vec<String> {
    let (Some(face), Some(node)) = (Face::of(run, id), run.nodes().get(id.index())) else {
        return Vec::new();
    };
    let positions = node.positions();
    let progress = Progress::of(run, id);
    let mut state = face.condition.word().to_owned();
    if face.slow && state != "slow" {
        state.push_str(", slow");
    }
    let mut told = format!("{}{}", progress.words, progress.age);
    if face.part != Part::Primary && !told.contains("TL ") {
        told = format!("{told}, TL {}", face.term);
    }
    if let Some(row) = RowFact::of(run, id).filter(|row| row.version > 0) {
        let lost = if row.lost { ", lost" } else { "" };
        told = format!(
            "{told}; {} is {} v{}{lost}",
            words::key(row.key),
            row.value,
            row.version
        );
    }
    vec![
        id.to_string(),
        face.word().to_owned(),
        state,
        node.tip().lsn.to_string(),
        positions.flush.to_string(),
        positions.replay.to_string(),
        told,
    ]
}

fn app_cells(fact: &AppFact) -> Vec<String> {
    let told = |told: &Option<Told>| match told {
        None => "none yet".to_owned(),
        Some(told) if told.but.is_empty() => told.words.clone(),
        Some(told) => format!("{}: {}", told.words, told.but),
    };
    vec![fact.name.clone(), told(&fact.wrote), told(&fact.read)]
}

/// The tables.
#[component]
pub(super) fn StageTable() -> impl IntoView {
    let session = Session::expect();
    let nodes = session.on_panel(|run| {
        let run = run.simulation();
        let cells = run.cluster().nodes().map(|node| node_cells(run, node));
        cells.collect::<Vec<_>>()
    });
    let apps = session.on_panel(|run| {
        let facts = AppFact::all(run.simulation());
        facts.iter().map(app_cells).collect::<Vec<_>>()
    });
    let below = session.on_panel(|run| {
        let run = run.simulation();
        let waiting = run.waiting_ops() as u64;
        format!(
            "{} on their way. {} in the router.",
            words::count(run.network().in_flight().count() as u64, "message"),
            words::count(waiting, "operation")
        )
    });
    view! {
        <div class="sg-table" role="region" aria-label="Stage as a table" tabindex="0" data-own-arrows="">
            {table("Nodes", &NODE_COLUMNS, nodes)} {table("Apps", &APP_COLUMNS, apps)}
            <p class="tnum">{move || below.get()}</p>
        </div>
    }
}

/// A table whose cells change in place, so that whoever reads it is not thrown out.
fn table(
    caption: &'static str,
    columns: &'static [&'static str],
    rows: Memo<Vec<Vec<String>>>,
) -> impl IntoView {
    let count = Memo::new(move || rows.with(Vec::len));
    let cell = move |row: usize, column: usize| {
        move || rows.with(|rows| rows.get(row).and_then(|row| row.get(column)).cloned())
    };
    view! {
        <table>
            <caption>{caption}</caption>
            <thead>
                <tr>
                    {columns
                        .iter()
                        .map(|name| view! { <th scope="col">{*name}</th> })
                        .collect_view()}
                </tr>
            </thead>
            <tbody>
                <For each=move || 0..count.get() key=|row| *row let:row>
                    <tr>
                        <th scope="row">{cell(row, 0)}</th>
                        {(1..columns.len())
                            .map(|column| view! { <td class="tnum">{cell(row, column)}</td> })
                            .collect_view()}
                    </tr>
                </For>
            </tbody>
        </table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::time::Time;

    #[test]
    fn every_node_and_every_app_has_a_row_that_says_what_its_card_says() {
        let (scenario, _) = crate::scenarios::opening();
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(3));
        let old = node_cells(&run, NodeId(0));
        assert_eq!(old.len(), NODE_COLUMNS.len());
        assert_eq!(&old[..3], ["n1", "old primary", "down"]);
        assert!(old[6].contains("only here"), "{old:?}");
        let leader = node_cells(&run, run.leader().expect("somebody took over"));
        assert_eq!((leader[1].as_str(), leader[2].as_str()), ("primary", "up"));
        assert!(leader[6].starts_with("TL 2; "), "{leader:?}");
        for fact in AppFact::all(&run) {
            let cells = app_cells(&fact);
            assert_eq!(cells.len(), APP_COLUMNS.len());
            assert!(
                cells[1].starts_with("wrote") || cells[1] == "none yet",
                "{cells:?}"
            );
        }
    }
}
