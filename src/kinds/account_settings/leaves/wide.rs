//! Settings of the account in all Regions: public access to S3, passwords of IAM users, and
//! contacts.

use serde_json::{Value, json};

use super::{never, switched};
use crate::{
    kind::table::{
        Absent, Call, Check, Form, Gives, How, Keyed, Leaf, Null, Range, RiskOf, Text, Tree, Wrong,
    },
    model::{Risk, text::Length},
};

/// The call that replaces all four settings of S3.
pub(in super::super) const PUT_S3: &str = "s3control:PutPublicAccessBlock";
/// The call that replaces the whole password policy.
pub(in super::super) const PUT_PASSWORDS: &str = "iam:UpdateAccountPasswordPolicy";
/// The call that writes a whole contact.
pub(in super::super) const PUT_CONTACT: &str = "account:PutAlternateContact";
/// The call that removes one.
pub(in super::super) const DELETE_CONTACT: &str = "account:DeleteAlternateContact";
/// The contacts that an account can have (Account Management API reference, `AlternateContact`).
pub(in super::super) const CONTACTS: [&str; 3] = ["billing", "operations", "security"];

/// S3 control API reference, `PublicAccessBlockConfiguration`.
pub(super) fn s3() -> Leaf {
    let blocks = |risk: Risk| switched(true, risk);
    let cuts = Risk::TIGHTENS.cutting_connections();
    let rows = vec![
        blocks(Risk::TIGHTENS).named(
            "blockPublicAcls",
            &["Refuse new ACLs that grant access to everybody. Existing ones stay."],
        ),
        blocks(cuts).named(
            "ignorePublicAcls",
            &["Ignore what ACLs grant to everybody. Readers who rely on that lose access at once."],
        ),
        blocks(Risk::TIGHTENS).named(
            "blockPublicPolicy",
            &["Refuse new bucket policies that grant access to everybody. Existing ones stay."],
        ),
        blocks(cuts).named(
            "restrictPublicBuckets",
            &[
                "Of buckets with a public policy, let only AWS services and the account's own",
                "principals use what is in them. Others lose access at once.",
            ],
        ),
    ];
    let change = |_: &str| How::By(Call::new(PUT_S3, "set {path} to {item}").shared());
    let none = json!({
        "blockPublicAcls": false, "blockPublicPolicy": false, "ignorePublicAcls": false,
        "restrictPublicBuckets": false,
    });
    let group = group("S3PublicAccess", "Which public access S3 allows.", rows);
    Leaf { null: Null::None(none), ..group }
        .named(
            "s3PublicAccess",
            &[
                "Which public access S3 allows, for all buckets of the account in all Regions. A",
                "setting that is left out is not managed. AWS's default for an account: all false,",
                "which `null` means too.",
            ],
        )
        .changed(&change)
}

/// IAM API reference, `UpdateAccountPasswordPolicy`: what is not sent gets its default, so
/// everything is sent, with its live or wanted value.
pub(super) fn passwords() -> Leaf {
    const REQUIRED: [(&str, &str); 4] = [
        ("requireSymbols", "At least one of ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '."),
        ("requireNumbers", "At least one digit."),
        ("requireUppercase", "At least one upper-case letter of the Latin alphabet."),
        ("requireLowercase", "At least one lower-case letter of the Latin alphabet."),
    ];
    let mut rows = vec![number((6, 128), "characters", RiskOf::MoreIsTighter, Gives::Less).named(
        "minimumLength",
        &["How long a password must be, 6 to 128. 8 while the account has no policy."],
    )];
    rows.extend(REQUIRED.map(|(name, line)| switched(true, Risk::TIGHTENS).named(name, &[line])));
    rows.extend([
        switched(false, Risk::TIGHTENS)
            .named("usersCanChange", &["Whether IAM users can change their own password."]),
        // Without a number passwords never expire.
        number(
            (1, 1095),
            "days",
            RiskOf::NoneIsLoosest { more_is_looser: true },
            Gives::MostIfNone,
        )
        .named("maxAgeDays", &["After how many days a password expires, 1 to 1095; `null`: never."])
        .or_none(),
        // Without a number every earlier password can be used again.
        number((1, 24), "passwords", RiskOf::NoneIsLoosest { more_is_looser: false }, Gives::Less)
            .named(
                "reusePrevention",
                &["How many earlier passwords cannot be used again, 1 to 24; `null`: all can be."],
            )
            .or_none(),
        switched(true, Risk::TIGHTENS.cutting_connections()).named(
            "hardExpiry",
            &[
                "Whether an administrator must reset a password that has expired. Users with an",
                "expired password are locked out then.",
            ],
        ),
    ]);
    let change = |_: &str| How::By(Call::new(PUT_PASSWORDS, "set {path} to {item}").shared());
    let group = group("PasswordPolicy", "The passwords of IAM users.", rows);
    let why = "cannot be none: without a policy AWS has rules of its own, which no value here says";
    let help = "name the values that are to hold, or delete the policy yourself and leave this out";
    Leaf { null: Null::Never(why.into(), help.into()), ..group }
        .named(
            "passwordPolicy",
            &[
                "The passwords of the account's IAM users. What is left out is not managed and",
                "stays as it is. The first change creates a policy: AWS's own rule for accounts",
                "without one (three of four types of characters) does not apply from then on.",
            ],
        )
        .changed(&change)
}

