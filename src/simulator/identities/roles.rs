//! The roles of all accounts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    attachables::page,
    role::{
        Role, limit, max_session, path, permissions, policy_arn, role_name, tags, trust, validation,
    },
};
use crate::kinds::cloud_control::iam_role;
use crate::simulator::{
    api::Named,
    iam::{Call, Need, roles as roles_in},
    query::Input,
    service::{Answer, ApiError, Caller, Context, partition},
    truth::{Thing, Truth},
};

/// Quotas of IAM (user guide): managed policies of a role by default, characters of inline ones.
const MANAGED: usize = 10;
const INLINE: usize = 10_240;

/// Roles by account and name, and the ARNs of those that are gone: IAM takes no such principal.
#[derive(Debug, Clone, Default)]
pub(super) struct Roles(BTreeMap<(String, String), Role>, BTreeSet<String>);

type Handler = fn(&mut Role, Input<'_>) -> Answer;

/// The operations on an existing role.
const ON_ROLE: &[(&str, Handler)] = &[
    ("AttachRolePolicy", attach),
    ("DeleteRolePermissionsBoundary", |role, _| {
        role.boundary = None;
        Ok(Value::Null)
    }),
    ("DeleteRolePolicy", |role, input| {
        let name = input.required("PolicyName")?;
        role.inline.remove(name).map(|_| Value::Null).ok_or_else(|| no_policy(name))
    }),
    ("DetachRolePolicy", |role, input| {
        let arn = input.required("PolicyArn")?;
        if role.managed.remove(arn) { Ok(Value::Null) } else { Err(no_policy(arn)) }
    }),
    ("PutRolePermissionsBoundary", |role, input| {
        role.boundary = Some(policy_arn(input.required("PermissionsBoundary")?)?.to_owned());
        Ok(Value::Null)
    }),
    ("PutRolePolicy", put_inline),
    ("TagRole", |role, input| {
        role.tags = tags(input, &role.tags)?;
        Ok(Value::Null)
    }),
    ("UntagRole", |role, input| {
        input.texts("TagKeys").into_iter().for_each(|key| {
            role.tags.remove(key);
        });
        Ok(Value::Null)
    }),
    ("UpdateAssumeRolePolicy", |role, input| {
        role.trust = trust(input.required("PolicyDocument")?)?;
        Ok(Value::Null)
    }),
    ("UpdateRole", update),
];

/// The operations that only read a role.
const READS: [&str; 4] =
    ["GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies"];

impl Roles {
    /// Answers an operation on roles; `None` for others.
    pub(super) fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        context: &mut Context<'_>,
    ) -> Option<Answer> {
        let input = Input::new(input);
        let handler = ON_ROLE.iter().find(|(name, _)| *name == operation).map(|(_, it)| *it);
        Some(match operation {
            "CreateRole" => self.create(caller, input, context),
            "DeleteRole" => self.delete(caller, input),
            "ListRoles" => self.list(caller, input),
            read if READS.contains(&read) => self.read(caller, read, input),
            _ => {
                let handler = handler?;
                if operation == "UpdateAssumeRolePolicy" {
                    let text = input.text("PolicyDocument").unwrap_or_default();
                    if let Err(gone) = self.check_principals(text) {
                        return Some(Err(gone));
                    }
                }
                self.role(caller, input).and_then(|role| {
                    let mut changed = role.clone();
                    let answer = handler(&mut changed, input)?;
                    *role = changed;
                    Ok(answer)
                })
            }
        })
    }

    /// The names of the roles that a managed policy is attached to.
    pub(super) fn with_policy(&self, arn: &str) -> BTreeSet<String> {
        let all = self.0.iter().filter(|(_, role)| role.managed.contains(arn));
        all.map(|((_, name), _)| name.clone()).collect()
    }

    fn role(&mut self, caller: &Caller, input: Input<'_>) -> Result<&mut Role, ApiError> {
        let name = role_name(input)?;
        let key = (caller.account.clone(), name.to_owned());
        self.0.get_mut(&key).ok_or_else(|| missing(name))
    }

    fn create(&mut self, caller: &Caller, input: Input<'_>, context: &mut Context<'_>) -> Answer {
        let name = role_name(input)?;
        let key = (caller.account.clone(), name.to_owned());
        // Names are unique whatever their case.
        let taken = |(account, other): &(String, String)| {
            *account == caller.account && other.eq_ignore_ascii_case(name)
        };
        if self.0.keys().any(taken) {
            let message = format!("Role with name {name} already exists.");
            return Err(ApiError::new("EntityAlreadyExists", message).status(409));
        }
        self.check_principals(input.text("AssumeRolePolicyDocument").unwrap_or_default())?;
        let path = path(input)?;
        let boundary = input.text("PermissionsBoundary").map(policy_arn).transpose()?;
        let role = Role {
            arn: role_arn(caller, &path, name),
            id: format!("AROA{}", context.ids.alphanumeric(17).to_uppercase()),
            created: context.now,
            trust: trust(input.required("AssumeRolePolicyDocument")?)?,
            description: description(input)?.unwrap_or_default(),
            max_session: max_session(input)?.unwrap_or(3600),
            boundary: boundary.map(str::to_owned),
            managed: BTreeSet::new(),
            inline: BTreeMap::new(),
            tags: tags(input, &BTreeMap::new())?,
            path,
        };
        let shown = role.shown(name);
        self.1.remove(&role.arn);
        self.0.insert(key, role);
        Ok(json!({"Role": shown}))
    }

    /// A role with policies cannot be deleted.
    fn delete(&mut self, caller: &Caller, input: Input<'_>) -> Answer {
        let name = role_name(input)?.to_owned();
        let role = self.role(caller, input)?;
        if !role.managed.is_empty() || !role.inline.is_empty() {
            let message = "Cannot delete entity, must detach all policies first.";
            return Err(ApiError::new("DeleteConflict", message).status(409));
        }
        if let Some(gone) = self.0.remove(&(caller.account.clone(), name)) {
            // Whoever trusted it trusts its unique id now, which nobody has any more (IAM user
            // guide, Principal).
            for role in self.0.values_mut() {
                let text = role.trust.to_string();
                let quoted = (format!("\"{}\"", gone.arn), format!("\"{}\"", gone.id));
                let text = text.replace(&quoted.0, &quoted.1);
                role.trust = serde_json::from_str(&text).unwrap_or_else(|_| role.trust.clone());
            }
            self.1.insert(gone.arn);
        }
        Ok(Value::Null)
    }

    /// Refuses a role as principal that has been deleted.
    fn check_principals(&self, trust: &str) -> Result<(), ApiError> {
        let document: Value = serde_json::from_str(trust).unwrap_or_default();
        if roles_in(&document).iter().any(|arn| self.1.contains(*arn)) {
            let message = "Invalid principal in policy.";
            return Err(ApiError::new("MalformedPolicyDocument", message));
        }
        Ok(())
    }

    /// Those below a path, page by page, without their tags (IAM API reference).
    fn list(&self, caller: &Caller, input: Input<'_>) -> Answer {
        let below = input.text("PathPrefix").unwrap_or("/");
        let own = self.0.iter().filter(|((account, _), role)| {
            *account == caller.account && role.path.starts_with(below)
        });
        let shown = |((_, name), role): (&(String, String), &Role)| {
            let mut shown = role.shown(name);
            for hidden in ["Tags", "PermissionsBoundary"] {
                shown[hidden] = Value::Null;
            }
            (name.clone(), shown)
        };
        let all: Vec<(String, Value)> = own.map(shown).collect();
        let (some, next) = page(&all, input)?;
        let roles: Vec<Value> = some.iter().map(|(_, role)| role.clone()).collect();
        Ok(json!({"Roles": roles, "IsTruncated": next.is_some(), "Marker": next}))
    }

    fn read(&mut self, caller: &Caller, operation: &str, input: Input<'_>) -> Answer {
        let name = role_name(input)?.to_owned();
        let role = self.role(caller, input)?;
        Ok(match operation {
            "GetRole" => json!({"Role": role.shown(&name)}),
            "ListRolePolicies" => {
                json!({"PolicyNames": role.inline.keys().collect::<Vec<_>>(), "IsTruncated": false})
            }
            "ListAttachedRolePolicies" => {
                let policy =
                    |arn: &String| json!({"PolicyArn": arn, "PolicyName": arn.rsplit('/').next()});
                let all: Vec<Value> = role.managed.iter().map(policy).collect();
                json!({"AttachedPolicies": all, "IsTruncated": false})
            }
            _ => {
                let policy = input.required("PolicyName")?;
                let document = role.inline.get(policy).ok_or_else(|| no_policy(policy))?;
                let text = document.to_string();
                json!({"RoleName": name, "PolicyName": policy, "PolicyDocument": text})
            }
        })
    }

    pub(super) fn add_truth(&self, truth: &mut Truth) {
        for ((account, name), role) in &self.0 {
            let thing = Thing {
                kind: iam_role::NAME,
                account: account.clone(),
                tags: role.tags.clone(),
                facts: role.facts(),
            };
            truth.things.insert(format!("{}/{account}/{name}", iam_role::NAME), thing);
        }
    }

    pub(super) fn find(&self, account: &str, name: &str) -> Option<Named> {
        let role = self.0.get(&(account.to_owned(), name.to_owned()))?;
        Some((role.arn.clone(), role.tags.clone()))
    }

    /// The permissions of the operations on roles: with the name of the operation, on the role,
    /// and with the boundary that it has or gets (service authorization reference, IAM).
    pub(super) fn needs(&self, call: &Call<'_>) -> Option<Vec<Need>> {
        let creates = call.operation == "CreateRole";
        let known = creates
            || call.operation == "DeleteRole"
            || READS.contains(&call.operation)
            || ON_ROLE.iter().any(|(name, _)| *name == call.operation);
        if !known {
            return (call.operation == "ListRoles").then(|| vec![call.need("*")]);
        }
        let name = call.text("RoleName");
        let set = call.tags("Tags", "Key", "Value");
        let found = self.0.get(&(call.caller.account.clone(), name.to_owned()));
        let path = match call.text("Path") {
            "" => "/",
            path => path,
        };
        let arn = found.map_or_else(|| role_arn(call.caller, path, name), |it| it.arn.clone());
        let has = found.map(|role| role.tags.clone()).unwrap_or_default();
        let mut need = call.need(&arn).of(&has).sets(&set);
        let given = Some(call.text("PermissionsBoundary")).filter(|it| !it.is_empty());
        let boundary = given.or(found.and_then(|role| role.boundary.as_deref()));
        if let Some(boundary) = boundary {
            need = need.with("iam:PermissionsBoundary", boundary);
        }
        if !call.text("PolicyArn").is_empty() {
            need = need.with("iam:PolicyARN", call.text("PolicyArn"));
        }
        let mut needs = vec![need.names(&call.texts("TagKeys"))];
        if creates && !set.is_empty() {
            needs.push(call.other("iam:TagRole", &arn).sets(&set));
        }
        Some(needs)
    }
}

