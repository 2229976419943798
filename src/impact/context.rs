//! The context of a past request: each condition key with its values, known to be absent, or
//! unknown.
//!
//! What a record says of a key is in the IAM user guide ("AWS global condition context keys") and
//! the CloudTrail user guide; what it does not say for sure is unknown, and a condition on it is
//! undecided.

use std::net::IpAddr;

use super::{
    Ground,
    parameters::{self, text},
    record::{Details, Record},
};
use crate::{
    model::policy_document::ANY_TEXT,
    operations::facts::{Carried, carries, has_no_resource_account},
};

/// What is known about a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fact {
    Is(Vec<String>),
    Absent,
    Unknown,
    /// Absent in one reading of AWS's documentation, this value in the other.
    AbsentOr(String),
}

impl Fact {
    fn one(value: &str) -> Self {
        Self::Is(vec![value.to_owned()])
    }

    fn truth(value: bool) -> Self {
        Self::one(if value { "true" } else { "false" })
    }

    /// An empty text is a missing value.
    fn or(value: &str, otherwise: Self) -> Self {
        if value.is_empty() { otherwise } else { Self::one(value) }
    }
}

/// Keys that only sessions and services of AWS carry (IAM user guide).
const OF_SERVICES: [&str; 5] = [
    "aws:principalservicenameslist",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
];

/// A call, seen as one action.
pub(super) struct Call<'a> {
    pub(super) record: &'a Record,
    pub(super) details: &'a Details,
    pub(super) action: &'a str,
    /// Whether it is a further action of the call, whose keys are not those of its parameters.
    pub(super) is_further: bool,
    pub(super) ground: &'a Ground,
}

