//! The behavior of SageMaker that the rest of the program depends on.

use serde_json::{Value, json};

use super::SageMaker;
use crate::simulator::{
    api::Service,
    json::testing::{ACCOUNT, Bench, code, column},
    service::{Answer, ApiError},
};

const ROLE: &str = "arn:aws:iam::111122223333:role/studio";

/// SageMaker for a role session in one account and region.
#[derive(Default)]
struct TestClient {
    sagemaker: SageMaker,
    bench: Bench,
}

impl TestClient {
    fn call(&mut self, operation: &str, input: Value) -> Answer {
        let caller = self.bench.caller("operator");
        self.sagemaker.call(&caller, operation, &input, &mut self.bench.context())
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

    /// A domain that is in service.
    fn domain(&mut self, more: Value) -> String {
        let created = self.ok("CreateDomain", new_domain(more));
        self.bench.pass(1);
        created["DomainId"].as_str().unwrap().to_owned()
    }

    fn describe(&mut self, id: &str) -> Value {
        self.ok("DescribeDomain", json!({ "DomainId": id }))
    }

    fn status(&mut self, id: &str) -> String {
        self.describe(id)["Status"].as_str().unwrap().to_owned()
    }

    fn update(&mut self, id: &str, change: Value) -> Answer {
        let mut input = json!({ "DomainId": id });
        extend(&mut input, change);
        let answer = self.call("UpdateDomain", input);
        self.bench.pass(1);
        answer
    }

    fn message(&mut self, id: &str, change: Value) -> String {
        let error = self.update(id, change).expect_err("a refused update");
        assert_eq!(error.code, "ValidationException");
        error.message
    }

    fn profile(&mut self, domain: &str, name: &str) {
        self.ok("CreateUserProfile", json!({ "DomainId": domain, "UserProfileName": name }));
        self.bench.pass(1);
    }

    fn app(&mut self, domain: &str, profile: &str) -> Value {
        let app = json!({ "DomainId": domain, "UserProfileName": profile, "AppType": "JupyterLab", "AppName": "default" });
        self.ok("CreateApp", app.clone());
        app
    }
}

fn extend(target: &mut Value, more: Value) {
    target.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
}

fn new_domain(more: Value) -> Value {
    let mut input = json!({
        "DomainName": "ml",
        "AuthMode": "IAM",
        "DefaultUserSettings": { "ExecutionRole": ROLE, "SecurityGroups": ["sg-1"] },
        "VpcId": "vpc-1",
        "SubnetIds": ["subnet-1", "subnet-2"],
    });
    extend(&mut input, more);
    input
}

#[test]
fn a_new_domain_is_pending_and_then_in_service() {
    let mut client = TestClient::default();
    let created = client.ok(
        "CreateDomain",
        new_domain(json!({ "Tags": [{ "Key": "owner", "Value": "palisade" }] })),
    );
    let (id, arn) =
        (created["DomainId"].as_str().unwrap().to_owned(), created["DomainArn"].clone());
    assert_eq!(client.status(&id), "Pending");
    let tags = client.ok("ListTags", json!({ "ResourceArn": arn }));
    assert_eq!(tags["Tags"], json!([{ "Key": "owner", "Value": "palisade" }]));
    assert_eq!(code(client.call("UpdateDomain", json!({ "DomainId": id }))), "ResourceInUse");
    assert_eq!(client.refused("DeleteDomain", json!({ "DomainId": id })), "ResourceInUse");
    assert_eq!(column(&client.ok("ListDomains", json!({})), "Domains", "Status"), ["Pending"]);
    client.bench.pass(1);
    assert_eq!(client.status(&id), "InService");
}

#[test]
fn describe_shows_defaults_that_nobody_set() {
    let mut client = TestClient::default();
    let spec = json!({ "DefaultResourceSpec": { "InstanceType": "system" } });
    let settings = json!({ "ExecutionRole": ROLE, "JupyterServerAppSettings": spec });
    let id = client.domain(json!({ "DefaultUserSettings": settings, "KmsKeyId": "key" }));
    let domain = client.describe(&id);
    assert_eq!(domain["AppNetworkAccessType"], "PublicInternetOnly");
    assert_eq!(domain["TagPropagation"], "DISABLED");
    assert_eq!(domain["HomeEfsFileSystemCreation"], "Enabled");
    assert!(domain["HomeEfsFileSystemId"].as_str().unwrap().starts_with("fs-"));
    assert_eq!(domain["HomeEfsFileSystemKmsKeyId"], "key");
    let settings = &domain["DefaultUserSettings"];
    assert_eq!(settings["DefaultLandingUri"], "studio::");
    assert_eq!(settings["StudioWebPortal"], "ENABLED");
    let sizes = json!({ "DefaultEbsVolumeSizeInGb": 5, "MaximumEbsVolumeSizeInGb": 100 });
    assert_eq!(settings["SpaceStorageSettings"]["DefaultEbsStorageSettings"], sizes);
    let spec = &settings["JupyterServerAppSettings"]["DefaultResourceSpec"];
    assert!(spec["SageMakerImageArn"].as_str().unwrap().ends_with(":image/jupyter-server-3"));
}

#[test]
fn a_domain_needs_its_required_members_within_their_bounds() {
    let mut client = TestClient::default();
    let seventeen: Vec<String> = (0..17).map(|n| format!("subnet-{n}")).collect();
    for wrong in [
        json!({ "DomainName": "-ml" }),
        json!({ "DomainName": null }),
        json!({ "AuthMode": "LDAP" }),
        json!({ "DefaultUserSettings": null }),
        json!({ "VpcId": null }),
        json!({ "SubnetIds": [] }),
        json!({ "SubnetIds": seventeen }),
        json!({ "DefaultUserSettings": { "ExecutionRole": "" } }),
        json!({ "DefaultUserSettings": { "SecurityGroups": ["1", "2", "3", "4", "5", "6"] } }),
        json!({ "DefaultUserSettings": { "AutoMountHomeEFS": "DefaultAsDomain" } }),
        json!({ "DefaultUserSettings": { "StudioWebPortal": "DISABLED" } }),
        json!({ "DefaultUserSettings": { "JupyterServerAppSettings": { "LifecycleConfigArns": ["arn"] } } }),
        json!({ "DefaultUserSettings": { "SpaceStorageSettings": { "DefaultEbsStorageSettings": { "DefaultEbsVolumeSizeInGb": 5 } } } }),
        json!({ "DefaultUserSettings": { "RStudioServerProAppSettings": { "UserGroup": "R_STUDIO_USER" } } }),
        json!({ "DefaultSpaceSettings": { "JupyterServerAppSettings": { "CodeRepositories": [{ "RepositoryUrl": "https://x" }] } } }),
        json!({ "DomainSettings": { "SecurityGroupIds": ["1", "2", "3", "4"] } }),
        json!({ "DomainSettings": { "AmazonQSettings": { "Status": "ENABLED" } } }),
        json!({ "AppSecurityGroupManagement": "Customer" }),
        json!({ "Tags": [{ "Key": "aws:x", "Value": "" }] }),
    ] {
        assert_eq!(
            client.refused("CreateDomain", new_domain(wrong.clone())),
            "ValidationException",
            "{wrong}"
        );
    }
    assert_eq!(client.ok("ListDomains", json!({}))["Domains"], json!([]));
}

#[test]
fn idle_times_lie_within_their_bounds_and_each_other() {
    let mut client = TestClient::default();
    let idle = |min: u32, usual: u32| {
        let times = json!({ "MinIdleTimeoutInMinutes": min, "IdleTimeoutInMinutes": usual });
        let lab = json!({ "AppLifecycleManagement": { "IdleSettings": times } });
        json!({ "DefaultUserSettings": { "JupyterLabAppSettings": lab } })
    };
    let id = client.domain(idle(60, 90));
    assert!(client.message(&id, idle(60, 59)).contains("between 60 and 525600"));
    assert!(client.message(&id, idle(120, 90)).contains("MinIdleTimeoutInMinutes"));
    client.update(&id, idle(120, 120)).unwrap();
}

#[test]
fn an_update_merges_member_by_member_and_is_asynchronous() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    let change = json!({ "JupyterLabAppSettings": { "LifecycleConfigArns": ["arn:a", "arn:b"] } });
    client.ok("UpdateDomain", json!({ "DomainId": id, "DefaultUserSettings": change }));
    assert_eq!(client.status(&id), "Updating");
    assert_eq!(client.refused("UpdateDomain", json!({ "DomainId": id })), "ResourceInUse");
    client.bench.pass(1);
    let settings = client.describe(&id)["DefaultUserSettings"].clone();
    assert_eq!(
        (&settings["ExecutionRole"], &settings["SecurityGroups"]),
        (&json!(ROLE), &json!(["sg-1"]))
    );
    assert_eq!(settings["JupyterLabAppSettings"]["LifecycleConfigArns"], json!(["arn:a", "arn:b"]));
    client.update(&id, json!({ "DefaultUserSettings": { "JupyterLabAppSettings": { "LifecycleConfigArns": ["arn:b"] } } })).unwrap();
    client.update(&id, json!({ "DefaultUserSettings": { "SecurityGroups": [] } })).unwrap();
    let settings = client.describe(&id)["DefaultUserSettings"].clone();
    assert_eq!(settings["JupyterLabAppSettings"]["LifecycleConfigArns"], json!(["arn:b"]));
    assert!(settings.get("SecurityGroups").is_none());
    assert_eq!(settings["ExecutionRole"], ROLE);
}

