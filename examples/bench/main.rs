//! What palisade needs for how many resources: a made-up platform, a simulated AWS in one process
//! and palisade in another.
//!
//! ```text
//! cargo run --release --example bench -- run --resources 100,1000,10000
//! cargo run --release --example bench -- run --resources 1000 --endpoint http://127.0.0.1:4566
//! cargo run --release --example bench -- world DIR 1000
//! ```
//!
//! `run` checks the manifests as `validate` does, and makes passes: in a new process (cold) and
//! again in the same one (warm). Planning alone is measured by `cargo bench`.

#![allow(
    missing_docs,
    clippy::print_stdout,
    clippy::expect_used,
    clippy::cast_precision_loss,
    reason = "a benchmark that cannot begin is over, and what it found is its output"
)]

mod output;
mod process;
mod world;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use clap::Parser;
use output::Results;
use palisade::{
    aws::{Brake, Budget, CallOutcome, Connection, Guard, Meter},
    baseline,
    engine::{Changed, Engine, Options, Report, Scopes},
    kinds,
    manifest::Loader,
    settings::{Overrides, Settings},
    simulator::{self, Simulator, example},
    status::{Shelf, Status},
};
use serde_json::{Value, json};

#[derive(Debug, Parser)]
enum Args {
    /// Measure
    Run {
        /// The numbers of resources
        #[arg(long, value_delimiter = ',', default_values_t = [100, 1000, 10_000])]
        resources: Vec<usize>,
        /// Warm passes of each process
        #[arg(long, default_value_t = 5)]
        passes: usize,
        /// An AWS in which the manifests are in force already, instead of the simulator
        #[arg(long)]
        endpoint: Option<String>,
        /// Only check the manifests
        #[arg(long)]
        offline: bool,
        /// Write the results to this file
        #[arg(long)]
        json: Option<PathBuf>,
        /// Draw them in this file
        #[arg(long)]
        svg: Option<PathBuf>,
    },
    /// Write the manifests and the settings
    World { root: PathBuf, resources: usize },
    /// The simulated AWS, with everything in force
    #[command(hide = true)]
    Serve { root: PathBuf, resources: usize },
    /// Check the manifests once
    #[command(hide = true)]
    Validate { root: PathBuf },
    /// Make passes
    #[command(hide = true)]
    Passes { root: PathBuf, passes: usize },
}

#[tokio::main]
async fn main() {
    match Args::parse() {
        Args::Run { resources, passes, endpoint, offline, json, svg } => {
            let mut results = Results::default();
            for resources in resources {
                let endpoint = endpoint.as_deref();
                measure(&mut results, resources, passes, endpoint, offline);
            }
            println!("{}", results.table());
            if let Some(file) = json {
                let text = serde_json::to_string_pretty(&results.json()).expect("JSON");
                fs::write(file, text + "\n").expect("the file can be written");
            }
            if let Some(file) = svg {
                fs::write(file, results.svg()).expect("the file can be written");
            }
        }
        Args::World { root, resources } => world::write(&root, resources).expect("can be written"),
        Args::Serve { root, resources } => serve(&root, resources).await,
        Args::Validate { root } => println!("{}", validate(&root)),
        Args::Passes { root, passes } => make_passes(&root, passes).await,
    }
}

/// Runs this program again; its standard output is read.
fn again(args: &[&str], environment: &BTreeMap<&str, String>) -> Child {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args(args).envs(environment).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().expect("this program can be run again")
}

