//! AWS::AccessAnalyzer::Analyzer.

use super::held::{self, Calls, held};
use crate::simulator::cloud_control::{
    names::ANALYZER,
    resource_type::Type,
    schema::{FREE, Member, Shape, TAGS, TEXT, may, must},
};

static RULE: Shape = Shape::Object(&[must("Filter", &FREE), must("RuleName", &TEXT)]);
static RULES: Shape = Shape::List { of: &RULE, count: (0, 100), ordered: false };

/// The service's operations.
static CALLS: Calls = Calls {
    service: "access-analyzer",
    create: "CreateAnalyzer",
    read: "GetAnalyzer",
    update: "UpdateAnalyzer",
    delete: "DeleteAnalyzer",
    list: "ListAnalyzers",
    tags: ("TagResource", "UntagResource"),
};

static MEMBERS: &[Member] = &[
    may("AnalyzerConfiguration", &FREE),
    may("AnalyzerName", &Shape::Text(1, 1024)),
    may("ArchiveRules", &RULES),
    may("Arn", &TEXT),
    may("Tags", &TAGS),
    must("Type", &TEXT),
];

pub(super) static TYPE: Type = held!(&CALLS; "Tags";
    name: ANALYZER,
    members: MEMBERS,
    identifier: "Arn",
    listed_in: None,
    read_only: &["Arn"],
    create_only: &["AnalyzerName", "Type"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |_| None,
);
