//! Lesson files, fetched when they are asked for, from beside the page.

use leptos::prelude::*;
use wasm_bindgen::JsCast as _;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;

/// The folder, relative to the page, so that it works under any address.
const FOLDER: &str = "lessons/";

/// The text of a file of the folder. The error is the server's status, if it answered.
pub(crate) async fn text(name: &str) -> Result<String, Option<u16>> {
    let asked = window().fetch_with_str(&format!("{FOLDER}{name}.json{}", build()));
    let response = JsFuture::from(asked)
        .await
        .ok()
        .and_then(|response| response.dyn_into::<Response>().ok())
        .ok_or(None)?;
    if !response.ok() {
        return Err(Some(response.status()));
    }
    let text = response.text().map_err(|_| None)?;
    let text = JsFuture::from(text).await.ok();
    text.and_then(|text| text.as_string()).ok_or(None)
}

/// The number of the build as a query, where the page has one (`cargo xtask finish`): so that no cache mixes the files of two builds.
pub(crate) fn build() -> String {
    let meta = document().query_selector("meta[name=build]").ok().flatten();
    let number = meta.and_then(|meta| meta.get_attribute("content"));
    number.map_or_else(String::new, |number| format!("?{number}"))
}
