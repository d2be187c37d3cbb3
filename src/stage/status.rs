//! What the picked server says of replication itself: `pg_stat_replication` and `pg_stat_wal_receiver`, `SHOW REPLICA STATUS`.

use leptos::prelude::*;
use replicascope_engine::Simulation;
use replicascope_engine::ids::NodeId;
use replicascope_engine::node::server::{ReceiverState, SenderState, SyncState};
use replicascope_engine::scenario::{Database, StandbyNames};
use replicascope_engine::time::Span;

use wasm_bindgen::JsCast as _;

use crate::lean::{Memo, Show, effect};
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;

use super::selection::Selection;

/// Whether the status of the picked node is shown.
#[derive(Clone, Copy)]
pub(crate) struct StatusShown(pub(super) RwSignal<bool>);

impl StatusShown {
    /// One that is not shown. What is built anew in the same place has to provide a new one: the place remembers what was provided
    /// there before, which is gone by then.
    pub(crate) fn new() -> Self {
        Self(RwSignal::new(false))
    }

    /// The one of the page; made here when nobody has.
    pub(super) fn of_page() -> Self {
        use_context().unwrap_or_else(|| {
            let shown = Self::new();
            provide_context(shown);
            shown
        })
    }
}

/// A table as the database prints it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Table {
    /// The view or the command.
    title: &'static str,
    columns: Vec<&'static str>,
    rows: Vec<Vec<String>>,
    /// What an empty one means.
    empty: &'static str,
}

const NULL: &str = "NULL";

fn lag(lag: Option<Span>) -> String {
    lag.map_or(NULL.to_owned(), words::span)
}

/// What the server says; nothing for a Textbook node.
fn tables(simulation: &Simulation, id: NodeId) -> Vec<Table> {
    if id.index() >= simulation.nodes().len() {
        return Vec::new();
    }
    match &simulation.settings().database {
        Database::Textbook => Vec::new(),
        Database::Postgresql(settings) => vec![
            replication(simulation, id, &settings.synchronous_standby_names),
            receiver(simulation, id),
        ],
        Database::Mysql(_) => vec![replica(simulation, id, &MYSQL)],
        Database::Mariadb(_) => vec![replica(simulation, id, &MARIADB)],
    }
}

