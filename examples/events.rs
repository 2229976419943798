//! Writes made-up files of CloudTrail, packed as in S3, to measure `palisade impact` with:
//! `cargo run --profile campaign --example events -- 1000000 DIR`, and then
//! `time palisade impact … --events DIR`. The same arguments give the same files.

use std::{env, error::Error, fs, io::Write as _, path::Path};

use serde_json::{Value, json};

/// The records of one file of CloudTrail.
const RECORDS: u64 = 2_000;
const ROLES: u64 = 300;

/// Numbers that look random and are the same every time (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

fn record(id: u64, random: &mut Random) -> Value {
    let account = format!("1111222233{:02}", random.below(20));
    let role = format!("role-{}", random.below(ROLES));
    let subnets: Vec<String> =
        (0..3).map(|_| format!("subnet-{:017x}", random.below(40))).collect();
    let job = random.below(50_000);
    let (service, call, sent) = match random.below(6) {
        0 => (
            "sagemaker",
            "CreateTrainingJob",
            json!({"trainingJobName": format!("job-{job}"),
                "roleArn": format!("arn:aws:iam::{account}:role/{role}"),
                "algorithmSpecification": {"trainingImage": "image", "trainingInputMode": "File"},
                "resourceConfig": {"instanceType": "ml.m5.xlarge", "instanceCount": 1,
                    "volumeSizeInGB": 30},
                "vpcConfig": if job.is_multiple_of(3) { Value::Null } else {
                    json!({"subnets": subnets, "securityGroupIds": ["sg-0123456789abcdef0"]})
                },
                "hyperParameters": {"epochs": "10", "rate": "0.1"}}),
        ),
        1 => ("s3", "GetObject", json!({"bucketName": "data", "key": format!("part-{job}")})),
        2 => ("kms", "Decrypt", json!({"encryptionContext": {"app": "training"}})),
        3 => ("ec2", "DescribeInstances", json!({"instancesSet": {}, "filterSet": {}})),
        4 => (
            "sts",
            "AssumeRole",
            json!({"roleArn": format!("arn:aws:iam::{account}:role/{role}"),
            "roleSessionName": format!("session-{job}")}),
        ),
        _ => (
            "logs",
            "CreateLogStream",
            json!({"logGroupName": "/aws/sagemaker/TrainingJobs",
            "logStreamName": format!("job-{job}")}),
        ),
    };
    let (day, hour, minute) = (1 + random.below(28), random.below(24), random.below(60));
    json!({
        "eventVersion": "1.11",
        "userIdentity": {"type": "AssumedRole", "principalId": format!("AROAEXAMPLE:s-{id}"),
            "arn": format!("arn:aws:sts::{account}:assumed-role/{role}/s-{id}"),
            "accountId": account, "accessKeyId": "ASIAEXAMPLEEXAMPLE",
            "sessionContext": {
                "sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE",
                    "arn": format!("arn:aws:iam::{account}:role/{role}"),
                    "accountId": account, "userName": role},
                "attributes": {"creationDate": "2026-01-01T00:00:00Z",
                    "mfaAuthenticated": "false"}}},
        "eventTime": format!("2026-01-{day:02}T{hour:02}:{minute:02}:00Z"),
        "eventSource": format!("{service}.amazonaws.com"), "eventName": call,
        "awsRegion": "eu-west-1", "sourceIPAddress": format!("198.51.100.{}", random.below(250)),
        "userAgent": "Boto3/1.40 md/Botocore#1.40 ua/2.1 os/linux#6.1 lang/python#3.12",
        "requestParameters": sent,
        "responseElements": Value::Null,
        "requestID": format!("{id:08x}-0000-4000-8000-000000000000"),
        "eventID": format!("{id:08x}-1111-4111-8111-111111111111"),
        "readOnly": false,
        "resources": [{"accountId": account, "type": "AWS::KMS::Key",
            "ARN": format!("arn:aws:kms:eu-west-1:{account}:key/k-{}", random.below(30))}],
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": account,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": format!("{service}.eu-west-1.amazonaws.com")},
    })
}

/// The checksum of gzip (RFC 1952).
fn checksum(bytes: &[u8]) -> u32 {
    let step = |mut crc: u32| {
        for _ in 0..8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    };
    let table: Vec<u32> = (0..256).map(step).collect();
    !bytes
        .iter()
        .fold(!0, |crc, byte| table[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8))
}

fn gzip(content: &[u8]) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    out.extend(miniz_oxide::deflate::compress_to_vec(content, 6));
    out.extend(checksum(content).to_le_bytes());
    out.extend(u32::try_from(content.len())?.to_le_bytes());
    Ok(out)
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let count: u64 = arguments.next().ok_or("how many events?")?.parse()?;
    let dir = arguments.next().ok_or("into which directory?")?;
    fs::create_dir_all(&dir)?;
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let mut bytes = 0;
    for file in 0..count.div_ceil(RECORDS) {
        let ids = file * RECORDS..count.min((file + 1) * RECORDS);
        let records: Vec<Value> = ids.map(|id| record(id, &mut random)).collect();
        let text = json!({"Records": records}).to_string();
        bytes += text.len();
        fs::write(Path::new(&dir).join(format!("{file:06}.json.gz")), gzip(text.as_bytes())?)?;
    }
    writeln!(std::io::stdout(), "{count} events, {bytes} bytes unpacked")?;
    Ok(())
}
