//! Types whose service is not simulated by itself: the model is kept as it is given, with what the
//! service fills in, and refused as the service refuses it.

use serde_json::{Map, Value, json};

use super::parts::{missing, tag_changes};
use crate::simulator::{
    cloud_control::{
        resource_type::{Type, Update},
        schema::Model,
        site::{Failure, Site},
    },
    iam::roles,
    service::arn_of,
};

/// Such a type.
pub(super) struct Kept {
    /// The identifier of the resource with this model, and its ARN.
    pub names: fn(&mut Site<'_, '_>, &Model) -> (String, String),
    /// Why the service does not take a model: the one of before, if there is one, and the new one.
    pub admit: fn(&mut Site<'_, '_>, Option<&Model>, &Model) -> Result<(), Failure>,
    /// What a read has in addition to what was given.
    pub fill: fn(&Site<'_, '_>, &mut Model, &str),
    /// Why the service does not delete it.
    pub stays: fn(&mut Site<'_, '_>, &Model) -> Option<&'static str>,
    /// The actions of the service that the handlers need.
    pub calls: Calls,
    /// The service that gets the roles of the model.
    pub passes_to: &'static str,
}

/// Actions of a service, those of the resource itself unless they are marked with `*`.
pub(super) struct Calls {
    /// To create it, with its tags: the ones that carry them are marked with `+`.
    pub create: &'static [&'static str],
    pub read: &'static [&'static str],
    /// To change a property; without a property, whatever is changed.
    pub change: &'static [(&'static str, &'static str)],
    pub delete: &'static [&'static str],
    pub tag: &'static str,
    pub untag: &'static str,
}

/// The handlers of a kept type.
macro_rules! handlers {
    ($kept:ident) => {
        fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
            kept::create(site, (&TYPE, &$kept), model)
        }

        fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
            kept::read(site, (&TYPE, &$kept), id)
        }

        fn update(site: &mut Site<'_, '_>, update: &Update<'_>) -> Result<(), Failure> {
            kept::update(site, (&TYPE, &$kept), update)
        }

        fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
            kept::delete(site, (&TYPE, &$kept), id)
        }

        fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
            kept::list(site, &TYPE)
        }
    };
}
pub(super) use handlers;

type Of<'k> = (&'k Type, &'k Kept);

/// One permission, from how the table writes it.
fn need(action: &str, arn: &str) -> Value {
    let (plain, tags) = (action.trim_end_matches(['*', '+']), action.ends_with('+'));
    let resource = if action.trim_end_matches('+').ends_with('*') { "*" } else { arn };
    json!({"Action": plain, "Resource": resource, "Tags": tags})
}

fn passed(kept: &Kept, model: &Model) -> Vec<Value> {
    let whole = Value::Object(model.clone());
    let all = roles(&whole).into_iter().map(
        |role| json!({"Action": "iam:PassRole", "Resource": role, "PassedTo": kept.passes_to}),
    );
    if kept.passes_to.is_empty() { Vec::new() } else { all.collect() }
}

/// The tags of a model as a map.
fn tags(model: &Model) -> Map<String, Value> {
    let all = model.get("Tags").and_then(Value::as_array).into_iter().flatten();
    let pair = |tag: &Value| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].clone()));
    all.filter_map(pair).collect()
}

fn without_tags(kind: &Type, model: &Model) -> Model {
    let mut model = model.clone();
    model.retain(|name, _| name != "Tags" && !kind.read_only.contains(&name.as_str()));
    model
}

pub(super) fn create(
    site: &mut Site<'_, '_>,
    (kind, kept): Of<'_>,
    model: &Model,
) -> Result<String, Failure> {
    let (id, arn) = (kept.names)(site, model);
    if stored(site, kind, &id).is_ok() {
        return Err(Failure::new("AlreadyExists", format!("{id} already exists.")));
    }
    (kept.admit)(site, None, model)?;
    let mut needs: Vec<Value> = kept.calls.create.iter().map(|it| need(it, &arn)).collect();
    // EC2 says in which call new tags come.
    if let [creates, "ec2:CreateTags+"] = kept.calls.create {
        needs[1]["CreateAction"] = creates.trim_start_matches("ec2:").trim_end_matches('+').into();
    }
    needs.extend(changes(kept, model.keys().map(String::as_str), &arn));
    needs.extend(passed(kept, model));
    put(site, (kind, kept), (&id, &arn), model, (&needs, &tags(model)))?;
    Ok(id)
}

/// The actions for the properties in a call. What a property has no action of comes with the call.
fn changes<'m>(kept: &Kept, properties: impl Iterator<Item = &'m str>, arn: &str) -> Vec<Value> {
    let properties: Vec<&str> = properties.collect();
    let named = kept.calls.change.iter().filter(|(name, _)| properties.contains(name));
    named.map(|(_, action)| need(action, arn)).collect()
}

/// Keeps the model with what the service fills in, as a later change finds it.
fn put(
    site: &mut Site<'_, '_>,
    (kind, kept): Of<'_>,
    (id, arn): (&str, &str),
    model: &Model,
    (needs, tags): (&[Value], &Map<String, Value>),
) -> Result<(), Failure> {
    let mut model = model.clone();
    (kept.fill)(site, &mut model, arn);
    let model = without_tags(kind, &model);
    let input = json!({
        "Kind": kind.name, "Id": id, "Arn": arn, "Model": model, "Needs": needs, "Tags": tags
    });
    site.ask("models", "PutModel", &input)?;
    Ok(())
}

