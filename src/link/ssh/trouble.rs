//! libssh2's errors in the operator's words.

use ssh2::ErrorCode;

use crate::domain::node::{LinkFault, LinkTrouble};
use crate::domain::redact;

/// Not now (`LIBSSH2_ERROR_EAGAIN`).
pub const EAGAIN: ErrorCode = ErrorCode::Session(-37);

/// A channel open was refused (`LIBSSH2_ERROR_CHANNEL_FAILURE`).
pub fn is_refusal(e: &ssh2::Error) -> bool {
    e.code() == ErrorCode::Session(-21)
}

/// The peer or the network ended the connection.
pub fn is_loss(e: &ssh2::Error) -> bool {
    // SOCKET_SEND, SOCKET_DISCONNECT, BANNER_RECV, BANNER_SEND, SOCKET_RECV, BAD_SOCKET
    matches!(e.code(), ErrorCode::Session(-7 | -13 | -2 | -3 | -43 | -45))
}

/// A wait of libssh2 took too long (`LIBSSH2_ERROR_TIMEOUT`, `LIBSSH2_ERROR_SOCKET_TIMEOUT`).
pub fn is_timeout(e: &ssh2::Error) -> bool {
    matches!(e.code(), ErrorCode::Session(-9 | -30))
}

/// A trouble with a fault and harmless text.
pub fn new(fault: LinkFault, words: &str) -> LinkTrouble {
    LinkTrouble { fault, text: redact::said(words) }
}

/// What failed while `doing`.
pub fn of_session(e: &ssh2::Error, doing: &str) -> LinkTrouble {
    if is_timeout(e) {
        return new(LinkFault::Timeout, &format!("no answer while {doing}"));
    }
    if is_loss(e) {
        return new(LinkFault::Protocol, &format!("the connection ended while {doing}"));
    }
    new(LinkFault::Protocol, &format!("{doing}: {}", e.message()))
}
