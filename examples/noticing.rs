//! Measures how long a foreign change lasts, with and without events, in virtual time:
//! `cargo run --example noticing -- 1000`.

#![allow(
    missing_docs,
    dead_code,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic
)]

#[path = "../tests/palisade/campaign/mod.rs"]
mod campaign;

use std::{env, error::Error, fmt::Write as _, time::Duration};

use campaign::{
    noticing::{at, run},
    threads::block_on,
};

fn main() -> Result<(), Box<dyn Error>> {
    let changes = env::args().nth(1).map_or(Ok(1000), |it| it.parse())?;
    print!("{}", table(changes));
    Ok(())
}

/// What a number of changes come to, for people.
fn table(changes: usize) -> String {
    let mut out =
        "| | changes | median (s) | p90 | p99 | max |\n|---|--:|--:|--:|--:|--:|\n".to_owned();
    for (name, with_events) in [("without events", false), ("with events", true)] {
        let lasted = block_on(run(changes, with_events));
        let all: Vec<Duration> = lasted.values().flatten().copied().collect();
        for (of, all) in [("all".to_owned(), all)].into_iter().chain(lasted) {
            let [median, ninety, ninety_nine, most] = [50, 90, 99, 100].map(|it| at(it, &all));
            let _ = writeln!(
                out,
                "| {of}, {name} | {} | {median:.1} | {ninety:.1} | {ninety_nine:.1} | {most:.1} |",
                all.len()
            );
        }
    }
    out
}
