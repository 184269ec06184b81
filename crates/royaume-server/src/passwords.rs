//! Passwords: argon2id hashes behind a bounded queue that is fair between addresses (RFC 9106).
//!
//! A hash costs about 15 ms of one core and 19 MiB: it is the dearest thing a stranger can ask for. So hashing has
//! its own few threads at low priority, each with one memory block kept while there is work, and a queue that is short on
//! purpose: past it, the answer is "busy" at once rather than an answer nobody waits for any more. Inside the
//! queue every address has a lane and lanes take turns, so that a flood from one place does not delay another.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Block, Params, Version};
use royaume_jose::{Entropy, base64, constant_time_eq, random};
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// A longer password is refused before any hashing: it could only be an attack.
pub const LONGEST_PASSWORD: usize = 1024;

/// A thread without work gives its memory back after this time.
const REST: Duration = Duration::from_secs(10);

/// Length of an argon2id output kept in a stored hash, in bytes.
const OUTPUT: usize = 32;

/// What one hash costs. The defaults are the second recommendation of OWASP: 19 MiB, two passes, one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for Cost {
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2 }
    }
}

impl Cost {
    /// A cost that is no protection at all, for tests that sign in thousands of people.
    pub const fn dangerously_cheap() -> Self {
        Self { memory_kib: 8, passes: 1 }
    }

    fn argon2(self) -> Argon2<'static> {
        let params = Params::new(self.memory_kib, self.passes, 1, Some(OUTPUT))
            .expect("the cost of a password hash is within what argon2 allows");
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
    }
}

/// Bounds of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Threads that hash. More than cores makes everything slower.
    pub threads: usize,
    /// Hashes waiting, over all addresses.
    pub waiting: usize,
    /// Hashes waiting for one address.
    pub waiting_per_address: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { threads: cores, waiting: 256, waiting_per_address: 64 }
    }
}

/// The queue is full: try again in a second or two. Infrastructure trouble, not a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are waiting to be checked")]
pub struct Busy;

/// The hashing threads and the queue in front of them. Threads end when the last handle is dropped.
#[derive(Debug)]
pub struct Passwords {
    shared: Arc<Shared>,
}

impl Passwords {
    /// Starts the threads.
    pub fn new(cost: Cost, bounds: Bounds) -> Self {
        let shared = Arc::new(Shared {
            queue: Mutex::new(Queue::default()),
            work: Condvar::new(),
            bounds,
            hashed: AtomicU64::new(0),
            shed: AtomicU64::new(0),
        });
        for number in 0..bounds.threads.max(1) {
            let shared = Arc::clone(&shared);
            let hasher = Hasher::start(number, cost);
            start(format!("password-{number}"), move || work(&shared, &hasher));
        }
        Self { shared }
    }

    /// Is this the password of that hash? Without a hash (an unknown person) the same work is done and the answer
    /// is no, so that time tells nothing about who exists.
    pub async fn verify(&self, password: &str, phc: Option<&str>, address: IpAddr) -> Result<bool, Busy> {
        if password.len() > LONGEST_PASSWORD {
            return Ok(false);
        }
        let job = match phc {
            Some(phc) => Work::Verify(phc.to_owned()),
            None => Work::Pretend,
        };
        match self.run(password, job, address).await? {
            Done::Verified(answer) => Ok(answer),
            Done::Hashed(_) => Ok(false),
        }
    }

    /// Hashes a new password to a PHC string (`$argon2id$v=19$…`).
    pub async fn hash(&self, password: &str, entropy: &dyn Entropy, address: IpAddr) -> Result<String, Busy> {
        match self.run(password, Work::Hash(random::<16>(entropy)), address).await? {
            Done::Hashed(phc) => Ok(phc),
            Done::Verified(_) => Err(Busy),
        }
    }

    /// Hashes done and hashes refused since the start.
    pub(crate) fn counters(&self) -> (u64, u64) {
        (self.shared.hashed.load(Ordering::Relaxed), self.shared.shed.load(Ordering::Relaxed))
    }

    async fn run(&self, password: &str, work: Work, address: IpAddr) -> Result<Done, Busy> {
        let (answer, wait) = oneshot::channel();
        let job = Job { password: Zeroizing::new(password.to_owned()), work, answer };
        // A job that found no place, or lost it to another lane, is dropped, and its answer with it.
        if self.shared.lock().push(address, job, &self.shared.bounds) {
            self.shared.work.notify_one();
        }
        let done = wait.await;
        if done.is_err() {
            self.shared.shed.fetch_add(1, Ordering::Relaxed);
        }
        done.map_err(|_| Busy)
    }
}

impl Drop for Passwords {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.work.notify_all();
    }
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    work: Condvar,
    bounds: Bounds,
    hashed: AtomicU64,
    shed: AtomicU64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct Job {
    password: Zeroizing<String>,
    work: Work,
    answer: oneshot::Sender<Done>,
}

#[derive(Debug)]
enum Work {
    Verify(String),
    Pretend,
    Hash([u8; 16]),
}

#[derive(Debug)]
enum Done {
    Verified(bool),
    Hashed(String),
}

