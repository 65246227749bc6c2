//! Pacemaker: `crm_mon`, `cibadmin`, `stonith_admin`, from 1.1 to 3.0.
//!
//! Exit statuses and XML by version: Pacemaker's ChangeLog; `--output-as=xml` exists since 2.0.3, 1.1 has
//! `crm_mon --as-xml` and text.

use super::Raw;
use super::parts::lossy;
use crate::domain::observation::host::Tools;
use crate::domain::observation::manager::ManagerView;
use crate::domain::observation::{Observation, Question, Trouble, TroubleKind};
use crate::domain::{redact, text};
use crate::link::CommandLine;

mod constraints;
mod fencing;
pub mod fencing_test;
mod guests;
pub mod primitive;
pub mod references;
mod resources;
pub mod simulation;
mod status;
mod tag;
mod value;
pub(super) mod xml;

use xml::Doc;

/// Inactive resources, fail counts, attributes, operations with times, bans. `-n` would hide the tree.
const SECTIONS: [&str; 7] = ["-1", "-r", "-f", "-A", "-o", "-t", "-L"];

/// For a node whose version is not known: XML in the new way, or else in 1.1's.
const CRM_MON_ANY: &str = "\
said=$(as_root crm_mon -1 -r -f -A -o -t -L --fence-history=3 --output-as=xml 2>/dev/null); rc=$?
case $said in *'<pacemaker-result'*) printf '%s\\n' \"$said\"; exit $rc ;; esac
exec as_root crm_mon -1 -r -f -A -o -t -L -c --as-xml";

const FENCE_HISTORY_ANY: &str = "\
said=$(as_root stonith_admin --history '*' --verbose --output-as=xml 2>/dev/null); rc=$?
case $said in *'<pacemaker-result'*) printf '%s\\n' \"$said\"; exit $rc ;; esac
exec as_root stonith_admin --history '*' --verbose";

const FENCE_DEVICES_ANY: &str = "\
said=$(as_root stonith_admin -L --output-as=xml 2>/dev/null); rc=$?
case $said in *'<pacemaker-result'*) printf '%s\\n' \"$said\"; exit $rc ;; esac
exec as_root stonith_admin -L";

/// The command for a question of this family; none if no tool of the node can answer it.
pub fn command(question: Question, tools: &Tools) -> Option<CommandLine> {
    let line = match question {
        Question::CrmMon => crm_mon(tools),
        Question::Constraints => CommandLine::new("cibadmin", ["--query", "--scope", "constraints"]),
        Question::FenceHistory => stonith_admin(tools, &["--history", "*", "--verbose"], FENCE_HISTORY_ANY),
        Question::FenceDevices => stonith_admin(tools, &["-L"], FENCE_DEVICES_ANY),
        Question::GuestParams => CommandLine::script(guests::SCRIPT, [""; 0]),
        _ => return None,
    };
    let tool = match question {
        Question::CrmMon => "crm_mon",
        Question::Constraints | Question::GuestParams => "cibadmin",
        _ => "stonith_admin",
    };
    (tools.present.is_empty() || tools.has(tool)).then(|| line.privileged())
}

fn crm_mon(tools: &Tools) -> CommandLine {
    match speaks_xml(tools) {
        Some(true) => CommandLine::new("crm_mon", SECTIONS.into_iter().chain(["--fence-history=3", "--output-as=xml"])),
        // Later XML holds the tickets without being asked; `-c` is older than `-L`.
        Some(false) => CommandLine::new("crm_mon", SECTIONS.into_iter().chain(["-c", "--as-xml"])),
        None => CommandLine::script(CRM_MON_ANY, [""; 0]),
    }
}

fn stonith_admin(tools: &Tools, args: &[&str], any: &'static str) -> CommandLine {
    let args = args.iter().copied();
    match speaks_xml(tools) {
        Some(true) => CommandLine::new("stonith_admin", args.chain(["--output-as=xml"])),
        Some(false) => CommandLine::new("stonith_admin", args),
        None => CommandLine::script(any, [""; 0]),
    }
}

/// Whether the node's tools know `--output-as=xml` (2.0.3); none if the version is unknown.
fn speaks_xml(tools: &Tools) -> Option<bool> {
    let (_, said) = tools.versions.iter().find(|(tool, _)| tool == "crm_mon")?;
    // Not any number: a wrapper may print something else.
    let number = said.strip_prefix("Pacemaker ")?;
    super::corosync::version_in(number).map(|version| version >= [2, 0, 3])
}

/// Reads the answer to a question of this family.
pub fn parse(question: Question, raw: Raw<'_>) -> Result<Observation, Trouble> {
    match question {
        Question::CrmMon => crm_mon_answer(raw).map(|view| Observation::Manager(Box::new(view))),
        Question::Constraints => constraints_answer(raw),
        Question::GuestParams => guests::parse(raw),
        Question::FenceHistory => answer(raw, fencing::events, fencing::history_text).map(Observation::FenceHistory),
        Question::FenceDevices => answer(raw, fencing::devices, fencing::devices_text).map(Observation::FenceDevices),
        _ => Err(Trouble::new(TroubleKind::Failed, &format!("{question:?} is not of this family"))),
    }
}

