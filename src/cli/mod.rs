//! The command line: one small file per command. Only these files and `main.rs` use `anyhow`.

mod apply;
mod approve;
mod brake;
mod completions;
mod daemon;
#[cfg(feature = "simulator")]
mod demo;
mod diagnostics;
mod doctor;
mod examples;
mod explain;
mod filters;
mod github;
mod guardrails;
mod healthcheck;
mod iam_policy;
mod impact;
mod import;
mod init;
mod junit;
mod leases;
mod live;
mod man;
mod output;
mod plan;
pub mod policy_diff;
mod progress;
mod prompt;
mod reach;
mod release;
mod remote;
mod role_template;
mod run;
mod sarif;
mod schema;
mod session;
#[cfg(feature = "simulator")]
mod simulate;
mod validate;
mod watch;

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
    process::ExitCode,
};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::diagnostics::{Diagnostic, Sort};
use crate::{
    manifest::Part,
    settings::{Overrides, SETTINGS, SettingsError},
    telemetry::{self, Audit, LogFormat},
};

/// Keeps the AWS accounts of a machine-learning platform exactly as their Git repository says.
#[derive(Debug, Parser)]
#[command(
    name = "palisade",
    version,
    propagate_version = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 changes (with --detailed-exitcode; policy-diff: \
        different),\n\
                  3 something needs a person (held, in conflict, stopped by the brake, or a wait \
                  that no pass will end),\n\
                  64 wrong usage.\n\
                  AWS is reached the standard way: AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, \
                  container and instance roles.\n\
                  To try it: `palisade demo` shows everything on a simulated AWS, without \
                  credentials."
)]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    settings: Overrides,
    /// More log lines (twice: everything)
    #[arg(short, long, global = true, help_heading = LOG, action = clap::ArgAction::Count)]
    verbose: u8,
    /// Log errors only
    #[arg(short, long, global = true, help_heading = LOG, conflicts_with = "verbose")]
    quiet: bool,
    /// Format of the log on stderr
    #[arg(
        long,
        global = true,
        help_heading = LOG,
        value_enum,
        default_value_t,
        env = "PALISADE_LOG_FORMAT"
    )]
    log_format: LogFormat,
    /// Append the audit log to this file, one JSON object a line, and keep it out of stderr
    #[arg(
        long,
        global = true,
        help_heading = LOG,
        value_name = "FILE",
        env = "PALISADE_AUDIT_LOG"
    )]
    audit_log: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Show what would change, and change nothing
    Plan(plan::Args),
    /// Make passes until nothing is left to do
    Apply(apply::Args),
    /// Watch the directory and AWS, and correct every difference
    Run(run::Args),
    /// Show what the running palisade does, and what needs attention
    Status(live::Status),
    /// Show the manifests in force, with their condition and live resource
    Get(live::Get),
    /// Show what differs from one manifest, as the running palisade sees it
    Diff(live::Diff),
    /// Show what happened
    History(live::History),
    /// Show what happens, as it happens
    Watch(watch::Args),
    /// Write the manifest with which Git approves a held step
    Approve(approve::Args),
    /// Make the running palisade look at everything now
    Reconcile(live::Reconcile),
    /// Stop writing in whole or in part, for a while and without Git
    Brake(brake::Args),
    /// Write manifests for what is in AWS, which plan to no change
    Import(import::Args),
    /// Stop owning resources, and leave everything else as it is
    Release(release::Args),
    /// Write a repository to start from: settings, manifests, pull-request checks, roles
    Init(init::Args),
    /// Check a directory without AWS
    Validate(validate::Args),
    /// Check everything that run needs, and write nothing
    Doctor(doctor::Args),
    /// Explain a kind, a field, a setting, a rule, a guardrail block, a metric or an exit code
    Explain(explain::Args),
    /// Print the JSON schema of a kind's manifests or of the settings, or write all of them
    Schema(schema::Args),
    /// List the blocks of the guardrail library, show one, or distribute them over policies
    Guardrails(guardrails::Args),
    /// Print the IAM policies that palisade's roles need
    IamPolicy(iam_policy::Args),
    /// Show what policies would have denied, and allowed, of the calls of the past
    Impact(impact::Args),
    /// Compare two IAM policy documents by meaning
    PolicyDiff(policy_diff::Args),
    /// Serve a simulated AWS on a socket
    #[cfg(feature = "simulator")]
    Simulate(simulate::Args),
    /// Show the whole loop on a simulated AWS
    #[cfg(feature = "simulator")]
    Demo(demo::Args),
    /// Ask a running palisade whether it is alive (for container health checks)
    Healthcheck(healthcheck::Args),
    /// Print shell completions
    Completions(completions::Args),
    /// Print the manual, or write its pages
    Man(man::Args),
}

