//! Conditions of a statement: operators, keys, and values of the type that the operator compares.

use serde_json::{Map, Value};

use super::{
    Linter, View,
    names::{is_account_id, is_wild},
    rules::LintRule,
};
use crate::model::policy_document::{
    Version,
    canonical::Effect,
    decimal::Decimal,
    error::Place,
    operator::{self, Operator, Qualifier, Test},
};

/// Keys that hold the id of an account, a VPC or an endpoint (AWS PrivateLink guide,
/// considerations; the IAM reference for the keys).
const SYSTEM_KEYS: [&str; 6] = [
    "aws:principalaccount",
    "aws:resourceaccount",
    "aws:sourceaccount",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpceaccount",
];

/// Keys that hold the id of an organization.
const ORGANIZATION_KEYS: [&str; 4] =
    ["aws:principalorgid", "aws:resourceorgid", "aws:sourceorgid", "aws:vpceorgid"];

/// Keys that hold the id of an account.
const ACCOUNT_KEYS: [&str; 4] =
    ["aws:principalaccount", "aws:resourceaccount", "aws:sourceaccount", "kms:calleraccount"];

/// The number of literal characters that AWS asks for before or after a wildcard.
const MIN_LITERAL_CHARS: usize = 6;

/// One test: `StringLike aws:PrincipalArn [values]`.
struct Check<'a> {
    operator: Operator,
    /// In lower case.
    key: String,
    values: Vec<(Place, String)>,
    place: &'a Place,
}

