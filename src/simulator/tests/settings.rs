//! Settings of an account, as the SDK reads them.

use super::*;
use aws_sdk_ec2::types::SnapshotBlockPublicAccessState as Sharing;

#[tokio::test]
async fn encryption_by_default_is_set_for_each_region() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let elsewhere = Client::new(&simulator.sdk_config(ACCOUNT, "us-east-1"));
    let read = async |client: &Client| {
        let answer = client.get_ebs_encryption_by_default().send().await.expect("a setting");
        answer.ebs_encryption_by_default
    };
    assert_eq!(read(&ec2).await, Some(false));
    let on = ec2.enable_ebs_encryption_by_default().send().await.expect("on");
    assert_eq!(on.ebs_encryption_by_default, Some(true));
    assert_eq!((read(&ec2).await, read(&elsewhere).await), (Some(true), Some(false)));
    ec2.disable_ebs_encryption_by_default().send().await.expect("off");
    assert_eq!(read(&ec2).await, Some(false));
}

#[tokio::test]
async fn snapshots_are_shared_with_nobody_in_one_of_two_ways() {
    let simulator = Simulator::default();
    let ec2 = ec2(&simulator);
    let call = ec2.enable_snapshot_block_public_access().state(Sharing::BlockNewSharing);
    call.send().await.expect("blocked");
    let read = ec2.get_snapshot_block_public_access_state().send().await.expect("a setting");
    assert_eq!(read.state, Some(Sharing::BlockNewSharing));
    let call = ec2.enable_snapshot_block_public_access().state(Sharing::Unblocked);
    assert_eq!(code(call.send().await), "InvalidParameterValue");
    let off = ec2.disable_snapshot_block_public_access().send().await.expect("unblocked");
    assert_eq!(off.state, Some(Sharing::Unblocked));
}
