//! `watch`: what happens, as it happens.

use super::{
    Ended,
    daemon::{Daemon, escaped},
    live::event_text,
    output,
};
use crate::{engine::Event, model::Address, settings::Overrides};

/// The format of `watch`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Lines {
    /// For people
    #[default]
    Text,
    /// One JSON object a line
    Json,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "It ends with Ctrl-C, and goes on when palisade is restarted.")]
pub(super) struct Args {
    /// Only what is about this manifest
    #[arg(value_name = "SCOPE/KIND/NAME")]
    address: Option<Address>,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Lines,
}

pub(super) async fn watch(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let daemon = Daemon::of(overrides)?;
    let query = args.address.as_ref().map(|it| format!("?address={}", escaped(&it.to_string())));
    let what = format!("/v1/history{}", query.unwrap_or_default());
    // What nobody listens to cannot be watched; after that it is waited for.
    let mut seen: Vec<Event> = daemon.get(&what).await?;
    let mut silent = false;
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(Ended::Done),
            () = tokio::time::sleep(daemon.look_again()) => {}
        }
        match daemon.get::<Vec<Event>>(&what).await {
            Ok(events) => {
                for event in new(&seen, &events) {
                    let line = match args.output {
                        Lines::Text => event_text(event),
                        Lines::Json => format!("{}\n", serde_json::to_string(event)?),
                    };
                    output::print(&line)?;
                }
                (seen, silent) = (events, false);
            }
            Err(error) if !silent => {
                tracing::warn!("{error:#}; waiting");
                silent = true;
            }
            Err(_) => {}
        }
    }
}

/// The events that came after those that were seen. Both lists are oldest first and bounded, so
/// that old ones may be gone; a process without a memory begins anew.
fn new<'a>(seen: &[Event], now: &'a [Event]) -> &'a [Event] {
    let Some(last) = seen.last() else { return now };
    match now.iter().rposition(|event| event == last) {
        Some(at) => &now[at + 1..],
        None => now,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Happened;

    fn event(at: u32) -> Event {
        Event {
            at: f64::from(at),
            address: None,
            revision: None,
            what: Happened::Changed,
            lines: Vec::new(),
        }
    }

    #[test]
    fn each_event_is_shown_once_also_when_old_ones_are_gone_or_the_process_began_anew() {
        let events: Vec<_> = (0..4).map(event).collect();
        assert_eq!(new(&events[..2], &events), &events[2..]);
        assert_eq!(new(&events[..2], &events[1..]), &events[2..]);
        assert_eq!(new(&events, &events), []);
        assert_eq!(new(&events[..2], &events[2..]), &events[2..]);
        assert_eq!(new(&[], &events[..1]), &events[..1]);
    }
}
