//! `plan` and `act`: the path back without a screen.

use std::io;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::arm;
use super::live::{Happening, Live};
use super::pipes::LOOK;
use super::say;
use super::way::WayFinder;
use crate::action::plan::Input;
use crate::action::{Findings, Intent, Plan, Refusal, gate, inquiry, intent, plan as planner, sight};
use crate::config::Session;
use crate::domain::observation::{Trouble, TroubleKind};
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, Task, TaskId};
use crate::link::Reply;
use crate::report::action as report;

/// How long the first look may take,
const PATIENCE: Duration = Duration::from_secs(12);
/// how long where an action rests on what may take a node longer: its volumes,
const LONG_PATIENCE: Duration = Duration::from_secs(180);
/// and how long where a manager is being asked and none has shown its view.
const MANAGER_PATIENCE: Duration = Duration::from_secs(60);
/// How long an inquiry may take. Each question has its own limit, by what the node's answers cost; many may wait for one another.
const INQUIRY: Duration = Duration::from_secs(240);

/// What the command line of `act` says beside the action.
#[derive(Clone, Debug)]
pub struct Said {
    /// `--confirm`.
    pub confirm: String,
    /// `--code`.
    pub code: Option<String>,
    /// `--json`.
    pub json: bool,
}

/// What an action would do. Gives the exit status.
pub async fn plan(ways: WayFinder, session: &Session, action: Action, json: bool) -> io::Result<u8> {
    let mut live = Live::start_for(ways, sight::patient(&action));
    let intent = arm::intent(action);
    let (text, code) = match prepare(&mut live, &intent).await {
        Ok(plan) => {
            let now = live.now();
            let (cluster, _) = live.picture();
            let mut against = gate::refusals(&plan, &cluster, &arm::gate_session(session), now);
            if let Err(why) = arm::executor(session) {
                against.push(no_journal(&why));
            }
            let refused = against.iter().any(report::stands_against_planning);
            let text = if json { pretty(&report::plan_json(&plan, &against)) } else { report::plan_text(&plan, &against) };
            (text, if refused { report::REFUSED } else { 0 })
        }
        Err(against) => (refusal(&intent, &against, json), report::REFUSED),
    };
    say::print(&text)?;
    Ok(code)
}

/// Runs an action. Gives the exit status.
pub async fn act(ways: WayFinder, session: &Session, action: Action, said: Said) -> io::Result<u8> {
    let mut live = Live::start_for(ways, sight::patient(&action));
    let intent = arm::intent(action);
    let tag = intent.tag.clone();
    let ticket = match ticket(&mut live, session, &intent, &said).await {
        Ok(ticket) => ticket,
        Err(against) => {
            say::print(&refusal(&intent, &against, said.json))?;
            return Ok(report::REFUSED);
        }
    };
    let (id, first) = match live.act(ticket) {
        Ok(started) => started,
        Err(against) => {
            say::print(&refusal(&intent, &[against], said.json))?;
            return Ok(report::REFUSED);
        }
    };
    let mut paper = Paper::default();
    let task = watch(&mut live, id, first, (!said.json).then_some(&mut paper)).await?;
    let Some(task) = task else { return Ok(5) };
    if said.json {
        paper.print(&pretty(&report::task_json(&task, &tag)));
    }
    // The lock is given back and the nodes' logs get their closing line before the connections go.
    let end = live.now().after(Duration::from_millis(300));
    while live.now() < end {
        live.step(end).await;
    }
    Ok(report::task_code(&task))
}

/// Looks, asks and plans. A node that comes back meanwhile, after it was not waited for any more, is heard as well.
async fn prepare(live: &mut Live, intent: &Intent) -> Result<Plan, Vec<Refusal>> {
    let limit = live.now().after(INQUIRY);
    loop {
        let complete = first_look(live, &intent.action).await;
        let outcome = inquire(live, intent, limit).await;
        let came_late = complete && live.now() < limit && !silent(live, &intent.action).is_empty();
        if !came_late {
            return outcome;
        }
    }
}

/// Asks what the plan rests on until nothing is open, and plans.
async fn inquire(live: &mut Live, intent: &Intent, limit: Stamp) -> Result<Plan, Vec<Refusal>> {
    let (cluster, _) = live.picture();
    sight::clear(&intent.action, &cluster)?;
    intent::resolve(&intent.action, &cluster)?;
    let mut found = Findings::default();
    loop {
        let (cluster, _) = live.picture();
        let needed = inquiry::needed(&intent.action, &cluster, &found);
        if needed.is_empty() {
            let now = live.now();
            let plan = planner::plan(&Input { intent, cluster: &cluster, found: &found, now })?;
            // The inquiry may have taken longer than the manager's view counts: it is asked anew, and what it says is planned for.
            if now < limit && gate::is_stale(&plan, &cluster, now) {
                renew(live, &plan, limit).await;
                continue;
            }
            return Ok(plan);
        }
        for query in &needed {
            if !live.inquire(query) {
                found.put(query.clone(), Err(Trouble::new(TroubleKind::Lost, "not reachable")));
            }
        }
        while needed.iter().any(|q| !found.has(q)) {
            if live.now() > limit {
                let late = || Err(Trouble::new(TroubleKind::Late, "no answer in time"));
                needed.iter().filter(|q| !found.has(q)).cloned().collect::<Vec<_>>().into_iter().for_each(|q| found.put(q, late()));
            }
            for happening in live.step(live.now().after(LOOK)).await {
                take(live, happening, Some(&mut found));
            }
        }
    }
}

/// Waits for a view of the manager that is as new as the plan allows.
async fn renew(live: &mut Live, plan: &Plan, limit: Stamp) {
    loop {
        let now = live.now();
        let (cluster, _) = live.picture();
        if now >= limit || !gate::is_stale(plan, &cluster, now) {
            return;
        }
        live.look_again();
        for happening in live.step(limit.min(now.after(LOOK))).await {
            take(live, happening, None);
        }
    }
}

