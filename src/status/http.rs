//! The HTTP server: GET only, small limits, with its own thread and runtime, so that it answers
//! whatever the loop does.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    thread,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Body,
    extract::{Query, Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{
    Check, Status,
    admission::{Admission, Pass, Refusal},
    connections::{self, Limits, Peer},
    page,
    reading::{self, Reader, made, too_early},
    shelf::{Filter, Shelf},
};
use crate::{aws::proof::SCHEME, model::Address};

/// What programs can read, described for them.
const OPENAPI: &str = include_str!("openapi.json");
/// The time limit of a request: every answer comes from memory.
const TIME_LIMIT: Duration = Duration::from_secs(5);
/// Threads that make large bodies. Each body is made by one of them, and others wait for it.
const MAKERS: usize = 2;

/// Starts the server on its own thread; it ends with `stop`. Returns the address it listens on.
///
/// # Errors
/// The address cannot be bound, or the thread cannot be started.
pub fn serve(
    listen: &str,
    status: Status,
    shelf: Shelf,
    admission: Admission,
    stop: CancellationToken,
) -> io::Result<SocketAddr> {
    let listener = std::net::TcpListener::bind(listen)?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let limits = Limits::of_process();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(MAKERS)
        .build()?;
    thread::Builder::new().name("palisade-http".to_owned()).spawn(move || {
        let served = runtime.block_on(async move {
            let listener = TcpListener::from_std(listener)?;
            let router = router(Reader { status, shelf }, admission, address.ip());
            connections::serve(listener, router, limits, |it| Some(it.ip()), stop).await;
            Ok::<_, io::Error>(())
        });
        if let Err(error) = served {
            tracing::error!("the HTTP server failed: {error}");
        }
    })?;
    Ok(address)
}

fn router(reader: Reader, admission: Admission, here: IpAddr) -> Router {
    let status = reader.status.clone();
    let admit = move |request: Request, next: Next| {
        let pass = admission.check(here, request.uri(), request.headers());
        let peer = request.extensions().get::<Peer>().copied();
        let admission = admission.clone();
        async move {
            let admitted = match pass {
                Ok(Pass::Open) => Ok(()),
                Ok(Pass::Proof(proof)) => {
                    // Whoever has no address shares one with all others of that sort.
                    let from = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
                    admission.prove(from, &proof).await
                }
                Err(refusal) => Err(refusal),
            };
            match admitted {
                Ok(()) => next.run(request).await,
                Err(refusal) => refused(&refusal, admission.token.is_some()),
            }
        }
    };
    Router::new()
        .route("/", get(index))
        .route("/page.css", get(async || fixed("text/css; charset=utf-8", page::CSS)))
        .route("/page.js", get(async || fixed("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/icon.svg", get(async || fixed("image/svg+xml", page::ICON)))
        .route("/openapi.json", get(async || fixed("application/json", OPENAPI)))
        .route("/metrics", get(metrics))
        .route("/livez", get(livez))
        .route("/readyz", get(readyz))
        .route("/healthz", get(livez))
        .route("/status.json", get(status_json))
        .with_state(status)
        .merge(pages(reader.clone()))
        .merge(reading::router(reader))
        .layer(middleware::from_fn(admit))
        .layer(middleware::from_fn(guard))
}

/// The list of resources, and the page of one.
fn pages(reader: Reader) -> Router {
    Router::new()
        .route("/resources", get(resources))
        .route("/resource", get(resource))
        .with_state(reader)
}

async fn resources(State(reader): State<Reader>, Query(filter): Query<Filter>) -> Response {
    let (Some(latest), Some(view)) = (reader.shelf.latest(), reader.status.view()) else {
        return too_early();
    };
    made(move || html(page::resources::list(&latest, &view, &filter))).await
}

#[derive(Debug, Deserialize)]
struct Which {
    address: Address,
}

async fn resource(State(reader): State<Reader>, Query(which): Query<Which>) -> Response {
    let (Some(latest), Some(view)) = (reader.shelf.latest(), reader.status.view()) else {
        return too_early();
    };
    made(move || match page::resources::one(&latest, &view, &which.address, now()) {
        Some(page) => html(page),
        None => (StatusCode::NOT_FOUND, "no such manifest is in force\n").into_response(),
    })
    .await
}

fn html(page: impl Into<Body>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, page::CONTENT_SECURITY_POLICY),
    ];
    (headers, page.into()).into_response()
}

/// `token`: whether there is one, for which a browser may ask its user.
fn refused(refusal: &Refusal, token: bool) -> Response {
    let mut response = (refusal.code(), refusal.text()).into_response();
    let headers = response.headers_mut();
    match refusal.code() {
        StatusCode::UNAUTHORIZED => {
            let basic = "Basic realm=\"palisade\", charset=\"UTF-8\"";
            let ask = HeaderValue::from_static(if token { basic } else { SCHEME });
            headers.insert(header::WWW_AUTHENTICATE, ask);
        }
        StatusCode::TOO_MANY_REQUESTS => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
        }
        _ => {}
    }
    response
}

/// Seconds since the epoch.
fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

