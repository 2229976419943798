//! The files of an import, as texts.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::Value;

use super::{
    Context,
    directory::Directory,
    draft::{Content, Draft},
    namer::Index,
    names,
};
use crate::{
    baseline::Finding,
    manifest::{SourceFile, documents_in},
    model::{Address, policy_document::printable},
};

/// The folder of the schemas that editors use, in the directory. What begins with a dot is not
/// loaded.
pub const SCHEMAS: &str = ".schemas";
/// More than this does not go into one file: loading refuses files of 1 MiB.
const MOST: usize = 700 * 1024;

/// All files of an import.
#[derive(Debug, Clone, Default)]
pub struct Pages(Vec<Page>);

#[derive(Debug, Clone)]
struct Page {
    /// Below the directory.
    file: String,
    /// The same as people are shown it.
    path: PathBuf,
    heading: String,
    documents: Vec<Written>,
}

#[derive(Debug, Clone)]
struct Written {
    address: Address,
    /// What it leaves out, by field.
    left_out: BTreeMap<String, String>,
    /// Its comments and the document.
    text: String,
    /// The content of the document, to see that comments do not change it.
    document: Value,
}

impl Pages {
    /// The files of these manifests. What is as it was `before` is not written as text again.
    pub fn of(
        drafts: &[Draft],
        context: Context<'_>,
        index: &Index,
        directory: &Directory,
        force: bool,
        before: &Self,
    ) -> Self {
        let default = context.settings.default_scope.as_deref();
        let before: BTreeMap<&Address, &Written> =
            before.documents().map(|(_, it)| (&it.address, it)).collect();
        let mut pages: BTreeMap<&str, Vec<Written>> = BTreeMap::new();
        for draft in drafts {
            let Some(content) = draft.content(context.registry, index, default) else { continue };
            let same = before.get(&draft.address).filter(|it| it.says(&content));
            let written = match same {
                Some(same) => Written::clone(same),
                None => written(&draft.address, content),
            };
            pages.entry(&draft.file).or_default().push(written);
        }
        let mut taken = BTreeSet::new();
        let mut all = Vec::new();
        for (file, mut documents) in pages {
            documents.sort_by(|a, b| a.address.cmp(&b.address));
            for documents in parted(documents) {
                let is_free = |name: &String| {
                    !taken.contains(name) && (!directory.has_file(name) || force && name == file)
                };
                let file = numbered(file).find(is_free).unwrap_or_else(|| file.to_owned());
                taken.insert(file.clone());
                let heading = heading(&file, &documents);
                let path = directory.path(&file);
                all.push(Page { file, path, heading, documents });
            }
        }
        Self(all)
    }

    /// The files as they are loaded and written.
    pub fn files(&self) -> impl Iterator<Item = SourceFile> {
        self.0.iter().map(|page| SourceFile { shown: page.path.clone(), text: page.text().into() })
    }

    /// Whether a file of this name, below the directory, is written.
    pub fn replaces(&self, file: &str) -> bool {
        self.0.iter().any(|page| page.file == file)
    }

    /// Whether a manifest is among them.
    pub fn has(&self, address: &Address) -> bool {
        self.documents().any(|(_, it)| it.address == *address)
    }

    fn documents(&self) -> impl Iterator<Item = (&Page, &Written)> {
        self.0.iter().flat_map(|page| page.documents.iter().map(move |it| (page, it)))
    }

    /// What is written: the address, the file, and what is left out.
    pub fn list(&self) -> impl Iterator<Item = (&Address, &str, &BTreeMap<String, String>)> {
        self.documents().map(|(page, it)| (&it.address, page.file.as_str(), &it.left_out))
    }

    /// The names of the files, below the directory.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|page| page.file.as_str())
    }

    /// The manifest at a line of a file.
    pub fn at(&self, path: &Path, line: u64) -> Option<&Address> {
        let page = self.0.iter().find(|page| page.path == path)?;
        let mut found = None;
        for (document, start) in page.documents.iter().zip(page.starts()) {
            if start <= line {
                found = Some(&document.address);
            }
        }
        found
    }

    /// The same with the findings as comments above what they are about.
    pub fn with_findings(&self, findings: &[Finding]) -> Self {
        let mut pages = self.clone();
        for page in &mut pages.0 {
            let starts = page.starts();
            for (document, start) in page.documents.iter_mut().zip(starts) {
                let own = findings.iter().filter(|it| it.address == document.address);
                let own: Vec<(u64, String)> = own
                    .map(|it| {
                        let line = it.origin.line.saturating_sub(start);
                        (line, format!("{} ({}): {}", it.rule, it.severity, it.message))
                    })
                    .collect();
                document.comment(&own);
            }
        }
        pages
    }
}

impl Page {
    /// The lines at which its documents begin, from 1.
    fn starts(&self) -> Vec<u64> {
        let mut line = 1 + lines(&self.heading);
        let mut starts = Vec::with_capacity(self.documents.len());
        for document in &self.documents {
            // The line between two documents.
            line += u64::from(!starts.is_empty());
            starts.push(line);
            line += lines(&document.text);
        }
        starts
    }

    fn text(&self) -> String {
        let texts: Vec<&str> = self.documents.iter().map(|it| it.text.as_str()).collect();
        format!("{}{}", self.heading, texts.join("---\n"))
    }
}

