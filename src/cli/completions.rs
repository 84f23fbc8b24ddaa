//! `paperkin completions`: how does a shell complete this program's arguments?

use clap::Args;
use clap_complete::Shell;

use super::output::Output;
use super::{Outcome, command};

/// Print a completion script for a shell
#[derive(Args)]
#[command(after_help = "\
Examples:
  paperkin completions zsh > ~/.zfunc/_paperkin
  paperkin completions fish > ~/.config/fish/completions/paperkin.fish")]
pub(super) struct Completions {
    /// Shell that reads the script
    shell: Shell,
}

impl Completions {
    pub fn run(&self, output: &mut Output) -> anyhow::Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command(), "paperkin", &mut script);
        output.text(&String::from_utf8_lossy(&script))?;
        Ok(Outcome::Found)
    }
}
