//! How are the measurements of models and the advice printed? As two tables of at most 80 columns, and a paragraph.

use super::advise::Report;
use crate::cli::output::{self, Output};
use crate::evaluate::advice::{Advice, Measured, Reason, SAMPLE_QUESTIONS, Verdict};

/// Columns of a name; the longest name of the catalogue fits.
const NAME: usize = 34;

pub(super) fn print(report: &Report, output: &mut Output) -> anyhow::Result<()> {
    let Report { is_sample, papers, models, advice, threads, .. } = report;
    let whose = if *is_sample { "the sample collection" } else { "the store" };
    output.line(&format!("advice for {papers} papers, measured on {whose} with {threads} threads"))?;
    output.line("")?;
    output.line(&format!("{:<NAME$}{:>10}{:>10}{:>12}{:>12}", "", "papers/s", "query ms", "all papers", "vectors"))?;
    for (Measured { model, speed, .. }, verdict) in models.iter().zip(&advice.verdicts) {
        output.line(&format!(
            "{:<NAME$}{:>10.1}{:>10.1}{:>12}{:>12}",
            output::end_of(model, NAME),
            speed.papers_per_s,
            speed.query_ms,
            time(verdict.hours),
            output::bytes(verdict.vector_bytes)
        ))?;
    }
    output.line("")?;
    output.line(&format!("{:<NAME$}  {:<21}{:>7}{:>8}{:>8}", "nDCG@10", "dense", "first", "hybrid", "judged"))?;
    for Measured { model, titles, sample, .. } in models {
        output.line(&format!(
            "{:<NAME$}  {}{:>7.3}{:>8.3}{:>8.3}",
            output::end_of(model, NAME),
            output::estimate(titles.dense.ndcg_at_10),
            titles.dense.first.value,
            titles.hybrid.ndcg_at_10.value,
            sample.dense.ndcg_at_10.value
        ))?;
    }
    output.line("")?;
    let questions = models.first().map_or(0, |measured| measured.titles.questions);
    output.paragraph(
        &format!(
            "dense [95 % interval], first and hybrid: {questions} titles as queries for their own abstracts; first is \
             the share with the abstract at rank 1 of dense search. judged: dense search for {SAMPLE_QUESTIONS} judged \
             queries about the sample collection. all papers: time to embed {papers} papers."
        ),
        "",
    )?;
    output.line("")?;
    output.paragraph(&sentence(report), "")?;
    Ok(())
}

/// The advice and what it rests on.
fn sentence(report: &Report) -> String {
    let Report { papers, hours, advice, .. } = report;
    let Advice { take, reason, best, verdicts } = advice;
    let of = |name: &str| verdicts.iter().find(|verdict| verdict.model == name);
    let needs = of(take).map_or_else(String::new, |verdict| time(verdict.hours));
    let limit = time(*hours);
    let why = match reason {
        Reason::Only => format!("it is the only model that was measured; {papers} papers take {needs}"),
        Reason::NoneInTime => {
            format!("no model embeds {papers} papers within {limit}, and this one is the fastest with {needs}")
        }
        Reason::OnlyInTime => format!("no other model embeds {papers} papers within {limit}; it takes {needs}"),
        Reason::Best => format!(
            "of the models that embed {papers} papers within {limit}, it is the best in dense search, and the \
             difference from each other model is reliable; it takes {needs}"
        ),
        Reason::BestAndFastest => format!(
            "of the models that embed {papers} papers within {limit}, it is the best in dense search, and the fastest \
             of those that do not differ reliably; it takes {needs}"
        ),
        Reason::AsGoodAndFaster => {
            let behind = of(take).and_then(|Verdict { behind, .. }| *behind);
            let by = behind.map_or_else(String::new, |by| {
                format!(" ({:.3} [{:.3}, {:.3}] better on average)", by.value, by.low, by.high)
            });
            format!(
                "of the models that embed {papers} papers within {limit}, {best} is the best in dense search{by}, but \
                 not reliably, and {take} is the fastest of those that do not differ reliably; it takes {needs}"
            )
        }
    };
    format!("take {take}: {why}.")
}

/// A time in a unit that suits it.
fn time(hours: f64) -> String {
    let seconds = hours * 3600.0;
    match seconds {
        _ if seconds < 100.0 => format!("{seconds:.0} s"),
        _ if hours < 2.0 => format!("{:.0} min", 60.0 * hours),
        _ if hours < 100.0 => format!("{hours:.1} h"),
        _ => format!("{:.0} days", hours / 24.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit_that_suits_them() {
        let told = [0.01, 0.5, 1.9, 8.0, 240.0].map(time);
        assert_eq!(told, ["36 s", "30 min", "114 min", "8.0 h", "10 days"]);
    }
}
