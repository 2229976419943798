//! The kinds: the only list of them.

pub mod sagemaker_domain;

use crate::kind::erased::Registry;

/// All kinds of this build.
pub fn registry() -> Registry {
    Registry::default().with::<sagemaker_domain::SageMakerDomain, sagemaker_domain::aws::Live>()
}
