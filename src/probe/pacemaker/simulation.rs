//! `crm_simulate`: what the manager would do. Always with `-R`, never with `-S`, which replays the whole transition and takes minutes on big clusters.
//!
//! XML since Pacemaker 2.1.0; before that the text under "Transition Summary".

use super::xml::{self, Doc, Tag};
use super::{nothing, refused};
use crate::domain::observation::Trouble;
use crate::domain::observation::simulation::{SimAction, SimStep, Simulation};
use crate::domain::text;
use crate::link::CommandLine;
use crate::probe::Raw;
use crate::probe::parts::lossy;

/// The live CIB with one more constraint, which comes as `$1`. Nothing is written: the copy goes down a pipe.
const WHAT_IF: &str = "\
cib=$(as_root cibadmin --query) || exit
x=$1; export x
edited() { printf '%s\\n' \"$cib\" | awk '{ if (!d && sub(/<constraints *\\/>/, \"<constraints>\" ENVIRON[\"x\"] \"</constraints>\")) d=1
  else if (!d && index($0, \"</constraints>\")) { print ENVIRON[\"x\"]; d=1 } print }'; }
said=$(edited | as_root crm_simulate --xml-pipe --run --output-as=xml 2>/dev/null); rc=$?
case $said in *'<pacemaker-result'*) printf '%s\\n' \"$said\"; exit $rc ;; esac
edited | as_root crm_simulate --xml-pipe --run";

/// The live CIB with one thing changed (`$1`: an [`Edit`]'s word) of a node or a resource (`$2`, as it stands in XML). cibadmin writes a line for each tag.
const AFTER: &str = r#"cib=$(as_root cibadmin --query) || exit
k=$1; n=$2; export k n
edited() { printf '%s\n' "$cib" | awk 'BEGIN { k = ENVIRON["k"]; n = ENVIRON["n"] }
  index($0, "<node ") { node = index($0, " uname=\"" n "\"") }
  k == "unstandby" && node && index($0, " name=\"standby\"") { sub(/ value="[^"]*"/, " value=\"off\"") }
  index($0, "</nodes>") { node = 0 }
  k == "maintenance-off" && index($0, " name=\"maintenance-mode\"") { sub(/ value="[^"]*"/, " value=\"false\"") }
  k == "clear" && index($0, "<rsc_location ") && index($0, " id=\"cli-") && index($0, " rsc=\"" n "\"") { gone = 1 }
  gone { if (index($0, "</rsc_location>") || $0 ~ /<rsc_location [^>]*\/>/) gone = 0; next }
  /<(primitive|group|clone|master|bundle) [^>]*[^>\/]>/ { deep++; if (index($0, " id=\"" n "\"")) own = deep }
  /<\/(primitive|group|clone|master|bundle)>/ { if (own == deep) own = 0; deep-- }
  k == "unfreeze" && own && own == deep && index($0, " name=\"is-managed\"") { next }
  k == "start" && own && own == deep && index($0, " name=\"target-role\"") { sub(/ value="[^"]*"/, " value=\"Started\"") }
  { print }'; }
said=$(edited | as_root crm_simulate --xml-pipe --run --output-as=xml 2>/dev/null); rc=$?
case $said in *'<pacemaker-result'*) printf '%s\n' "$said"; exit $rc ;; esac
edited | as_root crm_simulate --xml-pipe --run"#;

/// A change of the configuration that the manager answers at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Edit {
    /// A node is taken out of standby.
    Unstandby,
    /// The cluster's maintenance mode ends.
    MaintenanceOff,
    /// A resource's own is-managed goes.
    Unfreeze,
    /// A resource's own target-role becomes Started.
    Start,
    /// What earlier commands left on a resource goes.
    Clear,
}

impl Edit {
    /// As the script takes it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unstandby => "unstandby",
            Self::MaintenanceOff => "maintenance-off",
            Self::Unfreeze => "unfreeze",
            Self::Start => "start",
            Self::Clear => "clear",
        }
    }
}

const NODE_FAILS: &str = "\
said=$(as_root crm_simulate --live-check --run --node-fail \"$1\" --output-as=xml 2>/dev/null); rc=$?
case $said in *'<pacemaker-result'*) printf '%s\\n' \"$said\"; exit $rc ;; esac
exec as_root crm_simulate --live-check --run --node-fail \"$1\"";

/// With one more constraint, as XML.
pub fn what_if(constraint: &str) -> CommandLine {
    CommandLine::script(WHAT_IF, [constraint]).privileged()
}

