//! Detectors of GuardDuty: one for each account and Region.

use serde_json::Value;

use super::{
    coverage,
    overlay::{Overlay, Safe, Says},
    rows,
};
use crate::{
    model::{Risk, policy_document::Context, text},
    operations::{
        Grant, Named, OfKind, On, Operation, ResourceType, Resources, ServiceRole, When,
        table::{CLAIMS, CLAIMS_UNCLAIMED, OURS, OURS_AFTER, OURS_WITHOUT, may},
    },
};

/// The kind's name in manifests.
pub const NAME: &str = "AWS::GuardDuty::Detector";

pub(super) const OVERLAY: Overlay = Overlay {
    name: NAME,
    facts: include_str!("facts/guardduty-detector.json"),
    short: "detector",
    about: "The detector of GuardDuty in an account and Region: what threats it looks for, and \
            how soon it says so. AWS refuses a second one.",
    invented: true,
    arn: "arn:{partition}:guardduty:{region}:{account}:detector/{id}",
    tags: Some(text::GUARDDUTY),
    always: &["Id", "Enable"],
    refused: &[(
        "DataSources",
        "AWS reads it back together with `Features`, which says the same and more",
        "write `Features`",
    )],
    words: &[
        ("Enable", Says::Watches(Safe::Flag(true))),
        ("Features", Says::Judged(features)),
        ("FindingPublishingFrequency", Says::Safe(Safe::Word("FIFTEEN_MINUTES"))),
    ],
    // AWS returns every feature that it has, and leaves those alone that a request does not name.
    partial: &["Features", "Features/*/AdditionalConfiguration"],
    operations: OfKind { rows: ROWS, resource: Some(RESOURCE), ..OfKind::NONE },
    ..Overlay::PLAIN
};

/// What a feature looks for is not seen any more where it is off: that ends work.
fn features(old: &Value, new: &Value, _: &Context) -> Risk {
    let changed = switched(old, new);
    if changed.opens { changed.stopping_work() } else { changed }
}

/// Of features, and of what they have in addition: names that are on or off.
fn switched(old: &Value, new: &Value) -> Risk {
    const MORE: &str = "AdditionalConfiguration";
    let [old, new] = [old, new].map(|list| list.as_array().cloned().unwrap_or_default());
    let pairs = |item: &Value| old.iter().find(|other| other["Name"] == item["Name"]);
    let inside = new.iter().filter_map(|item| Some(switched(&pairs(item)?[MORE], &item[MORE])));
    // Those that the manifest does not name stay.
    let stays = |item: &&Value| new.iter().any(|other| other["Name"] == item["Name"]);
    let plain = |item: &Value| coverage::without(item, MORE);
    let before: Value = old.iter().filter(stays).map(plain).collect();
    let after: Value = new.iter().map(plain).collect();
    let enabled = |item: &Value| coverage::rank(item, "Status", &["DISABLED", "ENABLED"]);
    inside.collect::<Risk>().and(coverage::change(&before, &after, "Name", ("Status", enabled)))
}

const RESOURCE: ResourceType = ResourceType::new(
    "detector",
    "arn:{partition}:guardduty:{region}:{account}:detector/{id}",
    "00000000000000000000000000000000",
    Named::Never,
);
const ROLE: ServiceRole =
    ServiceRole { service: "guardduty.amazonaws.com", name: "AWSServiceRoleForAmazonGuardDuty" };

const DETECTORS: On = On::Of(&Resources { name: "Detectors", types: &[RESOURCE] });
const SEEN: Grant = may("guardduty:GetDetector", DETECTORS, &[]);
const LISTED: Grant = may("guardduty:ListDetectors", On::Anything, &[]);
const WITH_ROLE: Grant = may(
    "iam:CreateServiceLinkedRole",
    On::ServiceRole(ROLE),
    &[When::says("RoleOfGuardDuty", "iam:AWSServiceName", ROLE.service)],
);
const ROLE_SEEN: Grant = may("iam:GetRole", On::ServiceRole(ROLE), &[]);

const ROWS: &[Operation] = &[
    rows::UNDER_WAY,
    rows::STATUS,
    rows::INDEX,
    rows::gets(&[rows::GET, SEEN, may("guardduty:ListTagsForResource", DETECTORS, &[])]),
    rows::lists(&[rows::LIST, LISTED]),
    rows::creates(&[
        rows::CREATE,
        may("guardduty:CreateDetector", On::Anything, CLAIMS),
        may("guardduty:TagResource", DETECTORS, CLAIMS_UNCLAIMED),
        WITH_ROLE,
        ROLE_SEEN,
    ]),
    rows::updates(&[rows::UPDATE, may("guardduty:UpdateDetector", DETECTORS, OURS)]),
    rows::tags(&[
        rows::TAG,
        may("guardduty:TagResource", DETECTORS, OURS_AFTER),
        may("guardduty:TagResource", On::Adopted(NAME), CLAIMS_UNCLAIMED),
    ]),
    rows::untags(&[rows::UNTAG, may("guardduty:UntagResource", DETECTORS, OURS_WITHOUT)]),
    rows::removes(&[rows::DELETE, may("guardduty:DeleteDetector", DETECTORS, OURS)]),
];

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_feature_that_is_turned_off_needs_consent_and_those_without_a_word_stay() {
        let context = Context { partition: "aws".into(), account: "111122223333".into() };
        let feature = |name: &str, status: &str| json!({"Name": name, "Status": status});
        let (on, off) = (feature("S3", "ENABLED"), feature("S3", "DISABLED"));
        let other = feature("EKS", "ENABLED");
        let live = json!([on, other]);
        assert_eq!(features(&live, &json!([on]), &context), Risk::NEUTRAL);
        assert!(features(&live, &json!([off]), &context).disrupts());
        assert_eq!(features(&json!([off, other]), &json!([on]), &context), Risk::TIGHTENS);
    }
}
