//! Line pictures, 16 by 16, drawn with the colour of the text around them.

use leptos::prelude::*;

use crate::lean::Memo;
use crate::words::events::Mark;

/// A picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named after what they show")]
pub(crate) enum Icon {
    Pen,
    Copy,
    Up,
    Fence,
    Power,
    Snow,
    Hourglass,
    Cut,
    Heal,
    Tick,
    Cross,
    ClockBack,
    Question,
    Eye,
    Play,
    Pause,
    StepBack,
    Step,
    Rewind,
    Branch,
    Sliders,
    Moon,
    Sun,
    Chevron,
    ChevronRight,
    ChevronLeft,
    Link,
    Undo,
    Columns,
    Plus,
    Message,
    MessageBack,
    Book,
    Wave,
    Open,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Pen => "M2.8 13.2l.9-3.4 7-7 2.5 2.5-7 7z M9.2 4.3l2.5 2.5",
            Self::Copy => "M5.7 5.7h7.6v7.6H5.7z M2.7 10.3V2.7h7.6",
            Self::Up => "M8 13.5V3 M3.8 7.2L8 3l4.2 4.2",
            Self::Fence => "M1.8 6h12.4 M1.8 11h12.4 M4.5 3.2v10.3 M8 3.2v10.3 M11.5 3.2v10.3",
            Self::Power => "M8 2v6 M4.7 4.4a5 5 0 1 0 6.6 0",
            Self::Snow => "M8 1.8v12.4 M2.6 4.9l10.8 6.2 M13.4 4.9L2.6 11.1",
            Self::Hourglass => "M4 2.5h8 M4 13.5h8 M5 2.5v2L8 8l3-3.5v-2 M5 13.5v-2L8 8l3 3.5v2",
            Self::Cut => "M1.2 8H6 M10 8h4.8 M6 4v8 M10 4v8",
            Self::Heal => "M1.2 8h13.6 M5 5.2L2.2 8 5 10.8 M11 5.2L13.8 8 11 10.8",
            Self::Tick => "M3 8.6l3.2 3.2L13 4.8",
            Self::Cross => "M4 4l8 8 M12 4l-8 8",
            Self::ClockBack => "M3.2 8A5 5 0 1 0 4.9 4.1 M3 2.3v3h3 M8.2 5.4v3l2 1.3",
            Self::Question => "M5.6 6.1a2.4 2.4 0 1 1 3.5 2.1c-.8.4-1.1.9-1.1 1.7 M8 12.6v.1",
            Self::Eye => {
                "M1.5 8S4 3.8 8 3.8 14.5 8 14.5 8 12 12.2 8 12.2 1.5 8 1.5 8z M9.9 8a1.9 1.9 0 1 1-3.8 0 1.9 1.9 0 0 1 3.8 0z"
            }
            Self::Play => "M5 3.2v9.6L12.6 8z",
            Self::Pause => "M5.5 3.5v9 M10.5 3.5v9",
            Self::StepBack => "M10.5 3.6L5 8l5.5 4.4z M2.8 3.5v9",
            Self::Step => "M5.5 3.6L11 8l-5.5 4.4z M13.2 3.5v9",
            Self::Rewind => "M8 3.8L3 8l5 4.2z M13.5 3.8L8.5 8l5 4.2z",
            Self::Branch => {
                "M4 4.8v6.4 M4 10c0-3.5 8-1.2 8-3.5 M5.5 3.2a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0z M5.5 12.8a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0z M13.5 5a1.5 1.5 0 1 1-3 0 1.5 1.5 0 0 1 3 0z"
            }
            Self::Sliders => {
                "M2 5h6.3 M12 5h2 M2 11h2 M7.7 11H14 M12 5a1.8 1.8 0 1 1-3.6 0A1.8 1.8 0 0 1 12 5z M7.6 11A1.8 1.8 0 1 1 4 11a1.8 1.8 0 0 1 3.6 0z"
            }
            Self::Moon => "M13.2 9.6A5.6 5.6 0 1 1 6.4 2.8a4.5 4.5 0 0 0 6.8 6.8z",
            Self::Sun => {
                "M8 1.5v1.6 M8 12.9v1.6 M1.5 8h1.6 M12.9 8h1.6 M3.4 3.4l1.1 1.1 M11.5 11.5l1.1 1.1 M12.6 3.4l-1.1 1.1 M4.5 11.5l-1.1 1.1 M10.8 8a2.8 2.8 0 1 1-5.6 0 2.8 2.8 0 0 1 5.6 0z"
            }
            Self::Chevron => "M4.5 6.3L8 9.8l3.5-3.5",
            Self::ChevronRight => "M6.3 4.5L9.8 8l-3.5 3.5",
            Self::ChevronLeft => "M9.7 4.5L6.2 8l3.5 3.5",
            Self::Link => {
                "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.4-2.4a2.6 2.6 0 0 0-3.7-3.7L8 4.3 M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.1 9.2a2.6 2.6 0 0 0 3.7 3.7L8 11.7"
            }
            Self::Undo => "M3 6.5h6.2a3.6 3.6 0 0 1 0 7.2H6 M5.8 3.3L2.6 6.5l3.2 3.2",
            Self::Columns => "M2.5 3h11v10h-11z M6.2 3v10 M9.8 3v10",
            Self::Plus => "M8 3v10 M3 8h10",
            Self::Message => "M3 4.2L7 8l-4 3.8 M10 5.5h3.5v5H10z",
            Self::MessageBack => "M13 4.2L9 8l4 3.8 M2.5 5.5H6v5H2.5z",
            Self::Book => {
                "M8 4.2C6.5 3 4.5 2.8 2.5 3v9.5c2-.2 4 0 5.5 1.2 1.5-1.2 3.5-1.4 5.5-1.2V3c-2-.2-4 0-5.5 1.2z M8 4.2v9.5"
            }
            Self::Open => "M9.5 2.8h3.7v3.7 M13 3L7.8 8.2 M11 9.5v3.7H2.8V5h3.7",
            Self::Wave => "M1.5 8c1.6-4 3.2-4 4.4 0s2.8 4 4.2 0 2.8-4 4.4 0",
        }
    }

    fn is_solid(self) -> bool {
        matches!(
            self,
            Self::Play | Self::StepBack | Self::Step | Self::Rewind
        )
    }
}

