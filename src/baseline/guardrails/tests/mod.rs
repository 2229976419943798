//! The blocks stop what they say, composed and one by one.

mod composing;
mod packing;
mod recognizing;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Known, Layer, Type, Use, all, compose, find};
use crate::model::policy_document::{Decision, Dialect, PolicyDocument, Request};

const KNOWN: Known<'static> = Known {
    partition: "aws",
    account: "111122223333",
    region: "eu-west-1",
    organization: "o-example",
};

/// Expected, caller, action, resource, and where the context differs from the usual one.
type Row = (String, String, String, String, BTreeMap<String, Vec<String>>);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Tables {
    #[expect(dead_code, reason = "says what the file is")]
    source: String,
    blocks: BTreeMap<String, Vec<Row>>,
    composed: Vec<Row>,
}

fn tables() -> Tables {
    serde_json::from_str(include_str!("requests.json")).expect("the tables")
}

/// What the tables give the parameters that have no default, or another one.
fn with(block: &str) -> Map<String, Value> {
    let roles = |names: &[&str]| -> Vec<String> {
        names.iter().map(|name| format!("arn:aws:iam::111122223333:role/{name}")).collect()
    };
    let with = match block {
        "scp/regions" => json!({"regions": ["eu-west-1"]}),
        "scp/sm-jobs-vpc" => json!({"subnets": ["subnet-0aaa", "subnet-0bbb"]}),
        "scp/sm-volume-keys" => json!({"keys": ["arn:aws:kms:*:111122223333:key/*"]}),
        "scp/sm-presign" => {
            json!({"vpces": ["vpce-0api", "vpce-0studio", "vpce-0notebook", "vpce-0mlflow"]})
        }
        "scp/bedrock-guardrail" => json!({"guardrails": ["gr-ml"]}),
        "scp/perimeter-resource" => json!({
            "partners": ["444455556666"],
            "awsOwned": [
                "arn:aws:ecr:*:763104351884:repository/*",
                "arn:aws:ecr:*:685385470294:repository/*",
                "arn:aws:s3:::jumpstart-cache-prod-eu-west-1",
                "arn:aws:s3:::jumpstart-cache-prod-eu-west-1/*",
                "arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*",
            ],
        }),
        "scp/perimeter-network" => json!({"cidrs": ["203.0.113.0/24"], "vpcs": ["vpc-0ml"]}),
        "rcp/identity" | "rcp/confused-deputy" => json!({"partners": ["444455556666"]}),
        "rcp/network" => {
            json!({"cidrs": ["203.0.113.0/24"], "exempt": roles(&["break-glass", "palisade"])})
        }
        "endpoint/studio" => json!({"domainId": "d-ml"}),
        "endpoint/bedrock-runtime" => json!({"models": ["anthropic.*"]}),
        "key/admin" => json!({"admins": ["palisade", "break-glass"]}),
        "key/use-via-service" => json!({
            "services": ["s3.eu-west-1.amazonaws.com", "sagemaker.eu-west-1.amazonaws.com"],
            "roles": ["ml-*"],
        }),
        "key/grants" => json!({"roles": ["ml-*"]}),
        "key/service-logs" => json!({"trail": "t"}),
        "bucket/tls" => json!({"bucket": "ml-data"}),
        "bucket/encryption" => {
            json!({"bucket": "ml-data", "keyArn": "arn:aws:kms:eu-west-1:111122223333:key/k"})
        }
        "bucket/vpce" => json!({"bucket": "ml-data", "vpces": ["vpce-0s3"]}),
        "bucket/org" => json!({"bucket": "ml-data", "partners": ["444455556666"]}),
        "bucket/writers" => {
            json!({"bucket": "ml-data", "writers": ["ml-platform-pipeline", "ml-exec"]})
        }
        "trust/cross-account" => json!({"roles": ["ml-platform-*"]}),
        "boundary/data-engineer" | "boundary/data-scientist" => {
            json!({"domainId": "d-ml", "buckets": ["ml-data"]})
        }
        "boundary/devops" => json!({"buckets": ["ml-data"]}),
        _ => json!({}),
    };
    with.as_object().cloned().expect("an object")
}

fn usage(block: &str) -> Use {
    Use { block: block.to_owned(), with: with(block) }
}

fn uses(layer: Layer) -> Vec<Use> {
    let blocks = all().iter().filter(|block| block.layer() == Some(layer));
    blocks.map(|block| usage(&block.name)).collect()
}

fn composed(layer: Layer, uses: &[Use], compact: bool) -> Value {
    compose(layer, uses, &KNOWN, compact).expect("a composition").document(None)
}

fn layer_of(block: &str) -> Layer {
    find(block).and_then(super::Block::layer).expect("a layer")
}

