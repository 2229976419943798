//! The Git revision of the directory, and whether the directory matches it. Read without Git.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use super::{
    objects::{Entry, Id, Mode, Store},
    tree::{self, Tree},
};

/// Deeper trees are not read as manifests either.
const MAX_DEPTH: usize = 32;

/// The commit of the checkout that contains the directory, or the one in the path that git-sync's
/// link points to. `None` if there is neither.
pub fn revision(dir: &Path) -> Option<String> {
    let real = dir.canonicalize().ok()?;
    checkout(&real).map(|checkout| checkout.commit).or_else(|| {
        real.components()
            .filter_map(|part| part.as_os_str().to_str())
            .rfind(|part| is_commit(part))
            .map(str::to_owned)
    })
}

/// The same, followed by `-dirty` if the files that palisade reads differ from the commit: a
/// changed, new or missing manifest, staged or not. If the repository's objects cannot be read, it
/// is assumed to be clean.
pub fn described(dir: &Path) -> Option<String> {
    let commit = revision(dir)?;
    let real = dir.canonicalize().ok()?;
    match checkout(&real).and_then(|checkout| is_dirty(&checkout, &real)) {
        Some(true) => Some(format!("{commit}-dirty")),
        _ => Some(commit),
    }
}

/// A working tree.
struct Checkout {
    /// Its root.
    top: PathBuf,
    /// The repository's files, which all of its working trees share.
    common: PathBuf,
    commit: String,
}

fn checkout(dir: &Path) -> Option<Checkout> {
    dir.ancestors().find_map(|top| {
        let git = git_dir(&top.join(".git"))?;
        let common = common_dir(&git);
        let commit = head(&git, &common)?;
        Some(Checkout { top: top.to_owned(), common, commit })
    })
}

fn head(git: &Path, common: &Path) -> Option<String> {
    let mut text = fs::read_to_string(git.join("HEAD")).ok()?;
    // A reference may name another one.
    for _ in 0..5 {
        let Some(name) = text.trim().strip_prefix("ref: ").map(str::to_owned) else { break };
        let loose =
            [git, common].into_iter().find_map(|at| fs::read_to_string(at.join(&name)).ok());
        text = loose.or_else(|| packed(common, &name))?;
    }
    Some(text.trim().to_owned()).filter(|commit| is_commit(commit))
}

/// `.git` is a directory, or (worktrees, submodules, git-sync) a file that names one.
fn git_dir(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_owned());
    }
    let text = fs::read_to_string(path).ok()?;
    let named = text.trim().strip_prefix("gitdir: ")?;
    Some(path.parent()?.join(named))
}

fn common_dir(git: &Path) -> PathBuf {
    fs::read_to_string(git.join("commondir"))
        .map_or_else(|_| git.to_owned(), |relative| git.join(relative.trim()))
}

fn packed(git: &Path, name: &str) -> Option<String> {
    let text = fs::read_to_string(git.join("packed-refs")).ok()?;
    text.lines().find_map(|line| {
        let (commit, found) = line.split_once(' ')?;
        (found == name).then(|| commit.to_owned())
    })
}

fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Compares the files themselves with the commit's tree: the index would only say what was compared
/// before. `None` if it cannot be determined.
fn is_dirty(checkout: &Checkout, dir: &Path) -> Option<bool> {
    let store = Store::open(&checkout.common, &checkout.commit);
    let root = store.tree_of(&checkout.commit)?;
    let mut committed = BTreeMap::new();
    if let Some(tree) = descend(&store, root, dir.strip_prefix(&checkout.top).ok()?)? {
        collect(&store, &tree, Path::new(""), 0, &mut committed)?;
    }
    // An unreadable directory is reported elsewhere and never accepted.
    let Tree { files, problems, .. } = tree::read(dir);
    if !problems.is_empty() {
        return None;
    }
    let mut there = BTreeSet::new();
    for file in &files {
        let path = file.shown.strip_prefix(dir).ok()?;
        there.insert(path);
        let changed = match committed.get(path) {
            Some((Mode::File, id)) => !is_content(&store, id, file.text.as_bytes()),
            Some(_) => false,
            // A link's target is compared where it is; a submodule's content is not part of this
            // commit.
            None => !path.ancestors().any(|above| {
                matches!(committed.get(above), Some((Mode::Link | Mode::Submodule, _)))
            }),
        };
        if changed {
            return Some(true);
        }
    }
    Some(committed.iter().any(|(path, (mode, id))| {
        match mode {
            Mode::File => tree::is_read(path) && !there.contains(path.as_path()),
            Mode::Link => fs::read_link(dir.join(path))
                .map_or(true, |target| store.blob_id(target.as_os_str().as_bytes()) != *id),
            Mode::Directory | Mode::Submodule => false,
        }
    }))
}

/// The tree of a directory in a commit; `Some(None)` if the commit does not have it.
fn descend(store: &Store, root: Id, below: &Path) -> Option<Option<Id>> {
    let mut tree = root;
    for name in below.components() {
        let entries = store.tree(&tree)?;
        let is_it =
            |entry: &&Entry| entry.mode == Mode::Directory && entry.name == name.as_os_str();
        match entries.iter().find(is_it) {
            Some(entry) => tree.clone_from(&entry.id),
            None => return Some(None),
        }
    }
    Some(Some(tree))
}

/// Everything below a tree that is not hidden, by its path.
fn collect(
    store: &Store,
    tree: &Id,
    at: &Path,
    depth: usize,
    all: &mut BTreeMap<PathBuf, (Mode, Id)>,
) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    for Entry { mode, name, id } in store.tree(tree)? {
        if name.as_bytes().starts_with(b".") {
            continue;
        }
        let path = at.join(name);
        if mode == Mode::Directory {
            collect(store, &id, &path, depth + 1, all)?;
        } else {
            all.insert(path, (mode, id));
        }
    }
    Some(())
}

/// Whether a file is as committed; line ends may have been converted to CRLF on checkout.
fn is_content(store: &Store, id: &Id, content: &[u8]) -> bool {
    if store.blob_id(content) == *id {
        return true;
    }
    let is_crlf = |pair: &[u8]| pair == b"\r\n";
    if !content.windows(2).any(is_crlf) {
        return false;
    }
    let plain: Vec<u8> = content
        .iter()
        .enumerate()
        .filter(|(at, _)| !content.get(*at..*at + 2).is_some_and(is_crlf))
        .map(|(_, byte)| *byte)
        .collect();
    store.blob_id(&plain) == *id
}

#[cfg(test)]
mod tests;
