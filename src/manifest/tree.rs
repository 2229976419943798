//! Reading the directory: which files, completely, and from a single state of the tree.
//!
//! A file is never opened by its whole path: its resolved path is walked component by component
//! from one handle on the root, and no component may be a link. Whatever is replaced meanwhile,
//! nothing outside of the root is ever read.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, Read as _},
    os::fd::OwnedFd,
    path::{Component, Path, PathBuf},
    sync::Arc,
};

use rustix::fs::{FileType, Mode, OFlags};
use serde::{Deserialize, Serialize};

use super::{Problem, files::Files};

/// Larger files are refused: no manifest is that large, and reading must not fill the memory.
pub(super) const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// The limit for all files together: about ten thousand manifests.
const MAX_TREE_BYTES: usize = 32 * 1024 * 1024;
/// Deeper trees are refused: they are a loop or a mistake.
const MAX_DEPTH: usize = 32;
/// The limit on entries of any type.
const MAX_ENTRIES: usize = 20_000;

/// A file's text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceFile {
    /// As shown to people: the directory as given, plus the path below it.
    pub shown: PathBuf,
    /// Its content.
    #[serde(with = "shared")]
    pub text: Arc<str>,
}

/// A text that several places share is written as any other.
mod shared {
    use std::sync::Arc;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    pub(super) fn serialize<S: Serializer>(text: &Arc<str>, to: S) -> Result<S::Ok, S::Error> {
        text.as_ref().serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Arc<str>, D::Error> {
        String::deserialize(from).map(Arc::from)
    }
}

/// The content of a directory.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tree {
    /// The manifests' files.
    pub(super) files: Vec<SourceFile>,
    /// Files that look like manifests and were not read.
    pub(super) skipped: Vec<Problem>,
    /// What could not be read: with any of these, nothing of the directory may be used.
    pub(super) problems: Vec<Problem>,
}

/// Reads every `*.yaml`, `*.yml` and `*.json` below `dir`, ignoring the case of the extension,
/// sorted by path: the files that `kubectl apply -f DIR` reads. Names that begin with a dot are
/// skipped (`.git`, editors' files). `dir` itself may be a symlink, as git-sync makes it: if it
/// points elsewhere after the walk than before, the whole reading is discarded.
///
/// What can be read is read although something else cannot, so that its errors are found too.
pub(super) fn read(dir: &Path) -> Tree {
    read_again(dir, &mut Files::default())
}

/// [`read`], without what is known and did not change.
pub(super) fn read_again(dir: &Path, known: &mut Files) -> Tree {
    known.begin();
    let tree = read_while(dir, known, &mut |_| {});
    known.end();
    tree
}

/// A fingerprint of the result of [`read`]: equal contents, or equal errors, have equal
/// fingerprints.
pub(super) fn fingerprint(dir: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    // Another tree behind the link is another revision, even with the same content.
    dir.canonicalize().ok().hash(&mut hasher);
    let tree = read(dir);
    tree.files.iter().for_each(|file| (&file.shown, &file.text).hash(&mut hasher));
    tree.problems.iter().for_each(|it| it.to_string().hash(&mut hasher));
    hasher.finish()
}

/// [`read`] with a callback before each entry, with which tests switch the tree in the middle.
fn read_while(dir: &Path, known: &mut Files, meanwhile: &mut dyn FnMut(&Path)) -> Tree {
    let (root, handle) = match root(dir) {
        Ok(found) => found,
        Err(problem) => return Tree { problems: vec![problem], ..Tree::default() },
    };
    let mut walk = Walk {
        root: &root,
        handle,
        dir,
        entries: 0,
        bytes: 0,
        too_much: false,
        tree: Tree::default(),
        problems: Vec::new(),
        known,
        meanwhile,
    };
    walk.visit(&root, 0);
    let switched = match dir.canonicalize() {
        Ok(after) if after == root => None,
        Ok(_) => Some(Problem::file(
            dir,
            "the link was switched to another tree while it was being read",
            "nothing to do: the next pass reads the new tree",
        )),
        Err(error) => Some(unreadable(dir, &error)),
    };
    let Walk { tree, mut problems, too_much, .. } = walk;
    // Some of it is of another tree, if it was switched.
    let is_void = too_much || switched.is_some();
    problems.extend(switched);
    if is_void { Tree { problems, ..Tree::default() } } else { Tree { problems, ..tree } }
}