#[test]
fn vpc_only_is_set_together_with_vpc_and_subnets_even_when_it_does_not_change() {
    let mut client = TestClient::default();
    let id = client.domain(json!({ "AppNetworkAccessType": "VpcOnly" }));
    assert!(
        client
            .message(&id, json!({ "AppNetworkAccessType": "VpcOnly" }))
            .contains("VpcId and SubnetIds")
    );
    let complete =
        json!({ "AppNetworkAccessType": "VpcOnly", "VpcId": "vpc-1", "SubnetIds": ["subnet-1"] });
    client.update(&id, complete).unwrap();
    assert_eq!(client.describe(&id)["SubnetIds"], json!(["subnet-1"]));
    assert!(client.message(&id, json!({ "VpcId": "vpc-2" })).contains("cannot be changed"));
}

#[test]
fn the_web_portal_is_disabled_together_with_the_landing_page() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    let portal = json!({ "DefaultUserSettings": { "StudioWebPortal": "DISABLED" } });
    assert!(
        client.message(&id, portal).contains("StudioWebPortal is disabled for this domain/user")
    );
    let both = json!({ "StudioWebPortal": "DISABLED", "DefaultLandingUri": "app:JupyterServer:" });
    client.update(&id, json!({ "DefaultUserSettings": both })).unwrap();
    assert_eq!(client.describe(&id)["DefaultUserSettings"]["StudioWebPortal"], "DISABLED");
}