/// The nodes that have yet to tell what an action upon storage rests on, by name.
fn silent(live: &mut Live, action: &Action) -> Vec<String> {
    let storage = sight::storage(action);
    if storage.is_empty() { Vec::new() } else { live.urge(storage) }
}

/// Waits until the picture holds what the action rests on. False: the time was over before.
async fn first_look(live: &mut Live, action: &Action) -> bool {
    let questions = sight::questions(action);
    let begun = live.now();
    let (soon, late, by_manager) = (begun.after(PATIENCE), begun.after(LONG_PATIENCE), begun.after(MANAGER_PATIENCE));
    let mut said = false;
    loop {
        let now = live.now();
        let silent = silent(live, action);
        let mute = live.awaits_manager() && now < by_manager;
        let limit = match (silent.is_empty(), mute) {
            (false, _) => late,
            (true, true) => by_manager,
            (true, false) => soon,
        };
        let complete = silent.is_empty() && live.looked_at(&questions);
        if complete || now >= limit {
            return complete;
        }
        if now >= soon && !std::mem::replace(&mut said, true) {
            let names = silent.join(", ");
            if silent.is_empty() {
                say::note(&format!("waiting for the manager's view, for {} s at most", MANAGER_PATIENCE.as_secs()));
            } else {
                say::note(&format!("waiting for the volumes of {names}, for {} s at most", LONG_PATIENCE.as_secs()));
            }
        }
        for happening in live.step(limit.min(now.after(LOOK))).await {
            take(live, happening, None);
        }
    }
}

/// Plans, arms the session and asks the gate.
async fn ticket(live: &mut Live, session: &Session, intent: &Intent, said: &Said) -> Result<gate::Ticket, Vec<Refusal>> {
    // What this operator or this session may never do needs no look at the cluster.
    let needed = gate::needed_role(&intent.action);
    if session.role < needed {
        let why = format!("the role {} may not {}", session.role.word(), intent.action.word());
        return Err(vec![Refusal::new("role", why, format!("role = \"{}\" in config.toml", needed.word()))]);
    }
    match arm::executor(session) {
        Ok(Some(executor)) => live.arm(executor),
        Ok(None) => {
            let why = "this session is read-only: it was built without what could change anything";
            return Err(vec![Refusal::new("read-only", why, "start quorate without --read-only")]);
        }
        Err(why) => return Err(vec![no_journal(&why)]),
    }
    let plan = prepare(live, intent).await?;
    let now = live.now();
    let (cluster, _) = live.picture();
    let mut facts = arm::gate_session(session);
    facts.typed = Some(said.confirm.clone());
    facts.code.clone_from(&said.code);
    gate::open(plan, &cluster, &facts, now)
}

fn no_journal(why: &str) -> Refusal {
    Refusal::new("no-journal", format!("{why}; without a journal nothing is changed"), "a state folder that can be written to")
}

/// What is written of a task that runs. It goes on whatever becomes of its reader, and it alone decides the exit status.
#[derive(Default)]
struct Paper {
    torn: bool,
}

impl Paper {
    fn print(&mut self, text: &str) {
        if self.torn {
            return;
        }
        if let Err(error) = say::print(text) {
            self.torn = true;
            say::note(&format!("standard output could not be used: {error}; the task goes on, the exit status tells its end"));
        }
    }
}

/// Watches a task until it is over. The first interrupt stops it between two steps, the second leaves it: none, then. A terminal that goes away only
/// ever stops it: its shell may say so twice.
async fn watch(live: &mut Live, id: TaskId, first: Vec<Happening>, mut paper: Option<&mut Paper>) -> io::Result<Option<Task>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let mut seen: Option<Task> = None;
    let mut stopping = false;
    let mut happenings = first;
    loop {
        for happening in happenings {
            let Some(task) = take(live, happening, None).filter(|t| t.id == id) else { continue };
            if let Some(paper) = &mut paper {
                paper.print(&report::task_text(seen.as_ref(), &task));
            }
            seen = Some(*task);
        }
        if seen.as_ref().is_some_and(|t| t.status.is_over()) {
            return Ok(seen);
        }
        let until = live.now().after(LOOK);
        let leave = tokio::select! {
            brought = live.step(until) => {
                happenings = brought;
                continue;
            }
            _ = terminate.recv() => true,
            _ = interrupt.recv() => true,
            _ = hangup.recv() => false,
        };
        happenings = Vec::new();
        if stopping && leave {
            say::note("left while the task was under way: what was sent goes on, its outcome is not known here");
            return Ok(None);
        }
        if !std::mem::replace(&mut stopping, true) {
            say::note("stopping after this step; interrupt once more to leave at once");
            live.stop_task(id);
        }
    }
}

/// Takes in what happened; gives a task that changed.
fn take(live: &mut Live, happening: Happening, found: Option<&mut Findings>) -> Option<Box<Task>> {
    match happening {
        // Without a screen nobody can decide.
        Happening::Prompt { node, id, .. } => live.reply(node, id, Reply::Refuse),
        Happening::Note(text) => say::note(&text),
        Happening::Found(query, answer) => {
            if let Some(found) = found {
                found.put(*query, *answer);
            }
        }
        Happening::Task(task) => return Some(task),
        Happening::Picture | Happening::Events(_) => {}
    }
    None
}

fn refusal(intent: &Intent, against: &[Refusal], json: bool) -> String {
    if json { pretty(&report::refused_json(intent, against)) } else { report::refused_text(intent, against) }
}

fn pretty(value: &serde_json::Value) -> String {
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}
