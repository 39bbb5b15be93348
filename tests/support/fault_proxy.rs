//! A relay of TCP connections that does one chosen harm at one chosen byte, and otherwise passes everything on.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// One harm, done once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) direction: Direction,
    pub(crate) place: Place,
    pub(crate) harm: Harm,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the task to the server.
    Up,
    /// From the server to the task.
    Down,
}

/// Before which byte of a direction the harm is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// Counted over all connections, so that it names any byte of any request.
    Byte(u64),
    /// Counted from the start of a pack.
    PackByte(u64),
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Harm {
    /// Ends the connection in order, both ways.
    Close,
    /// Ends it with a reset, both ways.
    Reset,
    /// Ends this direction and drops what was still to come; the other goes on.
    Truncate,
    /// Stands still for so long, then closes.
    Stall(Duration),
    /// Goes on in small pieces for a while.
    Slow,
    /// Inverts one bit of the byte.
    Flip(u8),
    /// Sends so many bytes twice, or those of them that came in one piece.
    Duplicate(usize),
    /// Leaves so many bytes out, or those of them that came in one piece.
    Omit(usize),
    /// Answers in the server's place with this status, and ends the connection.
    Answer(u16),
}

/// A running proxy. Dropping it ends every connection through it.
#[derive(Debug)]
pub(crate) struct FaultProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    fault: Option<Fault>,
    stopped: AtomicBool,
    traffic: Mutex<Traffic>,
    wake: Condvar,
}

/// What has passed.
#[derive(Debug, Default)]
struct Traffic {
    passed: [u64; 2],
    /// Where each exchange of a request and its answer begins, in both directions.
    exchanges: Vec<[u64; 2]>,
    answered: bool,
    tails: [Vec<u8>; 2],
    pack_starts: [Option<u64>; 2],
    happened: bool,
    /// Not held: a socket must close as soon as both directions have let go of it.
    connections: Vec<Weak<Connection>>,
}

#[derive(Debug)]
struct Connection {
    client: TcpStream,
    server: TcpStream,
    reset: AtomicBool,
}

/// After the harm, a direction in which nothing comes for so long is ended.
const SILENCE: Duration = Duration::from_millis(1500);

const PACK: &[u8] = b"PACK\0\0\0\x02";

impl FaultProxy {
    pub(crate) fn start(server: SocketAddr, fault: Option<Fault>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            server,
            fault,
            stopped: AtomicBool::default(),
            traffic: Mutex::default(),
            wake: Condvar::new(),
        });
        let listening = thread::spawn({
            let shared = Arc::clone(&shared);
            move || shared.listen(&listener)
        });
        Self { address, shared, listening: Some(listening) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where each exchange began, and at last how much passed in all: upwards and downwards.
    pub(crate) fn exchanges(&self) -> Vec<[u64; 2]> {
        let traffic = self.shared.traffic.lock().unwrap();
        traffic.exchanges.iter().copied().chain([traffic.passed]).collect()
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        TcpStream::connect(self.address).ok();
        for connection in self.shared.traffic.lock().unwrap().connections.iter().filter_map(Weak::upgrade) {
            connection.close().ok();
        }
        self.shared.wake.notify_all();
        self.listening.take().map(JoinHandle::join);
    }
}

impl Shared {
    fn listen(&self, listener: &TcpListener) {
        thread::scope(|scope| {
            for client in listener.incoming().map_while(Result::ok) {
                if self.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(server) = TcpStream::connect(self.server) else { continue };
                client.set_nodelay(true).ok();
                server.set_nodelay(true).ok();
                let connection = Arc::new(Connection { client, server, reset: AtomicBool::default() });
                self.traffic.lock().unwrap().connections.push(Arc::downgrade(&connection));
                for direction in [Direction::Up, Direction::Down] {
                    let connection = Arc::clone(&connection);
                    // An error here is the end of a connection, and what the task makes of it is tested.
                    scope.spawn(move || self.pass(&connection, direction).ok());
                }
            }
        });
    }

