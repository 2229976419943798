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
struct Desk {
    organizations: Organizations,
    bench: Bench,
}

impl Default for Desk {
    fn default() -> Self {
        Self { organizations: Organizations::new(MANAGEMENT, [ACCOUNT]), bench: Bench::default() }
    }
}

impl Desk {
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
    let mut desk = Desk::default();
    let stranger = desk.call_from("444455556666", "DescribeOrganization", json!({}));
    assert_eq!(code(stranger), "AWSOrganizationsNotInUseException");
    let organization = desk.call_from(ACCOUNT, "DescribeOrganization", json!({})).unwrap();
    assert_eq!(organization["Organization"]["MasterAccountId"], MANAGEMENT);
    assert_eq!(
        code(desk.call_from(ACCOUNT, "ListPolicies", json!({ "Filter": SCP }))),
        "AccessDeniedException"
    );
    let unknown = desk.call_from(ACCOUNT, "ListHandshakesForAccount", json!({}));
    assert_eq!(code(unknown), "UnknownOperationException");
    desk.organizations.behaviour.delegated_administrators.insert(ACCOUNT.to_owned());
    desk.call_from(ACCOUNT, "CreatePolicy", new_policy("deny", DENY)).unwrap();
    let root = desk.root();
    let unit = desk.call_from(
        ACCOUNT,
        "CreateOrganizationalUnit",
        json!({ "ParentId": root, "Name": "x" }),
    );
    assert_eq!(code(unit), "AccessDeniedException");
}

#[test]
fn the_organisation_starts_with_its_accounts_in_the_root_under_full_access() {
    let mut desk = Desk::default();
    let roots = desk.ok("ListRoots", json!({}));
    assert_eq!(roots["Roots"][0]["PolicyTypes"], json!([{ "Type": SCP, "Status": "ENABLED" }]));
    let root = desk.root();
    let accounts = desk.ok("ListAccountsForParent", json!({ "ParentId": root }));
    assert_eq!(column(&accounts, "Accounts", "Id"), [ACCOUNT, MANAGEMENT]);
    let targets = desk.ok("ListTargetsForPolicy", json!({ "PolicyId": "p-FullAWSAccess" }));
    assert_eq!(column(&targets, "Targets", "Type"), ["ACCOUNT", "ACCOUNT", "ROOT"]);
    let path = accounts["Accounts"][0]["Paths"][0].as_str().unwrap();
    assert!(path.starts_with("o-") && path.ends_with(&format!("/{root}/{ACCOUNT}/")), "{path}");
}

#[test]
fn the_content_of_a_policy_is_stored_byte_for_byte() {
    let mut desk = Desk::default();
    let spaced = DENY.replace(":{", " :\n {");
    let created = desk.ok("CreatePolicy", new_policy("deny", &spaced));
    let id = created["Policy"]["PolicySummary"]["Id"].as_str().unwrap();
    let described = desk.ok("DescribePolicy", json!({ "PolicyId": id }));
    assert_eq!(described, created);
    assert_eq!(described["Policy"]["Content"], spaced);
    assert_eq!(described["Policy"]["PolicySummary"]["AwsManaged"], false);
}

#[test]
fn policy_names_are_unique_within_their_type() {
    let mut desk = Desk::default();
    desk.policy("deny");
    let other = desk.policy("other");
    assert_eq!(desk.refused("CreatePolicy", new_policy("deny", DENY)), "DuplicatePolicyException");
    assert_eq!(
        desk.refused("UpdatePolicy", json!({ "PolicyId": other, "Name": "deny" })),
        "DuplicatePolicyException"
    );
    desk.ok("UpdatePolicy", json!({ "PolicyId": other, "Name": "other" }));
    let tag_policy = json!({ "Type": "TAG_POLICY", "Name": "deny", "Description": "", "Content": "{\"tags\":{}}" });
    desk.ok("CreatePolicy", tag_policy);
}

