//! The accounts of the organization, and their places in its tree.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use aws_sdk_organizations::types::{Account, AccountState, AccountStatus};

use super::{
    Pages, identified,
    organization::{self, children, root},
};
use crate::{
    aws::{Access, classify, identity},
    kind::{Class, CloudError},
    model::{Member, OrganizationTree},
};

/// The largest page of ListAccounts and ListAccountsForParent (Organizations API reference).
const PAGE: i32 = 20;
/// Organizations allows 5 listings of children a second (Organizations user guide, "Quotas");
/// palisade is not the only caller, and a throttled listing makes the tree unknown.
const BETWEEN_LISTINGS: Duration = Duration::from_millis(250);
/// More units than an organization can have (2,000, Organizations quotas): reaching this means that
/// the listing has a cycle.
const MAX_UNITS: usize = 10_000;

/// Every account of the organization, in as few calls as possible: a listing of all accounts
/// contains their places, and the tree is walked only if it does not (a partition or server without
/// the member `Paths`).
///
/// # Errors
/// A page that could not be read: a partial organization is never returned.
pub async fn tree(access: &Access) -> Result<OrganizationTree, CloudError> {
    match from_paths(&all(access).await?) {
        Some(tree) => Ok(tree),
        None => walk(access).await,
    }
}

async fn all(access: &Access) -> Result<Vec<(String, Account)>, CloudError> {
    const OPERATION: &str = "organizations:ListAccounts";
    let (mut pages, mut token, mut accounts) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .organizations
            .list_accounts()
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for account in page.accounts.unwrap_or_default() {
            accounts.push((identified(OPERATION, account.id.clone())?, account));
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            break;
        }
    }
    if accounts.is_empty() {
        // The management account is always one of them.
        return Err(CloudError::new(
            OPERATION,
            Class::Unknown,
            "the organization lists no accounts",
        ));
    }
    Ok(accounts)
}

/// The tree, if every account has its path: `o-…/r-…/ou-…/…/`.
fn from_paths(accounts: &[(String, Account)]) -> Option<OrganizationTree> {
    let mut tree = BTreeMap::new();
    for (id, account) in accounts {
        let parts = account.paths().iter().flat_map(|path| path.split('/'));
        let above: BTreeSet<String> = parts
            .filter(|part| part.starts_with("r-") || part.starts_with("ou-"))
            .map(str::to_owned)
            .collect();
        if !above.iter().any(|part| part.starts_with("r-")) {
            return None;
        }
        tree.insert(id.clone(), member(above, account));
    }
    Some(OrganizationTree(tree))
}

/// Walks from the root down: the accounts and the units of each level.
async fn walk(access: &Access) -> Result<OrganizationTree, CloudError> {
    let root = root(access).await?;
    let mut tree = OrganizationTree::default();
    let mut places = vec![(root.clone(), BTreeSet::from([root]))];
    let mut seen = 0;
    while let Some((place, above)) = places.pop() {
        seen += 1;
        if seen > MAX_UNITS {
            let operation = "organizations:ListOrganizationalUnitsForParent";
            return Err(CloudError::new(
                operation,
                Class::Unknown,
                "the listing of organizational \
                units has a cycle",
            ));
        }
        for (id, account) in inside(access, &place).await? {
            tree.0.insert(id, member(above.clone(), &account));
        }
        tokio::time::sleep(BETWEEN_LISTINGS).await;
        for (_, unit) in children(access, &place).await? {
            let mut above = above.clone();
            above.insert(unit.clone());
            places.push((unit, above));
        }
        tokio::time::sleep(BETWEEN_LISTINGS).await;
    }
    Ok(tree)
}

/// The accounts directly in a root or unit.
async fn inside(access: &Access, parent: &str) -> Result<Vec<(String, Account)>, CloudError> {
    const OPERATION: &str = "organizations:ListAccountsForParent";
    let (mut pages, mut token, mut accounts) = (Pages::of(OPERATION), None, Vec::new());
    loop {
        let page = access
            .organizations
            .list_accounts_for_parent()
            .parent_id(parent)
            .max_results(PAGE)
            .set_next_token(token)
            .send()
            .await
            .map_err(|error| classify(OPERATION, &error))?;
        for account in page.accounts.unwrap_or_default() {
            accounts.push((identified(OPERATION, account.id.clone())?, account));
        }
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(accounts);
        }
    }
}

fn member(above: BTreeSet<String>, account: &Account) -> Member {
    Member { above, closed: is_closed(account), active: is_active(account) }
}

/// Whether AWS says so: one that is being activated is not active yet.
fn is_active(account: &Account) -> bool {
    match (account.state(), account.status()) {
        (Some(state), _) => *state == AccountState::Active,
        (None, status) => status == Some(&AccountStatus::Active),
    }
}

/// The active accounts below these units (`root`, a path such as `ou:/Workloads/ML`, or an id),
/// without the management account, which no policy of the organization restrains.
///
/// # Errors
/// A page that could not be read, or a unit that does not exist: a part of the accounts is never
/// returned.
pub async fn members(
    access: &Access,
    units: &BTreeSet<String>,
) -> Result<BTreeSet<String>, CloudError> {
    const OPERATION: &str = "organizations:DescribeOrganization";
    let (ids, named): (BTreeSet<_>, BTreeSet<_>) = units
        .iter()
        .map(|unit| unit.strip_prefix("ou:").unwrap_or(unit).to_owned())
        .partition(|unit| unit.starts_with("ou-") || unit.starts_with("r-"));
    let mut places = ids;
    if !named.is_empty() {
        let found = organization::places(access, &named).await?;
        let found: BTreeMap<_, _> =
            found.into_iter().filter_map(|place| Some((place.name?, place.id))).collect();
        for name in &named {
            let id = found.get(name).ok_or_else(|| {
                let why = format!("the organization has no unit {name}");
                CloudError::new(
                    "organizations:ListOrganizationalUnitsForParent",
                    Class::Unknown,
                    why,
                )
            })?;
            places.insert(id.clone());
        }
    }
    let manager = identity::organization(access).await?.management_account;
    let manager = manager.ok_or_else(|| {
        CloudError::new(OPERATION, Class::Unknown, "the answer names no management account")
    })?;
    let tree = tree(access).await?;
    let is_member = |id: &&str| *id != manager && tree.0.get(*id).is_some_and(|it| it.active);
    Ok(tree.below(&places).into_iter().filter(is_member).map(str::to_owned).collect())
}

/// `State` is the newer member and says more; `Status` was to be withdrawn on 9 September 2026
/// (service model). An account with neither, or with an unknown value, may be active.
pub fn is_closed(account: &Account) -> bool {
    match (account.state(), account.status()) {
        (Some(state), _) => matches!(
            state,
            AccountState::Suspended | AccountState::PendingClosure | AccountState::Closed
        ),
        (None, Some(status)) => {
            matches!(status, AccountStatus::Suspended | AccountStatus::PendingClosure)
        }
        (None, None) => false,
    }
}
