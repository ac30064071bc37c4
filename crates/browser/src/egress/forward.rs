//! Plain HTTP requests in absolute form (RFC 9112 §3.2.2): sent on with their hop-by-hop fields taken out, both bodies
//! streamed.

use std::io;
use std::sync::Arc;

use bytes::Bytes;
use http::header::PROXY_AUTHORIZATION;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, StatusCode, Uri, Version, request};
use http_body_util::{Either, Empty};
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;

use super::answer::Body;
use super::connection::Connection;
use super::dial::Form;
use super::error::Error;
use super::header;
use super::meter::{Metered, Pulse};
use super::target::Target;
use super::tunnel::join;
use super::upstream::Upstream;

type Outgoing = Either<Empty<Bytes>, Incoming>;

/// A connection to a site that can take another request.
#[derive(Debug)]
pub(super) struct Kept {
    target: Target,
    upstream: Arc<Upstream>,
    sender: SendRequest<Outgoing>,
    form: Form,
}

impl Connection {
    pub(super) async fn forward(self: &Arc<Self>, mut request: Request<Incoming>) -> Result<Response<Body>, Error> {
        let upstream = self.port.upstream()?;
        let target = target_of(request.uri())?;
        let upgrade = header::wants_upgrade(request.headers());
        let browser = upgrade.then(|| hyper::upgrade::on(&mut request));
        let (mut head, body) = request.into_parts();
        let host =
            HeaderValue::try_from(host_field(&target)).map_err(|_| Error::BadRequest("the host is malformed"))?;
        head.headers = header::passed_on(&head.headers, upgrade, Some(&host));
        head.version = Version::HTTP_11;
        if let Some(browser) = browser {
            return self.forward_upgrade(&upstream, &target, head, body, browser).await;
        }
        // Only a request that may be sent twice goes over a used connection, which the site may be closing right now
        // (RFC 9110 §9.2.2).
        let repeatable = head.method.is_safe() && body.is_end_stream();
        let used = if repeatable { self.resend(&upstream, &target, &head).await } else { None };
        let response = match used {
            Some(response) => response,
            None => {
                let (mut sender, form, _) = self.open(&upstream, &target).await?;
                let response = sender.send_request(written(head, &target, &form, Either::Right(body))?).await;
                *self.kept.lock().await = Some(Kept { target, upstream, sender, form });
                response.map_err(|_| Error::BrokenAnswer)?
            }
        };
        answer(response, false)
    }

    /// Sends a request without a body over the connection that is left from the last one, if that fits and still works.
    async fn resend(
        &self,
        upstream: &Arc<Upstream>,
        target: &Target,
        head: &request::Parts,
    ) -> Option<Response<Incoming>> {
        let mut kept = self.kept.lock().await.take()?;
        if kept.target != *target || !Arc::ptr_eq(&kept.upstream, upstream) {
            return None;
        }
        kept.sender.ready().await.ok()?;
        let request = written(head.clone(), target, &kept.form, Either::Left(Empty::new())).ok()?;
        let response = kept.sender.send_request(request).await.ok()?;
        *self.kept.lock().await = Some(kept);
        Some(response)
    }

    /// Sends a request that asks for another protocol, and becomes a tunnel if the site agrees.
    async fn forward_upgrade(
        self: &Arc<Self>,
        upstream: &Upstream,
        target: &Target,
        head: request::Parts,
        body: Incoming,
        browser: OnUpgrade,
    ) -> Result<Response<Body>, Error> {
        let (mut sender, form, pulse) = self.open(upstream, target).await?;
        let request = written(head, target, &form, Either::Right(body))?;
        let mut response = sender.send_request(request).await.map_err(|_| Error::BrokenAnswer)?;
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            *self.kept.lock().await = None;
            return answer(response, false);
        }
        let site = hyper::upgrade::on(&mut response);
        self.spawn_until_idle(pulse, async move {
            let (browser, site) = tokio::try_join!(browser, site).map_err(io::Error::other)?;
            join(TokioIo::new(browser), &[], TokioIo::new(site)).await
        });
        answer(response, true)
    }

    /// A fresh connection, driven by a task of its own until it ends or idles.
    async fn open(
        self: &Arc<Self>,
        upstream: &Upstream,
        target: &Target,
    ) -> Result<(SendRequest<Outgoing>, Form, Pulse), Error> {
        let (link, form) = self.shared.dialer.plain(upstream, target).await?;
        let world = Metered::new(link, Arc::clone(&self.shared.totals));
        let (pulse, tunnel_pulse) = (world.pulse(), world.pulse());
        let mut builder = http1::Builder::new();
        builder.preserve_header_case(true);
        let (sender, driver) = builder.handshake(TokioIo::new(world)).await.map_err(|_| Error::BrokenAnswer)?;
        let closing = self.port.closing.clone();
        let idle = self.shared.dialer.limits.idle;
        self.shared.tasks.spawn(async move {
            tokio::select! {
                () = closing.cancelled() => {}
                () = pulse.stopped(idle) => {}
                _ = driver.with_upgrades() => {}
            }
        });
        Ok((sender, form, tunnel_pulse))
    }
}

/// The destination of an absolute-form URI. A request without one was made *to* the proxy, by a page that found it.
fn target_of(uri: &Uri) -> Result<Target, Error> {
    match (uri.scheme(), uri.authority()) {
        (Some(scheme), Some(authority)) if *scheme == Scheme::HTTP => Target::of(authority, Some(80)),
        (Some(_), _) => Err(Error::BadRequest("only http is forwarded; ask for a tunnel")),
        _ => Err(Error::BadRequest("this is not a web server")),
    }
}

/// The `Host` field: the port stands in it only when it is not the scheme's own.
fn host_field(target: &Target) -> String {
    if target.port == 80 { target.host.to_string() } else { target.to_string() }
}

/// The request as it goes out, its target written anew for the kind of connection.
fn written(mut head: request::Parts, target: &Target, form: &Form, body: Outgoing) -> Result<Request<Outgoing>, Error> {
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let uri = match form {
        Form::Origin => path.parse(),
        Form::Absolute(_) => format!("http://{}{path}", host_field(target)).parse(),
    };
    head.uri = uri.map_err(|_| Error::BadRequest("the path is malformed"))?;
    if let Form::Absolute(Some(credentials)) = form {
        head.headers.insert(PROXY_AUTHORIZATION, credentials.clone());
    }
    Ok(Request::from_parts(head, body))
}

/// The site's answer as the browser gets it. A 407 would make the browser believe that this proxy wants a password, so
/// it never passes, whoever sent it.
fn answer(mut response: Response<Incoming>, upgraded: bool) -> Result<Response<Body>, Error> {
    if response.status() == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
        return Err(Error::UpstreamCredentials);
    }
    *response.headers_mut() = header::passed_on(response.headers(), upgraded, None);
    *response.version_mut() = Version::HTTP_11;
    Ok(response.map(Either::Left))
}
