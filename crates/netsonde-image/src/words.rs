//! What the starter tells the image: words `key=value`, on the command line of a process or of a kernel.
use crate::base64;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use core::str::FromStr;
use netsonde_wire::ethernet::MacAddr;

/// Most words that are looked at.
const WORDS_MAX: usize = 256;
/// How long a run may take, unless the words say otherwise.
const DEADLINE_MS: u64 = 600_000;
/// How long an address is waited for.
const LEASE_MS: u64 = 10_000;
/// Longest time that a word may give: a year.
const MS_MAX: u64 = 31_536_000_000;

/// Longest name of an interface.
const INTERFACE_MAX: usize = 15;

/// Words that kernels and hypervisors put among ours. Those of virtio cards are for who looks for the card.
const FOREIGN: &[&str] = &[
    "acpi",
    "console",
    "earlyprintk",
    "i8042.noaux",
    "i8042.nokbd",
    "i8042.nomux",
    "i8042.nopnp",
    "initrd",
    "nomodule",
    "panic",
    "pci",
    "quiet",
    "reboot",
    "ro",
    "root",
    "rootfstype",
    "rw",
    "virtio_mmio.device",
];

/// Where an address of one family comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source<A> {
    /// There is none.
    #[default]
    None,
    /// The words.
    Static {
        /// The address.
        address: A,
        /// Bits of its link's prefix.
        prefix_len: u8,
    },
    /// Router advertisements (IPv6).
    Advertised,
    /// `DHCPv4` or `DHCPv6`.
    Leased,
}

/// What the card carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Card {
    /// Ethernet frames.
    #[default]
    Ethernet,
    /// IP packets.
    Ip,
}

/// All words, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// IPv4 address.
    pub ip: Source<Ipv4Addr>,
    /// IPv4 gateway.
    pub gw: Option<Ipv4Addr>,
    /// IPv6 address.
    pub ip6: Source<Ipv6Addr>,
    /// IPv6 gateway.
    pub gw6: Option<Ipv6Addr>,
    /// Address of the card, where it has none of its own.
    pub mac: Option<MacAddr>,
    /// What the card carries.
    pub card: Card,
    /// Descriptor of a process's card.
    pub fd: i32,
    /// Name of the interface that a process opens for itself, instead.
    pub interface: Option<String>,
    /// Whether the end of standard input interrupts the job.
    pub is_stopped_by_eof: bool,
    /// Unix time at the start, in nanoseconds.
    pub epoch_ns: Option<u64>,
    /// The watchdog's.
    pub deadline_ms: u64,
    /// Wait for an address.
    pub lease_ms: u64,
    /// Whether the card brings the time, too.
    pub is_clock_on_card: bool,
    /// The job, as JSON.
    pub job: Option<Vec<u8>>,
}

impl Default for Words {
    fn default() -> Self {
        Self {
            ip: Source::None,
            gw: None,
            ip6: Source::None,
            gw6: None,
            mac: None,
            card: Card::Ethernet,
            fd: 3,
            interface: None,
            is_stopped_by_eof: false,
            epoch_ns: None,
            deadline_ms: DEADLINE_MS,
            lease_ms: LEASE_MS,
            is_clock_on_card: false,
            job: None,
        }
    }
}

/// A word that makes no sense, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordError(pub String);

impl Words {
    /// Reads words that white space separates.
    ///
    /// # Errors
    /// The first word that makes no sense, or words that contradict each other.
    pub fn parse(text: &str) -> Result<Self, WordError> {
        let mut words = Self::default();
        for (count, word) in text.split_ascii_whitespace().enumerate() {
            if count == WORDS_MAX {
                return Err(WordError(format!("more than {WORDS_MAX} words")));
            }
            words.take(word)?;
        }
        words.check()?;
        Ok(words)
    }