/// The directory without links, and a handle on it.
fn root(dir: &Path) -> Result<(PathBuf, OwnedFd), Problem> {
    let root = dir.canonicalize().map_err(|error| unreadable(dir, &error))?;
    if !root.is_dir() {
        let help = "name the directory that contains the manifests";
        return Err(Problem::file(dir, "not a directory", help));
    }
    let handle = rustix::fs::open(&root, DIRECTORY, Mode::empty())
        .map_err(|error| unreadable(dir, &error.into()))?;
    Ok((root, handle))
}

const DIRECTORY: OFlags =
    OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::RDONLY).union(OFlags::CLOEXEC);
/// Non-blocking: opening a FIFO would otherwise wait for a writer.
const FILE: OFlags =
    OFlags::NOFOLLOW.union(OFlags::NONBLOCK).union(OFlags::RDONLY).union(OFlags::CLOEXEC);

struct Walk<'a> {
    root: &'a Path,
    handle: OwnedFd,
    dir: &'a Path,
    entries: usize,
    bytes: usize,
    /// Whether a limit on the whole tree was exceeded: then nobody reads what was found so far.
    too_much: bool,
    tree: Tree,
    problems: Vec<Problem>,
    known: &'a mut Files,
    meanwhile: &'a mut dyn FnMut(&Path),
}

impl Walk<'_> {
    fn visit(&mut self, path: &Path, depth: usize) {
        if depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} directories deep");
            let help = "remove the loop of links, or move the manifests nearer to the top";
            self.problems.push(Problem::file(self.shown(path), message, help));
            self.too_much = true;
            return;
        }
        let entries = match fs::read_dir(path)
            .and_then(|entries| entries.take(MAX_ENTRIES + 1).collect::<io::Result<Vec<_>>>())
        {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(&self.shown(path), &error)),
        };
        let before = self.entries;
        self.entries += entries.len();
        if self.entries > MAX_ENTRIES {
            // Reported once, where the limit was exceeded.
            if before <= MAX_ENTRIES {
                let message = format!("more than {MAX_ENTRIES} files and directories");
                let help = "name a directory that contains the manifests and nothing else";
                self.problems.push(Problem::file(self.dir, message, help));
            }
            self.too_much = true;
            return;
        }
        let mut paths: Vec<PathBuf> = entries
            .iter()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(fs::DirEntry::path)
            .collect();
        paths.sort();
        for path in paths {
            (self.meanwhile)(&path);
            self.enter(&path, depth);
        }
    }

    fn enter(&mut self, path: &Path, depth: usize) {
        let shown = self.shown(path);
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.problems.push(unreadable(&shown, &error)),
        };
        let Ok(below) = real.strip_prefix(self.root) else {
            return self.problems.push(Problem::file(
                shown,
                "a symlink that leaves the directory",
                "copy the file into the directory",
            ));
        };
        match fs::metadata(&real) {
            Err(error) => self.problems.push(unreadable(&shown, &error)),
            Ok(found) if found.is_dir() => self.visit(path, depth + 1),
            Ok(_) if !is_manifest(path) => self.tree.skipped.extend(skipped(path, shown)),
            Ok(_) => match self.take(below) {
                Ok(text) => self.tree.files.push(SourceFile { shown, text }),
                Err(mut problem) => {
                    problem.origin.file = shown;
                    self.problems.push(problem);
                }
            },
        }
    }

    /// The text of a file, by its path below the root; every check uses the handle that it is read
    /// from.
    fn take(&mut self, below: &Path) -> Result<Arc<str>, Problem> {
        let wrong = |message: &str, help: &str| Problem::file("", message, help);
        let file = self.open(below).map_err(|error| unreadable(Path::new(""), &error))?;
        let stat = rustix::fs::fstat(&file).map_err(|e| unreadable(Path::new(""), &e.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            let help = "remove it: only files and directories can be read";
            return Err(wrong("neither a file nor a directory", help));
        }
        if let Some(text) = self.known.unchanged(below, &stat) {
            return self.within_limits(text.len()).map(|()| text);
        }
        let mut bytes = Vec::new();
        // It may grow while it is read.
        File::from(file)
            .take(MAX_FILE_BYTES + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(Path::new(""), &error))?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(wrong("larger than 1 MiB", "split it into several files"));
        }
        let text = String::from_utf8(bytes);
        let text = text.map_err(|_| wrong("not UTF-8", "save the file as UTF-8"))?;
        // What exceeds the limit is not kept either.
        self.within_limits(text.len())?;
        Ok(self.known.read(below, &stat, text))
    }

    /// Counts the bytes of a file.
    fn within_limits(&mut self, bytes: usize) -> Result<(), Problem> {
        self.bytes += bytes;
        if self.bytes > MAX_TREE_BYTES {
            self.too_much = true;
            let why = "the files have more than 32 MiB in total";
            let help = "remove files that are not manifests from the directory";
            return Err(Problem::file("", why, help));
        }
        Ok(())
    }

    fn open(&self, below: &Path) -> io::Result<OwnedFd> {
        let mut at: Option<OwnedFd> = None;
        let mut components = below.components().peekable();
        while let Some(component) = components.next() {
            let Component::Normal(name) = component else {
                return Err(io::ErrorKind::InvalidInput.into());
            };
            let flags = if components.peek().is_some() { DIRECTORY } else { FILE };
            let parent = at.as_ref().unwrap_or(&self.handle);
            at = Some(rustix::fs::openat(parent, name, flags, Mode::empty())?);
        }
        at.ok_or_else(|| io::ErrorKind::InvalidInput.into())
    }

    fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).map_or_else(|_| path.to_owned(), |below| self.dir.join(below))
    }
}

