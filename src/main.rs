//! Starts the page.

fn main() {
    std::panic::set_hook(Box::new(|panic| {
        console_error_panic_hook::hook(panic);
        say_that_it_broke();
    }));
    leptos::mount::mount_to_body(replicascope_web::App);
}

/// Shows the message that index.html holds ready. After a panic nothing else of the page can be trusted, so this asks
/// nothing of it.
fn say_that_it_broke() {
    let message = web_sys::window()
        .and_then(|window| window.document())
        .and_then(|document| document.get_element_by_id("broken"));
    if let Some(message) = message {
        let _ = message.remove_attribute("hidden");
    }
}
