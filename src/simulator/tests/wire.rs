use super::*;
use tokio::net::TcpListener;

#[tokio::test]
async fn the_same_world_answers_on_a_socket() {
    let simulator = Simulator::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("its address"));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = simulator.clone().serve(listener, async move {
        let _ = stopped.await;
    });
    #[expect(clippy::disallowed_methods, reason = "waited for at the end of the test")]
    let server = tokio::spawn(server);
    let config = simulator.sdk_config(ACCOUNT, REGION).into_builder();
    let real = aws_config::SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(aws_config::Region::new(REGION))
        .credentials_provider(config.build().credentials_provider().expect("credentials"))
        .endpoint_url(url)
        .build();
    let over_socket = Client::new(&real);
    let id = vpc(&over_socket).await;
    let answer = ec2(&simulator).describe_vpcs().vpc_ids(&id).send().await;
    assert_eq!(answer.expect("VPCs").vpcs().len(), 1);
    let gone = over_socket.describe_vpcs().vpc_ids("vpc-0123456789abcdef0").send().await;
    assert_eq!(code(gone), "InvalidVpcID.NotFound");
    simulator.inject(crate::simulator::Fault::lose_answer("CreateVpc").nth(1));
    vpc(&over_socket).await;
    assert_eq!(over_socket.describe_vpcs().send().await.expect("VPCs").vpcs().len(), 3);
    drop(over_socket);
    stop.send(()).expect("the server listens");
    server.await.expect("no panic").expect("a clean end");
}

#[tokio::test]
async fn every_call_is_recorded_with_its_input_and_its_error() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let _ = ec2.delete_vpc().vpc_id("vpc-0123456789abcdef0").send().await;
    ec2.describe_vpcs().max_results(5).send().await.expect("VPCs");
    let calls = simulator.calls();
    let brief: Vec<_> = calls
        .iter()
        .map(|call| (call.operation.as_str(), call.mutating, call.error.as_deref()))
        .collect();
    assert_eq!(
        brief,
        [("DeleteVpc", true, Some("InvalidVpcID.NotFound")), ("DescribeVpcs", false, None),]
    );
    assert_eq!(calls[1].input, serde_json::json!({"MaxResults": "5"}));
    assert_eq!((calls[0].account.as_str(), calls[0].region.as_str()), (ACCOUNT, REGION));
    simulator.clear_calls();
    assert!(simulator.calls().is_empty());
}

#[tokio::test]
async fn worlds_with_one_seed_and_one_history_have_the_same_ids_despite_reads() {
    let (one, two) = (Simulator::default(), Simulator::default());
    let first = vpc(&ec2(&one)).await;
    for _ in 0..3 {
        ec2(&two).describe_vpcs().send().await.expect("VPCs");
    }
    assert_eq!(vpc(&ec2(&two)).await, first);
    let other = simulator_with(|options| options.seed = 2);
    assert_ne!(vpc(&ec2(&other)).await, first);
}

#[tokio::test]
async fn an_unknown_operation_is_an_error_in_every_protocol() {
    let simulator = Simulator::default();
    let config = simulator.sdk_config(ACCOUNT, REGION);
    let answer = Client::new(&config).describe_key_pairs().send().await;
    assert_eq!(code(answer), "InvalidAction");
    let token = aws_sdk_sts::Client::new(&config)
        .get_access_key_info()
        .access_key_id("AKIAIOSFODNN7EXAMPLE");
    assert_eq!(token.send().await.expect_err("unknown").code(), Some("InvalidAction"));
    let answer = aws_sdk_kms::Client::new(&config).generate_random().send().await;
    assert_eq!(code(answer), "UnknownOperationException");
    let answer = aws_sdk_organizations::Client::new(&config).list_handshakes_for_account();
    assert_eq!(code(answer.send().await), "UnknownOperationException");
    let answer = aws_sdk_sagemaker::Client::new(&config).list_algorithms().send().await;
    assert_eq!(code(answer), "UnknownOperationException");
}
