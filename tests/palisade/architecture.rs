//! The rules of the layout, checked on the sources, so that a review need not.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A source file, its path below `src/` with `/`.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The lines of the program itself: no comments, and nothing from the first test module on.
    fn code(&self) -> Vec<&str> {
        let program = match self.text.find("\n#[cfg(test)]\nmod tests {") {
            Some(end) => &self.text[..end],
            None => &self.text,
        };
        let code = program.lines().map(|line| {
            if line.trim_start().starts_with("//") {
                ""
            } else {
                line.split(" // ").next().unwrap_or(line)
            }
        });
        code.filter(|line| !line.trim().is_empty()).collect()
    }

    /// The file's module and those that it is in, outermost first, each with the files that may declare
    /// it.
    fn declared(&self) -> Vec<(String, Vec<String>)> {
        let path = self.path.trim_end_matches(".rs").trim_end_matches("/mod");
        let parts: Vec<&str> = path.split('/').collect();
        let parents = |depth: usize| {
            if depth == 0 {
                return vec!["lib.rs".to_owned(), "main.rs".to_owned()];
            }
            let folder = parts[..depth].join("/");
            vec![format!("{folder}.rs"), format!("{folder}/mod.rs")]
        };
        (0..parts.len()).map(|depth| (parts[depth].to_owned(), parents(depth))).collect()
    }

    /// Whether only tests are built with it: it, or a module that it is in, is declared so.
    fn is_test(&self, all: &[Self]) -> bool {
        self.declared().iter().any(|(module, parents)| {
            let parents = all.iter().filter(|source| parents.contains(&source.path));
            parents.into_iter().any(|parent| parent.declares_for_tests(module))
        })
    }

    fn declares_for_tests(&self, module: &str) -> bool {
        let lines: Vec<&str> = self.text.lines().map(str::trim).collect();
        let declaration = format!("mod {module};");
        let at = lines.iter().position(|line| line.ends_with(&declaration));
        let attributes =
            at.map(|at| lines[..at].iter().rev().take_while(|it| it.starts_with("#[")));
        attributes.into_iter().flatten().any(|attribute| {
            attribute.starts_with("#[cfg(test)]") || attribute.starts_with("#[cfg(all(test,")
        })
    }

    /// Whether it is the half of a kind that talks to AWS.
    fn is_port(&self) -> bool {
        self.path.starts_with("kinds/")
            && (self.path.ends_with("/aws.rs") || self.path.contains("/aws/"))
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn collect(dir: &Path, all: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(root()).expect("below src");
            let text = fs::read_to_string(&path).expect("read");
            all.push(Source { path: below.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

/// The program's files, without those that only tests are in.
fn program() -> Vec<Source> {
    let mut all = Vec::new();
    collect(&root(), &mut all);
    assert!(all.len() > 100, "the sources are found");
    let of_tests: Vec<bool> = all.iter().map(|source| source.is_test(&all)).collect();
    assert!(of_tests.iter().filter(|it| **it).count() > 50, "the tests are found");
    let mut of_tests = of_tests.into_iter();
    all.retain(|_| !of_tests.next().unwrap_or_default());
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

/// The lines with one of `words`, in files that may not contain them.
fn violations(words: &[&str], may: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    for source in program().iter().filter(|source| !may(source)) {
        for line in source.code() {
            if words.iter().any(|word| line.contains(word)) {
                found.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    found
}

fn below(source: &Source, folders: &[&str]) -> bool {
    folders.iter().any(|folder| source.path.starts_with(folder))
}

const NONE: [&str; 0] = [];

/// The two places where ports are erased, of typed kinds and of tables: they only pass on what they are asked for.
fn passes_on(source: &Source) -> bool {
    matches!(source.path.as_str(), "kind/erased/port.rs" | "kind/table/live.rs")
}

#[test]
fn the_sdk_is_named_only_in_aws_and_in_the_kinds_ports() {
    let may = |source: &Source| source.is_port() || below(source, &["aws/"]);
    assert_eq!(violations(&["aws_sdk_"], may), NONE);
    // The same for the crates below the services' crates, except in the simulator's HTTP client.
    // (`aws_smithy_types` also reads and writes times.)
    let may = |source: &Source| may(source) || below(source, &["simulator/"]);
    let words = [
        "aws_config::",
        "aws_smithy_runtime_api::",
        "aws_smithy_async::",
        "aws_credential_types::",
    ];
    assert_eq!(violations(&words, may), NONE);
}

#[test]
fn the_pure_parts_neither_wait_nor_look_at_a_clock() {
    let pure = |source: &Source| {
        below(source, &["model/", "kind/", "kinds/", "plan/", "baseline/"])
            && !source.is_port()
            && !passes_on(source)
    };
    let words = [
        "await",
        "async ",
        "Instant::now",
        "SystemTime",
        "tokio::",
        "std::fs",
        "TcpStream",
        "std::env",
    ];
    assert_eq!(violations(&words, |source| !pure(source)), NONE);
    let clocks = ["Instant::now", "SystemTime", "tokio::"];
    assert_eq!(violations(&clocks, |source| !passes_on(source)), NONE);
}

#[test]
fn only_apply_can_write() {
    let words = [
        ".create(want",
        ".edit(have",
        ".delete(have",
        "port.create(",
        "port.edit(",
        "port.delete(",
    ];
    let may = |source: &Source| source.path == "engine/apply.rs" || passes_on(source);
    assert_eq!(violations(&words, may), NONE);
    let apply = program().into_iter().find(|source| source.path == "engine/apply.rs");
    let apply = apply.expect("it is there").text;
    for write in ["port.create(", "port.edit(", "port.delete("] {
        assert_eq!(apply.matches(write).count(), 1, "{write} stands at one place");
    }
}

#[test]
fn only_the_command_line_uses_anyhow_and_prints() {
    let may = |source: &Source| below(source, &["cli/", "main.rs"]);
    assert_eq!(violations(&["anyhow", "println!", "eprintln!"], may), NONE);
}

#[test]
fn dependencies_are_used_only_where_they_belong() {
    let only = |word: &str, at: &[&str]| {
        assert_eq!(violations(&[word], |source| below(source, at)), NONE, "{word}");
    };
    only("backoff::", &["engine/pace.rs"]);
    only("serde_yaml::", &["cli/output.rs", "cli/import"]);
    assert_eq!(violations(&["serde_yaml::from", "serde_yaml::Deserializer"], |_| false), NONE);
    only("serde_saphyr::", &["manifest/node.rs", "settings", "cli/policy_diff.rs"]);
    only("granit_parser::", &["manifest/foreign.rs"]);
    only("petgraph::", &["plan/graph.rs"]);
    only("prometheus::", &["status/"]);
    only("notify::", &["manifest/watch.rs"]);
    only("axum::", &["status/", "simulator/"]);
    only("clap::", &["cli/", "settings", "telemetry.rs"]);
    only("quick_xml::", &["simulator/"]);
    only("ipnet::", &["model/", "kinds/", "simulator/"]);
}

#[test]
fn nothing_of_the_program_depends_on_the_simulator_but_the_command_line() {
    let may = |source: &Source| below(source, &["simulator/", "cli/"]);
    assert_eq!(violations(&["simulator::"], may), NONE);
}

#[test]
fn no_file_has_more_than_400_lines_of_code_without_tests() {
    let long: Vec<_> = program()
        .iter()
        .map(|source| (source.path.clone(), source.code().len()))
        .filter(|(_, lines)| *lines > 400)
        .collect();
    assert_eq!(long, []);
}

#[test]
fn the_loop_stays_small_enough_to_be_read_in_one_sitting() {
    for source in program() {
        let limit = match source.path.as_str() {
            "engine/mod.rs" | "engine/daemon.rs" => 250,
            "main.rs" => 60,
            _ => continue,
        };
        let lines = source.text.lines().count();
        assert!(lines <= limit, "{} has {lines} lines", source.path);
    }
}

#[test]
fn a_kind_is_a_folder_and_two_lines() {
    let list = fs::read_to_string(root().join("kinds/mod.rs")).expect("read");
    let mut folders = 0;
    for entry in fs::read_dir(root().join("kinds")).expect("a directory") {
        let path = entry.expect("an entry").path();
        if !path.is_dir() {
            continue;
        }
        folders += 1;
        let kind = path.file_name().expect("a name").to_string_lossy().into_owned();
        let lines = list.lines().filter(|line| line.contains(&kind)).count();
        assert_eq!(lines, 2, "{kind} stands on two lines of kinds/mod.rs");
        assert!(path.join("mod.rs").is_file(), "{kind} has its pure half");
        let port = path.join("aws.rs").is_file() || path.join("aws").is_dir();
        assert!(port, "{kind} has its port");
        // No other part of the program knows more of a kind than its name.
        let (module, name) = (format!("{kind}::"), format!("{kind}::NAME"));
        let home = format!("kinds/{kind}/");
        let may = |source: &Source| below(source, &[&home, "kinds/mod.rs", "baseline/"]);
        let mut known = violations(&[&module], may);
        known.retain(|line| line.replace(&name, "").contains(&module));
        assert_eq!(known, NONE, "{kind} is known elsewhere");
    }
    assert_eq!(folders, 5);
}

/// Parts of the program whose text is held to the house style. Only additions.
const STYLED: [&str; 11] = [
    "aws/",
    "cli/",
    "engine/",
    "lib.rs",
    "main.rs",
    "manifest/",
    "model/",
    "plan/",
    "settings/",
    "status/",
    "telemetry.rs",
];

/// Every source file, those of tests included.
fn sources() -> Vec<Source> {
    let mut all = Vec::new();
    collect(&root(), &mut all);
    all.sort_by(|a, b| a.path.cmp(&b.path));
    all
}

#[test]
fn lines_are_not_longer_than_the_formatter_allows() {
    const MAX_WIDTH: usize = 100;
    let too_long = |line: &&str| line.chars().count() > MAX_WIDTH;
    let mut found = Vec::new();
    let styled = |source: &Source| below(source, &STYLED);
    for source in program().iter().filter(|source| styled(source)) {
        found.extend(source.code().into_iter().filter(too_long).map(str::to_owned));
    }
    for source in sources().iter().filter(|source| styled(source)) {
        let comments = source.text.lines().filter(|line| line.trim_start().starts_with("//"));
        found.extend(comments.filter(too_long).map(str::to_owned));
    }
    assert_eq!(found, NONE);
}

#[test]
fn a_module_with_submodules_is_a_mod_file_in_its_folder() {
    // Still to be moved.
    let pending = ["baseline", "kind/", "kinds/", "operations"];
    let all = sources();
    let has_folder = |source: &&Source| {
        let folder = format!("{}/", source.path.trim_end_matches(".rs"));
        all.iter().any(|other| other.path.starts_with(&folder))
    };
    let named = all.iter().filter(|source| !below(source, &pending)).filter(has_folder);
    let named: Vec<_> = named.map(|source| source.path.clone()).collect();
    assert_eq!(named, NONE, "move NAME.rs to NAME/mod.rs");
}

#[test]
fn comments_and_messages_are_plain_english() {
    // Each has a plainer form: "this many", "continuously", "next to" or "in addition to",
    // "reported", "an outsider", American spelling as in AWS's own terms.
    let phrases = [
        " for ever ",
        " for ever,",
        " for ever.",
        " so many ",
        " so often ",
        " beside ",
        " aloud",
        " lest ",
        " shall ",
        " that which ",
        " is told",
        " are told",
        "stranger",
        "colour",
        "organisation",
    ];
    let mut found = Vec::new();
    for source in sources().iter().filter(|source| below(source, &STYLED)) {
        for line in source.text.lines() {
            let lower = line.to_lowercase();
            if phrases.iter().any(|phrase| lower.contains(phrase)) {
                found.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    assert_eq!(found, NONE);
}

/// The folder and the name of every kind.
fn kinds() -> Vec<(String, String)> {
    let declared = |source: &Source| {
        let folder = source.path.strip_prefix("kinds/")?.strip_suffix("/mod.rs")?.to_owned();
        let line = source.text.lines().find(|line| line.starts_with("pub const NAME: &str = "))?;
        Some((folder, line.split('"').nth(1)?.to_owned()))
    };
    program().iter().filter_map(declared).collect()
}

#[test]
fn a_kinds_name_is_written_once() {
    let kinds = kinds();
    assert_eq!(kinds.len(), 5, "each says its name");
    let mut found = Vec::new();
    for source in program() {
        for line in source.code() {
            for (folder, name) in &kinds {
                let literal = format!("\"{name}\"");
                let at_home = source.path == format!("kinds/{folder}/mod.rs");
                if line.contains(&literal) && !(at_home && line.starts_with("pub const NAME")) {
                    found.push(format!("{}: {}", source.path, line.trim()));
                }
            }
        }
    }
    assert_eq!(found, NONE);
}

#[test]
fn nothing_is_unsafe_unfinished_or_switched_off() {
    let words = [
        "unsafe {",
        "unsafe fn",
        "todo!(",
        "unimplemented!(",
        "#[ignore",
        "allow(dead_code)",
        "dbg!(",
    ];
    assert_eq!(violations(&words, |_| false), NONE);
}
