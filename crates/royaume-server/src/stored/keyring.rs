//! Keyrings: the signing keys of a realm, in one row, so that two nodes can never disagree on which is in use.
//!
//! A key is announced, signs, stays published until nothing that it signed lives, and is then kept for hints
//! (OIDC Core §10.1.1). What is decided here needs no other clock than the caller's, and survives one that is wrong:
//! a key is chosen by its place in the row of its algorithm, and forgotten long after its end.
//!
//! Private parts are sealed under the server key, with realm and `kid` as context: a sealed key moved to another
//! row does not open.

use std::time::Duration;

use jiff::Timestamp;
use royaume_jose::{Algorithm, Entropy, ServerKey, SigningKey, base64url};
use royaume_realm::Lifetimes;
use royaume_store::{Kind, RealmName, RowId};
use serde::{Deserialize, Serialize};

use super::{KEPT_AFTER_END, Storable};
use crate::refusal::Fault;

/// How much the clocks of nodes and of verifiers may differ.
const SKEW: Duration = Duration::from_secs(300);

/// The keys of one realm.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Keyring {
    /// In the order of their making.
    pub keys: Vec<KeyEntry>,
}

/// One signing key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct KeyEntry {
    /// RFC 7638 thumbprint: unique over the set.
    pub kid: String,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// PKCS #8, sealed; destroyed when the key is revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sealed: Option<String>,
    /// When it was made and first published.
    pub created_at: Timestamp,
    /// It signs from this moment on, if it is the newest of its algorithm that does.
    pub signs_from: Timestamp,
    /// The longest life of a token that it may have signed, under any lifetimes that the realm has had since.
    #[serde(default)]
    token_seconds: u64,
    /// It is no longer published after this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_until: Option<Timestamp>,
    /// It was withdrawn at this moment, whatever the time is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyState {
    /// Published, and will sign.
    Announced,
    /// Signs, and is published.
    Signing,
    /// Signs no more; published, because what it signed may live.
    Published,
    /// No longer published; a hint that it signed is still read.
    Kept,
    /// Withdrawn: nothing that it signed is believed.
    Revoked,
}

impl Storable for Keyring {
    const KIND: Kind = Kind::new("keyring");
}

impl Keyring {
    /// Where the keyring of a realm lies.
    pub fn id(realm: &RealmName) -> RowId {
        super::named(realm, Self::KIND, "keyring")
    }

    /// The key that signs now, for one algorithm: the newest that has begun to. If that one is revoked, the next,
    /// ahead of its time: an older one has retired. So too if none has begun, after the clock was set back.
    pub fn signing(&self, algorithm: Algorithm, now: Timestamp) -> Option<&KeyEntry> {
        let row = self.row(algorithm);
        let begun = row.iter().rposition(|position| self.keys[*position].signs_from <= now).unwrap_or(0);
        row.iter().skip(begun).map(|position| &self.keys[*position]).find(|key| key.revoked_at.is_none())
    }

    /// Where a key of this ring is in its life.
    pub fn state(&self, key: &KeyEntry, now: Timestamp) -> KeyState {
        if key.revoked_at.is_some() {
            KeyState::Revoked
        } else if self.signing(key.algorithm, now).is_some_and(|signing| signing.kid == key.kid) {
            KeyState::Signing
        } else if !key.is_published(now) {
            KeyState::Kept
        } else if now < key.signs_from {
            KeyState::Announced
        } else {
            KeyState::Published
        }
    }

