//! Kinds that give somebody permissions: roles, policies, permission sets and their assignments.
//!
//! What such a kind says about itself is where its resources say their path and their permissions
//! boundary, if they have them. Everything that keeps manifests of such kinds within the bounds of
//! the settings follows from it: [`Fence`].

use serde_json::Value;

use super::{
    Invalid,
    table::{ACCOUNT, PARTITION, Tree, get, texts},
};
use crate::model::{Bounds, Fence, Unbounded};

/// What a kind that gives somebody permissions says about its resources.
#[derive(Debug, Clone, Copy)]
pub struct Identity {
    /// Where a spec and a state say the path in IAM; none for a kind without paths.
    pub path: Option<&'static str>,
    /// Where they say the permissions boundary; none for a kind without one.
    pub boundary: Option<&'static str>,
    /// Where they name the permissions boundary by `Name` and `Path`, in whatever account it is
    /// used; none for a kind that does not.
    pub boundary_reference: Option<&'static str>,
    /// Where they list, by their names, roles that they hand on; none for a kind that does not.
    pub roles: Option<&'static str>,
    /// The ARN of the resource in a wanted state, where it follows from that.
    pub arn: Option<fn(&Tree) -> Option<String>>,
}

impl Identity {
    /// A kind whose resources have neither path nor boundary.
    pub const PLAIN: Self =
        Self { path: None, boundary: None, boundary_reference: None, roles: None, arn: None };

    /// What is wrong with a manifest that writes identity, each with its place in the spec. `state`
    /// is what it wants; a tombstone may want nothing.
    pub fn problems(&self, bounds: &Bounds, fence: &Fence, state: Option<&Value>) -> Vec<Invalid> {
        let Some(state) = state.and_then(Value::as_object) else { return Vec::new() };
        let said = |at| get(state, at).as_str().filter(|text| !text.is_empty());
        let mut problems = Vec::new();
        if let Some(at) = self.path.filter(|at| !said(at).is_some_and(|it| bounds.contain(it))) {
            let why = match said(at) {
                Some(_) => "is not below the path that the settings give identity",
                None => "is missing: identity is written below one path only",
            };
            let help = format!("write {} or a path below it", bounds.path);
            problems.push(Invalid::new(at, why).help(help));
        }
        if let Some(at) = self.boundary.filter(|at| said(at) != Some(&*bounds.boundary)) {
            let why = match said(at) {
                Some(_) => "is not the permissions boundary of the settings",
                None => "is missing: nobody gets permissions without a boundary",
            };
            let help = format!("write {}", bounds.boundary);
            problems.push(Invalid::new(at, why).help(help));
        }
        if let Some(at) = self.boundary_reference {
            let (path, name) = reference(&bounds.boundary);
            let said = get(state, at);
            let is_it =
                said["Name"].as_str() == Some(name) && said["Path"].as_str().unwrap_or("/") == path;
            if !is_it {
                let why = "is not the permissions boundary of the settings: nobody gets \
                           permissions without it";
                let help = format!("write {{Name: {name}, Path: {path}}}");
                problems.push(Invalid::new(at, why).help(help));
            }
        }
        let place = |name| get(state, name).as_str().unwrap_or_default();
        let own_role = |name: &&str| {
            let (partition, account) = (place(PARTITION), place(ACCOUNT));
            fence.is_own(&format!("arn:{partition}:iam::{account}:role/{name}"))
        };
        if let Some(at) = self.roles
            && let Some(role) = texts(get(state, at)).find(own_role)
        {
            let why = format!("hands on {role}, as which palisade or whoever breaks glass acts");
            problems.push(Invalid::new(at, why).help("name a role of the platform's own"));
        }
        let arn = self.arn.and_then(|arn| arn(state));
        if arn.is_some_and(|arn| fence.is_own(&arn)) {
            let why = "is what palisade itself, or a break-glass role, stands on: no manifest \
                       changes it";
            problems.push(Invalid::new("", why).help("choose another name"));
        }
        problems
    }

    /// Whether a live resource is below the path of the bounds. One without paths is.
    pub fn is_within(&self, bounds: &Bounds, have: &Value) -> bool {
        let said = |at| have.as_object().and_then(|have| get(have, at).as_str());
        self.path.is_none_or(|at| said(at).is_some_and(|path| bounds.contain(path)))
    }

    /// The ARN of the resource that a wanted state is about, where it follows from that.
    pub fn arn_of(&self, want: &Value) -> Option<String> {
        self.arn.and_then(|arn| arn(want.as_object()?))
    }
}

/// The path and the name in the ARN of a managed policy.
fn reference(arn: &str) -> (String, &str) {
    let full = arn.rsplit_once(":policy").map_or("", |(_, full)| full);
    let (path, name) = full.rsplit_once('/').unwrap_or(("", full));
    (format!("{path}/"), name)
}

/// Why no manifest of a kind is written in a scope, and the way out.
pub fn refused(kind: &str, scope: &str, why: &Unbounded) -> Invalid {
    let why = match why {
        Unbounded::NotGiven => format!(
            "{kind} gives permissions, and the settings do not say within which bounds manifests \
             may do that in scope {scope}"
        ),
        Unbounded::OtherAccount(account) => format!(
            "{kind} gives permissions, and the boundary in the settings is a policy of account \
             {account}, which cannot bound anything in scope {scope}"
        ),
    };
    Invalid::new("", why).help(
        "whoever may change the settings sets `identity: {path, boundary}` in palisade.yaml; \
         `lifecycle: {mode: observe}` reports and never writes",
    )
}
