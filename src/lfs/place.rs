//! The place of an address of the network: for all, or inside a network or a machine.
//!
//! All who may push to a source may write its `.lfsconfig`, and servers choose where their actions lead. Neither may make
//! the machine of this program ask what only that machine reaches: a service of its own, its cloud's metadata, the
//! company's network. IANA's special-purpose address registries are the source of the lists.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::Host;

/// The part of the network that an address is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Everybody's.
    Public,
    /// A private network.
    Private,
    /// The machine's own link, with the metadata of its cloud.
    LinkLocal,
    /// This machine.
    Loopback,
    /// None that a request leads to: not assigned, or for many receivers.
    Nowhere,
}

/// Tells whether an address is everybody's: neither inside a network nor inside a machine.
pub fn is_public(address: IpAddr) -> bool {
    Place::of(address) == Place::Public
}

impl Place {
    /// Tells where an address is. One of IPv6 that stands for one of IPv4 is where that one is.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// Tells where the host of a URL is; none if it is a name that has to be looked up first.
    pub fn of_host(host: &Host<&str>) -> Option<Self> {
        match host {
            Host::Ipv4(address) => Some(of_v4(*address)),
            Host::Ipv6(address) => Some(of_v6(*address)),
            // By RFC 6761 these names never leave the machine.
            Host::Domain(name) => {
                let name = name.trim_end_matches('.');
                (name == "localhost" || name.ends_with(".localhost")).then_some(Self::Loopback)
            }
        }
    }

    /// Tells whether a request that others chose may lead here: to what is public, and to where the repository is.
    pub fn may_be_reached(self, repository: Option<Self>) -> bool {
        match self {
            Self::Public => true,
            Self::Private | Self::LinkLocal | Self::Loopback => repository == Some(self),
            Self::Nowhere => false,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Public => "a public address",
            Self::Private => "a private network",
            Self::LinkLocal => "the network link of this machine",
            Self::Loopback => "this machine",
            Self::Nowhere => "an address that no server has",
        })
    }
}

fn of_v4(address: Ipv4Addr) -> Place {
    match address.octets() {
        // 0.0.0.0 is this machine to Linux.
        [0 | 127, ..] => Place::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] | [100, 64..=127, ..] => Place::Private,
        // The second is Azure's, and answers inside each of its machines with the secrets of the machine's set-up.
        [169, 254, ..] | [168, 63, 129, 16] => Place::LinkLocal,
        // Assignments of the IETF, relays of 6to4, benchmarks, documentation, multicast and what is reserved.
        [192, 0, 0 | 2, _]
        | [192, 88, 99, _]
        | [198, 18 | 19, ..]
        | [198, 51, 100, _]
        | [203, 0, 113, _]
        | [224..=255, ..] => Place::Nowhere,
        _ => Place::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Place {
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => Place::Loopback,
        // Mapped; translated by NAT64, which networks without IPv4 do with each public address; and 6to4.
        [0, 0, 0, 0, 0, 0xffff, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x2002, high, low, ..] => of_v4(v4(high, low)),
        [0x64, 0xff9b, 1, ..] | [0xfc00..=0xfdff | 0xfec0..=0xfeff, ..] => Place::Private,
        [0xfe80..=0xfebf, ..] => Place::LinkLocal,
        // But assignments of the IETF (Teredo among them) and documentation.
        [first @ 0x2000..=0x3fff, second, ..] if !is_special(first, second) => Place::Public,
        _ => Place::Nowhere,
    }
}

fn is_special(first: u16, second: u16) -> bool {
    matches!((first, second), (0x2001, 0..=0x1ff | 0xdb8) | (0x3fff, 0..=0xfff))
}

