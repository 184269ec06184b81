//! A login without a browser on this machine: the callback is pasted, or comes by itself, whichever is first.

use crate::command::User;
use crate::http::{Caller, Person};
use crate::process::{Server, furnished};

struct Desk {
    server: Server,
    user: User,
    data: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let data = furnished();
        Self { server: Server::start(data.path(), None), user: User::new(), data }
    }

    fn options<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let data = self.data.path().to_str().unwrap();
        [&["--server", &self.server.base, "--data", data, "--realm", "individu"], more].concat()
    }

    fn arrive(&self, address: &str) -> String {
        Caller::new(&self.server.base).arrive(address, &Person::named("camille")).unwrap()
    }
}

#[test]
fn a_callback_is_pasted_whole_or_as_its_query() {
    let desk = Desk::new();
    let whole =
        desk.user.pasted(&desk.options(&["--paste"]), |address| format!("{}\n", desk.arrive(address)));
    assert!(whole.ok().starts_with("Signed in: "), "{whole:?}");
    let query = desk.user.pasted(&desk.options(&["--paste"]), |address| {
        format!("  {}\r\n", desk.arrive(address).split_once('?').unwrap().1)
    });
    query.ok();
    let without_an_end = desk.user.pasted(&desk.options(&["--paste"]), |address| desk.arrive(address));
    without_an_end.ok();
}

/// RFC 6749 §10.12: what is not this login's callback is said to be none, and costs nothing.
#[test]
fn a_wrong_paste_is_said_to_be_wrong_and_the_login_still_waits() {
    let desk = Desk::new();
    let mut other = String::new();
    let abandoned = desk.user.pasted(&desk.options(&["--paste", "--timeout", "0"]), |address| {
        other = desk.arrive(address);
        String::new()
    });
    abandoned.failed(4);
    let signed_in = desk.user.pasted(&desk.options(&["--paste"]), |address| {
        let own = desk.arrive(address);
        let foreign = own.replace("state=", "state=x");
        let colours = "\u{1b}[2J\u{9b}m";
        format!("\n   \nyes please\nhttps://a.example/?{colours}\n{other}\n{foreign}\n\u{0}\u{1}\n{own}\n")
    });
    signed_in.ok();
    assert_eq!(signed_in.err.matches("Nothing was pasted").count(), 2, "{signed_in:?}");
    assert_eq!(signed_in.err.matches("still waits").count(), 5, "{signed_in:?}");
    assert!(signed_in.err.chars().all(|c| !c.is_control() || c == '\n'), "{signed_in:?}");
}

#[test]
fn a_browser_that_comes_back_by_itself_is_as_good_and_an_empty_input_loses_nothing() {
    let desk = Desk::new();
    let came_back = desk.user.pasted(&desk.options(&["--paste"]), |address| {
        crate::command::come_back(&desk.arrive(address));
        String::new()
    });
    came_back.ok();
    // `login` gives the command no input at all.
    desk.user.login(&desk.options(&["--paste"]), |address| Some(desk.arrive(address))).ok();
}

#[test]
fn a_person_who_refuses_is_heard_by_pasting_too() {
    let desk = Desk::new();
    let person = Person { at_consent: "deny", ..Person::named("camille") };
    let refused = desk.user.pasted(&desk.options(&["--paste"]), |address| {
        format!("{}\n", Caller::new(&desk.server.base).arrive(address, &person).unwrap())
    });
    assert!(refused.failed(4).contains("access was denied"), "{refused:?}");
}

/// An application whose callback is registered elsewhere: its address is sent as it is, and nobody listens here.
#[test]
fn an_address_elsewhere_is_pasted_from() {
    let desk = Desk::new();
    let data = desk.data.path().to_str().unwrap();
    let elsewhere = "https://app.example/cb?tenant=1";
    let add =
        ["client", "add", "--data", data, "--realm", "individu", "--kind", "public", "--name", "Ailleurs"];
    let add = [&add[..], &["--client-id", "PAR_ailleurs", "--redirect-uri", elsewhere]].concat();
    desk.user.run(&add).ok();
    let options = ["--client-id", "PAR_ailleurs", "--app", "public", "--redirect-uri", elsewhere];
    let signed_in = desk.user.pasted(&desk.options(&options), |address| {
        let arrived = desk.arrive(address);
        assert!(arrived.starts_with("https://app.example/cb?"), "{arrived}");
        format!("{arrived}\n")
    });
    assert!(signed_in.ok().starts_with("Signed in: "), "{signed_in:?}");
    let nothing = desk.user.pasted(&desk.options(&options), |_| String::new());
    assert!(nothing.failed(4).contains("no callback was pasted"), "{nothing:?}");
    let profile = ["profile", "add", "ailleurs", "--server", &desk.server.base, "--realm", "individu"];
    let named = ["--client-id", "PAR_ailleurs", "--app", "public", "--redirect-uri", elsewhere, "--use"];
    desk.user.run(&[&profile[..], &named].concat()).ok();
    desk.user.pasted(&[], |address| format!("{}\n", desk.arrive(address))).ok();
    assert_eq!(desk.user.run(&["whoami", "--json"]).json()["client_id"], "PAR_ailleurs");
}

#[test]
fn standard_input_is_not_read_twice_and_an_address_is_whole() {
    let user = User::new();
    let options = ["login", "--realm", "individu", "--client-id", "x"];
    let both = user.told(&[&options[..], &["--paste", "--client-secret-file", "-"]].concat(), "secret\n");
    assert!(both.failed(2).contains("secret elsewhere"), "{both:?}");
    let part = user.run(&[&options[..], &["--app", "public", "--redirect-uri", "/cb"]].concat());
    assert!(part.failed(2).contains("whole address"), "{part:?}");
}
