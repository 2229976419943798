//! User profiles: names that ignore case, and settings merged like those of a domain.

use serde_json::{Map, Value, json};

use super::{
    defaults::fill_images,
    errors::{self, in_use, invalid},
    merge::joined,
    place::{PROFILE, SPACE, STATES, in_domain, owner, room},
    rules::{self, Owner},
    store::{PAGING, Store, TAGGING, name},
    truth,
};
use crate::simulator::{
    json::Input,
    service::ApiError,
    table::{Field, Filter, Operations, Part, Record, Table, TableCall, Verb},
};

/// User profiles (SageMaker API reference, `CreateUserProfile` and related operations).
pub(super) static PROFILES: Table<Store> = Table {
    service: "sagemaker",
    noun: PROFILE,
    operations: Operations {
        create: "CreateUserProfile",
        read: "DescribeUserProfile",
        list: "ListUserProfiles",
        update: "UpdateUserProfile",
        delete: "DeleteUserProfile",
    },
    key: &[
        Part { member: "DomainId", read: name, ignores_case: false, generated: None },
        Part { member: "UserProfileName", read: name, ignores_case: true, generated: None },
    ],
    arn: ("UserProfileArn", "user-profile"),
    fields: &[
        Field { default: Some(|| json!({})), join: joined, ..Field::new("UserSettings", settings) },
        Field {
            mutable: false,
            ..Field::new("SingleSignOnUserIdentifier", |input, member| {
                Ok(input.choice(member, &["UserName"])?.map(Value::from))
            })
        },
        Field {
            mutable: false,
            ..Field::new("SingleSignOnUserValue", |input, member| {
                Ok(input.bounded_text(member, 1..=256)?.map(Value::from))
            })
        },
        Field {
            mutable: false,
            generated: Some(|ids| (200_005 + ids.number() % 100_000).to_string().into()),
            ..Field::new("HomeEfsFileSystemUid", |_, _| Ok(None))
        },
    ],
    state: "Status",
    states: STATES,
    times: |options| [options.resident_changing; 3],
    list: "UserProfiles",
    filters: &[
        Filter {
            member: "DomainIdEquals",
            wants: |profile, id| profile.text("DomainId") == Some(id),
        },
        Filter {
            member: "UserProfileNameContains",
            wants: |profile, part| name_of(profile).to_lowercase().contains(&part.to_lowercase()),
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
    kind: Some(&truth::PROFILE),
};

/// The name of a profile as it was written.
fn name_of(profile: &Record) -> &str {
    profile.text("UserProfileName").unwrap_or_default()
}

fn settings(input: Input<'_>, member: &str) -> Result<Option<Value>, ApiError> {
    let Some(settings) = input.object(member)? else { return Ok(None) };
    rules::check_request(settings, Owner::Profile)?;
    Ok(Some(Value::Object(settings.clone())))
}

fn check(
    store: &Store,
    call: &TableCall<'_, '_>,
    profile: &mut Record,
    verb: Verb,
) -> Result<(), ApiError> {
    let domain = store.domain(call.input)?;
    room(store, PROFILE, &domain.id, verb)?;
    let mut settings = profile.structure("UserSettings");
    fill_images(&mut settings, &call.caller.region);
    profile.members.insert("UserSettings".to_owned(), json!(settings));
    rules::check_user_settings(&settings)?;
    // Security groups may come from the domain or the profile; in a VpcOnly domain one of them must
    // have some.
    let vpc_only = domain.text("AppNetworkAccessType") == Some("VpcOnly");
    let some = |settings: &Map<String, Value>| settings.contains_key("SecurityGroups");
    if vpc_only && !some(&settings) && !some(&domain.structure("DefaultUserSettings")) {
        return Err(invalid(
            "SecurityGroups are required in the user profile or the domain when \
             AppNetworkAccessType is VpcOnly",
        ));
    }
    single_sign_on(profile, domain.text("AuthMode").unwrap_or_default())
}

/// The directory user of a profile: required in domains with Identity Center, forbidden in others.
fn single_sign_on(profile: &Record, auth_mode: &str) -> Result<(), ApiError> {
    let members = ["SingleSignOnUserIdentifier", "SingleSignOnUserValue"];
    let [identifier, value] = members.map(|member| profile.text(member).is_some());
    match (auth_mode, identifier, value) {
        ("SSO", true, true) => Ok(()),
        ("SSO", ..) => Err(invalid(
            "SingleSignOnUserIdentifier and SingleSignOnUserValue are required for domains with \
             AuthMode SSO",
        )),
        (_, false, false) => Ok(()),
        _ => Err(invalid(
            "SingleSignOnUserIdentifier and SingleSignOnUserValue are not allowed for domains with \
             AuthMode IAM",
        )),
    }
}

/// A profile cannot be deleted while it has a running app or owns a space.
fn occupied(store: &Store, profile: &Record) -> Result<(), ApiError> {
    let (domain, name) = (profile.text("DomainId").unwrap_or_default(), name_of(profile));
    let owned = |owner: &str| owner.eq_ignore_ascii_case(name);
    let app = store.apps.iter().any(|(app, state)| {
        app.domain == domain && app.owner.profile().is_some_and(owned) && state.is_alive()
    });
    let mut spaces = store.records.of(SPACE).filter(|(key, _)| key[0] == domain);
    let space = spaces.any(|(_, space)| owner(space).is_some_and(owned));
    if app || space {
        let what = if app { "App" } else { SPACE };
        return Err(in_use(format!(
            "Unable to delete UserProfile [{name}] because {what} is associated with it."
        )));
    }
    Ok(())
}
