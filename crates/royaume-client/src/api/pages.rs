//! Lists that come in pages (RFC 9110 §14: 200, 206, `Content-Range`), up to where the API lets one read.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::{Response, StatusCode, header};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::content_range::ContentRange;
use super::{ApiError, Call, TokenSource, Window};
use crate::{Clock, Transport};

/// A list that grows faster than it is read is left, at so many times what it was at first.
const GROWTH: u64 = 4;
/// And a list of untold length after so many pages.
const MOST_PAGES: u64 = 100_000;

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<D> {
    /// The position of its first item, from nought.
    pub first: u64,
    /// How many items the list has, as this page says; nothing if the API does not know.
    pub total: Option<u64>,
    /// The items.
    pub items: Vec<D>,
}

/// The pages of a list, one call each: by [`Pages::next`], or as a `futures` stream.
///
/// Ranges are asked for as France Travail reads them, in the query (`range=0-149`), within [`Window::OFFRES`] unless another
/// window is named. The pages end where the list does. If the API shows only its beginning, the last thing after all that
/// it shows is [`ApiError::OutOfReach`]. After any error they end.
pub struct Pages<S, T, C, D> {
    call: Call<S, T, C>,
    member: String,
    parameter: String,
    window: Window,
    size: u64,
    at: u64,
    asked: u64,
    /// How many there were at first, and are now.
    totals: Option<(u64, u64)>,
    over: bool,
    items: PhantomData<fn() -> D>,
}

impl<S, T, C, D> fmt::Debug for Pages<S, T, C, D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("call", &self.call)
            .field("window", &self.window)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

impl<S, T, C, D> Pages<S, T, C, D> {
    pub(super) fn new(call: Call<S, T, C>, member: &str) -> Self {
        Self {
            call,
            member: member.to_owned(),
            parameter: "range".to_owned(),
            window: Window::OFFRES,
            size: Window::OFFRES.largest_page,
            at: 0,
            asked: 0,
            totals: None,
            over: false,
            items: PhantomData,
        }
    }

    /// Within that window; pages are as large as it allows.
    #[must_use]
    pub fn within(mut self, window: Window) -> Self {
        (self.window, self.size) = (window, window.largest_page);
        self
    }

    /// So many items at once, if the window allows.
    #[must_use]
    pub fn of_size(mut self, items: u64) -> Self {
        self.size = items;
        self
    }

    /// From that position on, counted from nought.
    #[must_use]
    pub fn from_position(mut self, first: u64) -> Self {
        self.at = first;
        self
    }

    /// The range is asked for in that parameter of the query.
    #[must_use]
    pub fn asked_by(mut self, parameter: &str) -> Self {
        parameter.clone_into(&mut self.parameter);
        self
    }

    /// How many items there are, as the last page said.
    pub fn total(&self) -> Option<u64> {
        self.totals.map(|(_, now)| now)
    }
}

impl<S: TokenSource, T: Transport, C: Clock, D: DeserializeOwned> Pages<S, T, C, D> {
    /// The next page; nothing after the last one, or after an error.
    ///
    /// # Errors
    /// [`ApiError`]: that of its call, [`ApiError::Paging`] when its range is not what was asked for, or
    /// [`ApiError::OutOfReach`] when there is more that the API does not show.
    pub async fn next(&mut self) -> Option<Result<Page<D>, ApiError>> {
        if self.over {
            return None;
        }
        let page = self.page().await;
        if !matches!(page, Ok(Some(_))) {
            self.over = true;
        }
        page.transpose()
    }

    /// The pages as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<Page<D>, ApiError>> + Send
    where
        D: Send,
    {
        stream::unfold(self, async |mut pages| {
            let page = pages.next().await?;
            Some((page, pages))
        })
    }

