//! Tables (API version 2012-08-10): whole items by their key, written on a condition. Every read is
//! strongly consistent, which is what `ConsistentRead` asks for.

mod expression;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use self::expression::{Item, Names, holds, invalid, update};
use super::{
    api::{Api, Pages, Protocol, Refusal, Service},
    iam::{Call, Need},
    json::unknown_operation,
    service::{Answer, ApiError, Caller, Context, Options},
};

/// The properties of DynamoDB for the rest of the simulator.
pub(super) static API: Api = Api {
    name: "dynamodb",
    protocol: Protocol::Json10 { target: "DynamoDB_20120810" },
    throttled: Refusal::new(
        "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded.",
    ),
    pages: Pages { token: "ExclusiveStartKey", next: "LastEvaluatedKey", more: None },
    tags: "Tags",
    replicated: false,
    extra_bucket: None,
    kinds: &[],
    taken: None,
};

/// The largest item, names included (developer guide, Quotas).
const MAX_ITEM_BYTES: usize = 400 * 1024;
/// The most bytes of a page of a query (API reference, Query).
const MAX_PAGE_BYTES: usize = 1024 * 1024;

/// All tables.
#[derive(Debug, Clone, Default)]
pub struct Tables(BTreeMap<(String, String, String), Table>);

#[derive(Debug, Clone, Default)]
struct Table {
    /// The attributes of the key: the partition key, and the sort key if there is one.
    key: Vec<String>,
    items: BTreeMap<Vec<String>, Item>,
}

impl Tables {
    /// Creates a table whose keys are texts: the partition key, and a sort key if there is one.
    pub fn create(&mut self, (account, region): (&str, &str), name: &str, key: &[&str]) {
        let key = key.iter().map(|&name| name.to_owned()).collect();
        let at = (account.to_owned(), region.to_owned(), name.to_owned());
        self.0.entry(at).or_insert(Table { key, items: BTreeMap::new() });
    }

    /// Removes a table with everything in it.
    pub fn remove(&mut self, (account, region): (&str, &str), name: &str) {
        self.0.remove(&(account.to_owned(), region.to_owned(), name.to_owned()));
    }

    /// The items of a table in the order of their keys.
    pub fn items(&self, (account, region): (&str, &str), name: &str) -> Vec<Value> {
        let at = (account.to_owned(), region.to_owned(), name.to_owned());
        let items = self.0.get(&at).into_iter().flat_map(|table| table.items.values());
        items.map(|item| Value::Object(item.clone())).collect()
    }

    fn table(&mut self, caller: &Caller, input: &Value) -> Result<&mut Table, ApiError> {
        let name = input["TableName"].as_str().unwrap_or_default().to_owned();
        let at = (caller.account.clone(), caller.region.clone(), name);
        self.0.get_mut(&at).ok_or_else(|| {
            ApiError::new(
                "ResourceNotFoundException",
                "Requested resource not found: Table not found",
            )
        })
    }

    fn create_table(&mut self, caller: &Caller, input: &Value) -> Answer {
        let name = input["TableName"].as_str().unwrap_or_default().to_owned();
        let schema = input["KeySchema"].as_array().into_iter().flatten();
        let key: Vec<&str> = schema.filter_map(|it| it["AttributeName"].as_str()).collect();
        if key.is_empty() || key.len() > 2 {
            return Err(invalid("One or two attributes make a key"));
        }
        let place = (caller.account.as_str(), caller.region.as_str());
        let at = (caller.account.clone(), caller.region.clone(), name.clone());
        if self.0.contains_key(&at) {
            let message = format!("Table already exists: {name}");
            return Err(ApiError::new("ResourceInUseException", message));
        }
        self.create(place, &name, &key);
        let arn = caller.arn_of("dynamodb", &format!("table/{name}"));
        Ok(json!({"TableDescription": described(&name, &arn, &input["KeySchema"])}))
    }
}

fn described(name: &str, arn: &str, schema: &Value) -> Value {
    json!({"TableName": name, "TableStatus": "ACTIVE", "TableArn": arn, "KeySchema": schema})
}

impl Table {
    /// The key of an item, or of a request's `Key`, which has nothing else.
    fn key_of(&self, attributes: &Value) -> Result<Vec<String>, ApiError> {
        let text = |name: &String| attributes[name]["S"].as_str().map(str::to_owned);
        let key: Option<Vec<String>> = self.key.iter().map(text).collect();
        let filled = key.filter(|key| key.iter().all(|part| !part.is_empty()));
        filled.ok_or_else(|| invalid("The provided key element does not match the schema"))
    }

    fn exact_key(&self, input: &Value) -> Result<Vec<String>, ApiError> {
        if input["Key"].as_object().map(serde_json::Map::len) != Some(self.key.len()) {
            return Err(invalid("The provided key element does not match the schema"));
        }
        self.key_of(&input["Key"])
    }