/// Account Management API reference, `PutAlternateContact`.
pub(super) fn contacts() -> Leaf {
    let too_many: (Text, Text) =
        ("{count} contacts; there are at most {max}".into(), "leave one of each type".into());
    let keyed = Keyed {
        of: Box::new(contact()),
        examples,
        max: (CONTACTS.len(), too_many),
        entry,
        members,
        shown,
        // They give nobody access.
        probes: |_, _| Vec::new(),
        outcomes: |_, probes| vec![None; probes.len()],
        also: None,
        fits: |_| true,
        risk: |_, _, _, _| Risk::NEUTRAL,
        only_keys: false,
        may_be: |_, _| true,
        reach: None,
    };
    let change = How::Keyed {
        add: Call::new(PUT_CONTACT, "set the {item} contact"),
        replace: Call::new(PUT_CONTACT, "replace the {item} contact"),
        remove: Call::new(DELETE_CONTACT, "remove the {item} contact"),
    };
    Leaf {
        null: Null::None(json!({})),
        risk: RiskOf::Keyed,
        ..Leaf::harmless(
            "alternateContacts",
            "The contacts that AWS writes to in addition to the account's owner, one of each type. \
             One that is not in the list is removed.\nAbsent: not managed; `null` or an empty \
             list: none.",
            Form::Keyed(keyed),
            change,
        )
    }
}

fn contact() -> Form {
    let text = |name: &'static str, about: &'static str, max: usize, help: &'static str| Leaf {
        absent: Absent::Required("is missing".into(), help.into()),
        null: Null::Refused,
        change: How::Argument,
        ..Leaf::harmless(
            name,
            about,
            Form::Text(Check::Length(Length::new("AWS", max))),
            How::Argument,
        )
    };
    Form::Group {
        name: "AlternateContact".into(),
        about: "A contact that AWS writes to.".into(),
        rows: vec![
            text("type", "`billing`, `operations` or `security`.", 10, "write security"),
            text("name", "Who it is, 1 to 64 characters.", 64, "write a name"),
            text("title", "What they do, 1 to 50 characters.", 50, "write a title"),
            text("email", "Where mail goes.", 254, "write an address"),
            text("phone", "A telephone number, 1 to 25 characters.", 25, "write a number"),
        ],
    }
}

fn examples() -> Vec<Tree> {
    let contact = |kind: &str, name: &str| {
        let members = [
            ("type", kind),
            ("name", name),
            ("title", "On call"),
            ("email", "security@example.com"),
            ("phone", "+44 20 7946 0000"),
        ];
        members.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
    };
    vec![
        contact("security", "Security"),
        contact("security", "Platform"),
        contact("billing", "Pay"),
    ]
}

/// The opposite of [`entry`].
fn members(kind: &str, value: &Value) -> Tree {
    let mut members = Tree::from_iter([("type".to_owned(), json!(kind))]);
    members.extend(value.as_object().cloned().unwrap_or_default());
    members
}

fn entry(members: &Tree) -> Result<(String, Value), Wrong> {
    let mut value = members.clone();
    let kind = value.shift_remove("type").unwrap_or_default();
    let kind = kind.as_str().unwrap_or_default();
    if !CONTACTS.contains(&kind) {
        let why = format!("`{kind}` is not a type of contact");
        return Err(Wrong::new("type", why, "write billing, operations or security"));
    }
    let email = value.get("email").and_then(Value::as_str).unwrap_or_default();
    if !email.contains('@') || email.contains(char::is_whitespace) {
        return Err(Wrong::new("email", format!("`{email}` is not an address"), "write NAME@HOST"));
    }
    value.sort_keys();
    Ok((kind.to_owned(), Value::Object(value)))
}

fn shown(kind: &str, value: &Value) -> String {
    let text = |name: &str| value[name].as_str().unwrap_or_default();
    format!("{kind}: {}, {}, {}, {}", text("name"), text("title"), text("email"), text("phone"))
}

fn number((min, max): (i64, i64), unit: &'static str, risk: RiskOf, gives: Gives) -> Leaf {
    let help = format!("write a number from {min} to {max}, as IAM takes it");
    let range = Range { min, max, unit: unit.into(), help: help.into() };
    Leaf { null: never(), ..Leaf::setting(Form::Int(range)) }.risking(risk, gives)
}

impl Leaf {
    /// The same, where AWS can have none.
    fn or_none(self) -> Self {
        Self { null: Null::None(Value::Null), ..self }
    }
}

/// Rows that belong together.
pub(super) fn group(name: &'static str, about: &'static str, rows: Vec<Leaf>) -> Leaf {
    let form = Form::Group { name: name.into(), about: about.into(), rows };
    Leaf { null: never(), ..Leaf::setting(form) }
}
