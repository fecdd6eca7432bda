//! Addresses that no measurement of the Internet should target.
use core::net::IpAddr;

/// True if the address lies in a range of the IANA special-purpose registries that is not globally
/// reachable, or is multicast, reserved or unspecified (RFC 6890 and its registries).
pub fn is_special_purpose(address: IpAddr) -> bool {
    is_tnt_reserved(address)
}
/// tnt
pub fn is_tnt_reserved(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(a) => {
            let o = a.octets();
            matches!(
                o,
                [0 | 10 | 127, ..]
                    | [100, 64..=127, ..]
                    | [169, 254, ..]
                    | [172, 16..=31, ..]
                    | [192, 0, 0 | 2, _]
                    | [192, 88, 99, _]
                    | [192, 168, ..]
                    | [198, 18 | 19, ..]
                    | [198, 51, 100, _]
                    | [203, 0, 113, _]
                    | [224..=255, ..]
            )
        }
        IpAddr::V6(a) => {
            let s = a.segments();
            a.is_loopback()
                || a.is_unspecified()
                || s[0] & 0xff00 == 0xff00
                || s[0] & 0xfe00 == 0xfc00
                || s[0] & 0xff80 == 0xfe80
                || (s[0] == 0x2001 && s[1] == 0xdb8)
        }
    }
}
