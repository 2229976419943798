//! IAM: roles, and the password policies of accounts (API version 2010-05-08).

mod passwords;
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
        match self.roles.call(caller, operation, input, context) {
            Some(answer) => answer,
            None => self.passwords.call(caller, operation, input, context),
        }
    }

    fn add_truth(&self, truth: &mut Truth) {
        self.passwords.add_truth(truth);
        self.roles.add_truth(truth);
    }

    fn find(&self, (account, _): Place<'_>, name: &str) -> Option<Named> {
        self.roles.find(account, name)
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        self.roles.needs(call).unwrap_or_else(|| self.passwords.needs(call))
    }
}
