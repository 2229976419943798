//! Endpoints to resources and service networks.

use super::*;

const CONFIGURATION: &str =
    "arn:aws:vpc-lattice:eu-west-1:444455556666:resourceconfiguration/rcfg-0123456789abcdef0";
const NETWORK: &str =
    "arn:aws:vpc-lattice:eu-west-1:444455556666:servicenetwork/sn-0123456789abcdef0";

fn lattice(fields: Value) -> Value {
    merged(
        json!({
            "type": "Resource", "resourceConfiguration": CONFIGURATION, "vpc": "vpc-10000000",
            "subnets": ["subnet-a1000000"], "securityGroups": [{"ref": "endpoints"}],
        }),
        fields,
    )
}

#[test]
fn private_names_do_not_lead_to_a_resource_unless_the_manifest_says_so() {
    let state = resolve(lattice(json!({})));
    assert_eq!((state.private_dns, state.service.as_str()), (Some(false), ""));
    assert_eq!(state.policy, None);
    let on = resolve(lattice(json!({
        "privateDns": true, "privateDnsPreference": "SPECIFIED_DOMAINS_ONLY",
        "privateDnsSpecifiedDomains": ["db.example.com"],
    })));
    assert_eq!(on.private_dns, Some(true));
    assert_eq!(on.private_dns_specified_domains, Some(set(["db.example.com"])));
}

#[test]
fn what_aws_fixes_is_shown_as_impossible() {
    let want = resolve(lattice(json!({"privateDns": true, "privateDnsPreference": "ALL_DOMAINS"})));
    let have = State {
        endpoint_type: "Resource".into(),
        service: String::new(),
        resource_configuration: Some(CONFIGURATION.into()),
        subnets: Some(singles(set(["subnet-a1000000"]))),
        private_dns: Some(true),
        private_dns_preference: Some("ALL_DOMAINS".into()),
        ..live()
    };
    assert_eq!(diff(&want, &have), []);
    for have in [
        State { private_dns: Some(false), ..have.clone() },
        State { private_dns_preference: Some("VERIFIED_DOMAINS_ONLY".into()), ..have.clone() },
        State { resource_configuration: Some(format!("{CONFIGURATION}9")), ..have.clone() },
    ] {
        let edits = diff(&want, &have);
        assert!(!edits.is_empty() && edits.iter().all(|edit| edit.risk.impossible), "{edits:#?}");
    }
    // Groups are for people to change.
    let other = State { security_groups: Some(set(["sg-90000000"])), ..have };
    assert!(diff(&want, &other).iter().all(|edit| edit.key == "securityGroups"));
}

#[test]
fn what_does_not_belong_to_such_an_endpoint_is_refused_with_place_and_reason() {
    for (fields, says) in [
        (
            json!({"resourceConfiguration": null}),
            "resourceConfiguration: an endpoint of type Resource needs it",
        ),
        (
            json!({"resourceConfiguration": NETWORK}),
            "is not the ARN of what this type of endpoint leads to",
        ),
        (
            json!({"type": "ServiceNetwork"}),
            "serviceNetwork: an endpoint of type ServiceNetwork needs it",
        ),
        (
            json!({"type": "ServiceNetwork", "serviceNetwork": NETWORK}),
            "resourceConfiguration: an endpoint of type ServiceNetwork has none",
        ),
        (json!({"service": "sts"}), "service: an endpoint of type Resource has none"),
        (json!({"policy": "default"}), "policy: an endpoint of type Resource has none"),
        (json!({"securityGroups": null}), "an endpoint of type Resource needs at least one"),
        (json!({"privateDnsPreference": "ALL_DOMAINS"}), "and private DNS is off"),
        (
            json!({"privateDns": true, "privateDnsPreference": "SPECIFIED_DOMAINS_ONLY"}),
            "`SPECIFIED_DOMAINS_ONLY` needs the domain names",
        ),
        (
            json!({"privateDns": true, "privateDnsPreference": "ALL_DOMAINS", "privateDnsSpecifiedDomains": ["a.example.com"]}),
            "privateDnsSpecifiedDomains: is for the preferences",
        ),
        (
            json!({"privateDns": true, "privateDnsPreference": "SPECIFIED_DOMAINS_ONLY", "privateDnsSpecifiedDomains": ["no name"]}),
            "is not a domain name",
        ),
    ] {
        let message = problems(lattice(fields));
        assert!(message.contains(says), "{message}");
    }
    let of_interface = problems(interface(json!({"privateDnsPreference": "ALL_DOMAINS"})));
    assert!(of_interface.contains("privateDnsPreference: an endpoint of type Interface has none"));
}
