//! Columns of numbers and of truth values.
use crate::column::Column;
use arrow_array::builder::{BooleanBuilder, PrimitiveBuilder};
use arrow_array::types::ArrowPrimitiveType;
use arrow_array::{ArrayRef, BooleanArray, PrimitiveArray};
use std::mem::take;
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
        Arc::new(PrimitiveArray::<T>::new(take(&mut self.0).into(), None))
    }
}

/// Numbers that may be missing.
pub(crate) struct MaybeNumbers<T: ArrowPrimitiveType>(PrimitiveBuilder<T>);

impl<T: ArrowPrimitiveType> MaybeNumbers<T> {
    pub(crate) fn push(&mut self, value: Option<T::Native>) {
        self.0.append_option(value);
    }
}

impl<T: ArrowPrimitiveType> Default for MaybeNumbers<T> {
    fn default() -> Self {
        Self(PrimitiveBuilder::with_capacity(0))
    }
}

impl<T: ArrowPrimitiveType> Column for MaybeNumbers<T> {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.0.finish())
    }
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
        Arc::new(BooleanArray::from(take(&mut self.0)))
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
