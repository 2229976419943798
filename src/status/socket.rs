//! The Unix socket over which commands reach the running process: reading what it knows, the brake,
//! and asking for a pass. Who may open the file may do all of it, and that is only its owner.
//!
//! Nothing is approved here: approvals are in Git.

use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt as _, FileTypeExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{DefaultBodyLimit, Request, State},
    http::StatusCode,
    middleware::{self, Next},
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use tokio::{net::UnixListener, sync::Notify};
use tokio_util::sync::CancellationToken;

use super::{
    Status,
    connections::{self, Limits},
    reading::{self, Reader, refused},
    shelf::Shelf,
};
use crate::{
    memory::{Kept, Lever},
    model::{Engaged, Extent, Means, Pause, Stop, pause::OPEN_END},
    settings::now,
};

/// Every answer comes from memory, or waits for a small file.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// The longest request: a list of pauses.
const MAX_BODY_BYTES: usize = 256 * 1024;
/// The most pauses of one request.
const MAX_EXTENTS: usize = 100;
/// Reasons and authors appear in log lines and on the page.
pub const MAX_REASON_BYTES: usize = 300;

/// What the socket offers.
#[derive(Debug, Clone)]
pub struct Desk {
    reader: Reader,
    lever: Lever,
    poke: Arc<Notify>,
}

impl Desk {
    /// A desk that shows this, moves this brake, and asks for passes with this.
    pub fn new(status: Status, shelf: Shelf, lever: Lever, poke: Arc<Notify>) -> Self {
        Self { reader: Reader { status, shelf }, lever, poke }
    }
}

/// Serves a desk at a path on a thread of its own, until `stop`. A socket that nobody listens at
/// any more is replaced.
///
/// # Errors
/// There is another file, or somebody listens there, or it cannot be bound.
pub fn serve(path: &Path, desk: Desk, stop: CancellationToken) -> io::Result<()> {
    let listener = bind(path)?;
    listener.set_nonblocking(true)?;
    let limits = Limits::of_process();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    thread::Builder::new().name("palisade-socket".to_owned()).spawn(move || {
        let served = runtime.block_on(async move {
            let listener = UnixListener::from_std(listener)?;
            connections::serve(listener, router(desk), limits, |_| None, stop).await;
            Ok::<_, io::Error>(())
        });
        if let Err(error) = served {
            tracing::error!("the socket failed: {error}");
        }
    })?;
    Ok(())
}

/// It is bound in a directory that nobody else can open, and moved to its place once its mode is
/// right: at no moment may others connect.
fn bind(path: &Path) -> io::Result<std::os::unix::net::UnixListener> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(about) if !about.file_type().is_socket() => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, "is not a socket"));
        }
        Ok(_) if std::os::unix::net::UnixStream::connect(path).is_ok() => {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another palisade listens there"));
        }
        Ok(_) => {}
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let private: PathBuf = folder.join(format!(".ps{}", std::process::id()));
    // One that a process with the same id left behind.
    let _ = fs::remove_dir_all(&private);
    fs::DirBuilder::new().mode(0o700).create(&private)?;
    let inside = private.join("s");
    let bound = std::os::unix::net::UnixListener::bind(&inside).and_then(|listener| {
        fs::set_permissions(&inside, fs::Permissions::from_mode(0o600))?;
        fs::rename(&inside, path)?;
        Ok(listener)
    });
    // Empty, or of no use.
    let _ = fs::remove_dir_all(&private);
    bound
}

fn router(desk: Desk) -> Router {
    let reading = reading::router(desk.reader.clone());
    Router::new()
        .route("/v1/brake", get(brake).post(pull))
        .route("/v1/reconcile", axum::routing::post(reconcile))
        .with_state(desk)
        .merge(reading)
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn(in_time))
}

async fn in_time(request: Request<Body>, next: Next) -> Response {
    let answer = tokio::time::timeout(TIME_LIMIT, next.run(request)).await;
    answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into_response())
}

/// The brake as it is now.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BrakeState {
    /// Why nothing is written at all.
    pub stopped: Option<Stop>,
    /// The pauses in force, also those of the brake file.
    pub pauses: Vec<Pause>,
    /// What was asked of this process: only that can be ended over the socket.
    pub engaged: Option<Engaged>,
    /// The pauses that can be ended over the socket.
    pub own_pauses: Vec<Pause>,
    /// Whether what is asked over the socket survives a restart.
    pub keeps: bool,
}

async fn brake(State(desk): State<Desk>) -> Response {
    Json(brake_state(&desk.lever)).into_response()
}

