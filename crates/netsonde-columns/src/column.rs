//! What a column of a table is, and the tables that are made of them.
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use std::sync::Arc;

/// A column being filled.
pub(crate) trait Column: Default {
    /// Whether a row may have no value.
    const NULLABLE: bool;

    /// The values so far; the column is empty afterwards.
    fn take(&mut self) -> ArrayRef;
}

/// A field with its values.
pub(crate) fn field<C: Column>(name: &str, column: &mut C) -> (Field, ArrayRef) {
    let values = column.take();
    (
        Field::new(name, values.data_type().clone(), C::NULLABLE),
        values,
    )
}

/// A batch of columns of one length.
pub(crate) fn batch(columns: Vec<(Field, ArrayRef)>) -> RecordBatch {
    let (fields, values): (Vec<Field>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), values)
        .expect("every row fills every column")
}

/// Declares a table: a struct of columns, in order, named as the table's columns are.
macro_rules! table {
    ($(#[$meta:meta])* $table:ident { $($column:ident: $kind:ty,)* }) => {
        $(#[$meta])*
        #[derive(Default)]
        pub(crate) struct $table {
            $(pub(crate) $column: $kind,)*
        }

        impl $table {
            /// Its columns with the rows so far; they are empty afterwards.
            pub(crate) fn take(&mut self) -> Vec<(arrow_schema::Field, arrow_array::ArrayRef)> {
                vec![
                    $($crate::column::field(stringify!($column), &mut self.$column),)*
                ]
            }
        }
    };
}
pub(crate) use table;