#[test]
fn running_apps_prevent_the_updates_that_depend_on_them() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    client.profile(&id, "ann");
    let app = client.app(&id, "ann");
    let vpc_only = json!({ "AppNetworkAccessType": "VpcOnly", "VpcId": "vpc-1", "SubnetIds": ["subnet-1", "subnet-2"] });
    let identity = json!({ "DomainSettingsForUpdate": { "ExecutionRoleIdentityConfig": "USER_PROFILE_NAME" } });
    for gated in [vpc_only.clone(), json!({ "SubnetIds": ["subnet-1"] }), identity.clone()] {
        let message = client.message(&id, gated);
        assert!(
            message.starts_with(&format!("Unable to update Domain [{id}] with InService App.")),
            "{message}"
        );
    }
    client.update(&id, json!({ "SubnetIds": ["subnet-1", "subnet-2", "subnet-3"] })).unwrap();
    client.update(&id, json!({ "AppNetworkAccessType": "PublicInternetOnly" })).unwrap();
    client.ok("DeleteApp", app);
    for gated in [vpc_only, identity] {
        client.update(&id, gated).unwrap();
    }
}

#[test]
fn security_group_management_is_for_rstudio_only() {
    let mut client = TestClient::default();
    let plain = client.domain(json!({}));
    let management = json!({ "AppSecurityGroupManagement": "Service" });
    assert!(
        client
            .message(&plain, management.clone())
            .contains("can only be set for Rstudio enabled domains")
    );
    let rstudio = json!({ "RStudioServerProDomainSettings": { "DomainExecutionRoleArn": ROLE } });
    let id = client.domain(json!({ "DomainSettings": rstudio }));
    client.update(&id, management).unwrap();
    let shared = json!({ "DomainId": id, "UserProfileName": "domain-shared", "AppType": "RStudioServerPro", "AppName": "default" });
    client.ok("CreateApp", shared);
    let connect = json!({ "DomainExecutionRoleArn": ROLE, "RStudioConnectUrl": "https://x" });
    let change = json!({ "DomainSettingsForUpdate": { "RStudioServerProDomainSettingsForUpdate": connect } });
    assert!(client.message(&id, change).contains("with InService App"));
}

#[test]
fn the_home_file_system_can_be_added_but_not_removed() {
    let mut client = TestClient::default();
    let id = client.domain(json!({ "HomeEfsFileSystemCreation": "Disabled" }));
    assert!(client.describe(&id).get("HomeEfsFileSystemId").is_none());
    client.update(&id, json!({ "HomeEfsFileSystemCreation": "Enabled" })).unwrap();
    assert!(client.describe(&id).get("HomeEfsFileSystemId").is_some());
    assert!(
        client
            .message(&id, json!({ "HomeEfsFileSystemCreation": "Disabled" }))
            .contains("Enabled to Disabled")
    );
}

#[test]
fn the_literal_none_clears_an_image_version() {
    let mut client = TestClient::default();
    let lab = |version: &str| {
        let spec = json!({ "SageMakerImageArn": "arn:image", "SageMakerImageVersionArn": version });
        json!({ "DefaultUserSettings": { "JupyterLabAppSettings": { "DefaultResourceSpec": spec } } })
    };
    let id = client.domain(lab("arn:version"));
    client.update(&id, lab("None")).unwrap();
    let settings = client.describe(&id)["DefaultUserSettings"].clone();
    assert_eq!(
        settings["JupyterLabAppSettings"]["DefaultResourceSpec"],
        json!({ "SageMakerImageArn": "arn:image" })
    );
}

