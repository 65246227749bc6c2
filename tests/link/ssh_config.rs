//! ssh_config against ssh_config(5), and against `ssh -G` where OpenSSH's client is there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use quorate::domain::place::Place;
use quorate::link::ssh_config::{Files, ResolveError, Surroundings, Wish, resolve};
use quorate::link::{Hop, HostKeys, Target};

struct World {
    folder: tempfile::TempDir,
    around: Surroundings,
}

impl World {
    fn new(config: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (home, system) = (folder.path().join("home"), folder.path().join("etc"));
        std::fs::create_dir_all(home.join(".ssh")).unwrap();
        std::fs::create_dir_all(&system).unwrap();
        std::fs::write(home.join(".ssh/config"), config).unwrap();
        let env = BTreeMap::from([("SSH_AUTH_SOCK".to_owned(), "/run/agent".to_owned()), ("KEYS".to_owned(), "/keys".to_owned())]);
        let around = Surroundings { home, user: "oper".to_owned(), uid: 1000, host: "desk.example.net".to_owned(), system, env };
        Self { folder, around }
    }

    fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    fn ssh(&self, name: &str) -> PathBuf {
        self.around.home.join(".ssh").join(name)
    }

    fn try_target(&self, place: &str) -> Result<Target, ResolveError> {
        resolve(&Wish::new(place.parse().unwrap()), &Files::Usual, &self.around)
    }

    fn target(&self, place: &str) -> Target {
        self.try_target(place).unwrap()
    }

    /// The notes with the temporary folder left out.
    fn notes(&self, place: &str) -> Vec<String> {
        let folder = format!("{}/", self.folder.path().display());
        self.target(place).not_honoured.iter().map(|note| note.replace(&folder, "")).collect()
    }
}

fn end(config: &str, place: &str) -> Hop {
    World::new(config).target(place).end
}

#[test]
fn without_a_file_everything_has_its_default() {
    let world = World::new("");
    world.write("home/.ssh/id_rsa", "");
    world.write("home/.ssh/id_ed25519", "");
    let target = world.target("N1");
    let etc = &world.around.system;
    assert_eq!(
        target.end,
        Hop {
            alias: "N1".to_owned(),
            host: "n1".to_owned(),
            port: 22,
            user: "oper".to_owned(),
            host_key_alias: None,
            known_hosts: vec![
                world.ssh("known_hosts"),
                world.ssh("known_hosts2"),
                etc.join("ssh_known_hosts"),
                etc.join("ssh_known_hosts2")
            ],
            identities: vec![world.ssh("id_ed25519"), world.ssh("id_rsa")],
            agent: Some(PathBuf::from("/run/agent")),
            identities_only: false,
            legacy: false,
        }
    );
    assert_eq!((target.jumps, target.not_honoured), (Vec::new(), Vec::new()));
}

