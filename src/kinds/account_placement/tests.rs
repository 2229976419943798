//! The specification of accounts' places, in sentences.

use serde_json::{Value, json};

use super::{NAME, table};
use crate::{
    kind::{
        Invalid, Known, LookupItem, LookupKind, Refs, ScopeFacts,
        erased::{Edit, ErasedKind as _, Move},
    },
    model::{Disruption, Seen},
    operations,
};

fn scope() -> ScopeFacts {
    ScopeFacts {
        name: "org".into(),
        account: "999988887777".into(),
        region: "us-east-1".into(),
        partition: "aws".into(),
    }
}

fn resolve(spec: &Value) -> Result<Value, Vec<Invalid>> {
    let place = |id: &str, name: &str| LookupItem {
        id: id.into(),
        name: Some(name.into()),
        ..LookupItem::default()
    };
    let places = vec![place("r-ab12", "root"), place("ou-ab12-11111111", "/Workloads/ML")];
    let (scope, mut known) = (scope(), Known::default());
    known.lookups.insert(("org".to_owned(), LookupKind::OrganizationalUnit), Seen::All(places));
    let mut refs = Refs::new(&scope, "ml", &known);
    table().resolve(spec, &mut refs).map(|resolved| resolved.state)
}

fn unit(text: &str) -> Value {
    resolve(&json!({"unit": text})).expect("a place")["unit"].clone()
}

fn edits(from: &str, to: &str) -> Vec<Edit> {
    let state = |unit: &str| json!({"unit": unit, "partition": "aws", "account": "999988887777"});
    table().diff(&state(to), &state(from)).expect("states")
}

#[test]
fn a_place_is_the_root_a_path_or_an_id() {
    assert_eq!(unit("root"), "r-ab12");
    assert_eq!(unit("ou:/Workloads/ML"), "ou-ab12-11111111");
    assert_eq!(unit("ou-ab12-22222222"), "ou-ab12-22222222");
    assert_eq!(unit("r-ab12"), "r-ab12");
}

#[test]
fn what_is_no_place_for_an_account_is_refused() {
    for wrong in ["111122223333", "Workloads", "ou:Workloads", "ou:/", "ou-1", ""] {
        let problems = resolve(&json!({"unit": wrong})).expect_err("refused");
        assert_eq!(problems.len(), 1, "{wrong}: {problems:?}");
        assert_eq!(problems[0].field, "unit");
    }
    assert!(resolve(&json!({})).is_err(), "nothing is said");
    assert!(resolve(&json!({"unit": null})).is_err());
}

#[test]
fn a_move_is_one_call_that_opens_and_closes_and_interrupts() {
    let edits = edits("ou-ab12-11111111", "ou-ab12-22222222");
    assert_eq!(edits.len(), 1);
    assert_eq!(edits[0].summary, "move the account from ou-ab12-11111111 to ou-ab12-22222222");
    let risk = edits[0].risk;
    assert!(risk.opens && risk.closes);
    assert_eq!(risk.disrupts, Disruption::Connections);
    let (from, to) = ("ou-ab12-11111111".to_owned(), "ou-ab12-22222222".to_owned());
    assert_eq!(table().moved(&edits).expect("edits"), Some(Move { from, to }));
    assert_eq!(table().moved(&[]).expect("none"), None);
}

#[test]
fn an_account_is_neither_created_nor_closed_nor_removed() {
    let state = resolve(&json!({"unit": "root"})).expect("a state");
    assert!(table().risk_of_creating(&state).expect("a state").impossible);
    let calls = operations::all().filter(|row| row.kind == Some(NAME) && row.is_mutating());
    assert_eq!(calls.map(|row| row.name).collect::<Vec<_>>(), ["MoveAccount"]);
    for never in ["CreateAccount", "CloseAccount", "RemoveAccountFromOrganization"] {
        assert_eq!(operations::find("organizations", never), None, "{never}");
    }
}

#[test]
fn the_example_names_every_field() {
    let text =
        include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/account-placement.yaml"));
    crate::kind::table::tests::examples::names_every_field(&table(), text);
}

#[cfg(feature = "simulator")]
mod port {
    use super::*;
    use crate::{
        aws::{Access, Brake, Connection, Guard},
        kind::{Ask, Class, erased::ErasedPort},
        model::{Observed, PhysicalId},
        simulator::Simulator,
    };

    const ACCOUNT: &str = "111122223333";

    struct Fixture {
        simulator: Simulator,
        access: Access,
        root: String,
        unit: String,
    }

