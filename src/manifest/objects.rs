//! Git's object store, read without Git: loose objects, packs and alternates, with SHA-1 or SHA-256
//! (Git documentation, gitformat-pack and gitrepository-layout). Only commits and trees are read.
//! What cannot be read is `None`: nothing is concluded from it.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::ffi::OsStringExt as _,
    path::{Path, PathBuf},
};

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;
use sha1::{Digest as _, Sha1};
use sha2::Sha256;

/// A tree with a hundred thousand entries has a few MiB; a larger object is not read.
const OBJECT_LIMIT: usize = 32 * 1024 * 1024;
/// Git makes chains of at most 50 deltas by default, and never more than 4095.
const DELTA_DEPTH: usize = 4096;
/// The depth of alternates of alternates that Git follows.
const ALTERNATES_DEPTH: usize = 5;

const COMMIT: u8 = 1;
const TREE: u8 = 2;
const OFS_DELTA: u8 = 6;
const REF_DELTA: u8 = 7;

/// The bytes of an object's name.
pub(super) type Id = Vec<u8>;

/// One entry of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// What it is, with its permissions.
    pub(super) mode: Mode,
    /// Its name in its directory.
    pub(super) name: OsString,
    /// The object it names.
    pub(super) id: Id,
}

/// What a tree's entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    Directory,
    File,
    Link,
    /// A commit of another repository.
    Submodule,
}

/// The objects of one repository.
#[derive(Debug)]
pub(super) struct Store {
    folders: Vec<PathBuf>,
    /// Bytes of an object's name: 20 or 32.
    width: usize,
}

impl Store {
    /// The objects of the repository whose files are in `common`; `commit` is the name of one of
    /// its commits.
    pub(super) fn open(common: &Path, commit: &str) -> Self {
        let mut folders = Vec::new();
        with_alternates(&common.join("objects"), &mut folders, 0);
        Self { folders, width: commit.len() / 2 }
    }

    /// The tree of a commit.
    pub(super) fn tree_of(&self, commit: &str) -> Option<Id> {
        let (kind, body) = self.object(&hex::decode(commit).ok()?, 0)?;
        let first = body.split(|byte| *byte == b'\n').next()?;
        let tree = first.strip_prefix(b"tree ").filter(|_| kind == COMMIT)?;
        hex::decode(tree).ok()
    }

    /// The entries of a tree.
    pub(super) fn tree(&self, id: &[u8]) -> Option<Vec<Entry>> {
        let (kind, body) = self.object(id, 0)?;
        let mut rest = Some(&body[..]).filter(|_| kind == TREE)?;
        let mut entries = Vec::new();
        while !rest.is_empty() {
            let space = rest.iter().position(|byte| *byte == b' ')?;
            let end = rest.iter().position(|byte| *byte == 0)?;
            let name = rest.get(space + 1..end)?.to_vec();
            let mode = match rest.get(..space)? {
                b"40000" => Mode::Directory,
                b"120000" => Mode::Link,
                b"160000" => Mode::Submodule,
                _ => Mode::File,
            };
            let id = rest.get(end + 1..end + 1 + self.width)?.to_vec();
            entries.push(Entry { mode, name: OsString::from_vec(name), id });
            rest = rest.get(end + 1 + self.width..)?;
        }
        Some(entries)
    }

    /// The name of a file with this content.
    pub(super) fn blob_id(&self, content: &[u8]) -> Id {
        let head = format!("blob {}\0", content.len());
        if self.width == 32 {
            Sha256::new().chain_update(head).chain_update(content).finalize().to_vec()
        } else {
            Sha1::new().chain_update(head).chain_update(content).finalize().to_vec()
        }
    }

    fn object(&self, id: &[u8], depth: usize) -> Option<(u8, Vec<u8>)> {
        self.folders
            .iter()
            .find_map(|folder| loose(folder, id))
            .or_else(|| self.folders.iter().find_map(|folder| self.packed(folder, id, depth)))
    }

