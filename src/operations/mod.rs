//! Every AWS operation that palisade may call, with the permissions it needs.
//!
//! This is one table for all its readers, collected from the kinds, so that the readers cannot
//! disagree: the write guard refuses every operation that is not in it and learns from it which
//! ones write; `palisade iam-policy` prints the permissions to allow; the gate learns which
//! permissions no policy may deny to palisade; and the tests run palisade with exactly the printed
//! permissions.

pub mod facts;
mod of_kind;
pub(crate) mod organization;
pub mod policy;
pub(crate) mod resources;
pub(crate) mod table;
mod usage;

pub use self::{
    of_kind::OfKind,
    resources::{ArnParts, Named, ResourceType, Resources, ServiceRole},
    usage::Usage,
};
pub(crate) use self::{
    of_kind::{kind_of, of_kind, resource_of},
    usage::role_arns,
};
use crate::kind::LookupKind;

/// The effect of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Reads.
    Observe,
    /// Creates or changes, which can be reverted.
    Apply,
    /// Deletes a resource.
    Destroy,
    /// Writes what is palisade's own, its memory, its leases and its notices, and nothing of the
    /// account: needed without permission to write, too.
    Own,
}

/// The resources of a permission. The IAM action alone is not enough: almost every action has to be
/// limited to some resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// `*`: actions that AWS authorizes without a particular resource.
    Anything,
    /// Resources of these types.
    Of(&'static Resources),
    /// Resources of these types below the path that the settings give identity; none without that.
    Bounded(&'static Resources),
    /// The roles that resources are given, to be passed to a service.
    ExecutionRoles,
    /// This service-linked role.
    ServiceRole(ServiceRole),
    /// Exactly the resources of this kind that manifests adopt; none if no manifest adopts one.
    Adopted(&'static str),
    /// The table of the memory that the settings name; none without.
    Memory,
    /// The table of the leases, likewise.
    Leases,
    /// The topics that the settings name as targets of notices; none without.
    Topics,
    /// The buses, likewise.
    Buses,
    /// The secrets of these targets; none without.
    Secrets,
}

impl On {
    /// The resource types. None for [`On::Anything`] and for [`On::Adopted`], whose kind defines
    /// the type.
    pub fn types(self) -> &'static [ResourceType] {
        match self {
            Self::Anything | Self::Adopted(_) => &[],
            Self::Of(Resources { types, .. }) | Self::Bounded(Resources { types, .. }) => types,
            Self::ExecutionRoles | Self::ServiceRole(_) => &[resources::ROLE],
            Self::Memory | Self::Leases => &[resources::TABLE],
            Self::Topics => &[resources::TOPIC],
            Self::Buses => &[resources::BUS],
            Self::Secrets => &[resources::SECRET],
        }
    }

    /// Whether it is what the settings name for the process itself.
    pub(crate) fn is_own(self) -> bool {
        matches!(self, Self::Memory | Self::Leases | Self::Topics | Self::Buses | Self::Secrets)
    }

    /// Its name in the ids of statements.
    fn name(self) -> String {
        match self {
            Self::Anything => "Anything".to_owned(),
            Self::Of(Resources { name, .. }) => (*name).to_owned(),
            Self::Bounded(Resources { name, .. }) => format!("Bounded{name}"),
            Self::ExecutionRoles => "ExecutionRoles".to_owned(),
            Self::ServiceRole(role) => role.name.to_owned(),
            Self::Adopted(kind) => format!("Adopted{kind}"),
            Self::Memory => "Memory".to_owned(),
            Self::Leases => "Leases".to_owned(),
            Self::Topics => "Topics".to_owned(),
            Self::Buses => "Buses".to_owned(),
            Self::Secrets => "Secrets".to_owned(),
        }
    }
}

/// A condition of a permission; all conditions of a permission must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum When {
    /// The resource carries our owner tag.
    Owned,
    /// The request sets our owner tag.
    Claims,
    /// The resource carries our owner tag or no owner tag.
    NobodyElses,
    /// If the request sets an owner tag, it is ours.
    StaysOurs,
    /// The request removes tags by key, and the owner tag is not among them.
    KeepsOwner,
    /// The tags come with a create call of EC2 that palisade makes.
    CreatedByEc2,
    /// The key is kept for at least the number of days in the manifests.
    WaitsLongEnough,
    /// The permissions boundary of the settings: that the request sets, or else that of the
    /// resource.
    Bounded,
    /// The request carries this value.
    Says(Said),
}

/// A value of a condition key in a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// Its name in the ids of statements.
    pub name: &'static str,
    /// The condition operator.
    pub operator: &'static str,
    /// The condition key, as the service authorization reference writes it.
    pub key: &'static str,
    /// Its value.
    pub value: &'static str,
}

