//! The watcher, 62 to 64: what the daemon sees of a directory that changes while it runs, on the machine's own file system
//! and clock. The interval is an hour, so that whatever is seen in time was told by the watcher.

use std::{
    collections::BTreeSet, fs, os::unix::fs::symlink, path::Path, sync::Arc, time::Duration,
};

use palisade::{
    aws::Guard,
    engine::{Engine, Options, Report, run},
    simulator::example::{ML_ACCOUNT, REGION},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

use super::{prunable, world};
use crate::world::World;

/// More than any machine needs; nobody waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(50);

async fn engine(world: &mut World, dir: &Path) -> Engine {
    world.settings.interval = Duration::from_hours(1);
    let base = world.simulator.sdk_config(ML_ACCOUNT, REGION);
    // Nothing is written: what is looked at is which manifests are seen.
    world.engine_on(dir, base, Guard::read_only(), Options::default()).await
}

/// Runs the daemon and does one thing after the other; each must be seen, by the names of the manifests it leads to.
async fn sees(world: &World, mut engine: Engine, changes: &[(&str, &dyn Fn())]) {
    let (tell, mut told) = watch::channel(BTreeSet::new());
    let (stop, poke) = (CancellationToken::new(), Notify::new());
    let daemon =
        run(&mut engine, &world.brake, &stop, &poke, |_: &Engine, report: &Arc<Report>| {
            let names = report.manifests.iter().map(|address| address.name.clone());
            tell.send_replace(names.collect::<BTreeSet<String>>());
        });
    let scenario = async {
        for (expected, change) in changes {
            change();
            let names: BTreeSet<String> = expected.split(' ').map(str::to_owned).collect();
            let waiting = told.wait_for(|seen| *seen == names);
            let seen = tokio::time::timeout(PATIENCE, waiting).await.is_ok();
            assert!(seen, "{expected} is never seen: {:?}", *told.borrow());
        }
        stop.cancel();
    };
    tokio::join!(daemon, scenario);
}

/// 62. facebook/buck2#1131: the notice that events were lost was overlooked. Which event it is and where does not matter here
/// (`manifest::watch` has the test of that), and without any event the next pass reads everything.
#[tokio::test(start_paused = true)]
async fn bug_62_a_pass_sees_every_change_that_no_event_told_of() {
    let world = world(&prunable("a"));
    let mut engine = world.engine().await;
    for names in ["a", "a b", "b", "c b"] {
        fs::remove_file(world.dir().join("main.yaml")).unwrap();
        world.write("main.yaml", names.split(' ').map(prunable).collect::<String>());
        let report = engine.pass().await;
        let seen: BTreeSet<_> = report.manifests.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(seen, names.split(' ').collect());
    }
}

/// 63. openshift/release#73906, openshift/ci-tools#2805, parca-dev/parca#3230: after the link was switched, the old tree was
/// watched for ever.
#[tokio::test]
async fn bug_63_every_switch_of_the_link_is_seen_not_only_the_first() {
    let mut world = world("");
    let (root, link) = (world.dir().to_owned(), world.dir().join("current"));
    let switch = |revision: &str| {
        let tree = root.join(revision);
        fs::create_dir_all(&tree).unwrap();
        fs::write(tree.join("main.yaml"), prunable(revision)).unwrap();
        symlink(revision, root.join("next")).unwrap();
        fs::rename(root.join("next"), &link).unwrap();
    };
    switch("one");
    let engine = engine(&mut world, &link).await;
    // The tree before is removed at once, as git-sync does.
    let next = |to: &str, from: &str| {
        switch(to);
        fs::remove_dir_all(root.join(from)).unwrap();
    };
    sees(
        &world,
        engine,
        &[
            ("one", &|| ()),
            ("two", &|| next("two", "one")),
            ("three", &|| next("three", "two")),
            ("four", &|| next("four", "three")),
        ],
    )
    .await;
}

/// 64. jimmidyson/configmap-reload#190: the switch of a link came as another event than the one that was waited for.
#[tokio::test]
async fn bug_64_a_change_is_seen_whatever_event_it_comes_as() {
    let mut world = world(&prunable("a"));
    let dir = world.dir().to_owned();
    let engine = engine(&mut world, &dir).await;
    let file = |name: &str| dir.join(name);
    let volume = |version: &str, name: &str| {
        fs::create_dir(file(version)).unwrap();
        fs::write(file(version).join("main.yaml"), prunable(name)).unwrap();
        symlink(version, file("..tmp")).unwrap();
        fs::rename(file("..tmp"), file("..data")).unwrap();
    };
    sees(
        &world,
        engine,
        &[
            ("a", &|| ()),
            ("b", &|| fs::write(file("main.yaml"), prunable("b")).unwrap()),
            ("c", &|| {
                fs::write(file("new"), prunable("c")).unwrap();
                fs::rename(file("new"), file("main.yaml")).unwrap();
            }),
            ("c d", &|| fs::write(file("more.yml"), prunable("d")).unwrap()),
            ("c", &|| fs::remove_file(file("more.yml")).unwrap()),
            // A volume of Kubernetes: the files are links into a directory that is itself a link.
            ("e", &|| {
                volume("..1", "e");
                fs::remove_file(file("main.yaml")).unwrap();
                symlink("..data/main.yaml", file("main.yaml")).unwrap();
            }),
            ("f", &|| volume("..2", "f")),
            ("g", &|| volume("..3", "g")),
        ],
    )
    .await;
}
