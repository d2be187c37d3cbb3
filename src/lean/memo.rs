//! A value that is computed from others.

use std::any::Any;
use std::marker::PhantomData;
use std::sync::Arc;

use leptos::prelude::{
    Effect, Get as _, GetUntracked as _, RwSignal, Set as _, With as _, WithUntracked as _,
};

/// A value of some type, and how it is compared with another of the same.
#[derive(Clone)]
struct Kept {
    value: Arc<dyn Any + Send + Sync>,
    same: fn(&(dyn Any + Send + Sync), &(dyn Any + Send + Sync)) -> bool,
}

impl Kept {
    fn of<T: PartialEq + Send + Sync + 'static>(value: T) -> Self {
        Self {
            value: Arc::new(value),
            same: |a, b| a.downcast_ref::<T>() == b.downcast_ref::<T>(),
        }
    }
}

impl PartialEq for Kept {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.value, &other.value) || (self.same)(&*self.value, &*other.value)
    }
}

type Inner = leptos::prelude::Memo<Kept>;

/// A value that is computed from others when it is asked for, kept as long as they stay as they are, and known to have changed
/// only when it differs. A copy is a handle to the same.
pub struct Memo<T> {
    inner: Inner,
    of: PhantomData<fn() -> T>,
}

impl<T> Clone for Memo<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Memo<T> {}

fn inner(compute: Box<dyn Fn() -> Kept + Send + Sync>) -> Inner {
    Inner::new(move |_| compute())
}

impl<T: PartialEq + Send + Sync + 'static> Memo<T> {
    /// What `compute` returns.
    pub fn new(compute: impl Fn() -> T + Send + Sync + 'static) -> Self {
        Self {
            inner: inner(Box::new(move || Kept::of(compute()))),
            of: PhantomData,
        }
    }

    /// Looks at the value, and follows it.
    pub fn with<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(of_type(&now(self.inner)))
    }

    /// Looks at the value.
    pub fn with_untracked<R>(self, look: impl FnOnce(&T) -> R) -> R {
        look(of_type(&now_untracked(self.inner)))
    }

    /// Follows the value. It has to be computed for that, since only then is it known what it depends on.
    pub fn track(self) {
        drop(now(self.inner));
    }
}

impl<T: PartialEq + Clone + Send + Sync + 'static> Memo<T> {
    /// The value; and follows it.
    #[must_use]
    pub fn get(self) -> T {
        self.with(T::clone)
    }

    /// The value.
    #[must_use]
    pub fn get_untracked(self) -> T {
        self.with_untracked(T::clone)
    }
}

fn now(memo: Inner) -> Kept {
    memo.get()
}

fn now_untracked(memo: Inner) -> Kept {
    memo.get_untracked()
}

fn of_type<T: 'static>(kept: &Kept) -> &T {
    let value = kept.value.downcast_ref();
    value.expect("a memo keeps what its own function returns")
}

impl<T: PartialEq + Clone + Send + Sync + 'static> From<RwSignal<T>> for Memo<T> {
    fn from(signal: RwSignal<T>) -> Self {
        Self::new(move || signal.get())
    }
}

impl From<&str> for Memo<String> {
    fn from(text: &str) -> Self {
        let text = text.to_owned();
        Self::new(move || text.clone())
    }
}

/// A value that follows another and is touched only when that changes.
///
/// Whatever depends on a memo over the frame is asked every frame whether it is still right, down to the last attribute.
/// With nine nodes that is most of a frame's time, and the answer is nearly always yes. Behind this one nobody is asked.
pub(crate) fn settled<T>(memo: Memo<T>) -> Memo<T> {
    Memo {
        inner: settled_inner(memo.inner),
        of: PhantomData,
    }
}

fn settled_inner(memo: Inner) -> Inner {
    let settled = RwSignal::new(memo.get_untracked());
    Effect::new(move |_| {
        memo.with(|now| {
            if settled.with_untracked(|before| before != now) {
                settled.set(now.clone());
            }
        });
    });
    Inner::new(move |_| settled.get())
}

#[cfg(test)]
mod tests {
    use super::*;
    use leptos::prelude::Owner;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn a_memo_is_computed_once_and_changes_only_when_it_differs() {
        let owner = Owner::new();
        owner.set();
        let counted = Arc::new(AtomicUsize::new(0));
        let signal = RwSignal::new(1_u32);
        let count = Arc::clone(&counted);
        let half = Memo::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
            signal.get() / 2
        });
        let text = Memo::new(move || format!("{} halves", half.get()));
        assert_eq!(
            (half.get_untracked(), text.get_untracked().as_str()),
            (0, "0 halves")
        );
        signal.set(1);
        signal.set(0);
        assert_eq!(text.get_untracked(), "0 halves");
        assert_eq!(counted.load(Ordering::Relaxed), 2);
        signal.set(6);
        assert_eq!(
            (
                half.with_untracked(|half| *half),
                text.get_untracked().as_str()
            ),
            (3, "3 halves")
        );
    }
}
