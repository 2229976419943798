//! Services of which only the resources matter that Cloud Control manages: each has shelves with
//! resources of one sort. They are asked in the service's own operations, with the properties that
//! CloudFormation gives the resource in place of the members of the service's own API: nothing but
//! Cloud Control and the people of a test asks them, so that their own formats are not served.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Debug,
    marker::PhantomData,
};

use serde_json::{Map, Value, json};

use super::{
    api::{Named, Place, Service},
    iam::{Call, Need, Tags},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
    truth::{Thing, Truth, leaves},
};

/// The properties of a resource, without its tags.
pub type Properties = Map<String, Value>;

/// The shelves of one service.
pub trait Stock: Debug + Clone + Default + Send + Sync + 'static {
    /// One for each sort of resource.
    const SHELVES: &'static [&'static Shelf];
}

/// A sort of resource.
#[derive(Debug)]
pub struct Shelf {
    /// The name in credential scopes and in IAM's actions.
    pub(super) service: &'static str,
    /// The name of the kind in palisade.
    pub(super) kind: &'static str,
    /// The service's operations.
    pub(super) calls: Calls,
    /// The ARN without what comes before the account: `detector/{id}`, and whether it names a
    /// Region.
    pub(super) arn: (&'static str, bool),
    /// The last part of the ARN of a new resource, and its identifier in Cloud Control, which is
    /// the ARN where none is given.
    pub(super) names: fn(&Properties, &mut Context<'_>) -> (String, Option<String>),
    /// Adds what the service fills in.
    pub(super) complete: fn(&mut Properties, &Caller, &mut Context<'_>),
    /// What the service refuses: the new properties, the old ones of an update, and those of all
    /// other resources.
    pub(super) check: fn(&Asked<'_>) -> Result<(), ApiError>,
    /// Properties that no call sets.
    pub(super) generated: &'static [&'static str],
    /// The code of its error for what is not there.
    pub(super) missing: &'static str,
}

/// The operations of a sort of resource.
#[derive(Debug)]
pub struct Calls {
    pub(super) create: &'static str,
    pub(super) read: &'static str,
    pub(super) update: &'static str,
    pub(super) delete: &'static str,
    pub(super) list: &'static str,
    /// Whether a create is authorized for the ARN; otherwise for anything.
    pub(super) creates_named: bool,
    /// Further actions that a read needs on the ARN.
    pub(super) read_with: &'static [&'static str],
    /// Further actions that a create needs, each on anything.
    pub(super) create_with: &'static [&'static str],
    /// Further actions that an update needs, each on anything.
    pub(super) update_with: &'static [&'static str],
    /// The operations that set and remove tags by ARN.
    pub(super) tags: (&'static str, &'static str),
}

/// The usual operations that set and remove tags.
pub(super) const TAGS: (&str, &str) = ("TagResource", "UntagResource");

/// A change as the service sees it.
#[derive(Debug)]
pub struct Asked<'a> {
    pub(super) new: &'a Properties,
    pub(super) old: Option<&'a Properties>,
    pub(super) others: Vec<&'a Properties>,
}

impl Asked<'_> {
    pub(super) fn text(&self, property: &str) -> &str {
        self.new.get(property).and_then(Value::as_str).unwrap_or_default()
    }
}

/// A list of things with names, with what a request says of some: it leaves the others alone.
pub(super) fn merged(all: &Value, asked: &Value) -> Value {
    let mut all = all.as_array().cloned().unwrap_or_default();
    for item in asked.as_array().into_iter().flatten() {
        match all.iter_mut().find(|it| it["Name"] == item["Name"]) {
            Some(old) => *old = item.clone(),
            None => all.push(item.clone()),
        }
    }
    all.into()
}

/// Refuses with this error.
pub(super) fn refuse(wrong: bool, code: &str, message: &str) -> Result<(), ApiError> {
    if wrong { Err(ApiError::new(code, message)) } else { Ok(()) }
}

/// A resource.
#[derive(Debug, Clone)]
struct Kept {
    arn: String,
    properties: Properties,
    tags: Tags,
}

/// Where a resource is: its account, its Region and its kind.
type Spot = (String, String, &'static str);

/// The resources of one service.
#[derive(Debug, Clone, Default)]
pub struct Shelves<S> {
    all: BTreeMap<Spot, BTreeMap<String, Kept>>,
    stock: PhantomData<S>,
}

/// The verb of an operation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    Create,
    Read,
    Update,
    Delete,
    List,
}

fn verb_of(shelf: &Shelf, operation: &str) -> Option<Verb> {
    let Calls { create, read, update, delete, list, .. } = &shelf.calls;
    let all = [
        (create, Verb::Create),
        (update, Verb::Update),
        (delete, Verb::Delete),
        (list, Verb::List),
        (read, Verb::Read),
    ];
    all.into_iter().find(|(name, _)| **name == operation).map(|(_, verb)| verb)
}

