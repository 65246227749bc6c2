//! Checks the way to every node, tool by tool, with the cure for what is missing.
//!
//! Pure: whoever asked the nodes hands over what came, [`run`] judges and writes. Only what is in use can be
//! missing: a node without dm-multipath needs no multipath tools.

mod cure;
mod needs;
pub mod sudoers;

use std::io::{self, Write};

use crate::domain::node::{LinkFault, Reach};
use crate::domain::observation::host::Tools;
use crate::domain::observation::{Question, Trouble, TroubleKind};
use crate::domain::text::clean;
use crate::link::{Hop, Target};
use needs::{NEEDS, Need, Use};

/// The contract's bound for `clock-skew`, microseconds, beyond what the measurement may err.
const SKEW: i64 = 1_000_000;

/// What was found out about one node.
#[derive(Clone, Debug, Default)]
pub struct NodeCheck {
    /// The member's name, or the address as the operator wrote it.
    pub name: String,
    /// The way; none for this very machine, and where there is none.
    pub target: Option<Target>,
    /// Whether it was reached.
    pub reach: Reach,
    /// What the link remarked (fewer sessions than wanted ...).
    pub note: Option<String>,
    /// Which tools there are; none if nobody could be asked.
    pub tools: Option<Tools>,
    /// The distribution's name, for the names of packages.
    pub os: Option<String>,
    /// Each question that was asked, and whether its answer was usable.
    pub answers: Vec<(Question, Result<(), Trouble>)>,
    /// The node's clock minus ours, and by how much that may err, microseconds.
    pub clock: Option<(i64, i64)>,
    /// libvirt listens there.
    pub libvirt: bool,
    /// Volumes of LVM's are active there.
    pub lvm: bool,
}

impl NodeCheck {
    fn is_up(&self) -> bool {
        self.reach.is_up()
    }

    /// Whether the node shows, without the answer to it, that what a question is about is in use.
    fn proves(&self, question: Question) -> bool {
        match question {
            Question::Guests => self.libvirt,
            Question::Lvs | Question::Vgs | Question::Pvs => self.lvm,
            _ => false,
        }
    }

    fn way(&self) -> String {
        let Some(target) = &self.target else {
            let is_nowhere = matches!(&self.reach, Reach::Down { trouble, .. } if trouble.fault == LinkFault::Unreachable);
            let words = if is_nowhere { "no way" } else { "this machine" };
            return words.to_owned();
        };
        let hop = |hop: &Hop| clean(&format!("{}@{}:{}", hop.user, hop.host, hop.port));
        let jumps: Vec<String> = target.jumps.iter().map(hop).collect();
        let via = if jumps.is_empty() { String::new() } else { format!(" via {}", jumps.join(", ")) };
        hop(&target.end) + &via
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Ok,
    Note,
    Missing,
    Denied,
    Wrong,
}

impl Mark {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Missing => "MISSING",
            Self::Denied => "DENIED",
            Self::Wrong => "WRONG",
        }
    }
}

/// A line of the report.
struct Row {
    mark: Mark,
    subject: &'static str,
    text: String,
    cure: Option<String>,
}

impl Row {
    fn new(mark: Mark, subject: &'static str, text: impl Into<String>) -> Self {
        Self { mark, subject, text: text.into(), cure: None }
    }

    fn cure(self, cure: impl Into<String>) -> Self {
        let cure: String = cure.into();
        Self { cure: (!cure.is_empty()).then_some(cure), ..self }
    }

    const fn is_bad(&self) -> bool {
        !matches!(self.mark, Mark::Ok | Mark::Note)
    }
}

/// Writes the report. The exit status: 0 all well, 1 something is missing.
pub fn run(checks: &[NodeCheck], out: &mut impl Write) -> io::Result<u8> {
    let mut bad = 0_usize;
    for check in checks {
        writeln!(out, "{} ({})", clean(&check.name), check.way())?;
        for row in rows(check) {
            bad += usize::from(row.is_bad());
            let line = format!("  {:<8} {:<22} {}", row.mark.word(), row.subject, row.text);
            writeln!(out, "{}", line.trim_end())?;
            if let Some(cure) = row.cure {
                writeln!(out, "  {:<8} {:<22} -> {cure}", "", "")?;
            }
        }
        writeln!(out)?;
    }
    let reached = checks.iter().filter(|c| c.is_up()).count();
    let verdict = match bad {
        0 if checks.is_empty() => "no node to check".to_owned(),
        0 => "all well".to_owned(),
        1 => "1 thing is missing".to_owned(),
        many => format!("{many} things are missing"),
    };
    writeln!(out, "{reached} of {} nodes reached; {verdict}", checks.len())?;
    Ok(u8::from(bad > 0 || checks.is_empty()))
}

fn rows(check: &NodeCheck) -> Vec<Row> {
    let mut rows = vec![reach(check)];
    let remarks = check.target.iter().flat_map(|target| &target.not_honoured);
    rows.extend(remarks.map(|text| Row::new(Mark::Note, "ssh_config", format!("not honoured: {text}"))));
    rows.extend(check.note.iter().map(|text| Row::new(Mark::Note, "connection", clean(text))));
    if !check.is_up() {
        return rows;
    }
    if let Some(tools) = &check.tools {
        rows.extend(rights(check, tools));
        rows.extend(NEEDS.iter().filter_map(|need| tool(check, tools, need)));
    } else {
        let why = check.answers.iter().find(|(question, _)| *question == Question::Tools).and_then(|(_, result)| result.as_ref().err());
        rows.push(Row::new(Mark::Wrong, "tools", why.map_or_else(|| "the node did not say which it has".to_owned(), ToString::to_string)));
    }
    rows.extend(clock(check));
    rows
}

