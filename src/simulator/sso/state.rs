//! What there is in Identity Center.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};

use crate::simulator::service::Options;

/// The id of the instance.
const INSTANCE: &str = "ssoins-7223aaaaaaaaaaaa";
/// The id of its identity store.
pub(super) const STORE: &str = "d-9067aaaaaa";

/// A permission set.
#[derive(Debug, Clone, Default)]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) description: Option<String>,
    pub(super) session: String,
    /// The ARNs of AWS's policies in it.
    pub(super) policies: BTreeSet<String>,
    /// Policies of the accounts, by path and name.
    pub(super) references: BTreeSet<(String, String)>,
    /// The policy that it has itself.
    pub(super) inline: Option<String>,
    pub(super) boundary: Option<Value>,
    pub(super) relay_state: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Who has which permission set where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Assignment {
    pub(super) account: String,
    /// The ARN of the permission set.
    pub(super) set: String,
    /// `USER` or `GROUP`.
    pub(super) sort: String,
    pub(super) who: String,
}

/// A request to give or take a permission set.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) id: String,
    pub(super) gives: bool,
    pub(super) about: Assignment,
    pub(super) until: Duration,
    pub(super) failure: Option<String>,
    pub(super) created: f64,
    pub(super) is_done: bool,
}

/// Everything.
#[derive(Debug, Clone)]
pub(super) struct State {
    pub(super) owner: String,
    pub(super) accounts: BTreeSet<String>,
    /// By ARN.
    pub(super) sets: BTreeMap<String, Set>,
    pub(super) assignments: BTreeSet<Assignment>,
    /// In the order in which they came.
    pub(super) requests: Vec<Asked>,
    /// The names of users, by id.
    pub(super) users: BTreeMap<String, String>,
    /// The names of groups, by id.
    pub(super) groups: BTreeMap<String, String>,
}

impl State {
    pub(super) fn new(options: &Options) -> Self {
        let mut accounts: BTreeSet<String> = options.accounts.iter().cloned().collect();
        accounts.insert(options.management_account.clone());
        Self {
            owner: options.management_account.clone(),
            accounts,
            sets: BTreeMap::new(),
            assignments: BTreeSet::new(),
            requests: Vec::new(),
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
        }
    }

    pub(super) fn arn() -> String {
        format!("arn:aws:sso:::instance/{INSTANCE}")
    }

    pub(super) fn arn_of(id: &str) -> String {
        format!("arn:aws:sso:::permissionSet/{INSTANCE}/{id}")
    }

    /// The instance in a listing.
    pub(super) fn shown(&self) -> (String, Value) {
        let shown = json!({
            "InstanceArn": Self::arn(), "IdentityStoreId": STORE,
            "OwnerAccountId": self.owner, "Status": "ACTIVE",
        });
        (Self::arn(), shown)
    }

    /// Carries out the requests whose time has come.
    pub(super) fn settle(&mut self, elapsed: Duration) {
        let due = self.requests.iter_mut().filter(|it| !it.is_done && elapsed >= it.until);
        for request in due {
            request.is_done = true;
            if request.failure.is_some() {
                continue;
            }
            if request.gives {
                self.assignments.insert(request.about.clone());
            } else {
                self.assignments.remove(&request.about);
            }
        }
    }

    /// The requests that are not done.
    pub(super) fn at_work(&self) -> impl Iterator<Item = &Asked> {
        self.requests.iter().filter(|request| !request.is_done)
    }

    /// Whether there is such a user or group.
    pub(super) fn knows(&self, sort: &str, who: &str) -> bool {
        let all = if sort == "USER" { &self.users } else { &self.groups };
        all.contains_key(who)
    }
}
