//! What a PermissionSetAssignment manifest can say, row by row.

use serde_json::json;

use super::{
    NAME,
    aws::Assignments,
    baseline,
    entries::{
        entry, examples, fits, may_be, members, outcomes, probes, reach, risk, settle, shown,
    },
    errors, operations,
};
use crate::{
    kind::{
        Accepts, Claimed, Creation, Doctor, Profile, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Form, Gives, How, Keyed, Leaf, Live, Named, Null, RiskOf,
            Table, Text, get,
        },
    },
    model::Risk,
};

/// The row of the account.
pub(super) const ACCOUNT: &str = "accountId";
/// The row of the assignments.
pub(super) const ASSIGNMENTS: &str = "assignments";
/// Gives somebody a permission set.
pub(super) const CREATE: &str = "ssoadmin:CreateAccountAssignment";
/// Takes it away.
pub(super) const DELETE: &str = "ssoadmin:DeleteAccountAssignment";
/// Assignments of one account: far more than its permission sets (500, Identity Center quotas).
const LIMIT: usize = 5_000;

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "psa",
            about: "Who has which permission set of Identity Center in an account.",
            claimed: Claimed::ByAdoption,
            creation: Creation::UniqueName,
            removal: Removal::Never,
            writers: Writers::Many,
            sweep: false,
            global: true,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: Doctor::NONE,
        about: "The permission sets that users and groups of Identity Center have in one account. \
                They are exclusive: an\nassignment that is not in the list is taken away. They \
                cannot be tagged: the manifest says `lifecycle:\n{adopt: \"111122223333\"}`, the \
                number of the account. Removing the manifest leaves them as they are. The\nscope \
                is the account and home Region that administer Identity Center; a delegated \
                administrator cannot change\nthe assignments of the management account."
            .into(),
        leaves: vec![account(), assignments()],
        tags: None,
        order: vec![DELETE.into(), CREATE.into()],
        natural_keys: |state| get(state, ACCOUNT).as_str().map(str::to_owned).into_iter().collect(),
        fixed_first: true,
        creating: |_| Risk::NEUTRAL,
        restore: None,
        settle,
        connect: Live::<Assignments>::open,
    }
}

fn account() -> Leaf {
    let number = |text: &str| {
        let is_one = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        (!is_one).then_some(("is not the number of an account", "write its 12 digits, in quotes"))
    };
    Leaf {
        absent: Absent::Required(
            "is missing".into(),
            "write the number of the account that the manifest adopts".into(),
        ),
        null: Null::Refused,
        ..Leaf::harmless(
            ACCOUNT,
            "The account, by its number: the one that `lifecycle.adopt` names. Immutable.",
            Form::Text(Check::Form(number)),
            How::Fixed("which is the one that `lifecycle.adopt` names".into()),
        )
    }
}

fn assignments() -> Leaf {
    // Both look first whether AWS is still at work on the same assignment.
    let inspected = |call| Call { inspect: true, ..call };
    let change = How::Keyed {
        add: inspected(Call::new(CREATE, "give {set} to {who}")),
        // Nothing of an assignment can change, so that there is never anything to replace.
        replace: Call::new(CREATE, "give {set} to {who}"),
        remove: inspected(Call::new(DELETE, "take {set} away from {who}")),
    };
    let too_many: (Text, Text) =
        ("{count} assignments; {max} are the most".into(), "assign groups, not users".into());
    let keyed = Keyed {
        of: Box::new(one()),
        examples,
        max: (LIMIT, too_many),
        entry,
        members,
        shown,
        probes,
        outcomes,
        also: None,
        fits,
        risk,
        only_keys: true,
        may_be,
        reach: Some(reach),
    };
    Leaf {
        null: Null::None(json!({})),
        compare: Compare::Set,
        risk: RiskOf::Keyed,
        gives: Gives::Outcomes,
        ..Leaf::harmless(
            ASSIGNMENTS,
            "The assignments, each with a permission set and a group or a user. One that is not\n\
             in the list is taken away. Absent: not managed; `null` or an empty list: nobody has\n\
             any.",
            Form::Keyed(keyed),
            change,
        )
    }
}

fn one() -> Form {
    let member = |path, about, form| Leaf::harmless(path, about, form, How::Argument);
    let set = Leaf {
        absent: Absent::Required("is missing".into(), "write the name of one".into()),
        null: Null::Refused,
        ..member(
            "permissionSet",
            "The permission set: its name or its ARN.",
            Form::Target(Named { accepts: Accepts::NOTHING, prefix: Text::default() }),
        )
    };
    let group = member(
        "group",
        "The group that gets it: its display name or its id.",
        Form::Text(Check::Any),
    );
    let user = member(
        "user",
        "The user who gets it: the user name or the id. A group is better: who is in it is then\n\
         said in one place.",
        Form::Text(Check::Any),
    );
    let about = "An assignment: a permission set, and who gets it.".into();
    Form::Group { name: "Assignment".into(), about, rows: vec![set, group, user] }
}
