//! Spaces: private ones of a profile, and shared ones.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    errors::{self, in_use, invalid, not_found},
    merge::joined,
    place::{OWNER, PROFILE, SPACE, in_domain, owner},
    rules::{self, Owner},
    store::{PAGING, Store, TAGGING, name},
};
use crate::simulator::{
    json::Input,
    service::ApiError,
    table::{Field, Filter, Operations, Part, Record, States, Table, TableCall, Verb},
};

/// Spaces (SageMaker API reference, `CreateSpace` and related operations).
pub(super) static SPACES: Table<Store> = Table {
    service: "sagemaker",
    noun: SPACE,
    operations: Operations {
        create: "CreateSpace",
        read: "DescribeSpace",
        list: "ListSpaces",
        update: "UpdateSpace",
        delete: "DeleteSpace",
    },
    key: &[
        Part { member: "DomainId", read: name, ignores_case: false, generated: None },
        Part { member: "SpaceName", read: name, ignores_case: false, generated: None },
    ],
    arn: ("SpaceArn", "space"),
    fields: &[
        Field { join: joined, ..Field::new("SpaceSettings", settings) },
        Field {
            mutable: false,
            join: joined,
            listed: Some(|ownership| {
                let owner = ownership.get(OWNER)?.as_str()?;
                Some(("OwnershipSettingsSummary", json!({ OWNER: owner })))
            }),
            ..Field::new("OwnershipSettings", structure)
        },
        Field { mutable: false, join: joined, ..Field::new("SpaceSharingSettings", structure) },
        Field::new("SpaceDisplayName", |input, member| {
            Ok(input.bounded_text(member, 0..=64)?.map(Value::from))
        }),
    ],
    state: "Status",
    states: States::settled("InService"),
    times: |_| [Duration::ZERO; 3],
    list: "Spaces",
    filters: &[
        Filter { member: "DomainIdEquals", wants: |space, id| space.text("DomainId") == Some(id) },
        Filter {
            member: "SpaceNameContains",
            wants: |space, part| space.text("SpaceName").is_some_and(|name| name.contains(part)),
        },
    ],
    paging: &PAGING,
    tagging: &TAGGING,
    missing: errors::missing,
    exists: errors::exists,
    busy: errors::busy,
    admit: in_domain,
    check,
    occupied,
    kind: None,
};

fn structure(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    Ok(input.object(member)?.cloned().map(Value::Object))
}

fn settings(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    let Some(settings) = input.object(member)? else { return Ok(None) };
    rules::check_space_settings(settings, Owner::Space)?;
    Ok(Some(Value::Object(settings.clone())))
}

/// A private space has an owner and settings; ownership and sharing are set together. An update
/// must not contain the app type, even unchanged.
fn check(
    store: &Store,
    call: &TableCall<'_, '_>,
    space: &Record,
    verb: Verb,
) -> Result<(), ApiError> {
    if verb == Verb::Update {
        let change = call.input.object("SpaceSettings")?;
        if change.is_some_and(|change| change.contains_key("AppType")) {
            return Err(invalid("Updating AppType for Space is not supported"));
        }
        return Ok(());
    }
    let has = |member: &str| space.members.contains_key(member);
    if has("OwnershipSettings") != has("SpaceSharingSettings") {
        return Err(invalid(
            "OwnershipSettings and SpaceSharingSettings must be provided together",
        ));
    }
    let sharing = space.structure("SpaceSharingSettings");
    if sharing.get("SharingType") == Some(&json!("Private")) && !has("SpaceSettings") {
        return Err(invalid("SpaceSettings must be provided for creating private space"));
    }
    let domain = space.text("DomainId").unwrap_or_default();
    if let Some(owner) = owner(space)
        && !store.has(PROFILE, domain, &owner.to_lowercase())
    {
        return Err(not_found(format!(
            "UserProfile [{owner}] does not exist in Domain [{domain}]."
        )));
    }
    Ok(())
}

/// A space cannot be deleted while it has a running app.
fn occupied(store: &Store, space: &Record) -> Result<(), ApiError> {
    let [domain, name] = ["DomainId", "SpaceName"].map(|it| space.text(it).unwrap_or_default());
    let mut apps =
        store.apps.iter().filter(|(app, state)| app.domain == domain && state.is_alive());
    if apps.any(|(app, _)| app.owner.space() == Some(name)) {
        return Err(in_use(format!(
            "Unable to delete Space [{name}] because App is associated with it."
        )));
    }
    Ok(())
}
