//! A policy that changes, and the calls that it decides.

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
};

use super::{
    Ground,
    context::{Call, Fact},
};
use serde_json::Value;

use crate::{
    kind::{Guarded, Reach, has_placeholder, stands_for_something_later},
    model::{
        Address,
        policy_document::{
            ANY_TEXT, Applied, Bearing, PolicyChange, PolicyDocument, Relevant, Request,
            supports_resource_control,
        },
    },
};

/// What a policy is attached to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// A service control policy: principals of accounts below its targets.
    Accounts,
    /// A resource control policy: resources of accounts below its targets.
    Resources,
    /// A key, by its ARN if it is known.
    Key(Option<String>),
    /// A bucket, or something else that has such a policy, by its ARN.
    Bucket(String),
    /// An endpoint, by its id if it is known; with the prefixes of the actions that pass, if they
    /// are known.
    Endpoint(Option<String>, BTreeSet<String>),
}

/// A policy with its text and its targets, before and after a change.
#[derive(Debug)]
pub struct Policy {
    /// The manifest.
    pub address: Address,
    /// The account of the manifest's scope.
    pub account: String,
    /// What it is attached to.
    pub attached: Attached,
    targets: [BTreeSet<String>; 2],
    /// The change where it is in force before and after, only before, only after.
    both: PolicyChange,
    lost: PolicyChange,
    gained: PolicyChange,
    pub(super) tells_sessions_apart: bool,
}

/// What of a policy matters to an action.
#[derive(Debug, Clone)]
pub(super) struct Concern {
    /// The number of the policy.
    pub(super) number: usize,
    /// What of a call can decide it, apart from whether the policy is in force.
    pub(super) bearing: Bearing,
    relevant: Relevant,
}

/// Whether a policy is in force for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum InForce {
    No,
    Yes,
    /// It depends on this.
    Unknown(&'static str),
}

impl From<bool> for InForce {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// Calls of KMS that are not about a key (service authorization reference).
const WITHOUT_KEY: [&str; 4] =
    ["kms:CreateKey", "kms:GenerateRandom", "kms:ListAliases", "kms:ListKeys"];

const WHICH_ACCOUNT: &str = "whether the account is below the policy's targets";
const WHICH_OWNER: &str = "the account of the resource";

impl Policy {
    /// The policies of a manifest whose document or targets change; `live` is the id and the ARN of
    /// its resource, if there is one.
    ///
    /// A document that cannot be read is an error with the reason: what it says is not known.
    ///
    /// # Errors
    /// See above.
    pub fn of(
        address: &Address,
        account: &str,
        region: &str,
        live: Option<(&str, &str)>,
        (before, after): (Vec<Guarded>, Vec<Guarded>),
    ) -> Result<Vec<Self>, &'static str> {
        let decides =
            |it: &Guarded| !matches!(it.reach, Reach::Settings(_) | Reach::Assignments { .. });
        let mut before = before.into_iter().filter(decides);
        let mut after = after.into_iter().filter(decides);
        let mut found = Vec::new();
        loop {
            let (old, new) = (before.next(), after.next());
            let Some(reach) = new.as_ref().or(old.as_ref()).map(|it| it.reach.clone()) else {
                return Ok(found);
            };
            let old = old.map(with_holes).transpose()?;
            let new = new.map(with_holes).transpose()?;
            let Some(attached) = Attached::of(&reach, live, region) else { continue };
            let policy = Self::new(address, account, attached, [old, new]);
            found.extend(policy.filter(Self::is_change));
        }
    }

    /// `None` if nothing can be said of the change: the resource comes or goes with its policy, and
    /// nobody has called it.
    fn new(
        address: &Address,
        account: &str,
        attached: Attached,
        [old, new]: [Option<Guarded>; 2],
    ) -> Option<Self> {
        let decides_alone = matches!(attached, Attached::Key(_) | Attached::Endpoint(..));
        if decides_alone && (old.is_none() || new.is_none()) {
            return None;
        }
        let targets = [&old, &new]
            .map(|it| it.as_ref().and_then(|it| it.reach.places().cloned()).unwrap_or_default());
        let [old, new] = [old, new].map(|it| it.and_then(|it| it.document));
        let both = PolicyChange::new(old.clone(), new.clone());
        let tells_sessions_apart =
            ["assumed-role/", "aws:userid", "AROA"].iter().any(|it| both.mentions(it));
        Some(Self {
            address: address.clone(),
            account: account.to_owned(),
            attached,
            targets,
            both,
            lost: PolicyChange::new(old, None::<PolicyDocument>),
            gained: PolicyChange::new(None, new),
            tells_sessions_apart,
        })
    }

