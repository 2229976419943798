//! Who and what is admitted, in all ways of writing it.

use super::{broken, cases::*, report};

/// The findings of these rules: place, breach and repair.
fn findings(rules: &[&str], manifests: &str) -> String {
    let found = report(manifests).findings;
    let lines = found.iter().filter(|finding| rules.contains(&finding.rule)).map(|finding| {
        assert!(!finding.help.is_empty());
        format!("{} {}: {}", finding.rule, finding.path, finding.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn decrypt(principal: &str, condition: &str) -> String {
    key(
        "",
        &format!(
            ", {{Effect: Allow, Principal: {principal}, Action: 'kms:Decrypt', Resource: '*', Condition: {condition}}}"
        ),
    )
}

#[test]
fn a_key_is_open_to_callers_of_every_account_however_the_condition_hides_it() {
    let mut shown = String::new();
    for condition in [
        "{StringEquals: {'kms:ViaService': s3.eu-west-1.amazonaws.com}, StringLike: {'aws:PrincipalOrgID': 'o-*'}}",
        "{StringLike: {'aws:PrincipalAccount': '????????????'}}",
        "{StringLike: {'aws:PrincipalArn': 'arn:*'}}",
        "{ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/some'}}",
        "{ForAnyValue:StringEquals: {'aws:PrincipalAccount': '${aws:PrincipalAccount}'}}",
        "{StringEqualsIfExists: {'aws:PrincipalOrgID': o-abc1234567}}",
        "{StringNotEquals: {'aws:PrincipalOrgID': o-abc1234567}}",
        "{ForAllValues:StringLike: {'aws:PrincipalOrgPaths': 'o-abc1234567/*'}}",
        "{Bool: {'aws:PrincipalIsAWSService': 'false'}}",
        "{StringEquals: {'aws:PrincipalTag/team': ml}}",
        "{IpAddress: {'aws:SourceIp': [0.0.0.0/2, 64.0.0.0/2, 128.0.0.0/2, 192.0.0.0/2]}}",
        "{ArnLike: {'aws:SourceArn': 'arn:aws:s3:::*'}}",
    ] {
        shown += &findings(&["KMS-02"], &decrypt("'*'", condition));
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn a_key_is_not_open_where_a_condition_ties_its_callers() {
    for condition in [
        "{StringEquals: {'AWS:PrincipalOrgID': o-abc1234567}, ArnLike: {'aws:PrincipalArn': 'arn:aws:iam::*:role/some'}}",
        "{StringEquals: {'kms:ViaService': rds.us-east-1.amazonaws.com, 'kms:CallerAccount': '111122223333'}}",
        "{StringEquals: {'aws:PrincipalAccount': ['111122223333', '444455556666'], 'aws:ResourceOrgID': o-other00000}}",
        "{'ForAnyValue:StringLike': {'aws:PrincipalOrgPaths': 'o-abc1234567/r-ab12/ou-ab12-11111111/*'}}",
        "{Bool: {'aws:PrincipalIsAWSService': 'true'}}",
        "{StringEquals: {'aws:SourceVpce': vpce-0123456789abcdef0}}",
    ] {
        let found = broken(&decrypt("'*'", condition));
        assert!(!found.contains("KMS-02"), "{condition}");
    }
}

#[test]
fn a_service_uses_a_key_for_everybody_unless_its_source_is_fixed() {
    let by = |principal: &str, condition: &str| {
        broken(&decrypt(principal, condition)).contains("KMS-05")
    };
    let service = "{Service: logs.amazonaws.com}";
    assert!(by(service, "{}"));
    assert!(by(service, "{StringLike: {'aws:SourceAccount': '*'}}"));
    assert!(by(service, "{StringEqualsIfExists: {'aws:SourceAccount': '111122223333'}}"));
    assert!(by("'*'", "{Bool: {'aws:PrincipalIsAWSService': 'true'}}"));
    assert!(!by(service, "{StringEquals: {'aws:SourceAccount': '111122223333'}}"));
    assert!(!by(service, "{ArnLike: {'aws:SourceArn': 'arn:aws:logs:*:111122223333:*'}}"));
    let lend = |value: &str| {
        let role = "{AWS: 'arn:aws:iam::111122223333:role/users'}";
        let grant = format!(
            ", {{Effect: Allow, Principal: {role}, Action: 'kms:CreateGrant', Resource: '*', Condition: {{Bool: \
             {{'kms:GrantIsForAWSResource': '{value}'}}}}}}"
        );
        broken(&key("", &grant)).contains("KMS-05")
    };
    assert!(lend("false") && !lend("true"));
}

fn allow(action: &str, resource: &str, condition: &str) -> String {
    format!(
        "{{Effect: Allow, Principal: '*', Action: {action}, Resource: {resource}, Condition: {condition}}}"
    )
}

fn bucket_door(statement: &str) -> String {
    s3(TABLE, &policy(statement))
}

#[test]
fn an_endpoint_policy_is_open_however_a_pattern_hides_it() {
    let any = |condition: &str| allow("'s3:*'", "'*'", condition);
    let mut shown = String::new();
    for statement in [
        any("{StringLike: {'aws:PrincipalOrgID': 'o-*', 'aws:ResourceOrgID': 'o-*'}}"),
        any(
            "{StringEquals: {'aws:PrincipalOrgID': o-abc1234567}, StringLike: {'aws:ResourceOrgID': 'o-*'}}",
        ),
        any(
            "{StringEquals: {'aws:PrincipalOrgID': o-abc1234567}, StringEqualsIfExists: {'aws:ResourceOrgID': o-abc1234567}}",
        ),
        any(
            "{StringEquals: {'aws:SourceVpce': vpce-0123456789abcdef0, 'aws:ResourceOrgID': o-abc1234567}}",
        ),
        any("{StringEquals: {'aws:PrincipalOrgID': '${aws:ResourceOrgID}'}}"),
        any("{BoolIfExists: {'aws:PrincipalIsAWSService': 'true'}}"),
        any("{StringEquals: {'aws:PrincipalTag/dp:exclude:resource': 'true'}}"),
        allow("['s3:Get*', 's3:List*']", "'arn:aws:s3:::?*'", "{}"),
        allow("['s3:Get*', 's3:Put*']", "'arn:aws:s3:::some-bucket/*'", "{}"),
    ] {
        shown += &findings(&["EP-02", "EP-03"], &bucket_door(&statement));
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
}

/// What AWS recommends for a data perimeter: the organization's principals to its resources, AWS's
/// services, AWS's own buckets, partners to their own resources, and tagged principals to
/// everything.
fn perimeter(loosened: (&str, &str)) -> String {
    let ours = "'aws:PrincipalOrgID': o-abc1234567";
    let statements = [
        allow(
            "'*'",
            "'*'",
            &format!("{{StringEquals: {{{ours}, 'aws:ResourceOrgID': o-abc1234567}}}}"),
        ),
        allow("'*'", "'*'", "{Bool: {'aws:PrincipalIsAWSService': 'true'}}"),
        allow(
            "'s3:GetObject'",
            "'*'",
            &format!("{{StringEquals: {{'aws:ResourceAccount': '444455556666', {ours}}}}}"),
        ),
        allow(
            "['s3:GetObject', 's3:ListBucket']",
            "['arn:aws:s3:::packages.eu-west-1.amazonaws.com/*', 'arn:aws:s3:::aws-ssm-eu-west-1/*']",
            "{}",
        ),
        allow(
            "'s3:PutObject'",
            "'arn:aws:s3:::partner-exchange/*'",
            "{StringEquals: {'aws:PrincipalAccount': ['777788889999'], 'aws:ResourceAccount': ['777788889999']}}",
        ),
        allow(
            "'*'",
            "'*'",
            &format!("{{StringEquals: {{{ours}, 'aws:PrincipalTag/exclude': 'true'}}}}"),
        ),
    ];
    let (from, to) = loosened;
    bucket_door(&statements.join(", ")).replace(from, to)
}

#[test]
fn the_data_perimeter_that_aws_recommends_has_no_finding_and_each_loosened_form_has_one() {
    assert_eq!(findings(&["EP-02", "EP-03", "EP-09", "EP-10"], &perimeter(("", ""))), "");
    for loosened in [
        ("'aws:ResourceOrgID': o-abc1234567", "'aws:RequestedRegion': eu-west-1"),
        (
            "StringEquals: {'aws:PrincipalOrgID': o-abc1234567, 'aws:Res",
            "StringEqualsIfExists: {'aws:PrincipalOrgID': o-abc1234567, 'aws:Res",
        ),
        ("{'aws:PrincipalIsAWSService': 'true'}", "{'aws:PrincipalIsAWSService': 'false'}"),
        ("{Bool: {'aws:PrincipalIsAWSService'", "{BoolIfExists: {'aws:PrincipalIsAWSService'"),
        ("'arn:aws:s3:::packages.eu-west-1.amazonaws.com/*'", "'arn:aws:s3:::*'"),
        ("'s3:GetObject', 's3:ListBucket'", "'s3:GetObject', 's3:PutObject'"),
        ("'aws:PrincipalTag/exclude': 'true'", "'aws:RequestedRegion': eu-west-1"),
        ("{'aws:PrincipalAccount': ['777788889999']", "{'aws:RequestedRegion': ['eu-west-1']"),
    ] {
        let found = findings(&["EP-03"], &perimeter(loosened));
        assert_ne!(found, "", "{loosened:?}");
    }
}

#[test]
fn a_perimeter_of_denials_counts() {
    let everything = "{Effect: Allow, Principal: '*', Action: '*', Resource: '*', Sid: A}";
    let deny = |condition: &str| {
        format!(
            "{{Effect: Deny, Principal: '*', Action: '*', Resource: '*', Condition: {{{condition}}}}}"
        )
    };
    let principals = deny(
        "StringNotEqualsIfExists: {'aws:PrincipalOrgID': o-abc1234567}, BoolIfExists: {'aws:PrincipalIsAWSService': 'false'}",
    );
    let resources = deny("StringNotEquals: {'aws:ResourceOrgID': o-abc1234567}");
    let found = |statements: &str| findings(&["EP-02", "EP-03"], &bucket_door(statements));
    assert_eq!(found(&format!("{everything}, {principals}, {resources}")), "");
    assert_ne!(found(&format!("{everything}, {principals}")), "");
    assert_ne!(found(&format!("{everything}, {resources}")), "");
}

#[test]
fn an_endpoint_without_a_policy_has_awss_open_one() {
    let door = |policy: &str| {
        interface("sts", "sts", DOORS, policy)
            + &endpoint_group("protocol: tcp, ports: 443, from: [10.0.0.0/8]")
    };
    insta::assert_snapshot!(
        findings(&["EP-02"], &door("policy: null")),
        @"EP-02 spec.policy: is not managed, and AWS's default lets everybody do everything; so does a service that accepts no policy"
    );
    insta::assert_snapshot!(
        findings(&["EP-02"], &door("policy: default")),
        @"EP-02 spec.policy: lets everybody do everything"
    );
}

#[test]
fn at_a_gateway_endpoint_an_account_is_its_root_user_only() {
    let statement = |effect: &str, principal: &str| {
        bucket_door(&format!(
            "{{Effect: {effect}, Principal: {principal}, Action: 's3:*', Resource: '*', Condition: {{StringEquals: \
             {{'aws:ResourceAccount': '111122223333'}}}}}}"
        ))
    };
    let mut shown = String::new();
    for (effect, principal) in [
        ("Allow", "{AWS: 'arn:aws:iam::111122223333:root'}"),
        ("Allow", "{AWS: '111122223333'}"),
        ("Deny", "{AWS: ['111122223333', 'arn:aws:iam::444455556666:root']}"),
        ("Allow", "{AWS: 'arn:aws:iam::111122223333:role/users'}"),
    ] {
        shown += &findings(&["EP-10"], &statement(effect, principal));
        shown.push('\n');
    }
    insta::assert_snapshot!(shown);
    let by_arn = "{Effect: Allow, Principal: '*', Action: 's3:*', Resource: '*', Condition: {ArnEquals: \
                  {'aws:PrincipalArn': 'arn:aws:iam::111122223333:role/users'}, StringEquals: \
                  {'aws:ResourceAccount': '111122223333'}}}";
    assert_eq!(findings(&["EP-02", "EP-03", "EP-10"], &bucket_door(by_arn)), "");
    // At an interface endpoint the root principal means all of the account.
    let root = "{Effect: Allow, Principal: {AWS: '111122223333'}, Action: 'sts:*', Resource: '*'}";
    let door = interface("sts", "sts", DOORS, &policy(root))
        + &endpoint_group("protocol: tcp, ports: 443, from: [10.0.0.0/8]");
    assert_eq!(findings(&["EP-10"], &door), "");
}

#[test]
fn address_spaces_and_port_ranges_in_pieces_are_open_as_a_whole() {
    let rules = |entries: &[&str]| {
        let entries: Vec<_> =
            entries.iter().map(|entry| format!("{{description: x, {entry}}}")).collect();
        group("web", &format!("ingress: [{}], egress: []", entries.join(", ")))
    };
    let mut shown = String::new();
    for entries in [
        &[
            "protocol: tcp, ports: 22, from: [0.0.0.0/2, 64.0.0.0/2, 128.0.0.0/2, 192.0.0.0/2, '2000::/4', '3000::/4']",
        ][..],
        &[
            "protocol: tcp, ports: 22, from: [0.0.0.0/3, 32.0.0.0/3, 64.0.0.0/3, 96.0.0.0/3, 128.0.0.0/3, 160.0.0.0/3]",
        ],
        // Spread over several rules, each of which also opens other ports.
        &[
            "protocol: tcp, ports: 20-22, from: [0.0.0.0/2]",
            "protocol: tcp, ports: 22-30, from: [64.0.0.0/2]",
            "protocol: tcp, ports: 443, from: [128.0.0.0/2]",
        ],
        &["protocol: all, from: [0.0.0.0/2]", "protocol: udp, ports: 53, from: [128.0.0.0/2]"],
        &["protocol: tcp, ports: 443, from: [0.0.0.0/0, 10.0.0.0/8]"],
        &[
            "protocol: tcp, ports: 0-1023, from: [10.0.0.0/8]",
            "protocol: tcp, ports: 1024-65535, from: [10.0.0.0/8]",
        ],
    ] {
        shown += &findings(&["SG-01", "SG-02", "SG-03", "SG-10"], &rules(entries));
        shown += "\n\n";
    }
    insta::assert_snapshot!(shown);
    for closed in [
        &["protocol: tcp, ports: 22, from: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16]"][..],
        &[
            "protocol: tcp, ports: 22, from: [0.0.0.0/2]",
            "protocol: tcp, ports: 23, from: [64.0.0.0/2]",
        ],
        &[
            "protocol: tcp, ports: 22, from: [0.0.0.0/2]",
            "protocol: udp, ports: 22, from: [64.0.0.0/2]",
        ],
    ] {
        assert_eq!(findings(&["SG-01", "SG-02", "SG-03", "SG-10"], &rules(closed)), "");
    }
}

#[test]
fn apps_do_not_reach_everywhere_in_pieces_either() {
    let own = "{description: a, protocol: tcp, ports: [2049, 8192-65535], to: [self]}";
    let apps = format!(
        "ingress: [], egress: [{own}, {{description: a, protocol: tcp, ports: 443, to: [0.0.0.0/2, 64.0.0.0/2]}}, \
         {{description: b, protocol: tcp, ports: 400-500, to: [128.0.0.0/2, 192.0.0.0/2]}}]"
    );
    insta::assert_snapshot!(findings(&["SG-05"], &vpc_only(&apps)));
}

#[test]
fn the_default_group_keeps_the_rules_that_nobody_manages() {
    let default = |rules: &str| {
        let group = group("default", &format!("groupName: default{rules}"));
        group.replace("spec:", "lifecycle: {adopt: sg-0123456789abcdef0}\nspec:")
    };
    insta::assert_snapshot!(findings(&["SG-04"], &default("")), @r"
    SG-04 spec.egress: leaves the default group AWS's own rule, everything to everywhere
    SG-04 spec.ingress: leaves the default group AWS's own rule, everything from itself
    ");
    insta::assert_snapshot!(
        findings(&["SG-04"], &default(", egress: []")),
        @"SG-04 spec.ingress: leaves the default group AWS's own rule, everything from itself"
    );
    assert_ne!(findings(&["SG-04"], &default(", ingress: [], egress: [], rules: additive")), "");
    assert_eq!(findings(&["SG-04"], &default(", ingress: [], egress: []")), "");
}

#[test]
fn a_list_of_hidden_instance_types_that_is_empty_hides_none() {
    let hiding = |types: &str| {
        studio("", &format!(", studioWebPortalSettings: {{hiddenInstanceTypes: {types}}}"))
    };
    assert!(broken(&hiding("[]")).contains("SMD-16"));
    assert!(!broken(&hiding("[ml.p5.48xlarge]")).contains("SMD-16"));
}
