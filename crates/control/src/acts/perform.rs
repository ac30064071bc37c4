//! One act by the driver's hands.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use hangar_domain::timeline::{Event, Screenshot};
use hangar_driver::{Driver, Extract, Written};
use hangar_store::ObjectKind;

use super::{ACT_LIMIT, Act, Done, Turn};
use crate::{Control, Error, objects::NewObject, sessions::Live};

impl Control {
    /// Does it when its turn has come. An answer to a dialog has no turn: everybody else may be waiting for it.
    pub(super) async fn perform(&self, live: &Arc<Live>, act: &Act, turn: Turn) -> Result<Done, Error> {
        let driver = self.driver(live).await?;
        if act.overtakes() || turn == Turn::Held {
            return self.by_hand(live, driver, act).await;
        }
        let turn = tokio::time::timeout(ACT_LIMIT, live.hands.turn.lock()).await;
        let _turn = turn.map_err(|_| hangar_driver::Error::OperationTimeout {
            limit: ACT_LIMIT,
            why: "the actions before this one were not over".to_owned(),
        })?;
        self.by_hand(live, driver, act).await
    }

    /// Boxed: an act holds much while it runs, and nothing while it does not.
    fn by_hand<'act>(
        &'act self,
        live: &'act Live,
        driver: &'act Driver,
        act: &'act Act,
    ) -> BoxFuture<'act, Result<Done, Error>> {
        Box::pin(async move {
            match act {
                Act::Navigate { url, wait, timeout } => {
                    live.memory.navigating(url).await;
                    let visited = driver.navigate(url, *wait, *timeout).await?;
                    Ok(Done::Visited { url: visited.url, title: visited.title, navigated: true })
                }
                Act::GoBack { wait, timeout } => Ok(traversed(driver.go_back(*wait, *timeout).await?)),
                Act::GoForward { wait, timeout } => Ok(traversed(driver.go_forward(*wait, *timeout).await?)),
                Act::Click { selector, timeout } => nothing(driver.click(selector, *timeout).await),
                Act::Type { selector, text, timeout } => Ok(written(driver.type_text(selector, text, *timeout).await?)),
                Act::Fill { selector, value, timeout } => Ok(written(driver.fill(selector, value, *timeout).await?)),
                Act::Press { key, selector, timeout } => {
                    nothing(driver.press(key, selector.as_deref(), *timeout).await)
                }
                Act::Hover { selector, timeout } => nothing(driver.hover(selector, *timeout).await),
                Act::Scroll { direction, amount, selector, timeout } => {
                    Ok(Done::Scrolled(driver.scroll(*direction, *amount, selector.as_deref(), *timeout).await?))
                }
                Act::Select { selector, value, timeout } => {
                    nothing(driver.select(selector, value, *timeout).await.map(drop))
                }
                Act::Wait { selector, state, timeout } => {
                    driver.wait(selector, *state, *timeout).await?;
                    Ok(Done::Yes(true))
                }
                Act::WaitForText { text, timeout } => {
                    driver.wait_for_text(text, *timeout).await?;
                    Ok(Done::Yes(true))
                }
                Act::Dialog { accept, text } => Ok(Done::Yes(driver.answer_dialog(*accept, text.as_deref()).await?)),
                Act::Evaluate { script, timeout } => Ok(Done::Value(driver.evaluate(script, *timeout).await?)),
                Act::Snapshot => {
                    let text = driver.snapshot(ACT_LIMIT).await?;
                    let (url, title) = driver.location().await?;
                    Ok(Done::Snapshot { text, url, title })
                }
                Act::Screenshot { full_page, selector } => {
                    self.picture(live, driver, *full_page, selector.as_deref()).await
                }
                Act::Extract { selector, attribute, multiple, format, timeout } => {
                    let (attribute, multiple, format) = (attribute.as_deref(), *multiple, *format);
                    let wanted = Extract { selector, attribute, multiple, format };
                    let extracted = driver.extract(wanted, *timeout).await?;
                    Ok(Done::Extracted { data: extracted.data, count: extracted.count })
                }
            }
        })
    }

    async fn picture(
        &self,
        live: &Live,
        driver: &Driver,
        full_page: bool,
        selector: Option<&str>,
    ) -> Result<Done, Error> {
        let png = driver.screenshot(full_page, selector, ACT_LIMIT).await?;
        let object = self
            .keep_object(NewObject {
                account: live.spec().account,
                session: live.id(),
                kind: ObjectKind::Screenshot,
                name: None,
                content_type: "image/png".to_owned(),
                metadata: None,
                bytes: png.clone(),
            })
            .await?;
        live.memory.add(Event::Screenshot(Screenshot { object: object.id.to_string() }));
        Ok(Done::Picture { png, object })
    }
}

fn nothing(outcome: Result<(), hangar_driver::Error>) -> Result<Done, Error> {
    Ok(outcome.map(|()| Done::Nothing)?)
}

fn written(written: Written) -> Done {
    Done::Written { is_secret: written.secret }
}

fn traversed(traversed: hangar_driver::Traversed) -> Done {
    Done::Visited { url: traversed.url, title: traversed.title, navigated: traversed.navigated }
}
