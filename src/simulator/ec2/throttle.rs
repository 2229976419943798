//! EC2's request buckets, per account and region, from the request-throttling page of the EC2 developer guide.

use super::super::query::Input;
use super::super::service::{ApiError, is_mutating};
use std::collections::BTreeMap;
use std::time::Duration;

/// The tokens left of each API action.
#[derive(Debug, Clone, Default)]
pub(super) struct Buckets {
    left: BTreeMap<String, (f64, Duration)>,
}

impl Buckets {
    /// Takes a token, or answers `RequestLimitExceeded`.
    pub(super) fn take(
        &mut self,
        operation: &str,
        input: Input<'_>,
        elapsed: Duration,
    ) -> Result<(), ApiError> {
        let (name, size, refill) = bucket(operation, input);
        let (left, since) = self.left.entry(name).or_insert((size, elapsed));
        let gained = elapsed.saturating_sub(*since).as_secs_f64() * refill;
        *left = (*left + gained).min(size);
        *since = elapsed;
        if *left < 1.0 {
            return Err(
                ApiError::new("RequestLimitExceeded", "Request limit exceeded.").status(503)
            );
        }
        *left -= 1.0;
        Ok(())
    }
}

/// Name, size, and tokens gained a second. Unfiltered, unpaged calls of two actions have a smaller bucket of their own.
fn bucket(operation: &str, input: Input<'_>) -> (String, f64, f64) {
    let bare = !["Filter", "MaxResults", "GroupId", "GroupName", "NetworkInterfaceId", "NextToken"]
        .iter()
        .any(|member| input.has(member));
    let (name, size, refill) = match operation {
        "DescribeSecurityGroups" | "DescribeNetworkInterfaces" if bare => {
            return (format!("{operation} unfiltered"), 50.0, 10.0);
        }
        "CreateVpcEndpoint" | "ModifyVpcEndpoint" | "DeleteVpcEndpoints" => (operation, 4.0, 0.3),
        "CreateTags" | "DeleteTags" => (operation, 100.0, 10.0),
        "DescribeSecurityGroupReferences" => (operation, 20.0, 5.0),
        _ if !is_mutating(operation) => (operation, 100.0, 20.0),
        _ => (operation, 50.0, 5.0),
    };
    (name.to_owned(), size, refill)
}