fn v4(high: u16, low: u16) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(high) << 16 | u32::from(low))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    #[test]
    fn each_address_has_its_place() {
        for (address, place) in [
            ("1.1.1.1", Place::Public),
            ("13.107.42.20", Place::Public),
            ("172.15.255.255", Place::Public),
            ("172.32.0.0", Place::Public),
            ("100.63.255.255", Place::Public),
            ("100.128.0.0", Place::Public),
            ("192.169.0.1", Place::Public),
            ("168.63.129.15", Place::Public),
            ("223.255.255.255", Place::Public),
            ("10.0.0.1", Place::Private),
            ("172.16.0.0", Place::Private),
            ("172.31.255.255", Place::Private),
            ("192.168.1.1", Place::Private),
            ("100.64.0.1", Place::Private),
            ("169.254.169.254", Place::LinkLocal),
            ("168.63.129.16", Place::LinkLocal),
            ("127.0.0.1", Place::Loopback),
            ("127.255.255.255", Place::Loopback),
            ("0.0.0.0", Place::Loopback),
            ("192.0.2.1", Place::Nowhere),
            ("192.0.0.8", Place::Nowhere),
            ("198.19.0.1", Place::Nowhere),
            ("203.0.113.9", Place::Nowhere),
            ("224.0.0.1", Place::Nowhere),
            ("255.255.255.255", Place::Nowhere),
            ("2606:4700:4700::1111", Place::Public),
            ("2a01:111:f403::1", Place::Public),
            ("::ffff:1.1.1.1", Place::Public),
            ("64:ff9b::101:101", Place::Public),
            ("2002:101:101::1", Place::Public),
            ("::1", Place::Loopback),
            ("::", Place::Loopback),
            ("::ffff:127.0.0.1", Place::Loopback),
            ("::ffff:169.254.169.254", Place::LinkLocal),
            ("::ffff:10.0.0.1", Place::Private),
            ("64:ff9b::a9fe:a9fe", Place::LinkLocal),
            ("64:ff9b:1::1", Place::Private),
            ("2002:a00:1::1", Place::Private),
            ("2002:7f00:1::", Place::Loopback),
            ("fd00::1", Place::Private),
            ("fec0::1", Place::Private),
            ("fe80::1", Place::LinkLocal),
            ("fd00:ec2::254", Place::Private),
            ("::127.0.0.1", Place::Nowhere),
            ("2001:0:7f00:1::", Place::Nowhere),
            ("2001:db8::1", Place::Nowhere),
            ("ff02::1", Place::Nowhere),
            ("100::1", Place::Nowhere),
            ("4000::1", Place::Nowhere),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(Place::of(address), place, "{address}");
            assert_eq!(is_public(address), place == Place::Public, "{address}");
        }
    }

    #[test]
    fn a_host_is_told_in_whatever_way_it_is_written() {
        for (host, place) in [
            ("127.0.0.1", Some(Place::Loopback)),
            ("127.1", Some(Place::Loopback)),
            ("2130706433", Some(Place::Loopback)),
            ("0x7f.1", Some(Place::Loopback)),
            ("0x7f000001", Some(Place::Loopback)),
            ("0177.0.0.1", Some(Place::Loopback)),
            ("017700000001", Some(Place::Loopback)),
            ("127.0.0.1.", Some(Place::Loopback)),
            ("127。0。0。1", Some(Place::Loopback)),
            ("①②⑦.0.0.1", Some(Place::Loopback)),
            ("%31%32%37.0.0.1", Some(Place::Loopback)),
            ("0", Some(Place::Loopback)),
            ("0xa9fea9fe", Some(Place::LinkLocal)),
            ("[::ffff:127.0.0.1]", Some(Place::Loopback)),
            ("[::ffff:7f00:1]", Some(Place::Loopback)),
            ("[0:0:0:0:0:ffff:0a00:0001]", Some(Place::Private)),
            ("localhost", Some(Place::Loopback)),
            ("LOCALHOST", Some(Place::Loopback)),
            ("localhost.", Some(Place::Loopback)),
            ("a.localhost", Some(Place::Loopback)),
            ("1.1.1.1", Some(Place::Public)),
            ("localhost.example.org", None),
            ("notlocalhost", None),
            ("127.0.0.1.nip.io", None),
        ] {
            let url = Url::parse(&format!("https://{host}/")).unwrap();
            assert_eq!(Place::of_host(&url.host().unwrap()), place, "{host}");
        }
    }

    #[test]
    fn what_is_inside_is_reached_from_there_only() {
        let inside = [Place::Private, Place::LinkLocal, Place::Loopback];
        for repository in [None, Some(Place::Public), Some(Place::Private), Some(Place::Loopback)] {
            assert!(Place::Public.may_be_reached(repository));
            assert!(!Place::Nowhere.may_be_reached(repository));
            for place in inside {
                assert_eq!(place.may_be_reached(repository), repository == Some(place));
            }
        }
        assert!(!Place::Nowhere.may_be_reached(Some(Place::Nowhere)));
    }
}
