//! Policies that can lock palisade itself out.

use std::collections::BTreeSet;

use crate::model::policy_document::PolicyDocument;

/// A policy document in a kind's state that decides who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// The document; `None` if there is one that palisade cannot read, so that its content is
    /// unknown.
    pub document: Option<PolicyDocument>,
    /// Whose access it decides.
    pub reach: Reach,
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
    /// An endpoint policy: requests that go through the endpoint. palisade's own requests need not.
    Endpoint {
        /// The last part of the service's name, which is the prefix of its actions for most
        /// services.
        service: String,
    },
}
