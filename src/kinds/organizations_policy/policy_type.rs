//! The types of policies: how they differ, as one value for each.

use std::fmt;

use crate::{
    baseline::Baseline,
    kind::Doctor,
    model::{management_policy, policy_document::Dialect},
};

/// Everything in which the policies of one type differ from those of another. Limits are those of
/// the Organizations user guide, "Quotas and service limits".
#[derive(Debug, Clone, Copy)]
pub struct PolicyType {
    /// The kind's name in manifests.
    pub name: &'static str,
    /// The short name that people type.
    pub short: &'static str,
    /// One sentence for `explain`.
    pub about: &'static str,
    /// The description of `content` in `explain` and the schema.
    pub content: &'static str,
    /// One policy, in sentences.
    pub one: &'static str,
    /// Several, in sentences.
    pub many: &'static str,
    /// The same as a part of the ids of statements in the policies for palisade's role.
    pub group: &'static str,
    /// The type in the API.
    pub api: &'static str,
    /// Stands for a policy that does not exist yet, in ARNs.
    pub sample: &'static str,
    /// The pattern of all policies of the type, in ARNs.
    pub every: &'static str,
    /// The language of the content.
    pub language: Language,
    /// The longest content, in bytes.
    pub max_bytes: usize,
    /// The maximum number of policies of the type that can be attached to one root, organizational
    /// unit or account, including AWS's own.
    pub max_per_target: usize,
    /// The policy that AWS itself attaches everywhere.
    pub default: DefaultPolicy,
    /// The rules for its manifests.
    pub baseline: Baseline,
    /// What `palisade doctor` asks.
    pub doctor: Doctor,
}

/// The language of a type's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// An IAM policy document.
    Control(Dialect),
    /// A document with inheritance operators.
    Management(management_policy::Language),
}

/// The policy that AWS attaches to every root, organizational unit and account when the type is
/// enabled. Nobody can edit it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultPolicy {
    /// The type has none: a target can be without any policy of it.
    None,
    /// The policy of this name. It can be detached while another policy of the type is attached,
    /// because without any a target allows nothing.
    Replaceable(&'static str),
    /// The policy of this name, which AWS refuses to detach.
    Fixed(&'static str),
}

impl DefaultPolicy {
    /// Its name.
    pub(super) fn name(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Replaceable(name) | Self::Fixed(name) => Some(name),
        }
    }
}

impl PolicyType {
    /// How many policies of manifests can be attached to one target, whatever else is attached;
    /// `allows` says whether one of them allows something.
    pub(super) fn most_of_manifests(&self, allows: bool) -> usize {
        match self.default {
            DefaultPolicy::Replaceable(_) if allows => self.max_per_target,
            DefaultPolicy::Fixed(_) | DefaultPolicy::Replaceable(_) => self.max_per_target - 1,
            DefaultPolicy::None => self.max_per_target,
        }
    }
}

/// One of the sister kinds.
pub trait Sister: fmt::Debug + Send + Sync + 'static {
    /// Its type of policies.
    const TYPE: PolicyType;
}
