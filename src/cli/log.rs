//! What does a service log? Events of `tracing`, one per line, on standard error.

use std::io;

use anstream::{AutoStream, ColorChoice};
use clap::{Args, ValueEnum};
use tracing::Level;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The level and format of the log.
#[derive(Args)]
#[command(next_help_heading = "Log")]
pub(super) struct LogArgs {
    /// Log events of this level and above to standard error. Only `debug` logs queries
    #[arg(long = "log", value_name = "LEVEL", env = "PAPERKIN_LOG", default_value = "info")]
    level: LevelArg,
    /// Write log events in this format
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum LevelArg {
    /// Log nothing
    Off,
    /// Failures
    Error,
    /// Also warnings
    Warn,
    /// Also every request, by its route and without its query
    Info,
    /// Also the full address of every request
    Debug,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// One line of text per event
    Text,
    /// One JSON object per event
    Json,
}

impl LogArgs {
    /// Starts the log.
    pub fn begin(&self) {
        let level = match self.level {
            LevelArg::Off => LevelFilter::OFF,
            LevelArg::Error => Level::ERROR.into(),
            LevelArg::Warn => Level::WARN.into(),
            LevelArg::Info => Level::INFO.into(),
            LevelArg::Debug => Level::DEBUG.into(),
        };
        // Other libraries may log their arguments, which include queries.
        let others = level.min(LevelFilter::ERROR);
        // Callers of the hub report its failures.
        let wanted =
            Targets::new().with_target("paperkin", level).with_target("hf_hub", LevelFilter::OFF).with_default(others);
        let layer = tracing_subscriber::fmt::layer().with_writer(io::stderr).with_target(false);
        // Honours `NO_COLOR` and similar variables.
        let colours = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
        let layer = match self.log_format {
            Format::Text => layer.with_ansi(colours).compact().boxed(),
            Format::Json => layer.with_ansi(false).json().flatten_event(true).boxed(),
        };
        // A subscriber that is already set remains.
        let _ = tracing_subscriber::registry().with(layer.with_filter(wanted)).try_init();
    }
}
