//! One connection to a libvirt, and the calls that answer each query. All of this may block.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use virt::connect::Connect;
use virt::domain::Domain;
use virt::error::{Error, ErrorNumber};
use virt_sys as sys;

use super::Reread;
use super::definitions::Marked;
use super::door::Door;
use super::said::{Fault, FaultKind, GuestsSaid, HostSaid, JobSaid, NetworkSaid, Query, RowSaid, Said, StatsSaid, Value};
use super::shim::{self, Ear, Listening};

pub use super::definitions::Definitions;

/// Statistics beside the state: what a table needs, and no group that makes qemu work.
const GROUPS: u32 = sys::VIR_DOMAIN_STATS_STATE
    | sys::VIR_DOMAIN_STATS_CPU_TOTAL
    | sys::VIR_DOMAIN_STATS_BALLOON
    | sys::VIR_DOMAIN_STATS_VCPU
    | sys::VIR_DOMAIN_STATS_INTERFACE
    | sys::VIR_DOMAIN_STATS_BLOCK;
/// A guest that is busy with something else is told without what would have to wait for it (libvirt 4.5).
const NOWAIT: u32 = sys::VIR_CONNECT_GET_ALL_DOMAINS_STATS_NOWAIT;

/// Where to connect to.
#[derive(Clone, Debug)]
pub struct Target {
    /// The URI.
    pub uri: String,
    /// The local end of the tunnel that the URI names.
    pub door: Option<Arc<Door>>,
}

impl Target {
    /// Why it was not reached: by the way there, where that knows better.
    pub fn explain(&self, error: &Error) -> Fault {
        match self.door.as_ref().and_then(|d| d.refusal()) {
            Some(refusal) => Fault::new(FaultKind::Failed, &refusal),
            None => fault(error),
        }
    }
}

/// An open connection. One thread makes its calls, and no other ever does: in libvirt 9.0 a call that another thread wakes leaves a
/// pointer into its own stack behind, and the next one follows it (by all signs CVE-2024-4418; seen as a crash when a node went
/// away). For the same reason none has libvirt's keepalive, which is sent by the thread of the event loop; whether it lives, the
/// deadlines of what is asked tell.
pub struct Connection {
    // Dropped in this order: callbacks before their connection.
    listening: Option<Listening>,
    conn: Connect,
}

impl Connection {
    /// Connects for looking only, and takes events if there is an ear.
    ///
    /// # Errors
    /// In the operator's words.
    pub fn open(target: &Target, ear: Option<&Ear>) -> Result<Self, Fault> {
        super::start()?;
        let conn = Connect::open_read_only(Some(&target.uri)).map_err(|e| target.explain(&e))?;
        Ok(Self { listening: ear.map(|ear| Listening::start(&conn, ear)), conn })
    }

    /// Whether events are told.
    pub fn hears(&self) -> bool {
        self.listening.as_ref().is_some_and(Listening::hears)
    }

    /// Whether it broke, as far as is known on this side.
    pub fn is_broken(&self) -> bool {
        matches!(self.conn.is_alive(), Ok(false))
    }
}

/// What the lanes of a node share.
#[derive(Default)]
pub struct Shared(Mutex<Inside>);

#[derive(Default)]
struct Inside {
    /// The one that events come by, and where it leads.
    connection: Option<(Arc<Connection>, Target)>,
    touched: Touched,
    /// Guests whose definition a call is being made for.
    reading: BTreeSet<String>,
    left: bool,
}

/// Guests whose definition may have changed.
#[derive(Default)]
pub struct Touched {
    /// By name.
    pub uuids: BTreeSet<String>,
    /// Every one.
    pub all: bool,
    /// Some of those that were read longest ago.
    pub oldest: bool,
}

/// A guest whose definition is being read.
pub struct Reading<'a>(&'a Shared, &'a str);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.inside().reading.remove(self.1);
    }
}

impl Shared {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the connection that events come by; none if it is not wanted any more.
    pub fn put(&self, connection: Connection, target: &Target) -> Option<Arc<Connection>> {
        let mut inside = self.inside();
        if inside.left {
            drop(inside);
            drop(connection);
            return None;
        }
        let connection = Arc::new(connection);
        inside.connection = Some((Arc::clone(&connection), target.clone()));
        Some(connection)
    }

    /// Where the node's libvirt is reached, while it is.
    pub fn target(&self) -> Option<Target> {
        self.inside().connection.as_ref().map(|(_, target)| target.clone())
    }

