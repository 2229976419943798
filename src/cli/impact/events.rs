//! Past calls from CloudTrail's event history.

use std::collections::BTreeSet;

use anyhow::Context as _;
use aws_smithy_types::date_time::{DateTime, Format};

use super::Args;
use crate::{
    aws,
    cli::output,
    engine::Scopes,
    impact::{Analyst, Attached, Ground, Known, Policy, Tally},
    settings,
};

/// What LookupEvents reaches (CloudTrail user guide, "Working with CloudTrail event history").
const MOST_DAYS: f64 = 90.0;
const DAY: f64 = 24.0 * 3600.0;
const DEFAULT_DAYS: f64 = 30.0;
/// Where global services such as IAM and AWS Organizations record their calls.
const GLOBAL: &str = "us-east-1";

/// Now, in seconds since the epoch.
#[allow(clippy::cast_precision_loss)]
pub(super) fn now() -> f64 {
    settings::now() as f64
}

/// A time, as CloudTrail writes it.
pub(super) fn time(seconds: f64) -> String {
    let at = DateTime::from_secs_f64(seconds.max(0.0).floor());
    at.fmt(Format::DateTime).unwrap_or_default()
}

/// What the event history says about these policies.
pub(super) async fn of_history(
    scopes: &Scopes,
    args: &Args,
    (policies, ground): (&[Policy], &Ground),
    notes: &mut Vec<String>,
) -> anyhow::Result<Tally> {
    let until = now();
    let wanted = args.since.map_or(DEFAULT_DAYS * DAY, |it| it.as_secs_f64());
    if wanted > MOST_DAYS * DAY {
        notes
            .push("CloudTrail's event history reaches 90 days back; for more, use --events".into());
    }
    let since = until - wanted.min(MOST_DAYS * DAY);
    let known = Known::default();
    let mut analyst = Analyst::new(policies, ground, &known, None);
    for (scope, region) in places(policies, scopes) {
        let Some(connected) = scopes.get(&scope) else { continue };
        let mut count = 0;
        let take = |record: &str| {
            analyst.take(record.as_bytes());
            count += 1;
            count < args.most
        };
        output::note(format_args!("{scope}: reading the events of {region}"));
        aws::history::history(&connected.access, &region, (since, until), take)
            .await
            .with_context(|| format!("{scope}: the events of {region} cannot be read"))?;
        if count >= args.most {
            notes.push(format!(
                "{scope}, {region}: only the newest {count} events were read (--most)"
            ));
        }
    }
    Ok(analyst.finish())
}

/// The scopes and Regions whose calls the policies may decide, each account and Region once.
fn places(policies: &[Policy], scopes: &Scopes) -> Vec<(String, String)> {
    let everywhere =
        policies.iter().any(|it| matches!(it.attached, Attached::Accounts | Attached::Resources));
    let own = |scope: &String| policies.iter().any(|it| it.address.scope == *scope);
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    for (scope, facts) in scopes.facts().iter().filter(|(scope, _)| everywhere || own(scope)) {
        let global = (facts.partition == "aws").then(|| GLOBAL.to_owned());
        for region in [Some(facts.region.clone()), global].into_iter().flatten() {
            if seen.insert((facts.account.clone(), region.clone())) {
                found.push((scope.clone(), region));
            }
        }
    }
    found
}
