//! Connections within limits. Whoever sends nothing, reads nothing or comes in crowds is cut off,
//! so that health checks are answered and passes never lack descriptors.

use std::{collections::VecDeque, net::IpAddr, time::Duration};

use axum::{Router, serve::Listener};
use hyper::{
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    task::{AbortHandle, JoinSet},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// How long a client may take to send the head of its request.
const HEAD: Duration = Duration::from_secs(5);
/// How long a connection may last, until the last byte of the answer is taken.
const WHOLE: Duration = Duration::from_secs(30);
/// The longest line of a request and all of its headers; longer ones get 431.
const MAX_HEAD_BYTES: usize = 16 * 1024;
/// How long connections are waited for when the process stops.
const FAREWELL: Duration = Duration::from_secs(1);

/// What one server may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// Connections at a time. One more makes the oldest one end: answers take milliseconds, so that
    /// one is idle or slow.
    pub(super) connections: usize,
}

impl Limits {
    /// A quarter of the descriptors that the process may have, and no more than are ever needed.
    /// The rest is for AWS, the directory and the memory.
    pub(super) fn of_process() -> Self {
        let descriptors = raised_descriptors().unwrap_or(u64::MAX);
        let quarter = usize::try_from(descriptors / 4).unwrap_or(usize::MAX);
        Self { connections: quarter.clamp(4, 128) }
    }
}

/// Raises the limit of descriptors as far as the process may (nothing here uses `select`), and
/// gives it; `None`: there is none.
fn raised_descriptors() -> Option<u64> {
    let limit = getrlimit(Resource::Nofile);
    if limit.current == limit.maximum {
        return limit.current;
    }
    let all = Rlimit { current: limit.maximum, maximum: limit.maximum };
    match setrlimit(Resource::Nofile, all) {
        Ok(()) => limit.maximum,
        Err(_) => limit.current,
    }
}

/// The address of whoever has connected, in the extensions of each request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Peer(pub(super) IpAddr);

/// Answers until `stop`. `peer`: the address of whoever has connected, if there is one.
pub(super) async fn serve<L: Listener>(
    mut listener: L,
    router: Router,
    limits: Limits,
    peer: fn(&L::Addr) -> Option<IpAddr>,
    stop: CancellationToken,
) {
    let mut connections = Connections { tasks: JoinSet::new(), by_age: VecDeque::new() };
    loop {
        let (io, address) = tokio::select! {
            () = stop.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        connections.make_room(limits);
        connections.begin(io, router.clone(), peer(&address).map(Peer));
    }
    connections.finish().await;
}

/// The open connections.
struct Connections {
    tasks: JoinSet<()>,
    by_age: VecDeque<AbortHandle>,
}

impl Connections {
    fn make_room(&mut self, limits: Limits) {
        while self.tasks.try_join_next().is_some() {}
        self.by_age.retain(|connection| !connection.is_finished());
        while self.by_age.len() >= limits.connections {
            let Some(oldest) = self.by_age.pop_front() else { break };
            oldest.abort();
        }
    }

    /// One request a connection: an idle one that is kept for the next request would be the first
    /// to be cut off.
    fn begin<I>(&mut self, io: I, router: Router, peer: Option<Peer>)
    where
        I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    {
        let router = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: hyper::Request<Incoming>| {
            if let Some(peer) = peer {
                request.extensions_mut().insert(peer);
            }
            router.call(request)
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_header_size(MAX_HEAD_BYTES)
            .keep_alive(false)
            .serve_connection(TokioIo::new(io), service);
        // A client that goes away, or says nothing, is its own affair.
        let task = async { drop(timeout(WHOLE, connection).await) };
        self.by_age.push_back(self.tasks.spawn(task));
    }

    async fn finish(mut self) {
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        // What is left is aborted as it is dropped.
        drop(timeout(FAREWELL, ended).await);
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{TcpListener, TcpStream},
    };

    use super::*;

    /// The server ends with what it gives.
    async fn server(connections: usize) -> (std::net::SocketAddr, JoinSet<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "here"));
        let mut tasks = JoinSet::new();
        let (limits, stop) = (Limits { connections }, CancellationToken::new());
        tasks.spawn(serve(listener, router, limits, |address| Some(address.ip()), stop));
        (address, tasks)
    }

    async fn answer(mut stream: TcpStream, request: &[u8]) -> String {
        stream.write_all(request).await.unwrap();
        let mut answer = String::new();
        // A server that refuses the rest of a request may reset the connection after its answer.
        let _ = stream.read_to_string(&mut answer).await;
        answer
    }

    #[tokio::test]
    async fn idle_connections_make_room_for_the_next_one_oldest_first() {
        let (address, _server) = server(3).await;
        let mut idle = Vec::new();
        for _ in 0..20 {
            idle.push(TcpStream::connect(address).await.unwrap());
        }
        let stream = TcpStream::connect(address).await.unwrap();
        let answer = answer(stream, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        // The oldest is gone, the newest of the idle ones is not.
        let mut byte = [0];
        assert_eq!(idle[0].read(&mut byte).await.unwrap_or(0), 0);
        idle[19].write_all(b"GET / HTTP/1.0\r\n\r\n").await.unwrap();
        assert_eq!(idle[19].read(&mut byte).await.unwrap(), 1);
    }

    #[tokio::test]
    async fn a_head_that_is_too_long_is_refused() {
        let (address, _server) = server(3).await;
        let stream = TcpStream::connect(address).await.unwrap();
        let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(20_000));
        let answer = answer(stream, long.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_is_never_finished_ends_the_connection() {
        let (address, _server) = server(3).await;
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        let mut rest = String::new();
        let read = timeout(HEAD * 2, stream.read_to_string(&mut rest)).await;
        assert!(read.is_ok(), "the connection is still open");
        assert!(!rest.contains("200"), "{rest}");
    }

    #[test]
    fn a_server_takes_at_most_a_quarter_of_the_descriptors() {
        let limits = Limits::of_process();
        let most = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        assert!((4..=128).contains(&limits.connections), "{limits:?}");
        assert!(limits.connections as u64 <= (most / 4).max(4), "{limits:?} of {most}");
    }
}
