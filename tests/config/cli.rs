//! The command line.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::CommandFactory as _;
use quorate::app::runtime::{WayKind, launch};
use quorate::cli::{self, Cli, Command, DemoCommand, HostKeyChoice, Stack};
use quorate::config::NodeConfig;
use quorate::domain::place::Place;
use quorate::link::ssh_config::{Files, Surroundings};
use quorate::link::{Become, HostKeys};

fn read(line: &str) -> Result<Cli, cli::Exit> {
    cli::read(std::iter::once("quorate").chain(line.split_whitespace()))
}

fn command(line: &str) -> Command {
    read(line).unwrap().command.unwrap()
}

#[test]
fn commands() {
    assert_eq!(read("").unwrap().command, None);
    assert_eq!(command("wallboard"), Command::Wallboard);
    assert!(matches!(command("status"), Command::Status(s) if !s.json));
    assert!(matches!(command("status --json"), Command::Status(s) if s.json));
    assert!(matches!(command("events --json --for 10s"), Command::Events(e) if e.json && e.duration == Some(Duration::from_secs(10))));
    assert!(matches!(command("events"), Command::Events(e) if e.duration.is_none()));
    assert!(matches!(command("doctor"), Command::Doctor(d) if d.sudoers.is_none()));
    assert!(matches!(command("doctor --sudoers operator"), Command::Doctor(d) if d.sudoers == Some(cli::RoleWord::Operator)));
    assert!(matches!(command("approve fence n1"), Command::Approve(_)));
    assert!(matches!(command("demo"), Command::Demo(d) if d.stack == Stack::Pacemaker && !d.story && d.command.is_none()));
    assert!(matches!(command("demo --stack rhcs --story --seed 7"), Command::Demo(d) if d.stack == Stack::Rhcs && d.story && d.seed == 7));
    assert!(
        matches!(command("demo status --json --stack rhcs"), Command::Demo(d) if d.stack == Stack::Rhcs && matches!(d.command, Some(DemoCommand::Status(s)) if s.json))
    );
    assert!(matches!(command("demo --seed 3 wallboard"), Command::Demo(d) if d.seed == 3 && d.command == Some(DemoCommand::Wallboard)));
    assert_eq!(command("replay a.rec"), Command::Replay { file: "a.rec".into() });
    assert_eq!(command("record a.rec --for 2m"), Command::Record { file: "a.rec".into(), duration: Some(Duration::from_secs(120)) });
    assert!(matches!(command("completions bash"), Command::Completions { .. }));
    assert_eq!(command("man"), Command::Man);
    assert_eq!(command("print vmware-service"), Command::Print { what: cli::Printed::VmwareService { vmx: None } });
    assert!(
        matches!(command("print vmware-service /a/b.vmx"), Command::Print { what: cli::Printed::VmwareService { vmx: Some(p) } } if p == "/a/b.vmx")
    );
    assert_eq!(read("print vmware-service wiki").unwrap_err().code, 64);
    assert_eq!(read("print").unwrap_err().code, 64);
}

#[test]
fn options_without_a_command_are_read_as_the_whole_command_line_reads_them() {
    use clap::Parser as _;
    let lines = [
        "",
        "--host n1",
        "--host=n1 --host n2 --read-only",
        "--cluster a --jump b,c --host-keys strict --ascii --theme mono",
        "--config c --identity i",
    ];
    for line in lines {
        let whole = Cli::try_parse_from(std::iter::once("quorate").chain(line.split_whitespace())).unwrap();
        assert_eq!(read(line).unwrap(), whole, "{line}");
    }
    for line in ["--host", "--read-onl", "--host-keys never", "--help", "--version", "-- demo", "--host n1 nonsense", "help"] {
        let whole = Cli::try_parse_from(std::iter::once("quorate").chain(line.split_whitespace())).map_err(|e| e.render().to_string());
        assert_eq!(read(line).map_err(|e| e.text), whole, "{line}");
    }
}

