use super::*;
use crate::simulator::{Fault, Phase};
use aws_sdk_ec2::config::timeout::TimeoutConfig;

#[tokio::test]
async fn a_lost_answer_has_been_applied() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    simulator.inject(Fault::lose_answer("CreateVpc").nth(1));
    // The SDK treats it as a transient failure and retries the call.
    vpc(&ec2).await;
    let all = ec2.describe_vpcs().send().await.expect("VPCs");
    assert_eq!(all.vpcs().len(), 2);
}

#[tokio::test]
async fn a_call_rejected_before_it_was_carried_out_has_not_been_applied() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    simulator.inject(Fault::reject("CreateVpc", "UnauthorizedOperation", "You are not authorized"));
    let answer = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await;
    assert_eq!(code(answer), "UnauthorizedOperation");
    assert!(ec2.describe_vpcs().send().await.expect("VPCs").vpcs().is_empty());
    simulator.clear_faults();
    vpc(&ec2).await;
}

#[tokio::test]
async fn a_call_rejected_afterwards_has_been_applied() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let fault = Fault::reject("CreateVpc", "InternalFailure", "oops").after();
    assert_eq!(fault.phase, Phase::After);
    simulator.inject(fault);
    let answer = ec2.create_vpc().cidr_block("10.0.0.0/16").send().await;
    assert_eq!(code(answer), "InternalFailure");
    assert_eq!(ec2.describe_vpcs().send().await.expect("VPCs").vpcs().len(), 1);
}

#[tokio::test]
async fn the_sdk_retries_one_throttled_call() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    simulator.inject(Fault::throttle("DescribeVpcs").nth(1));
    ec2.describe_vpcs().send().await.expect("the second attempt");
    let errors: Vec<_> = simulator.calls().into_iter().map(|call| call.error).collect();
    assert_eq!(errors, [Some("RequestLimitExceeded".to_owned()), None]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_ends_with_the_callers_time_out() {
    let simulator = Simulator::default();
    simulator.inject(Fault::hang("DescribeVpcs"));
    let limits = TimeoutConfig::builder().operation_timeout(Duration::from_secs(30)).build();
    let config =
        simulator.sdk_config(ACCOUNT, REGION).into_builder().timeout_config(limits).build();
    let answer = Client::new(&config).describe_vpcs().send().await;
    assert!(matches!(answer, Err(SdkError::TimeoutError(_))), "{answer:?}");
}

#[tokio::test]
async fn garbage_is_an_error() {
    let simulator = Simulator::default();
    simulator.inject(Fault::garbage("DescribeVpcs"));
    let answer = ec2(&simulator).describe_vpcs().send().await;
    assert!(
        matches!(answer, Err(SdkError::ServiceError(_) | SdkError::ResponseError(_))),
        "{answer:?}"
    );
}

#[tokio::test]
async fn request_buckets_are_limited_only_with_the_option() {
    for throttling in [false, true] {
        let simulator = simulator_with(|options| options.throttling = throttling);
        let config = simulator.sdk_config(ACCOUNT, REGION).into_builder();
        let once = aws_config::retry::RetryConfig::disabled();
        let ec2 = Client::new(&config.retry_config(once).build());
        let mut codes = Vec::new();
        for _ in 0..5 {
            let call = ec2.delete_vpc_endpoints().vpc_endpoint_ids("vpce-0123456789abcdef0");
            let answer = call.send().await;
            codes.push(answer.err().and_then(|error| error.code().map(str::to_owned)));
        }
        let expected = throttling.then(|| "RequestLimitExceeded".to_owned());
        assert_eq!(codes, [None, None, None, None, expected]);
    }
}

#[tokio::test(start_paused = true)]
async fn each_service_reports_an_empty_bucket_in_its_own_words_and_refills_it() {
    let simulator = simulator_with(|options| options.throttling = true);
    let once = aws_config::retry::RetryConfig::disabled();
    let config = simulator.sdk_config(ACCOUNT, REGION).into_builder().retry_config(once).build();
    let kms = aws_sdk_kms::Client::new(&config);
    let manager = simulator.sdk_config("999988887777", REGION).into_builder();
    let manager = manager.retry_config(aws_config::retry::RetryConfig::disabled()).build();
    let organizations = aws_sdk_organizations::Client::new(&manager);
    let sagemaker = aws_sdk_sagemaker::Client::new(&config);
    let mut keys = Vec::new();
    for _ in 0..6 {
        keys.push(kms.create_key().send().await.err().and_then(|e| e.code().map(str::to_owned)));
    }
    assert_eq!(keys[4..], [None, Some("ThrottlingException".to_owned())], "5 a second");
    let mut roots = Vec::new();
    for _ in 0..3 {
        let answer = organizations.list_roots().send().await;
        roots.push(answer.err().and_then(|error| error.code().map(str::to_owned)));
    }
    assert_eq!(roots[1..], [None, Some("TooManyRequestsException".to_owned())], "2 at once");
    let mut domains = Vec::new();
    for _ in 0..21 {
        let answer = sagemaker.list_domains().send().await;
        domains.push(answer.err().and_then(|error| error.code().map(str::to_owned)));
    }
    assert_eq!(domains[19..], [None, Some("ThrottlingException".to_owned())]);
    pass(1).await;
    assert!(kms.create_key().send().await.is_ok());
    assert!(organizations.list_roots().send().await.is_ok());
    assert!(sagemaker.list_domains().send().await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn reads_lag_behind_writes_by_the_option() {
    let simulator = simulator_with(|options| options.read_lag = Duration::from_secs(5));
    let ec2 = ec2(&simulator);
    vpc(&ec2).await;
    assert!(ec2.describe_vpcs().send().await.expect("VPCs").vpcs().is_empty());
    pass(5).await;
    assert_eq!(ec2.describe_vpcs().send().await.expect("VPCs").vpcs().len(), 1);
}

#[tokio::test]
async fn a_dry_run_reports_success_and_changes_nothing() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let answer = ec2.create_vpc().cidr_block("10.0.0.0/16").dry_run(true).send().await;
    assert_eq!(code(answer), "DryRunOperation");
    assert!(ec2.describe_vpcs().send().await.expect("VPCs").vpcs().is_empty());
}
