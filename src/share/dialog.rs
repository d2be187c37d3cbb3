//! The dialog: a link to copy, and below it what goes out and comes in as a file.

use leptos::task::spawn_local;
use leptos::{html, prelude::*};
use replicascope_link::Link;
use wasm_bindgen_futures::JsFuture;

use super::Share;
use super::files::Files;
use crate::parts::{Later, Part};
use crate::session::Session;
use crate::shell::{Dialog, Icon, Picture};
use crate::words;

/// From this length on a link is too long for some programs.
const LONG_LINK: usize = 8_000;

/// What the last button did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Done {
    #[default]
    Nothing,
    Copied,
    /// The browser refused: the text is selected instead.
    Selected,
    Said(String),
}

/// The dialog, while it is asked for.
#[component]
pub(crate) fn ShareDialog() -> impl IntoView {
    let share = Share::expect();
    let session = Session::expect();
    view! {
        <Dialog
            shown=share.shown
            id="share-title"
            title="Pass it on"
            class="keys share"
            opened=Callback::new(move |()| session.pause())
        >
            <Later part=Part::Share />
        </Dialog>
    }
}

/// What is in it.
pub(crate) fn content() -> AnyView {
    view! { <Content /> }.into_any()
}

#[component]
fn Content() -> impl IntoView {
    let share = Share::expect();
    let session = Session::expect();
    let field = NodeRef::<html::Textarea>::new();
    let link = session.peek(|recording| address(&Link::to(recording)));
    let link = RwSignal::new(link);
    let done = RwSignal::new(Done::default());
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
    let at = session.on_panel(|run| run.simulation().now());
    let about = move || words::share::about(link.with(String::len), at.get());
    let too_long = move || link.with(String::len) > LONG_LINK;
    let said = move || match done.get() {
        Done::Nothing => String::new(),
        Done::Copied => "The link is copied.".to_owned(),
        Done::Selected => {
            "The browser did not let it be copied. The link is selected: copy it by key.".to_owned()
        }
        Done::Said(words) => words,
    };
    view! {
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
            <Files done=done />
            <p class="share-about" hidden=move || share.kept.get()>
                "This browser keeps nothing between visits: a reload begins anew. Save the file or copy the link to come back to this run."
            </p>
            <p class="share-said" role="status">
                {said}
            </p>
    }
}

/// The page's address with the link.
fn address(link: &Link) -> String {
    let location = window().location();
    let base = location.href().unwrap_or_default();
    let base = base.split('#').next().unwrap_or_default();
    format!("{base}#{}", link.to_fragment())
}
