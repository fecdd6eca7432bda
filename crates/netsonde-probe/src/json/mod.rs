//! Jobs and events as JSON in little code, for the image: what serde makes for each type would be a third of it.
//!
//! One reader and one writer walk over lists of fields. Jobs that serde reads are read the same, and events have the
//! bytes that serde writes: the tests compare them.
mod events;
mod jobs;
mod reader;
mod writer;

use crate::error::JobError;
use crate::event::Event;
use crate::job::Job;
use alloc::vec::Vec;
use reader::Reader;
use writer::Writer;

/// Reads a job as [`Job::from_json`] does; options of what this build does not measure are passed over.
///
/// # Errors
/// When the bytes are no JSON object of the job's schema.
pub fn read_job(bytes: &[u8]) -> Result<Job, JobError> {
    let Ok(text) = core::str::from_utf8(bytes) else {
        return Err(reader::error("the job is no UTF-8 text", 1, 1));
    };
    let mut reader = Reader::new(text);
    jobs::read(&mut reader).map_err(|wrong| {
        let (line, column) = reader.place();
        reader::error(&wrong, line, column)
    })
}

/// Appends an event as [`Event::to_json`] gives it.
pub fn write_event(out: &mut Vec<u8>, event: &Event) {
    events::write(&mut Writer::new(out), event);
}

#[cfg(test)]
mod tests;
