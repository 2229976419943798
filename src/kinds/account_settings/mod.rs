//! The settings of an account in a Region: what AWS does by default, and what nobody there can
//! open.
//!
//! There is one in every account and Region. It cannot be tagged, so a manifest must adopt it
//! ([`ID`]); removing the manifest leaves everything as it is.

pub mod aws;
mod leaves;
mod operations;
mod records;
#[cfg(test)]
mod tests;

use self::aws::Settings;
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Profile, Removal, Writers,
        table::{Live, Table},
    },
    model::Risk,
};

/// The kind's name in manifests.
pub const NAME: &str = "AccountSettings";
/// The id by which a manifest adopts it.
pub const ID: &str = "account";

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "account",
            about: "What AWS does by default in an account and Region, and what nobody there can \
                    share with everybody.",
            claimed: Claimed::ByAdoption,
            creation: Creation::UniqueName,
            removal: Removal::Never,
            writers: Writers::Many,
            sweep: false,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: &[],
        baseline: Baseline::NONE,
        doctor: Doctor { audit: Some(&aws::root::AUDIT), ..Doctor::NONE },
        about: "The settings of the scope's account in its Region. They cannot be tagged: the \
                manifest says `lifecycle: {adopt: account}`.\nA setting that is not named is not \
                managed; removing the manifest leaves all of them as they are."
            .into(),
        leaves: leaves::all(),
        tags: None,
        order: leaves::order(),
        natural_keys: |_| vec!["the account's settings".to_owned()],
        fixed_first: false,
        creating: |_| Risk::NEUTRAL,
        restore: None,
        settle: |want, _, problems| leaves::logging::settle(want, problems),
        connect: Live::<Settings>::open,
    }
}
