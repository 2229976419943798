//! The settings of a domain, row by row as in the SageMaker API reference (API 2017-07-24), with
//! the API's names in camelCase; and how their rows are made. If the risk of a change is in doubt,
//! the higher one is assumed: what roles, images, scripts, repositories and keys allow cannot be
//! read here.

mod apps;
mod canvas;
mod domain;
mod one_space;
mod profile;
mod user;

use serde_json::json;

pub use self::{
    domain::domain,
    one_space::one_space,
    profile::profile,
    user::{space, user},
};
use super::checks;
use crate::kinds::cloud_control::iam_role;
use crate::{
    kind::{
        Accepts,
        table::{Check, Form, Gives, Leaf, Named, Null, Range, RiskOf, Text, about as lines},
    },
    kinds::{kms_key, security_group, studio_lifecycle_config},
    model::Risk,
};

/// A closed list of words, each as AWS spells it.
#[derive(Debug)]
pub struct List {
    /// Its name in the schema.
    pub name: &'static str,
    /// What it lists, line by line.
    pub about: &'static [&'static str],
    /// The words.
    pub words: &'static [&'static str],
}

/// Declares lists of words, each with its description as the doc comment.
macro_rules! lists {
    ($($(#[doc = $about:literal])+ $list:ident = $name:literal [$($word:literal),+ $(,)?])*) => {$(
        $(#[doc = $about])+
        const $list: $crate::kinds::studio::settings::List =
            $crate::kinds::studio::settings::List {
                name: $name,
                about: &[$($about),+],
                words: &[$($word),+],
            };
    )*};
}
pub(in crate::kinds) use lists;

/// Declares groups of rows: each with its description as the doc comment, and a function that makes
/// it.
macro_rules! settings {
    ($($(#[doc = $about:literal])+ $vis:vis fn $function:ident = $name:literal {
        $($(#[doc = $line:literal])+ $field:literal: $row:expr,)*
    })*) => {$(
        $(#[doc = $about])+
        $vis fn $function() -> $crate::kind::table::Leaf {
            $crate::kind::table::Leaf::setting($crate::kind::table::Form::Group {
                name: $name.into(),
                about: $crate::kind::table::about(&[$($about),+]),
                rows: vec![$($row.named($field, &[$($line),+])),*],
            })
        }
    )*};
}
use settings;

lists! {
    /// A feature that is on or off.
    FEATURE = "FeatureStatus" ["ENABLED", "DISABLED"]
    /// An app in Studio.
    APP_TYPES = "AppType" [
        "Canvas", "CodeEditor", "DetailedProfiler", "JupyterLab", "JupyterServer",
        "KernelGateway", "RSessionGateway", "RStudioServerPro", "TensorBoard",
    ]
}

/// The literal by which the API clears an ARN that a merge would otherwise keep (API reference of
/// `ResourceSpec`: "to clear the value, pass None").
pub const CLEAR: &str = "None";

// --- forms ---

type Wrong = Option<(&'static str, &'static str)>;

/// A word of a list.
pub fn word(List { name, about, words }: &List) -> Leaf {
    let (name, about, words) = ((*name).into(), lines(about), without_meaning(words));
    Leaf::setting(Form::Word { name, about, words, off: None })
}

/// Words of a list.
fn words(List { name, about, words }: &List) -> Leaf {
    let (name, about, words) = ((*name).into(), lines(about), without_meaning(words));
    Leaf::setting(Form::Words { name, about, words })
}

fn without_meaning(words: &[&'static str]) -> Vec<(Text, Text)> {
    words.iter().map(|word| ((*word).into(), Text::default())).collect()
}

pub fn text(check: fn(&str) -> Wrong) -> Leaf {
    Leaf::setting(Form::Text(Check::Form(check)))
}

fn arn() -> Leaf {
    text(checks::arn)
}

/// An ARN that AWS clears if the word for it is sent.
fn clearable_arn() -> Leaf {
    Leaf { null: Null::Unset(Some(CLEAR.into())), ..arn() }
}

/// A role of any account.
fn role() -> Leaf {
    Leaf::setting(Form::Text(Check::Scoped(checks::role)))
}

/// A role of the account itself.
fn own_role() -> Leaf {
    Leaf::setting(Form::Role {
        accepts: Accepts::arn_of(iam_role::NAME),
        check: Check::Scoped(checks::own_role),
    })
}

fn execution_role() -> Leaf {
    let never = Null::Never(
        "cannot be none: AWS never unsets a role".into(),
        "leave it out if it is not to be managed".into(),
    );
    Leaf { null: never, ..own_role() }
}

/// A location in S3.
fn s3_location() -> Leaf {
    text(checks::s3_location)
}

fn set(of: Check, max: usize) -> Leaf {
    Leaf::setting(Form::Set { of, max, too_many: too_many() })
}

fn texts(check: fn(&str) -> Wrong, max: usize) -> Leaf {
    set(Check::Form(check), max)
}

/// A lifecycle configuration of Studio, as the state has it: its ARN.
fn lifecycle_config() -> Named {
    Named { accepts: Accepts::arn_of(studio_lifecycle_config::NAME), prefix: "arn:".into() }
}

/// One that runs without being chosen.
fn script() -> Leaf {
    Leaf::setting(Form::Target(lifecycle_config()))
}

/// One that AWS clears where it is given the word for it.
fn clearable_script() -> Leaf {
    Leaf { null: Null::Unset(Some(CLEAR.into())), ..script() }
}

/// Those to choose from.
fn scripts() -> Leaf {
    Leaf::setting(Form::Targets {
        each: lifecycle_config(),
        within: None,
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (usize::MAX, super::TOO_MANY.into()),
    })
}

fn roles() -> Leaf {
    set(Check::Scoped(checks::role), usize::MAX)
}

fn items(max: usize, of: Leaf) -> Leaf {
    Leaf::setting(Form::Items { of: Box::new(of.form), max: (max, too_many()) })
}

fn too_many() -> (Text, Text) {
    (super::TOO_MANY.into(), "keep those that are used".into())
}

fn number(min: i64, max: i64, unit: &'static str) -> Leaf {
    let help = "leave it out if it is not to be managed".into();
    Leaf::setting(Form::Int(Range { min, max, unit: unit.into(), help }))
}

fn minutes() -> Leaf {
    number(60, 525_600, "minutes")
}

fn gigabytes() -> Leaf {
    number(5, 16_384, "GB")
}

/// A KMS key. S3 objects may be in another Region.
fn key() -> Leaf {
    Leaf::setting(Form::Key {
        accepts: Accepts::arn_of(kms_key::NAME),
        check: Check::Scoped(checks::key),
    })
}

/// At most `max` security groups.
fn security_groups(max: usize) -> Leaf {
    let each = Named { accepts: Accepts::id_of(security_group::NAME), prefix: "sg-".into() };
    opening(Leaf::setting(Form::Targets {
        each,
        within: None,
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (max, super::TOO_MANY.into()),
    }))
}

// --- the risk of a change ---

/// Changes nobody's access or work.
pub fn neutral(leaf: Leaf) -> Leaf {
    leaf.risking(RiskOf::Always(Risk::NEUTRAL), Gives::Nothing)
}

/// One of two words is the safe one.
pub fn towards(safe: &'static str, leaf: Leaf) -> Leaf {
    let (there, back) = (Risk::TIGHTENS, Risk::LOOSENS);
    leaf.risking(RiskOf::Towards { value: json!(safe), there, back }, Gives::Least(json!(safe)))
}

/// A feature that is safe when it is off.
fn feature() -> Leaf {
    towards("DISABLED", word(&FEATURE))
}

/// Users of Studio are locked out when it is off.
fn portal(list: &List) -> Leaf {
    let (value, there) = (json!("DISABLED"), Risk::TIGHTENS.stopping_work());
    let least = Gives::Least(value.clone());
    word(list).risking(RiskOf::Towards { value, there, back: Risk::REPLACES }, least)
}

/// Any change hides files or artifacts from their users.
fn interrupts(leaf: Leaf) -> Leaf {
    leaf.risking(RiskOf::Always(Risk::NEUTRAL.stopping_work()), Gives::Nothing)
}

/// A change to this value interrupts users: their files are hidden, or their idle apps stop.
fn interrupts_when(value: &'static str, leaf: Leaf) -> Leaf {
    let (value, there) = (json!(value), Risk::NEUTRAL.stopping_work());
    leaf.risking(RiskOf::Towards { value, there, back: Risk::REPLACES }, Gives::Nothing)
}

/// A smaller value interrupts users: mounts are gone, or idle apps stop sooner.
fn interrupts_when_less(leaf: Leaf) -> Leaf {
    let (less, other) = (Risk::NEUTRAL.stopping_work(), Risk::REPLACES);
    leaf.risking(RiskOf::Less { less, other }, Gives::Nothing)
}

/// More entries allow more.
fn opening(leaf: Leaf) -> Leaf {
    leaf.risking(RiskOf::MoreIsLooser, Gives::More)
}

/// More entries hide more.
fn hiding(leaf: Leaf) -> Leaf {
    leaf.risking(RiskOf::MoreIsTighter, Gives::Less)
}
