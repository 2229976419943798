//! From files to checked documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use serde_json::Value;

use super::{
    Cache, Part, Problem, declared,
    document::{
        API_VERSION, APPROVAL, Approval, Document, Documents, Envelope, Metadata, Place, is_below,
        join, missing_field, type_problems, typed,
    },
    foreign, node,
    problem::did_you_mean,
    together::Whole,
    tree::{self, SourceFile, Tree},
};
use crate::{
    kind::{Invalid, ScopeFacts, erased::Registry},
    model::{Address, Fence, ScopedKind},
    settings::{ScopeSet, Settings},
};

/// The inputs of loading.
#[derive(Clone, Copy)]
pub struct Loader<'a> {
    /// The kinds.
    pub registry: &'a Registry,
    /// The scopes, defaults and variables.
    pub settings: &'a Settings,
    /// Account and Region of every scope.
    pub facts: &'a BTreeMap<String, ScopeFacts>,
}

/// The content of the directory at one time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot {
    /// The manifests, by address.
    pub documents: Documents,
    /// Approvals of held steps.
    pub approvals: Vec<Approval>,
    /// Possible mistakes that do not prevent use: files that were not read, names that palisade
    /// does not know.
    pub warnings: Vec<Problem>,
}

impl Snapshot {
    /// The kinds that have a manifest, by scope.
    pub fn declared(&self) -> BTreeSet<ScopedKind> {
        self.documents.keys().map(Address::scoped_kind).collect()
    }
}

/// The result of reading the directory.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded<S = Snapshot> {
    /// The snapshot, or all errors of all files; then nothing in the directory may be used.
    pub snapshot: Result<S, Vec<Problem>>,
    /// Possible mistakes, with or without errors: a file that was not read may contain what is
    /// missing.
    pub warnings: Vec<Problem>,
    /// The files that were read; empty if not all of them could be.
    pub files: Vec<SourceFile>,
}

impl Loader<'_> {
    /// Reads the directory.
    ///
    /// # Errors
    /// All errors of all files; then nothing in the directory may be used.
    pub fn load(&self, dir: &Path) -> Result<Snapshot, Vec<Problem>> {
        self.read(dir).snapshot
    }

    /// Reads the directory, with warnings even if there are errors.
    pub fn read(&self, dir: &Path) -> Loaded {
        let Tree { files, skipped, problems } = tree::read(dir);
        let parts = Parts { files, skipped, problems, unknown: &[] };
        self.whole(dir, parts, &mut Cache::default())
    }

    /// Reads what is in files of the directory, with the warnings about those that were skipped.
    pub fn read_files(&self, dir: &Path, files: Vec<SourceFile>, skipped: Vec<Problem>) -> Loaded {
        self.whole(dir, Parts { files, skipped, ..Parts::default() }, &mut Cache::default())
    }

    /// The same where some files may be as they were the last time: those are not understood again.
    pub fn read_changed(&self, dir: &Path, files: Vec<SourceFile>, cache: &mut Cache) -> Loaded {
        self.whole(dir, Parts { files, ..Parts::default() }, cache)
    }

    /// Puts together what the files say.
    pub(super) fn whole(&self, dir: &Path, parts: Parts<'_>, cache: &mut Cache) -> Loaded {
        let Parts { files, skipped, problems, unknown } = parts;
        let mut whole = Whole {
            loader: self,
            snapshot: Snapshot { warnings: skipped, ..Snapshot::default() },
            files_are_missing: !problems.is_empty(),
            problems,
            contents: cache.contents_of(self, &files),
            unknown,
            misdeclared: BTreeSet::new(),
        };
        whole.collect();
        if whole.snapshot.documents.is_empty() && whole.problems.is_empty() {
            let warning = Problem::file(
                dir,
                "no manifests found, so nothing is managed",
                "name the right directory, or add manifests: files that end in .yaml, .yml or \
                 .json (examples/ has one \
                 a kind)",
            );
            whole.snapshot.warnings.push(warning);
        }
        Loaded { files, ..whole.finish() }
    }
}

