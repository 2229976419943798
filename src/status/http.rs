//! The HTTP server: GET only, small limits, with its own thread and runtime, so that it answers
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

/// The time limit of a request: every answer comes from memory.
const TIME_LIMIT: Duration = Duration::from_secs(5);

/// Starts the server on its own thread; it ends with `stop`. Returns the address it listens on.
///
/// # Errors
/// The address cannot be bound, or the thread cannot be started.
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
            tracing::error!("the HTTP server failed: {error}");
        }
    })?;
    Ok(address)
}

fn router(status: Status) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/page.css", get(async || fixed("text/css; charset=utf-8", page::CSS)))
        .route("/page.js", get(async || fixed("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/icon.svg", get(async || fixed("image/svg+xml", page::ICON)))
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/healthz", get(livez))
        .route("/status.json", get(status_json))
        .with_state(status)
        .layer(middleware::from_fn(guard))
}

/// Headers of every answer.
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

fn fixed(content_type: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

async fn metrics(State(status): State<Status>) -> Response {
    match status.exposition() {
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

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::status::fixture;

    /// Sends one request to a server of its own and gives the whole answer.
    async fn ask(method: &str, path: &str, status: &Status) -> String {
        let stop = CancellationToken::new();
        let address = serve("127.0.0.1:0", status.clone(), stop.clone()).unwrap();
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let request = format!("{method} {path} HTTP/1.0\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        stop.cancel();
        answer
    }

    fn status() -> Status {
        let status = Status::new(Duration::from_mins(1)).unwrap();
        status.take(fixture::setup(), &fixture::report());
        status
    }

    #[tokio::test]
    async fn the_page_comes_with_a_policy_that_allows_nothing_inline_and_nothing_from_elsewhere() {
        let answer = ask("GET", "/", &status()).await;
        assert!(answer.starts_with("HTTP/1.0 200"), "{answer}");
        let policy = format!("content-security-policy: {}\r\n", page::CONTENT_SECURITY_POLICY);
        assert!(answer.contains(&policy), "{answer}");
        assert!(answer.contains("content-type: text/html; charset=utf-8\r\n"));
        assert!(answer.contains("x-content-type-options: nosniff\r\n"));
        assert!(answer.contains("<h1>"), "{answer}");
    }

    #[tokio::test]
    async fn the_page_finds_its_style_script_and_icon_at_the_same_server() {
        let status = status();
        for (path, kind) in [
            ("/page.css", "text/css; charset=utf-8"),
            ("/page.js", "text/javascript; charset=utf-8"),
            ("/icon.svg", "image/svg+xml"),
        ] {
            let answer = ask("GET", path, &status).await;
            assert!(answer.starts_with("HTTP/1.0 200"), "{path}: {answer}");
            assert!(answer.contains(&format!("content-type: {kind}\r\n")), "{path}: {answer}");
            assert!(answer.contains("content-security-policy: default-src 'none'"), "{path}");
        }
    }

    #[tokio::test]
    async fn only_reading_is_possible() {
        let status = status();
        for path in ["/", "/page.js", "/metrics", "/livez", "/readyz", "/healthz", "/status.json"] {
            for method in ["POST", "PUT", "DELETE", "PATCH"] {
                let answer = ask(method, path, &status).await;
                assert!(answer.starts_with("HTTP/1.0 405"), "{method} {path}: {answer}");
            }
        }
    }

    #[tokio::test]
    async fn readiness_names_the_refused_scope_and_the_bad_directory_and_liveness_does_not_care() {
        let status = status();
        let ready = ask("GET", "/readyz", &status).await;
        assert!(ready.starts_with("HTTP/1.0 503"), "{ready}");
        assert!(ready.contains("[-] source failed: 1 problems"), "{ready}");
        assert!(ready.contains("[-] credentials failed: ml-dev: sts:GetCallerIdentity"), "{ready}");
        assert!(ask("GET", "/livez", &status).await.starts_with("HTTP/1.0 200"));
    }

    #[tokio::test]
    async fn before_the_first_pass_it_is_alive_and_not_ready() {
        let status = Status::new(Duration::from_mins(1)).unwrap();
        assert!(ask("GET", "/livez", &status).await.starts_with("HTTP/1.0 200"));
        assert!(ask("GET", "/readyz", &status).await.starts_with("HTTP/1.0 503"));
        assert!(ask("GET", "/status.json", &status).await.starts_with("HTTP/1.0 503"));
        assert!(ask("GET", "/", &status).await.starts_with("HTTP/1.0 200"));
    }
}
