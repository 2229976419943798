//! The kinds: the only list of them.

pub mod vpc_endpoint;

use crate::kind::erased::Registry;

/// All kinds of this build.
pub fn registry() -> Registry {
    Registry::default().with::<vpc_endpoint::VpcEndpoint, vpc_endpoint::aws::Live>()
}