    impl Fixture {
        async fn new() -> Self {
            let simulator = Simulator::default();
            let config = simulator.sdk_config("999988887777", "us-east-1");
            let connection = Connection::new(config, Guard::writing(Brake::default()));
            let access = connection.access(scope(), None).await;
            let mut fixture = Self { simulator, access, root: String::new(), unit: String::new() };
            let roots = fixture.act("ListRoots", &json!({}));
            fixture.root = roots["Roots"][0]["Id"].as_str().expect("an id").to_owned();
            let unit = json!({"ParentId": fixture.root, "Name": "ML"});
            let unit = fixture.act("CreateOrganizationalUnit", &unit);
            fixture.unit = unit["OrganizationalUnit"]["Id"].as_str().expect("an id").to_owned();
            fixture.simulator.clear_calls();
            fixture
        }

        fn act(&self, operation: &str, input: &Value) -> Value {
            let act = |world: &mut crate::simulator::World| {
                world.act("999988887777", "us-east-1", "organizations", operation, input)
            };
            self.simulator.with(act).expect("answered")
        }

        fn port(&self) -> Box<dyn ErasedPort> {
            table().connect(&self.access)
        }

        async fn seen(&self) -> Observed<Value> {
            let adopt = [PhysicalId::from(ACCOUNT)].into();
            let ask = Ask { owner: "o".into(), adopt, ..Ask::default() };
            let mut seen = self.port().observe(&ask).await.expect("observed").whole;
            assert_eq!(seen.len(), 1, "only what is adopted");
            seen.remove(0)
        }

        fn calls(&self) -> Vec<String> {
            let calls = self.simulator.calls().into_iter().map(|call| call.operation).collect();
            self.simulator.clear_calls();
            calls
        }
    }

    #[tokio::test]
    async fn the_list_of_accounts_says_where_each_is_and_nothing_more_is_read() {
        let fixture = Fixture::new().await;
        assert_eq!(fixture.seen().await.state["unit"], json!(fixture.root));
        assert_eq!(fixture.calls(), ["ListAccounts"]);
        // A partition whose list has no paths.
        fixture.simulator.with(|world| world.organizations.behavior.without_paths = true);
        assert_eq!(fixture.seen().await.state["unit"], json!(fixture.root));
        assert_eq!(fixture.calls(), ["ListAccounts", "ListParents"]);
    }

    #[tokio::test]
    async fn an_account_is_moved_from_where_it_was_seen_and_from_nowhere_else() {
        let fixture = Fixture::new().await;
        let have = fixture.seen().await;
        let moving = edits(&fixture.root, &fixture.unit);
        fixture.port().edit(&have, &moving).await.expect("moved");
        assert_eq!(fixture.seen().await.state["unit"], json!(fixture.unit));
        // It is there already.
        fixture.port().edit(&have, &moving).await.expect("there");
        let other = fixture
            .act("CreateOrganizationalUnit", &json!({"ParentId": fixture.root, "Name": "Other"}));
        let other = other["OrganizationalUnit"]["Id"].as_str().expect("an id").to_owned();
        let stale = edits(&fixture.root, &other);
        let error = fixture.port().edit(&have, &stale).await.expect_err("refused");
        assert_eq!(error.class, Class::Busy, "{error}");
        assert_eq!(fixture.seen().await.state["unit"], json!(fixture.unit));
    }

    #[tokio::test]
    async fn a_move_says_what_is_attached_above_both_places() {
        let fixture = Fixture::new().await;
        let deny = json!({"Version": "2012-10-17", "Statement": [
            {"Sid": "No", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]});
        let policy = json!({
            "Name": "guard", "Description": "", "Type": "SERVICE_CONTROL_POLICY",
            "Content": deny.to_string(),
        });
        let made = fixture.act("CreatePolicy", &policy);
        let id = made["Policy"]["PolicySummary"]["Id"].as_str().expect("an id").to_owned();
        fixture.act("AttachPolicy", &json!({"PolicyId": id, "TargetId": fixture.unit}));
        let moving = crate::aws::lookup::moving(&fixture.access, &fixture.root, &fixture.unit);
        let moving = moving.await.expect("read");
        assert!(moving.lost().is_empty());
        let gained: Vec<_> = moving.gained().iter().map(|it| it.name.clone()).collect();
        assert_eq!(gained, ["guard"]);
        assert!(moving.gained()[0].document.is_some());
        let back = crate::aws::lookup::moving(&fixture.access, &fixture.unit, &fixture.root);
        let back = back.await.expect("read");
        assert_eq!(back.lost().len(), 1);
        assert!(back.gained().is_empty());
    }
}
