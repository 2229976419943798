//! Spaces: private ones of a profile, and shared ones.

use serde_json::{Value, json};

use super::{
    defaults::fill_images,
    errors::{self, in_use, invalid, not_found},
    merge::joined,
    place::{OWNER, PROFILE, SPACE, STATES, in_domain, owner, room},
    rules::{self, Owner},
    store::{PAGING, Store, TAGGING, name},
    truth,
};
use crate::simulator::{
    json::Input,
    service::ApiError,
    table::{Field, Filter, Operations, Part, Record, Table, TableCall, Verb},
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
    states: STATES,
    times: |options| [options.resident_changing; 3],
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
    kind: Some(&truth::SPACE),
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
    space: &mut Record,
    verb: Verb,
) -> Result<(), ApiError> {
    if space.members.contains_key("SpaceSettings") {
        let mut settings = space.structure("SpaceSettings");
        fill_images(&mut settings, &call.caller.region);
        space.members.insert("SpaceSettings".to_owned(), json!(settings));
    }
    if verb == Verb::Update {
        let change = call.input.object("SpaceSettings")?;
        if change.is_some_and(|change| change.contains_key("AppType")) {
            return Err(invalid("Updating AppType for Space is not supported"));
        }
        return Ok(());
    }
    room(store, SPACE, space.text("DomainId").unwrap_or_default(), verb)?;
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
    let Some(owner) = owner(space) else { return Ok(()) };
    let profile = store.records.get(PROFILE, &[domain.to_owned(), owner.to_lowercase()]);
    let elapsed = call.context.elapsed;
    match profile.map(|profile| profile.lifecycle.state(&STATES, elapsed).0) {
        Some("InService" | "Update_Failed") => Ok(()),
        Some(state) => Err(in_use(format!("UserProfile [{owner}] is in {state} status."))),
        None => {
            Err(not_found(format!("UserProfile [{owner}] does not exist in Domain [{domain}].")))
        }
    }
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
