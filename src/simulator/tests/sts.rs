use super::*;
use aws_sdk_sts::config::{Credentials, SharedCredentialsProvider};

const ROLE: &str = "arn:aws:iam::444455556666:role/teams/palisade";

fn sts(simulator: &Simulator) -> aws_sdk_sts::Client {
    aws_sdk_sts::Client::new(&simulator.sdk_config(ACCOUNT, REGION))
}

/// A client of the session with these credentials.
fn in_session(
    simulator: &Simulator,
    generated: &aws_sdk_sts::types::Credentials,
) -> aws_sdk_sts::Client {
    let credentials = Credentials::new(
        generated.access_key_id(),
        generated.secret_access_key(),
        Some(generated.session_token().to_owned()),
        None,
        "test",
    );
    let config = simulator.sdk_config(ACCOUNT, REGION).into_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(credentials)).build();
    aws_sdk_sts::Client::new(&config)
}

#[tokio::test]
async fn the_access_key_determines_the_account() {
    let simulator = Simulator::default();
    let config = simulator.sdk_config("444455556666", REGION);
    let answer = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await;
    assert_eq!(answer.expect("identity").account(), Some("444455556666"));
}

#[tokio::test]
async fn an_assumed_role_calls_from_its_own_account() {
    let simulator = Simulator::default();
    let call = sts(&simulator).assume_role().role_arn(ROLE).role_session_name("test");
    let generated = call.send().await.expect("a session").credentials.expect("credentials");
    let identity = in_session(&simulator, &generated).get_caller_identity().send().await;
    let identity = identity.expect("identity");
    assert_eq!(identity.account(), Some("444455556666"));
    assert_eq!(identity.arn(), Some("arn:aws:sts::444455556666:assumed-role/palisade/test"));
}

#[tokio::test]
async fn a_declared_role_requires_its_external_id_and_an_undeclared_one_is_denied() {
    let simulator = simulator_with(|options| {
        options.roles.insert(ROLE.into(), Some("secret".into()));
    });
    let sts = sts(&simulator);
    let assume = |role: &str, external: Option<&str>| {
        let call = sts.assume_role().role_arn(role).role_session_name("test");
        call.set_external_id(external.map(str::to_owned)).send()
    };
    assert_eq!(code(assume(ROLE, None).await), "AccessDenied");
    assert_eq!(code(assume(ROLE, Some("wrong")).await), "AccessDenied");
    assert_eq!(code(assume("arn:aws:iam::444455556666:role/other", None).await), "AccessDenied");
    assume(ROLE, Some("secret")).await.expect("a session");
}

#[tokio::test(start_paused = true)]
async fn a_session_expires() {
    let simulator = Simulator::default();
    let call = sts(&simulator).assume_role().role_arn(ROLE).role_session_name("test");
    let generated = call.duration_seconds(900).send().await.expect("a session").credentials;
    let sts = in_session(&simulator, &generated.expect("credentials"));
    sts.get_caller_identity().send().await.expect("identity");
    pass(900).await;
    assert_eq!(code(sts.get_caller_identity().send().await), "ExpiredToken");
}