    fn take(&mut self, word: &str) -> Result<(), WordError> {
        let (key, value) = word.split_once('=').unwrap_or((word, ""));
        match key {
            "ip" => self.ip = source(word, value, false)?,
            "ip6" => self.ip6 = source(word, value, true)?,
            "gw" => self.gw = Some(read(word, value, "an IPv4 address")?),
            "gw6" => self.gw6 = Some(read(word, value, "an IPv6 address")?),
            "mac" => self.mac = Some(mac(word, value)?),
            "card" => {
                self.card = match value {
                    "ethernet" => Card::Ethernet,
                    "ip" => Card::Ip,
                    _ => return Err(wrong(word, "ethernet or ip")),
                }
            }
            "fd" => self.fd = number(word, value, 0..=65_535)? as i32,
            "if" if (1..=INTERFACE_MAX).contains(&value.len()) => {
                self.interface = Some(String::from(value));
            }
            "if" => return Err(wrong(word, "the name of an interface")),
            "eof" => {
                self.is_stopped_by_eof = match value {
                    "stop" => true,
                    "ignore" => false,
                    _ => return Err(wrong(word, "ignore or stop")),
                }
            }
            "epoch_ns" => self.epoch_ns = Some(number(word, value, 0..=u64::MAX)?),
            "deadline_ms" => self.deadline_ms = number(word, value, 1..=MS_MAX)?,
            "lease_ms" => self.lease_ms = number(word, value, 1..=MS_MAX)?,
            "clock" => {
                self.is_clock_on_card = match value {
                    "card" => true,
                    "own" => false,
                    _ => return Err(wrong(word, "own or card")),
                }
            }
            "job" => {
                let job = base64::decode(value);
                self.job = Some(job.ok_or_else(|| wrong("job", "a whole job in Base64"))?);
            }
            _ if FOREIGN.contains(&key) => {}
            _ => return Err(WordError(format!("unknown word {:?}", short(word)))),
        }
        Ok(())
    }

    fn check(&self) -> Result<(), WordError> {
        let is_on_ip = self.card == Card::Ip;
        let asks = matches!(self.ip, Source::Leased)
            || matches!(self.ip6, Source::Leased | Source::Advertised);
        if is_on_ip && asks {
            let reason = "card=ip has nobody to ask: give ip=ADDRESS/LENGTH and ip6=ADDRESS/LENGTH";
            return Err(WordError(String::from(reason)));
        }
        if asks && self.is_clock_on_card {
            let reason =
                "clock=card needs addresses: its time does not pass while one is waited for";
            return Err(WordError(String::from(reason)));
        }
        Ok(())
    }
}

/// `dhcp`, `slaac` (IPv6) or an address with the length of its prefix.
fn source<A: FromStr + Copy + Into<IpAddr>>(
    word: &str,
    value: &str,
    is_v6: bool,
) -> Result<Source<A>, WordError> {
    let expected = if is_v6 {
        "ADDRESS/LENGTH, slaac or dhcp"
    } else {
        "ADDRESS/LENGTH or dhcp"
    };
    match value {
        "dhcp" => return Ok(Source::Leased),
        "slaac" if is_v6 => return Ok(Source::Advertised),
        _ => {}
    }
    let bits = if is_v6 { 128 } else { 32 };
    let parts = value.split_once('/').ok_or_else(|| wrong(word, expected))?;
    let address: A = read(word, parts.0, expected)?;
    let prefix_len: u8 = read(word, parts.1, expected)?;
    let ip: IpAddr = address.into();
    if prefix_len > bits || ip.is_unspecified() || ip.is_multicast() {
        return Err(wrong(word, expected));
    }
    Ok(Source::Static {
        address,
        prefix_len,
    })
}

fn mac(word: &str, value: &str) -> Result<MacAddr, WordError> {
    let mut octets = [0; 6];
    let mut parts = value.split(':');
    for octet in &mut octets {
        let part = parts.next().filter(|part| part.len() == 2);
        *octet = part
            .and_then(|part| u8::from_str_radix(part, 16).ok())
            .ok_or_else(|| wrong(word, "six octets such as 02:00:00:00:00:01"))?;
    }
    let mac = MacAddr(octets);
    if parts.next().is_some() || mac.is_multicast() {
        return Err(wrong(word, "the address of one card"));
    }
    Ok(mac)
}

