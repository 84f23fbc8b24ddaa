//! Selection of the fields of papers in a response.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;

/// The selected fields; `None` for all.
pub(crate) struct Fields(Option<Vec<String>>);

impl Fields {
    /// Reads field names, comma-separated or repeated.
    pub fn new(names: &[String], known: &[&str]) -> Result<Self, Problem> {
        let names: Vec<String> =
            names.iter().flat_map(|names| names.split(',')).map(|name| name.trim().to_owned()).collect();
        if let Some(unknown) = names.iter().find(|name| !known.contains(&name.as_str())) {
            let problem = Problem::bad_request(format!("`fields` has the unknown field `{unknown}`"));
            return Err(problem.hint(format!("the fields are {}", known.join(", "))));
        }
        Ok(Self((!names.is_empty()).then_some(names)))
    }

    /// Whether a field is selected.
    pub fn has(&self, name: &str) -> bool {
        self.0.as_ref().is_none_or(|names| names.iter().any(|wanted| wanted == name))
    }

    /// A response that is a paper with only the selected fields.
    pub fn of_one(&self, paper: impl Serialize) -> Result<Response, Problem> {
        self.selected(paper, |paper| self.keep(paper))
    }

    /// A response in which the papers of `list` have only the selected fields.
    pub fn of(&self, answer: impl Serialize, list: &str) -> Result<Response, Problem> {
        self.selected(answer, |answer| {
            for paper in answer.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
                self.keep(paper);
            }
        })
    }

    fn selected(&self, answer: impl Serialize, select: impl FnOnce(&mut Value)) -> Result<Response, Problem> {
        if self.0.is_none() {
            return Ok(Json(answer).into_response());
        }
        let mut answer = serde_json::to_value(answer).map_err(|error| Problem::internal(error.to_string()))?;
        select(&mut answer);
        Ok(Json(answer).into_response())
    }

    fn keep(&self, paper: &mut Value) {
        if let Value::Object(paper) = paper {
            paper.retain(|name, _| self.has(name));
        }
    }
}
