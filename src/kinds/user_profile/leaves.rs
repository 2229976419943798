//! What a UserProfile manifest can say, row by row.

use serde_json::json;

use super::{IDENTIFIER, NAME, USER, USER_NAME, aws::Profiles, baseline, operations};
use crate::{
    kind::{
        Claimed, Creation, Invalid, Profile, Refs, Removal, Writers,
        table::{Absent, Check, Form, How, Leaf, Live, Table, TagLeaf, Tree, about, get},
    },
    kinds::{
        sagemaker_work,
        studio::{
            aws::Members,
            checks,
            frame::{domain, fixed, kept, plain, rows, update},
            id_of, rules, settings,
        },
    },
    model::{Risk, text},
};

/// The one call that changes a profile.
const UPDATE: &str = "sagemaker:UpdateUserProfile";

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "user",
            about: "A user profile of Studio, with the settings that differ from its domain's.",
            claimed: Claimed::ByTags,
            creation: Creation::UniqueName,
            // Somebody works with it.
            removal: Removal::TombstoneOnly,
            writers: Writers::Many,
            // There can be thousands that no manifest names, and the tags of each take a call: they
            // are looked through only where a manifest declares one.
            sweep: false,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: &[],
        baseline: baseline::BASELINE,
        doctor: sagemaker_work::DOCTOR,
        about: about(&[
            "A user profile of Studio: who may work in a domain, and what differs for one of them.",
            "",
            "Only what is written here is compared and sent; everything else is the domain's. What",
            "changes takes effect when an app next starts. A profile is deleted only while none of",
            "its apps runs and no space is its own. Its files stay in the domain's home file",
            "system.",
        ]),
        leaves: rows(),
        tags: Some(TagLeaf {
            about: about(&[
                "Tags of the profile, of letters, digits, spaces and `_ . : / = + - @`. AWS copies",
                "them to every app that the user starts. `null` says that a key must not be there.",
            ]),
            rules: text::SAGEMAKER,
        }),
        order: vec![UPDATE.into()],
        natural_keys: |state| id_of(state, USER_NAME).into_iter().collect(),
        // What can be put right is, whatever cannot.
        fixed_first: false,
        // Somebody can work there, with the role and in the networks of the profile or its domain.
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle,
        connect: Live::<Members<Profiles>>::open,
    }
}

fn rows() -> Vec<Leaf> {
    rows! {
        /// The domain: `{ref: …}` to a SageMakerDomain, or its id (`d-…`). Needed. Immutable.
        "domain": domain(),
        /// The profile's name in the domain. Small letters, digits and single hyphens, 1 to 63
        /// characters. Default: the manifest's name. Immutable.
        "userProfileName": name(),
        /// What `singleSignOnUserValue` is: `UserName`, which is also the default where that is
        /// there. Immutable.
        "singleSignOnUserIdentifier":
            Leaf { absent: Absent::Derived, ..text_of(checks::directory_identifier) },
        /// The user of IAM Identity Center, by user name. Domains with `authMode: SSO` need it,
        /// and others do not take it. Immutable.
        "singleSignOnUserValue": text_of(checks::directory_user),
        /// What differs from the domain's `defaultUserSettings` for this user.
        "userSettings": kept(settings::profile(), fixed()).changed(&|_| How::By(update(UPDATE))),
    }
}

fn text_of(check: fn(&str) -> Option<(&'static str, &'static str)>) -> Leaf {
    plain(Leaf::setting(Form::Text(Check::Form(check))), fixed())
}

fn name() -> Leaf {
    Leaf { absent: Absent::Derived, ..text_of(checks::user_name) }
}

fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    rules::name_it(want, USER_NAME, refs, checks::user_name, problems);
    match (get(want, IDENTIFIER).is_null(), get(want, USER).is_null()) {
        (true, false) => drop(want.insert(IDENTIFIER.to_owned(), json!("UserName"))),
        (false, true) => {
            let why = "says of what kind a name is that is not there";
            problems.push(Invalid::new(IDENTIFIER, why).help(format!("add `{USER}`")));
        }
        _ => {}
    }
    rules::check(want, problems);
}