/// The lines that a process prints until it ends.
fn lines(mut child: Child) -> Vec<Value> {
    let mut text = String::new();
    let out = child.stdout.take();
    out.expect("is read").read_to_string(&mut text).expect("is text");
    assert!(child.wait().expect("ends").success(), "a process failed:\n{text}");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

fn measure(
    results: &mut Results,
    resources: usize,
    passes: usize,
    endpoint: Option<&str>,
    offline: bool,
) {
    let root = tempfile::tempdir().expect("a directory");
    world::write(root.path(), resources).expect("the manifests can be written");
    let path = root.path().to_str().expect("a path");
    let mut add = |name: &str, line: &Value| {
        for (what, value) in line.as_object().expect("an object") {
            let value = value.as_f64().expect("a number");
            results.add(&format!("{name}: {what}"), resources, value);
        }
    };
    for _ in 0..3 {
        for line in lines(again(&["validate", path], &BTreeMap::new())) {
            add("validate", &line);
        }
    }
    if offline {
        return;
    }
    let mut server = None;
    let address = endpoint.map_or_else(
        || {
            let mut child = again(&["serve", path, &resources.to_string()], &BTreeMap::new());
            let mut line = String::new();
            let out = child.stdout.as_mut().expect("is read");
            BufReader::new(out).read_line(&mut line).expect("an address");
            server = Some(child);
            line.trim().to_owned()
        },
        str::to_owned,
    );
    let environment = BTreeMap::from([
        ("AWS_ENDPOINT_URL", address),
        ("AWS_ACCESS_KEY_ID", example::ML_ACCOUNT.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "any".to_owned()),
        ("AWS_REGION", example::REGION.to_owned()),
    ]);
    for _ in 0..2 {
        let many = (passes + 1).to_string();
        for (n, line) in lines(again(&["passes", path, &many], &environment)).iter().enumerate() {
            add(if n == 0 { "cold" } else { "warm" }, line);
        }
    }
    if let Some(mut server) = server {
        // It ends when its standard input does.
        drop(server.stdin.take());
        server.wait().expect("the simulator ends");
    }
}

/// Every check that needs no AWS.
fn validate(root: &Path) -> Value {
    let begun = Instant::now();
    let settings = settings(root);
    let registry = kinds::registry();
    let facts = Scopes::offline_facts(&settings);
    let loader = Loader { registry: &registry, settings: &settings, facts: &facts };
    let snapshot = loader.load(&root.join("desired-state")).expect("the manifests are valid");
    let loaded = begun.elapsed();
    let report = baseline::check(baseline::Subject {
        registry: &registry,
        scopes: &facts,
        snapshot: &snapshot,
        roles: &[],
        switches: &settings.rules,
    });
    assert!(report.problems.is_empty(), "every manifest can be judged: {:?}", report.problems);
    json!({
        "reading s": loaded.as_secs_f64(),
        "all s": begun.elapsed().as_secs_f64(),
        "most memory MiB": process::memory("VmHWM"),
    })
}

fn settings(root: &Path) -> Settings {
    let text = fs::read_to_string(root.join("palisade.yaml")).expect("settings");
    Settings::parse(&text, &Overrides::default()).expect("settings")
}

async fn engine(root: &Path, connection: &Connection, brake: Brake) -> Engine {
    let settings = settings(root);
    let registry = Arc::new(kinds::registry());
    let scopes = Scopes::connect(&settings, connection, &registry).await.expect("scopes");
    let options = Options { write: true, shows_live: true, ..Options::default() };
    Engine::new(settings, registry, scopes, &root.join("desired-state"), options, brake)
}

async fn serve(root: &Path, resources: usize) {
    let simulator = Simulator::new(simulator::Options::default());
    world::build(&simulator, resources).expect("the network");
    let brake = Brake::default();
    let config = simulator.sdk_config(example::ML_ACCOUNT, example::REGION);
    let connection =
        Connection::new(config, Guard::writing(brake.clone())).within(Budget::unlimited());
    let mut engine = engine(root, &connection, brake).await;
    loop {
        let report = engine.pass().await;
        if report.is_converged() {
            break;
        }
        expect_progress(&report);
    }
    drop(engine);
    simulator.clear_calls();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("http://{}", listener.local_addr().expect("an address"));
    let ended = tokio::task::spawn_blocking(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
    });
    let ended = async move { drop(ended.await) };
    simulator.serve(listener, ended).await.expect("serves");
}

fn expect_progress(report: &Report) {
    let failed: Vec<_> = report.failures().take(3).collect();
    assert!(report.problems.is_empty() && failed.is_empty(), "{:?} {failed:?}", report.problems);
    let text = || palisade::plan::render::text(&report.plan);
    assert!(report.changed() == Changed::Yes || report.will_move(), "stuck:\n{}", text());
}

#[derive(Debug, Default)]
struct Count(AtomicUsize);

impl Meter for Count {
    fn attempt(&self, _: &str, _: &str, _: CallOutcome) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Prints a line a pass. Its own part is everything but waiting for answers and reading them.
async fn make_passes(root: &Path, passes: usize) {
    let calls = Arc::new(Count::default());
    let brake = Brake::default();
    let guard = Guard::writing(brake.clone()).metered(calls.clone());
    // What AWS allows a second would be most of the time.
    let connection = Connection::ambient(guard).await.within(Budget::unlimited());
    let mut engine = engine(root, &connection, brake).await;
    let status = Status::new(engine.settings().interval).expect("metrics");
    let shelf = Shelf::default();
    for _ in 0..passes {
        calls.0.store(0, Ordering::Relaxed);
        let before = process::processor_time();
        let begun = Instant::now();
        let report = Arc::new(engine.pass().await);
        let passed = begun.elapsed();
        status.publish(&engine, &report);
        shelf.publish(&engine, &report);
        let took = begun.elapsed();
        assert!(report.is_converged() && report.changed() == Changed::No, "nothing to do");
        let observing = report.phases.observing;
        let line = json!({
            "pass s": passed.as_secs_f64(),
            "own s": took.saturating_sub(observing).as_secs_f64(),
            "reading the directory s": report.phases.reading.as_secs_f64(),
            "observing AWS s": observing.as_secs_f64(),
            "planning s": report.phases.planning.as_secs_f64(),
            "publishing s": took.saturating_sub(passed).as_secs_f64(),
            "processor s": process::processor_time().saturating_sub(before).as_secs_f64(),
            "calls": calls.0.load(Ordering::Relaxed) as f64,
            "memory MiB": process::memory("VmRSS"),
            "most memory MiB": process::memory("VmHWM"),
        });
        println!("{line}");
    }
}
