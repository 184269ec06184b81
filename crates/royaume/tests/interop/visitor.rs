//! A person between a site and the server: a browser that follows redirects by hand, so that a test can spoil one.

use royaume_protocol::{Parameters, parameters};
use royaume_spec::html;
use serde_json::Value;

use crate::http::Caller;
use crate::provider::{Royaume, ZOE};

/// The browser: what it keeps of the site, and what it keeps of the server.
pub(crate) struct Visitor {
    pub(crate) site: Caller,
    server: Caller,
}

impl Visitor {
    pub(crate) fn new(site: &str, royaume: &Royaume) -> Self {
        Self { site: Caller::new(site), server: Caller::new(&royaume.base) }
    }

    /// Opens a page of the site that sends elsewhere: where to.
    #[track_caller]
    pub(crate) fn sent_by(&mut self, target: &str) -> String {
        let answer = self.site.get(target).unwrap();
        assert!(matches!(answer.status, 302 | 303), "{answer:?}");
        answer.location
    }

    /// Walks through the pages of the server, and returns the address at which that ends.
    pub(crate) fn walks(&mut self, address: &str) -> String {
        self.server.arrive(address, &ZOE).unwrap()
    }

    /// Signs out at the server itself, which asks first.
    #[track_caller]
    pub(crate) fn signs_out_at(&mut self, endpoint: &str) {
        let asked = self.server.get(endpoint).unwrap();
        let form = html::form(&asked.body).unwrap_or_else(|| panic!("no form: {asked:?}"));
        let yes = ("decision".to_owned(), "yes".to_owned());
        let done = self.server.post(&form.action, &[form.hidden, vec![yes]].concat()).unwrap();
        assert_eq!(done.status, 303, "{done:?}");
    }

    /// Opens a page of the site, and reads what it says.
    #[track_caller]
    pub(crate) fn reads(&mut self, target: &str) -> Value {
        let answer = self.site.get(target).unwrap();
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// From the site to the server and back: what the site makes of it.
    #[track_caller]
    pub(crate) fn signs_in(&mut self, login: &str) -> Value {
        let address = self.sent_by(login);
        let callback = self.walks(&address);
        self.reads(&callback)
    }
}

/// An address with another value of a parameter of its query.
pub(crate) fn altered(address: &str, name: &str, value: &str) -> String {
    let (place, query) = address.split_once('?').expect("the address has a query");
    let parameters = Parameters::parse(query.as_bytes()).unwrap();
    let kept = parameters.iter().filter(|(one, _)| *one != name);
    let pairs: Vec<_> = kept.chain([(name, value)]).collect();
    format!("{place}?{}", parameters::encode(&pairs))
}
