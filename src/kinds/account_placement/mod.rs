//! In which organizational unit an account of the organization is: the unit decides which
//! guardrails the account has.
//!
//! The account exists, and its manifest adopts it by its number: palisade neither creates nor
//! closes accounts, nor removes them from the organization. Removing the manifest leaves the
//! account where it is. An account is moved by one call, which a person approves every time:
//! whatever is attached to the units that it leaves no longer holds for it, and whatever is
//! attached to those that it comes to holds at once.

pub mod aws;
mod errors;
mod operations;
mod records;
#[cfg(test)]
mod tests;

use serde_json::json;

use self::aws::Accounts;
use super::organization::{Place, resolve_place};
use crate::{
    baseline::Baseline,
    kind::{
        Claimed, Creation, Doctor, Invalid, Profile, Refs, Removal, Writers, is_placeholder,
        table::{
            Absent, Call, Check, Form, Gives, How, Leaf, Live, Null, RiskOf, Table, Tree, get,
        },
    },
    model::Risk,
};

/// The kind's name in manifests.
pub const NAME: &str = "AccountPlacement";
/// The row.
const UNIT: &str = "unit";
/// The call that moves an account.
const MOVE: &str = "organizations:MoveAccount";

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "placement",
            about: "In which organizational unit an account of the organization is.",
            claimed: Claimed::ByAdoption,
            creation: Creation::UniqueName,
            removal: Removal::Never,
            // Organizations serializes the changes of an organization.
            writers: Writers::One,
            sweep: false,
            global: true,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: Baseline::NONE,
        doctor: Doctor::NONE,
        about: "The place of an account in the organization's tree. The manifest is in a scope of \
                the management account, the\nonly one that may move accounts, and says `lifecycle: \
                {adopt: \"111122223333\"}`. A move waits for approval\nevery time, whatever the \
                settings say. Accounts are neither created nor closed; removing the manifest \
                leaves the\naccount where it is."
            .into(),
        leaves: vec![unit()],
        tags: None,
        order: vec![MOVE.into()],
        natural_keys: |_| Vec::new(),
        fixed_first: false,
        creating: |_| Risk::IMPOSSIBLE,
        restore: None,
        settle,
        connect: Live::<Accounts>::open,
    }
}

fn unit() -> Leaf {
    let call = Call::new(MOVE, "move the account from {from} to {item}").warning(
        "the guardrails of the units that it leaves no longer hold, and those of the others hold \
         at once",
    );
    Leaf {
        absent: Absent::Required(
            "is missing; the kind has nothing else to say".into(),
            "write root, ou:/Path/Of/Unit, or an id such as ou-ab12-abcdefgh".into(),
        ),
        null: Null::Refused,
        // Less may be forbidden there and more may be forbidden there: the gate says which.
        risk: RiskOf::Always(Risk::REPLACES.cutting_connections()),
        gives: Gives::Something,
        ..Leaf::harmless(
            UNIT,
            "Where the account is, directly: `root`, the path of an organizational unit \
             (`ou:/Workloads/ML`), the id of\na root (`r-ab12`) or unit (`ou-ab12-abcdefgh`), or a \
             reference to a unit.",
            Form::Text(Check::Form(|text| {
                let known = text == "root" || text.starts_with("ou:");
                let is_parent = matches!(Place::of(text), Some(Place::Root | Place::Unit));
                (!known && !is_parent && !is_placeholder(text)).then_some((
                    "is not a place for an account",
                    "write root, ou:/Path/Of/Unit, or an id such as ou-ab12-abcdefgh or r-ab12",
                ))
            })),
            How::By(call),
        )
    }
}

/// Paths become ids.
fn settle(want: &mut Tree, refs: &mut Refs<'_>, problems: &mut Vec<Invalid>) {
    let Some(text) = get(want, UNIT).as_str().map(str::to_owned) else { return };
    if problems.iter().any(|problem| problem.field == UNIT) {
        return;
    }
    match resolve_place(UNIT, &text, refs) {
        Ok(id) => drop(want.insert(UNIT.to_owned(), json!(id))),
        Err(problem) => problems.push(problem),
    }
}
