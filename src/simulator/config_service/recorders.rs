//! The recorder of one account and Region, and where it delivers to.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::{
    kinds::cloud_control::{config_configuration_recorder, config_delivery_channel},
    simulator::{
        service::{Answer, ApiError, Caller, Context},
        truth::{Thing, Truth, leaves},
    },
};

/// The recorder and the delivery channel, at most one of each.
#[derive(Debug, Clone, Default)]
pub(super) struct Recorders {
    recorder: Option<Recorder>,
    channel: Option<Value>,
}

#[derive(Debug, Clone)]
struct Recorder {
    name: String,
    arn: String,
    settings: Map<String, Value>,
    recording: bool,
    changed: f64,
}

impl Recorders {
    pub(super) fn is_empty(&self) -> bool {
        self.recorder.is_none()
    }

    /// Answers an operation on recorders and channels; `None` for others.
    pub(super) fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Option<Answer> {
        let named = input["ConfigurationRecorderName"].as_str().unwrap_or_default();
        Some(match operation {
            "PutConfigurationRecorder" => {
                self.put(caller, &input["ConfigurationRecorder"], context)
            }
            "DescribeConfigurationRecorders" => self
                .asked(input)
                .map(|all| json!({"ConfigurationRecorders": all.map(shown).collect::<Vec<_>>()})),
            "DescribeConfigurationRecorderStatus" => self.asked(input).map(
                |all| json!({"ConfigurationRecordersStatus": all.map(status).collect::<Vec<_>>()}),
            ),
            "DeleteConfigurationRecorder" => {
                self.named(named).map(|_| ()).map(|()| self.recorder = None).map(|()| Value::Null)
            }
            "StartConfigurationRecorder" => self.start(named, context.now),
            "StopConfigurationRecorder" => self.named(named).map(|recorder| {
                recorder.recording = false;
                recorder.changed = context.now;
                Value::Null
            }),
            "PutDeliveryChannel" => self.put_channel(&input["DeliveryChannel"]),
            "DescribeDeliveryChannels" => {
                Ok(json!({"DeliveryChannels": self.channel.iter().collect::<Vec<_>>()}))
            }
            "DeleteDeliveryChannel" => self.delete_channel(input),
            _ => return None,
        })
    }

    fn put(&mut self, caller: &Caller, given: &Value, context: &mut Context<'_>) -> Answer {
        let name = given["name"].as_str().unwrap_or("default");
        if !(1..=256).contains(&name.chars().count()) {
            let code = "InvalidConfigurationRecorderNameException";
            return Err(ApiError::new(code, "The name has 1 to 256 characters"));
        }
        check(given)?;
        if self.recorder.as_ref().is_some_and(|recorder| recorder.name != name) {
            return Err(ApiError::new(
                "MaxNumberOfConfigurationRecordersExceededException",
                format!(
                    "Failed to put configuration recorder '{name}' because the maximum number of \
                     configuration recorders: 1 is reached."
                ),
            ));
        }
        let mut settings = given.as_object().cloned().unwrap_or_default();
        settings.retain(|member, value| member != "name" && !value.is_null());
        complete(&mut settings);
        if let Some(recorder) = &mut self.recorder {
            recorder.settings = settings;
            return Ok(Value::Null);
        }
        let id = context.ids.alphanumeric(12);
        self.recorder = Some(Recorder {
            name: name.to_owned(),
            arn: caller.arn_of("config", &format!("configuration-recorder/{name}/{id}")),
            settings,
            recording: false,
            changed: context.now,
        });
        Ok(Value::Null)
    }

    fn named(&mut self, name: &str) -> Result<&mut Recorder, ApiError> {
        self.recorder.as_mut().filter(|it| it.name == name).ok_or_else(|| missing(name))
    }

