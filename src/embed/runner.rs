//! What runs the network: a kernel of the processor, or a GPU, where the program was built for one.

use std::path::Path;

use super::kernel::Kernel;
#[cfg(any(feature = "cuda", feature = "metal"))]
use super::models::Gpu;
use super::models::{Network, NetworkLoader};
use crate::error::Result;

/// By what texts are embedded here: a kernel's name, or a GPU's.
///
/// # Errors
/// [`Error::UnknownKernel`](crate::Error::UnknownKernel) when `PAPERKIN_KERNEL` names none that runs here.
pub(crate) fn runner_name() -> Result<&'static str> {
    #[cfg(any(feature = "cuda", feature = "metal"))]
    if Kernel::forced().is_none()
        && let Some(gpu) = Gpu::find()
    {
        return Ok(gpu.name);
    }
    Ok(Kernel::choose()?.name())
}

/// Loads a network to be run by this kernel. Where none is given: by a GPU, if the program was built for one, there is one, and
/// it can run this network; else by the fastest kernel; by the one that `PAPERKIN_KERNEL` names, if it names one.
pub(super) fn load(loader: NetworkLoader, folder: &Path, kernel: Option<Kernel>) -> Result<Box<dyn Network>> {
    #[cfg(any(feature = "cuda", feature = "metal"))]
    if kernel.is_none()
        && Kernel::forced().is_none()
        && let Some(load) = loader.by_gpu
        && let Some(gpu) = Gpu::find()
    {
        return load(folder, gpu);
    }
    (loader.by_kernel)(folder, kernel.map_or_else(Kernel::choose, Ok)?)
}
