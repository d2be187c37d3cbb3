//! A list whose entries stay the same elements as long as their keys do.

use std::sync::Arc;

use leptos::prelude::*;
use replicascope_engine::ids::{EventId, MessageId, NodeId, OpId};
use replicascope_engine::time::Time;

/// What makes an entry the same one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Key([u64; 3], String);

/// What a number says of.
pub(crate) trait Numbered {
    /// The number.
    fn number(&self) -> u64;
}

macro_rules! numbered {
    ($($type:ty: |$it:ident| $number:expr;)*) => {
        $(impl Numbered for $type {
            fn number(&self) -> u64 {
                let $it = *self;
                $number
            }
        })*
    };
}

numbered! {
    usize: |it| it as u64;
    u8: |it| it.into();
    bool: |it| it.into();
    NodeId: |it| it.0.into();
    OpId: |it| it.0.into();
    MessageId: |it| it.0;
    EventId: |it| it.0;
    Time: |it| it.0;
}

impl<A: Numbered> From<A> for Key {
    fn from(a: A) -> Self {
        Self([a.number(), 0, 0], String::new())
    }
}

impl<A: Numbered, B: Numbered> From<(A, B)> for Key {
    fn from((a, b): (A, B)) -> Self {
        Self([a.number(), b.number(), 0], String::new())
    }
}

impl<A: Numbered, B: Numbered, C: Numbered> From<(A, B, C)> for Key {
    fn from((a, b, c): (A, B, C)) -> Self {
        Self([a.number(), b.number(), c.number()], String::new())
    }
}

impl From<String> for Key {
    fn from(text: String) -> Self {
        Self([0; 3], text)
    }
}

impl<A: Numbered> From<(A, String)> for Key {
    fn from((a, text): (A, String)) -> Self {
        Self([a.number(), 0, 0], text)
    }
}

impl<A: Numbered, B: Numbered> From<(String, A, B)> for Key {
    fn from((text, a, b): (String, A, B)) -> Self {
        Self([a.number(), b.number(), 0], text)
    }
}

/// An entry that may have to be made.
struct Entry {
    key: Key,
    make: Box<dyn FnOnce() -> AnyView + Send>,
}

/// Shows what each entry of a list looks like. An entry whose key was there before stays as it is, wherever it is now.
#[component(transparent)]
pub(crate) fn For<I, T, K, V>(
    /// The entries.
    each: impl Fn() -> I + Send + 'static,
    /// What makes an entry the same one.
    key: impl Fn(&T) -> K + Send + 'static,
    /// What an entry looks like.
    children: impl Fn(T) -> V + Send + Sync + 'static,
) -> impl IntoView
where
    I: IntoIterator<Item = T>,
    T: Send + 'static,
    K: Into<Key>,
    V: IntoView + 'static,
{
    let look: Arc<dyn Fn(T) -> AnyView + Send + Sync> =
        Arc::new(move |entry| children(entry).into_any());
    let entry = move |entry: T| {
        let (key, look) = (key(&entry).into(), Arc::clone(&look));
        Entry {
            key,
            make: Box::new(move || look(entry)),
        }
    };
    list(Box::new(move || each().into_iter().map(&entry).collect()))
}

fn list(entries: Box<dyn Fn() -> Vec<Entry> + Send>) -> AnyView {
    leptos::prelude::For(
        leptos::control_flow::ForProps::builder()
            .each(entries)
            .key(|entry: &Entry| entry.key.clone())
            .children(|entry: Entry| (entry.make)())
            .build(),
    )
    .into_any()
}
