//! The same world on a socket, for the AWS CLI, boto3 and Terraform.

use super::wire::Outcome;
use super::world::Simulator;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures::stream;
use std::io;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// The largest accepted request, in bytes: the services' own limits are far below (Organizations
/// and KMS at 1 MiB or less).
const MAX_REQUEST_BYTES: usize = 4 * 1024 * 1024;

#[derive(Clone)]
struct Server {
    simulator: Simulator,
    stopping: CancellationToken,
}

impl Simulator {
    /// Serves this world on the listener until `shutdown` completes and the requests in progress
    /// are answered. Requests that an injected fault delays then lose their connection.
    ///
    /// # Errors
    /// The socket's own, if it can no longer accept connections.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> io::Result<()> {
        let stopping = CancellationToken::new();
        let server = Server { simulator: self, stopping: stopping.clone() };
        let app = Router::new().fallback(answer).with_state(server);
        axum::serve(listener, app)
            .with_graceful_shutdown(async move {
                shutdown.await;
                stopping.cancel();
            })
            .await
    }
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, MAX_REQUEST_BYTES).await else {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    };
    let request = http::Request::from_parts(parts, body);
    match server.simulator.respond_in_time(&request).await {
        Outcome::Answered(response) | Outcome::Idle(response, _) => response.map(Body::from),
        Outcome::Later(response, time) => {
            tokio::time::sleep(time).await;
            response.map(Body::from)
        }
        Outcome::Broken => broken(),
        Outcome::Silent => {
            server.stopping.cancelled().await;
            broken()
        }
    }
}

/// A body that fails before its first byte makes hyper drop the connection, which no client takes
/// for an answer.
fn broken() -> Response {
    let failure = io::Error::new(io::ErrorKind::ConnectionReset, "injected fault");
    Response::new(Body::from_stream(stream::once(async move { Err::<bytes::Bytes, _>(failure) })))
}
