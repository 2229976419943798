//! Prefix lists that lead to endpoints: AWS's own come with gateway endpoints, which put their
//! routes in themselves; with those of customers, people route to Gateway Load Balancer endpoints.
//! EC2 shows both routes alike.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_ec2::{
    Client,
    types::{Filter, RouteTable},
};

use super::read::leads_to_endpoint;
use crate::{
    aws::{classify, lookup::Pages},
    kind::{Class, CloudError},
};

const LISTS: &str = "ec2:DescribeManagedPrefixLists";
/// The owner of AWS's own lists (EC2 API reference, `ManagedPrefixList`).
const AWS: &str = "AWS";
/// The most values of a filter (EC2 API reference, `Filter`).
const VALUES: usize = 200;

/// What was learnt of prefix lists. The owner of a list never changes, so that each is asked for
/// once.
#[derive(Debug, Clone, Default)]
pub(super) struct Lists(Arc<Mutex<BTreeMap<String, bool>>>);

/// The lists that are customers'. All others count as AWS's own, whose routes are left alone.
#[derive(Debug, Clone, Default)]
pub(super) struct OfCustomers(BTreeSet<String>);

impl OfCustomers {
    /// Whether a gateway endpoint put a route in.
    pub(super) fn is_of_endpoint(&self, end: &(&str, &str)) -> bool {
        leads_to_endpoint(end) && !self.0.contains(end.0)
    }
}

impl Lists {
    /// The customers' lists among those by which routes of these tables lead to endpoints. Without
    /// the permission to read lists all of them count as AWS's own: those routes are left alone.
    pub(super) async fn of_customers(
        &self,
        ec2: &Client,
        tables: &[RouteTable],
    ) -> Result<OfCustomers, CloudError> {
        let ends = tables.iter().flat_map(RouteTable::routes).filter_map(super::read::ends);
        let named: BTreeSet<&str> = ends.filter(leads_to_endpoint).map(|(to, _)| to).collect();
        let known = self.known();
        let new: Vec<&str> = named.iter().copied().filter(|id| !known.contains_key(*id)).collect();
        for some in new.chunks(VALUES) {
            match owners(ec2, some).await {
                Ok(owners) => self.learn(owners),
                Err(error) if error.class == Class::Denied => break,
                Err(error) => return Err(error),
            }
        }
        let known = self.known();
        let of_customer = |id: &&&str| known.get(**id) == Some(&false);
        Ok(OfCustomers(named.iter().filter(of_customer).map(|id| (*id).to_owned()).collect()))
    }

    fn known(&self) -> BTreeMap<String, bool> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn learn(&self, owners: BTreeMap<String, bool>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(owners);
    }
}

/// Whether each of these lists is AWS's own. A list that is gone is missing: nothing is remembered
/// of it.
async fn owners(ec2: &Client, ids: &[&str]) -> Result<BTreeMap<String, bool>, CloudError> {
    let values = ids.iter().map(|id| (*id).to_owned()).collect();
    let filter = Filter::builder().name("prefix-list-id").set_values(Some(values)).build();
    let (mut pages, mut token, mut owners) = (Pages::of(LISTS), None, BTreeMap::new());
    loop {
        let call = ec2.describe_managed_prefix_lists().max_results(100).set_next_token(token);
        let page = call.filters(filter.clone()).send().await;
        let page = page.map_err(|error| classify(LISTS, &error))?;
        let lists = page.prefix_lists.unwrap_or_default().into_iter();
        owners.extend(lists.filter_map(|it| Some((it.prefix_list_id?, it.owner_id? == AWS))));
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(owners);
        }
    }
}