const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Whether a file is read as manifests, by its path below the directory.
pub(super) fn is_read(path: &Path) -> bool {
    let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    is_manifest(path) && !path.iter().any(hidden)
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ENDINGS.iter().any(|ending| extension.eq_ignore_ascii_case(ending))
    })
}

/// A file with a manifest's extension in the middle of its name (`a.yaml.bak`, `a.yaml~`,
/// `a.yml.tmpl`) was either meant to be a manifest or meant to be disabled: only people know which.
fn skipped(path: &Path, shown: PathBuf) -> Option<Problem> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    let meant = ENDINGS.iter().any(|ending| {
        let after = name.split_once(&format!(".{ending}")).map(|(_, after)| after);
        after.is_some_and(|after| !after.starts_with(|c: char| c.is_ascii_alphanumeric()))
    });
    meant.then(|| {
        let help = "rename it to end in .yaml, .yml or .json, or remove it from the directory";
        Problem::file(
            shown,
            "not read, because its name does not end in .yaml, .yml or .json",
            help,
        )
    })
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    let help = match error.kind() {
        io::ErrorKind::NotFound => "name an existing directory, or repair the link",
        io::ErrorKind::PermissionDenied => "make it readable for the user that palisade runs as",
        _ => "check the disk or mount that it is on",
    };
    Problem::file(path, format!("cannot be read: {}", error.kind()), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(dir: &Path) -> Vec<String> {
        read(dir).problems.into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn yaml_files_are_read_in_order_and_dot_files_are_not() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.JSON", "d.YAML", "e.txt", ".hidden.yaml", "README.md"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        fs::write(dir.path().join(".git/x.yaml"), "x").unwrap();
        let read = read(dir.path());
        let texts: Vec<_> = read.files.iter().map(|file| &*file.text).collect();
        assert_eq!(texts, ["a.yml", "b.yaml", "c.JSON", "d.YAML"]);
        assert_eq!(read.skipped, []);
    }

    #[test]
    fn a_file_that_looks_like_a_manifest_and_is_not_read_is_named() {
        let names = ["a.yaml.bak", "b.yml~", "c.yaml.j2", "d.json5", "e.yamllint", "f.txt"];
        let dir = tree(&names.map(|name| (name, "x")));
        let read = read(dir.path());
        let skipped: Vec<_> = read.skipped.iter().map(|it| it.origin.file.clone()).collect();
        assert_eq!(
            skipped,
            ["a.yaml.bak", "b.yml~", "c.yaml.j2"].map(|name| dir.path().join(name))
        );
        assert_eq!(read.files, []);
    }

    #[test]
    fn a_missing_directory_is_a_problem_not_an_empty_list() {
        assert_eq!(messages(Path::new("/nonexistent-tree")), ["cannot be read: entity not found"]);
    }

    #[test]
    fn what_cannot_be_a_manifest_is_refused_all_at_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("a.yaml"), [0xff, 0xfe]).unwrap();
        fs::write(dir.path().join("b.yaml"), "x".repeat(1024 * 1024 + 1)).unwrap();
        std::os::unix::fs::symlink("/etc/hostname", dir.path().join("c.yaml")).unwrap();
        std::os::unix::fs::symlink("nowhere", dir.path().join("d.yaml")).unwrap();
        assert_eq!(
            messages(dir.path()),
            [
                "not UTF-8",
                "larger than 1 MiB",
                "a symlink that leaves the directory",
                "cannot be read: entity not found"
            ]
        );
    }

    #[test]
    fn the_directory_itself_may_be_a_link_as_git_sync_makes_it() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("rev1")).unwrap();
        fs::write(dir.path().join("rev1/a.yaml"), "a: 1").unwrap();
        let link = dir.path().join("current");
        std::os::unix::fs::symlink("rev1", &link).unwrap();
        let files = read(&link).files;
        assert_eq!(files[0].shown, link.join("a.yaml"));
    }

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn a_link_that_is_switched_at_any_entry_voids_the_reading() {
        for at in 0..3 {
            let dir = tree(&[
                ("one/a.yaml", "1"),
                ("one/b.yaml", "1"),
                ("one/c.yaml", "1"),
                ("two/a.yaml", "2"),
            ]);
            let link = dir.path().join("current");
            std::os::unix::fs::symlink("one", &link).unwrap();
            let mut seen = 0;
            let found = read_while(&link, &mut Files::default(), &mut |_| {
                if seen == at {
                    fs::remove_file(&link).unwrap();
                    std::os::unix::fs::symlink("two", &link).unwrap();
                }
                seen += 1;
            });
            let messages: Vec<_> = found.problems.into_iter().map(|p| p.message).collect();
            assert_eq!(messages, ["the link was switched to another tree while it was being read"]);
            assert_eq!(&*read(&link).files[0].text, "2");
        }
    }

    #[test]
    fn a_worktree_that_is_removed_at_any_entry_voids_the_reading() {
        for at in 0..3 {
            let dir = tree(&[("t/a.yaml", "1"), ("t/b.yaml", "1"), ("t/sub/c.yaml", "1")]);
            let root = dir.path().join("t");
            let mut seen = 0;
            let found = read_while(&root, &mut Files::default(), &mut |_| {
                if seen == at {
                    fs::remove_dir_all(&root).unwrap();
                }
                seen += 1;
            });
            assert!(!found.problems.is_empty() && found.files.is_empty(), "removed at {at}");
        }
    }

    #[test]
    fn a_file_that_becomes_a_link_between_looking_and_opening_is_not_followed() {
        let dir = tree(&[("t/a.yaml", "1"), ("outside", "secret")]);
        let root = dir.path().join("t").canonicalize().unwrap();
        let handle = rustix::fs::open(&root, DIRECTORY, Mode::empty()).unwrap();
        let (mut nothing, mut known) = (|_: &Path| {}, Files::default());
        let mut walk = Walk {
            root: &root,
            handle,
            dir: &root,
            entries: 0,
            bytes: 0,
            too_much: false,
            tree: Tree::default(),
            problems: Vec::new(),
            known: &mut known,
            meanwhile: &mut nothing,
        };
        assert_eq!(&*walk.take(Path::new("a.yaml")).unwrap(), "1");
        fs::remove_file(root.join("a.yaml")).unwrap();
        std::os::unix::fs::symlink("../outside", root.join("a.yaml")).unwrap();
        assert!(walk.take(Path::new("a.yaml")).is_err());
        std::os::unix::fs::symlink("..", root.join("up")).unwrap();
        assert!(walk.take(Path::new("up/outside")).is_err());
        assert!(walk.take(Path::new("../outside")).is_err());
    }

    #[test]
    fn a_fifo_does_not_block_and_a_socket_is_not_a_file() {
        let dir = tree(&[("b.yaml", "1")]);
        rustix::fs::mkfifoat(rustix::fs::CWD, dir.path().join("a.yaml"), Mode::RUSR | Mode::WUSR)
            .unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("c.yaml")).unwrap();
        let messages = messages(dir.path());
        assert_eq!(messages[0], "neither a file nor a directory");
        assert_eq!(messages.len(), 2, "{messages:?}");
    }

    #[test]
    fn a_tree_that_loops_or_holds_too_much_is_refused() {
        let dir = tree(&[("a.yaml", "1")]);
        std::os::unix::fs::symlink(".", dir.path().join("loop")).unwrap();
        assert!(messages(dir.path()).iter().any(|m| m.contains("deep")), "a loop ends by depth");
        let dir = tree(&[]);
        for n in 0..33 {
            fs::write(dir.path().join(format!("{n:02}.yaml")), "x".repeat(1024 * 1024)).unwrap();
        }
        assert!(messages(dir.path()).iter().any(|m| m.contains("32 MiB in total")));
        let dir = tree(&[]);
        for n in 0..=MAX_ENTRIES {
            File::create(dir.path().join(n.to_string())).unwrap();
        }
        assert_eq!(messages(dir.path()), ["more than 20000 files and directories"]);
    }
}
