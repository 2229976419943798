//! References and lookups: recorded (to order the graph and to know what to fetch) and filled in by
//! one and the same code.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{
    Invalid,
    known::{Known, KnownResource, LookupItem, LookupKind, ScopeFacts},
    target::{Accepts, Form, Lookup, Target, Targets},
};
use crate::model::{Address, Seen};

/// Everything that resolving one manifest gave besides its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolution {
    /// Every reference, with the field it stands in.
    pub asked: Vec<(String, Address)>,
    /// References without which the resource cannot be created.
    pub hard: BTreeSet<Address>,
    /// References that may follow later (rules between two security groups).
    pub soft: BTreeSet<Address>,
    /// Searches to be made before the next resolving: the kind, and the name if it has one.
    pub lookups: BTreeSet<(LookupKind, Option<String>)>,
    /// Whether `${organization.id}` is used.
    pub organization: bool,
    /// Why the state may not be used: something it needs is absent or unknown.
    pub waiting: BTreeSet<String>,
    /// What was left out of the state for now because it does not exist yet.
    pub later: BTreeSet<String>,
}

/// Stands for the organisation's id while it is not known; of the right form, and nobody's.
const PLACEHOLDER_ORGANIZATION: &str = "o-0000000000";

/// Resolves the references of one manifest.
#[derive(Debug)]
pub struct Refs<'a> {
    scope: &'a ScopeFacts,
    name: &'a str,
    known: &'a Known,
    resolution: Resolution,
}

impl<'a> Refs<'a> {
    /// A resolver for the manifest `name` of `scope`. With an empty `known` it only records.
    pub fn new(scope: &'a ScopeFacts, name: &'a str, known: &'a Known) -> Self {
        Self { scope, name, known, resolution: Resolution::default() }
    }

    /// The manifest's `metadata.name`: the default for names in AWS.
    pub fn name(&self) -> &str {
        self.name
    }

    /// The manifest's scope.
    pub fn scope(&self) -> &ScopeFacts {
        self.scope
    }

    /// What was recorded.
    pub fn finish(self) -> Resolution {
        self.resolution
    }

    /// The address that `{ref: text}` names: `name` in this scope, or `scope/name`.
    fn address(&self, kind: &str, text: &str) -> Address {
        match text.split_once('/') {
            Some((scope, name)) => Address::new(scope, kind, name),
            None => Address::new(&self.scope.name, kind, text),
        }
    }

    /// One thing that must exist before this resource can be created. While it does not, the answer is
    /// a placeholder and the whole state counts as waiting.
    ///
    /// # Errors
    /// The form is not accepted here.
    pub fn one(
        &mut self,
        field: &str,
        target: &Target,
        accepts: Accepts,
    ) -> Result<String, Invalid> {
        match target {
            Target::Id(id) => Ok(id.clone()),
            Target::Ref(text) => {
                let address = self.address(accept_reference(field, accepts)?, text);
                Ok(self.require(field, &address, accepts.form))
            }
            Target::Lookup(lookup) => {
                let kind = accept_lookup(field, accepts)?;
                Ok(self.find_one(field, kind, lookup, None).id)
            }
        }
    }

    /// Like [`Self::one`] for a reference that may follow later: `None` while it does not exist, which
    /// is noted under [`Resolution::later`] and does not make the state wait. If its kind is *unknown*
    /// in this pass, the state does wait: unknown is not absent.
    ///
    /// # Errors
    /// The form is not accepted here.
    pub fn maybe(
        &mut self,
        field: &str,
        target: &Target,
        accepts: Accepts,
    ) -> Result<Option<String>, Invalid> {
        let Target::Ref(text) = target else {
            return self.one(field, target, accepts).map(Some);
        };
        let address = self.address(accept_reference(field, accepts)?, text);
        self.resolution.asked.push((field.to_owned(), address.clone()));
        self.resolution.soft.insert(address.clone());
        if let Some(known) = self.known.resources.get(&address) {
            Ok(Some(pick(known, accepts.form)))
        } else {
            match self.unknown(&address) {
                Some(why) => self.resolution.waiting.insert(why),
                None => self.resolution.later.insert(format!("{address} does not exist yet")),
            };
            Ok(None)
        }
    }

