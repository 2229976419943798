//! The calls of Cloud Control, and the calls of the tagging API that go with them.
//!
//! What all types of a scope read in common is read once in a pass ([`Shared`]).

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aws_sdk_cloudcontrol::{
    Client,
    types::{
        HandlerErrorCode, Operation as Word, OperationStatus, ProgressEvent,
        ResourceRequestStatusFilter,
    },
};
use aws_sdk_resourcegroupstagging::{
    Client as TaggingClient,
    types::{ErrorCode, FailureInfo, TagFilter},
};
use tokio::{sync::Mutex, time::Instant};

use super::{classify, lookup::Pages};
use crate::{
    kind::{Class, CloudError},
    model::{Tags, claim::OWNER_TAG},
};

const GET: &str = "cloudcontrol:GetResource";
/// The operation that lists the resources of a type.
pub const LIST: &str = "cloudcontrol:ListResources";
const CREATE: &str = "cloudcontrol:CreateResource";
const UPDATE: &str = "cloudcontrol:UpdateResource";
const DELETE: &str = "cloudcontrol:DeleteResource";
const STATUS: &str = "cloudcontrol:GetResourceRequestStatus";
const REQUESTS: &str = "cloudcontrol:ListResourceRequests";
/// The operation that reads the tag index.
pub const INDEX: &str = "resourcegroupstaggingapi:GetResources";
const TAG: &str = "resourcegroupstaggingapi:TagResources";
const UNTAG: &str = "resourcegroupstaggingapi:UntagResources";

/// Requests on a page of `ListResourceRequests`: the most (API reference).
const REQUESTS_A_PAGE: i32 = 100;
/// Resources on a page of the tag index: the most (API reference).
const TAGGED_A_PAGE: i32 = 100;
/// Hooks of an organization write what they like.
const MESSAGE_LIMIT: usize = 400;

/// Cloud Control in one scope.
#[derive(Debug, Clone)]
pub struct CloudControl {
    client: Client,
    tagging: TaggingClient,
    requests: Arc<Shared<Vec<Request>>>,
    tagged: Arc<Shared<Vec<Tagged>>>,
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// It creates.
    Create,
    /// It changes.
    Update,
    /// It deletes.
    Delete,
}

/// How far a request is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is pending or in progress.
    UnderWay,
    /// It is finished.
    Done,
    /// It failed, or was cancelled: what AWS says, by its code.
    Failed(CloudError),
}

/// A request to create, change or delete a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The token by which AWS knows it.
    pub token: String,
    /// The type's name.
    pub kind: String,
    /// The resource. Of a failed create it is whatever AWS found instead, which may be anybody's.
    pub id: Option<String>,
    /// What it does; none for an unknown word.
    pub operation: Option<Operation>,
    /// How far it is.
    pub progress: Progress,
}

/// A resource in the tag index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tagged {
    /// Its ARN.
    pub arn: String,
    /// Its tags when the index was updated.
    pub tags: Tags,
}

/// Something that several kinds of a scope read in common.
#[derive(Debug, Default)]
pub struct Shared<T>(Mutex<Option<Copy<T>>>);

#[derive(Debug)]
struct Copy<T> {
    number: u64,
    read: Instant,
    value: Result<Arc<T>, CloudError>,
}

/// The last copy that a kind has used: it uses each copy once, so that every pass has its own.
#[derive(Debug, Default)]
pub struct Used(AtomicU64);

/// A pass reads its kinds at the same time. A copy older than this is from another pass, whatever
/// that one asked.
const SAME_PASS: Duration = Duration::from_secs(5);

impl<T> Shared<T> {
    async fn get(
        &self,
        used: &Used,
        read: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<Arc<T>, CloudError> {
        let mut copy = self.0.lock().await;
        let last = used.0.load(Ordering::SeqCst);
        let is_fresh = |copy: &Copy<T>| copy.number > last && copy.read.elapsed() < SAME_PASS;
        let number = match copy.as_ref() {
            Some(copy) if is_fresh(copy) => copy.number,
            old => {
                let number = old.map_or(last, |old| old.number).max(last) + 1;
                let began = Instant::now();
                let value = read.await.map(Arc::new);
                *copy = Some(Copy { number, read: began, value });
                number
            }
        };
        used.0.store(number, Ordering::SeqCst);
        match copy.as_ref() {
            Some(copy) => copy.value.clone(),
            None => Err(CloudError::new(REQUESTS, Class::Unknown, "nothing was read")),
        }
    }
}

/// A resource as Cloud Control describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Its identifier.
    pub id: String,
    /// Its properties.
    pub properties: serde_json::Value,
}

