//! Making connections to the world, each to an address that the policy has seen.
//!
//! This is the only module of the egress that opens sockets. It must never dial a name, and never an address that came
//! from anywhere but the one checked lookup.

mod http_proxy;
mod race;
mod socks5;
mod tls;

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::Arc;

use http::HeaderValue;
use tokio::time::timeout;

use super::error::Error;
use super::limits::Limits;
use super::link::{Link, Stream};
use super::policy::{EgressPolicy, NameVerdict, Refusal};
use super::resolve::Resolve;
use super::target::{Host, Target};
use super::upstream::{Upstream, UpstreamProxy, UpstreamScheme};

/// How a plain HTTP request is to be written on a connection.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// To the site itself: the path alone.
    Origin,
    /// To an HTTP proxy: the whole URI, and the proxy's credentials.
    Absolute(Option<HeaderValue>),
}

/// Dials for one endpoint.
pub(super) struct Dialer {
    pub(super) policy: Arc<EgressPolicy>,
    pub(super) resolver: Arc<dyn Resolve>,
    pub(super) limits: Limits,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dialer").field("policy", &self.policy).field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl Dialer {
    /// A connection on which bytes go to and from `target` unchanged, by `upstream` unless the operator has a route there.
    pub(super) async fn tunnel(&self, upstream: &Upstream, target: &Target) -> Result<Link, Error> {
        match self.way(upstream, target) {
            Upstream::Direct => self.in_time(self.direct(target), Error::Timeout).await,
            Upstream::Proxy(proxy) => {
                self.policy.check_remote(&target.host, target.port)?;
                self.in_time(self.through(proxy, target), Error::UpstreamTimeout).await
            }
        }
    }

    /// A connection for plain HTTP requests to `target`, and how to write them.
    pub(super) async fn plain(&self, upstream: &Upstream, target: &Target) -> Result<(Link, Form), Error> {
        match self.way(upstream, target) {
            Upstream::Proxy(proxy) if matches!(proxy.scheme, UpstreamScheme::Http | UpstreamScheme::Https) => {
                self.policy.check_remote(&target.host, target.port)?;
                let link = self.in_time(self.to_proxy(proxy), Error::UpstreamTimeout).await?;
                let credentials = proxy.credentials.as_ref().map(super::upstream::Credentials::basic);
                Ok((link, Form::Absolute(credentials)))
            }
            _ => Ok((self.tunnel(upstream, target).await?, Form::Origin)),
        }
    }

    fn way<'a>(&'a self, upstream: &'a Upstream, target: &Target) -> &'a Upstream {
        self.policy.routes.of(&target.host).unwrap_or(upstream)
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Error>>, late: Error) -> Result<T, Error> {
        timeout(self.limits.dial, work).await.unwrap_or(Err(late))
    }

    async fn direct(&self, target: &Target) -> Result<Link, Error> {
        let addresses = self.checked_addresses(target).await?;
        let stream = race::connect(&addresses, self.limits.connect).await?;
        Ok(Link::new(Stream::Plain(stream)))
    }

    async fn through(&self, proxy: &UpstreamProxy, target: &Target) -> Result<Link, Error> {
        let mut link = self.to_proxy(proxy).await?;
        match proxy.scheme {
            UpstreamScheme::Http | UpstreamScheme::Https => {
                http_proxy::tunnel(&mut link, target, proxy.credentials.as_ref()).await?;
            }
            UpstreamScheme::Socks5 | UpstreamScheme::Socks5h => {
                socks5::tunnel(&mut link, target, proxy.credentials.as_ref()).await?;
            }
        }
        Ok(link)
    }

    /// A connection to the proxy itself, which must be a destination that the policy lets through.
    async fn to_proxy(&self, proxy: &UpstreamProxy) -> Result<Link, Error> {
        let addresses = self.checked_addresses(&proxy.target()).await.map_err(|error| match error {
            Error::Refused(refusal) => Error::RefusedUpstream(refusal),
            Error::Timeout => Error::UpstreamTimeout,
            _ => Error::UpstreamUnreachable,
        })?;
        let stream = race::connect(&addresses, self.limits.connect).await.map_err(|error| match error {
            Error::Timeout => Error::UpstreamTimeout,
            _ => Error::UpstreamUnreachable,
        })?;
        let stream = match proxy.scheme {
            UpstreamScheme::Https => Stream::Tls(Box::new(tls::client(&self.policy.trust, &proxy.host, stream).await?)),
            _ => Stream::Plain(stream),
        };
        Ok(Link::new(stream))
    }

    /// The addresses of `target`, every one of which the policy lets through. One that it refuses refuses them all: a
    /// public site has no reason to name a private address.
    async fn checked_addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Error> {
        let port = target.port;
        let (addresses, inside) = match &target.host {
            Host::Ip(ip) => (vec![*ip], None),
            Host::Name(_) if port == 0 => return Err(Refusal::Port.into()),
            Host::Name(name) => match self.policy.judge_name(name)? {
                NameVerdict::Fixed(addresses) => (addresses, None),
                NameVerdict::Resolve => (self.lookup(name, port).await?, None),
                NameVerdict::ResolveInside(class) => (self.lookup(name, port).await?, Some(class)),
            },
        };
        for ip in &addresses {
            match inside {
                None => self.policy.check(*ip, port)?,
                Some(class) => self.policy.check_inside(*ip, port, class)?,
            }
            if !self.policy.allows(*ip) && is_own(*ip) {
                return Err(Refusal::Denied.into());
            }
        }
        Ok(addresses.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }

    async fn lookup(&self, name: &str, port: u16) -> Result<Vec<IpAddr>, Error> {
        match self.resolver.lookup(name, port).await {
            Ok(addresses) if !addresses.is_empty() => Ok(addresses),
            Err(error) if error.kind() == std::io::ErrorKind::TimedOut => Err(Error::Timeout),
            Ok(_) | Err(_) => Err(Error::NoSuchName),
        }
    }
}

/// Whether `ip` is one of this machine's own addresses: the kernel then reaches it from itself. A public one too is this
/// machine, with all that listens here behind whatever keeps strangers out.
fn is_own(ip: IpAddr) -> bool {
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let source = UdpSocket::bind((any, 0)).and_then(|socket| {
        // Nothing is sent: connect(2) on UDP only chooses the way. The port is any that is not 0.
        socket.connect((ip, 9))?;
        socket.local_addr()
    });
    source.is_ok_and(|source| source.ip() == ip)
}
