//! What people see of leases.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    leases::Leases,
    state::{Lease, Watched},
};

/// Who writes in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Holding {
    /// This process.
    Ours,
    /// Another process.
    Others,
    /// Nobody: the lease is free, or its time is over.
    Nobody,
    /// It is not known yet.
    Unknown,
}

/// The lease of one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeaseView {
    /// Who writes there.
    pub holding: Holding,
    /// The process that holds it, or held it last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How many times it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fence: Option<u64>,
    /// When it was taken, by the clock of its owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
}

/// All leases.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LeasesView {
    /// The name of this process.
    pub owner: String,
    /// By scope.
    pub scopes: BTreeMap<String, LeaseView>,
    /// Why the table cannot be read or written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trouble: Option<String>,
}

impl Leases {
    /// All leases as they are now.
    pub fn view(&self) -> LeasesView {
        let now = self.now();
        let own = self.terms().duration;
        let board = self.board();
        let view = |(scope, watched): (&String, &Watched)| {
            let (holding, record) = match &watched.lease {
                Lease::Unread => (Holding::Unknown, None),
                Lease::Free { record, .. } => (Holding::Nobody, record.as_ref()),
                Lease::Ours(tenure) if tenure.left(now).is_zero() => {
                    (Holding::Nobody, Some(&tenure.record))
                }
                Lease::Ours(tenure) => (Holding::Ours, Some(&tenure.record)),
                Lease::Others { record, .. } if watched.is_expired(own, now) => {
                    (Holding::Nobody, Some(record))
                }
                Lease::Others { record, .. } => (Holding::Others, Some(record)),
            };
            let view = LeaseView {
                holding,
                owner: record.map(|it| it.owner.clone()),
                fence: record.map(|it| it.fence),
                since: record.map(|it| it.since.clone()),
            };
            (scope.clone(), view)
        };
        LeasesView {
            owner: self.owner().to_owned(),
            scopes: board.leases.iter().map(view).collect(),
            trouble: board.trouble().map(|it| it.why.clone()),
        }
    }

    /// The version of each lease as it was read last, by scope; `None` before that. One that
    /// changes is renewed by somebody.
    pub fn versions(&self) -> BTreeMap<String, Option<String>> {
        let board = self.board();
        let version = |watched: &Watched| match &watched.lease {
            Lease::Unread => None,
            Lease::Free { record, .. } => Some(record.as_ref()?.version.clone()),
            Lease::Others { record, .. } => Some(record.version.clone()),
            Lease::Ours(tenure) => Some(tenure.record.version.clone()),
        };
        board.leases.iter().map(|(scope, it)| (scope.clone(), version(it))).collect()
    }

    /// The seconds left of each lease that this process holds, by scope.
    pub fn seconds_left(&self) -> BTreeMap<String, f64> {
        let now = self.now();
        let board = self.board();
        let ours = board.leases.iter().filter_map(|(scope, it)| Some((scope, it.ours()?)));
        ours.map(|(scope, tenure)| (scope.clone(), tenure.left(now).as_secs_f64())).collect()
    }
}
