//! The theme's colours for the canvas, which knows no custom properties.

use leptos::prelude::*;

/// Colours as CSS writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Palette {
    pub(crate) paper: String,
    pub(crate) card: String,
    pub(crate) ink: String,
    pub(crate) ink_2: String,
    pub(crate) ink_3: String,
    pub(crate) primary: String,
    pub(crate) candidate: String,
    pub(crate) wal: String,
    pub(crate) ok: String,
    pub(crate) font: String,
}

impl Palette {
    /// As the page has them now.
    pub(crate) fn read() -> Self {
        let style = document()
            .document_element()
            .and_then(|root| window().get_computed_style(&root).ok().flatten());
        let value = |name: &str| {
            let value = style
                .as_ref()
                .and_then(|style| style.get_property_value(name).ok());
            value.unwrap_or_default().trim().to_owned()
        };
        Self {
            paper: value("--paper"),
            card: value("--card"),
            ink: value("--ink"),
            ink_2: value("--ink-2"),
            ink_3: value("--ink-3"),
            primary: value("--primary"),
            candidate: value("--candidate"),
            wal: value("--wal"),
            ok: value("--ok"),
            font: value("--font-ui"),
        }
    }
}
