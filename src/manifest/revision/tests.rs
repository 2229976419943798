use super::*;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

fn files(files: &[(&str, &str)]) -> tempfile::TempDir {
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
    let loose = files(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/refs/heads/main", COMMIT)]);
    let packed = format!("# pack-refs\n{COMMIT} refs/heads/main\n");
    let packed = files(&[(".git/HEAD", "ref: refs/heads/main\n"), (".git/packed-refs", &packed)]);
    let detached = files(&[(".git/HEAD", COMMIT)]);
    for dir in [loose, packed, detached] {
        fs::create_dir(dir.path().join("desired-state")).unwrap();
        assert_eq!(revision(&dir.path().join("desired-state")).as_deref(), Some(COMMIT));
    }
}

#[test]
fn the_commit_is_read_from_where_git_sync_points() {
    let dir = files(&[(&format!(".worktrees/{COMMIT}/a.yaml"), "")]);
    let link = dir.path().join("current");
    std::os::unix::fs::symlink(format!(".worktrees/{COMMIT}"), &link).unwrap();
    assert_eq!(revision(&link).as_deref(), Some(COMMIT));
}

#[test]
fn without_git_there_is_no_revision() {
    assert_eq!(revision(files(&[]).path()), None);
}

/// A repository made by Git, with manifests in `desired-state` and another file next to it. `None`
/// where there is no `git` to make it with.
struct Repository {
    dir: tempfile::TempDir,
}

impl Repository {
    fn new(format: &str) -> Option<Self> {
        let it = Self { dir: tempfile::tempdir().unwrap() };
        let sort = format!("--object-format={format}");
        if !it.try_git(it.dir.path(), &["init", "--quiet", &sort]) {
            assert!(std::env::var_os("CI").is_none(), "CI has a git that knows {format}");
            return None;
        }
        it.write("desired-state/a.yaml", "a: 1\n");
        it.write("desired-state/deep/er/b.yml", "b: 1\n");
        it.write("desired-state/notes.txt", "notes\n");
        it.write("README.md", "read me\n");
        it.commit("first");
        Some(it)
    }

    fn try_git(&self, at: &Path, arguments: &[&str]) -> bool {
        let mut command = std::process::Command::new("git");
        command.current_dir(at).args(arguments).env("HOME", self.dir.path());
        for name in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{name}_NAME"), "Ann");
            command.env(format!("GIT_{name}_EMAIL"), "ann@example.com");
        }
        for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
            command.env_remove(name);
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.output().is_ok_and(|output| output.status.success())
    }

    fn git(&self, arguments: &[&str]) {
        assert!(self.try_git(self.dir.path(), arguments), "git {arguments:?}");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn state(&self) -> PathBuf {
        self.dir.path().join("desired-state")
    }

    fn is_dirty(&self) -> bool {
        is_dirty_at(&self.state())
    }
}

fn is_dirty_at(dir: &Path) -> bool {
    let (plain, described) = (revision(dir).unwrap(), described(dir).unwrap());
    assert!(described == plain || described == format!("{plain}-dirty"), "{described}");
    described != plain
}

#[test]
fn what_is_read_and_differs_from_the_commit_is_dirty() {
    for format in ["sha1", "sha256"] {
        let Some(it) = Repository::new(format) else { continue };
        assert!(!it.is_dirty(), "{format}");
        it.write("desired-state/a.yaml", "a: 2\n");
        assert!(it.is_dirty(), "changed");
        it.git(&["add", "--all"]);
        assert!(it.is_dirty(), "staged");
        it.commit("second");
        assert!(!it.is_dirty(), "committed");
        it.write("desired-state/deep/c.yaml", "c: 1\n");
        assert!(it.is_dirty(), "new");
        fs::remove_file(it.state().join("deep/c.yaml")).unwrap();
        assert!(!it.is_dirty());
        fs::remove_file(it.state().join("deep/er/b.yml")).unwrap();
        assert!(it.is_dirty(), "deleted");
        it.git(&["checkout", "--quiet", "."]);
        assert!(!it.is_dirty());
        it.git(&["mv", "desired-state/a.yaml", "desired-state/z.yaml"]);
        assert!(it.is_dirty(), "moved");
    }
}

#[test]
fn an_ignored_manifest_is_read_and_so_it_is_dirty() {
    let Some(it) = Repository::new("sha1") else { return };
    it.write(".gitignore", "local.yaml\n");
    it.commit("ignore");
    it.write("desired-state/local.yaml", "l: 1\n");
    assert!(it.is_dirty());
}

#[test]
fn what_is_not_read_is_not_dirty() {
    let Some(it) = Repository::new("sha1") else { return };
    it.write("README.md", "changed\n");
    it.write("desired-state/notes.txt", "changed\n");
    it.write("desired-state/.a.yaml.swp", "an editor's\n");
    it.write("desired-state/.hidden/x.yaml", "x: 1\n");
    assert!(!it.is_dirty());
    // The whole working tree is another directory.
    it.write("other.yaml", "o: 1\n");
    assert!(!it.is_dirty() && is_dirty_at(it.dir.path()));
}

#[test]
fn packed_objects_and_deltas_are_read() {
    let Some(it) = Repository::new("sha1") else { return };
    for n in 0..150 {
        it.write(&format!("desired-state/many/m{n:03}.yaml"), &format!("m: {n}\n"));
    }
    it.commit("many");
    for n in 0..5 {
        it.write(&format!("desired-state/many/m{n:03}.yaml"), "m: changed\n");
        it.commit("change");
    }
    it.git(&["gc", "--quiet", "--aggressive", "--prune=now"]);
    let loose = fs::read_dir(it.dir.path().join(".git/objects")).unwrap();
    let loose: Vec<_> = loose.filter(|it| it.as_ref().unwrap().file_name().len() == 2).collect();
    assert!(loose.is_empty(), "everything is packed");
    assert!(!it.is_dirty());
    it.write("desired-state/many/m077.yaml", "m: other\n");
    assert!(it.is_dirty());
}

#[test]
fn a_worktree_and_a_link_to_it_are_judged_by_their_own_files() {
    let Some(it) = Repository::new("sha1") else { return };
    it.git(&["worktree", "add", "--quiet", "--detach", "trees/one"]);
    let link = it.dir.path().join("current");
    std::os::unix::fs::symlink("trees/one", &link).unwrap();
    it.write("desired-state/a.yaml", "a: 2\n");
    assert!(it.is_dirty() && !is_dirty_at(&link.join("desired-state")));
    it.write("trees/one/desired-state/a.yaml", "a: 3\n");
    assert!(is_dirty_at(&link.join("desired-state")));
}

#[test]
fn a_clone_that_borrows_its_objects_is_judged_too() {
    let Some(it) = Repository::new("sha1") else { return };
    it.git(&["clone", "--quiet", "--shared", ".", "clone"]);
    let clone = it.dir.path().join("clone/desired-state");
    assert!(!is_dirty_at(&clone));
    fs::write(clone.join("a.yaml"), "a: 2\n").unwrap();
    assert!(is_dirty_at(&clone));
}

#[test]
fn links_and_line_ends_are_compared_as_git_keeps_them() {
    let Some(it) = Repository::new("sha1") else { return };
    std::os::unix::fs::symlink("a.yaml", it.state().join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("deep", it.state().join("linked")).unwrap();
    it.commit("links");
    assert!(!it.is_dirty());
    it.write("desired-state/a.yaml", "a: 1\r\n");
    assert!(!it.is_dirty(), "only its line ends changed, as a checkout may make them");
    fs::remove_file(it.state().join("link.yaml")).unwrap();
    std::os::unix::fs::symlink("deep/er/b.yml", it.state().join("link.yaml")).unwrap();
    assert!(it.is_dirty(), "it leads elsewhere");
}

#[test]
fn a_directory_that_the_commit_does_not_have_is_dirty_once_it_holds_something() {
    let Some(it) = Repository::new("sha1") else { return };
    fs::create_dir(it.dir.path().join("new")).unwrap();
    assert!(!is_dirty_at(&it.dir.path().join("new")));
    it.write("new/a.yaml", "a: 1\n");
    assert!(is_dirty_at(&it.dir.path().join("new")));
}

#[test]
fn where_the_objects_cannot_be_read_it_counts_as_clean() {
    let unreadable =
        files(&[(".git/HEAD", COMMIT), (".git/objects/01/23", "x"), ("desired-state/a.yaml", "")]);
    assert_eq!(described(&unreadable.path().join("desired-state")).as_deref(), Some(COMMIT));
    let synced = files(&[(&format!(".worktrees/{COMMIT}/a.yaml"), "")]);
    assert_eq!(described(&synced.path().join(".worktrees").join(COMMIT)).as_deref(), Some(COMMIT));
}
