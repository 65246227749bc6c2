//! What a dialog says: the plan as an operator has to read it, fact by fact.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use crate::action::plan::{Fate, FateKind, Undo, Way, Work};
use crate::action::{Plan, Refusal};
use crate::app::document::{Document, NAME};
use crate::app::names::Names;
use crate::app::words;
use crate::domain::cluster::{Cluster, Stack};
use crate::domain::stamp::Stamp;
use crate::domain::task::{Action, ServiceVerb, Target};
use crate::theme::Role;

/// One fact: a name and its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// How loud.
    pub role: Role,
    /// The words.
    pub text: String,
    /// What kind of words they are.
    pub form: Form,
}

/// What kind of words a fact has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Words.
    #[default]
    Words,
    /// A line of a difference, its sign first.
    Diff,
    /// A command.
    Command,
    /// A tool that a script runs.
    Tool,
}

pub(super) fn fact(name: &str, role: Role, text: impl Into<String>) -> Fact {
    Fact { name: name.to_owned(), role, text: text.into(), form: Form::Words }
}

/// What the plan says: first what decides (what lives, dies, stands still, and by which way), then what is known beside it, then the exact commands.
/// What does not depend on the world (the steps) is among it: a changed command must be read again too.
pub fn facts(plan: &Plan, running: &[String], names: &Names) -> Vec<Fact> {
    let mut all = Vec::new();
    let (signs, notes): (Vec<&String>, Vec<&String>) =
        plan.notices.iter().partition(|n| n.contains(" ANSWERS ") || n.contains("DOES NOT ANSWER"));
    all.extend(signs.into_iter().map(|text| fact("", Role::Crit, text.clone())));
    fates(plan, names, &mut all);
    if let Some(quorum) = &plan.consequences.quorum {
        all.push(fact("Quorum", if quorum.quorate { Role::Text } else { Role::Crit }, quorum.words()));
    }
    all.extend(plan.consequences.lost.iter().map(|text| fact("Lost", Role::Warn, text.clone())));
    ways(plan, &mut all);
    all.extend(running.iter().map(|text| fact("Also running", Role::Warn, text.clone())));
    all.extend(notes.into_iter().map(|text| fact("Note", Role::Text, text.clone())));
    if !plan.consequences.fates.is_empty() && !plan.consequences.by.is_empty() {
        all.push(fact("Known by", Role::Dim, plan.consequences.by));
    }
    for (at, line) in plan.diff.iter().skip(2).enumerate() {
        let role = match line.as_bytes().first() {
            Some(b'-') => Role::Warn,
            Some(b'+') => Role::Ok,
            _ => Role::Dim,
        };
        all.push(Fact { form: Form::Diff, ..fact(if at == 0 { "cluster.conf" } else { "" }, role, line.clone()) });
    }
    steps(plan, names, &mut all);
    for (at, condition) in plan.proof.iter().enumerate() {
        all.push(fact(if at == 0 { "Proof" } else { "" }, Role::Dim, names.within(&condition.words())));
    }
    match &plan.undo {
        Undo::By(action) => all.push(fact("Way back", Role::Dim, action.to_string())),
        Undo::Never(why) => all.push(fact("No way back", Role::Warn, why.clone())),
        Undo::NotNeeded => {}
    }
    all
}

