//! See `netsonde_fuzz::wire::icmpv6`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| netsonde_fuzz::wire::icmpv6(bytes));
