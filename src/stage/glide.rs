//! When a node takes or leaves the seat, the lines glide along with the cards, and the messages with the lines.
//!
//! The cards and the lines glide in CSS; this is the same movement, at the same pace, for the canvas.

use std::borrow::Cow;

use leptos::prelude::*;

use super::routes::Routes;

/// As `--m-seat` in tokens.css.
const SEAT_MS: f64 = 560.0;

/// A movement from one set of ways to another.
#[derive(Default)]
pub(crate) struct Glide {
    from: Option<Routes>,
    to: Option<Routes>,
    began_ms: f64,
}

impl Glide {
    /// The ways as they are now, on their way to `to`. Where nothing moves they are there already.
    pub(crate) fn toward<'a>(&mut self, to: &'a Routes, moving: bool) -> Cow<'a, Routes> {
        let now = window()
            .performance()
            .map_or(0.0, |performance| performance.now());
        if self.to.as_ref() != Some(to) {
            self.from = self.to.take().filter(|before| before.matches(to));
            self.to = Some(to.clone());
            self.began_ms = now;
        }
        let part = (now - self.began_ms) / SEAT_MS;
        match &self.from {
            Some(from) if moving && part < 1.0 => Cow::Owned(from.toward(to, ease(part))),
            _ => {
                self.from = None;
                Cow::Borrowed(to)
            }
        }
    }
}

/// `cubic-bezier(.6, 0, .2, 1)`, which is `--e-inout`.
fn ease(part: f64) -> f64 {
    let curve = |t: f64, a: f64, b: f64| {
        let back = 1.0 - t;
        3.0 * back * back * t * a + 3.0 * back * t * t * b + t * t * t
    };
    // x(t) only grows, so halving finds the t of a part.
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..24 {
        let middle = (low + high) / 2.0;
        if curve(middle, 0.6, 0.2) < part {
            low = middle;
        } else {
            high = middle;
        }
    }
    curve(low, 0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn easing_begins_and_ends_slowly() {
        assert!(ease(0.0) < 1e-6);
        assert!(ease(0.1) < 0.1);
        assert!((0.3..0.9).contains(&ease(0.5)));
        assert!(ease(0.95) > 0.98);
        assert!((ease(1.0) - 1.0).abs() < 1e-6);
    }
}