#[test]
fn a_domain_is_deleted_last_and_leaves_its_files_by_default() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    let delete = json!({ "DomainId": id });
    client.profile(&id, "ann");
    let app = client.app(&id, "ann");
    assert_eq!(client.refused("DeleteDomain", delete.clone()), "ResourceInUse");
    let ann = json!({ "DomainId": id, "UserProfileName": "ann" });
    assert_eq!(client.refused("DeleteUserProfile", ann.clone()), "ResourceInUse");
    client.ok("DeleteApp", app.clone());
    assert_eq!(client.refused("DeleteApp", app), "ResourceNotFound");
    assert_eq!(
        column(&client.ok("ListApps", json!({ "DomainIdEquals": id })), "Apps", "Status"),
        ["Deleted"]
    );
    client.ok("DeleteUserProfile", ann.clone());
    assert_eq!(client.ok("DescribeUserProfile", ann.clone())["Status"], "Deleting");
    assert_eq!(client.refused("DeleteDomain", delete.clone()), "ResourceInUse");
    client.bench.pass(1);
    assert_eq!(client.refused("DescribeUserProfile", ann), "ResourceNotFound");
    let files = client.describe(&id)["HomeEfsFileSystemId"].as_str().unwrap().to_owned();
    client.ok("DeleteDomain", delete.clone());
    assert_eq!(client.status(&id), "Deleting");
    assert_eq!(client.refused("DeleteDomain", delete.clone()), "ResourceInUse");
    client.bench.pass(1);
    assert_eq!(client.refused("DescribeDomain", delete.clone()), "ResourceNotFound");
    assert_eq!(client.refused("DeleteDomain", delete), "ResourceNotFound");
    assert_eq!(client.sagemaker.retained_file_systems(ACCOUNT, "eu-west-1"), [files].into());
    let other = client.domain(json!({}));
    client.ok(
        "DeleteDomain",
        json!({ "DomainId": other, "RetentionPolicy": { "HomeEfsFileSystem": "Delete" } }),
    );
    assert_eq!(client.sagemaker.retained_file_systems(ACCOUNT, "eu-west-1").len(), 1);
}

#[test]
fn creation_and_update_can_fail_with_a_reason() {
    let mut client = TestClient::default();
    client.sagemaker.behavior.creation_failure = Some("InternalFailure".to_owned());
    let failed = client.domain(json!({}));
    let domain = client.describe(&failed);
    assert_eq!(
        (&domain["Status"], &domain["FailureReason"]),
        (&json!("Failed"), &json!("InternalFailure"))
    );
    assert!(client.message(&failed, json!({})).contains("Failed status"));
    client.ok("DeleteDomain", json!({ "DomainId": failed }));
    client.sagemaker.behavior.creation_failure = None;
    let id = client.domain(json!({}));
    client.sagemaker.behavior.update_failure = Some("no".to_owned());
    client.update(&id, json!({ "TagPropagation": "ENABLED" })).unwrap();
    let domain = client.describe(&id);
    assert_eq!(
        (&domain["Status"], &domain["TagPropagation"]),
        (&json!("Update_Failed"), &json!("DISABLED"))
    );
    client.sagemaker.behavior.update_failure = None;
    client.update(&id, json!({ "TagPropagation": "ENABLED" })).unwrap();
    let domain = client.describe(&id);
    assert_eq!(
        (&domain["Status"], &domain["TagPropagation"]),
        (&json!("InService"), &json!("ENABLED"))
    );
}

#[test]
fn the_number_of_domains_has_a_limit_and_their_names_are_not_unique() {
    let mut client = TestClient::default();
    client.sagemaker.behavior.domains_per_region = Some(2);
    client.domain(json!({}));
    client.domain(json!({}));
    assert_eq!(client.refused("CreateDomain", new_domain(json!({}))), "ResourceLimitExceeded");
}

#[test]
fn listings_have_ten_items_on_a_page_by_default() {
    let mut client = TestClient::default();
    for _ in 0..12 {
        client.domain(json!({}));
    }
    let first = client.ok("ListDomains", json!({}));
    assert_eq!(column(&first, "Domains", "DomainId").len(), 10);
    let second = client.ok("ListDomains", json!({ "NextToken": first["NextToken"] }));
    assert_eq!(column(&second, "Domains", "DomainId").len(), 2);
    assert_eq!(
        column(&client.ok("ListDomains", json!({ "MaxResults": 100 })), "Domains", "DomainId")
            .len(),
        12
    );
    assert_eq!(client.refused("ListDomains", json!({ "MaxResults": 101 })), "ValidationException");
    assert_eq!(client.refused("ListDomains", json!({ "NextToken": "?" })), "ValidationException");
}

