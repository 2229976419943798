//! `palisade import`: live AWS to manifests that plan to no change.
//!
//! ```text
//! AWS ─► read ─► select ─► drafts ─► files ─► loaded, resolved, compared ─► written
//!          (everything)  (owners)     ▲                  │
//!                                     └── say less ◄─────┘ what is refused or differs
//! ```
//!
//! A kind says what a manifest says of a live state ([`crate::kind::Written`]). Whether that is
//! right is not believed: the files are read as `plan` reads them, resolved against what was
//! observed, and compared. What is refused or would change something is said with fewer names, then
//! left out with a comment, and a resource that cannot be said otherwise is skipped with the
//! reason. What somebody else manages is skipped too ([`owners`]).

mod compare;
mod directory;
mod draft;
mod journal;
mod namer;
mod names;
pub mod owners;
mod pages;
mod read;
mod select;
mod summary;
pub mod terraform;
mod texts;

use std::{collections::BTreeSet, path::PathBuf};

use serde_json::Value;

use self::{
    compare::{Comparison, Sought},
    directory::Directory,
    draft::Draft,
    journal::Journal,
    namer::Index,
    pages::Pages,
    select::Selected,
    texts::Facts,
};
pub use self::{
    directory::Loses,
    journal::JournalError,
    owners::Skip,
    pages::schema_file,
    read::Progress,
    summary::{Imported, NotRead, Omitted, Resumed, Skipped, Summary},
};
use crate::{
    engine::Scopes,
    kind::{
        Class, LookupKind,
        erased::{ErasedKind, Registry},
    },
    manifest::Problem,
    model::{Address, Observed},
    settings::Settings,
};

/// What to import, and where to.
#[derive(Debug, Default)]
pub struct Request {
    /// The directory.
    pub dir: PathBuf,
    /// The scopes; all of the settings if there are none.
    pub scopes: BTreeSet<String>,
    /// The kinds; all if there are none.
    pub kinds: BTreeSet<&'static str>,
    /// Only resources with one of these ids or ARNs.
    pub ids: BTreeSet<String>,
    /// Only resources with all of these tags.
    pub tags: Vec<(String, String)>,
    /// Only what is in one of these VPCs, by id or by the tag `Name`.
    pub vpcs: BTreeSet<String>,
    /// Only what is in this state of Terraform, with its names.
    pub terraform: Option<terraform::State>,
    /// Whether files that are there are replaced.
    pub force: bool,
}

/// What an import needs to know.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The settings.
    pub settings: &'a Settings,
    /// The kinds.
    pub registry: &'a Registry,
    /// The connected scopes.
    pub scopes: &'a Scopes,
}

