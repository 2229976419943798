//! Sid, Effect, Action and Resource.

use serde_json::Value;

use super::{
    Linter, View,
    catalogue::{self, Verdict},
    names::{is_account_id, is_partition, is_wild},
    rules::LintRule,
    texts,
};
use crate::model::policy_document::{Dialect, canonical::Effect, error::Place};

impl Linter<'_> {
    pub(super) fn sid(&mut self, view: &View<'_>) {
        let Some(sid) = view.fields.get("Sid").and_then(Value::as_str).filter(|s| !s.is_empty())
        else {
            return;
        };
        let place = view.place.field("Sid");
        if !sid.bytes().all(|b| b.is_ascii_alphanumeric()) {
            self.add(LintRule::SidCharacters, &place);
        }
        if let Some(first) = self.sids.get(sid) {
            let message = format!("the same Sid as {}", first.path());
            self.report(
                LintRule::DuplicateSid,
                &place,
                message,
                LintRule::DuplicateSid.help().to_owned(),
            );
        } else {
            self.sids.insert(sid.to_owned(), view.place.clone());
        }
    }

    pub(super) fn effect(&mut self, view: &View<'_>) {
        if view.effect() == Effect::Allow {
            self.add(LintRule::AllowInControlPolicy, &view.place.field("Effect"));
        }
    }

    pub(super) fn actions(&mut self, view: &View<'_>) {
        let Some((place, negated, value)) = view.element("Action") else {
            return self.add(LintRule::MissingAction, &view.place.field("Action"));
        };
        if negated {
            self.add(LintRule::NotActionInControlPolicy, &place);
        }
        let actions = texts(value, &place);
        if actions.is_empty() {
            self.add(LintRule::MissingAction, &place);
        }
        for (place, action) in actions {
            match form_of(action) {
                Err(rule) => self.misspelt_action(rule, action, &place),
                Ok(()) => self.known_action(action, &place),
            }
        }
    }

    fn misspelt_action(&mut self, rule: LintRule, action: &str, place: &Place) {
        // `cloudtrail.StopLogging`: a typo for the colon.
        let meant = action
            .split_once('.')
            .map(|(service, name)| format!("{service}:{name}"))
            .filter(|meant| rule == LintRule::ActionService && catalogue::is_action(meant));
        let help = meant
            .map_or_else(|| rule.help().to_owned(), |meant| format!("did you mean `{meant}`?"));
        self.report(rule, place, rule.why().to_owned(), help);
    }

    fn known_action(&mut self, action: &str, place: &Place) {
        if self.dialect == Dialect::ResourceControlPolicy {
            let inner = action.strip_suffix('*').unwrap_or(action);
            if matches!(action, "*" | "*:*") || is_wild(inner) {
                self.add(LintRule::WildcardInControlPolicy, place);
            }
        }
        if matches!(action, "*" | "*:*") {
            return;
        }
        let service = action.split_once(':').map_or("", |(service, _)| service);
        if self.dialect == Dialect::KeyPolicy && !service.eq_ignore_ascii_case("kms") {
            return self.add(LintRule::ForeignAction, place);
        }
        if !self.look_up {
            return;
        }
        if self.dialect == Dialect::ResourceControlPolicy
            && !catalogue::supports_resource_control(service)
        {
            self.add(LintRule::UnsupportedService, place);
        }
        let (rule, near) = match catalogue::judge(action) {
            Verdict::Known => return,
            Verdict::UnknownService(near) => (LintRule::UnknownService, near),
            Verdict::UnknownAction(near) => (LintRule::UnknownAction, near),
            Verdict::MatchesNothing(near) => (LintRule::NoSuchActions, near),
            Verdict::OtherCase(right) => (LintRule::ActionCase, Some(right)),
        };
        let message = match rule {
            LintRule::UnknownService => format!("`{service}` is not the prefix of a known service"),
            LintRule::UnknownAction => format!("`{action}` is not a known action"),
            LintRule::NoSuchActions => format!("`{action}` does not match any known action"),
            _ => rule.why().to_owned(),
        };
        let help =
            near.map_or_else(|| rule.help().to_owned(), |near| format!("did you mean `{near}`?"));
        self.report(rule, place, message, help);
    }

    pub(super) fn resources(&mut self, view: &View<'_>) {
        let Some((place, _, value)) = view.element("Resource") else {
            return self.add(LintRule::MissingResource, &view.place.field("Resource"));
        };
        let resources = texts(value, &place);
        if resources.is_empty() {
            self.add(LintRule::MissingResource, &place);
        }
        for (place, resource) in resources {
            if resource != "*" {
                self.resource(resource, &place);
                self.variables(resource, &place);
            }
        }
    }

    fn resource(&mut self, resource: &str, place: &Place) {
        let parts: Vec<&str> = resource.splitn(6, ':').collect();
        let ["arn", partition, service, rest @ ..] = &parts[..] else {
            return self.add(LintRule::ResourceForm, place);
        };
        if !is_wild(partition) && !partition.contains("${") && !is_partition(partition) {
            return self.add(LintRule::ResourcePartition, place);
        }
        // `arn:aws:s3*` matches all of S3 and more; the service itself must be one.
        if service.is_empty() || is_wild(service) {
            return self.add(LintRule::ResourceService, place);
        }
        if parts.len() < 6 {
            let rule = if rest.last().is_some_and(|last| last.ends_with('*')) {
                LintRule::ResourceShort
            } else {
                LintRule::ResourceFields
            };
            return self.add(rule, place);
        }
        if service.bytes().any(|b| b.is_ascii_uppercase()) {
            self.add(LintRule::ResourceServiceCase, place);
        }
        let region = rest.first().copied().unwrap_or_default();
        if *service == "iam" && !region.is_empty() && !is_wild(region) {
            self.add(LintRule::ResourceRegion, place);
        }
        // A variable contains a colon of its own, which shifts the parts after it.
        if parts[..5].iter().any(|part| part.contains("${")) {
            self.add(LintRule::ResourceVariable, place);
        } else if *service == "iam" && !is_iam_resource(parts[5]) {
            self.add(LintRule::ResourcePath, place);
        }
        if !self.partition.is_empty() && is_partition(partition) && *partition != self.partition {
            self.add(LintRule::ResourceOtherPartition, place);
        }
        self.arn_account(resource, place);
        self.add(LintRule::ResourceOfKeyPolicy, place);
    }

    /// The account of an ARN in a resource or a condition.
    pub(super) fn arn_account(&mut self, arn: &str, place: &Place) {
        let account = arn.split(':').nth(4).unwrap_or_default();
        let digits = account.bytes().any(|b| b.is_ascii_digit());
        if arn.starts_with("arn:") && digits && is_wild(account) {
            self.add(LintRule::MixedAccount, place);
        }
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        // A variable contains a colon of its own, which shifts the parts after it.
        let ["arn", _, service, _, account, resource] = parts[..] else { return };
        if parts[..5].iter().any(|part| part.contains("${")) {
            return;
        }
        if !is_wild(account) && !is_account_id(account) && !belongs_to_aws(account) {
            self.add(LintRule::ResourceAccount, place);
        }
        if matches!(service, "iam" | "sts") && has_bracketed_name(resource) {
            self.add(LintRule::ResourceName, place);
        }
    }

    pub(super) fn denies_everything(&self, view: &View<'_>) -> bool {
        let lists = |element: &str, all: &[&str]| match view.element(element) {
            Some((place, false, value)) => {
                texts(value, &place).iter().any(|(_, text)| all.contains(text))
            }
            _ => false,
        };
        let everything: &[&str] = match self.dialect {
            Dialect::KeyPolicy => &["*", "*:*", "kms:*"],
            _ => &["*", "*:*"],
        };
        // Denying everything to one role suspends it; denying it to an account's root denies it to
        // everybody in the account.
        let everybody = match view.element("Principal") {
            None | Some((_, true, _)) => true,
            Some((_, false, value)) => {
                value == "*"
                    || texts(&value["AWS"], &view.place).iter().any(|(_, name)| {
                        *name == "*" || name.ends_with(":root") || is_account_id(name)
                    })
            }
        };
        view.effect() == Effect::Deny
            && everybody
            && lists("Action", everything)
            && lists("Resource", &["*"])
            && view.is_unconditional()
    }
}