#[test]
fn tags_are_added_overwritten_and_removed_and_listed_by_fifty_at_least() {
    let mut client = TestClient::default();
    let arn = client.ok("CreateDomain", new_domain(json!({})))["DomainArn"].clone();
    let tag = |key: &str, value: &str| json!({ "Key": key, "Value": value });
    client.ok("AddTags", json!({ "ResourceArn": arn, "Tags": [tag("a", "1"), tag("b", "")] }));
    let all = client.ok("AddTags", json!({ "ResourceArn": arn, "Tags": [tag("a", "2")] }));
    assert_eq!(all["Tags"], json!([tag("a", "2"), tag("b", "")]));
    client.ok("DeleteTags", json!({ "ResourceArn": arn, "TagKeys": ["b", "never"] }));
    assert_eq!(
        client.ok("ListTags", json!({ "ResourceArn": arn }))["Tags"],
        json!([tag("a", "2")])
    );
    assert_eq!(
        client.refused("ListTags", json!({ "ResourceArn": arn, "MaxResults": 10 })),
        "ValidationException"
    );
    assert_eq!(
        client.refused("ListTags", json!({ "ResourceArn": "arn:none" })),
        "ResourceNotFound"
    );
    assert_eq!(
        client.refused("AddTags", json!({ "ResourceArn": arn, "Tags": [tag("aws:x", "")] })),
        "ValidationException"
    );
}

#[test]
fn profile_names_ignore_case_and_their_settings_merge() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    client.profile(&id, "Ann");
    let ann = json!({ "DomainId": id, "UserProfileName": "ANN" });
    assert_eq!(client.refused("CreateUserProfile", ann.clone()), "ResourceInUse");
    let mut change = ann.clone();
    extend(&mut change, json!({ "UserSettings": { "SecurityGroups": ["sg-9"] } }));
    client.ok("UpdateUserProfile", change.clone());
    assert_eq!(client.refused("UpdateUserProfile", change.clone()), "ResourceInUse");
    client.bench.pass(1);
    change["UserSettings"] = json!({ "ExecutionRole": ROLE });
    client.ok("UpdateUserProfile", change);
    client.bench.pass(1);
    let profile = client.ok("DescribeUserProfile", ann);
    assert_eq!(profile["UserProfileName"], "Ann");
    assert_eq!(
        profile["UserSettings"],
        json!({ "SecurityGroups": ["sg-9"], "ExecutionRole": ROLE })
    );
    let missing = json!({ "DomainId": id, "UserProfileName": "bob" });
    assert_eq!(client.refused("DescribeUserProfile", missing), "ResourceNotFound");
}

#[test]
fn a_vpc_only_domain_and_its_profile_have_security_groups_between_them() {
    let mut client = TestClient::default();
    let settings = json!({ "AppNetworkAccessType": "VpcOnly", "DefaultUserSettings": { "ExecutionRole": ROLE } });
    let id = client.domain(settings);
    let mut ann = json!({ "DomainId": id, "UserProfileName": "ann" });
    assert_eq!(client.refused("CreateUserProfile", ann.clone()), "ValidationException");
    extend(&mut ann, json!({ "UserSettings": { "SecurityGroups": ["sg-1"] } }));
    client.ok("CreateUserProfile", ann);
}

#[test]
fn profiles_of_identity_center_domains_name_their_directory_user() {
    let mut client = TestClient::default();
    let sso = client.domain(json!({ "AuthMode": "SSO" }));
    let iam = client.domain(json!({}));
    let profile = |domain: &str| json!({ "DomainId": domain, "UserProfileName": "ann" });
    let named = |domain: &str| {
        let mut input = profile(domain);
        extend(
            &mut input,
            json!({ "SingleSignOnUserIdentifier": "UserName", "SingleSignOnUserValue": "ann@example.com" }),
        );
        input
    };
    assert_eq!(client.refused("CreateUserProfile", profile(&sso)), "ValidationException");
    assert_eq!(client.refused("CreateUserProfile", named(&iam)), "ValidationException");
    client.ok("CreateUserProfile", named(&sso));
    assert_eq!(
        client.ok("DescribeUserProfile", profile(&sso))["SingleSignOnUserValue"],
        "ann@example.com"
    );
}

#[test]
fn a_private_space_has_an_owner_and_settings_and_keeps_its_owner_alive() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    client.profile(&id, "ann");
    let mut space = json!({
        "DomainId": id,
        "SpaceName": "lab",
        "OwnershipSettings": { "OwnerUserProfileName": "ann" },
        "SpaceSharingSettings": { "SharingType": "Private" },
    });
    let refused = client.error("CreateSpace", space.clone());
    assert_eq!(refused.message, "SpaceSettings must be provided for creating private space");
    extend(&mut space, json!({ "SpaceSettings": { "AppType": "JupyterLab" } }));
    client.ok("CreateSpace", space);
    client.bench.pass(1);
    let lab = json!({ "DomainId": id, "SpaceName": "lab" });
    assert_eq!(client.ok("DescribeSpace", lab.clone())["SpaceSettings"]["AppType"], "JupyterLab");
    let mut change = lab.clone();
    extend(&mut change, json!({ "SpaceSettings": { "AppType": "JupyterLab" } }));
    assert_eq!(
        client.error("UpdateSpace", change).message,
        "Updating AppType for Space is not supported"
    );
    assert_eq!(
        client.refused("DeleteUserProfile", json!({ "DomainId": id, "UserProfileName": "ann" })),
        "ResourceInUse"
    );
    let app = json!({ "DomainId": id, "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default" });
    client.ok("CreateApp", app.clone());
    assert_eq!(client.refused("DeleteSpace", lab.clone()), "ResourceInUse");
    client.ok("DeleteApp", app);
    client.ok("DeleteSpace", lab);
    client.bench.pass(1);
    assert_eq!(client.ok("ListSpaces", json!({}))["Spaces"], json!([]));
}