#[test]
fn an_update_changes_what_it_names_and_nothing_else() {
    let mut desk = Desk::default();
    let mut new = new_policy("deny", DENY);
    new["Description"] = json!("no machines");
    let id = desk.ok("CreatePolicy", new)["Policy"]["PolicySummary"]["Id"].clone();
    let content = DENY.replace("ec2", "s3");
    let updated = desk.ok("UpdatePolicy", json!({ "PolicyId": id, "Content": content }));
    assert_eq!(updated["Policy"]["Content"], content);
    assert_eq!(updated["Policy"]["PolicySummary"]["Description"], "no machines");
    let cleared = desk.ok("UpdatePolicy", json!({ "PolicyId": id, "Description": "" }));
    assert_eq!(cleared["Policy"]["PolicySummary"]["Description"], "");
}

#[test]
fn contents_that_are_no_service_control_policy_are_malformed() {
    let mut desk = Desk::default();
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
            desk.refused("CreatePolicy", new_policy("p", wrong)),
            "MalformedPolicyDocumentException",
            "{wrong}"
        );
    }
    let id = desk.policy("p");
    assert_eq!(
        desk.refused("UpdatePolicy", json!({ "PolicyId": id, "Content": "{}" })),
        "MalformedPolicyDocumentException"
    );
    assert_eq!(desk.ok("DescribePolicy", json!({ "PolicyId": id }))["Policy"]["Content"], DENY);
}

#[test]
fn a_resource_control_policy_denies_everybody() {
    let mut desk = Desk::default();
    let policy = |effect: &str, principal: &str| {
        let statement =
            json!({ "Effect": effect, "Principal": principal, "Action": "s3:*", "Resource": "*" });
        let content = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        json!({ "Type": "RESOURCE_CONTROL_POLICY", "Name": effect, "Description": "", "Content": content })
    };
    desk.ok("CreatePolicy", policy("Deny", "*"));
    assert_eq!(
        desk.refused("CreatePolicy", policy("Allow", "*")),
        "MalformedPolicyDocumentException"
    );
    assert_eq!(
        desk.refused("CreatePolicy", policy("Deny", "someone")),
        "MalformedPolicyDocumentException"
    );
}

#[test]
fn a_policy_of_more_than_10240_bytes_is_too_long() {
    let mut desk = Desk::default();
    let padded = |length: usize| format!("{}{DENY}", " ".repeat(length - DENY.len()));
    desk.ok("CreatePolicy", new_policy("fits", &padded(10_240)));
    let refused = desk.reason("CreatePolicy", new_policy("p", &padded(10_241)));
    assert_eq!(refused, constraint("POLICY_CONTENT_LIMIT_EXCEEDED"));
}

#[test]
fn a_target_takes_ten_service_control_policies_and_each_once() {
    let mut desk = Desk::default();
    let ids: Vec<String> = (0..10).map(|n| desk.policy(&format!("p{n}"))).collect();
    for id in &ids[..9] {
        desk.attach(id, ACCOUNT).unwrap();
    }
    assert_eq!(code(desk.attach(&ids[0], ACCOUNT)), "DuplicatePolicyAttachmentException");
    let refused = desk.reason("AttachPolicy", json!({ "PolicyId": ids[9], "TargetId": ACCOUNT }));
    assert_eq!(refused, constraint("MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"));
    desk.detach(&ids[0], ACCOUNT).unwrap();
    desk.attach(&ids[9], ACCOUNT).unwrap();
}

#[test]
fn the_last_service_control_policy_of_a_target_cannot_be_detached() {
    let mut desk = Desk::default();
    let root = desk.root();
    let last = json!({ "PolicyId": "p-FullAWSAccess", "TargetId": root });
    assert_eq!(
        desk.reason("DetachPolicy", last),
        constraint("MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED")
    );
    let id = desk.policy("p");
    assert_eq!(code(desk.detach(&id, &root)), "PolicyNotAttachedException");
    desk.attach(&id, &root).unwrap();
    desk.detach("p-FullAWSAccess", &root).unwrap();
    assert_eq!(desk.attached(&root), [id]);
}

