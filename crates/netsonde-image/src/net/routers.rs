//! What routers advertise (RFC 4861, RFC 4862): a way out, and prefixes to make an address from.
use super::address::{Address, from_prefix, link_local};
use super::link_layer;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv6Addr};
use netsonde_wire::ethernet::MacAddr;
use netsonde_wire::icmp::nd::{self, Nd, NdOption, PrefixInformation, options};

const ROUTERS: Ipv6Addr = Ipv6Addr::new(0xff02, 0, 0, 0, 0, 0, 0, 2);
const SECOND_NS: u64 = 1_000_000_000;
const RETRY_NS: u64 = SECOND_NS;
const RETRY_MAX_NS: u64 = 16 * SECOND_NS;
/// Addresses are made from prefixes of this length.
const PREFIX_LEN: u8 = 64;
/// All ones: for ever.
const FOR_EVER_S: u32 = u32::MAX;

/// What is known of the routers of the link, and the questions for them.
#[derive(Debug)]
pub(super) struct Routers {
    mac: MacAddr,
    due_ns: u64,
    retry_ns: u64,
    /// The last that offered to take packets, and until when.
    router: Option<(Ipv6Addr, u64)>,
    /// Our address, and until when.
    made: Option<(Ipv6Addr, u64)>,
    /// A prefix whose addresses are on the link.
    on_link: Option<(Ipv6Addr, u8)>,
}

impl Routers {
    /// Begins to look for routers.
    pub(super) fn new(mac: MacAddr, now_ns: u64) -> Self {
        Self {
            mac,
            due_ns: now_ns,
            retry_ns: RETRY_NS,
            router: None,
            made: None,
            on_link: None,
        }
    }

    /// Who takes packets to other links.
    pub(super) fn router(&self) -> Option<IpAddr> {
        self.router.map(|(router, _)| router.into())
    }

    /// The address that was made from a prefix.
    pub(super) fn made(&self) -> Option<Address> {
        let (made, _) = self.made?;
        Some(self.placed(made))
    }

    /// An address with the prefix of its link, where one was advertised.
    pub(super) fn placed(&self, address: Ipv6Addr) -> Address {
        let on_link = self.on_link.map(|(prefix, prefix_len)| Address {
            ip: prefix.into(),
            prefix_len,
        });
        let on_link = on_link.filter(|link| link.is_on_link(address.into()));
        Address {
            ip: address.into(),
            prefix_len: on_link.map_or(128, |link| link.prefix_len),
        }
    }

    /// The next question, a frame, if one is due: until a router has answered.
    pub(super) fn poll_frame(&mut self, now_ns: u64) -> Option<Vec<u8>> {
        self.router = self.router.filter(|(_, end_ns)| *end_ns > now_ns);
        self.made = self.made.filter(|(_, end_ns)| *end_ns > now_ns);
        if self.router.is_some() || now_ns < self.due_ns {
            return None;
        }
        self.due_ns = now_ns.saturating_add(self.retry_ns);
        self.retry_ns = (self.retry_ns * 2).min(RETRY_MAX_NS);
        let mut raw = Vec::new();
        nd::emit_option(NdOption::SourceLinkLayer(self.mac), &mut raw);
        let message = Nd::RouterSolicitation { options: &raw };
        let to = (nd::multicast_mac(ROUTERS), ROUTERS);
        let from = (self.mac, link_local(self.mac));
        Some(link_layer::neighbour_discovery(&message, from, to))
    }

    /// When `poll_frame` is next worth calling.
    pub(super) fn poll_timeout(&self) -> u64 {
        let ends = [self.router, self.made]
            .into_iter()
            .flatten()
            .map(|(_, end_ns)| end_ns);
        let due_ns = self.router.is_none().then_some(self.due_ns);
        ends.chain(due_ns).min().unwrap_or(u64::MAX)
    }

    /// Takes an advertisement; others of its kind must come from the link, too.
    pub(super) fn handle(&mut self, message: &Nd<'_>, source: Ipv6Addr, now_ns: u64) {
        let Nd::RouterAdvertisement {
            router_lifetime_s,
            options: raw,
            ..
        } = message
        else {
            return;
        };
        if !source.is_unicast_link_local() {
            return;
        }
        let end_ns = |seconds: u32| match seconds {
            FOR_EVER_S => u64::MAX,
            seconds => now_ns.saturating_add(u64::from(seconds) * SECOND_NS),
        };
        if *router_lifetime_s > 0 {
            self.router = Some((source, end_ns((*router_lifetime_s).into())));
        } else if self.router.is_some_and(|(router, _)| router == source) {
            self.router = None;
        }
        for option in options(raw) {
            if let NdOption::Prefix(prefix) = option {
                self.take(&prefix, end_ns(prefix.valid_lifetime_s));
            }
        }
    }

