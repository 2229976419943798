//! The port through the real SDK, against the simulator.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::tests::{examples, merge, scope};
use crate::{
    aws::{Brake, Connection, Guard},
    kind::{
        Ask, Class, CloudError, Known, KnownResource, LookupItem, LookupKind, Population, Refs,
        erased::{Edit, EditBody, ErasedKind as _, ErasedPort},
        table::{FAILURE, get},
    },
    kinds::sagemaker_domain::table,
    model::{Address, Claim, Deletion, Observed, Phase, PhysicalId, Seen, Tags},
    simulator::{Fault, Options, Simulator},
};

const ROLE: &str = "arn:aws:iam::111122223333:role/studio";

struct Fixture {
    aws: Simulator,
    others: aws_sdk_sagemaker::Client,
    port: Box<dyn ErasedPort>,
}

impl Fixture {
    async fn new() -> Self {
        let aws = Simulator::new(Options::default());
        let config = aws.sdk_config("111122223333", "eu-west-1");
        // Changes by others bypass the guard, which knows only palisade's own operations.
        let others = aws_sdk_sagemaker::Client::new(&config);
        let connection = Connection::new(config, Guard::writing(Brake::default()));
        let access = connection.access(scope(), None).await;
        let port = table().connect(&access);
        Self { aws, others, port }
    }

    async fn create(&self, want: &Value, name: &str) -> PhysicalId {
        let id = self.port.create(want, &claim(name), "token").await.expect("created");
        pass().await;
        id
    }

    async fn observe(&self) -> Vec<Observed<Value>> {
        let ask = Ask { owner: "ml".into(), ..Ask::default() };
        self.port.observe(&ask).await.expect("observed").whole
    }

    async fn only(&self) -> Observed<Value> {
        let mut all = self.observe().await;
        assert_eq!(all.len(), 1);
        all.pop().expect("one")
    }

    /// Makes the changes of one call and lets AWS finish them.
    async fn change(&self, changes: &[Edit]) -> Result<(), CloudError> {
        let have = self.only().await;
        let made = self.port.edit(&have, changes).await;
        pass().await;
        made
    }

    fn calls(&self, operation: &str) -> Vec<Value> {
        let calls = self.aws.calls().into_iter();
        calls.filter(|call| call.operation == operation).map(|call| call.input).collect()
    }

    /// A user with a running app.
    async fn app(&self, domain: &PhysicalId, user: &str) {
        let aws = &self.others;
        let profile = aws.create_user_profile().domain_id(domain.as_str());
        let profile = profile
            .user_profile_name(user)
            .single_sign_on_user_identifier("UserName")
            .single_sign_on_user_value(user);
        profile.send().await.expect("a profile");
        let app = aws.create_app().domain_id(domain.as_str()).user_profile_name(user);
        let app = app.app_type("JupyterLab".into()).app_name("default");
        app.send().await.expect("an app");
    }
}

fn claim(name: &str) -> Tags {
    let address = Address::new("prod", "SageMakerDomain", name);
    Claim { owner: "ml".into(), address, deletion: Deletion::Retain }.tags()
}

async fn pass() {
    tokio::time::advance(Duration::from_secs(2)).await;
}

/// Everything that the examples refer to.
fn known() -> Known {
    let resource = |kind: &str, name: &str, id: &str| {
        let arn = format!("arn:aws:kms:eu-west-1:111122223333:key/{id}");
        let known = KnownResource { id: id.into(), arn };
        (Address::new("prod", kind, name), known)
    };
    let item = |id: &str, key: &str, value: &str| LookupItem {
        id: id.into(),
        tags: [(key.to_owned(), value.to_owned())].into(),
        ..LookupItem::default()
    };
    let subnets = vec![
        item("subnet-10000000", "tier", "private"),
        item("subnet-20000000", "tier", "private"),
    ];
    let lookup = |kind, items| (("prod".to_owned(), kind), Seen::All(items));
    Known {
        resources: [
            resource("KmsKey", "studio", "12345678-1234-1234-1234-123456789012"),
            resource("SecurityGroup", "studio-apps", "sg-10000000"),
        ]
        .into(),
        lookups: [
            lookup(LookupKind::Vpc, vec![item("vpc-10000000", "Name", "ml")]),
            lookup(LookupKind::Subnet, subnets),
        ]
        .into(),
        ..Known::default()
    }
}

