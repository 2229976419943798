//! Files of CloudTrail, read as streams: one thread reads and unpacks, two evaluate.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use super::{
    Analyst, Ground, Known, Policy, Tally,
    gunzip::{Gunzip, MAGIC},
    records::Records,
};

/// Records are handed on in batches of about this size, and a few of them wait for each thread.
const BATCH: usize = 256 * 1024;
const WAITING: usize = 4;
/// Threads that evaluate. The batches go to them in turn, so that the result does not depend on
/// which of them is faster.
const READERS: usize = 2;
/// Directories below the one that was named: S3's layout has nine levels.
const DEEPEST: usize = 20;

/// A file that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", .file.display())]
pub struct FileError {
    file: PathBuf,
    source: io::Error,
}

/// Some records, one after the other.
#[derive(Default)]
struct Batch {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

/// What all records in these files, and in the `.json` and `.gz` files below these directories,
/// mean for the policies. Records before `since` (a time as CloudTrail writes it) are left out.
///
/// # Errors
/// A file that cannot be read, or that has something else in it: a result without it would look
/// like the whole.
pub fn of_files(
    paths: &[PathBuf],
    policies: &[Policy],
    ground: &Ground,
    since: Option<&str>,
) -> Result<Tally, FileError> {
    let files = all(paths)?;
    let known = Known::default();
    thread::scope(|scope| {
        let mut readers = Vec::new();
        let mut senders = Vec::new();
        for _ in 0..READERS {
            let (sender, receiver) = sync_channel(WAITING);
            let analyst = Analyst::new(policies, ground, &known, since);
            readers.push(scope.spawn(move || evaluate(analyst, &receiver)));
            senders.push(sender);
        }
        let read = read_all(&files, &senders);
        drop(senders);
        let tallies = readers
            .into_iter()
            .map(|it| it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        let tally = tallies.fold(Tally::default(), Tally::and);
        read.map(|()| tally)
    })
}

fn evaluate(mut analyst: Analyst<'_>, batches: &Receiver<Batch>) -> Tally {
    for Batch { bytes, ends } in batches {
        let mut begin = 0;
        for end in ends {
            analyst.take(&bytes[begin..end]);
            begin = end;
        }
    }
    analyst.finish()
}

fn read_all(files: &[PathBuf], senders: &[SyncSender<Batch>]) -> Result<(), FileError> {
    let mut turns = senders.iter().cycle();
    let mut batch = Batch::default();
    let mut hand_on = |batch: Batch| {
        // Nobody receives only after a panic, which is passed on.
        if let Some(sender) = turns.next() {
            let _ = sender.send(batch);
        }
    };
    for file in files {
        let read = || -> io::Result<()> {
            let mut records = Records::new(unpacked(file)?);
            while let Some(record) = records.next()? {
                batch.bytes.extend_from_slice(record);
                batch.ends.push(batch.bytes.len());
                if batch.bytes.len() >= BATCH {
                    hand_on(std::mem::take(&mut batch));
                }
            }
            Ok(())
        };
        let failed = |source| FileError { file: file.clone(), source };
        let mut read = read;
        read().map_err(failed)?;
    }
    hand_on(batch);
    Ok(())
}

/// The content of a file, whatever its name ends with.
fn unpacked(file: &Path) -> io::Result<Box<dyn Read>> {
    let mut input = BufReader::new(File::open(file)?);
    let mut start = [0; 2];
    let mut length = 0;
    while length < start.len() {
        match input.read(&mut start[length..])? {
            0 => break,
            count => length += count,
        }
    }
    let start = io::Cursor::new(start).take(length as u64);
    let packed = length == MAGIC.len() && start.get_ref().get_ref() == &MAGIC;
    let whole = start.chain(input);
    Ok(if packed { Box::new(Gunzip::new(whole)) } else { Box::new(whole) })
}

/// The files that are named, and those below the directories that are; in order.
fn all(paths: &[PathBuf]) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            below(path, DEEPEST, &mut files)
                .map_err(|source| FileError { file: path.clone(), source })?;
        } else {
            files.push(path.clone());
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

fn below(directory: &Path, levels: usize, files: &mut Vec<PathBuf>) -> io::Result<()> {
    if levels == 0 {
        return Err(io::Error::other("its directories are nested too deeply"));
    }
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let ends = |end: &str| path.extension().is_some_and(|it| it.eq_ignore_ascii_case(end));
        if path.is_dir() {
            // Digest files are no records.
            if !path.ends_with("CloudTrail-Digest") {
                below(&path, levels - 1, files)?;
            }
        } else if ends("json") || ends("gz") {
            files.push(path);
        }
    }
    Ok(())
}
