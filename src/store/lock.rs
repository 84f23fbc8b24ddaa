//! The write lock of a store: a system lock on the file `lock`. The system releases it when the process ends, for
//! whatever reason.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use super::refused;
use crate::error::{Error, Result};

/// A commit takes milliseconds. Only `compact` takes longer, for many papers: then waiting for it would look like being stuck.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
const PAUSE: Duration = Duration::from_millis(20);

/// A lock that is held until it is dropped.
pub(super) struct Lock {
    _file: File,
}

impl Lock {
    /// Waits up to 10 s for the write lock of a store.
    pub fn acquire(dir: &Path) -> Result<Self> {
        Self::acquire_within(dir, "lock", PATIENCE)
    }

    /// Acquires the lock of another file in a store's folder, or fails at once if it is held.
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
                    // A process writes its id after it has acquired the lock. A number that was read only once may be
                    // that of the previous holder.
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

/// Takes the lock of a file that holds no process id; `None` if another process holds it. It is held until the file is dropped.
pub(crate) fn try_lock(path: &Path) -> Result<Option<fs_err::File>> {
    let lock = fs_err::OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    match lock.file().try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

/// The process id in the lock file; `None` if it cannot be read, because it is only used in messages.
fn number_in(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.rewind().and_then(|()| file.read_to_string(&mut text)).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_writer_waits_and_gets_the_process_id_of_the_holder() {
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
    fn waiting_writer_acquires_the_lock_after_its_release() {
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
