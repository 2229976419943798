//! The clients of one scope.

use std::time::{Duration, UNIX_EPOCH};

use aws_config::{
    AppName, SdkConfig, identity::IdentityCache, retry::RetryConfig,
    stalled_stream_protection::StalledStreamProtectionConfig, sts::AssumeRoleProvider,
    timeout::TimeoutConfig,
};
use aws_sdk_ec2::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_s3control::config::endpoint::{Endpoint, EndpointFuture};
use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::{
    budget::{self, Budget},
    guard::Guard,
    identity_center::IdentityCenter,
    items::Table,
    publish::Publisher,
    resource_control::CloudControl,
    transport::{self, ATTEMPT_TIMEOUT, Gate, Transport},
};
use crate::{events::Own, kind::ScopeFacts, settings::partition};

/// Attempts per call, including the first one.
const ATTEMPTS: u32 = 3;
/// The time limit for a call that gets credentials, which does not pass the budget: three attempts
/// and the pauses between them.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(45);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time limit for an attempt including credentials, waiting for the budget, and the call, each
/// of which has its own limit. It is a last resort.
const ATTEMPT_NET: Duration = Duration::from_secs(
    OPERATION_TIMEOUT.as_secs() + budget::MAX_WAIT.as_secs() + 2 * ATTEMPT_TIMEOUT.as_secs(),
);

/// The name of sessions.
const SESSION: &str = "palisade";

/// The application name of an installation's requests in CloudTrail (`userAgent` contains
/// `app/palisade-VERSION+OWNER`, in the events of an assumed role, too): it distinguishes an
/// installation's `run` and `apply` from all other callers.
///
/// The settings only allow owners that are valid in such a name; `None` for an invalid one.
fn audit_name(owner: &str) -> Option<AppName> {
    AppName::new(format!("palisade-{}+{owner}", env!("CARGO_PKG_VERSION"))).ok()
}

/// The role to assume to reach a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    /// The role's ARN.
    pub role_arn: String,
    /// The external id that its trust policy requires.
    pub external_id: Option<String>,
}

/// The source of credentials and of the HTTP client: the ambient environment, or the simulator.
#[derive(Debug, Clone)]
pub struct Connection {
    owner: String,
    /// The name of the sessions of assumed roles.
    session: String,
    base: SdkConfig,
    http: SharedHttpClient,
    pub(super) guard: Guard,
    budget: Budget,
}

/// The clients of one scope, all with the same time limits, retry partition, guard and meter.
#[derive(Debug, Clone)]
pub struct Access {
    /// The installation's name in claims; empty if it has none.
    pub owner: String,
    /// The scope's account, Region and partition.
    pub facts: ScopeFacts,
    /// The path of IAM below which the settings let manifests have identity there; none without.
    pub identity_path: Option<String>,
    /// The time as the clients have it.
    pub clock: SharedTimeSource,
    /// Account Management.
    pub account: aws_sdk_account::Client,
    /// CloudTrail.
    pub cloudtrail: aws_sdk_cloudtrail::Client,
    /// Bedrock.
    pub bedrock: aws_sdk_bedrock::Client,
    /// Cloud Control, for every type.
    pub cloud_control: CloudControl,
    /// AWS Config: what Cloud Control does not say of its recorder.
    pub config: aws_sdk_config::Client,
    /// EC2.
    pub ec2: aws_sdk_ec2::Client,
    /// IAM.
    pub iam: aws_sdk_iam::Client,
    /// Identity Center: permission sets, users and groups.
    pub identity_center: IdentityCenter,
    /// KMS.
    pub kms: aws_sdk_kms::Client,
    /// Organizations.
    pub organizations: aws_sdk_organizations::Client,
    /// S3 control: what S3 allows in an account.
    pub s3control: aws_sdk_s3control::Client,
    /// SageMaker.
    pub sagemaker: aws_sdk_sagemaker::Client,
    /// SQS.
    pub sqs: aws_sdk_sqs::Client,
    /// STS.
    pub sts: aws_sdk_sts::Client,
}

impl Connection {
    /// The standard AWS environment: profile, container or instance role, `AWS_ENDPOINT_URL`.
    pub async fn ambient(guard: Guard) -> Self {
        let base = aws_config::defaults(aws_config::BehaviorVersion::latest()).load().await;
        Self::new(base, guard)
    }

