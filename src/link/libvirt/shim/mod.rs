//! What the `virt` crate has no function for, by FFI, and the library itself ([`library`]). The one module of the project that may use `unsafe`.
//!
//! Every callback catches panics (they must not cross into C) and only hands on what it heard; the opaque pointer is a boxed
//! [`Ear`] that libvirt frees by [`free_ear`] when the callback is taken back or the connection ends.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_ulonglong, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;

use virt::connect::Connect;
use virt::domain::Domain;
use virt_sys as sys;

use super::said::{Fields, Heard, Value, What, Who};

mod library;

pub use library::load;

/// Hears events, on the thread of libvirt's event loop: it must not wait.
pub type Ear = Arc<dyn Fn(Signal) + Send + Sync>;

/// What a callback brings.
#[derive(Debug)]
pub enum Signal {
    /// An event of a guest.
    Heard(Heard),
    /// The connection ended (`virConnectCloseReason`).
    Closed(i32),
}

/// Stops libvirt from writing its log to standard error: it goes nowhere unless the operator named a place for it. The log's place is read from the environment when libvirt starts, so this is to be called first in `main`: while another
/// thread runs, the environment is left alone.
pub fn hush() {
    const OUTPUTS: &str = "LIBVIRT_LOG_OUTPUTS";
    let alone = std::fs::read_dir("/proc/self/task").is_ok_and(|tasks| tasks.count() == 1);
    if alone && std::env::var_os(OUTPUTS).is_none() {
        // SAFETY: there is no other thread that could read the environment at the same time.
        unsafe { std::env::set_var(OUTPUTS, "4:file:/dev/null") }
    }
}

/// The same for its errors, which come as values.
pub fn hush_errors() {
    unsafe extern "C" fn nothing(_: *mut c_void, _: sys::virErrorPtr) {}
    // SAFETY: the handler is a plain function that touches nothing.
    unsafe { sys::virSetErrorFunc(ptr::null_mut(), Some(nothing)) }
}

/// A guest's statistics as libvirt's own names and values.
pub fn all_stats(conn: &Connect, groups: u32, flags: u32) -> Result<Vec<(Guest, Fields)>, virt::error::Error> {
    let mut records: *mut sys::virDomainStatsRecordPtr = ptr::null_mut();
    // SAFETY: `records` is where libvirt puts a list that it allocates, ended by a null; it is freed below, once.
    let count = unsafe { sys::virConnectGetAllDomainStats(conn.as_ptr(), groups, &raw mut records, flags as c_uint) };
    if count < 0 || records.is_null() {
        return Err(virt::error::Error::last_error());
    }
    let mut found = Vec::new();
    for at in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: libvirt promises `count` records, each with a domain and `nparams` parameters.
        unsafe {
            let Some(record) = (*records.add(at)).as_ref() else { break };
            found.push((guest(record.dom), fields(record.params, record.nparams)));
        }
    }
    // SAFETY: the list of above, not used any more.
    unsafe { sys::virDomainStatsRecordListFree(records) };
    Ok(found)
}

/// Type and statistics of a guest's running job.
pub fn job_stats(domain: &Domain) -> Result<(i64, Fields), virt::error::Error> {
    let (mut kind, mut count, mut params) = (0, 0, ptr::null_mut());
    // SAFETY: three places for what libvirt gives back; the list is freed below, once.
    let rc = unsafe { sys::virDomainGetJobStats(domain.as_ptr(), &raw mut kind, &raw mut params, &raw mut count, 0) };
    if rc < 0 {
        return Err(virt::error::Error::last_error());
    }
    // SAFETY: `params` holds `count` parameters.
    let said = unsafe { fields(params, count) };
    // SAFETY: as allocated by libvirt.
    unsafe { sys::virTypedParamsFree(params, count) };
    Ok((i64::from(kind), said))
}

/// State and reason of a guest, for a libvirt without bulk statistics (before 1.2.8).
pub fn state(domain: &Domain) -> Result<(i64, i64), virt::error::Error> {
    let (mut state, mut reason) = (0, 0);
    // SAFETY: two places for what libvirt gives back.
    let rc = unsafe { sys::virDomainGetState(domain.as_ptr(), &raw mut state, &raw mut reason, 0) };
    if rc < 0 { Err(virt::error::Error::last_error()) } else { Ok((i64::from(state), i64::from(reason))) }
}

/// A guest as a statistics record names it.
#[derive(Clone, Debug, Default)]
pub struct Guest {
    /// UUID and name.
    pub who: Who,
    /// Its id while it runs.
    pub id: Option<u32>,
}

/// Takes events of a connection from now on, until it is dropped.
pub struct Listening {
    conn: Connect,
    ids: Vec<c_int>,
    closing: bool,
}

