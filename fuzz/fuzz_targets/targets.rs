//! See `netsonde_fuzz::targets`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::targets::targets(bytes));
