//! The settings of an account in a Region: what AWS does by default, and what nobody there can open.
//!
//! There is one in every account and Region. It cannot be tagged, so a manifest must adopt it ([`ID`]); removing the manifest leaves
//! everything as it is.

pub mod aws;
mod operations;
#[cfg(test)]
mod tests;

use serde_json::json;

use self::aws::Settings;
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Profile, Removal, Writers,
        table::{Absent, Call, Compare, Form, Gives, How, Leaf, Live, Null, RiskOf, Table},
    },
    model::Risk,
};

/// The kind's name in manifests.
pub const NAME: &str = "AccountSettings";
/// The id by which a manifest adopts it.
pub const ID: &str = "account";
/// Snapshots can be shared with everybody.
const UNBLOCKED: &str = "unblocked";

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "account",
            about: "What AWS does by default in an account and Region, and what nobody there can share with everybody.",
            claimed: Claimed::ByAdoption,
            creation: Creation::UniqueName,
            removal: Removal::TombstoneOnly,
            writers: Writers::Many,
            sweep: false,
        },
        operations: operations::OPERATIONS,
        errors: &[],
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
        about: "The settings of the scope's account in its Region. They cannot be tagged: the manifest says \
                `lifecycle: {adopt: account}`.\nA setting that is not named is not managed; removing the manifest leaves all of them as they are."
            .into(),
        leaves: vec![ebs_encryption(), snapshots()],
        tags: None,
        order: vec![
            "ec2:EnableEbsEncryptionByDefault".into(),
            "ec2:EnableSnapshotBlockPublicAccess".into(),
            "ec2:DisableEbsEncryptionByDefault".into(),
            "ec2:DisableSnapshotBlockPublicAccess".into(),
        ],
        natural_keys: |_| vec!["the account's settings".to_owned()],
        fixed_first: false,
        creating: Risk::NEUTRAL,
        restore: None,
        settle: |_, _, _| {},
        connect: Live::<Settings>::open,
    }
}

fn row(path: &'static str, about: &'static str, form: Form, change: How) -> Leaf {
    Leaf {
        path: path.into(),
        about: about.into(),
        form,
        absent: Absent::Unmanaged,
        null: Null::Refused,
        default: None,
        compare: Compare::Exact,
        change,
        risk: RiskOf::Always(Risk::NEUTRAL),
        gives: Gives::Nothing,
        fixed_while: None,
        idle_while: None,
        only_while: None,
    }
}

fn ebs_encryption() -> Leaf {
    let change = How::Switch {
        on: Call::new("ec2:EnableEbsEncryptionByDefault", "encrypt new EBS volumes by default"),
        off: Call::new(
            "ec2:DisableEbsEncryptionByDefault",
            "stop encrypting new EBS volumes by default",
        ),
    };
    Leaf {
        default: Some(json!(false)),
        risk: RiskOf::Towards { value: json!(true), there: Risk::TIGHTENS, back: Risk::LOOSENS },
        gives: Gives::Least(json!(true)),
        ..row(
            "ebsEncryptionByDefault",
            "Whether new EBS volumes and copies of snapshots are encrypted even where nobody asks for it. Instance types that \
             cannot\nuse encrypted volumes do not start then. Absent: not managed; AWS's default is false.",
            Form::Bool,
            change,
        )
    }
}

/// EC2 API reference, EnableSnapshotBlockPublicAccess.
fn snapshots() -> Leaf {
    let words = [
        (
            "block-all-sharing",
            "No snapshot can be shared with everybody, and those that are shared so are treated as private.",
        ),
        (
            "block-new-sharing",
            "No further snapshot can be shared with everybody; those that are stay so.",
        ),
        (UNBLOCKED, "Snapshots can be shared with everybody."),
    ];
    let form = Form::Word {
        name: "SnapshotSharing".into(),
        about: "How far EBS snapshots can be shared with everybody.".into(),
        words: words.map(|(word, about)| (word.into(), about.into())).into(),
        off: Some(UNBLOCKED.into()),
    };
    let change = How::Switch {
        on: Call::new(
            "ec2:EnableSnapshotBlockPublicAccess",
            "set public sharing of snapshots to {item}",
        ),
        off: Call::new(
            "ec2:DisableSnapshotBlockPublicAccess",
            "let snapshots be shared with everybody",
        ),
    };
    let pair = |from: Option<&'static str>, to: Option<&'static str>, risk| {
        (from.map(Into::into), to.map(Into::into), risk)
    };
    Leaf {
        default: Some(json!(UNBLOCKED)),
        risk: RiskOf::Words(vec![
            pair(None, Some(UNBLOCKED), Risk::LOOSENS),
            // Whoever uses a snapshot that is shared with everybody loses it.
            pair(None, Some("block-all-sharing"), Risk::TIGHTENS.cutting_connections()),
            pair(Some(UNBLOCKED), None, Risk::TIGHTENS),
            pair(None, None, Risk::LOOSENS),
        ]),
        gives: Gives::Each(vec![
            ("block-all-sharing".into(), Vec::new()),
            ("block-new-sharing".into(), vec!["shared before".into()]),
            (UNBLOCKED.into(), vec!["shared before".into(), "shared anew".into()]),
        ]),
        ..row(
            "snapshotPublicAccess",
            "How far EBS snapshots can be shared with everybody. Absent: not managed; AWS's default is `unblocked`.",
            form,
            change,
        )
    }
}
