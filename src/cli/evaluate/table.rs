//! How are measured metrics printed? As tables of at most 80 columns.

use std::ops::RangeInclusive;

use super::measure::Report;
use super::summary::{Row, Summary};

use crate::cli::output::{Output, end_of, estimate};
use crate::embed::Score;
use crate::evaluate::Difference;
use crate::evaluate::metrics::Metric;
use crate::evaluate::report::{Comparison, Modes};

/// Modes per table.
const COLUMNS: usize = 3;

/// Width of the names of systems, of the columns that compare them, and of all columns.
const NAMES: usize = 17;
const WIDTH: RangeInclusive<usize> = 9..=16;
const ALL: usize = 80;

/// A column that compares systems: its heading, its width, and what it shows of a system.
struct Column {
    heading: String,
    width: usize,
    cell: Box<dyn Fn(&Row) -> String>,
}

impl Column {
    fn new(heading: &str, cell: impl Fn(&Row) -> String + 'static) -> Self {
        let width = (heading.chars().count() + 1).clamp(*WIDTH.start(), *WIDTH.end());
        Self { heading: end_of(heading, width - 1), width, cell: Box::new(cell) }
    }
}

/// A difference from the baseline with a smaller p-value is marked.
const SIGNIFICANT: f64 = 0.05;

/// Prints the metrics: one row per metric, one column per mode.
pub(super) fn means(report: &Report, output: &mut Output) -> anyhow::Result<()> {
    let Report { split, documents, queries, depth, model, kernel, .. } = report;
    output.line(&format!("{documents} documents, {queries} queries ({split}), depth {depth}"))?;
    output.line(&format!("{model}, {kernel}; 95 % bootstrap intervals in brackets"))?;
    if report.queries_left_out > 0 {
        output.line(&format!("queries without a relevant document, left out: {}", report.queries_left_out))?;
    }
    if report.related {
        output.line("each query is a document, whose related papers are ranked")?;
    }
    if report.pools {
        output.line("only the judged documents of a query are ranked")?;
    }
    if report.queries_in_corpus > 0 && !report.related {
        output
            .line(&format!("queries that are documents, which do not count as hits: {}", report.queries_in_corpus))?;
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
            let cells = modes.iter().map(|(_, metrics)| format!("  {}", estimate(metrics.0[place])));
            output.line(&format!("{:<10}{}", metric.name(), cells.collect::<String>()))?;
        }
    }
    if let Some(Score { set, ndcg_at_10, source }) = &report.published {
        output.line("")?;
        output.paragraph(&format!("published for dense search on {set}: nDCG@10 {ndcg_at_10:.4} ({source})"), "")?;
    }
    Ok(())
}

pub(super) fn differences(comparison: &Comparison, output: &mut Output) -> anyhow::Result<()> {
    let Comparison { queries, permutations, metrics } = comparison;
    output.line(&format!("{queries} queries; two-sided p from {permutations} permutations"))?;
    output.line("")?;
    output.line(&format!("{:<10}  {:>8}  {:>8}  {:>8}  {:>8}", "", "a", "b", "b - a", "p"))?;
    for (metric, found) in Metric::ALL.iter().zip(&metrics.0) {
        let means = format!("{:>8.4}  {:>8.4}  {:>+8.4}", found.a, found.b, found.difference);
        output.line(&format!("{:<10}  {means}  {:>8}", metric.name(), p_value(found)))?;
    }
    Ok(())
}

fn p_value(found: &Difference) -> String {
    if found.p < 1e-4 { "< 0.0001".to_owned() } else { format!("{:.4}", found.p) }
}

/// Prints one metric: one row per system, one column per test set, then the mean and its difference from the baseline.
pub(super) fn summary(summary: &Summary, output: &mut Output) -> anyhow::Result<()> {
    let Summary { metric, baseline: [model, mode], sets, systems, reports } = summary;
    for report in reports.iter().take(sets.len()) {
        let Report { set, split, documents, queries, .. } = report;
        output.line(&format!("{set}: {documents} documents, {queries} queries ({split})"))?;
    }
    output.line(&format!("{} beside {model}, {mode}; * where p < {SIGNIFICANT}", metric.name()))?;
    let mut columns: Vec<Column> = Vec::new();
    // Values are followed by a mark or a space.
    for (place, set) in sets.iter().enumerate() {
        columns.push(Column::new(&format!("{set} "), move |row| marked(&row.compared.sets[place])));
    }
    if sets.len() > 1 {
        columns.push(Column::new("mean ", |row| marked(&row.compared.all)));
    }
    let is_baseline = [model.clone(), mode.clone()];
    let beside = move |row: &Row, text: String| {
        if [&row.model, &row.mode] == is_baseline.each_ref() { String::new() } else { text }
    };
    let also_beside = beside.clone();
    columns.push(Column::new("diff", move |row| beside(row, format!("{:+.4}", row.compared.all.difference))));
    columns.push(Column::new("p", move |row| also_beside(row, p_value(&row.compared.all))));
    let mut columns = columns.as_slice();
    while !columns.is_empty() {
        let mut width = NAMES;
        let fit = columns.iter().take_while(|column| {
            width += column.width;
            width <= ALL
        });
        let (now, later) = columns.split_at(fit.count());
        part(now, systems, output)?;
        columns = later;
    }
    Ok(())
}

/// Prints the columns that fit into a line.
fn part(columns: &[Column], systems: &[Row], output: &mut Output) -> anyhow::Result<()> {
    let heading = |Column { heading, width, .. }: &Column| format!("{heading:>width$}");
    output.line("")?;
    output.line(format!("{:<NAMES$}{}", "", columns.iter().map(heading).collect::<String>()).trim_end())?;
    let mut model = "";
    for row in systems {
        if row.model != model {
            output.line(&row.model)?;
            model = &row.model;
        }
        let cell = |Column { cell, width, .. }: &Column| format!("{:>width$}", cell(row));
        let cells: String = columns.iter().map(cell).collect();
        output.line(format!("  {:<width$}{cells}", row.mode, width = NAMES - 2).trim_end())?;
    }
    Ok(())
}

/// The value of a system, with a mark if it differs from the baseline.
fn marked(found: &Difference) -> String {
    format!("{:.4}{}", found.b, if found.p < SIGNIFICANT { '*' } else { ' ' })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_headings_within_bounds() {
        let column = Column::new("a-set-with-a-very-long-name", |row| row.mode.clone());
        assert_eq!((column.heading.chars().count(), column.width), (15, 16));
        assert_eq!(Column::new("npl ", |row| row.mode.clone()).width, 9);
    }
}
