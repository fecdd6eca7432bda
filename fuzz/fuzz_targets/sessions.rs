//! See `netsonde_fuzz::engine::sessions`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::engine::sessions(bytes));
