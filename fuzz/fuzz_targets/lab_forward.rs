//! See `netsonde_fuzz::lab_forward`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::lab_forward::lab_forward(bytes));
