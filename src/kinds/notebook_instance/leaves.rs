//! The table of a notebook instance.

use serde_json::{Value, json};

use super::{
    DIRECT_INTERNET, INSTANCE_NAME, METADATA, NAME, aws::Instances, baseline, errors, operations,
    settle,
};
use crate::kinds::cloud_control::{ec2_subnet, iam_role};
use crate::{
    kind::{
        Accepts, Claimed, Creation, LookupKind, Profile, Removal, Writers,
        table::{
            Absent, Call, Check, Compare, Fixed, Form, Gives, How, Leaf, Live, Named, Null, Range,
            RiskOf, Table, TagLeaf, Text,
        },
    },
    kinds::{
        kms_key, notebook_lifecycle_config,
        notebooks::{name, natural_keys, own_key, own_role},
        sagemaker_work, security_group,
    },
    model::{Risk, text},
};

const START: &str = "sagemaker:StartNotebookInstance";
const STOP: &str = "sagemaker:StopNotebookInstance";
const UPDATE: &str = "sagemaker:UpdateNotebookInstance";
/// Security groups of an instance, at most (SageMaker API reference).
const MAX_GROUPS: usize = 5;
/// Additional code repositories, at most (SageMaker API reference).
const MAX_REPOSITORIES: usize = 3;
/// Under a stop.
const LOSES: &str = "whoever works in it is interrupted: kernels end, and only the volume is kept";

/// The kind as one value.
pub fn table() -> Table {
    Table {
        profile: Profile {
            name: NAME,
            short: "nbi",
            about: "A notebook instance of SageMaker: a machine with Jupyter, a volume and a role.",
            claimed: Claimed::ByTags,
            creation: Creation::UniqueName,
            // Its volume has its users' files.
            removal: Removal::TombstoneOnly,
            writers: Writers::Many,
            sweep: true,
            global: false,
        },
        operations: operations::OPERATIONS,
        errors: errors::ERRORS,
        baseline: baseline::BASELINE,
        doctor: sagemaker_work::DOCTOR,
        about: "A notebook instance. SageMaker changes most of it only while it is stopped. With \
                `running: true` it is stopped for a\nchange, which needs consent, and started \
                again; without `running` changes wait until somebody stops it."
            .into(),
        leaves: leaves(),
        tags: Some(TagLeaf {
            about: "Tags, in addition to palisade's own. `null` removes one.".into(),
            rules: text::SAGEMAKER,
        }),
        order: vec![STOP.into(), UPDATE.into(), START.into()],
        natural_keys: |state| natural_keys(INSTANCE_NAME, state),
        fixed_first: false,
        // People can work there, with the role and in the network that it names.
        creating: |_| Risk::LOOSENS,
        restore: None,
        settle,
        connect: Live::<Instances>::open,
    }
}

fn leaves() -> Vec<Leaf> {
    vec![
        name(
            INSTANCE_NAME,
            "The name, unique in the account and Region. Default: the manifest's name. Immutable.",
        ),
        running(),
        root_access(),
        metadata_service(),
        direct_internet(),
        subnet(),
        security_groups(),
        key(),
        platform(),
        instance_type(),
        volume(),
        role(),
        lifecycle_config(),
        repository(),
        more_repositories(),
    ]
}

/// SageMaker takes all changes of an instance in one call, while it is stopped.
fn update() -> How {
    How::By(Call::new(UPDATE, "change {path}").shared().at_rest().only_after(&[STOP]))
}

fn fixed() -> How {
    How::Fixed("which SageMaker fixes when an instance is made".into())
}

fn needed(leaf: Leaf, why: &'static str, help: &'static str) -> Leaf {
    Leaf { absent: Absent::Required(why.into(), help.into()), null: Null::Refused, ..leaf }
}

fn words(
    name: &'static str,
    about: &'static str,
    words: [(&'static str, &'static str); 2],
) -> Form {
    let words = words.map(|(word, about)| (Text::from(word), Text::from(about))).into();
    Form::Word { name: name.into(), about: about.into(), words, off: None }
}

