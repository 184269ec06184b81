//! Chance that repeats itself: the same invented offers and people for the same seed (SplitMix64).

/// A sequence that follows from its seed. For invented data alone: anybody can guess what comes next.
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins at a seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Begins at what a text says.
    pub(crate) fn of(text: &str) -> Self {
        let digest = royaume_jose::sha256(text.as_bytes());
        let (first, _) = digest.split_first_chunk().expect("a digest has 32 bytes");
        Self(u64::from_be_bytes(*first))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`; 0 when there is none.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.next() % end).unwrap_or_default()
    }

    /// One of them. There must be one.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }

    /// True so many times in a hundred.
    pub(crate) fn percent(&mut self, times: usize) -> bool {
        self.below(100) < times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_itself_and_nothing_else() {
        let drawn = |mut chance: Chance| (0..20).map(|_| chance.below(1000)).collect::<Vec<_>>();
        assert_eq!(drawn(Chance::new(7)), drawn(Chance::new(7)));
        assert_ne!(drawn(Chance::new(7)), drawn(Chance::new(8)));
        assert_eq!(drawn(Chance::of("camille")), drawn(Chance::of("camille")));
        assert_ne!(drawn(Chance::of("camille")), drawn(Chance::of("noe")));
        assert!(drawn(Chance::new(1)).iter().all(|drawn| *drawn < 1000));
    }
}