    fn is_change(&self) -> bool {
        self.both.is_change() || self.targets[0] != self.targets[1]
    }

    /// What of the policy, the one with this number, matters to an action; `None` if nothing.
    pub(super) fn concern(&self, number: usize, action: &str) -> Option<Concern> {
        self.may_concern(action).then(|| Concern {
            number,
            bearing: self.both.bearing(action),
            relevant: self.both.relevant(action),
        })
    }

    /// Which statements apply to a request.
    pub(super) fn apply(&self, request: &Request, concern: &Concern) -> Applied<'_> {
        self.both.apply(request, &concern.relevant)
    }

    /// Whether a call of this action may be decided otherwise.
    fn may_concern(&self, action: &str) -> bool {
        if self.targets[0] == self.targets[1] {
            self.both.may_concern(action)
        } else {
            self.lost.may_concern(action) || self.gained.may_concern(action)
        }
    }

    /// The changes of documents that may decide a call, with what it depends on which of them does.
    pub(super) fn changes(
        &self,
        call: &Call<'_>,
        resource: &str,
    ) -> (Vec<&PolicyChange>, Option<&'static str>) {
        let [before, after] = [0, 1].map(|side| self.in_force(&self.targets[side], call, resource));
        match (before, after) {
            (InForce::No, InForce::No) => (Vec::new(), None),
            (InForce::Yes, InForce::Yes) => (vec![&self.both], None),
            (InForce::Yes, InForce::No) => (vec![&self.lost], None),
            (InForce::No, InForce::Yes) => (vec![&self.gained], None),
            (InForce::Unknown(what), _) | (_, InForce::Unknown(what)) => {
                let mut changes = vec![&self.both];
                if self.targets[0] != self.targets[1] {
                    changes.extend([&self.lost, &self.gained]);
                }
                (changes, Some(what))
            }
        }
    }

    /// Digests everything of a call that decides whether the policy is in force for it.
    pub(super) fn digest_place(&self, call: &Call<'_>, resource: &str, into: &mut impl Hasher) {
        let record = call.record;
        (&record.user_identity.account_id, call.is_further).hash(into);
        match &self.attached {
            Attached::Accounts => (record.is_of_aws(), is_service_linked(call)).hash(into),
            Attached::Resources => (is_service_linked(call), owner(call)).hash(into),
            Attached::Key(_) | Attached::Bucket(_) => resource.hash(into),
            Attached::Endpoint(..) => {
                let is_absent = call.fact("aws:sourcevpce") == Fact::Absent;
                (record.address().is_some(), is_absent).hash(into);
                (&record.vpc_endpoint_id, &record.recipient_account_id).hash(into);
            }
        }
    }

    fn in_force(&self, targets: &BTreeSet<String>, call: &Call<'_>, resource: &str) -> InForce {
        let service = call.action.split(':').next().unwrap_or_default();
        let any = ANY_TEXT.to_string();
        match &self.attached {
            // Service-linked roles and the services themselves are not limited (Organizations user
            // guide).
            Attached::Accounts if call.record.is_of_aws() || is_service_linked(call) => InForce::No,
            Attached::Accounts => {
                any_below(targets, &call.record.user_identity.account_id, call.ground)
            }
            Attached::Resources if is_service_linked(call) => InForce::No,
            Attached::Resources if service != any && !supports_resource_control(service) => {
                InForce::No
            }
            Attached::Resources => match owner(call) {
                Some(account) => any_below(targets, account, call.ground),
                None => InForce::Unknown(WHICH_OWNER),
            },
            // Of the resource that the call makes.
            Attached::Key(_) if call.is_further => InForce::No,
            Attached::Key(arn) => match arn {
                _ if service != "kms" && service != any => InForce::No,
                _ if is_without_key(call.action) => InForce::No,
                Some(arn) if resource == arn => InForce::Yes,
                Some(_) if !resource.contains(ANY_TEXT) => InForce::No,
                _ => InForce::Unknown("which key was used"),
            },
            Attached::Bucket(arn) => {
                let of = arn.split(':').nth(2).unwrap_or_default();
                let below = resource.strip_prefix(arn.as_str());
                match below {
                    _ if has_placeholder(arn) => InForce::Unknown("which bucket it is"),
                    _ if service != of && service != any => InForce::No,
                    _ if call.action == "s3:ListAllMyBuckets" => InForce::No,
                    Some(rest) if rest.is_empty() || rest.starts_with(['/', ':']) => InForce::Yes,
                    _ if resource.starts_with(ANY_TEXT) => InForce::Unknown("resource"),
                    _ => InForce::No,
                }
            }
            Attached::Endpoint(id, prefixes) => {
                let passes = prefixes.is_empty() || prefixes.contains(service) || service == any;
                let through = &call.record.vpc_endpoint_id;
                match (id, call.fact("aws:sourcevpce")) {
                    _ if !passes || call.record.address().is_none() => InForce::No,
                    (_, Fact::Absent) => InForce::No,
                    (Some(id), Fact::Is(_)) => (id == through).into(),
                    (None, Fact::Is(_)) => {
                        let here = call.record.recipient_account_id == self.account;
                        if here { InForce::Unknown("which endpoint it is") } else { InForce::No }
                    }
                    _ => InForce::Unknown("aws:sourcevpce"),
                }
            }
        }
    }
}

