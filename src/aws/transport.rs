//! The last layer before the network: every attempt of every call waits here for the budget, is
//! checked once more, and has its time limit.
//!
//! It is below the SDK's retries, so that each attempt counts, as it does for AWS, and its time
//! limit starts when the attempt is sent: waiting for the budget is not AWS's delay. A call that
//! waited is checked against the conditions after the wait: the brake, a pause, a newer directory.

use std::time::Duration;

use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
        SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};

use tokio::sync::SemaphorePermit;

use super::{
    budget::{Budget, Request, Urgency},
    classify::THROTTLING,
    guard::{Guard, Refusal, Ticket},
    trace::{self, CallContext},
};
use crate::{kind::ScopeFacts, lease::LONGEST_CALL};

/// The time limit of one attempt from the moment it is sent, including reading the whole answer.
/// The SDK has no limit of its own after connecting.
pub(super) const ATTEMPT_TIMEOUT: Duration = LONGEST_CALL;
/// The same for a call that waits at AWS for something to happen (a long poll takes 20 seconds), or
/// that people see take half a minute (looking up events).
const LONG_TIMEOUT: Duration = Duration::from_secs(40);

/// The default HTTP client of the SDK (`default-https-client`: rustls, proxies from the
/// environment), created here so that all scopes share its connections and [`Transport`] can wrap
/// it.
pub(super) fn https() -> SharedHttpClient {
    use aws_smithy_http_client::{
        Builder, ConnectorBuilder, proxy::ProxyConfig, tls, tls::rustls_provider::CryptoMode,
    };
    Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector =
            ConnectorBuilder::default().tls_provider(tls::Provider::Rustls(CryptoMode::AwsLc));
        connector.set_connector_settings(settings.cloned());
        if let Some(components) = components {
            connector.set_sleep_impl(components.sleep_impl());
        }
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    })
}

/// An HTTP client of one scope.
#[derive(Debug, Clone)]
pub(super) struct Transport {
    pub(super) inner: SharedHttpClient,
    pub(super) gate: Gate,
}

/// What a scope's attempts pass before they are sent.
#[derive(Debug, Clone)]
pub(super) struct Gate {
    pub(super) budget: Budget,
    pub(super) guard: Guard,
    pub(super) facts: ScopeFacts,
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.inner.http_connector(settings, components);
        SharedHttpConnector::new(Line { inner, gate: self.gate.clone() })
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.inner.connector_metadata()
    }
}

#[derive(Debug)]
struct Line {
    inner: SharedHttpConnector,
    gate: Gate,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (inner, gate) = (self.inner.clone(), self.gate.clone());
        HttpConnectorFuture::new(async move {
            let refused = |refusal: Refusal| ConnectorError::user(refusal.into());
            // The guard attaches the ticket; without it the request is unknown.
            let ticket = request.extension::<Ticket>().cloned();
            let ticket = ticket.ok_or_else(|| refused(Refusal::Unlisted("(unnamed)".into())))?;
            let call_context = trace::call_context();
            let admitted = gate.admit(&ticket, call_context.as_ref()).await;
            let _connection = admitted.map_err(refused)?;
            gate.send(&ticket, call_context.as_ref(), &inner, request).await
        })
    }
}

impl Gate {
    fn request<'a>(
        &'a self,
        ticket: &'a Ticket,
        call_context: Option<&CallContext>,
    ) -> Request<'a> {
        Request {
            account: &self.facts.account,
            region: &self.facts.region,
            scope: &self.facts.name,
            service: &ticket.service,
            operation: &ticket.operation,
            urgency: call_context.map_or(Urgency::Read, |call_context| call_context.urgency),
        }
    }

    /// Waits for the attempt's turn and for a connection, and checks it again after that: nothing
    /// that waits comes between this check and the network.
    async fn admit(
        &self,
        ticket: &Ticket,
        call_context: Option<&CallContext>,
    ) -> Result<Option<SemaphorePermit<'_>>, Refusal> {
        if !self.budget.turn(&self.request(ticket, call_context)).await {
            return Err(Refusal::NoTurn(ticket.operation.clone()));
        }
        // A poll that waits must not keep others from their connections.
        let connection =
            if waits(ticket) { None } else { self.budget.connection(ticket.writes).await };
        self.guard.admit(ticket)?;
        let stale = call_context.filter(|_| ticket.writes).and_then(CallContext::stale);
        match stale {
            None => Ok(connection),
            Some(why) => Err(Refusal::Stale { operation: ticket.operation.clone(), why }),
        }
    }

    async fn send(
        &self,
        ticket: &Ticket,
        call_context: Option<&CallContext>,
        inner: &SharedHttpConnector,
        request: HttpRequest,
    ) -> Result<HttpResponse, ConnectorError> {
        let limit = if waits(ticket) { LONG_TIMEOUT } else { ATTEMPT_TIMEOUT };
        let flight = if ticket.writes { self.guard.flies(call_context) } else { None };
        let answer = tokio::time::timeout(limit, whole(inner.call(request))).await;
        let answer = answer.unwrap_or_else(|_| {
            let limit = format!("{} seconds are over", limit.as_secs());
            Err(ConnectorError::timeout(limit.into()))
        });
        if let Ok(response) = &answer {
            // A server that fails may still carry it out.
            if let Some(flight) = flight.filter(|_| response.status().as_u16() < 500) {
                flight.lands();
            }
            self.budget.answered(&self.request(ticket, call_context), throttled(response));
        }
        answer
    }
}

/// Whether AWS answers a call when there is something to say, or late.
fn waits(ticket: &Ticket) -> bool {
    matches!(ticket.operation.as_str(), "ReceiveMessage" | "LookupEvents")
}

/// The answer with its body in memory, so that the time limit covers all of it. No operation here
/// streams.
async fn whole(answer: HttpConnectorFuture) -> Result<HttpResponse, ConnectorError> {
    let mut response = answer.await?;
    let body = ByteStream::new(response.take_body()).collect().await;
    let body = body.map_err(|error| ConnectorError::io(error.into()))?;
    *response.body_mut() = SdkBody::from(body.into_bytes());
    Ok(response)
}

/// Whether AWS reports too many calls. A 503 alone does not: a broken service answers with it, too.
fn throttled(response: &HttpResponse) -> bool {
    match response.status().as_u16() {
        429 => true,
        400.. => {
            let header = response.headers().get("x-amzn-errortype").unwrap_or_default();
            let body = String::from_utf8_lossy(response.body().bytes().unwrap_or_default());
            THROTTLING.iter().any(|code| header.contains(code) || body.contains(code))
        }
        _ => false,
    }
}
