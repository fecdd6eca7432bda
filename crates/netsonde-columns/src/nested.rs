//! Columns of lists.
use crate::address::{Addresses, Texts};
use crate::column::{Column, field};
use crate::names::{Named, Names};
use crate::numbers::{Flags, Numbers};
use arrow_array::types::{Float64Type, Int8Type, UInt8Type, UInt16Type, UInt32Type};
use arrow_array::{Array, ArrayRef, DictionaryArray, ListArray, StringArray, StructArray};
use arrow_buffer::{NullBufferBuilder, OffsetBuffer};
use arrow_schema::{DataType, Field};
use netsonde_probe::record::{Attempt, Label, Trigger, VendorCandidate};
use std::iter::repeat_n;
use std::mem::take;
use std::sync::Arc;

/// A list per row, null if it is empty.
pub(crate) struct Lists<I> {
    items: I,
    count: i32,
    ends: Vec<i32>,
    present: NullBufferBuilder,
    /// Rows without a list that are not yet among those above.
    missing: usize,
}

/// What a list is made of.
pub(crate) trait Items: Default {
    /// One of them, as records have it.
    type Item;

    fn push(&mut self, item: &Self::Item);

    /// All so far; empty afterwards.
    fn take(&mut self) -> ArrayRef;
}

impl<I: Items> Lists<I> {
    pub(crate) fn push(&mut self, items: &[I::Item]) {
        if items.is_empty() {
            self.missing += 1;
            return;
        }
        self.add_missing();
        for item in items {
            self.items.push(item);
            self.count += 1;
        }
        self.ends.push(self.count);
        self.present.append_non_null();
    }

    fn add_missing(&mut self) {
        let missing = take(&mut self.missing);
        if missing > 0 {
            self.ends.extend(repeat_n(self.count, missing));
            self.present.append_n_nulls(missing);
        }
    }
}

impl<I: Items> Default for Lists<I> {
    fn default() -> Self {
        Self {
            items: I::default(),
            count: 0,
            ends: Vec::new(),
            present: NullBufferBuilder::new(0),
            missing: 0,
        }
    }
}

impl<I: Items> Column for Lists<I> {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        self.add_missing();
        let mut offsets = vec![0];
        offsets.append(&mut self.ends);
        self.count = 0;
        let items = self.items.take();
        let field = Field::new("item", items.data_type().clone(), false);
        Arc::new(ListArray::new(
            Arc::new(field),
            OffsetBuffer::new(offsets.into()),
            items,
            self.present.finish(),
        ))
    }
}

/// Label stack entries as 32 bits each, as on the wire (RFC 3032): label, traffic class, bottom, TTL.
#[derive(Default)]
pub(crate) struct LabelStack(Numbers<UInt32Type>);

impl Items for LabelStack {
    type Item = Label;

    fn push(&mut self, item: &Label) {
        self.0.push(entry(*item));
    }

    fn take(&mut self) -> ArrayRef {
        self.0.take()
    }
}

/// A label stack entry as 32 bits.
pub(crate) fn entry(label: Label) -> u32 {
    label.label << 12
        | u32::from(label.tc & 7) << 9
        | u32::from(label.bottom) << 8
        | u32::from(label.ttl)
}

/// Triggers by name.
#[derive(Default)]
pub(crate) struct Triggers(Vec<i8>);

impl Items for Triggers {
    type Item = Trigger;

    fn push(&mut self, item: &Trigger) {
        self.0.push(item.code());
    }

    fn take(&mut self) -> ArrayRef {
        let names: Vec<&str> = take(&mut self.0)
            .into_iter()
            .filter_map(|code| Trigger::NAMES.get(usize::try_from(code).ok()?).copied())
            .collect();
        Arc::new(StringArray::from(names))
    }
}

/// Candidate vendors with their shares.
#[derive(Default)]
pub(crate) struct Vendors {
    vendor: RequiredTexts,
    share_percent: Numbers<Float64Type>,
}

impl Items for Vendors {
    type Item = VendorCandidate;

    fn push(&mut self, item: &VendorCandidate) {
        self.vendor.push(&item.vendor);
        self.share_percent.push(shortest(item.share_percent));
    }

    fn take(&mut self) -> ArrayRef {
        structs(vec![
            field("vendor", &mut self.vendor),
            field("share_percent", &mut self.share_percent),
        ])
    }
}

/// Revelation traces.
#[derive(Default)]
pub(crate) struct Attempts {
    target: Addresses,
    step: Numbers<UInt8Type>,
    method: Names<netsonde_probe::job::TraceMethod>,
    flow: Numbers<UInt16Type>,
    buddy: Flags,
    outcome: Names<netsonde_probe::record::AttemptOutcome>,
    sent: Numbers<UInt32Type>,
}

impl Items for Attempts {
    type Item = Attempt;

    fn push(&mut self, item: &Attempt) {
        self.target.push(item.target);
        self.step.push(item.step);
        self.method.push(item.method);
        self.flow.push(item.flow);
        self.buddy.push(item.buddy);
        self.outcome.push(item.outcome);
        self.sent.push(item.sent);
    }

    fn take(&mut self) -> ArrayRef {
        structs(vec![
            field("target", &mut self.target),
            field("step", &mut self.step),
            plain(field("method", &mut self.method)),
            field("flow", &mut self.flow),
            field("buddy", &mut self.buddy),
            plain(field("outcome", &mut self.outcome)),
            field("sent", &mut self.sent),
        ])
    }
}

fn structs(columns: Vec<(Field, ArrayRef)>) -> ArrayRef {
    let (fields, values): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    Arc::new(StructArray::new(fields.into(), values, None))
}

/// Names as text: within lists, readers know dictionaries less well.
fn plain((field, values): (Field, ArrayRef)) -> (Field, ArrayRef) {
    let dictionary = values
        .as_any()
        .downcast_ref::<DictionaryArray<Int8Type>>()
        .expect("names are a dictionary");
    let names = dictionary
        .downcast_dict::<StringArray>()
        .expect("of text")
        .into_iter()
        .map(Option::unwrap_or_default)
        .collect::<Vec<_>>();
    let texts: ArrayRef = Arc::new(StringArray::from(names));
    (Field::new(field.name(), DataType::Utf8, false), texts)
}

/// Text that is always there.
#[derive(Default)]
struct RequiredTexts(Texts);

impl RequiredTexts {
    fn push(&mut self, text: &str) {
        self.0.push(Some(text));
    }
}

impl Column for RequiredTexts {
    const NULLABLE: bool = false;

    fn take(&mut self) -> ArrayRef {
        self.0.take()
    }
}

/// The number that JSON shows for a share: 99.8, not 99.80000305.
fn shortest(share: f32) -> f64 {
    share.to_string().parse().unwrap_or(f64::from(share))
}
