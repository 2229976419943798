//! The services and actions there are, as far as the service authorization reference of the build's day knows them.
//! AWS adds to them every week: what is not here is pointed out, never refused.

use std::{collections::BTreeMap, sync::OnceLock};

use crate::model::{
    did_you_mean,
    policy_document::{pattern::Pattern, pattern::Tri},
};

use super::names::is_wild;

/// One line a service: its prefix and its actions. Written by `action_catalogue.py`.
const ACTIONS: &str = include_str!("actions.txt");

type Services = BTreeMap<&'static str, Vec<&'static str>>;

fn services() -> &'static Services {
    static SERVICES: OnceLock<Services> = OnceLock::new();
    SERVICES.get_or_init(|| {
        let lines = ACTIONS.lines().filter(|line| !line.starts_with('#'));
        lines
            .filter_map(|line| {
                let mut words = line.split(' ');
                Some((words.next()?, words.collect()))
            })
            .collect()
    })
}

/// What the catalogue says of an action; the nearest known one where there is one near.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Known,
    UnknownService(Option<String>),
    UnknownAction(Option<String>),
    /// A pattern.
    MatchesNothing(Option<String>),
    /// Known, but for its case: AWS's spelling.
    OtherCase(String),
}

/// Judges `service:name`, in which the name may be a pattern.
pub(super) fn judge(action: &str) -> Verdict {
    let Some((service, name)) = action.split_once(':') else {
        return Verdict::UnknownService(None);
    };
    let prefix = service.to_ascii_lowercase();
    let Some(names) = services().get(prefix.as_str()) else {
        let near = did_you_mean(&prefix, services().keys().copied());
        return Verdict::UnknownService(near.map(|near| format!("{near}:{name}")));
    };
    if is_wild(name) {
        return pattern(service, &prefix, name, names);
    }
    match names.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        Some(known) if *known == name && service == prefix => Verdict::Known,
        Some(known) => Verdict::OtherCase(format!("{prefix}:{known}")),
        None => {
            let near = did_you_mean(name, names.iter().copied());
            Verdict::UnknownAction(near.map(|near| format!("{prefix}:{near}")))
        }
    }
}

fn pattern(service: &str, prefix: &str, name: &str, names: &[&str]) -> Verdict {
    let matching = |pattern: &Pattern, fold: bool| {
        names.iter().any(|known| {
            let answer = if fold {
                pattern.matches(&known.to_ascii_lowercase())
            } else {
                pattern.matches(known)
            };
            answer == Tri::Yes
        })
    };
    // A service without actions of its own.
    if name == "*" || matching(&Pattern::glob(name), false) {
        return if service == prefix {
            Verdict::Known
        } else {
            Verdict::OtherCase(format!("{prefix}:{name}"))
        };
    }
    if matching(&Pattern::glob(name).lowercase(), true) {
        let first: Vec<char> = name.chars().collect();
        let wanted: String = match first[..] {
            [c, ..] if c.is_ascii_lowercase() => {
                c.to_ascii_uppercase().to_string() + &name[c.len_utf8()..]
            }
            _ => return Verdict::OtherCase(format!("{prefix}:{name}")),
        };
        return Verdict::OtherCase(format!("{prefix}:{wanted}"));
    }
    let plain = name.replace(['*', '?'], "");
    let near = did_you_mean(&plain, names.iter().copied());
    Verdict::MatchesNothing(near.map(|near| format!("{prefix}:{near}")))
}

/// Whether an action exists under exactly this name.
pub(super) fn is_action(action: &str) -> bool {
    matches!(judge(action), Verdict::Known | Verdict::OtherCase(_)) && action != "*"
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge, services};

    fn near(text: &str) -> Option<String> {
        Some(text.to_owned())
    }

    #[test]
    fn the_catalogue_knows_the_services_of_a_platform_and_is_small() {
        assert!(services().len() > 400 && super::ACTIONS.len() < 600_000);
        for service in ["ec2", "kms", "organizations", "s3", "sagemaker", "sts"] {
            assert!(services()[service].len() > 8, "{service}");
        }
        for known in [
            "s3:GetObject",
            "kms:*",
            "ec2:Describe*",
            "iam:*AccessKey*",
            "sts:AssumeRole?ithSAML",
            "sagemaker:CreatePresignedDomainUrl",
        ] {
            assert_eq!(judge(known), Verdict::Known, "{known}");
        }
    }

    #[test]
    fn what_is_not_in_it_is_pointed_out_with_what_is_near() {
        for (action, verdict) in [
            ("s3:GetObjekt", Verdict::UnknownAction(near("s3:GetObject"))),
            ("kms:Decript", Verdict::UnknownAction(near("kms:Decrypt"))),
            ("s3:MakeCoffee", Verdict::UnknownAction(None)),
            ("sagemakr:CreateApp", Verdict::UnknownService(near("sagemaker:CreateApp"))),
            ("service0001:Do", Verdict::UnknownService(None)),
            ("cloudtrail:Stopp*", Verdict::MatchesNothing(None)),
            ("cloudtrail:StopLoging*", Verdict::MatchesNothing(near("cloudtrail:StopLogging"))),
            ("S3:getobject", Verdict::OtherCase("s3:GetObject".to_owned())),
            ("ec2:describe*", Verdict::OtherCase("ec2:Describe*".to_owned())),
            ("EC2:Describe*", Verdict::OtherCase("ec2:Describe*".to_owned())),
        ] {
            assert_eq!(judge(action), verdict, "{action}");
        }
    }
}
