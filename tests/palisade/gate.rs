//! The stop, as the built program does it, against a simulated AWS on a socket.

use std::{
    fs,
    io::Read as _,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use palisade::simulator::{Fault, example};
use tokio::{net::TcpListener, time::timeout};

use crate::world::World;

/// More than any machine needs to start a process.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running `palisade run`; killed when dropped.
struct Daemon {
    child: Child,
    _settings: tempfile::TempDir,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended already unless the test failed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Daemon {
    fn start(world: &World, listener: &TcpListener, stdout: Stdio) -> Self {
        let address = listener.local_addr().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let settings = folder.path().join("palisade.yaml");
        fs::write(&settings, example::SETTINGS).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_palisade"))
            .args(["run", "--listen", "127.0.0.1:0", "--settings"])
            .arg(&settings)
            .arg(world.dir())
            .env_clear()
            .env("AWS_ENDPOINT_URL", format!("http://{address}"))
            .env("AWS_REGION", example::REGION)
            .env("AWS_ACCESS_KEY_ID", example::ML_ACCOUNT)
            .env("AWS_SECRET_ACCESS_KEY", "any")
            .stdin(Stdio::null())
            .stdout(stdout)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self { child, _settings: folder }
    }

    /// Sends SIGTERM; gives the time until the process has ended, and its log if it did not end well.
    async fn terminate(&mut self) -> (Duration, Option<String>) {
        let begun = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        until(|| self.child.try_wait().unwrap().is_some()).await;
        let took = begun.elapsed();
        let mut log = String::new();
        if let Some(mut stderr) = self.child.stderr.take() {
            stderr.read_to_string(&mut log).unwrap();
        }
        (took, (!self.child.wait().unwrap().success()).then_some(log))
    }
}

/// Waits for another process, which no virtual clock can hurry.
async fn until(mut happened: impl FnMut() -> bool) {
    let waiting = async {
        while !happened() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, waiting).await.expect("it happens");
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_the_process_within_five_seconds_wherever_aws_hangs() {
    for hanging in ["GetCallerIdentity", "DescribeSecurityGroups", "CreateSecurityGroup"] {
        let world = World::baseline();
        world.simulator.inject(Fault::hang(hanging));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut daemon = Daemon::start(&world, &listener, Stdio::null());
        let serving = world.simulator.clone().serve(listener, std::future::pending());
        let calls = || world.simulator.calls();
        let scenario = async {
            until(|| calls().iter().any(|call| call.operation == hanging)).await;
            let (took, trouble) = daemon.terminate().await;
            assert!(took <= Duration::from_secs(5), "{hanging}: {took:?}");
            assert_eq!(trouble, None, "{hanging}");
        };
        tokio::select! {
            served = serving => panic!("{served:?}"),
            () = scenario => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_at_the_other_end_of_stdout_the_daemon_works() {
    let world = World::baseline();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut daemon = Daemon::start(&world, &listener, Stdio::piped());
    drop(daemon.child.stdout.take());
    let serving = world.simulator.clone().serve(listener, std::future::pending());
    let scenario = async {
        let created =
            |call: &palisade::simulator::CallRecord| call.operation == "CreateSecurityGroup";
        until(|| world.simulator.calls().iter().any(created)).await;
        assert_eq!(daemon.terminate().await.1, None);
    };
    tokio::select! {
        served = serving => panic!("{served:?}"),
        () = scenario => {}
    }
}
