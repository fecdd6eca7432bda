//! Packets that nobody asked for: counted, never shown, never a panic.
use crate::engine::{Engine, Reception};
use crate::event::Event;
use crate::job::Kind;
use crate::record::Counters;
use crate::testing::{MS, address, job, path, run, source, target_answer, wrap};
use alloc::vec::Vec;
use netsonde_wire::ip::protocol;
use proptest::prelude::*;

/// An engine that has just sent all probes of one ping, and those probes.
fn pinging(method: crate::job::PingMethod, v6: bool) -> (Engine, Vec<Vec<u8>>) {
    let mut job = job(Kind::Ping, &[address(v6, 200)]);
    (job.ping.method, job.ping.interval_ms) = (method, 0);
    let mut engine = Engine::new(&job, 0).unwrap();
    let probes = core::iter::from_fn(|| engine.poll_transmit(0)).collect();
    (engine, probes)
}

/// The counters, after ending the job.
fn counters(mut engine: Engine) -> Counters {
    engine.interrupt(MS);
    let last = core::iter::from_fn(|| engine.poll_event()).last();
    let Some(Event::Done { counters, .. }) = last else {
        panic!("{last:?}")
    };
    counters
}

proptest! {
    #[test]
    fn any_bytes_are_survived_and_counted_once(
        packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..120), 1..20),
        v6: bool,
        method in 0..4_usize,
        frame in 0..4_usize,
    ) {
        let (mut engine, _) = pinging(super::PING_METHODS[method], v6);
        for bytes in &packets {
            let icmp = if v6 { protocol::ICMPV6 } else { protocol::ICMP };
            let packet = match [0, icmp, protocol::UDP, protocol::TCP][frame] {
                0 => bytes.clone(),
                protocol => wrap(address(v6, 200), source(v6), protocol, bytes),
            };
            engine.handle_packet(1, &packet);
        }
        let Counters { received, late, duplicate, rejected, unparsed, unrelated, .. } = counters(engine);
        prop_assert_eq!(received + late + duplicate, 0);
        prop_assert_eq!(rejected + unparsed + unrelated, packets.len() as u64);
    }

    /// One wrong bit in a reply: it is not counted as another reply than it was, and mostly not at all.
    #[test]
    fn a_flipped_bit_never_makes_another_reply(bit in 0_usize..60 * 8, v6: bool) {
        let job = job(Kind::Trace, &[address(v6, 200)]);
        let log = run(&job, |now_ns, probe| {
            let (delay_ns, mut reply) = path(4)(now_ns, probe).remove(0);
            let byte = bit / 8 % reply.len();
            reply[byte] ^= 1 << (bit % 8);
            Vec::from([(delay_ns, reply)])
        });
        for event in &log.events {
            let Event::Hop { hop, .. } = event else { continue };
            for reply in &hop.replies {
                let expected = if hop.probe_ttl > 4 { 200 } else { hop.probe_ttl };
                prop_assert_eq!(reply.responder, address(v6, expected));
            }
        }
    }
}

#[test]
fn our_own_probes_coming_back_are_no_replies() {
    for (method, v6) in super::PING_METHODS
        .into_iter()
        .flat_map(|method| [(method, false), (method, true)])
    {
        let (mut engine, probes) = pinging(method, v6);
        assert_eq!(probes.len(), 4);
        for probe in &probes {
            assert_eq!(engine.handle_packet(1, probe), Reception::Unrelated);
        }
        let counters = counters(engine);
        assert_eq!(
            (counters.received, counters.unrelated),
            (0, 4),
            "{method:?}"
        );
    }
}

#[test]
fn replies_count_once_and_their_repeats_as_duplicates() {
    for (method, v6) in super::PING_METHODS
        .into_iter()
        .flat_map(|method| [(method, false), (method, true)])
    {
        let (mut engine, probes) = pinging(method, v6);
        for probe in &probes {
            let first = engine.handle_packet(1, &target_answer(probe));
            let again = engine.handle_packet(1, &target_answer(probe));
            let Reception::Answer(serial) = first else {
                panic!("{first:?}")
            };
            assert!(again == Reception::Duplicate(serial) || again == Reception::Ended);
        }
        let counters = counters(engine);
        // The last repeat comes after the end.
        assert_eq!(
            (counters.received, counters.duplicate, counters.rejected),
            (4, 3, 0),
            "{method:?} {v6}"
        );
    }
}
