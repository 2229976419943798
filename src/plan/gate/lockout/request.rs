//! The condition keys of a request, and what is known about their values.
//!
//! A key that a request certainly lacks is absent (a negated test of it is true); a key whose value
//! depends on something else is unknown. The service authorization reference says which actions
//! carry which keys ([`operations::facts`](crate::operations::facts)); the IAM user guide describes
//! the global keys.

use std::collections::BTreeSet;

use super::{
    place::{Place, is_account},
    principals::{Principal, Sort},
};
use crate::{
    model::{
        claim::OWNER_TAG,
        policy_document::{ANY_TEXT, Decision, PolicyDocument, Request},
    },
    operations::{
        Grant, On, Operation, When,
        facts::{Carried, carries, has_no_resource_account},
    },
};

/// Keys whose presence in requests without a resource is unclear: the IAM user guide says that they
/// are "always included for most service actions" and names exceptions, and in practice they can be
/// missing.
const OF_RESOURCE: [&str; 3] = ["aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"];

/// Keys that neither palisade's calls nor those of a person's session carry: they are set by
/// services that call for a resource, for users, and for sessions of the root user (IAM user guide,
/// global condition keys).
pub(super) const NEVER: [&str; 7] = [
    "aws:principalservicename",
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:assumedroot",
];

/// EC2 keys that requests to every service carry if they come from an instance (EC2 user guide).
const OF_INSTANCES: [&str; 3] =
    ["ec2:sourceinstancearn", "ec2:roledelivery", "ec2:instanceprofile"];

/// One action that a principal must be able to perform.
#[derive(Debug, Clone)]
pub(super) struct Need {
    /// The IAM action.
    pub(super) action: &'static str,
    /// The request; two of them if AWS's documentation can be read in two ways.
    pub(super) readings: Vec<Request>,
}

impl Need {
    /// The decision of a document in every reading.
    pub(super) fn judged_by(&self, document: &PolicyDocument) -> Decision {
        let mut decisions = self.readings.iter().map(|request| document.evaluate(request));
        let first = decisions.next().unwrap_or(Decision::Unknown);
        if decisions.all(|other| other == first) { first } else { Decision::Unknown }
    }
}

/// Who asks for what, and where.
pub(super) struct Asked<'a> {
    pub(super) principal: &'a Principal,
    pub(super) place: &'a Place<'a>,
    pub(super) row: &'static Operation,
    pub(super) grant: &'static Grant,
    /// The resource and its type; `None` for `*`.
    pub(super) on: Option<(&'static str, &'a str)>,
}

/// What is known about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fact {
    Is(String),
    Absent,
    Unknown,
    /// Absent in one reading, and present with this value (if known) in the other.
    AbsentOr(Option<String>),
}

impl From<Option<&str>> for Fact {
    fn from(value: Option<&str>) -> Self {
        value.map_or(Self::Unknown, |value| Self::Is(value.to_owned()))
    }
}

