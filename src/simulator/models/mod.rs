//! The resources of services of which nothing else is simulated (CloudTrail, CloudWatch Logs, SNS,
//! …), as the handlers of Cloud Control's types keep them: a model each. Nobody calls this service
//! over the wire.
//!
//! A handler says with each call for which actions of the real service it stands, so that callers
//! need the permissions that they need in AWS.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::kinds::cloud_control::{
    cloudtrail_trail, cloudwatch_alarm, datazone_domain, ec2_transit_gateway,
    ec2_transit_gateway_attachment, ecr_repository, events_rule, logs_log_group,
    logs_metric_filter, s3_access_point, sns_topic, sns_topic_inline_policy, sqs_queue,
    sqs_queue_inline_policy,
};

use super::{
    api::{Api, Named, Pages, Place, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
    truth::{Thing, Truth, leaves},
};

/// The properties of the service for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "models",
    protocol: Protocol::Json { target: "Models" },
    throttled: Refusal::new("ThrottlingException", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// The types whose resources are here.
const KINDS: [&str; 14] = [
    cloudtrail_trail::NAME,
    cloudwatch_alarm::NAME,
    datazone_domain::NAME,
    ec2_transit_gateway::NAME,
    ec2_transit_gateway_attachment::NAME,
    ecr_repository::NAME,
    events_rule::NAME,
    logs_log_group::NAME,
    logs_metric_filter::NAME,
    s3_access_point::NAME,
    sns_topic::NAME,
    sns_topic_inline_policy::NAME,
    sqs_queue::NAME,
    sqs_queue_inline_policy::NAME,
];

type Tags = BTreeMap<String, String>;

/// A resource.
#[derive(Debug, Clone)]
struct Kept {
    arn: String,
    tags: Tags,
    model: Map<String, Value>,
}

/// The resources of one account and Region, by type and identifier.
type State = BTreeMap<(&'static str, String), Kept>;

/// The resources of all accounts and Regions.
#[derive(Debug, Clone, Default)]
pub struct Models {
    regions: BTreeMap<(String, String), State>,
}

impl Service for Models {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        _context: &mut Context<'_>,
    ) -> Answer {
        let key = (caller.account.clone(), caller.region.clone());
        let state = self.regions.entry(key).or_default();
        match operation {
            "PutModel" => put(state, input),
            "GetModel" => get(state, input),
            "ListModels" => {
                let kind = kind(input)?;
                let ids = state.keys().filter(|(of, _)| *of == kind).map(|(_, id)| id);
                Ok(json!({"Ids": ids.collect::<Vec<_>>()}))
            }
            "DeleteModel" => delete(state, input),
            "TagModel" => tagged(state, input, |tags| {
                let set = input["Tags"].as_object().into_iter().flatten();
                let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                tags.extend(set.map(|(key, value)| (key.clone(), text(value))));
            }),
            "UntagModel" => tagged(state, input, |tags| {
                let gone = input["Keys"].as_array().into_iter().flatten();
                gone.filter_map(Value::as_str).for_each(|key| drop(tags.remove(key)));
            }),
            _ => Err(unknown_operation("service", operation)),
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        for ((account, region), state) in &self.regions {
            for ((kind, id), kept) in state {
                let mut facts = BTreeSet::new();
                for (member, value) in &kept.model {
                    leaves(member, value, &mut facts);
                }
                let thing =
                    Thing { kind, account: account.clone(), tags: kept.tags.clone(), facts };
                truth.things.insert(format!("{kind}/{account}/{region}/{id}"), thing);
            }
        }
    }

    fn find(&self, (account, region): Place<'_>, arn: &str) -> Option<Named> {
        let here = self.regions.get(&(account.to_owned(), region.to_owned()))?;
        let kept = here.values().find(|kept| kept.arn == arn)?;
        Some((kept.arn.clone(), kept.tags.clone()))
    }

    fn tagged(&self, (account, region): Place<'_>) -> Vec<Named> {
        let here = self.regions.get(&(account.to_owned(), region.to_owned()));
        let all = here.into_iter().flat_map(BTreeMap::values);
        let tagged = all.filter(|kept| !kept.tags.is_empty());
        tagged.map(|kept| (kept.arn.clone(), kept.tags.clone())).collect()
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let found = call.find(call.service, call.text("Arn")).map(|(_, tags)| tags);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let set = call.input["Tags"].as_object().into_iter().flatten();
        let set: Tags = set.map(|(key, value)| (key.clone(), text(value))).collect();
        // What the handler calls after the one that makes it finds it there, with its tags.
        let is_new = found.is_none();
        let has = found.unwrap_or_default();
        let needs = call.input["Needs"].as_array().into_iter().flatten();
        let needed = needs.map(|need| {
            let resource = need["Resource"].as_str().unwrap_or("*");
            let asked = call.other(&text(&need["Action"]), resource);
            let asked = match resource {
                "*" => asked,
                arn if is_new && need["Tags"] != true && arn == call.text("Arn") => asked.of(&set),
                _ => asked.of(&has),
            };
            let asked = match need["PassedTo"].as_str() {
                Some(service) => asked.with("iam:PassedToService", service),
                None => asked,
            };
            let asked = match need["CreateAction"].as_str() {
                Some(action) => asked.with("ec2:CreateAction", action),
                None => asked,
            };
            match (need["Tags"] == true, call.operation) {
                (true, "UntagModel") => asked.names(&call.texts("Keys")),
                (true, _) => asked.sets(&set),
                (false, _) => asked,
            }
        });
        needed.collect()
    }
}

fn text(input: &Value, member: &str) -> String {
    input[member].as_str().unwrap_or_default().to_owned()
}

fn kind(input: &Value) -> Result<&'static str, ApiError> {
    let name = text(input, "Kind");
    KINDS.into_iter().find(|kind| *kind == name).ok_or_else(|| missing(&name))
}

/// A new resource gets the tags of the call; those of one that exists are changed by themselves.
fn put(state: &mut State, input: &Value) -> Answer {
    let key = (kind(input)?, text(input, "Id"));
    let new = input["Tags"].as_object().into_iter().flatten();
    let new = new.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    let tags = state.get(&key).map_or_else(|| new.collect(), |kept| kept.tags.clone());
    let model = input["Model"].as_object().cloned().unwrap_or_default();
    state.insert(key, Kept { arn: text(input, "Arn"), tags, model });
    Ok(Value::Null)
}

/// What is a part of it goes too: the types of parts come after that of the whole.
fn delete(state: &mut State, input: &Value) -> Answer {
    let key = (kind(input)?, text(input, "Id"));
    let gone = state.remove(&key).ok_or_else(|| missing(&key.1))?;
    state.retain(|(kind, _), kept| kept.arn != gone.arn || *kind < key.0);
    Ok(Value::Null)
}

fn get(state: &State, input: &Value) -> Answer {
    let id = text(input, "Id");
    let kept = state.get(&(kind(input)?, id.clone())).ok_or_else(|| missing(&id))?;
    Ok(json!({"Model": kept.model, "Tags": kept.tags, "Arn": kept.arn}))
}

fn tagged(state: &mut State, input: &Value, change: impl FnOnce(&mut Tags)) -> Answer {
    let arn = text(input, "Arn");
    let kept = state.values_mut().find(|kept| kept.arn == arn).ok_or_else(|| missing(&arn))?;
    change(&mut kept.tags);
    Ok(Value::Null)
}

fn missing(id: &str) -> ApiError {
    ApiError::new("NoSuchModel", format!("{id} does not exist"))
}