fn role_arn(caller: &Caller, path: &str, name: &str) -> String {
    let partition = partition(&caller.region);
    format!("arn:{partition}:iam::{}:role{path}{name}", caller.account)
}

fn missing(name: &str) -> ApiError {
    let message = format!("The role with name {name} cannot be found.");
    ApiError::new("NoSuchEntity", message).status(404)
}

fn no_policy(name: &str) -> ApiError {
    ApiError::new("NoSuchEntity", format!("The policy {name} cannot be found.")).status(404)
}

fn description(input: Input<'_>) -> Result<Option<String>, ApiError> {
    let text = input.text("Description");
    match text {
        Some(text) if text.chars().count() > 1000 => {
            Err(validation("Value at 'description' must have at most 1000 characters"))
        }
        _ => Ok(text.map(str::to_owned)),
    }
}

fn update(role: &mut Role, input: Input<'_>) -> Answer {
    if let Some(text) = description(input)? {
        role.description = text;
    }
    if let Some(seconds) = max_session(input)? {
        role.max_session = seconds;
    }
    Ok(json!({}))
}

fn attach(role: &mut Role, input: Input<'_>) -> Answer {
    let arn = policy_arn(input.required("PolicyArn")?)?;
    role.managed.insert(arn.to_owned());
    if role.managed.len() > MANAGED {
        return Err(limit("PoliciesPerRole", MANAGED));
    }
    Ok(Value::Null)
}

fn put_inline(role: &mut Role, input: Input<'_>) -> Answer {
    let name = input.required("PolicyName")?;
    let document = permissions(input.required("PolicyDocument")?)?;
    role.inline.insert(name.to_owned(), document);
    let size: usize = role.inline.values().map(|it| it.to_string().len()).sum();
    if size > INLINE {
        return Err(limit("InlinePolicySizePerRole", INLINE));
    }
    Ok(Value::Null)
}