    /// A guest's definition is read again.
    pub fn touch(&self, uuid: &str) {
        self.inside().touched.uuids.insert(uuid.to_owned());
    }

    /// So are these.
    pub fn reread(&self, which: Reread) {
        let touched = &mut self.inside().touched;
        match which {
            Reread::All => touched.all = true,
            Reread::Oldest => touched.oldest = true,
        }
    }

    /// Marks a guest whose definition is read now; none where another call for it has not come back: a guest that hangs may hold it, and is
    /// not to hold up the states of all others again.
    pub fn reading<'a>(&'a self, uuid: &'a str) -> Option<Reading<'a>> {
        self.inside().reading.insert(uuid.to_owned()).then(|| Reading(self, uuid))
    }

    fn take_touched(&self) -> Touched {
        std::mem::take(&mut self.inside().touched)
    }

    /// They were not read after all.
    fn give_back(&self, touched: Touched) {
        let mut inside = self.inside();
        inside.touched.all |= touched.all;
        inside.touched.oldest |= touched.oldest;
        inside.touched.uuids.extend(touched.uuids);
    }

    /// The connection ended by itself. It is put away by a thread that may wait: closing speaks to the daemon.
    pub fn lose(&self) {
        let Some((connection, _)) = self.inside().connection.take() else { return };
        let _ = std::thread::Builder::new().name("libvirt close".to_owned()).stack_size(256 << 10).spawn(move || drop(connection));
    }

    /// Nobody listens any more.
    pub fn hush(&self) {
        self.inside().left = true;
    }

    /// Whether anybody does.
    pub fn is_left(&self) -> bool {
        self.inside().left
    }
}

/// Asks.
///
/// # Errors
/// In the operator's words.
pub fn ask(connection: &Connection, query: Query, definitions: &mut Definitions, shared: &Shared) -> Result<Said, Fault> {
    let conn = &connection.conn;
    match query {
        Query::Host => Ok(Said::Host(host(conn))),
        Query::Guests => guests(conn, definitions, shared).map(Said::Guests).map_err(|e| fault(&e)),
        Query::Stats => stats(conn).map(Said::Stats).map_err(|e| fault(&e)),
        Query::Jobs => jobs(conn).map(Said::Jobs).map_err(|e| fault(&e)),
    }
}

fn host(conn: &Connect) -> HostSaid {
    let node = conn.node_info().ok();
    HostSaid {
        hostname: conn.hostname().ok(),
        uri: conn.uri().ok().as_deref().and_then(at_home),
        driver: conn.driver_type().ok(),
        hypervisor: conn.hyp_version().ok(),
        library: conn.lib_version().ok(),
        capabilities: conn.capabilities().ok(),
        memory: node.as_ref().map(|n| n.memory.saturating_mul(1024)),
        free_memory: conn.free_memory().ok(),
        cpus: node.as_ref().map(|n| n.cpus),
        networks: conn.list_all_networks(0).unwrap_or_default().iter().filter_map(network).collect(),
    }
}

/// `qemu+unix:///system?socket=...` without the way that leads there.
fn at_home(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once("://")?;
    let place = rest.split('?').next()?;
    let path = place.find('/').and_then(|at| place.get(at..))?;
    Some(format!("{}://{path}", scheme.split('+').next()?))
}

fn network(network: &virt::network::Network) -> Option<NetworkSaid> {
    Some(NetworkSaid {
        name: network.name().ok()?,
        bridge: network.bridge_name().ok().filter(|b| !b.is_empty()),
        active: network.is_active().unwrap_or(false),
    })
}

/// In one call where the libvirt has bulk statistics (1.2.8), else guest by guest.
fn rows(conn: &Connect) -> Result<Vec<RowSaid>, Error> {
    let bulk = all_stats(conn, sys::VIR_DOMAIN_STATS_STATE, 0);
    match bulk {
        Ok(found) => Ok(found
            .into_iter()
            .map(|(guest, fields)| {
                let number = |name: &str| match fields.get(name) {
                    Some(Value::Count(n)) => i64::try_from(*n).unwrap_or(i64::MAX),
                    Some(Value::Number(n)) => *n,
                    _ => 0,
                };
                let (state, reason) = (number("state.state"), number("state.reason"));
                RowSaid { uuid: guest.who.uuid, name: guest.who.name, id: guest.id, state, reason }
            })
            .collect()),
        Err(e) if is_unknown(&e) => Ok(domains(conn)?.iter().filter_map(row).collect()),
        Err(e) => Err(e),
    }
}

