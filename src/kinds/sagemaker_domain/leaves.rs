//! What a SageMakerDomain manifest can say, row by row.

use serde_json::json;

use super::{
    APP_ACCESS, IDENTITY_CONFIG, NAME, PROPAGATION, RSTUDIO, RSTUDIO_ROLE, USER_GROUPS,
    aws::Domains, baseline, errors, operations, rules,
};
use crate::kinds::cloud_control::{ec2_subnet, ec2_vpc};
use crate::{
    kind::{
        Accepts, Claimed, Creation, LookupKind, Profile, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Fixed, Form, Gives, How, Leaf, Live, Named, RiskOf,
            Table, TagLeaf, about, get, tree,
        },
    },
    kinds::{
        kms_key, sagemaker_work,
        studio::{
            TOO_MANY, checks,
            frame::{self, fixed, kept, plain, rows},
            settings::{self, lists, neutral, towards, word},
        },
    },
    model::{Risk, text},
};

/// The one call that changes a domain.
const UPDATE: &str = "sagemaker:UpdateDomain";
/// A domain can have at most this many subnets (SageMaker API reference).
const MAX_SUBNETS: usize = 16;
/// What AWS changes only while no app is in service, pending or being deleted (API reference of
/// `UpdateDomain` and `DomainSettingsForUpdate`). For RStudio that is what AWS answers ("Unable to
/// update Domain … with InService App").
const WITHOUT_APPS: [&str; 2] = [IDENTITY_CONFIG, RSTUDIO];

/// The kind as a table.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "domain",
            about: "A SageMaker AI domain with the settings that its users and spaces start from.",
            claimed: Claimed::ByTags,
            // There is no client token, and AWS does not document that it refuses a second domain
            // with the same name.
            creation: Creation::Unnamed,
            // It contains the users' files and profiles.
            removal: Removal::TombstoneOnly,
            // An update of a domain that is updating fails, but domains do not block each other.
            writers: Writers::Many,
            sweep: true,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: sagemaker_work::DOCTOR,
        about: about(&[
            "A SageMaker AI domain: the place where Studio runs.",
            "",
            "Only what is written here is compared and sent. A field that is left out is not",
            "managed; `null`, or `[]` for a list, says that there must be none.",
        ]),
        leaves: rows(),
        tags: Some(TagLeaf {
            about: about(&[
                "Tags of the domain, of letters, digits, spaces and `_ . : / = + - @`. AWS copies",
                "them to every app that the domain launches. `null` says that a key must not be",
                "there.",
            ]),
            rules: text::SAGEMAKER,
        }),
        order: vec![UPDATE.into()],
        natural_keys: |state| {
            get(state, "domainName").as_str().map(str::to_owned).into_iter().collect()
        },
        fixed_first: false,
        // People can work in it, with the roles and in the networks that it names.
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle: rules::settle,
        connect: Live::<Domains>::open,
    }
}

fn update() -> Call {
    frame::update(UPDATE)
}

fn without_apps() -> Call {
    let says = "update {path}, while no app runs";
    Call { shared: true, inspect: true, ..Call::new(UPDATE, says) }
}

/// The call that changes a setting.
fn change_of(path: &str) -> How {
    if path == PROPAGATION {
        // A short form of another row, which replaces it.
        return How::Argument;
    }
    if path == USER_GROUPS {
        // `VpcOnly` requires security groups: they may be removed only together with it.
        let after = Call { follows: true, ..without_apps() };
        return How::Needed { call: update(), after, by: (APP_ACCESS.into(), json!("VpcOnly")) };
    }
    let waits = WITHOUT_APPS.iter().any(|group| tree::is_at(path, group));
    How::By(if waits { without_apps() } else { update() })
}

fn needed(leaf: Leaf, help: &'static str) -> Leaf {
    frame::needed(leaf, "is required: no domain can be created without it", help)
}

