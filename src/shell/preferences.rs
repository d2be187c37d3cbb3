//! What the page remembers between visits. A browser may refuse the storage; the page works all the same and forgets.
//!
//! It is two words at most, such as `dark keys-off`, since this is read before all else and a reader of JSON is not there yet.

use leptos::prelude::*;

use crate::lean::{Memo, effect, effect_after};
use crate::share::storage;

const STORED_AS: &str = "replicascope.preferences";
const KEYS_OFF: &str = "keys-off";

/// Light or dark, when a person has chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
            .map_or_else(Self::default, |text| Self::read(&text))
    }

    /// What a text says, as far as it is known. As JSON, which it was once, it says the same.
    fn read(text: &str) -> Self {
        let mut read = Self::default();
        let words =
            text.split(|letter: char| !letter.is_ascii_alphabetic() && !"-_".contains(letter));
        let mut last = "";
        for word in words.filter(|word| !word.is_empty()) {
            match word {
                "light" => read.theme = Some(Theme::Light),
                "dark" => read.theme = Some(Theme::Dark),
                KEYS_OFF => read.keys_off = true,
                "true" if last == "keys_off" => read.keys_off = true,
                _ => {}
            }
            last = word;
        }
        read
    }

    fn written(&self) -> String {
        let keys = if self.keys_off { KEYS_OFF } else { "" };
        [self.theme.map_or("", Theme::name), keys].join(" ")
    }

    /// Remembers it, if the browser lets it.
    pub(crate) fn store(&self) {
        if let Some(storage) = storage() {
            // Storage may be full or refused: then the choice lasts as long as the page.
            let _ = storage.set_item(STORED_AS, &self.written());
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
        let read = Preferences::read;
        assert_eq!(read(""), Preferences::default());
        assert_eq!(read("dark and-more").theme, Some(Theme::Dark));
        let json = Preferences {
            theme: Some(Theme::Dark),
            keys_off: true,
        };
        assert_eq!(read(r#"{"theme":"dark","keys_off":true}"#), json);
        assert!(!read(r#"{"theme":null,"keys_off":false}"#).keys_off);
    }

    #[test]
    fn what_is_written_reads_the_same() {
        for theme in [None, Some(Theme::Light), Some(Theme::Dark)] {
            for keys_off in [false, true] {
                let it = Preferences { theme, keys_off };
                assert_eq!(Preferences::read(&it.written()), it);
            }
        }
    }
}