impl Linter<'_> {
    pub(super) fn conditions(&mut self, view: &View<'_>) {
        let root = view.place.field("Condition");
        let Some(Value::Object(operators)) = view.fields.get("Condition") else { return };
        for (name, keys) in operators {
            let place = root.field(name);
            let operator = Operator::parse(name);
            if operator.is_none() {
                let rule = LintRule::UnknownOperator;
                let help = operator::near(name).map_or_else(
                    || rule.help().to_owned(),
                    |near| format!("did you mean `{near}`?"),
                );
                self.report(rule, &place, rule.why().to_owned(), help);
            }
            for (key, values) in keys.as_object().into_iter().flatten() {
                let place = place.field(key);
                self.key(key, &place);
                let values = scalars(values, &place);
                for (place, value) in &values {
                    self.variables(value, place);
                }
                if let Some(operator) = operator {
                    let key = key.to_ascii_lowercase();
                    self.check(&Check { operator, key, values, place: &place }, view, operators);
                }
            }
        }
    }

    fn key(&mut self, key: &str, place: &Place) {
        match key.split_once(':') {
            Some((service, name)) if !service.is_empty() && !name.is_empty() => {}
            _ => self.add(LintRule::ConditionKey, place),
        }
        let folded = key.to_ascii_lowercase();
        let Some((_, tag)) = key.split_once('/').filter(|_| folded.contains("tag/")) else {
            return;
        };
        if tag.is_empty() {
            self.add(LintRule::NoTagKey, place);
        }
        // Only the tag key counts: `aws:` in another case is not a tag key.
        let first = self.tag_keys.entry(folded).or_insert_with(|| tag.to_owned());
        if first != tag {
            self.add(LintRule::TagKeyCase, place);
        }
    }

    fn check(&mut self, check: &Check<'_>, view: &View<'_>, all: &Map<String, Value>) {
        if check.values.is_empty() {
            self.add(LintRule::NoValues, check.place);
        }
        if check.operator.qualifier == Qualifier::ForAllValues
            && view.effect() == Effect::Allow
            && !asks_for(&check.key, all)
        {
            self.add(LintRule::ForAllValuesAllow, check.place);
        }
        self.booleans(check);
        for (place, value) in &check.values {
            // The value of a variable is unknown.
            if !value.contains("${") {
                self.value(check, value, place);
            }
        }
        self.identifiers(check);
    }

    fn booleans(&mut self, check: &Check<'_>) {
        let lists =
            |word: &str| check.values.iter().any(|(_, value)| value.eq_ignore_ascii_case(word));
        if matches!(check.operator.test, Test::Bool | Test::Null) && lists("true") && lists("false")
        {
            self.add(LintRule::TwoBooleans, check.place);
        }
    }

    fn value(&mut self, check: &Check<'_>, value: &str, place: &Place) {
        let wrong = match check.operator.test {
            Test::Bool | Test::Null => {
                let right = ["true", "false"].iter().any(|word| value.eq_ignore_ascii_case(word));
                (!right).then_some(LintRule::BoolValue)
            }
            Test::Number(_) => Decimal::parse(value).is_none().then_some(LintRule::NumericValue),
            Test::Date => (!is_date(value)).then_some(LintRule::DateValue),
            Test::Address => match address(value) {
                None => Some(LintRule::AddressValue),
                Some(private) => {
                    (private && check.key == "aws:sourceip").then_some(LintRule::PrivateAddress)
                }
            },
            Test::Text | Test::TextIgnoringCase => {
                is_wild(value).then_some(LintRule::WildcardWithoutLike)
            }
            Test::Like | Test::Arn | Test::Binary => None,
        };
        if let Some(rule) = wrong {
            self.add(rule, place);
        }
        self.arn_account(value, place);
        self.identity(check, value, place);
        let prefix = match check.key.as_str() {
            "aws:sourcevpc" => "vpc-",
            "aws:sourcevpce" => "vpce-",
            _ => return,
        };
        let text = matches!(check.operator.test, Test::Text | Test::TextIgnoringCase | Test::Like);
        if text && !value.starts_with(prefix) && !is_wild(value) {
            self.add(LintRule::NetworkId, place);
        }
    }

    /// The ids of accounts and organizations, and what was not filled in in place of an identity.
    fn identity(&mut self, check: &Check<'_>, value: &str, place: &Place) {
        let like = check.operator.test == Test::Like;
        let text = matches!(check.operator.test, Test::Text | Test::TextIgnoringCase);
        let key = check.key.as_str();
        if ORGANIZATION_KEYS.contains(&key) && (text || like) {
            if !is_organization_id(value, like) {
                self.add(LintRule::OrganizationId, place);
            }
        } else if ACCOUNT_KEYS.contains(&key) && (text || like) {
            let fits = |c: char| c.is_ascii_digit() || "*?".contains(c);
            let pattern = like && is_wild(value) && value.chars().all(fits);
            if !pattern && !is_account_id(value) {
                self.add(LintRule::AccountId, place);
            }
        } else if ["principal", "account", "org", "arn"].iter().any(|part| key.contains(part))
            && value.find('<').is_some_and(|at| value[at..].contains('>'))
        {
            self.add(LintRule::Placeholder, place);
        }
    }

    /// The PrivateLink guide on ids and wildcards in endpoint policies.
    fn identifiers(&mut self, check: &Check<'_>) {
        let key = check.key.as_str();
        let rule = if SYSTEM_KEYS.contains(&key) {
            LintRule::SystemIdentifier
        } else if ORGANIZATION_KEYS.contains(&key) {
            LintRule::OrganizationIdentifier
        } else {
            if check.operator.test == Test::Like {
                for (place, _) in check.values.iter().filter(|(_, value)| is_wide(value)) {
                    self.add(LintRule::WideWildcard, place);
                }
            }
            return;
        };
        if matches!(check.operator.test, Test::Number(_)) {
            self.add(rule, check.place);
        }
        for (place, _) in check.values.iter().filter(|(_, value)| is_wild(value)) {
            self.add(rule, place);
        }
    }

    /// Policy variables in a document of the older version.
    pub(super) fn variables(&mut self, text: &str, place: &Place) {
        if self.version == Version::V2008 && text.contains("${") {
            self.add(LintRule::VariableWithoutVersion, place);
        }
    }
}

/// Whether the condition also requires the key itself: `Null` of it is false.
fn asks_for(key: &str, operators: &Map<String, Value>) -> bool {
    let mut tests = operators.get("Null").and_then(Value::as_object).into_iter().flatten();
    tests.any(|(other, value)| {
        other.eq_ignore_ascii_case(key)
            && scalars(value, &Place::default()).iter().all(|(_, value)| value == "false")
    })
}

