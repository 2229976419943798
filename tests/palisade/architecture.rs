//! The rules of the layout, checked on the sources, so that a review need not.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use crate::circles::circles;

/// A source file, its path below `src/` with `/`.
struct Source {
    path: String,
    text: String,
    /// Whether only tests are built with it.
    of_tests: bool,
}

impl Source {
    /// The lines of the program itself: no comments, and nothing from the first test module on.
    fn code(&self) -> Vec<&str> {
        match self.text.find("\n#[cfg(test)]\nmod tests {") {
            Some(end) => code(&self.text[..end]),
            None => code(&self.text),
        }
    }

    /// The lines of the module of tests at its end, without comments.
    fn code_of_tests(&self) -> Vec<&str> {
        match self.text.find("\n#[cfg(test)]\nmod tests {") {
            Some(end) => code(&self.text[end..]),
            None => Vec::new(),
        }
    }

    /// The texts in the program itself, each without its quotation marks.
    fn texts(&self) -> Vec<String> {
        texts(&self.code().join("\n"))
    }

    /// The file's module and those that it is in, outermost first, each with the file that declares
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
    fn is_of_tests(&self, all: &[Self]) -> bool {
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

    /// Whether it is the half of a kind that talks to AWS: `kinds/KIND/aws.rs`, or what is below
    /// `kinds/KIND/aws/`.
    fn is_port(&self) -> bool {
        let mut parts = self.path.split('/').skip(2);
        let of_kind = self.path.starts_with("kinds/");
        of_kind && parts.next().is_some_and(|part| part == "aws" || part == "aws.rs")
    }

    /// Whether it is where ports become plain data: it only passes their futures on.
    fn erases_ports(&self) -> bool {
        self.code().iter().any(|line| line.contains("> ErasedPort for "))
    }
}

/// Lines without comments.
fn code(text: &str) -> Vec<&str> {
    let code = text.lines().map(|line| {
        if line.trim_start().starts_with("//") {
            ""
        } else {
            line.split(" // ").next().unwrap_or(line)
        }
    });
    code.filter(|line| !line.trim().is_empty()).collect()
}

/// The string literals in code, raw ones too.
fn texts(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(['"', '\'']) {
        let (before, from) = rest.split_at(at);
        // A character, which may be a quotation mark; otherwise a lifetime.
        if let Some(character) = from.strip_prefix('\'') {
            let length = if character.starts_with('\\') { 2 } else { 1 };
            let end = character.char_indices().nth(length);
            let closed = end.filter(|(end, closing)| *closing == '\'' && *end > 0);
            rest = closed.map_or(character, |(end, _)| &character[end + 1..]);
            continue;
        }
        let hashes = before.len() - before.trim_end_matches('#').len();
        let text = &from[1..];
        let end = if before.trim_end_matches('#').ends_with('r') {
            text.find(&format!("\"{}", "#".repeat(hashes)))
        } else {
            let mut escaped = false;
            text.find(|c| {
                let ends = c == '"' && !escaped;
                escaped = c == '\\' && !escaped;
                ends
            })
        };
        let end = end.unwrap_or(text.len());
        found.push(text[..end].to_owned());
        rest = text.get(end + 1..).unwrap_or_default();
    }
    found
}

/// Whether a text says a name as a word of its own; `AWS::EC2::Name` is AWS's word, and so is
/// `MakeName`.
fn says(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + name.len()..].chars().next();
        let apart = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && c != ':');
        apart(before) && apart(after)
    })
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn collect(dir: &Path, all: &mut Vec<Source>) {
    collect_from(dir, dir, all);
}

fn collect_from(root: &Path, dir: &Path, all: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect_from(root, &path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let below = path.strip_prefix(root).expect("below src");
            let text = fs::read_to_string(&path).expect("read");
            let path = below.to_string_lossy().replace('\\', "/");
            all.push(Source { path, text, of_tests: false });
        }
    }
}

