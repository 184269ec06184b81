//! The report: each finding is shown when it is made, and at the end there is one exit code.

use royaume_realm::Text;
use serde_json::json;

use super::finding::{Check, Finding, Standing, both};
use crate::failure::Failure;
use crate::language::Language;
use crate::output;

/// What was found so far.
#[derive(Debug)]
pub(super) struct Report {
    language: Language,
    json: bool,
    findings: Vec<Finding>,
}

impl Report {
    pub(super) fn new(language: Language, json: bool) -> Self {
        Self { language, json, findings: Vec::new() }
    }

    /// One more. People see it at once, because the next check may take its time.
    pub(super) fn add(&mut self, finding: Finding) {
        if !self.json {
            self.show(&finding);
        }
        self.findings.push(finding);
    }

    /// Checks that were not made, and why.
    pub(super) fn skip(&mut self, checks: &[Check], why: &Text) {
        for check in checks {
            self.add(Finding { check: *check, standing: Standing::Skipped, seen: why.clone(), next: None });
        }
    }

    fn show(&self, finding: &Finding) {
        let (standing, check) = (finding.standing.label(self.language), finding.check.label(self.language));
        let seen = output::harmless(self.language.of(&finding.seen));
        output::line(&format!("{standing:<9} {check:<14} {seen}"));
        if let Some(next) = &finding.next {
            let next = output::harmless(self.language.of(next));
            output::line(&format!("{:<24} {} {next}", "", self.language.say("À faire :", "Next:")));
        }
    }

    /// Every check stands; the first wrong one decides the exit code, because the others may follow from it.
    ///
    /// # Errors
    /// The failure of the first check that found something wrong.
    pub(super) fn finish(self) -> Result<(), Failure> {
        let wrong: Vec<_> = self
            .findings
            .iter()
            .filter_map(|finding| match finding.standing {
                Standing::Wrong(trouble) => Some((finding, trouble)),
                Standing::Well | Standing::Remark | Standing::Skipped => None,
            })
            .collect();
        let skipped = self.findings.iter().filter(|finding| finding.standing == Standing::Skipped).count();
        if self.json {
            let findings: Vec<_> = self.findings.iter().map(Finding::described).collect();
            output::json(&json!({ "well": wrong.is_empty(), "findings": findings }));
        }
        let Some((first, trouble)) = wrong.first() else {
            if !self.json {
                let made = self.findings.len() - skipped;
                let all = both(
                    format!("\nRien de faux dans {made} vérifications ; {skipped} non faites."),
                    format!("\nNothing wrong in {made} checks; {skipped} not made."),
                );
                output::line(self.language.of(&all));
            }
            return Ok(());
        };
        let (label, count) = (first.check.label(self.language), wrong.len());
        let words = match self.language {
            Language::French => format!("à corriger : {count}, en commençant par « {label} »"),
            Language::English => format!("to put right: {count}, beginning with {label:?}"),
        };
        Err(trouble.failure(words))
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Trouble;
    use super::*;

    fn of(standings: &[Standing]) -> Result<(), Failure> {
        let mut report = Report::new(Language::English, true);
        for standing in standings {
            let seen = both("vu", "seen");
            report.add(Finding { check: Check::Server, standing: *standing, seen, next: None });
        }
        report.finish()
    }

    #[test]
    fn the_first_thing_that_is_wrong_decides_and_nothing_else_does() {
        assert!(of(&[Standing::Well, Standing::Remark, Standing::Skipped]).is_ok());
        let first =
            of(&[Standing::Well, Standing::Wrong(Trouble::Unavailable), Standing::Wrong(Trouble::Refused)]);
        assert!(matches!(first, Err(Failure::Unavailable(_))), "{first:?}");
        let first = of(&[Standing::Wrong(Trouble::Refused), Standing::Wrong(Trouble::Unavailable)]);
        assert!(matches!(first, Err(Failure::Refused(_))), "{first:?}");
    }
}