#[test]
fn an_app_belongs_to_a_profile_or_a_space_and_a_failed_one_needs_no_deletion() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    client.profile(&id, "ann");
    let mut both = json!({ "DomainId": id, "UserProfileName": "ann", "SpaceName": "lab", "AppType": "JupyterLab", "AppName": "default" });
    assert_eq!(client.refused("CreateApp", both.clone()), "ValidationException");
    let filters = json!({ "UserProfileNameEquals": "ann", "SpaceNameEquals": "lab" });
    assert_eq!(client.refused("ListApps", filters), "ValidationException");
    both.as_object_mut().unwrap().remove("SpaceName");
    client.sagemaker.behavior.apps_fail = true;
    client.ok("CreateApp", both.clone());
    assert_eq!(client.ok("DescribeApp", both.clone())["Status"], "Failed");
    assert_eq!(client.refused("DeleteApp", both), "ValidationException");
    client.ok("DeleteUserProfile", json!({ "DomainId": id, "UserProfileName": "ann" }));
    client.bench.pass(1);
    client.ok("DeleteDomain", json!({ "DomainId": id }));
}

#[test]
fn a_space_waits_for_its_owner_and_a_domain_has_room_for_so_many() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    client.sagemaker.behavior.residents_per_domain = Some(1);
    let profile = |name: &str| json!({ "DomainId": id, "UserProfileName": name });
    client.ok("CreateUserProfile", profile("ann"));
    assert_eq!(client.ok("DescribeUserProfile", profile("ann"))["Status"], "Pending");
    assert_eq!(client.refused("CreateUserProfile", profile("bob")), "ResourceLimitExceeded");
    let space = |name: &str| {
        json!({
            "DomainId": id, "SpaceName": name,
            "OwnershipSettings": { "OwnerUserProfileName": "ann" },
            "SpaceSharingSettings": { "SharingType": "Shared" },
        })
    };
    assert_eq!(client.refused("CreateSpace", space("lab")), "ResourceInUse");
    client.bench.pass(1);
    client.ok("CreateSpace", space("lab"));
    assert_eq!(client.refused("CreateSpace", space("den")), "ResourceLimitExceeded");
}

#[test]
fn profiles_and_spaces_are_told_with_images_that_nobody_asked_for() {
    let mut client = TestClient::default();
    let id = client.domain(json!({}));
    let lab = json!({ "JupyterLabAppSettings": { "DefaultResourceSpec": { "InstanceType": "ml.t3.medium" } } });
    let image = |settings: &Value| {
        settings["JupyterLabAppSettings"]["DefaultResourceSpec"]["SageMakerImageArn"].is_string()
    };
    client.ok(
        "CreateUserProfile",
        json!({ "DomainId": id, "UserProfileName": "ann", "UserSettings": lab }),
    );
    let ann = client.ok("DescribeUserProfile", json!({ "DomainId": id, "UserProfileName": "ann" }));
    assert!(image(&ann["UserSettings"]), "{ann}");
    client.ok("CreateSpace", json!({ "DomainId": id, "SpaceName": "lab", "SpaceSettings": lab }));
    let lab = client.ok("DescribeSpace", json!({ "DomainId": id, "SpaceName": "lab" }));
    assert!(image(&lab["SpaceSettings"]), "{lab}");
}

/// A new notebook instance, still pending.
fn new_notebook(client: &mut TestClient, more: Value) -> Value {
    let mut input = json!({
        "NotebookInstanceName": "Research", "InstanceType": "ml.t3.medium", "RoleArn": ROLE,
    });
    extend(&mut input, more);
    client.ok("CreateNotebookInstance", input)
}

fn on_notebook(client: &mut TestClient, operation: &str, more: Value) -> Answer {
    let mut input = json!({ "NotebookInstanceName": "research" });
    extend(&mut input, more);
    client.call(operation, input)
}

fn notebook(client: &mut TestClient) -> Value {
    on_notebook(client, "DescribeNotebookInstance", json!({})).expect("it is there")
}

