//! Classifies AWS's error codes: one table for all services.

use std::{collections::BTreeMap, error::Error as StdError, io, sync::LazyLock};

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::{
    orchestrator::HttpResponse,
    result::{ConnectorError, SdkError},
};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::guard::Refusal;
use crate::{
    kind::{Class, CloudError, Meaning, erased::ErasedKind},
    kinds,
};

/// AWS's messages are cut at this length: enough to describe the error, too short for a policy.
const MESSAGE_LIMIT: usize = 400;

/// The meaning of an SDK error. `operation` has the form `service:Operation`.
pub fn classify<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> CloudError
where
    E: ProvideErrorMetadata + StdError + Send + Sync + 'static,
{
    if let Some(refusal) = refusal(error) {
        return CloudError::new(operation, Class::Refused, refusal.to_string());
    }
    match error {
        SdkError::ServiceError(answer) => {
            let raw = answer.raw();
            let error = answer.err();
            let class = match error.code() {
                Some(code) => {
                    let message = error.message().unwrap_or_default();
                    class_of(operation, code, message, raw.status().as_u16())
                }
                None => class_of_status(raw.status().as_u16()),
            };
            CloudError {
                operation,
                class,
                code: error.code().map(str::to_owned),
                message: shorten(error.message().unwrap_or_default()),
                request_id: request_id(raw),
            }
        }
        SdkError::TimeoutError(_) => {
            CloudError::new(operation, Class::Ambiguous, "no answer within the time limit")
        }
        SdkError::ResponseError(_) => {
            CloudError::new(operation, Class::Ambiguous, "the answer could not be read")
        }
        _ if let Some(credentials) = cause::<CredentialsError>(error) => {
            let (class, message) = without_credentials(credentials);
            CloudError::new(operation, class, message)
        }
        SdkError::DispatchFailure(_) => {
            let (class, message) = unreachable(error);
            CloudError::new(operation, class, message)
        }
        // Refused on this side: nothing was sent.
        _ => CloudError::new(operation, Class::Rejected, shorten(&innermost(error))),
    }
}

/// An error in building a request (a required member is missing): a defect or bad input, never
/// sent.
pub fn rejected(operation: &'static str, error: &dyn StdError) -> CloudError {
    CloudError::new(operation, Class::Rejected, shorten(&error.to_string()))
}

/// The codes for too many calls. Some services answer 400 with them, others 429 or 503.
pub(super) const THROTTLING: [&str; 11] = [
    "RequestLimitExceeded",
    "ProvisionedThroughputExceededException",
    "EC2ThrottledException",
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "BandwidthLimitExceeded",
];

/// What codes mean that the table below does not say, or says otherwise, by service.
static MEANINGS: LazyLock<BTreeMap<&'static str, Vec<&'static Meaning>>> = LazyLock::new(|| {
    let mut by_service: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let registry = kinds::registry();
    let audited = |kind: &dyn ErasedKind| kind.doctor().audit.map_or(&[][..], |it| it.errors);
    for meaning in registry.iter().flat_map(|kind| kind.errors().iter().chain(audited(kind))) {
        by_service.entry(meaning.service).or_default().push(meaning);
    }
    by_service
});

fn class_of(operation: &str, code: &str, message: &str, status: u16) -> Class {
    let (service, operation) = operation.split_once(':').unwrap_or_default();
    let mut of_service = MEANINGS.get(service).into_iter().flatten();
    let meaning = of_service.find(|meaning| meaning.fits(operation, code, message));
    meaning.map_or_else(|| shared(code, status), |meaning| meaning.class)
}

/// What a code means that several services have.
fn shared(code: &str, status: u16) -> Class {
    match code {
        _ if THROTTLING.contains(&code) => Class::Throttled,

        "UnauthorizedOperation"
        | "AuthFailure"
        | "AccessDenied"
        | "AccessDeniedException"
        | "AccessDeniedForDependencyException"
        | "ExpiredToken"
        | "ExpiredTokenException"
        | "InvalidClientTokenId"
        | "UnrecognizedClientException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignature"
        | "MissingAuthenticationToken"
        | "OptInRequired"
        | "RequestExpired"
        | "InvalidSignatureException" => Class::Denied,

        "NotFoundException" | "ResourceNotFound" | "ResourceNotFoundException" => Class::Missing,
        _ if code.ends_with(".NotFound") => Class::Missing,

        "AlreadyExistsException" => Class::Duplicate,
        _ if code.ends_with(".Duplicate") => Class::Duplicate,

        "IncorrectState"
        | "InvalidState"
        | "OperationInProgress"
        | "ConcurrentTagAccess"
        | "ConcurrentModificationException"
        | "ConflictException"
        | "ResourceInUse" => Class::Busy,

        "DependencyViolation" => Class::Blocked,

        "ResourceLimitExceeded" | "LimitExceededException" => Class::Limit,
        _ if code.ends_with("LimitExceeded") => Class::Limit,

        "InternalError"
        | "InternalFailure"
        | "ServiceException"
        | "InternalServerError"
        | "InternalServiceError" => Class::Ambiguous,
        "Unavailable" | "ServiceUnavailable" | "ServiceUnavailableException" => Class::Unavailable,

        _ if (400..500).contains(&status) => Class::Rejected,
        _ => Class::Unknown,
    }
}

