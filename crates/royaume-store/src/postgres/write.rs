//! A batch as one statement or one transaction: sent in one go, judged, committed.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use tokio_postgres::{Error, Row};

use super::fault::{Trouble, at_commit, before_commit, breaks_connection, is_taken};
use super::pool::{AGAIN, Connections, Lease};
use super::statements::{Bound, GET, stored};
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
    let prepared = connections.within(lease.prepare_cached(bound.sql)).await;
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
    if bound.conditional && rows.is_empty() {
        return explain(connections, std::slice::from_ref(write), 0).await;
    }
    failpoint::after("store.after_commit")?;
    Ok(Outcome::Done)
}

/// Several: everything is sent at once, so that a batch costs two round trips however long it is.
async fn transaction(connections: &Connections, writes: &[Write]) -> Result<Outcome, Trouble> {
    let mut lease = connections.lease().await?;
    let bound: Vec<Bound<'_>> = writes.iter().map(Bound::new).collect();
    let mut statements = Vec::with_capacity(bound.len());
    for one in &bound {
        let prepared = connections.within(lease.prepare_cached(one.sql)).await;
        statements.push(reached(&mut lease, connections, prepared)?);
    }
    // Until the end of the transaction is known: whoever drops this future must not leave it to the next one.
    lease.doubt();
    let values: Vec<_> = bound.iter().map(Bound::values).collect();
    let mut answers: Vec<Answer<'_>> = Vec::with_capacity(bound.len() + 1);
    answers.push(Box::pin(async {
        lease.batch_execute("BEGIN ISOLATION LEVEL READ COMMITTED").await.map(|()| Vec::new())
    }));
    for (statement, values) in statements.iter().zip(&values) {
        answers.push(Box::pin(lease.query(statement, values)));
    }
    let Ok(mut answered) = connections.within(in_order(answers)).await else {
        return Err(connections.silent().into());
    };
    let mut refused = answered.remove(0).map(|_| None).map_err(|error| before_commit(&error))?;
    for (index, answer) in answered.into_iter().enumerate() {
        match answer {
            Ok(rows) if bound[index].conditional && rows.is_empty() => refused = Some((index, None)),
            Ok(_) => continue,
            Err(error) if is_taken(&error) => refused = Some((index, Some(Why::Exists))),
            Err(error) => {
                if !breaks_connection(&error) {
                    end(&mut lease, connections, "ROLLBACK").await?;
                }
                return Err(before_commit(&error));
            }
        }
        break;
    }
    if let Some((index, why)) = refused {
        end(&mut lease, connections, "ROLLBACK").await?;
        drop(lease);
        return match why {
            Some(why) => Ok(Outcome::Refused { index, why }),
            None => explain(connections, writes, index).await,
        };
    }
    failpoint::before("store.before_commit")?;
    end(&mut lease, connections, "COMMIT").await?;
    failpoint::after("store.after_commit")?;
    Ok(Outcome::Done)
}

/// Ends the transaction and gives the connection back its good name.
async fn end(lease: &mut Lease, connections: &Connections, how: &str) -> Result<(), Trouble> {
    match connections.within(lease.batch_execute(how)).await {
        Ok(Ok(())) => {
            lease.trust();
            Ok(())
        }
        Ok(Err(error)) => Err(at_commit(&error)),
        Err(_) => Err(StoreError::OutcomeUnknown(connections.silent().to_string()).into()),
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
