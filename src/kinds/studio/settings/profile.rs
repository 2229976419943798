//! `UserSettings` of one user: the rows of a domain's, as they are where the domain's value stands
//! behind an absent one.

use super::user;
use crate::{
    kind::table::{Form, Gives, Leaf, RiskOf, about},
    model::Risk,
};

/// How many custom images an app of one user can have (SageMaker API reference, `UserSettings`).
const MAX_IMAGES: usize = 5;

/// What is so for one user and not for the whole domain.
pub fn profile() -> Leaf {
    let leaf = of_one_user(user());
    match leaf.form {
        Form::Group { name, rows, .. } => {
            let form = Form::Group { name, about: "What holds for this user.".into(), rows };
            Leaf { form, ..leaf }
        }
        _ => leaf,
    }
}

fn of_one_user(mut leaf: Leaf) -> Leaf {
    if let Form::Group { rows, .. } = &mut leaf.form {
        *rows = std::mem::take(rows).into_iter().map(of_one_user).collect();
        return leaf;
    }
    let told: &[&str] = match leaf.name() {
        "customImages" => &["Custom images, at most 5, instead of the domain's."],
        "autoMountHomeEFS" => &["Whether the home file system is mounted, or `DefaultAsDomain`."],
        "executionRole" => &[
            "The role of this user's private spaces, instead of the domain's: a reference to one",
            "of ours, or an ARN. Cannot be unset once set.",
        ],
        "securityGroups" => &[
            "Security groups of this user's apps, by `{ref: …}` or id. They add to the domain's;",
            "both together are at most 5, of which SageMaker needs one for NFS.",
        ],
        _ => &[],
    };
    if !told.is_empty() {
        leaf.about = about(told);
    }
    let has_images = leaf.name() == "customImages";
    if let (true, Form::Items { max: (max, _), .. }) = (has_images, &mut leaf.form) {
        *max = MAX_IMAGES;
    }
    in_place_of_the_domains(leaf)
}

/// Security groups add to the domain's. Any other list stands instead of the domain's as a whole,
/// and an empty one for the domain's: either way entries may come and go that no profile names.
fn in_place_of_the_domains(leaf: Leaf) -> Leaf {
    let is_list = matches!(
        leaf.form,
        Form::Set { .. } | Form::Words { .. } | Form::Items { .. } | Form::Targets { .. }
    );
    match (&leaf.risk, leaf.name()) {
        (RiskOf::MoreIsLooser, "securityGroups") => leaf,
        // The domain may say that it is not mounted.
        (_, "autoMountHomeEFS") => {
            let mounts = (None, Some("Enabled".into()), Risk::REPLACES);
            let may_not = (None, None, Risk::REPLACES.stopping_work());
            leaf.risking(RiskOf::Words(vec![mounts, may_not]), Gives::Nothing)
        }
        (RiskOf::Less { .. }, _) if is_list => {
            leaf.risking(RiskOf::Always(Risk::REPLACES.stopping_work()), Gives::Nothing)
        }
        _ if is_list => leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something),
        _ => leaf,
    }
}
