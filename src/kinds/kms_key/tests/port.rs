//! The port against the simulator, through the real SDK.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{diff, good, is_gone, natural_keys, operations, policy_of, scope, statement};
use crate::{
    aws::{Access, Brake, Connection, Guard},
    kind::{
        Ask, Class, CloudError,
        erased::{Edit, EditBody, ErasedKind as _},
        table::{LeafEdit, Tree, Verb, tests::port::Port},
    },
    kinds::kms_key::{State, table},
    model::{Address, Claim, Deletion, Observed, Phase, PhysicalId, Tags},
    simulator::{Fault, Simulator},
};

const OWNER: &str = "ml";

struct Fixture {
    simulator: Simulator,
    access: Access,
    port: Port<State>,
}

/// An edit of one alias.
fn of_alias(verb: Verb, operation: &str, alias: &str) -> Edit {
    let edit = LeafEdit {
        entry: String::new(),
        path: "aliases".into(),
        operation: Some(operation.to_owned()),
        verb,
        old: Value::Null,
        new: json!(alias),
        with: Tree::new(),
    };
    Edit::of_tags(alias, operation.to_owned(), EditBody::Change(json!(edit)))
}

impl Fixture {
    async fn new() -> Self {
        let simulator = Simulator::default();
        let facts = scope();
        let config = simulator.sdk_config(&facts.account, &facts.region);
        let connection = Connection::new(config, Guard::writing(Brake::default()));
        let access = connection.access(facts, None).await;
        Self { simulator, port: Port::new(table().connect(&access)), access }
    }

    async fn create(&self, name: &str, want: &State) -> PhysicalId {
        self.port.create(want, &claim(name), "").await.expect("created")
    }

    async fn observe(&self, ask: &Ask) -> Vec<Observed<State>> {
        self.port.observe(ask).await.expect("observed").whole
    }

    /// The one key that is claimed for this manifest and has no further tags.
    async fn one(&self, name: &str) -> Observed<State> {
        let mut seen = self.observe(&ask(&[name])).await;
        seen.retain(|key| key.tags == claim(name));
        assert_eq!(seen.len(), 1, "{seen:?}");
        seen.remove(0)
    }

    /// One pass: observe, diff, change.
    async fn pass(&self, name: &str, want: &State) -> Vec<Edit> {
        let have = self.one(name).await;
        let edits = diff(want, &have.state);
        for edit in &edits {
            self.port.change(&have, edit).await.expect("changed");
        }
        edits
    }

    /// How often each operation was called since the previous call of this function.
    fn calls(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in self.simulator.calls() {
            *counts.entry(call.operation).or_default() += 1;
        }
        self.simulator.clear_calls();
        counts
    }
}

fn claim(name: &str) -> Tags {
    let address = Address::new("prod", "KmsKey", name);
    Claim { owner: OWNER.into(), address, deletion: Deletion::Retain }.tags()
}

fn ask(names: &[&str]) -> Ask {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    Ask { owner: OWNER.into(), names, ..Ask::default() }
}

fn studio() -> State {
    good(json!({
        "aliases": ["alias/ml/studio", "alias/ml/second"], "description": "Studio", "rotation": {"periodDays": 180},
        "policy": policy_of(&[statement("Use", "studio")])
    }))
}

fn class(result: Result<(), CloudError>) -> Class {
    result.expect_err("refused").class
}

#[tokio::test]
async fn a_key_is_created_by_one_call_and_is_as_wanted_after_the_next_pass() {
    let fixture = Fixture::new().await;
    let want = studio();
    let id = fixture.create("studio", &want).await;
    assert_eq!(fixture.calls(), [("CreateKey".to_owned(), 1)].into());

    fixture.pass("studio", &want).await;
    let have = fixture.one("studio").await;
    assert_eq!(diff(&want, &have.state), []);
    assert_eq!((&have.id, &have.phase, &have.tags), (&id, &Phase::Ready, &claim("studio")));
    assert_eq!(have.arn, format!("arn:aws:kms:eu-west-1:111122223333:key/{id}"));
    assert_eq!(have.state.aliases, want.aliases);
    assert_eq!(
        have.state.rotation,
        Some(super::Rotation { enabled: true, period_days: Some(180) })
    );
}