#[test]
fn an_attached_policy_cannot_be_deleted() {
    let mut desk = Desk::default();
    let id = desk.policy("p");
    desk.attach(&id, ACCOUNT).unwrap();
    assert_eq!(desk.refused("DeletePolicy", json!({ "PolicyId": id })), "PolicyInUseException");
    desk.detach(&id, ACCOUNT).unwrap();
    desk.ok("DeletePolicy", json!({ "PolicyId": id }));
    assert_eq!(
        desk.refused("DescribePolicy", json!({ "PolicyId": id })),
        "PolicyNotFoundException"
    );
    assert_eq!(code(desk.attach(&id, ACCOUNT)), "PolicyNotFoundException");
}

#[test]
fn policies_that_aws_provides_are_immutable() {
    let mut desk = Desk::default();
    let full = json!({ "PolicyId": "p-FullAWSAccess", "Description": "mine" });
    assert_eq!(desk.reason("UpdatePolicy", full.clone()), invalid("IMMUTABLE_POLICY"));
    assert_eq!(desk.reason("DeletePolicy", full), invalid("IMMUTABLE_POLICY"));
    let tags = json!({ "ResourceId": "p-FullAWSAccess" });
    assert_eq!(desk.refused("ListTagsForResource", tags), "TargetNotFoundException");
    let root = desk.root();
    desk.ok("EnablePolicyType", json!({ "RootId": root, "PolicyType": "RESOURCE_CONTROL_POLICY" }));
    let detach = json!({ "PolicyId": "p-RCPFullAWSAccess", "TargetId": ACCOUNT });
    assert_eq!(desk.reason("DetachPolicy", detach), invalid("NON_DETACHABLE_POLICY"));
}

#[test]
fn disabling_a_policy_type_loses_every_attachment_and_enabling_it_starts_over_with_full_access() {
    let mut desk = Desk::default();
    let (root, id) = (desk.root(), desk.policy("p"));
    desk.attach(&id, ACCOUNT).unwrap();
    let of_type = json!({ "RootId": root, "PolicyType": SCP });
    assert_eq!(
        desk.refused("EnablePolicyType", of_type.clone()),
        "PolicyTypeAlreadyEnabledException"
    );
    let disabled = desk.ok("DisablePolicyType", of_type.clone());
    assert_eq!(disabled["Root"]["PolicyTypes"], json!([]));
    assert!(desk.attached(ACCOUNT).is_empty());
    assert_eq!(code(desk.attach(&id, ACCOUNT)), "PolicyTypeNotEnabledException");
    assert_eq!(desk.refused("DisablePolicyType", of_type.clone()), "PolicyTypeNotEnabledException");
    desk.ok("EnablePolicyType", of_type);
    assert_eq!(desk.attached(ACCOUNT), ["p-FullAWSAccess"]);
    desk.ok("DescribePolicy", json!({ "PolicyId": id }));
}

#[test]
fn a_policy_type_may_take_its_time_to_become_enabled() {
    let mut desk = Desk {
        organizations: Organizations::with_policy_types(MANAGEMENT, [ACCOUNT], &[]),
        bench: Bench::default(),
    };
    desk.organizations.behaviour.policy_type_pending = Duration::from_secs(30);
    let (root, id) = (desk.root(), desk.policy("p"));
    let enabled = desk.ok("EnablePolicyType", json!({ "RootId": root, "PolicyType": SCP }));
    assert_eq!(enabled["Root"]["PolicyTypes"][0]["Status"], "PENDING_ENABLE");
    assert_eq!(code(desk.attach(&id, ACCOUNT)), "PolicyChangesInProgressException");
    desk.bench.pass(30);
    assert_eq!(desk.ok("ListRoots", json!({}))["Roots"][0]["PolicyTypes"][0]["Status"], "ENABLED");
    desk.attach(&id, ACCOUNT).unwrap();
}