    fn pass(&self, connection: &Connection, direction: Direction) -> io::Result<()> {
        let (mut from, mut to) = connection.ends(direction);
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).unwrap_or_default();
            if count == 0 {
                return connection.end(to);
            }
            let piece = &mut buffer[..count];
            let Some(at) = self.note(direction, piece) else {
                to.write_all(piece)?;
                continue;
            };
            to.write_all(&piece[..at])?;
            let rest = &mut piece[at..];
            // Where a length no longer holds, both ends would wait for the other.
            from.set_read_timeout(Some(SILENCE))?;
            match self.fault.expect("one that was reached").harm {
                Harm::Close => return connection.close(),
                Harm::Reset => return connection.reset(),
                Harm::Truncate => {
                    to.shutdown(Shutdown::Write)?;
                    return io::copy(&mut from, &mut io::sink()).map(drop);
                }
                Harm::Stall(time) => {
                    self.stand_still(time);
                    return connection.close();
                }
                Harm::Slow => self.crawl(to, rest)?,
                Harm::Flip(bit) => {
                    rest[0] ^= 1 << (bit % 8);
                    to.write_all(rest)?;
                }
                Harm::Duplicate(length) => {
                    to.write_all(&rest[..length.min(rest.len())])?;
                    to.write_all(rest)?;
                }
                Harm::Omit(length) => to.write_all(&rest[length.min(rest.len())..])?,
                Harm::Answer(status) => {
                    let head = format!("HTTP/1.1 {status} Early\r\nContent-Type: text/plain\r\n");
                    let body = "Content-Length: 6\r\nConnection: close\r\n\r\nearly\n";
                    (&connection.client).write_all((head + body).as_bytes())?;
                    connection.server.shutdown(Shutdown::Both)?;
                    connection.client.shutdown(Shutdown::Write)?;
                    return io::copy(&mut &connection.client, &mut io::sink()).map(drop);
                }
            }
        }
    }

    /// Counts a piece; returns where in it the fault is to happen, once.
    fn note(&self, direction: Direction, piece: &[u8]) -> Option<usize> {
        let mut traffic = self.traffic.lock().unwrap();
        let way = direction as usize;
        let start = traffic.passed[way];
        match direction {
            Direction::Up if traffic.exchanges.is_empty() || traffic.answered => {
                let begins = traffic.passed;
                traffic.exchanges.push(begins);
                traffic.answered = false;
            }
            Direction::Up => {}
            Direction::Down => traffic.answered = true,
        }
        traffic.passed[way] += piece.len() as u64;
        if traffic.pack_starts[way].is_none() {
            let mut window = std::mem::take(&mut traffic.tails[way]);
            let before = window.len() as u64;
            window.extend_from_slice(piece);
            let found = window.windows(PACK.len()).position(|bytes| bytes == PACK);
            traffic.pack_starts[way] = found.map(|at| start + at as u64 - before);
            traffic.tails[way] = window.split_off(window.len().saturating_sub(PACK.len() - 1));
        }
        let fault = self.fault.filter(|fault| fault.direction == direction && !traffic.happened)?;
        let place = match fault.place {
            Place::Byte(place) => place,
            Place::PackByte(place) => traffic.pack_starts[way]? + place,
        };
        let at = usize::try_from(place.checked_sub(start)?).unwrap();
        traffic.happened = at < piece.len();
        traffic.happened.then_some(at)
    }

    fn stand_still(&self, time: Duration) {
        let traffic = self.traffic.lock().unwrap();
        let going = |_: &mut Traffic| !self.stopped.load(Ordering::SeqCst);
        drop(self.wake.wait_timeout_while(traffic, time, going).unwrap());
    }

    fn crawl(&self, mut to: &TcpStream, bytes: &[u8]) -> io::Result<()> {
        let (slowly, rest) = bytes.split_at(bytes.len().min(200));
        for few in slowly.chunks(10) {
            to.write_all(few)?;
            self.stand_still(Duration::from_millis(20));
        }
        to.write_all(rest)
    }
}

impl Connection {
    fn ends(&self, direction: Direction) -> (&TcpStream, &TcpStream) {
        match direction {
            Direction::Up => (&self.client, &self.server),
            Direction::Down => (&self.server, &self.client),
        }
    }

    /// Passes on that one end has no more to send.
    fn end(&self, to: &TcpStream) -> io::Result<()> {
        if self.reset.load(Ordering::SeqCst) { Ok(()) } else { to.shutdown(Shutdown::Write) }
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands where a connection's last outcome is returned")]
    fn close(&self) -> io::Result<()> {
        // One end may have closed already.
        self.client.shutdown(Shutdown::Both).ok();
        self.server.shutdown(Shutdown::Both).ok();
        Ok(())
    }

    /// Lets both sockets end in a reset once both directions have let go of them.
    fn reset(&self) -> io::Result<()> {
        self.reset.store(true, Ordering::SeqCst);
        for end in [&self.client, &self.server] {
            rustix::net::sockopt::set_socket_linger(end, Some(Duration::ZERO))?;
            end.shutdown(Shutdown::Read).ok();
        }
        Ok(())
    }
}
