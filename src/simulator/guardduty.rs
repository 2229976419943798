//! GuardDuty: the detector of each account and Region (API version 2017-11-28).

use serde_json::{Value, json};

use super::{
    api::{Api, Protocol, Refusal},
    documents::api,
    service::ApiError,
    shelves::{Asked, Calls, Properties, Shelf, Shelves, Stock, TAGS, merged, refuse},
};
use crate::kinds::cloud_control::guardduty_detector;

/// The properties of GuardDuty for the rest of the simulator.
pub(super) static API: Api = api(
    "guardduty",
    Protocol::Rest { routes: &[], xml: None },
    Refusal { code: "TooManyRequestsException", message: "Too many requests", status: 429 },
);

/// GuardDuty of all accounts.
pub type GuardDuty = Shelves<Detectors>;

/// Detectors.
#[derive(Debug, Clone, Default)]
pub struct Detectors;

impl Stock for Detectors {
    const SHELVES: &'static [&'static Shelf] = &[&DETECTORS];
}

/// The features that a detector has, whether they are on or off (API reference,
/// `DetectorFeatureConfiguration`).
const FEATURES: [&str; 6] = [
    "S3_DATA_EVENTS",
    "EKS_AUDIT_LOGS",
    "EBS_MALWARE_PROTECTION",
    "RDS_LOGIN_EVENTS",
    "LAMBDA_NETWORK_LOGS",
    "RUNTIME_MONITORING",
];

static DETECTORS: Shelf = Shelf {
    service: "guardduty",
    kind: guardduty_detector::NAME,
    calls: Calls {
        create: "CreateDetector",
        read: "GetDetector",
        update: "UpdateDetector",
        delete: "DeleteDetector",
        list: "ListDetectors",
        creates_named: false,
        read_with: &["guardduty:ListTagsForResource"],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("detector/{id}", true),
    names: |_, context| {
        let id = context.ids.alphanumeric(32);
        (id.clone(), Some(id))
    },
    complete: |detector, _, _| {
        detector.entry("FindingPublishingFrequency").or_insert_with(|| "SIX_HOURS".into());
        let asked = detector.get("Features").cloned().unwrap_or_else(|| json!([]));
        // All but runtime monitoring are on unless somebody says otherwise (user guide).
        let all = FEATURES.iter().map(|name| {
            let status = if *name == "RUNTIME_MONITORING" { "DISABLED" } else { "ENABLED" };
            json!({"Name": name, "Status": status})
        });
        detector.insert("Features".to_owned(), merged(&all.collect(), &asked));
    },
    check,
    generated: &[],
    missing: "BadRequestException",
};

fn check(asked: &Asked<'_>) -> Result<(), ApiError> {
    let code = "BadRequestException";
    refuse(
        asked.old.is_none() && !asked.others.is_empty(),
        code,
        "The request is rejected because a detector already exists for the current account.",
    )?;
    let frequency = asked.text("FindingPublishingFrequency");
    let known = ["", "FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"].contains(&frequency);
    refuse(!known, code, "The request is rejected because the frequency is invalid.")?;
    refuse(!are_known(asked.new), code, "The request is rejected: an invalid feature name.")
}

fn are_known(detector: &Properties) -> bool {
    let mut features = detector.get("Features").and_then(Value::as_array).into_iter().flatten();
    features.all(|it| it["Name"].as_str().is_some_and(|name| FEATURES.contains(&name)))
}
