//! Batches as bytes.
use arrow_array::RecordBatch;
use arrow_ipc::writer::StreamWriter;

/// Room for the schema and the rest of a stream that is no data.
const OVERHEAD_BYTES: usize = 4_096;

/// The batch as a complete Arrow IPC stream.
pub(crate) fn stream(batch: &RecordBatch) -> Vec<u8> {
    let room = Vec::with_capacity(batch.get_array_memory_size() + OVERHEAD_BYTES);
    StreamWriter::try_new(room, &batch.schema())
        .and_then(|mut writer| {
            writer.write(batch)?;
            writer.into_inner()
        })
        .expect("every type here has an encoding, and memory takes all")
}
