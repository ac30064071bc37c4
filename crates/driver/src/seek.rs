//! Looking for an element in a page and its frames until it can be used, and saying why where it cannot.
//!
//! The waiting is done inside the page, a little at a time, so that an element that is ready costs one round trip and
//! one that comes later, in another frame or another document, is found all the same.

mod blame;

use std::time::Duration;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use crate::{
    deadline::Deadline,
    driver::Shared,
    error::{DIALOG, Error},
    frames::{Frame, Frames},
    model::Tab,
};

/// How long one look inside a frame waits for the element to be usable.
const READY_SLICE: Duration = Duration::from_millis(500);

/// How long the main frame is watched for the element between two looks at all frames.
const ATTACH_SLICE: Duration = Duration::from_millis(100);

/// How much longer than it was told to wait a child frame may take to answer.
const FRAME_GRACE: Duration = Duration::from_secs(1);

/// What is left at the end for the last answer to arrive, and to find out why.
pub(crate) const BLAME_LIMIT: Duration = Duration::from_millis(300);

/// A function of the world that looks for a selector, and what it is called with between selector and patience.
#[derive(Clone, Copy)]
pub(crate) struct Quest<'a> {
    pub(crate) tool: &'static str,
    pub(crate) selector: &'a str,
    pub(crate) arguments: &'a [Value],
}

/// How long such a function waits inside the page: for the element to be there, and for it to be usable.
#[derive(Clone, Copy)]
struct Patience {
    attach: Duration,
    ready: Duration,
}

/// What such a function answers.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "lowercase")]
pub(crate) enum Answer<T> {
    Absent,
    Unready { why: String },
    Invalid { message: String },
    Refused { message: String, hint: String },
    Ready { found: T },
}

/// Where it was found.
pub(crate) struct Found<T> {
    pub(crate) frames: Frames,
    /// Which of them.
    pub(crate) index: usize,
    pub(crate) value: T,
}

/// What came of one look at all frames.
enum Look<T> {
    Found(Found<T>),
    Missed(Miss),
}

/// Why a look did not find the element ready.
enum Miss {
    /// It is there and lacks something.
    Unready { why: String },
    /// It is in no frame, as far as they answer.
    Absent { silent: usize },
}

impl<T> Found<T> {
    pub(crate) fn frame(&self) -> &Frame {
        &self.frames.list[self.index]
    }
}

impl<T> Answer<T> {
    /// What is neither found nor worth waiting for as the error it is.
    pub(crate) fn hopeless(self) -> Result<Self, Error> {
        match self {
            Self::Invalid { message } => Err(Error::invalid(message, "Send a CSS selector.")),
            Self::Refused { message, hint } => Err(Error::Invalid { message, hint }),
            other => Ok(other),
        }
    }
}

impl Shared {
    /// Looks until the element is found ready.
    pub(crate) async fn seek<T: DeserializeOwned>(
        &self,
        tab: &Tab,
        quest: Quest<'_>,
        deadline: Deadline,
    ) -> Result<Found<T>, Error> {
        let looking = deadline.sparing(BLAME_LIMIT);
        let mut patience = Duration::ZERO;
        let mut last = None;
        loop {
            match self.look(tab, quest, patience, looking, deadline).await {
                Ok(Look::Found(found)) => return Ok(found),
                Ok(Look::Missed(miss)) => last = Some(miss),
                // Nothing was begun; the next document may have it.
                Err(Error::PageNavigated) if !looking.is_over() && !tab.spot.lost.is_cancelled() => {
                    tokio::task::yield_now().await;
                }
                // What was seen before says more than that the last answer came too late.
                Err(Error::OperationTimeout { why, .. }) if last.is_some() && !why.starts_with(DIALOG) => {}
                Err(error) => return Err(error),
            }
            if let Some(miss) = last.take_if(|_| looking.is_over()) {
                return Err(self.missed(tab, quest, miss, deadline).await);
            }
            patience = ATTACH_SLICE;
        }
    }

    /// The error for an element that was not found ready in time.
    async fn missed(&self, tab: &Tab, quest: Quest<'_>, miss: Miss, deadline: Deadline) -> Error {
        match miss {
            Miss::Absent { silent } => self.blame(tab, quest, silent, deadline).await,
            Miss::Unready { why } => {
                let why = format!("the element for {} {why}", quest.selector);
                Error::OperationTimeout { limit: deadline.limit(), why }
            }
        }
    }

    async fn look<T: DeserializeOwned>(
        &self,
        tab: &Tab,
        quest: Quest<'_>,
        attach: Duration,
        looking: Deadline,
        deadline: Deadline,
    ) -> Result<Look<T>, Error> {
        let main = Frame::main(tab);
        let patience = Patience { attach: attach.min(looking.left()), ready: READY_SLICE.min(looking.left()) };
        let answer = self.ask(&main, quest, patience, deadline).await?;
        match answer {
            Answer::Ready { found } => {
                let frames = Frames { list: vec![main], silent: 0 };
                return Ok(Look::Found(Found { frames, index: 0, value: found }));
            }
            Answer::Unready { why } => return Ok(Look::Missed(Miss::Unready { why })),
            _ => {}
        }
        let mut frames = self.frames(tab, deadline).await?;
        for index in 1..frames.list.len() {
            let limit = deadline.at_most(READY_SLICE + FRAME_GRACE);
            let patience = Patience { attach: Duration::ZERO, ready: READY_SLICE.min(looking.left()) };
            match self.ask(&frames.list[index], quest, patience, limit).await {
                Ok(Answer::Ready { found }) => return Ok(Look::Found(Found { frames, index, value: found })),
                Ok(Answer::Unready { why }) => return Ok(Look::Missed(Miss::Unready { why })),
                Ok(_) => {}
                Err(error @ (Error::Invalid { .. } | Error::Gone)) => return Err(error),
                Err(_) => frames.silent += 1,
            }
        }
        Ok(Look::Missed(Miss::Absent { silent: frames.silent }))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        frame: &Frame,
        quest: Quest<'_>,
        patience: Patience,
        deadline: Deadline,
    ) -> Result<Answer<T>, Error> {
        let patience = json!({ "attach": millis(patience.attach), "ready": millis(patience.ready) });
        let mut arguments = vec![json!(quest.selector)];
        arguments.extend_from_slice(quest.arguments);
        arguments.push(patience);
        let answer: Answer<T> = self.tool(frame, quest.tool, &arguments, deadline).await?;
        answer.hopeless()
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
