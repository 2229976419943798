//! AWS::GuardDuty::Detector.

use super::held::{self, Calls};
use crate::simulator::{
    cloud_control::{
        names::DETECTOR,
        resource_type::{Type, Update},
        schema::{FLAG, FREE, Member, Shape, TAGS, TEXT, may, must},
    },
    shelves::merged,
};

static SETTING: Shape = Shape::Object(&[must("Name", &TEXT), must("Status", &STATUS)]);
static STATUS: Shape = Shape::OneOf(&["ENABLED", "DISABLED"]);
static SETTINGS: Shape = Shape::List { of: &SETTING, count: (0, 50), ordered: false };
static FEATURE: Shape = Shape::Object(&[
    may("AdditionalConfiguration", &SETTINGS),
    must("Name", &TEXT),
    must("Status", &STATUS),
]);
static FEATURES: Shape = Shape::List { of: &FEATURE, count: (0, 50), ordered: false };

/// The service's operations.
static CALLS: Calls = Calls {
    service: "guardduty",
    create: "CreateDetector",
    read: "GetDetector",
    update: "UpdateDetector",
    delete: "DeleteDetector",
    list: "ListDetectors",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    may("DataSources", &FREE),
    must("Enable", &FLAG),
    may("Features", &FEATURES),
    may("FindingPublishingFrequency", &TEXT),
    may("Id", &TEXT),
    may("Tags", &TAGS),
];

pub(super) static TYPE: Type = Type {
    name: DETECTOR,
    members: MEMBERS,
    identifier: "Id",
    listed_in: None,
    read_only: &["Id"],
    create_only: &[],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
    create: |site, model| held::create(&CALLS, "Tags", site, model),
    read: |site, id| held::read(&TYPE, &CALLS, "Tags", site, id),
    update: |site, update| {
        // Features that a request does not name stay as they are.
        let mut new = update.new.clone();
        let [old, asked] = [update.old, update.new].map(|it| it.get("Features").cloned());
        if let (Some(old), Some(asked)) = (old, asked) {
            new.insert("Features".to_owned(), merged(&old, &asked));
        }
        let Update { id, old, changed, .. } = *update;
        held::update(&CALLS, "Tags", site, &Update { id, old, new: &new, changed })
    },
    delete: |site, id| held::delete(&CALLS, site, id),
    list: |site| held::list(&CALLS, site),
};
