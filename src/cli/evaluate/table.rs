//! How are measured metrics printed? As tables of at most 80 columns.

use clap::ValueEnum;

use super::Report;
use crate::cli::output::Output;
use crate::evaluate::metrics::Metric;
use crate::evaluate::report::{Comparison, Modes};
use crate::search::Mode;

/// Modes per table.
const COLUMNS: usize = 3;

pub(super) fn name_of(mode: Mode) -> String {
    mode.to_possible_value().map_or_else(String::new, |value| value.get_name().to_owned())
}

/// Prints the metrics: one row per metric, one column per mode.
pub(super) fn means(report: &Report, output: &mut Output) -> anyhow::Result<()> {
    let Report { split, documents, queries, depth, model, kernel, .. } = report;
    output.line(&format!("{documents} documents, {queries} queries ({split}), depth {depth}"))?;
    output.line(&format!("{model}, {kernel}; 95 % bootstrap intervals in brackets"))?;
    if report.queries_left_out > 0 {
        output.line(&format!("{} queries without a relevant document are left out", report.queries_left_out))?;
    }
    if report.queries_in_corpus > 0 {
        output.line(&format!("{} queries are documents, which do not count as hits", report.queries_in_corpus))?;
    }
    output.line("")?;
    let Modes(modes) = &report.modes;
    for (number, modes) in modes.chunks(COLUMNS).enumerate() {
        if number > 0 {
            output.line("")?;
        }
        let heads = modes.iter().map(|(mode, _)| format!("  {mode:<21}"));
        output.line(format!("{:<10}{}", "", heads.collect::<String>()).trim_end())?;
        for (place, metric) in Metric::ALL.into_iter().enumerate() {
            let cells = modes.iter().map(|(_, metrics)| {
                let estimate = metrics.0[place];
                format!("  {:.4} [{:.3}, {:.3}]", estimate.value, estimate.low, estimate.high)
            });
            output.line(&format!("{:<10}{}", metric.name(), cells.collect::<String>()))?;
        }
    }
    Ok(())
}

pub(super) fn differences(comparison: &Comparison, output: &mut Output) -> anyhow::Result<()> {
    let Comparison { queries, permutations, metrics } = comparison;
    output.line(&format!("{queries} queries; two-sided p from {permutations} permutations"))?;
    output.line("")?;
    output.line(&format!("{:<10}  {:>8}  {:>8}  {:>8}  {:>8}", "", "a", "b", "b - a", "p"))?;
    for (metric, found) in Metric::ALL.iter().zip(&metrics.0) {
        let p = if found.p < 1e-4 { "< 0.0001".to_owned() } else { format!("{:.4}", found.p) };
        let means = format!("{:>8.4}  {:>8.4}  {:>+8.4}", found.a, found.b, found.difference);
        output.line(&format!("{:<10}  {means}  {p:>8}", metric.name()))?;
    }
    Ok(())
}
