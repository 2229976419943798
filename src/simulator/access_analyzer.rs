//! IAM Access Analyzer: analyzers of an account and Region (API version 2019-11-01).

use super::{
    api::{Api, Protocol, Refusal},
    documents::api,
    service::ApiError,
    shelves::{Asked, Calls, Shelf, Shelves, Stock, TAGS, refuse},
};
use crate::kinds::cloud_control::accessanalyzer_analyzer;

/// The properties of Access Analyzer for the rest of the simulator.
pub(super) static API: Api = api(
    "access-analyzer",
    Protocol::Rest { routes: &[], xml: None },
    Refusal { code: "ThrottlingException", message: "Too many requests", status: 429 },
);

/// Access Analyzer of all accounts.
pub type AccessAnalyzer = Shelves<Analyzers>;

/// Analyzers.
#[derive(Debug, Clone, Default)]
pub struct Analyzers;

impl Stock for Analyzers {
    const SHELVES: &'static [&'static Shelf] = &[&ANALYZERS];
}

static ANALYZERS: Shelf = Shelf {
    service: "access-analyzer",
    kind: accessanalyzer_analyzer::NAME,
    calls: Calls {
        create: "CreateAnalyzer",
        read: "GetAnalyzer",
        update: "UpdateAnalyzer",
        delete: "DeleteAnalyzer",
        list: "ListAnalyzers",
        creates_named: true,
        read_with: &["access-analyzer:ListArchiveRules"],
        create_with: &[],
        update_with: &[],
        tags: TAGS,
    },
    arn: ("analyzer/{id}", true),
    names: |analyzer, _| (analyzer["AnalyzerName"].as_str().unwrap_or_default().to_owned(), None),
    complete: |_, _, _| {},
    check,
    generated: &[],
    missing: "ResourceNotFoundException",
};

/// One analyzer of external access for an account, and one for its organization (user guide,
/// quotas).
fn check(asked: &Asked<'_>) -> Result<(), ApiError> {
    let same = |property: &str| {
        asked.others.iter().any(|other| other.get(property) == asked.new.get(property))
    };
    let name = asked.text("AnalyzerName");
    refuse(same("AnalyzerName"), "ConflictException", "An analyzer with this name exists.")?;
    let begins = name.starts_with(|it: char| it.is_ascii_alphabetic());
    refuse(!begins, "ValidationException", "The name begins with a letter.")?;
    let sort = asked.text("Type");
    let single = ["ACCOUNT", "ORGANIZATION"].contains(&sort);
    let full = single && same("Type");
    refuse(full, "ServiceQuotaExceededException", "The quota is one analyzer of this type.")?;
    let known = single
        || ["_UNUSED_ACCESS", "_INTERNAL_ACCESS"]
            .iter()
            .any(|end| ["ACCOUNT", "ORGANIZATION"].iter().any(|of| sort == format!("{of}{end}")));
    refuse(!known, "ValidationException", "There is no such type of analyzer.")
}
