//! What README.md tells people to type works.
//!
//! Every block fenced as `sh` runs, in order, in one place with a simulated AWS; blocks that cannot (they run for
//! ever, or need a registry) are fenced as `sh,ignore`.

use std::{fs, net::TcpListener, process::Stdio};

use crate::cli::{Served, repository};

/// The blocks to run, with the lines they begin on.
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, bool, String)> = None;
    for (index, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        open = match (open, fence) {
            (None, Some(word)) => Some((index + 1, word.trim() == "sh", String::new())),
            (Some((start, runs, body)), Some(_)) => {
                if runs {
                    found.push((start, body));
                }
                None
            }
            (Some((start, runs, body)), None) => Some((start, runs, format!("{body}{line}\n"))),
            (None, None) => None,
        };
    }
    found
}

/// `palisade` means the program under test, however the README starts it. Building and testing is what is being
/// done already. The port of the simulator is a free one, so that several of these can run on one machine.
fn line_to_run(line: &str, port: u16) -> Option<String> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    if line.starts_with("cargo build") || line.starts_with("cargo test") {
        return None;
    }
    let line =
        line.replace("cargo run --release --", "palisade").replace("cargo run --", "palisade");
    let line = line.replace("127.0.0.1:4566", &format!("127.0.0.1:{port}"));
    Some(format!("{}\n", line.replace("target/debug/palisade", "palisade")))
}

#[test]
fn only_blocks_that_say_sh_are_run() {
    let text =
        "a\n```sh\none\ntwo\n```\n```sh,ignore\nno\n```\n```yaml\nno: 1\n```\n```sh\nthree\n```\n";
    let found = blocks(text);
    assert_eq!(found, [(2, "one\ntwo\n".to_owned()), (12, "three\n".to_owned())]);
}

#[test]
fn the_commands_of_the_readme_run() {
    let path = repository().join("README.md");
    let text = fs::read_to_string(&path).expect("there is a README.md");
    let blocks = blocks(&text);
    assert!(!blocks.is_empty(), "the README shows no command that can be run");
    let aws = Served::start();
    // Free once the listener is gone.
    let port =
        TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port();
    let bin = tempfile::tempdir().expect("a directory");
    let program = bin.path().join("palisade");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_palisade"), &program).expect("linked");
    let search = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap_or_default());
    for (line, block) in blocks {
        let script: String = block.lines().filter_map(|line| line_to_run(line, port)).collect();
        // What a block leaves behind ends with it.
        let script = format!("trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}");
        let mut command = std::process::Command::new("bash");
        command.args(["-eu", "-c", &script]).stdin(Stdio::null()).current_dir(repository());
        command.env_clear().env("PATH", &search).env("NO_COLOR", "1");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_ENDPOINT_URL", &aws.url);
        command.env("AWS_REGION", "eu-west-1").env("AWS_ACCESS_KEY_ID", "111122223333");
        command.env("AWS_SECRET_ACCESS_KEY", "any");
        let output = command.output().expect("it runs");
        assert!(
            output.status.success(),
            "README.md:{line}:\n{script}\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}