    /// The keys that verifiers are told of now.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &KeyEntry> {
        self.keys.iter().filter(move |key| key.is_published(now))
    }

    /// The algorithms whose key is old enough for a successor, and has none. One that a clock far ahead has made does
    /// not count: it would begin too late.
    pub(crate) fn due(&self, lifetimes: &Lifetimes, now: Timestamp) -> Vec<Algorithm> {
        let is_old = |key: &KeyEntry| later(key.signs_from, lifetimes.key_rotation) <= now;
        let waits = |key: &KeyEntry| {
            key.revoked_at.is_none() && now < key.signs_from && key.created_at <= later(now, SKEW)
        };
        let is_due = |algorithm: &Algorithm| {
            self.signing(*algorithm, now).is_some_and(is_old)
                && !self.keys.iter().any(|key| key.algorithm == *algorithm && waits(key))
        };
        match lifetimes.key_rotation.is_zero() {
            true => Vec::new(),
            false => Algorithm::SIGNING.into_iter().filter(is_due).collect(),
        }
    }

    /// Adds a key that takes over when it begins to sign. One that would begin only later never does, and nothing is
    /// signed with it, so it goes.
    pub(crate) fn take_over(&mut self, entry: KeyEntry, lifetimes: &Lifetimes, now: Timestamp) {
        let begins = entry.signs_from.max(now);
        // One that is about to begin may sign already where a clock is a little ahead: it has begun, and retires.
        let about_to = |key: &KeyEntry| now < key.signs_from && key.signs_from <= later(now, SKEW);
        for key in self.keys.iter_mut().filter(|key| key.algorithm == entry.algorithm && about_to(key)) {
            key.signs_from = now;
        }
        let superseded = |key: &KeyEntry| key.algorithm == entry.algorithm && begins < key.signs_from;
        self.keys.retain(|key| key.revoked_at.is_some() || !superseded(key));
        self.keys.push(entry);
        self.sign_for(lifetimes, now);
        self.forget(lifetimes, now);
    }

    /// Withdraws a key, whatever the time, and destroys its private part. If it was the one that signs, the one that
    /// waits behind it begins at once: verifiers have met it. Says whether a new one is needed for that.
    pub(crate) fn revoke(&mut self, kid: &str, now: Timestamp) -> Option<Algorithm> {
        let position = self.keys.iter().position(|key| key.kid == kid)?;
        let algorithm = self.keys[position].algorithm;
        let signed = self.signing(algorithm, now).is_some_and(|signing| signing.kid == kid);
        let key = &mut self.keys[position];
        key.sealed = None;
        key.revoked_at.get_or_insert(now);
        key.published_until = Some(key.published_until.map_or(now, |until| until.min(now)));
        // It has begun, even if a clock that was set back says otherwise: whatever came before it has retired.
        if signed {
            key.signs_from = key.signs_from.min(now);
        }
        let next = self.row(algorithm).into_iter().find(|position| {
            let key = &self.keys[*position];
            key.revoked_at.is_none() && now < key.signs_from
        });
        match next {
            Some(next) if signed => self.keys[next].signs_from = now,
            Some(_) | None => {}
        }
        self.retire(now);
        (signed && next.is_none()).then_some(algorithm)
    }

    /// Remembers how long what is signed from now on lives. Says whether any key has learnt something.
    pub(crate) fn sign_for(&mut self, lifetimes: &Lifetimes, now: Timestamp) -> bool {
        let longest = lifetimes.id_token.max(lifetimes.access_token).as_secs();
        let mut learnt = false;
        for key in self.keys.iter_mut().filter(|key| key.is_published(now) && key.token_seconds < longest) {
            key.token_seconds = longest;
            learnt = true;
        }
        self.retire(now);
        learnt
    }

    /// Forgets keys of which nobody has anything left, not even a session whose hint they signed. A clock that is hours
    /// ahead forgets nothing that is of use. Says whether there were any.
    pub(crate) fn forget(&mut self, lifetimes: &Lifetimes, now: Timestamp) -> bool {
        let kept = lifetimes.session_absolute + KEPT_AFTER_END;
        let before = self.keys.len();
        self.keys.retain(|key| key.published_until.is_none_or(|until| now < later(until, kept)));
        self.keys.len() < before
    }

    /// The keys of one algorithm in the order in which they sign, without those that were revoked before they did.
    fn row(&self, algorithm: Algorithm) -> Vec<usize> {
        let counts = |key: &KeyEntry| {
            key.algorithm == algorithm && key.revoked_at.is_none_or(|revoked_at| key.signs_from <= revoked_at)
        };
        let mut row: Vec<_> = (0..self.keys.len()).filter(|position| counts(&self.keys[*position])).collect();
        row.sort_by_key(|position| (self.keys[*position].signs_from, self.keys[*position].created_at));
        row
    }

    /// A key stays published until the last token that it signs before its successor begins has expired; the last of a
    /// row for as long as it is the last. One that has retired keeps its end.
    fn retire(&mut self, now: Timestamp) {
        for algorithm in Algorithm::SIGNING {
            let row = self.row(algorithm);
            for (place, position) in row.iter().enumerate() {
                let successor = row.get(place + 1).map(|next| self.keys[*next].signs_from);
                let key = &mut self.keys[*position];
                if key.revoked_at.is_some() {
                    continue;
                }
                match successor {
                    None => key.published_until = None,
                    Some(begins) if now < begins || key.published_until.is_none() => {
                        let signed = Duration::from_secs(key.token_seconds);
                        key.published_until = Some(later(begins, signed + SKEW));
                    }
                    Some(_) => {}
                }
            }
        }
    }
}

