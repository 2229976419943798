//! What an import did.

use std::{collections::BTreeMap, fmt::Write as _};

use serde::Serialize;

use super::{draft::Draft, owners::Skip, pages::Pages};
use crate::{
    baseline::Finding,
    model::{Address, PhysicalId, policy_document::printable},
};

/// What an import did.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// The version of this form.
    pub schema_version: u32,
    /// The manifests that were written.
    pub imported: Vec<Imported>,
    /// Their number by kind.
    pub counts: BTreeMap<String, usize>,
    /// The files that were written, below the directory.
    pub files: Vec<String>,
    /// What is not imported, and why.
    pub skipped: Vec<Skipped>,
    /// What could not be read.
    pub not_read: Vec<NotRead>,
    /// What manifests do not say of their resource.
    pub omitted: Vec<Omitted>,
    /// What breaks a rule of the secure baseline.
    pub findings: Vec<Finding>,
    /// What a stopped import had done already.
    pub resumed: Resumed,
}

/// What an import took over from one that was stopped.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Resumed {
    /// How many readings were not made again.
    pub readings: usize,
    /// The files that it had finished and not put in place, below the directory.
    pub files: Vec<String>,
}

/// A manifest that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Its address.
    pub address: Address,
    /// The resource.
    pub id: PhysicalId,
    /// The file, below the directory.
    pub file: String,
}

/// A resource that is not imported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Skipped {
    /// Its scope.
    pub scope: String,
    /// Its kind.
    pub kind: String,
    /// Its id.
    pub id: PhysicalId,
    /// Why.
    pub why: Skip,
}

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotRead {
    /// Its scope.
    pub scope: String,
    /// Its kind.
    pub kind: String,
    /// The resource; all of the kind if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<PhysicalId>,
    /// Whether it is usual that it may not be read.
    pub is_expected: bool,
    /// What AWS answered.
    pub why: String,
}

/// A field that a manifest does not say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Omitted {
    /// The manifest.
    pub address: Address,
    /// The field, below `spec`.
    pub field: String,
    /// Why.
    pub why: String,
}

impl Summary {
    /// Whether everything could be read that can usually be read.
    pub fn is_complete(&self) -> bool {
        self.not_read.iter().all(|it| it.is_expected)
    }

    /// What a state has that was neither imported nor skipped.
    pub fn missing<'s>(
        &'s self,
        state: &'s super::terraform::State,
    ) -> impl Iterator<Item = (&'static str, &'s str)> {
        state.ids().filter(|(kind, id)| {
            let imported = self.imported.iter();
            let imported = imported.map(|it| (it.address.kind.as_str(), it.id.as_str()));
            let skipped = self.skipped.iter().map(|it| (it.kind.as_str(), it.id.as_str()));
            !imported.chain(skipped).any(|it| it == (*kind, *id))
        })
    }

    /// Takes the drafts that are not imported after all.
    pub(super) fn take_skipped(&mut self, drafts: &mut Vec<Draft>) {
        for draft in drafts.extract_if(.., |draft| draft.skip.is_some()) {
            let Address { scope, kind, .. } = draft.address;
            let id = draft.live.id;
            self.skipped.extend(draft.skip.map(|why| Skipped { scope, kind, id, why }));
        }
    }

    /// Takes what was written.
    pub(super) fn take(&mut self, drafts: &[Draft], pages: &Pages, findings: &[Finding]) {
        self.schema_version = 1;
        let ids: BTreeMap<&Address, &PhysicalId> =
            drafts.iter().map(|draft| (&draft.address, &draft.live.id)).collect();
        for (address, file, left_out) in pages.list() {
            let Some(id) = ids.get(address) else { continue };
            *self.counts.entry(address.kind.clone()).or_default() += 1;
            self.imported.push(Imported {
                address: address.clone(),
                id: (*id).clone(),
                file: file.to_owned(),
            });
            self.omitted.extend(left_out.iter().map(|(field, why)| Omitted {
                address: address.clone(),
                field: field.clone(),
                why: why.clone(),
            }));
        }
        self.files = pages.names().map(str::to_owned).collect();
        self.findings = findings.to_vec();
        self.skipped.sort();
    }

    /// For people.
    pub fn text(&self) -> String {
        let mut out = String::new();
        let count = |count: usize, what: &str| match count {
            1 => format!("1 {what}"),
            _ => format!("{count} {what}s"),
        };
        let (manifests, files) = (self.imported.len(), self.files.len());
        let _ = writeln!(out, "{} in {}", count(manifests, "manifest"), count(files, "file"));
        for (kind, number) in &self.counts {
            let _ = writeln!(out, "  {number:>5}  {kind}");
        }
        let Resumed { readings, files } = &self.resumed;
        if *readings > 0 || !files.is_empty() {
            out.push_str("\nwent on where an import was stopped: ");
            let (readings, files) = (count(*readings, "reading"), count(files.len(), "file"));
            let _ = writeln!(out, "{readings} not repeated, {files} of it put in place");
        }
        if !self.skipped.is_empty() {
            let _ = writeln!(out, "\nnot imported: {}", self.skipped.len());
            let mut alike: BTreeMap<(&str, &str, &Skip), Vec<&str>> = BTreeMap::new();
            for it in &self.skipped {
                alike.entry((&it.scope, &it.kind, &it.why)).or_default().push(it.id.as_str());
            }
            for ((scope, kind, why), ids) in alike {
                let ids = ids.join(", ");
                let _ = writeln!(out, "  {scope}/{kind} {ids}: {}", printable(&why.to_string()));
            }
        }
        if !self.not_read.is_empty() {
            let _ = writeln!(out, "\nnot read: {}", self.not_read.len());
            for NotRead { scope, kind, id, why, .. } in &self.not_read {
                let id = id.as_ref().map(|id| format!(" {id}")).unwrap_or_default();
                let _ = writeln!(out, "  {scope}/{kind}{id}: {}", printable(why));
            }
        }
        if !self.omitted.is_empty() {
            let _ =
                writeln!(out, "\nleft out, with a comment in the manifest: {}", self.omitted.len());
            for Omitted { address, field, why } in &self.omitted {
                let _ = writeln!(out, "  {address} {field}: {}", printable(why));
            }
        }
        if !self.findings.is_empty() {
            let _ = writeln!(out, "\nfindings of the baseline: {}", self.findings.len());
            for Finding { rule, severity, address, path, message, .. } in &self.findings {
                let message = printable(message);
                let _ = writeln!(out, "  [{rule} {severity}] {address} {path}: {message}");
            }
        }
        out
    }
}
