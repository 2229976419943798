//! The simulator as an HTTP client of the AWS SDK; everything above the connection is the SDK's own
//! code.

use super::wire::Outcome;
use super::world::Simulator;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_async::{rt::sleep::TokioSleep, time::TimeSource};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use serde_json::Value;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::time::Instant;

/// The secret key of callers without a session.
pub const SECRET_ACCESS_KEY: &str = "simulated-secret-access-key";

impl Simulator {
    /// The connection to pass to the SDK (`aws_config::ConfigLoader::http_client`, or the config of
    /// a service).
    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    /// A complete SDK configuration for one account (twelve digits) and region. Each call has three
    /// attempts, the SDK's default, with delays of milliseconds because waiting does not help here.
    pub fn sdk_config(&self, account: &str, region: &str) -> SdkConfig {
        let credentials = Credentials::new(account, SECRET_ACCESS_KEY, None, None, "simulator");
        self.config(credentials, region)
    }

    /// The same for the session whose credentials AssumeRole has answered.
    pub fn session_config(&self, answer: &Value, region: &str) -> SdkConfig {
        let text = |name: &str| answer["Credentials"][name].as_str().unwrap_or_default().to_owned();
        let (id, secret) = (text("AccessKeyId"), text("SecretAccessKey"));
        let token = Some(text("SessionToken"));
        self.config(Credentials::new(id, secret, token, None, "simulator"), region)
    }

    fn config(&self, credentials: Credentials, region: &str) -> SdkConfig {
        let retries = RetryConfig::standard()
            .with_initial_backoff(Duration::from_millis(1))
            .with_max_backoff(Duration::from_millis(4))
            // The SDK draws its jitter from a process-wide generator, which would make two runs
            // differ.
            .with_use_static_exponential_base(true);
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new(region.to_owned()))
            .retry_config(retries)
            .sleep_impl(TokioSleep::new())
            .time_source(WorldTime(self.clone()))
            .http_client(self.http_client())
            // A virtual clock jumps, which the SDK would take for a stalled stream.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
            .build()
    }
}

/// The world's own time: a session must expire for the SDK when it expires for STS, also with a
/// virtual clock.
#[derive(Debug)]
struct WorldTime(Simulator);

impl TimeSource for WorldTime {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + self.0.with(|world| world.since_epoch())
    }
}

impl HttpClient for Simulator {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Simulator {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let simulator = self.clone();
        HttpConnectorFuture::new(async move {
            let request = in_memory(request)?;
            let response = match simulator.respond_in_time(&request).await {
                Outcome::Answered(response) | Outcome::Idle(response, _) => response,
                Outcome::Later(response, time) => {
                    tokio::time::sleep(time).await;
                    response
                }
                Outcome::Broken => {
                    return Err(ConnectorError::io("connection reset by peer".into()));
                }
                Outcome::Silent => std::future::pending().await,
            };
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::other(error.into(), None))
        })
    }
}

impl Simulator {
    /// Carries out one request; one that waits for something is answered when it comes.
    pub(super) async fn respond_in_time(&self, request: &http::Request<Bytes>) -> Outcome {
        let mut end = None;
        loop {
            let arrived = self.with(|world| world.arrived.clone());
            let mut arrived = std::pin::pin!(arrived.notified());
            arrived.as_mut().enable();
            let outcome = self.respond(request);
            let Outcome::Idle(_, wait) = &outcome else { return outcome };
            let end = *end.get_or_insert_with(|| Instant::now() + *wait);
            if Instant::now() >= end {
                return outcome;
            }
            let next = self.with(|world| world.next_message()).unwrap_or(end);
            tokio::select! {
                () = tokio::time::sleep_until(next.min(end)) => {}
                () = arrived => {}
            }
        }
    }
}

/// No request of the services is streamed, so every body is in memory.
fn in_memory(request: HttpRequest) -> Result<http::Request<Bytes>, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let (parts, body) = request.into_parts();
    let body = body
        .bytes()
        .map(Bytes::copy_from_slice)
        .ok_or_else(|| ConnectorError::user("the simulator takes no streamed request".into()))?;
    Ok(http::Request::from_parts(parts, body))
}