impl From<Mark> for Icon {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Down => Self::Power,
            Mark::Up => Self::Play,
            Mark::Freeze => Self::Snow,
            Mark::Slow => Self::Hourglass,
            Mark::Cut => Self::Cut,
            Mark::Heal => Self::Heal,
            Mark::Fence => Self::Fence,
            Mark::Vote => Self::Tick,
            Mark::Crown => Self::Up,
            Mark::Lost => Self::Cross,
            Mark::Seat => Self::Pen,
            Mark::Follow => Self::Copy,
            Mark::Person => Self::Sliders,
        }
    }
}

/// Which picture: always the same, or one that changes.
pub(crate) enum Which {
    Still(Icon),
    Changing(Memo<Icon>),
}

impl From<Icon> for Which {
    fn from(icon: Icon) -> Self {
        Self::Still(icon)
    }
}

impl From<Memo<Icon>> for Which {
    fn from(icon: Memo<Icon>) -> Self {
        Self::Changing(icon)
    }
}

/// A picture beside words that say the same.
#[component]
pub(crate) fn Picture(#[prop(into)] icon: Which) -> impl IntoView {
    let class = |icon: Icon| {
        if icon.is_solid() {
            "ic-solid"
        } else {
            "ic-line"
        }
    };
    let path = match icon {
        Which::Still(icon) => view! { <path d=icon.path() class=class(icon) /> }.into_any(),
        Which::Changing(icon) => view! {
            <path d=move || icon.get().path() class=move || class(icon.get()) />
        }
        .into_any(),
    };
    view! {
        <svg class="ic" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
            {path}
        </svg>
    }
}