    fn packed(&self, folder: &Path, id: &[u8], depth: usize) -> Option<(u8, Vec<u8>)> {
        let packs = fs::read_dir(folder.join("pack")).ok()?;
        packs.filter_map(Result::ok).map(|entry| entry.path()).find_map(|path| {
            let index = path.extension().is_some_and(|extension| extension == "idx");
            let at = index.then(|| self.offset(&path, id)).flatten()?;
            self.at(&mut File::open(path.with_extension("pack")).ok()?, at, depth)
        })
    }

    /// Where in its pack an object begins, by the pack's index (version 2).
    fn offset(&self, index: &Path, id: &[u8]) -> Option<u64> {
        const NAMES: u64 = 8 + 256 * 4;
        let mut file = File::open(index).ok()?;
        if read_at(&mut file, 0, 8)? != [0xff, b't', b'O', b'c', 0, 0, 0, 2] {
            return None;
        }
        let first = u64::from(*id.first()?);
        let mut fan = |n: u64| number(&read_at(&mut file, 8 + n * 4, 4)?);
        let all = fan(255)?;
        let low = if first == 0 { 0 } else { fan(first - 1)? };
        let high = fan(first)?.max(low);
        let width = self.width as u64;
        let names = read_at(&mut file, NAMES + low * width, (high - low) * width)?;
        let place = names.chunks_exact(self.width).position(|name| name == id)?;
        let place = low + place as u64;
        let offsets = NAMES + all * (width + 4);
        let short = number(&read_at(&mut file, offsets + place * 4, 4)?)?;
        if short & 0x8000_0000 == 0 {
            return Some(short);
        }
        let long = offsets + all * 4 + (short & 0x7fff_ffff) * 8;
        number(&read_at(&mut file, long, 8)?)
    }

    /// The object at an offset in a pack.
    fn at(&self, pack: &mut File, at: u64, depth: usize) -> Option<(u8, Vec<u8>)> {
        if depth > DELTA_DEPTH {
            return None;
        }
        let head = upto(pack, at, 128)?;
        let mut bytes = head.iter().copied();
        let mut byte = bytes.next()?;
        let kind = (byte >> 4) & 7;
        let mut size = usize::from(byte & 15);
        let mut shift = 4;
        while byte & 0x80 != 0 {
            byte = bytes.next()?;
            size |= usize::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
        }
        let base = match kind {
            COMMIT | TREE => None,
            OFS_DELTA => Some(Base::Before(distance(&mut bytes)?)),
            REF_DELTA => Some(Base::Named(bytes.by_ref().take(self.width).collect())),
            _ => return None,
        };
        let begin = at + (head.len() - bytes.len()) as u64;
        if size > OBJECT_LIMIT {
            return None;
        }
        // Incompressible content grows by less than a thousandth.
        let data = upto(pack, begin, (size + size / 512 + 1024) as u64)?;
        let data = decompress_to_vec_zlib_with_limit(&data, size).ok()?;
        match base {
            None => Some((kind, data)),
            Some(base) => {
                let (kind, source) = match base {
                    Base::Before(distance) => {
                        self.at(pack, at.checked_sub(distance)?, depth + 1)?
                    }
                    Base::Named(id) => self.object(&id, depth + 1)?,
                };
                Some((kind, patched(&source, &data)?))
            }
        }
    }
}

/// The base of a delta.
enum Base {
    /// The object this many bytes earlier.
    Before(u64),
    Named(Id),
}

fn with_alternates(objects: &Path, folders: &mut Vec<PathBuf>, depth: usize) {
    if depth > ALTERNATES_DEPTH || folders.iter().any(|folder| folder == objects) {
        return;
    }
    folders.push(objects.to_owned());
    let Ok(others) = fs::read_to_string(objects.join("info/alternates")) else { return };
    for other in others.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        with_alternates(&objects.join(other), folders, depth + 1);
    }
}

