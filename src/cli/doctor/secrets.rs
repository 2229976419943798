//! Whether the secrets of notifications can be read. None is shown.

use super::Check;
use crate::{
    aws::Connection,
    kind::Class,
    settings::{Secret, Settings},
};

/// One check for each target with a secret.
pub(super) async fn check(settings: &Settings, connection: &Connection) -> Vec<Check> {
    let vault = connection.clone().of(&settings.owner).vault();
    let mut checks = Vec::new();
    for target in &settings.notify {
        let Some(secret) = target.channel.secret() else { continue };
        let name = format!("notify {}", target.name);
        let Secret::SecretsManager(arn) = secret else {
            checks.push(match secret.read() {
                Ok(_) => Check::ok(name, "its secret can be read"),
                Err(error) => {
                    let found = format!("its secret cannot be read: {error}");
                    Check::fail(name, found, "correct `notify` in the settings, or the secret")
                }
            });
            continue;
        };
        checks.push(match vault.read(arn).await {
            Ok(_) => Check::ok(name, format!("{arn} can be read")),
            Err(error) => {
                let help = match error.class {
                    Class::Missing => "create the secret, or correct its ARN in `notify`",
                    Class::Denied => {
                        "allow what `palisade iam-policy` prints for the secret to the role that \
                         the process starts with, and kms:Decrypt on the secret's own key"
                    }
                    _ => "without it the target gets no notice; try again",
                };
                Check::fail(name, format!("its secret cannot be read: {error}"), help)
            }
        });
    }
    checks
}
