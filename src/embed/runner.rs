//! Chooses what runs the network: a kernel of the processor, or a GPU if the program was built for one.

use std::path::Path;

use super::choice;
use super::kernel::Kernel;
#[cfg(any(feature = "cuda", feature = "metal"))]
use super::models::Gpu;
use super::models::{Network, NetworkLoader};
use crate::error::Result;

/// The name of the kernel or GPU that computes embeddings on this machine.
///
/// # Errors
/// [`Error::UnknownKernel`](crate::Error::UnknownKernel) when `PAPERKIN_KERNEL` names a kernel that does not exist or does not
/// run here.
pub(crate) fn runner_name() -> Result<&'static str> {
    #[cfg(any(feature = "cuda", feature = "metal"))]
    if Kernel::forced().is_none()
        && let Some(gpu) = Gpu::find()
    {
        return Ok(gpu.name);
    }
    Ok(choice::kernel()?.name())
}

/// Loads a network to run with this kernel. If `None`, the kernel is the one that `PAPERKIN_KERNEL` names, else a GPU (if the
/// program was built for one, one is found and it can run this network), else the one that `choice` finds.
pub(super) fn load(loader: NetworkLoader, folder: &Path, kernel: Option<Kernel>) -> Result<Box<dyn Network>> {
    #[cfg(any(feature = "cuda", feature = "metal"))]
    if kernel.is_none()
        && Kernel::forced().is_none()
        && let Some(load) = loader.by_gpu
        && let Some(gpu) = Gpu::find()
    {
        return load(folder, gpu);
    }
    (loader.by_kernel)(folder, kernel.map_or_else(choice::kernel, Ok)?)
}
