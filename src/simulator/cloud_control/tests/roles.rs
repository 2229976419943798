//! AWS::IAM::Role.

use super::*;

fn trust() -> Value {
    json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }]})
}

fn want() -> Value {
    json!({
        "RoleName": "ml", "AssumeRolePolicyDocument": trust(),
        "Tags": [{"Key": "a", "Value": "1"}],
    })
}

/// A managed policy of the account.
fn managed(name: &str) -> Value {
    let statement = json!({"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"});
    let document = json!({"Version": "2012-10-17", "Statement": [statement]});
    json!({"PolicyName": name, "PolicyDocument": document.to_string()})
}

const READ_ONLY: &str = "arn:aws:iam::aws:policy/ReadOnlyAccess";

#[tokio::test(start_paused = true)]
async fn a_role_made_here_is_one_of_iam() {
    let client = Client::default();
    let mut want = want();
    want["ManagedPolicyArns"] = json!([READ_ONLY]);
    want["Path"] = "/team/".into();
    let id = client.create(ROLE, &want).await;
    let role = client.act("iam", "GetRole", &json!({"RoleName": id}))["Role"].clone();
    assert_eq!(role["Arn"], "arn:aws:iam::111122223333:role/team/ml");
    let model = client.get(ROLE, &id).expect("a model");
    assert_eq!(model["AssumeRolePolicyDocument"], trust());
    assert_eq!(model["ManagedPolicyArns"], json!([READ_ONLY]));
    assert_eq!((&model["MaxSessionDuration"], &model["Description"]), (&json!(3600), &json!("")));
    assert_eq!(client.list(ROLE), [id]);
}

#[tokio::test(start_paused = true)]
async fn attachments_by_others_are_in_the_lists_of_a_role() {
    let client = Client::default();
    let id = client.create(ROLE, &want()).await;
    client.act("iam", "AttachRolePolicy", &json!({"RoleName": id, "PolicyArn": READ_ONLY}));
    let all = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
    ]});
    let inline = json!({"RoleName": id, "PolicyName": "all", "PolicyDocument": all.to_string()});
    client.act("iam", "PutRolePolicy", &inline);
    let model = client.get(ROLE, &id).expect("a model");
    assert_eq!(model["ManagedPolicyArns"], json!([READ_ONLY]));
    assert_eq!(model["Policies"], json!([{"PolicyName": "all", "PolicyDocument": all}]));
    let patch = json!([
        {"op": "add", "path": "/ManagedPolicyArns", "value": []},
        {"op": "remove", "path": "/Policies"},
    ]);
    client.update(ROLE, &id, &patch).await;
    let model = client.get(ROLE, &id).expect("a model");
    assert_eq!((&model["ManagedPolicyArns"], model.get("Policies")), (&json!([]), None));
}

