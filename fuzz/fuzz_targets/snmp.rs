//! See `netsonde_fuzz::wire::snmp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::wire::snmp(bytes));