    fn take(&mut self, information: &PrefixInformation, end_ns: u64) {
        let PrefixInformation {
            prefix_len, prefix, ..
        } = *information;
        if prefix.is_unicast_link_local() || prefix.is_multicast() || prefix_len > 128 {
            return;
        }
        if information.on_link {
            self.on_link.get_or_insert((prefix, prefix_len));
        }
        if information.autonomous && prefix_len == PREFIX_LEN && information.valid_lifetime_s > 0 {
            let ours = from_prefix(prefix, self.mac);
            // The first stays: a run has one address.
            if self.made.is_none_or(|(made, _)| made == ours) {
                self.made = Some((ours, end_ns));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAC: MacAddr = MacAddr([2, 0, 0, 0, 0, 1]);
    const ROUTER: Ipv6Addr = Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 1);

    fn advertise(
        routers: &mut Routers,
        lifetime_s: u16,
        edit: impl FnOnce(&mut PrefixInformation),
        now_ns: u64,
    ) {
        let mut prefix = PrefixInformation {
            prefix_len: 64,
            on_link: true,
            autonomous: true,
            valid_lifetime_s: 100,
            preferred_lifetime_s: 50,
            prefix: "2001:db8:5::".parse().unwrap(),
        };
        edit(&mut prefix);
        let mut raw = Vec::new();
        nd::emit_option(NdOption::Prefix(prefix), &mut raw);
        let message = Nd::RouterAdvertisement {
            hop_limit: 64,
            managed: false,
            other_config: false,
            router_lifetime_s: lifetime_s,
            reachable_time_ms: 0,
            retransmit_timer_ms: 0,
            options: &raw,
        };
        routers.handle(&message, ROUTER, now_ns);
    }

    #[test]
    fn an_advertisement_gives_address_and_router() {
        let mut routers = Routers::new(MAC, 0);
        assert!(routers.poll_frame(0).is_some() && routers.poll_frame(1).is_none());
        advertise(&mut routers, 30, |_| {}, 5);
        assert_eq!(routers.router(), Some(ROUTER.into()));
        let made = routers.made().unwrap();
        assert_eq!(
            (made.ip.to_string(), made.prefix_len),
            ("2001:db8:5::ff:fe00:1".into(), 64)
        );
        assert_eq!(routers.poll_timeout(), 30 * SECOND_NS + 5);
        assert!(routers.poll_frame(20 * SECOND_NS).is_none());
        // Silent for too long: asked again.
        assert!(routers.poll_frame(31 * SECOND_NS).is_some());
        assert_eq!((routers.router(), routers.made().is_some()), (None, true));
        routers.poll_frame(101 * SECOND_NS);
        assert_eq!(routers.made(), None);
    }

    #[test]
    fn what_is_not_offered_is_not_taken() {
        let mut routers = Routers::new(MAC, 0);
        advertise(&mut routers, 0, |prefix| prefix.autonomous = false, 0);
        advertise(&mut routers, 0, |prefix| prefix.prefix_len = 80, 0);
        advertise(&mut routers, 0, |prefix| prefix.valid_lifetime_s = 0, 0);
        advertise(&mut routers, 0, |prefix| prefix.prefix = ROUTER, 0);
        assert_eq!((routers.router(), routers.made()), (None, None));
        let message = Nd::RouterSolicitation { options: &[] };
        routers.handle(&message, ROUTER, 0);
        assert_eq!(routers.router(), None);
    }

    #[test]
    fn the_first_prefix_stays_and_other_addresses_stand_alone() {
        let mut routers = Routers::new(MAC, 0);
        advertise(&mut routers, 30, |_| {}, 0);
        advertise(
            &mut routers,
            30,
            |prefix| prefix.prefix = "2001:db8:6::".parse().unwrap(),
            0,
        );
        assert_eq!(
            routers.made().unwrap().ip.to_string(),
            "2001:db8:5::ff:fe00:1"
        );
        assert_eq!(
            routers.placed("2001:db8:5::9".parse().unwrap()).prefix_len,
            64
        );
        assert_eq!(
            routers.placed("2001:db8:6::9".parse().unwrap()).prefix_len,
            128
        );
        advertise(&mut routers, 0, |_| {}, 0);
        assert_eq!(routers.router(), None);
    }
}
