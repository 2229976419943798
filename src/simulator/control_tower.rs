//! Control Tower: controls that are enabled on units (API version 2018-05-10).

use super::{
    api::{Api, Protocol, Refusal},
    documents::api,
    service::ApiError,
    shelves::{Asked, Calls, Shelf, Shelves, Stock, TAGS, refuse},
};
use crate::kinds::cloud_control::controltower_enabled_control;

/// The properties of Control Tower for the rest of the simulator.
pub(super) static API: Api = api(
    "controltower",
    Protocol::Rest { routes: &[], xml: None },
    Refusal { code: "ThrottlingException", message: "Too many requests", status: 429 },
);

/// Control Tower of all accounts.
pub type ControlTower = Shelves<Controls>;

/// Enabled controls.
#[derive(Debug, Clone, Default)]
pub struct Controls;

impl Stock for Controls {
    const SHELVES: &'static [&'static Shelf] = &[&CONTROLS];
}

static CONTROLS: Shelf = Shelf {
    service: "controltower",
    kind: controltower_enabled_control::NAME,
    calls: Calls {
        create: "EnableControl",
        read: "GetEnabledControl",
        update: "UpdateEnabledControl",
        delete: "DisableControl",
        list: "ListEnabledControls",
        creates_named: true,
        read_with: &["controltower:ListTagsForResource"],
        create_with: &["controltower:GetControlOperation"],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("enabledcontrol/{id}", true),
    names: |control, context| {
        let said = |property: &str| control[property].as_str().unwrap_or_default().to_owned();
        let id = format!("{}|{}", said("TargetIdentifier"), said("ControlIdentifier"));
        (context.ids.alphanumeric(16), Some(id))
    },
    complete: |_, _, _| {},
    check,
    generated: &[],
    missing: "ResourceNotFoundException",
};

/// A control is enabled on a unit once; both are ARNs.
fn check(asked: &Asked<'_>) -> Result<(), ApiError> {
    let [target, control] = ["TargetIdentifier", "ControlIdentifier"].map(|it| asked.text(it));
    let unit = target.contains(":ou/");
    refuse(!unit, "ValidationException", "The target is not the ARN of a unit")?;
    let named = control.contains("::control/") || control.contains(":controlcatalog:::control/");
    refuse(!named, "ValidationException", "The control is not the ARN of a control")?;
    let same = |property: &str, other: &&super::shelves::Properties| {
        other.get(property) == asked.new.get(property)
    };
    let taken =
        asked.others.iter().any(|it| same("TargetIdentifier", it) && same("ControlIdentifier", it));
    refuse(taken, "ConflictException", "The control is already enabled on the target")
}
