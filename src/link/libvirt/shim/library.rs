//! libvirt itself, loaded when a guest is first asked for and not when quorate starts: the library and the thirty that it needs take longer to
//! load than everything else up to the first screen, and a jump host without it can still look at everything but guests.
//!
//! Each function that the `virt` crate and the shim call is defined here under its own name, so that the linker has no need of the library; it
//! hands the call on to the real one. What is not listed here brings the library back into the program's start (a test looks at that).
#![allow(non_snake_case)]

use std::ffi::{CStr, c_char, c_int, c_uint, c_ulong, c_ulonglong, c_void};
use std::ptr;
use std::sync::OnceLock;

use virt_sys as sys;

/// The library's name, as its ABI has been called since 2005.
const NAME: &CStr = c"libvirt.so.0";

/// What dlopen gave. It is never closed: callbacks and threads of the library's may be anywhere.
struct Handle(*mut c_void);

// SAFETY: dlsym may be called with it from any thread.
unsafe impl Send for Handle {}
// SAFETY: as above.
unsafe impl Sync for Handle {}

fn library() -> Result<&'static Handle, &'static str> {
    static LOADED: OnceLock<Result<Handle, String>> = OnceLock::new();
    let load = || {
        // SAFETY: a constant name; what its initialisers do is libvirt's own.
        let handle = unsafe { libc::dlopen(NAME.as_ptr(), libc::RTLD_LAZY | libc::RTLD_LOCAL) };
        if handle.is_null() { Err(complaint()) } else { Ok(Handle(handle)) }
    };
    LOADED.get_or_init(load).as_ref().map_err(String::as_str)
}

fn complaint() -> String {
    // SAFETY: the message is this thread's own, and copied at once.
    let said = unsafe { libc::dlerror() };
    if said.is_null() {
        return "no reason was given".to_owned();
    }
    // SAFETY: a C string of the loader's.
    unsafe { CStr::from_ptr(said) }.to_string_lossy().into_owned()
}

/// Loads it, if that has not been done.
///
/// # Errors
/// What the loader says.
pub fn load() -> Result<(), &'static str> {
    library().map(|_| ())
}

/// The address of a function of the library's, looked for once.
struct Place(OnceLock<usize>);

impl Place {
    fn find(&self, name: &CStr) -> Option<usize> {
        let look = || match library() {
            // SAFETY: the handle is open; an unknown name gives null.
            Ok(handle) => unsafe { libc::dlsym(handle.0, name.as_ptr()) }.expose_provenance(),
            Err(_) => 0,
        };
        Some(*self.0.get_or_init(look)).filter(|at| *at != 0)
    }
}

/// What libvirt gives back for "this failed": that, too, is said by a function that is not there.
trait Failed {
    const FAILED: Self;
}

impl Failed for () {
    const FAILED: Self = ();
}

impl Failed for c_int {
    const FAILED: Self = -1;
}

/// `virDomainGetID` alone.
impl Failed for c_uint {
    const FAILED: Self = c_uint::MAX;
}

/// `virNodeGetFreeMemory` alone.
impl Failed for c_ulonglong {
    const FAILED: Self = 0;
}

impl<T> Failed for *mut T {
    const FAILED: Self = ptr::null_mut();
}

impl<T> Failed for *const T {
    const FAILED: Self = ptr::null();
}

macro_rules! handed_on {
    ($(fn $name:ident($($arg:ident: $kind:ty),*) -> $given:ty;)*) => {$(
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($arg: $kind),*) -> $given {
            static PLACE: Place = Place(OnceLock::new());
            const SYMBOL: &str = concat!(stringify!($name), "\0");
            let found = CStr::from_bytes_with_nul(SYMBOL.as_bytes()).ok().and_then(|name| PLACE.find(name));
            let Some(at) = found else { return <$given as Failed>::FAILED };
            // SAFETY: the library's function of that name, whose type virt-sys has from libvirt's headers (6.0 and later, unchanged since); the caller keeps
            // to what it asks of its arguments.
            unsafe {
                let real = std::mem::transmute::<*const c_void, unsafe extern "C" fn($($kind),*) -> $given>(ptr::with_exposed_provenance(at));
                real($($arg),*)
            }
        }
    )*};
}

