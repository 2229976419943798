//! The table as IAM policies for one scope and the features that its manifests use.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{
    ArnParts, Mode, On, ResourceType, Said, Usage, When, all, of_kind, resource_of, resources::ROLE,
};
use crate::{
    kind::ScopeFacts,
    model::{Bounds, claim::OWNER_TAG},
};

/// The longest policy that IAM accepts, in characters without white space (IAM user guide, quotas).
pub const MAX_CHARACTERS: usize = 6_144;

/// The policies of one scope. Each adds to those before it: a role that applies also needs
/// `observe`, and one that destroys needs all three. A policy above IAM's limit is split into
/// several documents, all of which the role needs.
#[derive(Debug, Clone, PartialEq)]
pub struct Policies {
    /// Permissions to read.
    pub observe: Vec<Value>,
    /// Permissions to create and change; empty if no kind is in use.
    pub apply: Vec<Value>,
    /// Permissions to delete; empty if no kind is in use.
    pub destroy: Vec<Value>,
}

impl Policies {
    /// The policies for a scope. If the account or the Region is unknown, it may be `*` in `facts`.
    pub fn new(facts: &ScopeFacts, owner: &str, usage: &Usage) -> Self {
        let scope = Scope { facts, owner, usage };
        let mut observe = scope.policy(&[Mode::Observe, Mode::Own]);
        if observe.is_empty() {
            observe.push(document(Vec::new()));
        }
        let (apply, destroy) = (scope.policy(&[Mode::Apply]), scope.policy(&[Mode::Destroy]));
        Self { observe, apply, destroy }
    }
}

/// One member for each document: `apply`, and `apply-2` for what does not fit into it.
impl Serialize for Policies {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let modes =
            [("observe", &self.observe), ("apply", &self.apply), ("destroy", &self.destroy)];
        let named = modes.into_iter().flat_map(|(mode, documents)| {
            documents.iter().enumerate().map(move |(index, document)| match index {
                0 => (mode.to_owned(), document),
                _ => (format!("{mode}-{}", index + 1), document),
            })
        });
        serializer.collect_map(named)
    }
}

/// The statement for a single permission.
#[cfg(test)]
pub(crate) fn statement_for(
    facts: &ScopeFacts,
    owner: &str,
    usage: &Usage,
    grant: &super::Grant,
) -> Value {
    let scope = Scope { facts, owner, usage };
    let resources = scope.resources(grant.on).into_iter().collect();
    scope.statement(Some(grant.on), grant.when, Part { actions: [grant.action].into(), resources })
}

fn document(statements: Vec<Value>) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The smallest number of documents for these statements in their order, each within IAM's limit. A
/// statement above the limit has its own document.
fn documents(statements: Vec<Value>) -> Vec<Value> {
    let mut parts: Vec<Vec<Value>> = Vec::new();
    for statement in statements {
        let fits = |part: &&mut Vec<Value>| {
            let with: Vec<_> = part.iter().cloned().chain([statement.clone()]).collect();
            document(with).to_string().len() <= MAX_CHARACTERS
        };
        match parts.last_mut().filter(fits) {
            Some(part) => part.push(statement),
            None => parts.push(vec![statement]),
        }
    }
    parts.into_iter().map(document).collect()
}

/// A statement under construction.
#[derive(Default)]
struct Part {
    actions: BTreeSet<&'static str>,
    resources: BTreeSet<String>,
}

struct Scope<'a> {
    facts: &'a ScopeFacts,
    owner: &'a str,
    usage: &'a Usage,
}

