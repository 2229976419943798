//! Which Git revision the directory is at, read without Git.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The commit of the checkout that the directory is in, or the one in the path that git-sync's link
/// points to. `None` where there is neither.
pub fn revision(dir: &Path) -> Option<String> {
    let real = dir.canonicalize().ok()?;
    real.ancestors().find_map(from_checkout).or_else(|| {
        real.components()
            .filter_map(|part| part.as_os_str().to_str())
            .rfind(|part| is_commit(part))
            .map(str::to_owned)
    })
}

fn from_checkout(dir: &Path) -> Option<String> {
    let git = git_dir(&dir.join(".git"))?;
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    match head.trim().strip_prefix("ref: ") {
        None => Some(head.trim().to_owned()).filter(|commit| is_commit(commit)),
        Some(name) => {
            let common = common_dir(&git);
            let loose =
                [&git, &common].into_iter().find_map(|at| fs::read_to_string(at.join(name)).ok());
            let commit = match loose {
                Some(text) => Some(text.trim().to_owned()),
                None => packed(&common, name),
            };
            commit.filter(|commit| is_commit(commit))
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

    fn checkout(files: &[(&str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    }

    #[test]
    fn the_commit_is_read_from_loose_packed_and_detached_heads() {
        let loose =
            checkout(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", COMMIT)]);
        let packed = format!("# pack-refs\n{COMMIT} refs/heads/main\n");
        let packed =
            checkout(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/packed-refs", &packed)]);
        let detached = checkout(&[(".git/HEAD", COMMIT)]);
        for dir in [loose, packed, detached] {
            fs::create_dir(dir.path().join("desired-state")).unwrap();
            assert_eq!(revision(&dir.path().join("desired-state")).as_deref(), Some(COMMIT));
        }
    }

    #[test]
    fn the_commit_is_read_from_where_git_sync_points() {
        let dir = checkout(&[(&format!(".worktrees/{COMMIT}/a.yaml"), "")]);
        let link = dir.path().join("current");
        std::os::unix::fs::symlink(format!(".worktrees/{COMMIT}"), &link).unwrap();
        assert_eq!(revision(&link).as_deref(), Some(COMMIT));
    }

    #[test]
    fn without_git_there_is_no_revision() {
        assert_eq!(revision(checkout(&[]).path()), None);
    }
}
