//! See `netsonde_fuzz::wire::ip_quote`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::wire::ip_quote(bytes));