/// Headers of every answer.
async fn guard(request: Request<Body>, next: Next) -> Response {
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
    made(move || html(status.page())).await
}

fn fixed(content_type: &'static str, body: &'static str) -> Response {
    ([(header::CONTENT_TYPE, content_type)], body).into_response()
}

async fn metrics(State(status): State<Status>) -> Response {
    const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";
    made(move || match status.exposition() {
        Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    })
    .await
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
    made(move || match status.json() {
        Some(json) => ([(header::CONTENT_TYPE, "application/json")], json).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "no pass is finished yet\n").into_response(),
    })
    .await
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::status::fixture;

    /// Sends one request to a server of its own and gives the whole answer.
    async fn ask(method: &str, path: &str, status: &Status) -> String {
        ask_with(method, path, status, Shelf::default()).await
    }

    async fn ask_with(method: &str, path: &str, status: &Status, shelf: Shelf) -> String {
        let stop = CancellationToken::new();
        let address =
            serve("127.0.0.1:0", status.clone(), shelf, Admission::default(), stop.clone())
                .unwrap();
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
        let described: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let programs = described["paths"].as_object().unwrap().keys().map(String::as_str);
        for path in ["/", "/page.js", "/resources", "/resource"].into_iter().chain(programs) {
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
    async fn where_nothing_is_in_force_it_says_which_revision_was_accepted_last() {
        let status = Status::new(Duration::from_mins(1)).unwrap();
        let setup = super::super::Setup { accepted: Some("1a2b".into()), ..fixture::setup() };
        let mut report = fixture::report();
        (report.revision, report.source_age_seconds) = (None, None);
        status.take(setup, &report);
        let said = "an earlier process accepted revision 1a2b last";
        for path in ["/readyz", "/"] {
            let answer = ask("GET", path, &status).await;
            assert!(answer.contains(said), "{path}: {answer}");
        }
    }

    #[tokio::test]
    async fn before_the_first_pass_it_is_alive_and_not_ready() {
        let status = Status::new(Duration::from_mins(1)).unwrap();
        assert!(ask("GET", "/livez", &status).await.starts_with("HTTP/1.0 200"));
        assert!(ask("GET", "/readyz", &status).await.starts_with("HTTP/1.0 503"));
        assert!(ask("GET", "/status.json", &status).await.starts_with("HTTP/1.0 503"));
        assert!(ask("GET", "/", &status).await.starts_with("HTTP/1.0 200"));
    }

    /// The fixture's pass, with a history of one event.
    fn shelf() -> Shelf {
        let shelf = Shelf::default();
        shelf.put(crate::status::shelf::Latest::fixture());
        shelf
    }

    #[tokio::test]
    async fn whatever_is_described_for_programs_is_answered_as_described() {
        let described: serde_json::Value = serde_json::from_str(OPENAPI).unwrap();
        let (status, shelf) = (status(), shelf());
        for path in described["paths"].as_object().unwrap().keys() {
            let whole = match path.as_str() {
                "/v1/diff" => {
                    format!("{path}?address={}", fixture::report().manifests[0])
                }
                _ => path.clone(),
            };
            let answer = ask_with("GET", &whole, &status, shelf.clone()).await;
            let code = answer.split(' ').nth(1).unwrap();
            let known = &described["paths"][path]["get"]["responses"];
            assert!(known.get(code).is_some(), "{path}: {answer}");
            let json = answer.contains("content-type: application/json\r\n");
            let wanted = path == "/status.json" || (path.starts_with("/v1/") && path != "/v1/diff");
            assert_eq!(json, wanted, "{path}: {answer}");
        }
    }

    #[tokio::test]
    async fn the_list_takes_a_filter_and_leads_to_each_resource() {
        let (status, shelf) = (status(), shelf());
        let list = ask_with("GET", "/resources", &status, shelf.clone()).await;
        assert!(list.starts_with("HTTP/1.0 200"), "{list}");
        let report = fixture::report();
        for address in &report.manifests {
            assert!(
                list.contains(&format!("<a href=\"resource?address={address}\">")),
                "{address}"
            );
            let path = format!("/resource?address={address}");
            let page = ask_with("GET", &path, &status, shelf.clone()).await;
            assert!(page.starts_with("HTTP/1.0 200"), "{page}");
            assert!(page.contains(&format!("<h2 id=\"resource\">{address}</h2>")), "{page}");
        }
        let one = &report.manifests[0].name;
        let found = ask_with("GET", &format!("/resources?q={one}"), &status, shelf.clone()).await;
        assert!(found.contains(one.as_str()), "{found}");
        let none = ask_with("GET", "/resources?kind=Nothing", &status, shelf.clone()).await;
        assert!(none.contains("No manifest in force is like that."), "{none}");
        let absent = ask_with("GET", "/resource?address=a/B/c", &status, shelf.clone()).await;
        assert!(absent.starts_with("HTTP/1.0 404"), "{absent}");
        let wrong = ask_with("GET", "/resources?page=x", &status, shelf).await;
        assert!(wrong.starts_with("HTTP/1.0 400"), "{wrong}");
    }
}
