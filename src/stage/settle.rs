//! Projections that rarely change, kept away from what would ask after them every frame.

use leptos::prelude::*;

/// A signal that follows a memo and is touched only when its value changes.
///
/// Whatever depends on a memo over the frame is asked every frame whether it is still right, down to the last attribute.
/// With nine nodes that is most of a frame's time, and the answer is nearly always yes. Behind this signal nobody is asked.
pub(crate) fn settled<T: Clone + PartialEq + Send + Sync + 'static>(memo: Memo<T>) -> Signal<T> {
    let settled = RwSignal::new(memo.get_untracked());
    Effect::new(move |_| {
        memo.with(|now| {
            if settled.with_untracked(|before| before != now) {
                settled.set(now.clone());
            }
        });
    });
    settled.into()
}
