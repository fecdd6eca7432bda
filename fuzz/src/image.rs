//! The image, whatever its card writes and whatever comes on it.
use netsonde_image::guest::hostile;
use netsonde_image::machine::Machine;
use netsonde_image::words::Words;
use netsonde_wire::ethernet::MacAddr;

/// Words that ask for everything, and words that ask for nothing.
const WORDS: [&str; 4] = [
    "ip=5.1.0.2/30 gw=5.1.0.1 ip6=2001:db8::2/64 gw6=2001:db8::1",
    "ip=dhcp ip6=dhcp",
    "ip=dhcp ip6=slaac",
    "card=ip ip=5.1.0.2/30",
];
const JOB: &[u8] = br#"{"schema":1,"id":"j","kind":"tnt","rate_pps":1000,"in_flight_max":9,"seed":1,
    "targets":[{"address":"9.9.9.9","source":"0.0.0.0"}],"key":"00000000000000000000000000000000"}"#;
const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
/// Frames that may leave before another comes: no frame begets many.
const SENT_MAX: usize = 2_000;

/// A driver and a card that does what it likes: see `hostile::play`.
pub fn card(bytes: &[u8]) {
    hostile::play(bytes);
}

/// The first byte chooses the words. Then frames: milliseconds that pass, a length, as many bytes.
pub fn frames(bytes: &[u8]) {
    let Some((&choice, mut rest)) = bytes.split_first() else {
        return;
    };
    let words = WORDS[usize::from(choice) % WORDS.len()];
    let words = Words::parse(words).expect("these words make sense");
    let mut machine = Machine::new(words, MAC, JOB, None, 0);
    let mut now_ns = 0;
    while let Some((&[wait_ms, len], after)) = rest.split_first_chunk() {
        now_ns += u64::from(wait_ms) * 1_000_000;
        let (frame, after) = after.split_at(usize::from(len).min(after.len()));
        machine.handle_frame(frame, now_ns);
        machine.handle_timeout(now_ns);
        let sent = (0..=SENT_MAX).take_while(|_| machine.poll_transmit(now_ns).is_some());
        assert!(sent.count() <= SENT_MAX, "it sends without end");
        rest = after;
    }
    machine.interrupt(now_ns);
    assert!(machine.status().is_some(), "it goes on after its end");
}