#[test]
fn a_notebook_instance_is_changed_and_deleted_only_while_it_is_stopped() {
    let mut client = TestClient::default();
    new_notebook(&mut client, json!({}));
    let refused = |client: &mut TestClient, operation: &str| {
        let answer = on_notebook(client, operation, json!({}));
        answer.expect_err(operation).message
    };
    let mut course = Vec::new();
    let mut see = |client: &mut TestClient| {
        course.push(notebook(client)["NotebookInstanceStatus"].as_str().unwrap().to_owned());
        client.bench.pass(1);
    };
    see(&mut client);
    assert!(refused(&mut client, "UpdateNotebookInstance").contains("Status (InService) not in"));
    assert!(refused(&mut client, "DeleteNotebookInstance").contains("not in ([Stopped, Failed])"));
    assert!(refused(&mut client, "StartNotebookInstance").contains("not in ([Stopped])"));
    for operation in ["StopNotebookInstance", "UpdateNotebookInstance", "StartNotebookInstance"] {
        on_notebook(&mut client, operation, json!({})).expect(operation);
        see(&mut client);
        see(&mut client);
    }
    on_notebook(&mut client, "StopNotebookInstance", json!({})).expect("it runs");
    client.bench.pass(1);
    on_notebook(&mut client, "DeleteNotebookInstance", json!({})).expect("it is stopped");
    see(&mut client);
    assert_eq!(refused(&mut client, "DescribeNotebookInstance"), "RecordNotFound");
    assert_eq!(
        course,
        [
            "Pending",
            "Stopping",
            "Stopped",
            "Updating",
            "Stopped",
            "Pending",
            "InService",
            "Deleting"
        ]
    );
}

#[test]
fn a_notebook_instance_is_open_by_default_and_shows_what_it_was_given() {
    let mut client = TestClient::default();
    let named = json!({ "NotebookInstanceLifecycleConfigName": "setup" });
    client.ok("CreateNotebookInstanceLifecycleConfig", named.clone());
    let more = json!({
        "LifecycleConfigName": "setup", "SubnetId": "subnet-1", "SecurityGroupIds": ["sg-1"],
        "DefaultCodeRepository": "git",
    });
    new_notebook(&mut client, more);
    client.bench.pass(1);
    let it = notebook(&mut client);
    assert_eq!(
        (&it["RootAccess"], &it["DirectInternetAccess"]),
        (&json!("Enabled"), &json!("Enabled"))
    );
    let metadata = &it["InstanceMetadataServiceConfiguration"];
    assert_eq!(metadata["MinimumInstanceMetadataServiceVersion"], "1");
    assert_eq!(it["NotebookInstanceLifecycleConfigName"], "setup");
    assert_eq!(it["SecurityGroups"], json!(["sg-1"]));
    assert!(it["NotebookInstanceArn"].as_str().unwrap().ends_with(":notebook-instance/research"));
    assert_eq!(
        client.refused("DeleteNotebookInstanceLifecycleConfig", named),
        "ValidationException",
        "the instance has it"
    );
    on_notebook(&mut client, "StopNotebookInstance", json!({})).expect("it runs");
    client.bench.pass(1);
    let both = json!({ "DisassociateLifecycleConfig": true, "VolumeSizeInGB": 50 });
    on_notebook(&mut client, "UpdateNotebookInstance", both).expect("it is stopped");
    client.bench.pass(1);
    let it = notebook(&mut client);
    assert!(it.get("NotebookInstanceLifecycleConfigName").is_none(), "{it}");
    let smaller = json!({ "VolumeSizeInGB": 5 });
    assert!(on_notebook(&mut client, "UpdateNotebookInstance", smaller).is_err());
}

#[test]
fn a_notebook_instance_without_a_subnet_is_public_and_has_no_groups() {
    let mut client = TestClient::default();
    for wrong in [
        json!({ "DirectInternetAccess": "Disabled" }),
        json!({ "SecurityGroupIds": ["sg-1"] }),
        json!({ "LifecycleConfigName": "nowhere" }),
        json!({ "VolumeSizeInGB": 4 }),
    ] {
        let mut input = json!({
            "NotebookInstanceName": "x", "InstanceType": "ml.t3.medium", "RoleArn": ROLE,
        });
        extend(&mut input, wrong.clone());
        assert_eq!(
            client.refused("CreateNotebookInstance", input),
            "ValidationException",
            "{wrong}"
        );
    }
}

#[test]
fn a_script_of_studio_never_changes_and_stays_while_a_domain_refers_to_it() {
    let mut client = TestClient::default();
    let script = |name: &str| {
        json!({
            "StudioLifecycleConfigName": name, "StudioLifecycleConfigAppType": "JupyterLab",
            "StudioLifecycleConfigContent": "ZWNobyAx",
        })
    };
    let named = |name: &str| json!({ "StudioLifecycleConfigName": name });
    let arn =
        client.ok("CreateStudioLifecycleConfig", script("idle-1"))["StudioLifecycleConfigArn"]
            .clone();
    client.ok("CreateStudioLifecycleConfig", script("idle"));
    assert_eq!(client.refused("CreateStudioLifecycleConfig", script("IDLE")), "ResourceInUse");
    let settings = json!({ "JupyterLabAppSettings": { "LifecycleConfigArns": [arn] } });
    client.domain(json!({ "DefaultSpaceSettings": settings }));
    assert_eq!(client.refused("DeleteStudioLifecycleConfig", named("idle-1")), "ResourceInUse");
    // That one name begins with the other is no reason.
    client.ok("DeleteStudioLifecycleConfig", named("idle"));
    assert_eq!(client.refused("DescribeStudioLifecycleConfig", named("idle")), "ResourceNotFound");
}

