//! See `netsonde_fuzz::wire::reassembly`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::wire::reassembly(bytes));
