//! AWS's request limits: the one table of documented limits, with its sources.
//!
//! The budget stays below them, and the simulator enforces them.

use crate::operations::is_service;

/// Which calls AWS counts together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Each operation on its own.
    Each,
    /// All operations of the row together.
    Together,
}

/// Where AWS counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Within {
    /// One account in one Region.
    AccountAndRegion,
    /// One account, in all Regions together.
    Account,
}

/// One row: a token bucket.
#[derive(Debug, PartialEq)]
pub(crate) struct Limit {
    /// The service as the SDK names it, in any case.
    pub(crate) service: &'static str,
    /// Operations; a trailing `*` matches any ending. The first matching row of a service applies.
    pub(crate) operations: &'static [&'static str],
    /// Which calls count together.
    pub(crate) counted: Counted,
    /// Where they count together.
    pub(crate) within: Within,
    /// The burst: calls that may be sent at once.
    pub(crate) burst: f64,
    /// The sustained rate, in calls a second.
    pub(crate) rate: f64,
    /// AWS's documentation; empty if it publishes nothing and the figures are a cautious start.
    pub(crate) source: Option<&'static str>,
}

const EC2_PAGE: &str = "EC2 developer guide, Request throttling for the Amazon EC2 API: token \
    bucket sizes and refill \
                        rates of each API action, per account and Region";
/// From the guide's last public revision (2023); the figures are adjustable and may be higher
/// today.
const KMS_PAGE: &str = "KMS developer guide, Request quotas: per second, account and Region, each \
    operation on its own";
const ORGANIZATIONS_PAGE: &str = "Organizations user guide, Quotas and service limits: requests a \
    second and burst, per account \
     (the quotas per organization are higher, and shared with everybody in it)";
const STS_PAGE: &str = "AWS re:Post and vendors' documents that quote it: 600 requests a second, \
    per account and Region, all \
                        operations together";

/// Shared with every other tool of the account.
const CLOUDTRAIL_PAGE: &str =
    "CloudTrail user guide, Quotas: LookupEvents, two a second, per account (and Region)";
/// The units are of one partition key, and an item that is read as it is now costs one for each
/// 4 KB; the figures here are far below that.
const DYNAMODB_PAGE: &str = "DynamoDB developer guide, Partitions: 3000 read and 1000 write units \
    a second";
const IDENTITY_CENTER_PAGE: &str = "Identity Center user guide, Quotas: all operations together";

const fn row(
    service: &'static str,
    operations: &'static [&'static str],
    burst: f64,
    rate: f64,
    source: &'static str,
) -> Limit {
    Limit {
        service,
        operations,
        counted: Counted::Each,
        within: Within::AccountAndRegion,
        burst,
        rate,
        source: Some(source),
    }
}

const fn ec2(operations: &'static [&'static str], burst: f64, rate: f64) -> Limit {
    row("ec2", operations, burst, rate, EC2_PAGE)
}

/// KMS documents a number per second and no burst: a bucket holds one second's worth.
const fn kms(operations: &'static [&'static str], rate: f64) -> Limit {
    row("kms", operations, rate, rate, KMS_PAGE)
}

const fn organizations(operations: &'static [&'static str], rate: f64, burst: f64) -> Limit {
    Limit {
        within: Within::Account,
        ..row("organizations", operations, burst, rate, ORGANIZATIONS_PAGE)
    }
}

/// AWS publishes no rates for SageMaker's control plane; there are reports of `ThrottlingException`
/// for bursts of listings and of `ListTags`. The budget starts with these figures and adapts.
const fn sagemaker(operations: &'static [&'static str], burst: f64, rate: f64) -> Limit {
    Limit {
        counted: Counted::Together,
        source: None,
        ..row("sagemaker", operations, burst, rate, "")
    }
}

/// "This service has no quotas" (AWS General Reference). Others measured 30 calls a second in an
/// account and Region, all operations together, and 25 reads that were just safe
/// (ekristen/aws-nuke#508).
const fn cloud_control(operations: &'static [&'static str], burst: f64, rate: f64) -> Limit {
    Limit {
        counted: Counted::Together,
        source: None,
        ..row("cloudcontrol", operations, burst, rate, "")
    }
}