/// The steps, each with what it sends: the command, or of a script what it does and the tools that it runs. What is sent to several nodes alike is shown once.
fn steps(plan: &Plan, names: &Names, all: &mut Vec<Fact>) {
    let command = |text: String| Fact { form: Form::Command, ..fact("", Role::Text, text) };
    let mut before: Vec<(usize, Vec<String>)> = Vec::new();
    for (at, step) in plan.steps.iter().enumerate() {
        let when = match step.when {
            crate::action::plan::When::Well => "",
            crate::action::plan::When::Always => "  (whatever happens)",
            crate::action::plan::When::Settled => "  (whatever happens, if the step before it went well)",
            crate::action::plan::When::Broken => "  (only if a step before it fails)",
        };
        let number = at + 1;
        match (&step.work, step.node(), step.command()) {
            (Work::Wait { .. }, ..) => all.push(fact(&format!("{number} waits"), Role::Dim, format!("{}{when}", step.title))),
            (_, Some(node), Some(line)) => {
                let name = label(number, names.short(node));
                let tools = step.tools();
                if tools.is_empty() {
                    all.push(Fact { name, ..command(format!("{line}{when}")) });
                    continue;
                }
                let alike = told_already(&before, &tools);
                let like = alike.as_ref().map(|which| format!(", as in {which}")).unwrap_or_default();
                all.push(Fact { name, ..command(format!("{}{like}{when}", names.within(&step.title))) });
                if alike.is_none() {
                    all.extend(tools.iter().map(|tool| Fact { form: Form::Tool, ..fact("", Role::Text, tool.clone()) }));
                    before.push((number, tools));
                }
            }
            _ => all.push(fact(&number.to_string(), Role::Text, format!("{}{when}", step.title))),
        }
    }
}

/// `step 1`, `steps 1 and 3`: where these tools were shown already.
fn told_already(before: &[(usize, Vec<String>)], tools: &[String]) -> Option<String> {
    if let Some((number, _)) = before.iter().find(|(_, told)| told == tools) {
        return Some(format!("step {number}"));
    }
    before.iter().find_map(|(first, told)| {
        let rest = tools.strip_prefix(told.as_slice())?;
        before.iter().find(|(_, told)| told == rest).map(|(second, _)| format!("steps {first} and {second}"))
    })
}

/// `2 on n1`; without the word where that leaves room for the name.
fn label(number: usize, node: &str) -> String {
    let (whole, brief) = (format!("{number} on {node}"), format!("{number} {node}"));
    if whole.width() < NAME || brief.width() >= NAME { whole } else { brief }
}

/// The way that is taken, those that are closed and why, those that would be open too.
fn ways(plan: &Plan, all: &mut Vec<Fact>) {
    let chosen = |way: &&Way| matches!(&plan.intent.action, Action::Relocate { how: Some(how), .. } if *how == way.how);
    let place = |way: &&Way| (!chosen(way), way.closed.is_empty());
    let mut ways: Vec<&Way> = plan.ways.iter().collect();
    ways.sort_by_key(place);
    all.extend(ways.into_iter().map(|way| fact_of_way(way, &plan.intent.action)));
}

fn fact_of_way(way: &Way, action: &Action) -> Fact {
    let chosen = matches!(action, Action::Relocate { how: Some(how), .. } if *how == way.how);
    let name = format!("Way {}", way.how.word());
    if way.closed.is_empty() {
        fact(&name, if chosen { Role::Title } else { Role::Dim }, if chosen { "this one" } else { "possible" })
    } else {
        fact(&name, Role::Text, format!("not possible: {}", way.closed.join("; ")))
    }
}

