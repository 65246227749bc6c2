//! Sizes as operators type them.

/// Reads `10G`, `512MiB`, `1.5T`, `4096B`: powers of 1024, as LVM counts.
pub fn parse(text: &str) -> Result<u64, String> {
    let wrong = || "expected a size above zero with its unit, like 512M, 10G or 1.5T (powers of 1024)".to_owned();
    let split = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
    let (number, unit) = text.split_at(split);
    let shift = match unit.to_ascii_lowercase().as_str() {
        "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        "t" | "tb" | "tib" => 40,
        "p" | "pb" | "pib" => 50,
        _ => return Err(wrong()),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let unit = 1_u128 << shift;
    let digits = |text: &str| if text.is_empty() { Some(0) } else { text.parse::<u128>().ok() };
    let scale = 10_u128.checked_pow(u32::try_from(fraction.len()).unwrap_or(99)).ok_or_else(wrong)?;
    if whole.is_empty() && fraction.is_empty() {
        return Err(wrong());
    }
    let whole = digits(whole).and_then(|n| n.checked_mul(unit)).ok_or_else(wrong)?;
    let part = digits(fraction).and_then(|n| n.checked_mul(unit)).map(|n| n / scale).ok_or_else(wrong)?;
    let bytes = whole.checked_add(part).and_then(|n| u64::try_from(n).ok()).filter(|n| *n > 0);
    bytes.ok_or_else(wrong)
}
