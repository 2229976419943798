//! An import that is stopped goes on where it was, whenever that happens.

use std::{
    collections::BTreeMap,
    fs,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread,
};

use palisade::{
    aws::Guard,
    import::{self, Context, ImportError, Progress, Request, Summary},
    kinds,
    simulator::example::SETTINGS,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::Notify;

use super::{account, adopted, everything, imported, scopes, texts};
use crate::{cli::Served, world::World};

/// Stops an import after so many kinds were read.
struct Until {
    left: AtomicUsize,
    reached: Notify,
}

impl Progress for Until {
    fn begin(&self, _: usize) {}
    fn step(&self, _: &str, _: &str) {
        if self.left.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.reached.notify_one();
        }
    }
}

/// Imports until so many kinds were read, and not a step further.
async fn stopped(world: &World, dir: &Path, reads: usize) {
    let registry = kinds::registry();
    let scopes = scopes(world, Guard::read_only()).await;
    let context = Context { settings: &world.settings, registry: &registry, scopes: &scopes };
    let request = Request { dir: dir.to_owned(), ..Request::default() };
    let until = Until { left: AtomicUsize::new(reads), reached: Notify::new() };
    tokio::select! {
        biased;
        () = until.reached.notified() => {}
        _ = import::import(context, &request, &until) => panic!("it was over before"),
    }
}

/// Imports everything; with the number of calls that it took.
async fn counted(world: &World, dir: &Path) -> (Summary, usize) {
    let registry = kinds::registry();
    let scopes = scopes(world, Guard::read_only()).await;
    let context = Context { settings: &world.settings, registry: &registry, scopes: &scopes };
    let request = Request { dir: dir.to_owned(), ..Request::default() };
    world.calls();
    let summary = import::import(context, &request, &super::Quietly).await.expect("imported");
    (summary, world.reads().values().sum())
}

/// What people see of a directory.
fn manifests(dir: &Path) -> BTreeMap<String, String> {
    texts(dir).into_iter().filter(|(file, _)| !file.starts_with('.')).collect()
}

