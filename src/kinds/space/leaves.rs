//! What a Space manifest can say, row by row.

use serde_json::json;

use super::{
    AT_CREATION, NAME, OWNER, SETTINGS, SHARING, SPACE_NAME, aws::Spaces, baseline, operations,
};
use crate::{
    kind::{
        Accepts, Claimed, Creation, Invalid, Profile, Refs, Removal, Writers,
        table::{Absent, Check, Form, How, Leaf, Live, Named, Table, TagLeaf, Tree, about, get},
    },
    kinds::{
        sagemaker_work,
        studio::{
            DOMAIN,
            aws::Members,
            checks,
            frame::{domain, fixed, kept, plain, rows, update},
            has, id_of, rules,
            settings::{self, lists, neutral, word},
        },
        user_profile,
    },
    model::{Risk, text},
};

/// The one call that changes a space.
const UPDATE: &str = "sagemaker:UpdateSpace";

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "space",
            about: "A space of Studio, of one user or shared, with its app, machine and volume.",
            claimed: Claimed::ByTags,
            creation: Creation::UniqueName,
            // Its volume goes with it.
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
            "A space of Studio: where one user, or several, work with an app.",
            "",
            "Only what is written here is compared and sent. What changes takes effect when the",
            "app next starts. A space is deleted only while no app runs in it; its volume, with",
            "what is on it, is deleted too.",
        ]),
        leaves: rows(),
        tags: Some(TagLeaf {
            about: about(&[
                "Tags of the space, of letters, digits, spaces and `_ . : / = + - @`. `null` says",
                "that a key must not be there.",
            ]),
            rules: text::SAGEMAKER,
        }),
        order: vec![UPDATE.into()],
        natural_keys: |state| id_of(state, SPACE_NAME).into_iter().collect(),
        // What can be put right is, whatever cannot.
        fixed_first: false,
        // People can work there.
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle,
        connect: Live::<Members<Spaces>>::open,
    }
}

fn change_of(path: &str) -> How {
    if AT_CREATION.contains(&path) { fixed() } else { How::By(update(UPDATE)) }
}

fn rows() -> Vec<Leaf> {
    let rows = rows! {
        /// The domain: `{ref: …}` to a SageMakerDomain, or its id (`d-…`). Needed. Immutable.
        "domain": domain(),
        /// The space's name in the domain. Letters, digits and single hyphens, 1 to 63 characters.
        /// Default: the manifest's name. Immutable.
        "spaceName": name(),
        /// Whose it is: `{ref: …}` to a UserProfile of the same domain, or a profile's name. Needed
        /// with `sharingType`. Immutable.
        "owner": owner(),
        /// Who can work in it: `Private`, its owner only; `Shared`, everybody in the domain. Needed
        /// with `owner`. Immutable.
        "sharingType": plain(word(&SHARING_TYPES), fixed()),
        /// What Studio shows as its name, 1 to 64 characters.
        "displayName": display_name(),
        /// What holds for this space. A private one needs some.
        "spaceSettings": kept(settings::one_space(), fixed()),
    };
    // The call that changes a setting depends on its whole path.
    let settings = |leaf: Leaf| match leaf.form {
        Form::Group { .. } => leaf.changed(&change_of),
        _ => leaf,
    };
    rows.into_iter().map(settings).collect()
}

fn text_of(check: fn(&str) -> Option<(&'static str, &'static str)>) -> Leaf {
    Leaf::setting(Form::Text(Check::Form(check)))
}

fn name() -> Leaf {
    Leaf { absent: Absent::Derived, ..plain(text_of(checks::space_name), fixed()) }
}

fn display_name() -> Leaf {
    kept(neutral(text_of(checks::display_name)), How::By(update(UPDATE)))
}

fn owner() -> Leaf {
    let each = Named { accepts: Accepts::id_of(user_profile::NAME), prefix: "".into() };
    plain(Leaf::setting(Form::Target(each)), fixed())
}

fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    rules::name_it(want, SPACE_NAME, refs, checks::space_name, problems);
    place_owner(want);
    for (one, other) in [(OWNER, SHARING), (SHARING, OWNER)] {
        if has(want, one) && !has(want, other) {
            let why = format!("is needed with `{one}`: AWS takes both or neither");
            problems.push(Invalid::new(other, why));
        }
    }
    if get(want, SHARING) == "Private" && !has(want, SETTINGS) {
        let help = "say at least `appType`";
        problems.push(Invalid::new(SETTINGS, "is needed for a private space").help(help));
    }
    let path = "spaceSettings.jupyterServerAppSettings.codeRepositories";
    if has(want, path) {
        problems.push(Invalid::new(path, "AWS takes no repositories for spaces' Jupyter servers"));
    }
    rules::check(want, problems);
}

/// A profile is known by its domain and its name; one that is named without its domain is in the
/// space's. What is not known yet stays as it is.
fn place_owner(want: &mut Tree) {
    let owner = get(want, OWNER).as_str().filter(|owner| !owner.is_empty());
    let domain = get(want, DOMAIN).as_str();
    if let (Some(owner), Some(domain)) = (owner.filter(|owner| !owner.contains('/')), domain) {
        let owner = format!("{domain}/{}", owner.to_lowercase());
        want.insert(OWNER.to_owned(), json!(owner));
    }
}

lists! {
    /// Who can work in a space.
    SHARING_TYPES = "SharingType" ["Private", "Shared"]
}