impl Listening {
    /// Registers what this libvirt knows; what it does not know is left out.
    pub fn start(conn: &Connect, ear: &Ear) -> Self {
        let mut listening = Self { conn: conn.clone(), ids: Vec::new(), closing: false };
        for (event, callback) in callbacks() {
            let id = register(conn, ear, event, callback);
            // Before libvirt 1.2.6 a block job names its disk by the path, in an event of its own.
            let old = (id.is_none() && event == sys::VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2).then_some(sys::VIR_DOMAIN_EVENT_ID_BLOCK_JOB);
            listening.ids.extend(id.or_else(|| register(conn, ear, old?, callback)));
        }
        // SAFETY: the callback has the signature that libvirt documents; the box is freed by `free_ear`.
        unsafe {
            let opaque = boxed(ear);
            listening.closing = sys::virConnectRegisterCloseCallback(conn.as_ptr(), Some(on_close), opaque, Some(free_ear)) == 0;
            if !listening.closing {
                free_ear(opaque);
            }
        }
        listening
    }

    /// Whether any event at all is told here.
    pub fn hears(&self) -> bool {
        !self.ids.is_empty()
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        for id in &self.ids {
            // SAFETY: an id that this connection gave.
            unsafe { sys::virConnectDomainEventDeregisterAny(self.conn.as_ptr(), *id) };
        }
        if self.closing {
            // SAFETY: the callback that was registered.
            unsafe { sys::virConnectUnregisterCloseCallback(self.conn.as_ptr(), Some(on_close)) };
        }
    }
}

/// Takes one kind of event of all guests; none where this libvirt does not know it.
fn register(conn: &Connect, ear: &Ear, event: c_uint, callback: Callback) -> Option<c_int> {
    let event = c_int::try_from(event).ok()?;
    // SAFETY: each callback has the signature that libvirt documents for its event; the box is freed by `free_ear`.
    unsafe {
        let opaque = boxed(ear);
        let id = sys::virConnectDomainEventRegisterAny(conn.as_ptr(), ptr::null_mut(), event, callback, opaque, Some(free_ear));
        if id < 0 {
            free_ear(opaque);
        }
        (id >= 0).then_some(id)
    }
}

fn boxed(ear: &Ear) -> *mut c_void {
    Box::into_raw(Box::new(Arc::clone(ear))).cast()
}

unsafe extern "C" fn free_ear(opaque: *mut c_void) {
    if !opaque.is_null() {
        // SAFETY: made by `boxed`, given back once.
        drop(unsafe { Box::from_raw(opaque.cast::<Ear>()) });
    }
}

/// Hands a signal to the ear behind the opaque pointer.
unsafe fn hear(opaque: *mut c_void, signal: impl FnOnce() -> Signal) {
    // SAFETY: made by `boxed`, and alive while it is registered.
    let Some(ear) = (unsafe { opaque.cast::<Ear>().as_ref() }) else { return };
    let _ = catch_unwind(AssertUnwindSafe(|| ear(signal())));
}

unsafe fn tell(opaque: *mut c_void, domain: sys::virDomainPtr, what: impl FnOnce() -> What) {
    // SAFETY: the pointers are libvirt's own, alive during the callback.
    unsafe { hear(opaque, || Signal::Heard(Heard { who: guest(domain).who, what: what() })) }
}

unsafe fn guest(domain: sys::virDomainPtr) -> Guest {
    if domain.is_null() {
        return Guest::default();
    }
    let mut uuid: [c_char; 37] = [0; 37];
    // SAFETY: the domain is alive; the buffer has VIR_UUID_STRING_BUFLEN bytes; these three read the object alone.
    unsafe {
        let uuid = if sys::virDomainGetUUIDString(domain, uuid.as_mut_ptr()) == 0 { text(uuid.as_ptr()) } else { String::new() };
        let id = u32::try_from(sys::virDomainGetID(domain).cast_signed()).ok();
        Guest { who: Who { uuid, name: text(sys::virDomainGetName(domain)) }, id }
    }
}

unsafe fn text(from: *const c_char) -> String {
    if from.is_null() {
        return String::new();
    }
    // SAFETY: a C string of libvirt's, alive during the call.
    unsafe { CStr::from_ptr(from) }.to_string_lossy().into_owned()
}

unsafe fn fields(params: sys::virTypedParameterPtr, count: c_int) -> Fields {
    let mut found = Fields::new();
    if params.is_null() {
        return found;
    }
    let signed = |n: i64| u64::try_from(n).map_or(Value::Number(n), Value::Count);
    for at in 0..usize::try_from(count).unwrap_or(0) {
        // SAFETY: the list has `count` parameters, each of whose union holds what its type says.
        unsafe {
            let param = &*params.add(at);
            let value = match c_uint::try_from(param.type_).unwrap_or(0) {
                sys::VIR_TYPED_PARAM_INT => signed(i64::from(param.value.i)),
                sys::VIR_TYPED_PARAM_UINT => Value::Count(u64::from(param.value.ui)),
                sys::VIR_TYPED_PARAM_LLONG => signed(param.value.l),
                sys::VIR_TYPED_PARAM_ULLONG => Value::Count(param.value.ul),
                sys::VIR_TYPED_PARAM_DOUBLE => Value::Real(param.value.d),
                sys::VIR_TYPED_PARAM_BOOLEAN => Value::Flag(param.value.b != 0),
                sys::VIR_TYPED_PARAM_STRING => Value::Text(text(param.value.s)),
                _ => continue,
            };
            found.insert(text(param.field.as_ptr()), value);
        }
    }
    found
}

