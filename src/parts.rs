//! Parts of the page whose code comes when a person first asks for what it does, so that the page opens with less.
//!
//! Each function of [`split!`] is a door: what can be reached through it only, down into the engine, is cut out of the program by
//! `cargo xtask finish` into a file named after the part, and fetched when the door is first opened. Doors of one part share
//! a file. In builds that are not cut (tests, `--dev`) a door is an `async` function like any other.
//!
//! So that a part stays out of the rest, nothing outside may name what only its doors should. Code that is asked for in passing, and
//! is needed only by runs that a door leads to, is in `reserve`, which those doors bring along.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;
use leptos::task::spawn_local;
use replicascope_engine::why::Question;

use crate::share::{Note, Opening, Share, Store};
use crate::why::Why;
use crate::{
    cluster, compare, controls, embed, lessons, messages, numbers, reserve, share, stage, time, why,
};

/// The code of a part could not be fetched. What the browser said is in its console; the next attempt begins anew.
#[derive(Debug)]
pub(crate) struct NotFetched;

#[cfg(split)]
impl From<leptos::wasm_split::SplitLoaderError> for NotFetched {
    fn from(_: leptos::wasm_split::SplitLoaderError) -> Self {
        Self
    }
}

/// Said where there is no place for a button that tries again.
pub(crate) const NOT_FETCHED: &str =
    "This part of the page could not be fetched. Is there a network? Then try again.";