/// With one thing changed. `name`: of the node or the resource, as it stands in XML; nothing for the cluster.
pub fn after(edit: Edit, name: &str) -> CommandLine {
    CommandLine::script(AFTER, [edit.word(), name]).privileged()
}

/// When a node is lost without a word.
pub fn node_fails(node: &str) -> CommandLine {
    CommandLine::script(NODE_FAILS, [node]).privileged()
}

/// Reads the answer.
pub fn parse(raw: Raw<'_>) -> Result<Simulation, Trouble> {
    let source = lossy(raw.stdout);
    let Some(at) = xml::root_at(&source, &["pacemaker-result"]) else {
        let Some((_, summary)) = source.split_once("Transition Summary:") else { return Err(nothing(raw, "no transition in it")) };
        return Ok(of_text(summary));
    };
    let (mut doc, root) = Doc::open(raw, source.split_at(at).1)?;
    let (mut sim, mut listed, mut verdict) = (Simulation::default(), false, (0, String::new()));
    doc.children(&root, |doc, tag| match tag.name() {
        "actions" => {
            listed = true;
            actions(doc, tag, &mut sim)
        }
        "status" => {
            verdict = (tag.get("code").and_then(|c| c.parse().ok()).unwrap_or(0), tag.get("message").unwrap_or_default());
            Ok(())
        }
        _ => Ok(()),
    })?;
    if listed { Ok(sim) } else { Err(refused(raw, verdict.0, &verdict.1)) }
}

fn actions(doc: &mut Doc<'_>, list: &Tag<'_>, sim: &mut Simulation) -> Result<(), Trouble> {
    doc.children(list, |_, tag| {
        match tag.name() {
            "node_action" if tag.get("task").is_some_and(|t| t.starts_with("Fence")) => sim.fences.extend(tag.get("node")),
            "rsc_action" => {
                let word = tag.get("action").unwrap_or_default();
                if let (Some(action), Some(resource)) = (action(&word), tag.get("resource")) {
                    let here = tag.get("node");
                    let source = tag.get("source").or_else(|| here.clone().filter(|_| action != SimAction::Start));
                    let dest = tag.get("dest").or_else(|| here.filter(|_| matches!(action, SimAction::Start | SimAction::Restart)));
                    sim.actions.push(SimStep { resource, action, source, dest, reason: tag.get("reason") });
                }
            }
            _ => {}
        }
        Ok(())
    })
}

fn action(word: &str) -> Option<SimAction> {
    Some(match word.to_ascii_lowercase().as_str() {
        "start" => SimAction::Start,
        "stop" => SimAction::Stop,
        "move" => SimAction::Move,
        "migrate" => SimAction::Migrate,
        "recover" => SimAction::Recover,
        "restart" => SimAction::Restart,
        "leave" => SimAction::Leave,
        _ => return None,
    })
}

/// `  * Move       vm3   ( node1 -> node3 )  due to ...`; 1.1 writes ` * Move    vm3 (Started node1 -> node3)`.
fn of_text(summary: &str) -> Simulation {
    let mut sim = Simulation::default();
    for line in summary.lines().skip(1).map(str::trim).take_while(|l| !l.is_empty()) {
        let Some(rest) = line.strip_prefix("* ") else { continue };
        if let Some(fenced) = rest.strip_prefix("Fence (") {
            let name = fenced.split_once(") ").and_then(|(_, n)| n.split([' ', '\'']).next());
            sim.fences.extend(name.map(text::clean));
            continue;
        }
        let mut words = rest.split_whitespace();
        let (Some(word), Some(resource)) = (words.next(), words.next()) else { continue };
        let Some(action) = action(word) else { continue };
        let inside = rest.split_once('(').and_then(|(_, r)| r.split_once(')')).map_or("", |(inside, _)| inside);
        let bare = |side: &str| side.split_whitespace().last().map(text::clean);
        let (source, dest) = match inside.split_once("->") {
            Some((from, to)) => (bare(from), bare(to)),
            None if action == SimAction::Start => (None, bare(inside)),
            None if action == SimAction::Restart => (bare(inside), bare(inside)),
            None => (bare(inside), None),
        };
        let reason = rest.split_once("due to ").map(|(_, why)| text::clean(why.trim()));
        sim.actions.push(SimStep { resource: text::clean(resource), action, source, dest, reason });
    }
    sim
}
