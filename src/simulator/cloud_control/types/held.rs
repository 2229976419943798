//! Handlers of types whose service is asked in CloudFormation's own properties.

use serde_json::{Map, Value, json};

use super::parts::missing;
use crate::simulator::cloud_control::{
    resource_type::{Type, Update},
    schema::Model,
    site::{Failure, Site},
};

/// The operations of a service that handlers call.
pub(super) struct Calls {
    pub(super) service: &'static str,
    pub(super) create: &'static str,
    pub(super) read: &'static str,
    pub(super) update: &'static str,
    pub(super) delete: &'static str,
    pub(super) list: &'static str,
    /// Those that set and remove tags by ARN.
    pub(super) tags: (&'static str, &'static str),
}

/// A type with these handlers.
macro_rules! held {
    ($calls:expr; $tags:literal; $($field:ident: $value:expr),* $(,)?) => {
        Type {
            $($field: $value,)*
            create: |site, model| held::create($calls, $tags, site, model),
            read: |site, id| held::read(&TYPE, $calls, $tags, site, id),
            update: |site, update| held::update($calls, $tags, site, update),
            delete: |site, id| held::delete($calls, site, id),
            list: |site| held::list($calls, site),
        }
    };
}
pub(super) use held;

/// Tags as a map, whether the property is a map or a list.
fn tags(property: Option<&Value>) -> Map<String, Value> {
    match property {
        Some(Value::Object(all)) => all.clone(),
        Some(Value::Array(pairs)) => pairs
            .iter()
            .filter_map(|pair| Some((pair["Key"].as_str()?.to_owned(), pair["Value"].clone())))
            .collect(),
        _ => Map::new(),
    }
}

/// The property in which a type has its tags: a map where its name ends with a star.
fn tag_property(name: &str) -> (&str, bool) {
    name.strip_suffix('*').map_or((name, false), |name| (name, true))
}

pub(super) fn create(
    calls: &Calls,
    tagged: &str,
    site: &mut Site<'_, '_>,
    model: &Model,
) -> Result<String, Failure> {
    let (property, _) = tag_property(tagged);
    let mut properties = model.clone();
    let tags = tags(properties.remove(property).as_ref());
    let input = json!({"Properties": properties, "Tags": tags});
    let made = site.ask(calls.service, calls.create, &input)?;
    Ok(made["Id"].as_str().unwrap_or_default().to_owned())
}

pub(super) fn read(
    kind: &Type,
    calls: &Calls,
    tagged: &str,
    site: &mut Site<'_, '_>,
    id: &str,
) -> Result<Model, Failure> {
    let found = site.ask(calls.service, calls.read, &json!({"Id": id}))?;
    let Some(mut model) = found["Properties"].as_object().cloned() else {
        return Err(missing(kind, id));
    };
    let (property, is_map) = tag_property(tagged);
    let pairs = found["Tags"].as_object().into_iter().flatten();
    let tags = if is_map {
        found["Tags"].clone()
    } else {
        pairs.map(|(key, value)| json!({"Key": key, "Value": value})).collect()
    };
    model.insert(property.to_owned(), tags);
    if !kind.identifier.contains('|') {
        model.insert(kind.identifier.to_owned(), id.into());
    }
    if kind.read_only.contains(&"Arn") {
        model.insert("Arn".to_owned(), found["Arn"].clone());
    }
    Ok(model)
}

pub(super) fn update(
    calls: &Calls,
    tagged: &str,
    site: &mut Site<'_, '_>,
    update: &Update<'_>,
) -> Result<(), Failure> {
    let (property, _) = tag_property(tagged);
    let changed = update.changed.iter().filter(|name| *name != property);
    let changed: Map<String, Value> =
        changed.map(|name| (name.clone(), update.new.get(name).cloned().into())).collect();
    if !changed.is_empty() {
        let input = json!({"Id": update.id, "Properties": changed});
        site.ask(calls.service, calls.update, &input)?;
    }
    let [old, new] = [update.old, update.new].map(|model| tags(model.get(property)));
    let set: Map<String, Value> = new
        .iter()
        .filter(|(key, value)| old.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let gone: Vec<&String> =
        old.keys().filter(|key| !new.contains_key(*key) && !key.starts_with("aws:")).collect();
    if set.is_empty() && gone.is_empty() {
        return Ok(());
    }
    let found = site.ask(calls.service, calls.read, &json!({"Id": update.id}))?;
    if !set.is_empty() {
        let input = json!({"ResourceArn": found["Arn"], "Tags": set});
        site.ask(calls.service, calls.tags.0, &input)?;
    }
    if !gone.is_empty() {
        let input = json!({"ResourceArn": found["Arn"], "TagKeys": gone});
        site.ask(calls.service, calls.tags.1, &input)?;
    }
    Ok(())
}

pub(super) fn delete(calls: &Calls, site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask(calls.service, calls.delete, &json!({"Id": id}))?;
    Ok(())
}

pub(super) fn list(calls: &Calls, site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let found = site.ask(calls.service, calls.list, &json!({}))?;
    let all = found["Ids"].as_array().into_iter().flatten();
    Ok(all.filter_map(Value::as_str).map(str::to_owned).collect())
}
