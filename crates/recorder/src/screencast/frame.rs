//! One picture of a page, with what is needed to tell where in the page a point of it is.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

/// A picture of a page's viewport.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Counts up within a source.
    pub number: u64,
    /// The picture.
    pub jpeg: Bytes,
    /// The size of what is shown, device-independent pixels.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// What lies above the page in the picture, device-independent pixels.
    pub offset_top: f64,
    /// Device-independent pixels per CSS pixel: other than 1 on a page that is zoomed, as on phones.
    pub scale: f64,
    /// How far the page is scrolled, CSS pixels.
    pub scroll: (f64, f64),
    /// When it was drawn.
    pub at: Option<Timestamp>,
}

/// `Page.screencastFrame`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ScreencastFrame<'a> {
    #[serde(borrow)]
    data: &'a str,
    metadata: Metadata,
    pub(super) session_id: i64,
}

/// `Page.ScreencastFrameMetadata`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    offset_top: f64,
    page_scale_factor: f64,
    device_width: f64,
    device_height: f64,
    scroll_offset_x: f64,
    scroll_offset_y: f64,
    timestamp: Option<f64>,
}

impl ScreencastFrame<'_> {
    /// `None` where the picture cannot be read.
    pub(super) fn decode(self, number: u64) -> Option<Frame> {
        let Metadata { offset_top, page_scale_factor, device_width, device_height, .. } = self.metadata;
        let at = self.metadata.timestamp.and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
        Some(Frame {
            number,
            jpeg: STANDARD.decode(self.data).ok()?.into(),
            width: device_width,
            height: device_height,
            offset_top,
            scale: if page_scale_factor > 0.0 { page_scale_factor } else { 1.0 },
            scroll: (self.metadata.scroll_offset_x, self.metadata.scroll_offset_y),
            at: at.and_then(|since| Timestamp::from_duration(since).ok()),
        })
    }
}

impl Frame {
    /// The point of the page's viewport, in CSS pixels, at these fractions of the picture.
    #[must_use]
    pub fn point(&self, x: f64, y: f64) -> (f64, f64) {
        (x * self.width / self.scale, (y * self.height - self.offset_top) / self.scale)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = r#"{"data":"/9j/","metadata":{"offsetTop":10,"pageScaleFactor":0.5,"deviceWidth":400,
        "deviceHeight":810,"scrollOffsetX":0,"scrollOffsetY":120,"timestamp":1700000000.25},"sessionId":3}"#;

    #[test]
    fn a_frame_tells_where_its_points_are() {
        let wire: ScreencastFrame<'_> = serde_json::from_str(FRAME).unwrap();
        assert_eq!(wire.session_id, 3);
        let frame = wire.decode(7).unwrap();
        assert_eq!((frame.number, &frame.jpeg[..]), (7, &[0xff, 0xd8, 0xff][..]));
        assert_eq!(frame.point(0.5, 0.5), (400.0, 790.0));
        assert_eq!(frame.at.unwrap().as_millisecond(), 1_700_000_000_250);
    }

    #[test]
    fn what_is_no_picture_is_no_frame() {
        let text = FRAME.replace("/9j/", "?");
        let wire: ScreencastFrame<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(wire.decode(1), None);
    }
}