/// Of two words, this is the safe one.
fn towards(safe: &'static str, leaf: Leaf) -> Leaf {
    let (value, there, back) = (json!(safe), Risk::TIGHTENS, Risk::LOOSENS);
    leaf.risking(RiskOf::Towards { value, there, back }, Gives::Least(json!(safe)))
}

/// What its values let anybody do cannot be read here.
fn opaque(leaf: Leaf) -> Leaf {
    leaf.risking(RiskOf::Always(Risk::REPLACES), Gives::Something)
}

/// It can be none: an empty text in states.
fn or_none(leaf: Leaf) -> Leaf {
    Leaf { null: Null::None(json!("")), ..leaf }
}

/// Nobody may do more or less because it runs: IAM decides who may open it.
fn running() -> Leaf {
    let stop = Call::new(STOP, "stop it").warning(LOSES);
    let rest = "stop it, and start it again once the changes are made";
    let change = How::Runs {
        start: Call::new(START, "start it").only_after(&[STOP, UPDATE]),
        stop,
        rest: Call::new(STOP, rest).warning(LOSES),
    };
    let (value, there) = (json!(false), Risk::NEUTRAL.stopping_work());
    Leaf {
        risk: RiskOf::Towards { value, there, back: Risk::NEUTRAL },
        ..Leaf::harmless(
            "running",
            "Whether it runs. `true`: it is started where somebody stops it, and stopped for \
             changes, with consent, and started again.\n`false`: it is kept stopped. Absent: \
             palisade neither starts nor stops it, and changes wait while it runs.",
            Form::Bool,
            change,
        )
    }
}

fn root_access() -> Leaf {
    let form = words(
        "RootAccess",
        "Whether users are root.",
        [("Disabled", "Users are not root."), ("Enabled", "Users can become root.")],
    );
    let leaf = towards(
        "Disabled",
        Leaf::harmless(
            "rootAccess",
            "Whether users can become root on it. Lifecycle scripts always run as root. Needed: \
             AWS's default is `Enabled`.",
            form,
            update(),
        ),
    );
    needed(leaf, "is missing; AWS's default would let users be root", "write `Disabled`")
}

fn metadata_service() -> Leaf {
    let form = words(
        "MinimumMetadataServiceVersion",
        "The versions of the instance metadata service that answer.",
        [("2", "Only requests with a token (IMDSv2)."), ("1", "Requests without a token too.")],
    );
    let leaf = towards(
        "2",
        Leaf::harmless(
            METADATA,
            "The lowest version of the instance metadata service that answers, in quotes. Needed: \
             AWS's default is \"1\".",
            form,
            update(),
        ),
    );
    needed(leaf, "is missing; AWS's default answers requests without a token", "write \"2\"")
}

fn direct_internet() -> Leaf {
    let form = words(
        "DirectInternetAccess",
        "Whether it has a network of AWS in addition.",
        [
            ("Disabled", "All traffic goes through the subnet."),
            ("Enabled", "It reaches the internet through a network of AWS."),
        ],
    );
    let leaf = towards(
        "Disabled",
        Leaf::harmless(
            DIRECT_INTERNET,
            "Whether it reaches the internet past the subnet. `Disabled` needs a subnet. Needed: \
             AWS's default is `Enabled`. Immutable.",
            form,
            fixed(),
        ),
    );
    needed(leaf, "is missing; AWS's default is a way past your network", "write `Disabled`")
}

fn subnet() -> Leaf {
    let each = Named::new(Accepts::id_or_lookup(ec2_subnet::NAME, LookupKind::Subnet), "subnet-");
    let about = "The subnet: its id or a lookup by tags. Absent: a network of AWS. Immutable.";
    Leaf::harmless("subnet", about, Form::Target(each), fixed())
}

fn security_groups() -> Leaf {
    let form = Form::Targets {
        each: Named { accepts: Accepts::id_of(security_group::NAME), prefix: "sg-".into() },
        within: None,
        one_of_each: None,
        single_while: None,
        min: (0, Text::default()),
        max: (MAX_GROUPS, "{count} groups, at most {max} are possible".into()),
    };
    let about = "The security groups, at most 5: references to ours, or ids. Immutable.";
    Leaf { compare: Compare::Set, ..Leaf::harmless("securityGroups", about, form, fixed()) }
}

