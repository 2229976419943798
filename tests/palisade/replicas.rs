//! Multi-Region keys: the primary key in one scope, a replica in a scope of another Region.

use std::time::Duration;

use palisade::plan::Verdict;
use serde_json::{Value, json};

use crate::world::{World, steps, string, until_quiet, waiting};

const PRIMARY: &str = "ml-prod/KmsKey/shared";
const REPLICA: &str = "ml-there/KmsKey/shared";
const THERE: &str = "eu-central-1";

fn manifest(scope: &str, lifecycle: &str, more: &str) -> String {
    format!(
        "---\napiVersion: palisade.dev/v1alpha1\nkind: KmsKey\nmetadata: {{name: shared, scope: {scope}}}\n\
         lifecycle: {{{lifecycle}}}\nspec:\n  aliases: [alias/shared]\n  policy: {{Version: \"2012-10-17\", Statement: \
         [{{Sid: Admin, Effect: Allow, Principal: {{AWS: \"arn:aws:iam::111122223333:root\"}}, Action: \"kms:*\", \
         Resource: \"*\"}}]}}\n{more}"
    )
}

fn both(lifecycle: &str, replica: &str) -> String {
    format!(
        "{}{}",
        manifest("ml-prod", lifecycle, "  multiRegion: true\n"),
        manifest("ml-there", lifecycle, replica)
    )
}

fn world() -> World {
    let mut world = World::with(&both("", "  replicaOf: {ref: ml-prod/shared}\n"));
    let mut there = world.settings.scopes["ml-prod"].clone();
    there.region = Some(THERE.to_owned());
    world.settings.scopes.insert("ml-there".to_owned(), there);
    world
}

fn there(world: &World, operation: &str, input: &Value) -> Value {
    let answer =
        world.simulator.with(|world| world.act("111122223333", THERE, "kms", operation, input));
    answer.expect("KMS answers")
}

#[tokio::test(start_paused = true)]
async fn a_replica_is_made_once_its_primary_key_is_there_and_has_aliases_of_its_own() {
    let world = world();
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    let writes = world.writes();
    let place = |operation: &str| writes.iter().position(|it| it == operation);
    assert!(place("CreateKey") < place("ReplicateKey"), "{writes:?}");
    assert_eq!(writes.iter().filter(|it| *it == "ReplicateKey").count(), 1, "{writes:?}");
    let replica = there(&world, "DescribeKey", &json!({"KeyId": "alias/shared"}));
    let family = &replica["KeyMetadata"]["MultiRegionConfiguration"];
    assert_eq!(family["MultiRegionKeyType"], "REPLICA");
    assert_eq!(string(&replica["KeyMetadata"], "KeyId"), world.key("alias/shared"));
    assert!(engine.pass().await.is_converged());
    assert_eq!(world.writes(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_primary_key_is_not_deleted_before_its_replicas() {
    let mut world = world();
    world.settings.gate.deletes_percent = 100;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await.in_order();
    world.writes();
    world.write("main.yaml", both("state: absent", ""));
    let mut engine = world.engine().await;
    let report = engine.pass().await;
    let goes = |step: &&palisade::plan::Step| matches!(step.verdict, Verdict::Go);
    let shown = palisade::plan::render::text(&report.plan);
    assert_eq!(steps(&report, REPLICA).into_iter().filter(goes).count(), 1, "{shown}");
    assert_eq!(world.writes(), ["ScheduleKeyDeletion"]);
    let report = engine.pass().await;
    assert!(waiting(&report, PRIMARY).contains(&format!("replica arn:aws:kms:{THERE}")));
    assert_eq!(world.writes(), [""; 0]);
    let key = json!({"KeyId": world.key("alias/shared")});
    assert_eq!(world.kms("DescribeKey", &key)["KeyMetadata"]["KeyState"], "Enabled");
    // The replica is gone after its waiting period.
    tokio::time::advance(Duration::from_hours(31 * 24)).await;
    let mut engine = world.engine().await;
    until_quiet(&mut engine).await;
    assert_eq!(world.writes(), ["ScheduleKeyDeletion"]);
    assert_eq!(world.kms("DescribeKey", &key)["KeyMetadata"]["KeyState"], "PendingDeletion");
}
