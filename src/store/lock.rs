//! Who may write? The process that holds the lock of the file `lock`; the system lets go of it when the process ends,
//! however it ends.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::refused;
use crate::error::{Error, Result};

/// A commit takes milliseconds, and only `compact` takes seconds; who waits this long waits for something that is stuck.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// Held while writing, given back when dropped.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits a little for the lock of a store.
    pub fn acquire(dir: &Path) -> Result<Self> {
        Self::acquire_within(dir, "lock", PATIENCE)
    }

    /// Takes the lock of another file in a store's folder, unless somebody has it.
    pub fn at_once(dir: &Path, name: &str) -> Result<Self> {
        Self::acquire_within(dir, name, Duration::ZERO)
    }

    fn acquire_within(dir: &Path, name: &str, patience: Duration) -> Result<Self> {
        let options =
            || fs_err::OpenOptions::new().read(true).write(true).create(true).truncate(false).open(dir.join(name));
        let mut file: File = options().map_err(|error| refused(dir, error))?.into();
        let start = Instant::now();
        let mut last = None;
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) => {
                    let holder = number_in(&mut file);
                    // A process writes its number when it has the lock already: what was read once may be the number of the
                    // one before.
                    let waited = start.elapsed();
                    if waited >= patience && (holder == last || waited >= 2 * patience) {
                        return Err(Error::StoreLocked { dir: dir.to_owned(), holder, waited_s: waited.as_secs() });
                    }
                    last = holder;
                    std::thread::sleep(PAUSE);
                }
                Err(TryLockError::Error(error)) => return Err(refused(dir, error)),
            }
        }
        let written =
            file.set_len(0).and_then(|()| file.rewind()).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(|error| refused(dir, error))?;
        Ok(Self { _file: file })
    }
}

/// The number of a process; an unreadable one is no reason for an error, it is only there to be told.
fn number_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_waits_and_is_told_who_is_first() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("lock"), "4711, of a process that was killed").unwrap();
        let first = Lock::acquire(folder.path()).unwrap();
        let second = || Lock::acquire_within(folder.path(), "lock", Duration::from_millis(50));
        match second().err().unwrap() {
            Error::StoreLocked { holder, .. } => assert_eq!(holder, Some(std::process::id())),
            other => panic!("{other}"),
        }
        std::fs::write(folder.path().join("lock"), "").unwrap();
        assert!(matches!(second(), Err(Error::StoreLocked { holder: None, .. })));
        drop(first);
        drop(second().unwrap());
        assert_eq!(std::fs::read_to_string(folder.path().join("lock")).unwrap().trim(), std::process::id().to_string());
    }

    #[test]
    fn who_waits_gets_the_lock_when_it_is_free() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::acquire(folder.path()).unwrap();
        std::thread::scope(|scope| {
            let second = scope.spawn(|| Lock::acquire(folder.path()).map(drop));
            std::thread::sleep(3 * PAUSE);
            drop(first);
            second.join().unwrap().unwrap();
        });
    }
}