fn number(
    word: &str,
    value: &str,
    range: core::ops::RangeInclusive<u64>,
) -> Result<u64, WordError> {
    let number: u64 = read(word, value, "a number")?;
    if range.contains(&number) {
        return Ok(number);
    }
    let (low, high) = range.into_inner();
    Err(WordError(format!("{word}: expected {low} to {high}")))
}

fn read<T: FromStr>(word: &str, value: &str, expected: &str) -> Result<T, WordError> {
    value.parse().map_err(|_| wrong(word, expected))
}

fn wrong(word: &str, expected: &str) -> WordError {
    WordError(format!("{}: expected {expected}", short(word)))
}

/// Enough of a word to know it by.
fn short(word: &str) -> String {
    const LENGTH_MAX: usize = 60;
    word.chars().take(LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        Words::parse(text).unwrap_err().0
    }

    #[test]
    fn every_word_is_read() {
        let words = Words::parse(
            " ip=5.1.0.2/30 gw=5.1.0.1\tip6=2001:db8::2/64 gw6=fe80::1 mac=02:00:5e:10:ff:0a card=ip fd=7 if=eth0 eof=stop\n\
             epoch_ns=1700000000000000000 deadline_ms=5 lease_ms=6 clock=card job=e30= ",
        );
        let expected = Words {
            ip: Source::Static {
                address: Ipv4Addr::new(5, 1, 0, 2),
                prefix_len: 30,
            },
            gw: Some(Ipv4Addr::new(5, 1, 0, 1)),
            ip6: Source::Static {
                address: "2001:db8::2".parse().unwrap(),
                prefix_len: 64,
            },
            gw6: Some("fe80::1".parse().unwrap()),
            mac: Some(MacAddr([2, 0, 0x5e, 0x10, 0xff, 0x0a])),
            card: Card::Ip,
            fd: 7,
            interface: Some(String::from("eth0")),
            is_stopped_by_eof: true,
            epoch_ns: Some(1_700_000_000_000_000_000),
            deadline_ms: 5,
            lease_ms: 6,
            is_clock_on_card: true,
            job: Some(b"{}".to_vec()),
        };
        assert_eq!(words, Ok(expected));
    }

    #[test]
    fn addresses_may_be_asked_for() {
        let words = Words::parse("ip=dhcp ip6=slaac").unwrap();
        assert_eq!((words.ip, words.ip6), (Source::Leased, Source::Advertised));
        let words = Words::parse("ip6=dhcp").unwrap();
        assert_eq!((words.ip, words.ip6), (Source::None, Source::Leased));
    }

    #[test]
    fn what_kernels_and_hypervisors_add_is_passed_over() {
        let text = "console=ttyS0 reboot=k panic=1 pci=off virtio_mmio.device=4K@0xc0001000:5 ro";
        assert_eq!(Words::parse(text), Ok(Words::default()));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (text, part) in [
            ("ip=5.1.0.2", "ADDRESS/LENGTH or dhcp"),
            ("ip=5.1.0.2/33", "ADDRESS/LENGTH or dhcp"),
            ("ip=0.0.0.0/8", "ADDRESS/LENGTH or dhcp"),
            ("ip=slaac", "ADDRESS/LENGTH or dhcp"),
            ("ip6=ff02::1/64", "slaac or dhcp"),
            ("mac=01:00:00:00:00:00", "one card"),
            ("mac=02:0:00:00:00:00", "six octets"),
            ("fd=70000", "0 to 65535"),
            ("deadline_ms=0", "expected 1 to"),
            ("if=", "name of an interface"),
            ("eof=go", "ignore or stop"),
            ("clock=maybe", "own or card"),
            ("job=e3", "a whole job"),
            ("card=token-ring", "ethernet or ip"),
            ("speed=9", "unknown word \"speed=9\""),
            ("card=ip ip=dhcp", "nobody to ask"),
            ("clock=card ip6=slaac", "clock=card needs addresses"),
        ] {
            let reason = refused(text);
            assert!(reason.contains(part), "{text}: {reason}");
        }
        let many = "ro ".repeat(WORDS_MAX + 1);
        assert!(refused(&many).contains("more than 256 words"));
        assert!(refused(&"x".repeat(9_000)).len() < 100);
    }
}