#[test]
fn host_port_and_user() {
    let cases = [
        ("Host n1\n HostName n1.example.net\n Port 2201\n User root", "n1", "root@n1.example.net:2201"),
        ("Host n1\n User a\nHost *\n User b\n Port 23", "n1", "a@n1:23"),
        ("Host n1\n User a", "n2", "oper@n2:22"),
        ("Host n* !n2\n User a", "n2", "oper@n2:22"),
        ("Host !n2 n*\n User a", "n1", "a@n1:22"),
        ("Host a b n1\n User a", "n1", "a@n1:22"),
        ("Host n?\n User a", "n10", "oper@n10:22"),
        ("User a\nHost n1\nUser b", "n1", "a@n1:22"),
        ("Host n1\n User a", "root@n1:2222", "root@n1:2222"),
        ("Host *\n HostName %h.example.net", "n1", "oper@n1.example.net:22"),
        ("HostName=n1.example.net\nPort = 2201\nUser\t=\troot", "n1", "root@n1.example.net:2201"),
        ("hostNAME \"n1.example.net\" # here\nUSER 'the admin'", "n1", "the admin@n1.example.net:22"),
        ("Host \"n1\"\r\n\tPort 2201\r\n", "n1", "oper@n1:2201"),
        ("Match host n1\n User a", "n1", "a@n1:22"),
        ("Match host n1.example.net\n User a\nHost n1\n HostName n1.example.net", "n1", "oper@n1.example.net:22"),
        ("Host n1\n HostName n1.example.net\nMatch host *.example.net\n User a", "n1", "a@n1.example.net:22"),
        ("Host n1\n HostName n1.example.net\nMatch originalhost n1\n User a", "n1", "a@n1.example.net:22"),
        ("Match user root\n Port 2201", "root@n1", "root@n1:2201"),
        ("Match user root,admin host n1\n Port 2201", "admin@n1", "admin@n1:2201"),
        ("Match user root host n2\n Port 2201", "root@n1", "root@n1:22"),
        ("Match !host n1\n Port 2201", "n1", "oper@n1:22"),
        ("Match host *,!n1\n Port 2201", "n1", "oper@n1:22"),
        ("Match localuser oper\n Port 2201", "n1", "oper@n1:2201"),
        ("Host n1\n Tag lab\nMatch tagged lab\n Port 2201", "n1", "oper@n1:2201"),
        ("Host none\n Port 1\nMatch all\n Port 2201", "n1", "oper@n1:2201"),
        ("Match final host n1.example.net\n User a\nHost n1\n HostName n1.example.net", "n1", "a@n1.example.net:22"),
        ("Match canonical\n User a", "n1", "oper@n1:22"),
        (
            "Host n1\n HostName n1.example.net\n Port 2201\n User %u-%n-%h-%p-%L-%%",
            "n1",
            "oper-n1-n1.example.net-2201-desk-%@n1.example.net:2201",
        ),
        ("User x${KEYS}", "n1", "x/keys@n1:22"),
        ("User %u", "%u@n1", "%u@n1:22"),
        // Where anything asks for a final pass, Host is compared with what HostName said, and that stands.
        (
            "Host n1\n HostName n1.ha.example.net\nHost *.ha.example.net\n User root\nMatch final all\n Port 2201",
            "n1",
            "root@n1.ha.example.net:2201",
        ),
        ("Host n1\n HostName n1.ha.example.net\nHost *.ha.example.net\n User root", "n1", "oper@n1.ha.example.net:22"),
        ("Host n1\n HostName n2\n User a\nHost n1\n Port 1\nMatch final originalhost n1\n Port 2", "n1", "a@n2:1"),
        ("Match final host n1\n HostName n2", "n1", "oper@n1:22"),
    ];
    for (config, place, expected) in cases {
        let world = World::new(config);
        let target = world.target(place);
        let Hop { user, host, port, .. } = &target.end;
        assert_eq!(format!("{user}@{host}:{port}"), expected, "{config:?} for {place}");
        assert_eq!(target.not_honoured, Vec::<String>::new(), "{config:?}");
    }
}

#[test]
fn keys_and_agents() {
    let world = World::new(
        "Host n1\n IdentityFile ~/.ssh/%n\n IdentityFile \"/keys/two words\"\n IdentitiesOnly yes\nHost *\n IdentityFile ${KEYS}/%r-%p-%h-%u-%i-%L-%%\n IdentityFile %d/x\n IdentitiesOnly no",
    );
    let end = world.target("root@n1:2201").end;
    let paths = [world.ssh("n1"), "/keys/two words".into(), "/keys/root-2201-n1-oper-1000-desk-%".into(), world.around.home.join("x")];
    assert_eq!(end.identities, paths);
    assert!(end.identities_only);
    assert!(!world.target("n2").end.identities_only);
}

#[test]
fn default_keys_only_where_none_are_named() {
    for (config, expected) in
        [("IdentityFile /k", vec!["/k"]), ("IdentityFile none", vec![]), ("IdentityFile none\nIdentityFile /k", vec!["/k"])]
    {
        let world = World::new(config);
        world.write("home/.ssh/id_rsa", "");
        let expected: Vec<PathBuf> = expected.into_iter().map(PathBuf::from).collect();
        assert_eq!(world.target("n1").end.identities, expected, "{config}");
    }
}

/// The private half may be in an agent, or in a token that only the agent reaches.
#[test]
fn a_default_key_may_be_there_by_its_public_half_alone() {
    let world = World::new("IdentitiesOnly yes");
    for file in ["id_rsa.pub", "id_ed25519_sk.pub", "id_ecdsa"] {
        world.write(&format!("home/.ssh/{file}"), "");
    }
    assert_eq!(world.target("n1").end.identities, [world.ssh("id_ecdsa"), world.ssh("id_rsa"), world.ssh("id_ed25519_sk")]);
}