    /// Several things, in the order written; a lookup finds all that match, sorted by id.
    /// `within` narrows lookups by attribute, e.g. `("vpc", id)`.
    ///
    /// # Errors
    /// Every form that is not accepted here.
    pub fn many(
        &mut self,
        field: &str,
        targets: &Targets,
        accepts: Accepts,
        within: Option<(&str, &str)>,
    ) -> Result<Vec<LookupItem>, Vec<Invalid>> {
        let list = match targets {
            Targets::Lookup(lookup) => {
                let kind = accept_lookup(field, accepts).map_err(|invalid| vec![invalid])?;
                return Ok(self.find(field, kind, lookup, within));
            }
            Targets::List(list) => list,
        };
        let mut found = Vec::new();
        let mut problems = Vec::new();
        for (index, target) in list.iter().enumerate() {
            let field = format!("{field}[{index}]");
            match (target, accepts.lookup) {
                (Target::Lookup(lookup), Some(kind)) => {
                    found.push(self.find_one(&field, kind, lookup, within));
                }
                _ => match self.one(&field, target, accepts) {
                    Ok(id) => found.push(LookupItem { id, ..LookupItem::default() }),
                    Err(invalid) => problems.push(invalid),
                },
            }
        }
        if problems.is_empty() { Ok(found) } else { Err(problems) }
    }

    /// The one thing a lookup finds; none or too many is *waiting*, never a guess.
    pub fn find_one(
        &mut self,
        field: &str,
        kind: LookupKind,
        lookup: &Lookup,
        within: Option<(&str, &str)>,
    ) -> LookupItem {
        let mut found = self.find(field, kind, lookup, within);
        if found.len() > 1 {
            let ids: Vec<_> = found.iter().map(|item| item.id.as_str()).collect();
            self.resolution.waiting.insert(format!(
                "{field}: {} {}s match {}, one is needed: {}",
                found.len(),
                kind.as_str(),
                describe(lookup),
                ids.join(", ")
            ));
        }
        found.pop().unwrap_or_else(|| LookupItem {
            id: format!("({} {})", kind.as_str(), describe(lookup)),
            ..LookupItem::default()
        })
    }

    fn find(
        &mut self,
        field: &str,
        kind: LookupKind,
        lookup: &Lookup,
        within: Option<(&str, &str)>,
    ) -> Vec<LookupItem> {
        self.resolution.lookups.insert((kind, lookup.name.clone()));
        let fits = |item: &&LookupItem| {
            lookup.tags.iter().all(|(key, value)| item.tags.get(key) == Some(value))
                && lookup.name.as_ref().is_none_or(|name| item.name.as_ref() == Some(name))
                && within.is_none_or(|(key, value)| {
                    item.attributes.get(key).is_none_or(|found| found == value)
                })
        };
        let reason = match self.known.lookups.get(&(self.scope.name.clone(), kind)) {
            Some(Seen::All(items)) => {
                let mut found: Vec<_> = items.iter().filter(fits).cloned().collect();
                found.sort_by(|a, b| a.id.cmp(&b.id));
                if !found.is_empty() {
                    return found;
                }
                format!("{field}: no {} matches {}", kind.as_str(), describe(lookup))
            }
            Some(Seen::Unknown(why)) => {
                format!("{field}: {}s could not be read: {why}", kind.as_str())
            }
            None => format!("{field}: {}s were not read yet", kind.as_str()),
        };
        self.resolution.waiting.insert(reason);
        Vec::new()
    }

    fn require(&mut self, field: &str, address: &Address, form: Form) -> String {
        self.resolution.asked.push((field.to_owned(), address.clone()));
        self.resolution.hard.insert(address.clone());
        if let Some(known) = self.known.resources.get(address) {
            return pick(known, form);
        }
        let why = self.unknown(address).unwrap_or_else(|| format!("{address} does not exist yet"));
        self.resolution.waiting.insert(why);
        format!("({}/{})", address.kind, address.name)
    }

