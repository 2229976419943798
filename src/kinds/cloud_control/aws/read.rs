//! Resources as Cloud Control describes them.

use std::collections::BTreeSet;

use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::{
    super::{overlay::Supplement, table::TYPE, types::Type},
    Operation, Resources,
    requests::request_of,
    word,
};
use crate::{
    aws::resource_control::{Described, Progress, Tagged},
    kind::{
        Class, CloudError,
        table::{ACCOUNT, FAILURE, Found, PARTITION, PROPERTIES, Page, Tree, UNREAD},
    },
    model::{Observed, Phase, PhysicalId, Tags, claim::OWNER_TAG},
};

/// How many resources are read at the same time.
const AT_ONCE: usize = 8;

impl Resources {
    /// Everything of the type that carries our claim, as far as the index knows.
    pub(super) async fn indexed(&self) -> Result<Page, CloudError> {
        let owner = self.owner.get().map(String::as_str).unwrap_or_default();
        let all = self.cloud_control.tagged(&self.tagged, owner).await?;
        let ours = all.iter().filter_map(|Tagged { arn, tags }| {
            let id = self.of?.id_in(arn, &self.facts)?;
            let (arn, tags) = (Some(arn.clone()), Some(tags.clone()));
            Some(Found { arn, tags, ..Found::of(PhysicalId(id)) })
        });
        Ok(Page { found: ours.collect(), ..Page::default() })
    }

    /// One page of all resources of the type.
    pub(super) async fn listed(
        &self,
        of: &Type,
        token: Option<String>,
    ) -> Result<Page, CloudError> {
        let (ids, next) = self.cloud_control.list(of.overlay.name, None, token).await?;
        let found = ids.into_iter().map(|id| Found::of(PhysicalId(id))).collect();
        Ok(Page { found, next, ..Page::default() })
    }

    /// Every role below the path of the settings, whole as far as it can be read: no list has tags.
    pub(super) async fn below_path(&self) -> Result<Page, CloudError> {
        let found = self.read_each(&self.roles.names().await?).await;
        Ok(Page { found, ..Page::default() })
    }

    /// Resources whose list does not say whose they are, each read whole.
    pub(super) async fn read_each(&self, ids: &[String]) -> Vec<Found> {
        let mut found = Vec::new();
        for some in ids.chunks(AT_ONCE) {
            let reads = join_all(some.iter().map(|id| self.described(id))).await;
            for (id, read) in some.iter().zip(reads) {
                match read {
                    Ok(Some(live)) => found.push(self.found(live)),
                    Ok(None) => {}
                    // Asked again for its tags, which says that this one is unknown.
                    Err(_) => found.push(Found::of(PhysicalId(id.clone()))),
                }
            }
        }
        found
    }

    /// The identifier that is meant: of a resource that was being created, what its request says.
    pub(super) async fn known_id(&self, id: &PhysicalId) -> Result<Option<String>, CloudError> {
        let Some(request) = request_of(id) else { return Ok(Some(id.to_string())) };
        let Some(request) = self.cloud_control.status(request).await? else { return Ok(None) };
        // The identifier of a failed create may be that of somebody else's resource.
        Ok(request.id.filter(|_| !matches!(request.progress, Progress::Failed(_))))
    }

    /// A resource with its tags; none if there is no such resource.
    pub(super) async fn described(&self, id: &str) -> Result<Option<Observed<Value>>, CloudError> {
        let of = self.of()?;
        let Some(described) = self.cloud_control.get(of.overlay.name, id).await? else {
            return Ok(None);
        };
        let mut live = self.observed(of, described)?;
        if of.facts.tags.is_some() && live.tags.is_empty() && self.sent.is_new(live.id.as_str()) {
            // Without its claim it would be somebody else's, and another one would be made.
            let why = "it was created with tags, and the answer has none yet";
            return Err(CloudError::new("cloudcontrol:GetResource", Class::Unknown, why));
        }
        if let Some(supplement) = of.overlay.supplement {
            self.read_supplement(supplement, &mut live).await;
        }
        Ok(Some(live))
    }

    /// What its model does not have. If that cannot be read, the rest is known all the same.
    async fn read_supplement(&self, supplement: Supplement, live: &mut Observed<Value>) {
        let path = (supplement.row)().path;
        let read = (supplement.read)(&self.access, live.id.as_str()).await;
        let Value::Object(state) = &mut live.state else { return };
        match read {
            Ok(value) => drop(state.insert(path.into_owned(), value)),
            Err(why) => {
                state.insert(UNREAD.to_owned(), json!({path.as_ref(): why.to_string()}));
                state.insert(path.into_owned(), Value::Null);
            }
        }
    }