fn reach(check: &NodeCheck) -> Row {
    match &check.reach {
        Reach::Up { .. } if check.target.is_none() => Row::new(Mark::Ok, "reach", "no connection needed"),
        Reach::Up { .. } => Row::new(Mark::Ok, "reach", "connected, host key and login accepted"),
        Reach::Untried | Reach::Connecting { .. } => Row::new(Mark::Wrong, "reach", "no connection yet when time was up"),
        Reach::Down { trouble, .. } => {
            let row = Row::new(Mark::Wrong, "reach", clean(&trouble.to_string()));
            match &check.target {
                Some(target) => row.cure(cure::link(trouble, target)),
                None => row,
            }
        }
    }
}

/// What the user may do, as far as that can be told beforehand.
fn rights(check: &NodeCheck, tools: &Tools) -> Option<Row> {
    let uid = tools.uid?;
    let sudo = cure::uses_sudo(check);
    Some(match (uid, sudo, tools.has("sudo")) {
        (0, ..) => Row::new(Mark::Ok, "rights", "root"),
        (_, true, true) => Row::new(Mark::Ok, "rights", "privileged commands go through sudo -n"),
        (_, true, false) => Row::new(Mark::Missing, "sudo", "become = \"sudo\" is configured, but there is no sudo")
            .cure(cure::install(check, "sudo", "sudo")),
        (_, false, _) => Row::new(Mark::Note, "rights", "neither root nor sudo: what this user may not read stays unknown")
            .cure("set become = \"sudo\" for this cluster, or give the user the groups haclient and systemd-journal"),
    })
}

/// The line of one tool; none where there is nothing to say.
fn tool(check: &NodeCheck, tools: &Tools, need: &Need) -> Option<Row> {
    let wanted = need.usage.is_needed(tools);
    let mut troubles = check.answers.iter().filter(|(question, _)| need.questions.contains(question));
    let trouble = troubles.find_map(|(q, result)| Some((*q, result.as_ref().err()?)));
    // libvirt is asked at its socket, whatever tools there are.
    let asked = trouble.filter(|(question, _)| question.is_libvirt()).and(need.tools.first().copied());
    let Some(name) = need.tools.iter().copied().find(|tool| tools.has(tool)).or(asked) else {
        let row = Row::new(if wanted { Mark::Missing } else { Mark::Note }, need.tools.first().copied().unwrap_or_default(), "");
        return match need.usage {
            _ if wanted => Some(Row { text: format!("not found: {}", need.purpose), ..row }.cure(cure::install(check, need.apt, need.rpm))),
            Use::Where(what) => Some(Row { text: format!("not found; only needed where {what}"), ..row }),
            Use::Always | Use::Pacemaker | Use::Rhcs => None,
        };
    };
    let Some((question, trouble)) = trouble else {
        let version = tools.versions.iter().find(|(tool, _)| tool == name).map(|(_, version)| clean(version));
        // A tool that does not know the question prints what it likes.
        let version = version.filter(|version| version.chars().count() <= 80);
        return Some(Row::new(Mark::Ok, name, version.unwrap_or_default()));
    };
    let row = Row::new(Mark::Wrong, if question.is_libvirt() { "libvirt" } else { name }, trouble.to_string());
    let in_use = wanted || check.proves(question);
    Some(match trouble.kind {
        TroubleKind::Denied => Row { mark: Mark::Denied, ..row }.cure(cure::denied(check, tools, question, name, trouble)),
        TroubleKind::Absent if wanted => Row { mark: Mark::Missing, ..row }.cure(cure::install(check, need.apt, need.rpm)),
        TroubleKind::Absent => Row { mark: Mark::Note, ..row },
        // A tool of something that is not in use has nothing to say.
        TroubleKind::Garbled if !in_use => Row { mark: Mark::Note, ..row },
        TroubleKind::Failed if !in_use => Row { mark: Mark::Note, ..row }.cure(cure::failed(need, trouble)),
        TroubleKind::Failed => row.cure(cure::failed(need, trouble)),
        TroubleKind::Late => row.cure(format!("log in and run {name}: it hangs, or the node is overloaded")),
        TroubleKind::Garbled => row.cure("this output is new to quorate: report it, with the versions of the tools"),
        TroubleKind::Lost => row.cure("the connection broke: run doctor again"),
    })
}

fn clock(check: &NodeCheck) -> Option<Row> {
    let (offset, error) = check.clock?;
    let text = format!(
        "{}{}.{:03} s against this machine",
        if offset < 0 { "-" } else { "+" },
        offset.unsigned_abs() / 1_000_000,
        offset.unsigned_abs() / 1_000 % 1_000
    );
    Some(if offset.saturating_abs().saturating_sub(error) > SKEW {
        Row::new(Mark::Wrong, "clock", text).cure("let chrony or ntpd keep both clocks: chronyc tracking")
    } else {
        Row::new(Mark::Ok, "clock", text)
    })
}
