//! The lists, the newest first, up to the first entry that is older than the window. SageMaker's
//! own filters by time are not used: they are known for one empty page after the other, through all
//! that is older, until the service throttles (aws/aws-cli#7596, aws/aws-sdk#486).

use aws_sdk_sagemaker::types::{
    EndpointConfigSortKey, EndpointSortKey, EndpointSummary, ModelSortKey, OrderKey, SortBy,
    SortOrder,
};
use aws_smithy_types::DateTime;

use super::{MAX_PAGES, Sort};
use crate::{
    aws::{Access, classify, lookup::Pages, sagemaker::PAGE},
    kind::{Class, CloudError, UnjudgedReason},
};

/// One entry of a list.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: String,
    pub(super) created: DateTime,
    /// When it was changed, where the list says so.
    pub(super) modified: Option<DateTime>,
}

/// What was made within the window.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub(super) found: Vec<Listed>,
    /// Why there may be more.
    pub(super) incomplete: Option<UnjudgedReason>,
}

/// A page: its entries, and the token of the next one.
type Page = (Vec<Listed>, Option<String>);

/// Calls one of the lists, and takes its entries from the answer.
macro_rules! page {
    ($operation:literal, $call:expr, $by:expr, $order:expr, $all:ident, $name:ident) => {
        page!($operation, $call, $by, $order, $all, $name, |_| None)
    };
    ($operation:literal, $call:expr, $by:expr, $order:expr, $all:ident, $name:ident,
     $modified:expr) => {{
        let call = $call.max_results(PAGE).sort_by($by).sort_order($order);
        let page = call.send().await.map_err(|error| classify($operation, &error))?;
        let modified: fn(&_) -> Option<DateTime> = $modified;
        let mut entries = Vec::new();
        for entry in page.$all.unwrap_or_default() {
            let modified = modified(&entry);
            entries.push(whole($operation, entry.$name, entry.creation_time, modified)?);
        }
        Ok((entries, page.next_token))
    }};
}

fn whole(
    operation: &'static str,
    name: Option<String>,
    created: Option<DateTime>,
    modified: Option<DateTime>,
) -> Result<Listed, CloudError> {
    let unsaid = || CloudError::new(operation, Class::Unknown, "an entry without name or time");
    let (name, created) = name.zip(created).ok_or_else(unsaid)?;
    Ok(Listed { name, created, modified })
}

async fn page(access: &Access, sort: Sort, token: Option<String>) -> Result<Page, CloudError> {
    let client = &access.sagemaker;
    match sort {
        Sort::Training => page!(
            "sagemaker:ListTrainingJobs",
            client.list_training_jobs().set_next_token(token),
            SortBy::CreationTime,
            SortOrder::Descending,
            training_job_summaries,
            training_job_name
        ),
        Sort::Processing => page!(
            "sagemaker:ListProcessingJobs",
            client.list_processing_jobs().set_next_token(token),
            SortBy::CreationTime,
            SortOrder::Descending,
            processing_job_summaries,
            processing_job_name
        ),
        Sort::Model => page!(
            "sagemaker:ListModels",
            client.list_models().set_next_token(token),
            ModelSortKey::CreationTime,
            OrderKey::Descending,
            models,
            model_name
        ),
        Sort::Endpoint => page!(
            "sagemaker:ListEndpoints",
            client.list_endpoints().set_next_token(token),
            EndpointSortKey::CreationTime,
            OrderKey::Descending,
            endpoints,
            endpoint_name,
            |entry: &EndpointSummary| entry.last_modified_time
        ),
        Sort::Config => page!(
            "sagemaker:ListEndpointConfigs",
            client.list_endpoint_configs().set_next_token(token),
            EndpointConfigSortKey::CreationTime,
            OrderKey::Descending,
            endpoint_configs,
            endpoint_config_name
        ),
    }
}

/// Everything of a sort that was made since then, the newest first. What was listed before a page
/// failed counts.
pub(super) async fn since(access: &Access, sort: Sort, since: &DateTime) -> Listing {
    let (mut tokens, mut token, mut listing) =
        (Pages::of("sagemaker:List"), None, Listing::default());
    for _ in 0..MAX_PAGES {
        let next = match page(access, sort, token).await {
            Ok((entries, next)) => {
                let listed = entries.len();
                let in_window = entries.into_iter().filter(|entry| entry.created >= *since);
                let before = listing.found.len();
                listing.found.extend(in_window);
                // They come newest first: what follows an older one is older.
                if listing.found.len() - before < listed {
                    return listing;
                }
                tokens.next(next)
            }
            Err(error) => Err(error),
        };
        match next {
            Ok(None) => return listing,
            Ok(next) => token = next,
            Err(error) => {
                listing.incomplete = Some(UnjudgedReason::Failed(error));
                return listing;
            }
        }
    }
    listing.incomplete = Some(UnjudgedReason::TooMany(listing.found.len()));
    listing
}