#[test]
fn global_options_stand_anywhere() {
    let options = "--config c --cluster net --host root@n1:2201 --host [::1]:22 --jump a@b1:23,b2 --identity k --known-hosts kh --host-keys accept-new --ssh-config none --read-only --theme t --keymap v --ascii";
    let before = read(&format!("{options} demo status --json")).unwrap();
    for line in [format!("demo {options} status --json"), format!("demo status --json {options}"), format!("demo status {options} --json")]
    {
        assert_eq!(read(&line).unwrap(), before, "{line}");
    }
    let global = before.global;
    assert_eq!(
        global.hosts,
        [
            Place { user: Some("root".to_owned()), host: "n1".to_owned(), port: Some(2201) },
            Place { user: None, host: "::1".to_owned(), port: Some(22) }
        ]
    );
    assert_eq!(global.jump.clone().unwrap().0.len(), 2);
    assert_eq!((global.host_keys, global.ssh_files()), (HostKeyChoice::AcceptNew, Files::None));
    assert!(global.read_only && global.ascii);
    let split = read("--host n1 --cluster c status --host=n2 --json").unwrap().global.hosts;
    assert_eq!(split, [Place::host("n1"), Place::host("n2")]);
}

#[test]
fn what_is_wrong_ends_with_64() {
    let cases = [
        ("statsu", "status"),
        ("--bogus", "--bogus"),
        ("status --jsn", "--json"),
        ("--host", "--host"),
        ("--host root@", "there is no host in 'root@'"),
        ("--host n1:99999", "'99999' is no port"),
        ("--jump a,,b", "there is no host in ''"),
        ("--host-keys yes", "accept-new"),
        ("events --for soon", "expected a duration"),
        ("events --for 0s", "expected a duration"),
        ("events --for 99999999999999999999h", "expected a duration"),
        ("replay", "<FILE>"),
        ("completions", "<SHELL>"),
        ("plan", "<COMMAND>"),
        ("plan fenc n1", "fence"),
        ("plan relocate vm1", "--to <NODE>"),
        ("plan relocate vm1 --to n1 --how fast", "live"),
        ("act fence n1 --how hard --confirm n1", "reboot"),
        ("act maintenance maybe --confirm on", "on"),
        ("plan grow vg0/data", "--by <SIZE>"),
        ("plan grow vg0/data --by 1G --to 2G", "--to"),
        ("plan grow data --by 1G", "like vg0/data"),
        ("plan grow vg0/data --by 10", "with its unit"),
        ("plan grow vg0/data --by -1G", "-1"),
        ("plan grow vg0/data --by 0G", "above zero"),
        ("plan stop", "<SERVICE>"),
        ("demo events", "events"),
        ("status extra", "extra"),
        ("--config a --config b", "--config"),
    ];
    for (line, words) in cases {
        let exit = read(line).unwrap_err();
        assert_eq!(exit.code, 64, "{line}: {}", exit.text);
        assert!(exit.text.contains(words), "{line}: {}", exit.text);
    }
}

#[test]
fn actions_are_read_as_the_contract_writes_them() {
    let same = [
        "relocate vm:wiki --to n2 --how suspend",
        "cancel vm1",
        "stop vm1",
        "stop vm1 --force",
        "register web1 --prefer n1,n2",
        "unregister web1",
        "policy vm:web1 --domain prefer-n2 --recovery relocate",
        "policy vm:web1 --recovery restart-disable",
        "fence n1 --how off",
        "confirm-fence n1",
        "test-fence n1",
        "drain n1",
        "maintenance on",
        "grow vg0/data --by 1073741824B",
        "grow vg0/data --to 1073741824B",
        "evacuate /dev/mapper/san1 --onto /dev/mapper/san2",
        "convalesce vm:wiki",
    ];
    for line in same {
        let Some(Command::Act(act)) = read(&format!("act {line} --confirm x --json")).unwrap().command else { panic!("{line}") };
        assert_eq!(act.action.action().to_string(), line);
        assert_eq!((act.confirm.as_deref(), act.json), (Some("x"), true));
    }
    let Some(Command::Plan(plan)) = read("plan --json grow /dev/vg0/data --by 1.5GiB").unwrap().command else { panic!() };
    assert_eq!((plan.action.action().to_string().as_str(), plan.json), ("grow vg0/data --by 1610612736B", true));
}

