//! The tensors of a model's file, memory-mapped.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use candle_core::safetensors::MmapedSafetensors;
use candle_core::{DType, Device};
use half::slice::HalfFloatSliceExt;
use half::{bf16, f16};

/// The tensors of `model.safetensors`.
pub(in crate::embed) struct Weights {
    file: Arc<MmapedSafetensors>,
    /// The prefix of the tensors' names. Some checkpoints store the network under the name of the whole model: see
    /// [`Weights::below`].
    prefix: &'static str,
}

/// A result whose error is a message; the caller adds the path of the file.
pub(in crate::embed) type Result<T> = std::result::Result<T, String>;

impl Weights {
    pub fn map(path: &Path) -> Result<Self> {
        // SAFETY: the file is mapped read-only. Truncating a model's file while it is in use would end the process; fetching
        // never truncates files but renames new ones over them.
        #[allow(unsafe_code)]
        let file = unsafe { MmapedSafetensors::new(path) }.map_err(short)?;
        Ok(Self { file: Arc::new(file), prefix: "" })
    }

    /// The tensors with this prefix, addressed without it, if there is `name` among them; else all tensors.
    pub fn below(self, prefix: &'static str, name: &str) -> Self {
        let is_there = self.file.get(&format!("{prefix}{name}")).is_ok();
        Self { prefix: if is_there { prefix } else { "" }, ..self }
    }

    /// The same tensors by their full names, including those outside the network.
    pub fn whole(&self) -> Self {
        Self { file: Arc::clone(&self.file), prefix: "" }
    }

    /// The shape of a tensor, if it exists.
    pub fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.file.get(&format!("{}{name}", self.prefix)).ok().map(|view| view.shape().to_vec())
    }

    /// The numbers of a tensor with this shape. They are copied only if the file does not store them as aligned `f32`.
    pub fn numbers(&self, name: &str, shape: &[usize]) -> Result<Cow<'_, [f32]>> {
        let name = format!("{}{name}", self.prefix);
        let view = self.file.get(&name).map_err(short)?;
        if view.shape() != shape {
            return Err(format!("`{name}`: expected a shape of {shape:?}, found {:?}", view.shape()));
        }
        match (DType::try_from(view.dtype()).map_err(short)?, bytemuck::try_cast_slice(view.data())) {
            (DType::F32, Ok(numbers)) if cfg!(target_endian = "little") => Ok(Cow::Borrowed(numbers)),
            (DType::F16, _) => Ok(Cow::Owned(halves(view.data(), f16::from_le_bytes).to_f32_vec())),
            (DType::BF16, _) => Ok(Cow::Owned(halves(view.data(), bf16::from_le_bytes).to_f32_vec())),
            _ => {
                let tensor = self.file.load(&name, &Device::Cpu).and_then(|tensor| tensor.to_dtype(DType::F32));
                tensor.and_then(|tensor| tensor.flatten_all()?.to_vec1()).map(Cow::Owned).map_err(short)
            }
        }
    }
}

/// The numbers of two bytes in a tensor.
fn halves<T>(data: &[u8], number: impl Fn([u8; 2]) -> T) -> Vec<T> {
    data.as_chunks().0.iter().map(|bytes| number(*bytes)).collect()
}

/// The table of token embeddings.
pub(in crate::embed) struct Words {
    table: Table,
    shape: [usize; 2],
}

/// Where the embeddings are: in the mapped file, or in memory if the file does not store `f32`.
enum Table {
    Mapped(Weights, &'static str),
    InMemory(Vec<f32>),
}

impl Words {
    pub fn new(weights: Weights, name: &'static str, shape: [usize; 2]) -> Result<Self> {
        let converted = match weights.numbers(name, &shape)? {
            Cow::Borrowed(_) => None,
            Cow::Owned(converted) => Some(converted),
        };
        Ok(Self { table: converted.map_or(Table::Mapped(weights, name), Table::InMemory), shape })
    }

    /// A table of these rows.
    pub fn of_rows(rows: Vec<f32>, width: usize) -> Self {
        Self { shape: [rows.len() / width, width], table: Table::InMemory(rows) }
    }

    /// Number of rows.
    pub fn count(&self) -> usize {
        self.shape[0]
    }

    /// Number of dimensions.
    pub fn width(&self) -> usize {
        self.shape[1]
    }

    /// All rows, contiguous.
    pub fn all(&self) -> Result<Cow<'_, [f32]>> {
        match &self.table {
            Table::InMemory(rows) => Ok(Cow::Borrowed(rows)),
            Table::Mapped(weights, name) => weights.numbers(name, &self.shape),
        }
    }
}

/// The first line of an error message. candle's messages continue with a backtrace.
fn short(error: impl ToString) -> String {
    error.to_string().lines().next().unwrap_or_default().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use candle_core::Tensor;

    use super::*;

    #[test]
    #[allow(clippy::float_cmp)] // exact in every type
    fn numbers_of_every_type_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let wanted = [0.0, -1.5, 0.25, 448.0_f64];
        for dtype in [DType::F64, DType::F32, DType::F16, DType::BF16, DType::I64] {
            let path = folder.path().join(format!("{dtype:?}"));
            let tensor = Tensor::new(&wanted, &Device::Cpu).unwrap().to_dtype(dtype).unwrap().reshape((2, 2)).unwrap();
            candle_core::safetensors::save(&HashMap::from([("table", tensor)]), &path).unwrap();
            let numbers = Weights::map(&path).unwrap();
            let numbers = numbers.numbers("table", &[2, 2]).unwrap();
            let wanted = wanted.map(|number| if dtype == DType::I64 { number.trunc() } else { number });
            assert!(numbers.iter().zip(wanted).all(|(a, b)| f64::from(*a) == b), "{dtype:?}: {numbers:?}");
        }
    }
}
