//! Columns of text: addresses in canonical form, and free text.
use crate::column::Column;
use crate::numbers::take_all;
use arrow_array::builder::StringBuilder;
use arrow_array::types::Int32Type;
use arrow_array::{ArrayRef, DictionaryArray, PrimitiveArray};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::mem::take;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Longest text of an IPv4 address.
const IPV4_TEXT_MAX: usize = 15;

/// Text that may be missing.
pub(crate) struct Texts {
    builder: StringBuilder,
    /// Rows without a text that the builder has not been told of.
    missing: usize,
}

impl Texts {
    pub(crate) fn push(&mut self, text: Option<&str>) {
        match text {
            None => self.missing += 1,
            Some(text) => self.builder().append_value(text),
        }
    }

    /// The builder, told of all rows so far.
    fn builder(&mut self) -> &mut StringBuilder {
        if self.missing > 0 {
            self.builder.append_nulls(take(&mut self.missing));
        }
        &mut self.builder
    }
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            builder: StringBuilder::with_capacity(0, 0),
            missing: 0,
        }
    }
}

impl Column for Texts {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        Arc::new(self.builder().finish())
    }
}

/// Addresses that are always there.
#[derive(Default)]
pub(crate) struct Addresses(MaybeAddresses);

impl Addresses {
    pub(crate) fn push(&mut self, address: IpAddr) {
        self.0.push(Some(address));
    }
}

impl Column for Addresses {
    const NULLABLE: bool = false;

    fn take(&mut self) -> ArrayRef {
        self.0.take()
    }
}

/// Addresses that may be missing.
#[derive(Default)]
pub(crate) struct MaybeAddresses(Texts);

impl MaybeAddresses {
    pub(crate) fn push(&mut self, address: Option<IpAddr>) {
        match address {
            None => self.0.push(None),
            Some(IpAddr::V4(address)) => {
                let mut room = [0; IPV4_TEXT_MAX];
                self.0.push(Some(ipv4_text(address, &mut room)));
            }
            Some(IpAddr::V6(address)) => {
                let builder = self.0.builder();
                write!(builder, "{address}").expect("writing to memory cannot fail");
                builder.append_value("");
            }
        }
    }
}

impl Column for MaybeAddresses {
    const NULLABLE: bool = true;

    fn take(&mut self) -> ArrayRef {
        self.0.take()
    }
}

/// Addresses of which there are few, each written once per batch: those of the vantage.
#[derive(Default)]
pub(crate) struct FewAddresses {
    keys: Vec<i32>,
    known: BTreeMap<IpAddr, i32>,
    values: Addresses,
    last: Option<(IpAddr, i32)>,
}

impl FewAddresses {
    pub(crate) fn push(&mut self, address: IpAddr) {
        let key = match self.last {
            Some((last, key)) if last == address => key,
            _ => self.key(address),
        };
        self.last = Some((address, key));
        self.keys.push(key);
    }

    fn key(&mut self, address: IpAddr) -> i32 {
        let next = i32::try_from(self.known.len()).expect("a batch has fewer rows");
        let values = &mut self.values;
        *self.known.entry(address).or_insert_with(|| {
            values.push(address);
            next
        })
    }
}

impl Column for FewAddresses {
    const NULLABLE: bool = false;

    fn take(&mut self) -> ArrayRef {
        self.known.clear();
        self.last = None;
        let keys = PrimitiveArray::<Int32Type>::from(take_all(&mut self.keys));
        let values = self.values.take();
        Arc::new(DictionaryArray::new(keys, values))
    }
}

/// The four numbers with dots between them. The standard library's formatting costs several times as much, and a
/// campaign writes hundreds of millions.
fn ipv4_text(address: Ipv4Addr, room: &mut [u8; IPV4_TEXT_MAX]) -> &str {
    let mut at = 0;
    let mut put = |byte: u8| {
        room[at] = byte;
        at += 1;
    };
    for (index, octet) in address.octets().into_iter().enumerate() {
        if index > 0 {
            put(b'.');
        }
        if octet >= 100 {
            put(b'0' + octet / 100);
        }
        if octet >= 10 {
            put(b'0' + octet / 10 % 10);
        }
        put(b'0' + octet % 10);
    }
    str::from_utf8(&room[..at]).expect("digits and dots are ASCII")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::Array;
    use arrow_array::cast::AsArray;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_is_that_of_the_standard_library(v4: u32, v6: u128, twice: bool) {
            let mut column = MaybeAddresses::default();
            let addresses = [IpAddr::from(v4.to_be_bytes()), IpAddr::from(v6.to_be_bytes())];
            column.push(None);
            for address in addresses {
                column.push(Some(address));
                if twice { column.push(Some(address)); }
            }
            let taken = column.take();
            let texts: Vec<_> = taken.as_string::<i32>().iter().collect();
            let repeats = if twice { 2 } else { 1 };
            let expected: Vec<String> = addresses.iter().flat_map(|one| vec![one.to_string(); repeats]).collect();
            prop_assert_eq!(&texts[1..], &expected.iter().map(|one| Some(one.as_str())).collect::<Vec<_>>()[..]);
            prop_assert_eq!(texts[0], None);
        }
    }

    #[test]
    fn few_addresses_are_written_once_per_batch() {
        let [a, b]: [IpAddr; 2] = ["192.0.2.1", "2001:db8::1"].map(|text| text.parse().unwrap());
        let mut column = FewAddresses::default();
        for _ in 0..2 {
            for address in [a, b, b, a] {
                column.push(address);
            }
            let taken = column.take();
            let dictionary = taken.as_dictionary::<Int32Type>();
            assert_eq!(dictionary.keys().values(), &[0, 1, 1, 0]);
            assert_eq!(dictionary.values().len(), 2);
        }
    }

    #[test]
    fn an_empty_column_is_empty() {
        assert_eq!(FewAddresses::default().take().len(), 0);
        assert_eq!(Addresses::default().take().len(), 0);
    }
}