fn row(domain: &Domain) -> Option<RowSaid> {
    let (state, reason) = shim::state(domain).ok()?;
    Some(RowSaid { uuid: domain.uuid_string().ok()?, name: domain.name().ok()?, id: domain.id(), state, reason })
}

/// All guests; one by one where the libvirt is older than 0.9.13.
fn domains(conn: &Connect) -> Result<Vec<Domain>, Error> {
    match conn.list_all_domains(0) {
        Err(e) if is_unknown(&e) => {
            let running = conn.list_domains()?.into_iter().filter_map(|id| conn.lookup_domain_by_id(id).ok());
            let off = conn.list_defined_domains()?;
            Ok(running.chain(off.iter().filter_map(|name| conn.lookup_domain_by_name(name).ok())).collect())
        }
        other => other,
    }
}

fn guests(conn: &Connect, definitions: &mut Definitions, shared: &Shared) -> Result<GuestsSaid, Error> {
    let touched = shared.take_touched();
    let said = list(conn, definitions, &touched, shared);
    if said.is_err() {
        shared.give_back(touched);
    }
    said
}

fn list(conn: &Connect, definitions: &mut Definitions, touched: &Touched, shared: &Shared) -> Result<GuestsSaid, Error> {
    let marked = Marked::read(conn);
    let rows = rows(conn)?;
    let definitions = definitions.read(conn, &rows, &marked, touched, shared);
    Ok(GuestsSaid { rows, definitions })
}

fn stats(conn: &Connect) -> Result<Vec<StatsSaid>, Error> {
    let found = all_stats(conn, GROUPS, sys::VIR_CONNECT_GET_ALL_DOMAINS_STATS_ACTIVE)?;
    Ok(found.into_iter().map(|(guest, fields)| StatsSaid { uuid: guest.who.uuid, fields }).collect())
}

fn all_stats(conn: &Connect, groups: u32, flags: u32) -> Result<Vec<(shim::Guest, super::said::Fields)>, Error> {
    match shim::all_stats(conn, groups, flags | NOWAIT) {
        Err(e) if is_unknown(&e) => shim::all_stats(conn, groups, flags),
        other => other,
    }
}

fn jobs(conn: &Connect) -> Result<Vec<JobSaid>, Error> {
    let mut found = Vec::new();
    for domain in domains(conn)?.iter().filter(|d| d.id().is_some()) {
        let Ok(uuid) = domain.uuid_string() else { continue };
        match shim::job_stats(domain) {
            Ok((kind, fields)) if kind == i64::from(sys::VIR_DOMAIN_JOB_BOUNDED) || kind == i64::from(sys::VIR_DOMAIN_JOB_UNBOUNDED) => {
                found.push(JobSaid { uuid, kind, fields });
            }
            // A guest that ended meanwhile has no job; a driver without jobs says so for each guest.
            _ => {}
        }
    }
    Ok(found)
}

/// The libvirt does not know this call or this flag.
fn is_unknown(error: &Error) -> bool {
    use ErrorNumber as N;
    error.code().is_known_and(|code| matches!(code, N::NoSupport | N::InvalidArg | N::OperationUnsupported | N::ArgumentUnsupported))
}

/// libvirt's error in the operator's words.
pub fn fault(error: &Error) -> Fault {
    use ErrorNumber as N;
    let code = error.code();
    let is = |codes: &[N]| code.is_known_and(|c| codes.contains(&c));
    let said = error.message();
    if is(&[N::AuthFailed, N::AuthCancelled, N::AuthUnavailable, N::OperationDenied, N::AccessDenied]) || said.contains("Permission denied")
    {
        let cure = "put the user into the group libvirt";
        return Fault::new(FaultKind::Denied, &format!("libvirt refuses this user: {said}; {cure}"));
    }
    let kind = if is(&[N::NoSupport, N::OperationUnsupported]) { FaultKind::Absent } else { FaultKind::Failed };
    Fault::new(kind, &format!("libvirt: {said}"))
}

/// Why a connection ended (`virConnectCloseReason`).
pub fn closed(reason: i32) -> Fault {
    let why = match u32::try_from(reason).unwrap_or(0) {
        sys::VIR_CONNECT_CLOSE_REASON_EOF => "libvirtd closed the connection: it was stopped or restarted",
        sys::VIR_CONNECT_CLOSE_REASON_CLIENT => "the connection to libvirt was closed",
        _ => "the connection to libvirt broke",
    };
    Fault::new(FaultKind::Lost, why)
}
