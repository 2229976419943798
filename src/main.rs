//! The program: a runtime and an exit code.

use std::{
    env,
    os::unix::process::CommandExt as _,
    process::{Command, ExitCode},
};

fn main() -> ExitCode {
    without_empty_endpoints();
    run()
}

#[tokio::main]
async fn run() -> ExitCode {
    palisade::cli::main().await
}

/// An empty `AWS_ENDPOINT_URL` means the same as none, as it does to the AWS CLI; the SDK ends in a
/// panic on it. A process cannot safely change its own environment, so it begins anew without the
/// variable.
fn without_empty_endpoints() {
    let empty: Vec<_> = env::vars_os()
        .filter(|(name, value)| {
            value.is_empty() && name.to_string_lossy().starts_with("AWS_ENDPOINT_URL")
        })
        .collect();
    let (false, Ok(program)) = (empty.is_empty(), env::current_exe()) else { return };
    let mut again = Command::new(program);
    let mut arguments = env::args_os();
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    again.args(arguments);
    for (name, _) in &empty {
        again.env_remove(name);
    }
    // Reached only if the restart failed; then the SDK reports the problem.
    let _ = again.exec();
}
