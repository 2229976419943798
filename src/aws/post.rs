//! Requests to somebody else than AWS, over the HTTP client that the SDK brings: notifications, and
//! reading from a palisade on another machine.

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
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use tokio::time::timeout;

/// A client that posts and reads. It follows no redirects, and takes proxies from the environment.
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
        let request = request("POST", url, headers, body)?;
        let answer = timeout(self.limit, self.connector.call(request)).await;
        let answer = answer.map_err(|_| self.late())?;
        let answer = answer.map_err(|error| format!("no answer: {}", what(&error)))?;
        Ok(answer.status().as_u16())
    }

    /// Reads something; gives the status of the answer, and its text.
    ///
    /// # Errors
    /// No answer, or not a text.
    pub async fn get(
        &self,
        url: &str,
        headers: Vec<(&'static str, String)>,
    ) -> Result<(u16, String), String> {
        let request = request("GET", url, headers, Vec::new())?;
        let exchange = async {
            let answer = self.connector.call(request).await;
            let mut answer = answer.map_err(|error| format!("no answer: {}", what(&error)))?;
            let body = ByteStream::new(answer.take_body()).collect().await;
            let body = body.map_err(|_| "the answer ended early".to_owned())?;
            let text = String::from_utf8(body.to_vec());
            let text = text.map_err(|_| "the answer is not a text".to_owned())?;
            Ok((answer.status().as_u16(), text))
        };
        timeout(self.limit, exchange).await.unwrap_or_else(|_| Err(self.late()))
    }

    fn late(&self) -> String {
        format!("no answer within {} s", self.limit.as_secs())
    }
}

fn request(
    method: &str,
    url: &str,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
) -> Result<HttpRequest, String> {
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(method).map_err(|_| "it could not be asked".to_owned())?;
    request.set_uri(url.to_owned()).map_err(|_| "the address is not a URL".to_owned())?;
    for (name, value) in headers {
        let inserted = request.headers_mut().try_insert(name, value);
        inserted.map_err(|_| format!("{name} cannot be in a header"))?;
    }
    Ok(request)
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
