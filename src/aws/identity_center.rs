//! IAM Identity Center of an organization: its instance, permission sets by name, users and groups
//! by name.
//!
//! What never changes is asked once: a permission set keeps its name as long as it exists
//! (`UpdatePermissionSet` takes none), and no other one gets its ARN.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use aws_sdk_identitystore::types::{AlternateIdentifier, UniqueAttribute};
use aws_sdk_ssoadmin::types::InstanceStatus;
use aws_smithy_types::Document;
use tokio::time::Instant;

use super::{classify, lookup::Pages, rejected};
use crate::kind::{Class, CloudError, LookupItem, ScopeFacts};

/// The largest page of the lists of permission sets, assignments and requests (Identity Center API
/// reference).
pub(crate) const PAGE: i32 = 100;
/// AWS's policies with which one can do, or give oneself, everything.
pub(crate) const ALMIGHTY: [&str; 2] = ["AdministratorAccess", "IAMFullAccess"];
/// For how long it is believed what a permission set may do: plans show it, and nothing depends on
/// it.
const BELIEVED: Duration = Duration::from_mins(10);
/// The attribute of a permission set that may do everything.
pub(crate) const ADMINISTERS: &str = "administers";

const INSTANCES: &str = "ssoadmin:ListInstances";

/// Identity Center as one scope sees it.
#[derive(Debug, Clone)]
pub struct IdentityCenter {
    pub(crate) admin: aws_sdk_ssoadmin::Client,
    store: aws_sdk_identitystore::Client,
    account: String,
    region: String,
    /// The names of permission sets, by ARN.
    names: Arc<Mutex<BTreeMap<String, String>>>,
    /// Whether permission sets may do everything, by ARN, and when that was read.
    almighty: Arc<Mutex<BTreeMap<String, (Instant, bool)>>>,
}

/// The organization's instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Instance {
    /// Its ARN.
    pub(crate) arn: String,
    /// The identity store with its users and groups.
    store: String,
    /// The account that owns it: the organization's management account.
    pub(crate) owner: String,
}

/// What a name is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A user, by user name.
    User,
    /// A group, by display name.
    Group,
}

impl IdentityCenter {
    pub(super) fn new(
        admin: aws_sdk_ssoadmin::Client,
        store: aws_sdk_identitystore::Client,
        facts: &ScopeFacts,
    ) -> Self {
        let ScopeFacts { account, region, .. } = facts;
        Self {
            admin,
            store,
            account: account.clone(),
            region: region.clone(),
            names: Arc::default(),
            almighty: Arc::default(),
        }
    }

    /// The organization's instance. An account can have an instance of its own in addition, which
    /// knows no permission sets: in a member account, the one that somebody else owns is the
    /// organization's (Identity Center user guide, "Organization and account instances").
    ///
    /// # Errors
    /// A page that could not be read, or no such instance in this Region.
    pub(crate) async fn instance(&self) -> Result<Instance, CloudError> {
        let (mut pages, mut token, mut all) = (Pages::of(INSTANCES), None, Vec::new());
        loop {
            let call = self.admin.list_instances().max_results(PAGE).set_next_token(token);
            let page = call.send().await.map_err(|error| classify(INSTANCES, &error))?;
            for it in page.instances.unwrap_or_default() {
                if it.status.as_ref().is_some_and(|status| *status != InstanceStatus::Active) {
                    continue;
                }
                let (Some(arn), Some(store)) = (it.instance_arn, it.identity_store_id) else {
                    return Err(incomplete(INSTANCES));
                };
                let owner = it.owner_account_id.unwrap_or_default();
                all.push(Instance { arn, store, owner });
            }
            token = pages.next(page.next_token)?;
            if token.is_none() {
                break;
            }
        }
        if all.len() > 1 {
            all.retain(|instance| instance.owner != self.account);
        }
        let why = match all.len() {
            0 => format!(
                "there is no instance of Identity Center in {}: the scope must be the account and \
                 home Region that administer the organization's",
                self.region
            ),
            _ => format!("there are {} instances of Identity Center, not one", all.len()),
        };
        let one = all.pop().filter(|_| all.is_empty());
        one.ok_or_else(|| CloudError::new(INSTANCES, Class::Unknown, why))
    }

    /// The name of a permission set; `None` if it does not exist.
    ///
    /// # Errors
    /// It could not be read.
    pub(crate) async fn name(
        &self,
        instance: &Instance,
        set: &str,
    ) -> Result<Option<String>, CloudError> {
        const OPERATION: &str = "ssoadmin:DescribePermissionSet";
        if let Some(name) = self.names.lock().unwrap_or_else(PoisonError::into_inner).get(set) {
            return Ok(Some(name.clone()));
        }
        let call = self.admin.describe_permission_set().instance_arn(&instance.arn);
        let answer = match call.permission_set_arn(set).send().await {
            Ok(answer) => answer,
            Err(error) => return absent(classify(OPERATION, &error)),
        };
        let name = answer.permission_set.and_then(|set| set.name);
        let name = name.ok_or_else(|| incomplete(OPERATION))?;
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(set.to_owned(), name.clone());
        Ok(Some(name))
    }

