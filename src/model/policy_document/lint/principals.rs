//! The principals of a statement.

use super::{
    Linter, View,
    names::{
        is_account_id, is_iam_name, is_partition, is_service_principal, is_unique_id, is_wild,
    },
    rules::LintRule,
    texts,
};
use crate::model::policy_document::{
    Dialect,
    admission::{AttachedTo, Who},
    canonical::Effect,
    error::Place,
};

impl Linter<'_> {
    pub(super) fn principals(&mut self, view: &View<'_>) {
        let Some((place, negated, value)) = view.element("Principal") else {
            return self.add(LintRule::MissingPrincipal, &view.place.field("Principal"));
        };
        match self.dialect {
            // Refused when the document is parsed.
            Dialect::ServiceControlPolicy | Dialect::IdentityPolicy => return,
            Dialect::ResourceControlPolicy => {
                if negated || value != "*" {
                    self.add(LintRule::PrincipalOfControlPolicy, &place);
                }
                return;
            }
            Dialect::KeyPolicy
            | Dialect::EndpointPolicy
            | Dialect::BucketPolicy
            | Dialect::RepositoryPolicy
            | Dialect::TrustPolicy => {}
        }
        let mut everyone = value == "*";
        let mut named = usize::from(value.is_string());
        let mut empty = Vec::new();
        if value.is_string() && !everyone {
            self.add(LintRule::StringPrincipal, &place);
        }
        for (kind, names) in value.as_object().into_iter().flatten() {
            let place = place.field(kind);
            let names = texts(names, &place);
            if names.is_empty() {
                empty.push(place);
            }
            for (place, name) in names {
                named += 1;
                match kind.as_str() {
                    "AWS" if name == "*" => everyone = true,
                    "AWS" => self.aws_principal(name, &place),
                    "Service" => self.service_principal(name, &place),
                    _ => self.add(LintRule::PrincipalType, &place),
                }
            }
        }
        if named == 0 {
            empty = vec![place.clone()];
        }
        for place in empty {
            self.add(LintRule::MissingPrincipal, &place);
        }
        if view.effect() == Effect::Allow {
            if negated {
                self.add(LintRule::AllowNotPrincipal, &place);
            } else if everyone && view.is_unconditional() && self.admits_everybody(view) {
                self.add(LintRule::PublicAllow, &place);
            }
        }
    }

    /// Whether no `Deny` of the document leaves what the statement allows to known parties only.
    fn admits_everybody(&self, view: &View<'_>) -> bool {
        let admissions = self.document.admissions(AttachedTo::Key);
        admissions.get(view.index).is_none_or(|it| it.identities == Who::Everybody)
    }

    fn service_principal(&mut self, name: &str, place: &Place) {
        // `{"Service": "*"}` is every service.
        if name != "*" && !is_service_principal(name) {
            self.add(LintRule::ServicePrincipal, place);
        }
    }

    fn aws_principal(&mut self, name: &str, place: &Place) {
        if is_account_id(name) {
            return;
        }
        if is_unique_id(name) {
            return self.add(LintRule::OrphanedPrincipal, place);
        }
        if is_wild(name) {
            return self.add(LintRule::PrincipalWildcard, place);
        }
        let parts: Vec<&str> = name.splitn(6, ':').collect();
        let ["arn", partition, service, region, account, resource] = parts[..] else {
            return self.add(LintRule::PrincipalForm, place);
        };
        let kind = form_of(service, resource).filter(|_| region.is_empty());
        let Some(kind) = kind.filter(|_| is_partition(partition)) else {
            return self.add(LintRule::PrincipalForm, place);
        };
        if !is_account_id(account) {
            return self.add(LintRule::PrincipalAccount, place);
        }
        if !self.partition.is_empty() && partition != self.partition {
            return self.add(LintRule::PrincipalPartition, place);
        }
        if kind == Form::Session {
            self.add(LintRule::SessionPrincipal, place);
        }
    }
}

#[derive(PartialEq, Eq)]
enum Form {
    Lasting,
    Session,
}

/// What the last part of a principal's ARN names.
fn form_of(service: &str, resource: &str) -> Option<Form> {
    let names = |path: &str| path.split('/').all(is_iam_name);
    // A path may have any printable ASCII character (IAM API reference, `Path`: \x21 to \x7E).
    let legal_path = |path: &str| !path.is_empty() && path.chars().all(|c| c.is_ascii_graphic());
    let named = |path: &str| match path.rsplit_once('/') {
        Some((path, name)) => is_iam_name(name) && path.split('/').all(legal_path),
        None => is_iam_name(path),
    };
    match (service, resource.split_once('/')) {
        ("iam", None) if resource == "root" => Some(Form::Lasting),
        ("iam", Some(("role" | "user", path))) if named(path) => Some(Form::Lasting),
        ("sts", Some(("assumed-role", path))) if names(path) && path.split('/').count() == 2 => {
            Some(Form::Session)
        }
        ("sts", Some(("federated-user", path))) if names(path) => Some(Form::Session),
        _ => None,
    }
}