impl KeyEntry {
    /// Makes a key that signs from `signs_from` on.
    pub fn generate(
        realm: &RealmName,
        algorithm: Algorithm,
        signs_from: Timestamp,
        now: Timestamp,
        server_key: &ServerKey,
        entropy: &dyn Entropy,
    ) -> Result<Self, Fault> {
        let key = SigningKey::generate(algorithm).map_err(|error| Fault::Keys(error.to_string()))?;
        Ok(Self::seal(realm, &key, signs_from, now, server_key, entropy))
    }

    /// Seals a key that signs from `signs_from` on.
    pub(crate) fn seal(
        realm: &RealmName,
        key: &SigningKey,
        signs_from: Timestamp,
        now: Timestamp,
        server_key: &ServerKey,
        entropy: &dyn Entropy,
    ) -> Self {
        let sealed = server_key.seal(&context(realm, key.kid()), &key.pkcs8(), entropy);
        Self {
            kid: key.kid().to_owned(),
            algorithm: key.algorithm(),
            sealed: Some(base64url::encode(&sealed)),
            created_at: now,
            signs_from,
            token_seconds: 0,
            published_until: None,
            revoked_at: None,
        }
    }

    /// Opens the private part.
    pub fn open(&self, realm: &RealmName, server_key: &ServerKey) -> Result<SigningKey, Fault> {
        let unusable = |why: &str| Fault::Keys(format!("signing key {} of realm {realm}: {why}", self.kid));
        let sealed = self.sealed.as_deref().ok_or_else(|| unusable("it is revoked"))?;
        let sealed = base64url::decode(sealed).map_err(|_| unusable("stored form is damaged"))?;
        let pkcs8 = server_key
            .open(&context(realm, &self.kid), &sealed)
            .map_err(|_| unusable("does not open with this server key; was the server key replaced?"))?;
        SigningKey::from_pkcs8(self.algorithm, &pkcs8).map_err(|error| unusable(&error.to_string()))
    }

    fn is_published(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && self.published_until.is_none_or(|until| now < until)
    }
}

