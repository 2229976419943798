//! Requests that service control policies must deny.

use std::collections::{BTreeMap, BTreeSet};

use super::super::State;
use crate::{
    baseline::{Breach, Facts, Wanted, statement},
    model::policy_document::{Decision, PolicyDocument, Request},
};

/// A role without exemptions.
const SOMEBODY: &str = "arn:aws:iam::123412341234:role/palisade-baseline-probe";
const ROOT: &str = "arn:aws:iam::123412341234:root";

/// The context of a request without faults: a probe has a single fault, so that no other rule's
/// policy denies it by chance. The first three are on every signed request (IAM user guide, global
/// condition keys).
const AS_IT_SHOULD_BE: [(&str, &str); 15] = [
    ("aws:principalisawsservice", "false"),
    ("aws:securetransport", "true"),
    ("aws:viaawsservice", "false"),
    ("iam:permissionsboundary", "arn:aws:iam::123412341234:policy/boundary"),
    ("sagemaker:appnetworkaccesstype", "VpcOnly"),
    ("sagemaker:directinternetaccess", "Disabled"),
    ("sagemaker:instancetypes", "ml.m5.xlarge"),
    ("sagemaker:intercontainertrafficencryption", "true"),
    ("sagemaker:networkisolation", "true"),
    ("sagemaker:outputkmskey", "arn:aws:kms:eu-west-1:123412341234:key/1"),
    ("sagemaker:outputkmskeyarn", "arn:aws:kms:eu-west-1:123412341234:key/1"),
    ("sagemaker:rootaccess", "Disabled"),
    ("sagemaker:volumekmskey", "arn:aws:kms:eu-west-1:123412341234:key/1"),
    ("sagemaker:vpcsecuritygroupids", "sg-0123456789abcdef0"),
    ("sagemaker:vpcsubnets", "subnet-0123456789abcdef0"),
];

/// Keys that real requests have, always or mostly, with values that depend on caller, resource and
/// network (IAM user guide, global condition keys): a policy that denies only some of the values
/// does not certainly deny a probe.
const DEPENDING: [&str; 18] = [
    "aws:multifactorauthpresent",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltype",
    "aws:resourceaccount",
    "aws:resourceorgid",
    "aws:resourceorgpaths",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpcarn",
    "aws:sourcevpce",
    "aws:useragent",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "aws:vpcsourceip",
];

/// A condition key, and its value if the request has it.
pub(super) type Key<'a> = (&'a str, Option<&'a str>);

/// The request has this key.
pub(super) fn is<'a>(key: &'a str, value: &'a str) -> Key<'a> {
    (key, Some(value))
}

/// The request does not have this key.
pub(super) fn absent(key: &str) -> Key<'_> {
    (key, None)
}

#[derive(Debug, Clone)]
enum On {
    Anything,
    This(String),
    /// One of the resources that the policies name: they decide which ones are protected.
    Named,
}

/// A request that should be denied.
#[derive(Debug, Clone)]
pub(super) struct Probe {
    pub(super) action: String,
    /// Its name in findings: the action, and what is special about the request if the action does
    /// not show it.
    label: String,
    keys: BTreeMap<String, Vec<String>>,
    principal: String,
    on: On,
}

impl Probe {
    pub(super) fn of(service: &str, verb: &str, keys: &[Key<'_>]) -> Self {
        let own = |(key, value): &Key<'_>| {
            ((*key).to_owned(), value.map(str::to_owned).into_iter().collect())
        };
        let action = format!("{service}:{verb}");
        Self {
            label: action.clone(),
            action,
            keys: keys.iter().map(own).collect(),
            principal: SOMEBODY.to_owned(),
            on: On::Anything,
        }
    }

    /// The request has this key with several values.
    pub(super) fn carrying(mut self, key: &str, values: &[&str]) -> Self {
        self.keys.insert(key.to_owned(), values.iter().map(|&value| value.to_owned()).collect());
        self
    }

    /// Findings name it with these words after the action.
    pub(super) fn called(self, words: &str) -> Self {
        Self { label: format!("{} {words}", self.action), ..self }
    }

    pub(super) fn on(self, resource: &str) -> Self {
        Self { on: On::This(resource.to_owned()), ..self }
    }

    pub(super) fn on_a_named_resource(self) -> Self {
        Self { on: On::Named, ..self }
    }

    pub(super) fn by(self, principal: &str) -> Self {
        Self { principal: principal.to_owned(), ..self }
    }

