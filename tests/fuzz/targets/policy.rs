//! Any policy text: an error or a document that equals itself, before and after it is written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use palisade::model::policy_document::{
    Context, Dialect, PolicyDocument, Request, diff, equivalent,
};

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let context = Context { partition: "aws".into(), account: "111122223333".into() };
    for dialect in [Dialect::KeyPolicy, Dialect::EndpointPolicy, Dialect::ServiceControlPolicy] {
        let Ok(document) = PolicyDocument::parse(text, dialect) else { continue };
        let again = PolicyDocument::parse(&document.to_minified_json(), dialect);
        let again = again.expect("what was written can be read");
        assert!(equivalent(&document, &again, &context));
        let _ = diff(&document, &again, &context).to_string();
        let _ = document.evaluate(&Request::new(
            "arn:aws:iam::111122223333:role/r",
            "kms:Decrypt",
            "*",
        ));
        let _ = document.lint(&context);
    }
});
