//! Says when the page is built in parts: in release builds for the browser by Trunk, which turns the feature `split` on. The
//! linker then leaves in what `cargo xtask finish` needs to cut the program (`src/parts.rs`).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(split)");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|found| found == value);
    if env::var_os("CARGO_FEATURE_SPLIT").is_some()
        && is("CARGO_CFG_TARGET_ARCH", "wasm32")
        && is("PROFILE", "release")
    {
        println!("cargo::rustc-cfg=split");
        println!("cargo::rustc-link-arg-bins=--emit-relocs");
    }
}
