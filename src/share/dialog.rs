//! The dialog: a link to copy, a file to save or to open.

use leptos::task::spawn_local;
use leptos::{html, prelude::*};
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, BlobPropertyBag, Url};

use super::Share;
use super::link::Link;
use crate::session::Session;
use crate::shell::{Icon, Picture};
use crate::words;

/// From this length on a link is too long for some programs.
const LONG_LINK: usize = 8_000;

/// What the last button did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Done {
    #[default]
    Nothing,
    Copied,
    /// The browser refused: the text is selected instead.
    Selected,
    Saved,
    Refused(String),
}

/// The dialog, while it is asked for.
#[component]
pub(crate) fn ShareDialog() -> impl IntoView {
    let share = Share::expect();
    let session = Session::expect();
    let dialog = NodeRef::<html::Dialog>::new();
    let field = NodeRef::<html::Textarea>::new();
    let link = RwSignal::new(String::new());
    let done = RwSignal::new(Done::default());
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        if share.shown.get() && !dialog.open() {
            session.pause();
            link.set(session.peek(|recording| address(&Link::to(recording))));
            done.set(Done::Nothing);
            // Refused only outside of a document, where there is nothing to show.
            let _ = dialog.show_modal();
        } else if !share.shown.get() && dialog.open() {
            dialog.close();
        }
    });
    let copy = move |_| {
        let text = link.get_untracked();
        let clipboard = window().navigator().clipboard();
        spawn_local(async move {
            let copied = JsFuture::from(clipboard.write_text(&text)).await.is_ok();
            if !copied && let Some(field) = field.get_untracked() {
                field.select();
            }
            done.set(if copied { Done::Copied } else { Done::Selected });
        });
    };
    let save = move |_| {
        let text = session.peek(|recording| recording.scenario().to_json());
        done.set(match download("replicascope.json", &text) {
            Ok(()) => Done::Saved,
            Err(_) => Done::Refused("The browser did not let the file be saved.".to_owned()),
        });
    };
    let open = move |event: web_sys::Event| {
        let input = event
            .target()
            .and_then(|input| input.dyn_into::<web_sys::HtmlInputElement>().ok());
        let Some(input) = input else { return };
        let Some(file) = input.files().and_then(|files| files.get(0)) else {
            return;
        };
        spawn_local(async move {
            let text = JsFuture::from(file.text())
                .await
                .ok()
                .and_then(|text| text.as_string());
            // So that the same file can be picked again.
            input.set_value("");
            let opened = match text {
                Some(text) => share.open_file(&text),
                None => Err("it cannot be read as text".to_owned()),
            };
            match opened {
                Ok(()) => {
                    share.shown.set(false);
                    session
                        .notice()
                        .set(Some(format!("{} is open, at its start.", file.name())));
                }
                Err(error) => done.set(Done::Refused(format!("{}: {error}", file.name()))),
            }
        });
    };
    let at = session.on_panel(|run| run.simulation().now());
    let about = move || words::share::about(link.with(String::len), at.get());
    let too_long = move || link.with(String::len) > LONG_LINK;
    let said = move || match done.get() {
        Done::Nothing => String::new(),
        Done::Copied => "The link is copied.".to_owned(),
        Done::Selected => {
            "The browser did not let it be copied. The link is selected: copy it by key.".to_owned()
        }
        Done::Saved => "The file is saved.".to_owned(),
        Done::Refused(why) => why,
    };
    view! {
        <dialog
            class="keys share"
            node_ref=dialog
            aria-labelledby="share-title"
            on:close=move |_| share.shown.set(false)
        >
            <header>
                <h2 id="share-title">"Pass it on"</h2>
                <button
                    type="button"
                    class="ib"
                    aria-label="Close"
                    on:click=move |_| share.shown.set(false)
                >
                    <Picture icon=Icon::Cross />
                </button>
            </header>
            <h3 id="share-link">"A link to this instant"</h3>
            <textarea
                readonly
                rows="3"
                aria-labelledby="share-link"
                aria-describedby="share-about"
                node_ref=field
                prop:value=move || link.get()
            ></textarea>
            <p class="share-about" id="share-about">
                {about}
                <span hidden=move || !too_long()>
                    " It is too long for some programs: pass on the file instead."
                </span>
            </p>
            <button type="button" class="btn" on:click=copy>
                <Picture icon=Icon::Link />
                "Copy link"
            </button>
            <h3>"A scenario file"</h3>
            <p class="share-about">
                "Seed, cluster, settings, workload and every action, as JSON that a person can read and edit."
            </p>
            <div class="share-files">
                <button type="button" class="btn btn--line" on:click=save>
                    "Save file"
                </button>
                <label class="btn btn--line">
                    "Open file"
                    <input class="sr" type="file" accept=".json,application/json" on:change=open />
                </label>
            </div>
            <p class="share-said" role="status">
                {said}
            </p>
        </dialog>
    }
}

/// The page's address with the link.
fn address(link: &Link) -> String {
    let location = window().location();
    let base = location.href().unwrap_or_default();
    let base = base.split('#').next().unwrap_or_default();
    format!("{base}#{}", link.to_fragment())
}

/// Lets the browser save a text as a file.
fn download(name: &str, text: &str) -> Result<(), JsValue> {
    let kind = BlobPropertyBag::new();
    kind.set_type("application/json");
    let parts = web_sys::js_sys::Array::of1(&JsValue::from_str(text));
    let blob = Blob::new_with_str_sequence_and_options(&parts, &kind)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let anchor: web_sys::HtmlAnchorElement = document().create_element("a")?.unchecked_into();
    anchor.set_href(&url);
    anchor.set_download(name);
    anchor.click();
    Url::revoke_object_url(&url)
}
