#!/usr/bin/env python3
"""Writes src/events/samples.jsonl: one record of CloudTrail for every call of which a kind says what it
changes, to test who is named with. Needs botocore, whose models say which members a call has.

Which calls there are is read from the kinds; where the resource is named is not: this file says by
which members of the API a kind's resources are known, and how CloudTrail writes requests and answers
(facts: CloudTrail user guide, public records; EC2's two forms of writing by the age of the call).

    tests/events/records.py > src/events/samples.jsonl
"""

import json
import pathlib
import re
import sys

import botocore.session

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACCOUNT, REGION = "111122223333", "eu-west-1"
MODELS = {
    "access-analyzer": "accessanalyzer", "monitoring": "cloudwatch", "sso": "sso-admin",
}


def arn(service, rest, region=REGION, account=ACCOUNT):
    return f"arn:aws:{service}:{region}:{account}:{rest}"


KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"
SET = "arn:aws:sso:::permissionSet/ssoins-1111222233334444/ps-1111222233334444"
URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/jobs"
CONTROL = arn("controltower", "control/AWS-GR_ENCRYPTED", account="")
UNIT = f"arn:aws:organizations::{ACCOUNT}:ou/o-1234567890/ou-ab12-11111111"
MODEL_GROUP = arn("sagemaker", "model-package-group/models")


def named(members, value, physical=None, tagged=None):
    """The members by which a resource is known, its value in them, its id in palisade, and what
    calls about tags name."""
    return {"members": members, "value": value, "id": physical or value, "tagged": tagged or value}