impl CloudControl {
    /// Over these clients.
    pub(super) fn new(client: Client, tagging: TaggingClient) -> Self {
        Self { client, tagging, requests: Arc::default(), tagged: Arc::default() }
    }

    /// A resource; none if there is no such resource.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn get(&self, kind: &str, id: &str) -> Result<Option<Described>, CloudError> {
        let call = self.client.get_resource().type_name(kind).identifier(id).send();
        let answer = match call.await.map_err(|error| classify(GET, &error)) {
            Ok(answer) => answer,
            Err(error) if error.class == Class::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let unreadable = |why| CloudError::new(GET, Class::Unknown, why);
        let described =
            answer.resource_description.ok_or_else(|| unreadable("an answer without resource"))?;
        let text = described.properties.unwrap_or_default();
        let properties: serde_json::Value =
            serde_json::from_str(&text).map_err(|_| unreadable("its properties are not JSON"))?;
        if !properties.is_object() {
            return Err(unreadable("its properties are not an object"));
        }
        let id = described.identifier.unwrap_or_else(|| id.to_owned());
        Ok(Some(Described { id, properties }))
    }

    /// The identifiers on one page of a list, narrowed by these properties where the type demands
    /// it, and the token of the next page.
    ///
    /// # Errors
    /// The page could not be read.
    pub async fn list(
        &self,
        kind: &str,
        narrowed: Option<&serde_json::Value>,
        token: Option<String>,
    ) -> Result<(Vec<String>, Option<String>), CloudError> {
        let call = self.client.list_resources().type_name(kind).set_next_token(token);
        let call = call.set_resource_model(narrowed.map(serde_json::Value::to_string));
        let page = call.send().await.map_err(|error| classify(LIST, &error))?;
        let mut found = Vec::new();
        for described in page.resource_descriptions.unwrap_or_default() {
            let Some(id) = described.identifier else {
                let why = "a resource without identifier";
                return Err(CloudError::new(LIST, Class::Unknown, why));
            };
            found.push(id);
        }
        Ok((found, page.next_token))
    }

    /// Asks for a resource with these properties.
    ///
    /// # Errors
    /// AWS did not take the request, or gave no answer.
    pub async fn create(
        &self,
        kind: &str,
        properties: &serde_json::Value,
        token: &str,
    ) -> Result<Request, CloudError> {
        let call = self.client.create_resource().type_name(kind);
        let call = call.desired_state(properties.to_string()).client_token(token);
        let answer = call.send().await.map_err(|error| classify(CREATE, &error))?;
        self.request(CREATE, answer.progress_event).await
    }

