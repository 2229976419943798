//! The resources of permissions, with their names and ARNs from the service authorization
//! reference.
//!
//! A kind defines the type of its own resources in its folder. Here are the types that several
//! kinds use and none manages.

use crate::kind::ScopeFacts;

/// How manifests name resources of a type that they do not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// They never do.
    Never,
    /// By ids with this prefix.
    By(&'static str),
    /// By account number.
    Account,
}

/// A resource type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceType {
    /// Its name in the service authorization reference.
    pub sort: &'static str,
    /// Its ARNs as in the reference, with `{id}` and the parts of [`ArnParts`].
    pub arn: &'static str,
    /// Stands for the id of a resource that does not exist yet.
    pub sample: &'static str,
    /// How manifests name resources that they do not declare.
    pub named: Named,
    /// A pattern for all ids.
    pub every: &'static str,
    /// Another owner that its ARNs may name in place of the account.
    pub others: Option<&'static str>,
}

/// The parts of an ARN in addition to the id.
#[derive(Debug, Clone, Copy)]
pub struct ArnParts<'a> {
    /// `{partition}`
    pub partition: &'a str,
    /// `{region}`
    pub region: &'a str,
    /// `{account}`
    pub account: &'a str,
    /// `{manager}`: the organization's management account.
    pub manager: &'a str,
    /// `{organization}`
    pub organization: &'a str,
}

impl<'a> ArnParts<'a> {
    /// The parts for a scope. The caller provides the organization and its management account.
    pub fn of(facts: &'a ScopeFacts, manager: &'a str, organization: &'a str) -> Self {
        let ScopeFacts { partition, region, account, .. } = facts;
        Self { partition, region, account, manager, organization }
    }
}

impl ResourceType {
    /// A type whose resources have ids of their own and an account in their ARN.
    pub(crate) const fn new(
        sort: &'static str,
        arn: &'static str,
        sample: &'static str,
        named: Named,
    ) -> Self {
        Self { sort, arn, sample, named, every: "*", others: None }
    }

    /// The same, if not every text is an id.
    pub(crate) const fn like(self, every: &'static str) -> Self {
        Self { every, ..self }
    }

    /// The same, if some resources do not belong to an account.
    pub(crate) const fn or_of(self, others: &'static str) -> Self {
        Self { others: Some(others), ..self }
    }

    /// The service, as in ARNs and IAM actions.
    pub fn service(&self) -> &'static str {
        self.arn.split(':').nth(2).unwrap_or_default()
    }

    /// The ARN of the resource with this id.
    pub fn arn(&self, id: &str, parts: ArnParts<'_>) -> String {
        let ArnParts { partition, region, account, manager, organization } = parts;
        // An identifier of Cloud Control may be the ARN, or have its end in it.
        if self.is_arn(id) {
            return id.to_owned();
        }
        let end = if id.starts_with("https://") { id.rsplit('/').next() } else { None };
        let id = end.or_else(|| id.rsplit('|').next()).unwrap_or(id);
        self.arn
            .replace("{id}", id)
            .replace("{partition}", partition)
            .replace("{region}", region)
            .replace("{account}", account)
            .replace("{manager}", manager)
            .replace("{organization}", organization)
    }

    /// Whether a text is the ARN of such a resource, in any account.
    pub fn is_arn(&self, text: &str) -> bool {
        let own = self.arn.splitn(6, ':').nth(5).unwrap_or_default();
        let start = own.split('{').next().unwrap_or_default();
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        matches!(parts[..], ["arn", _, service, _, _, name]
            if service == self.service() && name.starts_with(start))
    }

    /// A well-formed id that no live resource has; it stands for the resource of the manifest with
    /// this number.
    pub fn symbol(&self, number: usize) -> String {
        let zeros = self.sample.bytes().rev().take_while(|byte| *byte == b'0').count().min(12);
        let (start, _) = self.sample.split_at(self.sample.len() - zeros);
        format!("{}{number:0zeros$x}", start.replace('0', "f"))
    }
}