impl Verb {
    fn tells_itself(&self) -> bool {
        #[cfg(feature = "simulator")]
        if matches!(self, Self::Demo(_)) {
            return true;
        }
        false
    }
}

/// The heading of the options about the log.
const LOG: &str = "Log";

/// The command line. The help of each command shows only the options that affect it; all options
/// are accepted everywhere, so that they can be given before the command.
fn command() -> clap::Command {
    let mut command = Cli::command();
    // Only a built command has its global options.
    command.build();
    command.mut_subcommands(|verb| {
        let name = verb.get_name().to_owned();
        tidy(verb, &name)
    })
}

/// Hides the options that do not affect a command in its help, and in that of its subcommands.
fn tidy(command: clap::Command, verb: &str) -> clap::Command {
    let command = command.mut_args(|option| {
        let hidden = match option.get_help_heading() {
            Some(SETTINGS) => !uses(verb, option.get_id().as_str()),
            Some(LOG) => PURE.contains(&verb),
            _ => false,
        };
        if hidden { option.hide(true) } else { option }
    });
    command.mut_subcommands(|action| tidy(action, verb))
}

/// Commands that only print what they were built with, or compare two files.
const PURE: [&str; 6] = ["explain", "schema", "guardrails", "policy-diff", "completions", "man"];

/// Options of commands that read from a palisade on another machine.
const REMOTE: [&str; 2] = ["url", "audience"];

/// Whether a setting affects a command.
fn uses(verb: &str, setting: &str) -> bool {
    match verb {
        "run" => !REMOTE.contains(&setting),
        "plan" | "apply" => {
            let of_run = ["interval", "event_interval", "listen", "socket"];
            let of_apply = setting == "memory_table" || verb == "plan" && setting == "socket";
            let of_others = of_run.contains(&setting) || REMOTE.contains(&setting);
            of_apply || !of_others && !setting.starts_with("memory_")
        }
        "status" | "get" | "diff" | "history" | "watch" | "reconcile" => {
            let remote = REMOTE.contains(&setting) || setting == "token_file";
            let reads = verb != "reconcile";
            matches!(setting, "file" | "owner" | "socket" | "memory_dir") || reads && remote
        }
        "doctor" => matches!(
            setting,
            "file"
                | "owner"
                | "default_scope"
                | "organization"
                | "mode"
                | "listen"
                | "token_file"
                | "memory_table"
                | "vars"
        ),
        "brake" => {
            let of_brake = ["file", "owner", "brake_file", "socket", "memory_dir", "memory_table"];
            of_brake.contains(&setting)
        }
        "impact" | "import" => {
            matches!(setting, "file" | "owner" | "default_scope" | "organization" | "vars")
        }
        "release" => {
            let of_release = ["file", "owner", "default_scope", "mode", "brake_file", "vars"];
            of_release.contains(&setting) || setting == "memory_table"
        }
        "init" => matches!(setting, "owner" | "identity_path" | "identity_boundary"),
        "validate" => matches!(setting, "file" | "default_scope" | "vars"),
        "iam-policy" => {
            matches!(setting, "file" | "owner" | "default_scope" | "memory_table" | "vars")
        }
        _ => false,
    }
}

/// Wrong usage (EX_USAGE of sysexits): 2 would mean "there are changes".
const USAGE: u8 = 64;

/// The exit codes: each with what it means, and when.
const EXIT_CODES: [(u8, &str, &str); 5] = [
    (0, "done", "Nothing is left to do, or what was asked for has been printed."),
    (
        1,
        "failed",
        "Something failed, could not be read, or is invalid. It comes before all others.",
    ),
    (
        2,
        "changes",
        "`plan --detailed-exitcode`: there is something to do. `impact --detailed-exitcode`: calls \
         would be denied or allowed that were not. `policy-diff`: the policies differ.",
    ),
    (
        3,
        "something needs a person",
        "A step is held, in conflict, stopped by the brake, or waits for something that no pass \
         will end; of `plan` with --detailed-exitcode only. Paused, observed and audited things \
         never cause it. `impact --detailed-exitcode`: of some call it cannot be told.",
    ),
    (64, "wrong usage", "The command line was not understood (EX_USAGE of sysexits)."),
];

