//! Every AWS operation that palisade may call, with the permissions it needs.
//!
//! One table for all its readers, put together from what the kinds say, so that they cannot drift apart: the write guard refuses whatever is not in it and takes from it
//! what writes; `palisade iam-policy` prints from it what to allow; the gate takes from it what no policy may deny palisade; and
//! the tests run palisade under exactly what is printed.

pub mod facts;
mod of_kind;
pub mod policy;
pub(crate) mod table;
mod usage;

pub use self::{
    of_kind::{OfKind, ResourceType},
    usage::Usage,
};
pub(crate) use self::{
    of_kind::{kind_of_sort, of_kind},
    usage::role_arns,
};

/// What carrying out an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Reads.
    Observe,
    /// Creates or changes, and can be taken back.
    Apply,
    /// Deletes a resource.
    Destroy,
}

/// What a permission is for. The IAM action alone says too little: almost every one has to be limited to some resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// `*`: actions that AWS authorises for no particular resource.
    Anything,
    /// Security groups of the account's Region.
    SecurityGroups,
    /// Rules of security groups.
    SecurityGroupRules,
    /// Prefix lists, those of AWS and of other accounts too.
    PrefixLists,
    /// VPCs.
    Vpcs,
    /// VPC endpoints.
    VpcEndpoints,
    /// Subnets, security groups and route tables: what an endpoint is put into.
    EndpointParts,
    /// Hosted zones of Route 53.
    HostedZones,
    /// KMS keys.
    Keys,
    /// KMS aliases.
    Aliases,
    /// The organisation's own service control policies.
    Policies,
    /// The root, organizational units and accounts.
    Places,
    /// The root.
    Roots,
    /// SageMaker domains.
    Domains,
    /// The roles that domains give their users.
    ExecutionRoles,
    /// The service-linked role of this service.
    ServiceRole(&'static str),
    /// Exactly the resources of this kind that manifests adopt; nothing where none does.
    Adopted(&'static str),
}

impl On {
    /// The resource types meant, as the service authorization reference names them; none for [`On::Anything`], and for
    /// [`On::Adopted`], whose kind says it.
    pub fn sorts(self) -> &'static [&'static str] {
        match self {
            Self::Anything | Self::Adopted(_) => &[],
            Self::SecurityGroups => &["security-group"],
            Self::SecurityGroupRules => &["security-group-rule"],
            Self::PrefixLists => &["prefix-list"],
            Self::Vpcs => &["vpc"],
            Self::VpcEndpoints => &["vpc-endpoint"],
            Self::EndpointParts => &["route-table", "security-group", "subnet"],
            Self::HostedZones => &["hostedzone"],
            Self::Keys => &["key"],
            Self::Aliases => &["alias"],
            Self::Policies => &["policy"],
            Self::Places => &["account", "organizationalunit", "root"],
            Self::Roots => &["root"],
            Self::Domains => &["domain"],
            Self::ExecutionRoles | Self::ServiceRole(_) => &["role"],
        }
    }
}

/// A condition under which a permission holds; all of a permission's conditions must.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The resource carries our owner tag.
    Owned,
    /// The request sets our owner tag.
    Claims,
    /// The resource carries our owner tag or none at all.
    NobodyElses,
    /// If the request sets an owner tag, it is ours.
    StaysOurs,
    /// The request removes tags by name, and the owner tag is not among them.
    KeepsOwner,
    /// The tags come with a create call of EC2 that palisade makes.
    CreatedByEc2,
    /// The tags come with this create call of SageMaker.
    TaggedBy(&'static str),
    /// It is about service control policies, not policies of other types.
    ServiceControlPolicies,
    /// The role is handed to this service.
    PassedTo(&'static str),
    /// The service-linked role belongs to this service.
    RoleOf(&'static str),
    /// An AWS service asks for the grant, for a resource of its own.
    GrantForService,
    /// The key stays for at least as many days as the manifests say.
    WaitsLongEnough,
}

/// One permission that an operation needs. AWS checks some actions once for each resource they touch: then there is one
/// grant for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The IAM action, `service:Action`.
    pub action: &'static str,
    /// For which resources.
    pub on: On,
    /// Under which conditions.
    pub when: &'static [When],
}

/// Which manifests bring an operation about, where not every one of its kind does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Every manifest of the kind.
    Always,
    /// Only one that says `${organization.id}`.
    OrganizationId,
    /// Only an endpoint whose service's name palisade does not know.
    UnknownServices,
    /// Only a key that shall not be rotated.
    UnrotatedKeys,
    /// Only a key that shall be disabled.
    DisabledKeys,
    /// Only a key for several Regions.
    MultiRegionKeys,
    /// Only an endpoint to a service in another Region.
    EndpointsToOtherRegions,
}

/// One row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The service, as IAM names it (and the SDK, but for case).
    pub service: &'static str,
    /// The operation.
    pub name: &'static str,
    /// What it does.
    pub mode: Mode,
    /// The kinds that use it; none: every scope does.
    pub kinds: &'static [&'static str],
    /// What it needs.
    pub grants: &'static [Grant],
    /// Whether the search for orphans makes it too, in scopes where no manifest declares the kind.
    pub sweep: bool,
    /// Which manifests bring it about.
    pub need: Need,
    /// What a reader of the policy may wonder about: conditions that AWS does not have, permissions only needed once.
    pub note: &'static str,
}