    /// From an existing configuration (the simulator).
    pub fn new(base: SdkConfig, guard: Guard) -> Self {
        let retries = base.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
        let http = base.http_client().unwrap_or_else(transport::https);
        let base = base
            .into_builder()
            // Also used to get credentials: otherwise each role's provider would create its own
            // client.
            .http_client(http.clone())
            .retry_config(retries.with_max_attempts(ATTEMPTS))
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_TIMEOUT)
                    .operation_timeout(OPERATION_TIMEOUT)
                    .build(),
            )
            .build();
        Self {
            owner: String::new(),
            session: SESSION.to_owned(),
            base,
            http,
            guard,
            budget: Budget::default(),
        }
    }

    /// The same connection, with another budget.
    #[must_use]
    pub fn within(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// The same connection, with this installation's name in every request.
    #[must_use]
    pub fn of(self, owner: &str) -> Self {
        let mut base = self.base.into_builder();
        base.set_app_name(audit_name(owner));
        Self { owner: owner.to_owned(), base: base.build(), ..self }
    }

    /// The same connection, with the name of a process in the sessions of its roles: CloudTrail
    /// then shows which of several processes made a call. 64 characters are allowed (STS API
    /// reference, `AssumeRole`).
    #[must_use]
    pub fn in_sessions_of(self, process: &str) -> Self {
        let session = format!("{SESSION}-{process}").chars().take(64).collect();
        Self { session, ..self }
    }

    /// The Region of the ambient configuration.
    pub fn region(&self) -> Option<String> {
        self.base.region().map(ToString::to_string)
    }

    /// Whether a custom endpoint is configured (`AWS_ENDPOINT_URL`).
    pub fn has_custom_endpoint(&self) -> bool {
        self.base.endpoint_url().is_some()
    }

    /// The request ids of the writes of this connection's clients.
    pub fn own(&self) -> Own {
        self.guard.own()
    }

    /// Whether clients of this connection may write at all.
    pub fn may_write(&self) -> bool {
        self.guard.may_write()
    }

    /// The client of a DynamoDB table, with the ambient credentials. It can write with
    /// [`Guard::keeping`] only.
    pub fn table(&self, name: &str, region: &str) -> Table {
        Table::new(&self.own_config(region), &self.guard, name, region)
    }

    /// The clients that send notices, with the ambient credentials. They can send with
    /// [`Guard::keeping`] only.
    pub fn publisher(&self) -> Publisher {
        // Each call says its Region.
        let config = self.own_config("");
        let sns = aws_sdk_sns::config::Builder::from(&config).interceptor(self.guard.clone());
        let events =
            aws_sdk_eventbridge::config::Builder::from(&config).interceptor(self.guard.clone());
        Publisher {
            sns: aws_sdk_sns::Client::from_conf(sns.build()),
            events: aws_sdk_eventbridge::Client::from_conf(events.build()),
        }
    }

    /// What the process's own clients have in common, which belong to no scope.
    pub(super) fn own_config(&self, region: &str) -> SdkConfig {
        let facts = ScopeFacts {
            name: "(process)".to_owned(),
            account: ScopeFacts::UNKNOWN_ACCOUNT.to_owned(),
            region: region.to_owned(),
            partition: partition(region).to_owned(),
        };
        // There are few of these calls, and a look at the brake must wait for nobody: not even for
        // others of its service that were throttled.
        let gate = Gate { budget: Budget::unlimited(), guard: self.guard.clone(), facts };
        self.base
            .clone()
            .into_builder()
            .http_client(Transport { inner: self.http.clone(), gate })
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }

    /// The clients of one scope. Credentials are fetched for the first call.
    pub async fn access(&self, facts: ScopeFacts, role: Option<&AssumedRole>) -> Access {
        let region = aws_config::Region::new(facts.region.clone());
        let mut config = self.base.clone().into_builder().region(region.clone());
        if let Some(role) = role {
            let mut provider = AssumeRoleProvider::builder(&role.role_arn)
                .session_name(&self.session)
                .region(region)
                .configure(&self.base);
            if let Some(id) = &role.external_id {
                provider = provider.external_id(id);
            }
            let provider = provider.build().await;
            config = config
                .credentials_provider(
                    aws_credential_types::provider::SharedCredentialsProvider::new(provider),
                )
                // A cache per scope: the shared one has room for 64 identities, and beyond that
                // each new identity evicts one that is still needed.
                .identity_cache(IdentityCache::lazy().load_timeout(OPERATION_TIMEOUT).build());
        }
        let gate =
            Gate { budget: self.budget.clone(), guard: self.guard.clone(), facts: facts.clone() };
        let config = config
            .http_client(Transport { inner: self.http.clone(), gate })
            .timeout_config(
                TimeoutConfig::builder()
                    .connect_timeout(CONNECT_TIMEOUT)
                    .operation_attempt_timeout(ATTEMPT_NET)
                    .build(),
            )
            // It would mistake waiting for the budget for a stall; the transport limits the whole
            // call.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        Access::new(facts, &self.owner, &config.build(), &self.guard)
    }
}

