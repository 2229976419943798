//! An HTML writer in which a value cannot become markup: markup is always a constant of the
//! program.

use std::{
    fmt::{Display, Write as _},
    time::Duration,
};

use aws_smithy_types::{DateTime, date_time::Format};

/// A document being written.
#[derive(Debug, Default)]
pub(super) struct Html(String);

impl Html {
    /// Constant markup.
    pub(super) fn markup(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// A value as text, or inside a quoted attribute.
    pub(super) fn text(&mut self, value: impl Display) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = write!(Escaped(&mut self.0), "{value}");
        self
    }

    /// `<name class="class">text</name>`.
    pub(super) fn element(
        &mut self,
        name: &'static str,
        class: &'static str,
        text: impl Display,
    ) -> &mut Self {
        self.markup("<").markup(name);
        if !class.is_empty() {
            self.markup(" class=\"").markup(class).markup("\"");
        }
        self.markup(">").text(text).markup("</").markup(name).markup(">")
    }

    /// The beginning of a table, up to its body: caption and column headings (`#` marks a numeric
    /// column). It scrolls by itself if it is too wide.
    pub(super) fn table(&mut self, caption: &'static str, columns: &[&str]) -> &mut Self {
        self.markup("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
            .text(caption)
            .markup("\"><table>\n")
            .element("caption", "", caption)
            .markup("<thead><tr>");
        for column in columns {
            match column.strip_prefix('#') {
                Some(numbers) => self.markup("<th scope=\"col\" class=\"number\">").text(numbers),
                None => self.markup("<th scope=\"col\">").text(column),
            }
            .markup("</th>");
        }
        self.markup("</tr></thead>\n<tbody>\n")
    }

    /// The end of a table.
    pub(super) fn end_table(&mut self) -> &mut Self {
        self.markup("</tbody></table></div>\n")
    }

    /// A point in time, in UTC and as an age.
    pub(super) fn moment(&mut self, at: f64, now: f64) -> &mut Self {
        let machine = rfc3339(at);
        let people = machine.replace('T', " ").replace('Z', " UTC");
        self.markup("<time datetime=\"")
            .text(&machine)
            .markup("\">")
            .text(people)
            .markup("</time> <span class=\"dim\">(")
            .text(age(now - at))
            .markup(" ago)</span>")
    }

    /// The document.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

struct Escaped<'a>(&'a mut String);

impl std::fmt::Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for c in text.chars() {
            match c {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                // Control and direction-changing characters could make a line read differently.
                c if (c.is_control() && c != '\n') || is_bidi(c) => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        Ok(())
    }
}

fn is_bidi(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Seconds since the epoch as RFC 3339 in UTC, to the second.
fn rfc3339(at: f64) -> String {
    let moment = DateTime::from_secs_f64(at.floor());
    moment.fmt(Format::DateTime).unwrap_or_else(|_| format!("{at} s"))
}

/// A duration in words, rounded down: `45 s`, `12 min`, `3 h`, `9 d`.
pub(super) fn age(seconds: f64) -> String {
    let seconds = Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default().as_secs();
    match seconds {
        0..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_can_open_a_tag_or_leave_an_attribute() {
        let mut html = Html::default();
        html.markup("<p title=\"").text("\"'><b>&").markup("\">").text("</p><script>");
        assert_eq!(
            html.finish(),
            "<p title=\"&quot;&#39;&gt;&lt;b&gt;&amp;\">&lt;/p&gt;&lt;script&gt;"
        );
    }

    #[test]
    fn characters_that_change_how_a_line_reads_are_replaced() {
        let mut html = Html::default();
        html.text("a\u{202e}b\u{1b}[0mc\nd");
        assert_eq!(html.finish(), "a\u{fffd}b\u{fffd}[0mc\nd");
    }

    #[test]
    fn a_moment_is_given_in_utc_and_as_an_age() {
        let mut html = Html::default();
        html.moment(0.9, 7300.0);
        assert_eq!(
            html.finish(),
            "<time datetime=\"1970-01-01T00:00:00Z\">1970-01-01 00:00:00 UTC</time> \
             <span class=\"dim\">(2 h ago)</span>"
        );
        assert_eq!([age(-1.0), age(119.9), age(120.0), age(3e5)], ["0 s", "119 s", "2 min", "3 d"]);
    }
}
