//! The fields of a filter, defined once for flags, query parameters, JSON and MCP tools.

#[cfg(feature = "server")]
use serde::{Deserialize, Deserializer};

#[cfg(feature = "server")]
use crate::lenient::{codes, ids, list, number};

/// Filters that select the papers to search
// A filter as the user wrote it: unparsed text, empty for fields that are not given. `Filter` is the parsed form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "server",
    derive(serde::Deserialize, utoipa::IntoParams, utoipa::ToSchema, schemars::JsonSchema),
    into_params(parameter_in = Query),
    schema(as = Filters)
)]
#[cfg_attr(feature = "cli", derive(clap::Args), command(next_help_heading = "Filters"))]
pub struct Criteria {
    /// First day, month or year of publication: `2024-06-12`, `2024-06` or `2024`
    #[cfg_attr(feature = "server", serde(default, deserialize_with = "date"), param(example = "2024-06"))]
    #[cfg_attr(
        feature = "cli",
        arg(
            long,
            value_name = "DATE",
            help = "Keep papers from this day, month or year on: `2024-06-12`, `2024-06`, `2024`. Papers without a date are left \
                    out; a paper with only a year may be from any day of it"
        )
    )]
    pub from: Option<String>,
    /// Last day, month or year of publication, inclusive
    #[cfg_attr(feature = "server", serde(default, deserialize_with = "date"))]
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "DATE", help = "Keep papers up to the end of this day, month or year")
    )]
    pub to: Option<String>,
    /// Keep papers of any of these categories, such as `cs.LG`, or of whole archives, such as `cs.*`
    #[cfg_attr(
        feature = "server",
        serde(rename = "category", default, deserialize_with = "codes"),
        param(example = "cs.*")
    )]
    #[cfg_attr(
        feature = "cli",
        arg(
            long = "category",
            value_name = "CATEGORY",
            help = "Keep papers of this category, `cs.LG`, or archive, `cs.*`; repeat to keep papers of any of them"
        )
    )]
    pub categories: Vec<String>,
    /// Keep papers with authors of all these names, each in any order and with initials, or a part of the name
    #[cfg_attr(feature = "server", serde(rename = "author", default, deserialize_with = "list"))]
    #[cfg_attr(
        feature = "cli",
        arg(
            long = "author",
            value_name = "NAME",
            help = "Keep papers with an author of this name, in any order and with initials, or whose name contains this text; ignores case and accents. Repeat to require all"
        )
    )]
    pub authors: Vec<String>,
    /// Keep papers of organisations whose names contain any of these parts
    #[cfg_attr(feature = "server", serde(rename = "organisation", default, deserialize_with = "list"))]
    #[cfg_attr(
        feature = "cli",
        arg(
            long = "organisation",
            value_name = "NAME",
            help = "Keep papers of an organisation whose name contains this text; repeat to keep papers of any of them"
        )
    )]
    pub organisations: Vec<String>,
    /// Keep papers of journals, conferences or books whose names contain any of these parts
    #[cfg_attr(feature = "server", serde(rename = "venue", default, deserialize_with = "list"))]
    #[cfg_attr(
        feature = "cli",
        arg(
            long = "venue",
            value_name = "NAME",
            help = "Keep papers of a journal, conference or book whose name contains this text; repeat to keep papers of any"
        )
    )]
    pub venues: Vec<String>,
    /// Keep papers of any of these types of publication, such as `article`, `preprint`, `review` or `retracted`
    #[cfg_attr(feature = "server", serde(rename = "type", default, deserialize_with = "codes"))]
    #[cfg_attr(
        feature = "cli",
        arg(
            long = "type",
            value_name = "TYPE",
            help = "Keep papers of this type: `article`, `preprint`, `review`, `conference-paper`, `retracted` …; repeat to keep \
                    papers of any of them"
        )
    )]
    pub types: Vec<String>,
    /// Keep papers that are cited at least this often
    #[cfg_attr(feature = "server", serde(default, deserialize_with = "min_citations"))]
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "N", help = "Keep papers with at least N citations, if their number is known")
    )]
    pub min_citations: Option<u32>,
    /// Keep papers with at least this number of readers' comments
    #[cfg_attr(feature = "server", serde(default, deserialize_with = "min_comments"))]
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "N", help = "Keep papers with at least N readers' comments, if their number is known")
    )]
    pub min_comments: Option<u32>,
    /// Keep only the papers with these ids
    #[cfg_attr(feature = "server", serde(default, deserialize_with = "ids"))]
    #[cfg_attr(
        feature = "cli",
        arg(long, value_name = "ID", help = "Keep only the paper with this id; repeat for several")
    )]
    pub ids: Vec<String>,
}

/// A date, of which a year may be a number.
#[cfg(feature = "server")]
fn date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(serde::Deserialize)]
    struct Date(#[serde(deserialize_with = "text")] String);
    fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
        number(deserializer, "a date such as `2024-06-12`, `2024-06` or `2024`")
    }
    Ok(Option::<Date>::deserialize(deserializer)?.map(|Date(date)| date))
}

#[cfg(feature = "server")]
fn min_citations<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`min_citations` as a whole number").map(Some)
}

#[cfg(feature = "server")]
fn min_comments<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    number(deserializer, "`min_comments` as a whole number").map(Some)
}
