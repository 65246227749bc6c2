//! Which directives matter. Names in lower case, from ssh_config(5) of OpenSSH 10 and older names still read by it.

/// What a directive that quorate does not act on means to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Changes who, where or how we authenticate: named.
    Matters,
    /// Has no bearing on that.
    Harmless,
    /// Not a directive that we know: named, since nobody can tell.
    Unknown,
}

/// Directives that matter, with the values (lower case) that leave everything as it is.
const MATTER: &[(&str, &[&str])] = &[
    ("addressfamily", &["any"]),
    ("bindaddress", &[]),
    ("bindinterface", &[]),
    ("canonicalizehostname", &["no", "false", "none"]),
    ("casignaturealgorithms", &[]),
    ("certificatefile", &["none"]),
    ("checkhostip", &["no", "false"]),
    ("ciphers", &[]),
    ("controlpath", &["none"]),
    ("gssapiauthentication", &["no", "false"]),
    ("gssapikeyexchange", &["no", "false"]),
    ("hostbasedauthentication", &["no", "false"]),
    ("hostkeyalgorithms", &[]),
    ("kexalgorithms", &[]),
    ("knownhostscommand", &["none"]),
    ("macs", &[]),
    ("nohostauthenticationforlocalhost", &["no", "false"]),
    ("pkcs11provider", &["none"]),
    ("preferredauthentications", &["publickey"]),
    ("proxycommand", &["none"]),
    ("proxyusefdpass", &["no", "false"]),
    ("pubkeyacceptedalgorithms", &[]),
    ("pubkeyacceptedkeytypes", &[]),
    ("pubkeyauthentication", &["yes", "true", "unbound", "host-bound"]),
    ("refuseconnection", &[]),
    ("remotecommand", &["none"]),
    ("requiredrsasize", &[]),
    ("revokedhostkeys", &["none"]),
    ("securitykeyprovider", &["internal", "none"]),
    ("smartcarddevice", &["none"]),
    ("stricthostkeychecking", &["ask"]),
    ("verifyhostkeydns", &["no", "false"]),
];

#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "addkeystoagent", "afstokenpassing", "batchmode", "canonicaldomains", "canonicalizefallbacklocal", "canonicalizemaxdots",
    "canonicalizepermittedcnames", "challengeresponseauthentication", "channeltimeout", "cipher", "clearallforwardings", "compression", "compressionlevel", "connectionattempts", "connecttimeout", "controlmaster",
    "controlpersist", "dsaauthentication", "dynamicforward", "enableescapecommandline", "enablesshkeysign", "escapechar",
    "exitonforwardfailure", "fallbacktorsh", "fingerprinthash", "forkafterauthentication", "forwardagent", "forwardx11",
    "forwardx11timeout", "forwardx11trusted", "gatewayports", "globalknownhostsfile2", "gssapiclientidentity",
    "gssapidelegatecredentials", "gssapikexalgorithms", "gssapirenewalforcesrekey", "gssapiserveridentity", "gssapitrustdns",
    "hashknownhosts", "hostbasedacceptedalgorithms", "hostbasedkeytypes", "ignoreunknown", "ipqos", "kbdinteractiveauthentication",
    "kbdinteractivedevices", "keepalive", "kerberosauthentication", "localcommand", "localforward", "loglevel", "logverbose",
    "numberofpasswordprompts", "obscurekeystroketiming", "passwordauthentication", "permitlocalcommand",
    "permitremoteopen", "protocol", "rekeylimit", "remoteforward", "requesttty", "rhostsauthentication", "rhostsrsaauthentication", "rsaauthentication",
    "sendenv", "serveralivecountmax", "serveraliveinterval", "sessiontype", "setenv", "skeyauthentication", "stdinnull",
    "streamlocalbindmask", "streamlocalbindunlink", "syslogfacility", "tcpkeepalive", "tisauthentication", "tunnel",
    "tunneldevice", "updatehostkeys", "usekeychain", "useprivilegedport", "userknownhostsfile2", "usersh", "useroaming", "versionaddendum",
    "visualhostkey", "warnweakcrypto", "xauthlocation",
];

/// What a directive with this first argument means to us.
pub fn weight(keyword: &str, value: &str) -> Weight {
    if HARMLESS.contains(&keyword) {
        return Weight::Harmless;
    }
    match MATTER.iter().find(|(name, _)| *name == keyword) {
        Some((_, without_effect)) if without_effect.contains(&value.to_ascii_lowercase().as_str()) => Weight::Harmless,
        Some(_) => Weight::Matters,
        None => Weight::Unknown,
    }
}
