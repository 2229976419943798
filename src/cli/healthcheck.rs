//! `healthcheck`: for containers without a shell.

use std::time::Duration;

use anyhow::Context as _;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::{Ended, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Where the running palisade listens
    #[arg(
        long = "at",
        value_name = "HOST:PORT",
        default_value = "127.0.0.1:9464",
        env = "PALISADE_LISTEN"
    )]
    at: String,
}

const TIME_LIMIT: Duration = Duration::from_secs(3);

pub(super) async fn run(args: &Args) -> anyhow::Result<Ended> {
    let answer = timeout(TIME_LIMIT, ask(&args.at)).await.with_context(|| {
        format!("{} gave no answer within {} s", args.at, TIME_LIMIT.as_secs())
    })??;
    if is_well(&answer) {
        return Ok(Ended::Done);
    }
    let body = answer.split("\r\n\r\n").nth(1).unwrap_or_default();
    output::note(body.trim_end());
    Ok(Ended::Failed)
}

/// Whether it is the answer of a healthy palisade to [`ask`].
pub(super) fn is_well(answer: &str) -> bool {
    answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.0 200")
}

/// One simple request to ourselves: a whole HTTP client would be more than this needs.
pub(super) async fn ask(at: &str) -> anyhow::Result<String> {
    // A server that listens on every address listens on loopback too.
    let at = at.replace("0.0.0.0:", "127.0.0.1:").replace("[::]:", "[::1]:");
    let mut stream =
        TcpStream::connect(&at).await.with_context(|| format!("connecting to {at}"))?;
    stream.write_all(b"GET /livez HTTP/1.0\r\nHost: localhost\r\n\r\n").await?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer).await?;
    Ok(answer)
}
