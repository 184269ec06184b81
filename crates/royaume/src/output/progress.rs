//! How far a long command is: a bar on standard error, and nothing where that is no terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A bar. Dropped, it leaves no trace.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

/// So many steps to come.
pub(crate) fn progress(total: u64) -> Progress {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    let target = if dumb { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template("{bar:32} {pos}/{len} {elapsed}");
    let bar = ProgressBar::with_draw_target(Some(total), target);
    Progress(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
}

impl Progress {
    /// So many steps are done.
    pub(crate) fn advance(&self, steps: u64) {
        self.0.inc(steps);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_whether_somebody_looks_or_not() {
        let progress = progress(3);
        progress.advance(2);
        assert_eq!((progress.0.position(), progress.0.length()), (2, Some(3)));
    }
}
