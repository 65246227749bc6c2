//! Whether a host's CPU has what a guest's needs (`virsh cpu-compare`, which the read-only socket allows).

use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::CpuFit;
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;

/// `$1` URI, `$2` the `<cpu>` of a guest, or of the host that it comes from. No file is written.
const COMPARE: &str = "printf '%s\\n' \"$2\" | as_root virsh -r -c \"$1\" cpu-compare /dev/stdin";

/// The question.
pub fn command(uri: &str, cpu: &str) -> CommandLine {
    CommandLine::script(COMPARE, [uri, cpu]).privileged()
}

/// Reads the answer: its words tell, for the exit status of older ones does not.
pub fn parse(raw: Raw<'_>) -> Result<CpuFit, Trouble> {
    let out = text::clean_bytes(raw.stdout.trim_ascii());
    let said = |what: &str| out.contains(what);
    if said("is identical to") {
        Ok(CpuFit::Fits("identical".to_owned()))
    } else if said("is a superset of") {
        Ok(CpuFit::Fits("a superset".to_owned()))
    } else if said("is incompatible with") {
        Ok(CpuFit::Lacks("virsh cpu-compare: incompatible".to_owned()))
    } else {
        Err(raw.refusal())
    }
}