/// What is kept, without permissions.
fn stored(site: &mut Site<'_, '_>, kind: &Type, id: &str) -> Result<Value, Failure> {
    let answer = site.peek("models", "GetModel", &json!({"Kind": kind.name, "Id": id}));
    answer.map_err(|_| missing(kind, id))
}

pub(super) fn read(
    site: &mut Site<'_, '_>,
    (kind, kept): Of<'_>,
    id: &str,
) -> Result<Model, Failure> {
    let found = stored(site, kind, id)?;
    let arn = found["Arn"].as_str().unwrap_or_default().to_owned();
    let needs: Vec<Value> = kept.calls.read.iter().map(|it| need(it, &arn)).collect();
    let input = json!({"Kind": kind.name, "Id": id, "Arn": arn, "Needs": needs});
    let answer = site.ask("models", "GetModel", &input)?;
    let mut model = answer["Model"].as_object().cloned().unwrap_or_default();
    (kept.fill)(site, &mut model, &arn);
    if kind.members.iter().any(|member| member.name == "Tags") {
        let tags = answer["Tags"].as_object().into_iter().flatten();
        let tags = tags.map(|(key, value)| json!({"Key": key, "Value": value}));
        model.insert("Tags".to_owned(), tags.collect());
    }
    Ok(model)
}

pub(super) fn update(
    site: &mut Site<'_, '_>,
    (kind, kept): Of<'_>,
    update: &Update<'_>,
) -> Result<(), Failure> {
    (kept.admit)(site, Some(update.old), update.new)?;
    let found = stored(site, kind, update.id)?;
    let arn = found["Arn"].as_str().unwrap_or_default().to_owned();
    let own = update.changed.iter().map(String::as_str).filter(|name| *name != "Tags");
    let own: Vec<&str> = own.collect();
    if !own.is_empty() {
        let mut needs = changes(kept, own.iter().copied(), &arn);
        needs.extend(changes(kept, [""].into_iter(), &arn));
        needs.extend(passed(kept, update.new));
        put(site, (kind, kept), (update.id, &arn), update.new, (&needs, &Map::new()))?;
    }
    let (set, gone) = tag_changes(update.old, update.new);
    if !set.is_empty() {
        let all: Map<String, Value> = set
            .iter()
            .filter_map(|tag| Some((tag["Key"].as_str()?.to_owned(), tag["Value"].clone())))
            .collect();
        let needs = [need(&format!("{}+", kept.calls.tag), &arn)];
        site.ask("models", "TagModel", &json!({"Arn": arn, "Tags": all, "Needs": needs}))?;
    }
    if !gone.is_empty() {
        let needs = [need(&format!("{}+", kept.calls.untag), &arn)];
        site.ask("models", "UntagModel", &json!({"Arn": arn, "Keys": gone, "Needs": needs}))?;
    }
    Ok(())
}

pub(super) fn delete(
    site: &mut Site<'_, '_>,
    (kind, kept): Of<'_>,
    id: &str,
) -> Result<(), Failure> {
    let found = stored(site, kind, id)?;
    let mut model = found["Model"].as_object().cloned().unwrap_or_default();
    let arn = found["Arn"].as_str().unwrap_or_default();
    (kept.fill)(site, &mut model, arn);
    if let Some(why) = (kept.stays)(site, &model) {
        return Err(Failure::new("GeneralServiceException", why));
    }
    let needs: Vec<Value> = kept.calls.delete.iter().map(|it| need(it, arn)).collect();
    let input = json!({"Kind": kind.name, "Id": id, "Arn": arn, "Needs": needs});
    site.ask("models", "DeleteModel", &input)?;
    Ok(())
}

pub(super) fn list(site: &mut Site<'_, '_>, kind: &Type) -> Result<Vec<String>, Failure> {
    let answer = site.ask("models", "ListModels", &json!({"Kind": kind.name}))?;
    let ids = answer["Ids"].as_array().into_iter().flatten().filter_map(Value::as_str);
    Ok(ids.map(str::to_owned).collect())
}

/// The models of every resource of a kept type.
pub(super) fn models(site: &mut Site<'_, '_>, kind: &str) -> Vec<Model> {
    let all = site.peek("models", "ListModels", &json!({"Kind": kind})).unwrap_or_default();
    let ids = all["Ids"].as_array().cloned().unwrap_or_default();
    let found = ids.into_iter().filter_map(|id| {
        let asked = json!({"Kind": kind, "Id": id});
        site.peek("models", "GetModel", &asked).ok()?["Model"].as_object().cloned()
    });
    found.collect()
}

/// Whether a resource of a kept type exists.
pub(super) fn exists(site: &mut Site<'_, '_>, kind: &str, id: &str) -> bool {
    site.peek("models", "GetModel", &json!({"Kind": kind, "Id": id})).is_ok()
}

/// The ARN of something in the place of a call.
pub(super) fn arn(site: &Site<'_, '_>, service: &str, resource: &str) -> String {
    let caller = site.caller;
    arn_of(service, (&caller.account, &caller.region), resource)
}

/// A key as the services show it that complete it: an id as an ARN.
pub(super) fn key_arn(site: &Site<'_, '_>, key: &str) -> String {
    let is_id = key.len() >= 32 && key.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    if is_id { arn(site, "kms", &format!("key/{key}")) } else { key.to_owned() }
}

/// A refusal in the words of the service.
pub(super) fn refused<T>(message: impl Into<String>) -> Result<T, Failure> {
    Err(Failure::new("InvalidRequest", message))
}