fn loose(folder: &Path, id: &[u8]) -> Option<(u8, Vec<u8>)> {
    let name = hex::encode(id);
    let file = File::open(folder.join(name.get(..2)?).join(name.get(2..)?)).ok()?;
    let mut data = Vec::new();
    file.take(OBJECT_LIMIT as u64).read_to_end(&mut data).ok()?;
    let data = decompress_to_vec_zlib_with_limit(&data, OBJECT_LIMIT).ok()?;
    let end = data.iter().position(|byte| *byte == 0)?;
    let kind = match data.get(..end)?.split(|byte| *byte == b' ').next()? {
        b"commit" => COMMIT,
        b"tree" => TREE,
        _ => return None,
    };
    Some((kind, data.get(end + 1..)?.to_vec()))
}

/// The distance from a delta back to its base.
fn distance(bytes: &mut impl Iterator<Item = u8>) -> Option<u64> {
    let mut byte = bytes.next()?;
    let mut distance = u64::from(byte & 0x7f);
    while byte & 0x80 != 0 {
        byte = bytes.next()?;
        distance = distance.checked_add(1)?.checked_mul(128)? | u64::from(byte & 0x7f);
    }
    Some(distance)
}

/// Applies a delta to its base.
fn patched(source: &[u8], delta: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = delta.iter().copied();
    let (before, after) = (length(&mut bytes)?, length(&mut bytes)?);
    if before != source.len() || after > OBJECT_LIMIT {
        return None;
    }
    let mut target = Vec::with_capacity(after);
    while let Some(instruction) = bytes.next() {
        if instruction & 0x80 == 0 {
            let count = usize::from(instruction);
            target.extend(bytes.by_ref().take(count));
            if count == 0 {
                return None;
            }
            continue;
        }
        let mut operand = |bits: std::ops::Range<u32>| {
            let given = |bit: &u32| instruction & (1 << bit) != 0;
            let mut value = 0_usize;
            for bit in bits.clone().filter(given) {
                value |= usize::from(bytes.next()?) << (8 * (bit - bits.start));
            }
            Some(value)
        };
        let (from, count) = (operand(0..4)?, operand(4..7)?);
        let count = if count == 0 { 0x10000 } else { count };
        target.extend_from_slice(source.get(from..from.checked_add(count)?)?);
    }
    (target.len() == after).then_some(target)
}

fn length(bytes: &mut impl Iterator<Item = u8>) -> Option<usize> {
    let (mut value, mut shift) = (0_usize, 0);
    loop {
        let byte = bytes.next()?;
        value |= usize::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

fn read_at(file: &mut File, at: u64, count: u64) -> Option<Vec<u8>> {
    let bytes = upto(file, at, count)?;
    (bytes.len() as u64 == count).then_some(bytes)
}

fn upto(file: &mut File, at: u64, count: u64) -> Option<Vec<u8>> {
    file.seek(SeekFrom::Start(at)).ok()?;
    let mut bytes = Vec::new();
    file.take(count).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// A big-endian number.
fn number(bytes: &[u8]) -> Option<u64> {
    (bytes.len() <= 8).then(|| bytes.iter().fold(0, |all, byte| (all << 8) | u64::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_that_git_gives() {
        // `printf hello | git hash-object --stdin`, with either sort of repository.
        let of = |commit: &str| hex::encode(Store::open(Path::new("/"), commit).blob_id(b"hello"));
        assert_eq!(of(&"0".repeat(40)), "b6fc4c620b67d95f953a5c1c1230aaab5db5a1b0");
        assert_eq!(
            of(&"0".repeat(64)),
            "8aec4e4876f854f688d0ebfc8f37598f38e5fd6903cccc850ca36591175aeb60"
        );
    }

    #[test]
    fn a_delta_copies_and_inserts() {
        let source = b"the quick brown fox";
        // 19 bytes become 14: copy 4 from 0, insert "slow", copy 6 from 9.
        let delta = [19, 14, 0x90, 4, 4, b's', b'l', b'o', b'w', 0x91, 9, 6];
        assert_eq!(patched(source, &delta).as_deref(), Some(&b"the slow brown"[..]));
        for broken in [&[18, 14][..], &[19, 14, 0x90, 4], &[19, 1, 0], &[19, 4, 0x91, 18, 4], &[19]]
        {
            assert_eq!(patched(source, broken), None, "{broken:?}");
        }
    }
}
