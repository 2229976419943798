//! The rules about policy documents, for the documents of all kinds.

use super::{Case, DOORS, case, endpoint_group, interface, key, policy, rcp, scp};

/// A statement about actions of the service, with a condition.
struct Parts<'a> {
    action: &'a str,
    resource: &'a str,
    condition: &'a str,
}

fn statement(principal: &str, parts: &Parts<'_>) -> String {
    let Parts { action, resource, condition } = parts;
    format!(
        "{{Effect: Deny{principal}, Action: '{action}', Resource: '{resource}', Condition: {{{condition}}}}}"
    )
}

fn in_key(parts: &Parts<'_>) -> String {
    key("", &format!(", {}", statement(", Principal: '*'", parts)))
}

fn in_endpoint(parts: &Parts<'_>) -> String {
    interface("sts", "sts", DOORS, &policy(&statement(", Principal: '*'", parts)))
        + &endpoint_group("protocol: tcp, ports: 443, from: [10.0.0.0/8]")
}

fn in_scp(parts: &Parts<'_>) -> String {
    scp("guard", &statement("", parts))
}

fn in_rcp(parts: &Parts<'_>) -> String {
    rcp("guard", &statement(", Principal: '*'", parts))
}

const TLS: &str = "Bool: {'aws:SecureTransport': 'false'}";
const WILD: &str = "StringEquals: {'aws:PrincipalArn': 'arn:aws:iam::*:role/x'}";

pub(super) fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for (action, statements, conditions, everything, action_of, document) in [
        (
            "KMS-ACT",
            "KMS-STM",
            "KMS-CON",
            "KMS-ALL",
            "kms",
            &in_key as &dyn Fn(&Parts<'_>) -> String,
        ),
        ("EP-ACT", "EP-STM", "EP-CON", "EP-ALL", "sts", &in_endpoint),
        ("SCP-ACT", "SCP-STM", "SCP-CON", "SCP-ALL", "s3", &in_scp),
        // One that denies every action is refused: actions have the prefix of a service.
        ("RCP-ACT", "RCP-STM", "RCP-CON", "", "s3", &in_rcp),
    ] {
        let known = format!("{action_of}:*");
        let with = |action: &str, resource: &str, condition: &str| {
            document(&Parts { action, resource, condition })
        };
        let fine = with(&known, "*", TLS);
        for wrong in ["Misspelled", "Misspelled*"] {
            all.push(case(action, with(&format!("{action_of}:{wrong}"), "*", TLS), fine.clone()));
        }
        all.push(case(action, with("nosuchservice:Get*", "*", TLS), fine.clone()));
        let foreign = "arn:aws-cn:sns:cn-north-1:111122223333:x";
        all.push(case(statements, with(&known, foreign, TLS), fine.clone()));
        all.push(case(conditions, with(&known, "*", WILD), fine.clone()));
        // A key that nobody may use is refused before the rules run, since nobody could recover it.
        if !["KMS-ALL", ""].contains(&everything) {
            all.push(case(everything, with("*", "*", ""), fine));
        }
    }
    let of = |action: &str| in_rcp(&Parts { action, resource: "*", condition: TLS });
    all.push(case("RCP-ACT", of("ec2:RunInstances"), of("sqs:SendMessage")));
    // Everybody outside the account is denied; the account keeps the key.
    let others = "{Effect: Deny, NotPrincipal: {AWS: 'arn:aws:iam::111122223333:root'}, Action: 'kms:*', Resource: '*'}";
    all.push(case("KMS-ALL", key("", &format!(", {others}")), key("", "")));
    all
}