#[test]
fn agents() {
    let cases = [
        ("", Some("/run/agent")),
        ("IdentityAgent none", None),
        ("IdentityAgent SSH_AUTH_SOCK", Some("/run/agent")),
        ("IdentityAgent $KEYS", Some("/keys")),
        ("IdentityAgent ${KEYS}/%r.sock", Some("/keys/oper.sock")),
        ("IdentityAgent $UNSET", None),
        ("IdentityAgent /run/other", Some("/run/other")),
    ];
    for (config, expected) in cases {
        assert_eq!(end(config, "n1").agent, expected.map(PathBuf::from), "{config}");
    }
    let mut world = World::new("IdentityAgent ~/agent.sock");
    assert_eq!(world.target("n1").end.agent, Some(world.around.home.join("agent.sock")));
    world = World::new("");
    world.around.env.clear();
    assert_eq!(world.target("n1").end.agent, None);
}

#[test]
fn known_hosts_files() {
    let world = World::new(
        "Host n1\n UserKnownHostsFile ~/kh /kh/%h \"/a b\"\n GlobalKnownHostsFile /g\n HostKeyAlias cluster\nHost n2\n UserKnownHostsFile none\n GlobalKnownHostsFile none\nHost n3\nUserKnownHostsFile none",
    );
    let n1 = world.target("n1").end;
    assert_eq!(n1.known_hosts, [world.around.home.join("kh"), "/kh/n1".into(), "/a b".into(), "/g".into()]);
    assert_eq!(n1.host_key_alias.as_deref(), Some("cluster"));
    assert_eq!(world.target("n2").end.known_hosts, [Path::new("/dev/null")]);
    assert_eq!(world.target("n3").end.known_hosts[0], Path::new("/dev/null"), "the system's file is never the one to write to");
    for unknown in ["${NOBODY}/kh", "~other/kh", "/kh/%T"] {
        let known = end(&format!("UserKnownHostsFile {unknown}"), "n1").known_hosts;
        assert_eq!(known[0], Path::new("/dev/null"), "{unknown}");
    }
    // The hash of desk.example.net, n1, 22 and oper.
    let hashed = World::new("UserKnownHostsFile ~/kh/%C");
    assert_eq!(hashed.target("n1").end.known_hosts[0], hashed.around.home.join("kh/eb6cfe55f98dd9644bf75804495df81d67dae9ca"));
}

#[test]
fn includes() {
    let world =
        World::new("Include conf.d/*.conf\nInclude ~/more [x]*/[!a]? missing /nonexistent/*\nHost n1\n Include only-n1\nHost *\n Port 23");
    world.write("home/.ssh/conf.d/20.conf", "Host n1\n User second\n HostKeyAlias twenty");
    world.write("home/.ssh/conf.d/10.conf", "Host n1\n User first");
    world.write("home/.ssh/conf.d/.hidden.conf", "User hidden\nPort 1");
    world.write("home/.ssh/conf.d/20.conf~", "Port 2");
    world.write("home/more", "Host n2\n User more");
    world.write("home/.ssh/xy/b1", "IdentityFile /b1");
    world.write("home/.ssh/xy/a1", "IdentityFile /a1");
    world.write("home/.ssh/only-n1", "Port 2201\nHost n9\n Port 9");
    let n1 = world.target("n1").end;
    assert_eq!((n1.user.as_str(), n1.port, n1.host_key_alias.as_deref()), ("first", 2201, Some("twenty")));
    assert_eq!(n1.identities, [Path::new("/b1")]);
    let n2 = world.target("n2").end;
    assert_eq!((n2.user.as_str(), n2.port), ("more", 23));
}

#[test]
fn includes_with_tokens_and_variables() {
    let world =
        World::new("Host n1\n HostName n1.example.net\nInclude conf.d/%n-%h-%u ~/%L/*.conf\nInclude ${KEYS}/no conf.d/${NOBODY} conf.d/%C");
    world.write("home/.ssh/conf.d/n1-n1.example.net-oper", "Port 2201");
    world.write("home/desk/a.conf", "User root");
    let target = world.target("n1");
    assert_eq!((target.end.user.as_str(), target.end.port), ("root", 2201));
    let notes = world.notes("n1");
    let unknown = ["${NOBODY}", "%C"]
        .map(|what| format!("home/.ssh/config:4: Include ${{KEYS}}/no conf.d/${{NOBODY}} conf.d/%C ({what} is not known here)"));
    assert_eq!(notes, unknown);
    let user = World::new("User %r-${NOBODY}");
    assert_eq!(
        (user.target("n1").end.user.as_str(), user.notes("n1")),
        ("%r-${NOBODY}", vec!["User %r-${NOBODY} (%r is not known here)".to_owned()])
    );
}

