//! Places in a bundle's lists, each of a type of its own. A [`crate::Plan`] has checked them all, so that what it is
//! asked for by place is there.

use std::num::TryFromIntError;

macro_rules! index {
    ($($(#[doc = $about:literal])+ $name:ident($number:ident);)+) => { $(
        $(#[doc = $about])+
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[cfg_attr(feature = "write", derive(serde::Serialize))]
        pub struct $name(pub $number);

        impl $name {
            /// Greater than any place in a bundle that loads.
            pub const MAX: Self = Self($number::MAX);

            /// The place, for looking up.
            pub const fn at(self) -> usize {
                self.0 as usize
            }
        }

        impl TryFrom<usize> for $name {
            type Error = TryFromIntError;

            fn try_from(at: usize) -> Result<Self, TryFromIntError> {
                at.try_into().map(Self)
            }
        }
    )+ };
}

index! {
    /// Place in [`crate::Bundle::texts`].
    TextId(u32);
    /// Place of a variable in the frame; below [`crate::Bundle::slots`].
    Slot(u16);
    /// Place in [`crate::Bundle::calls`].
    CallIndex(u16);
    /// Place in [`crate::Bundle::lets`].
    LetIndex(u16);
    /// Place in [`crate::Bundle::tables`].
    TableIndex(u16);
    /// Place in [`crate::Bundle::systems`].
    SystemIndex(u16);
    /// Place in [`crate::Bundle::patterns`].
    PatternIndex(u16);
    /// Place in [`crate::Bundle::secrets`].
    SecretIndex(u16);
    /// Place among the members of the request in the contract's schema.
    RequestIndex(u16);
}
