//! The resources that permissions are about, as the service authorization reference names and
//! writes them.
//!
//! The type of a kind's own resources stands in the kind's folder; here are those that several
//! kinds touch and none manages.

use crate::kind::ScopeFacts;

/// How manifests name resources of a type that they do not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// They do not.
    Never,
    /// By ids that begin like this.
    By(&'static str),
    /// By the number of an account.
    Account,
}

/// A type of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceType {
    /// Its name in the service authorization reference.
    pub sort: &'static str,
    /// Its ARNs, as the reference writes them, with `{id}` and the parts of [`Holes`].
    pub arn: &'static str,
    /// Stands for the id of one that is yet to be made.
    pub sample: &'static str,
    /// How manifests name those that they do not declare.
    pub named: Named,
    /// A pattern for every id.
    pub every: &'static str,
    /// Who else's they can be, as their ARNs say it in the place of the account.
    pub others: Option<&'static str>,
}

/// What an ARN says besides the id.
#[derive(Debug, Clone, Copy)]
pub struct Holes<'a> {
    /// `{partition}`
    pub partition: &'a str,
    /// `{region}`
    pub region: &'a str,
    /// `{account}`
    pub account: &'a str,
    /// `{manager}`: the account that manages the organisation.
    pub manager: &'a str,
    /// `{organization}`
    pub organization: &'a str,
}

impl<'a> Holes<'a> {
    /// Those of a scope. Which organisation it is in, and who manages that, is for the caller to
    /// say.
    pub fn of(facts: &'a ScopeFacts, manager: &'a str, organization: &'a str) -> Self {
        let ScopeFacts { partition, region, account, .. } = facts;
        Self { partition, region, account, manager, organization }
    }
}

impl ResourceType {
    /// A type whose resources are known by ids of their own, with an account in their ARN.
    pub(crate) const fn new(
        sort: &'static str,
        arn: &'static str,
        sample: &'static str,
        named: Named,
    ) -> Self {
        Self { sort, arn, sample, named, every: "*", others: None }
    }

    /// The same, where not every text is an id.
    pub(crate) const fn like(self, every: &'static str) -> Self {
        Self { every, ..self }
    }

    /// The same, where some are of no account.
    pub(crate) const fn or_of(self, others: &'static str) -> Self {
        Self { others: Some(others), ..self }
    }

    /// The service, as ARNs and IAM actions name it.
    pub fn service(&self) -> &'static str {
        self.arn.split(':').nth(2).unwrap_or_default()
    }

    /// The ARN of the one with this id.
    pub fn arn(&self, id: &str, holes: Holes<'_>) -> String {
        let Holes { partition, region, account, manager, organization } = holes;
        self.arn
            .replace("{id}", id)
            .replace("{partition}", partition)
            .replace("{region}", region)
            .replace("{account}", account)
            .replace("{manager}", manager)
            .replace("{organization}", organization)
    }

    /// Whether a text is the ARN of one, of whatever account.
    pub fn is_arn(&self, text: &str) -> bool {
        let own = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let start = own.split('{').next().unwrap_or_default();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts[..], ["arn", _, service, _, _, name]
            if service == self.service() && name.starts_with(start))
    }

    /// An id of the right form that no live resource has: it stands for the resource of the
    /// manifest with this number.
    pub fn symbol(&self, number: usize) -> String {
        let zeros = self.sample.bytes().rev().take_while(|byte| *byte == b'0').count().min(12);
        let (start, _) = self.sample.split_at(self.sample.len() - zeros);
        format!("{}{number:0zeros$x}", start.replace('0', "f"))
    }
}

/// Resource types that a permission is about together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resources {
    /// What policies call them: a part of statements' ids.
    pub name: &'static str,
    /// Which.
    pub types: &'static [ResourceType],
}

/// A service-linked role (the services' guides).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServiceRole {
    /// The principal of the service.
    pub service: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// VPCs.
pub(crate) const VPC: ResourceType = ResourceType::new(
    "vpc",
    "arn:{partition}:ec2:{region}:{account}:vpc/{id}",
    "vpc-00000000000000000",
    Named::By("vpc-"),
);
/// Subnets.
pub(crate) const SUBNET: ResourceType = ResourceType::new(
    "subnet",
    "arn:{partition}:ec2:{region}:{account}:subnet/{id}",
    "subnet-00000000000000000",
    Named::By("subnet-"),
);
/// Route tables.
pub(crate) const ROUTE_TABLE: ResourceType = ResourceType::new(
    "route-table",
    "arn:{partition}:ec2:{region}:{account}:route-table/{id}",
    "rtb-00000000000000000",
    Named::By("rtb-"),
);
/// Prefix lists. Those of AWS belong to `aws`.
pub(crate) const PREFIX_LIST: ResourceType = ResourceType::new(
    "prefix-list",
    "arn:{partition}:ec2:{region}:{account}:prefix-list/{id}",
    "pl-00000000000000000",
    Named::By("pl-"),
)
.or_of("aws");
/// Roles.
pub(crate) const ROLE: ResourceType =
    ResourceType::new("role", "arn:{partition}:iam::{account}:role/{id}", "", Named::Never);

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: ResourceType = ResourceType::new(
        "key",
        "arn:{partition}:kms:{region}:{account}:key/{id}",
        "00000000-0000-4000-8000-000000000000",
        Named::Never,
    );

    #[test]
    fn a_symbol_has_the_form_of_an_id_and_is_nobodys() {
        assert_eq!(KEY.symbol(26), "ffffffff-ffff-4fff-8fff-00000000001a");
        assert_eq!(VPC.symbol(0), "vpc-fffff000000000000");
    }

    #[test]
    fn an_arn_is_told_by_its_service_and_its_resource() {
        let holes = Holes {
            partition: "aws",
            region: "eu-west-1",
            account: "111122223333",
            manager: "999988887777",
            organization: "o-1",
        };
        let arn = KEY.arn("k", holes);
        assert_eq!(arn, "arn:aws:kms:eu-west-1:111122223333:key/k");
        assert!(KEY.is_arn(&arn) && KEY.is_arn("arn:aws-cn:kms:cn-north-1:444455556666:key/k"));
        for other in ["arn:aws:kms:eu-west-1:111122223333:alias/k", "key/k", &VPC.arn("k", holes)] {
            assert!(!KEY.is_arn(other), "{other}");
        }
    }
}
