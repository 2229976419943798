//! `approve`: writes the manifest with which Git approves one held step.
//!
//! It needs no running palisade and reaches none: the approval is given by whoever merges the file.

use std::{io::Write as _, path::PathBuf, time::Duration};

use anyhow::{Context as _, ensure};

use super::{Ended, output};
use crate::{
    manifest::{API_VERSION, APPROVAL, MAX_APPROVAL_SECONDS, is_digest},
    model::pause::moment,
    settings::{now, parse_duration},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Commit the file to the directory of manifests: Git approves, this command \
                  only writes the text. The approval releases exactly this step, once, until it \
                  expires."
)]
pub(super) struct Args {
    /// The digest that `palisade plan` and `palisade status` show with the held step
    #[arg(value_name = "DIGEST")]
    digest: String,
    /// How long the approval may be used, e.g. 8h; at most 168h
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = parse_duration)]
    expires: Duration,
    /// Write it to this new file instead of stdout
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> anyhow::Result<Ended> {
    let Args { digest, expires, out } = args;
    ensure!(
        is_digest(digest),
        "`{digest}` is not a digest: write the 12 characters (0-9, a-f) that `palisade plan` shows \
         with the held step"
    );
    ensure!(!expires.is_zero(), "--expires: must be longer than 0");
    ensure!(
        expires.as_secs_f64() <= MAX_APPROVAL_SECONDS,
        "--expires: at most 168h; an approval that is valid for longer approves something that \
         nobody has looked at"
    );
    let until = moment(now().saturating_add(expires.as_secs().max(1)));
    let text = format!(
        "apiVersion: {API_VERSION}\nkind: {APPROVAL}\nmetadata: {{name: approve-{digest}}}\nspec: \
         {{digest: \"{digest}\", expires: \"{until}\"}}\n"
    );
    let Some(path) = out else {
        output::print(&text)?;
        return Ok(Ended::Done);
    };
    // Another file of that name may say something else.
    let file = std::fs::OpenOptions::new().write(true).create_new(true).open(path);
    let mut file = file.with_context(|| path.display().to_string())?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    output::note(format_args!("wrote {}: commit it to approve", path.display()));
    Ok(Ended::Done)
}
