//! What KMS fixes when a key is created: its material, its purpose, and its relation to other keys.

use serde_json::json;

use super::{NAME, rules};
use crate::kind::{
    Accepts,
    table::{Absent, Form, How, Leaf, Named, Null, Text},
};

/// The reason why these fields cannot change.
const FIXED: &str = "which KMS fixes when a key is created";

pub(super) fn key_spec() -> Leaf {
    let form = Form::Word {
        name: "KeySpec".into(),
        about: "What key material a key has, as the KMS API reference lists it.".into(),
        words: words(rules::KEY_SPECS.iter().map(|spec| (spec.word, spec.about))),
        off: None,
    };
    Leaf {
        absent: Absent::Means(json!(rules::SYMMETRIC)),
        null: Null::Refused,
        ..Leaf::harmless(
            "keySpec",
            "What key material the key has; default `SYMMETRIC_DEFAULT`, the only one that \
             SageMaker, EBS and S3 accept.\nImmutable.",
            form,
            How::Fixed(FIXED.into()),
        )
    }
}

pub(super) fn key_usage() -> Leaf {
    let form = Form::Word {
        name: "KeyUsage".into(),
        about: "What a key is for, as the KMS API reference lists it.".into(),
        words: words(rules::KEY_USAGES.iter().copied()),
        off: None,
    };
    Leaf {
        absent: Absent::Derived,
        ..Leaf::harmless(
            "keyUsage",
            "What the key is for. Default `ENCRYPT_DECRYPT` for `SYMMETRIC_DEFAULT`, required for \
             every other key\nspec. Immutable.",
            form,
            How::Fixed(FIXED.into()),
        )
    }
}

pub(super) fn origin() -> Leaf {
    let form = Form::Word {
        name: "Origin".into(),
        about: "Where key material can come from, as the KMS API reference lists it.".into(),
        words: words(rules::ORIGINS.into_iter()),
        off: None,
    };
    Leaf {
        absent: Absent::Means(json!(rules::AWS_KMS)),
        null: Null::Refused,
        ..Leaf::harmless(
            "origin",
            "Where its key material comes from; default `AWS_KMS`, the only origin with which \
             palisade creates keys. A key\nwith another one is created and given its material \
             elsewhere, and then adopted. Immutable.",
            form,
            How::Fixed(FIXED.into()),
        )
    }
}

pub(super) fn multi_region() -> Leaf {
    Leaf::harmless(
        "multiRegion",
        "Whether the key can be replicated to other Regions; a new key is not unless this says so. \
         Absent: not\ncompared. Immutable.",
        Form::Bool,
        How::Fixed(FIXED.into()),
    )
}

pub(super) fn replica_of() -> Leaf {
    let named = Named::new(Accepts::arn_of(NAME), "arn:");
    let why = "which KMS fixes when a key is created; which of its keys is the primary one, only \
               UpdatePrimaryRegion changes, and palisade never calls that";
    Leaf::harmless(
        "replicaOf",
        "The primary key that this key is a replica of, in another Region of the account: a \
         reference `{ref: SCOPE/NAME}`\nto its manifest, or its ARN. The policy, aliases, tags and \
         description of a replica are its own; its key\nmaterial, key spec and rotation are the \
         primary key's. A primary key is deleted after its replicas.\nAbsent: not compared. \
         Immutable.",
        Form::Target(named),
        How::Fixed(why.into()),
    )
}

fn words(list: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<(Text, Text)> {
    list.map(|(word, about)| (word.into(), about.into())).collect()
}