impl Access {
    /// The time as the clients have it, in seconds since the epoch.
    pub fn epoch_seconds(&self) -> f64 {
        let since = self.clock.now().duration_since(UNIX_EPOCH);
        since.map_or(0.0, |since| since.as_secs_f64())
    }

    fn new(facts: ScopeFacts, owner: &str, config: &SdkConfig, guard: &Guard) -> Self {
        // A retry quota per account and service: one throttled account must not use up the retries
        // of the others. An explicit token bucket, because the SDK keeps the bucket of a named
        // partition for the life of the process, so that every later client with that name would
        // start with what an earlier one left.
        let partition = |service: &str| {
            let name = format!("{service}-{}-{}", facts.account, facts.region);
            RetryPartition::custom(name).token_bucket(TokenBucket::default()).build()
        };
        macro_rules! builder {
            ($service:ident) => {
                $service::config::Builder::from(config)
                    .retry_partition(partition(stringify!($service)))
                    .interceptor(guard.clone())
            };
        }
        macro_rules! client {
            ($service:ident) => {
                $service::Client::from_conf(builder!($service).build())
            };
        }
        let mut s3control = builder!(aws_sdk_s3control);
        if let Some(url) = config.endpoint_url().filter(|url| is_one_host(url)) {
            s3control = s3control.endpoint_resolver(OneHost(url.to_owned()));
        }
        Self {
            owner: owner.to_owned(),
            clock: config.time_source().unwrap_or_default(),
            account: client!(aws_sdk_account),
            bedrock: client!(aws_sdk_bedrock),
            cloud_control: CloudControl::new(
                client!(aws_sdk_cloudcontrol),
                client!(aws_sdk_resourcegroupstagging),
            ),
            cloudtrail: client!(aws_sdk_cloudtrail),
            config: client!(aws_sdk_config),
            ec2: client!(aws_sdk_ec2),
            iam: client!(aws_sdk_iam),
            identity_center: IdentityCenter::new(
                client!(aws_sdk_ssoadmin),
                client!(aws_sdk_identitystore),
                &facts,
            ),
            kms: client!(aws_sdk_kms),
            organizations: client!(aws_sdk_organizations),
            s3control: aws_sdk_s3control::Client::from_conf(s3control.build()),
            sagemaker: client!(aws_sdk_sagemaker),
            sqs: client!(aws_sdk_sqs),
            sts: client!(aws_sdk_sts),
            identity_path: None,
            facts,
        }
    }
}

/// Whether a custom endpoint is an address or the machine itself: names below it do not resolve.
fn is_one_host(url: &str) -> bool {
    let host = url.parse::<http::Uri>().ok().and_then(|uri| uri.host().map(str::to_owned));
    host.is_some_and(|host| {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        bare == "localhost" || bare.parse::<std::net::IpAddr>().is_ok()
    })
}

/// S3 control puts the account in front of the host's name; this is the host as it is.
#[derive(Debug)]
struct OneHost(String);

impl aws_sdk_s3control::config::endpoint::ResolveEndpoint for OneHost {
    fn resolve_endpoint<'a>(
        &'a self,
        _params: &'a aws_sdk_s3control::config::endpoint::Params,
    ) -> EndpointFuture<'a> {
        EndpointFuture::ready(Ok(Endpoint::builder().url(self.0.clone()).build()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws::Brake, settings::Overrides, settings::Settings};

    #[tokio::test]
    async fn every_request_carries_the_name_of_its_installation() {
        let owner = "o".repeat(61) + "-_.";
        let owner = &owner[..64];
        let flags = Overrides { owner: Some(owner.to_owned()), ..Overrides::default() };
        assert!(Settings::load(&flags).is_ok(), "the longest owner, with every sort of character");
        let base = SdkConfig::builder()
            .behavior_version(aws_config::BehaviorVersion::latest())
            .region(aws_config::Region::new("eu-west-1"))
            .build();
        let connection = Connection::new(base, Guard::writing(Brake::default())).of(owner);
        let facts = ScopeFacts {
            name: "prod".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        };
        let access = connection.access(facts, None).await;
        let name = format!("palisade-{}+{owner}", env!("CARGO_PKG_VERSION"));
        for config in [access.ec2.config().app_name(), access.organizations.config().app_name()] {
            assert_eq!(config.map(AsRef::as_ref), Some(name.as_str()));
        }
    }
}
