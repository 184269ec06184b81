//! Lists in pages (RFC 9110 §14): all that is shown, in order, and an end whatever the server says.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, pin_mut};
use http::{Request, Response};
use royaume_client::{ApiError, Page, Window};
use serde::Deserialize;
use serde_json::json;

use super::gateway::{Gateway, Time, answer, api, seconds};

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Offre {
    id: u64,
}

/// The range that was asked for.
fn asked(request: &Request<Bytes>) -> (u64, u64) {
    let query = request.uri().query().unwrap_or_default();
    let range = query.split('&').find_map(|pair| pair.strip_prefix("range=")).expect("a range is asked for");
    let (first, last) = range.split_once('-').unwrap();
    (first.parse().unwrap(), last.parse().unwrap())
}

fn offres(first: u64, last: u64) -> String {
    let items: Vec<_> = (first..=last).map(|id| json!({ "id": id })).collect();
    json!({ "resultats": items, "filtresPossibles": [] }).to_string()
}

fn page(first: u64, last: u64, total: u64) -> Response<Bytes> {
    let status = if first == 0 && last + 1 == total { 200 } else { 206 };
    let range = format!("offres {first}-{last}/{total}");
    answer(status, &[("Content-Range", range.as_str())], &offres(first, last))
}

/// As France Travail's search answers.
fn search(time: &Time, total: u64) -> Gateway {
    Gateway::new(time, move |request, _| {
        let (first, last) = asked(request);
        assert!(first <= 3000 && last <= 3149 && last - first < 150, "{first}-{last}");
        if total == 0 || first >= total {
            return answer(204, &[("Content-Range", "*/0")], "");
        }
        page(first, last.min(total - 1), total)
    })
}

/// All pages, to the end.
fn read(gateway: &Gateway, size: u64) -> Vec<Result<Page<Offre>, ApiError>> {
    let pages = api(gateway).get("/offres/search?departement=75").pages::<Offre>("resultats").of_size(size);
    gateway.time.run(async {
        let stream = pages.into_stream();
        pin_mut!(stream);
        let mut read = Vec::new();
        while let Some(page) = stream.next().await {
            read.push(page);
            assert!(read.len() < 5000, "there is no end");
        }
        read
    })
}

fn ids(pages: &[Result<Page<Offre>, ApiError>]) -> Vec<u64> {
    pages.iter().flatten().flat_map(|page| page.items.iter().map(|offre| offre.id)).collect()
}

/// Every item once, in order; how many there are is known from the first page on.
#[test]
fn all_that_is_found_is_read_in_order() {
    for total in [0, 1, 149, 150, 151, 1000, 3000, 3149, 3150] {
        for size in [150, 100, 70] {
            let time = Time::default();
            let gateway = search(&time, total);
            let pages = read(&gateway, size);
            assert_eq!(ids(&pages), (0..total).collect::<Vec<_>>(), "{total} {size}");
            assert!(pages.iter().all(|page| page.as_ref().unwrap().total == Some(total)), "{total} {size}");
        }
    }
    let time = Time::default();
    let gateway = search(&time, 3150);
    read(&gateway, 150);
    assert_eq!(gateway.asked(), 21);
}

/// What the API does not show is said, after all that it shows.
#[test]
fn results_out_of_reach_are_said_to_be() {
    for size in [150, 100, 70] {
        let time = Time::default();
        let pages = read(&search(&time, 9215), size);
        assert_eq!(ids(&pages), (0..3150).collect::<Vec<_>>(), "{size}");
        let (last, before) = pages.split_last().unwrap();
        assert_eq!(*last, Err(ApiError::OutOfReach { total: 9215, reachable: 3150 }));
        assert!(before.iter().all(Result::is_ok));
        assert!(last.as_ref().unwrap_err().to_string().contains("split the query"));
    }
}

/// Other APIs have other windows, names of the parameter, and bodies that are the list; or no window at all.
#[test]
fn another_api_has_another_window() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, _| {
        assert!(request.uri().query().unwrap().starts_with("plage="));
        let (first, last) = asked(
            &Request::get(request.uri().to_string().replace("plage", "range")).body(Bytes::new()).unwrap(),
        );
        let last = last.min(4999);
        let body = serde_json::to_string(&(first..=last).collect::<Vec<_>>()).unwrap();
        answer(206, &[("content-range", &format!("items {first}-{last}/5000"))], &body)
    });
    let mut pages = api(&gateway)
        .get("/items")
        .pages::<u64>("")
        .within(Window::unlimited(1000))
        .asked_by("plage")
        .from_position(500);
    let read = time.run(async {
        let mut read = Vec::new();
        while let Some(page) = pages.next().await {
            read.extend(page.unwrap().items);
        }
        read
    });
    assert_eq!(read, (500..5000).collect::<Vec<_>>());
    assert_eq!((pages.total(), gateway.asked()), (Some(5000), 5));
}

/// A whole list needs no range; a reference list says its size alone.
#[test]
fn a_whole_list_is_one_page() {
    for headers in [&[][..], &[("content-range", "offres */7")], &[("content-range", "offres 0-6/7")]] {
        let time = Time::default();
        let owned: Vec<_> = headers.to_vec();
        let gateway = Gateway::new(&time, move |_, _| answer(200, &owned, &offres(0, 6)));
        let pages = read(&gateway, 150);
        assert_eq!((ids(&pages), pages.len()), ((0..7).collect(), 1), "{headers:?}");
        assert_eq!(gateway.asked(), 1);
    }
}

