//! Network ACLs at EC2: one listing of the whole Region, in pages of 1000.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{
    IcmpTypeCode, NetworkAcl, NetworkAclAssociation, NetworkAclEntry, PortRange, ResourceType,
    RuleAction,
};
use ipnet::IpNet;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::entries::{Entry, key, parsed};
use crate::{
    aws::{Access, classify, ec2_tags, lookup},
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, IDLE, LeafEdit, PARTITION, Page, Service, Tree, get},
    },
    kinds::subnets::aws::{self as subnets, all, arn, whole},
    model::{Observed, PhysicalId, Tags},
};

const LIST: &str = "ec2:DescribeNetworkAcls";
/// The entries that deny the rest have numbers from here on (Amazon VPC guide, "Network ACL
/// rules").
const FIRST_FIXED: i32 = 32_767;
/// The member of a live state that says whether it is the default ACL of its VPC.
const DEFAULT: &str = "default";

/// The network ACLs of one scope.
#[derive(Debug, Clone)]
pub struct Acls {
    ec2: aws_sdk_ec2::Client,
    facts: ScopeFacts,
}

impl Service for Acls {
    const LISTS: &'static [&'static str] = &[LIST];

    fn connect(access: &Access) -> Self {
        Self { ec2: access.ec2.clone(), facts: access.facts.clone() }
    }

    async fn page(&self, _: usize, token: Option<String>) -> Result<Page, CloudError> {
        let (acls, next) = self.described(&[], token).await?;
        let found = acls.into_iter().map(|acl| self.found(acl));
        Ok(Page { found: found.collect::<Result<_, _>>()?, next, ..Page::default() })
    }

    /// They come with the list.
    async fn tags(&self, found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(found.tags.clone())
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        let acls = self.all(&[("network-acl-id", id.as_str())]).await?;
        acls.into_iter().next().map(|acl| self.found(acl)).transpose()
    }

    /// Nothing is left to read.
    async fn read(&self, found: &Found, _: &Tags) -> Result<Option<Observed<Value>>, CloudError> {
        Ok(found.whole.clone())
    }

    fn arn(&self, id: &PhysicalId) -> Option<String> {
        Some(arn("network-acl", id, &self.facts))
    }

    /// The SDK may repeat the call: the token makes a repetition the same ACL (EC2 API reference,
    /// "Ensuring idempotency").
    async fn create(
        &self,
        want: &Tree,
        tags: &Tags,
        token: &str,
    ) -> Result<PhysicalId, CloudError> {
        const OPERATION: &str = "ec2:CreateNetworkAcl";
        let specification = ec2_tags::specification(ResourceType::NetworkAcl, tags);
        let answer = self
            .ec2
            .create_network_acl()
            .client_token(token)
            .set_vpc_id(get(want, "vpc").as_str().map(str::to_owned))
            .tag_specifications(specification)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        let id = answer.network_acl.and_then(|acl| acl.network_acl_id);
        let unnamed = || CloudError::new(OPERATION, Class::Unknown, "the answer names no ACL");
        id.map(PhysicalId).ok_or_else(unnamed)
    }

    async fn send(&self, have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        for edit in edits {
            match edit.path.as_str() {
                "entries" => self.entry(have, edit).await?,
                _ => self.associate(have, edit).await?,
            }
        }
        Ok(())
    }

    async fn tag(&self, have: &Observed<Value>, set: &Tags) -> Result<(), CloudError> {
        ec2_tags::tag(&self.ec2, &have.id, set).await
    }

    async fn untag(&self, have: &Observed<Value>, keys: &[String]) -> Result<(), CloudError> {
        ec2_tags::untag(&self.ec2, &have.id, keys).await
    }

    async fn delete(&self, have: &Observed<Value>, _: Option<&Tree>) -> Result<(), CloudError> {
        let call = self.ec2.delete_network_acl().network_acl_id(have.id.as_str());
        match call.send().await.map_err(|error| classify("ec2:DeleteNetworkAcl", &error)) {
            Err(error) if error.class != Class::Missing => Err(error),
            _ => Ok(()),
        }
    }

    /// The subnets that it filters. The default ACL of a VPC goes with its VPC only (EC2 API
    /// reference, `DeleteNetworkAcl`).
    async fn obstacles(
        &self,
        have: &Observed<Value>,
        _: Option<&LeafEdit>,
    ) -> Result<Vec<String>, CloudError> {
        if have.state[DEFAULT] == true {
            let vpc = have.state["vpc"].as_str().unwrap_or_default();
            return Ok(vec![format!("it is the default ACL of {vpc}")]);
        }
        let subnets = have.state["subnets"].as_array().into_iter().flatten();
        let names = subnets.filter_map(Value::as_str);
        Ok(names.map(|subnet| format!("{subnet} is filtered by it")).collect())
    }
}