impl Scope<'_> {
    /// The policy of these modes, with a statement for each combination of resource type and
    /// conditions. Conditions on our owner tag are the same for all resources, so one statement
    /// covers all types: an action is only checked on the types that it has. Without such a
    /// condition the types must stay separate, because an action may have two of them and be
    /// allowed on one with a condition and on the other without.
    fn policy(&self, modes: &[Mode]) -> Vec<Value> {
        let mut parts: BTreeMap<(Option<On>, &[When]), Part> = BTreeMap::new();
        for (_, grant) in self.usage.grants().filter(|(row, _)| modes.contains(&row.mode)) {
            let exact = matches!(grant.on, On::Anything | On::Adopted(_)) || grant.on.is_own();
            let tagged = [When::Owned, When::Claims].iter().any(|it| grant.when.contains(it));
            let apart = (exact || !tagged).then_some(grant.on);
            let part = parts.entry((apart, grant.when)).or_default();
            part.actions.insert(grant.action);
            part.resources.extend(self.resources(grant.on));
        }
        let statements = parts.into_iter().filter(|(_, part)| !part.resources.is_empty());
        let mut statements: Vec<_> =
            statements.map(|((apart, when), part)| self.statement(apart, when, part)).collect();
        if modes.contains(&Mode::Apply) {
            let never = self.usage.kinds.iter().filter_map(|kind| of_kind(kind).never);
            statements.extend(never.map(|statement| statement()));
        }
        documents(statements)
    }

    fn statement(&self, apart: Option<On>, when: &[When], part: Part) -> Value {
        let mut sid = apart.map(On::name).unwrap_or_default();
        sid.extend(when.iter().map(|when| when.name()));
        sid.retain(|letter| letter.is_ascii_alphanumeric());
        let mut statement = json!({
            "Sid": sid, "Effect": "Allow", "Action": part.actions,
            "Resource": one_or_all(part.resources.into_iter().collect())
        });
        let condition = self.condition(when);
        if !condition.is_empty() {
            statement["Condition"] = json!(condition);
        }
        statement
    }

    fn resources(&self, on: On) -> Vec<String> {
        let parts = ArnParts::of(self.facts, "*", "o-*");
        match on {
            On::Anything => vec!["*".to_owned()],
            On::Of(resources) => resources.types.iter().map(|it| every(it, parts)).collect(),
            On::Bounded(resources) => {
                let below = self.usage.bounds.iter().map(Bounds::below);
                below
                    .flat_map(|id| resources.types.iter().map(move |it| it.arn(&id, parts)))
                    .collect()
            }
            On::ExecutionRoles => match &self.usage.execution_roles {
                Some(roles) => {
                    let made = self.usage.bounds.iter().filter(|_| self.usage.makes_roles);
                    let made = made.map(|bounds| ROLE.arn(&bounds.below(), parts));
                    roles.iter().cloned().chain(made).collect()
                }
                None => vec![every(&ROLE, parts)],
            },
            On::ServiceRole(role) => {
                vec![ROLE.arn(&format!("aws-service-role/{}/*", role.service), parts)]
            }
            On::Memory => {
                let table = self.usage.own.memory.iter();
                table.map(|it| it.arn(&self.facts.account)).collect()
            }
            On::Leases => {
                let table = self.usage.own.leases.iter();
                table.map(|it| it.arn(&self.facts.account)).collect()
            }
            On::Topics => self.usage.own.topics.iter().cloned().collect(),
            On::Buses => self.usage.own.buses.iter().cloned().collect(),
            On::Secrets => self.usage.own.secrets.iter().cloned().collect(),
            On::Adopted(kind) => {
                let ids = self.usage.adopted.get(kind).into_iter().flatten();
                let resource = resource_of(kind);
                ids.filter_map(|id| Some(resource?.arn(id, parts))).collect()
            }
        }
    }

    fn condition(&self, when: &[When]) -> BTreeMap<&'static str, BTreeMap<String, Value>> {
        let mut all: BTreeMap<&str, BTreeMap<String, Value>> = BTreeMap::new();
        let mut must = |operator, key: &str, value: Value| {
            all.entry(operator).or_default().insert(key.to_owned(), value);
        };
        let of_resource = format!("aws:ResourceTag/{OWNER_TAG}");
        let of_request = format!("aws:RequestTag/{OWNER_TAG}");
        for when in when {
            match when {
                When::Owned => must("StringEquals", &of_resource, json!(self.owner)),
                When::Claims => must("StringEquals", &of_request, json!(self.owner)),
                When::NobodyElses => must("StringEqualsIfExists", &of_resource, json!(self.owner)),
                When::StaysOurs => must("StringEqualsIfExists", &of_request, json!(self.owner)),
                When::KeepsOwner => {
                    must("ForAllValues:StringNotEquals", "aws:TagKeys", json!(OWNER_TAG));
                    // A call without keys makes EC2 remove all tags, and ForAllValues holds for an
                    // empty list.
                    must("Null", "aws:TagKeys", json!("false"));
                }
                When::CreatedByEc2 => must("StringEquals", "ec2:CreateAction", json!(creates())),
                When::Bounded => {
                    let boundary = self.usage.bounds.as_ref().map(|it| it.boundary.as_str());
                    must("StringEquals", "iam:PermissionsBoundary", json!(boundary));
                }
                When::Says(Said { operator, key, value, .. }) => must(operator, key, json!(value)),
                When::WaitsLongEnough => must(
                    "NumericGreaterThanEquals",
                    "kms:ScheduleKeyDeletionPendingWindowInDays",
                    json!(self.usage.shortest_window().to_string()),
                ),
            }
        }
        all
    }
}

/// The ARN pattern for all resources of a type.
fn every(resource: &ResourceType, parts: ArnParts<'_>) -> String {
    let account = if resource.others.is_some() { "*" } else { parts.account };
    resource.arn(resource.every, ArnParts { account, ..parts })
}