/// What a family calls the columns of `SHOW REPLICA STATUS` that are modelled, in its order, and what an empty one means.
struct Printout {
    columns: [&'static str; 8],
    empty: &'static str,
}

const MYSQL: Printout = Printout {
    columns: [
        "Source_Host",
        "Read_Source_Log_Pos",
        "Replica_IO_Running",
        "Replica_SQL_Running",
        "Exec_Source_Log_Pos",
        "Seconds_Behind_Source",
        "Last_IO_Errno",
        "Last_SQL_Errno",
    ],
    empty: "Empty set: it is the source.",
};

/// MariaDB has the command under both names, and the columns under the old ones.
const MARIADB: Printout = Printout {
    columns: [
        "Master_Host",
        "Read_Master_Log_Pos",
        "Slave_IO_Running",
        "Slave_SQL_Running",
        "Exec_Master_Log_Pos",
        "Seconds_Behind_Master",
        "Last_IO_Errno",
        "Last_SQL_Errno",
    ],
    empty: "Empty set: it is the primary.",
};

/// `SHOW REPLICA STATUS`.
fn replica(simulation: &Simulation, id: NodeId, printout: &Printout) -> Table {
    let node = simulation.node(id);
    let error = |code: Option<u16>| code.map_or("0".to_owned(), |code| code.to_string());
    let row = node.replica_status(simulation.now()).map(|status| {
        let upstream = node.upstream();
        let receiver = match status.receiver {
            ReceiverState::No => "No",
            ReceiverState::Connecting => "Connecting",
            ReceiverState::Yes => "Yes",
        };
        let applier = if status.applier_runs { "Yes" } else { "No" };
        let behind = status.seconds_behind_source;
        vec![
            upstream.map_or(String::new(), |node| node.to_string()),
            status.received.to_string(),
            receiver.to_owned(),
            applier.to_owned(),
            status.applied.to_string(),
            behind.map_or(NULL.to_owned(), |seconds| seconds.to_string()),
            error(status.receiver_error.and_then(|error| error.code())),
            error(status.applier_error.map(|error| error.code())),
        ]
    });
    Table {
        title: "SHOW REPLICA STATUS",
        columns: printout.columns.to_vec(),
        rows: row.into_iter().collect(),
        empty: printout.empty,
    }
}

/// `pg_stat_replication` (R-PG-11).
fn replication(simulation: &Simulation, id: NodeId, names: &StandbyNames) -> Table {
    let rows = simulation.node(id).standbys(names).into_iter().map(|row| {
        vec![
            row.standby.to_string(),
            match row.state {
                SenderState::Catchup => "catchup",
                SenderState::Streaming => "streaming",
            }
            .to_owned(),
            row.sent.to_string(),
            row.acked.write.to_string(),
            row.acked.flush.to_string(),
            row.acked.replay.to_string(),
            lag(row.write_lag),
            lag(row.flush_lag),
            lag(row.replay_lag),
            row.sync_priority.to_string(),
            match row.sync_state {
                SyncState::Async => "async",
                SyncState::Potential => "potential",
                SyncState::Sync => "sync",
                SyncState::Quorum => "quorum",
            }
            .to_owned(),
        ]
    });
    Table {
        title: "pg_stat_replication",
        columns: vec![
            "application_name",
            "state",
            "sent_lsn",
            "write_lsn",
            "flush_lsn",
            "replay_lsn",
            "write_lag",
            "flush_lag",
            "replay_lag",
            "sync_priority",
            "sync_state",
        ],
        rows: rows.collect(),
        empty: "0 rows: nobody streams from it.",
    }
}

/// `pg_stat_wal_receiver`, as far as it is modelled.
fn receiver(simulation: &Simulation, id: NodeId) -> Table {
    let mut table = Table {
        title: "pg_stat_wal_receiver",
        columns: vec![
            "status",
            "sender_host",
            "written_lsn",
            "flushed_lsn",
            "replayed",
            "received_tli",
        ],
        rows: Vec::new(),
        empty: "0 rows: it receives from nobody.",
    };
    let status = simulation.node(id).server_status(simulation.now());
    if let Some(status) = status.filter(|status| status.standby && status.streaming) {
        table.rows.push(vec![
            "streaming".to_owned(),
            status
                .upstream
                .map_or(String::new(), |node| node.to_string()),
            status.positions.write.to_string(),
            status.positions.flush.to_string(),
            status.positions.replay.to_string(),
            status.timeline.term().to_string(),
        ]);
    }
    table
}

/// Opens and closes the status of the picked node.
#[component]
pub(super) fn StatusButton() -> impl IntoView {
    let StatusShown(shown) = StatusShown::of_page();
    view! {
        <button
            type="button"
            class="sg-act"
            on:click=move |event| {
                event.stop_propagation();
                shown.set(true);
            }
        >
            {super::icons::Icon::view(|| super::icons::Icon::Sheets)}
            <span>"Status"</span>
        </button>
    }
}

/// The status of the picked node, below the stage, which makes room for it. Nothing where nodes have none.
#[component]
pub(super) fn StatusPanel() -> impl IntoView {
    let session = Session::expect();
    let StatusShown(shown) = StatusShown::of_page();
    let Selection(selected) = Selection::of_page();
    let told = session.on_panel(move |run| {
        let node = selected.get().filter(|_| shown.get())?;
        let tables = tables(run.simulation(), node);
        (!tables.is_empty()).then_some((node, tables))
    });
    let is_open = Memo::new(move || told.with(Option::is_some));
    // The button that opened it is gone: the panel takes the focus, and gives it to the node when it closes.
    let close = NodeRef::<leptos::html::Button>::new();
    effect(move || {
        if let Some(close) = close.get() {
            // An element of the page can be focused.
            let _ = close.focus();
        }
    });
    let hide = move || {
        shown.set(false);
        let node = document()
            .query_selector(".sg-node.is-picked")
            .ok()
            .flatten();
        if let Some(node) = node.and_then(|node| node.dyn_into::<web_sys::HtmlElement>().ok()) {
            // An element of the page can be focused.
            let _ = node.focus();
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        if event.key() == "Escape" {
            event.stop_propagation();
            hide();
        }
    };
    let name = move || told.with(|told| told.as_ref().map(|(node, _)| format!("Status of {node}")));
    view! {
        <Show when=move || is_open.get()>
            <section class="sg-status" aria-label=name on:keydown=on_key>
                <header>
                    <h2>{name}</h2>
                    <button
                        type="button"
                        class="ib"
                        aria-label="Close status"
                        node_ref=close
                        on:click=move |_| hide()
                    >
                        <Picture icon=Icon::Cross />
                    </button>
                </header>
                <div class="sg-status-in" tabindex="0" role="region" aria-label="Status tables">
                    {move || {
                        told.get()
                            .map(|(_, tables)| {
                                tables.into_iter().map(|table| view! { <Printed table /> }).collect_view()
                            })
                    }}
                </div>
            </section>
        </Show>
    }
}

#[component]
fn Printed(table: Table) -> impl IntoView {
    let Table {
        title,
        columns,
        rows,
        empty,
    } = table;
    if rows.is_empty() {
        return view! {
            <p class="sg-none">
                <code>{title}</code>
                {empty}
            </p>
        }
        .into_any();
    }
    let heads = columns
        .into_iter()
        .map(|column| view! { <th scope="col">{column}</th> })
        .collect_view();
    let rows = rows
        .into_iter()
        .map(|row| {
            let cells = row.into_iter().map(|cell| view! { <td>{cell}</td> });
            view! { <tr>{cells.collect_view()}</tr> }
        })
        .collect_view();
    view! {
        <table>
            <caption>
                <code>{title}</code>
            </caption>
            <thead>
                <tr>{heads}</tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use replicascope_engine::Scenario;
    use replicascope_engine::time::Time;

    fn tables_of(settings: &str, node: u8) -> Vec<Table> {
        let text = format!(r#"{{"version":2,"settings":{settings}}}"#);
        let scenario = Scenario::from_json(&text).expect("valid");
        let mut run = Simulation::new(&scenario).expect("valid");
        run.advance_to(Time::from_secs(12));
        tables(&run, NodeId(node))
    }

    #[test]
    fn postgresql_shows_its_senders_and_its_receiver() {
        let settings = r#"{"database":{"postgresql":{"synchronous_standby_names":"FIRST 1 (*)"}}}"#;
        let primary = tables_of(settings, 0);
        assert_eq!(primary[0].rows.len(), 4);
        assert_eq!(primary[0].rows[0].len(), primary[0].columns.len());
        assert_eq!(primary[0].rows[0].last().map(String::as_str), Some("sync"));
        assert_eq!(
            primary[0].rows[1].last().map(String::as_str),
            Some("potential")
        );
        assert!(primary[1].rows.is_empty());
        let standby = tables_of(settings, 1);
        assert!(standby[0].rows.is_empty());
        assert_eq!(
            standby[1].rows[0][..2],
            ["streaming".to_owned(), "n1".to_owned()]
        );
    }

    #[test]
    fn mysql_shows_the_status_of_a_replica_and_nothing_of_a_source() {
        let settings = r#"{"database":{"mysql":{}}}"#;
        assert!(tables_of(settings, 0)[0].rows.is_empty());
        let replica = &tables_of(settings, 1)[0];
        assert_eq!(replica.columns.len(), replica.rows[0].len());
        assert_eq!(replica.columns[2], "Replica_IO_Running");
        assert_eq!(replica.rows[0][2..4], ["Yes", "Yes"]);
        assert!(tables_of("{}", 0).is_empty());
    }

    #[test]
    fn mariadb_prints_its_own_names() {
        let replica = &tables_of(r#"{"database":{"mariadb":{}}}"#, 1)[0];
        assert_eq!(replica.title, "SHOW REPLICA STATUS");
        let columns = replica.columns.join(" ");
        assert!(columns.contains("Slave_IO_Running") && columns.contains("Seconds_Behind_Master"));
        assert!(!columns.contains("Source"), "{columns}");
        assert_eq!(
            replica.rows[0][..2],
            ["n1".to_owned(), replica.rows[0][4].clone()]
        );
    }
}
