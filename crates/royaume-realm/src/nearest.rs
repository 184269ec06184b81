//! "Did you mean": the known word nearest to an unknown one.

/// The nearest of `known`, when it is near enough to be what was meant.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: Vec<char> = word.chars().take(80).flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .map(|candidate| (distance(&word, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len().min(word.len()) / 3)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// A question to put after a sentence, or nothing.
pub(crate) fn did_you_mean(nearest: Option<&str>) -> String {
    nearest.map(|nearest| format!("; did you mean `{nearest}`?")).unwrap_or_default()
}

/// Insertions, deletions and replacements between the two words (Levenshtein).
fn distance(word: &[char], candidate: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (i, c) in candidate.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, w) in word.iter().enumerate() {
            let replaced = diagonal + usize::from(*w != c);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelled_word_finds_what_was_meant_and_a_strange_one_nothing() {
        let known = ["access_token_seconds", "code_seconds", "individu", "grants"];
        assert_eq!(nearest("acces_token_second", known), Some("access_token_seconds"));
        assert_eq!(nearest("Individus", known), Some("individu"));
        assert_eq!(nearest("grant", known), Some("grants"));
        assert_eq!(nearest("colour", known), None);
    }
}
