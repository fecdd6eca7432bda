//! See `netsonde_fuzz::link::netlink`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::link::netlink(bytes));
