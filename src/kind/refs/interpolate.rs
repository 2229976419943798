//! References in the texts of a spec: `${Kind/name}` and its other forms.

use serde_json::Value;

use super::Refs;
use crate::{
    kind::{
        Form, Invalid,
        placeholder::{self, Piece},
    },
    model::Address,
};

/// What of a resource is meant.
enum Part<'t> {
    /// Its id or ARN.
    Form(Form),
    /// A property.
    Property(&'t str),
}

impl Refs<'_> {
    /// Replaces `${organization.id}`, `${Kind/name}` (id), `${Kind/name.arn}` and their
    /// `${scope/Kind/name…}` forms in every string; `$${…}` becomes the text `${…}`, so this must
    /// happen once only. Everything else in `${…}` is IAM's and stays.
    ///
    /// # Errors
    /// Every invalid reference: an unknown kind or suffix.
    pub fn interpolate(&mut self, value: &mut Value, kinds: &[&str]) -> Result<(), Vec<Invalid>> {
        let mut problems = Vec::new();
        self.interpolate_at("", value, kinds, &mut problems);
        if problems.is_empty() { Ok(()) } else { Err(problems) }
    }

    fn interpolate_at(
        &mut self,
        path: &str,
        value: &mut Value,
        kinds: &[&str],
        problems: &mut Vec<Invalid>,
    ) {
        match value {
            Value::String(text) if text.contains("${") => match self.expand(path, text, kinds) {
                Ok(expanded) => *text = expanded,
                Err(invalid) => problems.push(invalid),
            },
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.interpolate_at(&format!("{path}[{index}]"), item, kinds, problems);
                }
            }
            Value::Object(map) => {
                for (key, inner) in map.iter_mut() {
                    let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                    self.interpolate_at(&path, inner, kinds, problems);
                }
            }
            _ => {}
        }
    }

    fn expand(&mut self, field: &str, text: &str, kinds: &[&str]) -> Result<String, Invalid> {
        let mut out = String::with_capacity(text.len());
        for piece in placeholder::pieces(text) {
            match piece {
                Piece::Text(text) | Piece::Open(text) => out.push_str(text),
                Piece::Literal(inner) => out.push_str(&format!("${{{inner}}}")),
                Piece::Token("organization.id") => out.push_str(&self.organization()),
                Piece::Token(inner) => match self.own_reference(field, inner, kinds)? {
                    Some((address, Part::Form(form))) => {
                        out.push_str(&self.require(field, &address, form));
                    }
                    Some((address, Part::Property(name))) => {
                        out.push_str(&self.property(field, &address, name));
                    }
                    None => out.push_str(&format!("${{{inner}}}")),
                },
            }
        }
        Ok(out)
    }

    /// Reads `Kind/name`, `Kind/name.arn`, `scope/Kind/name…`. A text with a slash and without a
    /// single colon is ours: IAM policy variables contain one (`aws:PrincipalTag/team` has both,
    /// and is IAM's).
    fn own_reference<'t>(
        &self,
        field: &str,
        inner: &'t str,
        kinds: &[&str],
    ) -> Result<Option<(Address, Part<'t>)>, Invalid> {
        if !placeholder::is_path(inner) {
            return Ok(None);
        }
        // The name of a scope may have points.
        let suffixed = inner.rsplit_once('.').filter(|(_, suffix)| !suffix.contains('/'));
        let (path, form) = match suffixed {
            Some((path, "arn")) => (path, Part::Form(Form::Arn)),
            Some((path, "id")) => (path, Part::Form(Form::Id)),
            // The properties of a type are those of CloudFormation's documentation.
            Some((path, property)) if inner.contains("::") => (path, Part::Property(property)),
            Some((_, suffix)) => {
                return Err(Invalid::new(
                    field,
                    format!("`.{suffix}` of `${{{inner}}}` is unknown"),
                )
                .help("write ${Kind/name} for the id or ${Kind/name.arn} for the ARN"));
            }
            None => (inner, Part::Form(Form::Id)),
        };
        let (scope, kind, name) = match path.split('/').collect::<Vec<_>>()[..] {
            [kind, name] => (self.scope.name.as_str(), kind, name),
            [scope, kind, name] => (scope, kind, name),
            _ => {
                return Err(Invalid::new(field, format!("`${{{inner}}}` is not a reference"))
                    .help("write ${Kind/name} or ${scope/Kind/name}"));
            }
        };
        if !kinds.contains(&kind) {
            return Err(Invalid::new(
                field,
                format!(
                    "`${{{inner}}}` names the unknown kind \
                                                    `{kind}`"
                ),
            )
            .help(format!("kinds: {}", kinds.join(", "))));
        }
        Ok(Some((Address::new(scope, kind, name), form)))
    }
}
