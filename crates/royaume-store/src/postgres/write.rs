//! A batch as one statement or one transaction, sent in one go and then judged.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio_postgres::{Error, Row};

use super::fault::{Trouble, at_commit, before_commit, breaks_connection, changed_nothing, is_taken};
use super::pool::{AGAIN, Connections, Lease};
use super::statements::{Bound, Form, GET, stored};
use crate::{Expect, Outcome, RowId, StoreError, Stored, Why, Write, failpoint};

/// Between two tries of a batch that met another one: a little longer each time.
const STEP_ASIDE: Duration = Duration::from_millis(5);

/// Does a batch, again if it met another one and nothing of it happened.
pub(super) async fn write(connections: &Connections, writes: &[Write]) -> Result<Outcome, StoreError> {
    let mut again = 0;
    loop {
        let tried = match writes {
            [] => return Ok(Outcome::Done),
            [write] => statement(connections, write).await,
            _ => transaction(connections, writes).await,
        };
        match tried {
            Ok(outcome) => return Ok(outcome),
            Err(Trouble::Again(_)) if again < AGAIN => {
                again += 1;
                tokio::time::sleep(STEP_ASIDE * u32::try_from(again).unwrap_or(1)).await;
            }
            Err(trouble) => return Err(trouble.into()),
        }
    }
}

/// One write: the statement is its own transaction.
async fn statement(connections: &Connections, write: &Write) -> Result<Outcome, Trouble> {
    let mut lease = connections.lease().await?;
    let bound = Bound::new(write);
    let (sql, conditional) = match bound.form {
        Form::Conditional { alone, .. } => (alone, true),
        Form::Always(sql) => (sql, false),
    };
    let prepared = connections.within(lease.prepare_cached(sql)).await;
    let statement = reached(&mut lease, connections, prepared)?;
    failpoint::before("store.before_commit")?;
    let rows = match connections.within(lease.query(&statement, &bound.values())).await {
        Ok(Ok(rows)) => rows,
        Ok(Err(error)) if is_taken(&error) => return Ok(Outcome::Refused { index: 0, why: Why::Exists }),
        Ok(Err(error)) => {
            if breaks_connection(&error) {
                lease.doubt();
            }
            return Err(at_commit(&error));
        }
        Err(_) => {
            lease.doubt();
            return Err(StoreError::OutcomeUnknown(connections.silent().to_string()).into());
        }
    };
    drop(lease);
    if conditional && rows.is_empty() {
        return explain(connections, std::slice::from_ref(write), 0).await;
    }
    failpoint::after("store.after_commit")?;
    Ok(Outcome::Done)
}

/// Several: everything is sent at once, COMMIT included, so that a batch costs one round trip however long it is. A write
/// that cannot be fails, and a COMMIT after a failure undoes what was before it.
async fn transaction(connections: &Connections, writes: &[Write]) -> Result<Outcome, Trouble> {
    let mut lease = connections.lease().await?;
    let bound: Vec<Bound<'_>> = writes.iter().map(Bound::new).collect();
    let mut statements = Vec::with_capacity(bound.len());
    for one in &bound {
        let (Form::Conditional { within: sql, .. } | Form::Always(sql)) = one.form;
        let prepared = connections.within(lease.prepare_cached(sql)).await;
        statements.push(reached(&mut lease, connections, prepared)?);
    }
    failpoint::before("store.before_commit")?;
    // Until the end of the transaction is known: whoever drops this future must not leave it to the next one.
    lease.doubt();
    let values: Vec<_> = bound.iter().map(Bound::values).collect();
    let command = async |command| lease.batch_execute(command).await.map(|()| Vec::new());
    let mut questions: Vec<Answer<'_>> = Vec::with_capacity(bound.len() + 2);
    questions.push(Box::pin(command("BEGIN ISOLATION LEVEL READ COMMITTED")));
    for (statement, values) in statements.iter().zip(&values) {
        questions.push(Box::pin(lease.query(statement, values)));
    }
    questions.push(Box::pin(command("COMMIT")));
    let Ok(mut answers) = connections.within(in_order(questions)).await else {
        return Err(StoreError::OutcomeUnknown(connections.silent().to_string()).into());
    };
    let ended = answers.pop().map_or(Ok(()), |commit| commit.map(drop));
    // BEGIN is the first; within a transaction what comes after a failure fails too.
    let failed = answers.into_iter().enumerate().find_map(|(at, answer)| Some((at, answer.err()?)));
    if ended.is_ok() && !failed.as_ref().is_some_and(|(_, error)| breaks_connection(error)) {
        lease.trust();
    }
    drop(lease);
    match (failed, ended) {
        (None, Ok(())) => {
            failpoint::after("store.after_commit")?;
            Ok(Outcome::Done)
        }
        (None, Err(error)) => Err(at_commit(&error)),
        // What followed ran without a transaction, each on its own.
        (Some((0, error)), _) if error.as_db_error().is_some() => {
            Err(StoreError::OutcomeUnknown(super::fault::text(&error)).into())
        }
        (Some((at, error)), _) => match at.checked_sub(1) {
            Some(index) if is_taken(&error) => Ok(Outcome::Refused { index, why: Why::Exists }),
            Some(index) if changed_nothing(&error) => explain(connections, writes, index).await,
            // What the server says of a statement it says before it comes to the COMMIT.
            Some(_) | None if error.as_db_error().is_some() => Err(before_commit(&error)),
            Some(_) | None => Err(at_commit(&error)),
        },
    }
}