#[test]
fn new_units_and_accounts_start_with_full_access() {
    let mut desk = Desk::default();
    let root = desk.root();
    let unit = desk.unit(&root, "workloads");
    assert_eq!(desk.attached(&unit), ["p-FullAWSAccess"]);
    let new = json!({ "Email": "ml@example.com", "AccountName": "ml" });
    let status = desk.ok("CreateAccount", new.clone())["CreateAccountStatus"].clone();
    assert_eq!(status["State"], "SUCCEEDED");
    let asked = json!({ "CreateAccountRequestId": status["Id"] });
    assert_eq!(desk.ok("DescribeCreateAccountStatus", asked)["CreateAccountStatus"], status);
    let account = status["AccountId"].as_str().unwrap();
    assert_eq!(desk.attached(account), ["p-FullAWSAccess"]);
    assert_eq!(
        desk.ok("ListParents", json!({ "ChildId": account }))["Parents"],
        json!([{ "Id": root, "Type": "ROOT" }])
    );
    assert_eq!(
        desk.ok("CreateAccount", new)["CreateAccountStatus"]["FailureReason"],
        "EMAIL_ALREADY_EXISTS"
    );
}

#[test]
fn an_account_moves_from_where_it_is_to_where_it_is_not() {
    let mut desk = Desk::default();
    let root = desk.root();
    let unit = desk.unit(&root, "workloads");
    let travel = |from: &str, to: &str| json!({ "AccountId": ACCOUNT, "SourceParentId": from, "DestinationParentId": to });
    assert_eq!(desk.refused("MoveAccount", travel(&unit, &root)), "DuplicateAccountException");
    assert_eq!(
        desk.refused("MoveAccount", travel(&root, "ou-none-00000000")),
        "DestinationParentNotFoundException"
    );
    desk.ok("MoveAccount", travel(&root, &unit));
    let other = desk.unit(&root, "other");
    assert_eq!(desk.refused("MoveAccount", travel(&root, &other)), "SourceParentNotFoundException");
    let children = desk.ok("ListChildren", json!({ "ParentId": unit, "ChildType": "ACCOUNT" }));
    assert_eq!(column(&children, "Children", "Id"), [ACCOUNT]);
    let account = desk.ok("DescribeAccount", json!({ "AccountId": ACCOUNT }));
    let path = account["Account"]["Paths"][0].as_str().unwrap();
    assert!(path.ends_with(&format!("/{root}/{unit}/{ACCOUNT}/")), "{path}");
    assert_eq!(
        desk.refused("DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": unit })),
        "OrganizationalUnitNotEmptyException"
    );
    desk.ok("DeleteOrganizationalUnit", json!({ "OrganizationalUnitId": other }));
}

#[test]
fn unit_names_are_unique_within_their_parent_and_the_tree_is_five_deep() {
    let mut desk = Desk::default();
    let root = desk.root();
    let mut parent = desk.unit(&root, "ml");
    assert_eq!(
        desk.refused("CreateOrganizationalUnit", json!({ "ParentId": root, "Name": "ml" })),
        "DuplicateOrganizationalUnitException"
    );
    let renamed = desk
        .ok("UpdateOrganizationalUnit", json!({ "OrganizationalUnitId": parent, "Name": "data" }));
    assert_eq!(renamed["OrganizationalUnit"]["Id"], parent.as_str());
    desk.unit(&root, "ml");
    for _ in 1..5 {
        parent = desk.unit(&parent, "ml");
    }
    let sixth = json!({ "ParentId": parent, "Name": "ml" });
    assert_eq!(
        desk.reason("CreateOrganizationalUnit", sixth),
        constraint("OU_DEPTH_LIMIT_EXCEEDED")
    );
    assert_eq!(
        desk.refused("ListOrganizationalUnitsForParent", json!({ "ParentId": ACCOUNT })),
        "ParentNotFoundException"
    );
}

