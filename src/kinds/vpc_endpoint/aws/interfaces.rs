//! The addresses of endpoints, which only their network interfaces show: one listing of those of
//! the Region, in pages of 1000.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use aws_sdk_ec2::{
    Client,
    types::{Filter, NetworkInterface},
};
use serde_json::{Value, json};

use super::super::addresses::{self, entry};
use crate::{
    aws::{classify, lookup::Pages},
    kind::{
        CloudError,
        table::{UNREAD, texts},
    },
    model::Observed,
};

const LIST: &str = "ec2:DescribeNetworkInterfaces";
/// The member of a live state with the ids of its network interfaces, until their addresses are
/// filled in.
pub(super) const INTERFACES: &str = "interfaces";

/// What the last listing found: the addresses by interface, or why it failed; nothing where no
/// manifest names addresses.
#[derive(Debug, Clone, Default)]
pub(super) struct Interfaces(Arc<Mutex<Option<Listed>>>);

/// The addresses by interface.
type Listed = Result<BTreeMap<String, Value>, CloudError>;

impl Interfaces {
    /// Reads them, if they are asked for. The endpoints are compared without them otherwise, and if
    /// they cannot be read.
    pub(super) async fn read(&self, ec2: &Client, asked: bool) {
        let found = if asked { Some(listed(ec2).await) } else { None };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }

    /// A live endpoint with its addresses, or with the reason why they are not known.
    pub(super) fn with_addresses(&self, mut whole: Observed<Value>) -> Observed<Value> {
        let own = match &mut whole.state {
            Value::Object(state) => state.shift_remove(INTERFACES).unwrap_or_default(),
            _ => Value::Null,
        };
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            None => {}
            Some(Ok(all)) => {
                let mut own: Vec<_> = texts(&own).filter_map(|id| all.get(id)).cloned().collect();
                own.sort_by_cached_key(Value::to_string);
                whole.state[addresses::FIXED] = Value::Array(own);
            }
            Some(Err(error)) => {
                whole.state[UNREAD] = json!({addresses::FIXED: error.to_string()});
            }
        }
        whole
    }
}

async fn listed(ec2: &Client) -> Listed {
    let filter = Filter::builder().name("interface-type").values("vpc_endpoint").build();
    let (mut pages, mut token, mut found) = (Pages::of(LIST), None, BTreeMap::new());
    loop {
        let call = ec2.describe_network_interfaces().max_results(1000).set_next_token(token);
        let page = call.filters(filter.clone()).send().await;
        let page = page.map_err(|error| classify(LIST, &error))?;
        let interfaces = page.network_interfaces.unwrap_or_default();
        found.extend(interfaces.iter().filter_map(read));
        token = pages.next(page.next_token)?;
        if token.is_none() {
            return Ok(found);
        }
    }
}

fn read(interface: &NetworkInterface) -> Option<(String, Value)> {
    let v6 = interface.ipv6_addresses().first().and_then(|it| it.ipv6_address());
    let entry = entry(interface.subnet_id()?, interface.private_ip_address(), v6);
    Some((interface.network_interface_id()?.to_owned(), entry))
}