/// What was read of a directory.
#[derive(Debug, Default)]
pub(super) struct Parts<'a> {
    pub(super) files: Vec<SourceFile>,
    /// Warnings about files that were skipped.
    pub(super) skipped: Vec<Problem>,
    /// Errors of files that could not be read.
    pub(super) problems: Vec<Problem>,
    /// Texts that are not used: what they declare is unknown.
    pub(super) unknown: &'a [&'a str],
}

/// What one file says by itself: a function of the file, the settings and the kinds.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) documents: Vec<Arc<Document>>,
    pub(super) approvals: Vec<Approval>,
    pub(super) warnings: Vec<Problem>,
    pub(super) problems: Vec<Problem>,
    /// Wanted states of manifests that are valid by themselves, where their kind judges them
    /// together.
    pub(super) wanted: Vec<(Address, Value)>,
    /// Wanted values that hold for the account in all Regions, by their place in the manifest.
    pub(super) account_wide: Vec<(Address, String, Value)>,
    /// The text of a file that could not be parsed: what it declares is unknown.
    pub(super) unread: Option<Arc<str>>,
    /// The names of invalid manifests.
    pub(super) misdeclared: BTreeSet<String>,
    /// Paths in manifests that other checks would report a second time.
    pub(super) left_over: BTreeMap<Address, Vec<String>>,
}

impl Contents {
    /// Reads a file.
    pub(super) fn of(file: &SourceFile, loader: &Loader<'_>, fence: &Fence) -> Self {
        let contents = Self::default();
        let mut reading = Reading { loader, fence, contents, named: Vec::new() };
        reading.file(file);
        reading.contents
    }
}

/// One file, as far as it has been read.
pub(super) struct Reading<'a> {
    pub(super) loader: &'a Loader<'a>,
    /// Where manifests may write identity.
    pub(super) fence: &'a Fence,
    pub(super) contents: Contents,
    /// Paths in the current document that other checks would report a second time.
    pub(super) named: Vec<String>,
}

impl<'a> Reading<'a> {
    fn file(&mut self, file: &SourceFile) {
        let path: Arc<Path> = file.shown.as_path().into();
        let at = |(line, column)| super::Origin { file: file.shown.clone(), line, column };
        let tags = foreign::tags(&file.text);
        self.contents.problems.extend(tags.iter().map(|tagged| Problem {
            origin: at(tagged.place),
            path: tagged.wrong.field.clone(),
            message: tagged.wrong.why.clone(),
            help: tagged.wrong.help.clone().unwrap_or_default(),
            part: Part::Value,
        }));
        match node::parse(&file.text) {
            Ok(documents) => {
                let starts: Vec<_> = documents.iter().map(|document| document.start).collect();
                for (index, located) in documents.into_iter().enumerate() {
                    let next = starts.get(index + 1);
                    let inside = |place| {
                        (index == 0 || located.start <= place) && next.is_none_or(|it| place < *it)
                    };
                    let tagged = tags.iter().filter(|tag| inside(tag.place));
                    self.named = tagged.map(|tag| tag.wrong.field.clone()).collect();
                    self.document(Place::new(&path, located));
                }
            }
            Err(syntax) => {
                self.contents.problems.push(Problem {
                    origin: at(syntax.place),
                    path: String::new(),
                    message: syntax.message,
                    help: syntax.help.to_owned(),
                    part: Part::Value,
                });
                self.contents.unread = Some(Arc::clone(&file.text));
            }
        }
    }

    fn document(&mut self, place: Place) {
        let before = self.contents.problems.len();
        let tagged = !self.named.is_empty();
        let names = declared::names(&place.located.value);
        self.leftovers(&place);
        self.respelled(&place);
        self.declaration(place);
        if self.contents.problems.len() > before || tagged {
            self.contents.misdeclared.extend(names);
        }
    }

    /// Syntax of other tools. The arguments of a function belong to it.
    fn leftovers(&mut self, place: &Place) {
        let mut wrong = Vec::new();
        foreign::leftovers("", &place.located.value, &mut wrong);
        wrong.retain(|wrong| !self.is_named(&wrong.field));
        self.contents.problems.extend(wrong.iter().map(|wrong| place.problem(&wrong.field, wrong)));
        self.named.extend(wrong.into_iter().map(|wrong| wrong.field));
    }

