//! IAM: roles with what is attached to them, and the password policies of accounts (API version
//! 2010-05-08).

mod attachables;
mod passwords;
mod policies;
mod role;
mod roles;

use serde_json::Value;

use super::{
    api::{Named, Place, Service},
    iam::{Call, Need},
    service::{Answer, Caller, Context, Options},
    truth::Truth,
};
pub(super) use passwords::API;

/// IAM in every account.
#[derive(Debug, Clone, Default)]
pub struct Identities {
    passwords: passwords::Passwords,
    roles: roles::Roles,
    policies: policies::Policies,
    attachables: attachables::Attachables,
}

impl Service for Identities {
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
        let has_role = |name: &str| self.roles.find(&caller.account, name).is_some();
        if let Some(answer) = self.attachables.call(caller, operation, input, has_role) {
            return answer;
        }
        let users = |arn: &str| self.roles.with_policy(arn);
        if let Some(answer) = self.policies.call(caller, operation, input, context, users) {
            return answer;
        }
        attachables::check(&self.policies, operation, input)?;
        if operation == "DeleteRole" {
            let name = input["RoleName"].as_str().unwrap_or_default();
            self.attachables.check_free(&caller.account, name)?;
        }
        match self.roles.call(caller, operation, input, context) {
            Some(answer) => answer,
            None => self.passwords.call(caller, operation, input, context),
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        self.passwords.add_truth(truth);
        self.roles.add_truth(truth);
        self.policies.add_truth(truth);
        self.attachables.add_truth(truth);
    }

    fn find(&self, (account, _): Place<'_>, name: &str) -> Option<Named> {
        self.roles.find(account, name)
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let known = self.roles.needs(call).or_else(|| policies::needs(call));
        let known = known.or_else(|| attachables::needs(call, &self.attachables));
        known.unwrap_or_else(|| self.passwords.needs(call))
    }
}