impl Written {
    /// Whether it has exactly this content, its comments included.
    fn says(&self, content: &Content) -> bool {
        self.document == content.document && self.left_out == content.left_out
    }

    /// Adds comments above lines of the document, counted from 0; at the top where the document
    /// would not be the same.
    fn comment(&mut self, comments: &[(u64, String)]) {
        if comments.is_empty() {
            return;
        }
        let mut out = String::new();
        for (number, line) in (0..).zip(self.text.lines()) {
            let indent = line.len() - line.trim_start().len();
            for (_, comment) in comments.iter().filter(|(at, _)| *at == number) {
                out.push_str(&line[..indent]);
                out.push_str(&comment_line(comment));
            }
            out.push_str(line);
            out.push('\n');
        }
        let is_same = |text: &str| says(text, &self.document);
        self.text = if is_same(&out) {
            out
        } else {
            let all: String = comments.iter().map(|(_, comment)| comment_line(comment)).collect();
            format!("{all}{}", self.text)
        };
    }
}

fn lines(text: &str) -> u64 {
    u64::try_from(text.lines().count()).unwrap_or(u64::MAX)
}

/// A comment of one line, whatever is in it.
fn comment_line(text: &str) -> String {
    format!("# {}\n", printable(text))
}

/// Whether a text is read as this document and nothing else.
fn says(text: &str, document: &Value) -> bool {
    documents_in(text).is_ok_and(|read| read == [document.clone()])
}

fn written(address: &Address, content: Content) -> Written {
    let Content { document, left_out } = content;
    let plain = serde_yaml::to_string(&document).unwrap_or_default();
    // JSON is YAML too, and escapes everything.
    let body = if says(&plain, &document) { plain } else { format!("{document:#}\n") };
    let mut text = String::new();
    for (field, why) in &left_out {
        text.push_str(&comment_line(&format!("left out: {field}: {why}")));
    }
    text.push_str(&body);
    Written { address: address.clone(), left_out, text, document }
}

/// The lines for editors above the first document.
fn heading(file: &str, documents: &[Written]) -> String {
    let Some(first) = documents.first() else { return String::new() };
    let up = "../".repeat(file.matches('/').count());
    let schema = names::file_name(&first.address.kind);
    format!("# yaml-language-server: $schema={up}{SCHEMAS}/{schema}.json\n")
}

/// As many lists as there must be files.
fn parted(documents: Vec<Written>) -> Vec<Vec<Written>> {
    let mut parts: Vec<Vec<Written>> = Vec::new();
    let mut size = 0;
    for document in documents {
        size += document.text.len();
        match parts.last_mut() {
            Some(last) if size <= MOST => last.push(document),
            _ => {
                size = document.text.len();
                parts.push(vec![document]);
            }
        }
    }
    parts
}

/// The name of a file, and then with numbers: `a/kind.yaml`, `a/kind-2.yaml`.
fn numbered(file: &str) -> impl Iterator<Item = String> {
    let stem = file.strip_suffix(".yaml").unwrap_or(file).to_owned();
    let first = std::iter::once(file.to_owned());
    first.chain((2..10_000).map(move |number| format!("{stem}-{number}.yaml")))
}

/// The name of a kind's schema in its folder.
pub fn schema_file(kind: &str) -> PathBuf {
    PathBuf::from(SCHEMAS).join(format!("{}.json", names::file_name(kind)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(spec: &Value) -> Written {
        let document = json!({"kind": "x", "spec": spec});
        let content = Content { document, left_out: BTreeMap::new() };
        written(&Address::new("prod", "Kind", "x"), content)
    }

    #[test]
    fn whatever_a_text_has_it_is_read_back_and_nothing_else() {
        for text in [
            "a\n---\nkind: Evil",
            "# no comment",
            "yes",
            "null",
            "0123",
            "1e3",
            "2026-11-30",
            "a: b",
            "- a",
            "!!binary x",
            "*alias",
            "&anchor",
            "tab\tand \"quotes\" and 'more'",
            "\u{7}\u{1b}[31mred",
            "\u{2028}line\u{85}next",
            "\u{feff}bom",
            " leading and trailing ",
            "ends with a line\n",
            "\n\nbegins with lines",
            "日本語 ü 🙂",
            "",
        ] {
            let page = page(&json!({"tags": {text: text}, "list": [text]}));
            assert!(says(&page.text, &page.document), "{text:?}: {}", page.text);
        }
    }

    #[test]
    fn a_comment_stays_one_and_stands_above_its_line() {
        let mut page = page(&json!({"ingress": [{"from": ["0.0.0.0/0"]}], "text": "one\ntwo"}));
        let line = page.text.lines().position(|line| line.contains("from:")).expect("it is there");
        page.comment(&[(line as u64, "open\nkind: Evil".to_owned())]);
        assert!(says(&page.text, &page.document), "{}", page.text);
        let above = page.text.lines().nth(line).expect("a line");
        assert!(above.trim_start().starts_with("# open"), "{}", page.text);
        // In a text of several lines a comment would be a part of it.
        let line = page.text.lines().position(|line| line.contains("two")).expect("it is there");
        page.comment(&[(line as u64, "inside".to_owned())]);
        assert!(says(&page.text, &page.document), "{}", page.text);
        assert!(page.text.contains("# inside"));
    }
}
