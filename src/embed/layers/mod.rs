//! The layers that networks share, except matrix products. Nothing here depends on an architecture. Each file uses those listed
//! above it:
//!
//! - `weights`: the tensors of a model's file
//! - `elementwise`: activations and softmax
//! - `norm`: layer norm and residual sums
//! - `attention`: multi-head attention within one text; `attention/pack` packs its operands
//! - `dense`: a dense layer for a few vectors
//! - `pool`: pools token embeddings
//! - `head`: the layers after pooling

pub(super) mod attention;
pub(super) mod dense;
pub(super) mod elementwise;
pub(super) mod head;
pub(super) mod norm;
pub(super) mod pool;
pub(super) mod weights;