/// A document as the evaluator reads it. A bucket policy is read as any policy of a resource; the
/// resource of a trust policy is the role itself, which it does not name.
fn parsed(layer: Layer, document: &Value) -> PolicyDocument {
    let dialect = match layer {
        Layer::Scp => Dialect::ServiceControlPolicy,
        Layer::Rcp => Dialect::ResourceControlPolicy,
        Layer::Key => Dialect::KeyPolicy,
        Layer::Endpoint | Layer::Bucket | Layer::Trust => Dialect::EndpointPolicy,
        Layer::Boundary => Dialect::IdentityPolicy,
    };
    let mut document = document.clone();
    if layer == Layer::Trust {
        for statement in document["Statement"].as_array_mut().expect("statements") {
            statement["Resource"] = json!("*");
        }
    }
    PolicyDocument::from_value(&document, dialect).expect("a policy document")
}

/// The request of a row. The tables say everything about it: what they do not name is absent.
fn request(row: &Row, document: &Value) -> Request {
    let (_, caller, action, resource, differs) = row;
    let caller = match caller.as_str() {
        "anonymous" => "",
        other => other.strip_prefix("service:").unwrap_or(other),
    };
    let mut request = Request::new(caller, action, resource);
    for key in keys(document) {
        request.context.entry(key).or_default();
    }
    let usual = [
        ("aws:principalisawsservice", "false"),
        ("aws:principalorgid", "o-example"),
        ("aws:viaawsservice", "false"),
        ("aws:requestedregion", "eu-west-1"),
        ("aws:securetransport", "true"),
        ("aws:resourceorgid", "o-example"),
        ("aws:resourceaccount", "111122223333"),
    ];
    for (key, value) in usual {
        request.context.insert(key.to_owned(), vec![value.to_owned()]);
    }
    request.context.extend(differs.clone());
    request
}

/// The condition keys of a document, those of its variables included, in lower case.
fn keys(document: &Value) -> BTreeSet<String> {
    let mut keys = BTreeSet::new();
    for statement in document["Statement"].as_array().into_iter().flatten() {
        for tests in statement["Condition"].as_object().into_iter().flat_map(Map::values) {
            keys.extend(tests.as_object().into_iter().flat_map(Map::keys).cloned());
        }
    }
    let text = document.to_string();
    let variables = text.split("${").skip(1).filter_map(|rest| rest.split('}').next());
    keys.extend(variables.map(str::to_owned));
    keys.iter().map(|key| key.to_ascii_lowercase()).collect()
}

/// The rows that are not decided as they say.
fn wrong(layer: Layer, document: &Value, rows: &[Row]) -> Vec<String> {
    let policy = parsed(layer, document);
    let mut wrong = Vec::new();
    for row in rows {
        let expected = match row.0.as_str() {
            "D" => Decision::Deny,
            "P" | "N" => Decision::NoMatch,
            "A" => Decision::Allow,
            other => panic!("{other}"),
        };
        let decision = policy.evaluate(&request(row, document));
        if decision != expected {
            wrong.push(format!("{decision:?}: {row:?}"));
        }
    }
    wrong
}

#[test]
fn every_request_of_every_block_is_decided_as_its_table_says() {
    let tables = tables();
    let mut found = Vec::new();
    let mut tried = 0;
    for block in all() {
        let rows = &tables.blocks[&block.name];
        let layer = layer_of(&block.name);
        let document = composed(layer, &[usage(&block.name)], false);
        tried += rows.len();
        let wrong = wrong(layer, &document, rows);
        found.extend(wrong.into_iter().map(|row| format!("{}: {row}", block.name)));
    }
    assert_eq!(found, Vec::<String>::new());
    assert_eq!((all().len(), tables.blocks.len(), tried), (66, 66, 519));
}

#[test]
fn complete_requests_are_decided_as_they_should_by_all_blocks_together() {
    let rows = tables().composed;
    assert_eq!(rows.len(), 30);
    for compact in [false, true] {
        let document = composed(Layer::Scp, &uses(Layer::Scp), compact);
        assert_eq!(wrong(Layer::Scp, &document, &rows), Vec::<String>::new());
    }
}

#[test]
fn what_one_block_denies_all_blocks_together_deny_merged_or_not() {
    let tables = tables();
    for layer in [Layer::Scp, Layer::Rcp] {
        for compact in [false, true] {
            let document = composed(layer, &uses(layer), compact);
            let rows: Vec<Row> = tables
                .blocks
                .iter()
                .filter(|(name, _)| layer_of(name) == layer)
                .flat_map(|(_, rows)| rows.iter().filter(|row| row.0 == "D").cloned())
                .collect();
            assert!(rows.len() > 15, "{}", rows.len());
            assert_eq!(wrong(layer, &document, &rows), Vec::<String>::new(), "{compact}");
        }
    }
}

