//! The name of a process in the items of its leases, in the log, and in the sessions of its roles.

use std::hash::{BuildHasher as _, RandomState};

/// The most letters of the machine's name.
const MOST_LETTERS: usize = 36;

/// A name that no other process has, nor this one after a restart: the machine, and a random
/// number. The letters are those that STS allows in the name of a session (`[\w+=,.@-]`).
pub fn process_name() -> String {
    let uname = rustix::system::uname();
    // The keys of a hasher are random.
    named(&uname.nodename().to_string_lossy(), RandomState::new().hash_one(std::process::id()))
}

fn named(machine: &str, number: u64) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() || it == '.' { it } else { '-' };
    let machine: String = machine.chars().map(plain).take(MOST_LETTERS).collect();
    let machine = if machine.is_empty() { "process" } else { &machine };
    format!("{machine}-{number:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_fits_into_the_name_of_a_session() {
        assert_eq!(named("ip-10-0-1-5.ec2", 7), "ip-10-0-1-5.ec2-0000000000000007");
        assert_eq!(named("", 7), "process-0000000000000007");
        let longest = named(&"ü/".repeat(50), u64::MAX);
        assert!(longest.is_ascii() && "palisade-".len() + longest.len() <= 64, "{longest}");
        assert_ne!(process_name(), process_name());
    }
}