impl Asked<'_> {
    /// The requests for this need, as far as conditions on `keys` (in lower case) distinguish them.
    pub(super) fn need(&self, keys: &BTreeSet<String>) -> Vec<Need> {
        let windows = self.windows(keys);
        windows.into_iter().map(|window| self.with_window(keys, window)).collect()
    }

    fn with_window(&self, keys: &BTreeSet<String>, window: Option<u16>) -> Need {
        let (_, resource) = self.on.unwrap_or(("", "*"));
        let mut request = self.principal.request(self.grant.action, resource);
        if let Some(days) = window {
            request.context.insert(WINDOW.to_owned(), vec![days.to_string()]);
        }
        let mut other = None;
        for key in keys {
            if request.context.contains_key(key) {
                continue;
            }
            let values = match self.fact(key) {
                Fact::Is(value) => vec![value],
                Fact::Absent => Vec::new(),
                Fact::Unknown => continue,
                Fact::AbsentOr(value) => {
                    other.get_or_insert_with(Vec::new).push((key.clone(), value));
                    Vec::new()
                }
            };
            request.context.insert(key.clone(), values);
        }
        let mut readings = vec![request];
        if let Some(present) = other {
            let mut request = readings[0].clone();
            for (key, value) in present {
                request.context.remove(&key);
                if let Some(value) = value {
                    request.context.insert(key, vec![value]);
                }
            }
            readings.push(request);
        }
        Need { action: self.grant.action, readings }
    }

    /// The deletion windows to ask about, if a document tests them.
    fn windows(&self, keys: &BTreeSet<String>) -> Vec<Option<u16>> {
        if self.grant.when.contains(&When::WaitsLongEnough) && keys.contains(WINDOW) {
            self.place.usage.all_windows().into_iter().map(Some).collect()
        } else {
            vec![None]
        }
    }

    fn fact(&self, key: &str) -> Fact {
        if OF_RESOURCE.contains(&key) {
            return self.of_resource(key);
        }
        if NEVER.contains(&key) {
            return Fact::Absent;
        }
        let tags = ["aws:resourcetag/", "aws:requesttag/", "aws:tagkeys"];
        if key.starts_with("aws:") && !tags.iter().any(|start| key.starts_with(start)) {
            return self.global(key);
        }
        if OF_INSTANCES.contains(&key) {
            return Fact::Unknown;
        }
        // No manifest can set the ACL of a bucket (`AccessControl`), and palisade writes no object.
        if key == "s3:x-amz-acl" || key.starts_with("s3:x-amz-grant-") {
            return Fact::Absent;
        }
        // AWS's endpoints take no older one (AWS security blog, "TLS 1.2 to become the minimum TLS
        // protocol level for all AWS API endpoints").
        if key == "s3:tlsversion" {
            return Fact::Is(OLDEST_TLS.to_owned());
        }
        match carries(self.grant.action, self.on.map(|(sort, _)| sort), key) {
            Carried::Yes => self.carried(key),
            Carried::No => Fact::Absent,
            Carried::Unknown => Fact::Unknown,
        }
    }

    /// Whether the called service calls another one with palisade's credentials. It is not
    /// documented whether SageMaker creates its service-linked role itself, nor how IAM sees the
    /// request for a passed role.
    fn is_forwarded(&self) -> Option<bool> {
        let service = self.grant.action.split(':').next().unwrap_or_default();
        match service {
            _ if service == self.row.service => Some(false),
            "kms" | "route53" => Some(true),
            "vpce" => Some(false),
            _ => None,
        }
    }

    fn global(&self, key: &str) -> Fact {
        let role = self.principal.sort == Sort::Role;
        let absent_for_roles = if role { Fact::Absent } else { Fact::Unknown };
        match key {
            "aws:requestedregion" => self.region().into(),
            "aws:securetransport" => Fact::Is("true".to_owned()),
            "aws:principalisawsservice" => Fact::Is("false".to_owned()),
            "aws:viaawsservice" => {
                self.is_forwarded().map_or(Fact::Unknown, |it| Fact::Is(it.to_string()))
            }
            "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => {
                if self.is_forwarded() == Some(false) { Fact::Absent } else { Fact::Unknown }
            }
            "aws:principaltype" => match self.principal.sort {
                Sort::Role => Fact::Is("AssumedRole".to_owned()),
                Sort::User => Fact::Is("User".to_owned()),
                Sort::Other => Fact::Unknown,
            },
            // Only users have a name. A person who assumed the role may have used MFA; palisade has
            // not.
            "aws:username" => absent_for_roles,
            "aws:multifactorauthage" if self.principal.who.scope.is_some() => absent_for_roles,
            "aws:principalorgid" => self.place.organization().into(),
            // Every session of a role has it, with a time that is not known (IAM user guide).
            "aws:tokenissuetime" if role => Fact::Is(ANY_TEXT.to_string()),
            _ => Fact::Unknown,
        }
    }

    /// Some services have one endpoint per partition; it is known for the commercial one (General
    /// Reference).
    fn region(&self) -> Option<&str> {
        match self.grant.action.split(':').next() {
            Some("organizations" | "route53") if self.place.facts.partition == "aws" => {
                Some("us-east-1")
            }
            Some("iam") if self.grant.action == "iam:CreateServiceLinkedRole" => {
                Some("us-east-1").filter(|_| self.place.facts.partition == "aws")
            }
            Some("organizations" | "route53" | "iam") => None,
            _ => self.place.region(),
        }
    }

    /// The owner of the resource.
    fn of_resource(&self, key: &str) -> Fact {
        if has_no_resource_account(self.grant.action) {
            return Fact::Absent;
        }
        // A delegated administrator acts on resources of the management account.
        if self.grant.action.starts_with("organizations:") {
            return Fact::Unknown;
        }
        let own = self.place.facts.account.as_str();
        let account = self.on.map_or(Some(own), |(_, arn)| account_of(arn));
        let value = match key {
            "aws:resourceaccount" => account,
            "aws:resourceorgid" if account == Some(own) => self.place.organization(),
            _ => None,
        };
        match self.on {
            Some(_) => value.into(),
            None => Fact::AbsentOr(value.map(str::to_owned)),
        }
    }

    /// The value of a key that the request carries.
    fn carried(&self, key: &str) -> Fact {
        let when = |it: &When| self.grant.when.contains(it);
        let tag_of = |starts: &[&str]| {
            let tag = starts.iter().find_map(|start| key.strip_prefix(start));
            tag.is_some_and(|tag| tag.eq_ignore_ascii_case(OWNER_TAG))
        };
        let of_resource = ["aws:resourcetag/", "ec2:resourcetag/", "sagemaker:resourcetag/"];
        if when(&When::Owned) && tag_of(&of_resource)
            || when(&When::Claims) && tag_of(&["aws:requesttag/"])
        {
            return Fact::Is(self.place.owner().to_owned());
        }
        let facts = &self.place.facts;
        match key {
            "ec2:region" => self.place.region().into(),
            "ec2:createaction" if when(&When::CreatedByEc2) => self.row.creates_in_ec2().into(),
            // Only tags in a create call have one (EC2 user guide).
            "ec2:createaction" => Fact::Absent,
            "iam:permissionsboundary" if when(&When::Bounded) => {
                self.place.usage.bounds.as_ref().map(|it| it.boundary.as_str()).into()
            }
            "kms:calleraccount" => Fact::Is(facts.account.clone()),
            "kms:viaservice" => match (self.is_forwarded(), self.place.region()) {
                (Some(false), _) => Fact::Absent,
                (Some(true), Some(region)) if facts.partition == "aws" => {
                    Fact::Is(format!("{}.{region}.amazonaws.com", self.row.service))
                }
                _ => Fact::Unknown,
            },
            "kms:bypasspolicylockoutsafetycheck" => Fact::Is("false".to_owned()),
            _ => self.said_by_grant(key),
        }
    }

    fn said_by_grant(&self, key: &str) -> Fact {
        let said = self.grant.when.iter().find_map(|when| match when {
            When::Says(said) if said.key.eq_ignore_ascii_case(key) => Some(said.value),
            _ => None,
        });
        said.into()
    }
}

/// The oldest version of TLS that AWS's endpoints take.
const OLDEST_TLS: &str = "1.2";
const WINDOW: &str = "kms:schedulekeydeletionpendingwindowindays";

/// The account in an ARN, if it has one.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| is_account(account))
}

/// Every action that a principal must be able to perform in a place, as far as the condition keys
/// in `keys` distinguish them.
pub(super) fn needs(
    principal: &Principal,
    place: &Place<'_>,
    keys: &BTreeSet<String>,
    wanted: impl Fn(&Operation, &Grant) -> bool,
) -> Vec<Need> {
    let mut all = Vec::new();
    for (row, grant) in place.usage.grants().filter(|(row, grant)| wanted(row, grant)) {
        let resources = place.resources(row, grant.on);
        let mut on: Vec<_> =
            resources.iter().map(|(sort, arn)| Some((*sort, arn.as_str()))).collect();
        if grant.on == On::Anything {
            on.push(None);
        }
        for on in on {
            all.extend(Asked { principal, place, row, grant, on }.need(keys));
        }
    }
    all
}
