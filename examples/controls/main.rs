//! Writes the catalogue of controls: `cargo run --example controls > deploy/controls.md`. A test compares them.

#![allow(missing_docs, clippy::print_stdout)]

mod catalogue;

fn main() {
    print!("{}", catalogue::document(std::path::Path::new(env!("CARGO_MANIFEST_DIR"))));
}
