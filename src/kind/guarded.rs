//! Policies that can lock palisade itself out, and the operations it must not lose.

use std::collections::BTreeSet;

use crate::model::policy_document::PolicyDocument;

/// A policy document in a kind's state that decides who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The document.
    pub document: PolicyDocument,
    /// Whose access it decides.
    pub reach: Reach,
}

/// Whose access a document decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A key policy: everybody's access to the key. Nothing else can give what it does not.
    Key,
    /// A service control policy on these roots, organizational units and accounts (their ids): the most that anybody
    /// in a member account below them may do. The management account is never concerned (Organizations user guide).
    Accounts(BTreeSet<String>),
    /// An endpoint policy: requests that take the way through the endpoint. palisade's own need not.
    Endpoint,
}

/// An operation palisade cannot do its work without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The kind that needs it.
    pub kind: &'static str,
    /// `service:Action`, as IAM spells it.
    pub action: &'static str,
}

/// What every port calls, by kind: the one list that lock-outs are judged by. `sts:GetCallerIdentity` is not in it: no
/// policy can deny it (IAM user guide).
pub const OPERATIONS: &[Operation] = &[
    op("SecurityGroup", "ec2:AuthorizeSecurityGroupEgress"),
    op("SecurityGroup", "ec2:AuthorizeSecurityGroupIngress"),
    op("SecurityGroup", "ec2:CreateSecurityGroup"),
    op("SecurityGroup", "ec2:CreateTags"),
    op("SecurityGroup", "ec2:DeleteSecurityGroup"),
    op("SecurityGroup", "ec2:DeleteTags"),
    op("SecurityGroup", "ec2:DescribeManagedPrefixLists"),
    op("SecurityGroup", "ec2:DescribeNetworkInterfaces"),
    op("SecurityGroup", "ec2:DescribeSecurityGroupRules"),
    op("SecurityGroup", "ec2:DescribeSecurityGroups"),
    op("SecurityGroup", "ec2:DescribeVpcs"),
    op("SecurityGroup", "ec2:ModifySecurityGroupRules"),
    op("SecurityGroup", "ec2:RevokeSecurityGroupEgress"),
    op("SecurityGroup", "ec2:RevokeSecurityGroupIngress"),
    op("SecurityGroup", "ec2:UpdateSecurityGroupRuleDescriptionsEgress"),
    op("SecurityGroup", "ec2:UpdateSecurityGroupRuleDescriptionsIngress"),
    op("VpcEndpoint", "ec2:CreateTags"),
    op("VpcEndpoint", "ec2:CreateVpcEndpoint"),
    op("VpcEndpoint", "ec2:DeleteTags"),
    op("VpcEndpoint", "ec2:DeleteVpcEndpoints"),
    op("VpcEndpoint", "ec2:DescribeRouteTables"),
    op("VpcEndpoint", "ec2:DescribeSubnets"),
    op("VpcEndpoint", "ec2:DescribeVpcEndpoints"),
    op("VpcEndpoint", "ec2:DescribeVpcs"),
    op("VpcEndpoint", "ec2:ModifyVpcEndpoint"),
    op("KmsKey", "kms:CancelKeyDeletion"),
    op("KmsKey", "kms:CreateAlias"),
    op("KmsKey", "kms:CreateKey"),
    op("KmsKey", "kms:DeleteAlias"),
    op("KmsKey", "kms:DescribeKey"),
    op("KmsKey", "kms:DisableKey"),
    op("KmsKey", "kms:DisableKeyRotation"),
    op("KmsKey", "kms:EnableKey"),
    op("KmsKey", "kms:EnableKeyRotation"),
    op("KmsKey", "kms:GetKeyPolicy"),
    op("KmsKey", "kms:GetKeyRotationStatus"),
    op("KmsKey", "kms:ListAliases"),
    op("KmsKey", "kms:ListKeys"),
    op("KmsKey", "kms:ListResourceTags"),
    op("KmsKey", "kms:PutKeyPolicy"),
    op("KmsKey", "kms:ScheduleKeyDeletion"),
    op("KmsKey", "kms:TagResource"),
    op("KmsKey", "kms:UntagResource"),
    op("KmsKey", "kms:UpdateAlias"),
    op("KmsKey", "kms:UpdateKeyDescription"),
    op("ServiceControlPolicy", "organizations:AttachPolicy"),
    op("ServiceControlPolicy", "organizations:CreatePolicy"),
    op("ServiceControlPolicy", "organizations:DeletePolicy"),
    op("ServiceControlPolicy", "organizations:DescribeOrganization"),
    op("ServiceControlPolicy", "organizations:DescribePolicy"),
    op("ServiceControlPolicy", "organizations:DetachPolicy"),
    op("ServiceControlPolicy", "organizations:EnablePolicyType"),
    op("ServiceControlPolicy", "organizations:ListOrganizationalUnitsForParent"),
    op("ServiceControlPolicy", "organizations:ListPolicies"),
    op("ServiceControlPolicy", "organizations:ListPoliciesForTarget"),
    op("ServiceControlPolicy", "organizations:ListRoots"),
    op("ServiceControlPolicy", "organizations:ListTagsForResource"),
    op("ServiceControlPolicy", "organizations:ListTargetsForPolicy"),
    op("ServiceControlPolicy", "organizations:TagResource"),
    op("ServiceControlPolicy", "organizations:UntagResource"),
    op("ServiceControlPolicy", "organizations:UpdatePolicy"),
    op("SageMakerDomain", "sagemaker:AddTags"),
    op("SageMakerDomain", "sagemaker:CreateDomain"),
    op("SageMakerDomain", "sagemaker:DeleteDomain"),
    op("SageMakerDomain", "sagemaker:DeleteTags"),
    op("SageMakerDomain", "sagemaker:DescribeDomain"),
    op("SageMakerDomain", "sagemaker:ListApps"),
    op("SageMakerDomain", "sagemaker:ListDomains"),
    op("SageMakerDomain", "sagemaker:ListSpaces"),
    op("SageMakerDomain", "sagemaker:ListTags"),
    op("SageMakerDomain", "sagemaker:ListUserProfiles"),
    op("SageMakerDomain", "sagemaker:UpdateDomain"),
];

