//! A picture of the stage, by www/picture.js: it draws again what is on the page, this the messages.

use leptos::prelude::window;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast as _, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::js_sys::{Function, Promise, Reflect};
use web_sys::{Blob, CanvasRenderingContext2d};

use crate::stage::Painter;

fn call(name: &str, arguments: &web_sys::js_sys::Array) -> Result<JsValue, JsValue> {
    let maker = Reflect::get(&window(), &"stagePicture".into())?;
    let function: Function = Reflect::get(&maker, &name.into())?.dyn_into()?;
    function.apply(&maker, arguments)
}

/// The stage as SVG text.
pub(super) fn svg(painter: Painter, title: &str) -> Result<String, JsValue> {
    // The pen has as much of a canvas as is used of it.
    let paint = Closure::<dyn Fn(JsValue)>::new(move |pen: JsValue| {
        painter.paint(pen.unchecked_ref::<CanvasRenderingContext2d>());
    });
    let made = call(
        "svg",
        &web_sys::js_sys::Array::of2(paint.as_ref(), &title.into()),
    )?;
    made.as_string().ok_or(made)
}

/// SVG text as a PNG.
pub(super) async fn png(svg: &str) -> Result<Blob, JsValue> {
    let made: Promise = call("png", &web_sys::js_sys::Array::of1(&svg.into()))?.dyn_into()?;
    JsFuture::from(made).await?.dyn_into()
}
