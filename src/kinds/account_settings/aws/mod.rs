//! The settings of an account over the AWS SDK.

mod bedrock;
mod contacts;
mod ec2;
mod iam;
pub(super) mod root;
mod s3;

use serde_json::{Value, json};

use self::{bedrock::Bedrock, contacts::Contacts, ec2::Ec2, iam::Iam, s3::S3};
use super::{
    ID,
    leaves::{
        logging::{DELETE_LOGGING, PUT_LOGGING},
        wide::{DELETE_CONTACT, PUT_CONTACT, PUT_PASSWORDS, PUT_S3},
    },
};
use crate::{
    aws::Access,
    kind::{
        Class, CloudError, ScopeFacts,
        table::{ACCOUNT, Found, LeafEdit, PARTITION, Page, Service, Tree, UNREAD, defect, get},
    },
    model::{Observed, Phase, PhysicalId, Tags},
};

/// The settings of one scope's account in its Region.
#[derive(Debug, Clone)]
pub struct Settings {
    ec2: Ec2,
    iam: Iam,
    s3: S3,
    bedrock: Bedrock,
    contacts: Contacts,
    facts: ScopeFacts,
}

/// The values of some rows, or why they could not be read.
type Read = (&'static [&'static str], Result<Vec<Value>, CloudError>);

/// A part that every answer must contain.
fn required<T>(operation: &'static str, value: Option<T>) -> Result<T, CloudError> {
    let unsaid = || CloudError::new(operation, Class::Unknown, "the answer lacks the setting");
    value.ok_or_else(unsaid)
}

/// A group as it is now, with the wanted members: the content of a call that replaces the whole
/// group. It is read again for each call, because an earlier call of the same step may have written
/// other members, which an older state would undo.
fn merged(now: Value, edits: &[&LeafEdit]) -> Tree {
    let Value::Object(mut all) = now else { return Tree::new() };
    for edit in edits {
        let name = edit.path.rsplit('.').next().unwrap_or_default();
        all.insert(name.to_owned(), edit.new.clone());
        let along = edit.with.iter().map(|(path, value)| (path.rsplit('.').next(), value));
        all.extend(along.map(|(name, value)| (name.unwrap_or_default().to_owned(), value.clone())));
    }
    all
}

/// A member that is on or off.
fn flag(group: &Tree, name: &str) -> Option<bool> {
    get(group, name).as_bool()
}

/// A member that is a text.
fn text(group: &Tree, name: &str) -> Option<String> {
    get(group, name).as_str().map(str::to_owned)
}

/// A member that is a number.
fn number(group: &Tree, name: &str) -> Option<i32> {
    get(group, name).as_i64().and_then(|number| number.try_into().ok())
}

impl Settings {
    fn found() -> Found {
        Found {
            names: (super::table().natural_keys)(&Tree::new()).into_iter().collect(),
            tags: Some(Tags::new()),
            ..Found::of(PhysicalId(ID.to_owned()))
        }
    }

    async fn all(&self) -> [Read; 10] {
        let one = |read: Result<Value, CloudError>| read.map(|value| vec![value]);
        let (encryption, key, snapshots, images, console, metadata) = futures::join!(
            self.ec2.ebs_encryption(),
            self.ec2.ebs_key(),
            self.ec2.snapshots(),
            self.ec2.images(),
            self.ec2.serial_console(),
            self.ec2.metadata(),
        );
        let (logging, s3, passwords, contacts) = futures::join!(
            self.bedrock.read(),
            self.s3.read(),
            self.iam.read(),
            self.contacts.read(),
        );
        [
            (&["ebsEncryptionByDefault"], one(encryption)),
            (&["ebsDefaultKmsKey"], one(key)),
            (&["snapshotPublicAccess"], one(snapshots)),
            (&["imagePublicAccess"], one(images)),
            (&["serialConsoleAccess"], one(console)),
            (
                &[
                    "instanceMetadataTokens",
                    "instanceMetadataHopLimit",
                    "instanceMetadataEndpoint",
                    "instanceMetadataTags",
                ],
                metadata.map(Vec::from),
            ),
            (&["bedrockLogging"], one(logging)),
            (&["s3PublicAccess"], one(s3)),
            (&["passwordPolicy"], one(passwords)),
            (&["alternateContacts"], one(contacts)),
        ]
    }

    async fn make(&self, operation: &str, edits: &[&LeafEdit]) -> Result<(), CloudError> {
        match operation {
            PUT_S3 => self.s3.put(&merged(self.s3.read().await?, edits)).await,
            PUT_PASSWORDS => self.iam.put(&merged(self.iam.read().await?, edits)).await,
            PUT_LOGGING => self.bedrock.put(&merged(self.bedrock.read().await?, edits)).await,
            DELETE_LOGGING => self.bedrock.delete().await,
            PUT_CONTACT | DELETE_CONTACT => self.contacts.send(edits).await,
            "ec2:ModifyInstanceMetadataDefaults" => self.ec2.set_metadata(edits).await,
            _ => self.ec2.send(edits).await,
        }
    }
}

impl Service for Settings {
    const LISTS: &'static [&'static str] = &["ec2:GetEbsEncryptionByDefault"];

    fn connect(access: &Access) -> Self {
        Self {
            ec2: Ec2::connect(access),
            iam: Iam::connect(access),
            s3: S3::connect(access),
            bedrock: Bedrock::connect(access),
            contacts: Contacts::connect(access),
            facts: access.facts.clone(),
        }
    }

    /// Every account has them, so no call is needed.
    async fn page(&self, _list: usize, _token: Option<String>) -> Result<Page, CloudError> {
        Ok(Page { found: vec![Self::found()], ..Page::default() })
    }

    async fn tags(&self, _found: &Found) -> Result<Option<Tags>, CloudError> {
        Ok(Some(Tags::new()))
    }

    async fn find(&self, id: &PhysicalId) -> Result<Option<Found>, CloudError> {
        Ok((id.as_str() == ID).then(Self::found))
    }

    /// A setting that cannot be read is unknown, and the others are not; only if none can be read
    /// is all of it unknown.
    async fn read(
        &self,
        found: &Found,
        tags: &Tags,
    ) -> Result<Option<Observed<Value>>, CloudError> {
        let (mut state, mut unread, mut failed) = (Tree::new(), Tree::new(), None);
        for (paths, read) in self.all().await {
            match read {
                Ok(values) => {
                    state.extend(paths.iter().map(|path| (*path).to_owned()).zip(values));
                }
                Err(why) => {
                    let why = failed.insert(why).to_string();
                    unread.extend(paths.iter().map(|path| ((*path).to_owned(), json!(why))));
                }
            }
        }
        if let (true, Some(why)) = (state.is_empty(), failed) {
            return Err(why);
        }
        if !unread.is_empty() {
            state.insert(UNREAD.to_owned(), Value::Object(unread));
        }
        let ScopeFacts { partition, account, .. } = &self.facts;
        state.insert(PARTITION.to_owned(), json!(partition));
        state.insert(ACCOUNT.to_owned(), json!(account));
        Ok(Some(Observed {
            id: found.id.clone(),
            arn: String::new(),
            tags: tags.clone(),
            phase: Phase::Ready,
            state: Value::Object(state),
        }))
    }

    async fn send(&self, _have: &Observed<Value>, edits: &[LeafEdit]) -> Result<(), CloudError> {
        let edits: Vec<_> = edits.iter().collect();
        let operation = edits.first().and_then(|edit| edit.operation.as_deref());
        self.make(operation.unwrap_or_default(), &edits).await
    }
}
