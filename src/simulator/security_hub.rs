//! Security Hub: the hub of each account and Region (API version 2018-10-26).

use super::{
    api::{Api, Protocol, Refusal},
    documents::api,
    shelves::{Calls, Shelf, Shelves, Stock, TAGS, refuse},
};
use crate::kinds::cloud_control::securityhub_hub;

/// The properties of Security Hub for the rest of the simulator.
pub(super) static API: Api = api(
    "securityhub",
    Protocol::Rest { routes: &[], xml: None },
    Refusal { code: "LimitExceededException", message: "Too many requests", status: 429 },
);

/// Security Hub of all accounts.
pub type SecurityHub = Shelves<Hubs>;

/// Hubs.
#[derive(Debug, Clone, Default)]
pub struct Hubs;

impl Stock for Hubs {
    const SHELVES: &'static [&'static Shelf] = &[&HUBS];
}

static HUBS: Shelf = Shelf {
    service: "securityhub",
    kind: securityhub_hub::NAME,
    calls: Calls {
        create: "EnableSecurityHub",
        read: "DescribeHub",
        update: "UpdateSecurityHubConfiguration",
        delete: "DisableSecurityHub",
        // Reads and lists are one operation.
        list: "DescribeHub",
        creates_named: true,
        read_with: &["securityhub:ListTagsForResource"],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("hub/{id}", true),
    names: |_, _| ("default".to_owned(), None),
    // New accounts get findings for controls (user guide, consolidated control findings).
    complete: |hub, _, context| {
        hub.entry("AutoEnableControls").or_insert(true.into());
        hub.entry("ControlFindingGenerator").or_insert_with(|| "SECURITY_CONTROL".into());
        hub.insert("SubscribedAt".to_owned(), context.now.to_string().into());
    },
    check: |asked| {
        let second = asked.old.is_none() && !asked.others.is_empty();
        refuse(second, "ResourceConflictException", "Account is already subscribed to Security Hub")
    },
    generated: &["SubscribedAt"],
    missing: "ResourceNotFoundException",
};
