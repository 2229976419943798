//! The port against the simulator, through the real SDK.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use super::{diff, good, is_gone, natural_keys, operations, policy_of, scope, statement};
use crate::{
    aws::{Access, Brake, Connection, Guard},
    kind::{
        Ask, Class, CloudError, Look, Seen,
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
    let Phase::Restorable { state, until: Some(_) } = &gone.phase else { panic!("{gone:?}") };
    assert_eq!((state.as_str(), gone.state.rotation), ("PendingDeletion", None));
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

fn naming(names: &[&str], fields: &[&str]) -> Ask {
    let fields: std::collections::BTreeSet<String> =
        fields.iter().map(|field| (*field).to_owned()).collect();
    let named = names.iter().map(|name| ((*name).to_owned(), fields.clone())).collect();
    Ask { named, ..ask(names) }
}

impl Fixture {
    fn grant(&self, key: &PhysicalId, to: &str, retiring: Option<&str>) -> String {
        let mut input = json!({
            "KeyId": key.as_str(), "GranteePrincipal": to, "Operations": ["Decrypt"],
        });
        if let Some(retiring) = retiring {
            input["RetiringPrincipal"] = json!(retiring);
        }
        let made = self
            .simulator
            .with(|world| world.act("111122223333", "eu-west-1", "kms", "CreateGrant", &input));
        made.expect("a grant")["GrantId"].as_str().expect("an id").to_owned()
    }
}

const FOREIGN: &str = "arn:aws:iam::444455556666:role/reader";

#[tokio::test]
async fn grants_are_read_only_for_a_key_whose_manifest_names_them_and_only_foreign_ones_are_shown()
{
    let fixture = Fixture::new().await;
    let key = fixture.create("studio", &studio()).await;
    fixture.create("data", &good(json!({"policy": policy_of(&[])}))).await;
    let foreign = fixture.grant(&key, FOREIGN, None);
    fixture.grant(&key, "arn:aws:iam::111122223333:role/studio", None);
    let volume = "arn:aws:sts::444455556666:assumed-role/aws:ec2-infrastructure/i-0abc";
    fixture.grant(&key, volume, None);
    fixture.calls();
    fixture.observe(&ask(&["studio", "data"])).await;
    assert_eq!(fixture.calls().get("ListGrants"), None);

    let seen = fixture.observe(&naming(&["studio"], &["foreignGrants"])).await;
    assert_eq!(fixture.calls().get("ListGrants"), Some(&1), "one key, one page");
    let read: Vec<_> = seen.iter().filter_map(|key| key.state.foreign_grants.as_ref()).collect();
    assert_eq!(read, [&json!({&foreign: {"to": FOREIGN, "operations": ["Decrypt"]}})]);
}

#[tokio::test]
async fn a_hundred_grants_and_one_are_read_in_two_calls() {
    let fixture = Fixture::new().await;
    let key = fixture.create("studio", &studio()).await;
    for number in 0..101 {
        fixture.grant(&key, &format!("{FOREIGN}-{number}"), None);
    }
    fixture.calls();
    let seen = fixture.observe(&naming(&["studio"], &["foreignGrants"])).await;
    assert_eq!(fixture.calls().get("ListGrants"), Some(&2));
    let grants = seen[0].state.foreign_grants.as_ref().and_then(Value::as_object);
    assert_eq!(grants.map(serde_json::Map::len), Some(101));
}

#[tokio::test]
async fn a_foreign_grant_is_revoked_by_one_call_and_one_that_is_gone_is_no_error() {
    let fixture = Fixture::new().await;
    let key = fixture.create("studio", &studio()).await;
    fixture.grant(&key, FOREIGN, None);
    let own = fixture.grant(&key, "arn:aws:iam::111122223333:role/studio", None);
    let asked = naming(&["studio"], &["foreignGrants"]);
    let have = fixture.observe(&asked).await.remove(0);
    let want = State { foreign_grants: Some(json!([])), ..have.state.clone() };
    let edits = diff(&want, &have.state);
    assert_eq!(operations(&edits), ["RevokeGrant"]);
    fixture.port.change(&have, &edits[0]).await.expect("revoked");
    let seen = fixture.observe(&asked).await.remove(0);
    assert_eq!(seen.state.foreign_grants, Some(json!({})));
    fixture.port.change(&have, &edits[0]).await.expect("gone already");
    let left = fixture.access.kms.list_grants().key_id(key.as_str()).send().await.expect("grants");
    let left: Vec<_> = left.grants().iter().filter_map(|grant| grant.grant_id()).collect();
    assert_eq!(left, [own.as_str()]);
}

#[tokio::test]
async fn grants_that_may_not_be_read_are_unknown_and_the_rest_of_the_key_is_not() {
    let fixture = Fixture::new().await;
    let key = fixture.create("studio", &studio()).await;
    fixture.grant(&key, FOREIGN, None);
    fixture.simulator.inject(Fault::new("ListGrants", crate::simulator::Effect::Deny));
    let seen = fixture.observe(&naming(&["studio"], &["foreignGrants"])).await.remove(0);
    assert_eq!(seen.state.foreign_grants, None);
    assert_eq!(seen.state.description.as_deref(), Some("Studio"));
}

/// What the audit finds: rule and subject.
async fn audited(fixture: &Fixture) -> Vec<(&'static str, String)> {
    let audit = table().doctor.audit.expect("an audit");
    let (window, seen) = (Duration::from_hours(1), Seen::default());
    let look = Look { access: &fixture.access, window, seen: &seen };
    let found = (audit.look)(&look).await.expect("audited").breaches;
    found.into_iter().map(|breach| (breach.rule, breach.subject)).collect()
}

#[tokio::test]
async fn an_audit_finds_foreign_grants_on_every_customer_managed_key() {
    let fixture = Fixture::new().await;
    let key = fixture.create("studio", &studio()).await;
    fixture.access.kms.describe_key().key_id("alias/aws/ebs").send().await.expect("managed key");
    assert_eq!(audited(&fixture).await, []);
    fixture.grant(&key, FOREIGN, None);
    // One that a service retires is no drift, and is shown.
    fixture.grant(&key, FOREIGN, Some("fsx.amazonaws.com"));
    // The claim is not this installation's: the fixture's has no name.
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{key}");
    let mut found = audited(&fixture).await;
    found.sort();
    assert_eq!(found, [("KEY-01", arn.clone()), ("KEY-05", arn)]);
}

#[tokio::test]
async fn an_audit_finds_material_that_expires_and_material_that_is_missing() {
    let fixture = Fixture::new().await;
    let made = fixture.access.kms.create_key().origin("EXTERNAL".into()).send().await;
    let id = made.expect("a key").key_metadata.expect("its data").key_id;
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
    assert_eq!(audited(&fixture).await, [("KEY-04", arn.clone())]);
    let import = json!({"KeyId": id, "ValidTo": 1_800_000_000.0});
    let imported = fixture.simulator.with(|world| {
        world.act("111122223333", "eu-west-1", "kms", "SimulatorImportMaterial", &import)
    });
    imported.expect("imported");
    assert_eq!(audited(&fixture).await, [("KEY-03", arn)]);
}

#[tokio::test]
async fn a_replica_is_made_in_the_primary_keys_region_with_its_own_policy_and_claim() {
    let fixture = Fixture::new().await;
    let primary = fixture.create("studio", &good(json!({"multiRegion": true}))).await;
    let there =
        crate::kind::ScopeFacts { name: "there".into(), region: "eu-central-1".into(), ..scope() };
    let config = fixture.simulator.sdk_config(&there.account, &there.region);
    let connection = Connection::new(config, Guard::writing(Brake::default()));
    let access = connection.access(there, None).await;
    let port: Port<State> = Port::new(table().connect(&access));
    let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{primary}");
    let want = State {
        replica_of: Some(arn.clone()),
        key_spec: None,
        key_usage: None,
        origin: None,
        ..good(json!({"policy": policy_of(&[statement("Use", "there")]), "description": "Copy"}))
    };
    let address = Address::new("there", "KmsKey", "copy");
    let tags = Claim { owner: OWNER.into(), address, deletion: Deletion::Retain }.tags();
    let id = port.create(&want, &tags, "").await.expect("a replica");
    assert_eq!(id, primary);
    let asked = Ask { owner: OWNER.into(), names: ["copy".to_owned()].into(), ..Ask::default() };
    let have = port.observe(&asked).await.expect("seen").whole.remove(0);
    assert_eq!(diff(&want, &have.state), []);
    assert_eq!(have.state.replica_of.as_ref(), Some(&arn));
    assert_eq!(have.state.notes, [format!("a replica of {arn}")]);
    assert_eq!(have.state.rotation, None, "its rotation is the primary key's");
    // A second one is refused.
    assert!(port.create(&want, &tags, "").await.is_err());

    let seen = fixture.one("studio").await;
    let replica = format!("arn:aws:kms:eu-central-1:111122223333:key/{primary}");
    assert_eq!(seen.state.notes, [format!("the primary key of {replica}")]);
    let obstacles = table().connect(&fixture.access);
    let live = json!(seen.state);
    let erased = Observed {
        state: live,
        id: seen.id.clone(),
        arn: seen.arn.clone(),
        tags: seen.tags.clone(),
        phase: seen.phase.clone(),
    };
    let in_the_way = obstacles.obstacles(&erased, None).await.expect("read");
    assert_eq!(in_the_way, [format!("replica {replica}")]);
}
