//! Starts the page.

use std::hint::black_box;

/// Memory that is asked for at once: what an hour of a run needs or nearly. The allocator keeps it. Otherwise it asks for more by
/// 64 KB, and asking takes the browser longer than the engine's work in between: a jump over 300 s cost 1.3 s of processor time
/// without, and 0.5 s with it. Memory that nobody has written to is only addresses.
const ROOM_BYTES: usize = 160 << 20;

fn main() {
    let mut room = Vec::<u8>::new();
    // Where there is not so much, the program grows as it goes.
    let _ = room.try_reserve_exact(ROOM_BYTES);
    drop(black_box(room));
    // What a person sees of a panic is the affair of www/recover.js, which needs nothing of this program.
    console_error_panic_hook::set_once();
    leptos::mount::mount_to_body(replicascope_web::App);
}