KINDS = {
    "SecurityGroup": named(["GroupId"], "sg-0aaa1111bbbb2222c"),
    "VpcEndpoint": named(["VpcEndpointId", "VpcEndpointIds"], "vpce-0ddd1111bbbb2222c"),
    "RouteTable": named(["RouteTableId"], "rtb-0aaa1111bbbb2222c"),
    "NetworkAcl": named(["NetworkAclId"], "acl-0aaa1111bbbb2222c"),
    "KmsKey": named(["KeyId", "TargetKeyId"], KEY),
    "SageMakerDomain": named(["DomainId", "DomainArn"], "d-abcd12345678",
                             tagged=arn("sagemaker", "domain/d-abcd12345678")),
    "UserProfile": named(["DomainId", "UserProfileName"], None, "d-abcd12345678/ann",
                         arn("sagemaker", "user-profile/d-abcd12345678/ann")),
    "Space": named(["DomainId", "SpaceName"], None, "d-abcd12345678/lab",
                   arn("sagemaker", "space/d-abcd12345678/lab")),
    "NotebookInstance": named(["NotebookInstanceName"], "research",
                              tagged=arn("sagemaker", "notebook-instance/research")),
    "NotebookLifecycleConfig": named(
        ["NotebookInstanceLifecycleConfigName"], "setup",
        tagged=arn("sagemaker", "notebook-instance-lifecycle-config/setup")),
    "StudioLifecycleConfig": named(["StudioLifecycleConfigName"], "start",
                                   tagged=arn("sagemaker", "studio-lifecycle-config/start")),
    "ServiceControlPolicy": named(["PolicyId", "Id"], "p-12345678"),
    "AccountPlacement": named(["AccountId"], ACCOUNT),
    "AccountSettings": named([], None, "account"),
    "PermissionSetAssignment": named(["TargetId"], ACCOUNT),
    "AWS::EC2::VPC": named(["VpcId"], "vpc-0aaa1111bbbb2222c"),
    "AWS::EC2::Subnet": named(["SubnetId"], "subnet-0aaa1111bbbb2222c"),
    "AWS::EC2::InternetGateway": named(["InternetGatewayId"], "igw-0aaa1111bbbb2222c"),
    "AWS::EC2::VPCGatewayAttachment": named(
        ["VpcId"], "vpc-0aaa1111bbbb2222c", "IGW|vpc-0aaa1111bbbb2222c"),
    "AWS::EC2::NatGateway": named(["NatGatewayId"], "nat-0aaa1111bbbb2222c"),
    "AWS::EC2::EIP": named(["AllocationId"], "eipalloc-0aaa1111bbbb2222c",
                           "192.0.2.1|eipalloc-0aaa1111bbbb2222c"),
    "AWS::EC2::FlowLog": named(["FlowLogIds"], "fl-0aaa1111bbbb2222c"),
    "AWS::EC2::TransitGateway": named(["TransitGatewayId"], "tgw-0aaa1111bbbb2222c"),
    "AWS::EC2::TransitGatewayAttachment": named(
        ["TransitGatewayAttachmentId"], "tgw-attach-0aaa1111bbbb2222c"),
    "AWS::RAM::ResourceShare": named(["resourceShareArn"], arn("ram", "resource-share/r-1")),
    "AWS::IAM::Role": named(["RoleName"], "jobs"),
    "AWS::IAM::InstanceProfile": named(["InstanceProfileName"], "jobs"),
    "AWS::IAM::ManagedPolicy": named(["PolicyArn", "Arn"], arn("iam", "policy/ml/base", "")),
    "AWS::SSO::PermissionSet": named(
        ["PermissionSetArn"], SET, f"arn:aws:sso:::instance/ssoins-1111222233334444|{SET}", SET),
    "AWS::Organizations::OrganizationalUnit": named(
        ["OrganizationalUnitId", "Id"], "ou-ab12-11111111"),
    "AWS::AccessAnalyzer::Analyzer": named(
        ["analyzerName"], "org", arn("access-analyzer", "analyzer/org"),
        arn("access-analyzer", "analyzer/org")),
    "AWS::ControlTower::EnabledControl": named(
        ["targetIdentifier", "controlIdentifier"], None, f"{UNIT}|{CONTROL}"),
    "AWS::S3::Bucket": named(["Bucket"], "acme-data"),
    "AWS::S3::BucketPolicy": named(["Bucket"], "acme-data"),
    "AWS::S3::AccessPoint": named(["Name"], "acme-point"),
    "AWS::ECR::Repository": named(["repositoryName"], "ml/train",
                                  tagged=arn("ecr", "repository/ml/train")),
    "AWS::SNS::Topic": named(["TopicArn", "ResourceArn"], arn("sns", "alerts")),
    "AWS::SNS::TopicInlinePolicy": named(["TopicArn"], arn("sns", "alerts")),
    "AWS::SQS::Queue": named(["QueueUrl"], URL),
    "AWS::SQS::QueueInlinePolicy": named(["QueueUrl"], URL),
    "AWS::Bedrock::Guardrail": named(
        ["guardrailIdentifier", "guardrailId"], "abcd1234", arn("bedrock", "guardrail/abcd1234"),
        arn("bedrock", "guardrail/abcd1234")),
    "AWS::DataZone::Domain": named(["identifier", "id"], "dzd_abcd1234",
                                   tagged=arn("datazone", "domain/dzd_abcd1234")),
    "AWS::SageMaker::MlflowTrackingServer": named(
        ["TrackingServerName"], "runs", tagged=arn("sagemaker", "mlflow-tracking-server/runs")),
    "AWS::SageMaker::ModelPackageGroup": named(
        ["ModelPackageGroupName"], "models", MODEL_GROUP, MODEL_GROUP),
    "AWS::CloudTrail::Trail": named(["Name", "TrailName"], "all",
                                    tagged=arn("cloudtrail", "trail/all")),
    "AWS::CloudWatch::Alarm": named(["AlarmName", "AlarmNames"], "errors",
                                    tagged=arn("cloudwatch", "alarm:errors")),
    "AWS::Config::ConfigRule": named(["ConfigRuleName"], "volumes"),
    "AWS::Config::ConfigurationRecorder": named(
        ["name", "ConfigurationRecorderName"], "default"),
    "AWS::Config::DeliveryChannel": named(["name", "DeliveryChannelName"], "default"),
    "AWS::Events::Rule": named(["Name", "Rule"], "nightly", arn("events", "rule/nightly"),
                               arn("events", "rule/nightly")),
    "AWS::GuardDuty::Detector": named(["DetectorId"], "12abc34d567e8fa901bc2d34e56789f0",
                                      tagged=arn("guardduty",
                                                 "detector/12abc34d567e8fa901bc2d34e56789f0")),
    "AWS::Logs::LogGroup": named(["logGroupName", "logGroupIdentifier"], "/ml/logs",
                                 tagged=arn("logs", "log-group:/ml/logs")),
    "AWS::Logs::MetricFilter": named(["logGroupName", "filterName"], None, "/ml/logs|denied"),
    "AWS::SecurityHub::Hub": named([], None, arn("securityhub", "hub/default"),
                                   arn("securityhub", "hub/default")),
    "AWS::CE::AnomalyMonitor": named(["MonitorArn"], arn("ce", "anomalymonitor/m-1", ""),),
    "AWS::CE::AnomalySubscription": named(
        ["SubscriptionArn"], arn("ce", "anomalysubscription/s-1", "")),
}
# Values of kinds that are known by two members.
VALUES = {
    "DomainId": "d-abcd12345678", "UserProfileName": "ann", "SpaceName": "lab",
    "targetIdentifier": UNIT, "controlIdentifier": CONTROL,
    "logGroupName": "/ml/logs", "filterName": "denied",
}
# EC2's calls since about 2015 are XML turned into JSON.
WRAPPED = ["VpcEndpoint", "ModifySecurityGroupRules", "NatGateway", "FlowLogs", "TransitGateway",
           "SecurityGroupVpc", "UpdateSecurityGroupRuleDescriptions", "BlockPublicAccess",
           "SerialConsole", "InstanceMetadataDefaults", "EbsEncryption", "EbsDefaultKmsKeyId"]
