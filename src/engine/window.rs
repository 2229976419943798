//! How long one pass goes on beginning steps, before the next one looks at everything again.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

/// Steps begin for this long at least. What a pass made can only be finished by the next one, which
/// sees it: with short turns both use what AWS allows at the same time, and what somebody opens
/// while much is being made is noticed within seconds.
const SHORTEST: Duration = Duration::from_secs(5);
/// Writing takes at least this many times as long as reading did, where there is enough to write:
/// reading uses up what AWS allows, too.
const READING: u32 = 3;
/// Steps that are under way end within this time as a rule. Where one does not (AWS is slow, or
/// does not answer), the pass cannot end, and others begin meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// The time in which steps of one pass begin.
#[derive(Debug)]
pub(super) struct Window {
    closes: Instant,
    /// Steps that began before it closed and have not ended.
    under_way: AtomicUsize,
    idle: Notify,
}

/// A step under way; dropping it ends it.
#[derive(Debug)]
pub(super) struct UnderWay<'a>(Option<&'a Window>);

impl Window {
    /// Opens now, after the reading that began then.
    pub(super) fn after_reading_since(began: Instant) -> Self {
        let now = Instant::now();
        let length = SHORTEST.max(now.saturating_duration_since(began) * READING);
        Self { closes: now + length, under_way: AtomicUsize::new(0), idle: Notify::new() }
    }

    /// Begins a step that does not wait for the next pass.
    pub(super) fn begin_urgent(&self) -> UnderWay<'_> {
        if self.is_closed() {
            return UnderWay(None);
        }
        self.under_way.fetch_add(1, Ordering::SeqCst);
        UnderWay(Some(self))
    }

    /// Begins a step. `None`: it is the next pass's.
    pub(super) async fn begin(&self) -> Option<UnderWay<'_>> {
        if self.is_closed() {
            // Registered before the look at the number, so that nothing ends in between unnoticed.
            let idle = self.idle.notified();
            let over = async {
                if self.under_way.load(Ordering::SeqCst) > 0 {
                    idle.await;
                }
            };
            tokio::time::timeout_at(self.closes + PATIENCE, over).await.err()?;
        }
        Some(self.begin_urgent())
    }

    fn is_closed(&self) -> bool {
        Instant::now() >= self.closes
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if let Some(window) = self.0
            && window.under_way.fetch_sub(1, Ordering::SeqCst) == 1
        {
            window.idle.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_secs(2);

    /// Makes one step after the other until none may begin, each of this length; how many.
    async fn steps(window: &Window, length: Duration) -> u32 {
        let mut made = 0;
        while let Some(under_way) = window.begin().await {
            tokio::time::sleep(length).await;
            drop(under_way);
            made += 1;
            assert!(made < 100, "it never closes");
        }
        made
    }

    #[tokio::test(start_paused = true)]
    async fn a_pass_ends_soon_after_its_window() {
        let begun = Instant::now();
        let window = Window::after_reading_since(begun);
        let (one, two) = tokio::join!(steps(&window, STEP), steps(&window, STEP));
        assert_eq!((one, two, begun.elapsed()), (3, 3, Duration::from_secs(6)));
    }

    #[tokio::test(start_paused = true)]
    async fn reading_takes_a_quarter_of_the_time_at_most() {
        let began = Instant::now();
        tokio::time::sleep(Duration::from_secs(20)).await;
        let window = Window::after_reading_since(began);
        assert_eq!(steps(&window, STEP).await, 30);
    }

    #[tokio::test(start_paused = true)]
    async fn who_gets_no_answer_keeps_nobody_else_waiting() {
        let begun = Instant::now();
        let window = Window::after_reading_since(begun);
        let silent = async {
            let _under_way = window.begin().await;
            tokio::time::sleep(Duration::from_secs(45)).await;
        };
        let ((), others) = tokio::join!(silent, steps(&window, STEP));
        // Three until the window closes, a wait of four seconds, and then without a pause.
        assert_eq!((others, begun.elapsed()), (21, Duration::from_secs(46)));
    }

    #[tokio::test(start_paused = true)]
    async fn urgent_steps_begin_late_and_do_not_hold_the_window_open() {
        let window = Window::after_reading_since(Instant::now());
        tokio::time::sleep(SHORTEST).await;
        let _under_way = window.begin_urgent();
        assert!(window.begin().await.is_none());
    }
}