/// Every row.
static LIMITS: &[Limit] = &[
    ec2(&["CreateVpcEndpoint", "ModifyVpcEndpoint", "DeleteVpcEndpoints"], 4.0, 0.3),
    ec2(&["CreateTags", "DeleteTags"], 100.0, 10.0),
    ec2(&["DescribeSecurityGroupReferences", "DescribeStaleSecurityGroups"], 20.0, 5.0),
    ec2(&["Describe*", "Get*"], 100.0, 20.0),
    // Resource-intensive actions (AuthorizeSecurityGroupIngress, RevokeSecurityGroupIngress) have
    // the same figures.
    ec2(&["*"], 50.0, 5.0),
    kms(&["DescribeKey", "ListResourceTags"], 2000.0),
    kms(&["GetKeyPolicy", "GetKeyRotationStatus"], 1000.0),
    kms(&["ListAliases", "ListKeys"], 500.0),
    kms(&["ListGrants", "ListKeyPolicies", "ListRetirableGrants"], 100.0),
    kms(&["CreateGrant"], 50.0),
    kms(&["RevokeGrant", "RetireGrant"], 30.0),
    kms(&["DeleteAlias", "PutKeyPolicy", "EnableKeyRotation", "ScheduleKeyDeletion"], 15.0),
    kms(&["TagResource"], 10.0),
    // CreateKey, CreateAlias, UpdateAlias, EnableKey, DisableKey, DisableKeyRotation,
    // UntagResource, UpdateKeyDescription, CancelKeyDeletion, ReplicateKey, UpdatePrimaryRegion.
    kms(&["*"], 5.0),
    organizations(&["DescribeAccount"], 20.0, 30.0),
    organizations(&["ListTagsForResource"], 10.0, 15.0),
    organizations(&["ListAccounts"], 8.0, 12.0),
    organizations(&["ListChildren"], 6.0, 10.0),
    organizations(
        &["ListParents", "ListAccountsForParent", "ListOrganizationalUnitsForParent"],
        5.0,
        8.0,
    ),
    organizations(
        &[
            "ListPolicies",
            "ListPoliciesForTarget",
            "ListTargetsForPolicy",
            "ListDelegatedAdministrators",
        ],
        5.0,
        8.0,
    ),
    organizations(&["TagResource", "UntagResource"], 4.0, 6.0),
    organizations(
        &["CreatePolicy", "DeletePolicy", "AttachPolicy", "DetachPolicy", "UpdatePolicy"],
        2.0,
        3.0,
    ),
    organizations(&["DescribePolicy", "DescribeOrganizationalUnit"], 2.0, 2.0),
    organizations(
        &["MoveAccount", "UpdateOrganizationalUnit", "DeleteOrganizationalUnit"],
        2.0,
        3.0,
    ),
    organizations(&["DescribeOrganization", "CreateOrganizationalUnit", "ListRoots"], 1.0, 2.0),
    // EnablePolicyType and DisablePolicyType; operations that the quotas do not name are assumed to
    // be no faster.
    organizations(&["*"], 1.0, 1.0),
    Limit { counted: Counted::Together, ..row("sts", &["*"], 600.0, 600.0, STS_PAGE) },
    sagemaker(&["Describe*", "List*"], 20.0, 5.0),
    sagemaker(&["*"], 5.0, 1.0),
    cloud_control(&["Get*", "List*"], 20.0, 10.0),
    cloud_control(&["*"], 5.0, 2.0),
    Limit {
        counted: Counted::Together,
        ..row("ssoadmin", &["*"], 20.0, 20.0, IDENTITY_CENTER_PAGE)
    },
    // Of the two readings the stricter one: in all Regions together.
    Limit {
        within: Within::Account,
        ..row("cloudtrail", &["LookupEvents"], 2.0, 2.0, CLOUDTRAIL_PAGE)
    },
    row(
        "cloudtrail",
        &["DescribeTrails", "GetEventSelectors", "GetTrailStatus"],
        10.0,
        10.0,
        "CloudTrail user guide, Quotas: Get, Describe and List APIs, ten a second",
    ),
    Limit { counted: Counted::Together, ..row("dynamodb", &["*"], 100.0, 50.0, DYNAMODB_PAGE) },
    row(
        "secretsmanager",
        &["GetSecretValue"],
        100.0,
        100.0,
        "Secrets Manager user guide, Quotas: 10000 a second, far above these figures",
    ),
    Limit { counted: Counted::Together, source: None, ..row("sqs", &["*"], 100.0, 50.0, "") },
    unpublished("eventbridge"),
    unpublished("sns"),
    unpublished("identitystore"),
    unpublished("resourcegroupstaggingapi"),
    unpublished("account"),
    unpublished("bedrock"),
    unpublished("configservice"),
    unpublished("iam"),
    unpublished("s3control"),
];