/// How a command ended, other than by failing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Exit 0.
    Done,
    /// Exit 1; the error has been printed.
    Failed,
    /// Exit 2.
    Changes,
    /// Exit 3: something is held, in conflict, stopped by the brake, or waits for something that no
    /// pass will end.
    NeedsPerson,
}

/// Parses the arguments, runs the command, and returns the exit code.
pub async fn main() -> ExitCode {
    let parsed = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => {
            // If this cannot be printed either, there is nothing left to try.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(USAGE) } else { ExitCode::SUCCESS };
        }
    };
    // The demo prints its own story; log lines are shown only if they are requested.
    let quiet = cli.quiet || (cli.verb.tells_itself() && cli.verbose == 0);
    let audit = match cli.audit_log.as_deref().map(telemetry::audit_file).transpose() {
        Ok(audit) => audit,
        Err(error) => {
            told(&error.into());
            return ExitCode::FAILURE;
        }
    };
    // On a terminal `apply` has a line for each change, between which records are noise.
    let tells_changes = matches!(cli.verb, Verb::Apply(_)) && io::stderr().is_terminal();
    let audit = match audit {
        Some(file) => Audit::File(file),
        None if tells_changes && cli.verbose == 0 => Audit::None,
        None => Audit::Stderr,
    };
    telemetry::init(cli.log_format, cli.verbose, quiet, audit);
    match dispatch(cli).await {
        Ok(Ended::Done) => ExitCode::SUCCESS,
        Ok(Ended::Failed) => ExitCode::FAILURE,
        Ok(Ended::Changes) => ExitCode::from(2),
        Ok(Ended::NeedsPerson) => ExitCode::from(3),
        Err(error) => {
            told(&error);
            ExitCode::FAILURE
        }
    }
}

/// Prints why a command failed: everything that is wrong in the settings, each with its line.
fn told(error: &anyhow::Error) {
    let Some(wrong) = error.downcast_ref::<SettingsError>() else {
        output::note(format_args!("{0}error:{0:#} {error:#}", output::ERROR));
        return;
    };
    for wrong in std::iter::once(wrong).chain(&wrong.others) {
        let SettingsError { origin, field, why, help, .. } = wrong;
        let Some(origin) = origin.as_deref() else {
            let line = wrong.line();
            output::note(format_args!(
                "{0}error:{0:#} settings: {line}\n  help: {help}",
                output::ERROR
            ));
            continue;
        };
        let is_name = ["unknown field", "unknown rule"].iter().any(|it| why.starts_with(it));
        let part = if is_name { Part::Name } else { Part::Value };
        let shown = diagnostics::show_all([Diagnostic {
            sort: Sort::Error,
            rule: None,
            origin,
            part,
            path: field,
            message: why,
            notes: Vec::new(),
            help,
        }]);
        output::note(shown.trim_end());
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<Ended> {
    let settings = &cli.settings;
    match cli.verb {
        Verb::Plan(args) => plan::run(settings, &args).await,
        Verb::Apply(args) => apply::run(settings, &args).await,
        Verb::Run(args) => run::run(settings, &args).await,
        Verb::Status(args) => live::status(settings, &args).await,
        Verb::Get(args) => live::get(settings, &args).await,
        Verb::Diff(args) => live::diff(settings, &args).await,
        Verb::History(args) => live::history(settings, &args).await,
        Verb::Watch(args) => watch::watch(settings, &args).await,
        Verb::Approve(args) => approve::run(&args),
        Verb::Reconcile(args) => live::reconcile(settings, &args).await,
        Verb::Brake(args) => brake::run(settings, &args).await,
        Verb::Import(args) => import::run(settings, &args).await,
        Verb::Release(args) => release::run(settings, &args).await,
        Verb::Init(args) => init::run(settings, &args),
        Verb::Validate(args) => validate::run(settings, &args).await,
        Verb::Doctor(args) => doctor::run(settings, &args).await,
        Verb::Explain(args) => explain::run(&args),
        Verb::Schema(args) => schema::run(&args),
        Verb::Guardrails(args) => guardrails::run(&args),
        Verb::IamPolicy(args) => iam_policy::run(settings, &args),
        Verb::Impact(args) => impact::run(settings, &args).await,
        Verb::PolicyDiff(args) => policy_diff::verb(&args),
        #[cfg(feature = "simulator")]
        Verb::Simulate(args) => simulate::run(&args).await,
        #[cfg(feature = "simulator")]
        Verb::Demo(args) => demo::run(&args).await,
        Verb::Healthcheck(args) => healthcheck::run(&args).await,
        Verb::Completions(args) => completions::run(&args, &mut command()),
        Verb::Man(args) => man::run(&args, command()),
    }
}