    async fn page(&mut self) -> Result<Option<Page<D>>, ApiError> {
        let total = self.total();
        if total.is_some_and(|total| self.at >= total) {
            return Ok(None);
        }
        let Some(end) = self.window.page(self.at, self.size) else {
            // Whoever does not know how many there are does not know that there are more.
            return total.map_or(Ok(None), |total| Err(ApiError::OutOfReach { total, reachable: self.at }));
        };
        if self.asked >= MOST_PAGES {
            return Err(paging(format!("there is no end after {MOST_PAGES} pages")));
        }
        self.asked += 1;
        let response = self.call.send_with(Some((&self.parameter, format!("{}-{end}", self.at)))).await?;
        if response.status() == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let items = self.items(&response)?;
        let page = self.judge(&response, items, end)?;
        if let Some(page) = &page {
            self.at = page.first + page.items.len() as u64;
        }
        Ok(page)
    }

    /// Is it the page that was asked for? Each one leads on, so that there is an end.
    fn judge(
        &mut self,
        response: &Response<Bytes>,
        items: Vec<D>,
        end: u64,
    ) -> Result<Option<Page<D>>, ApiError> {
        let (first, count) = (self.at, items.len() as u64);
        let said =
            response.headers().get(header::CONTENT_RANGE).map(|value| value.to_str().unwrap_or_default());
        let Some(said) = said else {
            // A whole list says nothing of its range; from the middle on it is no whole list.
            if response.status() == StatusCode::PARTIAL_CONTENT || self.asked > 1 || first > 0 {
                return Err(paging("a page does not say which one it is (Content-Range)".to_owned()));
            }
            self.totals = Some((count, count));
            return Ok((count > 0).then_some(Page { first, total: Some(count), items }));
        };
        let said = ContentRange::parse(said)
            .ok_or_else(|| paging(format!("`{}` is no Content-Range", crate::error::harmless(said))))?;
        if let Some(total) = said.total {
            let (before, _) = *self.totals.get_or_insert((total, total));
            self.totals = Some((before, total));
            let most = before.max(self.window.largest_page).saturating_mul(GROWTH);
            if first > most {
                return Err(paging(format!(
                    "the list had {before} items and now has {total}: it grows as it is read"
                )));
            }
        }
        match said.range {
            None if count == 0 => Ok(None),
            // France Travail's reference lists say their size alone, and are whole.
            None if first == 0 && said.total.is_none_or(|total| total == count) => {
                Ok(Some(Page { first, total: said.total, items }))
            }
            None => Err(paging(format!("a page has {count} items and no range"))),
            Some((start, _)) if start != first => Err(paging(format!(
                "the page from {first} on was asked for, and the one from {start} on came"
            ))),
            Some((_, last)) if last > end || count > last - first + 1 => {
                Err(paging(format!("a page has {count} items to {last}, and was asked for to {end}")))
            }
            Some(_) if count == 0 => Err(paging(format!("the page from {first} on has no items"))),
            // The last page may repeat the range that was asked for.
            Some((_, last))
                if count < last - first + 1 && said.total.is_none_or(|total| first + count < total) =>
            {
                Err(paging(format!("the page from {first} to {last} has {count} items")))
            }
            Some(_) => {
                if said.total.is_none() && last_of(first, count) < end {
                    self.totals = Some((first + count, first + count));
                }
                Ok(Some(Page { first, total: said.total, items }))
            }
        }
    }

    fn items(&self, response: &Response<Bytes>) -> Result<Vec<D>, ApiError> {
        if self.member.is_empty() {
            return super::call::read(response);
        }
        let mut body: Value = super::call::read(response)?;
        let items = body.get_mut(&self.member).map(Value::take);
        let unread = |reason| ApiError::Body { status: response.status().as_u16(), reason };
        let items = items.ok_or_else(|| unread(format!("it has no `{}`", self.member)))?;
        serde_json::from_value(items)
            .map_err(|_| unread(format!("its `{}` is not a list of what the program expects", self.member)))
    }
}

fn last_of(first: u64, count: u64) -> u64 {
    (first + count).saturating_sub(1)
}

fn paging(why: String) -> ApiError {
    ApiError::Paging(why)
}
