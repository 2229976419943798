//! Confirmation before writing.

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

/// Asks on the terminal. Without a terminal this is an error.
pub(super) fn confirm(question: &str) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() {
        anyhow::bail!("there is no terminal to ask for confirmation; use --yes");
    }
    let mut terminal = anstream::stderr();
    write!(terminal, "{question} [y/N] ")?;
    terminal.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
