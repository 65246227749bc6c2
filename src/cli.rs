//! Arguments: the command line of contract.md, and what it means to configuration and links.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

use crate::config::{Asked, NodeConfig};
use crate::domain::place::{Place, PlaceError};
use crate::domain::role::Role;
use crate::link::ssh_config::{Files, Surroundings, Wish};
use crate::link::{Become, HostKeys};

mod action;
pub mod vmware_service;

pub use action::{Act, ActionWord, Approved, Planned};

/// Exit status for a wrong command line.
pub const WRONG_COMMAND_LINE: u8 = 64;
/// Exit status for a wrong configuration.
pub const WRONG_CONFIGURATION: u8 = 65;

/// A terminal cockpit for clusters that keep virtual machines alive
///
/// Without a command: the cockpit. It looks at the cluster of the configuration, at --host, or, on a cluster's own
/// node, at that node.
#[derive(Clone, Debug, Parser, PartialEq, Eq)]
#[command(name = "quorate", version, max_term_width = 100)]
pub struct Cli {
    /// Options of every command.
    #[command(flatten)]
    pub global: Global,
    /// What to do; none: the cockpit.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// The options alone, for the cockpit without a command: to make up all commands and actions takes a millisecond, which is a good part of the way to
/// the first frame.
#[derive(Parser)]
#[command(name = "quorate", disable_help_flag = true)]
struct Alone {
    #[command(flatten)]
    global: Global,
}

/// Options that stand before or after the command.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Configuration file [default: $XDG_CONFIG_HOME/quorate/config.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Which configured cluster
    #[arg(long, global = true, value_name = "NAME")]
    pub cluster: Option<String>,
    /// A node to ask, beside those of the configuration; may be repeated
    #[arg(long = "host", global = true, value_name = "[USER@]HOST[:PORT]")]
    pub hosts: Vec<Place>,
    /// Jump hosts, nearest first; 'none' for none
    #[arg(long, global = true, value_name = "[USER@]HOST[:PORT][,...]", value_parser = jump_list)]
    pub jump: Option<Jump>,
    /// Private key to try first
    #[arg(long, global = true, value_name = "FILE")]
    pub identity: Option<PathBuf>,
    /// The only known_hosts file
    #[arg(long, global = true, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    /// What to do about unknown host keys; without a terminal 'ask' is 'strict'
    #[arg(long, global = true, value_name = "ask|accept-new|strict", value_enum, default_value_t, hide_possible_values = true)]
    pub host_keys: HostKeyChoice,
    /// The only ssh_config file; 'none' for none
    #[arg(long, global = true, value_name = "FILE")]
    pub ssh_config: Option<PathBuf>,
    /// Look, and change nothing
    #[arg(long, global = true)]
    pub read_only: bool,
    /// Colours
    #[arg(long, global = true, value_name = "NAME")]
    pub theme: Option<String>,
    /// Keys
    #[arg(long, global = true, value_name = "NAME")]
    pub keymap: Option<String>,
    /// Draw with ASCII characters alone
    #[arg(long, global = true)]
    pub ascii: bool,
}

/// Jump hosts, nearest first; empty: none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Jump(pub Vec<Place>);

fn jump_list(text: &str) -> Result<Jump, PlaceError> {
    Place::jumps(text).map(Jump)
}

