//! What do networks consist of, beside the products of matrices? Nothing here knows an architecture. Each file uses those above
//! it:
//!
//! - `weights`: the tensors of a model's file
//! - `elementwise`: activations and softmax
//! - `norm`: layer norm, and sums of states
//! - `attention`: within one text; `attention/pack` makes the sides of its products
//! - `dense`: a layer for a few vectors
//! - `pool`: how the tokens' vectors become a text's
//! - `head`: what follows that

pub(super) mod attention;
pub(super) mod dense;
pub(super) mod elementwise;
pub(super) mod head;
pub(super) mod norm;
pub(super) mod pool;
pub(super) mod weights;
