//! What the page remembers between visits. A browser may refuse the storage; the page works all the same and forgets.

use leptos::prelude::*;
use replicascope_engine::json;
use serde::{Deserialize, Serialize};

use crate::lean::{Memo, effect, effect_after};
use crate::share::storage;

const STORED_AS: &str = "replicascope.preferences";

/// Light or dark, when a person has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Theme {
    /// Dark ink on light paper.
    Light,
    /// The reverse.
    Dark,
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// The other one.
    pub(crate) fn other(self) -> Self {
        match self {
            Self::Light => Self::Dark,
            Self::Dark => Self::Light,
        }
    }
}

/// What a person prefers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Preferences {
    /// The theme; the system's when absent.
    pub(crate) theme: Option<Theme>,
    /// Single keys do nothing.
    pub(crate) keys_off: bool,
}

impl Preferences {
    /// What was remembered, as far as it can be read.
    pub(crate) fn load() -> Self {
        storage()
            .and_then(|storage| storage.get_item(STORED_AS).ok().flatten())
            .and_then(|text| json::from_text(&text).ok())
            .unwrap_or_default()
    }

    /// Remembers it, if the browser lets it.
    pub(crate) fn store(&self) {
        if let (Some(storage), Ok(text)) = (storage(), json::to_line(self)) {
            // Storage may be full or refused: then the choice lasts as long as the page.
            let _ = storage.set_item(STORED_AS, &text);
        }
    }
}

/// The theme that is shown: the chosen one, or the system's.
pub(crate) fn shown(theme: Option<Theme>) -> Theme {
    let dark = || {
        window()
            .match_media("(prefers-color-scheme: dark)")
            .ok()
            .flatten()
            .is_some_and(|query| query.matches())
    };
    theme.unwrap_or_else(|| if dark() { Theme::Dark } else { Theme::Light })
}

/// Keeps the page's theme as it is asked for.
pub(crate) fn follow_theme(theme: Memo<Option<Theme>>) {
    effect(move || {
        if let Some(root) = document().document_element() {
            let done = match theme.get() {
                Some(theme) => root.set_attribute("data-theme", theme.name()),
                None => root.remove_attribute("data-theme"),
            };
            debug_assert!(done.is_ok(), "the root element takes attributes");
        }
    });
}

/// Keeps the page's theme and the storage as the preferences say.
pub(crate) fn follow(preferences: RwSignal<Preferences>) {
    follow_theme(Memo::new(move || preferences.get().theme));
    effect_after(move |before: Option<Preferences>| {
        let now = preferences.get();
        if before.is_some_and(|before| before != now) {
            now.store();
        }
        now
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_older_or_newer_file_still_reads() {
        let read = |text| json::from_text::<Preferences>(text).unwrap_or_default();
        assert_eq!(read("{}"), Preferences::default());
        assert_eq!(
            read(r#"{"theme":"dark","later":1}"#).theme,
            Some(Theme::Dark)
        );
        assert_eq!(read("not json"), Preferences::default());
    }
}