impl Call<'_> {
    /// What the record says of a key, in lower case.
    pub(super) fn fact(&self, key: &str) -> Fact {
        if let Some(fact) = self.of_caller(key).or_else(|| self.of_network(key)) {
            return fact;
        }
        match key {
            "aws:requestedregion" => self.region(),
            "aws:resourceaccount" | "aws:resourceorgid" | "aws:resourceorgpaths"
                if has_no_resource_account(self.action) =>
            {
                Fact::Absent
            }
            "aws:resourceaccount" => self.owner().map_or(Fact::Unknown, Fact::one),
            "aws:resourceorgid" => self.organization_of(self.owner()),
            _ => self.of_service(key),
        }
    }

    fn of_caller(&self, key: &str) -> Option<Fact> {
        let Record { user_identity: by, .. } = self.record;
        let session = &by.session_context;
        let is = |sort: &str| by.sort == sort;
        let of_aws = self.record.is_of_aws();
        Some(match key {
            "aws:principalarn" => match &*by.sort {
                "AssumedRole" => Fact::or(&session.session_issuer.arn, Fact::Unknown),
                "Root" | "IAMUser" | "FederatedUser" | "Role" => Fact::or(&by.arn, Fact::Unknown),
                "AWSService" => Fact::Absent,
                _ => Fact::Unknown,
            },
            "aws:principalaccount" if of_aws => Fact::Absent,
            "aws:principalaccount" => Fact::or(&by.account_id, Fact::Unknown),
            "aws:principalorgid" if of_aws => Fact::Absent,
            "aws:principalorgid" => self.organization_of(Some(&by.account_id)),
            "aws:principalisawsservice" => Fact::truth(of_aws),
            "aws:principalservicename" if of_aws => Fact::or(&by.invoked_by, Fact::Unknown),
            "aws:principalservicename" => Fact::Absent,
            key if OF_SERVICES.contains(&key) => {
                if of_aws {
                    Fact::Unknown
                } else {
                    Fact::Absent
                }
            }
            "aws:assumedroot" => Fact::or(&session.assumed_root, Fact::Absent),
            "aws:principaltype" => match &*by.sort {
                "Root" => Fact::one("Account"),
                "IAMUser" => Fact::one("User"),
                "AssumedRole" | "FederatedUser" => Fact::one(&by.sort),
                _ => Fact::Unknown,
            },
            "aws:userid" => Fact::or(&by.principal_id, Fact::Unknown),
            "aws:username" if is("IAMUser") => Fact::or(&by.user_name, Fact::Unknown),
            "aws:username" if is("AssumedRole") || is("Root") => Fact::Absent,
            "aws:sourceidentity" if is("AssumedRole") => {
                Fact::or(&session.source_identity, Fact::Absent)
            }
            "aws:sourceidentity" if is("IAMUser") || is("Root") => Fact::Absent,
            // A call with a long-lived key has no session, and then the key is absent.
            "aws:multifactorauthpresent" if is("IAMUser") || is("AssumedRole") || is("Root") => {
                Fact::or(&session.attributes.mfa_authenticated, Fact::Absent)
            }
            "aws:useragent" => Fact::or(&self.record.user_agent, Fact::Unknown),
            "aws:viaawsservice" => match self.record.via() {
                None => Fact::truth(false),
                Some(service) if service.ends_with(".amazonaws.com") && !of_aws => {
                    Fact::truth(true)
                }
                Some(_) => Fact::Unknown,
            },
            "aws:calledvia" | "aws:calledviafirst" | "aws:calledvialast" => {
                // Of a longer chain the record names one service.
                if self.record.via().is_none() { Fact::Absent } else { Fact::Unknown }
            }
            _ => return None,
        })
    }

    fn of_network(&self, key: &str) -> Option<Fact> {
        let record = self.record;
        let (address, endpoint) = (record.address(), record.vpc_endpoint_id.as_str());
        let through = !endpoint.is_empty();
        // Without an endpoint in the record: a public address cannot come through one.
        let without = match address {
            Some(address) if !is_private(address) => Fact::Absent,
            _ => Fact::Unknown,
        };
        Some(match key {
            "aws:sourceip" | "aws:vpcsourceip" => match address {
                None => Fact::Unknown,
                Some(it) if !through && is_private(it) => Fact::Unknown,
                Some(it) if (key == "aws:vpcsourceip") == through => Fact::one(&it.to_string()),
                Some(_) => Fact::Absent,
            },
            "aws:sourcevpce" => Fact::or(endpoint, without),
            "aws:sourcevpc" | "aws:vpceaccount" | "aws:vpceorgid" if !through => without,
            "aws:sourcevpc" => Fact::Unknown,
            "aws:vpceaccount" => Fact::or(&record.vpc_endpoint_account_id, Fact::Unknown),
            "aws:vpceorgid" => self.organization_of(Some(&record.vpc_endpoint_account_id)),
            "aws:securetransport" if record.tls_details.tls_version.is_empty() => Fact::Unknown,
            "aws:securetransport" => Fact::truth(true),
            "s3:tlsversion" => match record.tls_details.tls_version.strip_prefix("TLSv") {
                Some(version) => Fact::one(version),
                None => Fact::Unknown,
            },
            _ => return None,
        })
    }

    /// Cross-Region inference is authorized in the Region that infers (Bedrock user guide).
    fn region(&self) -> Fact {
        let inferring = text(&self.details.additional_event_data["inferenceRegion"]);
        match inferring {
            Some(region) => Fact::one(&region),
            None => Fact::or(&self.record.aws_region, Fact::Unknown),
        }
    }

    /// The account that owns the resource, if the record says so.
    pub(super) fn owner(&self) -> Option<&str> {
        let mut owners = self.record.resources.iter().map(|it| it.account_id.as_str());
        let first = owners.next().filter(|it| !it.is_empty() && !self.is_further)?;
        owners.all(|other| other == first).then_some(first)
    }

    /// The organization of an account: known for the accounts that settings name.
    fn organization_of(&self, account: Option<&str>) -> Fact {
        let own = account.is_some_and(|it| self.ground.accounts.contains(it));
        match (&self.ground.organization, own) {
            (Some(organization), true) => Fact::one(organization),
            _ => Fact::Unknown,
        }
    }

    fn of_service(&self, key: &str) -> Fact {
        let carried = carries(self.action, None, key);
        if carried == Carried::No {
            return Fact::Absent;
        }
        if self.is_further {
            return self.of_further(key);
        }
        // Only the tags of a call that makes something have one.
        if key == "ec2:createaction" {
            return Fact::Absent;
        }
        if key == "kms:viaservice" {
            let direct = self.record.via().is_none() && self.record.address().is_some();
            return if direct { Fact::Absent } else { Fact::Unknown };
        }
        if key == "kms:calleraccount" {
            return Fact::or(&self.record.user_identity.account_id, Fact::Unknown);
        }
        let Some(sent) = self.details.sent() else { return Fact::Unknown };
        parameters::fact(self.action, key, sent)
    }

    /// Of a further action little is known: EC2 says which call makes the tags.
    fn of_further(&self, key: &str) -> Fact {
        match key {
            "ec2:createaction" => Fact::one(&self.record.event_name),
            key if key.starts_with("aws:requesttag/") || key == "aws:tagkeys" => {
                let Some(sent) = self.details.sent() else { return Fact::Unknown };
                parameters::tag_fact(key, sent)
            }
            _ => Fact::Unknown,
        }
    }
}

/// Whether an address is of a private network, from which a call may come through an endpoint.
fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            // 100.64.0.0/10 is shared address space, which VPCs may use.
            let [first, second, ..] = it.octets();
            it.is_private() || it.is_link_local() || first == 100 && second & 0xc0 == 64
        }
        // A VPC's own addresses of version 6 are public ones.
        IpAddr::V6(_) => true,
    }
}

