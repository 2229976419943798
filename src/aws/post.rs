//! Requests to somebody else than AWS, for notifications, over the HTTP client that the SDK brings.

use std::time::Duration;

use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::{
    ConnectorBuilder, proxy::ProxyConfig, tls, tls::rustls_provider::CryptoMode,
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::HttpRequest,
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use tokio::time::timeout;

/// A client that only posts. It follows no redirects, and takes proxies from the environment.
#[derive(Debug, Clone)]
pub struct Post {
    connector: SharedHttpConnector,
    limit: Duration,
}

impl Post {
    /// A client whose requests take no longer than this.
    pub fn within(limit: Duration) -> Self {
        let settings =
            HttpConnectorSettings::builder().connect_timeout(limit).read_timeout(limit).build();
        let mut connector =
            ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(Some(settings));
        connector.set_sleep_impl(Some(SharedAsyncSleep::new(TokioSleep::new())));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        Self { connector: SharedHttpConnector::new(connector.build()), limit }
    }

    /// Sends a body; gives the status of the answer.
    ///
    /// # Errors
    /// No answer, in words that do not have the address in them: it can be a secret.
    pub async fn send(
        &self,
        url: &str,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    ) -> Result<u16, String> {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request.set_method("POST").map_err(|_| "it could not be asked".to_owned())?;
        request.set_uri(url.to_owned()).map_err(|_| "the address is not a URL".to_owned())?;
        for (name, value) in headers {
            request.headers_mut().insert(name, value);
        }
        let answer = timeout(self.limit, self.connector.call(request)).await;
        let answer = answer.map_err(|_| format!("no answer within {} s", self.limit.as_secs()))?;
        let answer = answer.map_err(|error| format!("no answer: {}", what(&error)))?;
        Ok(answer.status().as_u16())
    }
}

/// What went wrong, without the address.
fn what(error: &ConnectorError) -> &'static str {
    if error.is_timeout() {
        "too late"
    } else if error.is_io() {
        "the connection failed"
    } else {
        "it could not be asked"
    }
}