fn later(than: Timestamp, by: Duration) -> Timestamp {
    than.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn context(realm: &RealmName, kid: &str) -> String {
    format!("signing-key {realm} {kid}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use royaume_jose::SeededEntropy;

    use super::*;

    const LIFETIMES: Lifetimes = Lifetimes {
        id_token: Duration::from_secs(9_000),
        session_absolute: Duration::from_secs(43_200),
        key_rotation: Duration::from_secs(20_000),
        key_publication: Duration::from_secs(3_600),
        ..Lifetimes::STANDARD
    };
    /// A token's life, and the skew.
    const KEPT: u64 = 9_300;

    fn at(seconds: u64) -> Timestamp {
        let start: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        start + Duration::from_secs(seconds)
    }

    /// A ring with a key that signs from the beginning, and its `kid`.
    fn begun() -> (Keyring, String) {
        let mut ring = Keyring::default();
        let first = rotate(&mut ring, 0, 0);
        (ring, first)
    }

    /// Makes a key at one time that signs from another.
    fn rotate(ring: &mut Keyring, made: u64, signs: u64) -> String {
        rotate_as(&LIFETIMES, ring, made, signs)
    }

    fn rotate_as(lifetimes: &Lifetimes, ring: &mut Keyring, made: u64, signs: u64) -> String {
        let realm = RealmName::new("individu").unwrap();
        let key = ServerKey::from_bytes([42; 32]);
        let entropy = SeededEntropy::new(made);
        let entry =
            KeyEntry::generate(&realm, Algorithm::Es256, at(signs), at(made), &key, &entropy).unwrap();
        let kid = entry.kid.clone();
        ring.take_over(entry, lifetimes, at(made));
        kid
    }

    fn signs(ring: &Keyring, seconds: u64) -> &str {
        &ring.signing(Algorithm::Es256, at(seconds)).unwrap().kid
    }

    fn is_published(ring: &Keyring, kid: &str, seconds: u64) -> bool {
        ring.published(at(seconds)).any(|key| key.kid == kid)
    }

    fn is_due(ring: &Keyring, seconds: u64) -> bool {
        !ring.due(&LIFETIMES, at(seconds)).is_empty()
    }

    #[test]
    fn a_key_is_published_before_it_signs_and_its_predecessor_until_all_that_it_signed_has_ended() {
        let (mut ring, first) = begun();
        let second = rotate(&mut ring, 100, 700);
        assert_eq!((signs(&ring, 699), signs(&ring, 700)), (first.as_str(), second.as_str()));
        let published = |seconds| ring.published(at(seconds)).count();
        assert_eq!((published(100), published(700 + KEPT - 1), published(700 + KEPT)), (2, 2, 1));
    }

    #[test]
    fn a_key_that_is_no_longer_published_is_remembered_while_sessions_live() {
        let (mut ring, first) = begun();
        rotate(&mut ring, 0, 0);
        let forgotten = KEPT + 43_200 + KEPT_AFTER_END.as_secs();
        assert!(!ring.forget(&LIFETIMES, at(forgotten - 1)));
        assert!(ring.keys.iter().any(|key| key.kid == first) && !is_published(&ring, &first, KEPT));
        assert!(ring.forget(&LIFETIMES, at(forgotten)));
        assert!(ring.keys.iter().all(|key| key.kid != first));
    }

    #[test]
    fn an_urgent_rotation_is_not_undone_by_one_that_was_planned_before() {
        let (mut ring, first) = begun();
        let planned = rotate(&mut ring, 0, 600);
        let urgent = rotate(&mut ring, 10, 10);
        assert_eq!((signs(&ring, 10), signs(&ring, 600)), (urgent.as_str(), urgent.as_str()));
        assert!(!is_published(&ring, &planned, 600), "it never signed anything");
        assert!(is_published(&ring, &first, 600));
    }

    #[test]
    fn a_clock_that_was_set_back_does_not_leave_a_realm_without_a_key() {
        let (ring, first) = begun();
        let before = at(0) - Duration::from_secs(3_600);
        assert_eq!(ring.signing(Algorithm::Es256, before).map(|key| key.kid.as_str()), Some(first.as_str()));
    }

    #[test]
    fn a_key_is_due_for_a_successor_at_its_age_and_only_once() {
        let (mut ring, _) = begun();
        assert!(!is_due(&ring, 19_999) && is_due(&ring, 20_000));
        rotate(&mut ring, 20_000, 23_600);
        assert!(!is_due(&ring, 20_000) && !is_due(&ring, 23_600));
        assert!(!is_due(&ring, 43_599) && is_due(&ring, 43_600));
        let never = Lifetimes { key_rotation: Duration::ZERO, ..LIFETIMES };
        assert!(ring.due(&never, at(1_000_000)).is_empty());
    }

    #[test]
    fn a_successor_that_a_clock_far_ahead_has_made_is_replaced_when_one_is_due() {
        let (mut ring, first) = begun();
        let astray = rotate(&mut ring, 9_000_000, 9_003_600);
        assert!(!is_due(&ring, 19_999) && is_due(&ring, 20_000));
        let second = rotate(&mut ring, 20_000, 23_600);
        assert_eq!((signs(&ring, 23_599), signs(&ring, 23_600)), (first.as_str(), second.as_str()));
        assert_eq!(signs(&ring, 9_003_600), second);
        assert!(!is_published(&ring, &astray, 20_000) && !is_published(&ring, &first, 23_600 + KEPT));
    }

    #[test]
    fn a_key_stays_published_for_the_longest_life_that_it_has_signed_for() {
        let (mut ring, first) = begun();
        let shorter = Lifetimes { id_token: Duration::from_secs(60), ..LIFETIMES };
        rotate_as(&shorter, &mut ring, 100, 4_000);
        assert!(is_published(&ring, &first, 4_000 + KEPT - 1), "it signed for longer before");
        let longer = Lifetimes { id_token: Duration::from_secs(20_000), ..LIFETIMES };
        assert!(ring.sign_for(&longer, at(200)) && !ring.sign_for(&LIFETIMES, at(200)));
        assert!(is_published(&ring, &first, 4_000 + 20_299) && !is_published(&ring, &first, 4_000 + 20_300));
    }

    #[test]
    fn whoever_waits_behind_a_revoked_key_signs_at_once() {
        let (mut ring, first) = begun();
        let second = rotate(&mut ring, 100, 700);
        assert_eq!(ring.revoke(&first, at(200)), None);
        assert_eq!(signs(&ring, 200), second);
        assert!(!is_published(&ring, &first, 200) && !is_published(&ring, &first, 0), "whatever the time");
    }

    #[test]
    fn a_retired_key_never_signs_again() {
        let (mut ring, first) = begun();
        let second = rotate(&mut ring, 0, 600);
        assert_eq!(ring.revoke(&second, at(700)), Some(Algorithm::Es256));
        let third = rotate(&mut ring, 700, 700);
        for seconds in [650, 700, 9_000_000] {
            assert_eq!(signs(&ring, seconds), third, "on a node whose clock is a minute behind, too");
        }
        assert!(is_published(&ring, &first, 700) && !is_published(&ring, &first, 600 + KEPT));
    }

    #[test]
    fn a_key_that_is_revoked_before_it_signs_changes_nothing_for_the_one_that_does() {
        let (mut ring, first) = begun();
        let second = rotate(&mut ring, 100, 700);
        assert_eq!(ring.revoke(&second, at(200)), None);
        assert_eq!((signs(&ring, 200), signs(&ring, 9_000_000)), (first.as_str(), first.as_str()));
        assert!(is_published(&ring, &first, 9_000_000) && !is_published(&ring, &second, 200));
        assert_eq!(ring.state(&ring.keys[1], at(200)), KeyState::Revoked);
    }

    /// What one minute may bring.
    #[derive(Debug, Clone, Copy)]
    enum Event {
        Nothing,
        /// Somebody looks whether a key is due.
        Look,
        /// An operator rotates, with that many minutes of notice.
        Rotate(u64),
    }

    fn minute() -> impl Strategy<Value = Event> {
        prop_oneof![
            40 => Just(Event::Nothing),
            20 => Just(Event::Look),
            1 => (6_u64..200).prop_map(Event::Rotate),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whoever verifies may hold a set that was fetched five minutes before a token was made, or at any time in the
        /// token's life: its key is in each of them.
        #[test]
        fn a_token_verifies_with_any_set_that_may_be_cached_in_its_life(
            events in proptest::collection::vec(minute(), 900..1_200)
        ) {
            let (mut ring, first) = begun();
            let mut minutes = Vec::new();
            for (minute, event) in events.iter().enumerate() {
                let now = minute as u64 * 60;
                match event {
                    Event::Nothing => {}
                    Event::Look if is_due(&ring, now) => {
                        rotate(&mut ring, now, now + LIFETIMES.key_publication.as_secs());
                    }
                    Event::Look => {}
                    Event::Rotate(notice) => {
                        rotate(&mut ring, now, now + notice * 60);
                    }
                }
                let published: Vec<_> = ring.published(at(now)).map(|key| key.kid.clone()).collect();
                minutes.push((signs(&ring, now).to_owned(), published));
            }
            let cached = Lifetimes::KEYS_CACHED.as_secs() / 60;
            let life = usize::try_from(LIFETIMES.id_token.as_secs() / 60).unwrap();
            let cached = usize::try_from(cached).unwrap();
            for (made, (kid, _)) in minutes.iter().enumerate() {
                let fetched = made.saturating_sub(cached)..(made + life).min(minutes.len());
                for (minute, (_, published)) in minutes.iter().enumerate().take(fetched.end).skip(fetched.start) {
                    prop_assert!(published.contains(kid), "made at {made}, fetched at {minute}");
                }
            }
            prop_assert!(minutes.last().is_some_and(|(kid, _)| *kid != first), "keys have been rotated");
        }
    }
}