fn want(spec: Value) -> Value {
    let (scope, known) = (scope(), known());
    let mut refs = Refs::new(&scope, "studio", &known);
    let want = table().resolve(&spec, &mut refs).expect("a valid spec");
    assert!(refs.finish().waiting().is_empty());
    want.state
}

fn diff(want: &Value, have: &Value) -> Vec<Edit> {
    table().diff(want, have).expect("states")
}

fn text<'s>(state: &'s Value, path: &str) -> Option<&'s str> {
    get(state.as_object().expect("a state"), path).as_str()
}

fn studio(changes: Value) -> Value {
    let mut spec = json!({
        "authMode": "SSO", "vpc": "vpc-10000000", "subnets": ["subnet-10000000", "subnet-20000000"],
        "defaultUserSettings": {"executionRole": ROLE, "securityGroups": ["sg-10000000"]},
    });
    merge(&mut spec, changes);
    want(spec)
}

#[tokio::test(start_paused = true)]
async fn the_examples_are_created_in_one_call_and_leave_nothing_to_do() {
    for spec in examples::specs() {
        let (fixture, want) = (Fixture::new().await, want(spec));
        let id = fixture.port.create(&want, &claim("studio"), "").await.expect("created");
        assert_eq!(fixture.only().await.phase, Phase::Settling("Pending".into()));
        pass().await;
        let have = fixture.only().await;
        assert_eq!((&have.id, &have.phase), (&id, &Phase::Ready));
        assert_eq!(have.tags, claim("studio"));
        assert_eq!(diff(&want, &have.state), []);
        let written = fixture.aws.calls().into_iter().filter(|call| call.mutating).count();
        assert_eq!(written, 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_is_created_as_vpc_only_unless_the_manifest_says_otherwise() {
    let fixture = Fixture::new().await;
    fixture.create(&studio(json!({})), "studio").await;
    assert_eq!(text(&fixture.only().await.state, "appNetworkAccessType"), Some("VpcOnly"));
}

#[tokio::test(start_paused = true)]
async fn the_edits_turn_one_manifest_into_the_other_and_back() {
    let fixture = Fixture::new().await;
    let rich = json!({
        "tagPropagation": "ENABLED", "subnets": ["subnet-20000000", "subnet-30000000"],
        "appNetworkAccessType": "PublicInternetOnly",
        "defaultUserSettings": {
            "securityGroups": ["sg-10000000", "sg-30000000"],
            "studioWebPortal": "DISABLED", "defaultLandingUri": "app:JupyterServer:",
            "jupyterLabAppSettings": {
                "lifecycleConfigArns": ["arn:aws:sagemaker:eu-west-1:1:studio-lifecycle-config/x"],
                "defaultResourceSpec": {
                    "instanceType": "ml.m5.large",
                    "lifecycleConfigArn": "arn:aws:sagemaker:eu-west-1:1:studio-lifecycle-config/x"},
            },
        },
        "domainSettings": {
            "executionRoleIdentityConfig": "USER_PROFILE_NAME",
            "trustedIdentityPropagation": "ENABLED",
            "dockerSettings": {"vpcOnlyTrustedAccounts": ["111122223333"]},
        },
    });
    let plain = json!({
        "tagPropagation": "DISABLED", "appNetworkAccessType": "VpcOnly",
        "defaultUserSettings": {
            "securityGroups": ["sg-10000000"],
            "studioWebPortal": "ENABLED", "defaultLandingUri": "studio::",
            "jupyterLabAppSettings": {
                "lifecycleConfigArns": [],
                "defaultResourceSpec": {"instanceType": "ml.t3.medium", "lifecycleConfigArn": null},
            },
        },
        "domainSettings": {
            "executionRoleIdentityConfig": "DISABLED",
            "trustedIdentityPropagation": "DISABLED",
            "dockerSettings": {"vpcOnlyTrustedAccounts": []},
        },
    });
    fixture.create(&studio(json!({})), "studio").await;
    for want in [studio(rich), studio(plain)] {
        let changes = diff(&want, &fixture.only().await.state);
        let calls = table().calls(&changes).expect("edits");
        assert_eq!(calls.len(), 2);
        for call in calls {
            fixture.change(call).await.expect("changed");
        }
        assert_eq!(diff(&want, &fixture.only().await.state), []);
    }
}

#[tokio::test(start_paused = true)]
async fn running_apps_delay_only_what_aws_refuses_and_are_named() {
    let fixture = Fixture::new().await;
    let id = fixture.create(&studio(json!({})), "studio").await;
    fixture.app(&id, "alice").await;
    let want = studio(json!({
        "tagPropagation": "ENABLED", "subnets": ["subnet-20000000"],
        "domainSettings": {"executionRoleIdentityConfig": "USER_PROFILE_NAME"},
    }));
    let have = fixture.only().await;
    let changes = diff(&want, &have.state);
    let calls = table().calls(&changes).expect("edits");
    let [open, gated] = calls[..] else { panic!("{calls:?}") };
    let named = fixture.port.obstacles(&have, Some(&gated[0])).await;
    assert_eq!(named, Ok(vec!["app alice/JupyterLab/default (InService)".to_owned()]));
    assert_eq!(fixture.port.obstacles(&have, Some(&open[0])).await, Ok(vec![]));
    assert_eq!(fixture.change(open).await, Ok(()));
    assert_eq!(fixture.change(gated).await.expect_err("refused").class, Class::Blocked);

    let app = fixture.others.delete_app().domain_id(id.as_str());
    let app = app.user_profile_name("alice").app_type("JupyterLab".into()).app_name("default");
    app.send().await.expect("deleted");
    pass().await;
    assert_eq!(fixture.port.obstacles(&have, Some(&gated[0])).await, Ok(vec![]));
    assert_eq!(fixture.change(gated).await, Ok(()));
    assert_eq!(diff(&want, &fixture.only().await.state), []);
}

#[tokio::test(start_paused = true)]
async fn a_guardrail_that_requires_the_network_gets_it_unchanged() {
    let fixture = Fixture::new().await;
    fixture.create(&studio(json!({})), "studio").await;
    let change = diff(&studio(json!({"tagPropagation": "ENABLED"})), &fixture.only().await.state);
    let denial = "with an explicit deny in a service control policy";
    fixture.aws.inject(Fault::reject("UpdateDomain", "AccessDeniedException", denial).nth(1));
    assert_eq!(fixture.change(&change).await, Ok(()));
    let sent = fixture.calls("UpdateDomain");
    let network =
        |call: &Value| json!([call["AppNetworkAccessType"], call["VpcId"], call["SubnetIds"]]);
    assert_eq!(network(&sent[0]), json!([null, null, ["subnet-10000000", "subnet-20000000"]]));
    assert_eq!(
        network(&sent[1]),
        json!(["VpcOnly", "vpc-10000000", ["subnet-10000000", "subnet-20000000"]])
    );
    assert_eq!(text(&fixture.only().await.state, "tagPropagation"), Some("ENABLED"));

    fixture.aws.clear_calls();
    fixture.aws.inject(Fault::reject("UpdateDomain", "AccessDeniedException", "no permission"));
    let again = studio(json!({"tagPropagation": "DISABLED"}));
    let change = diff(&again, &fixture.only().await.state);
    assert_eq!(fixture.change(&change).await.expect_err("denied").class, Class::Denied);
    assert_eq!(fixture.calls("UpdateDomain").len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_create_is_sent_once_however_it_fails() {
    for (fault, class) in [
        (Fault::throttle("CreateDomain"), Class::Throttled),
        (Fault::lose_answer("CreateDomain"), Class::Ambiguous),
        (Fault::reject("CreateDomain", "ResourceInUse", "busy"), Class::Busy),
        (Fault::reject("CreateDomain", "ResourceLimitExceeded", "full"), Class::Limit),
    ] {
        let fixture = Fixture::new().await;
        fixture.aws.inject(fault);
        let error = fixture.port.create(&studio(json!({})), &claim("studio"), "").await;
        assert_eq!(error.expect_err("failed").class, class);
        assert_eq!(fixture.calls("CreateDomain").len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_tags_of_other_domains_are_read() {
    let fixture = Fixture::new().await;
    for (name, owner) in [("ours", "ml"), ("theirs", "other"), ("named", "other"), ("adopted", "")]
    {
        let want = studio(json!({"domainName": name}));
        let mut tags = claim(name);
        tags.insert(crate::model::claim::OWNER_TAG.into(), owner.into());
        let tags = if owner.is_empty() { Tags::new() } else { tags };
        fixture.port.create(&want, &tags, "").await.expect("created");
    }
    let everything = Ask {
        owner: "ml".into(),
        natural_keys: ["ours", "theirs", "named", "adopted"].map(str::to_owned).into(),
        ..Ask::default()
    };
    let all = fixture.port.observe(&everything).await.expect("all").whole;
    let id = |name: &str| {
        let is = |live: &&Observed<Value>| text(&live.state, "domainName") == Some(name);
        all.iter().find(is).expect("it is there").id.clone()
    };
    fixture.aws.clear_calls();
    let ask = Ask {
        owner: "ml".into(),
        natural_keys: ["named".to_owned()].into(),
        adopt: [id("adopted")].into(),
        ..Ask::default()
    };
    let mut seen: Vec<_> = fixture
        .port
        .observe(&ask)
        .await
        .expect("seen")
        .whole
        .into_iter()
        .map(|live| live.id)
        .collect();
    let mut expected = [id("ours"), id("named"), id("adopted")];
    seen.sort();
    expected.sort();
    assert_eq!(seen, expected);
    let calls = |operation| fixture.calls(operation).len();
    assert_eq!((calls("ListDomains"), calls("ListTags"), calls("DescribeDomain")), (1, 4, 3));
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_or_nothing_is_known() {
    let fixture = Fixture::new().await;
    for number in 0..101 {
        let want = studio(json!({"domainName": format!("studio-{number}")}));
        fixture.port.create(&want, &claim(&format!("studio-{number}")), "").await.expect("created");
    }
    assert_eq!(fixture.observe().await.len(), 101);
    assert_eq!(fixture.calls("ListDomains").len(), 2);
    fixture.aws.inject(Fault::reject("ListDomains", "AccessDeniedException", "no").nth(2));
    let names = (0..101).map(|number| format!("studio-{number}")).collect();
    let ask = Ask { owner: "ml".into(), names, ..Ask::default() };
    assert_eq!(fixture.port.observe(&ask).await.expect_err("unknown").class, Class::Denied);
    fixture.aws.clear_faults();
    for operation in ["ListTags", "DescribeDomain"] {
        fixture.aws.inject(Fault::reject(operation, "AccessDeniedException", "no").nth(50));
        let seen = fixture.port.observe(&ask).await.expect("all but one");
        assert_eq!((seen.whole.len(), seen.unread.len()), (100, 1), "{operation}");
        let unread = &seen.unread[0];
        assert!(seen.whole.iter().all(|domain| domain.id != unread.id));
        assert_eq!(unread.why.class, Class::Denied);
        assert_eq!(unread.claim("ml").is_some(), operation == "DescribeDomain", "{operation}");
        fixture.aws.clear_faults();
    }
}

#[tokio::test]
async fn a_remembered_domain_that_cannot_be_read_is_unknown_and_not_gone() {
    let fixture = Fixture::new().await;
    let ask =
        Ask { owner: "ml".into(), remembered: ["d-remembered1".into()].into(), ..Ask::default() };
    assert_eq!(fixture.port.observe(&ask).await, Ok(Population::default()), "AWS says it is gone");
    fixture.aws.inject(Fault::reject("DescribeDomain", "AccessDeniedException", "no"));
    let seen = fixture.port.observe(&ask).await.expect("the list was read");
    assert_eq!((seen.whole.len(), seen.unread[0].id.as_str()), (0, "d-remembered1"));
}

#[tokio::test(start_paused = true)]
async fn a_failed_update_shows_its_reason_and_is_tried_again() {
    let fixture = Fixture::new().await;
    fixture.create(&studio(json!({})), "studio").await;
    let want = studio(json!({"tagPropagation": "ENABLED"}));
    let change = diff(&want, &fixture.only().await.state);
    fixture.aws.with(|world| world.sagemaker.behavior.update_failure = Some("no such role".into()));
    assert_eq!(fixture.change(&change).await, Ok(()));
    let have = fixture.only().await;
    assert_eq!(have.phase, Phase::Ready);
    assert_eq!(text(&have.state, FAILURE), Some("no such role"));
    fixture.aws.with(|world| world.sagemaker.behavior.update_failure = None);
    let again = diff(&want, &have.state);
    assert_eq!(fixture.change(&again).await, Ok(()));
    assert_eq!(text(&fixture.only().await.state, FAILURE), None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_creation_is_shown_with_its_reason() {
    let fixture = Fixture::new().await;
    fixture.aws.with(|world| world.sagemaker.behavior.creation_failure = Some("no subnet".into()));
    fixture.create(&studio(json!({})), "studio").await;
    assert_eq!(fixture.only().await.phase, Phase::Failed("Failed: no subnet".into()));
}

#[tokio::test(start_paused = true)]
async fn tags_are_set_and_removed_by_key() {
    let fixture = Fixture::new().await;
    fixture.create(&studio(json!({})), "studio").await;
    let have = fixture.only().await;
    let team = Tags::from([("team".to_owned(), "ml".to_owned())]);
    let set = Edit::of_tags("tags", String::new(), EditBody::Tag(team));
    fixture.port.edit(&have, &[set]).await.expect("tagged");
    assert_eq!(fixture.only().await.tags.get("team").map(String::as_str), Some("ml"));
    let unset = EditBody::Untag(vec!["team".to_owned()]);
    let unset = Edit::of_tags("tags", String::new(), unset);
    fixture.port.edit(&have, &[unset]).await.expect("untagged");
    assert_eq!(fixture.only().await.tags, claim("studio"));
}

#[tokio::test(start_paused = true)]
async fn deletion_names_what_the_domain_contains_and_keeps_the_files_by_default() {
    let fixture = Fixture::new().await;
    let id = fixture.create(&studio(json!({})), "studio").await;
    fixture.app(&id, "alice").await;
    let have = fixture.only().await;
    let named = fixture.port.obstacles(&have, None).await;
    let expected = ["app alice/JupyterLab/default (InService)", "user profile alice"];
    assert_eq!(named, Ok(expected.map(str::to_owned).to_vec()));
    assert_eq!(fixture.port.delete(&have, None).await.expect_err("in use").class, Class::Busy);

    for (want, kept) in [(None, 1), (Some(studio(json!({"efsRetention": "Delete"}))), 0)] {
        let fixture = Fixture::new().await;
        fixture.create(&studio(json!({})), "studio").await;
        let have = fixture.only().await;
        assert_eq!(fixture.port.delete(&have, want.as_ref()).await, Ok(()));
        assert_eq!(fixture.only().await.phase, Phase::Settling("Deleting".into()));
        pass().await;
        assert_eq!(fixture.observe().await, []);
        assert_eq!(fixture.port.delete(&have, want.as_ref()).await, Ok(()));
        let left = fixture
            .aws
            .with(|world| world.sagemaker.retained_file_systems("111122223333", "eu-west-1").len());
        assert_eq!(left, kept);
    }
}

#[tokio::test(start_paused = true)]
async fn a_domain_of_unified_studio_is_not_deleted() {
    let fixture = Fixture::new().await;
    let linked = json!({"domainSettings": {"unifiedStudioSettings": {"domainId": "dzd-1a"}}});
    fixture.create(&studio(linked), "studio").await;
    let named = fixture.port.obstacles(&fixture.only().await, None).await;
    assert_eq!(named, Ok(vec!["it belongs to SageMaker Unified Studio".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn an_impossible_change_is_never_sent() {
    let fixture = Fixture::new().await;
    fixture.create(&studio(json!({})), "studio").await;
    let changes = diff(&studio(json!({"vpc": "vpc-20000000"})), &fixture.only().await.state);
    assert_eq!(fixture.change(&changes).await.expect_err("refused").class, Class::Rejected);
    assert_eq!(fixture.calls("UpdateDomain").len(), 0);
}
