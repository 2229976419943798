//! What one process measures of itself.

use std::{fs, time::Duration};

/// The processor time of this process so far, of all its threads.
///
/// Linux counts it in hundredths of a second (proc(5), `/proc/self/stat`, fields 14 and 15).
pub fn processor_time() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The second field, the program's name, may contain spaces.
    let rest = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
    let ticks = |n: usize| rest.split_whitespace().nth(n).and_then(|it| it.parse::<u64>().ok());
    let all = ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default();
    Duration::from_millis(all * 10)
}

/// A size in `/proc/self/status` (`VmRSS`, `VmHWM`), in MiB.
pub fn memory(name: &str) -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kib.unwrap_or_default() / 1024.0
}

/// The middle one, the least and the greatest.
pub fn spread(mut all: Vec<f64>) -> (f64, f64, f64) {
    all.sort_by(f64::total_cmp);
    match (all.first(), all.last()) {
        (Some(least), Some(most)) => (all[all.len() / 2], *least, *most),
        _ => (f64::NAN, f64::NAN, f64::NAN),
    }
}
