//! The records in a file, one after the other: files of CloudTrail are read as streams, because a
//! single one may be larger than memory.
//!
//! Accepted are CloudTrail's own files (`{"Records": [...]}`), the answers of LookupEvents as the
//! AWS CLI prints them (`{"Events": [...]}`), lists of records, and one record a line.

use std::io::{self, Read};

/// The largest record. CloudTrail's are at most 256 KB (user guide, "CloudTrail record contents").
const MAX_RECORD: usize = 2 * 1024 * 1024;
const CHUNK: usize = 256 * 1024;
/// The members of a file whose value is a list of records.
const LISTS: [&[u8]; 2] = [b"\"Records\"", b"\"Events\""];

/// Reads records.
pub(super) struct Records<R> {
    input: R,
    buffer: Vec<u8>,
    at: usize,
    is_over: bool,
    /// Lists and objects around records that have begun and not ended.
    open: usize,
}

impl<R: Read> Records<R> {
    pub(super) fn new(input: R) -> Self {
        Self { input, buffer: Vec::new(), at: 0, is_over: false, open: 0 }
    }

    /// The text of the next record; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read, ends in the middle, or is no JSON.
    pub(super) fn next(&mut self) -> io::Result<Option<&[u8]>> {
        loop {
            let Some(byte) = self.peek(0)? else {
                if self.open > 0 {
                    return Err(wrong("it ends in the middle"));
                }
                return Ok(None);
            };
            match byte {
                b'{' if !self.is_around_records()? => {
                    let length = self.length_of_record()?;
                    let record = self.at..self.at + length;
                    self.at += length;
                    return Ok(Some(&self.buffer[record]));
                }
                b'{' | b'[' => self.open += 1,
                b'}' | b']' => {
                    self.open = self.open.checked_sub(1).ok_or_else(|| wrong("it is not JSON"))?;
                }
                b'"' => self.skip_text()?,
                byte if byte.is_ascii_whitespace() || b",:.+-".contains(&byte) => {}
                byte if byte.is_ascii_alphanumeric() && self.open > 0 => {}
                _ => return Err(wrong("it is not JSON")),
            }
            self.at += 1;
        }
    }

    /// The byte at some distance; `None` after the end.
    fn peek(&mut self, distance: usize) -> io::Result<Option<u8>> {
        while self.at + distance >= self.buffer.len() {
            if self.is_over {
                return Ok(None);
            }
            self.buffer.drain(..self.at);
            self.at = 0;
            let before = self.buffer.len();
            self.buffer.resize(before + CHUNK, 0);
            let count = self.input.read(&mut self.buffer[before..])?;
            self.buffer.truncate(before + count);
            self.is_over = count == 0;
        }
        Ok(self.buffer.get(self.at + distance).copied())
    }

    /// Whether the object that begins here has a list of records.
    fn is_around_records(&mut self) -> io::Result<bool> {
        let mut distance = 1;
        while self.peek(distance)?.is_some_and(|byte| byte.is_ascii_whitespace()) {
            distance += 1;
        }
        self.peek(distance + LISTS[0].len())?;
        let rest = self.buffer.get(self.at + distance..).unwrap_or_default();
        Ok(LISTS.iter().any(|list| rest.starts_with(list)))
    }

    /// Moves to the quotation mark at the end of a text.
    fn skip_text(&mut self) -> io::Result<()> {
        let mut is_escaped = false;
        loop {
            self.at += 1;
            match self.peek(0)? {
                None => return Err(wrong("it ends in the middle")),
                Some(b'"') if !is_escaped => return Ok(()),
                Some(byte) => is_escaped = byte == b'\\' && !is_escaped,
            }
        }
    }

    /// The number of bytes of the object that begins here.
    fn length_of_record(&mut self) -> io::Result<usize> {
        let (mut depth, mut in_text, mut is_escaped) = (0_usize, false, false);
        let mut length = 0;
        while self.peek(length)?.is_some() {
            // What is in the buffer, without asking for each byte.
            for byte in &self.buffer[self.at + length..] {
                length += 1;
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' if in_text => is_escaped = true,
                    b'"' => in_text = !in_text,
                    b'{' if !in_text => depth += 1,
                    b'}' if !in_text => {
                        depth -= 1;
                        if depth == 0 {
                            return Ok(length);
                        }
                    }
                    _ => {}
                }
            }
            if length > MAX_RECORD {
                return Err(wrong("it has a record that is larger than CloudTrail's"));
            }
        }
        Err(wrong("it ends in the middle"))
    }
}

fn wrong(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(out.len());
            out[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn records(text: &str, step: usize) -> io::Result<Vec<String>> {
        let mut records = Records::new(Slow(text.as_bytes(), step));
        let mut all = Vec::new();
        while let Some(record) = records.next()? {
            all.push(String::from_utf8(record.to_vec()).unwrap());
        }
        Ok(all)
    }

    #[test]
    fn records_are_found_in_every_form_of_file() {
        let one = r#"{"a": "} \" {", "b": {"c": [1, {}]}}"#;
        let two = r#"{"d": "\\"}"#;
        for file in [
            format!(r#"{{"Records":[{one},{two}]}}"#),
            format!(r#"{{ "Events" : [ {one} , {two} ], "NextToken": "x{{y", "n": null }}"#),
            format!("[{one},\n{two}]"),
            format!("{one}\n{two}\n"),
            format!(r#"{{"Records":[{one}]}}{{"Records": [{two}]}}"#),
        ] {
            for step in [1, 7, 4096] {
                assert_eq!(records(&file, step).unwrap(), [one, two], "{file} by {step}");
            }
        }
        for empty in ["", " \n", "[]", r#"{"Records": []}"#] {
            assert_eq!(records(empty, 3).unwrap(), [""; 0]);
        }
    }

    #[test]
    fn what_ends_in_the_middle_or_is_no_json_is_an_error() {
        let whole = r#"{"Records": [{"a": "b"}]}"#;
        for end in 1..whole.len() {
            assert!(records(&whole[..end], 5).is_err(), "{}", &whole[..end]);
        }
        for text in ["hello", "]", "\u{1f}\u{8b}", "<html>"] {
            assert!(records(text, 5).is_err(), "{text}");
        }
        let large = format!(r#"{{"a": "{}"}}"#, "x".repeat(MAX_RECORD + CHUNK));
        assert!(records(&large, 1 << 20).is_err());
    }
}