impl Operation {
    /// Whether it can change anything.
    pub fn is_mutating(&self) -> bool {
        self.mode != Mode::Observe
    }

    /// The permission that has the operation's own name, `service:Name`; none where AWS asks for none.
    pub fn action(&self) -> Option<&'static str> {
        let own = |action: &&str| action.split_once(':') == Some((self.service, self.name));
        self.grants.iter().map(|grant| grant.action).find(own)
    }
}

/// Every row. An operation of several kinds that needs something else for each has a row for each.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    table::EVERYWHERE.iter().chain(of_kind::KINDS.values().flat_map(|kind| kind.rows))
}

/// The operation with these names; the service's in any case. Where it has several rows, their modes are equal.
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    all().find(|row| row.name == name && row.service.eq_ignore_ascii_case(service))
}

/// Whether an operation can change anything. What is not in the table is taken for a write.
pub fn is_mutating(service: &str, name: &str) -> bool {
    find(service, name).is_none_or(Operation::is_mutating)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::{BTreeMap, BTreeSet},
        fs,
        path::Path,
    };

    use super::*;
    use crate::kinds;

    #[test]
    fn what_reads_by_its_name_observes_and_nothing_else_does() {
        for row in all() {
            let reads = ["Describe", "List", "Get"].iter().any(|verb| row.name.starts_with(verb));
            assert_eq!(row.mode == Mode::Observe, reads, "{}", row.name);
        }
    }

    #[test]
    fn rows_of_one_operation_agree_on_what_it_does_and_are_of_different_kinds() {
        let mut seen: BTreeMap<_, (Mode, BTreeSet<(&str, Need)>)> = BTreeMap::new();
        for row in all() {
            let (mode, kinds) =
                seen.entry((row.service, row.name)).or_insert_with(|| (row.mode, BTreeSet::new()));
            assert_eq!(*mode, row.mode, "{}", row.name);
            for kind in row.kinds {
                assert!(kinds.insert((kind, row.need)), "{} twice for {kind}", row.name);
            }
        }
    }

    #[test]
    fn the_kinds_of_the_table_are_those_of_the_program_and_each_has_all_three_modes() {
        let registry = kinds::registry();
        for mode in [Mode::Observe, Mode::Apply, Mode::Destroy] {
            let rows = all().filter(|row| row.mode == mode);
            let kinds: BTreeSet<&str> = rows.flat_map(|row| row.kinds).copied().collect();
            assert_eq!(kinds, registry.names().into_iter().collect(), "{mode:?}");
        }
    }

    #[test]
    fn what_changes_or_deletes_an_existing_resource_is_limited_to_what_is_ours() {
        for row in all().filter(|row| row.is_mutating()) {
            let limited = |grant: &Grant| {
                [When::Owned, When::Claims].iter().any(|when| grant.when.contains(when))
            };
            // The only ones whose resources have no tags to go by.
            let none = row.name == "EnablePolicyType"
                || [Need::MultiRegionKeys, Need::EndpointsToOtherRegions].contains(&row.need);
            assert!(none || row.grants.iter().any(limited), "{}", row.name);
        }
    }

    #[test]
    fn an_operation_needs_the_permission_of_its_own_name_unless_it_is_everybodys() {
        let named: BTreeSet<_> = all().map(|row| (row.service, row.name)).collect();
        let own = |named: &&(&str, &str)| {
            all().any(|row| (row.service, row.name) == **named && row.action().is_some())
        };
        let without: Vec<_> = named.iter().filter(|named| !own(named)).collect();
        assert_eq!(without, [&("sts", "GetCallerIdentity")]);
    }

    fn actions_of(kind: &str) -> BTreeSet<&'static str> {
        all().filter(|row| row.kinds.contains(&kind)).filter_map(Operation::action).collect()
    }

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
    fn every_operation_that_a_port_names_is_one_of_its_kinds() {
        let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/kinds");
        let folders = fs::read_dir(all).unwrap().map(|entry| entry.unwrap().path());
        let (mut missing, mut seen) = (BTreeSet::new(), 0);
        for folder in folders.filter(|path| path.is_dir()) {
            let name = folder.file_name().unwrap().to_string_lossy().replace('_', "");
            let names = kinds::registry().names();
            let kind = names.into_iter().find(|kind| kind.to_lowercase() == name).unwrap();
            let known = actions_of(kind);
            let mut texts = Vec::new();
            sources(&folder, &mut texts);
            for text in &texts {
                for operation in named(text.split("#[cfg(test)]").next().unwrap_or_default()) {
                    seen += 1;
                    // The port's name for what EC2 has no call for.
                    if !known.contains(operation) && operation != "ec2:ModifySecurityGroup" {
                        missing.insert((kind, operation.to_owned()));
                    }
                }
            }
        }
        assert!(seen > 40, "the ports are no longer where this test looks: {seen}");
        assert_eq!(missing, BTreeSet::new());
    }

    #[test]
    fn an_operation_is_found_by_the_sdks_name_of_the_service() {
        assert!(find("SageMaker", "UpdateDomain").is_some_and(Operation::is_mutating));
        assert!(!is_mutating("EC2", "DescribeVpcs"));
        assert!(is_mutating("EC2", "DescribeInstances"), "not in the table");
        assert!(find("KMS", "DescribeVpcs").is_none());
    }
}
