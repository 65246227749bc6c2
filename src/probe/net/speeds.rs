//! Speed and duplex of each interface, from sysfs.

use crate::domain::observation::Trouble;
use crate::domain::observation::net::LinkSpeed;
use crate::domain::text::clean;
use crate::probe::Raw;
use crate::probe::parts::{filled, sections};

/// Reading is an error while an interface is down, or where its driver does not know: then the line is blank.
pub const SCRIPT: &str = r#"# quorate: speeds of interfaces
exec </dev/null
for d in /sys/class/net/*; do
    [ -d "$d" ] || continue
    speed= duplex=
    { read -r speed <"$d/speed"; } 2>/dev/null
    { read -r duplex <"$d/duplex"; } 2>/dev/null
    printf '@@quorate link %s\n%s\n%s\n' "${d##*/}" "$speed" "$duplex"
done
exit 0
"#;

/// Reads what the script printed.
pub fn parse(raw: Raw<'_>, text: &str) -> Result<Vec<LinkSpeed>, Trouble> {
    let links = sections(text).into_iter().filter_map(|(mark, body)| {
        let name = mark.strip_prefix("link ")?;
        let mut lines = body.lines();
        let speed = lines.next().and_then(|s| s.trim().parse::<u32>().ok());
        let duplex = lines.next().and_then(filled).filter(|d| matches!(d.as_str(), "full" | "half"));
        Some(LinkSpeed { name: clean(name), speed_mbps: speed.filter(|s| is_known(*s)), duplex })
    });
    let links: Vec<LinkSpeed> = links.collect();
    match (links.is_empty(), text.trim().is_empty()) {
        (false, _) => Ok(links),
        (true, true) if raw.code == 0 => Ok(links),
        (true, true) => Err(raw.refusal()),
        (true, false) => Err(raw.garbled("no interface in it")),
    }
}

/// Drivers say 0, or all bits set in 16 or 32 of them (SPEED_UNKNOWN), for what they do not know.
pub const fn is_known(speed: u32) -> bool {
    !matches!(speed, 0 | 0xffff | u32::MAX)
}