    fn observed(
        &self,
        of: &Type,
        Described { id, properties }: Described,
    ) -> Result<Observed<Value>, CloudError> {
        let lacks = of.overlay.always.iter().find(|path| properties.get(**path).is_none());
        if let Some(path) = lacks {
            // A handler without a permission leaves out what it may not read.
            let why = format!("the answer lacks {path}, which every resource of the type has");
            return Err(CloudError::new("cloudcontrol:GetResource", Class::Unknown, why));
        }
        let Value::Object(mut members) = properties else { return Err(unreadable()) };
        let tags = match &of.facts.tags {
            Some(tagging) => tags_of(members.shift_remove(&tagging.property).as_ref(), tagging.map),
            None => Tags::new(),
        };
        let mut state = Tree::new();
        state.insert(TYPE.to_owned(), json!(of.overlay.name));
        state.insert(PROPERTIES.to_owned(), Value::Object(members));
        let failed = self.sent.of(&id).filter(|it| it.operation == Operation::Update);
        if let Some(why) = failed.and_then(|it| it.failure) {
            state.insert(FAILURE.to_owned(), json!(why.to_string()));
        }
        state.insert(PARTITION.to_owned(), json!(self.facts.partition));
        state.insert(ACCOUNT.to_owned(), json!(self.facts.account));
        let phase = match self.busy_with(&id) {
            Some(operation) => Phase::Settling(word(operation).to_owned()),
            None => Phase::Ready,
        };
        let said = || state.get(PROPERTIES).and_then(|it| it["Arn"].as_str().map(str::to_owned));
        let arn = self.arn_of(&id).or_else(said).unwrap_or_default();
        Ok(Observed { id: PhysicalId(id), arn, tags, phase, state: Value::Object(state) })
    }

    /// A resource that was read whole, as a list would show it.
    pub(super) fn found(&self, live: Observed<Value>) -> Found {
        let empty = Value::Null;
        let properties = live.state.get(PROPERTIES).unwrap_or(&empty);
        let name =
            self.of.and_then(|of| of.natural_key_of(live.id.as_str(), properties, &self.facts));
        let names: BTreeSet<String> = name.into_iter().collect();
        Found {
            names,
            arn: Some(live.arn.clone()),
            tags: Some(live.tags.clone()),
            whole: Some(live.clone()),
            ..Found::of(live.id)
        }
    }
}

/// The properties of a resource that is to be created, with its tags.
pub(super) fn with_tags(of: &Type, mut wanted: Value, tags: &Tags) -> Value {
    if let (Some(tagging), Value::Object(members)) = (&of.facts.tags, &mut wanted) {
        let value = if tagging.map {
            json!(tags)
        } else {
            let pairs = tags.iter().map(|(key, value)| json!({"Key": key, "Value": value}));
            pairs.collect()
        };
        members.insert(tagging.property.clone(), value);
    }
    wanted
}

/// The tags decide who owns a resource: an answer without any, of a resource that the index has
/// with our claim, is not complete.
pub(super) fn is_complete(live: &Observed<Value>, indexed: &Tags) -> Result<(), CloudError> {
    if !live.tags.is_empty() || !indexed.contains_key(OWNER_TAG) {
        return Ok(());
    }
    let why = "the answer has no tags, and the tag index has them";
    Err(CloudError::new("cloudcontrol:GetResource", Class::Unknown, why))
}

fn unreadable() -> CloudError {
    CloudError::new("cloudcontrol:GetResource", Class::Unknown, "its properties are no object")
}

/// The tags in a property: a map, or a list of keys with values.
fn tags_of(property: Option<&Value>, map: bool) -> Tags {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    match property {
        Some(Value::Object(all)) if map => {
            all.iter().filter_map(|(key, value)| Some((key.clone(), text(Some(value))?))).collect()
        }
        Some(Value::Array(pairs)) => pairs
            .iter()
            .filter_map(Value::as_object)
            .filter_map(|pair: &Map<String, Value>| {
                Some((text(pair.get("Key"))?, text(pair.get("Value")).unwrap_or_default()))
            })
            .collect(),
        _ => Tags::new(),
    }
}
