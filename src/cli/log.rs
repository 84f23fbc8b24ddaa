//! What does a service tell of its work? Events of `tracing`, a line each, on standard error.

use std::io;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// What is told, and how.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub(super) struct LogArgs {
    /// What is told on standard error; below `debug` nothing of what people ask
    #[arg(long = "log", value_name = "LEVEL", env = "PAPERKIN_LOG", default_value = "info")]
    level: LevelArg,
    /// How each event is written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum LevelArg {
    /// Nothing
    Off,
    /// What failed
    Error,
    /// And what was not as it should be
    Warn,
    /// And every request, by its route, without its question
    Info,
    /// And every request, whole
    Debug,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// A line to read
    Text,
    /// A JSON object
    Json,
}

impl LogArgs {
    /// Tells from now on.
    pub fn begin(&self) {
        let level = match self.level {
            LevelArg::Off => LevelFilter::OFF,
            LevelArg::Error => Level::ERROR.into(),
            LevelArg::Warn => Level::WARN.into(),
            LevelArg::Info => Level::INFO.into(),
            LevelArg::Debug => Level::DEBUG.into(),
        };
        // They may tell what they were given.
        let others = level.min(LevelFilter::ERROR);
        // What the hub refuses is told by whoever asked it.
        let wanted =
            Targets::new().with_target("paperkin", level).with_target("hf_hub", LevelFilter::OFF).with_default(others);
        let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
        // `NO_COLOR` and the like are honoured.
        let colours = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let layer = match self.log_format {
            Format::Text => layer.with_ansi(colours).compact().boxed(),
            Format::Json => layer.with_ansi(false).json().flatten_event(true).boxed(),
        };
        // Whoever began before goes on.
        let _ = tracing_subscriber::registry().with(layer.with_filter(wanted)).try_init();
    }
}
