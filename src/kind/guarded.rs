//! Policies that can lock palisade itself out.

use std::collections::BTreeSet;

use crate::model::policy_document::PolicyDocument;

/// A policy document in a kind's state that decides who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The document; `None` if there is one that palisade cannot read, so that its content is
    /// unknown, and if it decides nobody's access.
    pub document: Option<PolicyDocument>,
    /// Whose access it decides.
    pub reach: Reach,
}

impl Reach {
    /// The roots, organizational units and accounts below which the document has effect; `None` for
    /// a document that belongs to a resource of one account.
    pub fn places(&self) -> Option<&BTreeSet<String>> {
        match self {
            Self::Accounts(places) | Self::Resources(places) | Self::Settings(places) => {
                Some(places)
            }
            Self::Key | Self::Bucket { .. } | Self::Endpoint { .. } | Self::Assignments { .. } => {
                None
            }
        }
    }
}

/// Whose access a document decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// A key policy: everybody's access to the key. Nothing else can grant what it does not allow.
    Key,
    /// A service control policy on these roots, organizational units and accounts (their ids): the
    /// most that any principal in a member account below them may do. The management account is
    /// never affected (Organizations user guide).
    Accounts(BTreeSet<String>),
    /// A resource control policy on these roots, organizational units and accounts: the most that
    /// anybody may do with resources of member accounts below them. It only denies: AWS's own
    /// RCPFullAWSAccess, which cannot be detached, allows the rest. Resources of the management
    /// account are never affected (Organizations user guide).
    Resources(BTreeSet<String>),
    /// A management policy on these roots, organizational units and accounts: settings and reports,
    /// no permission of a principal.
    Settings(BTreeSet<String>),
    /// A bucket policy. Roles of its account have their permissions from their own policies, so
    /// that it can only deny them something (IAM user guide, policy evaluation).
    Bucket {
        /// The ARN of the bucket, or of what has such a policy; `{region}` stands for the Region of
        /// the scope.
        arn: String,
    },
    /// Assignments of Identity Center in an account. As long as a permission set is assigned to
    /// anybody there, there is a role for it; with the last assignment AWS deletes the role
    /// (Identity Center user guide, "Remove user access").
    Assignments {
        /// The account.
        account: String,
        /// The names of the assigned permission sets, or the ids of those whose names are not
        /// known.
        sets: BTreeSet<String>,
    },
    /// An endpoint policy: requests that go through the endpoint. palisade's own requests need not.
    Endpoint {
        /// The prefixes of the actions that pass through the endpoint; empty if they are not known.
        prefixes: BTreeSet<String>,
    },
}