#[test]
fn includes_that_go_in_circles_end() {
    let world = World::new("Include config config\nUser a");
    let target = world.target("n1");
    assert_eq!(target.end.user, "a");
    assert!(target.not_honoured.iter().any(|n| n.contains("too many")), "{:?}", target.not_honoured);
}

#[test]
fn the_users_file_goes_before_the_systems() {
    let world = World::new("User mine\nIdentityFile /mine");
    world.write("etc/ssh_config", "User theirs\nPort 2201\nIdentityFile /theirs\nInclude ssh_config.d/*");
    world.write("etc/ssh_config.d/a", "HostKeyAlias deep");
    let end = world.target("n1").end;
    assert_eq!((end.user.as_str(), end.port, end.host_key_alias.as_deref()), ("mine", 2201, Some("deep")));
    assert_eq!(end.identities, [Path::new("/mine"), Path::new("/theirs")]);
}

#[test]
fn another_file_or_none() {
    let world = World::new("User mine");
    world.write("etc/ssh_config", "Port 2201");
    let other = world.write("other", "User other");
    let get = |files| resolve(&Wish::new("n1".parse().unwrap()), &files, &world.around);
    let only = get(Files::from_option(Some(&other))).unwrap().end;
    assert_eq!((only.user.as_str(), only.port), ("other", 22));
    let none = get(Files::from_option(Some(Path::new("none")))).unwrap().end;
    assert_eq!((none.user.as_str(), none.port), ("oper", 22));
    let missing = get(Files::Only(world.folder.path().join("nothing"))).unwrap_err();
    assert!(matches!(&missing, ResolveError::File { .. }) && missing.to_string().starts_with("cannot read "), "{missing}");
}

#[test]
fn jump_hosts() {
    let config = "Host n1\n ProxyJump admin@b1,[2001:db8::2]:2202\nHost b1\n HostName bastion.example.net\n Port 2200\n ProxyJump outer\n IdentityFile /b1\nHost n2\n ProxyJump none\nHost n3\n ProxyJump ssh://x@%h-jump:99/\nHost outer\nUser o\nHost n*\n ProxyJump always";
    let way = |place: &str| {
        let target = World::new(config).target(place);
        target.jumps.iter().chain([&target.end]).map(|h| format!("{}@{}:{}", h.user, h.host, h.port)).collect::<Vec<_>>()
    };
    assert_eq!(way("n1"), ["o@outer:22", "admin@bastion.example.net:2200", "oper@2001:db8::2:2202", "oper@n1:22"]);
    assert_eq!(way("n2"), ["oper@n2:22"]);
    assert_eq!(way("n3"), ["oper@always:22", "x@n3-jump:99", "oper@n3:22"]);
    assert_eq!(way("n4"), ["oper@always:22", "oper@n4:22"]);
    assert_eq!(World::new(config).target("n1").jumps[1].identities, [Path::new("/b1")]);
}

#[test]
fn jump_hosts_in_a_circle() {
    for config in ["ProxyJump bastion", "Host n1\n ProxyJump b1\nHost b1\n ProxyJump n1", "Host n1\n ProxyJump n1"] {
        let error = World::new(config).try_target("n1").unwrap_err();
        assert!(matches!(error, ResolveError::Loop(_)), "{config:?}: {error}");
    }
    let error = World::new("ProxyJump b1").try_target("n1").unwrap_err().to_string();
    assert!(error.contains("b1 via b1 via n1") && error.contains("ProxyJump none"), "{error}");
    let error = World::new("ProxyJump x%n").try_target("n1").unwrap_err();
    assert!(matches!(error, ResolveError::TooLong(_)), "{error}");
    let error = World::new("ProxyJump a:99999").try_target("n1").unwrap_err();
    assert!(error.to_string().contains("'99999' is no port"), "{error}");
}

