//! `palisade policy-diff A B`: the difference of two policy documents.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context as _;

use super::{Ended, output};
use crate::model::policy_document::{Comparison, Context, Dialect, PolicyDocument, diff};

/// Arguments of `policy-diff`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The old document
    a: PathBuf,
    /// The new document
    b: PathBuf,
    /// The type of the documents: each service reads and rewrites them in its own way
    #[arg(long, value_enum, default_value_t = Sort::Key)]
    dialect: Sort,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: output::Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Sort {
    /// KMS key policy: compared by meaning
    Key,
    /// VPC endpoint policy: compared by meaning
    Endpoint,
    /// Service control policy: compared strictly, because Organizations stores it as sent
    Scp,
    /// Resource control policy: compared like a service control policy
    Rcp,
}

/// `palisade policy-diff`: exit 0 when equal, 2 when not.
pub(super) fn verb(args: &Args) -> anyhow::Result<Ended> {
    let dialect = match args.dialect {
        Sort::Key => Dialect::KeyPolicy,
        Sort::Endpoint => Dialect::EndpointPolicy,
        Sort::Scp => Dialect::ServiceControlPolicy,
        Sort::Rcp => Dialect::ResourceControlPolicy,
    };
    let mut out = Vec::new();
    let json = args.output == output::Format::Json;
    let equal = run(&args.a, &args.b, dialect, json, &mut out)?;
    output::print(&String::from_utf8(out)?)?;
    Ok(if equal { Ended::Done } else { Ended::Changes })
}

/// Prints the changes from document `a` to document `b` and returns whether there are none.
/// Documents that differ only in statement names are not equal here, because the difference is
/// printed.
///
/// # Errors
/// A file that cannot be read or is not a policy document of `dialect`; `out` cannot be written.
pub fn run(
    a: &Path,
    b: &Path,
    dialect: Dialect,
    json: bool,
    out: &mut dyn Write,
) -> anyhow::Result<bool> {
    let (a, b) = (read(a, dialect)?, read(b, dialect)?);
    let diff = diff(&a, &b, &context(&a, &b));
    let equal = diff.comparison == Comparison::Equal;
    if json {
        serde_json::to_writer_pretty(&mut *out, &diff)?;
        writeln!(out)?;
    } else if equal {
        writeln!(out, "The documents are equal.")?;
    } else {
        write!(out, "{diff}")?;
        writeln!(out, "Overall: {}.", diff.widening)?;
    }
    Ok(equal)
}

fn read(path: &Path, dialect: Dialect) -> anyhow::Result<PolicyDocument> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    PolicyDocument::parse(&text, dialect)
        .with_context(|| format!("{} is not a policy document", path.display()))
}

/// There is no caller here, so an account id is read in the partition that both documents name, or
/// else in `aws`.
fn context(a: &PolicyDocument, b: &PolicyDocument) -> Context {
    let partitions: std::collections::BTreeSet<&str> =
        a.partitions().into_iter().chain(b.partitions()).collect();
    let partition = match partitions.first() {
        Some(only) if partitions.len() == 1 => *only,
        _ => "aws",
    };
    Context { partition: partition.to_owned(), account: String::new() }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use tempfile::TempDir;

    use super::run;
    use crate::model::policy_document::Dialect;

    struct Files(TempDir);

    impl Files {
        fn new(a: &str, b: &str) -> Self {
            let dir = TempDir::new().expect("temporary directory");
            fs::write(dir.path().join("a.json"), a).expect("write a");
            fs::write(dir.path().join("b.json"), b).expect("write b");
            Self(dir)
        }
        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }
        fn diff(&self, json: bool) -> (bool, String) {
            let mut out = Vec::new();
            let equal =
                run(&self.path("a.json"), &self.path("b.json"), Dialect::KeyPolicy, json, &mut out);
            (equal.expect("both are policies"), String::from_utf8(out).expect("UTF-8"))
        }
    }

    fn policy(principal: &str, sid: &str) -> String {
        format!(
            r#"{{"Statement": {{"Sid": "{sid}", "Effect": "Allow", "Principal": {principal}, "Action": "kms:*", "Resource": "*"}}}}"#
        )
    }

    #[test]
    fn equal_documents_are_reported_as_equal() {
        let files = Files::new(&policy("\"*\"", ""), &policy(r#"{"AWS": ["*"]}"#, ""));
        assert_eq!(files.diff(false), (true, "The documents are equal.\n".to_owned()));
    }

    #[test]
    fn a_difference_is_printed_and_reported() {
        let files = Files::new(
            &policy(r#"{"AWS": "arn:aws:iam::111122223333:root"}"#, "A"),
            &policy("\"*\"", "A"),
        );
        let (equal, text) = files.diff(false);
        assert!(!equal);
        insta::assert_snapshot!(text, @r#"
        ~ statement "A" (Allow): widens access
          - Principal AWS: arn:aws:iam::111122223333:root
          + Principal AWS: *
        Overall: widens access.
        "#);
    }

    #[test]
    fn a_difference_of_names_alone_is_a_difference() {
        let files = Files::new(&policy("\"*\"", "A"), &policy("\"*\"", "B"));
        let (equal, text) = files.diff(false);
        assert!(!equal);
        assert!(text.starts_with("~ statement \"B\" (Allow): no effect on access\n"), "{text}");
    }

    #[test]
    fn json_output_is_one_json_document() {
        let files = Files::new(&policy("\"*\"", "A"), &policy("\"*\"", "B"));
        let (_, text) = files.diff(true);
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["comparison"], "cosmetic-only");
        assert_eq!(value["statements"][0]["elements"][0]["added"][0], "B");
    }

    #[test]
    fn an_account_id_is_read_in_the_partition_of_the_documents() {
        let root = r#"{"AWS": "arn:aws-cn:iam::111122223333:root"}"#;
        let files = Files::new(&policy(root, ""), &policy(r#"{"AWS": "111122223333"}"#, ""));
        assert!(files.diff(false).0);
        let both =
            r#"{"AWS": ["arn:aws-cn:iam::111122223333:root", "arn:aws:iam::111122223333:root"]}"#;
        let id = r#"{"AWS": ["arn:aws-cn:iam::111122223333:root", "111122223333"]}"#;
        assert!(
            Files::new(&policy(both, ""), &policy(id, "")).diff(false).0,
            "two partitions: the id is of aws"
        );
    }

    #[test]
    fn a_bad_file_is_named_and_its_text_is_not() {
        let files = Files::new(r#"{"Statement": [], "Secret": "hunter2"}"#, &policy("\"*\"", ""));
        let bad = run(
            &files.path("a.json"),
            &files.path("b.json"),
            Dialect::KeyPolicy,
            false,
            &mut Vec::new(),
        );
        let message = format!("{:#}", bad.expect_err("unknown field"));
        assert!(
            message.contains("a.json")
                && message.contains("Secret")
                && !message.contains("hunter2"),
            "{message}"
        );
        let gone = run(
            &files.path("c.json"),
            &files.path("b.json"),
            Dialect::KeyPolicy,
            false,
            &mut Vec::new(),
        );
        assert!(format!("{:#}", gone.expect_err("no such file")).contains("c.json"));
    }
}
