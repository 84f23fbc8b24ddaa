//! Finds a GPU, of the kind that the program was built for.

use candle_core::{DType, Device};

/// A GPU and the number format to compute in.
pub(in crate::embed) struct Gpu {
    pub device: Device,
    pub dtype: DType,
    pub name: &'static str,
}

impl Gpu {
    /// The first GPU, if there is one.
    pub fn find() -> Option<Self> {
        #[cfg(feature = "cuda")]
        if let Ok(device) = Device::new_cuda(0) {
            return Some(Self { device, dtype: DType::BF16, name: "cuda-bf16" });
        }
        #[cfg(feature = "metal")]
        if let Ok(device) = Device::new_metal(0) {
            return Some(Self { device, dtype: DType::F32, name: "metal-f32" });
        }
        None
    }
}