/// All files, each with whether only tests are built with it; read once for all tests.
fn all() -> &'static [Source] {
    static ALL: LazyLock<Vec<Source>> = LazyLock::new(|| {
        let mut all = Vec::new();
        collect(&root(), &mut all);
        assert!(all.len() > 100, "the sources are found");
        let of_tests: Vec<bool> = all.iter().map(|source| source.is_of_tests(&all)).collect();
        assert!(of_tests.iter().filter(|it| **it).count() > 50, "the tests are found");
        all.iter_mut().zip(of_tests).for_each(|(source, of_tests)| source.of_tests = of_tests);
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    });
    &ALL
}

/// The program's files, without those that only tests are in.
fn program() -> impl Iterator<Item = &'static Source> {
    all().iter().filter(|source| !source.of_tests)
}

/// Files, and lines in them, that say one of `words` although they may not.
fn violations(words: &[&str], may: impl Fn(&Source) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    // Most files say none of them anywhere, and taking the code out of a file takes longer.
    let says = |source: &&Source| words.iter().any(|word| source.text.contains(word));
    for source in program().filter(says).filter(|source| !may(source)) {
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

#[test]
fn the_sdk_is_named_only_in_aws_and_in_the_kinds_ports() {
    let sdk = concat!("aws", "_sdk_");
    let may = |source: &Source| source.is_port() || below(source, &["aws/"]);
    assert_eq!(violations(&[sdk], may), NONE);
    // The same for what is below the services' crates, but for the simulator's HTTP client.
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
fn tests_name_the_sdk_only_where_the_program_may_and_where_the_simulator_is_tested_through_it() {
    let sdk = concat!("aws", "_sdk_");
    let mut found = Vec::new();
    for source in all() {
        let simulator = source.of_tests && below(source, &["simulator/"]);
        if simulator || source.is_port() || below(source, &["aws/"]) {
            continue;
        }
        let of_tests = if source.of_tests { source.code() } else { Vec::new() };
        let lines = of_tests.into_iter().chain(source.code_of_tests());
        found.extend(
            lines
                .filter(|line| line.contains(sdk))
                .map(|line| format!("{}: {}", source.path, line.trim())),
        );
    }
    let mut whole = Vec::new();
    collect_from(&root().join("../tests"), &root().join("../tests"), &mut whole);
    for source in whole {
        let lines = code(&source.text).into_iter().filter(|line| line.contains(sdk));
        found.extend(lines.map(|line| format!("tests/{}: {}", source.path, line.trim())));
    }
    assert_eq!(found, NONE);
}

#[test]
fn the_pure_parts_neither_wait_nor_look_at_a_clock() {
    let pure = |source: &Source| {
        (below(source, &["model/", "kind/", "kinds/", "plan/", "baseline/"])
            || below(source, &["lease/state.rs", "lease/share.rs", "lease/terms.rs"]))
            && !source.is_port()
            && !source.erases_ports()
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
    assert_eq!(violations(&clocks, |source| !source.erases_ports()), NONE);
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
    let may = |source: &Source| source.path == "engine/apply.rs" || source.erases_ports();
    assert_eq!(violations(&words, may), NONE);
    let apply = program().find(|source| source.path == "engine/apply.rs");
    let apply = &apply.expect("it is there").text;
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
    only("serde_yaml::", &["cli/output.rs", "import/pages.rs", "status/page/resources.rs"]);
    only("indicatif::", &["cli/progress.rs"]);
    assert_eq!(violations(&["serde_yaml::from", "serde_yaml::Deserializer"], |_| false), NONE);
    only("serde_saphyr::", &["manifest/node.rs", "settings", "cli/policy_diff.rs"]);
    only("granit_parser::", &["manifest/foreign.rs"]);
    only("petgraph::", &["plan/graph.rs"]);
    only("prometheus::", &["status/"]);
    only("notify::", &["manifest/watch.rs"]);
    only("axum::", &["status/", "simulator/"]);
    only("clap::", &["cli/", "settings", "telemetry.rs"]);
    only("quick_xml::", &["simulator/"]);
    only("ipnet::", &["model/", "kinds/", "simulator/", "cli/init/"]);
}

#[test]
fn nothing_of_the_program_depends_on_the_simulator_but_the_command_line() {
    let may = |source: &Source| below(source, &["simulator/", "cli/"]);
    assert_eq!(violations(&["simulator::"], may), NONE);
}

#[test]
fn no_file_has_more_than_400_lines_of_code_without_tests() {
    let long: Vec<_> = program()
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

/// Folders of what several kinds of one service share. Only kinds know them.
const SHARED: [&str; 3] = ["sagemaker_work", "studio", "subnets"];

#[test]
fn what_kinds_share_is_known_to_kinds_only() {
    for shared in SHARED {
        let (whole, parts) = (format!("kinds::{shared}"), format!(" {shared}::{{"));
        let may = |source: &Source| below(source, &["kinds/"]);
        assert_eq!(violations(&[&whole, &parts], may), NONE, "{shared}");
    }
}

/// Whether a line names this module, and not one whose name only ends like it.
fn names(line: &str, module: &str) -> bool {
    line.match_indices(module).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        before.is_none_or(|c| !c.is_alphanumeric() && c != '_')
    })
}

#[test]
fn a_kind_is_a_folder_and_two_lines() {
    let list = fs::read_to_string(root().join("kinds/mod.rs")).expect("read");
    let all_kinds = kinds();
    let mut folders = BTreeSet::new();
    for entry in fs::read_dir(root().join("kinds")).expect("a directory") {
        let path = entry.expect("an entry").path();
        if !path.is_dir() || SHARED.iter().any(|shared| path.ends_with(shared)) {
            continue;
        }
        let kind = path.file_name().expect("a name").to_string_lossy().into_owned();
        folders.insert(kind.clone());
        let lines = list.lines().filter(|line| line.contains(&kind)).count();
        assert_eq!(lines, 2, "{kind} stands on two lines of kinds/mod.rs");
        assert!(path.join("mod.rs").is_file(), "{kind} has its pure half");
        let port = path.join("aws.rs").is_file() || path.join("aws").is_dir();
        assert!(port, "{kind} has its port");
        // No other part of the program knows more of a kind than its name, and what its resources
        // are called in policies. A rule of the baseline that looks at several kinds knows what
        // they are like.
        let (module, name, resource) =
            (format!("{kind}::"), format!("{kind}::NAME"), format!("{kind}::RESOURCE"));
        // Sisters have a module each, for their names: `use` lists them in braces.
        let sisters = sisters(&kind);
        let lists_sisters = |line: &String| {
            let inner = line.split_once(&module).map_or("", |(_, rest)| rest);
            let names = inner.trim_end_matches(';').trim_matches(['{', '}', ',']);
            let names = names.split(',').map(|it| it.trim().trim_end_matches("::NAME"));
            !sisters.is_empty() && names.into_iter().all(|it| it.is_empty() || sisters.contains(it))
        };
        let home = format!("kinds/{kind}/");
        let may = |source: &Source| {
            below(source, &[&home, "kinds/mod.rs"])
                || below(source, &["baseline/"]) && kinds_known(source, &all_kinds) > 1
        };
        // The simulator has a service of the same name.
        let of_simulator = |line: &String| {
            let above = ["super::", "simulator::", "pub use "];
            above.iter().any(|above| line.contains(&format!("{above}{module}")))
        };
        let mut known = violations(&[&module], may);
        known.retain(|line| names(&line.replace(&name, "").replace(&resource, ""), &module));
        known.retain(|line| {
            let names_sister =
                sisters.iter().any(|it| line.contains(&format!("{module}{it}::NAME")));
            !of_simulator(line) && !names_sister
        });
        known.retain(|line| {
            let code = line.split_once(": ").map_or(line.as_str(), |(_, code)| code);
            !lists_sisters(&code.to_owned())
        });
        assert_eq!(known, NONE, "{kind} is known elsewhere");
    }
    let of_kinds: BTreeSet<String> = all_kinds.into_iter().map(|(folder, _)| folder).collect();
    assert_eq!(folders, of_kinds, "every folder is a kind's, or that of sisters");
}

/// The modules of the sister kinds in a folder: those that say a name.
fn sisters(folder: &str) -> BTreeSet<String> {
    let home = format!("kinds/{folder}/");
    let module = |source: &Source| {
        let inner = source.path.strip_prefix(&home)?.trim_end_matches(".rs");
        let inner = inner.trim_end_matches("/mod");
        (inner != "mod" && says_name(source)).then(|| inner.to_owned())
    };
    program().filter_map(module).collect()
}

fn says_name(source: &Source) -> bool {
    source.text.lines().any(|line| line.starts_with("pub const NAME: &str = "))
}

/// Parts of the program whose text is held to the house style. Only additions.
const STYLED: [&str; 19] = [
    "aws/",
    "baseline/",
    "cli/",
    "engine/",
    "events/",
    "impact/",
    "kind/",
    "kinds/",
    "lease/",
    "lib.rs",
    "main.rs",
    "manifest/",
    "model/",
    "operations/",
    "plan/",
    "settings/",
    "simulator/",
    "status/",
    "telemetry.rs",
];

#[test]
fn lines_are_not_longer_than_the_formatter_allows() {
    const MAX_WIDTH: usize = 100;
    let too_long = |line: &&str| line.chars().count() > MAX_WIDTH;
    let mut found = Vec::new();
    let styled = |source: &Source| below(source, &STYLED);
    for source in program().filter(|source| styled(source)) {
        found.extend(source.code().into_iter().filter(too_long).map(str::to_owned));
    }
    for source in all().iter().filter(|source| styled(source)) {
        let comments = source.text.lines().filter(|line| line.trim_start().starts_with("//"));
        found.extend(comments.filter(too_long).map(str::to_owned));
    }
    assert_eq!(found, NONE);
}

#[test]
fn a_module_with_submodules_is_a_mod_file_in_its_folder() {
    let all = all();
    let has_folder = |source: &&Source| {
        let folder = format!("{}/", source.path.trim_end_matches(".rs"));
        all.iter().any(|other| other.path.starts_with(&folder))
    };
    let named = all.iter().filter(has_folder);
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
    for source in all().iter().filter(|source| below(source, &STYLED)) {
        for line in source.text.lines() {
            let lower = line.to_lowercase();
            if phrases.iter().any(|phrase| lower.contains(phrase)) {
                found.push(format!("{}: {}", source.path, line.trim()));
            }
        }
    }
    assert_eq!(found, NONE);
}

/// How many kinds a file knows.
fn kinds_known(source: &Source, kinds: &[(String, String)]) -> usize {
    let code = source.code().join("\n");
    kinds.iter().filter(|(folder, _)| code.contains(&format!("{folder}::"))).count()
}

/// The folder and the name of every kind. Sisters share a folder.
fn kinds() -> Vec<(String, String)> {
    let declared = |source: &Source| {
        let (folder, _) = source.path.strip_prefix("kinds/")?.split_once('/')?;
        let folder = folder.to_owned();
        let line = source.text.lines().find(|line| line.starts_with("pub const NAME: &str = "))?;
        Some((folder, line.split('"').nth(1)?.to_owned()))
    };
    program().filter_map(declared).collect()
}

#[test]
fn a_kinds_name_is_written_once() {
    let kinds = kinds();
    let registered = palisade::kinds::registry().names().len();
    assert_eq!(kinds.len(), registered, "each says its name");
    let mut found = Vec::new();
    for source in program() {
        for text in source.texts() {
            for (folder, name) in &kinds {
                let at_home = below(source, &[&format!("kinds/{folder}/")]);
                // The simulator says what AWS says, which has some of these words too.
                let of_aws = below(source, &["simulator/"]) && text != *name;
                if says(&text, name) && !at_home && !of_aws {
                    found.push(format!("{}: {text}", source.path));
                }
            }
        }
        let literal = |line: &&str| kinds.iter().any(|(_, it)| line.contains(&format!("\"{it}\"")));
        let lines = source.code().into_iter().filter(literal);
        let twice = lines.filter(|line| !line.starts_with("pub const NAME"));
        found.extend(twice.map(|line| format!("{}: {}", source.path, line.trim())));
    }
    assert_eq!(found, NONE);
}

#[test]
fn texts_are_told_from_code() {
    let code = r##"a("x \" y", 'b', '"', '\'', r#"z " w"#) fn f<'a>(t: &'a str) { "last" }"##;
    assert_eq!(texts(code), [r#"x \" y"#, r#"z " w"#, "last"]);
    assert!(says("a KmsKey of", "KmsKey") && says("KmsKey", "KmsKey"));
    for other in ["MakeKmsKey", "KmsKeys", "AWS::KMS::KmsKey"] {
        assert!(!says(other, "KmsKey"), "{other}");
    }
}

/// `"service:Operation"` wherever a port names the call it makes.
fn operations_in(source: &Source) -> Vec<String> {
    let services: Vec<&str> = palisade::operations::all().map(|row| row.service).collect();
    let operation = |text: &String| {
        text.split_once(':').is_some_and(|(service, operation)| {
            services.contains(&service)
                && operation.starts_with(|c: char| c.is_ascii_uppercase())
                && operation.bytes().all(|b| b.is_ascii_alphanumeric())
        })
    };
    source.texts().into_iter().filter(operation).collect()
}

#[test]
fn every_operation_that_a_port_names_is_one_of_its_kinds() {
    let (mut missing, mut seen) = (Vec::new(), 0);
    for (folder, name) in kinds() {
        let rows = palisade::operations::all().filter(|row| row.kind == Some(name.as_str()));
        let known: Vec<String> = rows
            .flat_map(|row| {
                let own = row.action().map(str::to_owned);
                own.into_iter().chain([format!("{}:{}", row.service, row.name)])
            })
            .collect();
        let home = format!("kinds/{folder}/");
        for source in program().filter(|it| it.is_port() && below(it, &[&home])) {
            for operation in operations_in(source) {
                seen += 1;
                // The port's name for what EC2 has no call for.
                if !known.contains(&operation) && operation != "ec2:ModifySecurityGroup" {
                    missing.push(format!("{}: {operation}", source.path));
                }
            }
        }
    }
    assert!(seen > 40, "the ports are no longer where this test looks: {seen}");
    assert_eq!(missing, NONE);
}

#[test]
fn no_files_of_the_simulator_depend_on_each_other_in_a_circle() {
    let sources = program().filter(|source| below(source, &["simulator/"]));
    let files: BTreeMap<String, String> =
        sources.map(|source| (source.path.clone(), source.code().join("\n"))).collect();
    assert!(files.len() > 80, "they are found");
    assert_eq!(circles(&files, "simulator"), [].into());
}

#[test]
fn the_simulator_has_one_list_of_services_and_none_of_kinds() {
    let list = fs::read_to_string(root().join("simulator/services.rs")).expect("read");
    let entry = |line: &str| Some(line.trim().split_once(": super::")?.0.to_owned());
    let services: Vec<String> = list.lines().filter_map(entry).collect();
    assert_eq!(services.len(), 27, "{services:?}");
    for service in &services {
        // `services.rs` lists it, `mod.rs` declares it and passes its state's type on.
        let home = format!("simulator/{service}");
        let may = |source: &Source| {
            let known = ["simulator/services.rs", "simulator/mod.rs"];
            !below(source, &["simulator/"]) || below(source, &known) || below(source, &[&home])
        };
        let module = format!("{service}::");
        let mut known = violations(&[&module], may);
        // `prefix_lists::` is not `sts::`.
        known.retain(|line| {
            let starts = line.match_indices(&module).map(|(at, _)| &line[..at]);
            starts
                .into_iter()
                // A kind's folder may have the name of the service.
                .filter(|before| !before.ends_with("kinds::"))
                .any(|before| !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'))
        });
        assert_eq!(known, NONE, "{service} is known elsewhere");
    }
    // What the simulator knows of a kind, the kind's service says.
    let modules = kinds().into_iter().flat_map(|(kind, _)| {
        let sisters = sisters(&kind);
        if sisters.is_empty() { vec![kind] } else { sisters.into_iter().collect() }
    });
    for kind in modules {
        let name = format!("{kind}::");
        let sources = program().filter(|source| below(source, &["simulator/"]));
        let sources = sources.filter(|source| source.text.contains(&name));
        let named = sources.filter(|it| it.code().iter().any(|line| line.contains(&name)));
        let files: Vec<String> = named.map(|source| source.path.clone()).collect();
        assert!(files.len() <= 2, "{kind} stands in {files:?}");
        let folder = |file: &String| {
            services.iter().any(|service| {
                file.starts_with(&format!("simulator/{service}/"))
                    || *file == format!("simulator/{service}.rs")
            })
        };
        assert!(files.iter().all(folder), "{kind} stands in {files:?}");
    }
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
