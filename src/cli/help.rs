//! What does `paperkin --help` print? All commands, grouped by purpose, on one screen of 80 columns and 40 lines.
//!
//! clap lists subcommands without groups, so this text replaces its help. The summaries are those of the commands.

use anstyle::Style;

const HEADING: Style = Style::new().bold().underline();
const NAME: Style = Style::new().bold();

/// The groups and the names of their commands, in the order of the help.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Papers", &["add", "remove", "split", "dedupe", "export", "show"]),
    ("Search", &["search", "related", "compare", "overview", "facets", "map"]),
    ("Service", &["serve", "mcp"]),
    ("Models and quality", &["models", "embed", "recall", "evaluate"]),
    ("Store and setup", &["status", "reindex", "compact", "copy", "snapshot", "restore", "completions", "man"]),
];

const OPTIONS: [(&str, &str); 2] = [
    ("    --store <DIR>", "Folder or server [env: PAPERKIN_STORE] [default: index]"),
    ("-h, --help", "Print help; `paperkin help COMMAND` for flags and examples"),
];

const NETWORK: &str = "\
Only `add`, `serve`, `reindex --model`, `models pull|distil` use the network.
";

/// The help of the program.
pub(super) fn help(command: &clap::Command) -> String {
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let mut help = format!("{about}.\n\n{HEADING}Usage:{HEADING:#} {NAME}paperkin{NAME:#} [OPTIONS] <COMMAND>\n\n");
    for (group, names) in GROUPS {
        help.push_str(&format!("{HEADING}{group}:{HEADING:#}\n"));
        for name in names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            help.push_str(&format!("  {NAME}{name:<11}{NAME:#}  {about}\n"));
        }
    }
    help.push_str(&format!("{HEADING}Options:{HEADING:#}\n"));
    for (flag, about) in OPTIONS {
        help.push_str(&format!("  {NAME}{flag:<17}{NAME:#}  {about}\n"));
    }
    help.push_str(&format!("\n{NETWORK}"));
    help
}
