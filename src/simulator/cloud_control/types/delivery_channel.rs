//! AWS::Config::DeliveryChannel.

use serde_json::{Map, Value, json};

use super::parts::{column, missing, text};
use crate::simulator::cloud_control::{
    names::DELIVERY_CHANNEL,
    resource_type::{Type, Update},
    schema::{Member, Model, Shape, TEXT, may, must},
    site::{Failure, Site},
};

static FREQUENCY: Shape =
    Shape::OneOf(&["One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"]);
static SNAPSHOTS: Shape = Shape::Object(&[may("DeliveryFrequency", &FREQUENCY)]);

static MEMBERS: &[Member] = &[
    may("ConfigSnapshotDeliveryProperties", &SNAPSHOTS),
    may("Name", &Shape::Text(1, 256)),
    must("S3BucketName", &TEXT),
    may("S3KeyPrefix", &TEXT),
    may("S3KmsKeyArn", &TEXT),
    may("SnsTopicARN", &TEXT),
];

pub(super) static TYPE: Type = Type {
    name: DELIVERY_CHANNEL,
    members: MEMBERS,
    identifier: "Name",
    listed_in: None,
    read_only: &[],
    create_only: &["Name"],
    write_only: &[],
    rules: |_| Ok(()),
    named: |model| Some(text(model, "Name").unwrap_or("default").to_owned()),
    create,
    read,
    update: |site, update: &Update<'_>| put(site, update.id, update.new),
    delete,
    list,
};

/// The properties, and Config's own names of them.
const OWN: [(&str, &str); 5] = [
    ("S3BucketName", "s3BucketName"),
    ("S3KeyPrefix", "s3KeyPrefix"),
    ("S3KmsKeyArn", "s3KmsKeyArn"),
    ("SnsTopicARN", "snsTopicARN"),
    ("ConfigSnapshotDeliveryProperties", "configSnapshotDeliveryProperties"),
];

/// The one member of snapshots has another first letter in Config.
fn snapshots(value: &Value, from: &str, to: &str) -> Value {
    match value.get(from) {
        Some(frequency) => json!({to: frequency}),
        None => value.clone(),
    }
}

fn create(site: &mut Site<'_, '_>, model: &Model) -> Result<String, Failure> {
    let name = text(model, "Name").unwrap_or("default");
    match read(site, name) {
        Ok(_) => {
            let message = format!("The delivery channel {name} already exists.");
            return Err(Failure::new("AlreadyExists", message));
        }
        Err(failure) if failure.code == "NotFound" => {}
        Err(failure) => return Err(failure),
    }
    put(site, name, model)?;
    Ok(name.to_owned())
}

fn put(site: &mut Site<'_, '_>, name: &str, model: &Model) -> Result<(), Failure> {
    let mut channel = Map::new();
    for (property, own) in OWN {
        if let Some(value) = model.get(property) {
            let value = snapshots(value, "DeliveryFrequency", "deliveryFrequency");
            channel.insert(own.to_owned(), value);
        }
    }
    channel.insert("name".to_owned(), name.into());
    site.ask("config", "PutDeliveryChannel", &json!({"DeliveryChannel": channel}))?;
    Ok(())
}

fn read(site: &mut Site<'_, '_>, id: &str) -> Result<Model, Failure> {
    let answer = site.ask("config", "DescribeDeliveryChannels", &json!({}))?;
    let all = answer["DeliveryChannels"].as_array().into_iter().flatten();
    let found = all.filter_map(Value::as_object).find(|it| it["name"] == id);
    let channel = found.ok_or_else(|| missing(&TYPE, id))?;
    let mut model = Map::new();
    for (property, own) in OWN {
        if let Some(value) = channel.get(own) {
            let value = snapshots(value, "deliveryFrequency", "DeliveryFrequency");
            model.insert(property.to_owned(), value);
        }
    }
    model.insert("Name".to_owned(), id.into());
    Ok(model)
}

fn delete(site: &mut Site<'_, '_>, id: &str) -> Result<(), Failure> {
    site.ask("config", "DeleteDeliveryChannel", &json!({"DeliveryChannelName": id}))?;
    Ok(())
}

fn list(site: &mut Site<'_, '_>) -> Result<Vec<String>, Failure> {
    let answer = site.ask("config", "DescribeDeliveryChannels", &json!({}))?;
    Ok(column(&answer, "DeliveryChannels", "name"))
}
