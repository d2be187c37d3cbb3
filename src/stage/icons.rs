//! The stage's icons: one stroke each on a field of 16, in the colour of the text around them. Never without words.

use leptos::prelude::*;

/// An icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Takes writes.
    Pen,
    /// Was primary.
    StruckPen,
    /// A copy.
    Sheets,
    /// Asks for votes, or is about to take over.
    Up,
    /// May not write.
    Fence,
    /// All is well.
    Tick,
    /// Slow.
    Hourglass,
    /// Stands still.
    Snowflake,
    /// Stopped.
    Power,
    /// Cut off.
    OpenContact,
    /// Connected again.
    Arrows,
    /// Starts again.
    Ring,
}

impl Icon {
    const fn path(self) -> &'static str {
        match self {
            Self::Pen => "M2.8 13.2l.9-3.4 7-7 2.5 2.5-7 7z M9.2 4.3l2.5 2.5",
            Self::StruckPen => "M2.8 13.2l.9-3.4 7-7 2.5 2.5-7 7z M2.2 2.2l11.6 11.6",
            Self::Sheets => "M5.7 5.7h7.6v7.6H5.7z M2.7 10.3V2.7h7.6",
            Self::Up => "M8 13.5V3 M3.8 7.2L8 3l4.2 4.2",
            Self::Fence => "M1.8 6h12.4 M1.8 11h12.4 M4.5 3.2v10.3 M8 3.2v10.3 M11.5 3.2v10.3",
            Self::Tick => "M3 8.6l3.2 3.2L13 4.8",
            Self::Hourglass => "M4 2.5h8 M4 13.5h8 M5 2.5v2L8 8l3-3.5v-2 M5 13.5v-2L8 8l3 3.5v2",
            Self::Snowflake => "M8 1.8v12.4 M2.6 4.9l10.8 6.2 M13.4 4.9L2.6 11.1",
            Self::Power => "M8 2v6 M4.7 4.4a5 5 0 1 0 6.6 0",
            Self::OpenContact => "M1.2 8H6 M10 8h4.8 M6 4v8 M10 4v8",
            Self::Arrows => "M1.2 8h13.6 M5 5.2L2.2 8 5 10.8 M11 5.2L13.8 8 11 10.8",
            Self::Ring => "M11.9 4.6A5 5 0 1 0 13 8 M12.2 2v2.8H9.4",
        }
    }

    /// The icon as it stands in a line of text.
    #[must_use]
    pub(crate) fn view(icon: impl Fn() -> Self + Send + 'static) -> impl IntoView {
        view! {
            <svg class="sg-ic" viewBox="0 0 16 16" aria-hidden="true">
                <path d=move || icon().path() />
            </svg>
        }
    }
}
