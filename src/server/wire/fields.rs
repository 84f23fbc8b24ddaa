//! Which fields of papers does a client want? Abstracts are most of an answer, and some have no use for them.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;

/// Names of fields; `None` for all.
pub(crate) struct Fields(Option<Vec<String>>);

impl Fields {
    /// Reads names, several in one text with commas between, or each in one of its own.
    pub fn new(names: &[String], known: &[&str]) -> Result<Self, Problem> {
        let names: Vec<String> =
            names.iter().flat_map(|names| names.split(',')).map(|name| name.trim().to_owned()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let problem = Problem::bad_request(format!("`fields` names `{unknown}`, which no paper has"));
            return Err(problem.hint(format!("there are {}", known.join(", "))));
        }
        Ok(Self((!names.is_empty()).then_some(names)))
    }

    /// Whether a field is wanted.
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
    }

    /// An answer of which the papers in `list` have the wanted fields alone.
    pub fn of(&self, answer: impl Serialize, list: &str) -> Result<Response, Problem> {
        if self.0.is_none() {
            return Ok(Json(answer).into_response());
        }
        let mut answer = serde_json::to_value(answer).map_err(|error| Problem::internal(error.to_string()))?;
        if let Some(papers) = answer.get_mut(list).and_then(Value::as_array_mut) {
            for paper in papers.iter_mut().filter_map(Value::as_object_mut) {
                paper.retain(|name, _| self.has(name));
            }
        }
        Ok(Json(answer).into_response())
    }
}
