//! What can be read of the latest pass, the same over the socket and over HTTP.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::Deserialize;

use super::{
    Status,
    shelf::{Filter, Shelf},
};
use crate::model::Address;

/// What readers read from.
#[derive(Debug, Clone)]
pub(super) struct Reader {
    pub(super) status: Status,
    pub(super) shelf: Shelf,
}

/// The routes; all of them only read.
pub(super) fn router(reader: Reader) -> Router {
    Router::new()
        .route("/v1/status", get(status))
        .route("/v1/resources", get(list))
        .route("/v1/diff", get(diff))
        .route("/v1/history", get(history))
        .with_state(reader)
}

/// An answer for people.
pub(super) fn refused(code: StatusCode, why: impl Into<String>) -> Response {
    (code, why.into()).into_response()
}

pub(super) fn too_early() -> Response {
    refused(StatusCode::SERVICE_UNAVAILABLE, "no pass is finished yet")
}

/// Makes an answer on another thread, so that whoever asks for the health waits for no page.
pub(super) async fn made(make: impl FnOnce() -> Response + Send + 'static) -> Response {
    let made = tokio::task::spawn_blocking(make).await;
    made.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

/// `null` before the first pass is finished.
async fn status(State(reader): State<Reader>) -> Response {
    made(move || {
        let json = reader.status.json().unwrap_or_else(|| "null".into());
        ([(header::CONTENT_TYPE, "application/json")], json).into_response()
    })
    .await
}

async fn list(State(reader): State<Reader>, Query(filter): Query<Filter>) -> Response {
    let Some(latest) = reader.shelf.latest() else { return too_early() };
    made(move || Json(latest.resources(&latest.listed(&filter))).into_response()).await
}

#[derive(Debug, Deserialize)]
struct Which {
    address: Option<Address>,
}

async fn diff(State(reader): State<Reader>, Query(Which { address }): Query<Which>) -> Response {
    let Some(latest) = reader.shelf.latest() else { return too_early() };
    let Some(address) = address else {
        return refused(StatusCode::BAD_REQUEST, "no address");
    };
    if !latest.knows(&address) {
        return refused(StatusCode::NOT_FOUND, format!("{address}: no such manifest is in force"));
    }
    latest.diff(&address).into_response()
}

async fn history(State(reader): State<Reader>, Query(Which { address }): Query<Which>) -> Response {
    let Some(latest) = reader.shelf.latest() else { return too_early() };
    Json(latest.history(address.as_ref())).into_response()
}
