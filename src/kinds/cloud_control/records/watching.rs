//! Types that watch and report: what CloudTrail records of the calls that change them,
//! in the members of their APIs as CloudTrail writes them.

use super::{alarm, hub, log_group, part, plain, rule};
use crate::{
    events::{Recorded, Records, TAGS},
    kinds::cloud_control::{
        ce_anomaly_monitor, ce_anomaly_subscription, cloudtrail_trail, cloudwatch_alarm,
        config_config_rule, config_configuration_recorder, config_delivery_channel, events_rule,
        guardduty_detector, logs_log_group, logs_metric_filter, securityhub_hub,
    },
};

/// The records of each type.
pub(super) const ALL: &[(&str, Records)] = &[
    (
        cloudtrail_trail::NAME,
        Records {
            calls: &[
                Recorded::creates("cloudtrail", "CreateTrail", &["requestParameters/name"]),
                Recorded::edits("cloudtrail", "UpdateTrail", &["requestParameters/name"], &[]),
                Recorded::deletes("cloudtrail", "DeleteTrail", &["requestParameters/name"]),
                Recorded::edits("cloudtrail", "StartLogging", &["requestParameters/name"], &[]),
                Recorded::edits("cloudtrail", "StopLogging", &["requestParameters/name"], &[]),
                Recorded::edits(
                    "cloudtrail",
                    "PutEventSelectors",
                    &["requestParameters/trailName"],
                    &[],
                ),
                Recorded::edits(
                    "cloudtrail",
                    "PutInsightSelectors",
                    &["requestParameters/trailName"],
                    &[],
                ),
                Recorded::edits("cloudtrail", "AddTags", &["requestParameters/resourceId"], TAGS),
                Recorded::edits(
                    "cloudtrail",
                    "RemoveTags",
                    &["requestParameters/resourceId"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "cloudtrail", "trail"),
            parts: &[],
        },
    ),
    (
        cloudwatch_alarm::NAME,
        Records {
            calls: &[
                Recorded::edits(
                    "monitoring",
                    "PutMetricAlarm",
                    &["requestParameters/alarmName"],
                    &[],
                ),
                Recorded::deletes("monitoring", "DeleteAlarms", &["requestParameters/alarmNames"]),
                Recorded::edits(
                    "monitoring",
                    "EnableAlarmActions",
                    &["requestParameters/alarmNames"],
                    &[],
                ),
                Recorded::edits(
                    "monitoring",
                    "DisableAlarmActions",
                    &["requestParameters/alarmNames"],
                    &[],
                ),
                Recorded::edits(
                    "monitoring",
                    "TagResource",
                    &["requestParameters/resourceARN"],
                    TAGS,
                ),
                Recorded::edits(
                    "monitoring",
                    "UntagResource",
                    &["requestParameters/resourceARN"],
                    TAGS,
                ),
            ],
            id: |text| alarm(text),
            parts: &[],
        },
    ),
    (
        config_config_rule::NAME,
        Records {
            calls: &[
                Recorded::edits(
                    "config",
                    "PutConfigRule",
                    &["requestParameters/configRule/configRuleName"],
                    &[],
                ),
                Recorded::deletes(
                    "config",
                    "DeleteConfigRule",
                    &["requestParameters/configRuleName"],
                ),
            ],
            id: |text| plain(text),
            parts: &[],
        },
    ),
    (
        config_configuration_recorder::NAME,
        Records {
            calls: &[
                Recorded::edits(
                    "config",
                    "PutConfigurationRecorder",
                    &["requestParameters/configurationRecorder/name"],
                    &[],
                ),
                Recorded::deletes(
                    "config",
                    "DeleteConfigurationRecorder",
                    &["requestParameters/configurationRecorderName"],
                ),
                Recorded::edits(
                    "config",
                    "StartConfigurationRecorder",
                    &["requestParameters/configurationRecorderName"],
                    &[],
                ),
                Recorded::edits(
                    "config",
                    "StopConfigurationRecorder",
                    &["requestParameters/configurationRecorderName"],
                    &[],
                ),
            ],
            id: |text| plain(text),
            parts: &[],
        },
    ),
    (
        config_delivery_channel::NAME,
        Records {
            calls: &[
                Recorded::edits(
                    "config",
                    "PutDeliveryChannel",
                    &["requestParameters/deliveryChannel/name"],
                    &[],
                ),
                Recorded::deletes(
                    "config",
                    "DeleteDeliveryChannel",
                    &["requestParameters/deliveryChannelName"],
                ),
            ],
            id: |text| plain(text),
            parts: &[],
        },
    ),
    (
        events_rule::NAME,
        Records {
            calls: &[
                Recorded::edits("events", "PutRule", &["requestParameters/name"], &[]),
                Recorded::deletes("events", "DeleteRule", &["requestParameters/name"]),
                Recorded::edits("events", "EnableRule", &["requestParameters/name"], &[]),
                Recorded::edits("events", "DisableRule", &["requestParameters/name"], &[]),
                Recorded::edits("events", "PutTargets", &["requestParameters/rule"], &[]),
                Recorded::edits("events", "RemoveTargets", &["requestParameters/rule"], &[]),
                Recorded::edits("events", "TagResource", &["requestParameters/resourceARN"], TAGS),
                Recorded::edits(
                    "events",
                    "UntagResource",
                    &["requestParameters/resourceARN"],
                    TAGS,
                ),
            ],
            id: |text| rule(text),
            parts: &[],
        },
    ),
    (
        guardduty_detector::NAME,
        Records {
            calls: &[
                Recorded::creates("guardduty", "CreateDetector", &["responseElements/detectorId"]),
                Recorded::edits(
                    "guardduty",
                    "UpdateDetector",
                    &["requestParameters/detectorId"],
                    &[],
                ),
                Recorded::deletes("guardduty", "DeleteDetector", &["requestParameters/detectorId"]),
                Recorded::edits(
                    "guardduty",
                    "TagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
                Recorded::edits(
                    "guardduty",
                    "UntagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
            ],
            id: |text| part(text, "guardduty", "detector"),
            parts: &[],
        },
    ),
    (
        logs_log_group::NAME,
        Records {
            calls: &[
                Recorded::creates("logs", "CreateLogGroup", &["requestParameters/logGroupName"]),
                Recorded::deletes("logs", "DeleteLogGroup", &["requestParameters/logGroupName"]),
                Recorded::edits(
                    "logs",
                    "PutRetentionPolicy",
                    &["requestParameters/logGroupName"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "DeleteRetentionPolicy",
                    &["requestParameters/logGroupName"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "AssociateKmsKey",
                    &["requestParameters/logGroupName"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "DisassociateKmsKey",
                    &["requestParameters/logGroupName"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "PutDataProtectionPolicy",
                    &["requestParameters/logGroupIdentifier"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "DeleteDataProtectionPolicy",
                    &["requestParameters/logGroupIdentifier"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "PutIndexPolicy",
                    &["requestParameters/logGroupIdentifier"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "DeleteIndexPolicy",
                    &["requestParameters/logGroupIdentifier"],
                    &[],
                ),
                Recorded::edits(
                    "logs",
                    "PutLogGroupDeletionProtection",
                    &["requestParameters/logGroupIdentifier"],
                    &[],
                ),
                Recorded::edits("logs", "TagLogGroup", &["requestParameters/logGroupName"], TAGS),
                Recorded::edits("logs", "UntagLogGroup", &["requestParameters/logGroupName"], TAGS),
                Recorded::edits("logs", "TagResource", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits("logs", "UntagResource", &["requestParameters/resourceArn"], TAGS),
            ],
            id: |text| log_group(text),
            parts: &[],
        },
    ),
    (
        logs_metric_filter::NAME,
        Records {
            calls: &[
                Recorded::edits(
                    "logs",
                    "PutMetricFilter",
                    &["requestParameters/logGroupName+requestParameters/filterName"],
                    &[],
                ),
                Recorded::deletes(
                    "logs",
                    "DeleteMetricFilter",
                    &["requestParameters/logGroupName+requestParameters/filterName"],
                ),
            ],
            id: |text| Some(text.replace('|', "/")),
            parts: &[],
        },
    ),
    (
        securityhub_hub::NAME,
        Records {
            calls: &[
                Recorded::creates("securityhub", "EnableSecurityHub", &["recipientAccountId"]),
                Recorded::deletes("securityhub", "DisableSecurityHub", &["recipientAccountId"]),
                Recorded::edits(
                    "securityhub",
                    "UpdateSecurityHubConfiguration",
                    &["recipientAccountId"],
                    &[],
                ),
                Recorded::edits(
                    "securityhub",
                    "TagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
                Recorded::edits(
                    "securityhub",
                    "UntagResource",
                    &["requestParameters/resourceArn"],
                    TAGS,
                ),
            ],
            id: |text| hub(text),
            parts: &[],
        },
    ),
    (
        ce_anomaly_monitor::NAME,
        Records {
            calls: &[
                Recorded::creates("ce", "CreateAnomalyMonitor", &["responseElements/monitorArn"]),
                Recorded::edits(
                    "ce",
                    "UpdateAnomalyMonitor",
                    &["requestParameters/monitorArn"],
                    &[],
                ),
                Recorded::deletes("ce", "DeleteAnomalyMonitor", &["requestParameters/monitorArn"]),
                Recorded::edits("ce", "TagResource", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits("ce", "UntagResource", &["requestParameters/resourceArn"], TAGS),
            ],
            id: |text| part(text, "ce", "anomalymonitor"),
            parts: &[],
        },
    ),
    (
        ce_anomaly_subscription::NAME,
        Records {
            calls: &[
                Recorded::creates(
                    "ce",
                    "CreateAnomalySubscription",
                    &["responseElements/subscriptionArn"],
                ),
                Recorded::edits(
                    "ce",
                    "UpdateAnomalySubscription",
                    &["requestParameters/subscriptionArn"],
                    &[],
                ),
                Recorded::deletes(
                    "ce",
                    "DeleteAnomalySubscription",
                    &["requestParameters/subscriptionArn"],
                ),
                Recorded::edits("ce", "TagResource", &["requestParameters/resourceArn"], TAGS),
                Recorded::edits("ce", "UntagResource", &["requestParameters/resourceArn"], TAGS),
            ],
            id: |text| part(text, "ce", "anomalysubscription"),
            parts: &[],
        },
    ),
];