#[test]
fn what_was_asked_for_goes_first() {
    let world = World::new(
        "Host n1\n User a\n ProxyJump wrong\n IdentityFile /conf\n UserKnownHostsFile /conf-kh\n HostKeyAlias c\nHost b*\n IdentityFile /b",
    );
    let mut wish = Wish::new("root@n1".parse().unwrap());
    wish.jump = Some(Place::list("b1:2201,b2").unwrap());
    wish.identity = Some("/mine".into());
    wish.known_hosts = Some("/kh".into());
    let target = resolve(&wish, &Files::Usual, &world.around).unwrap();
    let jumps: Vec<_> = target.jumps.iter().map(|h| (h.host.as_str(), h.port)).collect();
    assert_eq!(jumps, [("b1", 2201), ("b2", 22)]);
    assert_eq!(target.end.identities, [Path::new("/mine"), Path::new("/conf")]);
    assert_eq!(target.jumps[0].identities, [Path::new("/mine"), Path::new("/b")]);
    assert!(target.jumps.iter().chain([&target.end]).all(|h| h.known_hosts == [Path::new("/kh")]));
    wish.jump = Some(Vec::new());
    assert!(resolve(&wish, &Files::Usual, &world.around).unwrap().jumps.is_empty(), "'none' goes before ProxyJump");
}

/// `--host-keys ask` without anybody who could be asked is strict.
#[test]
fn where_nobody_is_to_be_asked_an_unknown_host_key_is_refused() {
    let world = World::new("");
    for (said, alone) in
        [(HostKeys::Ask, HostKeys::Strict), (HostKeys::AcceptNew, HostKeys::AcceptNew), (HostKeys::Strict, HostKeys::Strict)]
    {
        for (unattended, expected) in [(false, said), (true, alone)] {
            let wish = Wish { host_keys: said, unattended, ..Wish::new("n1".parse().unwrap()) };
            let target = resolve(&wish, &Files::Usual, &world.around).unwrap();
            assert_eq!((target.host_keys, target.unattended), (expected, unattended));
        }
    }
}

