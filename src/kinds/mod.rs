//! The kinds: the only list of them.

pub mod security_group;

use crate::kind::erased::Registry;

/// All kinds of this build.
pub fn registry() -> Registry {
    Registry::default().with::<security_group::SecurityGroup, security_group::aws::Live>()
}
