//! Into which files are rankings written?

use super::Evaluate;
use crate::error::Error;
use crate::evaluate::run::Run;

/// What is replaced in the name of a file.
const SET: &str = "{set}";
const MODEL: &str = "{model}";
const MODE: &str = "{mode}";

impl Evaluate {
    /// Checks before anything is measured that no ranking would replace another.
    pub(super) fn check_files(&self) -> Result<(), Error> {
        let Some(file) = &self.run else { return Ok(()) };
        let name = file.to_string_lossy();
        for (placeholder, count) in [(SET, self.dirs.len()), (MODEL, self.model.len())] {
            if count > 1 && !name.contains(placeholder) {
                return Err(Error::OneRunFile { name: name.into_owned(), placeholder });
            }
        }
        Ok(())
    }

    /// Writes the requested run files, and returns their names.
    pub(super) fn write(&self, set: &str, model: &str, runs: &[(String, Run)]) -> Result<Vec<String>, Error> {
        let Some(file) = self.run.as_deref() else { return Ok(Vec::new()) };
        let pattern = file.to_str();
        let wanted: Vec<_> = match pattern {
            Some(name) if name.contains(MODE) => runs.iter().collect(),
            _ => runs.iter().filter(|(name, _)| *name == self.last_mode()).collect(),
        };
        let mut written = Vec::new();
        for (name, run) in wanted {
            let part = |text: &str| text.replace(['/', '\\'], "-");
            let replaced = |pattern: &str| {
                pattern.replace(SET, &part(set)).replace(MODEL, &part(model)).replace(MODE, name).into()
            };
            let path = pattern.map_or_else(|| file.to_owned(), replaced);
            run.write(&path, &format!("paperkin-{name}"))?;
            written.push(path.display().to_string());
        }
        Ok(written)
    }
}