    /// Values that a policy compares as texts and that are not sent as they are written.
    fn respelled(&mut self, place: &Place) {
        for path in &place.located.respelled {
            if !self.is_named(path) && is_compared_as_text(path) {
                let why = "a number or truth value without quotes, which loses its spelling";
                let wrong = Invalid::new(path, why).help("write it in quotes");
                self.contents.problems.push(place.problem(path, &wrong));
                self.named.push(path.clone());
            }
        }
    }

    /// Whether a path meets an error that was already reported: at it, around it, or in it.
    pub(super) fn is_named(&self, field: &str) -> bool {
        meets(&self.named, field)
    }

    /// Whether an error only follows from one that was already reported.
    pub(super) fn follows(&self, wrong: &Invalid) -> bool {
        match missing_field(wrong) {
            Some(missing) => self.is_named(&join(&wrong.field, missing)),
            None => self.is_named(&wrong.field),
        }
    }

    fn declaration(&mut self, place: Place) {
        let value = &place.located.value;
        if !value.is_object() {
            let why = Invalid::new("", "a manifest is a mapping").help("start with `apiVersion:`");
            return self.contents.problems.push(place.problem("", &why));
        }
        let mut wrong = type_problems(value, |value| typed::<Envelope>(value).err());
        if !wrong.is_empty() {
            wrong.retain(|wrong| !self.follows(wrong));
            self.report(&place, &wrong, value);
            return self.spec_alone(&place);
        }
        let Ok(envelope) = typed::<Envelope>(value) else { return };
        let before = self.contents.problems.len();
        if envelope.api_version != API_VERSION {
            let why = Invalid::new("", "unknown version").help(format!("write `{API_VERSION}`"));
            self.contents.problems.push(place.problem("apiVersion", &why));
        }
        if !is_dns_label(&envelope.metadata.name) {
            let why = Invalid::new("", "not a lower-case DNS label")
                .help("1 to 63 of a-z, 0-9 and `-`, starting and ending with a letter or digit");
            self.contents.problems.push(place.problem("metadata.name", &why));
        }
        if envelope.kind == APPROVAL {
            return self.approval(&place, envelope.spec.as_ref());
        }
        let place_of = self.place_of(&place, &envelope.metadata);
        if self.loader.registry.get(&envelope.kind).is_none() {
            let mut names = self.loader.registry.names();
            names.push(APPROVAL);
            let help = did_you_mean(&envelope.kind, names.iter().copied()).map_or_else(
                || format!("kinds: {}", names.join(", ")),
                |near| format!("did you mean `{near}`?"),
            );
            let why = Invalid::new("", format!("unknown kind `{}`", envelope.kind)).help(help);
            let why = self.loader.registry.why_not(&envelope.kind).unwrap_or(why);
            self.contents.problems.push(place.problem("kind", &why));
        }
        match place_of.filter(|_| self.contents.problems.len() == before) {
            Some(place_of) => self.manifest(place, place_of, &envelope),
            None => self.spec_alone(&place),
        }
    }

    /// Adds errors that a type or a kind found. Their messages may repeat a short value (a port, a
    /// misspelt word); a long one could be a secret that somebody pasted, and the path identifies
    /// it.
    pub(super) fn report(&mut self, place: &Place, wrong: &[Invalid], substituted: &Value) {
        let mut long = Vec::new();
        if !wrong.is_empty() {
            long_texts(&place.located.value, &mut long);
            long_texts(substituted, &mut long);
        }
        // Longest first: one may be part of another.
        long.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let hide = |text: &str| long.iter().fold(text.to_owned(), |t, long| t.replace(long, "…"));
        self.contents.problems.extend(wrong.iter().map(|w| {
            let shown = Invalid {
                field: w.field.clone(),
                why: hide(&w.why),
                help: w.help.as_deref().map(hide),
            };
            place.problem(&w.field, &shown)
        }));
    }

