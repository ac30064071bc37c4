//! Ways out that belong to a destination: the operator's choice of an upstream for a domain, whatever the session's own is.
//!
//! A route changes the way and never the permission: the destination, and the upstream itself, pass the same policy.

use std::fmt;
use std::str::FromStr;

use super::error::Error;
use super::target::Host;
use super::upstream::Upstream;

/// The operator's routes. The most specific domain decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes(Vec<Route>);

/// The way out to one domain and everything below it, or to one address.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    to: Host,
    by: Upstream,
}

impl Routes {
    /// The upstream for a destination; `None` where no route covers it.
    #[must_use]
    pub fn of(&self, host: &Host) -> Option<&Upstream> {
        let covering = self.0.iter().filter(|route| route.covers(host));
        covering.max_by_key(|route| route.weight()).map(|route| &route.by)
    }

    /// The upstreams, so that one that the policy refuses is found out before anybody needs it.
    pub fn upstreams(&self) -> impl Iterator<Item = &Upstream> {
        self.0.iter().map(|route| &route.by)
    }
}

impl FromStr for Routes {
    type Err = Error;

    /// `DOMAIN=UPSTREAM,…`, the upstream as in `--proxy-server`, a comma in its credentials percent-encoded.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut routes: Vec<Route> = Vec::new();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let route: Route = entry.parse()?;
            if routes.iter().any(|other| other.to == route.to) {
                return Err(Error::InvalidRoute("a domain has two routes"));
            }
            routes.push(route);
        }
        Ok(Self(routes))
    }
}

/// As they are written, without the credentials.
impl fmt::Display for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Route { to, by }) in self.0.iter().enumerate() {
            let comma = if number == 0 { "" } else { "," };
            match by {
                Upstream::Direct => write!(f, "{comma}{to}=direct://")?,
                by @ Upstream::Proxy(_) => write!(f, "{comma}{to}={by}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for Route {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (to, by) = text.split_once('=').ok_or(Error::InvalidRoute("it is not of the form DOMAIN=UPSTREAM"))?;
        let to = Host::parse(to.trim()).ok_or(Error::InvalidRoute("the domain is malformed"))?;
        Ok(Self { to: without_root(to), by: by.trim().parse()? })
    }
}

impl Route {
    fn covers(&self, host: &Host) -> bool {
        match (&self.to, host) {
            (Host::Ip(own), Host::Ip(ip)) => own == ip,
            (Host::Name(own), Host::Name(name)) => {
                let name = name.strip_suffix('.').unwrap_or(name);
                name.strip_suffix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
            }
            (Host::Ip(_), Host::Name(_)) | (Host::Name(_), Host::Ip(_)) => false,
        }
    }

    /// Of two domains that cover a name, the longer is the more specific.
    fn weight(&self) -> usize {
        match &self.to {
            Host::Ip(_) => usize::MAX,
            Host::Name(name) => name.len(),
        }
    }
}

/// `example.com.` and `example.com` are one domain.
fn without_root(host: Host) -> Host {
    match host {
        Host::Name(name) => Host::Name(name.strip_suffix('.').map_or(name.clone(), str::to_owned)),
        ip @ Host::Ip(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way(routes: &Routes, host: &str) -> Option<String> {
        routes.of(&Host::parse(host).unwrap()).map(ToString::to_string)
    }

    #[test]
    fn the_most_specific_domain_decides() {
        let routes = "example.com=http://a:1, eu.Example.com.=socks5://u:p@b:2,192.0.2.7=direct://";
        let routes: Routes = routes.parse().unwrap();
        let table = [
            ("example.com", Some("http://a:1")),
            ("www.example.com.", Some("http://a:1")),
            ("eu.example.com", Some("socks5://b:2")),
            ("de.eu.EXAMPLE.com", Some("socks5://b:2")),
            ("noteu.example.com", Some("http://a:1")),
            ("notexample.com", None),
            ("com", None),
            ("192.0.2.7", Some("direct")),
            ("192.0.2.8", None),
        ];
        for (host, by) in table {
            assert_eq!(way(&routes, host).as_deref(), by, "{host}");
        }
    }

    #[test]
    fn it_is_shown_without_credentials_and_read_back() {
        let routes: Routes = "example.com=http://user:secret@proxy.example:3128,a.test=direct://".parse().unwrap();
        assert_eq!(routes.to_string(), "example.com=http://proxy.example:3128,a.test=direct://");
        assert!(!format!("{routes:?}").contains("secret"));
        assert!(routes.to_string().parse::<Routes>().is_ok());
        assert_eq!("".parse::<Routes>().unwrap(), Routes::default());
    }

    #[test]
    fn what_is_no_route() {
        for text in [
            "example.com",
            "=direct://",
            "example.com=ftp://a:1",
            "a b=direct://",
            "a.test=direct://,a.test.=http://b:1",
        ] {
            let error = text.parse::<Routes>().unwrap_err();
            assert!(matches!(error, Error::InvalidRoute(_) | Error::InvalidUpstream(_)), "{text}: {error}");
        }
    }
}