fn fates(plan: &Plan, names: &Names, all: &mut Vec<Fact>) {
    let fates = &plan.consequences.fates;
    let of = |kinds: &[FateKind]| fates.iter().filter(|f| kinds.contains(&f.kind)).collect::<Vec<&Fate>>();
    let dead = of(&[FateKind::DiesRestarts, FateKind::DiesStays]);
    if !dead.is_empty() {
        let guests = dead.iter().filter(|f| f.guest).count();
        let names: Vec<&str> = dead.iter().map(|f| f.service.as_str()).collect();
        all.push(fact("Dies now", Role::Crit, format!("{}   {}", names.join("  "), words::count(guests, "guest", "guests"))));
    }
    let moves = |name: &str, role: Role, kind: FateKind, all: &mut Vec<Fact>| {
        let list: Vec<String> = of(&[kind]).into_iter().map(|fate| moving(fate, names)).collect();
        if !list.is_empty() {
            all.push(fact(name, role, list.join("   ")));
        }
    };
    moves("Restarts on", Role::Text, FateKind::DiesRestarts, all);
    for fate in of(&[FateKind::DiesStays]) {
        let why = fate.why.as_deref().unwrap_or("no node may run it");
        all.push(fact("Stays down", Role::Crit, format!("{}: {why}", fate.service)));
    }
    moves("Moves live", Role::Text, FateKind::Migrates, all);
    moves("Stops, starts", Role::Warn, FateKind::Moves, all);
    moves("Stands still", Role::Warn, FateKind::Pauses, all);
    moves("Starts", Role::Text, FateKind::Starts, all);
    for (name, role, kind) in [
        ("Restarts", Role::Warn, FateKind::Restarts),
        ("Stops", Role::Warn, FateKind::Stops),
        ("Unwatched", Role::Warn, FateKind::Unwatched),
    ] {
        let list = of(&[kind]);
        if let [one] = list.as_slice()
            && let Some(why) = &one.why
        {
            all.push(fact(name, role, format!("{}: {why}", one.service)));
        } else if !list.is_empty() {
            let names: Vec<&str> = list.iter().map(|f| f.service.as_str()).collect();
            all.push(fact(name, role, names.join("  ")));
        }
    }
}

/// `db n2 > n4`, and why, where the plan says so.
fn moving(fate: &Fate, names: &Names) -> String {
    let short = |node: &std::sync::Arc<str>| names.short(node).to_owned();
    let why = fate.why.as_ref().filter(|_| fate.kind != FateKind::DiesRestarts && fate.kind != FateKind::Migrates);
    let why = why.map(|w| format!(" ({w})")).unwrap_or_default();
    match (fate.from.as_ref().map(short), fate.to.as_ref().map(short)) {
        (Some(from), Some(to)) if from == to => format!("{} on {to}{why}", fate.service),
        (Some(from), Some(to)) if fate.kind != FateKind::DiesRestarts => format!("{} {from} > {to}{why}", fate.service),
        (_, Some(to)) => format!("{} > {to}{why}", fate.service),
        _ => format!("{}{why}", fate.service),
    }
}

/// How a fact begins that is not what was read.
pub const CHANGED: &str = "▲ CHANGED";

/// What stands against it, and what would lift that.
pub fn refusals(against: &[Refusal]) -> Vec<Fact> {
    let words = |r: &Refusal| [fact("Refused", Role::Crit, r.why.clone()), fact("  lifted by", Role::Warn, r.lift.clone())];
    against.iter().flat_map(words).collect()
}

/// How old the manager's view is, that the plan rests on; where there is no manager, libvirt's.
pub fn data_age(cluster: &Cluster, now: Stamp) -> Option<Duration> {
    let told = || cluster.guests.iter().map(|g| g.at).max().filter(|_| cluster.stack == Some(Stack::Libvirt));
    cluster.manager_sight.as_ref().map(|s| s.at).or_else(told).map(|at| at.age(now))
}

/// All of it as lines, those loud that differ from what was read.
pub fn document(width: u16, refused: &[Fact], facts: &[Fact], read: &[Fact], age: Option<Duration>) -> Document {
    let mut doc = Document::new(width);
    for f in refused {
        push(&mut doc, f, false);
    }
    let age = age.map_or_else(|| "the manager has not been heard".to_owned(), |age| format!("{} old", words::age(age)));
    // Between what happens and how it is done.
    let steps = facts.iter().position(|f| f.name.starts_with(|c: char| c.is_ascii_digit())).unwrap_or(facts.len());
    for (at, f) in facts.iter().enumerate() {
        if at == steps {
            doc.pair("Data", Role::Dim, &age);
        }
        push(&mut doc, f, !read.contains(f));
    }
    for gone in read.iter().filter(|f| !facts.contains(f) && !facts.iter().any(|n| n.name == f.name)) {
        push(&mut doc, &fact(&gone.name, Role::Crit, format!("no longer: {}", gone.text)), true);
    }
    if steps == facts.len() {
        doc.pair("Data", Role::Dim, &age);
    }
    doc
}

