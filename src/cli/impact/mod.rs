//! `impact`: what policies would have done to calls of the past.

mod changes;
mod events;
mod text;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;

use self::changes::Changes;
use super::{
    Ended,
    output::{self, DEFAULT_DIR, Format},
    session::connect_all,
};
use crate::{
    aws::{Connection, Guard},
    impact::{Impact, of_files},
    kinds,
    settings::{Overrides, Settings, parse_duration},
};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It only reads. A call that the new policy denies is shown as denied only if the \
                  record of CloudTrail decides that for certain;\n\
                  where a condition asks for something that no record holds, such as tags of \
                  principals, it cannot be told, and the key is named.\n\
                  Without --events it asks CloudTrail's event history (LookupEvents, two calls a \
                  second and account, at most 90 days).\n\n\
                  Exit code: 1 if something could not be read; with --detailed-exitcode otherwise \
                  3 if something cannot be told, 2 if\n\
                  calls would be denied or allowed that were not, and 0 if nothing would change."
)]
pub(super) struct Args {
    /// Files of manifests, or directories with them: service and resource control policies,
    /// endpoint, key and bucket policies
    #[arg(value_name = "MANIFEST", required = true)]
    manifests: Vec<PathBuf>,
    /// The directory that they are part of: all references are resolved in it
    #[arg(long, value_name = "DIR", default_value = DEFAULT_DIR)]
    dir: PathBuf,
    /// How far back, such as 12h or 30d; without it everything in --events, or 30d
    #[arg(long, value_name = "TIME", value_parser = days)]
    since: Option<Duration>,
    /// CloudTrail's files, or directories with them: .json and .json.gz as they are in S3, or what
    /// `aws cloudtrail lookup-events` prints
    #[arg(long, value_name = "FILES", num_args = 1..)]
    events: Vec<PathBuf>,
    /// Compare with another state of the directory instead of with AWS
    #[arg(long, value_name = "DIR", conflicts_with = "from_nothing")]
    base: Option<PathBuf>,
    /// Compare with no policy at all instead of with AWS
    #[arg(long)]
    from_nothing: bool,
    /// An account that is below the targets of control policies, where the organization is not read
    /// from AWS; may be repeated
    #[arg(long, value_name = "ACCOUNT", value_parser = account)]
    below: Vec<String>,
    /// The most events that are asked for of one account and Region
    #[arg(long, value_name = "COUNT", default_value_t = 100_000, conflicts_with = "events")]
    most: u64,
    /// Output format
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
    /// Exit with 3 if something cannot be told, and with 2 if something would change
    #[arg(long)]
    detailed_exitcode: bool,
}

/// The output format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Form {
    /// For people.
    #[default]
    Text,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// A comment of a pull request, at most 65,536 characters long.
    Markdown,
}

impl Args {
    /// Whether everything is known without AWS.
    fn is_offline(&self) -> bool {
        (self.base.is_some() || self.from_nothing) && !self.events.is_empty()
    }
}

fn days(text: &str) -> Result<Duration, String> {
    let days = text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok());
    match days.and_then(|days| days.checked_mul(24 * 3600)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => {
            parse_duration(text).map_err(|_| format!("`{text}` is not a time such as 30d or 12h"))
        }
    }
}

fn account(text: &str) -> Result<String, String> {
    let is_account = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    if is_account { Ok(text.to_owned()) } else { Err("an account has twelve digits".to_owned()) }
}

pub(super) async fn run(overrides: &Overrides, args: &Args) -> anyhow::Result<Ended> {
    let mut overrides = overrides.clone();
    if args.is_offline() {
        // Nothing of the owner's is asked for.
        overrides.owner.get_or_insert_with(|| "impact".to_owned());
    }
    let mut settings = Settings::load(&overrides).context("settings")?;
    // Manifests of a set are about the accounts that the organization has now.
    let scopes = if args.is_offline() {
        settings.assume_accounts().context("settings")?;
        None
    } else {
        let connection = Connection::ambient(Guard::read_only()).await;
        Some(connect_all(&mut settings, &connection, &kinds::registry()).await?)
    };
    let found = changes::find(&overrides, &settings, scopes.as_ref(), args).await?;
    let Some(changes) = found else {
        return Ok(Ended::Failed);
    };
    let Changes { policies, ground, mut notes, untold } = changes;
    let tally = if policies.is_empty() {
        crate::impact::Tally::default()
    } else if let Some(scopes) = scopes.filter(|_| args.events.is_empty()) {
        events::of_history(&scopes, args, (&policies, &ground), &mut notes).await?
    } else {
        let since = args.since.map(|since| events::time(events::now() - since.as_secs_f64()));
        of_files(&args.events, &policies, &ground, since.as_deref())?
    };
    let impact = Impact::of(&policies, &tally, untold, notes);
    let format = match args.output {
        Form::Json => Format::Json,
        Form::Yaml => Format::Yaml,
        Form::Text | Form::Markdown => Format::Text,
    };
    output::data(format, &impact, || match args.output {
        Form::Markdown => text::markdown(&impact),
        _ => text::text(&impact),
    })?;
    Ok(match () {
        () if !args.detailed_exitcode => Ended::Done,
        () if impact.is_undecided() => Ended::NeedsPerson,
        () if impact.has_changes() => Ended::Changes,
        () => Ended::Done,
    })
}
