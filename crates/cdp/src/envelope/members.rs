//! The members of the outer object, and which of them make a command. The order of the checks is Chromium's.

use std::borrow::Cow;
use std::ops::Range;

use super::{Envelope, Malformed};

const NO_ID: &str = "Message must have integer 'id' property";
const NO_METHOD: &str = "Message must have string 'method' property";
const BAD_SESSION: &str = "Message may have string 'sessionId' property";
const BAD_PARAMS: &str = "Message may have object 'params' property";
const OTHER: &str = "Message has property other than 'id', 'method', 'sessionId', 'params'";

/// The top-level members as far as they were read. The inner `Err` is a value of a wrong kind: it is only told when the
/// rest of the message turned out to be JSON, as Chromium does it.
#[derive(Default)]
pub(super) struct Members<'m> {
    pub(super) id: Option<Result<i64, ()>>,
    pub(super) id_span: Range<usize>,
    pub(super) method: Option<Result<Cow<'m, str>, ()>>,
    pub(super) session: Option<Result<Cow<'m, str>, ()>>,
    pub(super) session_span: Option<Range<usize>>,
    pub(super) params: Option<Result<Option<Range<usize>>, ()>>,
    pub(super) other: bool,
}

impl<'m> Members<'m> {
    /// The envelope, or what Chromium says about the first member that is wrong.
    pub(super) fn into_envelope(self, close: usize) -> Result<Envelope<'m>, Malformed> {
        let Some(Ok(id)) = self.id else {
            return Err(Malformed::request(None, NO_ID));
        };
        let refuse = |text| Err(Malformed::request(Some(id), text));
        let Some(Ok(method)) = self.method else {
            return refuse(NO_METHOD);
        };
        let Ok(session_id) = self.session.transpose() else {
            return refuse(BAD_SESSION);
        };
        let Ok(params) = self.params.transpose() else {
            return refuse(BAD_PARAMS);
        };
        if self.other {
            return refuse(OTHER);
        }
        let Self { id_span, session_span, .. } = self;
        Ok(Envelope { id, method, session_id, params: params.flatten(), id_span, session_span, close })
    }
}
