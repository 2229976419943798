//! STS: caller identities, and sessions of roles.

use super::api::{Api, Pages, Protocol, Refusal, Service};
use super::iam::{Call, Need};
use super::query::{Input, timestamp};
use super::service::{Answer, ApiError, Caller, Context, Options};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The sessions that STS has issued, by access key id.
#[derive(Debug, Clone, Default)]
pub struct Sts {
    sessions: BTreeMap<String, Session>,
}

/// The caller with the credentials of a session.
#[derive(Debug, Clone)]
pub(super) struct Session {
    pub account: String,
    pub arn: String,
    /// Seconds since the epoch.
    pub expires: f64,
    /// Its secret key and its token.
    pub secrets: [String; 2],
}

/// The properties of STS for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "sts",
    protocol: Protocol::Query {
        version: "2011-06-15",
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
    },
    throttled: Refusal::new("Throttling", "Rate exceeded"),
    pages: Pages::NEXT_TOKEN,
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

impl Service for Sts {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer {
        let input = Input::new(input);
        match operation {
            "GetCallerIdentity" => Ok(identity(caller)),
            "AssumeRole" => self.assume_role(caller, input, context),
            "GetSessionToken" => self.session_token(caller, input, context),
            _ => Err(ApiError::new(
                "InvalidAction",
                format!("Could not find operation {operation} for version 2011-06-15"),
            )),
        }
    }

    /// GetCallerIdentity needs no permission; who may assume a role is decided by its trust policy.
    fn needs(&self, _call: &Call<'_>) -> Vec<Need> {
        Vec::new()
    }
}

impl Sts {
    /// The secret keys and tokens of all sessions, which must not appear anywhere.
    pub fn secrets(&self) -> Vec<String> {
        self.sessions.values().flat_map(|session| session.secrets.clone()).collect()
    }

    /// The session with this access key id, even if it is over.
    pub(super) fn session(&self, key: &str) -> Option<&Session> {
        self.sessions.get(key)
    }

    fn assume_role(
        &mut self,
        caller: &Caller,
        input: Input<'_>,
        context: &mut Context<'_>,
    ) -> Answer {
        let role = input.required("RoleArn")?;
        let name = session_name(input.required("RoleSessionName")?)?;
        let (partition, account, role_name) = parse_role(role)?;
        let denied = || {
            let message = format!(
                "User: {} is not authorized to perform: sts:AssumeRole on resource: {role}",
                caller.arn
            );
            ApiError::new("AccessDenied", message).status(403)
        };
        if !context.options.roles.is_empty() {
            let external = context.options.roles.get(role).ok_or_else(denied)?;
            if external.is_some() && external.as_deref() != input.text("ExternalId") {
                return Err(denied());
            }
        }
        let seconds = duration(input, 3600, 43_200)?;
        let arn = format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{name}");
        let id = format!("AROA{}:{name}", context.ids.alphanumeric(17).to_uppercase());
        let credentials = self.issue(account, &arn, seconds, context);
        Ok(json!({
            "Credentials": credentials,
            "AssumedRoleUser": {"AssumedRoleId": id, "Arn": arn},
            "PackedPolicySize": 0,
        }))
    }

    fn session_token(
        &mut self,
        caller: &Caller,
        input: Input<'_>,
        context: &mut Context<'_>,
    ) -> Answer {
        let seconds = duration(input, 43_200, 129_600)?;
        Ok(json!({"Credentials": self.issue(&caller.account, &caller.arn, seconds, context)}))
    }

    fn issue(
        &mut self,
        account: &str,
        arn: &str,
        seconds: u32,
        context: &mut Context<'_>,
    ) -> Value {
        let key = format!("ASIA{}", context.ids.alphanumeric(16).to_uppercase());
        let expires = context.now + f64::from(seconds);
        let secrets = [context.ids.alphanumeric(40), context.ids.alphanumeric(120)];
        let [secret, token] = secrets.clone();
        let session = Session { account: account.into(), arn: arn.into(), expires, secrets };
        self.sessions.insert(key.clone(), session);
        json!({
            "AccessKeyId": key,
            "SecretAccessKey": secret,
            "SessionToken": token,
            "Expiration": timestamp(expires),
        })
    }
}

fn identity(caller: &Caller) -> Value {
    let user = match caller.arn.rsplit_once('/') {
        Some((_, session)) if caller.arn.contains(":assumed-role/") => {
            format!("AROASIMULATED0000000:{session}")
        }
        _ => "AIDASIMULATED0000000".to_owned(),
    };
    json!({"Arn": caller.arn, "UserId": user, "Account": caller.account})
}

/// Partition, account and name (without its path, as in assumed-role ARNs) of
/// `arn:aws:iam::111122223333:role/path/name`.
fn parse_role(arn: &str) -> Result<(&str, &str, &str), ApiError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    let [_, partition, "iam", "", account, resource] = parts[..] else {
        return Err(validation(format!("{arn} is invalid")));
    };
    let name = resource.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
    let digits = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
    match name {
        Some(name) if digits && !name.is_empty() => Ok((partition, account, name)),
        _ => Err(validation(format!("{arn} is invalid"))),
    }
}

/// STS API reference: 2 to 64 characters of `[\w+=,.@-]`.
fn session_name(name: &str) -> Result<&str, ApiError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_+=,.@-".contains(&byte);
    if (2..=64).contains(&name.len()) && name.bytes().all(allowed) {
        return Ok(name);
    }
    Err(validation(format!(
        "1 validation error detected: Value '{name}' at 'roleSessionName' failed to satisfy \
         constraint: Member must satisfy regular expression pattern: \
         [\\w+=,.@-]*"
    )))
}

/// STS API reference: 900 seconds to the operation's maximum (12 hours for a role's session, 36
/// hours for `GetSessionToken`).
fn duration(input: Input<'_>, default: u32, max: u32) -> Result<u32, ApiError> {
    let Some(seconds) = input.integer("DurationSeconds")? else {
        return Ok(default);
    };
    match u32::try_from(seconds) {
        Ok(seconds) if (900..=max).contains(&seconds) => Ok(seconds),
        _ => Err(validation(format!(
            "1 validation error detected: Value '{seconds}' at 'durationSeconds' failed to satisfy \
             constraint"
        ))),
    }
}

fn validation(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}