fn key() -> Leaf {
    let form = Form::Key { accepts: Accepts::arn_of(kms_key::NAME), check: Check::Scoped(own_key) };
    let about = "The KMS key of the volume: a reference to one of ours, a key ARN, a key id, or an \
                 alias (never compared with the key\nit stands for). Absent: not managed. \
                 Immutable.";
    Leaf { compare: Compare::Key, ..Leaf::harmless("kmsKey", about, form, fixed()) }
}

/// SageMaker takes it in updates since the end of 2025 (SageMaker API reference,
/// `UpdateNotebookInstance`). What an older system left open cannot be read here.
fn platform() -> Leaf {
    let form = Form::Text(Check::Form(|platform| {
        let help = "such as notebook-al2023-v1";
        (!platform.starts_with("notebook-")).then_some(("is not the id of a platform", help))
    }));
    let about = "The operating system, e.g. `notebook-al2023-v1`. Absent: not managed; a new one \
                 gets AWS's default.";
    opaque(Leaf::harmless("platformIdentifier", about, form, update()))
}

fn instance_type() -> Leaf {
    let form = Form::Text(Check::Form(|machine| {
        let help = "such as ml.t3.medium";
        (!machine.starts_with("ml.")).then_some(("is not an instance type of SageMaker", help))
    }));
    let about = "The machine, e.g. `ml.t3.medium`. Needed.";
    let leaf = Leaf::harmless("instanceType", about, form, update());
    needed(leaf, "is missing; no instance can be made without it", "write one: ml.t3.medium")
}

fn volume() -> Leaf {
    let help = "leave it out if it is not to be managed".into();
    let range = Range { min: 5, max: 16_384, unit: "GB".into(), help };
    let change = How::Until {
        call: Call::new(UPDATE, "grow the volume").shared().at_rest().only_after(&[STOP]),
        fixed: Fixed::Less,
        why: "which SageMaker only lets grow".into(),
    };
    let about = "The size of the volume in GB, 5 to 16384. AWS's default: 5. It can only grow: a \
                 size is immutable downwards. Absent: not managed.";
    let leaf = Leaf::harmless("volumeSizeInGb", about, Form::Int(range), change);
    Leaf { default: Some(json!(5)), ..leaf }
}

fn role() -> Leaf {
    let about = "The role whose permissions everybody on the instance has: a reference to one of \
                 ours, or an ARN. Needed.";
    let form =
        Form::Role { accepts: Accepts::arn_of(iam_role::NAME), check: Check::Scoped(own_role) };
    let leaf = Leaf::harmless("role", about, form, update());
    let help = "write arn:aws:iam::111122223333:role/name, or {ref: name}";
    needed(opaque(leaf), "is missing; no instance can be made without it", help)
}

fn lifecycle_config() -> Leaf {
    let accepts = Accepts::id_of(notebook_lifecycle_config::NAME);
    let form = Form::Target(Named { accepts, prefix: Text::default() });
    let about = "The lifecycle configuration whose scripts it runs: a reference to one \
                 of ours, or a name. `null`: none.";
    or_none(opaque(Leaf::harmless("lifecycleConfig", about, form, update())))
}

fn repository() -> Leaf {
    let about = "The Git repository that Jupyter opens: its URL, or its name in SageMaker. \
                 `null`: none.";
    let form = Form::Text(Check::Any);
    or_none(opaque(Leaf::harmless("defaultCodeRepository", about, form, update())))
}

fn more_repositories() -> Leaf {
    let form = Form::Set {
        of: Check::Any,
        max: MAX_REPOSITORIES,
        too_many: (
            "{count} repositories, at most {max} are possible".into(),
            "keep those that are used".into(),
        ),
    };
    let about = "Further Git repositories, at most 3: URLs, or names in SageMaker. Absent: not \
                 managed; `null` or `[]`: none.";
    let leaf = Leaf::harmless("additionalCodeRepositories", about, form, update());
    let leaf = Leaf { compare: Compare::Set, null: Null::None(Value::Array(Vec::new())), ..leaf };
    leaf.risking(RiskOf::MoreIsLooser, Gives::More)
}
