//! Who has what, as far as tags and names say: what somebody else manages is not imported.

use std::fmt;

use serde::Serialize;
use serde_json::Value;

use crate::{
    kind::erased::ErasedKind,
    kinds::security_group,
    model::{Address, Observed, Ownership, Phase},
};

/// The group that every VPC has (Amazon VPC user guide, "Default security groups").
const DEFAULT_GROUP: &str = "default";

/// Why a resource is not imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
#[non_exhaustive]
pub enum Skip {
    /// It carries the claim of somebody else.
    Claimed {
        /// What the claim says.
        by: String,
    },
    /// It carries the claim of a manifest of another scope or kind.
    Misclaimed {
        /// The manifest.
        address: Address,
    },
    /// A manifest in the directory has it.
    InDirectory {
        /// The manifest.
        address: Address,
    },
    /// It belongs to a stack of CloudFormation.
    Stack {
        /// The stack's name.
        name: String,
    },
    /// Control Tower made it.
    ControlTower,
    /// A service of AWS made it and says so in a tag.
    Service {
        /// The tag.
        tag: String,
    },
    /// It is AWS's own.
    OfAws,
    /// SageMaker made the security group for the home file system of a domain.
    StudioGroup,
    /// The default security group of a VPC, which AWS made.
    DefaultGroup,
    /// It is being deleted.
    Leaving,
    /// AWS is still working on it.
    Settling {
        /// The state.
        state: String,
    },
    /// AWS reports that it failed.
    Failed {
        /// AWS's reason.
        why: String,
    },
    /// No manifest can say what it is like.
    Unsayable {
        /// The field of the manifest; empty for the whole.
        field: String,
        /// The reason.
        why: String,
    },
    /// The manifest would change it.
    Differs {
        /// The edits.
        edits: Vec<String>,
    },
}

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claimed { by } => write!(f, "it is {by}"),
            Self::Misclaimed { address } => write!(f, "it carries the claim of {address}"),
            Self::InDirectory { address } => write!(f, "the directory has it as {address}"),
            Self::Stack { name } => write!(f, "it belongs to the CloudFormation stack {name}"),
            Self::ControlTower => f.write_str("it belongs to Control Tower"),
            Self::Service { tag } => write!(f, "a service of AWS made it (tag {tag})"),
            Self::OfAws => f.write_str("it is AWS's own"),
            Self::StudioGroup => f.write_str("SageMaker made it for a domain's home file system"),
            Self::DefaultGroup => {
                f.write_str("it is the default group of a VPC; --id with its id imports it")
            }
            Self::Leaving => f.write_str("it is being deleted"),
            Self::Settling { state } => write!(f, "AWS is still working on it ({state})"),
            Self::Failed { why } => write!(f, "AWS reports that it failed: {why}"),
            Self::Unsayable { field, why } if field.is_empty() => {
                write!(f, "no manifest can say it: {why}")
            }
            Self::Unsayable { field, why } => write!(f, "no manifest can say {field}: {why}"),
            Self::Differs { edits } => {
                write!(f, "its manifest would change it: {}", edits.join("; "))
            }
        }
    }
}

/// Tag of a resource in a stack (CloudFormation user guide, "Resource tag").
const STACK_TAG: &str = "aws:cloudformation:stack-name";
/// How tags of AWS's services begin; nobody else can set them (Tagging best practices, "Tag naming
/// limits and requirements").
const SERVICE_TAGS: &str = "aws:";
/// Tag of what SageMaker makes for Studio.
const STUDIO_TAG: &str = "ManagedByAmazonSageMakerResource";
/// How the groups that SageMaker makes for the home file system of a domain are named (SageMaker
/// developer guide, "Delete an Amazon SageMaker AI domain").
const STUDIO_GROUPS: [&str; 2] =
    ["security-group-for-inbound-nfs-", "security-group-for-outbound-nfs-"];
/// How stacks of Control Tower are named (Control Tower user guide, "Considerations for managing
/// resources outside of AWS Control Tower").
const CONTROL_TOWER_STACK: &str = "StackSet-AWSControlTower";
/// How the names of Control Tower's resources begin (the same, and "Guidance for creating and
/// modifying AWS Control Tower resources").
const CONTROL_TOWER: [&str; 3] = ["aws-controltower-", "AWSControlTower", "aws-guardrails-"];

