//! The extension structure of RFC 4884 and its objects.
use super::InterfaceInfo;
use crate::checksum;

/// Version, reserved bits and checksum.
const HEADER_LEN: usize = 4;
const OBJECT_HEADER_LEN: usize = 4;
const VERSION: u8 = 2;

pub(super) const CLASS_MPLS: u8 = 1;
pub(super) const TYPE_INCOMING_STACK: u8 = 1;
pub(super) const CLASS_INTERFACE: u8 = 2;

/// The extension structure of RFC 4884 section 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extensions<'a> {
    bytes: &'a [u8],
}

/// One extension object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Object<'a> {
    /// RFC 4950: class 1, type 1. Iterate with `mpls::entries`.
    LabelStack {
        /// The entries, 4 bytes each.
        raw: &'a [u8],
    },
    /// RFC 5837: class 2.
    Interface(InterfaceInfo<'a>),
    /// Any other class or type, or interface information that does not fit its own flags.
    Unknown {
        /// Class number.
        class: u8,
        /// Type within the class.
        c_type: u8,
        /// What follows the object header.
        payload: &'a [u8],
    },
}

impl<'a> Extensions<'a> {
    /// The structure at the start of `bytes` and to their end, if there is room for its header and it is of version 2.
    pub fn of(bytes: &'a [u8]) -> Option<Self> {
        let header = bytes.first_chunk::<HEADER_LEN>()?;
        (header[0] >> 4 == VERSION).then_some(Self { bytes })
    }

    /// The bytes of the structure, header included.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// `Some(true)`: right; `Some(false)`: wrong; `None`: zero, that is, not computed by the sender.
    pub fn checksum_ok(&self) -> Option<bool> {
        match self.bytes.get(2..HEADER_LEN) {
            None | Some([0, 0]) => None,
            Some(_) => Some(checksum::internet(self.bytes) == 0),
        }
    }

    /// Objects in order; ends at the first whose length does not fit.
    pub fn objects(&self) -> impl Iterator<Item = Object<'a>> + use<'a> {
        let mut rest = self.bytes.get(HEADER_LEN..).unwrap_or_default();
        core::iter::from_fn(move || {
            let (object, after) = split(rest)?;
            rest = after;
            Some(object)
        })
    }

    /// Byte offset within the structure at which an object did not fit, if one did not.
    pub fn malformed_at(&self) -> Option<usize> {
        let mut rest = self.bytes.get(HEADER_LEN..).unwrap_or_default();
        while let Some((_, after)) = split(rest) {
            rest = after;
        }
        (!rest.is_empty()).then(|| self.bytes.len() - rest.len())
    }
}

/// The first object and what follows it.
fn split(bytes: &[u8]) -> Option<(Object<'_>, &[u8])> {
    let (&[l0, l1, class, c_type], rest) = bytes.split_first_chunk::<OBJECT_HEADER_LEN>()?;
    let length = usize::from(u16::from_be_bytes([l0, l1]));
    let (payload, rest) = rest.split_at_checked(length.checked_sub(OBJECT_HEADER_LEN)?)?;
    Some((read(class, c_type, payload), rest))
}

fn read(class: u8, c_type: u8, payload: &[u8]) -> Object<'_> {
    let unknown = Object::Unknown {
        class,
        c_type,
        payload,
    };
    match (class, c_type) {
        (CLASS_MPLS, TYPE_INCOMING_STACK) => Object::LabelStack { raw: payload },
        (CLASS_INTERFACE, _) => {
            InterfaceInfo::parse(c_type, payload).map_or(unknown, Object::Interface)
        }
        _ => unknown,
    }
}
