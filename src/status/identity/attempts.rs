//! What was tried: failures are limited before STS is asked, and no signature is used twice.

use std::{
    collections::{BTreeSet, VecDeque},
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

use tokio::time::Instant;

use super::request::{Request, WINDOW};

/// Failures count for this long.
const PERIOD: Duration = Duration::from_mins(1);
/// The most failures of one address in that time.
pub(super) const OF_ADDRESS: usize = 10;
/// The most failures of all addresses in that time.
pub(super) const OF_ALL: usize = 60;
/// The most signatures that are remembered: some ten readers that look each second.
const SIGNATURES: usize = 16_384;

/// Why a request is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unsent {
    /// Too many have failed.
    TooMany,
    /// It was sent before.
    Again,
}

/// What was tried within the time that matters.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    /// Attempts that have failed or are under way, oldest first.
    failures: VecDeque<Attempt>,
    /// The time and the signature of each request that was sent.
    sent: BTreeSet<(u64, [u8; 32])>,
    /// How many there were.
    count: u64,
}

#[derive(Debug)]
struct Attempt {
    number: u64,
    at: Instant,
    from: IpAddr,
}

impl Attempts {
    /// Begins an attempt, which counts as failed until it succeeds. Gives its number.
    pub(super) fn begin(
        &mut self,
        from: IpAddr,
        request: &Request,
        now: u64,
    ) -> Result<u64, Unsent> {
        let from = network(from);
        // No older signature is taken.
        self.sent = self.sent.split_off(&(now.saturating_sub(WINDOW), [0; 32]));
        while self.failures.front().is_some_and(|it| it.at.elapsed() >= PERIOD) {
            self.failures.pop_front();
        }
        if self.sent.contains(&(request.at, request.signature)) {
            return Err(Unsent::Again);
        }
        let of_address = self.failures.iter().filter(|it| it.from == from).count();
        let too_many = of_address >= OF_ADDRESS || self.failures.len() >= OF_ALL;
        if too_many || self.sent.len() >= SIGNATURES {
            return Err(Unsent::TooMany);
        }
        self.sent.insert((request.at, request.signature));
        self.count += 1;
        self.failures.push_back(Attempt { number: self.count, at: Instant::now(), from });
        Ok(self.count)
    }

    /// An attempt has not failed.
    pub(super) fn succeed(&mut self, number: u64) {
        self.failures.retain(|it| it.number != number);
    }
}

/// Whoever has one address of IPv6 has the 64 bits behind it, too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let bits = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(bits))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::proof::Proof;

    fn request(number: u8, at: u64) -> Request {
        let text = String::new;
        let proof = Proof {
            region: text(),
            audience: text(),
            nonce: text(),
            date: text(),
            token: None,
            authorization: text(),
        };
        Request { proof, at, signature: [number; 32] }
    }

    #[tokio::test(start_paused = true)]
    async fn failures_are_limited_by_address_and_in_all_and_end_with_their_time() {
        let mut attempts = Attempts::default();
        let address = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, last, 0, 0, 0, 1]);
        let mut next = 0;
        let mut begin = |attempts: &mut Attempts, from| {
            next += 1;
            attempts.begin(from, &request(next, 1000), 1000)
        };
        for _ in 0..OF_ADDRESS {
            let number = begin(&mut attempts, address(1)).unwrap();
            attempts.succeed(number);
            begin(&mut attempts, address(1)).unwrap();
        }
        assert_eq!(begin(&mut attempts, address(1)), Err(Unsent::TooMany));
        let neighbor = IpAddr::from([0x2001, 0xdb8, 0, 1, 9, 9, 9, 9]);
        assert_eq!(begin(&mut attempts, neighbor), Err(Unsent::TooMany));
        for other in 0..OF_ALL - OF_ADDRESS {
            begin(&mut attempts, address(100 + u16::try_from(other).unwrap())).unwrap();
        }
        assert_eq!(begin(&mut attempts, address(2)), Err(Unsent::TooMany));
        tokio::time::advance(PERIOD).await;
        begin(&mut attempts, address(1)).unwrap();
        assert_eq!(attempts.failures.len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_signature_is_used_once_and_forgotten_when_it_is_out_of_date() {
        let mut attempts = Attempts::default();
        let here = IpAddr::from([127, 0, 0, 1]);
        let number = attempts.begin(here, &request(1, 1000), 1000).unwrap();
        attempts.succeed(number);
        let mapped = IpAddr::from([0, 0, 0, 0, 0, 0xffff, 0x7f00, 1]);
        assert_eq!(attempts.begin(mapped, &request(1, 1000), 1000 + WINDOW), Err(Unsent::Again));
        attempts.begin(here, &request(2, 2000), 2000).unwrap();
        assert_eq!(attempts.sent.len(), 1);
    }
}