/// One lane per address; lanes take turns.
#[derive(Debug, Default)]
struct Queue {
    lanes: HashMap<IpAddr, VecDeque<Job>>,
    turns: VecDeque<IpAddr>,
    waiting: usize,
    closed: bool,
}

impl Queue {
    fn push(&mut self, address: IpAddr, job: Job, bounds: &Bounds) -> bool {
        let own = self.lanes.get(&address).map_or(0, VecDeque::len);
        if self.closed || own >= bounds.waiting_per_address {
            return false;
        }
        if self.waiting >= bounds.waiting && !self.make_room(own) {
            return false;
        }
        let lane = self.lanes.entry(address).or_default();
        if lane.is_empty() {
            self.turns.push_back(address);
        }
        lane.push_back(job);
        self.waiting += 1;
        true
    }

    /// Takes the place of the last one in the longest lane, whom that tells to come back, if it is longer than the
    /// newcomer's will be: a few addresses that fill the queue keep nobody else out.
    fn make_room(&mut self, own: usize) -> bool {
        let longest = self.lanes.values_mut().max_by_key(|lane| lane.len());
        let displaced = longest.filter(|lane| lane.len() > own + 1).and_then(VecDeque::pop_back);
        self.waiting -= usize::from(displaced.is_some());
        displaced.is_some()
    }

    fn pop(&mut self) -> Option<Job> {
        let address = self.turns.pop_front()?;
        let lane = self.lanes.get_mut(&address)?;
        let job = lane.pop_front();
        if lane.is_empty() {
            self.lanes.remove(&address);
        } else {
            self.turns.push_back(address);
        }
        self.waiting -= usize::from(job.is_some());
        job
    }
}

/// Hashing takes what nobody else wants (SCHED_IDLE): a thread that wakes for a token runs at once rather than after this
/// one's turn. Best effort: a system that refuses still hashes correctly.
fn yield_to_everybody() {
    use thread_priority::{
        NormalThreadSchedulePolicy, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy,
        thread_native_id,
    };
    let idle = ThreadSchedulePolicy::Normal(NormalThreadSchedulePolicy::Idle);
    let _ = set_thread_priority_and_policy(thread_native_id(), ThreadPriority::Min, idle);
}

/// A thread that computes at the lowest priority, for a keeper who takes jobs and gives answers at the usual one. It shares
/// nothing but with its keeper: a lock that it held while nobody lets it run would stop all who want it.
struct Hasher {
    tasks: SyncSender<Task>,
    computed: Receiver<(Done, Vec<Block>)>,
}

struct Task {
    password: Zeroizing<String>,
    work: Work,
    memory: Vec<Block>,
}

impl Hasher {
    fn start(number: usize, cost: Cost) -> Self {
        let (tasks, taken) = sync_channel::<Task>(1);
        let (give, computed) = sync_channel(1);
        start(format!("hash-{number}"), move || {
            yield_to_everybody();
            let argon2 = cost.argon2();
            for task in taken {
                if give.send(task.compute(&argon2)).is_err() {
                    break;
                }
            }
        });
        Self { tasks, computed }
    }

    fn compute(&self, task: Task) -> (Done, Vec<Block>) {
        self.tasks.send(task).expect("a hasher lives as long as its keeper");
        self.computed.recv().expect("a hasher answers each task")
    }
}

impl Task {
    fn compute(self, argon2: &Argon2<'_>) -> (Done, Vec<Block>) {
        let Self { password, work, mut memory } = self;
        let password = password.as_bytes();
        if memory.is_empty() {
            memory = blocks(argon2);
        }
        let done = match work {
            Work::Verify(phc) => Done::Verified(verify(argon2, password, &phc, &mut memory)),
            Work::Pretend => {
                let _ = hash(argon2, password, &[0; 16], &mut memory);
                Done::Verified(false)
            }
            Work::Hash(salt) => Done::Hashed(hash(argon2, password, &salt, &mut memory)),
        };
        (done, memory)
    }
}

fn start(name: String, run: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new()
        .name(name)
        .spawn(run)
        .expect("a process that cannot start a thread cannot serve");
}

fn work(shared: &Shared, hasher: &Hasher) {
    let mut memory = Vec::new();
    while let Some(job) = next(shared, &mut memory) {
        // The person who asked may have left while the job waited: their hash is not worth 15 ms.
        if job.answer.is_closed() {
            continue;
        }
        let task = Task { password: job.password, work: job.work, memory: std::mem::take(&mut memory) };
        let (done, kept) = hasher.compute(task);
        memory = kept;
        shared.hashed.fetch_add(1, Ordering::Relaxed);
        let _ = job.answer.send(done);
    }
}

/// The next job; none at the end. The memory is given back when there is nothing to do for a while.
fn next(shared: &Shared, memory: &mut Vec<Block>) -> Option<Job> {
    let mut queue = shared.lock();
    loop {
        if let Some(job) = queue.pop() {
            return Some(job);
        }
        if queue.closed {
            return None;
        }
        queue = if memory.is_empty() {
            shared.work.wait(queue).unwrap_or_else(PoisonError::into_inner)
        } else {
            let (queue, waited) =
                shared.work.wait_timeout(queue, REST).unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                *memory = Vec::new();
            }
            queue
        };
    }
}

