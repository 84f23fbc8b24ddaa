//! Abstracts in the database, compressed one by one: scientific English has much in common, so a dictionary makes them less than half
//! as long.
//!
//! The dictionary is a text of 148 abstracts. It must never change, since stores have been written with it: a better one
//! would get another number.

use std::cell::RefCell;
use std::sync::LazyLock;

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

/// The dictionary, as its content.
const DICTIONARY: &[u8] = include_bytes!("abstracts.txt");
/// Its number, the first byte of a packed text.
const NUMBER: u8 = 1;
/// An abstract takes 9 µs. Level 9 takes 36 µs, and saves 3 % of the text.
const LEVEL: i32 = 3;
/// Shorter texts are stored as they are.
const SHORTEST: usize = 128;
/// The longest text that is packed: a damaged length must not fill the memory.
const LONGEST: usize = 1 << 26;

static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

/// A text in fewer bytes; `None` if it is short or very long.
pub(super) fn pack(text: &str) -> Option<Vec<u8>> {
    if !(SHORTEST..=LONGEST).contains(&text.len()) {
        return None;
    }
    let compressed = COMPRESSOR.with_borrow_mut(|compressor| {
        if compressor.is_none() {
            *compressor = Compressor::with_prepared_dictionary(&ENCODER).ok();
        }
        compressor.as_mut()?.compress(text.as_bytes()).ok()
    })?;
    let packed = [&[NUMBER], compressed.as_slice()].concat();
    (packed.len() < text.len()).then_some(packed)
}

/// The text that was packed; otherwise what is wrong.
pub(super) fn unpack(packed: &[u8]) -> Result<String, String> {
    let (number, compressed) = packed.split_first().ok_or("no packed text")?;
    if *number != NUMBER {
        return Err(format!("dictionary {number} is not known"));
    }
    let length = zstd::zstd_safe::get_frame_content_size(compressed).ok().flatten().ok_or("no length")?;
    let length = usize::try_from(length).ok().filter(|length| *length <= LONGEST).ok_or("too long")?;
    let bytes = DECOMPRESSOR.with_borrow_mut(|decompressor| {
        if decompressor.is_none() {
            *decompressor = Decompressor::with_prepared_dictionary(&DECODER).ok();
        }
        let decompressor = decompressor.as_mut().ok_or("no memory")?;
        decompressor.decompress(compressed, length).map_err(|error| error.to_string())
    })?;
    if bytes.len() != length {
        return Err(format!("{} of {length} bytes", bytes.len()));
    }
    String::from_utf8(bytes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::corpus::sample;

    #[test]
    fn the_dictionary_stays_as_it_is() {
        assert_eq!((DICTIONARY.len(), crc32fast::hash(DICTIONARY)), (90_254, 0x4490_7b53));
    }

    #[test]
    fn abstracts_become_shorter_and_come_back() {
        assert_eq!(pack("We count fish."), None);
        let text = "We present a method for counting fish in the sea. In experiments on three datasets, it finds more of them \
                    than earlier approaches, and it needs less time. The results show that fish can be counted.";
        let packed = pack(text).unwrap();
        assert!(3 * packed.len() < 2 * text.len(), "{} of {} bytes", packed.len(), text.len());
        assert_eq!(unpack(&packed).unwrap(), text);
        for paper in sample::papers().map(Result::unwrap) {
            assert_eq!(unpack(&pack(&paper.abstract_text).unwrap()).unwrap(), paper.abstract_text);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "\\PC{0,400}") {
            prop_assert!(pack(&text).is_none_or(|packed| unpack(&packed).unwrap() == text));
        }

        #[test]
        fn damaged_texts_are_reported(
            place in any::<prop::sample::Index>(), byte in any::<u8>(), cut in any::<prop::sample::Index>()
        ) {
            let packed = pack(&"We count fish in the sea, and fish in rivers. ".repeat(9)).unwrap();
            prop_assert!(unpack(&packed[..cut.index(packed.len())]).is_err());
            let mut damaged = packed;
            let place = place.index(damaged.len());
            damaged[place] = byte;
            let _ = unpack(&damaged);
        }
    }
}
