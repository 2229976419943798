//! x
#[path = "../tests/palisade/campaign/mod.rs"]
mod campaign;
fn main() {}
