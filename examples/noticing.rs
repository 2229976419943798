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

use std::{env, error::Error};

fn main() -> Result<(), Box<dyn Error>> {
    let changes = env::args().nth(1).map_or(Ok(1000), |it| it.parse())?;
    print!("{}", campaign::noticing::table(changes));
    Ok(())
}
