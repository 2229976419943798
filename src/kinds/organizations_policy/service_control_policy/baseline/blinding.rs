//! Actions that blind the services that record and detect, service by service.
//!
//! Deletion is only the most visible way. Action names are those of the service authorization
//! reference (service data of 2026-09-26); what they do is in each service's API reference, named
//! above the row. What security teams do every day (archiving single findings, changing their
//! workflow status) is not included, although it hides findings too.

/// One service.
#[derive(Debug)]
pub(super) struct Watcher {
    /// The prefix of its actions.
    pub(super) service: &'static str,
    /// Actions that delete it, a part of it or a member account.
    pub(super) deletes: &'static [&'static str],
    /// Actions that suspend it, or narrow what it sees or where that goes.
    pub(super) suspends: &'static [&'static str],
    /// Actions that hide or forge its findings.
    pub(super) hides: &'static [&'static str],
}

/// The service whose record the others rely on; it has a rule of its own.
pub(super) const RECORDER: &str = "cloudtrail";

/// Every service.
pub(super) const WATCHERS: &[Watcher] = &[
    // API reference: StopLogging, PutEventSelectors, UpdateTrail, UpdateEventDataStore,
    // PutEventConfiguration; AWS Control Tower AWS-GR_CLOUDTRAIL_CHANGE_PROHIBITED.
    Watcher {
        service: "cloudtrail",
        deletes: &[
            "DeleteChannel",
            "DeleteEventDataStore",
            "DeleteServiceLinkedChannel",
            "DeleteTrail",
            "DeregisterOrganizationDelegatedAdmin",
        ],
        suspends: &[
            "DeleteResourcePolicy",
            "DisableFederation",
            "PutEventConfiguration",
            "PutEventSelectors",
            "PutInsightSelectors",
            "PutResourcePolicy",
            "StopEventDataStoreIngestion",
            "StopLogging",
            "UpdateChannel",
            "UpdateEventDataStore",
            "UpdateServiceLinkedChannel",
            "UpdateTrail",
        ],
        hides: &[],
    },
    // API reference: PutConfigurationRecorder (a recording group of no types),
    // DisassociateResourceTypes, PutEvaluations; AWS Control Tower AWS-GR_CONFIG_CHANGE_PROHIBITED.
    Watcher {
        service: "config",
        deletes: &[
            "DeleteAggregationAuthorization",
            "DeleteConfigRule",
            "DeleteConfigurationAggregator",
            "DeleteConfigurationRecorder",
            "DeleteConformancePack",
            "DeleteDeliveryChannel",
            "DeleteOrganizationConfigRule",
            "DeleteOrganizationConformancePack",
            "DeleteRetentionConfiguration",
            "DeleteServiceLinkedConfigurationRecorder",
        ],
        suspends: &[
            "DisassociateResourceTypes",
            "PutConfigurationRecorder",
            "PutDeliveryChannel",
            "PutRetentionConfiguration",
            "StopConfigurationRecorder",
        ],
        hides: &[
            "DeleteEvaluationResults",
            "DeleteRemediationConfiguration",
            "DeleteResourceConfig",
            "PutConfigRule",
            "PutEvaluations",
            "PutExternalEvaluation",
            "PutRemediationExceptions",
        ],
    },
    // API reference: UpdateDetector (`enable: false` suspends), StopMonitoringMembers, CreateFilter
    // (`ARCHIVE`), CreateIPSet; user guide, "Suspending or disabling GuardDuty".
    Watcher {
        service: "guardduty",
        deletes: &[
            "DeleteCustomDetectionRuleAssociation",
            "DeleteDetector",
            "DeleteMalwareProtectionPlan",
            "DeleteMembers",
            "DeletePublishingDestination",
            "DeleteThreatEntitySet",
            "DeleteThreatIntelSet",
            "DisableOrganizationAdminAccount",
            "DisassociateFromAdministratorAccount",
            "DisassociateFromMasterAccount",
            "DisassociateMembers",
        ],
        suspends: &[
            "StopMonitoringMembers",
            "UpdateCustomDetectionRuleAssociation",
            "UpdateDetector",
            "UpdateMalwareProtectionPlan",
            "UpdateMalwareScanSettings",
            "UpdateMemberDetectors",
            "UpdateOrganizationConfiguration",
            "UpdatePublishingDestination",
            "UpdateThreatEntitySet",
            "UpdateThreatIntelSet",
        ],
        hides: &[
            "CreateFilter",
            "CreateIPSet",
            "CreateTrustedEntitySet",
            "UpdateFilter",
            "UpdateIPSet",
            "UpdateTrustedEntitySet",
        ],
    },
    // API reference: DisableSecurityHub, DisableSecurityHubV2, BatchDisableStandards,
    // UpdateStandardsControl, CreateAutomationRule (`SUPPRESSED`).
    Watcher {
        service: "securityhub",
        deletes: &[
            "DeleteMembers",
            "DisableSecurityHub",
            "DisableSecurityHubFeatureV2",
            "DisableSecurityHubV2",
            "DisassociateFromAdministratorAccount",
            "DisassociateFromMasterAccount",
            "DisassociateMembers",
        ],
        suspends: &[
            "BatchDisableStandards",
            "BatchUpdateStandardsControlAssociations",
            "DisableImportFindingsForProduct",
            "StartConfigurationPolicyDisassociation",
            "UpdateSecurityControl",
            "UpdateSecurityHubConfiguration",
            "UpdateStandardsControl",
        ],
        hides: &["CreateAutomationRule", "CreateAutomationRuleV2"],
    },
    // API reference: DeleteAnalyzer, UpdateAnalyzer, CreateArchiveRule, ApplyArchiveRule.
    Watcher {
        service: "access-analyzer",
        deletes: &["DeleteAnalyzer", "DeleteServiceLinkedAnalyzer"],
        suspends: &["UpdateAnalyzer"],
        hides: &["ApplyArchiveRule", "CreateArchiveRule", "UpdateArchiveRule"],
    },
    // API reference: UpdateMacieSession (`PAUSED` suspends), DisableMacie, CreateFindingsFilter,
    // CreateAllowList.
    Watcher {
        service: "macie2",
        deletes: &[
            "DisableMacie",
            "DisassociateFromAdministratorAccount",
            "DisassociateFromMasterAccount",
            "DisassociateMember",
        ],
        suspends: &[
            "PutClassificationExportConfiguration",
            "UpdateAutomatedDiscoveryConfiguration",
            "UpdateClassificationScope",
            "UpdateMacieSession",
        ],
        hides: &["CreateAllowList", "CreateFindingsFilter", "UpdateFindingsFilter"],
    },
    // API reference: Disable, DisassociateMember, UpdateConfiguration, CreateFilter (`SUPPRESS`).
    Watcher {
        service: "inspector2",
        deletes: &["Disable", "DisassociateMember"],
        suspends: &["UpdateConfiguration"],
        hides: &["CreateFilter", "UpdateFilter"],
    },
    // API reference: DeleteGraph, DisassociateMembership, UpdateDatasourcePackages.
    Watcher {
        service: "detective",
        deletes: &["DeleteGraph", "DisassociateMembership"],
        suspends: &["UpdateDatasourcePackages"],
        hides: &[],
    },
];
