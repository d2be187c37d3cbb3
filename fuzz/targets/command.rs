#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| replicascope_fuzz::command::check(input));
