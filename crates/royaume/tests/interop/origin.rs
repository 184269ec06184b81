//! A web site of the test's own: what it answers is a function of what is asked.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

/// What is asked: the path, and the header fields by their names.
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// An answer: its media type and its content.
pub(crate) type Answered = (&'static str, String);

/// Listens on a free port of this machine until the tests are over, and returns the address.
pub(crate) fn serve(answer: impl Fn(&Asked) -> Answered + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let answer = Arc::new(answer);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = Arc::clone(&answer);
            // A browser opens connections on which it asks nothing for a while.
            std::thread::spawn(move || converse(stream, &*answer));
        }
    });
    address
}

/// One request and its answer. A browser that goes away misses nothing.
fn converse(mut stream: TcpStream, answer: &dyn Fn(&Asked) -> Answered) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines().map_while(Result::ok);
    let target = lines.next()?.split(' ').nth(1)?.to_owned();
    let fields = lines.take_while(|line| !line.is_empty()).filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_owned(), value.to_owned()))
    });
    let path = target.split('?').next().unwrap_or_default().to_owned();
    let (media_type, content) = answer(&Asked { path, fields: fields.collect() });
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        content.len()
    );
    stream.write_all(&[head.as_bytes(), content.as_bytes()].concat()).ok()
}
