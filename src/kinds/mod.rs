//! The kinds: the only list of them.

pub mod service_control_policy;

use crate::kind::erased::Registry;

/// All kinds of this build.
pub fn registry() -> Registry {
    Registry::default()
        .with::<service_control_policy::ServiceControlPolicy, service_control_policy::aws::Live>()
}