#[test]
fn help_and_version_end_with_0() {
    for (line, words) in [("--help", "GLOBAL"), ("-V", env!("CARGO_PKG_VERSION")), ("help status", "--json"), ("demo --help", "--stack")] {
        let exit = read(line).unwrap_err();
        assert_eq!(exit.code, 0, "{line}");
        assert!(exit.text.to_uppercase().contains(&words.to_uppercase()), "{line}: {}", exit.text);
    }
}

#[test]
fn help_in_short() {
    let help = Cli::command().term_width(100).render_help().to_string();
    insta::assert_snapshot!(help, @r#"
A terminal cockpit for clusters that keep virtual machines alive

Usage: quorate [OPTIONS] [COMMAND]

Commands:
  wallboard    The cockpit, read-only for good, made for a wall
  status       One snapshot to stdout; exit status 0 healthy, 1 degraded, 2 critical, 3 cannot tell
  events       The live timeline to stdout, a line for each event
  plan         What an action would do: steps, commands, consequences. Changes nothing
  act          Run a planned action without the screen; exit status 0 done and proved, 1 failed, 4
               refused, 5 outcome unknown
  doctor       Check the way to every node, tool by tool, with the cure for what is missing
  approve      Print the code with which another operator may run an action that needs two
  demo         The cockpit on the built-in simulated cluster
  replay       The cockpit on a recording
  record       Record what the nodes answer, without secrets, for replay
  completions  Print the completions for a shell
  man          Print the manual page
  print        Print something to install on the nodes
  help         Print this message or the help of the given subcommand(s)

Options:
  -h, --help     Print help (see more with '--help')
  -V, --version  Print version

Global options:
      --config <FILE>
          Configuration file [default: $XDG_CONFIG_HOME/quorate/config.toml]
      --cluster <NAME>
          Which configured cluster
      --host <[USER@]HOST[:PORT]>
          A node to ask, beside those of the configuration; may be repeated
      --jump <[USER@]HOST[:PORT][,...]>
          Jump hosts, nearest first; 'none' for none
      --identity <FILE>
          Private key to try first
      --known-hosts <FILE>
          The only known_hosts file
      --host-keys <ask|accept-new|strict>
          What to do about unknown host keys; without a terminal 'ask' is 'strict' [default: ask]
      --ssh-config <FILE>
          The only ssh_config file; 'none' for none
      --read-only
          Look, and change nothing
      --theme <NAME>
          Colours
      --keymap <NAME>
          Keys
      --ascii
          Draw with ASCII characters alone
"#);
}

#[test]
fn durations() {
    for (text, millis) in [("500ms", 500), ("10s", 10_000), ("10", 10_000), ("2m", 120_000), ("1h", 3_600_000)] {
        assert_eq!(cli::duration(text), Ok(Duration::from_millis(millis)), "{text}");
    }
    for text in ["", "s", "-1s", "1.5s", "1d", "0", "10 s", "１s"] {
        assert!(cli::duration(text).is_err(), "{text}");
    }
}

#[test]
fn a_node_becomes_a_wish() {
    let cli = read("--known-hosts ~/kh --host-keys strict --host n1").unwrap();
    let around = Surroundings { home: "/home/oper".into(), user: "oper".to_owned(), ..Surroundings::default() };
    let node =
        NodeConfig { name: None, place: Place::host("n1"), jump: None, identity: Some("~/.ssh/k".into()), sudo: true, legacy_ssh: false };
    let wish = cli.global.wish(&node, &around, false);
    assert_eq!((wish.rights, wish.host_keys), (Become::Sudo, HostKeys::Strict));
    assert_eq!((wish.identity, wish.known_hosts), (Some(PathBuf::from("/home/oper/.ssh/k")), Some(PathBuf::from("/home/oper/kh"))));
    assert_eq!(cli.global.asked(true).hosts, [Place::host("n1")]);
}

/// Nobody stands before a wallboard who could pick a cluster: it ends as `status` does.
#[test]
fn a_wallboard_of_several_clusters_is_told_which() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    std::fs::write(&file, "[[cluster]]\nname = \"net\"\nhosts = [\"n1\"]\n[[cluster]]\nname = \"lab\"\nhosts = [\"n2\"]\n").unwrap();
    let wanted = |line: &str| {
        let global = read(&format!("--config {} --ssh-config none {line}", file.display())).unwrap().global;
        launch::configured(&global).and_then(|sessions| sessions.wanted(&global, true))
    };
    let Err(launch::Failure::Said(code, text)) = wanted("wallboard") else { panic!("a wallboard of nothing") };
    assert_eq!((code, text.as_str()), (64, "several clusters are configured: net, lab; say which with --cluster NAME"));
    let lab = wanted("--cluster lab wallboard").unwrap();
    assert_eq!(lab.first.as_deref(), Some("lab"));
    let ways = (lab.open)("lab").unwrap().ways.first();
    assert_eq!(ways.first().unwrap().target().unwrap().host_keys, HostKeys::Strict, "and nobody to be asked");
}

