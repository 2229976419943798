//! What an account has decided for a Region, once for everything in it.

use std::collections::BTreeMap;

use super::state::{Call, Handler, State};
use crate::{
    kinds::account_settings,
    simulator::{
        query::{Input, invalid},
        service::Answer,
        table::Setting,
        truth::Thing,
    },
};

/// EC2 API reference, `EnableEbsEncryptionByDefault` and `EnableSnapshotBlockPublicAccess` with their sisters: both are off in a
/// new account.
static SETTINGS: [Setting; 2] = [
    Setting {
        read: "GetEbsEncryptionByDefault",
        changes: &[
            ("EnableEbsEncryptionByDefault", |_| Ok(true.into())),
            ("DisableEbsEncryptionByDefault", |_| Ok(false.into())),
        ],
        member: "ebsEncryptionByDefault",
        default: || false.into(),
    },
    Setting {
        read: "GetSnapshotBlockPublicAccessState",
        changes: &[
            ("EnableSnapshotBlockPublicAccess", |input| {
                match Input::new(input).required("State")? {
                    state @ ("block-all-sharing" | "block-new-sharing") => Ok(state.into()),
                    other => Err(invalid(format!("Invalid value '{other}' for state"))),
                }
            }),
            ("DisableSnapshotBlockPublicAccess", |_| Ok("unblocked".into())),
        ],
        member: "state",
        default: || "unblocked".into(),
    },
];

/// The handler of an operation on a setting.
pub(super) fn handler(operation: &str) -> Option<Handler> {
    SETTINGS.iter().any(|setting| setting.has(operation)).then_some(answer)
}

impl State {
    /// Adds the settings of an account in a Region, which are always there.
    pub(super) fn tell_settings(
        &self,
        account: &str,
        region: &str,
        things: &mut BTreeMap<String, Thing>,
    ) {
        let thing = Thing {
            kind: account_settings::NAME,
            account: account.to_owned(),
            tags: BTreeMap::new().into(),
            facts: SETTINGS.iter().map(|setting| setting.fact(&self.settings)).collect(),
        };
        things.insert(format!("settings/{account}/{region}"), thing);
    }
}

fn answer(state: &mut State, call: &mut Call<'_, '_>) -> Answer {
    let (settings, input) = (&mut state.settings, call.input.value());
    let mut answers = SETTINGS.iter();
    let found = answers.find_map(|setting| setting.answer(settings, call.operation, input));
    found.unwrap_or_else(|| Err(invalid(format!("There is no setting {}", call.operation))))
}
