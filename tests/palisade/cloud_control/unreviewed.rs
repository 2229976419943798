//! Types that nobody has reviewed are shown, and never written.

use super::*;
use palisade::plan::render;

const TABLE: &str = "ml-prod/AWS::EC2::RouteTable/main";

fn problems(report: &palisade::engine::Report) -> String {
    format!("{:?}", report.problems)
}

/// A world with a table, and the table's id.
fn world() -> (World, String) {
    let world = World::empty();
    let made = world.ec2("CreateRouteTable", &json!({"VpcId": world.vpc()}));
    let id = string(&made["routeTable"], "routeTableId");
    world.writes();
    (world, id)
}

fn observed(id: &str, properties: &str) -> String {
    manifest(
        "AWS::EC2::RouteTable",
        "main",
        &format!("mode: observe, adopt: {id}"),
        &format!("{{properties: {{{properties}}}}}"),
    )
}

#[tokio::test(start_paused = true)]
async fn what_differs_is_shown_and_nothing_is_written() {
    let (world, id) = world();
    let vpc = world.vpc();
    world.write(
        "main.yaml",
        observed(&id, &format!("VpcId: {vpc}, Tags: [{{Key: team, Value: ml}}]")),
    );
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let shown = render::text(&quiet.last().plan);
    assert!(shown.contains("properties.Tags"), "{shown}");
    assert!(!shown.contains("properties.VpcId"), "{shown}");
    assert!(shown.contains("observe"), "{shown}");
    assert_eq!(world.writes(), [""; 0]);
    world.ec2("CreateTags", &json!({"ResourceId": [id], "Tag": [{"Key": "team", "Value": "ml"}]}));
    world.writes();
    let report = until_quiet(&mut engine).await;
    assert!(steps(report.last(), TABLE).is_empty(), "{}", render::text(&report.last().plan));
}

#[tokio::test(start_paused = true)]
async fn one_that_does_not_exist_is_said_not_to_and_not_made() {
    let (world, _) = world();
    world.write("main.yaml", observed("rtb-00000000000000000", "VpcId: vpc-1"));
    let mut engine = world.engine().await;
    let quiet = until_quiet(&mut engine).await;
    let shown = render::text(&quiet.last().plan);
    assert!(shown.contains("there is no rtb-00000000000000000"), "{shown}");
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_pass_reads_it_by_its_identifier_and_nothing_else() {
    let (world, id) = world();
    world.write("main.yaml", observed(&id, ""));
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    world.reads();
    engine.pass().await;
    let reads = world.reads();
    let of_control: Vec<_> =
        reads.iter().filter(|(name, _)| name.contains("cloudcontrol")).collect();
    assert_eq!(of_control, [(&"cloudcontrolapi:GetResource".to_owned(), &1)], "{reads:?}");
}

#[tokio::test(start_paused = true)]
async fn one_that_cannot_be_read_is_unknown_and_says_why() {
    let (world, id) = world();
    world.write("main.yaml", observed(&id, ""));
    let denied = Fault::new("GetResource", Effect::Deny);
    world.simulator.inject(denied);
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let shown = render::text(&report.plan);
    assert!(shown.contains("AccessDenied"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn it_cannot_be_enforced_and_the_manifest_says_where_and_why() {
    for lifecycle in ["", "adopt: rtb-1", "mode: enforce, adopt: rtb-1"] {
        let world = World::with(&manifest("AWS::EC2::RouteTable", "main", lifecycle, "{}"));
        let mut engine = world.engine().await;
        let problems = problems(&engine.pass().await);
        assert!(problems.contains("nobody has reviewed"), "{problems}");
        assert!(problems.contains("lifecycle.mode"), "{problems}");
        assert!(problems.contains("mode: observe, adopt"), "{problems}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_needs_its_identifier_and_cannot_be_a_tombstone() {
    for (lifecycle, says) in [
        ("mode: observe", "cannot carry a claim"),
        ("mode: observe, adopt: rtb-1, state: absent", "cannot be deleted"),
    ] {
        let world = World::with(&manifest("AWS::EC2::RouteTable", "main", lifecycle, "{}"));
        let mut engine = world.engine().await;
        let problems = problems(&engine.pass().await);
        assert!(problems.contains(says), "{problems}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_type_that_does_not_exist_is_told_from_one_that_cannot_be_read() {
    for (kind, says) in [
        ("AWS::S3::Buket", "did you mean `AWS::S3::Bucket`?"),
        ("AWS::Lambda::Funktion", "did you mean `AWS::Lambda::Function`?"),
        ("AWS::IAM::AccessKey", "cannot read"),
    ] {
        let world = World::with(&manifest(kind, "it", "", "{properties: {}}"));
        let mut engine = world.engine().await;
        let problems = problems(&engine.pass().await);
        assert!(problems.contains(says), "{kind}: {problems}");
    }
}