    /// The recorders that a request is about.
    fn asked(&self, input: &Value) -> Result<std::option::Iter<'_, Recorder>, ApiError> {
        let names = input["ConfigurationRecorderNames"].as_array().cloned().unwrap_or_default();
        let own = self.recorder.as_ref().map(|it| it.name.as_str());
        match names.iter().filter_map(Value::as_str).find(|name| Some(*name) != own) {
            Some(name) => Err(missing(name)),
            None => Ok(self.recorder.iter()),
        }
    }

    fn start(&mut self, name: &str, now: f64) -> Answer {
        let channel = self.channel.is_some();
        let recorder = self.named(name)?;
        if !channel {
            let message = "Delivery channel is not available to start configuration recorder.";
            return Err(ApiError::new("NoAvailableDeliveryChannelException", message));
        }
        recorder.recording = true;
        recorder.changed = now;
        Ok(Value::Null)
    }

    fn put_channel(&mut self, channel: &Value) -> Answer {
        if self.recorder.is_none() {
            let code = "NoAvailableConfigurationRecorderException";
            return Err(ApiError::new(code, "Configuration recorder is not available."));
        }
        if channel["s3BucketName"].as_str().is_none_or(str::is_empty) {
            return Err(ApiError::new("NoSuchBucketException", "The channel names no bucket."));
        }
        self.channel = Some(channel.clone());
        Ok(Value::Null)
    }

    fn delete_channel(&mut self, input: &Value) -> Answer {
        let own = self.channel.as_ref().map(|channel| channel["name"].clone());
        if own.is_none_or(|name| name != input["DeliveryChannelName"]) {
            return Err(ApiError::new("NoSuchDeliveryChannelException", "There is none"));
        }
        if self.recorder.as_ref().is_some_and(|recorder| recorder.recording) {
            let message = "There is a running configuration recorder.";
            return Err(ApiError::new("LastDeliveryChannelDeleteFailedException", message));
        }
        self.channel = None;
        Ok(Value::Null)
    }

    pub(super) fn add_truth(&self, (account, region): &(String, String), truth: &mut Truth) {
        const KIND: &str = config_configuration_recorder::NAME;
        if let Some(recorder) = &self.recorder {
            let mut facts = BTreeSet::from([format!("recording {}", recorder.recording)]);
            for (member, value) in &recorder.settings {
                leaves(member, value, &mut facts);
            }
            let account = account.clone();
            let id = format!("{KIND}/{account}/{region}/{}", recorder.name);
            truth.things.insert(id, Thing { kind: KIND, account, tags: BTreeMap::new(), facts });
        }
        if let Some(channel) = &self.channel {
            let kind = config_delivery_channel::NAME;
            let (account, name) = (account.clone(), channel["name"].as_str().unwrap_or("default"));
            let id = format!("{kind}/{account}/{region}/{name}");
            let mut facts = BTreeSet::new();
            leaves("channel", channel, &mut facts);
            truth.things.insert(id, Thing { kind, account, tags: BTreeMap::new(), facts });
        }
    }
}

fn missing(name: &str) -> ApiError {
    let message = format!("Cannot find configuration recorder with the specified name '{name}'.");
    ApiError::new("NoSuchConfigurationRecorderException", message)
}

fn shown(recorder: &Recorder) -> Value {
    let mut shown = recorder.settings.clone();
    shown.insert("name".to_owned(), recorder.name.as_str().into());
    shown.insert("arn".to_owned(), recorder.arn.as_str().into());
    Value::Object(shown)
}

fn status(recorder: &Recorder) -> Value {
    let since = if recorder.recording { "lastStartTime" } else { "lastStopTime" };
    json!({
        "name": recorder.name,
        "arn": recorder.arn,
        "recording": recorder.recording,
        "lastStatus": if recorder.recording { "SUCCESS" } else { "PENDING" },
        "lastStatusChangeTime": recorder.changed,
        since: recorder.changed,
    })
}

