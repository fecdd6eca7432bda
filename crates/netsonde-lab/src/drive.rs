//! The virtual driver: a host runs on the lab's clock, which jumps from event to event.
use crate::lab::{AttachmentId, DELIVERIES_MAX, Lab};

/// Rounds without a tick of the clock after which a host is taken to be stuck.
const STANDSTILL_MAX: u32 = 1_000_000;

/// A measurement plugged into an attachment; `netsonde_probe::Engine` has this shape.
pub trait Host {
    /// One whole IP packet to send, if there is one now.
    fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>>;
    /// Takes a whole IP packet.
    fn handle_packet(&mut self, received_ns: u64, packet: &[u8]);
    /// Lets time pass.
    fn handle_timeout(&mut self, now_ns: u64);
    /// When `handle_timeout` or `poll_transmit` is next worth calling.
    fn poll_timeout(&self) -> Option<u64>;
    /// Whether the host wants nothing more.
    fn is_finished(&self) -> bool;
}

impl Lab {
    /// Runs a host until it is finished, nothing is left to wait for, or `deadline_ns` has come; also
    /// if it always wants to be called at once and yet does nothing. Returns the time at which it stopped. Packets to other attachments stay in
    /// [`Lab::poll_delivery`].
    pub fn drive(
        &mut self,
        attachment: AttachmentId,
        host: &mut dyn Host,
        deadline_ns: u64,
    ) -> u64 {
        let mut now_ns = self.now_ns();
        let mut others = Vec::new();
        let mut standstill = 0;
        while !host.is_finished() && standstill < STANDSTILL_MAX {
            while let Some(packet) = host.poll_transmit(now_ns) {
                self.inject(now_ns, attachment, &packet);
            }
            let next = [self.poll_timeout(), host.poll_timeout()]
                .into_iter()
                .flatten()
                .min();
            let Some(next_ns) =
                next.filter(|next_ns| *next_ns <= deadline_ns && !host.is_finished())
            else {
                break;
            };
            standstill = if next_ns > now_ns { 0 } else { standstill + 1 };
            now_ns = now_ns.max(next_ns);
            self.advance(now_ns);
            while let Some(delivery) = self.poll_delivery() {
                if delivery.attachment == attachment {
                    host.handle_packet(delivery.at_ns, &delivery.packet);
                } else if others.len() < DELIVERIES_MAX {
                    others.push(delivery);
                }
            }
            if host.poll_timeout().is_some_and(|at_ns| at_ns <= now_ns) {
                host.handle_timeout(now_ns);
            }
        }
        self.keep(others);
        now_ns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Topology;
    use netsonde_wire::icmp::emit_echo;
    use netsonde_wire::ip::IpBuild;

    /// Pings once a second, five times; waits two seconds after the last.
    #[derive(Default)]
    struct Pinger {
        sent: u16,
        due_ns: u64,
        heard_ns: Vec<u64>,
        is_finished: bool,
    }

    impl Host for Pinger {
        fn poll_transmit(&mut self, now_ns: u64) -> Option<Vec<u8>> {
            if self.sent == 5 || now_ns < self.due_ns {
                return None;
            }
            self.sent += 1;
            self.due_ns = now_ns
                + if self.sent == 5 {
                    2_000_000_000
                } else {
                    1_000_000_000
                };
            let [source, destination] = ["5.1.0.1", "5.1.0.2"].map(|text| text.parse().unwrap());
            let (mut body, mut packet) = (Vec::new(), Vec::new());
            emit_echo(source, destination, false, 1, self.sent, b"ping", &mut body);
            IpBuild {
                source,
                destination,
                protocol: 1,
                ttl: 64,
                tos: 0,
                ident: 0,
                flow_label: 0,
                dont_fragment: false,
            }
            .emit(&body, &mut packet);
            Some(packet)
        }

        fn handle_packet(&mut self, received_ns: u64, _: &[u8]) {
            self.heard_ns.push(received_ns);
        }

        fn handle_timeout(&mut self, now_ns: u64) {
            self.is_finished = self.sent == 5 && now_ns >= self.due_ns;
        }

        fn poll_timeout(&self) -> Option<u64> {
            Some(self.due_ns)
        }

        fn is_finished(&self) -> bool {
            self.is_finished
        }
    }

    fn lab() -> Lab {
        let json = br#"{"nodes": {"r": {}}, "attachments": {
            "vp": {"node": "r", "subnet": "5.1.0.0/30", "delay_ns": 5000000}}}"#;
        Lab::new(&Topology::from_json(json).unwrap()).unwrap()
    }

    #[test]
    fn the_clock_jumps_and_round_trips_are_exact() {
        let (mut lab, mut host) = (lab(), Pinger::default());
        let vp = lab.attachment("vp").unwrap();
        let stopped_ns = lab.drive(vp, &mut host, u64::MAX);
        let expected: Vec<u64> = (0..5).map(|n| n * 1_000_000_000 + 10_000_000).collect();
        assert_eq!((host.heard_ns, stopped_ns), (expected, 6_000_000_000));
    }

    /// Always due, never done.
    struct Stuck;

    impl Host for Stuck {
        fn poll_transmit(&mut self, _: u64) -> Option<Vec<u8>> {
            None
        }

        fn handle_packet(&mut self, _: u64, _: &[u8]) {}

        fn handle_timeout(&mut self, _: u64) {}

        fn poll_timeout(&self) -> Option<u64> {
            Some(7)
        }

        fn is_finished(&self) -> bool {
            false
        }
    }

    #[test]
    fn a_stuck_host_is_given_up() {
        let mut lab = lab();
        let vp = lab.attachment("vp").unwrap();
        assert_eq!(lab.drive(vp, &mut Stuck, u64::MAX), 7);
    }

    #[test]
    fn a_deadline_ends_the_drive() {
        let (mut lab, mut host) = (lab(), Pinger::default());
        let vp = lab.attachment("vp").unwrap();
        let stopped_ns = lab.drive(vp, &mut host, 2_500_000_000);
        assert_eq!((host.heard_ns.len(), stopped_ns), (3, 2_010_000_000));
    }
}
