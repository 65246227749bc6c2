//! `print vmware-service`: the resource script of rgmanager for a guest of VMware Server.

/// The script as it is without a guest.
const SCRIPT: &str = include_str!("vmware_service.sh");
/// Its line that a guest is written into.
const UNSET: &str = "VMX=${VMX-}\n";

/// The script, for this guest or for whichever its name or its settings say.
pub fn script(vmx: Option<&str>) -> String {
    vmx.map_or_else(|| SCRIPT.to_owned(), |vmx| SCRIPT.replacen(UNSET, &format!("VMX='{}'\n", vmx.replace('\'', r"'\''")), 1))
}

/// Reads the path of a guest's configuration: `/vmfs/shared/wiki/wiki.vmx`, or `[standard] wiki/wiki.vmx` of VMware Server 2.
///
/// # Errors
/// What is no such path, in a sentence.
pub fn vmx(text: &str) -> Result<String, String> {
    if text.chars().any(char::is_control) {
        return Err("a path without control characters is wanted".to_owned());
    }
    let whole = text.starts_with('/') || text.starts_with('[');
    if whole && text.strip_suffix(".vmx").is_some() {
        return Ok(text.to_owned());
    }
    Err("the guest's configuration is wanted, like /vmfs/shared/wiki/wiki.vmx or '[standard] wiki/wiki.vmx'".to_owned())
}