#[tokio::test]
async fn every_kind_of_difference_is_corrected_in_one_pass() {
    let fixture = Fixture::new().await;
    fixture.create("studio", &studio()).await;
    fixture.pass("studio", &studio()).await;
    for spec in [
        json!({"aliases": ["alias/ml/studio"], "rotation": {"periodDays": 90}, "description": null}),
        json!({"enabled": false, "policy": policy_of(&[statement("Other", "other")])}),
        json!({"enabled": true, "rotation": null, "aliases": []}),
        json!({"multiRegion": false, "policy": policy_of(&[])}),
    ] {
        let want = good(spec.clone());
        fixture.pass("studio", &want).await;
        let have = fixture.one("studio").await;
        assert_eq!(diff(&want, &have.state), [], "{spec}");
    }
}

#[tokio::test]
async fn observing_stays_within_the_budget() {
    let fixture = Fixture::new().await;
    for n in 0..12 {
        let name = format!("k{n}");
        let want = good(json!({"aliases": [format!("alias/{name}")]}));
        fixture.create(&name, &want).await;
        fixture.pass(&name, &want).await;
    }
    let names: Vec<_> = (0..12).map(|n| format!("k{n}")).collect();
    fixture.calls();
    let seen = fixture.observe(&ask(&names.iter().map(String::as_str).collect::<Vec<_>>())).await;
    assert_eq!(seen.len(), 12);
    let calls = fixture.calls();
    assert_eq!(calls["ListAliases"], 1);
    assert_eq!(calls.values().sum::<usize>(), 1 + 4 * 12, "{calls:?}");
}

#[tokio::test]
async fn long_lists_are_read_to_the_end() {
    let fixture = Fixture::new().await;
    // More aliases than a page holds.
    for n in 0..110 {
        let id = fixture.create(&format!("k{n}"), &good(json!({}))).await;
        let (alias, kms) = (format!("alias/n{n:03}"), &fixture.access.kms);
        kms.create_alias()
            .alias_name(alias)
            .target_key_id(id.as_str())
            .send()
            .await
            .expect("alias");
    }
    let seen = fixture.observe(&ask(&["k0", "k109"])).await;
    assert_eq!(seen.len(), 110);
    assert_eq!(fixture.calls()["ListAliases"], 2);
}

#[tokio::test]
async fn a_key_without_an_alias_is_found_before_a_create() {
    let fixture = Fixture::new().await;
    let id = fixture.create("studio", &studio()).await;
    assert_eq!(fixture.one("studio").await.id, id);
    // The manifest does not exist: no sweep.
    fixture.calls();
    assert_eq!(fixture.observe(&ask(&[])).await, []);
    assert_eq!(fixture.calls(), [("ListAliases".to_owned(), 1)].into());
}

#[tokio::test]
async fn a_key_to_be_adopted_is_read_completely_and_other_keys_are_not() {
    let fixture = Fixture::new().await;
    let want = good(json!({}));
    let id = fixture.port.create(&want, &Tags::new(), "").await.expect("created");
    fixture.port.create(&want, &Tags::new(), "").await.expect("created");
    let adopt = Ask { adopt: [id.clone()].into(), ..ask(&[]) };
    let seen = fixture.observe(&adopt).await;
    assert_eq!(seen.iter().map(|key| &key.id).collect::<Vec<_>>(), [&id]);
    assert_eq!(diff(&want, &seen[0].state), []);
}

#[tokio::test]
async fn a_key_of_others_that_has_a_wanted_alias_is_shown_without_being_read() {
    let fixture = Fixture::new().await;
    let id = fixture.port.create(&studio(), &Tags::new(), "").await.expect("created");
    let kms = &fixture.access.kms;
    kms.create_alias()
        .alias_name("alias/ml/studio")
        .target_key_id(id.as_str())
        .send()
        .await
        .expect("alias");
    fixture.calls();
    let wanted = Ask { natural_keys: natural_keys(&studio()).into_iter().collect(), ..ask(&[]) };
    let seen = fixture.observe(&wanted).await;
    assert_eq!(natural_keys(&seen[0].state), ["alias/ml/studio"]);
    assert_eq!((&seen[0].id, &seen[0].tags), (&id, &Tags::new()));
    assert!(!fixture.calls().contains_key("GetKeyPolicy"));
}