    /// Where the manifest's resources are.
    fn place_of(&mut self, place: &Place, metadata: &Metadata) -> Option<PlaceOf<'a>> {
        let loader = self.loader;
        let found = match (metadata.scope.as_deref(), metadata.scope_set.as_deref()) {
            (Some(_), Some(_)) => {
                let why = Invalid::new("", "stands next to `scope`")
                    .help("a manifest is for one scope or for a set of them: remove one");
                Err(("metadata.scopeSet", why))
            }
            (None, Some(set)) => {
                set_of(loader.settings, set).map_err(|why| ("metadata.scopeSet", why))
            }
            (scope, None) => scope_of(loader.settings, scope),
        };
        found.map_err(|(at, why)| self.contents.problems.push(place.problem(at, &why))).ok()
    }
}

/// Where a manifest's resources are.
#[derive(Debug, Clone, Copy)]
pub(super) enum PlaceOf<'a> {
    /// In one scope.
    Scope(&'a str),
    /// In each scope of a set, by its name.
    Set(&'a str, &'a ScopeSet),
}

fn scope_of<'s>(
    settings: &'s Settings,
    named: Option<&str>,
) -> Result<PlaceOf<'s>, (&'static str, Invalid)> {
    let Some(scope) = named.or(settings.default_scope.as_deref()) else {
        let why = Invalid::new("", "has no scope, and the settings have no defaultScope")
            .help("add `scope:`, or `scopeSet:` for each scope of a set");
        return Err(("metadata", why));
    };
    match settings.scopes.get_key_value(scope) {
        Some((name, _)) => Ok(PlaceOf::Scope(name)),
        None => Err(("metadata.scope", unknown("scope", scope, settings.scopes.keys()))),
    }
}

fn set_of<'s>(settings: &'s Settings, named: &str) -> Result<PlaceOf<'s>, Invalid> {
    match settings.sets.get_key_value(named) {
        Some((name, set)) => Ok(PlaceOf::Set(name, set)),
        None => Err(unknown("set of scopes", named, settings.sets.keys())),
    }
}

fn unknown<'n>(what: &str, named: &str, names: impl Iterator<Item = &'n String>) -> Invalid {
    /// More names than these do not fit a message.
    const LISTED: usize = 20;
    let names: Vec<&str> = names.map(String::as_str).collect();
    let listed = names.iter().copied().take(LISTED).collect::<Vec<_>>().join(", ");
    let help = match did_you_mean(named, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => format!("the settings have no {what}"),
        None if names.len() > LISTED => format!("{what}s of the settings: {listed}, …"),
        None => format!("{what}s of the settings: {listed}"),
    };
    Invalid::new("", format!("unknown {what} `{named}`")).help(help)
}

/// Whether a path leads to one of the others, to something around it, or to something in it.
pub(super) fn meets(named: &[String], field: &str) -> bool {
    named.iter().any(|it| it == field || is_below(it, field) || is_below(field, it))
}

/// Texts of at least this many characters are not repeated.
const LONG: usize = 20;

fn long_texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) if text.chars().count() >= LONG => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| long_texts(item, found)),
        Value::Object(map) => map.values().for_each(|item| long_texts(item, found)),
        _ => {}
    }
}

fn is_dns_label(name: &str) -> bool {
    let inner = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// Whether the path is that of a value in a condition of a policy whose operator compares the
/// spelling (IAM reference, condition operators). `1.10` and `1.1` are one number, but two texts.
fn is_compared_as_text(path: &str) -> bool {
    let Some((_, rest)) = path.split_once(".Condition.") else { return false };
    let operator = rest.split('.').next().unwrap_or_default().to_ascii_lowercase();
    !["numeric", "bool"].iter().any(|word| operator.contains(word)) && operator != "null"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spelling_counts_in_conditions_that_compare_texts() {
        for (path, counts) in [
            ("spec.content.Statement[0].Condition.StringEquals.aws:PrincipalTag/v", true),
            ("spec.policy.Statement.Condition.ForAnyValue:StringLike.aws:TagKeys[1]", true),
            ("spec.content.Statement[0].Condition.NumericLessThan.s3:TlsVersion", false),
            ("spec.content.Statement[0].Condition.BoolIfExists.aws:SecureTransport", false),
            ("spec.content.Statement[0].Condition.Null.aws:TokenIssueTime", false),
            ("spec.ingress[0].ports", false),
        ] {
            assert_eq!(is_compared_as_text(path), counts, "{path}");
        }
    }
}
