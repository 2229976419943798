//! What the listings of route tables and network ACLs have in common.

use aws_sdk_ec2::types::Filter;
use serde_json::Value;

use crate::{
    aws::lookup::Pages,
    kind::{CloudError, ScopeFacts, table::Found},
    model::{Observed, Phase, PhysicalId, Tags},
};

/// Filters by name and value; none for no filter.
pub(crate) fn filters(filters: &[(&str, &str)]) -> Option<Vec<Filter>> {
    let of = |(name, value): &(&str, &str)| Filter::builder().name(*name).values(*value).build();
    (!filters.is_empty()).then(|| filters.iter().map(of).collect())
}

/// Everything on all pages of a listing; `page` reads the one after a token.
pub(crate) async fn all<T, F>(
    operation: &'static str,
    page: impl Fn(Option<String>) -> F,
) -> Result<Vec<T>, CloudError>
where
    F: Future<Output = Result<(Vec<T>, Option<String>), CloudError>>,
{
    let (mut pages, mut token, mut all) = (Pages::of(operation), None, Vec::new());
    loop {
        let (some, next) = page(token).await?;
        all.extend(some);
        token = pages.next(next)?;
        if token.is_none() {
            return Ok(all);
        }
    }
}

/// The ARN of a resource of EC2.
pub(crate) fn arn(sort: &str, id: &PhysicalId, facts: &ScopeFacts) -> String {
    let ScopeFacts { partition, region, account, .. } = facts;
    format!("arn:{partition}:ec2:{region}:{account}:{sort}/{}", id.as_str())
}

/// A resource that its listing shows as a whole.
pub(crate) fn whole(id: PhysicalId, arn: String, tags: Tags, state: Value) -> Found {
    let observed = Observed { id: id.clone(), arn, tags: tags.clone(), phase: Phase::Ready, state };
    Found { tags: Some(tags), whole: Some(observed), ..Found::of(id) }
}
