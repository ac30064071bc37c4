//! Text, key by key.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Command, Sent,
    keys::{Chord, Key},
};
use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::{DIALOG, Error},
    model::Tab,
    seek::Answer,
    write::Written,
};

/// Keys that are sent before the page must have taken them.
const AT_ONCE: usize = 64;

#[derive(Deserialize)]
struct Focused {
    /// Only the End key gets the caret to the end.
    end: bool,
}

impl Driver {
    /// Types at the end of what the first match holds, each character with its key; characters that no US keyboard has
    /// are inserted as an input method does (CDP `Input.insertText`).
    ///
    /// # Errors
    /// [`Error::Invalid`] where the element takes no text; [`Error::PageNavigated`] where the document went away before
    /// the last character; else as [`Driver::click`].
    pub async fn type_text(&self, selector: &str, text: &str, timeout: Duration) -> Result<Written, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let written = self.shared.focus(&tab, selector, "type", deadline).await?;
        let strokes = strokes(text);
        let mut chunks = strokes.chunks(AT_ONCE).peekable();
        while let Some(chunk) = chunks.next() {
            let commands: Vec<Command> = chunk.iter().flatten().cloned().collect();
            let sent = self.shared.dispatch(&tab, &commands, deadline).await?;
            if sent == Sent::Overtaken && chunks.peek().is_some() {
                self.shared.until_quiet(&tab, deadline).await?;
            }
        }
        Ok(written)
    }
}

/// The commands for each character, or for each run of characters without a key.
fn strokes(text: &str) -> Vec<Vec<Command>> {
    let mut strokes: Vec<Vec<Command>> = Vec::new();
    let mut inserted = String::new();
    let insert = |inserted: &mut String| {
        let text = std::mem::take(inserted);
        (!text.is_empty()).then(|| vec![("Input.insertText", json!({ "text": text }))])
    };
    for character in text.replace("\r\n", "\n").chars() {
        match Key::typing(character) {
            Some(key) => {
                strokes.extend(insert(&mut inserted));
                strokes.push(vec![key.down(0), key.up(0)]);
            }
            None => inserted.push(character),
        }
    }
    strokes.extend(insert(&mut inserted));
    strokes
}

impl Shared {
    /// Waits until keys would go to the element, and sends them there from now on.
    pub(super) async fn focus(
        &self,
        tab: &Tab,
        selector: &str,
        kind: &'static str,
        deadline: Deadline,
    ) -> Result<Written, Error> {
        let arguments = [json!(selector)];
        let written = self.when_writable(tab, selector, kind, deadline, ("focus", &arguments));
        let (written, focused): (Written, Option<Focused>) = written.await?;
        if kind == "type" && focused.is_some_and(|focused| focused.end) {
            self.dispatch(tab, &Chord::parse("End")?.commands(), deadline).await?;
        }
        Ok(written)
    }

    /// Waits until the dialog that typing opened is answered; fails where the document itself is another.
    async fn until_quiet(&self, tab: &Tab, deadline: Deadline) -> Result<(), Error> {
        let quiet = |page: &crate::model::Page| page.dialog.is_none();
        let is_dialog = self.lock().page(&tab.id).is_some_and(|page| !quiet(page));
        if !is_dialog {
            return Err(Error::PageNavigated);
        }
        let answered = self.until(deadline, |model| model.page(&tab.id).is_none_or(quiet).then_some(()));
        answered.await.ok_or_else(|| Error::OperationTimeout {
            limit: deadline.limit(),
            why: crate::call::dialog_reason(&mut self.lock(), tab.spot.session).unwrap_or_else(|| DIALOG.to_owned()),
        })
    }

    /// Calls a function that may open a dialog: then it is as good as done, and says nothing.
    pub(crate) async fn tool_or_dialog<T: serde::de::DeserializeOwned>(
        &self,
        tab: &Tab,
        frame: &crate::frames::Frame,
        name: &str,
        arguments: &[Value],
        deadline: Deadline,
    ) -> Result<Option<Answer<T>>, Error> {
        let opened = self.until(deadline, |model| {
            let is_open = model.page(&tab.id).is_some_and(|page| page.dialog.is_some());
            is_open.then_some(())
        });
        tokio::select! {
            biased;
            reply = self.tool(frame, name, arguments, deadline) => reply.map(Some),
            Some(()) = opened => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_key_is_inserted_in_one_piece_and_in_its_place() {
        let strokes = strokes("aé漢\r\n!");
        let methods: Vec<_> = strokes.iter().map(|stroke| (stroke.len(), stroke[0].0)).collect();
        let key = (2, "Input.dispatchKeyEvent");
        assert_eq!(methods, [key, (1, "Input.insertText"), key, key]);
        assert_eq!(strokes[1][0].1["text"], "é漢");
        assert_eq!(strokes[2][0].1["key"], "Enter");
    }
}