/// Where one operation reads and lists, a request without an id lists.
fn found<S: Stock>(operation: &str, input: &Value) -> Option<(&'static Shelf, Verb)> {
    S::SHELVES.iter().find_map(|shelf| {
        let verb = verb_of(shelf, operation)?;
        let reads = verb == Verb::List && operation == shelf.calls.read && input["Id"].is_string();
        Some((*shelf, if reads { Verb::Read } else { verb }))
    })
}

/// Whether an operation is about what is on these shelves.
pub(super) fn has<S: Stock>(operation: &str) -> bool {
    S::SHELVES.iter().any(|shelf| verb_of(shelf, operation).is_some())
}

/// Tags as a map, or as a list of keys with values.
fn tags_of(input: &Value) -> Tags {
    if input["Tags"].is_array() {
        return super::iam::tags(&input["Tags"], "Key", "Value");
    }
    let all = input["Tags"].as_object().into_iter().flatten();
    all.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

impl Shelf {
    fn arn(&self, caller: &Caller, part: &str) -> String {
        let resource = self.arn.0.replace("{id}", part);
        let arn = caller.arn_of(self.service, &resource);
        if self.arn.1 {
            return arn;
        }
        arn.replacen(&format!(":{}:", caller.region), "::", 1)
    }

    fn gone(&self, id: &str) -> ApiError {
        ApiError::new(self.missing, format!("There is no {} {id}", self.kind))
    }
}

impl<S: Stock> Shelves<S> {
    fn spot(shelf: &Shelf, account: &str, region: &str) -> Spot {
        let region = if shelf.arn.1 { region } else { "" };
        (account.to_owned(), region.to_owned(), shelf.kind)
    }

    fn kept(&mut self, shelf: &Shelf, caller: &Caller, id: &str) -> Result<&mut Kept, ApiError> {
        let spot = Self::spot(shelf, &caller.account, &caller.region);
        let found = self.all.get_mut(&spot).and_then(|all| all.get_mut(id));
        found.ok_or_else(|| shelf.gone(id))
    }

    fn check(
        &self,
        shelf: &Shelf,
        caller: &Caller,
        new: &Properties,
        own: Option<(&str, &Properties)>,
    ) -> Result<(), ApiError> {
        let spot = Self::spot(shelf, &caller.account, &caller.region);
        let all = self.all.get(&spot).into_iter().flatten();
        let others = all.filter(|(id, _)| own.is_none_or(|(own, _)| own != id.as_str()));
        let others = others.map(|(_, kept)| &kept.properties).collect();
        (shelf.check)(&Asked { new, old: own.map(|(_, old)| old), others })
    }

    fn create(
        &mut self,
        shelf: &Shelf,
        caller: &Caller,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let mut properties = input["Properties"].as_object().cloned().unwrap_or_default();
        self.check(shelf, caller, &properties, None)?;
        let (part, id) = (shelf.names)(&properties, context);
        let arn = shelf.arn(caller, &part);
        let id = id.unwrap_or_else(|| arn.clone());
        (shelf.complete)(&mut properties, caller, context);
        let kept = Kept { arn: arn.clone(), properties, tags: tags_of(input) };
        let spot = Self::spot(shelf, &caller.account, &caller.region);
        self.all.entry(spot).or_default().insert(id.clone(), kept);
        Ok(json!({"Id": id, "Arn": arn}))
    }

    /// Properties that are `null` are removed.
    fn update(&mut self, shelf: &Shelf, caller: &Caller, id: &str, change: &Value) -> Answer {
        let old = self.kept(shelf, caller, id)?.properties.clone();
        let mut new = old.clone();
        for (property, value) in change.as_object().into_iter().flatten() {
            if value.is_null() {
                new.remove(property);
            } else {
                new.insert(property.clone(), value.clone());
            }
        }
        self.check(shelf, caller, &new, Some((id, &old)))?;
        self.kept(shelf, caller, id)?.properties = new;
        Ok(json!({}))
    }

    /// The tags of a resource, by ARN.
    fn retag(&mut self, arn: &str, change: impl FnOnce(&mut Tags)) -> Answer {
        let mut all = self.all.values_mut().flat_map(BTreeMap::values_mut);
        let Some(kept) = all.find(|kept| kept.arn == arn) else {
            let message = format!("There is no resource {arn}");
            return Err(ApiError::new("ResourceNotFoundException", message));
        };
        change(&mut kept.tags);
        Ok(json!({}))
    }
}

impl<S: Stock> Service for Shelves<S> {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let arn = input["ResourceArn"].as_str().unwrap_or_default();
        if S::SHELVES.iter().any(|shelf| shelf.calls.tags.0 == operation) {
            let set = tags_of(input);
            return self.retag(arn, |tags| tags.extend(set));
        }
        if S::SHELVES.iter().any(|shelf| shelf.calls.tags.1 == operation) {
            let gone = input["TagKeys"].as_array().into_iter().flatten();
            let gone: BTreeSet<&str> = gone.filter_map(Value::as_str).collect();
            return self.retag(arn, |tags| tags.retain(|key, _| !gone.contains(&**key)));
        }
        let Some((shelf, verb)) = found::<S>(operation, input) else {
            return Err(unknown_operation("service", operation));
        };
        let id = input["Id"].as_str().unwrap_or_default();
        match verb {
            Verb::Create => self.create(shelf, caller, input, context),
            Verb::Update => self.update(shelf, caller, id, &input["Properties"]),
            Verb::Read => {
                let kept = self.kept(shelf, caller, id)?;
                Ok(json!({"Properties": kept.properties, "Tags": kept.tags, "Arn": kept.arn}))
            }
            Verb::Delete => {
                self.kept(shelf, caller, id)?;
                let spot = Self::spot(shelf, &caller.account, &caller.region);
                self.all.entry(spot).or_default().remove(id);
                Ok(json!({}))
            }
            Verb::List => {
                let spot = Self::spot(shelf, &caller.account, &caller.region);
                let all = self.all.get(&spot).into_iter().flat_map(BTreeMap::keys);
                Ok(json!({"Ids": all.collect::<Vec<_>>()}))
            }
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        for ((account, _, kind), all) in &self.all {
            let Some(shelf) = S::SHELVES.iter().find(|shelf| shelf.kind == *kind) else { continue };
            for (id, kept) in all {
                let mut facts = BTreeSet::new();
                for (property, value) in &kept.properties {
                    if !shelf.generated.contains(&property.as_str()) {
                        leaves(property, value, &mut facts);
                    }
                }
                let (account, tags) = (account.clone(), kept.tags.clone());
                truth.things.insert(id.clone(), Thing { kind, account, tags, facts });
            }
        }
    }

    /// By ARN or identifier.
    fn find(&self, (account, region): Place<'_>, name: &str) -> Option<Named> {
        S::SHELVES.iter().find_map(|shelf| {
            let all = self.all.get(&Self::spot(shelf, account, region))?;
            let kept = all.get(name).or_else(|| all.values().find(|kept| kept.arn == name))?;
            Some((kept.arn.clone(), kept.tags.clone()))
        })
    }

    fn tagged(&self, (account, region): Place<'_>) -> Vec<Named> {
        let here = S::SHELVES.iter().filter(|shelf| shelf.arn.1 || region == HOME);
        let all = here.filter_map(|shelf| self.all.get(&Self::spot(shelf, account, region)));
        let tagged = all.flat_map(BTreeMap::values).filter(|kept| !kept.tags.is_empty());
        tagged.map(|kept| (kept.arn.clone(), kept.tags.clone())).collect()
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let named = |name: &str| call.find(call.service, name).unwrap_or_default();
        let set = tags_of(call.input);
        let tags = |of: fn(&Calls) -> &str| {
            S::SHELVES.iter().any(|shelf| of(&shelf.calls) == call.operation)
        };
        if tags(|calls| calls.tags.0) {
            let (arn, has) = named(call.text("ResourceArn"));
            return vec![call.need(&arn).of(&has).sets(&set)];
        }
        if tags(|calls| calls.tags.1) {
            let (arn, has) = named(call.text("ResourceArn"));
            return vec![call.need(&arn).of(&has).names(&call.texts("TagKeys"))];
        }
        let Some((shelf, verb)) = found::<S>(call.operation, call.input) else {
            return vec![call.need("*")];
        };
        let more = |actions: &'static [&'static str], arn: &str| {
            let needs = actions.iter().map(|action| call.other(action, arn));
            needs.collect::<Vec<_>>()
        };
        if verb == Verb::List {
            return vec![call.need("*")];
        }
        if verb == Verb::Create {
            let arn = shelf.arn(call.caller, "new");
            let on = if shelf.calls.creates_named { arn.as_str() } else { "*" };
            let mut needs = vec![call.need(on).sets(&set)];
            if !set.is_empty() {
                let action = format!("{}:{}", call.service, shelf.calls.tags.0);
                needs.push(call.other(&action, &arn).sets(&set));
            }
            needs.extend(more(shelf.calls.create_with, "*"));
            return needs;
        }
        // What does not exist is asked for by its ARN all the same.
        let id = call.text("Id");
        let (arn, has) = call.find(call.service, id).unwrap_or_else(|| {
            let arn =
                if id.starts_with("arn:") { id.to_owned() } else { shelf.arn(call.caller, id) };
            (arn, Tags::default())
        });
        let mut needs = vec![call.need(&arn).of(&has)];
        match verb {
            Verb::Read => needs.extend(more(shelf.calls.read_with, &arn)),
            Verb::Update => needs.extend(more(shelf.calls.update_with, "*")),
            _ => {}
        }
        needs
    }
}

/// Where global services answer the tag index.
const HOME: &str = "us-east-1";