fn class_of_status(status: u16) -> Class {
    match status {
        429 => Class::Throttled,
        401 | 403 => Class::Denied,
        404 => Class::Missing,
        400..=499 => Class::Rejected,
        503 => Class::Unavailable,
        _ => Class::Ambiguous,
    }
}

fn refusal<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Refusal> {
    chain(error).find_map(|cause| cause.downcast_ref::<Refusal>())
}

fn cause<'a, C: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a C> {
    chain(error).find_map(|cause| cause.downcast_ref::<C>())
}

/// Why there are no credentials. If the service that issues them could not be reached, this is not
/// a denial; the call that needed them was not sent either way.
fn without_credentials(error: &CredentialsError) -> (Class, String) {
    let denied = |error| {
        let why = shorten(&innermost(error));
        let from = "AWS_PROFILE, AWS_ACCESS_KEY_ID, a container or instance role";
        (Class::Denied, format!("no usable credentials ({from}): {why}"))
    };
    match error {
        CredentialsError::ProviderTimedOut(_) => {
            let message = "no credentials: the service that issues them did not answer within the \
                time limit";
            (Class::Unavailable, message.to_owned())
        }
        CredentialsError::ProviderError(_) | CredentialsError::Unhandled(_)
            if cause::<ConnectorError>(error).is_some() =>
        {
            let (_, why) = unreachable(error);
            (Class::Unavailable, format!("no credentials: {why}"))
        }
        _ => denied(error),
    }
}

/// Why a connection failed. Only if it was refused is it certain that nothing was sent.
fn unreachable(error: &(dyn StdError + 'static)) -> (Class, String) {
    let why = shorten(&innermost(error));
    let timed_out = cause::<ConnectorError>(error).is_some_and(ConnectorError::is_timeout);
    match cause::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => {
            let message = format!("the connection was refused; check the endpoint: {why}");
            (Class::Unavailable, message)
        }
        Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted) => {
            (Class::Ambiguous, format!("the connection was closed: {why}"))
        }
        _ if timed_out => (Class::Ambiguous, format!("no answer within the time limit: {why}")),
        _ => (Class::Ambiguous, format!("could not be reached: {why}")),
    }
}

fn innermost(error: &(dyn StdError + 'static)) -> String {
    chain(error).last().map_or_else(|| error.to_string(), ToString::to_string)
}

fn chain<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    fn next<'a>(cause: &&'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
        (*cause).source()
    }
    std::iter::successors(Some(error), next)
}

fn request_id(response: &HttpResponse) -> Option<String> {
    ["x-amzn-requestid", "x-amz-request-id"]
        .iter()
        .find_map(|name| response.headers().get(*name))
        .map(str::to_owned)
}