#[tokio::test]
async fn a_failed_list_makes_everything_unknown() {
    let fixture = Fixture::new().await;
    fixture.create("studio", &studio()).await;
    fixture.pass("studio", &studio()).await;
    // A key of somebody else without an alias, so that the other list is needed too.
    for (operation, names) in
        [("ListAliases", vec!["studio"]), ("ListKeys", vec!["studio", "other"])]
    {
        fixture.simulator.inject(Fault::reject(operation, "KMSInternalException", "again"));
        let error = fixture.port.observe(&ask(&names)).await.expect_err(operation);
        assert_eq!(error.class, Class::Ambiguous, "{operation}");
        fixture.simulator.clear_faults();
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_read_is_unknown_and_the_others_are_not() {
    let fixture = Fixture::new().await;
    let other = State { aliases: Some(["alias/other".to_owned()].into()), ..studio() };
    for (name, want) in [("studio", &studio()), ("other", &other)] {
        fixture.create(name, want).await;
        fixture.pass(name, want).await;
    }
    for operation in ["ListResourceTags", "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"] {
        for code in ["AccessDeniedException", "NotFoundException"] {
            fixture.simulator.inject(Fault::reject(operation, code, "no").nth(1));
            let seen = fixture.port.observe(&ask(&["studio", "other"])).await.expect(operation);
            assert_eq!((seen.whole.len(), seen.unread.len()), (1, 1), "{operation} {code}");
            let (whole, unread) = (&seen.whole[0], &seen.unread[0]);
            assert_ne!(whole.id, unread.id);
            assert_eq!(
                unread.arn.as_deref().map(|arn| arn.ends_with(unread.id.as_str())),
                Some(true)
            );
            assert_eq!(
                unread.claim("ml").is_some(),
                operation != "ListResourceTags",
                "{operation}"
            );
            fixture.simulator.clear_faults();
        }
    }
}

#[tokio::test]
async fn a_key_whose_tags_may_not_be_read_could_be_the_one_that_is_missing() {
    let fixture = Fixture::new().await;
    let id = fixture.create("studio", &studio()).await;
    fixture.pass("studio", &studio()).await;
    fixture.simulator.inject(Fault::reject("ListResourceTags", "AccessDeniedException", "no"));
    let seen = fixture.port.observe(&ask(&["studio"])).await.expect("the lists were read");
    assert_eq!((seen.whole.len(), seen.unread.len()), (0, 1));
    assert_eq!((&seen.unread[0].id, &seen.unread[0].tags), (&id, &None));
    assert_eq!(seen.unread[0].why.class, Class::Denied);
    // If nothing is missing, an unreadable key of somebody else does not matter.
    let seen = fixture.port.observe(&ask(&[])).await.expect("read");
    assert_eq!((seen.whole.len(), seen.unread.len()), (0, 0));
    // A key that was ours before does not count as somebody else's.
    let remembering = Ask { remembered: [id.clone()].into(), ..ask(&[]) };
    let seen = fixture.port.observe(&remembering).await.expect("read");
    assert_eq!(seen.unread[0].id, id);
}

#[tokio::test]
async fn a_service_that_answers_no_read_makes_the_kind_unknown() {
    let fixture = Fixture::new().await;
    for number in 0..5 {
        let alias = format!("alias/k{number}");
        fixture
            .create(&format!("k{number}"), &State { aliases: Some([alias].into()), ..studio() })
            .await;
    }
    for operation in ["ListResourceTags", "DescribeKey"] {
        fixture.simulator.inject(Fault::reject(operation, "KMSInternalException", "again"));
        let names: Vec<_> = (0..5).map(|number| format!("k{number}")).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let error = fixture.port.observe(&ask(&names)).await.expect_err(operation);
        assert_eq!(error.class, Class::Ambiguous, "{operation}");
        fixture.simulator.clear_faults();
    }
}

#[tokio::test]
async fn a_deleted_key_is_pending_and_the_next_passes_cancel_the_deletion_and_enable_it() {
    let fixture = Fixture::new().await;
    let want = studio();
    let id = fixture.create("studio", &want).await;
    fixture.pass("studio", &want).await;
    let have = fixture.one("studio").await;
    fixture.port.delete(&have, Some(&want)).await.expect("scheduled");
    fixture.port.delete(&have, None).await.expect("scheduled already");

    let gone = fixture.one("studio").await;
    assert!(is_gone(&gone.state));
    assert_eq!(
        (&gone.phase, gone.state.rotation),
        (&Phase::Restorable("PendingDeletion".into()), None)
    );
    assert_eq!(operations(&fixture.pass("studio", &want).await), ["CancelKeyDeletion"]);
    assert_eq!(operations(&fixture.pass("studio", &want).await), ["EnableKey"]);
    let back = fixture.one("studio").await;
    assert_eq!((&back.id, diff(&want, &back.state)), (&id, vec![]));
}

#[tokio::test]
async fn deletion_waits_as_long_as_the_tombstone_says_or_thirty_days() {
    let fixture = Fixture::new().await;
    for (name, spec, days) in [("a", json!({"deletionWindowDays": 7}), 7), ("b", json!({}), 30)] {
        let want = good(spec);
        fixture.create(name, &want).await;
        let have = fixture.one(name).await;
        let tombstone = (days == 7).then_some(&want);
        fixture.port.delete(&have, tombstone).await.expect("scheduled");
        let key =
            fixture.access.kms.describe_key().key_id(have.id.as_str()).send().await.expect("key");
        let metadata = key.key_metadata.expect("metadata");
        let created = metadata.creation_date.expect("created").as_secs_f64();
        let waits = (metadata.deletion_date.expect("a date").as_secs_f64() - created) / 86_400.0;
        assert_eq!(waits.round(), f64::from(days));
    }
}

#[tokio::test]
async fn a_create_whose_answer_is_lost_is_not_repeated_and_its_key_is_found() {
    let fixture = Fixture::new().await;
    fixture.simulator.inject(Fault::lose_answer("CreateKey"));
    let error = fixture.port.create(&studio(), &claim("studio"), "").await.expect_err("lost");
    assert!(error.class.may_have_happened(), "{error}");
    assert_eq!(fixture.calls()["CreateKey"], 1);
    fixture.simulator.clear_faults();
    fixture.one("studio").await;
}

#[tokio::test]
async fn an_alias_moves_between_our_keys_and_never_from_anybody_else() {
    let fixture = Fixture::new().await;
    let old = good(json!({}));
    let new = good(json!({"aliases": ["alias/shared"]}));
    let old_id = fixture.create("old", &old).await;
    fixture.create("new", &new).await;
    let kms = &fixture.access.kms;
    kms.create_alias()
        .alias_name("alias/shared")
        .target_key_id(old_id.as_str())
        .send()
        .await
        .expect("alias");

    let wanted = Ask { natural_keys: ["alias/shared".to_owned()].into(), ..ask(&["old", "new"]) };
    let seen = fixture.observe(&wanted).await;
    let have = seen.iter().find(|key| key.id != old_id).expect("the new key");
    let changes = diff(&new, &have.state);
    assert_eq!(operations(&changes), ["UpdateAlias"]);
    assert_eq!(changes[0].summary, format!("move alias/shared from key {old_id}"));

    // Meanwhile somebody points it to a key that is not ours.
    let unclaimed = fixture.port.create(&old, &Tags::new(), "").await.expect("created");
    let point =
        |id: &PhysicalId| kms.update_alias().alias_name("alias/shared").target_key_id(id.as_str());
    point(&unclaimed).send().await.expect("moved");
    assert_eq!(class(fixture.port.change(have, &changes[0]).await), Class::Busy);
    let create = of_alias(Verb::Add, "kms:CreateAlias", "alias/shared");
    assert_eq!(class(fixture.port.change(have, &create).await), Class::Duplicate);
    let delete = of_alias(Verb::Remove, "kms:DeleteAlias", "alias/shared");
    fixture.port.change(have, &delete).await.expect("not ours to delete");
    point(&old_id).send().await.expect("the alias is still there");

    fixture.port.change(have, &changes[0]).await.expect("moved");
    let seen = fixture.observe(&wanted).await;
    let have = seen.iter().find(|key| key.id != old_id).expect("the new key");
    assert_eq!(diff(&new, &have.state), []);
}

#[tokio::test]
async fn repeated_changes_are_harmless() {
    let fixture = Fixture::new().await;
    let want = studio();
    fixture.create("studio", &want).await;
    let have = fixture.one("studio").await;
    let changes = diff(&want, &have.state);
    for change in changes.iter().chain(&changes) {
        fixture.port.change(&have, change).await.expect("changed");
    }
    assert_eq!(diff(&want, &fixture.one("studio").await.state), []);
    let delete = of_alias(Verb::Remove, "kms:DeleteAlias", "alias/ml/second");
    fixture.port.change(&have, &delete).await.expect("deleted");
    fixture.port.change(&have, &delete).await.expect("deleted already");
}

#[tokio::test]
async fn tags_are_set_and_removed() {
    let fixture = Fixture::new().await;
    fixture.create("studio", &studio()).await;
    let have = fixture.one("studio").await;
    let tags = |body| Edit::of_tags("tags", "tag".to_owned(), body);
    let set = tags(EditBody::Tag([("team".to_owned(), "ml".to_owned())].into()));
    fixture.port.change(&have, &set).await.expect("tagged");
    assert_eq!(fixture.observe(&ask(&["studio"])).await[0].tags["team"], "ml");
    let unset = tags(EditBody::Untag(vec!["team".to_owned()]));
    fixture.port.change(&have, &unset).await.expect("untagged");
    assert_eq!(fixture.one("studio").await.tags, claim("studio"));
}

#[tokio::test]
async fn a_deleted_role_in_the_policy_is_drift_that_cannot_be_written_until_the_role_exists() {
    let fixture = Fixture::new().await;
    let want = studio();
    fixture.create("studio", &want).await;
    fixture.pass("studio", &want).await;
    fixture
        .simulator
        .with(|world| world.kms.delete_principal("arn:aws:iam::111122223333:role/studio"));
    let have = fixture.one("studio").await;
    let changes = diff(&want, &have.state);
    assert_eq!(operations(&changes), ["PutKeyPolicy"]);
    let error = fixture.port.change(&have, &changes[0]).await.expect_err("refused");
    assert_eq!(error.class, Class::Rejected);
    assert!(
        error.message.contains("every role and user that the policy names must exist"),
        "{error}"
    );
}

#[tokio::test]
async fn keys_that_do_not_rotate_and_keys_of_aws_cause_no_errors() {
    let fixture = Fixture::new().await;
    let want = good(json!({"keySpec": "ECC_NIST_P256", "keyUsage": "SIGN_VERIFY"}));
    fixture.create("signing", &want).await;
    // Creates the key that AWS manages for EBS.
    fixture.access.kms.describe_key().key_id("alias/aws/ebs").send().await.expect("managed key");
    let have = fixture.one("signing").await;
    assert_eq!((have.state.rotation, diff(&want, &have.state)), (None, vec![]));
}

#[tokio::test]
async fn an_impossible_change_is_rejected_without_a_call() {
    let fixture = Fixture::new().await;
    fixture.create("studio", &studio()).await;
    let have = fixture.one("studio").await;
    let want = good(json!({"multiRegion": true}));
    fixture.calls();
    let changes = diff(&want, &have.state);
    let change = changes.last().expect("a change");
    assert_eq!(class(fixture.port.change(&have, change).await), Class::Rejected);
    assert_eq!(fixture.calls(), BTreeMap::new());
}

#[tokio::test]
async fn a_reader_creates_nothing() {
    let fixture = Fixture::new().await;
    let config = fixture.simulator.sdk_config("111122223333", "eu-west-1");
    let access = Connection::new(config, Guard::read_only()).access(scope(), None).await;
    let error = table()
        .connect(&access)
        .create(&json!(studio()), &claim("studio"), "")
        .await
        .expect_err("refused");
    assert_eq!(error.class, Class::Refused);
    assert_eq!(fixture.calls(), BTreeMap::new());
}
