//! What comes on the serial line: the job, where nobody else gave one, and whether to stop.
use super::clock::Clock;
use super::{cpu, serial};
use crate::lines;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

/// Longest job: a serial line is slow, and there are boot modules.
const JOB_MAX: usize = 1 << 16;
/// Bytes taken at once: who sends without end does not hold us up.
const FILL_MAX: usize = 1 << 12;

/// What has come and was not used.
#[derive(Debug, Default)]
pub(super) struct Input(Vec<u8>);

impl Input {
    /// Reads a line that is not empty, and whose next byte comes within `silence_ms`; returns why there is none.
    pub(super) fn read_line(&mut self, clock: &Clock, silence_ms: u64) -> Result<Vec<u8>, String> {
        let silence_ns = silence_ms.saturating_mul(1_000_000);
        // No event: who speaks before this line may speak to firmware.
        serial::write(b"a job, please\n");
        let mut heard_ns = clock.now_ns();
        let mut searched = 0;
        loop {
            let came = self.fill();
            let new = self.0.get(searched..).unwrap_or_default();
            if let Some(end) = new.iter().position(|byte| *byte == b'\n') {
                let rest = self.0.split_off(searched + end + 1);
                let line = core::mem::replace(&mut self.0, rest);
                if !line.trim_ascii().is_empty() {
                    return Ok(line);
                }
                searched = 0;
                continue;
            }
            searched = self.0.len();
            let now_ns = clock.now_ns();
            if searched > JOB_MAX {
                return Err(format!("the job is longer than {JOB_MAX} bytes"));
            }
            if came {
                heard_ns = now_ns;
            } else if now_ns - heard_ns >= silence_ns {
                return Err(format!(
                    "there is no job: no job=, no boot module, no serial line within {silence_ms} ms"
                ));
            } else {
                cpu::wait(u32::try_from(silence_ns).unwrap_or(u32::MAX));
            }
        }
    }

    /// Whether it was said that it is enough.
    pub(super) fn says_stop(&mut self) -> bool {
        self.fill() && lines::take_stop(&mut self.0)
    }

    /// Takes what has come; false if nothing has.
    fn fill(&mut self) -> bool {
        let old = self.0.len();
        self.0
            .extend(core::iter::from_fn(serial::read).take(FILL_MAX));
        self.0.len() > old
    }
}
