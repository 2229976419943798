//! The port through the real SDK, against answers as the Organizations API reference documents
//! them.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::Arc,
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_organizations::config::{Credentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::*;
use crate::{
    aws::{Brake, Budget, Connection, Guard},
    kind::{Describe as _, Kind as _, ScopeFacts},
    kinds::organizations_policy::{Attachments, service_control_policy::ServiceControl},
    model::{
        Phase,
        policy_document::{Dialect, PolicyDocument},
    },
};

type Live = super::Live<ServiceControl>;
type ServiceControlPolicy = Policy<ServiceControl>;
type Call = (String, Value);

/// Answers in the given order; any other request fails the test.
#[derive(Debug, Clone, Default)]
struct Script(Arc<Mutex<Played>>);

#[derive(Debug, Default)]
struct Played {
    answers: VecDeque<(&'static str, u16, Value)>,
    sent: Vec<Call>,
}

impl Script {
    fn ok(self, operation: &'static str, answer: Value) -> Self {
        self.push(operation, 200, answer)
    }

    fn err(self, operation: &'static str, code: &str, reason: Option<&str>) -> Self {
        self.push(operation, 400, json!({"__type": code, "Message": "no", "Reason": reason}))
    }

    fn push(self, operation: &'static str, status: u16, answer: Value) -> Self {
        self.0.lock().unwrap().answers.push_back((operation, status, answer));
        self
    }

    async fn port(&self) -> Live {
        let credentials = Credentials::new("a", "b", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .region(Region::new("us-east-1"))
            .http_client(self.clone())
            .build();
        let facts = ScopeFacts {
            name: "org".into(),
            account: "999988887777".into(),
            region: "us-east-1".into(),
            partition: "aws".into(),
        };
        let connection =
            Connection::new(config, Guard::writing(Brake::default())).within(Budget::unlimited());
        Live::connect(&connection.access(facts, None).await)
    }

    /// What was sent; the script must be used up.
    fn sent(&self) -> Vec<Call> {
        let mut guard = self.0.lock().unwrap();
        assert!(guard.answers.is_empty(), "never asked for: {:?}", guard.answers);
        std::mem::take(&mut guard.sent)
    }

    fn operations(&self) -> Vec<String> {
        self.sent().into_iter().map(|(operation, _)| operation).collect()
    }
}

impl HttpClient for Script {
    fn http_connector(
        &self,
        _settings: &HttpConnectorSettings,
        _components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Script {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").expect("an operation").to_owned();
        let operation = target.rsplit('.').next().expect("a name").to_owned();
        let body = request.body().bytes().expect("in memory");
        let body = serde_json::from_slice(body).expect("JSON");
        let mut guard = self.0.lock().unwrap();
        let (expected, status, answer) = guard
            .answers
            .pop_front()
            .unwrap_or_else(|| panic!("{operation} was not expected: {body}"));
        assert_eq!(operation, expected, "{body}");
        guard.sent.push((operation, body));
        let status = status.try_into().expect("a status");
        HttpConnectorFuture::ready(Ok(HttpResponse::new(status, SdkBody::from(answer.to_string()))))
    }
}

const OURS: &str = "p-ours0001";
const ACCOUNT: &str = "111122223333";

fn summary(id: &str, name: &str) -> Value {
    json!({"Id": id, "Arn": format!("arn:aws:organizations::1:policy/o-1/service_control_policy/{id}"),
           "Name": name, "Description": "d", "Type": "SERVICE_CONTROL_POLICY", "AwsManaged": false})
}

fn listing(policies: &[Value]) -> Value {
    json!({"Policies": policies})
}

fn tags(owner: Option<&str>) -> Value {
    let tags: Vec<_> = owner
        .iter()
        .flat_map(|owner| {
            [("palisade:owner", *owner), ("palisade:address", "org/ServiceControlPolicy/p")]
        })
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    json!({"Tags": tags})
}

fn description(id: &str, name: &str) -> Value {
    let content = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:A","Resource":"*"}]}"#;
    json!({"Policy": {"PolicySummary": summary(id, name), "Content": content}})
}

fn attached_to(ids: &[&str]) -> Value {
    let targets: Vec<_> = ids.iter().map(|id| json!({"TargetId": id, "Type": "ACCOUNT"})).collect();
    json!({"Targets": targets})
}

fn ask() -> Ask {
    Ask { owner: "ml".into(), ..Ask::default() }
}

fn wanted() -> State {
    let text = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Deny", "Action": "s3:A", "Resource": "*"}]});
    State {
        name: "deny".into(),
        description: None,
        content: PolicyDocument::from_value(&text, Dialect::ServiceControlPolicy)
            .ok()
            .map(Content::from),
        targets: Some(BTreeSet::new()),
        attachments: Attachments::Exclusive,
    }
}

fn observed() -> Observed<State> {
    Observed {
        id: OURS.into(),
        arn: format!("arn:{OURS}"),
        tags: Tags::new(),
        phase: Phase::Ready,
        state: State { description: Some("d".into()), ..wanted() },
    }
}

fn detach() -> Change {
    Change::Detach {
        target: ACCOUNT.into(),
        risk: crate::model::Risk::LOOSENS,
        after: BTreeSet::new(),
    }
}

fn attach() -> Change {
    Change::Attach { target: ACCOUNT.into(), risk: crate::model::Risk::TIGHTENS }
}

#[tokio::test]
async fn our_policies_are_read_through_empty_pages_and_awss_own_are_left_out() {
    let managed = json!({"Id": "p-FullAWSAccess", "Name": "FullAWSAccess", "AwsManaged": true});
    let script = Script::default()
        .ok("ListPolicies", json!({"Policies": [], "NextToken": "1"}))
        .ok("ListPolicies", listing(&[managed, summary(OURS, "p")]))
        .ok("ListTagsForResource", tags(Some("ml")))
        .ok("DescribePolicy", description(OURS, "p"))
        .ok("ListTargetsForPolicy", attached_to(&[ACCOUNT]));
    let found = script.port().await.observe(&ask()).await.unwrap().whole;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].id, OURS.into());
    assert_eq!(found[0].state.targets, Some([ACCOUNT.to_owned()].into()));
    assert!(found[0].state.content.is_some());
    assert_eq!(found[0].tags["palisade:owner"], "ml");
    let sent = script.sent();
    assert_eq!(sent[0].1, json!({"Filter": "SERVICE_CONTROL_POLICY", "MaxResults": 20}));
    assert_eq!(sent[1].1["NextToken"], "1");
}

#[tokio::test]
async fn a_page_token_that_comes_back_makes_the_kind_unknown() {
    let page = json!({"Policies": [], "NextToken": "1"});
    let script = Script::default().ok("ListPolicies", page.clone()).ok("ListPolicies", page);
    let error = script.port().await.observe(&ask()).await.unwrap_err();
    assert_eq!(error.class, Class::Unknown);
    script.sent();
}

#[tokio::test]
async fn whoever_may_not_read_policies_gets_an_error_and_not_an_empty_list() {
    let script = Script::default().err("ListPolicies", "AccessDeniedException", None);
    let error = script.port().await.observe(&ask()).await.unwrap_err();
    assert_eq!(error.class, Class::Denied);
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_is_unknown_and_the_others_are_not() {
    let two = || listing(&[summary(OURS, "p"), summary("p-second22", "q")]);
    let whole = |script: Script| {
        script
            .ok("ListTagsForResource", tags(Some("ml")))
            .ok("DescribePolicy", description("p-second22", "q"))
            .ok("ListTargetsForPolicy", attached_to(&[]))
    };
    let denied = "AccessDeniedException";
    let script =
        Script::default().ok("ListPolicies", two()).err("ListTagsForResource", denied, None);
    let script = whole(script).ok("ListPolicies", two());
    let script =
        script.ok("ListTagsForResource", tags(Some("ml"))).err("DescribePolicy", denied, None);
    let script = whole(script).ok("ListPolicies", two());
    let script = script
        .ok("ListTagsForResource", tags(Some("ml")))
        .ok("DescribePolicy", description(OURS, "p"))
        .err("ListTargetsForPolicy", denied, None);
    let script = whole(script);
    let port = script.port().await;
    for tags_were_read in [false, true, true] {
        let seen = port.observe(&ask()).await.unwrap();
        let ids = |id: &PhysicalId| id.as_str().to_owned();
        assert_eq!(seen.whole.iter().map(|it| ids(&it.id)).collect::<Vec<_>>(), ["p-second22"]);
        assert_eq!(seen.unread.iter().map(|it| ids(&it.id)).collect::<Vec<_>>(), [OURS]);
        assert_eq!(seen.unread[0].why.class, Class::Denied);
        assert_eq!(seen.unread[0].tags.is_some(), tags_were_read);
    }
    script.sent();
}

#[tokio::test]
async fn a_remembered_policy_that_cannot_be_read_is_unknown_and_not_gone() {
    let remembering = Ask { remembered: [PhysicalId::from(OURS)].into(), ..ask() };
    let script = Script::default().ok("ListPolicies", listing(&[])).err(
        "DescribePolicy",
        "AccessDeniedException",
        None,
    );
    let seen = script.port().await.observe(&remembering).await.unwrap();
    assert_eq!((seen.whole.len(), seen.unread[0].id.as_str()), (0, OURS));
    script.sent();
}

#[tokio::test]
async fn the_tags_of_a_policy_of_others_are_read_twice_and_again_when_it_is_edited() {
    let listed =
        |script: Script, name| script.ok("ListPolicies", listing(&[summary("p-strange1", name)]));
    let told = |script: Script, owner| script.ok("ListTagsForResource", tags(owner));
    let script = told(listed(Script::default(), "theirs"), Some("others"));
    let script = told(listed(script, "theirs"), Some("others"));
    let script = listed(listed(script, "theirs"), "theirs");
    let script = told(listed(script, "renamed"), None);
    let port = script.port().await;
    for _ in 0..5 {
        assert_eq!(port.observe(&ask()).await, Ok(Population::default()));
    }
    script.sent();
}

#[tokio::test]
async fn the_tags_of_a_policy_of_others_are_read_again_after_sixty_passes() {
    let listed = |script: Script| script.ok("ListPolicies", listing(&[summary(OURS, "p")]));
    let mut script = Script::default();
    for _ in 0..2 {
        script = listed(script).ok("ListTagsForResource", tags(None));
    }
    for _ in 0..60 {
        script = listed(script);
    }
    let script = listed(script)
        .ok("ListTagsForResource", tags(Some("ml")))
        .ok("DescribePolicy", description(OURS, "p"))
        .ok("ListTargetsForPolicy", attached_to(&[]));
    let port = script.port().await;
    for _ in 0..62 {
        assert_eq!(port.observe(&ask()).await, Ok(Population::default()));
    }
    assert_eq!(port.observe(&ask()).await.unwrap().whole.len(), 1);
    script.sent();
}

#[tokio::test]
async fn a_policy_that_moves_stays_at_its_old_place_until_it_is_shown_at_the_new_one() {
    let change = Change::Detach {
        target: ACCOUNT.into(),
        risk: crate::model::Risk::LOOSENS,
        after: ["ou-new".to_owned()].into(),
    };
    let both = listing(&[summary("p-FullAWSAccess", "FullAWSAccess"), summary(OURS, "p")]);
    let script = Script::default()
        .ok("ListPoliciesForTarget", both)
        .ok("ListTargetsForPolicy", attached_to(&[ACCOUNT]));
    let port = script.port().await;
    let error =
        port.change(&observed(), std::slice::from_ref(&change)).await.expect_err("not there yet");
    assert_eq!(error.class, Class::Busy);
    assert!(error.message.contains("ou-new"), "{}", error.message);
    script.sent();

    // Nothing comes between the check and the call, because others may make changes meanwhile.
    let both = listing(&[summary("p-FullAWSAccess", "FullAWSAccess"), summary(OURS, "p")]);
    let script = Script::default()
        .ok("ListPoliciesForTarget", both)
        .ok("ListTargetsForPolicy", attached_to(&[ACCOUNT, "ou-new"]))
        .ok("DetachPolicy", json!({}));
    script.port().await.change(&observed(), std::slice::from_ref(&change)).await.unwrap();
    let order = ["ListPoliciesForTarget", "ListTargetsForPolicy", "DetachPolicy"];
    assert_eq!(script.operations(), order);
}

#[tokio::test]
async fn a_policy_that_a_list_misses_is_asked_for_by_its_id() {
    let remembering = Ask { remembered: [PhysicalId::from(OURS)].into(), ..ask() };
    let script = Script::default()
        .ok("ListPolicies", listing(&[]))
        .ok("DescribePolicy", description(OURS, "p"))
        .ok("ListTagsForResource", tags(Some("ml")))
        .ok("DescribePolicy", description(OURS, "p"))
        .ok("ListTargetsForPolicy", attached_to(&[]))
        .ok("ListPolicies", listing(&[]))
        .err("DescribePolicy", "PolicyNotFoundException", None);
    let port = script.port().await;
    assert_eq!(port.observe(&remembering).await.unwrap().whole.len(), 1);
    assert_eq!(port.observe(&remembering).await, Ok(Population::default()));
    script.sent();
}

#[tokio::test]
async fn a_policy_of_a_wanted_name_is_read_in_every_pass() {
    let read = |script: Script, owner| {
        script
            .ok("ListPolicies", listing(&[summary(OURS, "p")]))
            .ok("ListTagsForResource", tags(owner))
    };
    let whole = |script: Script, owner| {
        read(script, owner)
            .ok("DescribePolicy", description(OURS, "p"))
            .ok("ListTargetsForPolicy", attached_to(&[]))
    };
    let named = Ask { natural_keys: ["p".to_owned()].into(), ..ask() };
    let adopted = Ask { adopt: [PhysicalId::from(OURS)].into(), ..ask() };
    let script = read(Script::default(), None);
    let script = whole(whole(whole(script, None), None), Some("ml"));
    let port = script.port().await;
    assert_eq!(port.observe(&ask()).await.unwrap().whole.len(), 0);
    assert_eq!(port.observe(&named).await.unwrap().whole.len(), 1);
    assert_eq!(port.observe(&adopted).await.unwrap().whole.len(), 1);
    // Claimed in between, and now an orphan that nothing names.
    assert_eq!(port.observe(&ask()).await.unwrap().whole.len(), 1);
    script.sent();
}

#[tokio::test]
async fn an_unreadable_text_is_observed_as_unreadable() {
    let mut strange = description(OURS, "p");
    strange["Policy"]["Content"] = json!("{\"Version\":\"2012-10-17\",\"Statement\":[],\"New\":1}");
    let script = Script::default()
        .ok("ListPolicies", listing(&[summary(OURS, "p")]))
        .ok("ListTagsForResource", tags(Some("ml")))
        .ok("DescribePolicy", strange)
        .ok("ListTargetsForPolicy", attached_to(&[]));
    let found = script.port().await.observe(&ask()).await.unwrap().whole;
    assert_eq!(found[0].state.content, None);
    let changes = ServiceControlPolicy::diff(&wanted(), &found[0].state);
    assert!(changes.iter().any(|change| change.key() == "content"), "{changes:?}");
}

#[tokio::test]
async fn creating_is_one_call_with_the_claim_and_the_minified_text() {
    let script = Script::default()
        .ok("CreatePolicy", json!({"Policy": {"PolicySummary": summary("p-new00001", "deny")}}));
    let claim = Tags::from([("palisade:owner".to_owned(), "ml".to_owned())]);
    let id = script.port().await.create(&wanted(), &claim, "token").await.unwrap();
    assert_eq!(id, "p-new00001".into());
    let sent = script.sent();
    assert_eq!(sent[0].1["Tags"], json!([{"Key": "palisade:owner", "Value": "ml"}]));
    assert_eq!(sent[0].1["Description"], "");
    assert_eq!(sent[0].1["Type"], "SERVICE_CONTROL_POLICY");
    assert_eq!(
        sent[0].1["Content"],
        r#"{"Statement":[{"Action":"s3:A","Effect":"Deny","Resource":"*"}],"Version":"2012-10-17"}"#
    );
}

#[tokio::test]
async fn a_create_without_an_answer_is_not_sent_again() {
    let script = Script::default().push("CreatePolicy", 500, json!({"__type": "ServiceException"}));
    let error = script.port().await.create(&wanted(), &Tags::new(), "t").await.unwrap_err();
    assert!(error.class.may_have_happened());
    assert_eq!(script.operations().len(), 1);
}

#[tokio::test]
async fn a_taken_name_is_reported() {
    let script = Script::default().err("CreatePolicy", "DuplicatePolicyException", None);
    let error = script.port().await.create(&wanted(), &Tags::new(), "t").await.unwrap_err();
    assert_eq!(error.class, Class::Duplicate);
    assert!(error.message.contains("named deny"), "{error}");
}

#[tokio::test]
async fn the_reason_decides_what_a_constraint_means() {
    for (reason, class) in [
        ("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", Class::Blocked),
        ("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED", Class::Limit),
        ("POLICY_CONTENT_LIMIT_EXCEEDED", Class::Limit),
        ("TAG_POLICY_VIOLATION", Class::Rejected),
        ("SOMETHING_NEW", Class::Rejected),
    ] {
        let script =
            Script::default().err("AttachPolicy", "ConstraintViolationException", Some(reason));
        let error = script
            .port()
            .await
            .change(&observed(), std::slice::from_ref(&attach()))
            .await
            .unwrap_err();
        assert_eq!(error.class, class, "{reason}");
        assert!(error.message.contains(reason), "{error}");
    }
    let script =
        Script::default().err("AttachPolicy", "InvalidInputException", Some("IMMUTABLE_POLICY"));
    let error =
        script.port().await.change(&observed(), std::slice::from_ref(&attach())).await.unwrap_err();
    assert_eq!(error.class, Class::Rejected);
    assert!(error.message.contains("IMMUTABLE_POLICY"), "{error}");
}

#[tokio::test]
async fn an_update_is_one_call_and_an_empty_description_is_sent() {
    let script = Script::default().ok("UpdatePolicy", description(OURS, "p"));
    let want = State { description: Some(String::new()), ..wanted() };
    let edits = ServiceControlPolicy::diff(&want, &observed().state);
    script.port().await.change(&observed(), std::slice::from_ref(&edits[0])).await.unwrap();
    assert_eq!(script.sent()[0].1, json!({"PolicyId": OURS, "Description": ""}));
}

#[tokio::test]
async fn attaching_and_detaching_again_succeed() {
    let script = Script::default().err("AttachPolicy", "DuplicatePolicyAttachmentException", None);
    assert_eq!(
        script.port().await.change(&observed(), std::slice::from_ref(&attach())).await,
        Ok(())
    );
    for code in ["PolicyNotAttachedException", "TargetNotFoundException"] {
        let script = Script::default().ok("ListPoliciesForTarget", listing(&[])).err(
            "DetachPolicy",
            code,
            None,
        );
        assert_eq!(
            script.port().await.change(&observed(), std::slice::from_ref(&detach())).await,
            Ok(()),
            "{code}"
        );
    }
}

#[tokio::test]
async fn the_last_policy_of_a_target_is_never_detached() {
    let script = Script::default().ok("ListPoliciesForTarget", listing(&[summary(OURS, "p")]));
    let error =
        script.port().await.change(&observed(), std::slice::from_ref(&detach())).await.unwrap_err();
    assert_eq!(error.class, Class::Blocked);
    assert_eq!(script.operations(), ["ListPoliciesForTarget"]);

    let script = Script::default().ok("ListPoliciesForTarget", listing(&[summary(OURS, "p")]));
    let intent = detach();
    let port = script.port().await;
    let obstacles = port.obstacles(&observed(), Intent::Change(&intent)).await.unwrap();
    assert!(obstacles[0].contains("last service control policy of 111122223333"), "{obstacles:?}");
}

#[tokio::test]
async fn with_another_policy_at_the_target_ours_is_detached() {
    let both = listing(&[summary("p-FullAWSAccess", "FullAWSAccess"), summary(OURS, "p")]);
    let script = Script::default().ok("ListPoliciesForTarget", both).ok("DetachPolicy", json!({}));
    script.port().await.change(&observed(), std::slice::from_ref(&detach())).await.unwrap();
    assert_eq!(script.sent()[1].1, json!({"PolicyId": OURS, "TargetId": ACCOUNT}));
}

#[tokio::test]
async fn a_full_target_is_an_obstacle_that_names_what_fills_it() {
    let ten: Vec<_> = (0..10).map(|n| summary(&format!("p-{n}"), &format!("n{n}"))).collect();
    let script = Script::default().ok("ListPoliciesForTarget", listing(&ten));
    let intent = attach();
    let port = script.port().await;
    let obstacles = port.obstacles(&observed(), Intent::Change(&intent)).await.unwrap();
    assert!(obstacles[0].contains("has 10") && obstacles[0].contains("n7"), "{obstacles:?}");
}

#[tokio::test]
async fn policies_are_turned_on_where_they_are_off_and_attached_in_the_next_pass() {
    let roots = |types: Value| json!({"Roots": [{"Id": "r-ab12", "PolicyTypes": types}]});
    let kind = |status: &str| json!([{"Type": "SERVICE_CONTROL_POLICY", "Status": status}]);
    let off = |roots: Value| {
        Script::default()
            .err("AttachPolicy", "PolicyTypeNotEnabledException", None)
            .ok("ListRoots", roots)
    };
    for script in [
        off(roots(json!([]))).ok("EnablePolicyType", json!({"Root": {}})),
        off(roots(json!([]))).err("EnablePolicyType", "PolicyTypeAlreadyEnabledException", None),
        off(roots(kind("PENDING_ENABLE"))),
        off(roots(kind("ENABLED"))),
    ] {
        let error = script
            .port()
            .await
            .change(&observed(), std::slice::from_ref(&attach()))
            .await
            .unwrap_err();
        assert_eq!(error.class, Class::Busy, "{error}");
        script.sent();
    }
    let script = off(roots(json!([]))).err("EnablePolicyType", "AccessDeniedException", None);
    let error =
        script.port().await.change(&observed(), std::slice::from_ref(&attach())).await.unwrap_err();
    assert_eq!(error.class, Class::Denied);
}

#[tokio::test]
async fn deleting_detaches_everywhere_first_the_smallest_place_first() {
    let two = listing(&[summary("p-other", "o"), summary(OURS, "p")]);
    let script = Script::default()
        .ok("ListTargetsForPolicy", attached_to(&["r-ab12", ACCOUNT]))
        .ok("ListPoliciesForTarget", two.clone())
        .ok("ListPoliciesForTarget", two.clone())
        .ok("ListPoliciesForTarget", two.clone())
        .ok("DetachPolicy", json!({}))
        .ok("ListPoliciesForTarget", two)
        .ok("DetachPolicy", json!({}))
        .err("DeletePolicy", "PolicyNotFoundException", None);
    script.port().await.delete(&observed(), None).await.unwrap();
    let detached: Vec<_> = script
        .sent()
        .into_iter()
        .filter(|(operation, _)| operation == "DetachPolicy")
        .map(|(_, body)| body["TargetId"].clone())
        .collect();
    assert_eq!(detached, [ACCOUNT, "r-ab12"]);
}

#[tokio::test]
async fn a_policy_that_is_the_last_anywhere_is_neither_detached_nor_deleted() {
    let script = Script::default()
        .ok("ListTargetsForPolicy", attached_to(&[ACCOUNT]))
        .ok("ListPoliciesForTarget", listing(&[summary(OURS, "p")]));
    let error = script.port().await.delete(&observed(), None).await.unwrap_err();
    assert_eq!(error.class, Class::Blocked);
    script.sent();
}

#[tokio::test]
async fn a_policy_in_use_again_blocks_and_one_that_is_gone_is_deleted() {
    let script = Script::default().ok("ListTargetsForPolicy", attached_to(&[])).err(
        "DeletePolicy",
        "PolicyInUseException",
        None,
    );
    let error = script.port().await.delete(&observed(), None).await.unwrap_err();
    assert_eq!(error.class, Class::Blocked);
    let script = Script::default().err("ListTargetsForPolicy", "PolicyNotFoundException", None);
    assert_eq!(script.port().await.delete(&observed(), None).await, Ok(()));
}

#[tokio::test]
async fn tags_are_set_and_removed_by_the_policys_id() {
    let script = Script::default().ok("TagResource", json!({})).ok("UntagResource", json!({}));
    let port = script.port().await;
    port.tag(&observed(), &Tags::from([("a".to_owned(), "b".to_owned())])).await.unwrap();
    port.untag(&observed(), &["c".to_owned()]).await.unwrap();
    let sent = script.sent();
    assert_eq!(sent[0].1, json!({"ResourceId": OURS, "Tags": [{"Key": "a", "Value": "b"}]}));
    assert_eq!(sent[1].1, json!({"ResourceId": OURS, "TagKeys": ["c"]}));
}
