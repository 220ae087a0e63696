//! Where a message is posted to: an address that is a secret, and that leads out of here.
//!
//! A caller may name one, and what they name must not be a way to what only this machine can reach. So it is `https`, and a
//! private, link-local or otherwise special address is refused: one that is written down when it is read, one that a name leads
//! to right before it is sent to. Loopback may be spoken to, with `http` as well: the offline tenant is there. A name that is
//! not found here is left to the HTTP client, whose proxy may know it. Redirects are not followed. What is left is that a name
//! may lead elsewhere between the two looks.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use http::Uri;
use http::uri::Authority;

const RIGHT: &str = "an address that begins with https://, without a user name and not of a private network";
const LONGEST: usize = 2_000;

/// An address. It is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Address(Uri);

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Address(..)")
    }
}

impl Address {
    /// Reads one; an error says what would be right, and not what was given.
    pub(super) fn read(text: &str) -> Result<Self, &'static str> {
        let uri: Uri = text.trim().parse().map_err(|_| RIGHT)?;
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(RIGHT)?;
        let is_plain = !uri.authority().is_some_and(|all| all.as_str().contains('@'));
        let is_loopback = is_loopback(host);
        let is_secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => is_loopback,
            _ => false,
        };
        let leads_out = match literal(host) {
            Some(ip) => is_loopback || is_public(ip),
            None => !looks_like_a_number(host),
        };
        let is_good = is_plain && is_secure && leads_out && text.len() <= LONGEST;
        if is_good { Ok(Self(uri)) } else { Err(RIGHT) }
    }

    /// The whole of it, to be hashed or sent to.
    pub(super) fn text(&self) -> String {
        self.0.to_string()
    }

    pub(super) fn uri(&self) -> &Uri {
        &self.0
    }

    /// Whether its name leads out of here, as far as it can be found.
    pub(super) async fn leads_out(&self) -> bool {
        let Some(host) = self.0.host() else { return false };
        if is_loopback(host) || literal(host).is_some() {
            return true;
        }
        let port = self.0.authority().and_then(Authority::port_u16).unwrap_or(443);
        match tokio::net::lookup_host((host, port)).await {
            Ok(mut found) => found.all(|place| is_public(place.ip())),
            Err(_) => true,
        }
    }
}

fn literal(host: &str) -> Option<IpAddr> {
    let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    bare.parse().ok()
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || literal(host).is_some_and(|ip| ip.is_loopback())
}

/// A host whose last word is a number is an IPv4 address in one of its odd forms (WHATWG, "URL", host parsing).
fn looks_like_a_number(host: &str) -> bool {
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    last.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether the address is one of the internet at large (IANA, "Special-Purpose Address Registry").
fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => match embedded(ip) {
            Some(ip) => is_public_v4(ip),
            // 2000::/3 is all that is handed out, and 2001:db8::/32 of it is for documents.
            None => ip.segments()[0] & 0xe000 == 0x2000 && ip.segments()[..2] != [0x2001, 0x0db8],
        },
    }
}

/// The IPv4 address that an IPv6 address stands for: mapped, of NAT64, or of 6to4.
fn embedded(ip: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = ip.segments();
    let of = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
    match (a, b, c, d, e, f) {
        (0, 0, 0, 0, 0, 0xffff) | (0x64, 0xff9b, 0, 0, 0, 0) => Some(of(g, h)),
        (0x2002, ..) => Some(of(b, c)),
        _ => None,
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    /// Where a virtual machine of Azure finds its host.
    const AZURE_HOST: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);
    let is_special = match ip.octets() {
        [0 | 10 | 127, ..] | [169, 254, ..] | [192, 168, ..] => true,
        [100, second, ..] => (64..128).contains(&second),
        [172, second, ..] => (16..32).contains(&second),
        [192, 0, 0 | 2, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        [first, ..] => first >= 224,
    };
    !is_special && ip != AZURE_HOST
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_out_by_https_or_is_on_loopback() {
        let table = [
            ("https://prod-01.westeurope.logic.azure.com:443/workflows/1?sig=x", true),
            ("https://contoso.com", true),
            ("https://203.0.114.1/x", true),
            ("https://[2606:4700::1111]/x", true),
            ("http://127.0.0.1:4000/hooks/teams/1", true),
            ("http://[::1]:4000/x", true),
            ("http://localhost:4000/x", true),
            ("https://localhost/x", true),
            ("http://contoso.com/x", false),
            ("ftp://contoso.com/x", false),
            ("contoso.com/x", false),
            ("/x", false),
            ("", false),
            ("https://adele:secret@contoso.com/x", false),
            ("https://10.0.0.1/x", false),
            ("https://172.16.0.1/x", false),
            ("https://192.168.1.1/x", false),
            ("https://169.254.169.254/metadata", false),
            ("https://168.63.129.16/x", false),
            ("https://100.64.0.1/x", false),
            ("https://0.0.0.0/x", false),
            ("https://255.255.255.255/x", false),
            ("https://[fe80::1]/x", false),
            ("https://[fd00::1]/x", false),
            ("https://[::ffff:10.0.0.1]/x", false),
            ("https://[64:ff9b::a00:1]/x", false),
            ("https://[2002:a00:1::]/x", false),
            ("https://2130706433/x", false),
            ("https://0x7f.1/x", false),
            ("https://10.1/x", false),
        ];
        for (text, expected) in table {
            assert_eq!(Address::read(text).is_ok(), expected, "{text}");
        }
        let long = format!("https://contoso.com/{}", "a".repeat(LONGEST));
        assert_eq!(Address::read(&long), Err(RIGHT));
    }

    #[test]
    fn an_address_is_shown_to_nobody() {
        let address = Address::read("https://contoso.com/?sig=secret").unwrap();
        assert_eq!(format!("{address:?}"), "Address(..)");
    }

    #[tokio::test]
    async fn a_name_that_leads_home_is_not_gone_to_unless_it_says_so() {
        assert!(Address::read("http://localhost:1/x").unwrap().leads_out().await);
        assert!(Address::read("https://203.0.114.1/x").unwrap().leads_out().await);
    }
}
