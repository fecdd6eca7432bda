//! See `netsonde_fuzz::wire::ip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::wire::ip(bytes));
