//! Proof of an AWS identity to another program: a signed request for STS's `GetCallerIdentity`,
//! which that program sends to STS itself. It learns who signed it, and nothing with which it could
//! sign anything else (the way of Vault's AWS auth method and of Kubernetes on EKS).
//!
//! The request is always the same but for its Region, its date, and what proves the identity. STS
//! takes it for 15 minutes, as often as it comes (IAM user guide, "Signing AWS API requests"):
//! whoever accepts it must refuse a second one.

use std::{
    collections::BTreeMap,
    fmt,
    hash::{BuildHasher as _, RandomState},
    time::{Duration, SystemTime},
};

use aws_config::{Region, retry::RetryConfig, timeout::TimeoutConfig};
use aws_credential_types::{Credentials, provider::ProvideCredentials as _};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{base64, body::SdkBody, config_bag::ConfigBag};

use super::{Connection, classify};
use crate::{
    kind::{Class, CloudError},
    settings::partition,
};

/// The scheme of the header `Authorization` that carries a proof: base64 of the signed headers as
/// one object in JSON.
pub const SCHEME: &str = "AwsIdentity";
/// The header that says for whom a request is signed.
pub const AUDIENCE: &str = "x-palisade-audience";
/// The header that makes each request another one: signatures have a time in whole seconds, so that
/// two of one identity would be the same.
pub const NONCE: &str = "x-palisade-nonce";
/// The header with the token of temporary credentials.
pub const TOKEN: &str = "x-amz-security-token";
/// The header with the time of the signature.
pub const DATE: &str = "x-amz-date";
/// The type of the body.
pub const CONTENT_TYPE: &str = "application/x-www-form-urlencoded";
/// The body of every request (STS API reference, GetCallerIdentity).
pub const BODY: &str = "Action=GetCallerIdentity&Version=2011-06-15";

const OPERATION: &str = "sts:GetCallerIdentity";
/// The time limit of STS: it answers within milliseconds, and a reader waits.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// The host of STS in a Region (AWS General Reference, STS endpoints; the suffixes of the
/// partitions are those of botocore's partitions file).
pub fn host(region: &str) -> String {
    let suffix = match partition(region) {
        "aws-cn" => "amazonaws.com.cn",
        "aws-eusc" => "amazonaws.eu",
        "aws-iso" => "c2s.ic.gov",
        "aws-iso-b" => "sc2s.sgov.gov",
        "aws-iso-e" => "cloud.adc-e.uk",
        "aws-iso-f" => "csp.hci.ic.gov",
        _ => "amazonaws.com",
    };
    format!("sts.{region}.{suffix}")
}

/// A signed request, in the parts that differ from one to the next.
#[derive(Clone, PartialEq, Eq)]
pub struct Proof {
    /// The Region of STS that it is signed for.
    pub region: String,
    /// Whom it is signed for.
    pub audience: String,
    /// What makes it another one than all before.
    pub nonce: String,
    /// The time of its signature, as in [`DATE`].
    pub date: String,
    /// The token of temporary credentials.
    pub token: Option<String>,
    /// The header `Authorization` for STS.
    pub authorization: String,
}

/// Whoever has it could use it until it is out of date, so no log shows it.
impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { region, audience, date, .. } = self;
        f.debug_struct("Proof")
            .field("region", region)
            .field("audience", audience)
            .field("date", date)
            .finish_non_exhaustive()
    }
}

impl Proof {
    /// All headers of the request to STS.
    pub fn headers(&self) -> BTreeMap<&'static str, String> {
        let token = self.token.iter().map(|token| (TOKEN, token.clone()));
        let fixed = [
            ("authorization", self.authorization.clone()),
            ("content-type", CONTENT_TYPE.to_owned()),
            ("host", host(&self.region)),
            (AUDIENCE, self.audience.clone()),
            (NONCE, self.nonce.clone()),
            (DATE, self.date.clone()),
        ];
        fixed.into_iter().chain(token).collect()
    }

    /// The value of the header `Authorization` that carries it.
    pub fn header(&self) -> String {
        let headers = serde_json::to_string(&self.headers()).unwrap_or_default();
        format!("{SCHEME} {}", base64::encode(headers))
    }

    /// Signs a request for somebody with the ambient credentials.
    ///
    /// # Errors
    /// There are no credentials or no Region.
    pub async fn ambient(audience: &str) -> Result<Self, String> {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let region = config.region().ok_or("no Region: set AWS_REGION")?.to_string();
        let provider = config.credentials_provider().ok_or("no credentials of AWS")?;
        let credentials = provider.provide_credentials().await;
        let credentials = credentials.map_err(|error| format!("no credentials of AWS: {error}"))?;
        let keys = Keys {
            id: credentials.access_key_id(),
            secret: credentials.secret_access_key(),
            token: credentials.session_token(),
        };
        keys.sign(&region, audience, SystemTime::now())
    }
}

