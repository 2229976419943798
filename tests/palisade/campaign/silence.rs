//! S11: what a process says while it runs (its log at every level, metrics, health, status document, page) holds no credential,
//! no policy body, and nothing of a file or an answer as it stood there.

use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use palisade::{
    engine::{self, Engine, Report},
    simulator::{GARBAGE, SECRET_ACCESS_KEY, Simulator, monitor::Violation},
    status::Status,
    telemetry,
};
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::{EnvFilter, fmt, layer::SubscriberExt as _};

/// Stands in every directory, in a comment: only whoever repeats a file's text can say it.
pub const COMMENT: &str = "only-the-file-says-9XpQ4f9d2c7e";

/// Listens to one run, on its thread.
pub struct Listener {
    log: Log,
    status: Status,
    /// What was found, each once.
    found: BTreeSet<String>,
    _logging: DefaultGuard,
}

impl Listener {
    pub fn new() -> Self {
        let log = Log::default();
        let layer = fmt::layer().json().flatten_event(true).with_writer(log.clone());
        // As loud as it gets: `-vv`.
        let filter = EnvFilter::new(telemetry::directives(2, false, true));
        let subscriber = tracing_subscriber::registry().with(filter).with(layer);
        Self {
            log,
            status: Status::new(Duration::from_mins(1)).expect("metrics"),
            found: BTreeSet::new(),
            _logging: tracing::subscriber::set_default(subscriber),
        }
    }

    /// What `run` does with the report of a pass, and what could be read then.
    pub fn pass(&mut self, engine: &Engine, report: &Report, simulator: &Simulator) {
        engine::log(report);
        self.status.publish(engine, report);
        let secrets = simulator.with(|world| world.sts.secrets());
        let log = std::mem::take(&mut *self.log.lines());
        let status = serde_json::to_string(&self.status.view()).expect("JSON");
        let health = format!("{:?}", (self.status.alive(), self.status.ready()));
        let metrics = self.status.metrics().text().expect("metrics");
        let said = [
            ("the log", String::from_utf8_lossy(&log).into_owned()),
            ("status.json", status),
            ("readyz", health),
            ("the metrics", metrics),
            ("the page", String::from_utf8_lossy(&self.status.page()).into_owned()),
        ];
        for (place, text) in said {
            self.found.extend(told(&text, &secrets).map(|what| format!("{what} is in {place}")));
        }
    }

    pub fn violations(&self) -> impl Iterator<Item = Violation> {
        self.found.iter().map(|what| Violation { rule: "S11", what: what.clone() })
    }
}

/// The secrets in a text, by what they are.
pub fn told(text: &str, secrets: &[String]) -> impl Iterator<Item = &'static str> {
    // However it is written (JSON, YAML, JSON within JSON, HTML): the letters of a statement come one after the other.
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    let body = ["EffectAllow", "EffectDeny", "EffectquotquotAllow", "EffectquotquotDeny"];
    // And the elements, as a plan shows them.
    let elements = ["Action: ", "Resource: ", "Principal AWS: ", "Principal: ", "Condition String"];
    let found = [
        ("a secret key", text.contains(SECRET_ACCESS_KEY)),
        ("a session's secret", secrets.iter().any(|secret| text.contains(secret))),
        (
            "a policy",
            body.iter().any(|it| letters.contains(it))
                || elements.iter().any(|it| text.contains(it)),
        ),
        ("a file's text", text.contains(COMMENT)),
        ("an answer as it came", text.contains(GARBAGE.trim_start_matches('\0'))),
    ];
    found.into_iter().filter(|(_, found)| *found).map(|(what, _)| what)
}

/// A log in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn lines(&self) -> MutexGuard<'_, Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.lines().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> fmt::MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