#[test]
fn listings_have_at_most_twenty_items_a_page() {
    let mut desk = Desk::default();
    for n in 0..25 {
        desk.policy(&format!("p{n}"));
    }
    let first = desk.ok("ListPolicies", json!({ "Filter": SCP }));
    assert_eq!(column(&first, "Policies", "Id").len(), 20);
    let second = desk.ok("ListPolicies", json!({ "Filter": SCP, "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Policies", "Id").len(), 6);
    assert!(second.get("NextToken").is_none());
    let above = desk.reason("ListPolicies", json!({ "Filter": SCP, "MaxResults": 21 }));
    assert_eq!(above, invalid("MAX_VALUE_EXCEEDED"));
    let foreign = desk.reason("ListPolicies", json!({ "Filter": SCP, "NextToken": "?" }));
    assert_eq!(foreign, invalid("INVALID_NEXT_TOKEN"));
    assert_eq!(desk.reason("ListPolicies", json!({})), invalid("INPUT_REQUIRED"));
    assert_eq!(
        desk.reason("ListPolicies", json!({ "Filter": "SCP" })),
        invalid("INVALID_ENUM_POLICY_TYPE")
    );
}

#[test]
fn a_page_may_be_empty_and_lead_on() {
    let mut desk = Desk::default();
    desk.organizations.behaviour.empty_pages = true;
    let first = desk.ok("ListAccounts", json!({}));
    assert_eq!(first["Accounts"], json!([]));
    let second = desk.ok("ListAccounts", json!({ "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Accounts", "Id"), [ACCOUNT, MANAGEMENT]);
}

#[test]
fn tags_are_created_with_the_policy_or_not_at_all() {
    let mut desk = Desk::default();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    let mut wrong = new_policy("p", DENY);
    wrong["Tags"] = json!([tag("a", "1"), tag("aws:b", "2")]);
    assert_eq!(
        desk.reason("CreatePolicy", wrong.clone()),
        invalid("INVALID_SYSTEM_TAGS_PARAMETER")
    );
    wrong["Tags"] = json!([tag("a", "1"), tag("a", "2")]);
    assert_eq!(desk.reason("CreatePolicy", wrong.clone()), invalid("DUPLICATE_TAG_KEY"));
    wrong["Tags"] = json!([tag("a", "1")]);
    let id = desk.ok("CreatePolicy", wrong)["Policy"]["PolicySummary"]["Id"].clone();
    desk.ok("TagResource", json!({ "ResourceId": id, "Tags": [tag("a", "2"), tag("b", "")] }));
    desk.ok("UntagResource", json!({ "ResourceId": id, "TagKeys": ["b"] }));
    assert_eq!(
        desk.ok("ListTagsForResource", json!({ "ResourceId": id }))["Tags"],
        json!([tag("a", "2")])
    );
    assert_eq!(
        desk.refused("TagResource", json!({ "ResourceId": "p-none", "Tags": [] })),
        "TargetNotFoundException"
    );
    let many: Vec<Value> = (0..50).map(|n| tag(&n.to_string(), "")).collect();
    let too_many = json!({ "ResourceId": id, "Tags": many });
    assert_eq!(desk.reason("TagResource", too_many), constraint("MAX_TAG_LIMIT_EXCEEDED"));
}

#[test]
fn the_number_of_policies_has_a_limit() {
    let mut desk = Desk::default();
    desk.organizations.behaviour.policies_per_type = Some(2);
    desk.policy("p");
    assert_eq!(
        desk.reason("CreatePolicy", new_policy("q", DENY)),
        constraint("POLICY_NUMBER_LIMIT_EXCEEDED")
    );
}

#[test]
fn the_organisation_follows_from_the_options() {
    let mut desk = Desk::default();
    desk.bench.options.accounts = vec!["222233334444".to_owned()];
    desk.bench.options.service_control_policies = false;
    desk.organizations = Organizations::from_options(&desk.bench.options);
    let accounts = desk.ok("ListAccounts", json!({}));
    assert_eq!(column(&accounts, "Accounts", "Id"), ["222233334444", MANAGEMENT]);
    assert_eq!(desk.ok("ListRoots", json!({}))["Roots"][0]["PolicyTypes"], json!([]));
}
