//! What the rules look at: every manifest's wanted state, typed, with references followed.
//!
//! The states are those of the kinds themselves, decoded from the plain data that the registry resolves to. A manifest
//! stands for a resource that does not exist yet, so it is known by a symbolic id; a lookup stands for itself, so that
//! two manifests that look up the same VPC are seen to share it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Breach, Subject};
use crate::{
    kind::{Invalid, Known, KnownResource, Refs, ScopeFacts},
    kinds::{
        kms_key, sagemaker_domain,
        security_group::{self, Direction, Rule},
        service_control_policy, vpc_endpoint,
    },
    manifest::{Document, Presence, Problem},
    model::{Address, PhysicalId},
};

/// One manifest with its wanted state.
pub(super) struct Wanted<'a, S> {
    pub(super) document: &'a Document,
    pub(super) state: S,
}

impl<S> Wanted<'_, S> {
    pub(super) fn address(&self) -> &Address {
        &self.document.address
    }

    pub(super) fn is_present(&self) -> bool {
        self.document.lifecycle.state == Presence::Present
    }

    /// The manifest breaks a rule at a field below `spec`.
    pub(super) fn breach(&self, field: impl Into<String>, message: impl Into<String>) -> Breach {
        Breach { address: self.address().clone(), field: field.into(), message: message.into() }
    }

    /// What stands in the manifest itself, below `spec`.
    pub(super) fn written(&self, field: &str) -> Option<&Value> {
        self.document.spec.as_ref()?.get(field)
    }
}

/// One rule of a security group with the entry of the manifest that it comes from.
pub(super) struct Listed {
    /// `ingress[2]`.
    pub(super) field: String,
    pub(super) direction: Direction,
    pub(super) rule: Rule,
    pub(super) description: Option<String>,
}

/// A security group.
pub(super) struct Group<'a> {
    pub(super) wanted: Wanted<'a, security_group::State>,
    /// By which other manifests know it.
    pub(super) id: String,
    pub(super) rules: Vec<Listed>,
}

impl Group<'_> {
    pub(super) fn of(&self, direction: Direction) -> impl Iterator<Item = &Listed> {
        self.rules.iter().filter(move |listed| listed.direction == direction)
    }
}

/// Everything the rules look at. Tombstones are only among the keys.
pub(super) struct Facts<'a> {
    pub(super) groups: Vec<Group<'a>>,
    pub(super) endpoints: Vec<Wanted<'a, vpc_endpoint::State>>,
    pub(super) keys: Vec<Wanted<'a, kms_key::State>>,
    pub(super) policies: Vec<Wanted<'a, service_control_policy::State>>,
    pub(super) domains: Vec<Wanted<'a, sagemaker_domain::State>>,
    pub(super) scopes: &'a BTreeMap<String, ScopeFacts>,
    /// The roles that palisade itself uses.
    pub(super) roles: &'a [String],
    known: Known,
}

impl<'a> Facts<'a> {
    /// Resolves everything; a manifest that cannot be resolved is a problem.
    pub(super) fn gather(subject: Subject<'a>) -> (Self, Vec<Problem>) {
        let mut facts = Self {
            groups: Vec::new(),
            endpoints: Vec::new(),
            keys: Vec::new(),
            policies: Vec::new(),
            domains: Vec::new(),
            scopes: subject.scopes,
            roles: subject.roles,
            known: symbolic(subject),
        };
        let mut problems = Vec::new();
        for document in subject.snapshot.documents.values() {
            if let Err(wrong) = facts.add(subject, document) {
                problems.extend(wrong.iter().map(|invalid| document.problem(invalid)));
            }
        }
        facts.policies.retain(Wanted::is_present);
        facts.endpoints.retain(Wanted::is_present);
        facts.domains.retain(Wanted::is_present);
        facts.groups.retain(|group| group.wanted.is_present());
        (facts, problems)
    }