/// A list may grow or shrink while it is read.
#[test]
fn a_list_that_changes_is_read_to_its_end() {
    for (totals, read_up_to) in
        [([400, 430, 445], 445), ([400, 301, 301], 301), ([400, 300, 300], 300), ([400, 140, 140], 150)]
    {
        let time = Time::default();
        let gateway = Gateway::new(&time, move |request, number| {
            let (first, last) = asked(request);
            let total: u64 = totals[number.min(2)];
            if first < total { page(first, last.min(total - 1), total) } else { answer(204, &[], "") }
        });
        let pages = read(&gateway, 150);
        assert!(pages.iter().all(Result::is_ok), "{totals:?}: {pages:?}");
        assert_eq!(ids(&pages).len(), read_up_to, "{totals:?}");
    }
}

/// Whatever a server says of its ranges, there is an end, and an error that says why.
#[test]
fn ranges_that_lead_nowhere_are_left() {
    type Says = fn(u64, u64, usize) -> Response<Bytes>;
    let attacks: [(&str, Says); 12] = [
        ("repeats the first page", |_, _, _| page(0, 149, 1000)),
        ("goes backwards", |first, last, _| page(first.saturating_sub(1), last, 1000)),
        ("has no items", |first, last, _| {
            answer(206, &[("content-range", &format!("offres {first}-{last}/1000"))], r#"{"resultats":[]}"#)
        }),
        ("has fewer items than it says", |first, last, _| {
            answer(206, &[("content-range", &format!("offres {first}-{last}/1000"))], &offres(first, first))
        }),
        ("has more items than were asked for", |first, last, _| page(first, last + 1, 1000)),
        ("has more items than it says", |first, last, _| {
            answer(206, &[("content-range", &format!("offres {first}-{first}/1000"))], &offres(first, last))
        }),
        ("says no range", |first, last, _| answer(206, &[], &offres(first, last))),
        ("says nonsense", |first, last, _| {
            answer(206, &[("content-range", "offres 9-1/x")], &offres(first, last))
        }),
        ("says another order", |first, last, _| {
            answer(206, &[("content-range", &format!("offres {last}-{first}/1000"))], &offres(first, last))
        }),
        ("overflows", |first, last, _| {
            answer(
                206,
                &[("content-range", &format!("offres {first}-{}/1000", u64::MAX))],
                &offres(first, last),
            )
        }),
        ("sends everything again", |first, last, number| {
            if number == 0 { page(first, last, 1000) } else { answer(200, &[], &offres(0, 999)) }
        }),
        ("says its size alone", |first, last, _| {
            answer(206, &[("content-range", "offres */1000")], &offres(first, last))
        }),
    ];
    for (what, says) in attacks {
        let time = Time::default();
        let gateway = Gateway::new(&time, move |request, number| {
            let (first, last) = asked(request);
            says(first, last, number)
        });
        let pages = read(&gateway, 150);
        let error = pages.last().unwrap().as_ref().expect_err(what);
        assert!(matches!(error, ApiError::Paging(_)), "{what}: {error}");
        assert!(gateway.asked() <= 2, "{what}");
    }
}

/// A list that grows for ever as it is read is left.
#[test]
fn a_list_without_an_end_is_left() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, _| {
        let (first, last) = asked(request);
        page(first, last, last + 1000)
    });
    let call = api(&gateway).get("/x");
    let mut pages = call.pages::<Offre>("resultats").within(Window::unlimited(150));
    let error = time.run(async {
        loop {
            match pages.next().await {
                Some(Ok(_)) => assert!(gateway.asked() < 1000, "there is no end"),
                Some(Err(error)) => break error,
                None => panic!("it has no end"),
            }
        }
    });
    assert!(matches!(error, ApiError::Paging(_)), "{error}");
    assert!(time.run(pages.next()).is_none());
}

/// A list of untold length ends with a page that is not full.
#[test]
fn a_list_of_untold_length_ends() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, _| {
        let (first, last) = asked(request);
        let last = last.min(399);
        answer(206, &[("content-range", &format!("offres {first}-{last}/*"))], &offres(first, last))
    });
    assert_eq!(ids(&read(&gateway, 150)).len(), 400);
    assert_eq!(gateway.asked(), 3);
}

/// A page is a call like any other: it waits for its turn, and trouble repeats it.
#[test]
fn a_page_survives_trouble() {
    let time = Time::default();
    let gateway = Gateway::new(&time, |request, number| match number {
        1 => answer(429, &[("retry-after", "2")], ""),
        3 => answer(502, &[], ""),
        _ => {
            let (first, last) = asked(request);
            page(first, last.min(449), 450)
        }
    });
    let pages = read(&gateway, 150);
    assert_eq!((ids(&pages).len(), gateway.asked()), (450, 5));
    assert!(time.passed() >= seconds(2.0) && time.passed() < Duration::from_secs(4));
}

/// A page that is no list is an error, and the last thing.
#[test]
fn a_page_that_is_no_list_ends_the_list() {
    for body in ["", "<html>", "[]", "{}", r#"{"resultats":{}}"#, r#"{"resultats":[{"id":"x"}]}"#] {
        let time = Time::default();
        let gateway =
            Gateway::new(&time, move |_, _| answer(206, &[("content-range", "offres 0-0/9")], body));
        let pages = read(&gateway, 150);
        assert_eq!(pages.len(), 1);
        assert!(matches!(pages[0], Err(ApiError::Body { .. })), "{body}: {pages:?}");
    }
}
