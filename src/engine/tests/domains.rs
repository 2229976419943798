//! A mistake in one folder of the directory, and the other folders.

use super::*;

impl World {
    async fn of_folders(settings: &str) -> Self {
        let world = Self::with(&format!("{SETTINGS}{settings}"), kinds::registry()).await;
        for folder in ["one", "two"] {
            fs::create_dir(world.dir.path().join(folder)).unwrap();
        }
        world
    }

    /// A group in a folder.
    fn put(&self, folder: &str, name: &str, more: &str) {
        self.group(name, more);
        let path = |file: String| self.dir.path().join(file);
        let to = path(format!("{folder}/{name}.yaml"));
        fs::rename(path(format!("{name}.yaml")), to).unwrap();
    }

    fn remove(&self, file: &str) {
        fs::remove_file(self.dir.path().join(file)).unwrap();
    }
}

fn in_force(report: &Report) -> Vec<&str> {
    report.manifests.iter().map(|address| address.name.as_str()).collect()
}

fn reference(to: &str) -> String {
    let rule = format!("{{protocol: tcp, ports: 443, from: [{{ref: {to}}}]}}");
    format!(
        "apiVersion: palisade.dev/v1alpha1\nkind: SecurityGroup\nmetadata: {{name: refers}}\n\
         spec: {{description: test, vpc: '${{var.vpc}}', ingress: [{rule}], egress: []}}\n"
    )
}

/// Two folders with a group each, in order; then the second one has a mistake in another file.
async fn with_a_mistake(settings: &str) -> World {
    let mut world = World::of_folders(settings).await;
    world.put("one", "a", "");
    world.put("two", "b", "");
    let report = world.settle().await;
    assert_eq!(in_force(&report), ["a", "b"]);
    world.write("two/wrong.yaml", "kind: [\n");
    world
}

#[tokio::test(start_paused = true)]
async fn a_mistake_keeps_its_own_folder_as_it_was_and_the_others_go_on() {
    let mut world = with_a_mistake("").await;
    world.put("one", "c", "");
    world.put("two", "d", "");
    world.open_ssh(&world.group_id("b"));
    let report = world.settle().await;
    assert_eq!((in_force(&report), report.problems.len()), (vec!["a", "b", "c"], 1));
    assert!(report.plan.in_sync.len() == 3, "drift in the bad folder is corrected too");
    world.remove("two/wrong.yaml");
    let report = world.settle().await;
    assert_eq!((in_force(&report), report.problems.len()), (vec!["a", "b", "c", "d"], 0));
}

#[tokio::test(start_paused = true)]
async fn with_a_strict_tree_everything_stays_as_it_was() {
    let mut world = with_a_mistake("strictTree: true\n").await;
    world.put("one", "c", "");
    let report = world.settle().await;
    assert_eq!((in_force(&report), report.problems.len()), (vec!["a", "b"], 1));
}

/// What a folder with a mistake declares now is not in force yet.
#[tokio::test(start_paused = true)]
async fn a_reference_into_a_folder_with_a_mistake_waits() {
    let mut world = with_a_mistake("").await;
    world.put("two", "new", "");
    world.write("one/refers.yaml", &reference("new"));
    let report = world.settle().await;
    assert_eq!((in_force(&report), report.problems.len()), (vec!["a", "b", "refers"], 1));
    assert_eq!(
        world.writes().iter().filter(|it| *it == "AuthorizeSecurityGroupIngress").count(),
        0
    );
    world.remove("two/wrong.yaml");
    let report = world.settle().await;
    assert!(report.is_converged() && report.plan.in_sync.len() == 4, "{:?}", report.plan);
}

/// A name that nobody declares is a mistake of the folder that names it.
#[tokio::test(start_paused = true)]
async fn a_reference_to_nothing_keeps_the_folder_that_it_is_in() {
    let mut world = with_a_mistake("").await;
    world.write("one/refers.yaml", &reference("nobody"));
    world.put("one", "c", "");
    let report = world.settle().await;
    assert_eq!(in_force(&report), ["a", "b"]);
}

/// Moving is no removal, although the place that it moved to is not in force.
#[tokio::test(start_paused = true)]
async fn what_moves_into_a_folder_with_a_mistake_is_not_gone() {
    let settings = "prune: automatic\nsettleWindow: 1s\n";
    let mut world = World::of_folders(settings).await;
    world.put("one", "a", "lifecycle: {deletion: delete}\n");
    world.put("one", "rest", "");
    world.put("two", "b", "");
    let _ = world.settle().await;
    let path = |file: &str| world.dir.path().join(file);
    fs::rename(path("one/a.yaml"), path("two/a.yaml")).unwrap();
    world.write("two/wrong.yaml", "kind: [\n");
    let report = world.settle().await;
    assert_eq!(in_force(&report), ["a", "b", "rest"]);
    assert!(!world.writes().contains(&"DeleteSecurityGroup".to_owned()));
}

/// At the start there is no good state of a bad folder.
#[tokio::test(start_paused = true)]
async fn without_a_last_good_state_nothing_is_in_force() {
    let mut world = World::of_folders("").await;
    world.put("one", "a", "");
    world.write("two/wrong.yaml", "kind: [\n");
    let report = world.engine.pass().await;
    assert_eq!((in_force(&report).len(), report.problems.len()), (0, 1));
    assert!(world.writes().is_empty());
}
