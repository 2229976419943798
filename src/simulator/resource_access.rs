//! Resource Access Manager: shares, without what is in them (API version 2018-01-04).

use super::{
    api::{Api, Protocol, Refusal},
    documents::api,
    shelves::{Calls, Shelf, Shelves, Stock, TAGS, refuse},
};
use crate::kinds::cloud_control::ram_resource_share;

/// The properties of RAM for the rest of the simulator.
pub(super) static API: Api = api(
    "ram",
    Protocol::Rest { routes: &[], xml: None },
    Refusal { code: "ThrottlingException", message: "Too many requests", status: 429 },
);

/// RAM of all accounts.
pub type ResourceAccess = Shelves<Shares>;

/// Shares.
#[derive(Debug, Clone, Default)]
pub struct Shares;

impl Stock for Shares {
    const SHELVES: &'static [&'static Shelf] = &[&SHARES];
}

static SHARES: Shelf = Shelf {
    service: "ram",
    kind: ram_resource_share::NAME,
    calls: Calls {
        create: "CreateResourceShare",
        read: "GetResourceShares",
        update: "UpdateResourceShare",
        delete: "DeleteResourceShare",
        list: "GetResourceShares",
        creates_named: false,
        read_with: &[],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("resource-share/{id}", true),
    names: |_, context| (context.ids.uuid(), None),
    complete: |share, caller, context| {
        share.entry("AllowExternalPrincipals").or_insert(true.into());
        share.insert("OwningAccountId".to_owned(), caller.account.as_str().into());
        share.insert("CreationTime".to_owned(), context.now.to_string().into());
        share.insert("FeatureSet".to_owned(), "STANDARD".into());
        share.insert("Status".to_owned(), "ACTIVE".into());
    },
    check: |asked| {
        let bad = asked.text("Name").is_empty() || asked.text("Name").len() > 255;
        refuse(bad, "InvalidParameterException", "The name has 1 to 255 characters")
    },
    generated: &["OwningAccountId", "CreationTime", "FeatureSet", "Status"],
    missing: "UnknownResourceException",
};