/// What Config adds: it records all supported types but the global ones, continuously.
fn complete(settings: &mut Map<String, Value>) {
    let group = settings
        .entry("recordingGroup")
        .or_insert_with(|| json!({"allSupported": true, "includeGlobalResourceTypes": false}));
    for member in ["allSupported", "includeGlobalResourceTypes"] {
        if group.get(member).is_none() {
            group[member] = false.into();
        }
    }
    if group.get("resourceTypes").is_none() {
        group["resourceTypes"] = json!([]);
    }
    if group.get("exclusionByResourceTypes").is_none() {
        group["exclusionByResourceTypes"] = json!({"resourceTypes": []});
    }
    if group.get("recordingStrategy").is_none() {
        let all = group["allSupported"] == true;
        let only = if all { "ALL_SUPPORTED_RESOURCE_TYPES" } else { "INCLUSION_BY_RESOURCE_TYPES" };
        group["recordingStrategy"] = json!({"useOnly": only});
    }
    settings.entry("recordingMode").or_insert_with(
        || json!({"recordingFrequency": "CONTINUOUS", "recordingModeOverrides": []}),
    );
}

/// The rules of the API reference for ConfigurationRecorder and RecordingGroup.
fn check(given: &Value) -> Result<(), ApiError> {
    let role = given["roleARN"].as_str().unwrap_or_default();
    if !(role.starts_with("arn:") && role.contains(":role/")) {
        return Err(ApiError::new("InvalidRoleException", "The role is not the ARN of a role."));
    }
    group(&given["recordingGroup"])?;
    let mode = &given["recordingMode"];
    let overrides = mode["recordingModeOverrides"].as_array().cloned().unwrap_or_default();
    let known = |mode: &Value| {
        let frequency = mode.get("recordingFrequency").and_then(Value::as_str);
        matches!(frequency, Some("CONTINUOUS" | "DAILY"))
    };
    let wrong = mode.is_object() && !known(mode) || !overrides.iter().all(known);
    if wrong || overrides.len() > 1 {
        let message = "The frequency is CONTINUOUS or DAILY, with at most one override";
        return Err(ApiError::new("ValidationException", message));
    }
    Ok(())
}

fn group(group: &Value) -> Result<(), ApiError> {
    let refuse = |wrong: bool, message: &str| {
        let error = || Err(ApiError::new("InvalidRecordingGroupException", message));
        if wrong { error() } else { Ok(()) }
    };
    if !group.is_object() {
        return Ok(());
    }
    let count = |value: &Value| value["resourceTypes"].as_array().map_or(0, Vec::len);
    let (types, spared) = (count(group), count(&group["exclusionByResourceTypes"]));
    let all = group["allSupported"] == true;
    let only = group["recordingStrategy"]["useOnly"].as_str();
    refuse(all && types > 0, "All types are recorded, or those that are named")?;
    refuse(
        group["includeGlobalResourceTypes"] == true && !all,
        "Global types are included only where all supported types are recorded",
    )?;
    refuse(!all && types == 0 && spared == 0, "The recording group is empty")?;
    match only {
        None => refuse(spared > 0, "Exclusions need their strategy"),
        Some("ALL_SUPPORTED_RESOURCE_TYPES") => refuse(!all, "allSupported contradicts useOnly"),
        Some("INCLUSION_BY_RESOURCE_TYPES") => {
            refuse(all || types == 0, "The strategy needs types to include")
        }
        Some("EXCLUSION_BY_RESOURCE_TYPES") => {
            refuse(all || spared == 0, "The strategy needs types to exclude")
        }
        Some(_) => refuse(true, "The strategy is unknown"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_completed_as_config_shows_them() {
        let mut settings = Map::new();
        complete(&mut settings);
        assert_eq!(settings["recordingMode"]["recordingFrequency"], "CONTINUOUS");
        let only = &settings["recordingGroup"]["recordingStrategy"]["useOnly"];
        assert_eq!(only, "ALL_SUPPORTED_RESOURCE_TYPES");
        let names: BTreeMap<&String, &Value> = settings.iter().collect();
        assert_eq!(names.len(), 2);
    }
}
