#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| replicascope_fuzz::progress::check(input));