/// AWS publishes no rates for these, and palisade makes few calls of them.
const fn unpublished(service: &'static str) -> Limit {
    Limit { counted: Counted::Together, source: None, ..row(service, &["*"], 10.0, 2.0, "") }
}

/// For a service that is not in the table.
static UNHEARD_OF: Limit = Limit {
    service: "",
    operations: &["*"],
    counted: Counted::Together,
    within: Within::AccountAndRegion,
    burst: 5.0,
    rate: 1.0,
    source: None,
};

impl Limit {
    /// The row of an operation.
    pub(crate) fn of(service: &str, operation: &str) -> &'static Self {
        LIMITS
            .iter()
            .find(|row| is_service(row.service, service) && row.covers(operation))
            .unwrap_or(&UNHEARD_OF)
    }

    fn covers(&self, operation: &str) -> bool {
        self.operations.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => operation.starts_with(start),
            None => *pattern == operation,
        })
    }

    /// The name of the bucket for this operation, unique within account and Region: calls with the
    /// same name count together.
    pub(crate) fn bucket(&self, operation: &str) -> String {
        let of = match self.counted {
            Counted::Each => operation,
            Counted::Together => self.operations.first().copied().unwrap_or("*"),
        };
        format!("{}:{of}", self.service)
    }

    /// The Region that counts for a call to `region`.
    pub(crate) fn region<'a>(&self, region: &'a str) -> &'a str {
        match self.within {
            Within::AccountAndRegion => region,
            Within::Account => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations;

    #[test]
    fn every_operation_that_palisade_calls_has_a_row_with_its_source_where_aws_publishes_one() {
        for row in operations::all() {
            let limit = Limit::of(row.service, row.name);
            assert_eq!(limit.service, row.service, "{}", row.name);
            let unpublished = [
                "account",
                "bedrock",
                "cloudcontrol",
                "configservice",
                "eventbridge",
                "iam",
                "identitystore",
                "resourcegroupstaggingapi",
                "s3control",
                "sagemaker",
                "sns",
                "sqs",
            ];
            assert_eq!(limit.source.is_none(), unpublished.contains(&row.service), "{}", row.name);
            assert!(limit.burst >= 1.0 && limit.rate > 0.0, "{limit:?}");
        }
    }

    #[test]
    fn the_first_row_that_names_an_operation_counts() {
        let figures = |service, operation| {
            let limit = Limit::of(service, operation);
            (limit.burst, limit.rate, limit.bucket(operation))
        };
        assert_eq!(
            figures("EC2", "ModifyVpcEndpoint"),
            (4.0, 0.3, "ec2:ModifyVpcEndpoint".to_owned())
        );
        assert_eq!(figures("EC2", "DescribeVpcs"), (100.0, 20.0, "ec2:DescribeVpcs".to_owned()));
        assert_eq!(
            figures("EC2", "RevokeSecurityGroupIngress"),
            (50.0, 5.0, "ec2:RevokeSecurityGroupIngress".to_owned())
        );
        assert_eq!(figures("KMS", "UpdateAlias"), (5.0, 5.0, "kms:UpdateAlias".to_owned()));
        assert_eq!(figures("SageMaker", "ListTags").2, figures("SageMaker", "DescribeDomain").2);
        assert_ne!(figures("SageMaker", "ListTags").2, figures("SageMaker", "UpdateDomain").2);
        assert_eq!(
            figures("Organizations", "EnablePolicyType"),
            (1.0, 1.0, "organizations:EnablePolicyType".to_owned())
        );
        assert_eq!(Limit::of("Organizations", "ListRoots").region("eu-west-1"), "");
        assert_eq!(Limit::of("CloudTrail", "LookupEvents").region("eu-west-1"), "");
        assert!(Limit::of("Glacier", "Whatever").source.is_none());
    }
}
