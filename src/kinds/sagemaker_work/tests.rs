//! The audit of work, in sentences.

use super::*;

fn rules(work: &Work) -> Vec<&'static str> {
    work.breaches().iter().map(|breach| breach.rule).collect()
}

fn bare() -> Work {
    Work {
        subject: "training job churn".to_owned(),
        note: Some("it runs as arn:aws:iam::111122223333:role/science".to_owned()),
        in_vpc: Some(false),
        isolated: Some(false),
        encrypts_traffic: Some(false),
        without_key: vec!["its volumes", "its output"],
        ..Work::default()
    }
}

#[test]
fn each_thing_that_is_missing_is_a_finding_of_its_own_rule() {
    let found = bare().breaches();
    let shown: Vec<_> = found.iter().map(|it| (it.rule, it.message.as_str())).collect();
    let role = "(it runs as arn:aws:iam::111122223333:role/science)";
    assert_eq!(
        shown,
        [
            ("JOB-01", &*format!("has no network isolation {role}")),
            ("JOB-02", &*format!("does not encrypt the traffic between its containers {role}")),
            ("JOB-03", &*format!("is not in a VPC {role}")),
            ("JOB-04", &*format!("has no key of the customer for its volumes, its output {role}")),
        ]
    );
    assert!(found.iter().all(|it| it.subject == "training job churn" && it.by.is_none()));
}

#[test]
fn what_there_is_no_choice_about_is_no_finding() {
    let safe = Work {
        in_vpc: Some(true),
        isolated: Some(true),
        encrypts_traffic: Some(true),
        ..Work::default()
    };
    assert_eq!(rules(&safe), [""; 0]);
    assert_eq!(rules(&Work::default()), [""; 0]);
    let alone = Work { encrypts_traffic: None, ..bare() };
    assert_eq!(rules(&alone), ["JOB-01", "JOB-03", "JOB-04"]);
}

#[test]
fn a_key_that_aws_manages_is_none_of_the_customer() {
    let managed = ["alias/aws/s3", "arn:aws:kms:eu-west-1:111122223333:alias/aws/ebs", ""];
    for key in managed {
        assert!(!is_customers(Some(key)), "{key}");
    }
    for key in ["1234abcd-12ab-34cd-56ef-1234567890ab", "alias/ml", "alias/awshelp"] {
        assert!(is_customers(Some(key)), "{key}");
    }
    assert!(!is_customers(None));
}

#[test]
fn instances_with_local_disks_can_have_no_volume_key() {
    assert!(takes_volume_key(["ml.m5.xlarge"]));
    assert!(!takes_volume_key(["ml.g5.xlarge"]));
    assert!(!takes_volume_key(["ml.m5.xlarge", "ml.p4d.24xlarge"]), "none for any of them then");
    assert!(!takes_volume_key([]), "a serverless variant has no volumes");
}

#[test]
fn every_rule_has_a_number_of_its_own_and_something_to_say() {
    let ids: Vec<_> = AUDIT.rules.iter().map(|rule| rule.id).collect();
    assert_eq!(ids, ["JOB-01", "JOB-02", "JOB-03", "JOB-04"]);
    let texts = AUDIT.rules.iter().flat_map(|it| [it.title, it.why, it.source, it.help]);
    assert!(texts.into_iter().all(|text| text.len() > 20));
}