/// `--host-keys`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum HostKeyChoice {
    /// Ask the operator; refuse where there is no terminal.
    #[default]
    Ask,
    /// Write it down and go on.
    AcceptNew,
    /// Refuse.
    Strict,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Command {
    /// The cockpit, read-only for good, made for a wall
    Wallboard,
    /// One snapshot to stdout; exit status 0 healthy, 1 degraded, 2 critical, 3 cannot tell
    Status(Status),
    /// The live timeline to stdout, a line for each event
    Events(Events),
    /// What an action would do: steps, commands, consequences. Changes nothing
    Plan(Planned),
    /// Run a planned action without the screen; exit status 0 done and proved, 1 failed, 4 refused, 5 outcome unknown
    Act(Act),
    /// Check the way to every node, tool by tool, with the cure for what is missing
    Doctor(Doctor),
    /// Print the code with which another operator may run an action that needs two
    Approve(Approved),
    /// The cockpit on the built-in simulated cluster
    Demo(Demo),
    /// The cockpit on a recording
    Replay {
        /// The recording
        file: PathBuf,
    },
    /// Record what the nodes answer, without secrets, for replay
    Record {
        /// Where to; it must not exist
        file: PathBuf,
        /// For how long (10s, 2m); without it until interrupted
        #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
        duration: Option<Duration>,
    },
    /// Print the completions for a shell
    Completions {
        /// Which
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
    /// Print something to install on the nodes
    Print {
        /// What.
        #[command(subcommand)]
        what: Printed,
    },
}

/// `print`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum Printed {
    /// The resource script of rgmanager for a guest of VMware Server 1 or 2: start registers and starts it, stop suspends and unregisters it
    VmwareService {
        /// The guest's configuration, written into the script; without it the script goes by its own name
        #[arg(value_parser = vmware_service::vmx)]
        vmx: Option<String>,
    },
}

/// `status`.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// One JSON object in place of text
    #[arg(long)]
    pub json: bool,
}

/// `doctor`.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Doctor {
    /// Print the sudoers file that holds a role to its rights on the nodes, and check nothing
    #[arg(long, value_name = "viewer|operator|admin", value_enum, hide_possible_values = true)]
    pub sudoers: Option<RoleWord>,
}

/// A role on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[allow(missing_docs, reason = "the contract's words")]
pub enum RoleWord {
    Viewer,
    Operator,
    Admin,
}

impl RoleWord {
    /// The role.
    pub const fn role(self) -> Role {
        match self {
            Self::Viewer => Role::Viewer,
            Self::Operator => Role::Operator,
            Self::Admin => Role::Admin,
        }
    }
}

/// `events`.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// For how long (10s, 2m); without it until interrupted
    #[arg(long = "for", value_name = "DURATION", value_parser = duration)]
    pub duration: Option<Duration>,
}

/// `demo`.
#[derive(Args, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demo {
    /// Which kind of cluster
    #[arg(long, global = true, value_enum, default_value_t)]
    pub stack: Stack,
    /// Tell a story: things go wrong, and are mended
    #[arg(long, global = true)]
    pub story: bool,
    /// The same number gives the same cluster
    #[arg(long, global = true, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// What to do with it; none: the cockpit.
    #[command(subcommand)]
    pub command: Option<DemoCommand>,
}

/// What to do with the simulated cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Subcommand)]
pub enum DemoCommand {
    /// One snapshot to stdout
    Status(Status),
    /// Read-only for good, made for a wall
    Wallboard,
}

/// The simulated cluster's manager.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Stack {
    /// Pacemaker and corosync
    #[default]
    Pacemaker,
    /// Red Hat Cluster Suite: rgmanager and cman
    Rhcs,
}

/// Reads `500ms`, `10s`, `2m` or `1h`; a number alone is seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let millis: u64 = match unit {
        "ms" => 1,
        "s" | "" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        _ => 0,
    };
    let total = number.parse::<u64>().ok().and_then(|n| n.checked_mul(millis)).filter(|total| *total > 0);
    total.map(Duration::from_millis).ok_or_else(|| "expected a duration above zero like 500ms, 10s, 2m or 1h".to_owned())
}

/// What is printed in place of running: help, version, or what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The exit status.
    pub code: u8,
    /// The text, for stdout if the code is 0, else for stderr.
    pub text: String,
}