/// The keys of an identity.
pub(crate) struct Keys<'a> {
    /// The id of the access key.
    pub id: &'a str,
    /// The secret access key.
    pub secret: &'a str,
    /// The session token of temporary credentials.
    pub token: Option<&'a str>,
}

impl Keys<'_> {
    /// Signs the request.
    ///
    /// # Errors
    /// The audience or the Region cannot be in a header.
    pub(crate) fn sign(
        &self,
        region: &str,
        audience: &str,
        time: SystemTime,
    ) -> Result<Proof, String> {
        self.sign_body(BODY, region, audience, time)
    }

    /// Signs a request with this body.
    pub(crate) fn sign_body(
        &self,
        body: &str,
        region: &str,
        audience: &str,
        time: SystemTime,
    ) -> Result<Proof, String> {
        let token = self.token.map(str::to_owned);
        let identity = Credentials::new(self.id, self.secret, token, None, "proof").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name("sts")
            .time(time)
            .settings(SigningSettings::default())
            .build()
            .map_err(|error| error.to_string())?;
        let uri = format!("https://{}/", host(region));
        let nonce = nonce(time);
        let fixed = [("content-type", CONTENT_TYPE), (AUDIENCE, audience), (NONCE, nonce.as_str())];
        let body = SignableBody::Bytes(body.as_bytes());
        let request = SignableRequest::new("POST", uri, fixed.into_iter(), body);
        let request = request.map_err(|error| error.to_string())?;
        let signed = sign(request, &params.into()).map_err(|error| error.to_string())?;
        let mut proof = Proof {
            region: region.to_owned(),
            audience: audience.to_owned(),
            nonce: nonce.clone(),
            date: String::new(),
            token: None,
            authorization: String::new(),
        };
        for (name, value) in signed.into_parts().0.headers() {
            match name {
                "authorization" => value.clone_into(&mut proof.authorization),
                DATE => value.clone_into(&mut proof.date),
                TOKEN => proof.token = Some(value.to_owned()),
                other => return Err(format!("the signature has an unknown header: {other}")),
            }
        }
        Ok(proof)
    }
}

/// Differs from all others. It need not be hard to guess: it is signed.
fn nonce(time: SystemTime) -> String {
    // Each of these has keys of its own, from the operating system and a counter.
    let random = RandomState::new().hash_one((time, std::process::id()));
    format!("{random:016x}")
}

/// Why nobody is known by a proof.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproven {
    /// STS does not take the signature.
    Refused(CloudError),
    /// STS did not say.
    NoAnswer(CloudError),
}

/// Asks STS who has signed requests.
#[derive(Debug, Clone)]
pub struct Callers {
    client: aws_sdk_sts::Client,
    /// Whether STS is somewhere else (`AWS_ENDPOINT_URL`).
    elsewhere: bool,
}

impl Connection {
    /// The client that asks STS who has signed requests. It has no credentials itself.
    pub fn callers(&self) -> Callers {
        // Replaced by the signature of whoever is asked about.
        let nobody = Credentials::new("nobody", "nobody", None, None, "none");
        let limits = TimeoutConfig::builder().operation_timeout(TIME_LIMIT);
        let config = aws_sdk_sts::config::Builder::from(&self.own_config(""))
            .credentials_provider(nobody)
            .retry_config(RetryConfig::disabled())
            .timeout_config(limits.build())
            .interceptor(self.guard.clone());
        Callers {
            client: aws_sdk_sts::Client::from_conf(config.build()),
            elsewhere: self.has_custom_endpoint(),
        }
    }
}

