//! What goes out as a file: the scenario, a picture of the stage, tables, the trace. And the scenario that comes in.

use leptos::prelude::*;
use leptos::task::spawn_local;
use replicascope_engine::oracle::LEDGER_CAP;
use replicascope_engine::trace::TRACE_CAP;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Url};

use super::dialog::Done;
use super::{Share, picture, tables};
use crate::session::Session;
use crate::stage::Painter;
use crate::words;

/// Largest file that is read, in bytes: no experiment needs more.
const MOST_FILE: f64 = (4 << 20) as f64;

/// What can be saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Scenario,
    Svg,
    Png,
    Ledger,
    Metrics,
    Trace,
}

impl What {
    /// On its button, as a file, and its type.
    fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Scenario => ("Save file", "replicascope.json", "application/json"),
            Self::Svg => ("SVG", "replicascope-stage.svg", "image/svg+xml"),
            Self::Png => ("PNG", "replicascope-stage.png", "image/png"),
            Self::Ledger => ("Ledger, CSV", "replicascope-ledger.csv", "text/csv"),
            Self::Metrics => ("Metrics, CSV", "replicascope-metrics.csv", "text/csv"),
            Self::Trace => (
                "Trace, JSON lines",
                "replicascope-trace.jsonl",
                "application/jsonl",
            ),
        }
    }

    /// Saves it, and says what is to be known about it.
    async fn save(self, session: Session, painter: Painter) -> Result<String, JsValue> {
        let (_, name, kind) = self.names();
        let drawn = || {
            let title = session.peek(|run| words::share::picture(run.simulation()));
            picture::svg(painter, &title)
        };
        let text = match self {
            Self::Png => {
                download(name, &picture::png(&drawn()?).await?)?;
                return Ok(words::share::saved(name));
            }
            Self::Svg => drawn()?,
            Self::Scenario => session.peek(|run| run.scenario().to_json()),
            Self::Ledger => session.peek(|run| tables::ledger(run.simulation())),
            Self::Metrics => session.peek(|run| tables::metrics(run.simulation())),
            Self::Trace => session.peek(|run| tables::trace(run.simulation())),
        };
        save_text(name, kind, &text)?;
        let gone = session.peek(|run| {
            let run = run.simulation();
            let totals = run.oracle().totals();
            match self {
                Self::Trace => tables::events_gone(run),
                Self::Ledger if !run.oracle().keeps_everything() => {
                    Some((LEDGER_CAP, totals.writes_issued + totals.reads_issued))
                }
                _ => None,
            }
        });
        Ok(match gone {
            None => words::share::saved(name),
            Some((kept, all)) => words::share::saved_newest(name, kept, all),
        })
    }
}

/// The buttons.
#[component]
pub(super) fn Files(done: RwSignal<Done>) -> impl IntoView {
    let (session, share) = (Session::expect(), Share::expect());
    let painter: Painter = expect_context();
    let save = move |what: What| {
        view! {
            <button
                type="button"
                class="btn btn--line"
                on:click=move |_| {
                    spawn_local(async move {
                        done.set(match what.save(session, painter).await {
                            Ok(words) => Done::Said(words),
                            Err(_) => Done::Said("The browser did not let the file be made.".to_owned()),
                        });
                    });
                }
            >
                {what.names().0}
            </button>
        }
    };
    let open = move |event: web_sys::Event| {
        read_picked(&event, move |name, text| {
            let opened = text.and_then(|text| share.open_file(&text));
            match opened {
                Ok(()) => {
                    share.shown.set(false);
                    let words = format!("{name} is open, at its start.");
                    session.notice().set(Some(words));
                }
                Err(error) => done.set(Done::Said(format!("{name}: {error}"))),
            }
        });
    };
    view! {
        <h3>"A scenario file"</h3>
        <p class="share-about">
            "Seed, cluster, settings, workload and every action, as JSON that a person can read and edit."
        </p>
        <div class="share-files">
            {save(What::Scenario)}
            <label class="btn btn--line">
                "Open file"
                <input class="sr" type="file" accept=".json,application/json" on:change=open />
            </label>
        </div>
        <h3>"A picture of the stage"</h3>
        <p class="share-about">"As it stands at this instant, in this theme."</p>
        <div class="share-files">{save(What::Svg)} {save(What::Png)}</div>
        <h3>"What happened, as data"</h3>
        <p class="share-about">
            {format!(
                "The newest {} operations, and the newest {} events in the form of the command line, which writes all: replicascope trace FILE --json.",
                words::grouped(LEDGER_CAP as u64),
                words::grouped(TRACE_CAP as u64),
            )}
        </p>
        <div class="share-files">
            {save(What::Ledger)} {save(What::Metrics)} {save(What::Trace)}
        </div>
    }
}

/// Reads the file that was picked in an input and hands on its name with its text, or with what is wrong with it.
pub(crate) fn read_picked(
    event: &web_sys::Event,
    then: impl FnOnce(String, Result<String, String>) + 'static,
) {
    let input = event
        .target()
        .and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok());
    let Some(input) = input else { return };
    let Some(file) = input.files().and_then(|files| files.get(0)) else {
        return;
    };
    spawn_local(async move {
        let text = if file.size() > MOST_FILE {
            Err("it is larger than 4 MB, which no experiment needs".to_owned())
        } else {
            let text = JsFuture::from(file.text()).await.ok();
            let text = text.and_then(|text| text.as_string());
            text.ok_or_else(|| "it cannot be read as text".to_owned())
        };
        // So that the same file can be picked again.
        input.set_value("");
        then(file.name(), text);
    });
}

/// Lets the browser save a text as a file.
pub(crate) fn save_text(name: &str, kind: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = web_sys::js_sys::Array::of1(&JsValue::from_str(text));
    download(
        name,
        &Blob::new_with_str_sequence_and_options(&parts, &options)?,
    )
}

/// Lets the browser save a file.
fn download(name: &str, blob: &Blob) -> Result<(), JsValue> {
    let url = Url::create_object_url_with_blob(blob)?;
    let anchor: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url)
}