/// The brake as it is now.
pub fn brake_state(lever: &Lever) -> BrakeState {
    let halt = lever.brake().halt();
    let asked = lever.brake().asked();
    let now = now();
    let own = asked.pauses.into_iter().filter(|pause| !pause.is_over(now));
    BrakeState {
        stopped: halt.stop,
        pauses: halt.pauses,
        engaged: asked.engaged,
        own_pauses: own.collect(),
        keeps: lever.keeps(),
    }
}

/// A change of the brake.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Pull {
    /// On or off.
    pub on: bool,
    /// What it is about.
    pub extents: Vec<Extent>,
    /// When it ends by itself, in seconds since the epoch; `None` if somebody must end it.
    pub until: Option<u64>,
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
}

/// What came of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pulled {
    /// One line for each thing that began or ended.
    pub done: Vec<String>,
    /// Whether it survives a restart: `yes`, `noMemory` or `failed`.
    pub kept: String,
    /// The same in words.
    pub note: String,
}

async fn pull(State(desk): State<Desk>, Json(pull): Json<Pull>) -> Response {
    match move_lever(&desk.lever, &pull, Means::Socket).await {
        Ok(pulled) => Json(pulled).into_response(),
        Err(wrong) => refused(StatusCode::BAD_REQUEST, wrong),
    }
}

/// Changes the brake as somebody asks, and says so in the audit log.
///
/// # Errors
/// What is wrong with the request.
pub async fn move_lever(lever: &Lever, pull: &Pull, means: Means) -> Result<Pulled, &'static str> {
    if let Some(wrong) = wrong(pull) {
        return Err(wrong);
    }
    let (done, kept) =
        if pull.on { begin(lever, pull, means).await } else { end(lever, pull).await };
    for line in &done {
        let event = if pull.on { "brake_on" } else { "brake_off" };
        tracing::warn!(target: "palisade::audit", event, by = pull.by, "{line}");
    }
    let (note, kept) = (kept.to_string(), kept.as_str().to_owned());
    Ok(Pulled { done, kept, note })
}

fn wrong(pull: &Pull) -> Option<&'static str> {
    let line = |text: &str| text.len() <= MAX_REASON_BYTES && !text.chars().any(char::is_control);
    if !line(&pull.reason) || !line(&pull.by) || pull.by.is_empty() {
        Some("author and reason are one line each")
    } else if pull.on && pull.reason.trim().is_empty() {
        Some("no reason")
    } else if pull.extents.is_empty() || pull.extents.len() > MAX_EXTENTS {
        Some("nothing, or too much at once")
    } else if pull.until.is_some_and(|until| until <= now() || until > OPEN_END) {
        Some("the end is past")
    } else {
        None
    }
}

async fn begin(lever: &Lever, pull: &Pull, means: Means) -> (Vec<String>, Kept) {
    let (mut done, mut kept) = (Vec::new(), Kept::Yes);
    let mut pauses = Vec::new();
    for extent in &pull.extents {
        if *extent == Extent::Everything && pull.until.is_none() {
            kept = lever.engage(means, &pull.by, &pull.reason).await;
            done.extend(lever.brake().asked().engaged.map(|it| format!("everything: {it}")));
            continue;
        }
        pauses.push(Pause {
            extent: extent.clone(),
            until: pull.until.unwrap_or(OPEN_END),
            reason: pull.reason.clone(),
            by: pull.by.clone(),
            since: now(),
        });
    }
    if !pauses.is_empty() {
        kept = lever.begin(&pauses).await;
        done.extend(pauses.iter().map(|pause| format!("{}: {pause}", pause.extent)));
    }
    (done, kept)
}

async fn end(lever: &Lever, pull: &Pull) -> (Vec<String>, Kept) {
    let (ended, mut kept) = lever.end(&pull.extents, &pull.by).await;
    let mut done: Vec<_> =
        ended.iter().map(|pause| format!("{}: the pause has ended", pause.extent)).collect();
    if pull.extents.contains(&Extent::Everything) {
        let (engaged, saved) = lever.release().await;
        kept = saved;
        done.extend(engaged.map(|it| format!("everything: released ({it})")));
    }
    (done, kept)
}

/// A pass was asked for.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// Now, in seconds since the epoch: a pass that begins later takes it into account.
    pub at: f64,
}

/// The body is read, although it says nothing: a connection that is closed with unread bytes loses
/// its answer.
async fn reconcile(State(desk): State<Desk>, _body: Bytes) -> Response {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let at = since.unwrap_or_default().as_secs_f64();
    desk.poke.notify_one();
    Json(Asked { at }).into_response()
}
