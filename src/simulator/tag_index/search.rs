//! Searches in the index.

use serde_json::{Value, json};

use super::errors::invalid;
use crate::simulator::{
    api::Named,
    json::{Input, page, tag_list},
    service::{Answer, ApiError},
};

/// One condition: a tag with this key, and one of these values if there are any.
struct Filter {
    key: String,
    values: Vec<String>,
}

/// The page of what a request searches for.
pub(super) fn answer(index: &[Named], input: &Input<'_>) -> Answer {
    let filters = filters(input)?;
    let types = input.texts("ResourceTypeFilters", 0..=100)?.unwrap_or_default();
    let arns = input.texts("ResourceARNList", 0..=100)?.unwrap_or_default();
    let narrowed = !types.is_empty() || !filters.is_empty();
    if !arns.is_empty() && (narrowed || input.raw("ResourcesPerPage").is_some()) {
        return Err(invalid("ResourceARNList goes with no filter and no size of pages"));
    }
    if types.iter().any(|it| it.is_empty() || it.starts_with("arn:")) {
        return Err(invalid("A type is SERVICE or SERVICE:TYPE"));
    }
    let size = input.integer("ResourcesPerPage", 1..=100)?.unwrap_or(100);
    let found = |(arn, tags): &&Named| {
        let typed = types.is_empty() || types.iter().any(|kind| is_of(arn, kind));
        let named = arns.is_empty() || arns.contains(arn);
        let tagged = filters.iter().all(|filter| {
            let value = tags.get(&filter.key);
            value.is_some_and(|it| filter.values.is_empty() || filter.values.contains(it))
        });
        typed && named && tagged
    };
    let mut found: Vec<(String, Value)> = index
        .iter()
        .filter(found)
        .map(|(arn, tags)| {
            let tags: Vec<Value> =
                tag_list(tags, "Key", "Value").into_iter().map(|(_, tag)| tag).collect();
            (arn.clone(), json!({"ResourceARN": arn, "Tags": tags}))
        })
        .collect();
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    let after = input.text("PaginationToken")?.filter(|token| !token.is_empty());
    let page = page(found, size, after).ok_or_else(|| {
        ApiError::new("PaginationTokenExpiredException", "The token is not one of this search")
    })?;
    // The last page has an empty token.
    let next = page.next.unwrap_or_default();
    Ok(json!({"ResourceTagMappingList": page.items, "PaginationToken": next}))
}

fn filters(input: &Input<'_>) -> Result<Vec<Filter>, ApiError> {
    let items = input.list("TagFilters", 0..=50)?.unwrap_or_default();
    let read = |item: &Value| {
        let key = item["Key"].as_str().filter(|key| !key.is_empty());
        let values = item["Values"].as_array().cloned().unwrap_or_default();
        let values: Vec<String> =
            values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect();
        if values.len() > 20 {
            return Err(invalid("A filter has up to 20 values"));
        }
        let key = key.ok_or_else(|| invalid("A filter has no key"))?.to_owned();
        Ok(Filter { key, values })
    };
    items.iter().map(read).collect()
}

/// Whether an ARN is of a type such as `ec2:vpc`, or of a service.
fn is_of(arn: &str, kind: &str) -> bool {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, _, service, region, _, resource] = parts[..] else { return false };
    match kind.split_once(':') {
        None => kind == service,
        // A bucket's ARN has neither a Region nor a type.
        Some(("s3", "bucket")) => service == "s3" && region.is_empty(),
        Some((of, name)) => of == service && resource.split(['/', ':']).next() == Some(name),
    }
}