#[test]
fn what_is_not_honoured_is_named() {
    let cases: &[(&str, &[&str])] = &[
        ("ProxyCommand nc %h %p", &["home/.ssh/config:1: ProxyCommand nc %h %p"]),
        ("Host other\n ProxyCommand nc", &[]),
        ("ProxyCommand none\nProxyCommand nc", &[]),
        ("ProxyJump none\nProxyCommand nc", &[]),
        ("proxyusefdpass yes", &["home/.ssh/config:1: proxyusefdpass yes"]),
        ("Host n1\n\n StrictHostKeyChecking=no", &["home/.ssh/config:3: StrictHostKeyChecking no"]),
        ("StrictHostKeyChecking ask", &[]),
        ("PubkeyAuthentication no", &["home/.ssh/config:1: PubkeyAuthentication no"]),
        ("PubkeyAuthentication yes\nPubkeyAuthentication no", &[]),
        ("GSSAPIAuthentication no\nHostbasedAuthentication no\nCanonicalizeHostname no\nAddressFamily any\nVerifyHostKeyDNS no", &[]),
        (
            "GSSAPIAuthentication yes\nHostbasedAuthentication yes",
            &["home/.ssh/config:1: GSSAPIAuthentication yes", "home/.ssh/config:2: HostbasedAuthentication yes"],
        ),
        ("CertificateFile /a\nCertificateFile /b", &["home/.ssh/config:1: CertificateFile /a", "home/.ssh/config:2: CertificateFile /b"]),
        (
            "PKCS11Provider /lib/p.so\nSecurityKeyProvider /lib/s.so",
            &["home/.ssh/config:1: PKCS11Provider /lib/p.so", "home/.ssh/config:2: SecurityKeyProvider /lib/s.so"],
        ),
        ("CanonicalizeHostname yes\nCanonicalDomains example.net", &["home/.ssh/config:1: CanonicalizeHostname yes"]),
        (
            "KnownHostsCommand /bin/x %H\nRevokedHostKeys /r",
            &["home/.ssh/config:1: KnownHostsCommand /bin/x %H", "home/.ssh/config:2: RevokedHostKeys /r"],
        ),
        (
            "HostKeyAlgorithms ssh-rsa\nPubkeyAcceptedAlgorithms +ssh-rsa",
            &["home/.ssh/config:1: HostKeyAlgorithms ssh-rsa", "home/.ssh/config:2: PubkeyAcceptedAlgorithms +ssh-rsa"],
        ),
        (
            "BindAddress 192.0.2.1\nBindInterface eth0\nAddressFamily inet6",
            &[
                "home/.ssh/config:1: BindAddress 192.0.2.1",
                "home/.ssh/config:2: BindInterface eth0",
                "home/.ssh/config:3: AddressFamily inet6",
            ],
        ),
        (
            "KexAlgorithms x\nCiphers x\nMACs x\nControlPath ~/c\nCASignatureAlgorithms x",
            &[
                "home/.ssh/config:1: KexAlgorithms x",
                "home/.ssh/config:2: Ciphers x",
                "home/.ssh/config:3: MACs x",
                "home/.ssh/config:4: ControlPath ~/c",
                "home/.ssh/config:5: CASignatureAlgorithms x",
            ],
        ),
        (
            "PreferredAuthentications password\nRemoteCommand tmux",
            &["home/.ssh/config:1: PreferredAuthentications password", "home/.ssh/config:2: RemoteCommand tmux"],
        ),
        (
            "ServerAliveInterval 5\nControlMaster auto\nControlPath none\nCompression yes\nLogLevel DEBUG\nSendEnv LANG\nForwardAgent yes\nAddKeysToAgent yes\nHashKnownHosts yes",
            &[],
        ),
        (
            "Match exec \"touch /tmp/never\"\n User a",
            &["home/.ssh/config:1: Match exec \"touch /tmp/never\" ('exec' is not evaluated, the block is left out)"],
        ),
        ("Match host n2 exec x\n User a", &[]),
        ("Frobnicate yes", &["home/.ssh/config:1: Frobnicate yes (unknown)"]),
        ("IgnoreUnknown Frob*\nFrobnicate yes", &[]),
        (
            "Port 99999\nIdentityFile \"/a",
            &["home/.ssh/config:1: Port 99999 (no port)", "home/.ssh/config:2: IdentityFile \"/a (quotes do not close)"],
        ),
        ("IdentityFile %C", &[]),
        ("Host n1\n ProxyJump b1\n IdentityFile %C", &["%C (%C is not known here)"]),
        ("IdentityFile %T", &["%T (%T is not known here)"]),
        ("User", &["home/.ssh/config:1: User (without a value)"]),
    ];
    for (config, expected) in cases {
        assert_eq!(World::new(config).notes("n1"), *expected, "{config:?}");
    }
}

#[test]
fn a_jump_hosts_notes_name_it() {
    let world = World::new("Host b1\n BindAddress 192.0.2.1\nHost n1\n ProxyJump b1");
    assert_eq!(world.notes("n1"), ["home/.ssh/config:2: BindAddress 192.0.2.1 (for the jump host b1)"]);
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    let world = World::new("");
    std::fs::remove_file(world.ssh("config")).unwrap();
    std::fs::create_dir(world.ssh("config")).unwrap();
    let notes = world.notes("n1");
    assert!(matches!(notes.as_slice(), [one] if one.starts_with("home/.ssh/config: cannot be read")), "{notes:?}");
}

/// What `ssh -G` says; none where there is no ssh.
fn openssh(config: &Path, place: &Place) -> Option<BTreeMap<String, Vec<String>>> {
    let mut ssh = Command::new("ssh");
    ssh.arg("-G").arg("-F").arg(config);
    if let Some(user) = &place.user {
        ssh.args(["-l", user]);
    }
    if let Some(port) = place.port {
        ssh.args(["-p", &port.to_string()]);
    }
    let output = ssh.arg(&place.host).output().ok()?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut values = BTreeMap::<String, Vec<String>>::new();
    for (key, value) in String::from_utf8(output.stdout).unwrap().lines().filter_map(|l| l.split_once(' ')) {
        values.entry(key.to_owned()).or_default().push(value.to_owned());
    }
    Some(values)
}

