//! The HTTP server: GET only, small limits, a thread and runtime of its own, so that a scrape is answered
//! whatever the loop does.

use std::{io, net::SocketAddr, thread, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::{Query, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Check, Status, page};

/// A request that takes longer is given up: every answer is made from memory.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Starts the server on its own thread; it ends with `stop`. Gives the address it listens on.
///
/// # Errors
/// The address cannot be listened on, or no thread can be had.
pub fn serve(listen: &str, status: Status, stop: CancellationToken) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("palisade-http".to_owned()).spawn(move || {
        let served = runtime.block_on(async move {
            let listener = TcpListener::from_std(listener)?;
            axum::serve(listener, router(status))
                .with_graceful_shutdown(stop.cancelled_owned())
                .await
        });
        if let Err(error) = served {
            tracing::error!("the HTTP server ended: {error}");
        }
    })?;
    Ok(address)
}

fn router(status: Status) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/page.css", get(|| fixed("text/css; charset=utf-8", page::CSS)))
        .route("/page.js", get(|| fixed("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/icon.svg", get(|| fixed("image/svg+xml", page::ICON)))
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/healthz", get(livez))
        .route("/status.json", get(status_json))
        .with_state(status)
        .layer(middleware::from_fn(guard))
}

/// What holds for every answer.
async fn guard(request: axum::extract::Request<Body>, next: Next) -> Response {
    let answer = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
    let mut response = answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response());
    let headers = response.headers_mut();
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("cross-origin-resource-policy", HeaderValue::from_static("same-origin"));
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"));
    response
}

async fn index(State(status): State<Status>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY),
    ];
    (headers, status.page()).into_response()
}

async fn fixed(content_type: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

async fn metrics(State(status): State<Status>) -> Response {
    match status.metrics().text() {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
            .into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Debug, Deserialize)]
struct Verbosity {
    verbose: Option<String>,
}

async fn livez(State(status): State<Status>, Query(query): Query<Verbosity>) -> Response {
    health(&status.alive(), query.verbose.is_some())
}

async fn readyz(State(status): State<Status>, Query(query): Query<Verbosity>) -> Response {
    health(&status.ready(), query.verbose.is_some())
}

fn health(checks: &[Check], verbose: bool) -> Response {
    let failed = checks.iter().any(|check| check.trouble.is_some());
    let code = if failed { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    if !failed && !verbose {
        return (code, "ok\n").into_response();
    }
    let lines: String = checks
        .iter()
        .map(|check| match &check.trouble {
            None => format!("[+] {} ok\n", check.name),
            Some(trouble) => format!("[-] {} failed: {trouble}\n", check.name),
        })
        .collect();
    (code, lines).into_response()
}

async fn status_json(State(status): State<Status>) -> Response {
    match status.view() {
        Some(view) => axum::Json(view).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "no pass is finished yet\n").into_response(),
    }
}
