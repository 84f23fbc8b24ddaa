//! Rows that a server has returned, by columns.

use milvus::v2::prelude::FieldData;

use super::schema::ID;
use crate::error::{Error, Result};

/// Rows with their columns; of a search the best first.
#[derive(Debug, Default)]
pub(super) struct Table {
    columns: Vec<FieldData>,
}

impl Table {
    /// The columns, and the ids if they are not among them.
    pub fn of(mut columns: Vec<FieldData>, ids: Option<Vec<String>>) -> Self {
        if !columns.iter().any(|column| column.name() == ID) {
            columns.extend(ids.map(|ids| FieldData::varchar(ID, ids)));
        }
        Self { columns }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        match self.column(ID) {
            Some(FieldData::VarChar { values, .. }) => values.len(),
            _ => 0,
        }
    }

    /// A column of texts. A result without rows may have no columns.
    pub fn texts(&self, name: &'static str) -> Result<&[String]> {
        match self.column(name) {
            Some(FieldData::VarChar { values, .. }) => Ok(values),
            None if self.len() == 0 => Ok(&[]),
            _ => Err(unusable(name, "texts")),
        }
    }

    /// A column of lists of texts.
    pub fn lists(&self, name: &'static str) -> Result<&[Vec<String>]> {
        match self.column(name) {
            Some(FieldData::ArrayVarChar { values, .. }) => Ok(values),
            None if self.len() == 0 => Ok(&[]),
            _ => Err(unusable(name, "lists of texts")),
        }
    }

    /// A column of whole numbers.
    pub fn numbers(&self, name: &'static str) -> Result<&[i64]> {
        match self.column(name) {
            Some(FieldData::Int64 { values, .. }) => Ok(values),
            None if self.len() == 0 => Ok(&[]),
            _ => Err(unusable(name, "numbers")),
        }
    }

    /// A column of vectors.
    pub fn vectors(&self, name: &'static str) -> Result<&[Vec<f32>]> {
        match self.column(name) {
            Some(FieldData::FloatVector { values, .. }) => Ok(values),
            None if self.len() == 0 => Ok(&[]),
            _ => Err(unusable(name, "vectors")),
        }
    }

    /// Whether the rows have a field.
    pub fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }

    fn column(&self, name: &str) -> Option<&FieldData> {
        self.columns.iter().find(|column| column.name() == name)
    }
}

fn unusable(field: &'static str, wanted: &'static str) -> Error {
    Error::ServerAnswer { what: format!("the field `{field}` has no {wanted}") }
}
