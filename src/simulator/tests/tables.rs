//! Tables of DynamoDB, through the SDK.

use aws_sdk_dynamodb::{Client, types::AttributeValue};

use super::{ACCOUNT, REGION, Simulator, code};

const TABLE: &str = "palisade";

fn with_table() -> Client {
    let simulator = Simulator::default();
    simulator.with(|world| world.dynamodb.create((ACCOUNT, REGION), TABLE, &["key", "item"]));
    Client::new(&simulator.sdk_config(ACCOUNT, REGION))
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn put(
    client: &Client,
    sort: &str,
    value: AttributeValue,
) -> aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder {
    let put = client.put_item().table_name(TABLE).item("key", text("k")).item("item", text(sort));
    put.item("value", value)
}

#[tokio::test(start_paused = true)]
async fn items_are_written_on_a_condition_read_and_deleted() {
    let client = with_table();
    let absent = |put: aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder| {
        put.condition_expression("attribute_not_exists(#key)")
            .expression_attribute_names("#key", "key")
    };
    absent(put(&client, "a", text("1"))).send().await.expect("it is new");
    let again = absent(put(&client, "a", text("2"))).send().await;
    assert_eq!(code(again), "ConditionalCheckFailedException");
    let get = || client.get_item().table_name(TABLE).key("key", text("k"));
    let found = get().key("item", text("a")).send().await.expect("read").item.expect("there");
    assert_eq!(found["value"], text("1"));
    assert_eq!(code(get().send().await), "ValidationException");
    assert_eq!(get().key("item", text("b")).send().await.expect("read").item, None);
    let updated = client
        .update_item()
        .table_name(TABLE)
        .key("key", text("k"))
        .key("item", text("a"))
        .update_expression("ADD fence :one")
        .expression_attribute_values(":one", AttributeValue::N("1".to_owned()))
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
    let fence = updated.send().await.expect("updated").attributes.expect("all")["fence"].clone();
    assert_eq!(fence, AttributeValue::N("1".to_owned()));
    let delete = client.delete_item().table_name(TABLE).key("key", text("k"));
    delete.key("item", text("a")).send().await.expect("deleted");
    assert_eq!(get().key("item", text("a")).send().await.expect("read").item, None);
    let elsewhere = client.get_item().table_name("other").key("key", text("k"));
    let elsewhere = elsewhere.key("item", text("a")).send().await;
    assert_eq!(code(elsewhere), "ResourceNotFoundException");
}

#[tokio::test(start_paused = true)]
async fn an_item_has_400_kilobytes_and_a_page_one_megabyte() {
    let client = with_table();
    let large = text(&"x".repeat(400 * 1024));
    assert_eq!(code(put(&client, "a", large).send().await), "ValidationException");
    for number in 0..5 {
        let sort = format!("a/{number}");
        put(&client, &sort, text(&"x".repeat(300 * 1024))).send().await.expect("it fits");
    }
    put(&client, "b/0", text("x")).send().await.expect("it fits");
    let query = || {
        let query = client.query().table_name(TABLE);
        let query = query.key_condition_expression("#k = :k AND begins_with(#i, :i)");
        let query = query.expression_attribute_names("#k", "key");
        let query = query.expression_attribute_names("#i", "item");
        let query = query.expression_attribute_values(":k", text("k"));
        query.expression_attribute_values(":i", text("a/"))
    };
    let (mut pages, mut from) = (Vec::new(), None);
    loop {
        let page = query().set_exclusive_start_key(from).send().await.expect("a page");
        pages.push(page.items().len());
        from = page.last_evaluated_key;
        if from.is_none() {
            break;
        }
    }
    assert_eq!(pages, [3, 2]);
}