/// The create calls of EC2 that palisade makes; they carry the tags of the new resource.
fn creates() -> BTreeSet<&'static str> {
    let with_tags =
        all().filter(|row| row.grants().any(|grant| grant.when.contains(&When::CreatedByEc2)));
    with_tags.filter_map(super::Operation::creates_in_ec2).collect()
}

fn one_or_all(mut values: Vec<String>) -> Value {
    match values.len() {
        1 => Value::String(values.remove(0)),
        _ => json!(values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        kinds,
        settings::{MemoryTable, OwnUse},
    };

    fn facts() -> ScopeFacts {
        ScopeFacts {
            name: "ml-prod".into(),
            account: "111122223333".into(),
            region: "eu-central-1".into(),
            partition: "aws".into(),
        }
    }

    fn everything() -> Usage {
        let boundary = "arn:aws:iam::111122223333:policy/ml".to_owned();
        let bounds = Bounds { path: "/ml/".to_owned(), boundary };
        Usage::everything(&kinds::registry()).within(Some(bounds))
    }

    fn actions(policy: &Value) -> BTreeSet<String> {
        let statements = policy["Statement"].as_array().into_iter().flatten();
        let actions = statements.filter_map(|statement| statement["Action"].as_array()).flatten();
        actions.filter_map(|action| action.as_str().map(str::to_owned)).collect()
    }

    #[test]
    fn each_document_is_within_iams_limit_and_together_they_contain_everything() {
        let policies = Policies::new(&facts(), "a-rather-long-name-of-a-platform", &everything());
        for documents in [&policies.observe, &policies.apply, &policies.destroy] {
            for document in documents {
                let length = document.to_string().len();
                assert!(length <= MAX_CHARACTERS, "{length} characters: {document:#}");
            }
        }
        let rows = everything();
        let wanted = rows.grants().filter(|(row, _)| row.mode == Mode::Apply);
        let wanted: BTreeSet<_> = wanted.map(|(_, grant)| grant.action.to_owned()).collect();
        let allowed: BTreeSet<_> = policies.apply.iter().flat_map(actions).collect();
        assert!(wanted.is_subset(&allowed), "{:?}", wanted.difference(&allowed));
        let names = serde_json::to_value(&policies).expect("a mapping");
        let names: Vec<_> = names.as_object().expect("a mapping").keys().cloned().collect();
        let mut modes: Vec<_> = names.iter().map(|it| it.split('-').next().expect("one")).collect();
        modes.dedup();
        assert_eq!(modes, ["observe", "apply", "destroy"]);
        assert!(names.contains(&"apply-2".to_owned()), "{names:?}");
    }

    #[test]
    fn a_statement_goes_into_the_next_document_if_the_first_is_full() {
        let long = |letter: &str| json!({"Sid": letter.repeat(MAX_CHARACTERS / 2)});
        let parts = documents(vec![long("a"), json!({"Sid": "b"}), long("c"), long("d")]);
        let count = |part: &Value| part["Statement"].as_array().map(Vec::len);
        assert_eq!(parts.iter().map(count).collect::<Vec<_>>(), [Some(2), Some(1), Some(1)]);
        assert_eq!(documents(Vec::new()), Vec::<Value>::new());
    }

    #[test]
    fn observing_allows_nothing_but_reading() {
        let policies = Policies::new(&facts(), "ml", &everything());
        for action in policies.observe.iter().flat_map(actions) {
            let verb = action.split_once(':').map_or("", |(_, verb)| verb);
            // On a group that does not exist, for heartbeats.
            if action == "ec2:RevokeSecurityGroupIngress" {
                continue;
            }
            // What is taken off palisade's own queue changes nothing of the account.
            let reads = ["Describe", "List", "Get", "Lookup", "ReceiveMessage", "DeleteMessage"];
            assert!(reads.iter().any(|read| verb.starts_with(read)), "{verb}");
        }
    }

    #[test]
    fn a_heartbeat_may_be_about_a_group_that_does_not_exist_and_about_no_other() {
        let usage = Usage::default().listening(true).beating(true);
        let policies = Policies::new(&facts(), "ml", &usage);
        let statements = policies.observe[0]["Statement"].as_array().unwrap();
        let beat = statements.iter().find(|it| it["Sid"] == "Heartbeats").unwrap();
        assert_eq!(beat["Action"], json!(["ec2:RevokeSecurityGroupIngress"]));
        let group = "arn:aws:ec2:*:111122223333:security-group/sg-00000000000000000";
        assert_eq!(beat["Resource"], json!(group));
        assert_eq!((policies.apply, policies.destroy), (Vec::new(), Vec::new()));
        let without = Policies::new(&facts(), "ml", &usage.beating(false));
        assert!(!without.observe[0].to_string().contains("ec2:"));
    }

    #[test]
    fn what_is_palisades_own_is_named_exactly_and_needed_to_observe() {
        let memory = Some(MemoryTable { name: "palisade".into(), region: "eu-west-1".into() });
        let topic = "arn:aws:sns:eu-west-1:111122223333:on-call".to_owned();
        let bus = "arn:aws:events:eu-west-1:111122223333:event-bus/ops".to_owned();
        let secret = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:slack-AbCdEf".to_owned();
        let leases = Some(MemoryTable { name: "leases".into(), region: "eu-west-1".into() });
        let (topics, buses) = ([topic.clone()].into(), [bus.clone()].into());
        let own = OwnUse { memory, leases, topics, buses, secrets: [secret.clone()].into() };
        let usage = Usage::default().with_own(own);
        let policies = Policies::new(&facts(), "ml", &usage);
        let statement = &policies.observe[0]["Statement"][0];
        let arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/palisade";
        assert_eq!((&statement["Sid"], &statement["Resource"]), (&json!("Memory"), &json!(arn)));
        let all = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"];
        assert_eq!(statement["Action"], json!(all));
        let on = |index: usize| &policies.observe[0]["Statement"][index]["Resource"];
        assert_eq!(on(1), "arn:aws:dynamodb:eu-west-1:111122223333:table/leases");
        let all = ["GetItem", "PutItem", "Query", "UpdateItem"].map(|it| format!("dynamodb:{it}"));
        assert_eq!(policies.observe[0]["Statement"][1]["Action"], json!(all));
        assert_eq!((on(2), on(3), on(4)), (&json!(topic), &json!(bus), &json!(secret)));
        assert_eq!((policies.apply, policies.destroy), (Vec::new(), Vec::new()));
        let without = Policies::new(&facts(), "ml", &usage.with_own(OwnUse::default()));
        assert_eq!(actions(&without.observe[0]), BTreeSet::new());
    }

    #[test]
    fn a_scope_without_manifests_may_search_for_orphans_and_nothing_else() {
        let usage = Usage { swept: ["VpcEndpoint".to_owned()].into(), ..Usage::default() };
        let policies = Policies::new(&facts(), "ml", &usage);
        assert_eq!(actions(&policies.observe[0]), ["ec2:DescribeVpcEndpoints".to_owned()].into());
        assert_eq!((policies.apply, policies.destroy), (Vec::new(), Vec::new()));
    }

    #[test]
    fn only_the_kinds_in_use_are_in_the_policies() {
        let usage = Usage { kinds: ["KmsKey".to_owned()].into(), ..everything() };
        let policies = Policies::new(&facts(), "ml", &Usage { needs: BTreeSet::new(), ..usage });
        for action in policies.apply.iter().flat_map(actions) {
            assert!(action.starts_with("kms:"), "{action}");
            assert_ne!(action, "kms:DisableKey", "no manifest disables a key");
        }
    }

    #[test]
    fn adopted_resources_may_be_claimed_by_their_exact_id() {
        let adopted = [("SecurityGroup".to_owned(), ["sg-0a".to_owned()].into())].into();
        let kinds = ["SecurityGroup".to_owned()].into();
        let usage = Usage { kinds, adopted, ..Usage::default() };
        let apply = Policies::new(&facts(), "ml", &usage).apply;
        let statements = apply[0]["Statement"].as_array().expect("statements");
        let one = statements
            .iter()
            .find(|one| one["Sid"] == "AdoptedSecurityGroupClaimsNobodyElses")
            .expect("a statement about what is adopted");
        assert_eq!(one["Resource"], "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0a");
        assert_eq!(one["Action"], json!(["ec2:CreateTags"]));
    }

    #[test]
    fn tags_are_removed_only_by_name_and_never_the_owner() {
        let usage = Usage { kinds: ["SecurityGroup".to_owned()].into(), ..Usage::default() };
        let apply = Policies::new(&facts(), "ml", &usage).apply;
        let statements = apply[0]["Statement"].as_array().expect("statements");
        let removes = |one: &&Value| one["Action"] == json!(["ec2:DeleteTags"]);
        assert_eq!(
            statements.iter().find(removes).expect("tags are removed")["Condition"],
            json!({
                "StringEquals": {"aws:ResourceTag/palisade:owner": "ml"},
                "ForAllValues:StringNotEquals": {"aws:TagKeys": "palisade:owner"},
                "Null": {"aws:TagKeys": "false"}
            })
        );
    }
}