fn shorten(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MESSAGE_LIMIT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_mean_what_the_services_document() {
        for (operation, code, class) in [
            ("ec2:CreateVpcEndpoint", "RequestLimitExceeded", Class::Throttled),
            ("ec2:CreateVpcEndpoint", "UnauthorizedOperation", Class::Denied),
            ("ec2:ModifyVpcEndpoint", "InvalidVpcEndpointId.NotFound", Class::Missing),
            ("ec2:CreateSecurityGroup", "InvalidGroup.Duplicate", Class::Duplicate),
            ("ec2:ModifyVpcEndpoint", "OperationInProgress", Class::Busy),
            ("ec2:DeleteSecurityGroup", "DependencyViolation", Class::Blocked),
            (
                "ec2:AuthorizeSecurityGroupIngress",
                "RulesPerSecurityGroupLimitExceeded",
                Class::Limit,
            ),
            ("kms:CreateKey", "LimitExceededException", Class::Limit),
            ("kms:PutKeyPolicy", "MalformedPolicyDocumentException", Class::Rejected),
            ("kms:PutKeyPolicy", "KMSInternalException", Class::Ambiguous),
            ("organizations:AttachPolicy", "TargetNotFoundException", Class::Missing),
            ("organizations:DeletePolicy", "PolicyInUseException", Class::Blocked),
        ] {
            assert_eq!(class_of(operation, code, "", 400), class, "{code}");
        }
    }

    #[test]
    fn what_kinds_say_of_one_code_of_a_service_is_one_thing() {
        let all: Vec<_> = MEANINGS.values().flatten().collect();
        let overlap = |one: &[&str], other: &[&str]| {
            one.is_empty() || other.is_empty() || one.iter().any(|name| other.contains(name))
        };
        for (index, one) in all.iter().enumerate() {
            for other in &all[index + 1..] {
                let same = (one.service, one.code) == (other.service, other.code)
                    && overlap(one.operations, other.operations)
                    && overlap(one.says, other.says);
                assert!(!same || one.class == other.class, "{one:?} {other:?}");
            }
        }
        assert!(all.len() > 10, "they are collected");
    }

    /// A client without retries that asks `endpoint`, with credentials from `provider`.
    async fn ask(
        endpoint: &str,
        provider: impl aws_credential_types::provider::ProvideCredentials + 'static,
    ) -> CloudError {
        let config = aws_sdk_sts::Config::builder()
            .behavior_version(aws_sdk_sts::config::BehaviorVersion::latest())
            .region(aws_config::Region::new("eu-west-1"))
            .endpoint_url(endpoint)
            .retry_config(aws_config::retry::RetryConfig::disabled())
            .credentials_provider(provider)
            .build();
        let client = aws_sdk_sts::Client::from_conf(config);
        let error = client.get_caller_identity().send().await.expect_err("nobody answers");
        classify("sts:GetCallerIdentity", &error)
    }

    fn keys() -> aws_sdk_sts::config::Credentials {
        aws_sdk_sts::config::Credentials::new("AKID", "secret", None, None, "test")
    }

    /// An address of this machine that refuses connections: it was free a moment ago.
    fn closed() -> String {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("an address");
        format!("http://{}", listener.local_addr().expect("its port"))
    }

    #[tokio::test]
    async fn a_connection_that_is_refused_is_not_a_denial() {
        let error = ask(&closed(), keys()).await;
        assert_eq!(error.class, Class::Unavailable, "{error}");
        assert!(error.message.starts_with("the connection was refused"), "{error}");
    }

    #[tokio::test]
    async fn a_name_that_does_not_resolve_is_unreachable_and_not_a_denial() {
        let error = ask("http://sts.invalid", keys()).await;
        assert_eq!(error.class, Class::Ambiguous, "{error}");
        assert!(error.message.starts_with("could not be reached"), "{error}");
    }

    /// Hands out whatever the test says.
    #[derive(Debug)]
    struct Failing(fn() -> CredentialsError);

    impl aws_credential_types::provider::ProvideCredentials for Failing {
        fn provide_credentials<'a>(
            &'a self,
        ) -> aws_credential_types::provider::future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            aws_credential_types::provider::future::ProvideCredentials::ready(Err(self.0()))
        }
    }

    #[tokio::test]
    async fn credentials_that_could_not_be_fetched_are_not_credentials_that_are_refused() {
        let refused = || {
            let io = io::Error::from(io::ErrorKind::ConnectionRefused);
            CredentialsError::provider_error(ConnectorError::io(io.into()))
        };
        for (why, class, says) in [
            (Failing(refused), Class::Unavailable, "no credentials: the connection was refused"),
            (
                Failing(|| CredentialsError::provider_timed_out(std::time::Duration::from_secs(1))),
                Class::Unavailable,
                "no credentials: the service that issues them did not answer",
            ),
            (
                Failing(|| CredentialsError::not_loaded("nothing set")),
                Class::Denied,
                "no usable credentials",
            ),
            (
                Failing(|| CredentialsError::provider_error("AccessDenied: AssumeRole")),
                Class::Denied,
                "no usable credentials",
            ),
        ] {
            let error = ask("http://127.0.0.1:9", why).await;
            assert_eq!(error.class, class, "{error}");
            assert!(error.message.starts_with(says), "{error}");
        }
    }

    #[test]
    fn an_unknown_code_of_a_server_fault_is_unknown_not_a_refusal() {
        assert_eq!(class_of("kms:CreateKey", "Weird", "", 500), Class::Unknown);
        assert_eq!(class_of("kms:CreateKey", "Weird", "", 400), Class::Rejected);
    }

    #[test]
    fn one_validation_code_has_three_meanings() {
        let class =
            |message| class_of("sagemaker:UpdateDomain", "ValidationException", message, 400);
        assert_eq!(class("RecordNotFound"), Class::Missing);
        assert_eq!(class("Unable to update Domain d-1 with InService App"), Class::Blocked);
        assert_eq!(class("1 validation error detected"), Class::Rejected);
        let of_kms = class_of("kms:CreateKey", "ValidationException", "RecordNotFound", 400);
        assert_eq!(of_kms, Class::Rejected, "it is SageMaker's");
    }

    #[test]
    fn a_long_message_is_cut_and_kept_on_one_line() {
        let message = shorten(&"a b\n".repeat(1000));
        assert!(message.chars().count() == MESSAGE_LIMIT + 1 && !message.contains('\n'));
    }
}