#[test]
fn openssh_agrees() {
    let world = World::new("");
    let included = world.write("inc/10", "Host n1\n Port 2210\n IdentityFile /inc\nHost *\n HostKeyAlias inc");
    let include = format!("Host n1 n2\n Include {}/*\nHost n3\n User three", included.parent().unwrap().display());
    let configs = [
        "Host n1\n HostName N1.Example.NET\n User root\n Port 2201\n IdentityFile /a\nHost n* !n2\n User other\n IdentityFile /b\n IdentitiesOnly yes",
        "Host n1\nHostName %h.example.net\nMatch host n1.example.net\nUser matched\nMatch originalhost n1,n2 !user root\nPort 2201",
        "Host j*\n ProxyJump none\nHost *\n UserKnownHostsFile /a /b\n ProxyJump x@j1:2201,j2\nHost n1\n ProxyJump none\n HostKeyAlias k",
        "Match final host n1.example.net\n User fin\nHost n1\n HostName n1.example.net",
        "Host n1\n HostName n1.ha.example.net\nHost *.ha.example.net\n Port 2202\n ProxyJump j1\n IdentityFile /fin\nMatch final all\n HostName other",
        "Match !final host n1\n Port 77\nMatch final all\n User f",
        "User=\"a b\"\nPort=2201 # comment\nIdentityFile='/x y'\nIdentityFile /x\\ z\nIdentityFile /q\"r s\"t",
        "Match host n2,n1 user oper,root\n Port 3\nMatch all\n IdentityFile /all",
        "Host N1\n Port 5\nMatch host N2\n Port 6",
        &include,
    ];
    for (i, config) in configs.iter().enumerate() {
        let file = world.write(&format!("config{i}"), config);
        for place in ["root@n1", "root@n2", "oper@n3:2222", "root@N1"] {
            let place: Place = place.parse().unwrap();
            let Some(theirs) = openssh(&file, &place) else { return };
            let theirs = |key: &str| theirs.get(key).cloned().unwrap_or_default();
            let target = resolve(&Wish::new(place.clone()), &Files::Only(file.clone()), &world.around).unwrap();
            let ours = &target.end;
            let case = format!("{config:?} for {place}");
            assert_eq!(theirs("hostname"), [ours.host.as_str()], "{case}");
            assert_eq!(theirs("port"), [ours.port.to_string()], "{case}");
            assert_eq!(theirs("user"), [ours.user.as_str()], "{case}");
            assert_eq!(theirs("identitiesonly"), [if ours.identities_only { "yes" } else { "no" }], "{case}");
            assert_eq!(theirs("hostkeyalias"), ours.host_key_alias.iter().cloned().collect::<Vec<_>>(), "{case}");
            let keys: Vec<String> = theirs("identityfile").into_iter().filter(|f| !f.starts_with("~/")).collect();
            assert_eq!(keys, ours.identities.iter().map(|p| p.display().to_string()).collect::<Vec<_>>(), "{case}");
            let known = theirs("userknownhostsfile").join(" ");
            if !known.contains("/.ssh/") {
                assert!(
                    ours.known_hosts.iter().map(|p| p.display().to_string()).collect::<Vec<_>>().join(" ").starts_with(&known),
                    "{case}"
                );
            }
            let jumps: Vec<String> = target.jumps.iter().map(|h| h.host.clone()).collect();
            let theirs: Vec<String> = theirs("proxyjump").iter().flat_map(|j| Place::list(j).unwrap()).map(|p| p.host).collect();
            assert_eq!(theirs, jumps, "{case}");
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300), host in "[a-z0-9.]{1,12}") {
        let world = World::new("");
        std::fs::write(world.ssh("config"), &bytes).unwrap();
        let target = world.try_target(&host);
        prop_assert!(target.is_ok() || String::from_utf8_lossy(&bytes).to_lowercase().contains("host"), "{target:?}");
    }

    #[test]
    fn any_directives_are_survived(lines in prop::collection::vec(("(Host|Match|Include|HostName|Port|User|IdentityFile|IdentityAgent|ProxyJump|UserKnownHostsFile|Tag)", "[ =]", "\\PC{0,24}"), 0..12)) {
        let text = lines.iter().map(|(key, eq, value)| format!("{key}{eq}{value}")).collect::<Vec<_>>().join("\n");
        let world = World::new(&text);
        match world.try_target("n1") {
            Ok(target) => prop_assert!(target.end.port != 0 && target.jumps.len() <= 16),
            Err(e) => prop_assert!(!e.to_string().is_empty()),
        }
    }
}
