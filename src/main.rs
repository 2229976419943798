//! The program: a runtime and an exit code.

use std::process::ExitCode;

#[tokio::main]
async fn main() -> ExitCode {
    palisade::cli::main().await
}