/// Why nothing was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The directory has errors of its own.
    #[error("the directory has {} problems of its own, the first: {}", .0.len(), .0[0])]
    Directory(Vec<Problem>),
    /// A scope that the settings do not have.
    #[error("there is no scope {0} in the settings")]
    NoScope(String),
    /// The manifests were still being refused after many corrections.
    #[error("defect in palisade: its own manifests are refused, whatever they leave out")]
    Unsettled,
    /// A manifest would be lost.
    #[error(transparent)]
    Loses(#[from] Loses),
    /// A file could not be written.
    #[error(transparent)]
    NotWritten(#[from] JournalError),
}

/// More corrections than any resource needs: each says less than the one before.
const ROUNDS: usize = 200;

/// Reads AWS and writes manifests, and goes on where an import into the directory was stopped.
///
/// # Errors
/// The directory has errors, or a file cannot be written; what could not be read is in the summary.
pub async fn import(
    context: Context<'_>,
    request: &Request,
    progress: &dyn Progress,
) -> Result<Summary, ImportError> {
    let names = scopes_of(context.settings, request)?;
    let journal = Journal::open(&request.dir, context.settings)?;
    let imported = async {
        let files = journal.finish(request.force)?;
        let mut summary = go_on(context, request, names, &journal, progress).await?;
        summary.resumed = Resumed { readings: journal.used(), files };
        Ok(summary)
    };
    match imported.await {
        Ok(summary) if summary.is_complete() => {
            journal.end()?;
            Ok(summary)
        }
        // What was read is not read again when the rest is.
        other => {
            journal.stop();
            other
        }
    }
}

async fn go_on(
    context: Context<'_>,
    request: &Request,
    names: BTreeSet<String>,
    journal: &Journal,
    progress: &dyn Progress,
) -> Result<Summary, ImportError> {
    let Context { settings, registry, scopes } = context;
    let mut directory = Directory::read(context, &request.dir)?;
    let every = registry.iter().map(|kind| kind.profile().name);
    let kinds: BTreeSet<&'static str> =
        every.filter(|kind| request.kinds.is_empty() || request.kinds.contains(kind)).collect();
    let asked = read::Asked { owner: &settings.owner, scopes: &names, kinds: &kinds };
    let read = read::everything(scopes, registry, asked, journal, progress).await;
    let mut summary = Summary::default();
    note_unread(&read, request, &mut summary);
    let mut index = Index::default();
    look_up(context, &read, journal, &mut index).await;
    let selected = select::select(context, request, &read, &index, &directory, &mut summary);
    let Selected { mut drafts, known } = selected;
    let mut sought = Sought::default();
    let mut before = Pages::default();
    for _ in 0..ROUNDS {
        refer(&mut index, registry, &drafts, &known);
        let pages = Pages::of(&drafts, context, &index, &directory, request.force, &before);
        let comparison = Comparison { registry, index: &index, pages: &pages };
        let corrected = match directory.loaded(context, &pages) {
            Err(problems) => comparison.refused(&problems, &mut drafts)?,
            Ok(snapshot) => {
                sought.fetch(scopes, &snapshot, &index).await;
                let (drafts, seen) = (&mut drafts, sought.known(&index));
                let corrected = comparison.differing(&snapshot, drafts, &known, seen);
                if !corrected {
                    let findings = Directory::findings(context, &snapshot, &pages);
                    let pages = pages.with_findings(&findings);
                    // Comments move lines, and change nothing else.
                    let snapshot =
                        directory.loaded(context, &pages).map_err(ImportError::Directory)?;
                    let findings = Directory::findings(context, &snapshot, &pages);
                    directory.loses_nothing(&pages)?;
                    journal.write(&pages, request.force)?;
                    summary.take(drafts, &pages, &findings);
                    return Ok(summary);
                }
                corrected
            }
        };
        before = pages;
        summary.take_skipped(&mut drafts);
        if !corrected {
            break;
        }
    }
    Err(ImportError::Unsettled)
}

/// The scopes that are asked for.
fn scopes_of(settings: &Settings, request: &Request) -> Result<BTreeSet<String>, ImportError> {
    let unknown = request.scopes.iter().find(|scope| !settings.scopes.contains_key(*scope));
    if let Some(scope) = unknown {
        return Err(ImportError::NoScope(scope.clone()));
    }
    let all = || settings.scopes.keys().cloned().collect();
    Ok(if request.scopes.is_empty() { all() } else { request.scopes.clone() })
}

/// What could not be read. A kind that may not be read and that nobody named is not worth more than
/// a note: only the organization's own account reads its policies.
fn note_unread(read: &[read::Scope], request: &Request, summary: &mut Summary) {
    for scope in read {
        for (kind, population) in &scope.kinds {
            match population {
                Err(why) => summary.not_read.push(NotRead {
                    scope: scope.facts.name.clone(),
                    kind: (*kind).to_owned(),
                    id: None,
                    is_expected: why.class == Class::Denied && !request.kinds.contains(kind),
                    why: why.to_string(),
                }),
                Ok(population) => {
                    let unread = population.unread.iter().map(|unread| NotRead {
                        scope: scope.facts.name.clone(),
                        kind: (*kind).to_owned(),
                        id: Some(unread.id.clone()),
                        is_expected: false,
                        why: unread.why.to_string(),
                    });
                    summary.not_read.extend(unread);
                }
            }
        }
    }
}

/// Reads what names and variables need: what lookups find, the organization, and its units.
async fn look_up(context: Context<'_>, read: &[read::Scope], journal: &Journal, index: &mut Index) {
    let Context { settings, registry, scopes } = context;
    let in_organization =
        |kind: &str| registry.get(kind).is_some_and(ErasedKind::concerns_organization);
    for scope in read {
        let name = &scope.facts.name;
        let found = scope.kinds.iter().filter_map(|(kind, all)| Some((*kind, all.as_ref().ok()?)));
        let found: Vec<_> = found.filter(|(_, all)| !all.whole.is_empty()).collect();
        let organization = match &settings.organization {
            Some(id) => Some(id.clone()),
            None if found.is_empty() => None,
            None => read::organization(scopes, &scope.facts, journal).await,
        };
        if found.iter().any(|(kind, _)| in_organization(kind)) {
            index.places.insert(name.clone(), read::places(scopes, &scope.facts, journal).await);
        }
        if found.iter().any(|(kind, _)| !in_organization(kind)) {
            for kind in NAMED {
                let items = read::named(scopes, &scope.facts, kind, journal).await;
                index.lookups.insert((name.clone(), kind), items);
            }
        }
        let facts = Facts { scope: scope.facts.clone(), organization };
        index.facts.insert(name.clone(), facts);
    }
}

/// What manifests can look up by name or tags.
const NAMED: [LookupKind; 4] =
    [LookupKind::Vpc, LookupKind::Subnet, LookupKind::RouteTable, LookupKind::PrefixList];

/// Everything that is imported, or in the directory, can be referred to, apart from parts: they have
/// the ids of what they are parts of, which is meant.
fn refer(
    index: &mut Index,
    registry: &Registry,
    drafts: &[Draft],
    known: &[(Address, Observed<Value>)],
) {
    index.clear();
    let is_part = |address: &Address| {
        let claimed = registry.get(&address.kind).map(|kind| kind.profile().claimed);
        claimed.is_some_and(|claimed| claimed.parent().is_some())
    };
    let drafts = drafts.iter().map(|draft| (&draft.address, &draft.live));
    let known = known.iter().map(|(address, live)| (address, live));
    for (address, live) in drafts.chain(known).filter(|(address, _)| !is_part(address)) {
        index.add(address, live.id.as_str(), &live.arn);
    }
}
