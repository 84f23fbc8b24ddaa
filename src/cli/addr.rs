//! In which forms is the address of `serve` given?

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The port if none is given.
const PORT: u16 = 7373;

/// The address in one of the forms `127.0.0.1:7373`, `[::1]:7373`, `localhost:7373`, `:7373` and `7373`. Without an IP address
/// it is this machine's, and without a port it has the default one. Names are not looked up in the network.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    let wrong = |found: &str| {
        format!("expected an address such as `127.0.0.1:{PORT}`, `[::1]:{PORT}` or `localhost:{PORT}`, found {found}")
    };
    let text = text.trim();
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        // `::1:7373` is an IPv6 address, but hardly meant as one.
        return match text.rsplit_once(':') {
            Some((host, port)) if host.parse::<Ipv6Addr>().is_ok() && port.parse::<u16>().is_ok() => {
                Err(wrong(&format!("`{text}`; write `[{host}]:{port}`")))
            }
            _ => Ok(SocketAddr::new(ip, PORT)),
        };
    }
    let (host, port) = match text.rsplit_once(':') {
        _ if text.is_empty() => return Err(wrong("nothing")),
        Some((host, port)) => (host, port),
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => ("", text),
        None => (text, "7373"),
    };
    let port = port.parse().map_err(|_| wrong(&format!("`{text}`")))?;
    match host {
        "" => Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)),
        host if host.eq_ignore_ascii_case("localhost") => Ok(SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port)),
        "*" => Ok(SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)),
        host if host.parse::<Ipv6Addr>().is_ok() => Err(wrong(&format!("`{text}`; write `[{host}]:{port}`"))),
        _ => Err(wrong(&format!("`{text}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_in_their_usual_forms() {
        for (text, wanted) in [
            ("127.0.0.1:7373", "127.0.0.1:7373"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::1]:7373", "[::1]:7373"),
            ("[::]:0", "[::]:0"),
            ("localhost:8000", "127.0.0.1:8000"),
            ("LOCALHOST", "127.0.0.1:7373"),
            (":8000", "127.0.0.1:8000"),
            ("8000", "127.0.0.1:8000"),
            (" 8000 ", "127.0.0.1:8000"),
            ("192.0.2.7", "192.0.2.7:7373"),
            ("[::1]", "[::1]:7373"),
            ("::1", "[::1]:7373"),
            ("2001:db8::17", "[2001:db8::17]:7373"),
            ("*:8000", "0.0.0.0:8000"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), wanted, "{text}");
        }
    }

    #[test]
    fn other_addresses_are_errors_with_examples() {
        for text in [
            "",
            "::1:7373",
            "::1:80",
            "2001:db8::1:443",
            "papers.example:80",
            "localhost:",
            "localhost:99999",
            "http://localhost:7373",
            "a:b",
            "-1",
        ] {
            let error = address(text).unwrap_err();
            assert!(error.contains("`[::1]:7373` or `localhost:7373`"), "{text}: {error}");
        }
        assert!(address("::1:7373").unwrap_err().ends_with("write `[::1]:7373`"));
    }
}