impl When {
    /// A condition that the request carries this text.
    pub(crate) const fn says(name: &'static str, key: &'static str, value: &'static str) -> Self {
        Self::Says(Said { name, operator: "StringEquals", key, value })
    }

    /// Its name in the ids of statements.
    fn name(self) -> String {
        match self {
            Self::Says(Said { name, .. }) => name.to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// One permission that an operation needs. AWS checks some actions once for each resource they
/// touch; these have one grant for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The IAM action, `service:Action`.
    pub action: &'static str,
    /// The resources.
    pub on: On,
    /// The conditions.
    pub when: &'static [When],
}

/// Which manifests make palisade call an operation, if not all of its kind do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Every manifest of the kind.
    Always,
    /// Only manifests that use `${organization.id}`.
    OrganizationId,
    /// Only scopes whose settings name a queue of events.
    Events,
    /// Only scopes whose queue carries heartbeats.
    Heartbeat,
    /// Only the scope in which the accounts of a set of scopes are listed.
    Accounts,
    /// Only what keeps the memory in a table, sends notices over AWS and reads secrets there: a
    /// scope that is reached with the credentials of the process itself, or the process apart from
    /// its scopes.
    Own,
    /// Only manifests with a lookup of this kind.
    Lookup(LookupKind),
    /// Only manifests for which the kind records this ([`OfKind::usage`]).
    Noted(&'static str),
}

/// One row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// The service as IAM names it; the SDK's name differs in case only.
    pub service: &'static str,
    /// The operation.
    pub name: &'static str,
    /// Its effect.
    pub mode: Mode,
    /// The kind that uses it; `None` if every scope does. Set when the rows of the kinds are
    /// collected.
    pub kind: Option<&'static str>,
    /// The permission with the operation's own name, `service:Name`; `None` if AWS requires none.
    pub own: Option<Grant>,
    /// The other permissions.
    pub more: &'static [Grant],
    /// Whether the search for orphans also calls it, in scopes where no manifest declares the kind.
    pub sweep: bool,
    /// Which manifests make palisade call it.
    pub need: Need,
    /// An explanation for readers of the policy: conditions that AWS does not offer, permissions
    /// needed only once.
    pub note: &'static str,
}

impl Operation {
    /// Whether it can change anything.
    pub fn is_mutating(&self) -> bool {
        self.mode != Mode::Observe
    }

    /// The permissions that it needs.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.own.iter().chain(self.more)
    }

    /// The call of EC2 that creates the resource: the operation itself, or the one that the handler
    /// of a type of Cloud Control makes for it.
    pub fn creates_in_ec2(&self) -> Option<&'static str> {
        let mut made = self.grants().filter(|it| it.when.contains(&When::Claims));
        made.find_map(|it| it.action.strip_prefix("ec2:").filter(|name| *name != "CreateTags"))
    }

    /// The permission with the operation's own name, `service:Name`; `None` if AWS requires none.
    pub fn action(&self) -> Option<&'static str> {
        self.own.map(|grant| grant.action)
    }
}

/// All rows. An operation of several kinds has one row for each.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    table::EVERYWHERE.iter().chain(of_kind::ROWS.iter())
}

/// The operation with these names; the case of the service's name is ignored. If there are several
/// rows, their modes are equal.
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    all().find(|row| row.name == name && is_service(row.service, service))
}

/// Whether a service of our tables is the one that the SDK names so (`S3 Control`).
pub(crate) fn is_service(ours: &str, sdks: &str) -> bool {
    let letters = sdks.bytes().filter(|byte| *byte != b' ');
    letters.map(|byte| byte.to_ascii_lowercase()).eq(ours.bytes())
}

