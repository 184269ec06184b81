//! The window of a list: how far into it an API lets one read.

use serde::{Deserialize, Serialize};

/// How far an API lets one read into a list, and how much at once. Positions count from nought.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// The last position at which a page may begin; nothing if it may anywhere.
    pub last_start: Option<u64>,
    /// The last position that is shown; nothing if all are.
    pub last_end: Option<u64>,
    /// The most items of a page, one at least.
    pub largest_page: u64,
}

impl Window {
    /// France Travail's search for offers (Offres d'emploi v2): the first 3150 of whatever was found, 150 at once.
    pub const OFFRES: Self = Self { last_start: Some(3000), last_end: Some(3149), largest_page: 150 };

    /// Everything, in pages of so many.
    pub const fn unlimited(largest_page: u64) -> Self {
        Self { last_start: None, last_end: None, largest_page }
    }

    /// The last position of the page that begins there, if one may: of the size that is wished, and such that all pages
    /// together show all that can be shown.
    pub(super) fn page(&self, start: u64, wished: u64) -> Option<u64> {
        let last_start = self.last_start.unwrap_or(u64::MAX);
        let last_end = self.last_end.unwrap_or(u64::MAX - 1);
        if start > last_start || start > last_end {
            return None;
        }
        let largest = self.largest_page.max(1);
        let size =
            if start == last_start { largest } else { wished.clamp(1, largest).min(last_start - start) };
        Some(start.saturating_add(size - 1).min(last_end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pages(window: Window, wished: u64) -> Vec<(u64, u64)> {
        let page = |start: u64| window.page(start, wished).map(|end| (start, end));
        std::iter::successors(page(0), |(_, end)| page(end + 1)).take(4000).collect()
    }

    #[test]
    fn pages_of_any_size_show_all_that_can_be_shown() {
        for wished in [1, 7, 70, 100, 149, 150, 151, u64::MAX] {
            let pages = pages(Window::OFFRES, wished);
            assert_eq!(pages.last(), Some(&(3000, 3149)), "{wished}");
            assert!(pages.iter().all(|(start, end)| end - start < 150 && *start <= 3000), "{wished}");
            assert!(pages.is_sorted_by(|one, next| one.1 + 1 == next.0), "{wished}");
        }
    }

    #[test]
    fn a_window_that_is_nowhere_shows_nothing_and_none_shows_everything() {
        let nothing = Window { last_start: Some(0), last_end: Some(0), largest_page: 0 };
        assert_eq!(pages(nothing, 0), [(0, 0)]);
        assert_eq!(Window::unlimited(150).page(u64::MAX - 1, 150), Some(u64::MAX - 1));
        assert_eq!(Window::unlimited(150).page(1_000_000, 150), Some(1_000_149));
    }
}
