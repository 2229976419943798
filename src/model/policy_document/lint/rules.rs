//! The table of rules: the topic of each, its severity in each dialect, and its source in AWS's
//! documentation.

use serde::{Deserialize, Serialize};

use super::super::Dialect;

/// The severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gravity {
    /// AWS refuses the document: a problem of the manifest.
    Refused,
    /// AWS accepts the document, but it cannot have the intended effect: also a problem of the
    /// manifest.
    Unfit,
    /// AWS accepts it, but it is probably a mistake: a finding, which never stops anything.
    Doubtful,
}

/// The topic of a doubtful finding; the baseline has a rule for each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// Unknown actions.
    Actions,
    /// Conditions that probably do not do what was intended.
    Conditions,
    /// Anything else in a statement.
    Statements,
    /// A denial of everything to everybody.
    Everything,
}

const R: Option<Gravity> = Some(Gravity::Refused);
const U: Option<Gravity> = Some(Gravity::Unfit);
const D: Option<Gravity> = Some(Gravity::Doubtful);
/// The rule does not apply to the dialect.
const N: Option<Gravity> = None;

/// Key policy, endpoint policy, service control policy, resource control policy, identity policy.
type ByDialect = [Option<Gravity>; 5];

macro_rules! rules {
    ($(
        $(#[doc = $doc:literal])+
        $name:ident $gravity:expr, $topic:ident, $why:literal, $help:literal;
    )+) => {
        /// A lint rule. The comment of each names its source.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        #[non_exhaustive]
        pub enum LintRule {
            $($(#[doc = $doc])+ $name,)+
        }

        impl LintRule {
            /// Every rule, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            fn row(self) -> (ByDialect, Topic, &'static str, &'static str) {
                match self {
                    $(Self::$name => ($gravity, Topic::$topic, $why, $help),)+
                }
            }
        }
    };
}

rules! {
    /// Sizes: KMS quotas (32 KB), AWS PrivateLink quotas (20,480 characters), Organizations quotas.
    TooLong [R, R, R, R, N], Statements,
        "longer than AWS accepts",
        "shorten it with wildcards, or split it into two policies";
    /// IAM grammar: a document has at least one statement. Access Analyzer MISSING_STATEMENT.
    NoStatements [R, R, R, R, R], Statements,
        "the document has no statements", "add a statement";
    /// KMS API reference, PutKeyPolicy: accepted there, and the statement has no effect; refused
    /// everywhere else.
    MissingAction [U, R, R, R, R], Statements,
        "no action is listed, so the statement has no effect", "list the actions";
    /// As for actions.
    MissingResource [U, R, R, R, R], Statements,
        "no resource is listed, so the statement has no effect", "write \"*\" or the ARNs";

    /// IAM: "Statement IDs (SID) must be alpha-numeric" (cfn-lint 1376); SCPs: iam-user-guide 282.
    /// KMS and endpoints accept any.
    SidCharacters [N, N, R, R, R], Statements,
        "a Sid has letters and digits only", "write it without spaces, dashes and underscores";
    /// IAM: "Statement IDs (SID) in a single policy must be unique"; KMS refuses doubles too. Not
    /// documented for endpoints.
    DuplicateSid [R, D, R, R, R], Statements,
        "the same Sid as an earlier statement", "give each statement a Sid of its own";

    /// AWS PrivateLink guide and KMS developer guide: every statement names its principals.
    MissingPrincipal [R, R, N, R, N], Statements,
        "the statement has no Principal", "add a Principal";
    /// IAM reference: a string can only be "*".
    StringPrincipal [R, R, N, N, N], Statements,
        "a bare string", "write an object such as {\"AWS\": …}";
    /// Organizations user guide, RCP syntax: exactly "*".
    PrincipalOfControlPolicy [N, N, N, R, N], Statements,
        "a resource control policy applies to everybody", "write \"*\", and exempt principals in a \
         Condition";
    /// IAM reference: "You cannot use a wildcard to match part of a principal name or ARN".
    PrincipalWildcard [R, R, N, N, N], Statements,
        "a wildcard cannot be part of a principal", "name each principal, or test aws:PrincipalArn \
         with ArnLike in a Condition";
    /// IAM reference, Principal: account root, user, role, or session; KMS "one or more invalid
    /// principals".
    PrincipalForm [R, R, N, N, N], Statements,
        "neither an account nor the ARN of an account's root, a user, a role or a session",
        "write the twelve digits of an account, or an ARN such as \
         arn:aws:iam::111122223333:role/NAME";
    /// KMS and AWS PrivateLink: accounts, users, roles and services; federated and canonical users
    /// are for trust and bucket policies.
    PrincipalType [R, D, N, N, N], Statements,
        "this policy does not support this type of principal", "write AWS or Service, and test a \
         federated user's keys in a Condition";
    /// As above; account ids have twelve digits.
    PrincipalAccount [R, R, N, N, N], Statements,
        "this ARN has no account of twelve digits", "write the account's twelve digits between the \
         colons";
    /// IAM reference: partitions share no principals.
    PrincipalPartition [R, D, N, N, N], Statements,
        "names a principal of another partition", "write the partition of the scope's Region";
    /// IAM reference: SERVICE.amazonaws.com; Access Analyzer INVALID_SERVICE_PRINCIPAL_FORMAT.
    ServicePrincipal [R, R, N, N, N], Statements,
        "not the name of a service", "write the full name in lower case, such as \
         sagemaker.amazonaws.com";
    /// KMS developer guide: `"Principal": "*"` without a condition gives every account the key.
    PublicAllow [U, N, N, N, N], Statements,
        "allows every AWS account", "name the principals or add a condition";
    /// IAM reference: "we strongly recommend that you do not". Access Analyzer
    /// ALLOW_WITH_NOT_PRINCIPAL.
    AllowNotPrincipal [D, D, N, N, N], Statements,
        "allows everyone who is not listed", "name the principals instead";
    /// IAM reference: a session ends, and KMS rewrites it.
    SessionPrincipal [D, D, N, N, N], Statements,
        "names a session, which expires", "name the role or user";
    /// IAM user guide: unique ids of deleted principals; a document with one cannot be put again.
    OrphanedPrincipal [R, D, N, N, N], Statements,
        "the unique id of a deleted principal", "name its ARN if it exists again, or remove it";

    /// A `Deny` of everything, to everyone of an account, without a condition.
    DenyEverything [D, D, D, D, D], Everything,
        "denies everything to everyone, including palisade", "add a condition, unless this is \
         intended";
    /// Organizations user guide, RCP syntax: only Deny.
    AllowInControlPolicy [N, N, N, R, N], Statements,
        "a resource control policy can only deny", "write \"Deny\"";
    /// Organizations user guide, RCP syntax: no NotAction.
    NotActionInControlPolicy [N, N, N, R, N], Statements,
        "a resource control policy has no NotAction", "list the actions in Action";
    /// Organizations user guide, RCP syntax: `*` at the end of a name only, and never alone.
    WildcardInControlPolicy [N, N, N, R, N], Statements,
        "a resource control policy allows a wildcard only at the end of an action's name", "write \
         actions such as s3:Get*";

    /// IAM: "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
    ActionService [R, R, R, R, R], Actions,
        "an action is SERVICE:NAME or \"*\"", "write the service's prefix and a colon before the \
         name";
    /// IAM: "Actions/Condition can contain only one colon."
    ActionColons [R, R, R, R, R], Actions,
        "an action has one colon", "write SERVICE:NAME";
    /// IAM: "Vendor s* is not valid"; Access Analyzer INVALID_SERVICE_IN_ACTION. `*:*` is
    /// everything.
    ActionServiceWildcard [R, R, R, R, R], Actions,
        "the service of an action cannot contain a wildcard", "name each service, such as \
         ec2:Untag*";
    /// Service authorization reference: letters and digits, and `*` and `?` in names.
    ActionName [R, R, R, R, R], Actions,
        "not the name of an action", "use letters, digits, \"*\" and \"?\", without spaces";
    /// KMS developer guide: a key policy controls the key.
    ForeignAction [D, N, N, N, N], Actions,
        "a key policy only controls kms actions, so this has no effect", "remove it";
    /// Service authorization reference; IAM accepts unknown prefixes. Access Analyzer
    /// INVALID_SERVICE_IN_ACTION.
    UnknownService [D, D, D, D, D], Actions,
        "no known service has this prefix", "check its spelling in the service authorization \
         reference";
    /// Organizations user guide, services that support RCPs: the others do not evaluate them.
    UnsupportedService [N, N, N, D, N], Actions,
        "this service does not support resource control policies, so nothing is denied",
        "deny it with a service control policy, or with the policies of the resources";
    /// As above. Access Analyzer INVALID_ACTION.
    UnknownAction [D, D, D, D, D], Actions,
        "not a known action", "check its spelling in the service authorization reference";
    /// As above, for patterns.
    NoSuchActions [D, D, D, D, D], Actions,
        "does not match any known action",
        "check its spelling in the service authorization reference";
    /// Organizations user guide, SCP syntax: action names are case-sensitive.
    ActionCase [N, N, D, D, N], Actions,
        "AWS spells this action in another case", "control policies may be case-sensitive: use \
         AWS's spelling";

    /// IAM: "Resource … must be in ARN format or \"*\"".
    ResourceForm [R, R, R, R, R], Statements,
        "neither an ARN nor \"*\"", "write an ARN such as arn:aws:s3:::BUCKET/*";
    /// IAM: "Partition … is not valid for resource …".
    ResourcePartition [R, R, R, R, R], Statements,
        "not the name of a partition", "write aws, aws-cn, aws-us-gov or another of AWS's \
         partitions";
    /// IAM: "Resource vendor must be fully qualified and cannot contain regexes."
    ResourceService [R, R, R, R, R], Statements,
        "the service of an ARN cannot contain a wildcard", "name the service, or write \"*\" for \
         everything";
    /// Access Analyzer MISSING_ARN_FIELD.
    ResourceFields [R, R, R, R, R], Statements,
        "this ARN has fewer than six parts", "write arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; \
         a part may be empty";
    /// As above: a wildcard at the end may stand for the missing parts.
    ResourceShort [D, D, D, D, D], Statements,
        "this ARN has fewer than six parts", "write arn:PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE; \
         a part may be \"*\"";
    /// Access Analyzer INVALID_ARN_SERVICE_CASE.
    ResourceServiceCase [D, D, D, D, D], Statements,
        "the service of an ARN must be in lower case", "write it in lower case";
    /// IAM: "IAM resource … cannot contain region information."
    ResourceRegion [D, D, D, D, R], Statements,
        "an IAM ARN has no Region", "leave the Region empty";
    /// IAM user guide, policy variables: in an ARN only after the fifth colon. Access Analyzer
    /// VARIABLE_UNSUPPORTED_IN_ELEMENT.
    ResourceVariable [D, D, D, D, R], Statements,
        "a policy variable before the fifth colon of an ARN", "write the value itself, or a \
         wildcard and a Condition";
    /// IAM: "IAM resource path must either be "*" or start with user/, …".
    ResourcePath [D, D, D, D, R], Statements,
        "IAM has no resources of this type", "begin with user/, role/, group/, policy/ or another \
         of IAM's types";
    /// Access Analyzer INVALID_ARN_ACCOUNT. Such an ARN is nobody's.
    ResourceAccount [U, U, U, U, U], Statements,
        "the account of this ARN does not have twelve digits", "write the twelve digits, \
         ${scope.account}, or \"*\"";
    /// IAM API reference: no name has brackets. Documentation puts them around what is to be filled
    /// in.
    ResourceName [U, U, U, U, U], Statements,
        "a placeholder in an ARN was not filled in", "write the name itself, without brackets";
    /// A request's resources are of the account's partition.
    ResourceOtherPartition [D, D, D, D, D], Statements,
        "names a resource of another partition", "write the partition of the scope's Region";
    /// KMS developer guide: in a key policy "*" means this key.
    ResourceOfKeyPolicy [D, N, N, N, N], Statements,
        "a key policy applies to its own key only, written as \"*\"", "write \"*\"";
    /// AWS PrivateLink guide, considerations: an account id or a wildcard, never a mixture.
    MixedAccount [N, R, N, N, N], Statements,
        "the account of this ARN is a mixture of digits and wildcards", "write the twelve digits, \
         or \"*\"";

    /// IAM reference, condition operators: case counts, and Null takes no IfExists.
    UnknownOperator [R, R, R, R, R], Conditions,
        "not a condition operator", "correct its spelling and case";
    /// IAM: keys are prefaced by a vendor; Access Analyzer INVALID_CONDITION_KEY_FORMAT.
    ConditionKey [R, R, R, R, R], Conditions,
        "a condition key is SERVICE:NAME", "write the prefix, such as aws:PrincipalArn";
    /// IAM: "The policy failed legacy parsing"; Access Analyzer INVALID_DATE_VALUE.
    DateValue [R, R, R, R, R], Conditions,
        "not a date", "write one as 2026-12-31T18:00:00Z, or seconds since 1970";
    /// IAM reference: a value of another type never matches. Access Analyzer TYPE_MISMATCH.
    BoolValue [U, U, U, U, U], Conditions,
        "neither true nor false, so the test can never hold", "write \"true\" or \"false\"";
    /// As above.
    NumericValue [U, U, U, U, U], Conditions,
        "not a number, so the test can never hold", "write digits, or use a String operator";
    /// As above.
    AddressValue [U, U, U, U, U], Conditions,
        "not an IP address or range, so the test can never hold", "write one such as \
         203.0.113.0/24";
    /// A test without values never holds. Access Analyzer EMPTY_ARRAY_CONDITION.
    NoValues [D, D, D, D, D], Conditions,
        "no value is listed, so the test never holds", "list the values, or remove the test";
    /// Access Analyzer INVALID_CONDITION_MULTIPLE_BOOLEAN.
    TwoBooleans [D, D, D, D, D], Conditions,
        "lists true and false, so the test holds whenever the key is there", "keep one of the two";
    /// Access Analyzer PRIVATE_IP_ADDRESS: aws:SourceIp is a public address.
    PrivateAddress [D, D, D, D, D], Conditions,
        "aws:SourceIp is never a private address", "test aws:VpcSourceIp instead";
    /// Organizations API reference, `OrganizationId`: `^o-[a-z0-9]{10,32}$`.
    OrganizationId [U, U, U, U, U], Conditions,
        "not the id of an organization", "write o- and its 10 to 32 lower-case letters and digits, \
         or ${organization.id}";
    /// As for accounts elsewhere: twelve digits.
    AccountId [U, U, U, U, U], Conditions,
        "not the id of an account", "write its twelve digits in quotes, or ${scope.account}";
    /// No name, id or tag value has angle brackets around it.
    Placeholder [U, U, U, U, U], Conditions,
        "a placeholder was not filled in", "write the value itself";
    /// Access Analyzer INVALID_VPC_FORMAT and INVALID_VPCE_FORMAT.
    NetworkId [D, D, D, D, D], Conditions,
        "not the id of a VPC or an endpoint", "aws:SourceVpc takes vpc-…, aws:SourceVpce takes \
         vpce-…";
    /// Access Analyzer WILDCARD_WITHOUT_LIKE_OPERATOR.
    WildcardWithoutLike [D, D, D, D, D], Conditions,
        "the wildcard is taken literally by this operator", "use StringLike or StringNotLike";
    /// Access Analyzer MISSING_TAG_KEY_IN_CONDITION.
    NoTagKey [D, D, D, D, D], Conditions,
        "has no tag key", "write the tag's key after the slash";
    /// IAM reference: ForAllValues holds where the key is absent. Access Analyzer
    /// FORALLVALUES_WITH_SINGLE_VALUED_KEY.
    ForAllValuesAllow [D, D, D, D, D], Conditions,
        "ForAllValues also holds for requests without the key", "add a test `Null` of the same key \
         with \"false\"";
    /// IAM reference: tag keys in conditions are matched without regard to case.
    TagKeyCase [D, D, D, D, D], Conditions,
        "this tag key also occurs in another case, and IAM does not tell the two apart", "use one";
    /// IAM reference, Version: policy variables are literal text in documents of 2008.
    VariableWithoutVersion [D, D, D, D, D], Conditions,
        "a policy variable is literal text in a document of version 2008-10-17", "write \
         \"Version\": \"2012-10-17\"";
    /// AWS PrivateLink guide, considerations: no wildcards and no numeric operators with keys that
    /// hold system identifiers.
    SystemIdentifier [N, R, N, N, N], Conditions,
        "an endpoint policy does not support wildcards and numeric operators in a test of a system \
         identifier", "list the ids";
    /// As above; whether ids of organizations are meant is not verified.
    OrganizationIdentifier [N, D, N, N, N], Conditions,
        "AWS advises against wildcards in a test of a system identifier, and may refuse them",
        "list the ids";
    /// AWS PrivateLink guide, considerations; Access Analyzer WILDCARD_USAGE_TOO_PERMISSIVE.
    WideWildcard [N, D, N, N, N], Conditions,
        "AWS requires six characters before or after a wildcard here, and may refuse fewer",
        "write more of the value";
}

impl LintRule {
    /// Its severity in this dialect; `None` if the rule does not apply.
    pub fn gravity(self, dialect: Dialect) -> Option<Gravity> {
        let [key, endpoint, scp, rcp, identity] = self.row().0;
        match dialect {
            Dialect::KeyPolicy => key,
            Dialect::EndpointPolicy | Dialect::BucketPolicy => endpoint,
            // It is about its own repository.
            Dialect::RepositoryPolicy if self == Self::MissingResource => N,
            Dialect::RepositoryPolicy => endpoint,
            Dialect::ServiceControlPolicy => scp,
            Dialect::ResourceControlPolicy => rcp,
            Dialect::IdentityPolicy => identity,
            Dialect::TrustPolicy => self.in_trust(endpoint, identity),
        }
    }

    /// Its severity in a trust policy: IAM's grammar, with principals and without resources.
    /// Federated principals are for trust policies (IAM reference, Principal).
    fn in_trust(self, endpoint: Option<Gravity>, identity: Option<Gravity>) -> Option<Gravity> {
        match self {
            Self::TooLong => R,
            Self::PublicAllow => U,
            Self::MissingResource | Self::PrincipalType => N,
            Self::MissingPrincipal
            | Self::StringPrincipal
            | Self::PrincipalWildcard
            | Self::PrincipalForm
            | Self::PrincipalAccount
            | Self::PrincipalPartition
            | Self::ServicePrincipal
            | Self::AllowNotPrincipal
            | Self::SessionPrincipal
            | Self::OrphanedPrincipal => endpoint,
            _ => identity,
        }
    }

    /// Its topic.
    pub fn topic(self) -> Topic {
        self.row().1
    }

    pub(super) fn why(self) -> &'static str {
        self.row().2
    }

    pub(super) fn help(self) -> &'static str {
        self.row().3
    }
}
