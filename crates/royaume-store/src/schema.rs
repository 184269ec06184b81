//! Versions of a database's schema: what to run, and what must be refused.
//!
//! A step only adds (columns, tables, indexes), so that the version before can go on beside it; what is no longer used is
//! dropped by a later step, which says so in `oldest`.

use crate::StoreError;

/// One step, run in one transaction together with the change of the number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Step {
    /// The number that the schema has afterwards. The first is 1; there are no gaps.
    pub(crate) version: u32,
    /// The oldest program, named by the last step it knows, that can work with the schema afterwards.
    pub(crate) oldest: u32,
    /// What to run.
    pub(crate) sql: &'static str,
}

/// What a database says of its own schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) version: u32,
    pub(crate) oldest: u32,
}

/// What to do with a database opened at `place`: the steps that it lacks, in order.
pub(crate) fn missing<'a>(found: Found, steps: &'a [Step], place: &str) -> Result<&'a [Step], StoreError> {
    let supported = steps.last().map_or(0, |step| step.version);
    if found.version > supported && found.oldest > supported {
        return Err(StoreError::SchemaTooNew { place: place.to_owned(), found: found.version, supported });
    }
    let done = steps.iter().take_while(|step| step.version <= found.version).count();
    Ok(&steps[done..])
}

/// What to do if nothing is found where a database should be.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Missing {
    /// Refuse: an empty database in place of a lost one would forget every client, key and account.
    #[default]
    Refuse,
    /// Create an empty one: for the first start, for development and for tests.
    Create,
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEPS: &[Step] = &[
        Step { version: 1, oldest: 1, sql: "" },
        Step { version: 2, oldest: 1, sql: "" },
        Step { version: 3, oldest: 3, sql: "" },
    ];

    fn of(version: u32, oldest: u32) -> Result<Vec<u32>, StoreError> {
        missing(Found { version, oldest }, STEPS, "here")
            .map(|steps| steps.iter().map(|step| step.version).collect())
    }

    #[test]
    fn a_database_gets_the_steps_that_it_lacks() {
        assert_eq!(of(0, 0), Ok(vec![1, 2, 3]));
        assert_eq!(of(1, 1), Ok(vec![2, 3]));
        assert_eq!(of(3, 3), Ok(vec![]));
    }

    #[test]
    fn a_later_schema_is_left_alone_if_it_says_that_we_can_work_with_it_and_refused_otherwise() {
        assert_eq!(of(4, 3), Ok(vec![]));
        let refused = of(5, 4).unwrap_err();
        assert_eq!(refused, StoreError::SchemaTooNew { place: "here".into(), found: 5, supported: 3 });
        assert_eq!(
            refused.to_string(),
            "here has schema 5 and this program knows 3: start the version that migrated it, or a later one"
        );
    }
}
