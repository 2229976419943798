//! The behavior of AWS Organizations that the rest of the program depends on.

use std::time::Duration;

use serde_json::{Value, json};

use super::Organizations;
use crate::simulator::{
    api::Service,
    json::testing::{ACCOUNT, Bench, code, column},
    service::{Answer, ApiError},
};

const MANAGEMENT: &str = "999988887777";
const SCP: &str = "SERVICE_CONTROL_POLICY";
const DENY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2:*","Resource":"*"}}"#;

/// An organization for a role of its management account.
struct TestClient {
    organizations: Organizations,
    bench: Bench,
}

impl Default for TestClient {
    fn default() -> Self {
        Self { organizations: Organizations::new(MANAGEMENT, [ACCOUNT]), bench: Bench::default() }
    }
}

impl TestClient {
    fn call_from(&mut self, account: &str, operation: &str, input: Value) -> Answer {
        let caller = Bench::caller_in(account, "operator");
        self.organizations.call(&caller, operation, &input, &mut self.bench.context())
    }

    fn call(&mut self, operation: &str, input: Value) -> Answer {
        self.call_from(MANAGEMENT, operation, input)
    }

    fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input)
            .unwrap_or_else(|error| panic!("{operation}: {} {}", error.code, error.message))
    }

    fn error(&mut self, operation: &str, input: Value) -> ApiError {
        self.call(operation, input).expect_err(operation)
    }

    fn refused(&mut self, operation: &str, input: Value) -> String {
        self.error(operation, input).code
    }

    fn reason(&mut self, operation: &str, input: Value) -> (String, String) {
        let error = self.error(operation, input);
        (error.code, error.extra["Reason"].clone())
    }

    fn root(&mut self) -> String {
        self.ok("ListRoots", json!({}))["Roots"][0]["Id"].as_str().unwrap().to_owned()
    }

    fn policy(&mut self, name: &str) -> String {
        let policy = self.ok("CreatePolicy", new_policy(name, DENY));
        policy["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
    }

    fn attach(&mut self, policy: &str, target: &str) -> Answer {
        self.call("AttachPolicy", json!({ "PolicyId": policy, "TargetId": target }))
    }

    fn detach(&mut self, policy: &str, target: &str) -> Answer {
        self.call("DetachPolicy", json!({ "PolicyId": policy, "TargetId": target }))
    }

    fn attached(&mut self, target: &str) -> Vec<String> {
        let policies =
            self.ok("ListPoliciesForTarget", json!({ "TargetId": target, "Filter": SCP }));
        column(&policies, "Policies", "Id")
    }

    fn unit(&mut self, parent: &str, name: &str) -> String {
        let unit = self.ok("CreateOrganizationalUnit", json!({ "ParentId": parent, "Name": name }));
        unit["OrganizationalUnit"]["Id"].as_str().unwrap().to_owned()
    }
}

fn new_policy(name: &str, content: &str) -> Value {
    json!({ "Type": SCP, "Name": name, "Description": "", "Content": content })
}

fn constraint(reason: &str) -> (String, String) {
    ("ConstraintViolationException".to_owned(), reason.to_owned())
}

fn invalid(reason: &str) -> (String, String) {
    ("InvalidInputException".to_owned(), reason.to_owned())
}

#[test]
fn only_the_management_account_and_delegated_administrators_may_manage_policies() {
    let mut client = TestClient::default();
    let outsider = client.call_from("444455556666", "DescribeOrganization", json!({}));
    assert_eq!(code(outsider), "AWSOrganizationsNotInUseException");
    let organization = client.call_from(ACCOUNT, "DescribeOrganization", json!({})).unwrap();
    assert_eq!(organization["Organization"]["MasterAccountId"], MANAGEMENT);
    assert_eq!(
        code(client.call_from(ACCOUNT, "ListPolicies", json!({ "Filter": SCP }))),
        "AccessDeniedException"
    );
    let unknown = client.call_from(ACCOUNT, "ListHandshakesForAccount", json!({}));
    assert_eq!(code(unknown), "UnknownOperationException");
    client.organizations.behavior.delegated_administrators.insert(ACCOUNT.to_owned());
    client.call_from(ACCOUNT, "CreatePolicy", new_policy("deny", DENY)).unwrap();
    let root = client.root();
    let unit = client.call_from(
        ACCOUNT,
        "CreateOrganizationalUnit",
        json!({ "ParentId": root, "Name": "x" }),
    );
    assert_eq!(code(unit), "AccessDeniedException");
}

