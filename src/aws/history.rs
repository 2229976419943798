//! CloudTrail's event history: what LookupEvents has of the last ninety days, without any trail.

use aws_config::Region;
use aws_smithy_types::DateTime;

use super::{Access, classify, lookup::Pages};
use crate::kind::CloudError;

const LOOKUP: &str = "cloudtrail:LookupEvents";
/// The largest page (CloudTrail API reference, LookupEvents).
const PAGE: i32 = 50;

/// Hands every record of a time (in seconds since the epoch) in one Region to `take`, the newest
/// first, until it says `false`. AWS allows two pages a second and account, shared with everybody
/// there; the budget holds that.
///
/// # Errors
/// No permission, too many calls, no answer, or the pages go in a circle.
pub async fn history(
    access: &Access,
    region: &str,
    (since, until): (f64, f64),
    mut take: impl FnMut(&str) -> bool,
) -> Result<(), CloudError> {
    let (mut pages, mut token) = (Pages::of(LOOKUP), None);
    loop {
        let there =
            aws_sdk_cloudtrail::config::Builder::new().region(Region::new(region.to_owned()));
        let answer = access
            .cloudtrail
            .lookup_events()
            .start_time(DateTime::from_secs_f64(since))
            .end_time(DateTime::from_secs_f64(until))
            .max_results(PAGE)
            .set_next_token(token)
            .customize()
            .config_override(there)
            .send()
            .await
            .map_err(|error| classify(LOOKUP, &error))?;
        for event in answer.events.unwrap_or_default() {
            if let Some(record) = event.cloud_trail_event
                && !take(&record)
            {
                return Ok(());
            }
        }
        token = pages.next(answer.next_token)?;
        if token.is_none() {
            return Ok(());
        }
    }
}