/// Whether an operation can change anything. An operation that is not in the table counts as a
/// write.
pub fn is_mutating(service: &str, name: &str) -> bool {
    find(service, name).is_none_or(Operation::is_mutating)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{
        kind::{Removal, erased::ErasedKind},
        kinds,
    };

    #[test]
    fn operations_observe_if_and_only_if_their_names_say_that_they_read() {
        for row in all() {
            // What palisade takes from its own queue changes nothing of the account.
            let reads =
                ["Describe", "List", "Get", "Lookup", "Query", "ReceiveMessage", "DeleteMessage"];
            let reads = reads.iter().any(|verb| row.name.starts_with(verb));
            assert_eq!(row.mode == Mode::Observe, reads, "{}", row.name);
        }
    }

    #[test]
    fn rows_of_one_operation_have_the_same_mode_and_different_kinds() {
        let mut seen: BTreeMap<_, (Mode, BTreeSet<(&str, Need)>)> = BTreeMap::new();
        for row in all() {
            let (mode, kinds) =
                seen.entry((row.service, row.name)).or_insert_with(|| (row.mode, BTreeSet::new()));
            assert_eq!(*mode, row.mode, "{}", row.name);
            if let Some(kind) = row.kind {
                assert!(kinds.insert((kind, row.need)), "{} twice for {kind}", row.name);
            }
        }
    }

    #[test]
    fn the_kinds_of_the_table_are_those_of_the_program_and_each_has_all_three_modes() {
        let registry = kinds::registry();
        for mode in [Mode::Observe, Mode::Apply, Mode::Destroy] {
            let rows = all().filter(|row| row.mode == mode);
            let kinds: BTreeSet<&str> = rows.filter_map(|row| row.kind).collect();
            let profiles = registry.iter().map(ErasedKind::profile);
            let with = profiles.filter(|it| mode != Mode::Destroy || it.removal != Removal::Never);
            assert_eq!(kinds, with.map(|it| it.name).collect(), "{mode:?}");
        }
    }

    #[test]
    fn changes_and_deletions_of_existing_resources_are_limited_to_ours() {
        let registry = kinds::registry();
        for row in all().filter(|row| row.is_mutating()) {
            let limited = |grant: &Grant| {
                [When::Owned, When::Claims].iter().any(|when| grant.when.contains(when))
            };
            // The only kinds whose resources have no tags to check. A row without a permission of
            // its name is about a resource of the account, such as a service-linked role.
            let claimed =
                row.kind.and_then(|kind| registry.get(kind)).map(|it| it.profile().claimed);
            let none = row.name == "EnablePolicyType"
                || row.mode == Mode::Own && row.grants().all(|grant| grant.on.is_own())
                || row.own.is_none()
                || claimed.is_some_and(|claimed| !claimed.is_in_tags());
            assert!(none || row.grants().any(limited), "{}", row.name);
        }
    }

    #[test]
    fn an_operation_needs_the_permission_of_its_own_name_unless_every_caller_may_use_it() {
        let named: BTreeSet<_> = all().map(|row| (row.service, row.name)).collect();
        let own = |named: &&(&str, &str)| {
            all().any(|row| (row.service, row.name) == **named && row.action().is_some())
        };
        let without: Vec<_> = named.iter().filter(|named| !own(named)).collect();
        let others = [
            // Cloud Control is authorized as CloudFormation, and the tagging API as `tag`.
            ("cloudcontrol", "CreateResource"),
            ("cloudcontrol", "DeleteResource"),
            ("cloudcontrol", "GetResource"),
            ("cloudcontrol", "GetResourceRequestStatus"),
            ("cloudcontrol", "ListResourceRequests"),
            ("cloudcontrol", "ListResources"),
            ("cloudcontrol", "UpdateResource"),
            // AWS Config is `config` for IAM, and EventBridge is `events`.
            ("configservice", "DescribeConfigurationRecorderStatus"),
            ("configservice", "StartConfigurationRecorder"),
            ("configservice", "StopConfigurationRecorder"),
            ("eventbridge", "PutEvents"),
            ("resourcegroupstaggingapi", "GetResources"),
            ("resourcegroupstaggingapi", "TagResources"),
            ("resourcegroupstaggingapi", "UntagResources"),
            // S3 control's operations have the names of S3's actions on buckets.
            ("s3control", "GetPublicAccessBlock"),
            ("s3control", "PutPublicAccessBlock"),
            // Authorized as DeleteMessage.
            ("sqs", "DeleteMessageBatch"),
            // Identity Center's actions have the prefix `sso`.
            ("ssoadmin", "CreateAccountAssignment"),
            ("ssoadmin", "DeleteAccountAssignment"),
            ("ssoadmin", "DescribeAccountAssignmentCreationStatus"),
            ("ssoadmin", "DescribeAccountAssignmentDeletionStatus"),
            ("ssoadmin", "DescribePermissionSet"),
            ("ssoadmin", "ListAccountAssignmentCreationStatus"),
            ("ssoadmin", "ListAccountAssignmentDeletionStatus"),
            ("ssoadmin", "ListAccountAssignments"),
            ("ssoadmin", "ListInstances"),
            ("ssoadmin", "ListManagedPoliciesInPermissionSet"),
            ("ssoadmin", "ListPermissionSets"),
            ("ssoadmin", "ListPermissionSetsProvisionedToAccount"),
            ("sts", "GetCallerIdentity"),
        ];
        assert_eq!(without, others.iter().collect::<Vec<_>>());
    }

    #[test]
    fn an_operation_is_found_by_the_sdks_name_of_the_service() {
        assert!(find("SageMaker", "UpdateDomain").is_some_and(Operation::is_mutating));
        assert!(!is_mutating("EC2", "DescribeVpcs"));
        assert!(is_mutating("EC2", "DescribeInstances"), "not in the table");
        assert!(find("KMS", "DescribeVpcs").is_none());
    }
}
