//! What a kernel hands over beside packets: ring blocks, routes; and the table that crosses to the engine.
use netsonde_link::egress::Egress;
use netsonde_link::packet::blocks;
use netsonde_link::routes::Routes;

/// Octets of the smallest packet header in a block.
const HEADER: usize = 24;

/// Packets of a block lie within it, and are no more than fit.
pub fn ring(bytes: &[u8]) {
    let mut count = 0;
    for received in blocks::packets(bytes) {
        assert!(received.packet.len() <= bytes.len());
        count += 1;
    }
    assert!(count <= bytes.len() / HEADER + 1, "a block that never ends");
}

/// A table is refused, or can be asked about anything and travels unchanged.
pub fn egress(bytes: &[u8]) {
    if let Some(table) = Egress::from_bytes(bytes) {
        asked(&table);
    }
}

/// Whatever the kernel says adds up to a table.
pub fn netlink(bytes: &[u8]) {
    asked(&Routes::egress_of(bytes));
}

fn asked(table: &Egress) {
    for address in [
        "0.0.0.0",
        "192.0.2.1",
        "255.255.255.255",
        "::",
        "2001:db8::1",
        "ff02::1",
    ] {
        table.way(address.parse().expect("an address"));
    }
    table.interfaces();
    assert_eq!(Egress::from_bytes(&table.to_bytes()).as_ref(), Some(table));
}