    /// Refuses a write whose condition does not hold.
    fn check(&self, key: &[String], input: &Value) -> Result<(), ApiError> {
        let Some(condition) = input["ConditionExpression"].as_str() else { return Ok(()) };
        let nothing = Item::new();
        let item = self.items.get(key).unwrap_or(&nothing);
        if holds(condition, item, &Names::of(input))? {
            return Ok(());
        }
        let message = "The conditional request failed";
        Err(ApiError::new("ConditionalCheckFailedException", message))
    }

    fn put(&mut self, input: &Value) -> Answer {
        let Some(item) = input["Item"].as_object() else {
            return Err(invalid("There is no item"));
        };
        let key = self.key_of(&input["Item"])?;
        self.check(&key, input)?;
        self.store(key, item.clone())?;
        Ok(json!({}))
    }

    fn store(&mut self, key: Vec<String>, item: Item) -> Result<(), ApiError> {
        if size(&item) > MAX_ITEM_BYTES {
            return Err(invalid("Item size has exceeded the maximum allowed size"));
        }
        self.items.insert(key, item);
        Ok(())
    }

    fn update(&mut self, input: &Value) -> Answer {
        let key = self.exact_key(input)?;
        self.check(&key, input)?;
        let mut item = self.items.get(&key).cloned().unwrap_or_default();
        for (name, value) in self.key.iter().zip(&key) {
            item.insert(name.clone(), json!({"S": value}));
        }
        let changes = input["UpdateExpression"].as_str().unwrap_or_default();
        update(changes, &mut item, &Names::of(input))?;
        self.store(key, item.clone())?;
        let all = input["ReturnValues"] == "ALL_NEW";
        Ok(if all { json!({"Attributes": item}) } else { json!({}) })
    }

    /// A page of the items with one partition key, in the order of their sort keys.
    fn query(&self, input: &Value) -> Answer {
        let condition = input["KeyConditionExpression"].as_str().unwrap_or_default();
        let names = Names::of(input);
        let after = &input["ExclusiveStartKey"];
        let after = if after.is_null() { None } else { Some(self.key_of(after)?) };
        let (mut found, mut bytes, mut last, mut more) = (Vec::new(), 0, None, false);
        for (key, item) in &self.items {
            let before = after.as_ref().is_some_and(|after| key <= after);
            if before || !holds(condition, item, &names)? {
                continue;
            }
            if last.is_some() && bytes + size(item) > MAX_PAGE_BYTES {
                more = true;
                break;
            }
            bytes += size(item);
            found.push(Value::Object(item.clone()));
            last = Some(item);
        }
        let mut answer = json!({"Count": found.len(), "Items": found});
        if let Some(last) = last.filter(|_| more) {
            let members = self.key.iter().map(|name| (name.clone(), last[name].clone()));
            answer["LastEvaluatedKey"] = members.collect();
        }
        Ok(answer)
    }
}

/// The size of an item: its names and values in UTF-8. Base64 makes bytes a third longer than they
/// count.
fn size(item: &Item) -> usize {
    let value = |value: &Value| match value.as_object().and_then(|it| it.iter().next()) {
        Some((kind, Value::String(text))) if kind == "B" => text.len() / 4 * 3,
        Some((_, Value::String(text))) => text.len(),
        _ => value.to_string().len(),
    };
    item.iter().map(|(name, it)| name.len() + value(it)).sum()
}

impl Service for Tables {
    fn begin(_options: &Options) -> Self {
        Self::default()
    }

    fn call(
        &mut self,
        caller: &Caller,
        operation: &str,
        input: &Value,
        _context: &mut Context<'_>,
    ) -> Answer {
        if operation == "CreateTable" {
            return self.create_table(caller, input);
        }
        let table = self.table(caller, input)?;
        match operation {
            "DescribeTable" => {
                let name = input["TableName"].as_str().unwrap_or_default();
                let arn = caller.arn_of("dynamodb", &format!("table/{name}"));
                let types = table.key.iter().zip(["HASH", "RANGE"]);
                let schema = types.map(|(it, kind)| json!({"AttributeName": it, "KeyType": kind}));
                let schema = Value::Array(schema.collect());
                Ok(json!({"Table": described(name, &arn, &schema)}))
            }
            "GetItem" => {
                let found = table.items.get(&table.exact_key(input)?);
                Ok(found.map_or_else(|| json!({}), |item| json!({"Item": item})))
            }
            "PutItem" => table.put(input),
            "UpdateItem" => table.update(input),
            "DeleteItem" => {
                let key = table.exact_key(input)?;
                table.check(&key, input)?;
                table.items.remove(&key);
                Ok(json!({}))
            }
            "Query" => table.query(input),
            _ => Err(unknown_operation("dynamodb", operation)),
        }
    }

    fn needs(&self, call: &Call<'_>) -> Vec<Need> {
        let arn = call.caller.arn_of("dynamodb", &format!("table/{}", call.text("TableName")));
        vec![call.need(&arn)]
    }
}
