//! AWS::Config::ConfigurationRecorder. Whether it records is not in its model.

use serde_json::{Map, Value, json};

use super::parts::{column, missing, text};
use crate::simulator::cloud_control::{
    names::RECORDER,
    resource_type::{Type, Update},
    schema::{FLAG, Member, Model, Shape, TEXT, TEXTS, may, must},
    site::{Failure, Site},
};

static EXCLUDED: Shape = Shape::Object(&[must("ResourceTypes", &TEXTS)]);
static STRATEGY: Shape = Shape::Object(&[must(
    "UseOnly",
    &Shape::OneOf(&[
        "ALL_SUPPORTED_RESOURCE_TYPES",
        "EXCLUSION_BY_RESOURCE_TYPES",
        "INCLUSION_BY_RESOURCE_TYPES",
    ]),
)]);
static GROUP: Shape = Shape::Object(&[
    may("AllSupported", &FLAG),
    may("ExclusionByResourceTypes", &EXCLUDED),
    may("IncludeGlobalResourceTypes", &FLAG),
    may("RecordingStrategy", &STRATEGY),
    may("ResourceTypes", &TEXTS),
]);
static FREQUENCY: Shape = Shape::OneOf(&["CONTINUOUS", "DAILY"]);
static OVERRIDE: Shape = Shape::Object(&[
    may("Description", &TEXT),
    must("RecordingFrequency", &FREQUENCY),
    must("ResourceTypes", &TEXTS),
]);
static OVERRIDES: Shape = Shape::List { of: &OVERRIDE, count: (0, 1), ordered: false };
static MODE: Shape = Shape::Object(&[
    must("RecordingFrequency", &FREQUENCY),
    may("RecordingModeOverrides", &OVERRIDES),
]);

static MEMBERS: &[Member] = &[
    may("Name", &Shape::Text(1, 256)),
    may("RecordingGroup", &GROUP),
    may("RecordingMode", &MODE),
    may("ResourceARN", &TEXT),
    must("RoleARN", &TEXT),
    may("StartedOnCreate", &FLAG),
];

pub(super) static TYPE: Type = Type {
    name: RECORDER,
    members: MEMBERS,
    identifier: "Name",
    listed_in: None,
    read_only: &["ResourceARN"],
    create_only: &["Name", "StartedOnCreate"],
    write_only: &["StartedOnCreate"],
    rules: |_| Ok(()),
    named: |model| Some(text(model, "Name").unwrap_or("default").to_owned()),
    create,
    read,
    update,
    delete,
    list,
};

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = text(model, "Name").unwrap_or("default");
    match read(site, name) {
        Ok(_) => {
            let message = format!("The configuration recorder {name} already exists.");
            return Err(Failure::new("AlreadyExists", message));
        }
        Err(failure) if failure.code == "NotFound" => {}
        Err(failure) => return Err(failure),
    }
    put(site, name, model)?;
    if model.get("StartedOnCreate") == Some(&Value::Bool(true)) {
        let input = json!({"ConfigurationRecorderName": name});
        site.ask("config", "StartConfigurationRecorder", &input)?;
    }
    Ok(name.to_owned())
}

fn put(site: &mut Site<'_, '_>, name: &str, model: &Model) -> Result<(), Failure> {
    let mut recorder = Map::new();
    for (property, own) in OWN {
        if let Some(value) = model.get(property) {
            recorder
                .insert(own.to_owned(), renamed(value, |it| turned(it, char::to_ascii_lowercase)));
        }
    }
    recorder.insert("name".to_owned(), name.into());
    let input = json!({"ConfigurationRecorder": recorder});
    site.ask("config", "PutConfigurationRecorder", &input)?;
    Ok(())
}

/// The properties, and Config's own names of them.
const OWN: [(&str, &str); 3] = [
    ("RoleARN", "roleARN"),
    ("RecordingGroup", "recordingGroup"),
    ("RecordingMode", "recordingMode"),
];

/// The names of all members turned, at every depth.
fn renamed(value: &Value, turn: fn(&str) -> String) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter();
            members.map(|(name, value)| (turn(name), renamed(value, turn))).collect()
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, turn)).collect(),
        other => other.clone(),
    }
}

/// A name with another first letter.
fn turned(name: &str, turn: fn(&char) -> char) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| turn(&first)).into_iter().chain(letters).collect()
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let input = json!({"ConfigurationRecorderNames": [id]});
    let answer = site.ask("config", "DescribeConfigurationRecorders", &input)?;
    let found = answer["ConfigurationRecorders"][0].as_object();
    let recorder = found.cloned().ok_or_else(|| missing(&TYPE, id))?;
    let mut model = Map::new();
    for (property, own) in OWN {
        if let Some(value) = recorder.get(own) {
            let value = renamed(value, |it| turned(it, char::to_ascii_uppercase));
            model.insert(property.to_owned(), value);
        }
    }
    model.insert("Name".to_owned(), id.into());
    model.insert("ResourceARN".to_owned(), recorder["arn"].clone());
    Ok(model)
}

fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
    put(site, update.id, update.new)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    let input = json!({"ConfigurationRecorderName": id});
    site.ask("config", "DeleteConfigurationRecorder", &input)?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("config", "DescribeConfigurationRecorders", &json!({}))?;
    Ok(column(&answer, "ConfigurationRecorders", "name"))
}