/// The values of a test as text, each with its path.
fn scalars(value: &Value, place: &Place) -> Vec<(Place, String)> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    match value {
        Value::Array(all) => {
            all.iter().enumerate().map(|(index, one)| (place.item(index), text(one))).collect()
        }
        one => vec![(place.clone(), text(one))],
    }
}

/// The id of an organization (Organizations API reference, `OrganizationId`), or a pattern of ids.
fn is_organization_id(value: &str, like: bool) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    if like && is_wild(value) {
        return value.chars().all(|c| plain(c) || "-*?".contains(c));
    }
    value
        .strip_prefix("o-")
        .is_some_and(|id| (10..=32).contains(&id.len()) && id.chars().all(plain))
}

/// A wildcard without [`MIN_LITERAL_CHARS`] literal characters on either side.
fn is_wide(value: &str) -> bool {
    let longest = value.split(['*', '?']).map(|part| part.chars().count()).max().unwrap_or(0);
    is_wild(value) && longest < MIN_LITERAL_CHARS
}

/// A date of W3C's profile of ISO 8601 (2026, 2026-12, 2026-12-31, and the last one with a time),
/// or seconds since 1970 (IAM reference, date condition operators).
fn is_date(text: &str) -> bool {
    let digits = |part: &str, length: usize| {
        part.len() == length && part.bytes().all(|b| b.is_ascii_digit())
    };
    // A year is also a number of seconds.
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    let (day, time) = text.split_once('T').map_or((text, None), |(day, time)| (day, Some(time)));
    let fits = |field: &str, range: std::ops::RangeInclusive<u32>| {
        digits(field, 2) && field.parse().is_ok_and(|number| range.contains(&number))
    };
    let day = match day.split('-').collect::<Vec<_>>()[..] {
        [year, month] => digits(year, 4) && fits(month, 1..=12) && time.is_none(),
        [year, month, day] => digits(year, 4) && fits(month, 1..=12) && fits(day, 1..=31),
        _ => false,
    };
    day && time.is_none_or(is_time)
}

/// `18:00Z`, `18:00:00Z`, `18:00:00.5+02:00`.
fn is_time(text: &str) -> bool {
    let zone = text.find(['Z', '+', '-']).map(|at| text.split_at(at));
    let Some((clock, zone)) = zone else { return false };
    let number = |part: &str, most: u32| {
        part.len() == 2
            && part.bytes().all(|b| b.is_ascii_digit())
            && part.parse().is_ok_and(|number: u32| number <= most)
    };
    let (clock, fraction) = clock.split_once('.').map_or((clock, None), |(c, f)| (c, Some(f)));
    let clock: Vec<&str> = clock.split(':').collect();
    let clock = match clock[..] {
        [hour, minute] => number(hour, 23) && number(minute, 59) && fraction.is_none(),
        [hour, minute, second] => number(hour, 23) && number(minute, 59) && number(second, 60),
        _ => false,
    };
    let fraction = fraction.is_none_or(|f| !f.is_empty() && f.bytes().all(|b| b.is_ascii_digit()));
    let zone = zone == "Z"
        || zone[1..]
            .split_once(':')
            .is_some_and(|(hours, minutes)| number(hours, 23) && number(minutes, 59));
    clock && fraction && zone
}

/// Whether an address or range is private; `None` if it is neither an address nor a range.
fn address(text: &str) -> Option<bool> {
    let net: ipnet::IpNet = text
        .parse()
        .ok()
        .or_else(|| text.parse::<std::net::IpAddr>().ok().map(ipnet::IpNet::from))?;
    Some(match net.addr() {
        std::net::IpAddr::V4(ip) => ip.is_private() && net.prefix_len() >= 8,
        std::net::IpAddr::V6(ip) => ip.is_unique_local() && net.prefix_len() >= 7,
    })
}