/// Whether an ARN with this in place of an account can be of something that belongs to no account
/// (`arn:aws:s3:::bucket`) or to AWS (`arn:aws:iam::aws:policy/ReadOnlyAccess`). Other words than
/// the usual placeholders get the benefit of the doubt.
fn belongs_to_aws(account: &str) -> bool {
    let placeholder = ["account", "account-id", "accountid", "your-account-id"].contains(&account);
    !placeholder && account.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')
}

/// Whether the name of a role, user or group has a bracket, which IAM accepts in paths only.
fn has_bracketed_name(resource: &str) -> bool {
    let Some((kind, path)) = resource.split_once('/') else { return false };
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(kind, "role" | "user" | "group" | "instance-profile" | "assumed-role")
        && !path.contains("${")
        && name.contains(['[', ']', '{', '}', '<', '>'])
}

/// Whether it can be the last part of an IAM ARN (service authorization reference, resource types
/// of IAM).
fn is_iam_resource(name: &str) -> bool {
    const TYPES: [&str; 15] = [
        "access-report",
        "assumed-role",
        "federated-user",
        "group",
        "instance-profile",
        "mfa",
        "oidc-provider",
        "outbound-web-identity-federation",
        "policy",
        "role",
        "saml-provider",
        "server-certificate",
        "sms-mfa",
        "u2f",
        "user",
    ];
    let kind = name.split('/').next().unwrap_or_default();
    is_wild(kind) || kind.contains("${") || name == "root" || name != kind && TYPES.contains(&kind)
}

/// What is wrong with the form of an action.
fn form_of(action: &str) -> Result<(), LintRule> {
    if matches!(action, "*" | "*:*") {
        return Ok(());
    }
    let Some((service, name)) = action.split_once(':') else {
        return Err(LintRule::ActionService);
    };
    if name.contains(':') {
        return Err(LintRule::ActionColons);
    }
    if is_wild(service) {
        return Err(LintRule::ActionServiceWildcard);
    }
    let of = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    if of(service, "-") && of(name, "*?-_") { Ok(()) } else { Err(LintRule::ActionName) }
}