    /// Asks for this patch of a resource.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn update(
        &self,
        (kind, id): (&str, &str),
        patch: &serde_json::Value,
        token: &str,
    ) -> Result<Request, CloudError> {
        let call = self.client.update_resource().type_name(kind).identifier(id);
        let call = call.patch_document(patch.to_string()).client_token(token);
        let answer = call.send().await.map_err(|error| classify(UPDATE, &error))?;
        self.request(UPDATE, answer.progress_event).await
    }

    /// Asks for the deletion of a resource.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub async fn delete(
        &self,
        (kind, id): (&str, &str),
        token: &str,
    ) -> Result<Request, CloudError> {
        let call = self.client.delete_resource().type_name(kind).identifier(id);
        let answer = call.client_token(token).send().await;
        let answer = answer.map_err(|error| classify(DELETE, &error))?;
        self.request(DELETE, answer.progress_event).await
    }

    /// How far a request is; none if AWS does not know it any more.
    ///
    /// # Errors
    /// It could not be read.
    pub async fn status(&self, token: &str) -> Result<Option<Request>, CloudError> {
        let call = self.client.get_resource_request_status().request_token(token).send();
        let answer = match call.await.map_err(|error| classify(STATUS, &error)) {
            Ok(answer) => answer,
            Err(error) if error.class == Class::Missing => return Ok(None),
            Err(error) => return Err(error),
        };
        let hooks = answer.hooks_progress_event.unwrap_or_default();
        let hooks = hooks.into_iter().filter_map(|hook| {
            let (name, says) = (hook.hook_type_name?, hook.hook_status_message?);
            Some(format!("{name}: {says}"))
        });
        let said: Vec<String> = hooks.collect();
        read(STATUS, answer.progress_event, &said).map(Some)
    }

    /// A request as AWS answers it. What hooks say of a failed one has to be asked for.
    async fn request(
        &self,
        operation: &'static str,
        event: Option<ProgressEvent>,
    ) -> Result<Request, CloudError> {
        let has_hooks = event.as_ref().is_some_and(|event| event.hooks_request_token.is_some());
        let request = read(operation, event, &[])?;
        if !has_hooks || !matches!(request.progress, Progress::Failed(_)) {
            return Ok(request);
        }
        Ok(self.status(&request.token).await?.unwrap_or(request))
    }

    /// All requests under way in the account and Region, whoever made them.
    ///
    /// # Errors
    /// They could not be read to the end.
    pub async fn under_way(&self, used: &Used) -> Result<Arc<Vec<Request>>, CloudError> {
        self.requests.get(used, self.read_under_way()).await
    }

    async fn read_under_way(&self) -> Result<Vec<Request>, CloudError> {
        let filter = ResourceRequestStatusFilter::builder()
            .operation_statuses(OperationStatus::Pending)
            .operation_statuses(OperationStatus::InProgress)
            .operation_statuses(OperationStatus::CancelInProgress)
            .build();
        let (mut pages, mut token, mut found) = (Pages::of(REQUESTS), None, Vec::new());
        loop {
            let call = self.client.list_resource_requests().max_results(REQUESTS_A_PAGE);
            let call = call.resource_request_status_filter(filter.clone()).set_next_token(token);
            let page = call.send().await.map_err(|error| classify(REQUESTS, &error))?;
            for event in page.resource_request_status_summaries.unwrap_or_default() {
                found.push(read(REQUESTS, Some(event), &[])?);
            }
            token = pages.next(page.next_token)?;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Everything that carries this owner's claim, of all types, as far as the index knows.
    ///
    /// # Errors
    /// It could not be read to the end.
    pub async fn tagged(&self, used: &Used, owner: &str) -> Result<Arc<Vec<Tagged>>, CloudError> {
        self.tagged.get(used, self.read_tagged(owner)).await
    }

    async fn read_tagged(&self, owner: &str) -> Result<Vec<Tagged>, CloudError> {
        let filter = TagFilter::builder().key(OWNER_TAG).values(owner).build();
        let (mut pages, mut token, mut found) = (Pages::of(INDEX), None, Vec::new());
        loop {
            let call = self.tagging.get_resources().tag_filters(filter.clone());
            let call = call.resources_per_page(TAGGED_A_PAGE).set_pagination_token(token);
            let page = call.send().await.map_err(|error| classify(INDEX, &error))?;
            for mapping in page.resource_tag_mapping_list.unwrap_or_default() {
                let Some(arn) = mapping.resource_arn else {
                    return Err(CloudError::new(INDEX, Class::Unknown, "a resource without ARN"));
                };
                let tags = mapping.tags.unwrap_or_default();
                let tags = tags.into_iter().map(|tag| (tag.key, tag.value)).collect();
                found.push(Tagged { arn, tags });
            }
            token = pages.next(page.pagination_token.filter(|token| !token.is_empty()))?;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    /// Sets tags of a resource, overwriting values of the same keys.
    ///
    /// # Errors
    /// They could not be set.
    pub async fn tag(&self, arn: &str, set: &Tags) -> Result<(), CloudError> {
        let call = self.tagging.tag_resources().resource_arn_list(arn);
        let call = set.iter().fold(call, |call, (key, value)| call.tags(key, value));
        let answer = call.send().await.map_err(|error| classify(TAG, &error))?;
        refused(TAG, answer.failed_resources_map)
    }

    /// Removes tags of a resource by key.
    ///
    /// # Errors
    /// They could not be removed.
    pub async fn untag(&self, arn: &str, keys: &[String]) -> Result<(), CloudError> {
        let call = self.tagging.untag_resources().resource_arn_list(arn);
        let call = call.set_tag_keys(Some(keys.to_vec()));
        let answer = call.send().await.map_err(|error| classify(UNTAG, &error))?;
        refused(UNTAG, answer.failed_resources_map)
    }
}

/// The tagging API answers with success and lists what failed.
fn refused(
    operation: &'static str,
    failed: Option<HashMap<String, FailureInfo>>,
) -> Result<(), CloudError> {
    let Some(failure) = failed.unwrap_or_default().into_values().next() else { return Ok(()) };
    let class = match &failure.error_code {
        Some(ErrorCode::InvalidParameterException) => Class::Rejected,
        _ => Class::Ambiguous,
    };
    let message = shorten(&failure.error_message.unwrap_or_default());
    let code = failure.error_code.map(|code| code.as_str().to_owned());
    Err(CloudError { code, ..CloudError::new(operation, class, message) })
}

fn read(
    operation: &'static str,
    event: Option<ProgressEvent>,
    hooks: &[String],
) -> Result<Request, CloudError> {
    let lacks = |what: &str| {
        CloudError::new(operation, Class::Unknown, format!("the answer lacks the {what}"))
    };
    let event = event.ok_or_else(|| lacks("request"))?;
    let progress = match &event.operation_status {
        Some(
            OperationStatus::Pending
            | OperationStatus::InProgress
            | OperationStatus::CancelInProgress,
        ) => Progress::UnderWay,
        Some(OperationStatus::Success) => Progress::Done,
        Some(OperationStatus::Failed | OperationStatus::CancelComplete) => {
            Progress::Failed(failure(operation, &event, hooks))
        }
        _ => return Err(lacks("status")),
    };
    let does = match event.operation {
        Some(Word::Create) => Some(Operation::Create),
        Some(Word::Update) => Some(Operation::Update),
        Some(Word::Delete) => Some(Operation::Delete),
        _ => None,
    };
    Ok(Request {
        token: event.request_token.ok_or_else(|| lacks("token"))?,
        kind: event.type_name.unwrap_or_default(),
        id: event.identifier,
        operation: does,
        progress,
    })
}

/// The code of a failed request decides how long to wait, and nothing else: handlers use wrong ones
/// (a create that succeeded reports AlreadyExists, a finished delete InvalidRequest).
fn failure(operation: &'static str, event: &ProgressEvent, hooks: &[String]) -> CloudError {
    let class = match &event.error_code {
        Some(
            HandlerErrorCode::AccessDenied
            | HandlerErrorCode::InvalidCredentials
            | HandlerErrorCode::UnauthorizedTaggingOperation,
        ) => Class::Denied,
        Some(HandlerErrorCode::InvalidRequest | HandlerErrorCode::NotUpdatable) => Class::Rejected,
        Some(HandlerErrorCode::AlreadyExists) => Class::Duplicate,
        Some(HandlerErrorCode::NotFound) => Class::Missing,
        Some(HandlerErrorCode::ResourceConflict) => Class::Busy,
        Some(HandlerErrorCode::Throttling) => Class::Throttled,
        Some(HandlerErrorCode::ServiceLimitExceeded) => Class::Limit,
        // A dustbin that is mostly permanent: something else uses it, as a rule.
        Some(HandlerErrorCode::GeneralServiceException) => Class::Blocked,
        _ => Class::Ambiguous,
    };
    let said = event.status_message.iter().chain(hooks).cloned();
    let said: BTreeSet<String> = said.filter(|text| !text.is_empty()).collect();
    let message = Vec::from_iter(said).join("; ");
    let code = event.error_code.as_ref().map(|code| code.as_str().to_owned());
    CloudError { code, ..CloudError::new(operation, class, shorten(&message)) }
}

fn shorten(message: &str) -> String {
    message.chars().take(MESSAGE_LIMIT).collect()
}
