//! The kinds: the only list of them.

pub use crate::kind::erased::Registry;

/// All kinds of this build.
pub fn registry() -> Registry {
    Registry::default()
}