/// What came of a question that changes nothing.
fn reached<T, E>(
    lease: &mut Lease,
    connections: &Connections,
    answer: Result<Result<T, Error>, E>,
) -> Result<T, Trouble> {
    match answer {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            if breaks_connection(&error) {
                lease.doubt();
            }
            Err(before_commit(&error))
        }
        Err(_) => {
            lease.doubt();
            Err(connections.silent().into())
        }
    }
}

/// Why a write could not be, from how its row stands now. If nothing stands in the way any more, it was a race.
async fn explain(connections: &Connections, writes: &[Write], index: usize) -> Result<Outcome, Trouble> {
    let refused = |why| Ok(Outcome::Refused { index, why });
    let raced = || Err(Trouble::Again(StoreError::Unavailable("the row changes too often".to_owned())));
    match &writes[index] {
        Write::Put { expect: Expect::Absent, .. } => refused(Why::Exists),
        Write::Put { row, expect: Expect::Version(expected) } => {
            let current = get(connections, &row.id).await?.map(|stored| stored.version);
            if current == Some(*expected) { raced() } else { refused(Why::Conflict { current }) }
        }
        Write::Spend { id, .. } => {
            let found = get(connections, id).await?.map(|stored| {
                let revoked = stored.revoked || writes[..index].iter().any(|write| revokes(write, &stored));
                Stored { revoked, ..stored }
            });
            Write::unspendable(found).map_or_else(raced, refused)
        }
        Write::Put { expect: Expect::Anything, .. } | Write::Delete { .. } | Write::Revoke { .. } => raced(),
    }
}

/// Does an earlier write of the batch end the family of that row? It has been undone with the batch.
fn revokes(write: &Write, stored: &Stored) -> bool {
    match write {
        Write::Revoke { realm, family, .. } => {
            realm == stored.row.id.realm()
                && (stored.row.family == Some(*family) || stored.row.within == Some(*family))
        }
        Write::Put { .. } | Write::Delete { .. } | Write::Spend { .. } => false,
    }
}

pub(super) async fn get(connections: &Connections, id: &RowId) -> Result<Option<Stored>, StoreError> {
    let rows = connections.query(GET, &[&id.realm().as_str(), &id.kind().as_str(), &id.key()]).await?;
    rows.first().map(|row| stored(row, id.realm(), id.kind())).transpose()
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, Error>> + Send + 'a>>;

/// Asks everything in order, then waits: a question is sent when it is first polled, and so in this order.
async fn in_order(mut questions: Vec<Answer<'_>>) -> Vec<Result<Vec<Row>, Error>> {
    let mut answers: Vec<Option<Result<Vec<Row>, Error>>> = questions.iter().map(|_| None).collect();
    poll_fn(|context| {
        let mut waiting = false;
        for (question, answer) in questions.iter_mut().zip(&mut answers) {
            if answer.is_none() {
                match question.as_mut().poll(context) {
                    Poll::Ready(ready) => *answer = Some(ready),
                    Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    answers.into_iter().flatten().collect()
}
