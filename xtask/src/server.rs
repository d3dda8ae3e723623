//! A static file server for this machine only: the page's, and that of its tests.
//!
//! It answers GET and HEAD with files of one folder and never lets a browser keep them, so that what is seen is what
//! was built. It knows nothing else: no ranges, no conditions, no compression, no listings.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Ports that are tried, from the one asked for.
const TRIES: u16 = 100;
/// A request's first line and headers, in bytes.
const HEAD: u64 = 16 << 10;
/// How long a connection may be silent: browsers open some that they never use.
const SILENCE: Duration = Duration::from_secs(10);

/// Whether pages are cut off from other origins, which gives them a clock of 5 µs instead of 100 µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Isolation {
    /// As on any static host.
    None,
    /// With the two headers that cut off.
    CrossOrigin,
}

/// A server at work; it stops when dropped.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    accepting: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves `folder` on 127.0.0.1: on `port`, or the next one that is free, or any free one if it is 0.
    ///
    /// # Errors
    /// If the folder is not there or no port is free.
    pub fn start(folder: &Path, port: u16, isolation: Isolation) -> Result<Self> {
        let folder = folder
            .canonicalize()
            .with_context(|| format!("there is no folder {}", folder.display()))?;
        let listener = listen(port)?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let accepting = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                let folder = folder.clone();
                if let Ok(connection) = connection {
                    // A browser that hangs up halfway is not our failure.
                    std::thread::spawn(move || answer(connection, &folder, isolation).unwrap_or_default());
                }
            }
        });
        Ok(Self {
            address,
            stop,
            accepting: Some(accepting),
        })
    }

    /// What to type into the browser: `http://127.0.0.1:8080/`.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Serves until the program is ended.
    pub fn serve(mut self) {
        if let Some(accepting) = self.accepting.take() {
            accepting.join().unwrap_or_default();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        // One last connection wakes the thread that waits for it.
        if TcpStream::connect(self.address).is_ok()
            && let Some(accepting) = self.accepting.take()
        {
            accepting.join().unwrap_or_default();
        }
    }
}

fn listen(port: u16) -> Result<TcpListener> {
    for port in port..=port.saturating_add(TRIES) {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error).with_context(|| format!("cannot serve on port {port}")),
        }
    }
    bail!("no port from {port} on is free: name another with --port")
}

/// Reads one request and answers it.
fn answer(connection: TcpStream, folder: &Path, isolation: Isolation) -> io::Result<()> {
    connection.set_read_timeout(Some(SILENCE))?;
    connection.set_write_timeout(Some(SILENCE))?;
    let mut request = BufReader::new(connection.try_clone()?.take(HEAD));
    let mut first = String::new();
    request.read_line(&mut first)?;
    let mut header = String::new();
    while request.read_line(&mut header)? > 2 {
        header.clear();
    }
    let response = respond(&first, folder);
    let mut head = format!(
        "HTTP/1.1 {}\r\nContent-Type: {}\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n",
        response.status,
        response.mime,
        response.body.len()
    );
    if response.status.starts_with("405") {
        head.push_str("Allow: GET, HEAD\r\n");
    }
    if isolation == Isolation::CrossOrigin {
        head.push_str("Cross-Origin-Opener-Policy: same-origin\r\nCross-Origin-Embedder-Policy: require-corp\r\n");
    }
    head.push_str("\r\n");
    let mut connection = connection;
    connection.write_all(head.as_bytes())?;
    if !first.starts_with("HEAD ") {
        connection.write_all(&response.body)?;
    }
    connection.flush()
}

struct Response {
    status: &'static str,
    mime: &'static str,
    body: Vec<u8>,
}

impl Response {
    fn words(status: &'static str) -> Self {
        Self {
            status,
            mime: "text/plain; charset=utf-8",
            body: status.into(),
        }
    }
}

/// The answer to a request's first line: `GET /path?query HTTP/1.1`.
fn respond(first: &str, folder: &Path) -> Response {
    let words: Vec<&str> = first.split_ascii_whitespace().collect();
    let [method, target, protocol] = words[..] else {
        return Response::words("400 Bad Request");
    };
    if !protocol.starts_with("HTTP/1.") || !target.starts_with('/') {
        return Response::words("400 Bad Request");
    }
    if method != "GET" && method != "HEAD" {
        return Response::words("405 Method Not Allowed");
    }
    let file = locate(target, folder);
    match file.and_then(|file| Some((mime(&file), fs::read(file).ok()?))) {
        Some((mime, body)) => Response {
            status: "200 OK",
            mime,
            body,
        },
        None => Response::words("404 Not Found"),
    }
}