#[test]
fn the_organization_starts_with_its_accounts_in_the_root_under_full_access() {
    let mut client = TestClient::default();
    let roots = client.ok("ListRoots", json!({}));
    assert_eq!(roots["Roots"][0]["PolicyTypes"], json!([{ "Type": SCP, "Status": "ENABLED" }]));
    let root = client.root();
    let accounts = client.ok("ListAccountsForParent", json!({ "ParentId": root }));
    assert_eq!(column(&accounts, "Accounts", "Id"), [ACCOUNT, MANAGEMENT]);
    let targets = client.ok("ListTargetsForPolicy", json!({ "PolicyId": "p-FullAWSAccess" }));
    assert_eq!(column(&targets, "Targets", "Type"), ["ACCOUNT", "ACCOUNT", "ROOT"]);
    let path = accounts["Accounts"][0]["Paths"][0].as_str().unwrap();
    assert!(path.starts_with("o-") && path.ends_with(&format!("/{root}/{ACCOUNT}/")), "{path}");
}

#[test]
fn the_content_of_a_policy_is_stored_byte_for_byte() {
    let mut client = TestClient::default();
    let spaced = DENY.replace(":{", " :\n {");
    let created = client.ok("CreatePolicy", new_policy("deny", &spaced));
    let id = created["Policy"]["PolicySummary"]["Id"].as_str().unwrap();
    let described = client.ok("DescribePolicy", json!({ "PolicyId": id }));
    assert_eq!(described, created);
    assert_eq!(described["Policy"]["Content"], spaced);
    assert_eq!(described["Policy"]["PolicySummary"]["AwsManaged"], false);
}

#[test]
fn policy_names_are_unique_within_their_type() {
    let mut client = TestClient::default();
    client.policy("deny");
    let other = client.policy("other");
    assert_eq!(
        client.refused("CreatePolicy", new_policy("deny", DENY)),
        "DuplicatePolicyException"
    );
    assert_eq!(
        client.refused("UpdatePolicy", json!({ "PolicyId": other, "Name": "deny" })),
        "DuplicatePolicyException"
    );
    client.ok("UpdatePolicy", json!({ "PolicyId": other, "Name": "other" }));
    let tag_policy = json!({ "Type": "TAG_POLICY", "Name": "deny", "Description": "", "Content": "{\"tags\":{}}" });
    client.ok("CreatePolicy", tag_policy);
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let mut client = TestClient::default();
    let mut new = new_policy("deny", DENY);
    new["Description"] = json!("no machines");
    let id = client.ok("CreatePolicy", new)["Policy"]["PolicySummary"]["Id"].clone();
    let content = DENY.replace("ec2", "s3");
    let updated = client.ok("UpdatePolicy", json!({ "PolicyId": id, "Content": content }));
    assert_eq!(updated["Policy"]["Content"], content);
    assert_eq!(updated["Policy"]["PolicySummary"]["Description"], "no machines");
    let cleared = client.ok("UpdatePolicy", json!({ "PolicyId": id, "Description": "" }));
    assert_eq!(cleared["Policy"]["PolicySummary"]["Description"], "");
}