/// The same with a variable of unknown value for every text in which something stands for a value
/// that is only known later.
fn with_holes(guarded: Guarded) -> Result<Guarded, &'static str> {
    let Some(document) = guarded.document else {
        return Err("a policy document cannot be read");
    };
    let mut text = document.as_value().clone();
    if !fill_holes(&mut text) {
        return Ok(Guarded { document: Some(document), ..guarded });
    }
    if text["Version"] != "2012-10-17" {
        return Err("it names what does not exist yet, in a version without variables");
    }
    let document = PolicyDocument::from_value(&text, document.dialect());
    let document = document.map_err(|_| "it names what does not exist yet")?;
    Ok(Guarded { document: Some(document), ..guarded })
}

/// Whether there was something to replace.
fn fill_holes(value: &mut Value) -> bool {
    match value {
        Value::String(text) if stands_for_something_later(text) => {
            *text = HOLE.to_owned();
            true
        }
        // Every one of them, not only those before the first.
        Value::Array(all) => {
            all.iter_mut().filter_map(|it| fill_holes(it).then_some(())).count() > 0
        }
        Value::Object(all) => {
            all.values_mut().filter_map(|it| fill_holes(it).then_some(())).count() > 0
        }
        _ => false,
    }
}

const HOLE: &str = "${palisade:known-after-apply}";

fn is_without_key(action: &str) -> bool {
    WITHOUT_KEY.contains(&action) || action.contains("CustomKeyStore")
}

fn is_service_linked(call: &Call<'_>) -> bool {
    let role = &call.record.user_identity.session_context.session_issuer.arn;
    role.contains(":role/aws-service-role/")
}

/// The account of the resource: what the record lists, or the caller's own where nothing says that
/// another one is concerned.
fn owner<'a>(call: &'a Call<'_>) -> Option<&'a str> {
    let record = call.record;
    let own = record.recipient_account_id.as_str();
    let same = |account: &str| account.is_empty() || account == own;
    match call.owner() {
        Some(account) => Some(account),
        None if record.resources.is_empty() && same(&record.user_identity.account_id) => Some(own),
        None => None,
    }
}

fn any_below(targets: &BTreeSet<String>, account: &str, ground: &Ground) -> InForce {
    let mut found = InForce::No;
    for target in targets {
        match below(target, account, ground) {
            InForce::Yes => return InForce::Yes,
            InForce::No => {}
            unknown @ InForce::Unknown(_) => found = unknown,
        }
    }
    found
}

fn below(target: &str, account: &str, ground: &Ground) -> InForce {
    let is_account = target.len() == 12 && target.bytes().all(|b| b.is_ascii_digit());
    if ground.managers.contains(account) {
        return InForce::No;
    }
    if is_account || account == target {
        return (account == target).into();
    }
    match &ground.tree {
        Some(tree) => tree.0.get(account).is_some_and(|it| it.above.contains(target)).into(),
        None if ground.below.contains(account) => InForce::Yes,
        None if !account.is_empty() && !ground.below.is_empty() => InForce::No,
        None => InForce::Unknown(WHICH_ACCOUNT),
    }
}

impl Attached {
    fn of(reach: &Reach, live: Option<(&str, &str)>, region: &str) -> Option<Self> {
        Some(match reach {
            Reach::Accounts(_) => Self::Accounts,
            Reach::Resources(_) => Self::Resources,
            Reach::Key => Self::Key(live.map(|(_, arn)| arn.to_owned())),
            Reach::Bucket { arn } => Self::Bucket(arn.replace("{region}", region)),
            Reach::Endpoint { prefixes } => {
                Self::Endpoint(live.map(|(id, _)| id.to_owned()), prefixes.clone())
            }
            Reach::Settings(_) | Reach::Assignments { .. } => return None,
        })
    }
}