macro_rules! split {
    ($($part:ident: $(#[$docs:meta])* fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            #[cfg(split)]
            #[leptos::wasm_split::wasm_split($part, wasm_split_path = leptos::wasm_split, fallible)]
            $(#[$docs])*
            pub(crate) fn $name($($arg: $type),*) -> Result<$result, NotFetched> {
                Ok($body)
            }
            #[cfg(not(split))]
            $(#[$docs])*
            pub(crate) async fn $name($($arg: $type),*) -> Result<$result, NotFetched> {
                Ok($body)
            }
        )*
    };
}

split! {
    cluster:
    /// The dialog that changes the cluster.
    fn cluster_dialog(place: Place) -> AnyView {
        reserve::bring();
        place.with(cluster::content)
    }

    compare:
    /// The comparison.
    fn comparison(place: Place) -> AnyView {
        reserve::bring();
        place.with(compare::content)
    }

    compare:
    /// The lanes of the comparison in the timeline.
    fn compared_lanes(place: Place) -> AnyView {
        place.with(time::columns)
    }

    details:
    /// What is looked at closely.
    fn detail(place: Place, what: Detail) -> AnyView {
        place.with(|| match what {
            Detail::Status => stage::status(),
            Detail::Table => stage::table(),
            Detail::Branches => time::branches(),
            Detail::Messages => messages::listed(),
            Detail::Message => messages::card(),
            Detail::Mode => controls::mode_settings(),
            Detail::Network => controls::network(),
        })
    }

    hosts:
    /// The hosts beside the nodes.
    fn hosts(place: Place) -> AnyView {
        place.with(stage::hosts)
    }

    numbers:
    /// The charts and the capacity.
    fn numbers_panel(place: Place) -> AnyView {
        place.with(numbers::content)
    }

    why:
    /// Explains.
    fn tell(why: Why, question: Question) -> () {
        why.tell(question);
    }

    why:
    /// The explanation that is open.
    fn why_panel(place: Place) -> AnyView {
        place.with(why::content)
    }

    lessons:
    /// The list of the lessons.
    fn course(place: Place) -> AnyView {
        reserve::bring();
        place.with(lessons::list_content)
    }

    lessons:
    /// The lesson that is asked for.
    fn lesson(place: Place) -> AnyView {
        reserve::bring();
        place.with(lessons::lesson_content)
    }

    embed:
    /// The page inside another one.
    fn embedded(place: Place) -> AnyView {
        reserve::bring();
        place.with(embed::content)
    }

    share:
    /// The dialog with the link and the files.
    fn share_dialog(place: Place) -> AnyView {
        reserve::bring();
        place.with(share::content)
    }

    share:
    /// What the page opens with, where that has to be read.
    fn opening() -> Box<Opening> {
        reserve::bring();
        Box::new(Opening::read())
    }

    share:
    /// Opens a link, and says what is to be said about it.
    fn open_link(share: Share, fragment: String) -> Note {
        reserve::bring();
        share.open(&fragment)
    }

    share:
    /// What keeps a run.
    fn keeper() -> Store {
        reserve::bring();
        share::STORE
    }
}

/// A part that is shown in a place of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// The dialog that changes the cluster.
    Cluster,
    /// The comparison.
    Compare,
    /// Its lanes in the timeline.
    Lanes,
    /// Something that is looked at closely.
    Detail(Detail),
    /// The hosts beside the nodes.
    Hosts,
    /// The charts and the capacity.
    Numbers,
    /// The explanation that is open.
    Why,
    /// The list of the lessons.
    Course,
    /// The lesson that is asked for.
    Lesson,
    /// The page inside another one.
    Embed,
    /// The dialog with the link and the files.
    Share,
    /// The page itself, where what it opens with has to be read.
    Page,
}

/// What is looked at closely: small things, which come together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What the picked server says of replication itself.
    Status,
    /// The stage as a table.
    Table,
    /// The list of the branches.
    Branches,
    /// The list of the messages on their way.
    Messages,
    /// The message that is picked on the stage.
    Message,
    /// The settings behind the mode switch.
    Mode,
    /// Delay, jitter and loss.
    Network,
}

impl Part {
    async fn make(self, place: Place) -> Result<AnyView, NotFetched> {
        match self {
            Self::Cluster => cluster_dialog(place).await,
            Self::Compare => comparison(place).await,
            Self::Lanes => compared_lanes(place).await,
            Self::Detail(what) => detail(place, what).await,
            Self::Hosts => hosts(place).await,
            Self::Numbers => numbers_panel(place).await,
            Self::Why => why_panel(place).await,
            Self::Course => course(place).await,
            Self::Lesson => lesson(place).await,
            Self::Embed => embedded(place).await,
            Self::Share => share_dialog(place).await,
            Self::Page => {
                let opening = opening().await?;
                Ok(place.with(|| crate::opened(*opening)))
            }
        }
    }
}

/// How far a part has come.
enum State {
    Coming,
    NotFetched,
    /// Here; until it is put into the page.
    Made(Option<AnyView>),
}

/// Where a part will stand, as long as somebody wants it there: the view may be gone before the part has come.
#[derive(Clone)]
pub(crate) struct Place {
    owner: Owner,
    gone: Arc<AtomicBool>,
}

impl Place {
    /// The one in which the view is built too: what a part provides is found there.
    fn here() -> Self {
        let gone = Arc::new(AtomicBool::new(false));
        let left = Arc::clone(&gone);
        on_cleanup(move || left.store(true, Ordering::Relaxed));
        Self {
            owner: Owner::current().unwrap_or_default(),
            gone,
        }
    }

    /// Makes what stands there; nothing when the place is gone, and with it what the part would find there.
    fn with(&self, make: impl FnOnce() -> AnyView) -> AnyView {
        if self.gone.load(Ordering::Relaxed) {
            return ().into_any();
        }
        self.owner.with(make)
    }
}

/// A part in its place: fetched, or why not.
#[component]
pub(crate) fn Later(
    /// Which.
    part: Part,
    /// Whether nothing stands there while it comes, since it lies among other things.
    #[prop(default = false)]
    quiet: bool,
) -> impl IntoView {
    let place = Place::here();
    let state = RwSignal::new_local(State::Coming);
    let fetch = move || {
        let place = place.clone();
        state.set(State::Coming);
        spawn_local(async move {
            let made = part.make(place).await;
            // Nobody may want it any more.
            state.try_set(made.map_or(State::NotFetched, |view| State::Made(Some(view))));
        });
    };
    fetch();
    move || {
        state.track();
        let mut view = None;
        state.update_untracked(|state| {
            view = match state {
                State::Coming if quiet => None,
                State::Coming => Some(view! { <p class="later">"One moment."</p> }.into_any()),
                State::NotFetched => Some(not_fetched(fetch.clone())),
                State::Made(view) => view.take(),
            };
        });
        view
    }
}

fn not_fetched(fetch: impl Fn() + 'static) -> AnyView {
    view! {
        <p class="later" role="alert">
            "This part of the page could not be fetched. "
            <button type="button" class="btn btn--line" on:click=move |_| fetch()>
                "Try again"
            </button>
        </p>
    }
    .into_any()
}