# What AWS does of its own accord.
OF_AWS = {"DeleteKey", "DeleteExpiredKeyMaterial", "SynchronizeMultiRegionKey"}
# Names of events that are no names of operations.
OPERATIONS = {
    "PutBucketObjectLockConfiguration": "PutObjectLockConfiguration",
    "PutBucketPublicAccessBlock": "PutPublicAccessBlock",
    "DeleteBucketPublicAccessBlock": "DeletePublicAccessBlock",
    "PutAccelerateConfiguration": "PutBucketAccelerateConfiguration",
    "PutAccountPublicAccessBlock": "PutPublicAccessBlock",
    "DeleteAccountPublicAccessBlock": "DeletePublicAccessBlock",
}
TAGGED = {"resourceArn", "resourceARN", "ResourceArn", "ResourceARN", "ResourceId", "Resources",
          "resourceShareArn", "ResourceIdList"}


def lower(name):
    return name[:1].lower() + name[1:]


def calls():
    """(kind, service, call) as the kinds have them."""
    kinds = {}
    for path in sorted((ROOT / "src/kinds").rglob("*.rs")):
        text = path.read_text()
        name = re.search(r'pub const NAME: &str = "([^"]+)"', text)
        if name:
            module = path.parent.name if path.name == "mod.rs" else path.stem
            kinds[module] = name.group(1)
    kinds["organizations_policy"] = "ServiceControlPolicy"
    call = re.compile(r'(?:Recorded::\w+|\bedit)\(\s*("[^"]+"|[A-Z0-9]+),\s*"(\w+)"')
    for path in sorted((ROOT / "src/kinds").rglob("records*")):
        files = sorted(path.glob("*.rs")) if path.is_dir() else [path]
        for file in files:
            text = file.read_text()
            constants = dict(re.findall(r'const (\w+): &str = "([^"]+)"', text))
            kind = kinds.get(file.parent.name)
            for line in re.finditer(call.pattern + r"|(\w+)::NAME", text):
                if line.group(3):
                    kind = kinds[line.group(3)]
                elif kind:
                    service = line.group(1).strip('"')
                    yield kind, constants.get(service, service), line.group(2)


def shapes(service, call, kind):
    session = botocore.session.get_session()
    model = MODELS.get(service, service)
    account_wide = service == "s3" and kind in ("AccountSettings", "AWS::S3::AccessPoint")
    model = session.get_service_model("s3control" if account_wide else model)
    try:
        operation = model.operation_model(OPERATIONS.get(call, call))
    except botocore.exceptions.OperationNotFoundError:
        return None
    return operation.input_shape, operation.output_shape


def other(shape, name, depth=0):
    """Something in a member that does not name the resource."""
    if shape.type_name == "structure" and depth < 2:
        return {key: other(of, key, depth + 1) for key, of in list(shape.members.items())[:3]}
    if shape.type_name == "list":
        return [other(shape.member, name, depth + 1)]
    plain = {"boolean": True, "integer": 7, "long": 7, "timestamp": "Jan 1, 2026, 12:00:00 AM"}
    return plain.get(shape.type_name, f"some-{name.lower()}")


