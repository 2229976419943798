//! What policy documents must and must not be taken for.

mod admission;
mod diffs;
mod equivalence;
mod evaluation;
mod laws;
mod lints;
mod reading;

use serde_json::{Value, json};

use super::{Context, Dialect, PolicyDocument};

const ROOT: &str = "arn:aws:iam::111122223333:root";
const ROLE: &str = "arn:aws:iam::111122223333:role/team/ml";

fn context() -> Context {
    Context { partition: "aws".to_owned(), account: "111122223333".to_owned() }
}

fn key_policy(value: &Value) -> PolicyDocument {
    PolicyDocument::from_value(value, Dialect::KeyPolicy).expect("a key policy")
}

fn scp(value: &Value) -> PolicyDocument {
    PolicyDocument::from_value(value, Dialect::ServiceControlPolicy)
        .expect("a service control policy")
}

/// A document around `statements`, an object or a list.
fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// `Allow kms:* on * to the root of the account`, with the fields of `changes` put in and those
/// that are null taken out.
fn statement(changes: Value) -> Value {
    let mut statement =
        json!({"Effect": "Allow", "Principal": {"AWS": ROOT}, "Action": "kms:*", "Resource": "*"});
    for (field, value) in changes.as_object().expect("fields").clone() {
        let fields = statement.as_object_mut().expect("an object");
        if value.is_null() {
            fields.remove(&field);
        } else {
            fields.insert(field, value);
        }
    }
    statement
}