impl Callers {
    /// The ARN of whoever has signed a request.
    ///
    /// # Errors
    /// STS refuses it, or gives no answer that names an account and its principal.
    pub async fn of(&self, proof: &Proof) -> Result<String, Unproven> {
        let region = Region::new(proof.region.clone());
        let mut there = aws_sdk_sts::config::Builder::new().region(region);
        if !self.elsewhere {
            // The host is signed, so it is neither that of FIPS nor one of both stacks.
            let url = format!("https://{}", host(&proof.region));
            there = there.endpoint_url(url).use_fips(false).use_dual_stack(false);
        }
        let call = self.client.get_caller_identity().customize().config_override(there);
        let answer = match call.interceptor(AsSigned(proof.headers())).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let status = error.raw_response().map(|answer| answer.status().as_u16());
                let error = classify(OPERATION, &error);
                let refused = matches!(status, Some(400 | 401 | 403));
                return Err(if refused && error.class != Class::Throttled {
                    Unproven::Refused(error)
                } else {
                    Unproven::NoAnswer(error)
                });
            }
        };
        let account_of = |arn: &str| arn.split(':').nth(4).map(str::to_owned);
        match (answer.arn, answer.account) {
            (Some(arn), Some(account)) if account_of(&arn) == Some(account.clone()) => Ok(arn),
            _ => {
                let message = "the answer names no principal of one account";
                Err(Unproven::NoAnswer(CloudError::new(OPERATION, Class::Unknown, message)))
            }
        }
    }
}

/// Puts the signed headers in place of the client's own.
#[derive(Debug)]
struct AsSigned(BTreeMap<&'static str, String>);

impl Intercept for AsSigned {
    fn name(&self) -> &'static str {
        "the request of another caller"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.set_method("POST")?;
        *request.body_mut() = SdkBody::from(BODY);
        let old: Vec<_> = request.headers().iter().map(|(name, _)| name.to_owned()).collect();
        for name in old.iter().filter(|name| *name != "content-length") {
            request.headers_mut().remove(name);
        }
        for (name, value) in &self.0 {
            request.headers_mut().try_insert(*name, value.clone())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    /// The date and key of AWS's example of a signature (IAM user guide).
    fn signed(token: Option<&str>) -> Proof {
        let secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let time = UNIX_EPOCH + Duration::from_mins(24_015_636);
        let keys = Keys { id: "AKIDEXAMPLE", secret, token };
        keys.sign("eu-west-1", "palisade.example", time).unwrap()
    }

    #[test]
    fn exactly_the_fixed_headers_are_signed_and_the_token_if_there_is_one() {
        let proof = signed(None);
        let start = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/eu-west-1/sts/aws4_request, \
                     SignedHeaders=content-type;host;x-amz-date;x-palisade-audience;\
                     x-palisade-nonce, Signature=";
        assert!(proof.authorization.starts_with(start), "{}", proof.authorization);
        assert_eq!((proof.date.as_str(), &proof.token), ("20150830T123600Z", &None));
        let proof = signed(Some("session"));
        let with_token = "=content-type;host;x-amz-date;x-amz-security-token;\
                          x-palisade-audience;x-palisade-nonce,";
        assert!(proof.authorization.contains(with_token), "{}", proof.authorization);
        assert_eq!(proof.headers()["x-amz-security-token"], "session");
        assert_eq!(proof.headers()["host"], "sts.eu-west-1.amazonaws.com");
        assert_ne!(signed(None).authorization, signed(None).authorization, "in one second");
    }

    #[test]
    fn the_host_is_that_of_the_partition_and_no_log_shows_a_proof() {
        assert_eq!(host("cn-north-1"), "sts.cn-north-1.amazonaws.com.cn");
        assert_eq!(host("us-gov-west-1"), "sts.us-gov-west-1.amazonaws.com");
        assert_eq!(host("eusc-de-east-1"), "sts.eusc-de-east-1.amazonaws.eu");
        let shown = format!("{:?}", signed(Some("session")));
        assert!(!shown.contains("session") && !shown.contains("Signature"), "{shown}");
    }
}