fn training_job(more: Value) -> Value {
    let mut job = json!({
        "TrainingJobName": "churn",
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "RoleArn": ROLE,
        "OutputDataConfig": {"S3OutputPath": "s3://acme/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    });
    extend(&mut job, more);
    job
}

#[test]
fn a_job_runs_once_and_says_what_it_was_given_and_what_it_was_not() {
    let mut client = TestClient::default();
    let made = client.ok("CreateTrainingJob", training_job(json!({})));
    assert_eq!(
        made["TrainingJobArn"],
        json!(format!("arn:aws:sagemaker:eu-west-1:{ACCOUNT}:training-job/churn"))
    );
    let named = json!({"TrainingJobName": "churn"});
    let job = client.ok("DescribeTrainingJob", named.clone());
    assert_eq!(job["TrainingJobStatus"], "InProgress");
    assert_eq!(job["EnableNetworkIsolation"], json!(false));
    assert_eq!(job["OutputDataConfig"]["KmsKeyId"], "", "as SageMaker says that there is none");
    client.bench.pass(1);
    assert_eq!(client.ok("DescribeTrainingJob", named)["TrainingJobStatus"], "Completed");
    assert_eq!(client.refused("CreateTrainingJob", training_job(json!({}))), "ValidationException");
    let error = client.error("DescribeTrainingJob", json!({"TrainingJobName": "other"}));
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("ValidationException", "Requested resource not found.")
    );
}

#[test]
fn jobs_that_sagemaker_does_not_take_are_refused() {
    let mut client = TestClient::default();
    let local = json!({
        "InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "VolumeSizeInGB": 30, "VolumeKmsKeyId": "alias/ml",
    });
    for wrong in [
        json!({"RoleArn": "science"}),
        json!({"AlgorithmSpecification": {"TrainingInputMode": "File"}}),
        json!({"AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "Fast"}}),
        json!({"VpcConfig": {"Subnets": ["subnet-1"]}}),
        json!({"ResourceConfig": local}),
        json!({"ResourceConfig": {"InstanceType": "ml.m5.xlarge"}}),
        json!({"OutputDataConfig": null}),
    ] {
        let refused = client.refused("CreateTrainingJob", training_job(wrong.clone()));
        assert_eq!(refused, "ValidationException", "{wrong}");
    }
    assert_eq!(client.ok("ListTrainingJobs", json!({}))["TrainingJobSummaries"], json!([]));
}

#[test]
fn an_endpoint_needs_a_configuration_and_that_its_models() {
    let mut client = TestClient::default();
    let config = json!({"EndpointConfigName": "c", "ProductionVariants": [
        {"VariantName": "all", "ModelName": "shop", "InstanceType": "ml.m5.xlarge", "InitialInstanceCount": 1},
    ]});
    let endpoint = json!({"EndpointName": "shop", "EndpointConfigName": "c"});
    assert_eq!(client.refused("CreateEndpoint", endpoint.clone()), "ValidationException");
    assert_eq!(client.refused("CreateEndpointConfig", config.clone()), "ValidationException");
    let none = json!({"ModelName": "shop"});
    assert_eq!(client.refused("CreateModel", none), "ValidationException");
    let model = json!({"ModelName": "shop", "PrimaryContainer": {"Image": "image"}, "ExecutionRoleArn": ROLE});
    client.ok("CreateModel", model);
    client.ok("CreateEndpointConfig", config);
    client.ok("CreateEndpoint", endpoint);
    client.bench.pass(1);
    let described = client.ok("DescribeEndpoint", json!({"EndpointName": "shop"}));
    assert_eq!(
        (&described["EndpointStatus"], &described["EndpointConfigName"]),
        (&json!("InService"), &json!("c"))
    );
}

#[test]
fn a_listing_can_be_limited_to_what_was_made_since_a_time() {
    let mut client = TestClient::default();
    for name in ["one", "two", "three"] {
        client.ok("CreateTrainingJob", training_job(json!({ "TrainingJobName": name })));
        client.bench.pass(60);
    }
    let since = client.bench.context().now - 130.0;
    let newest_first = json!({"CreationTimeAfter": since, "SortOrder": "Descending"});
    let listed = client.ok("ListTrainingJobs", newest_first);
    assert_eq!(column(&listed, "TrainingJobSummaries", "TrainingJobName"), ["three", "two"]);
    let before = client.ok("ListTrainingJobs", json!({ "CreationTimeBefore": since }));
    assert_eq!(column(&before, "TrainingJobSummaries", "TrainingJobName"), ["one"]);
}
