//! The table of a lifecycle configuration of notebook instances.

use super::{NAME, aws::Configs, baseline, errors, operations};
use crate::{
    kind::{
        Claimed, Creation, Profile, Removal, Writers,
        table::{Call, How, Leaf, Live, Table, TagLeaf},
    },
    kinds::{
        notebooks::{name, name_it, natural_keys, script},
        sagemaker_work,
    },
    model::{Risk, text},
};

/// The name in AWS.
pub(super) const CONFIG_NAME: &str = "configName";
/// The script of a new instance.
pub(super) const ON_CREATE: &str = "onCreate";
/// The script of every start.
pub(super) const ON_START: &str = "onStart";

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "nlc",
            about: "The scripts that notebook instances run as root when they are created and \
                    whenever they start.",
            claimed: Claimed::ByTags,
            creation: Creation::UniqueName,
            // Instances that name it would not start any more.
            removal: Removal::TombstoneOnly,
            writers: Writers::Many,
            sweep: true,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: sagemaker_work::DOCTOR,
        about:
            "A lifecycle configuration of notebook instances. Its scripts run as root, with the \
                role of the instance, for at most\n5 minutes. A change has effect when an instance \
                starts the next time."
                .into(),
        leaves: leaves(),
        tags: Some(TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one.".into(),
            rules: text::SAGEMAKER,
        }),
        order: vec![UPDATE.into()],
        natural_keys: |state| natural_keys(CONFIG_NAME, state),
        fixed_first: false,
        // An instance that names it runs it as root.
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle: |want, refs, problems| name_it(CONFIG_NAME, want, refs, problems),
        connect: Live::<Configs>::open,
    }
}

const UPDATE: &str = "sagemaker:UpdateNotebookInstanceLifecycleConfig";

fn leaves() -> Vec<Leaf> {
    let change = || How::By(Call::new(UPDATE, "write the script {path}").shared());
    vec![
        name(
            CONFIG_NAME,
            "The name, unique in the account and Region. Default: the manifest's name. Immutable.",
        ),
        script(
            ON_CREATE,
            "The script that an instance runs once, when it is created: text, at most 12,288 \
             bytes. Absent: not managed; `null`: none.",
            change(),
        ),
        script(
            ON_START,
            "The script that an instance runs whenever it starts, the first time too: text, at \
             most 12,288 bytes.\nAbsent: not managed; `null`: none.",
            change(),
        ),
    ]
}