/// Reads the arguments, the program's name first.
pub fn read<I, T>(args: I) -> Result<Cli, Exit>
where
    I: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let args = hosts_first(args.into_iter().map(Into::into));
    // What is wrong here is a command, or is said by the whole command line's parser.
    if let Ok(Alone { global }) = Alone::try_parse_from(&args) {
        return Ok(Cli { global, command: None });
    }
    Cli::try_parse_from(args).map_err(|e| Exit { code: if e.use_stderr() { WRONG_COMMAND_LINE } else { 0 }, text: e.render().to_string() })
}

/// Moves every `--host` before the command: of an option that stands on both sides, clap keeps one side alone.
fn hosts_first(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let (mut hosts, mut others) = (Vec::new(), Vec::new());
    let mut args = args.peekable();
    let program = args.next();
    while let Some(arg) = args.next() {
        if arg == "--" {
            others.push(arg);
            others.extend(args);
            break;
        }
        if arg == "--host" && args.peek().is_some() {
            hosts.push(arg);
            hosts.extend(args.next());
        } else if arg.to_string_lossy().starts_with("--host=") {
            hosts.push(arg);
        } else {
            others.push(arg);
        }
    }
    program.into_iter().chain(hosts).chain(others).collect()
}

/// Writes a shell's completions.
pub fn completions(shell: clap_complete::Shell, out: &mut impl Write) -> io::Result<()> {
    // clap_complete panics where a write fails (a closed pipe): it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "quorate", &mut script);
    out.write_all(&script)
}

/// Writes the manual page, in roff.
pub fn man(out: &mut impl Write) -> io::Result<()> {
    clap_mangen::Man::new(Cli::command()).render(out)
}

/// Whether a cluster's tools are on this machine. `path` is `$PATH`; the folders for administrators count too.
pub fn runs_a_cluster(path: &str) -> bool {
    let tools = ["crm_mon", "corosync-quorumtool", "corosync-cmapctl", "clustat"];
    let folders = path.split(':').filter(|folder| !folder.is_empty()).chain(["/usr/local/sbin", "/usr/sbin", "/sbin"]);
    folders.map(Path::new).any(|folder| tools.iter().any(|tool| folder.join(tool).is_file()))
}

/// Whether libvirt is to be looked at on this machine: it listens here, or its own variable names one.
pub fn runs_guests(default_uri: Option<&str>) -> bool {
    let sockets = ["virtqemud-sock", "virtqemud-sock-ro", "libvirt-sock", "libvirt-sock-ro"];
    default_uri.is_some_and(|uri| !uri.is_empty()) || sockets.iter().any(|socket| Path::new("/run/libvirt").join(socket).exists())
}

impl Global {
    /// What the session is chosen by. `on_a_node`: see [`runs_a_cluster`].
    pub fn asked(&self, on_a_node: bool) -> Asked {
        Asked {
            cluster: self.cluster.clone(),
            hosts: self.hosts.clone(),
            jump: self.jump.clone().map(|jump| jump.0),
            identity: self.identity.clone(),
            read_only: self.read_only,
            on_a_node,
        }
    }

    /// Which ssh_config files count.
    pub fn ssh_files(&self) -> Files {
        Files::from_option(self.ssh_config.as_deref())
    }

    /// A node of a session as `link::ssh_config::resolve` wants it. `unattended`: nobody is there to be asked.
    pub fn wish(&self, node: &NodeConfig, around: &Surroundings, unattended: bool) -> Wish {
        Wish {
            place: node.place.clone(),
            jump: node.jump.clone(),
            identity: node.identity.as_deref().map(|file| around.path(file)),
            known_hosts: self.known_hosts.as_deref().map(|file| around.path(file)),
            rights: if node.sudo { Become::Sudo } else { Become::None },
            host_keys: self.host_keys.into(),
            legacy: node.legacy_ssh,
            unattended,
        }
    }
}

impl From<HostKeyChoice> for HostKeys {
    fn from(choice: HostKeyChoice) -> Self {
        match choice {
            HostKeyChoice::Ask => Self::Ask,
            HostKeyChoice::AcceptNew => Self::AcceptNew,
            HostKeyChoice::Strict => Self::Strict,
        }
    }
}