fn push(doc: &mut Document, f: &Fact, changed: bool) {
    let text = if changed { format!("{CHANGED}: {}", f.text) } else { f.text.clone() };
    let role = if changed { Role::Crit } else { f.role };
    if f.name.is_empty() && !changed && f.role == Role::Crit {
        doc.say(role, &format!("▲ {text}"));
    } else if f.form == Form::Diff {
        if !f.name.is_empty() {
            doc.lines.push(vec![(Role::Dim, format!("  {}", f.name))]);
        }
        doc.diff(role, &text);
    } else if f.form == Form::Tool && !changed {
        doc.tool(role, &text);
    } else if f.form == Form::Command {
        // Where a command runs is never cut short: the names of a cluster's nodes may differ at their ends alone.
        match f.name.split_once(" on ").filter(|_| f.name.width() >= NAME) {
            Some((number, node)) => {
                doc.pair(&format!("{number} on"), Role::Dim, node);
                doc.command("", role, &text);
            }
            None => doc.command(&f.name, role, &text),
        }
    } else {
        doc.pair(&f.name, role, &text);
    }
}

/// What is typed to confirm an action on this target: its name, or that of the whole cluster.
pub fn name_to_type(target: &Target, cluster: &Cluster) -> String {
    match (target, &cluster.name) {
        (Target::Cluster(_), Some(name)) => name.clone(),
        _ => target.to_string(),
    }
}

/// The title: `FENCE n2 (reboot)`.
pub fn title(action: &Action) -> String {
    let target = action.target();
    match action {
        Action::Fence { node, how } => format!("FENCE {node} ({})", how.word()),
        Action::Relocate { service, to, how: Some(how), .. } => format!("RELOCATE {service} to {to} ({})", how.word()),
        Action::Relocate { service, to, how: None, .. } => format!("RELOCATE {service} to {to}"),
        Action::Maintenance { on } => format!("MAINTENANCE {}", if *on { "on" } else { "off" }),
        Action::Daemon { node, daemon, start } => format!("{} {} on {node}", if *start { "START" } else { "STOP" }, daemon.word()),
        Action::Expected { votes } => format!("EXPECT {votes} VOTES"),
        Action::Service(ServiceVerb::StopForced, service) => format!("STOP {service} BY FORCE"),
        Action::Service(ServiceVerb::Cancel, service) => format!("CANCEL the migration of {service}"),
        _ => format!("{} {target}", action.word().to_uppercase()),
    }
}

/// The word on the button that runs it.
pub fn verb(action: &Action) -> String {
    let mut word = match action {
        Action::Daemon { start: true, .. } => "start",
        Action::Daemon { start: false, .. } => "stop",
        Action::Expected { .. } => "expect",
        // The button beside it is called Cancel.
        Action::Service(ServiceVerb::Cancel, _) => "abort",
        Action::Service(ServiceVerb::PostCopy, _) => "switch",
        Action::Policy { .. } => "change",
        _ => action.word(),
    }
    .to_owned();
    if let Some(first) = word.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    format!("{word} it")
}

/// What runs beside it, as the dialog says it.
pub fn also_running(model: &crate::app::Model) -> Vec<String> {
    let mine = model.tasks.all.iter().filter(|t| !t.status.is_over()).map(|t| format!("{} ({})", t.action, t.by));
    let foreign = model.tasks.foreign.iter().filter(|f| f.for_gate().is_some() && f.at.age(model.setup.now) < Duration::from_secs(600));
    mine.chain(foreign.map(|f| format!("{} ({} from {})", f.action, f.by, f.from))).collect()
}
