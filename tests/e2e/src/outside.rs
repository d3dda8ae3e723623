//! Everything outside this machine, as seen by the browser: a proxy that lets nothing through and remembers what was
//! asked for. Browsers do not use a proxy for addresses of this machine, so the page itself is not disturbed.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;

/// What the browser asks for on its own account, whatever page is open: its clock, its updates, its accounts, its
/// guesses about forms. No page of ours has business there.
const ITS_OWN: [&str; 5] = [
    "accounts.google.com",
    "android.clients.google.com",
    "clients2.google.com",
    "content-autofill.googleapis.com",
    "update.googleapis.com",
];

/// The listening proxy. It lives as long as the test program.
#[derive(Debug)]
pub struct Outside {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Outside {
    /// Starts to listen.
    ///
    /// # Errors
    /// If no port is free.
    pub fn listen() -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        std::thread::spawn(move || {
            for mut connection in listener.incoming().flatten() {
                let mut line = String::new();
                // A connection that asks for nothing within a second is not one.
                let timely = connection.set_read_timeout(Some(Duration::from_secs(1))).is_ok();
                if timely
                    && BufReader::new(&connection)
                        .read_line(&mut line)
                        .is_ok_and(|read| read > 0)
                {
                    heard
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(line.trim_end().to_owned());
                    connection
                        .write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                        .unwrap_or_default();
                }
            }
        });
        Ok(Self { address, asked })
    }

    /// The browser's switches to take this way out.
    #[must_use]
    pub fn switches(&self) -> Vec<String> {
        vec![format!("--proxy-server=http://{}", self.address)]
    }

    /// First lines of the requests so far, without the browser's own: `CONNECT example.org:443 HTTP/1.1`.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let of_pages = asked
            .iter()
            .filter(|line| host(line).is_none_or(|host| !ITS_OWN.contains(&host)));
        of_pages.cloned().collect()
    }
}

/// The host in `GET http://example.org/path HTTP/1.1` or `CONNECT example.org:443 HTTP/1.1`.
fn host(line: &str) -> Option<&str> {
    let target = line.split_ascii_whitespace().nth(1)?;
    let from_host = target.split_once("://").map_or(target, |(_, rest)| rest);
    from_host.split(['/', ':', '?']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_found_in_both_kinds_of_request() {
        assert_eq!(host("GET http://a.example/b?c HTTP/1.1"), Some("a.example"));
        assert_eq!(host("CONNECT a.example:443 HTTP/1.1"), Some("a.example"));
        assert_eq!(host(""), None);
    }
}