    fn organization(&mut self) -> String {
        self.resolution.organization = true;
        let why = match self.known.organizations.get(&self.scope.name) {
            Some(Seen::All(id)) => return id.clone(),
            Some(Seen::Unknown(why)) => format!("the organisation's id could not be read: {why}"),
            None => "the organisation's id was not read yet".to_owned(),
        };
        self.resolution.waiting.insert(why);
        PLACEHOLDER_ORGANIZATION.to_owned()
    }

    fn unknown(&self, address: &Address) -> Option<String> {
        self.known
            .unknown
            .get(&(address.scope.clone(), address.kind.clone()))
            .map(|why| format!("{address} could not be read: {why}"))
    }

    /// Replaces `${organization.id}`, `${Kind/name}` (id), `${Kind/name.arn}` and their `${scope/Kind/name…}` forms in every
    /// string. Everything else in `${…}` is somebody else's (IAM policy variables) and stays.
    ///
    /// # Errors
    /// Every reference that cannot be one: an unknown kind or suffix.
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
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            let (before, from) = rest.split_at(start);
            out.push_str(before);
            let Some(end) = from.find('}') else { break };
            let (token, after) = from.split_at(end + 1);
            if token == "${organization.id}" {
                out.push_str(&self.organization());
            } else {
                match self.own_reference(field, &token[2..end], kinds)? {
                    Some((address, form)) => out.push_str(&self.require(field, &address, form)),
                    None => out.push_str(token),
                }
            }
            rest = after;
        }
        out.push_str(rest);
        Ok(out)
    }

    /// Reads `Kind/name`, `Kind/name.arn`, `scope/Kind/name…`. A slash before anything that could be
    /// IAM's is ours: IAM policy variables contain a colon and no slash (`aws:PrincipalTag/team` has
    /// both, so a colon makes it IAM's).
    fn own_reference(
        &self,
        field: &str,
        inner: &str,
        kinds: &[&str],
    ) -> Result<Option<(Address, Form)>, Invalid> {
        if inner.contains(':') || !inner.contains('/') {
            return Ok(None);
        }
        let (path, form) = match inner.rsplit_once('.') {
            Some((path, "arn")) => (path, Form::Arn),
            Some((path, "id")) => (path, Form::Id),
            Some((_, suffix)) => {
                return Err(Invalid::new(
                    field,
                    format!("`.{suffix}` of `${{{inner}}}` is unknown"),
                )
                .help("write ${Kind/name} for the id or ${Kind/name.arn} for the ARN"));
            }
            None => (inner, Form::Id),
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
            return Err(Invalid::new(field, format!("`${{{inner}}}` names no kind `{kind}`"))
                .help(format!("kinds: {}", kinds.join(", "))));
        }
        Ok(Some((Address::new(scope, kind, name), form)))
    }
}

fn pick(known: &KnownResource, form: Form) -> String {
    match form {
        Form::Id => known.id.0.clone(),
        Form::Arn => known.arn.clone(),
    }
}

fn accept_reference(field: &str, accepts: Accepts) -> Result<&'static str, Invalid> {
    accepts.reference.ok_or_else(|| {
        Invalid::new(field, "a reference is not possible here")
            .help("write the id, or a lookup by tags")
    })
}

fn accept_lookup(field: &str, accepts: Accepts) -> Result<LookupKind, Invalid> {
    accepts.lookup.ok_or_else(|| {
        Invalid::new(field, "a lookup is not possible here").help("write the id, or {ref: name}")
    })
}

