//! The table of a type.

use serde_json::{Value, json};

use super::{
    aws, baseline,
    errors::ERRORS,
    identifier::Identifier,
    overlay::Overlay,
    records,
    types::{self, Type},
};
use crate::{
    kind::{
        Claimed, Creation, Doctor, Profile, Writers,
        table::{
            ACCOUNT, Absent, Call, Check, Form, Gives, How, Leaf, Null, PARTITION, PROPERTIES,
            RiskOf, Table, TagLeaf, Tree, get,
        },
    },
    model::{Risk, policy_document::Context},
    operations::OfKind,
};

/// The row with the type's name: it says which type a state is of.
pub(super) const TYPE: &str = "type";
/// The call that changes a resource.
pub(super) const UPDATE: &str = "cloudcontrol:UpdateResource";

/// The table of a type.
pub(super) fn table(of: &Type) -> Table {
    let overlay = of.overlay;
    let supplement: Vec<Leaf> =
        overlay.supplement.iter().map(|supplement| (supplement.row)()).collect();
    let calls = supplement.iter().flat_map(Leaf::calls).map(|call| call.operation.clone());
    let order = [UPDATE.into()].into_iter().chain(calls).collect();
    Table {
        profile: profile(overlay),
        operations: OfKind { records: records::of(overlay.name), ..overlay.operations },
        errors: ERRORS,
        baseline: baseline::of(overlay.rules),
        doctor: Doctor::NONE,
        about: format!(
            "{}\nIt is written as CloudFormation's documentation of {} says: only what stands \
             there is managed, lists are whole, and `null` says that there must be none.",
            overlay.about, overlay.name
        )
        .into(),
        leaves: [kind_row(overlay.name), properties_row(of)]
            .into_iter()
            .chain(supplement)
            .collect(),
        tags: overlay.tags.map(|rules| TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one; those that are not \
                    named stay."
                .into(),
            rules,
        }),
        order,
        natural_keys,
        fixed_first: false,
        creating,
        restore: None,
        settle: |_, _, _| {},
        connect: aws::open,
    }
}

fn profile(overlay: &Overlay) -> Profile {
    Profile {
        name: overlay.name,
        short: overlay.short,
        about: overlay.about,
        claimed: overlay.claimed,
        creation: Creation::Token,
        removal: overlay.removal,
        writers: Writers::Many,
        // A search where nothing is declared would ask every account for dozens of permissions.
        sweep: false,
        global: is_global(overlay.name),
    }
}

/// Services whose resources exist once an account or an organization.
const GLOBAL: [&str; 7] = [
    "AWS::Budgets::",
    "AWS::CE::",
    "AWS::CloudFront::",
    "AWS::IAM::",
    "AWS::Organizations::",
    "AWS::Route53::",
    "AWS::SSO::",
];

/// Whether resources of a type exist once an account or an organization, in all Regions.
pub(super) fn is_global(name: &str) -> bool {
    GLOBAL.iter().any(|service| name.starts_with(service))
}

/// No manifest names it.
pub(super) fn kind_row(name: &str) -> Leaf {
    Leaf {
        absent: Absent::Always(json!(name)),
        null: Null::Refused,
        ..Leaf::harmless(TYPE, "The type.", Form::Text(Check::Any), How::Argument)
    }
}

fn properties_row(of: &Type) -> Leaf {
    let about = "The properties, as CloudFormation's documentation of the type names them.";
    let change = How::By(Call::new(UPDATE, "change {path}").shared());
    Leaf {
        absent: Absent::Required(
            "is missing: the properties of the resource".into(),
            "write those of CloudFormation's documentation that are to be managed".into(),
        ),
        null: Null::Refused,
        risk: RiskOf::Always(Risk::LOOSENS),
        gives: Gives::Nothing,
        ..Leaf::harmless(PROPERTIES, about, Form::Properties(of.properties.clone()), change)
    }
}

/// The type of a state.
fn type_of(state: &Tree) -> Option<&'static Type> {
    types::get(get(state, TYPE).as_str()?)
}

/// What no other resource has, where the manifest says it.
fn natural_keys(state: &Tree) -> Vec<String> {
    let Some(of) = type_of(state) else { return Vec::new() };
    let said = |name| get(state, name).as_str().unwrap_or_default();
    let key = of.natural_key(get(state, PROPERTIES)).map(|key| match of.overlay.identifier {
        // Its manifest adopts it by its identifier, in which there is no Region.
        Identifier::Made(made) if of.overlay.claimed == Claimed::ByName => made
            .id
            .replace("{partition}", said(PARTITION))
            .replace("{account}", said(ACCOUNT))
            .replace("{name}", &key),
        _ => key,
    });
    key.into_iter().collect()
}

fn creating(want: &Tree) -> Risk {
    let text = |name| get(want, name).as_str().unwrap_or_default().to_owned();
    let context = Context { partition: text(PARTITION), account: text(ACCOUNT) };
    let Some(of) = type_of(want) else { return Risk::LOOSENS };
    let risk = of.properties.risk_of_creating(get(want, PROPERTIES), &context);
    if of.overlay.empty_at_first { Risk { disrupts: Risk::NEUTRAL.disrupts, ..risk } } else { risk }
}

/// A value without what is to be none.
pub(super) fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().filter(|(_, value)| !value.is_null());
            members
                .map(|(name, value)| (name.clone(), without_nulls(value)))
                .collect::<Tree>()
                .into()
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        plain => plain.clone(),
    }
}