#[test]
fn invalid_service_control_policies_are_malformed() {
    let mut client = TestClient::default();
    for wrong in [
        "not json",
        "[]",
        r#"{"Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2008-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":[]}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"deny","Action":"*","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"ec2","Resource":"*"}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*","Condition":[]}}"#,
        r#"{"Version":"2012-10-17","Statement":{"Sid":"a b","Effect":"Deny","Action":"*","Resource":"*"}}"#,
    ] {
        assert_eq!(
            client.refused("CreatePolicy", new_policy("p", wrong)),
            "MalformedPolicyDocumentException",
            "{wrong}"
        );
    }
    let id = client.policy("p");
    assert_eq!(
        client.refused("UpdatePolicy", json!({ "PolicyId": id, "Content": "{}" })),
        "MalformedPolicyDocumentException"
    );
    assert_eq!(client.ok("DescribePolicy", json!({ "PolicyId": id }))["Policy"]["Content"], DENY);
}

#[test]
fn a_resource_control_policy_denies_everybody() {
    let mut client = TestClient::default();
    let policy = |effect: &str, principal: &str| {
        let statement =
            json!({ "Effect": effect, "Principal": principal, "Action": "s3:*", "Resource": "*" });
        let content = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        json!({ "Type": "RESOURCE_CONTROL_POLICY", "Name": effect, "Description": "", "Content": content })
    };
    client.ok("CreatePolicy", policy("Deny", "*"));
    assert_eq!(
        client.refused("CreatePolicy", policy("Allow", "*")),
        "MalformedPolicyDocumentException"
    );
    assert_eq!(
        client.refused("CreatePolicy", policy("Deny", "someone")),
        "MalformedPolicyDocumentException"
    );
}

/// A policy of this type whose content the service accepts.
fn of_type(policy_type: &str, name: &str) -> Value {
    let content = match policy_type {
        SCP => serde_json::from_str(DENY).unwrap(),
        "RESOURCE_CONTROL_POLICY" => json!({ "Version": "2012-10-17", "Statement": [
            { "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*" }] }),
        "DECLARATIVE_POLICY_EC2" => json!({ "ec2_attributes": {
            "serial_console_access": { "status": { "@@assign": "disabled" } } } }),
        "TAG_POLICY" => json!({ "tags": { "team": {
            "@@operators_allowed_for_child_policies": ["@@none"],
            "tag_key": { "@@assign": "team" }, "tag_value": { "@@append": ["a"] } } } }),
        "AISERVICES_OPT_OUT_POLICY" => json!({ "services": { "default": {
            "opt_out_policy": { "@@assign": "optOut" } } } }),
        _ => json!({ "plans": { "all": { "regions": { "@@append": ["eu-west-1"] } } } }),
    };
    json!({ "Type": policy_type, "Name": name, "Description": "", "Content": content.to_string() })
}

const TYPES: [&str; 6] = [
    SCP,
    "RESOURCE_CONTROL_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "TAG_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "BACKUP_POLICY",
];

#[test]
fn each_type_has_its_language_and_refuses_those_of_the_others() {
    let mut client = TestClient::default();
    for one in TYPES {
        for other in TYPES {
            let mut policy = of_type(one, other);
            policy["Type"] = json!(other);
            let refused = client.call("CreatePolicy", policy).err().map(|error| error.code);
            let wrong = (one != other).then(|| "MalformedPolicyDocumentException".to_owned());
            assert_eq!(refused, wrong, "the content of {one} as {other}");
        }
    }
    for (policy_type, wrong) in [
        ("TAG_POLICY", json!({ "tags": { "team": { "tag_key": "team" } } })),
        ("TAG_POLICY", json!({ "tags": { "team": { "tag_key": { "@@append": ["a"] } } } })),
        ("TAG_POLICY", json!({ "tags": { "@@set": {} } })),
        ("TAG_POLICY", json!({ "tags": {}, "more": {} })),
        (
            "AISERVICES_OPT_OUT_POLICY",
            json!({ "services": { "lex": {
            "opt_out_policy": { "@@assign": "optout" } } } }),
        ),
        (
            "DECLARATIVE_POLICY_EC2",
            json!({ "ec2_attributes": {
            "serial_console_access": { "status": { "@@assign": "off" } } } }),
        ),
        (
            "DECLARATIVE_POLICY_EC2",
            json!({ "ec2_attributes": {
            "@@operators_allowed_for_child_policies": "@@none" } }),
        ),
    ] {
        let mut policy = of_type(policy_type, "p");
        policy["Content"] = json!(wrong.to_string());
        let code = client.refused("CreatePolicy", policy);
        assert_eq!(code, "MalformedPolicyDocumentException", "{wrong}");
    }
}

