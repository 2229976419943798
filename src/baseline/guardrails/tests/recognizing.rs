//! Blocks are found again in the documents that they are composed to.

use serde_json::json;

use super::{
    super::{Layer, Use, recognize},
    KNOWN, composed, layer_of, usage, uses,
};

fn one(block: &str, with: serde_json::Value) -> Use {
    Use { block: block.to_owned(), with: with.as_object().cloned().expect("an object") }
}

#[test]
fn every_block_is_recognized_alone_and_composes_to_the_same() {
    for block in super::all() {
        let layer = layer_of(&block.name);
        let document = composed(layer, &[usage(&block.name)], false);
        let found = recognize(layer, &document, &KNOWN);
        let names: Vec<_> = found.uses.iter().map(|it| it.block.as_str()).collect();
        assert_eq!(found.rest, Vec::<usize>::new(), "{}: {names:?}", block.name);
        assert_eq!(composed_texts(layer, &found.uses), texts(&document), "{}", block.name);
    }
}

fn texts(document: &serde_json::Value) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for statement in document["Statement"].as_array().unwrap() {
        let mut statement = statement.clone();
        statement.as_object_mut().unwrap().shift_remove("Sid");
        texts.push(statement.to_string());
    }
    texts.sort();
    texts
}

fn composed_texts(layer: Layer, uses: &[Use]) -> Vec<String> {
    texts(&composed(layer, uses, false))
}

#[test]
fn all_blocks_of_a_layer_are_recognized_in_one_document() {
    for layer in [Layer::Scp, Layer::Rcp] {
        let document = composed(layer, &uses(layer), false);
        let found = recognize(layer, &document, &KNOWN);
        assert_eq!(found.rest, Vec::<usize>::new());
        assert_eq!(composed_texts(layer, &found.uses), texts(&document));
        let mut wanted: Vec<_> = uses(layer).into_iter().map(|it| it.block).collect();
        wanted.sort();
        let names: Vec<_> = found.uses.into_iter().map(|it| it.block).collect();
        assert_eq!(names, wanted);
    }
}

#[test]
fn parameters_come_back_and_defaults_are_left_out() {
    for it in [
        one(
            "scp/regions",
            json!({"regions": ["eu-central-1", "eu-west-1"], "provisioners": ["setup"]}),
        ),
        one("scp/cloudtrail-keep", json!({"exempt": ["team/lead"]})),
        one("scp/kms-keep", json!({"minWindow": 7})),
        one("scp/sm-notebooks", json!({"imdsv2": false, "requireGroups": true})),
        one("scp/sm-presign", json!({"vpces": ["vpce-1", "vpce-2"]})),
        one("scp/sm-instances", json!({"apps": [], "appsNot": ["ml.p4*"], "large": []})),
        one("scp/ai-rekognition", json!({"tag": "team", "value": "faces"})),
    ] {
        let document = composed(Layer::Scp, std::slice::from_ref(&it), false);
        assert_eq!(recognize(Layer::Scp, &document, &KNOWN).uses, [it]);
    }
}

#[test]
fn other_spelling_and_order_do_not_matter_and_other_meaning_does() {
    let mut document = composed(Layer::Scp, &[one("scp/org-stay", json!({}))], false);
    let statement = &mut document["Statement"][0];
    statement["Sid"] = json!("Whatever");
    statement["Action"].as_array_mut().unwrap().reverse();
    statement["Resource"] = json!(["*"]);
    let found = recognize(Layer::Scp, &document, &KNOWN);
    assert_eq!(found.uses, [one("scp/org-stay", json!({}))]);
    // Narrower or wider than the block is not the block.
    document["Statement"][0]["Action"].as_array_mut().unwrap().pop();
    let found = recognize(Layer::Scp, &document, &KNOWN);
    assert_eq!((found.uses, found.rest), (vec![], vec![0]));
}

#[test]
fn what_is_no_block_is_left() {
    let own = json!({"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"});
    let mut document = composed(Layer::Scp, &[one("scp/root-none", json!({}))], false);
    document["Statement"].as_array_mut().unwrap().insert(0, own);
    let found = recognize(Layer::Scp, &document, &KNOWN);
    assert_eq!(found.uses, [one("scp/root-none", json!({}))]);
    assert_eq!(found.rest, [0]);
}
