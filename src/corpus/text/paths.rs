//! Recognises paths of Windows, whose backslashes do not start commands.

use super::commands::command;

/// The number of bytes of the path that goes on at `at`, a backslash.
///
/// A path starts with a drive (`C:\Users`) or a server (`\\server\data`), and continues with names of which the first is not
/// a command: `f:\Omega\to` is a formula.
pub(super) fn path(text: &str, at: usize) -> Option<usize> {
    let before = &text[..at];
    let rest = &text[at + 1..];
    let mut letters = before.chars().rev();
    let is_drive = letters.next() == Some(':')
        && letters.next().is_some_and(|c| c.is_ascii_alphabetic())
        && !letters.next().is_some_and(|c| c.is_alphanumeric() || c == '\\');
    let is_path = if is_drive {
        is_name(rest)
    } else {
        !before.ends_with(|c: char| c.is_alphanumeric() || matches!(c, '}' | '$' | '\\'))
            && rest.strip_prefix('\\').is_some_and(|server| {
                let length = server
                    .bytes()
                    .take_while(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
                    .count();
                length > 1 && server[length..].strip_prefix('\\').is_some_and(is_name)
            })
    };
    // Only the length of a path is counted: counting at every backslash would take quadratic time.
    is_path.then(|| {
        1 + rest
            .bytes()
            .take_while(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'\\' | b'.' | b'-' | b'_'))
            .count()
    })
}

/// Whether the name at the start of `text` is one of a file rather than of a command.
fn is_name(text: &str) -> bool {
    let length = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_next_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    is_next_plain && (length == 0 || command(&text[..length]).is_none())
}
