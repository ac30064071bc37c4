//! What a site answers, by path.

use std::convert::Infallible;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, LOCATION};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, StreamBody, combinators::BoxBody};
use hyper::body::{Frame, Incoming};

use super::{State, upgraded};

/// The size of one piece of `/big`, in bytes.
const PIECE: usize = 64 * 1024;

pub(super) type Body = BoxBody<Bytes, Infallible>;

/// The answer to one request.
pub(super) async fn answer(mut request: Request<Incoming>, state: &State) -> Response<Body> {
    let path = request.uri().path().to_owned();
    state.requests.send_modify(|paths| paths.push(path.clone()));
    if let Some((_, kind, body)) = state.pages.iter().find(|page| page.0 == path) {
        return page(StatusCode::OK, kind, body.clone());
    }
    match path.as_str() {
        "/" => page(StatusCode::OK, "text/html", "<!doctype html><title>site</title><p id=hello>hello".to_owned()),
        "/echo" => page(StatusCode::OK, "text/plain", echo(&request)),
        "/upload" => upload(request.body_mut()).await,
        "/big" => big(number(&request, "bytes")),
        "/slow" => {
            let _ = state.released.subscribe().wait_for(|released| *released).await;
            page(StatusCode::OK, "text/plain", "released".to_owned())
        }
        "/redirect" => redirect(&request),
        "/status" => {
            let code = u16::try_from(number(&request, "code")).unwrap_or(500);
            page(StatusCode::from_u16(code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), "text/plain", String::new())
        }
        "/upgrade" => upgraded::echo(request),
        "/ws" => upgraded::web_socket(request),
        _ => page(StatusCode::NOT_FOUND, "text/plain", String::new()),
    }
}

pub(super) fn page(status: StatusCode, kind: &str, body: String) -> Response<Body> {
    let mut response = Response::new(Full::from(body).boxed());
    *response.status_mut() = status;
    if let Ok(kind) = HeaderValue::from_str(kind) {
        response.headers_mut().insert(CONTENT_TYPE, kind);
    }
    response
}

fn echo(request: &Request<Incoming>) -> String {
    let mut text = format!("{} {}\n", request.method(), request.uri());
    for (name, value) in request.headers() {
        text.push_str(&format!("{name}: {}\n", String::from_utf8_lossy(value.as_bytes())));
    }
    text
}

async fn upload(body: &mut Incoming) -> Response<Body> {
    let mut bytes = 0;
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, Bytes::len);
    }
    page(StatusCode::OK, "text/plain", bytes.to_string())
}

/// `bytes` bytes in pieces that are made as they are sent.
fn big(bytes: usize) -> Response<Body> {
    static ZEROS: [u8; PIECE] = [b'0'; PIECE];
    let pieces = (0..bytes.div_ceil(PIECE)).map(move |at| {
        let length = PIECE.min(bytes - at * PIECE);
        Ok::<_, Infallible>(Frame::data(Bytes::from_static(&ZEROS[..length])))
    });
    let body = StreamBody::new(Iter(pieces));
    let mut response = Response::new(BoxBody::new(body));
    response.headers_mut().insert("content-length", HeaderValue::from(bytes));
    response
}

/// An iterator as a stream.
struct Iter<I>(I);

impl<I: Iterator + Unpin> futures_util::Stream for Iter<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

fn redirect(request: &Request<Incoming>) -> Response<Body> {
    let to = request.uri().query().and_then(|query| query.split_once("to=")).map_or("/", |(_, to)| to);
    let status = u16::try_from(number(request, "status")).ok().and_then(|code| StatusCode::from_u16(code).ok());
    let mut response = page(status.unwrap_or(StatusCode::FOUND), "text/plain", String::new());
    if let Ok(to) = HeaderValue::from_str(to) {
        response.headers_mut().insert(LOCATION, to);
    }
    response
}

fn number(request: &Request<Incoming>, name: &str) -> usize {
    let query = request.uri().query().unwrap_or_default();
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    value.and_then(|value| value.parse().ok()).unwrap_or(0)
}
