//! Whether a trail records what changes in a Region. Without one no event ever arrives, and nothing
//! reports an error (EventBridge user guide, "AWS service events delivered via CloudTrail").

use std::collections::BTreeSet;

use aws_config::Region;
use aws_sdk_cloudtrail::{
    operation::get_event_selectors::GetEventSelectorsOutput,
    types::{AdvancedFieldSelector, ReadWriteType, Trail},
};

use super::{Access, classify};
use crate::kind::CloudError;

/// What the trails of a Region record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Recording {
    /// The trails that record write events of management.
    pub(crate) by: Vec<String>,
    /// Those that could and do not, each with the reason.
    pub(crate) others: Vec<(String, &'static str)>,
    /// Services whose events none of them records, such as `kms.amazonaws.com`.
    pub(crate) without: BTreeSet<String>,
}

/// What the trails of a Region record, those of the organization too.
///
/// # Errors
/// No permission, or no answer.
pub(crate) async fn recording(access: &Access, region: &str) -> Result<Recording, CloudError> {
    const DESCRIBE: &str = "cloudtrail:DescribeTrails";
    let call = access.cloudtrail.describe_trails().include_shadow_trails(true);
    let answer = call.customize().config_override(there(region)).send().await;
    let answer = answer.map_err(|error| classify(DESCRIBE, &error))?;
    let mut recording = Recording::default();
    let mut without: Option<BTreeSet<String>> = None;
    for trail in answer.trail_list.unwrap_or_default() {
        let (Some(arn), true) = (trail.trail_arn(), concerns(&trail, region)) else { continue };
        let name = trail.name().unwrap_or(arn).to_owned();
        if !is_logging(access, region, arn).await? {
            recording.others.push((name, "it does not log"));
            continue;
        }
        match excluded(&selectors(access, region, arn).await?) {
            None => recording.others.push((name, "it leaves out write events of management")),
            Some(excluded) => {
                recording.by.push(name);
                without = Some(match without {
                    Some(before) => before.intersection(&excluded).cloned().collect(),
                    None => excluded,
                });
            }
        }
    }
    recording.without = without.unwrap_or_default();
    Ok(recording)
}

fn there(region: &str) -> aws_sdk_cloudtrail::config::Builder {
    aws_sdk_cloudtrail::config::Builder::new().region(Region::new(region.to_owned()))
}

fn concerns(trail: &Trail, region: &str) -> bool {
    trail.is_multi_region_trail() == Some(true) || trail.home_region() == Some(region)
}

async fn is_logging(access: &Access, region: &str, trail: &str) -> Result<bool, CloudError> {
    let call = access.cloudtrail.get_trail_status().name(trail);
    let answer = call.customize().config_override(there(region)).send().await;
    let answer = answer.map_err(|error| classify("cloudtrail:GetTrailStatus", &error))?;
    Ok(answer.is_logging() == Some(true))
}

async fn selectors(
    access: &Access,
    region: &str,
    trail: &str,
) -> Result<GetEventSelectorsOutput, CloudError> {
    let call = access.cloudtrail.get_event_selectors().trail_name(trail);
    let answer = call.customize().config_override(there(region)).send().await;
    answer.map_err(|error| classify("cloudtrail:GetEventSelectors", &error))
}

/// The services whose write events of management a trail leaves out; `None` if it records none
/// (CloudTrail API reference, EventSelector and AdvancedFieldSelector).
fn excluded(of: &GetEventSelectorsOutput) -> Option<BTreeSet<String>> {
    let basic = of.event_selectors().iter().filter(|it| {
        it.include_management_events() != Some(false)
            && it.read_write_type() != Some(&ReadWriteType::ReadOnly)
    });
    let basic = basic.map(|it| it.exclude_management_event_sources().iter().cloned().collect());
    let advanced = of.advanced_event_selectors().iter().filter_map(|selector| {
        let fields = selector.field_selectors();
        let field = |name: &str| fields.iter().find(|it| it.field() == name);
        let is = |it: &AdvancedFieldSelector, text: &str| it.equals().iter().any(|it| it == text);
        let of_management = field("eventCategory").is_some_and(|it| is(it, "Management"));
        let only_reads = field("readOnly").is_some_and(|it| is(it, "true"));
        // Some services only: of the others nothing is known.
        let is_part = field("eventSource").is_some_and(|it| !it.equals().is_empty())
            || field("eventName").is_some();
        let sources = field("eventSource").map(|it| it.not_equals().iter().cloned().collect());
        (of_management && !only_reads && !is_part).then(|| sources.unwrap_or_default())
    });
    let all = basic.chain(advanced);
    all.reduce(|one: BTreeSet<String>, other| one.intersection(&other).cloned().collect())
}

#[cfg(test)]
mod tests {
    use aws_sdk_cloudtrail::types::{AdvancedEventSelector, EventSelector};

    use super::*;

    fn basic(which: ReadWriteType, management: bool, without: &[&str]) -> GetEventSelectorsOutput {
        let selector = EventSelector::builder()
            .read_write_type(which)
            .include_management_events(management)
            .set_exclude_management_event_sources(Some(
                without.iter().map(|&it| it.to_owned()).collect(),
            ));
        GetEventSelectorsOutput::builder().event_selectors(selector.build()).build()
    }

    fn advanced(fields: &[(&str, &[&str], &[&str])]) -> GetEventSelectorsOutput {
        let owned = |texts: &[&str]| {
            let texts: Vec<String> = texts.iter().map(|&it| it.to_owned()).collect();
            (!texts.is_empty()).then_some(texts)
        };
        let mut selector = AdvancedEventSelector::builder();
        for (field, equals, not_equals) in fields {
            let field = AdvancedFieldSelector::builder()
                .field(*field)
                .set_equals(owned(equals))
                .set_not_equals(owned(not_equals));
            selector = selector.field_selectors(field.build().unwrap());
        }
        let selector = selector.build().unwrap();
        GetEventSelectorsOutput::builder().advanced_event_selectors(selector).build()
    }

    #[test]
    fn a_trail_records_changes_unless_its_selectors_leave_them_out() {
        let nothing = Some(BTreeSet::new());
        let kms = "kms.amazonaws.com";
        let without_keys = Some(BTreeSet::from([kms.to_owned()]));
        assert_eq!(excluded(&basic(ReadWriteType::All, true, &[])), nothing);
        assert_eq!(excluded(&basic(ReadWriteType::WriteOnly, true, &[kms])), without_keys);
        assert_eq!(excluded(&basic(ReadWriteType::ReadOnly, true, &[])), None);
        assert_eq!(excluded(&basic(ReadWriteType::All, false, &[])), None);
        let management = ("eventCategory", &["Management"][..], &[][..]);
        assert_eq!(excluded(&advanced(&[management])), nothing);
        let source = ("eventSource", &[][..], &[kms][..]);
        assert_eq!(excluded(&advanced(&[management, source])), without_keys);
        for other in [
            ("readOnly", &["true"][..], &[][..]),
            ("eventSource", &["s3.amazonaws.com"], &[]),
            ("eventName", &[], &["PutObject"]),
        ] {
            assert_eq!(excluded(&advanced(&[management, other])), None, "{other:?}");
        }
        assert_eq!(excluded(&advanced(&[("eventCategory", &["Data"], &[])])), None);
    }
}
