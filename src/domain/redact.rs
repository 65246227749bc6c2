//! Takes out what looks like a password, before a byte reaches a file, a screen or a pipe.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::bytes::Regex;

use super::text;

/// What no secret is without: most text has none of it, and is not looked at any further.
const HINTS: &str = concat!(
    r"(?i-u)passw|passphrase|secret|pwd|community|key|token|[_-]kg|authorization|ipmi|fence_|snmp|vmrun|vmware-cmd|sshpass",
    r"|\b[cp]cs\b|command continued|/[^\s/@]*:[^\s/@]*@"
);

/// What the words in capitals within the patterns stand for: those that hold others come first.
///
/// A text may come within JSON, where a quote has a backslash before it, or from sudo, which may write one before a blank. A quote without
/// one, and with a comma or a colon behind it, may end a text of JSON: no word goes beyond it.
const WORDS: [(&str, &str); 17] = [
    // Which parameter is set, and its value: crm_resource(8), crm_attribute(8), attrd_updater(8), iscsiadm(8).
    ("NAMED", r#"\s(?:-[pn]GAP|--(?:set-parameter|attr-name|name)EQ)["'\\]*[\w.-]*(?:NAME|(?i:token))"#),
    ("VALUED", r"\s(?:-[vUB]GAP|--(?:parameter-value|attr-value|value|update(?:-both)?)EQ)"),
    // An element of the CIB that holds a secret: by its name, or by the end of its id, which is the name that it was made with.
    ("TAGGED", r#"(?:name\\*=\\*"[^"\n]*(?:(?:NAME|(?i:key))[^"\n]*|TOKEN)"|id\\*=\\*"[^"\n]*(?:NAME[^"\n-]*|TOKEN)")"#),
    ("NVPAIR", r#"nvpair\[@(?:id|name)=\\*["'][^'"\n]*(?:NAME[^'"\n-]*|(?i:token|key)\\*)["']\]"#),
    // A word of a command line; one that is no option; one that is no port.
    ("WORD", "(?:QUOTED+BARE*|BARE+)"),
    ("TEXT", r#"(?:QUOTED+BARE*|[^\s"'\\-]BARE*)"#),
    ("NUMBERLESS", r#"(?:QUOTED+BARE*|\d*[^\d\s"'\\]BARE*)"#),
    ("QUOTED", "(?:ESCAPED|DOUBLE|SINGLE)"),
    ("ESCAPED", r#"\\+"(?:[^"\\\n]|\\[^"\n])*\\+""#),
    ("DOUBLE", r#""(?:[^"\\,:}\]\n]|\\[^\n]|[,:}\]][^"\n])(?:[^"\\\n]|\\[^\n])*""#),
    ("SINGLE", r#"'(?:[^'"\\\n]|\\[^\n]|"[^,:}\]'\n])*'"#),
    ("BARE", r#"(?:\\[^\s"]|\\*["'][\w@#$%^&+~]|[^\s"'\\])"#),
    ("TOKEN", r"(?i:token)\\*"),
    ("EQ", r"(?:\\*=|SPACE)"),
    ("SPACE", r"(?:\\*[ \t])+"),
    ("GAP", r"(?:\\*[ \t])*"),
    ("NAME", r"(?i:passw|passphrase|secret|pwd|community|api[_-]?key|access[_-]?key|[_-]kg\b)"),
];

/// Tools that take a secret behind a short option or as a plain word; it is looked for up to the next tool's name, or the end of the line.
const TOOLS: [(&str, &[&str]); 6] = [
    // -p is a port, -k and -y are the key of the BMC.
    (
        r"(?:ipmitool|vmware-cmd)\b",
        &[
            r"(\s-[Pky]GAP)WORD",
            r"(\s-pGAP)NUMBERLESS",
            r"(\bsetSPACE(?:passwordSPACE\d+|\d+SPACE(?:password|snmp))SPACE)WORD",
            r"(\buserSPACEtestSPACE\d+SPACE(?:16|20)SPACE)WORD",
        ],
    ),
    // -P is a second password (SNMP), or has no value (fence_ipmilan); -c is SNMP's community. sudo's second line may be any tool's.
    (r"fence_[a-z0-9_]+|ipmi-?power\b|\(command continued\)", &[r"(\s-[pc]GAP)WORD", r"(\s-PGAP)TEXT", r"(\bSent: )WORD"]),
    (r"(?:pcs|ccs|vmrun)\b", &[r"(\s-[gv]?pGAP)WORD"]),
    (r"snmp(?:get|getnext|set|walk|bulkget|bulkwalk|status|table|trap)\b", &[r"(\s-[cAX]GAP)WORD"]),
    (r"(?:crm_resource|crm_attribute|attrd_updater|iscsiadm)\b", &[r"(NAMED[^\n]*?VALUED)WORD", r"(VALUED)WORD([^\n]*?NAMED)"]),
    // The shell of SUSE: `crm resource param f set passwd x`.
    (r"crm\b", &[r"(\bsetSPACE[\w.-]*NAME[\w.-]*SPACE)WORD"]),
];

/// These hold for single quotes as well.
const IN_QUOTES: [&str; 2] = [
    // `name="passwd" value="..."` of the CIB, either way around.
    r#"(\bTAGGED[^>\n]*?\bvalue\\*=\\*")(?:[^"\\]|\\[^"])*"#,
    r#"(\bvalue\\*=\\*")(?:[^"\\]|\\[^"])*(\\*"[^>\n]*?\bTAGGED)"#,
];

/// A value in quotes goes up to its closing quote, which may be escaped.
const ANYWHERE: [&str; 19] = [
    // `passwd="..."` of cluster.conf, `"password": "..."`, `password = ...` of anything else. A text of JSON may end with a colon.
    r#"(\b[\w.-]*NAME[\w.-]*\\*["']?\s*\\*[=:]\s*[ub]?\\*")(?:[^"\\,}\n]|\\[^"]|[,}][^"\n])(?:[^"\\]|\\[^"])*"#,
    r#"(\b[\w.-]*NAME[\w.-]*\\*["']?\s*\\*[=:]\s*[ub]?\\*')[^'\n]*(?:'(?:\\*'|\\*"'\\*")'[^'\n]*)*"#,
    r#"(\b[\w.-]*NAME[\w.-]*\\*["']?\s*\\*[=:]\s*)(?:\\[^\s"'\\\w]|[^\s"'<>\\])(?:\\[^\s"]|\\*["'][\w@#$%^&+~]|[^\s"'<>\\])*"#,
    r"((?:^|[^\w-])--?[\w-]*(?i:password|passwd|passphrase|secret|community|api-?key|access-?key|secret-?key|hexadecimal[_-]kg)EQ)WORD",
    // A token of corosync's is a number of milliseconds.
    r#"(\b[\w.-]*(?i:token)\\*["']?\s*\\*[=:]\s*\\*")[^"\\]*[A-Za-z][^"\\]*"#,
    r#"(\b[\w.-]*(?i:token)\\*["']?\\*=)[^\s"'<>\\]*[A-Za-z][^\s"'<>\\]*"#,
    r"(--[\w-]*(?i:token)EQ)NUMBERLESS",
    // What crm_resource says that it has set.
    r#"(\bname=[\w.-]*(?:NAME|(?i:token)\b)[\w.-]*[ \t](?:[^\n>]*?[ \t])?value=)(?:[^\n\\]|\\[^\n]|\\)*?("[,:}\]]|\n|$)"#,
    // Changes of the CIB, as pacemaker's log and its patches have them.
    r#"(NVPAIR[^\n]*?@value=)(?:[^\n\\]|\\[^\n]|\\)*?(, @|"[,:}\]]|\n|$)"#,
    r#"(NVPAIR[^\n]*?<change-attr\b[^>\n]*?[ \t]value=\\*")(?:[^"\\]|\\[^"])*"#,
    // `scheme://user:password@host`.
    r#"((?i:\b[a-z][a-z0-9+.-]*)\\*:\\*/\\*/[^\s/:@"]*:)[^\s/"'<>]+(@)"#,
    // Agents that speak HTTP.
    r#"((?i:authorization)\\*["']?\s*[:=]\s*\\*["']?(?i:basic|bearer|digest|token)\s+)[^\s"'\\<>]+"#,
    // What is handed to qemu, or given to libvirt to keep or to set.
    r#"(\bsecret\\*["']?,[^\n]*?\bdata\\*["']?\s*[=:]\s*\\*["']?)[^\s,"'\\<>]+"#,
    r"(\b(?:set_passwordSPACE(?:vnc|spice)|changeSPACEvncSPACEpassword)SPACE)WORD",
    r"(\bset-user-passwordSPACE(?:TEXTSPACE){2})TEXT",
    r"(\bsecret-set-valueSPACETEXTSPACE)TEXT",
    r"(\bsecret-set-value\b[^\n]*?--base64EQ)WORD",
    // How scripts set the password of hacluster, and log in.
    r#"(\bechoSPACE)(?:[^\n|"\\]|"[^,:}\]\n|]|\\[^\n|])+(\\*\|[^\n]*?passwd)"#,
    r"(\bsshpassSPACE-pGAP)WORD",
];

static HINT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(HINTS).ok());
static SECRETS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    let single = IN_QUOTES.map(|pattern| whole(pattern).replace('"', "'"));
    let all = IN_QUOTES.into_iter().chain(ANYWHERE).map(whole).chain(single);
    all.filter_map(|pattern| Regex::new(&pattern).ok()).collect()
});
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = TOOLS.map(|(name, _)| format!("({name})")).join("|");
    Regex::new(&format!(r#"(?-u)(?:^|[\s/"'=(\[:>;|&`])(?:{names})"#)).ok()
});
static ARGUMENTS: LazyLock<Vec<Vec<Regex>>> = LazyLock::new(|| TOOLS.iter().map(|(_, patterns)| compiled(patterns)).collect());

/// A pattern with its words filled in. Bytes count, for a secret may be no UTF-8.
fn whole(pattern: &str) -> String {
    WORDS.iter().fold(format!("(?-u){pattern}"), |whole, (word, stands_for)| whole.replace(word, stands_for))
}

fn compiled(patterns: &[&str]) -> Vec<Regex> {
    patterns.iter().filter_map(|pattern| Regex::new(&whole(pattern)).ok()).collect()
}

/// How many patterns cannot be compiled, and would let secrets pass. None ever may: a test sees to it.
pub fn broken_patterns() -> usize {
    let wanted: usize = TOOLS.iter().map(|(_, patterns)| patterns.len()).sum();
    let found: usize = ARGUMENTS.iter().map(Vec::len).sum();
    let lookouts = usize::from(HINT.is_none()) + usize::from(NAMES.is_none());
    lookouts + (wanted - found) + (2 * IN_QUOTES.len() + ANYWHERE.len() - SECRETS.len())
}

/// The same bytes with every secret replaced by `***`.
pub fn redact(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !HINT.as_ref().is_none_or(|hint| hint.is_match(bytes)) {
        return Cow::Borrowed(bytes);
    }
    match without_arguments(bytes) {
        Some(bytes) => Cow::Owned(replaced(&bytes, &SECRETS).into_owned()),
        None => replaced(bytes, &SECRETS),
    }
}

fn replaced<'a>(bytes: &'a [u8], patterns: &[Regex]) -> Cow<'a, [u8]> {
    let mut bytes = Cow::Borrowed(bytes);
    for pattern in patterns {
        if pattern.is_match(&bytes) {
            bytes = Cow::Owned(pattern.replace_all(&bytes, &b"${1}***${2}"[..]).into_owned());
        }
    }
    bytes
}

/// The same bytes without the secrets among the arguments of tools; none if there are none.
fn without_arguments(bytes: &[u8]) -> Option<Vec<u8>> {
    let named = NAMES.as_ref()?.captures_iter(bytes).filter_map(|found| {
        let (tool, name) = ARGUMENTS.iter().zip(1..).find_map(|(tool, group)| Some((tool, found.get(group)?)))?;
        Some((tool, name.end()))
    });
    let named: Vec<(&Vec<Regex>, usize)> = named.collect();
    let (mut out, mut done) = (Vec::new(), 0);
    for (at, (tool, from)) in named.iter().enumerate() {
        let to = named.get(at + 1).map_or(bytes.len(), |(_, next)| *next);
        let arguments = bytes.get(*from..to)?.split(|b| *b == b'\n').next()?;
        if let Cow::Owned(clean) = replaced(arguments, tool) {
            out.extend_from_slice(bytes.get(done..*from)?);
            out.extend_from_slice(&clean);
            done = from + arguments.len();
        }
    }
    if done == 0 {
        return None;
    }
    out.extend_from_slice(bytes.get(done..)?);
    Some(out)
}

/// As [`redact`], of text.
pub fn redact_text(text: &str) -> Cow<'_, str> {
    match redact(text.as_bytes()) {
        Cow::Borrowed(_) => Cow::Borrowed(text),
        Cow::Owned(bytes) => Cow::Owned(String::from_utf8_lossy(&bytes).into_owned()),
    }
}

/// What a tool or a library said, for an operator: without what looks like a password, and harmless ([`text::clean`]). The one way of its
/// words into a text of ours.
pub fn said(words: &str) -> String {
    text::clean(&redact_text(words))
}

/// As [`said`], for bytes of any encoding.
pub fn said_bytes(words: &[u8]) -> String {
    text::clean_bytes(&redact(words))
}
