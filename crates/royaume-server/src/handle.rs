//! Handles: the opaque secrets that leave the server (codes, tokens, cookies) and the row ids they lead to.
//!
//! A handle is the moment of its making followed by random bytes. Its row id is the same moment followed by a keyed digest
//! of the whole: rows written together lie together, so that many of them share a page and a commit costs few; the secret
//! itself is never stored, and since the kind is part of the digest a code can never be found as a refresh token
//! (RFC 6749 §10.10, RFC 6819 §5.1.4.1.3).

use std::fmt;

use jiff::Timestamp;
use royaume_jose::{Entropy, MacKey, base64url};
use royaume_store::{Kind, RealmName, RowId};
use zeroize::Zeroizing;

/// Milliseconds since 1970 at which moments begin: 2020-01-01T00:00:00Z. Five bytes of them last until 2054.
const EPOCH: i64 = 1_577_836_800_000;
/// Bytes of the moment in a handle: the last four, which come round in 49 days. Rows that meet then lie together too.
const TIME: usize = 4;
/// Bytes of the keyed digest kept in a row id: 192 bits.
const DIGEST: usize = 24;

/// How long a handle of some kind is, in bytes, its moment included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Size {
    /// 20 bytes, 27 characters, 128 bits of chance (RFC 6749 §10.10): access tokens, the length that France Travail's have.
    Short,
    /// 32 bytes, 43 characters, 224 bits of chance: codes, refresh tokens, cookies.
    Long,
}

impl Size {
    const fn bytes(self) -> usize {
        match self {
            Self::Short => 20,
            Self::Long => 32,
        }
    }
}

/// A secret as it travels. Never logged, never stored.
#[derive(Clone)]
pub(crate) struct Handle {
    bytes: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Handle(…)")
    }
}

impl Handle {
    /// A fresh one.
    pub(crate) fn new(size: Size, now: Timestamp, entropy: &dyn Entropy) -> Self {
        let mut bytes = Zeroizing::new(vec![0; size.bytes()]);
        bytes[..TIME].copy_from_slice(&time(now));
        entropy.fill(&mut bytes[TIME..]);
        Self { bytes }
    }

    /// The one that follows `self` when it is spent at `at`: computed, so that it can be answered again without
    /// having been stored. Without the key nobody can compute it; without the predecessor neither can the server.
    pub(crate) fn successor(&self, key: &MacKey, at: Timestamp) -> Self {
        let time = time(at);
        let digest = key.mac(&[b"successor", &self.bytes, &time]);
        let mut bytes = Zeroizing::new(vec![0; Size::Long.bytes()]);
        bytes[..TIME].copy_from_slice(&time);
        let chance = Size::Long.bytes() - TIME;
        bytes[TIME..].copy_from_slice(&digest[..chance]);
        Self { bytes }
    }

    /// Reads what a stranger presents. Anything that we could not have made is nothing.
    pub(crate) fn parse(text: &str, size: Size) -> Option<Self> {
        let length = (size.bytes() * 8).div_ceil(6);
        if text.len() != length {
            return None;
        }
        Some(Self { bytes: Zeroizing::new(base64url::decode(text).ok()?) })
    }

    /// The characters that travel.
    pub(crate) fn text(&self) -> String {
        base64url::encode(&self.bytes)
    }

    /// Where its row lies.
    pub(crate) fn row_id(&self, realm: &RealmName, kind: Kind, key: &MacKey) -> RowId {
        let digest = key.mac(&[realm.as_str().as_bytes(), kind.as_str().as_bytes(), &self.bytes]);
        let mut id = Vec::with_capacity(TIME + DIGEST);
        id.extend_from_slice(&self.bytes[..TIME]);
        id.extend_from_slice(&digest[..DIGEST]);
        RowId::new(realm, kind, id)
    }
}

/// Milliseconds since 2020, big-endian, so that keys sort by time.
pub(crate) fn moment(now: Timestamp) -> [u8; 5] {
    let [_, _, _, moment @ ..] = (now.as_millisecond() - EPOCH).max(0).to_be_bytes();
    moment
}

fn time(now: Timestamp) -> [u8; TIME] {
    let [_, time @ ..] = moment(now);
    time
}

#[cfg(test)]
mod tests {
    use royaume_jose::SeededEntropy;

    use super::*;

    const CODE: Kind = Kind::new("code");
    const REFRESH: Kind = Kind::new("refresh-token");

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_handle_survives_the_journey_and_finds_its_row() {
        let key = MacKey::new([7; 32]);
        let realm = RealmName::new("individu").unwrap();
        for (size, characters) in [(Size::Short, 27), (Size::Long, 43)] {
            let handle = Handle::new(size, now(), &SeededEntropy::new(1));
            assert_eq!(handle.text().len(), characters);
            let read = Handle::parse(&handle.text(), size).unwrap();
            assert_eq!(read.row_id(&realm, CODE, &key), handle.row_id(&realm, CODE, &key));
        }
    }

    #[test]
    fn kind_and_realm_are_part_of_where_it_leads() {
        let key = MacKey::new([7; 32]);
        let handle = Handle::new(Size::Long, now(), &SeededEntropy::new(1));
        let (individu, agent) = (RealmName::new("individu").unwrap(), RealmName::new("agent").unwrap());
        let id = handle.row_id(&individu, CODE, &key);
        assert_ne!(id.key(), handle.row_id(&individu, REFRESH, &key).key());
        assert_ne!(id.key(), handle.row_id(&agent, CODE, &key).key());
    }

    #[test]
    fn a_successor_depends_on_predecessor_key_and_moment_only() {
        let key = MacKey::new([7; 32]);
        let handle = Handle::new(Size::Long, now(), &SeededEntropy::new(1));
        let successor = handle.successor(&key, now()).text();
        assert_eq!(successor, handle.successor(&key, now()).text());
        assert_ne!(successor, handle.successor(&MacKey::new([8; 32]), now()).text());
        assert_ne!(successor, handle.text());
        assert!(Handle::parse(&successor, Size::Long).is_some());
    }

    #[test]
    fn rubbish_is_no_handle() {
        for text in ["", "x", "é", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43)] {
            assert!(Handle::parse(text, Size::Long).is_none(), "{text}");
        }
    }
}