    fn add(&mut self, subject: Subject<'a>, document: &'a Document) -> Result<(), Vec<Invalid>> {
        let Some(spec) = &document.spec else { return Ok(()) };
        let resolver = Resolver { subject, document, known: &self.known };
        match document.address.kind.as_str() {
            "SecurityGroup" => {
                let group = resolver.group(spec)?;
                self.groups.push(group);
            }
            "VpcEndpoint" => self.endpoints.push(resolver.wanted(spec)?),
            kms_key::NAME => self.keys.push(resolver.wanted(spec)?),
            "ServiceControlPolicy" => self.policies.push(resolver.wanted(spec)?),
            "SageMakerDomain" => self.domains.push(resolver.wanted(spec)?),
            _ => {}
        }
        Ok(())
    }

    /// The group that manifests know by this id.
    pub(super) fn group(&self, id: &str) -> Option<&Group<'a>> {
        self.groups.iter().find(|group| group.id == id)
    }

    /// Whether an ARN is that of a KmsKey manifest.
    pub(super) fn is_managed_key(&self, arn: &str) -> bool {
        self.keys
            .iter()
            .filter(|key| key.is_present())
            .filter_map(|key| self.known.resources.get(key.address()))
            .any(|known| known.arn == arn)
    }
}

/// A symbolic resource for every manifest that stands, with an id of the right form: kinds check the form.
fn symbolic(subject: Subject<'_>) -> Known {
    let present = subject
        .snapshot
        .documents
        .values()
        .filter(|document| document.lifecycle.state == Presence::Present);
    let resources = present.enumerate().filter_map(|(number, document)| {
        let Address { scope, kind, name } = &document.address;
        let facts = subject.scopes.get(scope)?;
        let (service, resource, id) = match kind.as_str() {
            "SecurityGroup" => ("ec2", "security-group/", format!("sg-f{number:016x}")),
            kms_key::NAME => ("kms", "key/", format!("ffffffff-ffff-4fff-8fff-{number:012x}")),
            _ => ("palisade", "", format!("{kind}/{name}")),
        };
        let ScopeFacts { partition, region, account, .. } = facts;
        let arn = format!("arn:{partition}:{service}:{region}:{account}:{resource}{id}");
        Some((document.address.clone(), KnownResource { id: PhysicalId(id), arn }))
    });
    Known { resources: resources.collect(), ..Known::default() }
}

struct Resolver<'a, 'k> {
    subject: Subject<'a>,
    document: &'a Document,
    known: &'k Known,
}

impl<'a> Resolver<'a, '_> {
    fn state<S: DeserializeOwned>(&self, spec: &Value) -> Result<S, Vec<Invalid>> {
        let Address { scope, kind, name } = &self.document.address;
        let Some(facts) = self.subject.scopes.get(scope) else {
            return Err(vec![Invalid::new("", format!("there is no scope `{scope}`"))]);
        };
        let mut refs = Refs::new(facts, name, self.known);
        let state = self.subject.registry.resolve(kind, spec, &mut refs)?.state;
        serde_json::from_value(state).map_err(|defect| {
            vec![Invalid::new("", format!("cannot be judged by the baseline: {defect}"))]
        })
    }

    fn wanted<S: DeserializeOwned>(&self, spec: &Value) -> Result<Wanted<'a, S>, Vec<Invalid>> {
        Ok(Wanted { document: self.document, state: self.state(spec)? })
    }

    /// Resolving a group entry by entry tells which rule comes from which entry.
    fn group(&self, spec: &Value) -> Result<Group<'a>, Vec<Invalid>> {
        let wanted: Wanted<'a, security_group::State> = self.wanted(spec)?;
        let mut rules = Vec::new();
        for direction in Direction::BOTH {
            let entries = spec.get(direction.as_str()).and_then(Value::as_array);
            for (index, entry) in entries.into_iter().flatten().enumerate() {
                let mut single = spec.clone();
                for other in Direction::BOTH {
                    single[other.as_str()] = json!([]);
                }
                single[direction.as_str()] = json!([entry]);
                let state: security_group::State = self.state(&single)?;
                let found = state.rules_of(direction).cloned().unwrap_or_default().0;
                rules.extend(found.into_iter().map(|(rule, description)| Listed {
                    field: format!("{direction}[{index}]"),
                    direction,
                    rule,
                    description,
                }));
            }
        }
        let known = self.known.resources.get(&self.document.address);
        let id = known.map(|known| known.id.to_string()).unwrap_or_default();
        Ok(Group { wanted, id, rules })
    }
}