fn small_account(world: &World) {
    for name in ["one", "two"] {
        let group = account::group(world, &world.vpc(), name, &[("tcp", 443, "10.0.0.0/8")]);
        world.ec2(
            "CreateTags",
            &json!({"ResourceId": [group], "Tag": [{"Key": "a", "Value": name}]}),
        );
    }
    world.writes();
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_stop_is_not_read_again() {
    let world = World::empty();
    small_account(&world);
    let whole = tempfile::tempdir().expect("a directory");
    let (_, all) = counted(&world, whole.path()).await;

    let dir = tempfile::tempdir().expect("a directory");
    let kinds = kinds::registry().iter().count();
    stopped(&world, dir.path(), kinds).await;
    let before: usize = world.reads().values().sum();
    assert!(before > 0 && manifests(dir.path()).is_empty(), "it was stopped while it read");
    let (summary, after) = counted(&world, dir.path()).await;
    assert!(summary.resumed.readings > 0, "{}", summary.text());
    assert!(after < all, "{after} calls of {all} were made again after {before}");
    assert_eq!(manifests(dir.path()), manifests(whole.path()), "the same as without the stop");
    assert!(!dir.path().join(".import").exists(), "nothing is left of it");
    adopted(&world, dir.path(), &summary).await;
}

#[tokio::test(start_paused = true)]
async fn what_could_not_be_read_is_all_that_the_next_import_reads() {
    let world = World::empty();
    small_account(&world);
    let dir = tempfile::tempdir().expect("a directory");
    stopped(&world, dir.path(), 1).await;
    let kept = || fs::read_dir(dir.path().join(".import/read")).expect("a folder").count();
    let first = kept();
    assert!(first >= 1);
    stopped(&world, dir.path(), first + 1).await;
    assert!(kept() > first, "each goes on");
}

#[tokio::test(start_paused = true)]
async fn files_of_a_stopped_import_are_put_in_place_and_none_is_overwritten() {
    let world = World::empty();
    small_account(&world);
    let dir = tempfile::tempdir().expect("a directory");
    // Something is in the way of a folder, as if the disk were full in the middle.
    let obstacle = dir.path().join("org");
    fs::write(&obstacle, "no folder").expect("written");
    let request = Request { dir: dir.path().to_owned(), ..Request::default() };
    let refused = fails(&world, &request).await;
    assert!(matches!(refused, ImportError::NotWritten(_)), "{refused}");
    let before = manifests(dir.path());
    assert!(before.len() > 1, "some are in place: {:?}", before.keys());
    fs::remove_file(&obstacle).expect("removed");
    // Somebody has written one of the others meanwhile.
    let ready = fs::read(dir.path().join(".import/ready.json")).expect("it says what is left");
    let ready: Value = serde_json::from_slice(&ready).expect("JSON");
    let mut left = ready["files"].as_array().expect("a list").iter().filter_map(Value::as_str);
    let left = left.find(|file| file.starts_with("org/")).expect("a file of the scope");
    let own = dir.path().join(left);
    fs::create_dir_all(own.parent().expect("a folder")).expect("created");
    fs::write(&own, "# mine\n").expect("written");
    world.calls();
    let refused = fails(&world, &request).await;
    assert!(refused.to_string().contains("is there"), "{refused}");
    assert_eq!(fs::read_to_string(&own).expect("a text"), "# mine\n");
    assert_eq!(world.calls().len(), 0, "nothing is read before");
    fs::remove_file(&own).expect("removed");

    let summary = imported(&world, &request).await;
    assert!(summary.resumed.files.iter().any(|file| file == left), "{}", summary.text());
    assert!(summary.imported.is_empty(), "everything was written already: {}", summary.text());
    let after = manifests(dir.path());
    let same = |(file, text): (&String, &String)| file == "org" || after.get(file) == Some(text);
    assert!(before.iter().all(same), "what was written has stayed");
    assert!(!dir.path().join(".import").exists(), "nothing is left of it");
    let whole = tempfile::tempdir().expect("a directory");
    everything(&world, &whole).await;
    assert_eq!(after, manifests(whole.path()), "the same as without the stop");
}

async fn fails(world: &World, request: &Request) -> ImportError {
    let registry = kinds::registry();
    let scopes = scopes(world, Guard::read_only()).await;
    let context = Context { settings: &world.settings, registry: &registry, scopes: &scopes };
    match import::import(context, request, &super::Quietly).await {
        Err(error) => error,
        Ok(Summary { files, .. }) => panic!("it wrote {files:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn what_looks_like_a_secret_is_not_kept_on_disk() {
    let world = World::empty();
    let group = account::group(&world, &world.vpc(), "one", &[]);
    let tag = json!([{"Key": "db_password", "Value": "hunter2hunter2"}]);
    world.ec2("CreateTags", &json!({"ResourceId": [group], "Tag": tag}));
    world.writes();
    let dir = tempfile::tempdir().expect("a directory");
    let kinds = kinds::registry().iter().count();
    stopped(&world, dir.path(), kinds + kinds / 2).await;
    assert!(world.reads().contains_key("ec2:DescribeSecurityGroups"), "it was read");
    let kept = texts(dir.path());
    assert!(kept.len() > 10, "{:?}", kept.keys());
    assert!(kept.values().all(|text| !text.contains("hunter2")), "a secret was kept");
    assert_eq!(kept[".import/.gitignore"], "*\n", "and Git does not take any of it");
}

#[tokio::test(start_paused = true)]
async fn two_imports_do_not_write_into_one_directory() {
    let world = World::empty();
    let dir: TempDir = tempfile::tempdir().expect("a directory");
    let folder = dir.path().join(".import");
    fs::create_dir(&folder).expect("created");
    let lock = fs::File::create(folder.join("lock")).expect("created");
    lock.try_lock().expect("free");
    let request = Request { dir: dir.path().to_owned(), ..Request::default() };
    let refused = fails(&world, &request).await;
    assert!(refused.to_string().contains("another import"), "{refused}");
}

/// Passes everything on to an AWS until `is_enough`, and then nothing any more; says so once.
fn relay(
    to: &str,
    is_enough: impl Fn() -> bool + Send + Clone + 'static,
) -> (String, mpsc::Receiver<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let to = to.trim_start_matches("http://").to_owned();
    let (says, said) = mpsc::channel();
    thread::spawn(move || {
        for client in listener.incoming() {
            let Ok(client) = client else { return };
            let Ok(server) = TcpStream::connect(&to) else { return };
            let (mut up, mut down) = (client.try_clone().expect("two"), client);
            let (mut sink, mut source) = (server.try_clone().expect("two"), server);
            thread::spawn(move || drop(std::io::copy(&mut up, &mut sink)));
            let (is_enough, says) = (is_enough.clone(), says.clone());
            thread::spawn(move || {
                let mut bytes = [0; 8192];
                while let Ok(read) = source.read(&mut bytes) {
                    if is_enough() {
                        // Its receiver is gone after the first word.
                        let _ = says.send(());
                        thread::park();
                    }
                    if read == 0 || down.write_all(&bytes[..read]).is_err() {
                        let _ = down.shutdown(Shutdown::Both);
                        return;
                    }
                }
            });
        }
    });
    (url, said)
}

#[test]
fn a_killed_import_is_taken_up_by_the_next_one() {
    let aws = Served::start();
    let place = tempfile::tempdir().expect("a directory");
    fs::write(place.path().join("palisade.yaml"), SETTINGS).expect("written");
    let kept: PathBuf = place.path().join("live/.import/read");
    // Those that are whole: some are being written.
    let is_whole = |file: std::io::Result<fs::DirEntry>| {
        file.is_ok_and(|file| file.path().extension().is_some_and(|it| it == "json"))
    };
    let is_enough = move || {
        fs::read_dir(&kept).is_ok_and(|all| all.map(is_whole).filter(|it| *it).count() >= 5)
    };
    let (url, enough) = relay(&aws.url, is_enough);
    let mut first = aws.palisade(place.path());
    let first = first.env("AWS_ENDPOINT_URL", url).args(["import", "live"]);
    let mut first = first.spawn().expect("it runs");
    enough.recv().expect("it reads");
    first.kill().expect("killed");
    first.wait().expect("it has ended");
    assert!(manifests(&place.path().join("live")).is_empty(), "never a part of the manifests");

    let run =
        |arguments: &[&str]| aws.palisade(place.path()).args(arguments).output().expect("it runs");
    let output = run(&["import", "live", "-o", "json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(summary["resumed"]["readings"].as_u64().is_some_and(|it| it >= 5), "{summary}");
    assert!(!place.path().join("live/.import").exists());
    let again = run(&["import", "other", "-o", "json"]);
    let again: Value = serde_json::from_slice(&again.stdout).expect("JSON");
    assert_eq!(again["resumed"]["readings"], 0);
    assert_eq!(summary["imported"], again["imported"], "the same as without the kill");
    let (live, other) = (place.path().join("live"), place.path().join("other"));
    assert_eq!(manifests(&live), manifests(&other));
}