fn blocks(argon2: &Argon2<'_>) -> Vec<Block> {
    vec![Block::default(); argon2.params().block_count()]
}

fn hash(argon2: &Argon2<'_>, password: &[u8], salt: &[u8; 16], memory: &mut [Block]) -> String {
    let mut output = [0; OUTPUT];
    argon2
        .hash_password_into_with_memory(password, salt, &mut output, memory)
        .expect("password, salt and memory have lengths that argon2 allows");
    let (m, t) = (argon2.params().m_cost(), argon2.params().t_cost());
    let unpadded = |bytes: &[u8]| base64::encode(bytes).trim_end_matches('=').to_owned();
    format!("$argon2id$v=19$m={m},t={t},p=1${}${}", unpadded(salt), unpadded(&output))
}

/// Verifies with the cost that the stored hash names, so that a change of cost keeps old hashes valid.
fn verify(argon2: &Argon2<'_>, password: &[u8], phc: &str, memory: &mut [Block]) -> bool {
    let Ok(parsed) = PasswordHash::new(phc) else { return false };
    let (Some(salt), Some(expected)) = (&parsed.salt, &parsed.hash) else { return false };
    let Ok(params) = Params::try_from(&parsed) else { return false };
    let mut output = [0; OUTPUT];
    if expected.len() != OUTPUT || parsed.algorithm.as_str() != "argon2id" {
        return false;
    }
    let own = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let computed = if own.params().block_count() == argon2.params().block_count() {
        own.hash_password_into_with_memory(password, salt.as_ref(), &mut output, memory)
    } else {
        own.hash_password_into_with_memory(password, salt.as_ref(), &mut output, blocks(&own))
    };
    computed.is_ok() && constant_time_eq(&output, expected.as_bytes())
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use royaume_jose::SeededEntropy;

    use super::*;

    const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn job() -> (Job, oneshot::Receiver<Done>) {
        let (answer, wait) = oneshot::channel();
        (Job { password: Zeroizing::new("x".into()), work: Work::Pretend, answer }, wait)
    }

    #[tokio::test]
    async fn a_password_verifies_against_its_own_hash_only() {
        let passwords = Passwords::new(Cost::default(), Bounds { threads: 1, ..Bounds::default() });
        let phc = passwords.hash("correct horse", &SeededEntropy::new(1), HERE).await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(passwords.verify("correct horse", Some(&phc), HERE).await.unwrap());
        assert!(!passwords.verify("correct hors", Some(&phc), HERE).await.unwrap());
        assert!(!passwords.verify("correct horse", None, HERE).await.unwrap());
        assert!(!passwords.verify("correct horse", Some("$argon2id$nonsense"), HERE).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_made_at_another_cost_still_verifies() {
        let cheap = Passwords::new(Cost::dangerously_cheap(), Bounds { threads: 1, ..Bounds::default() });
        let phc = cheap.hash("secret", &SeededEntropy::new(2), HERE).await.unwrap();
        let dear = Passwords::new(Cost::default(), Bounds { threads: 1, ..Bounds::default() });
        assert!(dear.verify("secret", Some(&phc), HERE).await.unwrap());
    }

    #[tokio::test]
    async fn a_password_of_a_megabyte_is_refused_without_hashing() {
        let passwords = Passwords::new(Cost::default(), Bounds { threads: 1, ..Bounds::default() });
        assert!(!passwords.verify(&"x".repeat(1 << 20), None, HERE).await.unwrap());
        assert_eq!(passwords.counters(), (0, 0));
    }

    #[test]
    fn addresses_take_turns_and_have_bounds_of_their_own() {
        let bounds = Bounds { threads: 1, waiting: 4, waiting_per_address: 3 };
        let (flood, person) = (IpAddr::from([10, 0, 0, 1]), IpAddr::from([10, 0, 0, 2]));
        let mut queue = Queue::default();
        let mut waits = Vec::new();
        for expected in [true, true, true, false] {
            let (job, wait) = job();
            waits.push(wait);
            assert_eq!(queue.push(flood, job, &bounds), expected);
        }
        let (mut mine, _wait) = job();
        mine.password = Zeroizing::new("mine".into());
        assert!(queue.push(person, mine, &bounds));
        let (another, _wait) = job();
        assert!(queue.push(person, another, &bounds), "the last of the flood makes room");
        assert!(waits[2].try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        let (one_more, _wait) = job();
        assert!(
            !queue.push(person, one_more, &bounds),
            "the lanes are even, and the queue as a whole is full"
        );
        queue.pop().unwrap();
        assert_eq!(queue.pop().unwrap().password.as_str(), "mine", "second, not fourth");
        assert_eq!((queue.pop().is_some(), queue.pop().is_some(), queue.pop().is_none()), (true, true, true));
        assert_eq!((queue.waiting, queue.lanes.len()), (0, 0));
    }
}
