//! What to do about a table of the process's own that cannot be read.

use super::Check;
use crate::{
    kind::{Class, CloudError},
    settings::MemoryTable,
};

/// What a table is for.
pub(super) struct Purpose {
    /// The name of the check: what is kept in it.
    pub(super) name: &'static str,
    /// What palisade does without it.
    pub(super) without: &'static str,
}

impl Purpose {
    /// The table could not be read.
    pub(super) fn refused(&self, table: &MemoryTable, place: &str, error: &CloudError) -> Check {
        let (MemoryTable { name, region }, Self { name: what, without }) = (table, self);
        let help = match error.class {
            Class::Missing => format!(
                "create it: `aws cloudformation deploy --region {region} --template-file \
                 deploy/memory/memory.cfn.yaml --stack-name palisade-{what} \
                 --parameter-overrides TableName={name}`"
            ),
            Class::Denied => format!(
                "allow what `palisade iam-policy` prints for the {what} to the role that the \
                 process starts with"
            ),
            Class::Rejected => format!(
                "a table of the {what} has the partition key `key` and the sort key `item`, both \
                 texts, as in deploy/memory/memory.cfn.yaml"
            ),
            _ => format!("{without}; try again, and check the network to DynamoDB"),
        };
        Check::fail(*what, format!("{place}: {error}"), help)
    }
}
