//! Inputs: well-formed ones, damaged in a few places; words of the grammar, alone and in any order; bytes of no meaning.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// An input grows by its damage to no more than this.
const LONGEST: usize = 48 * 1024;

/// The most places in which an input is damaged at once.
const MOST_DAMAGE: usize = 6;

/// One thing that can happen to bytes. Places are chosen before anybody knows how long the bytes are.
#[derive(Debug, Clone)]
enum Damage {
    /// A byte becomes another.
    Set(Index, u8),
    /// One bit turns over.
    Flip(Index, u8),
    /// A word stands where there was none.
    Insert(Index, Vec<u8>),
    /// A word stands where other bytes were.
    Replace(Index, Vec<u8>),
    /// Some bytes are gone.
    Remove(Index, Index),
    /// The rest is gone.
    Cut(Index),
    /// Some bytes are there many times.
    Repeat(Index, Index, usize),
    /// The rest is that of another input.
    Cross(Index, Vec<u8>, Index),
}

impl Damage {
    fn done_to(self, bytes: &mut Vec<u8>) {
        let length = bytes.len();
        let place = |index: &Index| index.index(length + 1);
        let between = |one: &Index, other: &Index| {
            let (one, other) = (place(one), place(other));
            one.min(other)..one.max(other)
        };
        match self {
            Self::Set(at, byte) if length > 0 => bytes[at.index(length)] = byte,
            Self::Flip(at, bit) if length > 0 => bytes[at.index(length)] ^= 1 << (bit % 8),
            Self::Set(..) | Self::Flip(..) => {}
            Self::Insert(at, word) => drop(bytes.splice(place(&at)..place(&at), word)),
            Self::Replace(at, word) => {
                let from = place(&at);
                drop(bytes.splice(from..length.min(from + word.len()), word));
            }
            Self::Remove(one, other) => drop(bytes.drain(between(&one, &other))),
            Self::Cut(at) => bytes.truncate(place(&at)),
            Self::Repeat(one, other, times) => {
                let range = between(&one, &other);
                let times = times.min(LONGEST / range.len().max(1));
                let again = bytes[range.clone()].repeat(times);
                drop(bytes.splice(range.end..range.end, again));
            }
            Self::Cross(at, other, from) => {
                bytes.truncate(place(&at));
                bytes.extend_from_slice(&other[from.index(other.len() + 1)..]);
            }
        }
        bytes.truncate(LONGEST);
    }
}

fn damage(whole: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> impl Strategy<Value = Damage> {
    let place = any::<Index>;
    prop_oneof![
        1 => (place(), any::<u8>()).prop_map(|(at, byte)| Damage::Set(at, byte)),
        1 => (place(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        3 => (place(), select(words.clone())).prop_map(|(at, word)| Damage::Insert(at, word)),
        2 => (place(), select(words)).prop_map(|(at, word)| Damage::Replace(at, word)),
        1 => (place(), place()).prop_map(|(one, other)| Damage::Remove(one, other)),
        1 => place().prop_map(Damage::Cut),
        1 => (place(), place(), prop_oneof![4 => 1..3_usize, 1 => 1..300_usize])
            .prop_map(|(one, other, times)| Damage::Repeat(one, other, times)),
        1 => (place(), select(whole), place()).prop_map(|(at, other, from)| Damage::Cross(at, other, from)),
    ]
}

/// What strangers could send to a decoder of which these inputs are well-formed, and these words are its grammar.
///
/// # Panics
/// When there is no well-formed input, or no word.
pub fn inputs(whole: Vec<Vec<u8>>, words: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let damaged = (select(whole.clone()), vec(damage(whole, words.clone()), 1..=MOST_DAMAGE)).prop_map(
        |(mut bytes, damage)| {
            damage.into_iter().for_each(|one| one.done_to(&mut bytes));
            bytes
        },
    );
    prop_oneof![
        6 => damaged,
        1 => select(words.clone()),
        1 => vec(select(words), 0..24).prop_map(|words| words.concat()),
        1 => vec(any::<u8>(), 0..200),
    ]
}
