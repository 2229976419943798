//! The languages, from the "syntax and examples" page of each policy type in the Organizations user
//! guide.

use super::{
    Language,
    shape::{Gives, NOTE, Shape, VALUE, cutting, each, growing, members, ranked},
};

impl Language {
    pub(super) fn shape(self) -> &'static Shape {
        match self {
            Self::AiServicesOptOut => &AI_SERVICES_OPT_OUT,
            Self::Backup => &BACKUP,
            Self::DeclarativeEc2 => &DECLARATIVE_EC2,
            Self::Tag => &TAG,
        }
    }
}

/// "AI services opt-out policy syntax and examples": `optIn` lets AWS keep and use content. The
/// names of services grow; `default` stands for all that a policy does not name.
const AI_SERVICES_OPT_OUT: Shape = members(&[(
    "services",
    Shape::Named(&members(&[("opt_out_policy", ranked(&["optIn", "optOut"]))])),
)]);

/// "Declarative policy syntax and examples". An attribute takes a setting out of the hands of the
/// accounts below.
const DECLARATIVE_EC2: Shape = members(&[(
    "ec2_attributes",
    growing(&[
        ("exception_message", NOTE),
        (
            "vpc_block_public_access",
            members(&[
                ("internet_gateway_block", INTERNET_GATEWAYS),
                // An earlier revision of the page has this name.
                ("internet_gateway", INTERNET_GATEWAYS),
            ]),
        ),
        ("serial_console_access", members(&[("status", ranked(&["enabled", "disabled"]))])),
        (
            "image_block_public_access",
            members(&[("state", ranked(&["unblocked", "block_new_sharing"]))]),
        ),
        (
            "snapshot_block_public_access",
            members(&[(
                "state",
                // Who uses a snapshot that is shared already loses it with the last word only.
                cutting(&["unblocked", "block_new_sharing", "block_all_sharing"], 2),
            )]),
        ),
        (
            "allowed_images_settings",
            members(&[
                ("state", ranked(&["disabled", "audit_mode", "enabled"])),
                ("image_criteria", Shape::Named(&IMAGE_CRITERION)),
            ]),
        ),
        // The words without preference leave it to the image and to who launches.
        (
            "instance_metadata_defaults",
            growing(&[
                ("http_tokens", ranked(&["optional", "no_preference", "required"])),
                ("http_put_response_hop_limit", VALUE),
                ("http_endpoint", ranked(&["enabled", "no_preference", "disabled"])),
                ("instance_metadata_tags", ranked(&["enabled", "no_preference", "disabled"])),
            ]),
        ),
    ]),
)]);

const INTERNET_GATEWAYS: Shape = members(&[
    ("mode", cutting(&["off", "block_ingress", "block_bidirectional"], 1)),
    ("exclusions_allowed", cutting(&["enabled", "disabled"], 1)),
]);

const IMAGE_CRITERION: Shape = growing(&[
    ("allowed_image_providers", each(Gives::Allows)),
    ("image_names", each(Gives::Allows)),
    ("marketplace_product_codes", each(Gives::Allows)),
    ("creation_date_condition", members(&[("maximum_days_since_created", VALUE)])),
    ("deprecation_time_condition", members(&[("maximum_days_since_deprecated", VALUE)])),
]);

/// "Tag policy syntax and examples". Values are those that comply; without them every value does.
const TAG: Shape = members(&[(
    "tags",
    Shape::Named(&members(&[
        ("tag_key", VALUE),
        ("tag_value", each(Gives::Allows)),
        ("enforced_for", each(Gives::Forbids)),
        ("report_required_tag_for", each(Gives::Nothing)),
    ])),
)]);

/// "Backup policy syntax and examples". What is backed up is nobody's access, but it is lost with
/// the policy: every change is taken for one that may lose something.
const BACKUP: Shape = members(&[(
    "plans",
    Shape::Named(&growing(&[
        ("regions", each(Gives::Unknown)),
        ("rules", Shape::Named(&BACKUP_RULE)),
        (
            "selections",
            members(&[
                (
                    "tags",
                    Shape::Named(&growing(&[
                        ("iam_role_arn", VALUE),
                        ("tag_key", VALUE),
                        ("tag_value", each(Gives::Unknown)),
                    ])),
                ),
                (
                    "resources",
                    Shape::Named(&growing(&[
                        ("iam_role_arn", VALUE),
                        ("resource_types", each(Gives::Unknown)),
                        ("not_resource_types", each(Gives::Unknown)),
                    ])),
                ),
            ]),
        ),
        ("advanced_backup_settings", growing(&[("ec2", growing(&[("windows_vss", VALUE)]))])),
        ("backup_plan_tags", Shape::Named(&TAG_OF_BACKUP)),
    ])),
)]);

const BACKUP_RULE: Shape = growing(&[
    ("schedule_expression", VALUE),
    ("schedule_expression_timezone", VALUE),
    ("start_backup_window_minutes", VALUE),
    ("complete_backup_window_minutes", VALUE),
    ("enable_continuous_backup", VALUE),
    ("target_backup_vault_name", VALUE),
    ("target_logically_air_gapped_backup_vault_arn", VALUE),
    ("recovery_point_tags", Shape::Named(&TAG_OF_BACKUP)),
    ("lifecycle", BACKUP_LIFECYCLE),
    (
        "copy_actions",
        Shape::Named(&growing(&[
            ("target_backup_vault_arn", VALUE),
            ("lifecycle", BACKUP_LIFECYCLE),
        ])),
    ),
]);

const BACKUP_LIFECYCLE: Shape = growing(&[
    ("move_to_cold_storage_after_days", VALUE),
    ("delete_after_days", VALUE),
    ("opt_in_to_archive_for_supported_resources", VALUE),
]);

const TAG_OF_BACKUP: Shape = members(&[("tag_key", VALUE), ("tag_value", VALUE)]);
