//! Values that SageMaker sets and returns although no request set them.

use serde_json::{Map, Value, json};

/// The default image of an app type: image name and version alias. The names are placeholders for
/// the service's own images, which differ by region and change over time.
const IMAGES: [(&str, &str, Option<&str>); 4] = [
    ("JupyterServerAppSettings", "jupyter-server-3", None),
    ("KernelGatewayAppSettings", "datascience-1.0", None),
    ("JupyterLabAppSettings", "sagemaker-distribution-cpu", Some("latest")),
    ("CodeEditorAppSettings", "sagemaker-distribution-cpu", Some("latest")),
];

/// The account that owns the service's images in the simulated regions.
const IMAGE_OWNER: &str = "470317259841";

fn fill(members: &mut Map<String, Value>, name: &str, value: Value) {
    members.entry(name.to_owned()).or_insert(value);
}

/// Sets the defaults of a domain's top-level members.
pub(super) fn fill_domain(settings: &mut Map<String, Value>) {
    fill(settings, "AppNetworkAccessType", json!("PublicInternetOnly"));
    fill(settings, "TagPropagation", json!("DISABLED"));
    fill(settings, "HomeEfsFileSystemCreation", json!("Enabled"));
}

/// Sets the defaults of a domain's user settings: landing page, web portal, storage of spaces,
/// images.
pub(super) fn fill_user_settings(settings: &mut Map<String, Value>, region: &str) {
    fill(settings, "DefaultLandingUri", json!("studio::"));
    fill(settings, "StudioWebPortal", json!("ENABLED"));
    let sizes = json!({ "DefaultEbsVolumeSizeInGb": 5, "MaximumEbsVolumeSizeInGb": 100 });
    fill(settings, "SpaceStorageSettings", json!({ "DefaultEbsStorageSettings": sizes }));
    fill_images(settings, region);
}

/// Sets the images of resource specs without one.
pub(super) fn fill_images(settings: &mut Map<String, Value>, region: &str) {
    for (app, image, alias) in IMAGES {
        let spec = settings.get_mut(app).and_then(|app| app.get_mut("DefaultResourceSpec"));
        let Some(Value::Object(spec)) = spec else {
            continue;
        };
        if spec.keys().any(|name| name.starts_with("SageMakerImage")) {
            continue;
        }
        fill(
            spec,
            "SageMakerImageArn",
            json!(format!("arn:aws:sagemaker:{region}:{IMAGE_OWNER}:image/{image}")),
        );
        if let Some(alias) = alias {
            fill(spec, "SageMakerImageVersionAlias", json!(alias));
        }
    }
}