fn rows() -> Vec<Leaf> {
    let rows = rows! {
        /// The domain's name. Letters, digits and single hyphens, 1 to 63 characters. Default: the
        /// manifest's name. Immutable.
        "domainName": domain_name(),
        /// How users sign in: `SSO` (IAM Identity Center) or `IAM`. Required. Immutable: changing
        /// it needs a new domain.
        "authMode":
            needed(plain(word(&AUTH_MODE), fixed()), "write SSO (IAM Identity Center) or IAM"),
        /// The VPC: an id or a lookup by tags. Required, except for a domain of SageMaker Unified
        /// Studio. Immutable once set.
        "vpc": vpc(),
        /// The subnets, 1 to 16: ids, lookups, or one lookup within the VPC that finds them all.
        /// Subnets can be added at any time, and removed only while no app runs.
        "subnets": subnets(),
        /// Where Studio's traffic goes: `VpcOnly`, or `PublicInternetOnly` for a network of AWS
        /// with direct internet access. AWS's own default is `PublicInternetOnly`; palisade creates
        /// a domain as `VpcOnly` unless this says otherwise. Can be changed only while no app runs.
        /// Immutable once RStudio is set up.
        "appNetworkAccessType": network_access(),
        /// Who manages the security groups between RStudio and the users' apps. Only for domains
        /// with `domainSettings.rStudioServerProDomainSettings`, which need `Service`.
        "appSecurityGroupManagement":
            kept(neutral(word(&GROUP_MANAGEMENT)), How::By(without_apps())),
        /// The KMS key of the home file system (EFS) and of the volumes: `{ref: …}` to a KmsKey, a
        /// key ARN, a key id, or an alias (used at creation, never compared with the key it stands
        /// for). `null` says that it is AWS's own key. Immutable.
        "kmsKey": key(),
        /// The defaults of user profiles; a profile's own settings win, except security groups,
        /// which add up. Required.
        "defaultUserSettings":
            needed(kept(settings::user(), fixed()), "write at least `{securityGroups: […]}`"),
        /// The defaults of shared spaces.
        "defaultSpaceSettings": kept(settings::space(), fixed()),
        /// Settings of the domain as a whole.
        "domainSettings": kept(settings::domain(), fixed()),
        /// Whether the tags of the domain, its profiles and spaces go to everything that users
        /// create from Studio. AWS's default: `DISABLED`.
        "tagPropagation": kept(neutral(word(&TAG_PROPAGATION)), How::By(update())),
        /// Whether there is a home file system (EFS). AWS's default: `Enabled`. Can be switched on
        /// later. Immutable once it is on.
        "homeEfsFileSystemCreation": home_file_system(),
        /// What happens to the home file system when the domain is deleted: `Retain` (default) or
        /// `Delete`, which destroys the users' files. Used at deletion only, never compared.
        "efsRetention": plain(word(&RETENTION), How::Argument),
    };
    let settings = |leaf: Leaf| match leaf.form {
        Form::Group { .. } => leaf.changed(&change_of),
        _ => leaf,
    };
    rows.into_iter().map(settings).collect()
}

fn domain_name() -> Leaf {
    let form = Form::Text(Check::Form(checks::domain_name));
    Leaf { absent: Absent::Derived, ..plain(Leaf::setting(form), fixed()) }
}

/// A domain of Unified Studio can be created without a VPC, which can be set later.
fn vpc() -> Leaf {
    let each = Named::new(Accepts::id_or_lookup(ec2_vpc::NAME, LookupKind::Vpc), "vpc-");
    let why = "which AWS fixes once it is set".into();
    plain(Leaf::setting(Form::Target(each)), How::Until { call: update(), fixed: Fixed::Set, why })
        .risking(RiskOf::Always(Risk::LOOSENS), Gives::Something)
}

/// Subnets are added at once; removing some waits for the apps in them. Either way the networks
/// that apps can be placed in change: one may be a way out that the others are not.
fn subnets() -> Leaf {
    let form = Form::Targets {
        each: Named::new(Accepts::id_or_lookup(ec2_subnet::NAME, LookupKind::Subnet), "subnet-"),
        within: Some(("vpc".into(), "vpc".into())),
        one_of_each: None,
        single_while: None,
        min: (1, "a domain needs at least one subnet".into()),
        max: (MAX_SUBNETS, TOO_MANY.into()),
    };
    let change = How::Members { add: update(), remove: without_apps() };
    plain(Leaf::setting(form), change).risking(RiskOf::MoreIsLooser, Gives::More)
}

fn network_access() -> Leaf {
    let change = How::Until {
        call: without_apps(),
        fixed: Fixed::With(RSTUDIO_ROLE.into()),
        why: "which AWS fixes once RStudio is set up".into(),
    };
    kept(towards("VpcOnly", word(&NETWORK_ACCESS)), change)
}

fn key() -> Leaf {
    let form = Form::Key {
        accepts: Accepts::arn_of(kms_key::NAME),
        check: Check::Scoped(checks::own_key),
    };
    Leaf { change: fixed(), compare: Compare::Key, ..Leaf::setting(form) }
}

fn home_file_system() -> Leaf {
    let fixed = Fixed::Otherwise(json!("Enabled"));
    let why = "which AWS creates but never takes away".into();
    let change = How::Until { call: update(), fixed, why };
    kept(neutral(word(&HOME_FILE_SYSTEM)), change)
}

lists! {
    /// How users sign in.
    AUTH_MODE = "AuthMode" ["SSO", "IAM"]
    /// Where Studio's traffic goes.
    NETWORK_ACCESS = "AppNetworkAccessType" ["PublicInternetOnly", "VpcOnly"]
    /// Who manages the security groups between RStudio and the users' apps.
    GROUP_MANAGEMENT = "AppSecurityGroupManagement" ["Service", "Customer"]
    /// Whether tags go to what users create.
    TAG_PROPAGATION = "TagPropagation" ["ENABLED", "DISABLED"]
    /// Whether there is a home file system.
    HOME_FILE_SYSTEM = "HomeEfsFileSystemCreation" ["Enabled", "Disabled"]
    /// What happens to the home file system when the domain is deleted.
    RETENTION = "EfsRetention" ["Retain", "Delete"]
}