type Callback = sys::virConnectDomainEventGenericCallback;

/// Makes the generic callback of one with more arguments, as libvirt's own VIR_DOMAIN_EVENT_CALLBACK does.
macro_rules! generic {
    ($f:expr, $t:ty) => {
        // SAFETY: libvirt calls it with the arguments of its event id; only the pointer's type is changed.
        unsafe { std::mem::transmute::<$t, Callback>(Some($f)) }
    };
}

fn callbacks() -> Vec<(c_uint, Callback)> {
    vec![
        (sys::VIR_DOMAIN_EVENT_ID_LIFECYCLE, generic!(on_lifecycle, sys::virConnectDomainEventCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_REBOOT, Some(on_reboot)),
        (sys::VIR_DOMAIN_EVENT_ID_WATCHDOG, generic!(on_watchdog, sys::virConnectDomainEventWatchdogCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_IO_ERROR_REASON, generic!(on_io_error, sys::virConnectDomainEventIOErrorReasonCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_JOB_COMPLETED, generic!(on_job, sys::virConnectDomainEventJobCompletedCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION, generic!(on_iteration, sys::virConnectDomainEventMigrationIterationCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2, generic!(on_block_job, sys::virConnectDomainEventBlockJobCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, generic!(on_agent, sys::virConnectDomainEventAgentLifecycleCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, generic!(on_balloon, sys::virConnectDomainEventBalloonChangeCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_BLOCK_THRESHOLD, generic!(on_threshold, sys::virConnectDomainEventBlockThresholdCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_DEVICE_ADDED, generic!(on_device, sys::virConnectDomainEventDeviceAddedCallback)),
        (sys::VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED, generic!(on_device, sys::virConnectDomainEventDeviceRemovedCallback)),
    ]
}

unsafe extern "C" fn on_close(_: sys::virConnectPtr, reason: c_int, opaque: *mut c_void) {
    // SAFETY: see `hear`.
    unsafe { hear(opaque, || Signal::Closed(reason)) }
}

unsafe extern "C" fn on_lifecycle(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    event: c_int,
    detail: c_int,
    opaque: *mut c_void,
) -> c_int {
    // SAFETY: see `tell`; so with all that follow.
    unsafe { tell(opaque, domain, || What::Lifecycle(event, detail)) };
    0
}

unsafe extern "C" fn on_reboot(_: sys::virConnectPtr, domain: sys::virDomainPtr, opaque: *mut c_void) {
    unsafe { tell(opaque, domain, || What::Reboot) }
}

unsafe extern "C" fn on_watchdog(_: sys::virConnectPtr, domain: sys::virDomainPtr, action: c_int, opaque: *mut c_void) {
    unsafe { tell(opaque, domain, || What::Watchdog(action)) }
}

unsafe extern "C" fn on_io_error(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    path: *const c_char,
    alias: *const c_char,
    action: c_int,
    reason: *const c_char,
    opaque: *mut c_void,
) {
    unsafe { tell(opaque, domain, || What::IoError { path: text(path), alias: text(alias), action, reason: text(reason) }) }
}

unsafe extern "C" fn on_job(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    params: sys::virTypedParameterPtr,
    count: c_int,
    opaque: *mut c_void,
) {
    unsafe { tell(opaque, domain, || What::JobCompleted(fields(params, count))) }
}

unsafe extern "C" fn on_iteration(_: sys::virConnectPtr, domain: sys::virDomainPtr, iteration: c_int, opaque: *mut c_void) {
    unsafe { tell(opaque, domain, || What::Iteration(iteration)) }
}

unsafe extern "C" fn on_block_job(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    disk: *const c_char,
    kind: c_int,
    status: c_int,
    opaque: *mut c_void,
) {
    unsafe { tell(opaque, domain, || What::BlockJob(text(disk), kind, status)) }
}

unsafe extern "C" fn on_agent(_: sys::virConnectPtr, domain: sys::virDomainPtr, state: c_int, reason: c_int, opaque: *mut c_void) {
    unsafe { tell(opaque, domain, || What::Agent(state, reason)) }
}

unsafe extern "C" fn on_balloon(_: sys::virConnectPtr, domain: sys::virDomainPtr, actual: c_ulonglong, opaque: *mut c_void) {
    unsafe { tell(opaque, domain, || What::Balloon(actual)) }
}

unsafe extern "C" fn on_threshold(
    _: sys::virConnectPtr,
    domain: sys::virDomainPtr,
    device: *const c_char,
    _path: *const c_char,
    threshold: c_ulonglong,
    excess: c_ulonglong,
    opaque: *mut c_void,
) {
    unsafe { tell(opaque, domain, || What::Threshold(text(device), threshold, excess)) }
}

unsafe extern "C" fn on_device(_: sys::virConnectPtr, domain: sys::virDomainPtr, alias: *const c_char, opaque: *mut c_void) {
    unsafe { tell(opaque, domain, || What::Device(text(alias))) }
}
