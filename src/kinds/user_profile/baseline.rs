//! What the rules of the baseline see of user profiles. Those that compare them with their domains
//! look at both kinds and stand with the other rules across kinds.

use super::State;
use crate::baseline::Baseline;

/// No rule is about profiles alone.
pub(super) const BASELINE: Baseline = Baseline::of::<State>(&[]);