#[test]
fn every_block_is_complete_and_its_defaults_are_right() {
    for block in all() {
        let layer = layer_of(&block.name);
        for text in [&block.title, &block.stops, &block.breaks] {
            assert!(!text.is_empty(), "{}", block.name);
        }
        for parameter in &block.parameters {
            let said = parameter.default.clone().or_else(|| parameter.example.clone());
            let said = said.unwrap_or_else(|| panic!("{} {}", block.name, parameter.name));
            let is_list = said.is_array();
            assert_eq!(is_list, parameter.list, "{} {}", block.name, parameter.name);
            assert!(!parameter.about.is_empty(), "{} {}", block.name, parameter.name);
            assert_eq!(parameter.of == Type::Word, !parameter.words.is_empty());
        }
        // Every default, said in full, is a valid value and changes nothing.
        let mut said = usage(&block.name);
        for parameter in &block.parameters {
            if let (Some(default), false) =
                (&parameter.default, said.with.contains_key(&parameter.name))
            {
                let text = default.to_string().replace("{partition}", "aws");
                let text = text.replace("{organization}", "o-abcde12345");
                let text =
                    text.replace("{region}", "eu-west-1").replace("{account}", KNOWN.account);
                let value = serde_json::from_str(&text).expect("a value");
                said.with.insert(parameter.name.clone(), value);
            }
        }
        let known = Known { organization: "o-abcde12345", ..KNOWN };
        let by_default = compose(layer, &[usage(&block.name)], &known, false).expect("defaults");
        let in_full = compose(layer, &[said], &known, false);
        assert_eq!(in_full.as_ref(), Ok(&by_default), "{}", block.name);
        assert!(!by_default.statements.is_empty(), "{}", block.name);
        let text = by_default.document(None).to_string();
        assert!(text.is_ascii() && text.len() < layer.max_size(), "{}", block.name);
        assert!(!text.replace("${", "").contains("{partition}"), "{}", block.name);
    }
}

/// A test that is left out because its list is empty must not let more through.
#[test]
fn an_empty_list_never_makes_a_block_looser() {
    for block in all() {
        let may_be_empty = |name: &str| {
            block
                .parameter(name)
                .is_some_and(|it| it.list && it.min == 0 || it.default == Some(Value::Null))
        };
        for template in &block.statements {
            let statement = &template.statement;
            let conditions = statement["Condition"].as_object();
            for (operator, tests) in conditions.into_iter().flatten() {
                for (key, values) in tests.as_object().expect("keys") {
                    let text = values.to_string();
                    let empty = super::fill::parts(&text).into_iter().any(
                        |part| matches!(part, super::fill::Part::Name(name) if may_be_empty(name)),
                    );
                    let gated = template
                        .when
                        .as_deref()
                        .is_some_and(|it| text.contains(&format!("{{{it}}}")));
                    let denies = statement["Effect"] == "Deny";
                    let negated = operator.contains("Not");
                    assert!(
                        !empty || gated || (denies && negated),
                        "{} {operator} {key}",
                        block.name
                    );
                }
            }
        }
    }
}

/// What was tried, as the table that a reviewer reads.
#[test]
fn the_table_of_the_proof_is_as_it_was() {
    let tables = tables();
    let mut text = format!(
        "{:<26} {:>10} {:>8} {:>7} {:>6} {:>10}\n",
        "block", "parameters", "requests", "allowed", "denied", "characters"
    );
    for block in all() {
        let rows = &tables.blocks[&block.name];
        // What a statement denies, and what none allows.
        let denied = rows.iter().filter(|row| matches!(row.0.as_str(), "D" | "N")).count();
        let size = composed(layer_of(&block.name), &[usage(&block.name)], false).to_string().len();
        let (count, parameters) = (rows.len(), block.parameters.len());
        let allowed = count - denied;
        text += &format!(
            "{:<26} {parameters:>10} {count:>8} {allowed:>7} {denied:>6} {size:>10}\n",
            block.name
        );
    }
    for layer in [Layer::Scp, Layer::Rcp] {
        let of = |compact| composed(layer, &uses(layer), compact).to_string().len();
        text += &format!("all {}: {}, compact {}\n", layer.name(), of(false), of(true));
    }
    let packed = super::pack(Layer::Scp, Vec::new(), uses(Layer::Scp), &KNOWN, "scp");
    let sizes: Vec<_> = packed.expect("they fit").policies.iter().map(|it| it.size).collect();
    text += &format!("packed: {sizes:?}\n");
    insta::assert_snapshot!(text);
}
