//! Every AWS operation that palisade may call, with the permissions it needs.
//!
//! One table for all its readers, put together from what the kinds say, so that they cannot drift
//! apart: the write guard refuses whatever is not in it and takes from it what writes; `palisade
//! iam-policy` prints from it what to allow; the gate takes from it what no policy may deny
//! palisade; and the tests run palisade under exactly what is printed.

pub mod facts;
mod of_kind;
pub mod policy;
pub(crate) mod resources;
pub(crate) mod table;
mod usage;

pub use self::{
    of_kind::OfKind,
    resources::{Holes, Named, ResourceType, Resources, ServiceRole},
    usage::Usage,
};
pub(crate) use self::{
    of_kind::{kind_of, of_kind, resource_of},
    usage::role_arns,
};
use crate::kind::LookupKind;

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

/// What a permission is for. The IAM action alone says too little: almost every one has to be
/// limited to some resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    /// `*`: actions that AWS authorises for no particular resource.
    Anything,
    /// Resources of these types.
    Of(&'static Resources),
    /// The roles that resources are given, to hand on to a service.
    ExecutionRoles,
    /// This service-linked role.
    ServiceRole(ServiceRole),
    /// Exactly the resources of this kind that manifests adopt; nothing where none does.
    Adopted(&'static str),
}

impl On {
    /// The resource types meant; none for [`On::Anything`], and for [`On::Adopted`], whose kind
    /// says it.
    pub fn types(self) -> &'static [ResourceType] {
        match self {
            Self::Anything | Self::Adopted(_) => &[],
            Self::Of(Resources { types, .. }) => types,
            Self::ExecutionRoles | Self::ServiceRole(_) => &[resources::ROLE],
        }
    }

    /// What it is called in the ids of statements.
    fn name(self) -> String {
        match self {
            Self::Anything => "Anything".to_owned(),
            Self::Of(Resources { name, .. }) => (*name).to_owned(),
            Self::ExecutionRoles => "ExecutionRoles".to_owned(),
            Self::ServiceRole(role) => role.name.to_owned(),
            Self::Adopted(kind) => format!("Adopted{kind}"),
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
    /// The key stays for at least as many days as the manifests say.
    WaitsLongEnough,
    /// The request says this.
    Says(Said),
}

/// What a request says by a condition key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Said {
    /// What it is called in the ids of statements.
    pub name: &'static str,
    /// The operator that holds for it.
    pub operator: &'static str,
    /// The condition key, as the service authorization reference writes it.
    pub key: &'static str,
    /// Its value.
    pub value: &'static str,
}

impl When {
    /// The request carries this text.
    pub(crate) const fn says(name: &'static str, key: &'static str, value: &'static str) -> Self {
        Self::Says(Said { name, operator: "StringEquals", key, value })
    }

    /// What it is called in the ids of statements.
    fn name(self) -> String {
        match self {
            Self::Says(Said { name, .. }) => name.to_owned(),
            other => format!("{other:?}"),
        }
    }
}

/// One permission that an operation needs. AWS checks some actions once for each resource they
/// touch: then there is one grant for each.
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
    /// Only one that looks up something of this sort.
    Lookup(LookupKind),
    /// Only one of which the kind notes this ([`OfKind::usage`]).
    Noted(&'static str),
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
    /// The kind that uses it; none: every scope does. Filled in where the kinds' rows are
    /// collected.
    pub kind: Option<&'static str>,
    /// The permission that has the operation's own name, `service:Name`; none where AWS asks for
    /// none.
    pub own: Option<Grant>,
    /// The other permissions that it needs.
    pub more: &'static [Grant],
    /// Whether the search for orphans makes it too, in scopes where no manifest declares the kind.
    pub sweep: bool,
    /// Which manifests bring it about.
    pub need: Need,
    /// What a reader of the policy may wonder about: conditions that AWS does not have, permissions
    /// only needed once.
    pub note: &'static str,
}

impl Operation {
    /// Whether it can change anything.
    pub fn is_mutating(&self) -> bool {
        self.mode != Mode::Observe
    }

    /// What it needs.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.own.iter().chain(self.more)
    }

    /// The permission that has the operation's own name, `service:Name`; none where AWS asks for
    /// none.
    pub fn action(&self) -> Option<&'static str> {
        self.own.map(|grant| grant.action)
    }
}

/// Every row. An operation of several kinds has a row for each.
pub fn all() -> impl Iterator<Item = &'static Operation> {
    table::EVERYWHERE.iter().chain(of_kind::ROWS.iter())
}

/// The operation with these names; the service's in any case. Where it has several rows, their
/// modes are equal.
pub fn find(service: &str, name: &str) -> Option<&'static Operation> {
    all().find(|row| row.name == name && row.service.eq_ignore_ascii_case(service))
}

/// Whether an operation can change anything. What is not in the table is taken for a write.
pub fn is_mutating(service: &str, name: &str) -> bool {
    find(service, name).is_none_or(Operation::is_mutating)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::{
        kind::{Claimed, erased::ErasedKind},
        kinds,
    };

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
            // What cannot be tagged is never deleted.
            let profiles = registry.iter().map(ErasedKind::profile);
            let with = profiles.filter(|it| mode != Mode::Destroy || it.claimed == Claimed::ByTags);
            assert_eq!(kinds, with.map(|it| it.name).collect(), "{mode:?}");
        }
    }

    #[test]
    fn what_changes_or_deletes_an_existing_resource_is_limited_to_what_is_ours() {
        let registry = kinds::registry();
        for row in all().filter(|row| row.is_mutating()) {
            let limited = |grant: &Grant| {
                [When::Owned, When::Claims].iter().any(|when| grant.when.contains(when))
            };
            // The only ones whose resources have no tags to go by. A row without a permission of
            // its name is about a resource of the account's, such as a service-linked role.
            let claimed =
                row.kind.and_then(|kind| registry.get(kind)).map(|it| it.profile().claimed);
            let none = row.name == "EnablePolicyType"
                || row.own.is_none()
                || claimed == Some(Claimed::ByAdoption);
            assert!(none || row.grants().any(limited), "{}", row.name);
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

    #[test]
    fn an_operation_is_found_by_the_sdks_name_of_the_service() {
        assert!(find("SageMaker", "UpdateDomain").is_some_and(Operation::is_mutating));
        assert!(!is_mutating("EC2", "DescribeVpcs"));
        assert!(is_mutating("EC2", "DescribeInstances"), "not in the table");
        assert!(find("KMS", "DescribeVpcs").is_none());
    }
}
