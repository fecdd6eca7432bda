//! Columns of numbers and of truth values.
use crate::column::Column;
use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use std::mem::{replace, take};
use std::sync::Arc;

/// Numbers that are always there.
pub(crate) struct Numbers<T: ArrowPrimitiveType>(Vec<T::Native>);

impl<T: ArrowPrimitiveType> Numbers<T> {
    pub(crate) fn push(&mut self, value: T::Native) {
        self.0.push(value);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl<T: ArrowPrimitiveType> Default for Numbers<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: ArrowPrimitiveType> Column for Numbers<T> {
    const NULLABLE: bool = false;

    fn take(&mut self) -> ArrayRef {
        Arc::new(PrimitiveArray::<T>::new(take_all(&mut self.0).into(), None))
    }
}

/// Numbers that may be missing.
pub(crate) struct MaybeNumbers<T: ArrowPrimitiveType> {
    builder: PrimitiveBuilder<T>,
    /// Rows without a number that the builder has not been told of: where nobody answers, counting is all there is to do.
    missing: usize,
}

impl<T: ArrowPrimitiveType> MaybeNumbers<T> {
    pub(crate) fn push(&mut self, value: Option<T::Native>) {
        let Some(value) = value else {
            self.missing += 1;
            return;
        };
        self.builder().append_value(value);
    }

    /// The values so far; the column is empty afterwards.
    pub(crate) fn finish(&mut self) -> PrimitiveArray<T> {
        self.builder().finish()
    }

    /// The builder, told of all rows so far.
    fn builder(&mut self) -> &mut PrimitiveBuilder<T> {
        if self.missing > 0 {
            self.builder.append_nulls(take(&mut self.missing));
        }
        &mut self.builder
    }
}

impl<T: ArrowPrimitiveType> Default for MaybeNumbers<T> {
    fn default() -> Self {
        Self {
            builder: PrimitiveBuilder::with_capacity(0),
            missing: 0,
        }
    }
}

impl<T: ArrowPrimitiveType> Column for MaybeNumbers<T> {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.finish())
    }
}

/// The values so far; there is room for as many again, so that the next batch need not grow bit by bit.
pub(crate) fn take_all<V>(values: &mut Vec<V>) -> Vec<V> {
    let room = Vec::with_capacity(values.len());
    replace(values, room)
}

/// Truth values that are always there.
#[derive(Default)]
pub(crate) struct Flags(Vec<bool>);

impl Flags {
    pub(crate) fn push(&mut self, value: bool) {
        self.0.push(value);
    }
}

impl Column for Flags {
    const NULLABLE: bool = false;

    fn take(&mut self) -> ArrayRef {
        Arc::new(BooleanArray::from(take_all(&mut self.0)))
    }
}

/// Truth values that may be missing.
pub(crate) struct MaybeFlags(BooleanBuilder);

impl MaybeFlags {
    pub(crate) fn push(&mut self, value: Option<bool>) {
        self.0.append_option(value);
    }
}

impl Default for MaybeFlags {
    fn default() -> Self {
        Self(BooleanBuilder::with_capacity(0))
    }
}

impl Column for MaybeFlags {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
}