impl Acls {
    async fn described(
        &self,
        filters: &[(&str, &str)],
        token: Option<String>,
    ) -> Result<(Vec<NetworkAcl>, Option<String>), CloudError> {
        let call = self.ec2.describe_network_acls().max_results(1000).set_next_token(token);
        let call = call.set_filters(subnets::filters(filters));
        let answer = call.send().await.map_err(|error| classify(LIST, &error))?;
        Ok((answer.network_acls.unwrap_or_default(), answer.next_token))
    }

    async fn all(&self, filters: &[(&str, &str)]) -> Result<Vec<NetworkAcl>, CloudError> {
        all(LIST, |token| self.described(filters, token)).await
    }

    fn found(&self, acl: NetworkAcl) -> Result<Found, CloudError> {
        let unnamed = || CloudError::new(LIST, Class::Unknown, "an ACL without id");
        let id = acl.network_acl_id.clone().map(PhysicalId).ok_or_else(unnamed)?;
        let tags = lookup::tags(acl.tags.clone());
        let subnets: BTreeSet<String> =
            acl.associations().iter().filter_map(|it| it.subnet_id.clone()).collect();
        // The default one has what no other has: it is in nobody's way.
        let is_default = acl.is_default() == Some(true);
        let names = if is_default { BTreeSet::new() } else { subnets.clone() };
        let mut entries = Tree::new();
        for entry in acl.entries() {
            let unnumbered = || CloudError::new(LIST, Class::Unknown, "an entry without number");
            let number = entry.rule_number.ok_or_else(unnumbered)?;
            if number < FIRST_FIXED {
                let key = key(entry.egress == Some(true), number.into());
                entries.insert(key, json!(read(entry)));
            }
        }
        entries.sort_keys();
        let state = json!({
            "vpc": acl.vpc_id,
            "entries": entries,
            "subnets": subnets,
            DEFAULT: is_default,
            // New subnets get the default one, whether or not any has it now.
            IDLE: subnets.is_empty() && !is_default,
            PARTITION: self.facts.partition,
            ACCOUNT: self.facts.account,
        });
        let arn = arn("network-acl", &id, &self.facts);
        Ok(Found { names, ..whole(id, arn, tags, state) })
    }

