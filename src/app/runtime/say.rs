//! Words on standard output and standard error. Neither decides what becomes of a task: a reader that has seen enough, or a terminal that went away,
//! ends nothing and changes no exit status.

use std::io::{self, Write as _};

/// A line for the operator on standard error. Where nobody can hear it, it is not said.
pub fn note(text: &str) {
    let _ = io::stderr().lock().write_all(format!("quorate: {text}\n").as_bytes());
}

/// Prints on standard output. A reader that has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}