const fn op(kind: &'static str, action: &'static str) -> Operation {
    Operation { kind, action }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    fn sources(dir: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(dir).unwrap().map(Result::unwrap) {
            let path = entry.path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            // Tests of ports stand among them.
            if ["tests", "simulated", "rehearsal"].contains(&stem.as_str()) {
                continue;
            }
            if path.is_dir() {
                sources(&path, found);
            } else if path.to_string_lossy().contains("aws") {
                found.push(fs::read_to_string(&path).unwrap());
            }
        }
    }

    /// `"service:Operation"` wherever a port names the call it makes.
    fn named(source: &str) -> impl Iterator<Item = &str> {
        source.split('"').skip(1).step_by(2).filter(|text| {
            text.split_once(':').is_some_and(|(service, operation)| {
                ["ec2", "kms", "organizations", "sagemaker"].contains(&service)
                    && operation.starts_with(|c: char| c.is_ascii_uppercase())
                    && operation.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        })
    }

    #[test]
    fn every_operation_that_a_port_names_is_in_the_list() {
        let kinds = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kinds");
        let mut missing = BTreeSet::new();
        let mut seen = 0;
        for folder in fs::read_dir(kinds).unwrap().map(Result::unwrap).map(|e| e.path()) {
            let mut texts = Vec::new();
            if folder.is_dir() {
                sources(&folder, &mut texts);
            }
            for text in &texts {
                for operation in named(text.split("#[cfg(test)]").next().unwrap_or_default()) {
                    seen += 1;
                    // The port's name for what EC2 has no call for.
                    if !OPERATIONS.iter().any(|known| known.action == operation)
                        && operation != "ec2:ModifySecurityGroup"
                    {
                        missing.insert(operation.to_owned());
                    }
                }
            }
        }
        assert!(seen > 40, "the ports are no longer where this test looks: {seen}");
        assert_eq!(missing, BTreeSet::new());
    }
}