    async fn entry(&self, have: &Observed<Value>, edit: &LeafEdit) -> Result<(), CloudError> {
        let (egress, number) = parsed(&edit.entry).ok_or_else(|| never(&edit.entry))?;
        let number = i32::try_from(number).map_err(|_| never(&edit.entry))?;
        let id = have.id.as_str();
        let operation = edit.operation.as_deref().unwrap_or_default();
        if operation == "ec2:DeleteNetworkAclEntry" {
            let call = self.ec2.delete_network_acl_entry().network_acl_id(id);
            let call = call.egress(egress).rule_number(number);
            let answer = call.send().await;
            return match answer.map_err(|error| classify("ec2:DeleteNetworkAclEntry", &error)) {
                Err(error) if error.class != Class::Missing => Err(error),
                _ => Ok(()),
            };
        }
        let entry = Entry::deserialize(&edit.new).map_err(|error| never(&error.to_string()))?;
        let is_v6 = entry.cidr.contains(':');
        let (v4, v6) = if is_v6 { (None, Some(entry.cidr)) } else { (Some(entry.cidr), None) };
        let int = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
        let ports = entry
            .ports
            .map(|(first, last)| PortRange::builder().from(int(first)).to(int(last)).build());
        let icmp = entry
            .icmp
            .map(|(kind, code)| IcmpTypeCode::builder().r#type(int(kind)).code(int(code)).build());
        let action = RuleAction::from(entry.action.as_str());
        match operation {
            "ec2:CreateNetworkAclEntry" => {
                let call = self.ec2.create_network_acl_entry().network_acl_id(id);
                let call = call.egress(egress).rule_number(number).rule_action(action);
                let call = call.protocol(entry.protocol).set_cidr_block(v4);
                let call = call.set_ipv6_cidr_block(v6).set_port_range(ports);
                let answer = call.set_icmp_type_code(icmp).send().await;
                answer.map(drop).map_err(|error| classify("ec2:CreateNetworkAclEntry", &error))
            }
            "ec2:ReplaceNetworkAclEntry" => {
                let call = self.ec2.replace_network_acl_entry().network_acl_id(id);
                let call = call.egress(egress).rule_number(number).rule_action(action);
                let call = call.protocol(entry.protocol).set_cidr_block(v4);
                let call = call.set_ipv6_cidr_block(v6).set_port_range(ports);
                let answer = call.set_icmp_type_code(icmp).send().await;
                answer.map(drop).map_err(|error| classify("ec2:ReplaceNetworkAclEntry", &error))
            }
            other => Err(never(other)),
        }
    }

    /// Only from the ACL that the plan names, or else from the default one: somebody may have been
    /// faster. Each replacement gives the association another id.
    async fn associate(&self, have: &Observed<Value>, edit: &LeafEdit) -> Result<(), CloudError> {
        const OPERATION: &str = "ec2:ReplaceNetworkAclAssociation";
        let subnet = edit.text();
        let acls = self.all(&[("association.subnet-id", subnet)]).await?;
        let is_left = |acl: &&NetworkAcl| match edit.old.as_str() {
            Some(from) => acl.network_acl_id() == Some(from),
            None => acl.is_default() == Some(true),
        };
        let is_own = |association: &&NetworkAclAssociation| association.subnet_id() == Some(subnet);
        let mut all = acls.iter().filter(is_left).flat_map(NetworkAcl::associations);
        let association =
            all.find(is_own).and_then(|association| association.network_acl_association_id.clone());
        let moved = || CloudError::new(OPERATION, Class::Busy, "the subnet has another ACL by now");
        let call = self.ec2.replace_network_acl_association().network_acl_id(have.id.as_str());
        let answer = call.association_id(association.ok_or_else(moved)?).send().await;
        answer.map(drop).map_err(|error| classify(OPERATION, &error))
    }
}

/// An entry as a manifest can have it. Something that is not known here must not look like what is
/// wanted.
fn read(entry: &NetworkAclEntry) -> Entry {
    let known = |text: Option<&str>| text.unwrap_or("(unknown)").to_owned();
    let cidr = known(entry.cidr_block().or(entry.ipv6_cidr_block()));
    Entry {
        action: known(entry.rule_action().map(RuleAction::as_str)),
        protocol: known(entry.protocol()),
        // In one spelling.
        cidr: cidr.parse::<IpNet>().map_or(cidr, |block| block.to_string()),
        ports: entry.port_range().map(|range| {
            (range.from().unwrap_or_default().into(), range.to().unwrap_or_default().into())
        }),
        icmp: entry
            .icmp_type_code()
            .map(|code| (code.r#type().unwrap_or(-1).into(), code.code().unwrap_or(-1).into())),
    }
}

/// A defect in palisade: nothing was sent.
fn never(what: &str) -> CloudError {
    let why = format!("{what} is not a call of a network ACL");
    CloudError::new("palisade:Change", Class::Rejected, why)
}