/// The exit status is no verdict: 1.1 ends with errno-like numbers beside good XML.
fn crm_mon_answer(raw: Raw<'_>) -> Result<ManagerView, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &["pacemaker-result", "crm_mon"]) else {
        return Err(nothing(raw, "no XML in it"));
    };
    let (before, source) = source.split_at(at);
    let (mut doc, root) = Doc::open(raw, source)?;
    if !matches!(root.name(), "pacemaker-result" | "crm_mon") {
        return Err(raw.garbled(&format!("<{}> is not crm_mon's XML", text::clean(root.name()))));
    }
    let (mut view, verdict) = status::document(&mut doc, &root)?;
    let code = verdict.code.unwrap_or(raw.code);
    if !verdict.sections {
        let said = if view.warnings.is_empty() { verdict.message.unwrap_or_default() } else { view.warnings.join("; ") };
        return Err(if code == 0 { raw.garbled("the XML holds no status") } else { refused(raw, code, &said) });
    }
    let earlier = before.lines().map(str::trim).filter(|line| !line.is_empty()).map(redact::said);
    view.warnings.splice(0..0, earlier.take(20));
    Ok(view)
}

fn constraints_answer(raw: Raw<'_>) -> Result<Observation, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &["constraints"]) else {
        // A CIB without the section: 1.1 says so with ENXIO, 2.x with status 105.
        let said = String::from_utf8_lossy(raw.stderr);
        if said.contains("No such device or address") || raw.code == 105 {
            return Ok(Observation::Constraints(Vec::new()));
        }
        return Err(nothing(raw, "no <constraints> in it"));
    };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    if root.name() != "constraints" {
        return Err(raw.garbled(&format!("<{}> where <constraints> was expected", text::clean(root.name()))));
    }
    constraints::all(&mut doc, &root).map(Observation::Constraints)
}

type ReadList<T> = fn(&mut Doc<'_>, &xml::Tag<'_>, &mut Vec<T>) -> Result<(), Trouble>;

/// An answer of `stonith_admin`: a `<list>` in XML, or text.
fn answer<T>(raw: Raw<'_>, read: ReadList<T>, read_text: fn(&str) -> Option<Vec<T>>) -> Result<Vec<T>, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &["pacemaker-result"]) else {
        let silent = source.trim().is_empty() && raw.code != 0;
        return read_text(&source).filter(|_| !silent).ok_or_else(|| nothing(raw, "neither XML nor a list"));
    };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    let (mut found, mut listed, mut code, mut errors) = (Vec::new(), false, 0, Vec::new());
    doc.children(&root, |doc, tag| match tag.name() {
        "list" => {
            listed = true;
            read(doc, tag, &mut found)
        }
        "status" => {
            code = tag.get("code").and_then(|c| c.parse().ok()).unwrap_or(0);
            errors.extend(tag.get("message"));
            doc.children(tag, |doc, list| {
                doc.children(list, |doc, error| {
                    errors.push(doc.text(error)?);
                    Ok(())
                })
            })
        }
        _ => Ok(()),
    })?;
    if code != 0 && !listed { Err(refused(raw, code, &errors.join("; "))) } else { Ok(found) }
}

/// No data at all: the tool's refusal, or what was missing where it claims success.
fn nothing(raw: Raw<'_>, missing: &str) -> Trouble {
    if raw.code == 0 && raw.stderr.trim_ascii().is_empty() {
        return raw.garbled(missing);
    }
    let trouble = raw.refusal();
    if trouble.kind != TroubleKind::Failed {
        return trouble;
    }
    let said = if raw.stderr.trim_ascii().is_empty() { raw.stdout } else { raw.stderr };
    let said = text::clean_bytes(said.get(..said.len().min(600)).unwrap_or_default().trim_ascii());
    refused(raw, raw.code, &said)
}

/// Trouble from Pacemaker's own words, with the cure where there is one.
fn refused(raw: Raw<'_>, code: i32, said: &str) -> Trouble {
    let lower = said.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| lower.contains(w));
    let command = raw.command;
    if matches!(code, 4 | 77) || has(&["permission denied", "insufficient privileges", "not permitted"]) {
        let cure = "ask as root, or put the user into the group haclient";
        return Trouble::new(TroubleKind::Denied, &format!("'{command}' is not permitted to this user: {said}; {cure}"));
    }
    // 102: disconnected (2.0 and later); 107: ENOTCONN, 111: ECONNREFUSED (1.1).
    let down = matches!(code, 102 | 107 | 111)
        || has(&[
            "not connected",
            "connection refused",
            "could not connect",
            "connection to cluster failed",
            "signon to cib failed",
            "not running",
        ]);
    let said = if said.is_empty() { format!("exit status {code}") } else { said.to_owned() };
    if down {
        let cure = "the cluster is not running on this node (pcs cluster start, or systemctl start pacemaker)";
        return Trouble::new(TroubleKind::Failed, &format!("'{command}' failed: {said}; {cure}"));
    }
    Trouble::new(TroubleKind::Failed, &format!("'{command}' failed with exit status {code}: {said}"))
}