def filled(shape, of, call, found, depth=0):
    """The members of a structure: those that name the resource, and what is required."""
    members = {}
    for name, member in shape.members.items() if shape else []:
        tags = "tag" in call.lower() and name in TAGGED and name not in of["members"]
        if (name in of["members"] or tags) and (depth == 0 or "Create" in call or "Put" in call):
            value = of["tagged"] if tags else VALUES.get(name, of["value"])
            if name == "DomainArn":
                value = of["tagged"]
            if of["value"] is None and not tags:
                value = VALUES[name]
            found.append(name)
            members[name] = [value] if member.type_name == "list" else value
        elif member.type_name == "structure" and depth < 2:
            inner = filled(member, of, call, found, depth + 1)
            if inner:
                members[name] = inner
        elif name in shape.required_members:
            members[name] = other(member, name)
    return members


def plain(value, shape=None):
    """First letters in lower case."""
    if isinstance(value, dict):
        return {lower(key): plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def older(value):
    if isinstance(value, dict):
        return {lower(key): older(item) for key, item in value.items()}
    return {"items": [older(item) for item in value]} if isinstance(value, list) else value


def wrapped(value):
    if isinstance(value, dict):
        return {key.removesuffix("s") if isinstance(item, list) else key: wrapped(item)
                for key, item in value.items()}
    if isinstance(value, list):
        items = [{"tag": at + 1, "content": item} if isinstance(item, str) else
                 wrapped(item) | {"tag": at + 1} for at, item in enumerate(value)]
        return items[0] if len(items) == 1 else items
    return value


def answered(value):
    if isinstance(value, dict):
        return {lower(key): answered(item) for key, item in value.items()}
    return {"item": [answered(item) for item in value]} if isinstance(value, list) else value


def written(service, call, sent, answer):
    """requestParameters and responseElements."""
    if service == "ec2":
        if call in ("CreateTags", "DeleteTags"):
            items = [{"resourceId": one} for one in sent["Resources"]]
            return {"resourcesSet": {"items": items}, "tagSet": {"items": [{"key": "team"}]}}, None
        if any(part in call for part in WRAPPED):
            answer = {"FlowLogIdSet": answer["FlowLogIds"]} if "FlowLogIds" in answer else answer
            response = {f"{call}Response": answered(answer) | {"requestId": "r"}}
            return {f"{call}Request": wrapped(sent)}, response
        return older(sent), older(answer) | {"requestId": "r", "_return": True}
    if service == "s3":
        sent = {"bucketName" if key == "Bucket" else key: item for key, item in sent.items()}
    return plain(sent), plain(answer) or None


def sample(kind, service, call):
    of = KINDS[kind]
    record = {}
    if call in OF_AWS or call in ("RetireGrant", "DeleteAlias"):
        record = {"requestParameters": None, "responseElements": None}
        if call in OF_AWS:
            record |= {"eventType": "AwsServiceEvent", "serviceEventDetails": {"keyId": KEY}}
    else:
        found = shapes(service, call, kind)
        if found is None:
            sys.exit(f"{service} has no {call}")
        into, out = found
        names = []
        sent = filled(into, of, call, names)
        creates = call.startswith(("Create", "Allocate"))
        answer = filled(out, of, call, names) if creates and not names else {}
        if call == "CreateDomain" and service == "sagemaker":
            answer = {"DomainArn": of["tagged"], "Url": "https://x"}
        parameters, elements = written(service, call, sent, answer)
        record = {"requestParameters": parameters, "responseElements": elements}
    if service == "kms":
        record["resources"] = [{"accountId": ACCOUNT, "type": "AWS::KMS::Key",
                                "ARN": arn("kms", f"key/{KEY}")}]
    return {"kind": kind, "service": service, "call": call, "id": of["id"], "record": record}


def main():
    seen = set()
    for kind, service, call in calls():
        if (kind, service, call) not in seen:
            seen.add((kind, service, call))
            print(json.dumps(sample(kind, service, call)))


main()