/// Resource types that share a permission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resources {
    /// Their name in the ids of statements.
    pub name: &'static str,
    /// The types.
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
/// Internet gateways.
pub(crate) const INTERNET_GATEWAY: ResourceType = ResourceType::new(
    "internet-gateway",
    "arn:{partition}:ec2:{region}:{account}:internet-gateway/{id}",
    "igw-00000000000000000",
    Named::By("igw-"),
);
/// Virtual private gateways.
pub(crate) const VPN_GATEWAY: ResourceType = ResourceType::new(
    "vpn-gateway",
    "arn:{partition}:ec2:{region}:{account}:vpn-gateway/{id}",
    "vgw-00000000000000000",
    Named::By("vgw-"),
);
/// NAT gateways.
pub(crate) const NAT_GATEWAY: ResourceType = ResourceType::new(
    "natgateway",
    "arn:{partition}:ec2:{region}:{account}:natgateway/{id}",
    "nat-00000000000000000",
    Named::By("nat-"),
);
/// Transit gateways. One that is shared has another account in its ARN.
pub(crate) const TRANSIT_GATEWAY: ResourceType = ResourceType::new(
    "transit-gateway",
    "arn:{partition}:ec2:{region}:{account}:transit-gateway/{id}",
    "tgw-00000000000000000",
    Named::By("tgw-"),
)
.or_of("*");
/// Elastic IP addresses, by the id of their allocation.
pub(crate) const ELASTIC_IP: ResourceType = ResourceType::new(
    "elastic-ip",
    "arn:{partition}:ec2:{region}:{account}:elastic-ip/{id}",
    "eipalloc-00000000000000000",
    Named::By("eipalloc-"),
);
/// Log groups. The resource of IAM's actions ends in `:*` where they are about its streams; a
/// pattern without it covers neither less nor more than the group.
pub(crate) const LOG_GROUP: ResourceType = ResourceType::new(
    "log-group",
    "arn:{partition}:logs:{region}:{account}:log-group:{id}",
    "palisade-000000000000",
    Named::Never,
);
/// Prefix lists. Those of AWS have `aws` as their owner.
pub(crate) const PREFIX_LIST: ResourceType = ResourceType::new(
    "prefix-list",
    "arn:{partition}:ec2:{region}:{account}:prefix-list/{id}",
    "pl-00000000000000000",
    Named::By("pl-"),
)
.or_of("aws");
/// Tables of DynamoDB.
pub(crate) const TABLE: ResourceType = ResourceType::new(
    "table",
    "arn:{partition}:dynamodb:{region}:{account}:table/{id}",
    "palisade-memory",
    Named::Never,
);
/// Topics of SNS.
pub(crate) const TOPIC: ResourceType = ResourceType::new(
    "topic",
    "arn:{partition}:sns:{region}:{account}:{id}",
    "palisade-000000000000",
    Named::Never,
);
/// Buses of EventBridge.
pub(crate) const BUS: ResourceType = ResourceType::new(
    "event-bus",
    "arn:{partition}:events:{region}:{account}:event-bus/{id}",
    "palisade-000000000000",
    Named::Never,
);
/// Secrets of Secrets Manager.
pub(crate) const SECRET: ResourceType = ResourceType::new(
    "Secret",
    "arn:{partition}:secretsmanager:{region}:{account}:secret:{id}",
    "palisade-000000000000",
    Named::Never,
);
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
    fn a_symbol_has_the_form_of_an_id_that_no_resource_has() {
        assert_eq!(KEY.symbol(26), "ffffffff-ffff-4fff-8fff-00000000001a");
        assert_eq!(VPC.symbol(0), "vpc-fffff000000000000");
    }

    #[test]
    fn an_arn_is_recognized_by_its_service_and_its_resource() {
        let parts = ArnParts {
            partition: "aws",
            region: "eu-west-1",
            account: "111122223333",
            manager: "999988887777",
            organization: "o-1",
        };
        let arn = KEY.arn("k", parts);
        assert_eq!(arn, "arn:aws:kms:eu-west-1:111122223333:key/k");
        assert!(KEY.is_arn(&arn) && KEY.is_arn("arn:aws-cn:kms:cn-north-1:444455556666:key/k"));
        for other in ["arn:aws:kms:eu-west-1:111122223333:alias/k", "key/k", &VPC.arn("k", parts)] {
            assert!(!KEY.is_arn(other), "{other}");
        }
    }
}
