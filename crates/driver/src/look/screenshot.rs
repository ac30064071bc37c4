//! Pictures of the page.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    deadline::Deadline,
    driver::{Driver, Shared},
    error::Error,
    input::mouse::Point,
    model::Tab,
    seek::{Answer, Found, Quest},
};

/// Longer pages are cut off: Chromium's largest texture (pixels).
const LONGEST_SIDE: f64 = 16_384.0;

#[derive(Deserialize)]
struct Picture {
    data: String,
}

/// A rectangle in CSS pixels.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Area {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Layout {
    css_layout_viewport: Offset,
    css_content_size: Area,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Offset {
    page_x: f64,
    page_y: f64,
}

impl Driver {
    /// A PNG of what the window shows, of the whole page, or of the first match of a selector, once that is visible and
    /// keeps its place.
    ///
    /// # Errors
    /// With a selector as [`Driver::click`]; [`Error::OperationTimeout`] where the page does not get drawn.
    pub async fn screenshot(&self, full_page: bool, selector: Option<&str>, timeout: Duration) -> Result<Bytes, Error> {
        let deadline = Deadline::after(timeout);
        let tab = self.begin(deadline).await?;
        let area = match selector {
            Some(selector) => Some(self.shared.area_of(&tab, selector, deadline).await?),
            None if full_page => Some(self.shared.layout(&tab, deadline).await?.css_content_size),
            None => None,
        };
        let mut params = json!({ "format": "png" });
        if let Some(Area { x, y, width, height }) = area {
            let side = |length: f64| length.clamp(1.0, LONGEST_SIDE);
            params["clip"] = json!({ "x": x, "y": y, "width": side(width), "height": side(height), "scale": 1 });
            params["captureBeyondViewport"] = json!(true);
        }
        let picture: Picture = self.shared.call(&tab.spot, "Page.captureScreenshot", &params, deadline).await?;
        let bytes = STANDARD.decode(picture.data).map_err(|_| Error::unreadable("Page.captureScreenshot"))?;
        Ok(bytes.into())
    }
}

impl Shared {
    async fn layout(&self, tab: &Tab, deadline: Deadline) -> Result<Layout, Error> {
        self.call(&tab.spot, "Page.getLayoutMetrics", &Value::Object(serde_json::Map::new()), deadline).await
    }

    /// Where an element is on the whole page.
    async fn area_of(&self, tab: &Tab, selector: &str, deadline: Deadline) -> Result<Area, Error> {
        let quest = Quest { tool: "outline", selector, arguments: &[] };
        let found: Found<Area> = self.seek(tab, quest, deadline).await?;
        let Area { x, y, width, height } = found.value;
        let Answer::Ready { found: Point { x, y } } = self.lift(&found, Point { x, y }, false, deadline).await? else {
            return Err(Error::PageNavigated);
        };
        let Offset { page_x, page_y } = self.layout(tab, deadline).await?.css_layout_viewport;
        Ok(Area { x: x + page_x, y: y + page_y, width, height })
    }
}