    pub(super) fn by_root(self) -> Self {
        self.by(ROOT)
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    fn request(&self, region: &str, asked: &BTreeSet<String>, resource: &str) -> Request {
        let mut request = Request::new(&self.principal, &self.action, resource);
        for key in asked.iter().filter(|key| !DEPENDING.contains(&key.as_str())) {
            request.context.entry(key.clone()).or_default();
        }
        let right = AS_IT_SHOULD_BE.into_iter().chain([("aws:requestedregion", region)]);
        request.context.extend(right.map(|(key, value)| (key.to_owned(), vec![value.to_owned()])));
        request.context.extend(self.keys.clone());
        request
    }
}

/// Policies that are in force together, read once for many probes.
pub(super) struct Together<'d> {
    documents: Vec<&'d PolicyDocument>,
    /// Every condition key that one of them tests.
    asked: BTreeSet<String>,
    /// An example of every resource that one of them names.
    named: BTreeSet<String>,
}

impl<'d> Together<'d> {
    pub(super) fn new(documents: impl IntoIterator<Item = &'d PolicyDocument>) -> Self {
        let documents: Vec<_> = documents.into_iter().collect();
        let statements: Vec<_> =
            documents.iter().flat_map(|document| statement::statements(document)).collect();
        let conditions = statements.iter().flat_map(|statement| &statement.conditions);
        let asked = conditions.map(|condition| condition.key.clone()).collect();
        let resources = statements.iter().flat_map(|statement| &statement.resources);
        let example = |resource: &String| {
            if resource == "*" { resource.clone() } else { resource.replace('*', "x") }
        };
        let named = resources.map(example).collect();
        Self { documents, asked, named }
    }

    pub(super) fn of(policies: &[Wanted<'d, State>]) -> Self {
        Self::new(policies.iter().filter_map(|policy| policy.state.content.as_ref()?.document()))
    }

    /// Whether they certainly deny it in a Region.
    pub(super) fn deny_in(&self, region: &str, probe: &Probe) -> bool {
        let denied_on = |resource: &str| {
            let request = probe.request(region, &self.asked, resource);
            self.documents.iter().any(|document| document.evaluate(&request) == Decision::Deny)
        };
        match &probe.on {
            On::Anything => denied_on("*"),
            On::This(resource) => denied_on(resource),
            On::Named => self.named.iter().any(|resource| denied_on(resource)),
        }
    }

    /// Whether they certainly deny it, in every Region that the settings name.
    pub(super) fn deny(&self, facts: &Facts<'_>, probe: &Probe) -> bool {
        regions_of(facts).into_iter().all(|region| self.deny_in(region, probe))
    }
}

/// Whether these policies together certainly deny it, in every Region that the settings name.
pub(super) fn denied(facts: &Facts<'_>, policies: &[Wanted<'_, State>], probe: &Probe) -> bool {
    Together::of(policies).deny(facts, probe)
}

/// The Regions that the settings name.
pub(super) fn regions_of<'a>(facts: &'a Facts<'_>) -> BTreeSet<&'a str> {
    facts.scopes.values().map(|scope| scope.region.as_str()).collect()
}

/// The policies of every scope that has one, without those that are attached nowhere.
pub(super) fn attached<'f>(facts: &'f Facts<'_>) -> BTreeMap<&'f str, Vec<Wanted<'f, State>>> {
    let mut scopes: BTreeMap<&str, Vec<Wanted<'_, State>>> = BTreeMap::new();
    for policy in facts.of::<State>() {
        let attached = policy.state.targets.as_ref().is_none_or(|targets| !targets.is_empty());
        let scope = scopes.entry(policy.address().scope.as_str()).or_default();
        if attached {
            scope.push(policy);
        }
    }
    scopes
}

/// A breach for each scope whose policies allow some of the probes: at the policy that denies the
/// others, or at the first one.
pub(super) fn missing(facts: &Facts<'_>, probes: &[Probe]) -> Vec<Breach> {
    let mut found = Vec::new();
    for (scope, policies) in attached(facts) {
        let all = Together::of(&policies);
        let through: BTreeSet<&str> =
            probes.iter().filter(|probe| !all.deny(facts, probe)).map(Probe::label).collect();
        if through.is_empty() {
            continue;
        }
        let near = policies.iter().copied().find(|policy| {
            let alone = Together::of(&[*policy]);
            probes.iter().any(|probe| alone.deny(facts, probe))
        });
        let first = facts.of::<State>().find(|policy| policy.address().scope == scope);
        if let Some(policy) = near.or(first) {
            let actions: Vec<_> = through.into_iter().collect();
            let why = format!("no policy of {scope} certainly denies this: {}", actions.join(", "));
            found.push(policy.breach("content", why));
        }
    }
    found
}
