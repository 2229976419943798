//! The settings of a domain, member by member as in the SageMaker API reference (API 2017-07-24), with
//! the API's names in camelCase.

mod apps;
mod canvas;
mod domain;
mod user;

pub use self::{apps::*, canvas::*, domain::*, user::*};
use super::leaf::words;

words! {
    /// A feature that is on or off.
    FeatureStatus { Enabled = "ENABLED", Disabled = "DISABLED" }
}
