//! What the rest of the simulator knows of a service. Each service says it once, in its own folder: [`Api`] is what holds for
//! it always, [`Service`] what its state answers.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    iam::{Call, Need},
    service::{Answer, ApiError, Caller, Context, Options},
    truth::{Thing, Truth},
};

/// Says what was taken from palisade between two truths.
pub(crate) type Taken = fn(before: &Truth, after: &Truth, kinds: &[&Kind]) -> Vec<String>;

/// What holds for a service whatever its state.
#[derive(Debug)]
pub(crate) struct Api {
    /// Its name in credential scopes, in IAM's actions and in [`super::CallRecord::service`].
    pub name: &'static str,
    /// How its requests and answers are written.
    pub protocol: Protocol,
    /// How it says "too many requests".
    pub throttled: Refusal,
    /// The members of a listing's pages.
    pub pages: Pages,
    /// The member under which its answers carry tags.
    pub tags: &'static str,
    /// Whether readers may be answered by a replica that lags behind, and by a listing that goes wrong between its pages.
    pub replicated: bool,
    /// A smaller bucket that some requests are taken from.
    pub extra_bucket: Option<fn(operation: &str, input: &Value) -> Option<Bucket>>,
    /// The kinds of its resources that monitors watch.
    pub kinds: &'static [Kind],
    /// What a call of this service took from palisade, in words, judged on what was there before and after it.
    pub taken: Option<Taken>,
}

/// How requests and answers are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Protocol {
    /// EC2's dialect of the query protocol, with this API version.
    Ec2 {
        /// `Version` in requests.
        version: &'static str,
    },
    /// The query protocol.
    Query {
        /// `Version` in requests.
        version: &'static str,
        /// The namespace of the answers' elements.
        namespace: &'static str,
    },
    /// AWS JSON 1.1.
    Json {
        /// How `X-Amz-Target` begins, up to the dot.
        target: &'static str,
    },
}

/// An error that every operation of a service may answer.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Refusal {
    /// The code clients classify on.
    pub code: &'static str,
    /// The sentence for people.
    pub message: &'static str,
    /// The HTTP status.
    pub status: u16,
}

/// The members that lead from page to page.
#[derive(Debug)]
pub(crate) struct Pages {
    /// The token's member in requests.
    pub token: &'static str,
    /// The token's member in answers.
    pub next: &'static str,
    /// The member of answers that says that there is more, where there is one.
    pub more: Option<&'static str>,
}

/// A bucket of requests.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bucket {
    /// What its name ends with.
    pub name: &'static str,
    /// The most tokens in it.
    pub size: f64,
    /// Tokens gained a second.
    pub refill: f64,
}

/// A kind of resource as monitors know it.
#[derive(Debug)]
pub(crate) struct Kind {
    /// The kind in palisade's word.
    pub name: &'static str,
    /// The operation that lists all of them.
    pub list: &'static str,
    /// Members that make a request of that operation one for some of them only.
    pub narrowed_by: &'static [&'static str],
    /// The operation that creates one.
    pub create: &'static str,
    /// Where its answer names what is new: JSON pointers.
    pub created: &'static [&'static str],
    /// The operation that deletes one.
    pub delete: &'static str,
    /// What a create makes that is sent a second time.
    pub repeated: Repeated,
    /// Calls that palisade cannot do without in an account where it has one. (By hand, from the API references; not from the
    /// product's tables.)
    pub vital: &'static [&'static str],
    /// Why palisade can do nothing more with one as it is, or with anything because of it.
    pub lost: fn(&Thing) -> Option<&'static str>,
    /// Facts that let somebody do more than is wanted.
    pub holes: Holes,
}

/// What a create makes that is sent a second time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// Nothing: a client token makes it the first one.
    Token,
    /// Nothing: the name is taken.
    Name,
    /// Another resource.
    Another,
}

/// Which facts of a kind open something.
#[derive(Debug)]
pub(crate) struct Holes {
    /// The first words of facts of which there must not be more than are wanted.
    pub added: &'static [&'static str],
    /// Whole facts, by what they end with, that open where something else is wanted.
    pub whole: &'static [&'static str],
    /// The first words of facts that must not be missing.
    pub missing: &'static [&'static str],
}

/// The account and the Region in which a name means something.
pub(crate) type Place<'a> = (&'a str, &'a str);

/// ARN and tags of a resource.
pub(crate) type Named = (String, BTreeMap<String, String>);

/// The state of one service in every account and Region.
pub(crate) trait Service {
    /// A new one, as the options describe it.
    fn begin(options: &Options) -> Self
    where
        Self: Sized;

    /// Answers one call.
    ///
    /// # Errors
    /// As the service words them.
    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Answer;

    /// Adds what is really there and stays, as far as monitors watch it.
    fn tell(&self, _truth: &mut Truth) {}

    /// ARN and tags, at this instant, of the resource that a name means: an id, an ARN or whatever the service takes.
    fn find(&self, _place: Place<'_>, _name: &str) -> Option<Named> {
        None
    }

    /// The permissions that a call needs, as the service authorization reference and the service's guide say.
    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        vec![call.need("*")]
    }
}

impl Protocol {
    /// How the service says "you may not".
    pub(crate) fn denied(self, message: impl Into<String>) -> ApiError {
        match self {
            Self::Ec2 { .. } => ApiError::new("UnauthorizedOperation", message).status(403),
            Self::Query { .. } => ApiError::new("AccessDenied", message).status(403),
            Self::Json { .. } => ApiError::new("AccessDeniedException", message),
        }
    }

    /// How the service says that the session is over.
    pub(crate) fn expired(self) -> ApiError {
        let message = "The security token included in the request is expired";
        match self {
            Self::Ec2 { .. } => ApiError::new("RequestExpired", message),
            Self::Query { .. } => ApiError::new("ExpiredToken", message).status(403),
            Self::Json { .. } => ApiError::new("ExpiredTokenException", message),
        }
    }
}

impl Refusal {
    /// A refusal with HTTP status 400.
    pub(crate) const fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, status: 400 }
    }

    /// The error that it answers.
    pub(crate) fn error(&self) -> ApiError {
        ApiError::new(self.code, self.message).status(self.status)
    }
}

impl Pages {
    /// `NextToken` in requests and answers, as most JSON services have it.
    pub(crate) const NEXT_TOKEN: Self = Self { token: "NextToken", next: "NextToken", more: None };
}
