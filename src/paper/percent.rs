//! Percent-encoding of ids in addresses (RFC 3986).

/// Encodes a DOI as the path of a URL. A DOI may contain any printable character; `#`, `?` and `%` have a special meaning in a
/// URL.
pub(super) fn percent_encoded(doi: &str) -> String {
    let mut path = String::with_capacity(doi.len());
    for byte in doi.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/".contains(&byte) {
            path.push(char::from(byte));
        } else {
            path.push_str(&format!("%{byte:02X}"));
        }
    }
    path
}

/// Decodes `%2F` and the like; what is not encoded stays.
pub(super) fn percent_decoded(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let code = (bytes[place] == b'%').then(|| path.get(place + 1..place + 3)).flatten();
        if let Some(byte) = code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            decoded.push(byte);
            place += 3;
        } else {
            decoded.push(bytes[place]);
            place += 1;
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
