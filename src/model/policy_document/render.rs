//! Displays a diff as text.

use std::fmt;

use super::{
    diff::{DocumentChange, PolicyDiff, StatementChange, StatementDiff},
    direction::Widening,
    error::printable,
};

impl fmt::Display for PolicyDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for change in &self.document {
            match change {
                DocumentChange::Version { old, new } => writeln!(f, "~ Version: {old} -> {new}")?,
                DocumentChange::Id { old, new } => {
                    let shown =
                        |id: &Option<String>| id.as_deref().map_or("(none)".to_owned(), quoted);
                    writeln!(f, "~ Id: {} -> {}", shown(old), shown(new))?;
                }
                DocumentChange::Form => {
                    writeln!(
                        f,
                        "~ the same statements, written differently (order, repetition or brackets)"
                    )?;
                }
            }
        }
        self.statements.iter().try_for_each(|statement| statement.fmt(f))
    }
}

impl fmt::Display for StatementDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = match self.change {
            StatementChange::Added => '+',
            StatementChange::Removed => '-',
            StatementChange::Changed => '~',
        };
        writeln!(
            f,
            "{mark} {} ({}): {}",
            printable(&self.name),
            self.effect.name(),
            self.widening
        )?;
        for change in &self.elements {
            let element = printable(&change.element);
            for (mark, values) in [('-', &change.removed), ('+', &change.added)] {
                for value in values {
                    writeln!(f, "  {mark} {element}: {}", printable(value))?;
                }
            }
        }
        self.other_accounts
            .iter()
            .try_for_each(|account| writeln!(f, "  ~ names account {}", printable(account)))
    }
}

impl fmt::Display for Widening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Widens => "widens access",
            Self::Narrows => "narrows access",
            Self::Mixed => "widens and narrows access",
            Self::Neutral => "no effect on access",
            Self::Unknown => "effect on access unknown",
        })
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", printable(text))
}