/// What stands for a caller's session in requests where it does not matter which one it was.
pub(super) fn any_session(arn: &str) -> String {
    match arn.rsplit_once('/') {
        Some((role, _)) if arn.contains(":assumed-role/") => format!("{role}/{ANY_TEXT}"),
        _ => arn.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ACCOUNT: &str = "111122223333";

    fn record(changes: &Value) -> Record {
        let mut record = json!({
            "eventSource": "sagemaker.amazonaws.com", "eventName": "CreateTrainingJob",
            "awsRegion": "eu-west-1", "sourceIPAddress": "198.51.100.7", "userAgent": "aws-cli/2",
            "recipientAccountId": ACCOUNT,
            "userIdentity": {"type": "AssumedRole", "accountId": ACCOUNT, "principalId": "AROA:ci",
                "arn": format!("arn:aws:sts::{ACCOUNT}:assumed-role/ci/s-1"),
                "sessionContext": {"attributes": {"mfaAuthenticated": "false"},
                    "sessionIssuer": {"arn": format!("arn:aws:iam::{ACCOUNT}:role/team/ci")}}},
            "tlsDetails": {"tlsVersion": "TLSv1.3"},
        });
        for (member, value) in changes.as_object().unwrap() {
            record[member] = value.clone();
        }
        serde_json::from_value(record).unwrap()
    }

    fn fact(record: &Record, key: &str) -> Fact {
        let ground = Ground {
            organization: Some("o-1".into()),
            accounts: [ACCOUNT.to_owned()].into(),
            ..Ground::default()
        };
        let action = "sagemaker:CreateTrainingJob";
        let details = Details::default();
        let call = Call { record, details: &details, action, is_further: false, ground: &ground };
        call.fact(key)
    }

    #[test]
    fn a_record_says_who_called_from_where() {
        let plain = record(&json!({}));
        for (key, value) in [
            ("aws:principalarn", "arn:aws:iam::111122223333:role/team/ci"),
            ("aws:principalaccount", ACCOUNT),
            ("aws:principalorgid", "o-1"),
            ("aws:principaltype", "AssumedRole"),
            ("aws:principalisawsservice", "false"),
            ("aws:viaawsservice", "false"),
            ("aws:multifactorauthpresent", "false"),
            ("aws:requestedregion", "eu-west-1"),
            ("aws:sourceip", "198.51.100.7"),
            ("aws:securetransport", "true"),
            ("s3:tlsversion", "1.3"),
        ] {
            assert_eq!(fact(&plain, key), Fact::one(value), "{key}");
        }
        let absent = ["aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip", "aws:assumedroot"];
        let further = ["aws:sourcearn", "aws:sourceidentity", "aws:username", "aws:calledvia"];
        for key in absent.into_iter().chain(further) {
            assert_eq!(fact(&plain, key), Fact::Absent, "{key}");
        }
        for key in ["aws:principaltag/team", "aws:resourcetag/team", "aws:currenttime"] {
            assert_eq!(fact(&plain, key), Fact::Unknown, "{key}");
        }
    }

    #[test]
    fn what_only_an_endpoint_tells_is_unknown_where_there_may_be_one() {
        let inside = record(&json!({"sourceIPAddress": "10.0.0.7", "vpcEndpointId": "vpce-1"}));
        assert_eq!(fact(&inside, "aws:sourcevpce"), Fact::one("vpce-1"));
        assert_eq!(fact(&inside, "aws:vpcsourceip"), Fact::one("10.0.0.7"));
        assert_eq!(fact(&inside, "aws:sourceip"), Fact::Absent);
        assert_eq!(fact(&inside, "aws:sourcevpc"), Fact::Unknown);
        for private in ["10.0.0.7", "100.64.0.1", "fd00::1"] {
            let unsaid = record(&json!({"sourceIPAddress": private}));
            for key in ["aws:sourcevpce", "aws:sourcevpc", "aws:sourceip"] {
                assert_eq!(fact(&unsaid, key), Fact::Unknown, "{key} from {private}");
            }
        }
        let service = record(&json!({"sourceIPAddress": "cloudformation.amazonaws.com"}));
        for key in ["aws:sourceip", "aws:sourcevpce"] {
            assert_eq!(fact(&service, key), Fact::Unknown, "{key}");
        }
    }

    #[test]
    fn a_service_is_no_person_and_what_it_does_for_one_is_said() {
        let service = record(&json!({"userIdentity":
            {"type": "AWSService", "invokedBy": "logs.amazonaws.com"}}));
        assert_eq!(fact(&service, "aws:principalisawsservice"), Fact::one("true"));
        assert_eq!(fact(&service, "aws:principalservicename"), Fact::one("logs.amazonaws.com"));
        assert_eq!(fact(&service, "aws:principalarn"), Fact::Absent);
        assert_eq!(fact(&service, "aws:sourceaccount"), Fact::Unknown);
        let mut through = record(&json!({}));
        through.user_identity.invoked_by = "cloudformation.amazonaws.com".into();
        assert_eq!(fact(&through, "aws:viaawsservice"), Fact::one("true"));
        assert_eq!(fact(&through, "aws:calledvia"), Fact::Unknown);
        let foreign = record(&json!({"userIdentity":
            {"type": "AWSAccount", "accountId": "999988887777"}}));
        assert_eq!(fact(&foreign, "aws:principalorgid"), Fact::Unknown);
        assert_eq!(fact(&foreign, "aws:principalarn"), Fact::Unknown);
    }
}