handed_on! {
    fn virConnectClose(conn: sys::virConnectPtr) -> c_int;
    fn virConnectDomainEventDeregisterAny(conn: sys::virConnectPtr, callback_id: c_int) -> c_int;
    fn virConnectDomainEventRegisterAny(conn: sys::virConnectPtr, dom: sys::virDomainPtr, event_id: c_int, cb: sys::virConnectDomainEventGenericCallback, opaque: *mut c_void, freecb: sys::virFreeCallback) -> c_int;
    fn virConnectGetAllDomainStats(conn: sys::virConnectPtr, stats: c_uint, ret_stats: *mut *mut sys::virDomainStatsRecordPtr, flags: c_uint) -> c_int;
    fn virConnectGetCapabilities(conn: sys::virConnectPtr) -> *mut c_char;
    fn virConnectGetHostname(conn: sys::virConnectPtr) -> *mut c_char;
    fn virConnectGetLibVersion(conn: sys::virConnectPtr, lib_ver: *mut c_ulong) -> c_int;
    fn virConnectGetType(conn: sys::virConnectPtr) -> *const c_char;
    fn virConnectGetURI(conn: sys::virConnectPtr) -> *mut c_char;
    fn virConnectGetVersion(conn: sys::virConnectPtr, hv_ver: *mut c_ulong) -> c_int;
    fn virConnectIsAlive(conn: sys::virConnectPtr) -> c_int;
    fn virConnectListAllDomains(conn: sys::virConnectPtr, domains: *mut *mut sys::virDomainPtr, flags: c_uint) -> c_int;
    fn virConnectListAllNetworks(conn: sys::virConnectPtr, nets: *mut *mut sys::virNetworkPtr, flags: c_uint) -> c_int;
    fn virConnectListDefinedDomains(conn: sys::virConnectPtr, names: *mut *mut c_char, maxnames: c_int) -> c_int;
    fn virConnectListDomains(conn: sys::virConnectPtr, ids: *mut c_int, maxids: c_int) -> c_int;
    fn virConnectOpen(name: *const c_char) -> sys::virConnectPtr;
    fn virConnectOpenReadOnly(name: *const c_char) -> sys::virConnectPtr;
    fn virConnectRef(conn: sys::virConnectPtr) -> c_int;
    fn virConnectRegisterCloseCallback(conn: sys::virConnectPtr, cb: sys::virConnectCloseFunc, opaque: *mut c_void, freecb: sys::virFreeCallback) -> c_int;
    fn virConnectSetKeepAlive(conn: sys::virConnectPtr, interval: c_int, count: c_uint) -> c_int;
    fn virConnectUnregisterCloseCallback(conn: sys::virConnectPtr, cb: sys::virConnectCloseFunc) -> c_int;
    fn virDomainFree(domain: sys::virDomainPtr) -> c_int;
    fn virDomainGetAutostart(domain: sys::virDomainPtr, autostart: *mut c_int) -> c_int;
    fn virDomainGetID(domain: sys::virDomainPtr) -> c_uint;
    fn virDomainGetJobStats(domain: sys::virDomainPtr, kind: *mut c_int, params: *mut sys::virTypedParameterPtr, nparams: *mut c_int, flags: c_uint) -> c_int;
    fn virDomainGetName(domain: sys::virDomainPtr) -> *const c_char;
    fn virDomainGetState(domain: sys::virDomainPtr, state: *mut c_int, reason: *mut c_int, flags: c_uint) -> c_int;
    fn virDomainGetUUIDString(domain: sys::virDomainPtr, buf: *mut c_char) -> c_int;
    fn virDomainGetXMLDesc(domain: sys::virDomainPtr, flags: c_uint) -> *mut c_char;
    fn virDomainHasManagedSaveImage(dom: sys::virDomainPtr, flags: c_uint) -> c_int;
    fn virDomainIsPersistent(dom: sys::virDomainPtr) -> c_int;
    fn virDomainListAllSnapshots(domain: sys::virDomainPtr, snaps: *mut *mut sys::virDomainSnapshotPtr, flags: c_uint) -> c_int;
    fn virDomainLookupByID(conn: sys::virConnectPtr, id: c_int) -> sys::virDomainPtr;
    fn virDomainLookupByName(conn: sys::virConnectPtr, name: *const c_char) -> sys::virDomainPtr;
    fn virDomainLookupByUUIDString(conn: sys::virConnectPtr, uuid: *const c_char) -> sys::virDomainPtr;
    fn virDomainOpenConsole(dom: sys::virDomainPtr, dev_name: *const c_char, st: sys::virStreamPtr, flags: c_uint) -> c_int;
    fn virDomainSnapshotFree(snapshot: sys::virDomainSnapshotPtr) -> c_int;
    fn virDomainSnapshotGetName(snapshot: sys::virDomainSnapshotPtr) -> *const c_char;
    fn virDomainStatsRecordListFree(stats: *mut sys::virDomainStatsRecordPtr) -> ();
    fn virEventRegisterDefaultImpl() -> c_int;
    fn virEventRunDefaultImpl() -> c_int;
    fn virGetLastError() -> sys::virErrorPtr;
    fn virNetworkFree(network: sys::virNetworkPtr) -> c_int;
    fn virNetworkGetBridgeName(network: sys::virNetworkPtr) -> *mut c_char;
    fn virNetworkGetName(network: sys::virNetworkPtr) -> *const c_char;
    fn virNetworkIsActive(net: sys::virNetworkPtr) -> c_int;
    fn virNodeGetFreeMemory(conn: sys::virConnectPtr) -> c_ulonglong;
    fn virNodeGetInfo(conn: sys::virConnectPtr, info: sys::virNodeInfoPtr) -> c_int;
    fn virSetErrorFunc(user_data: *mut c_void, handler: sys::virErrorFunc) -> ();
    fn virStreamAbort(st: sys::virStreamPtr) -> c_int;
    fn virStreamEventRemoveCallback(stream: sys::virStreamPtr) -> c_int;
    fn virStreamFree(st: sys::virStreamPtr) -> c_int;
    fn virStreamNew(conn: sys::virConnectPtr, flags: c_uint) -> sys::virStreamPtr;
    fn virStreamRecv(st: sys::virStreamPtr, data: *mut c_char, nbytes: usize) -> c_int;
    fn virStreamSend(st: sys::virStreamPtr, data: *const c_char, nbytes: usize) -> c_int;
    fn virTypedParamsFree(params: sys::virTypedParameterPtr, nparams: c_int) -> ();
}
