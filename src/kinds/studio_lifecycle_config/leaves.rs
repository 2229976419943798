//! The table of a lifecycle configuration of Studio.

use super::{NAME, aws::Configs, baseline, operations};
use crate::{
    kind::{
        Claimed, Creation, Profile, Removal, Writers,
        table::{Absent, Form, How, Leaf, Live, Null, Table, TagLeaf, Text},
    },
    kinds::{
        notebooks::{name, name_it, natural_keys, script},
        sagemaker_work,
    },
    model::{Risk, text},
};

/// The name in AWS.
pub(super) const CONFIG_NAME: &str = "configName";
/// The sort of app.
pub(super) const APP_TYPE: &str = "appType";
/// The script.
pub(super) const CONTENT: &str = "content";

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "slc",
            about: "A script that apps of Studio run when they start.",
            claimed: Claimed::ByTags,
            creation: Creation::UniqueName,
            // SageMaker does not delete one that a domain, profile or space refers to.
            removal: Removal::Prunable,
            writers: Writers::Many,
            sweep: true,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: &[],
        baseline: baseline::BASELINE,
        doctor: sagemaker_work::DOCTOR,
        about: "A lifecycle configuration of Studio: a script that apps run when they start, with \
                the user's role. SageMaker never\nchanges one: another content needs a manifest of \
                another name, to which domains refer instead."
            .into(),
        leaves: leaves(),
        tags: Some(TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one.".into(),
            rules: text::SAGEMAKER,
        }),
        order: Vec::new(),
        natural_keys: |state| natural_keys(CONFIG_NAME, state),
        fixed_first: false,
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle: |want, refs, problems| name_it(CONFIG_NAME, want, refs, problems),
        connect: Live::<Configs>::open,
    }
}

fn fixed() -> How {
    How::Fixed(
        "which SageMaker never does: write a manifest of another name, and let domains refer to it"
            .into(),
    )
}

fn required(leaf: Leaf, why: &'static str, help: &'static str) -> Leaf {
    Leaf { absent: Absent::Required(why.into(), help.into()), null: Null::Refused, ..leaf }
}

fn leaves() -> Vec<Leaf> {
    let apps: [(&str, &str); 4] = [
        ("JupyterLab", "JupyterLab spaces."),
        ("CodeEditor", "Code Editor spaces."),
        ("JupyterServer", "Studio Classic's Jupyter server."),
        ("KernelGateway", "Studio Classic's kernels."),
    ];
    let word = Form::Word {
        name: "StudioLifecycleConfigAppType".into(),
        about: "The sort of app that runs the script.".into(),
        words: apps.map(|(word, about)| (Text::from(word), Text::from(about))).into(),
        off: None,
    };
    vec![
        name(
            CONFIG_NAME,
            "The name, unique in the account and Region. Default: the manifest's name. Immutable.",
        ),
        required(
            Leaf::harmless(APP_TYPE, "The sort of app that runs it. Immutable.", word, fixed()),
            "is missing; a configuration is for one sort of app",
            "write JupyterLab, CodeEditor, JupyterServer or KernelGateway",
        ),
        required(
            script(CONTENT, "The script: text, at most 12,288 bytes. Immutable.", fixed()),
            "is missing; a configuration is a script",
            "write the script itself, as a block (`content: |`)",
        ),
    ]
}