#[test]
fn each_type_has_its_limits_at_a_target_and_is_enabled_by_itself() {
    let mut client = TestClient::default();
    let root = client.root();
    for (policy_type, most) in TYPES.into_iter().zip([9, 4, 10, 10, 5, 10]) {
        let ids: Vec<String> = (0..=most)
            .map(|n| {
                let made = client.ok("CreatePolicy", of_type(policy_type, &format!("p{n}")));
                made["Policy"]["PolicySummary"]["Id"].as_str().unwrap().to_owned()
            })
            .collect();
        if policy_type != SCP {
            let off = client.attach(&ids[0], ACCOUNT);
            assert_eq!(code(off), "PolicyTypeNotEnabledException", "{policy_type}");
            let of_type = json!({ "RootId": root, "PolicyType": policy_type });
            client.ok("EnablePolicyType", of_type);
        }
        for id in &ids[..most] {
            client.attach(id, ACCOUNT).unwrap();
        }
        let one_more = json!({ "PolicyId": ids[most], "TargetId": ACCOUNT });
        let refused = client.reason("AttachPolicy", one_more);
        assert_eq!(refused, constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
        if policy_type != SCP {
            for id in &ids[..most] {
                client.detach(id, ACCOUNT).unwrap();
            }
        }
    }
}

#[test]
fn a_type_whose_service_has_no_trusted_access_cannot_be_enabled() {
    let mut client = TestClient::default();
    client.organizations.behavior.without_service_access.insert("DECLARATIVE_POLICY_EC2".into());
    let root = client.root();
    let of_type = json!({ "RootId": root, "PolicyType": "DECLARATIVE_POLICY_EC2" });
    let refused = client.reason("EnablePolicyType", of_type.clone());
    assert_eq!(refused, constraint("SERVICE_ACCESS_NOT_ENABLED"));
    client.organizations.behavior.without_service_access.clear();
    client.ok("EnablePolicyType", of_type);
}

#[test]
fn a_policy_of_more_than_10240_bytes_is_too_long() {
    let mut client = TestClient::default();
    let padded = |length: usize| format!("{}{DENY}", " ".repeat(length - DENY.len()));
    client.ok("CreatePolicy", new_policy("fits", &padded(10_240)));
    let refused = client.reason("CreatePolicy", new_policy("p", &padded(10_241)));
    assert_eq!(refused, constraint("POLICY_CONTENT_LIMIT_EXCEEDED"));
}

#[test]
fn a_target_can_have_ten_service_control_policies_and_each_once() {
    let mut client = TestClient::default();
    let ids: Vec<String> = (0..10).map(|n| client.policy(&format!("p{n}"))).collect();
    for id in &ids[..9] {
        client.attach(id, ACCOUNT).unwrap();
    }
    assert_eq!(code(client.attach(&ids[0], ACCOUNT)), "DuplicatePolicyAttachmentException");
    let refused = client.reason("AttachPolicy", json!({ "PolicyId": ids[9], "TargetId": ACCOUNT }));
    assert_eq!(refused, constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
    client.detach(&ids[0], ACCOUNT).unwrap();
    client.attach(&ids[9], ACCOUNT).unwrap();
}

#[test]
fn the_last_service_control_policy_of_a_target_cannot_be_detached() {
    let mut client = TestClient::default();
    let root = client.root();
    let last = json!({ "PolicyId": "p-FullAWSAccess", "TargetId": root });
    assert_eq!(
        client.reason("DetachPolicy", last),
        constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    );
    let id = client.policy("p");
    assert_eq!(code(client.detach(&id, &root)), "PolicyNotAttachedException");
    client.attach(&id, &root).unwrap();
    client.detach("p-FullAWSAccess", &root).unwrap();
    assert_eq!(client.attached(&root), [id]);
}

#[test]
fn an_attached_policy_cannot_be_deleted() {
    let mut client = TestClient::default();
    let id = client.policy("p");
    client.attach(&id, ACCOUNT).unwrap();
    assert_eq!(client.refused("DeletePolicy", json!({ "PolicyId": id })), "PolicyInUseException");
    client.detach(&id, ACCOUNT).unwrap();
    client.ok("DeletePolicy", json!({ "PolicyId": id }));
    assert_eq!(
        client.refused("DescribePolicy", json!({ "PolicyId": id })),
        "PolicyNotFoundException"
    );
    assert_eq!(code(client.attach(&id, ACCOUNT)), "PolicyNotFoundException");
}

#[test]
fn aws_managed_policies_are_immutable() {
    let mut client = TestClient::default();
    let full = json!({ "PolicyId": "p-FullAWSAccess", "Description": "mine" });
    assert_eq!(client.reason("UpdatePolicy", full.clone()), invalid("IMMUTABLE_POLICY"));
    assert_eq!(client.reason("DeletePolicy", full), invalid("IMMUTABLE_POLICY"));
    let tags = json!({ "ResourceId": "p-FullAWSAccess" });
    assert_eq!(client.refused("ListTagsForResource", tags), "TargetNotFoundException");
    let root = client.root();
    client
        .ok("EnablePolicyType", json!({ "RootId": root, "PolicyType": "RESOURCE_CONTROL_POLICY" }));
    let detach = json!({ "PolicyId": "p-RCPFullAWSAccess", "TargetId": ACCOUNT });
    assert_eq!(client.reason("DetachPolicy", detach), invalid("NON_DETACHABLE_POLICY"));
}

#[test]
fn disabling_a_policy_type_loses_every_attachment_and_enabling_it_starts_over_with_full_access() {
    let mut client = TestClient::default();
    let (root, id) = (client.root(), client.policy("p"));
    client.attach(&id, ACCOUNT).unwrap();
    let of_type = json!({ "RootId": root, "PolicyType": SCP });
    assert_eq!(
        client.refused("EnablePolicyType", of_type.clone()),
        "PolicyTypeAlreadyEnabledException"
    );
    let disabled = client.ok("DisablePolicyType", of_type.clone());
    assert_eq!(disabled["Root"]["PolicyTypes"], json!([]));
    assert!(client.attached(ACCOUNT).is_empty());
    assert_eq!(code(client.attach(&id, ACCOUNT)), "PolicyTypeNotEnabledException");
    assert_eq!(
        client.refused("DisablePolicyType", of_type.clone()),
        "PolicyTypeNotEnabledException"
    );
    client.ok("EnablePolicyType", of_type);
    assert_eq!(client.attached(ACCOUNT), ["p-FullAWSAccess"]);
    client.ok("DescribePolicy", json!({ "PolicyId": id }));
}

#[test]
fn enabling_a_policy_type_may_take_time() {
    let mut client = TestClient {
        organizations: Organizations::with_policy_types(MANAGEMENT, [ACCOUNT], &[]),
        bench: Bench::default(),
    };
    client.organizations.behavior.policy_type_pending = Duration::from_secs(30);
    let (root, id) = (client.root(), client.policy("p"));
    let enabled = client.ok("EnablePolicyType", json!({ "RootId": root, "PolicyType": SCP }));
    assert_eq!(enabled["Root"]["PolicyTypes"][0]["Status"], "PENDING_ENABLE");
    assert_eq!(code(client.attach(&id, ACCOUNT)), "PolicyChangesInProgressException");
    client.bench.pass(30);
    assert_eq!(
        client.ok("ListRoots", json!({}))["Roots"][0]["PolicyTypes"][0]["Status"],
        "ENABLED"
    );
    client.attach(&id, ACCOUNT).unwrap();
}

#[test]
fn new_units_and_accounts_start_with_full_access() {
    let mut client = TestClient::default();
    let root = client.root();
    let unit = client.unit(&root, "workloads");
    assert_eq!(client.attached(&unit), ["p-FullAWSAccess"]);
    let new = json!({ "Email": "ml@example.com", "AccountName": "ml" });
    let status = client.ok("CreateAccount", new.clone())["CreateAccountStatus"].clone();
    assert_eq!(status["State"], "SUCCEEDED");
    let asked = json!({ "CreateAccountRequestId": status["Id"] });
    assert_eq!(client.ok("DescribeCreateAccountStatus", asked)["CreateAccountStatus"], status);
    let account = status["AccountId"].as_str().unwrap();
    assert_eq!(client.attached(account), ["p-FullAWSAccess"]);
    assert_eq!(
        client.ok("ListParents", json!({ "ChildId": account }))["Parents"],
        json!([{ "Id": root, "Type": "ROOT" }])
    );
    assert_eq!(
        client.ok("CreateAccount", new)["CreateAccountStatus"]["FailureReason"],
        "EMAIL_ALREADY_EXISTS"
    );
}

#[test]
fn an_account_moves_from_its_current_parent_to_another_one() {
    let mut client = TestClient::default();
    let root = client.root();
    let unit = client.unit(&root, "workloads");
    let travel = |from: &str, to: &str| json!({ "AccountId": ACCOUNT, "SourceParentId": from, "DestinationParentId": to });
    assert_eq!(client.refused("MoveAccount", travel(&unit, &root)), "DuplicateAccountException");
    assert_eq!(
        client.refused("MoveAccount", travel(&root, "ou-none-00000000")),
        "DestinationParentNotFoundException"
    );
    client.ok("MoveAccount", travel(&root, &unit));
    let other = client.unit(&root, "other");
    assert_eq!(
        client.refused("MoveAccount", travel(&root, &other)),
        "SourceParentNotFoundException"
    );
    let children = client.ok("ListChildren", json!({ "ParentId": unit, "ChildType": "ACCOUNT" }));
    assert_eq!(column(&children, "Children", "Id"), [ACCOUNT]);
    let account = client.ok("DescribeAccount", json!({ "AccountId": ACCOUNT }));
    let path = account["Account"]["Paths"][0].as_str().unwrap();
    assert!(path.ends_with(&format!("/{root}/{unit}/{ACCOUNT}/")), "{path}");
    assert_eq!(
        client.refused("DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": unit })),
        "OrganizationalUnitNotEmptyException"
    );
    client.ok("DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": other }));
}

