//! Reading the directory: which files, whole, and from one state of the tree.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::Problem;

/// Larger files are refused: no manifest is, and a reader must not fill the memory.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Deeper trees are refused: they are a loop or a mistake.
const MAX_DEPTH: usize = 32;
/// More files are refused likewise.
const MAX_FILES: usize = 20_000;

/// A file's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SourceFile {
    /// As shown to people: the directory as given, plus the path below it.
    pub(super) shown: PathBuf,
    pub(super) text: String,
}

/// Reads every `*.yaml` and `*.yml` below `dir`, sorted by path. Names that begin with a dot are
/// skipped (`.git`, editors' files). `dir` itself may be a symlink, as git-sync makes it: if it points
/// elsewhere after the walk than before, the whole reading is void.
pub(super) fn read(dir: &Path) -> Result<Vec<SourceFile>, Vec<Problem>> {
    let root = dir.canonicalize().map_err(|error| vec![unreadable(dir, &error)])?;
    if !root.is_dir() {
        return Err(vec![Problem::file(dir, "not a directory")]);
    }
    let mut walk = Walk { root: &root, dir, files: Vec::new(), problems: Vec::new() };
    walk.visit(&root, 0);
    match dir.canonicalize() {
        Ok(after) if after == root => {}
        Ok(_) => walk.problems.push(
            Problem::file(dir, "the link was switched to another tree while it was read")
                .help("nothing to do: the next reading takes the new tree"),
        ),
        Err(error) => walk.problems.push(unreadable(dir, &error)),
    }
    if walk.problems.is_empty() { Ok(walk.files) } else { Err(walk.problems) }
}

struct Walk<'a> {
    root: &'a Path,
    dir: &'a Path,
    files: Vec<SourceFile>,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    fn visit(&mut self, path: &Path, depth: usize) {
        if depth > MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} directories deep");
            self.problems.push(Problem::file(self.shown(path), message));
            return;
        }
        let entries = match fs::read_dir(path).and_then(Iterator::collect::<io::Result<Vec<_>>>) {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(unreadable(&self.shown(path), &error)),
        };
        let mut paths: Vec<PathBuf> = entries
            .iter()
            .filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
            .map(fs::DirEntry::path)
            .collect();
        paths.sort();
        for path in paths {
            self.enter(&path, depth);
        }
    }

    fn enter(&mut self, path: &Path, depth: usize) {
        let shown = self.shown(path);
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) => return self.problems.push(unreadable(&shown, &error)),
        };
        if !real.starts_with(self.root) {
            return self.problems.push(
                Problem::file(shown, "a symlink that leaves the directory")
                    .help("copy the file into the directory"),
            );
        }
        match fs::metadata(&real) {
            Err(error) => self.problems.push(unreadable(&shown, &error)),
            Ok(found) if found.is_dir() => self.visit(path, depth + 1),
            Ok(_) if !is_yaml(path) => {}
            Ok(found) if !found.is_file() => {
                self.problems.push(Problem::file(shown, "neither a file nor a directory"));
            }
            Ok(found) if found.len() > MAX_FILE_BYTES => self.problems.push(
                Problem::file(shown, "larger than 1 MiB").help("split it into several files"),
            ),
            Ok(_) if self.files.len() >= MAX_FILES => {
                self.problems.push(Problem::file(shown, format!("more than {MAX_FILES} files")));
            }
            Ok(_) => self.take(&real, shown),
        }
    }

    fn take(&mut self, real: &Path, shown: PathBuf) {
        match fs::read(real) {
            Err(error) => self.problems.push(unreadable(&shown, &error)),
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(text) => self.files.push(SourceFile { shown, text }),
                Err(_) => self
                    .problems
                    .push(Problem::file(shown, "not UTF-8").help("save the file as UTF-8")),
            },
        }
    }

    fn shown(&self, path: &Path) -> PathBuf {
        path.strip_prefix(self.root).map_or_else(|_| path.to_owned(), |below| self.dir.join(below))
    }
}

fn is_yaml(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::file(path, format!("cannot be read: {}", error.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(dir: &Path) -> Vec<String> {
        read(dir).unwrap_err().into_iter().map(|problem| problem.message).collect()
    }

    #[test]
    fn yaml_files_are_read_in_order_and_dot_files_are_not() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yml", "c.txt", ".hidden.yaml"] {
            fs::write(dir.path().join(name), name).unwrap();
        }
        fs::create_dir_all(dir.path().join(".git")).unwrap();
        fs::write(dir.path().join(".git/x.yaml"), "x").unwrap();
        let read = read(dir.path()).unwrap();
        let texts: Vec<_> = read.iter().map(|file| file.text.as_str()).collect();
        assert_eq!(texts, ["a.yml", "b.yaml"]);
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
        let files = read(&link).unwrap();
        assert_eq!(files[0].shown, link.join("a.yaml"));
    }
}