fn describe(lookup: &Lookup) -> String {
    let mut parts: Vec<_> =
        lookup.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
    parts.extend(lookup.name.iter().map(|name| format!("name {name}")));
    parts.join(" and ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scope() -> ScopeFacts {
        ScopeFacts {
            name: "prod".into(),
            account: "111122223333".into(),
            region: "eu-west-1".into(),
            partition: "aws".into(),
        }
    }

    fn item(id: &str, tier: &str, vpc: &str) -> LookupItem {
        LookupItem {
            id: id.into(),
            name: None,
            attributes: [("vpc".to_owned(), vpc.to_owned())].into(),
            tags: [("tier".to_owned(), tier.to_owned())].into(),
        }
    }

    fn known() -> Known {
        Known {
            resources: [(
                Address::new("prod", "KmsKey", "studio"),
                KnownResource { id: "k-1".into(), arn: "arn:k-1".into() },
            )]
            .into(),
            unknown: [(("prod".into(), "VpcEndpoint".into()), "denied".into())].into(),
            lookups: [(
                ("prod".into(), LookupKind::Subnet),
                Seen::All(vec![item("b", "p", "v1"), item("a", "p", "v1"), item("c", "p", "v2")]),
            )]
            .into(),
            organizations: [("prod".into(), Seen::All("o-abc1234567".into()))].into(),
        }
    }

    fn tier() -> Lookup {
        Lookup { tags: [("tier".into(), "p".into())].into(), name: None }
    }

    const KINDS: [&str; 2] = ["KmsKey", "SecurityGroup"];

    #[test]
    fn our_references_are_filled_in_and_iam_variables_pass_through() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let mut value =
            json!({"a": ["${KmsKey/studio.arn}/${aws:PrincipalTag/team}", "${KmsKey/studio}"]});
        refs.interpolate(&mut value, &KINDS).unwrap();
        assert_eq!(value, json!({"a": ["arn:k-1/${aws:PrincipalTag/team}", "k-1"]}));
        assert!(refs.finish().waiting.is_empty());
    }

    #[test]
    fn a_reference_to_no_kind_is_an_error_with_its_field() {
        let (scope, known) = (scope(), known());
        let mut value = json!({"a": ["${Kmskey/studio}"]});
        let problems = Refs::new(&scope, "x", &known).interpolate(&mut value, &KINDS).unwrap_err();
        assert_eq!(problems[0].field, "a[0]");
        assert!(problems[0].why.contains("no kind `Kmskey`"));
    }

    #[test]
    fn a_missing_reference_makes_the_state_wait_and_names_it() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let accepts = Accepts::id_of("SecurityGroup");
        refs.one("groups[0]", &Target::Ref("apps".into()), accepts).unwrap();
        let resolution = refs.finish();
        assert_eq!(
            resolution.waiting.into_iter().collect::<Vec<_>>(),
            ["prod/SecurityGroup/apps does not exist yet"]
        );
        assert_eq!(resolution.hard.len(), 1);
    }

    #[test]
    fn a_soft_reference_is_left_out_while_absent_but_waits_while_unknown() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let absent = refs.maybe("a", &Target::Ref("x".into()), Accepts::id_of("SecurityGroup"));
        assert_eq!(absent, Ok(None));
        assert_eq!((refs.resolution.later.len(), refs.resolution.waiting.len()), (1, 0));
        refs.maybe("b", &Target::Ref("y".into()), Accepts::id_of("VpcEndpoint")).unwrap();
        assert_eq!((refs.resolution.later.len(), refs.resolution.waiting.len()), (1, 1));
    }

    #[test]
    fn a_lookup_finds_all_within_the_vpc_sorted_by_id() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        let accepts = Accepts::lookup(LookupKind::Subnet);
        let found =
            refs.many("subnets", &Targets::Lookup(tier()), accepts, Some(("vpc", "v1"))).unwrap();
        assert_eq!(found.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn one_of_many_is_never_a_guess() {
        let (scope, known) = (scope(), known());
        let mut refs = Refs::new(&scope, "x", &known);
        refs.find_one("subnet", LookupKind::Subnet, &tier(), None);
        let waiting = refs.finish().waiting;
        assert!(waiting.iter().any(|why| why.contains("3 subnets match tier=p")), "{waiting:?}");
    }

    #[test]
    fn a_lookup_that_was_not_read_or_failed_waits() {
        let (scope, mut known) = (scope(), known());
        known.lookups.insert(("prod".into(), LookupKind::Vpc), Seen::Unknown("throttled".into()));
        let mut refs = Refs::new(&scope, "x", &known);
        refs.find_one("vpc", LookupKind::Vpc, &tier(), None);
        refs.find_one("rt", LookupKind::RouteTable, &tier(), None);
        let waiting = refs.finish().waiting.into_iter().collect::<Vec<_>>().join("; ");
        assert!(waiting.contains("throttled") && waiting.contains("not read yet"), "{waiting}");
    }
}
