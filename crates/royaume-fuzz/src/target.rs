//! A target: what is well-formed for a decoder, and the property of what it accepts.

use std::cell::Cell;

use proptest::test_runner::{Config, RngSeed, TestCaseError, TestError, TestRunner};

use crate::inputs;

/// How many inputs each target is given, if somebody says so.
const INPUTS: &str = "ROYAUME_FUZZ_INPUTS";
/// What the inputs follow from, if somebody says so.
const SEED: &str = "ROYAUME_FUZZ_SEED";

/// What a decoder said to an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It was taken, and the property held.
    Accepted,
    /// It was refused.
    Refused,
}

/// Of an answer of which only whether it was given matters.
impl<T, E> From<&Result<T, E>> for Verdict {
    fn from(result: &Result<T, E>) -> Self {
        if result.is_ok() { Self::Accepted } else { Self::Refused }
    }
}

/// A decoder under test.
#[derive(Debug, Clone)]
pub struct Target {
    whole: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
    inputs: u32,
    seed: u64,
}

impl Target {
    /// A decoder for which these inputs are well-formed, given twenty thousand others.
    pub fn new<T: AsRef<[u8]>>(whole: &[T]) -> Self {
        Self {
            whole: whole.iter().map(|one| one.as_ref().to_vec()).collect(),
            words: vec![vec![0], b" ".to_vec(), vec![0xff]],
            inputs: number(INPUTS).unwrap_or(20_000),
            seed: number(SEED).unwrap_or(1),
        }
    }

    /// Words of its grammar, and those that attackers like.
    #[must_use]
    pub fn words(mut self, words: &[&str]) -> Self {
        self.words.extend(words.iter().map(|word| word.as_bytes().to_vec()));
        self
    }

    /// The words of JSON (RFC 8259 §2).
    #[must_use]
    pub fn json(self) -> Self {
        self.words(&["{", "}", "[", "]", "\"", ":", ",", "null"])
    }

    /// Fewer inputs for a decoder that has more to do, unless somebody says how many.
    #[must_use]
    pub fn inputs(mut self, inputs: u32) -> Self {
        self.inputs = number(INPUTS).unwrap_or(inputs);
        self
    }

    /// Holds the decoder to a property: of each input it says what became of it, and panics where that must not be.
    ///
    /// # Panics
    /// With the smallest input that fails; and when a well-formed input is refused, or nothing else is, since nothing was
    /// tried then.
    pub fn holds(&self, property: impl Fn(&[u8]) -> Verdict) {
        if let Some(refused) = self.whole.iter().find(|whole| property(whole) == Verdict::Refused) {
            panic!("this should be well-formed: {:?}", String::from_utf8_lossy(refused));
        }
        let refused = Cell::new(0_u64);
        let run = self.run(|input| {
            let verdict = property(input);
            refused.set(refused.get() + u64::from(verdict == Verdict::Refused));
        });
        if let Err(found) = run {
            panic!("{found}");
        }
        assert!(refused.get() > 0, "nothing was refused: is that a decoder?");
    }

    /// The same for a decoder of text. What is no UTF-8 is replaced in the way of every lenient reader.
    ///
    /// # Panics
    /// As [`Target::holds`].
    pub fn holds_of_text(&self, property: impl Fn(&str) -> Verdict) {
        self.holds(|input| property(&String::from_utf8_lossy(input)));
    }

    fn run(&self, property: impl Fn(&[u8])) -> Result<(), String> {
        let config = Config {
            cases: self.inputs,
            rng_seed: RngSeed::Fixed(self.seed),
            failure_persistence: None,
            ..Config::default()
        };
        let found = TestRunner::new(config).run(&inputs(self.whole.clone(), self.words.clone()), |input| {
            property(&input);
            Ok::<_, TestCaseError>(())
        });
        found.map_err(|error| match error {
            TestError::Fail(why, input) => {
                let (length, text) = (input.len(), String::from_utf8_lossy(&input));
                let (inputs, seed) = (self.inputs, self.seed);
                format!("{why}\nby {length} bytes: {text:?}\nagain with {INPUTS}={inputs} {SEED}={seed}")
            }
            TestError::Abort(why) => why.to_string(),
        })
    }
}

fn number<N: std::str::FromStr>(name: &str) -> Option<N> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")))
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn target() -> Target {
        Target { inputs: 2_000, seed: 1, ..Target::new(&["one=1&two=2", "three=3"]) }
            .words(&["=", "&", "%2F"])
    }

    /// The defect of a reader that loses what is escaped within a name.
    #[test]
    fn a_defect_is_found_and_made_small() {
        let found = target().run(|input| {
            let name = input.split(|byte| *byte == b'=').next().unwrap();
            assert!(!name.windows(3).any(|three| three == b"%2F"), "lost");
        });
        let found = found.unwrap_err();
        assert!(found.starts_with("lost\nby "), "{found}");
        assert!(found.contains("%2F"), "{found}");
    }

    #[test]
    fn the_inputs_follow_from_the_seed() {
        let sent = |seed: u64| {
            let sent = Mutex::new(Vec::new());
            Target { inputs: 50, seed, ..target() }
                .run(|input| sent.lock().unwrap().push(input.to_vec()))
                .unwrap();
            sent.into_inner().unwrap()
        };
        assert_eq!(sent(1), sent(1));
        assert_ne!(sent(1), sent(2));
    }

    #[test]
    #[should_panic(expected = "should be well-formed")]
    fn a_target_whose_well_formed_inputs_are_refused_tries_nothing() {
        target().holds(|_| Verdict::Refused);
    }

    #[test]
    #[should_panic(expected = "nothing was refused")]
    fn a_target_that_takes_everything_tries_nothing() {
        target().holds(|_| Verdict::Accepted);
    }
}
