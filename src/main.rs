//! The quorate program: arguments in, exit status out.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use quorate::app::runtime::{act, cockpit, doctor, launch, log, pipes, say};
use quorate::cli::{self, Cli, Command, DemoCommand, Printed};

/// EX_IOERR of sysexits.h: none of the statuses that tell how a cluster is.
const IO_ERROR: u8 = 74;

fn main() -> color_eyre::Result<ExitCode> {
    // First of all: libvirt must not write to the terminal, and reads that when it starts.
    quorate::link::libvirt::hush();
    color_eyre::config::HookBuilder::default().display_env_section(false).install()?;
    let cli = match cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(exit) => return Ok(print(&exit)),
    };
    // The log is a convenience: a home that cannot be written to must not keep an operator from a broken cluster.
    let _log = log::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match runtime.block_on(run(cli)) {
        Ok(code) => Ok(ExitCode::from(code)),
        // A reader that has seen enough (`| head`) is no failure.
        Err(launch::Failure::Io(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(launch::Failure::Io(error)) => {
            say::note(&format!("the terminal, standard output or a file could not be used: {error}"));
            Ok(ExitCode::from(IO_ERROR))
        }
        Err(launch::Failure::Said(code, text)) => {
            say::note(&text);
            Ok(ExitCode::from(code))
        }
    }
}

fn print(exit: &cli::Exit) -> ExitCode {
    if exit.code == 0 {
        return ExitCode::from(if say::print(&exit.text).is_ok() { 0 } else { IO_ERROR });
    }
    let _ = io::stderr().write_all(exit.text.as_bytes());
    ExitCode::from(exit.code)
}

async fn run(cli: Cli) -> Result<u8, launch::Failure> {
    let global = &cli.global;
    match cli.command {
        None => cockpit_of(launch::configured(global)?, global, false).await,
        Some(Command::Wallboard) => cockpit_of(launch::configured(global)?, global, true).await,
        Some(Command::Status(status)) => Ok(pipes::status(launch::one(global)?, status.json).await?),
        Some(Command::Events(events)) => Ok(pipes::events(launch::one(global)?, events.json, events.duration).await?),
        Some(Command::Plan(planned)) => {
            let (ways, session) = launch::session(global)?;
            Ok(act::plan(ways, &session, planned.action.action(), planned.json).await?)
        }
        Some(Command::Act(wanted)) => {
            let action = wanted.action.action();
            let Some(confirm) = wanted.confirm else {
                let text = format!("'act' repeats the target's name: quorate act {action} --confirm {}", action.target());
                return Err(launch::Failure::Said(cli::WRONG_COMMAND_LINE, text));
            };
            let (ways, session) = launch::session(global)?;
            Ok(act::act(ways, &session, action, act::Said { confirm, code: wanted.code, json: wanted.json }).await?)
        }
        Some(Command::Doctor(wanted)) => match wanted.sudoers {
            Some(role) => Ok(doctor::sudoers(role.role()).map(|()| 0)?),
            None => Ok(doctor::run(launch::one(global)?).await?),
        },
        Some(Command::Approve(wanted)) => launch::approve(global, &wanted.action.action()),
        Some(Command::Record { file, duration }) => {
            let to = launch::create(&file)?;
            Ok(pipes::record(launch::one(global)?, to, duration).await?)
        }
        Some(Command::Replay { file }) => cockpit_of(launch::replay(&file)?, global, false).await,
        Some(Command::Demo(demo)) => match demo.command {
            None => cockpit_of(launch::demo(&demo)?, global, false).await,
            Some(DemoCommand::Wallboard) => cockpit_of(launch::demo(&demo)?, global, true).await,
            Some(DemoCommand::Status(status)) => Ok(pipes::status(launch::demo_ways(&demo)?, status.json).await?),
        },
        Some(Command::Completions { shell }) => Ok(cli::completions(shell, &mut io::stdout()).map(|()| 0)?),
        Some(Command::Man) => Ok(cli::man(&mut io::stdout()).map(|()| 0)?),
        Some(Command::Print { what: Printed::VmwareService { vmx } }) => {
            Ok(io::stdout().write_all(cli::vmware_service::script(vmx.as_deref()).as_bytes()).map(|()| 0)?)
        }
    }
}

async fn cockpit_of(sessions: launch::Sessions, global: &cli::Global, wallboard: bool) -> Result<u8, launch::Failure> {
    if !io::stdout().is_terminal() || !io::stdin().is_terminal() {
        let text = "the cockpit needs a terminal; for pipes there are 'quorate status', 'quorate status --json' and 'quorate events'";
        return Err(launch::Failure::Said(cli::WRONG_COMMAND_LINE, text.to_owned()));
    }
    if let Some(doubt) = quorate::term::caps::doubt(std::env::var("TERM").ok().as_deref()) {
        say::note(doubt);
    }
    Ok(Box::pin(cockpit::run(sessions.wanted(global, wallboard)?)).await?)
}