#[tokio::test(start_paused = true)]
async fn everything_but_name_and_path_of_a_role_can_be_changed() {
    let client = Client::default();
    let id = client.create(ROLE, &want()).await;
    let mut other = trust();
    other["Statement"][0]["Principal"] = json!({"Service": "glue.amazonaws.com"});
    let boundary = "arn:aws:iam::111122223333:policy/boundary";
    client.act("iam", "CreatePolicy", &managed("boundary"));
    let patch = json!([
        {"op": "add", "path": "/AssumeRolePolicyDocument", "value": other},
        {"op": "add", "path": "/MaxSessionDuration", "value": 7200},
        {"op": "add", "path": "/Description", "value": "for jobs"},
        {"op": "add", "path": "/PermissionsBoundary", "value": boundary},
        {"op": "add", "path": "/Tags", "value": [{"Key": "b", "Value": "2"}]},
    ]);
    client.update(ROLE, &id, &patch).await;
    let model = client.get(ROLE, &id).expect("a model");
    assert_eq!(model["AssumeRolePolicyDocument"], other);
    assert_eq!(model["PermissionsBoundary"], boundary);
    assert_eq!(model["Tags"], json!([{"Key": "b", "Value": "2"}]));
    assert_eq!(
        (&model["MaxSessionDuration"], &model["Description"]),
        (&json!(7200), &json!("for jobs"))
    );
    let off = json!([{"op": "remove", "path": "/PermissionsBoundary"}]);
    client.update(ROLE, &id, &off).await;
    assert_eq!(client.get(ROLE, &id).expect("a model").get("PermissionsBoundary"), None);
    for path in ["/Path", "/RoleName"] {
        let code = client.not_updated(ROLE, &id, &add(path, &json!("/"))).await;
        assert_eq!(code, "NotUpdatableException");
    }
    let code = client.not_updated(ROLE, &id, &add("/RoleId", &json!("AROA"))).await;
    assert_eq!(code, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn a_role_is_refused_as_iam_and_its_schema_refuse_it() {
    let client = Client::default();
    let with = |member: &str, value: Value| {
        let mut trust = trust();
        trust["Statement"][0][member] = value;
        trust
    };
    let inline = json!([{"PolicyName": "p", "PolicyDocument": {"Statement": []}}]);
    let long = format!("arn:aws:s3:::{}", "x".repeat(10_240));
    let all = json!([{"Effect": "Allow", "Action": "*", "Resource": long}]);
    let large = json!([{
        "PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": all},
    }]);
    let many: Vec<String> =
        (0..11).map(|it| format!("arn:aws:iam::111122223333:policy/p{it}")).collect();
    (0..11).for_each(|it| drop(client.act("iam", "CreatePolicy", &managed(&format!("p{it}")))));
    for (property, value, code) in [
        ("AssumeRolePolicyDocument", json!(1), "ValidationException"),
        ("MaxSessionDuration", json!(60), "ValidationException"),
        ("MaxSessionDuration", json!("3600"), "ValidationException"),
        ("ManagedPolicyArns", json!([READ_ONLY, READ_ONLY]), "ValidationException"),
        ("Path", json!("team"), "ValidationException"),
        ("RoleName", json!("x".repeat(65)), "ValidationException"),
        ("Arn", json!("arn:aws:iam::111122223333:role/ml"), "ValidationException"),
        ("Policies", json!([{"PolicyName": "p"}]), "ValidationException"),
        ("AssumeRolePolicyDocument", json!("{"), "InvalidRequest"),
        ("AssumeRolePolicyDocument", with("Resource", json!("*")), "InvalidRequest"),
        ("AssumeRolePolicyDocument", with("Action", json!("s3:GetObject")), "InvalidRequest"),
        ("AssumeRolePolicyDocument", with("Principal", json!({"AWS": "x"})), "InvalidRequest"),
        ("AssumeRolePolicyDocument", with("Effect", json!("Maybe")), "InvalidRequest"),
        ("RoleName", json!("m l"), "InvalidRequest"),
        ("PermissionsBoundary", json!("arn:aws:s3:::a-bucket-no-policy"), "InvalidRequest"),
        ("ManagedPolicyArns", json!(["arn:aws:s3:::a-bucket-no-policy"]), "InvalidRequest"),
        ("Policies", inline, "InvalidRequest"),
        ("PermissionsBoundary", json!("arn:aws:iam::111122223333:policy/none"), "NotFound"),
        ("ManagedPolicyArns", json!(["arn:aws:iam::111122223333:policy/none"]), "NotFound"),
        ("Tags", json!([{"Key": "aws:a", "Value": ""}]), "InvalidRequest"),
        ("Policies", large, "ServiceLimitExceeded"),
        ("ManagedPolicyArns", json!(many), "ServiceLimitExceeded"),
    ] {
        let mut want = want();
        want["RoleName"] = format!("role-{}", property.to_lowercase()).into();
        want[property] = value;
        assert_eq!(client.refused(ROLE, &want).await, code, "{want}");
        client.delete(ROLE, want["RoleName"].as_str().unwrap_or_default()).await;
    }
    assert_eq!(client.refused(ROLE, &json!({"RoleName": "ml"})).await, "ValidationException");
}

#[tokio::test(start_paused = true)]
async fn names_of_roles_are_unique_whatever_their_case() {
    let client = Client::default();
    client.create(ROLE, &want()).await;
    let mut want = want();
    want["RoleName"] = "ML".into();
    assert_eq!(client.refused(ROLE, &want).await, "AlreadyExists");
}

#[tokio::test(start_paused = true)]
async fn the_policies_of_a_role_go_with_it() {
    let client = Client::default();
    let mut want = want();
    want["ManagedPolicyArns"] = json!([READ_ONLY]);
    let id = client.create(ROLE, &want).await;
    assert_eq!(client.delete(ROLE, &id).await["OperationStatus"], "SUCCESS");
    assert_eq!(failed(&client.delete(ROLE, &id).await), "NotFound");
    assert!(client.list(ROLE).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_role_that_an_instance_profile_has_is_not_deleted() {
    let client = Client::default();
    let id = client.create(ROLE, &want()).await;
    client.act("iam", "CreateInstanceProfile", &json!({"InstanceProfileName": "p"}));
    let both = json!({"InstanceProfileName": "p", "RoleName": id});
    client.act("iam", "AddRoleToInstanceProfile", &both);
    assert_eq!(failed(&client.delete(ROLE, &id).await), "GeneralServiceException");
    assert_eq!(client.list(ROLE).len(), 1);
    client.act("iam", "RemoveRoleFromInstanceProfile", &both);
    assert_eq!(client.delete(ROLE, &id).await["OperationStatus"], "SUCCESS");
}

#[tokio::test(start_paused = true)]
async fn a_role_that_is_gone_is_a_unique_id_where_it_was_trusted_and_no_principal_any_more() {
    let client = Client::default();
    let gone = client.create(ROLE, &want()).await;
    let arn = client.get(ROLE, &gone).expect("a model")["Arn"].clone();
    let mut trusting = want();
    trusting["RoleName"] = "trusting".into();
    trusting["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = json!({"AWS": arn});
    let id = client.create(ROLE, &trusting).await;
    client.delete(ROLE, &gone).await;
    let model = client.get(ROLE, &id).expect("a model");
    let principal = &model["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"];
    assert!(principal.as_str().is_some_and(|it| it.starts_with("AROA")), "{principal}");
    let again = add("/AssumeRolePolicyDocument", &trusting["AssumeRolePolicyDocument"]);
    assert_eq!(client.not_updated(ROLE, &id, &again).await, "InvalidRequest");
}

#[tokio::test(start_paused = true)]
async fn roles_are_listed_below_a_path_page_by_page_and_without_their_tags() {
    let client = Client::default();
    for n in 0..5 {
        let mut want = want();
        want["RoleName"] = format!("r{n}").into();
        want["Path"] = if n == 4 { "/".into() } else { "/ml/jobs/".into() };
        client.create(ROLE, &want).await;
    }
    let (mut names, mut marker, mut pages) = (Vec::new(), None, 0);
    loop {
        let mut input = json!({"PathPrefix": "/ml/", "MaxItems": "2"});
        if let Some(marker) = marker {
            input["Marker"] = marker;
        }
        let page = client.act("iam", "ListRoles", &input);
        for role in page["Roles"].as_array().expect("a list") {
            assert!(role["Tags"].is_null(), "{role}");
            names.push(role["RoleName"].as_str().expect("a name").to_owned());
        }
        pages += 1;
        if page["IsTruncated"] == json!(false) {
            break;
        }
        marker = Some(page["Marker"].clone());
    }
    assert_eq!((names, pages), (["r0", "r1", "r2", "r3"].map(str::to_owned).to_vec(), 2));
}
