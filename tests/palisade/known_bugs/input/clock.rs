//! The clock, 67: an AWS that refuses what is signed more than five minutes off, and says what time it is.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings,
            SharedHttpClient, SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::{
    body::SdkBody,
    date_time::{DateTime, Format},
};
use palisade::{
    aws::Guard,
    engine::Options,
    simulator::example::{ML_ACCOUNT, REGION},
};

use super::{facts, passes, prunable, shown, world};

/// AWS accepts a signature within five minutes of its own clock (IAM user guide, "Signing AWS API requests").
const TOLERANCE: i64 = 300;

/// AWS behind a clock that is so many seconds ahead of the machine's.
#[derive(Debug, Clone)]
struct Skewed {
    aws: SharedHttpClient,
    machine: palisade::simulator::Simulator,
    ahead: Arc<AtomicI64>,
    /// How far ahead of the machine's clock the latest request was signed that was accepted.
    signed: Arc<AtomicI64>,
}

impl Skewed {
    fn machine_time(&self) -> i64 {
        let config = self.machine.sdk_config(ML_ACCOUNT, REGION);
        let now = config.time_source().expect("the simulator has one").now();
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        i64::try_from(since.as_secs()).unwrap()
    }
}

/// `20261231T235959Z` in seconds since the epoch.
fn amz_date(text: &str) -> i64 {
    let part = |range: std::ops::Range<usize>| &text[range];
    let iso = format!(
        "{}-{}-{}T{}:{}:{}Z",
        part(0..4),
        part(4..6),
        part(6..8),
        part(9..11),
        part(11..13),
        part(13..15)
    );
    DateTime::from_str(&iso, Format::DateTime).unwrap().secs()
}

fn refusal() -> HttpResponse {
    // Both spellings of the query protocol in one: EC2's and STS's.
    let error =
        "<Error><Code>SignatureDoesNotMatch</Code><Message>Signature expired.</Message></Error>";
    let body = format!(
        "<ErrorResponse><Errors>{error}</Errors>{error}<RequestId>r</RequestId></ErrorResponse>"
    );
    HttpResponse::new(StatusCode::try_from(403).unwrap(), SdkBody::from(body))
}

impl HttpClient for Skewed {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.aws.http_connector(settings, components);
        SharedHttpConnector::new(Judging { skewed: self.clone(), connector })
    }
}

#[derive(Debug)]
struct Judging {
    skewed: Skewed,
    connector: SharedHttpConnector,
}

impl HttpConnector for Judging {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (machine, ahead) =
            (self.skewed.machine_time(), self.skewed.ahead.load(Ordering::SeqCst));
        let signed = amz_date(request.headers().get("x-amz-date").expect("it is signed"));
        let accepted = (machine + ahead - signed).abs() <= TOLERANCE;
        if accepted {
            self.skewed.signed.store(signed - machine, Ordering::SeqCst);
        }
        let answer = accepted.then(|| self.connector.call(request));
        HttpConnectorFuture::new(async move {
            let mut response = match answer {
                Some(answer) => answer.await?,
                None => refusal(),
            };
            let date = DateTime::from_secs(machine + ahead).fmt(Format::HttpDate).unwrap();
            response.headers_mut().insert("date", date);
            Ok(response)
        })
    }
}

/// 67. aws/aws-sdk-go-v2#3187: the offset that was learnt while the clock was wrong stayed when the clock was put right, and
/// every request was refused until the restart.
#[tokio::test(start_paused = true)]
async fn bug_67_a_clock_that_goes_wrong_and_right_again_needs_no_restart() {
    let world = world(&prunable("apps"));
    let skewed = Skewed {
        aws: world.simulator.http_client(),
        machine: world.simulator.clone(),
        ahead: Arc::default(),
        signed: Arc::default(),
    };
    let base = world.simulator.sdk_config(ML_ACCOUNT, REGION);
    let base = base.into_builder().http_client(skewed.clone()).build();
    let options = Options { write: true, ..Options::default() };
    let guard = Guard::writing(world.brake.clone());
    let mut engine = world.engine_on(world.dir(), base, guard, options).await;
    // Right, an hour behind, right again, a day ahead, right again.
    for (ahead, port) in [(0, 443), (3600, 8443), (0, 444), (-86_400, 445), (0, 446)] {
        skewed.ahead.store(ahead, Ordering::SeqCst);
        world.write("main.yaml", prunable("apps").replace("443", &port.to_string()));
        // A quarter of an hour is shorter than any session, and longer than any back-off of a few failures.
        let last = passes(&mut engine, Duration::from_mins(15)).await.pop().unwrap();
        assert!(last.is_converged(), "{ahead}: {}", shown(&last));
        let rule = format!("ingress tcp {port}-{port} 10.0.0.0/16");
        assert!(facts(&world, "ml/SecurityGroup/apps").contains(&rule), "{ahead}");
        let off = (skewed.signed.load(Ordering::SeqCst) - ahead).abs();
        assert!(off <= 2, "{ahead}: signed {off} s off in the end");
    }
}