#[test]
fn unit_names_are_unique_within_their_parent_and_the_tree_is_five_deep() {
    let mut client = TestClient::default();
    let root = client.root();
    let mut parent = client.unit(&root, "ml");
    assert_eq!(
        client.refused("CreateOrganizationalUnit", json!({ "ParentId": root, "Name": "ml" })),
        "DuplicateOrganizationalUnitException"
    );
    let renamed = client
        .ok("UpdateOrganizationalUnit", json!({ "OrganizationalUnitId": parent, "Name": "data" }));
    assert_eq!(renamed["OrganizationalUnit"]["Id"], parent.as_str());
    client.unit(&root, "ml");
    for _ in 1..5 {
        parent = client.unit(&parent, "ml");
    }
    let sixth = json!({ "ParentId": parent, "Name": "ml" });
    assert_eq!(
        client.reason("CreateOrganizationalUnit", sixth),
        constraint("OU_DEPTH_LIMIT_EXCEEDED")
    );
    assert_eq!(
        client.refused("ListOrganizationalUnitsForParent", json!({ "ParentId": ACCOUNT })),
        "ParentNotFoundException"
    );
}

#[test]
fn listings_have_at_most_twenty_items_on_a_page() {
    let mut client = TestClient::default();
    for n in 0..25 {
        client.policy(&format!("p{n}"));
    }
    let first = client.ok("ListPolicies", json!({ "Filter": SCP }));
    assert_eq!(column(&first, "Policies", "Id").len(), 20);
    let second =
        client.ok("ListPolicies", json!({ "Filter": SCP, "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Policies", "Id").len(), 6);
    assert!(second.get("NextToken").is_none());
    let above = client.reason("ListPolicies", json!({ "Filter": SCP, "MaxResults": 21 }));
    assert_eq!(above, invalid("MAX_VALUE_EXCEEDED"));
    let foreign = client.reason("ListPolicies", json!({ "Filter": SCP, "NextToken": "?" }));
    assert_eq!(foreign, invalid("INVALID_NEXT_TOKEN"));
    assert_eq!(client.reason("ListPolicies", json!({})), invalid("INPUT_REQUIRED"));
    assert_eq!(
        client.reason("ListPolicies", json!({ "Filter": "SCP" })),
        invalid("INVALID_ENUM_POLICY_TYPE")
    );
}

#[test]
fn a_page_may_be_empty_and_have_a_token() {
    let mut client = TestClient::default();
    client.organizations.behavior.empty_pages = true;
    let first = client.ok("ListAccounts", json!({}));
    assert_eq!(first["Accounts"], json!([]));
    let second = client.ok("ListAccounts", json!({ "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Accounts", "Id"), [ACCOUNT, MANAGEMENT]);
}

#[test]
fn tags_are_created_with_the_policy_or_not_at_all() {
    let mut client = TestClient::default();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let mut wrong = new_policy("p", DENY);
    wrong["Tags"] = json!([tag("a", "1"), tag("aws:b", "2")]);
    assert_eq!(
        client.reason("CreatePolicy", wrong.clone()),
        invalid("INVALID_SYSTEM_TAGS_PARAMETER")
    );
    wrong["Tags"] = json!([tag("a", "1"), tag("a", "2")]);
    assert_eq!(client.reason("CreatePolicy", wrong.clone()), invalid("DUPLICATE_TAG_KEY"));
    wrong["Tags"] = json!([tag("a", "1")]);
    let id = client.ok("CreatePolicy", wrong)["Policy"]["PolicySummary"]["Id"].clone();
    client.ok("TagResource", json!({ "ResourceId": id, "Tags": [tag("a", "2"), tag("b", "")] }));
    client.ok("UntagResource", json!({ "ResourceId": id, "TagKeys": ["b"] }));
    assert_eq!(
        client.ok("ListTagsForResource", json!({ "ResourceId": id }))["Tags"],
        json!([tag("a", "2")])
    );
    assert_eq!(
        client.refused("TagResource", json!({ "ResourceId": "p-none", "Tags": [] })),
        "TargetNotFoundException"
    );
    let many: Vec<Value> = (0..50).map(|n| tag(&n.to_string(), "")).collect();
    let too_many = json!({ "ResourceId": id, "Tags": many });
    assert_eq!(client.reason("TagResource", too_many), constraint("MAX_TAG_LIMIT_EXCEEDED"));
}

#[test]
fn the_number_of_policies_has_a_limit() {
    let mut client = TestClient::default();
    client.organizations.behavior.policies_per_type = Some(2);
    client.policy("p");
    assert_eq!(
        client.reason("CreatePolicy", new_policy("q", DENY)),
        constraint("POLICY_NUMBER_LIMIT_EXCEEDED")
    );
}

#[test]
fn the_organization_follows_from_the_options() {
    let mut client = TestClient::default();
    client.bench.options.accounts = vec!["222233334444".to_owned()];
    client.bench.options.service_control_policies = false;
    client.organizations = Organizations::from_options(&client.bench.options);
    let accounts = client.ok("ListAccounts", json!({}));
    assert_eq!(column(&accounts, "Accounts", "Id"), ["222233334444", MANAGEMENT]);
    assert_eq!(client.ok("ListRoots", json!({}))["Roots"][0]["PolicyTypes"], json!([]));
}