/// A cluster that cannot be opened says why when it is opened, and the others are there.
#[test]
fn clusters_that_cannot_be_opened_stand_in_the_way_of_none() {
    let folder = tempfile::tempdir().unwrap();
    let (file, ssh) = (folder.path().join("config.toml"), folder.path().join("ssh_config"));
    let hosts = |name: &str, more: &str| format!("[[cluster]]\nname = \"{name}\"\n{more}\n");
    let text =
        [hosts("net", "hosts = [\"n1\"]"), hosts("empty", ""), hosts("loop", "hosts = [\"a\"]"), hosts("half", "hosts = [\"n1\", \"a\"]")]
            .concat();
    std::fs::write(&file, text).unwrap();
    std::fs::write(&ssh, "Host a\n ProxyJump b\nHost b\n ProxyJump a\n").unwrap();
    let wanted = |line: &str| {
        let global = read(&format!("--config {} --ssh-config {} {line}", file.display(), ssh.display())).unwrap().global;
        launch::configured(&global).and_then(|sessions| sessions.wanted(&global, false))
    };
    let all = wanted("").unwrap();
    assert_eq!((all.setup.clusters.as_slice(), &all.first), (&["net", "empty", "loop", "half"].map(str::to_owned)[..], &None));
    assert_eq!((all.open)("net").unwrap().ways.first().len(), 1);
    // One node to which there is no way is in the way of no other.
    let half = (all.open)("half").unwrap().ways.first();
    assert!(half.len() == 2 && half[0].target().is_some());
    assert!(matches!(&half[1].kind, WayKind::Nowhere(why) if why.contains("in a circle")));
    for (name, words) in [("empty", "config.toml:4:1: the cluster \"empty\" lists neither hosts nor nodes"), ("loop", "in a circle")] {
        let why = (all.open)(name).err().unwrap();
        assert!(why.contains(words), "{why}");
    }
    // Where it is the only one that is wanted, that is the end.
    for (line, code) in [("--cluster empty", 65), ("--cluster loop", 64)] {
        assert!(matches!(wanted(line), Err(launch::Failure::Said(said, _)) if said == code), "{line}");
    }
}

#[test]
fn completions_and_manual() {
    for shell in ["bash", "zsh", "fish"] {
        let Command::Completions { shell } = command(&format!("completions {shell}")) else { panic!("{shell}") };
        let mut out = Vec::new();
        cli::completions(shell, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains("wallboard") && text.contains("known-hosts"), "{shell}");
    }
    let mut out = Vec::new();
    cli::man(&mut out).unwrap();
    let page = String::from_utf8(out).unwrap();
    assert!(page.contains(".TH quorate 1") && page.contains("wallboard"), "{page}");
}

#[test]
fn a_clusters_own_node_is_told_by_its_tools() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let without = cli::runs_a_cluster(&format!("/nonexistent:{path}"));
    std::fs::write(folder.path().join("crm_mon"), "").unwrap();
    assert!(cli::runs_a_cluster(&format!("/nonexistent:{path}")));
    let installed = ["/usr/sbin", "/sbin", "/usr/local/sbin"]
        .iter()
        .any(|f| ["crm_mon", "corosync-quorumtool", "corosync-cmapctl", "clustat"].iter().any(|t| Path::new(f).join(t).exists()));
    assert_eq!(without, installed);
}