    /// The permission sets with these names, which are unique in an instance.
    ///
    /// # Errors
    /// A permission set or a page that could not be read.
    pub(super) async fn sets(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<Vec<LookupItem>, CloudError> {
        const OPERATION: &str = "ssoadmin:ListPermissionSets";
        let instance = self.instance().await?;
        let (mut pages, mut token, mut items) = (Pages::of(OPERATION), None, Vec::new());
        loop {
            let call = self.admin.list_permission_sets().instance_arn(&instance.arn);
            let call = call.max_results(PAGE).set_next_token(token);
            let page = call.send().await.map_err(|error| classify(OPERATION, &error))?;
            for set in page.permission_sets.unwrap_or_default() {
                let name = self.name(&instance, &set).await?;
                let Some(name) = name.filter(|name| names.contains(name)) else { continue };
                let mut item = LookupItem { id: set, name: Some(name), ..LookupItem::default() };
                if self.is_almighty(&instance, &item.id).await? {
                    item.attributes.insert(ADMINISTERS.to_owned(), true.to_string());
                }
                items.push(item);
            }
            token = pages.next(page.next_token)?;
            if token.is_none() {
                return Ok(items);
            }
        }
    }

    async fn is_almighty(&self, instance: &Instance, set: &str) -> Result<bool, CloudError> {
        const OPERATION: &str = "ssoadmin:ListManagedPoliciesInPermissionSet";
        let known = self.almighty.lock().unwrap_or_else(PoisonError::into_inner).get(set).copied();
        if let Some((_, is)) = known.filter(|(at, _)| at.elapsed() < BELIEVED) {
            return Ok(is);
        }
        let (mut pages, mut token, mut is) = (Pages::of(OPERATION), None, false);
        loop {
            let call = self.admin.list_managed_policies_in_permission_set();
            let call = call.instance_arn(&instance.arn).permission_set_arn(set);
            let call = call.max_results(PAGE).set_next_token(token);
            let page = call.send().await.map_err(|error| classify(OPERATION, &error))?;
            let policies = page.attached_managed_policies.unwrap_or_default();
            let mut arns = policies.iter().filter_map(|policy| policy.arn());
            is |= arns.any(|arn| arn.rsplit('/').next().is_some_and(|it| ALMIGHTY.contains(&it)));
            token = pages.next(page.next_token)?;
            if token.is_none() {
                break;
            }
        }
        let mut almighty = self.almighty.lock().unwrap_or_else(PoisonError::into_inner);
        almighty.insert(set.to_owned(), (Instant::now(), is));
        Ok(is)
    }

    /// The users or groups with these names, which are unique in an identity store (`GetUserId`,
    /// `GetGroupId`: the unique attributes are `userName` and `displayName`).
    ///
    /// # Errors
    /// One that could not be read.
    pub(super) async fn principals(
        &self,
        sort: Principal,
        names: &BTreeSet<String>,
    ) -> Result<Vec<LookupItem>, CloudError> {
        let instance = self.instance().await?;
        let mut items = Vec::new();
        for name in names {
            let id = match sort {
                Principal::User => self.user(&instance, name).await?,
                Principal::Group => self.group(&instance, name).await?,
            };
            let item = |id| LookupItem { id, name: Some(name.clone()), ..LookupItem::default() };
            items.extend(id.map(item));
        }
        Ok(items)
    }

    async fn user(&self, instance: &Instance, name: &str) -> Result<Option<String>, CloudError> {
        const OPERATION: &str = "identitystore:GetUserId";
        let call = self.store.get_user_id().identity_store_id(&instance.store);
        let by = unique(OPERATION, "userName", name)?;
        match call.alternate_identifier(by).send().await {
            Ok(answer) => Ok(Some(answer.user_id)),
            Err(error) => absent(classify(OPERATION, &error)),
        }
    }

    async fn group(&self, instance: &Instance, name: &str) -> Result<Option<String>, CloudError> {
        const OPERATION: &str = "identitystore:GetGroupId";
        let call = self.store.get_group_id().identity_store_id(&instance.store);
        let by = unique(OPERATION, "displayName", name)?;
        match call.alternate_identifier(by).send().await {
            Ok(answer) => Ok(Some(answer.group_id)),
            Err(error) => absent(classify(OPERATION, &error)),
        }
    }
}

fn unique(
    operation: &'static str,
    path: &str,
    value: &str,
) -> Result<AlternateIdentifier, CloudError> {
    let attribute = UniqueAttribute::builder()
        .attribute_path(path)
        .attribute_value(Document::String(value.to_owned()))
        .build();
    let attribute = attribute.map_err(|error| rejected(operation, &error))?;
    Ok(AlternateIdentifier::UniqueAttribute(attribute))
}

fn absent(error: CloudError) -> Result<Option<String>, CloudError> {
    if error.class == Class::Missing { Ok(None) } else { Err(error) }
}

/// An answer without what it always has.
pub(crate) fn incomplete(operation: &'static str) -> CloudError {
    CloudError::new(operation, Class::Unknown, "the answer lacks an id or a name")
}