/// The file of `folder` that `target` names, if it does: never one outside, neither by `..` nor through a link.
fn locate(target: &str, folder: &Path) -> Option<PathBuf> {
    let path = target.split(['?', '#']).next()?;
    let path = decode(path)?;
    let mut file = folder.to_owned();
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        if segment.starts_with('.') || segment.contains(['\\', ':', '\0']) {
            return None;
        }
        file.push(segment);
    }
    if file.is_dir() {
        file.push("index.html");
    }
    let file = file.canonicalize().ok()?;
    file.starts_with(folder).then_some(file)
}

/// A path without its `%20`s.
fn decode(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                if !digits.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn mime(file: &Path) -> &'static str {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("wasm") => "application/wasm",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("ico") => "image/x-icon",
        Some("txt" | "md") => "text/plain; charset=utf-8",
        Some("csv") => "text/csv; charset=utf-8",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a page in it and a secret beside it.
    struct Site(PathBuf);

    impl Site {
        fn new(name: &str) -> Self {
            let base = std::env::temp_dir().join(format!("xtask-server-{}-{name}", std::process::id()));
            let site = base.join("site");
            fs::create_dir_all(site.join("sub")).unwrap();
            fs::write(base.join("secret.txt"), "secret").unwrap();
            fs::write(site.join("index.html"), "<p>door").unwrap();
            fs::write(site.join("app_bg.wasm"), b"\0asm").unwrap();
            fs::write(site.join("sub/a b.js"), "1").unwrap();
            fs::write(site.join(".hidden"), "hidden").unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink(base.join("secret.txt"), site.join("link.txt")).unwrap();
            Self(base)
        }
    }

    impl Drop for Site {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn ask(server: &Server, request: &str) -> String {
        let mut connection = TcpStream::connect(server.address).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn files_come_with_their_types_and_are_not_kept() {
        let site = Site::new("types");
        let server = Server::start(&site.0.join("site"), 0, Isolation::None).unwrap();
        for (target, mime, body) in [
            ("/", "text/html; charset=utf-8", "<p>door"),
            ("/?recipe=1", "text/html; charset=utf-8", "<p>door"),
            ("/app_bg.wasm", "application/wasm", "\0asm"),
            ("/sub/a%20b.js", "text/javascript; charset=utf-8", "1"),
        ] {
            let answer = ask(&server, &format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"));
            let (head, rest) = answer.split_once("\r\n\r\n").unwrap();
            assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{target}: {head}");
            assert!(head.contains(&format!("Content-Type: {mime}\r\n")), "{target}: {head}");
            assert!(head.contains("Cache-Control: no-store"), "{head}");
            assert!(!head.contains("Cross-Origin"), "{head}");
            assert_eq!(rest, body);
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_given_away() {
        let site = Site::new("outside");
        let server = Server::start(&site.0.join("site"), 0, Isolation::None).unwrap();
        for target in [
            "/../secret.txt",
            "/%2e%2e/secret.txt",
            "/sub/..%2f..%2fsecret.txt",
            "/..\\secret.txt",
            "/link.txt",
            "/.hidden",
            "/%zz",
            "/%",
            "/%+1",
            "/absent",
            "//etc/passwd",
        ] {
            let answer = ask(&server, &format!("GET {target} HTTP/1.1\r\n\r\n"));
            assert!(answer.starts_with("HTTP/1.1 404 "), "{target}: {answer}");
        }
    }

    #[test]
    fn head_has_no_body_and_other_methods_are_refused() {
        let site = Site::new("methods");
        let server = Server::start(&site.0.join("site"), 0, Isolation::CrossOrigin).unwrap();
        let answer = ask(&server, "HEAD / HTTP/1.1\r\n\r\n");
        assert!(
            answer.contains("Content-Length: 7\r\n") && answer.ends_with("\r\n\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains("Cross-Origin-Opener-Policy: same-origin\r\n"),
            "{answer}"
        );
        assert!(
            answer.contains("Cross-Origin-Embedder-Policy: require-corp\r\n"),
            "{answer}"
        );
        let answer = ask(&server, "POST / HTTP/1.1\r\n\r\n");
        assert!(
            answer.starts_with("HTTP/1.1 405 ") && answer.contains("Allow: GET, HEAD\r\n"),
            "{answer}"
        );
        assert!(ask(&server, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
    }

    #[test]
    fn a_taken_port_gives_the_next_one_and_a_dropped_server_frees_its_own() {
        let site = Site::new("ports");
        let folder = site.0.join("site");
        let first = Server::start(&folder, 0, Isolation::None).unwrap();
        let port = first.address.port();
        let second = Server::start(&folder, port, Isolation::None).unwrap();
        assert!(second.address.port() > port);
        drop(first);
        // What is free can be taken by anybody at any moment, but not each time.
        let freed = (0..5).any(|_| {
            let port = Server::start(&folder, 0, Isolation::None).unwrap().address.port();
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
        assert!(freed);
    }
}