/// Who else has the resource, or why it cannot be imported now. `chosen` says that somebody named
/// exactly this one.
pub fn skip(
    kind: &dyn ErasedKind,
    live: &Observed<Value>,
    owner: &str,
    scope: &str,
    chosen: bool,
) -> Option<Skip> {
    let profile = kind.profile();
    match Ownership::read(&live.tags, owner) {
        Ownership::Foreign(by) => return Some(Skip::Claimed { by }),
        Ownership::Ours { address, .. }
            if address.scope != scope || address.kind != profile.name =>
        {
            return Some(Skip::Misclaimed { address });
        }
        Ownership::Ours { .. } | Ownership::Unclaimed => {}
    }
    let called = kind.called(&live.state).unwrap_or_default();
    let tags = &live.tags;
    if let Some(name) = tags.get(STACK_TAG) {
        let towers = name.starts_with(CONTROL_TOWER_STACK);
        return Some(if towers { Skip::ControlTower } else { Skip::Stack { name: name.clone() } });
    }
    let named_so = CONTROL_TOWER.iter().any(|start| called.starts_with(start));
    if named_so && (kind.concerns_organization() || profile.name.contains("::")) {
        return Some(Skip::ControlTower);
    }
    let is_service = |key: &&String| key.starts_with(SERVICE_TAGS) || *key == STUDIO_TAG;
    if let Some(tag) = tags.keys().find(is_service) {
        return Some(Skip::Service { tag: tag.clone() });
    }
    if profile.name == security_group::NAME {
        if STUDIO_GROUPS.iter().any(|start| called.starts_with(start)) {
            return Some(Skip::StudioGroup);
        }
        if called == DEFAULT_GROUP && !chosen {
            return Some(Skip::DefaultGroup);
        }
    }
    if kind.is_gone(&live.state).unwrap_or(false) {
        return Some(Skip::Leaving);
    }
    match &live.phase {
        Phase::Ready => None,
        Phase::Settling(state) => Some(Skip::Settling { state: state.clone() }),
        Phase::Failed(why) => Some(Skip::Failed { why: why.clone() }),
        Phase::Restorable { .. } => Some(Skip::Leaving),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        kinds::{self, cloud_control::s3_bucket},
        model::{Claim, Deletion, PhysicalId, Tags},
    };

    const OWNER: &str = "ml";

    fn skipped(kind: &str, state: Value, tags: &[(&str, &str)], chosen: bool) -> Option<Skip> {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let live = Observed {
            id: PhysicalId("x-1".to_owned()),
            arn: String::new(),
            tags: tags.collect(),
            phase: Phase::Ready,
            state,
        };
        let registry = kinds::registry();
        skip(registry.get(kind).expect("a kind"), &live, OWNER, "prod", chosen)
    }

    fn group(name: &str, tags: &[(&str, &str)]) -> Option<Skip> {
        skipped(security_group::NAME, json!({"groupName": name}), tags, false)
    }

    #[test]
    fn what_somebody_else_manages_is_skipped_with_the_reason() {
        assert_eq!(group("web", &[("team", "ml")]), None);
        let stack = group("web", &[("aws:cloudformation:stack-name", "network")]);
        assert_eq!(stack, Some(Skip::Stack { name: "network".into() }));
        let tower = "StackSet-AWSControlTowerBP-VPC-1";
        let tower = group("web", &[("aws:cloudformation:stack-name", tower)]);
        assert_eq!(tower, Some(Skip::ControlTower));
        let service = group("web", &[("aws:servicecatalog:productArn", "x")]);
        assert!(matches!(service, Some(Skip::Service { .. })));
        assert_eq!(group("default", &[]), Some(Skip::DefaultGroup));
        let chosen = skipped(security_group::NAME, json!({"groupName": "default"}), &[], true);
        assert_eq!(chosen, None);
        let studio = group("security-group-for-inbound-nfs-d-1", &[]);
        assert_eq!(studio, Some(Skip::StudioGroup));
        let bucket = json!({"type": s3_bucket::NAME, "properties": {
            "BucketName": "aws-controltower-logs-111122223333"}});
        assert_eq!(skipped(s3_bucket::NAME, bucket, &[], false), Some(Skip::ControlTower));
    }

    #[test]
    fn claims_of_others_are_skipped_and_those_of_a_lost_manifest_are_not() {
        let claim = |owner: &str, scope: &str| -> Tags {
            let address = Address::new(scope, security_group::NAME, "web");
            Claim { owner: owner.to_owned(), address, deletion: Deletion::Retain }.tags()
        };
        let with = |tags: Tags| {
            let tags: Vec<_> = tags.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            group("web", &tags)
        };
        assert_eq!(with(claim(OWNER, "prod")), None);
        assert!(matches!(with(claim("others", "prod")), Some(Skip::Claimed { .. })));
        assert!(matches!(with(claim(OWNER, "dev")), Some(Skip::Misclaimed { .. })));
    }
}
