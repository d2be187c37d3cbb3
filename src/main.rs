//! Starts the page.

fn main() {
    // What a person sees of a panic is the affair of www/recover.js, which needs nothing of this program.
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(replicascope_web::App);
}
