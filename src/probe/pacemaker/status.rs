//! `crm_mon`'s XML, from 1.1's `--as-xml` to 3.0: everything but the resource tree.
//!
//! Schemas: /usr/share/pacemaker/api/crm_mon-*.rng of 2.x. Unknown elements and attributes are skipped: the schema
//! only adds.

use compact_str::CompactString;

use super::fencing;
use super::resources::{Around, add_missing, read};
use super::value::{count, instant, score, span, truth, yes};
use super::xml::{Attributes, Doc, Tag, plain, short, some, unescape};
use crate::domain::observation::Trouble;
use crate::domain::observation::manager::{
    Ban, Change, Failure, History, ManagerNode, ManagerView, NodeKind, Operation, Options, Resource, Ticket,
};
use crate::domain::redact::{self, redact_text};

/// What the document says of the command itself (`<status>`).
#[derive(Default)]
pub struct Verdict {
    /// `code`; none in 1.1.
    pub code: Option<i32>,
    /// `message`.
    pub message: Option<String>,
    /// Whether any section of a status was there at all.
    pub sections: bool,
}

/// Reads everything below the root element into a view.
pub fn document(doc: &mut Doc<'_>, root: &Tag<'_>) -> Result<(ManagerView, Verdict), Trouble> {
    let (mut view, mut verdict) = (ManagerView::default(), Verdict::default());
    let mut by_node = Vec::new();
    view.api = root.get("api-version");
    doc.children(root, |doc, tag| {
        match tag.name() {
            "status" => return status(doc, tag, &mut view, &mut verdict),
            "pacemakerd" => view.daemon_state = tag.get("state"),
            other => {
                if section(doc, tag, other, &mut view, &mut by_node)? {
                    verdict.sections = true;
                }
            }
        }
        Ok(())
    })?;
    add_missing(&mut view.resources, by_node);
    // Thousands of each are kept until the next answer: none has room to spare.
    view.resources.shrink_to_fit();
    view.history.shrink_to_fit();
    Ok((view, verdict))
}

type ByNode = Vec<(String, Vec<Resource>)>;

fn section(doc: &mut Doc<'_>, tag: &Tag<'_>, name: &str, view: &mut ManagerView, by_node: &mut ByNode) -> Result<bool, Trouble> {
    match name {
        "summary" => doc.children(tag, |_, child| {
            summary(child, view);
            Ok(())
        })?,
        "nodes" => doc.children(tag, |doc, child| node(doc, child, &mut view.nodes, by_node))?,
        "resources" => doc.children(tag, |doc, child| read(doc, child, Around::TOP, &mut view.resources))?,
        "node_attributes" => doc.children(tag, |doc, child| attributes(doc, child, &mut view.attributes))?,
        "node_history" => doc.children(tag, |doc, child| node_history(doc, child, &mut view.history))?,
        "failures" => doc.children(tag, |_, child| {
            view.failures.extend((child.name() == "failure").then(|| failure(child)));
            Ok(())
        })?,
        "fence_history" => fences(doc, tag, view)?,
        "bans" => doc.children(tag, |_, child| {
            view.bans.extend((child.name() == "ban").then(|| ban(child)));
            Ok(())
        })?,
        "tickets" => doc.children(tag, |_, child| {
            view.tickets.extend((child.name() == "ticket").then(|| ticket(child)));
            Ok(())
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn status(doc: &mut Doc<'_>, tag: &Tag<'_>, view: &mut ManagerView, verdict: &mut Verdict) -> Result<(), Trouble> {
    verdict.code = tag.get("code").and_then(|c| c.parse().ok());
    verdict.message = tag.get("message");
    doc.children(tag, |doc, errors| {
        doc.children(errors, |doc, error| {
            view.warnings.push(redact::said(&doc.text(error)?));
            Ok(())
        })
    })
}

fn summary(tag: &Tag<'_>, view: &mut ManagerView) {
    match tag.name() {
        "stack" => {
            view.stack = tag.get("type");
            // 2.1.0 to 2.1.4; later in an element of its own.
            view.daemon_state = view.daemon_state.take().or_else(|| tag.get("pacemakerd-state"));
        }
        "current_dc" => {
            for (key, value) in tag.attributes() {
                match key {
                    "version" => view.version = some(value),
                    "name" => view.dc = some(value),
                    "with_quorum" => view.with_quorum = truth(value),
                    "mixed_version" => view.mixed_version = truth(value),
                    _ => {}
                }
            }
        }
        "last_change" => view.last_change = change(tag.attributes()),
        "cluster_options" => options(tag.attributes(), view),
        _ => {}
    }
}

fn change(attributes: Attributes<'_>) -> Option<Change> {
    let mut it = Change::default();
    for (key, value) in attributes {
        match key {
            "time" => it.time = plain(value),
            "user" => it.user = some(value),
            "client" => it.client = some(value),
            "origin" => it.origin = some(value),
            _ => {}
        }
    }
    (it != Change::default()).then_some(it)
}

/// 3.0.2 prints the options under both names.
fn options(attributes: Attributes<'_>, view: &mut ManagerView) {
    let it: &mut Options = &mut view.options;
    for (key, value) in attributes {
        match key {
            "stonith-enabled" | "fencing-enabled" => it.fencing_enabled = truth(value),
            "maintenance-mode" => it.maintenance_mode = truth(value),
            "symmetric-cluster" => it.symmetric_cluster = truth(value),
            "stop-all-resources" => it.stop_all_resources = truth(value),
            "no-quorum-policy" => it.no_quorum_policy = some(value),
            "stonith-timeout-ms" | "fencing-timeout-ms" => it.fencing_timeout = span(value),
            "cluster-name" => view.cluster_name = some(value),
            _ => {}
        }
    }
}

fn node(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<ManagerNode>, by_node: &mut ByNode) -> Result<(), Trouble> {
    if tag.name() != "node" {
        return Ok(());
    }
    let mut it = ManagerNode::default();
    for (key, value) in tag.attributes() {
        match key {
            "name" => it.name = plain(value),
            "id" => it.id = some(value),
            "type" => it.kind = if value == "remote" { NodeKind::Remote } else { NodeKind::Member },
            "id_as_resource" => it.container = some(value),
            "online" => it.online = yes(value),
            "standby" => it.standby = yes(value),
            "standby_onfail" => it.standby_onfail = yes(value),
            "maintenance" => it.maintenance = yes(value),
            "pending" => it.pending = yes(value),
            "unclean" => it.unclean = yes(value),
            "shutdown" => it.shutdown = yes(value),
            "expected_up" => it.expected_up = yes(value),
            "is_dc" => it.is_dc = yes(value),
            "health" => it.health = some(value),
            "feature_set" => it.feature_set = some(value),
            _ => {}
        }
    }
    if it.container.is_some() && it.kind == NodeKind::Remote {
        it.kind = NodeKind::Guest;
    }
    let mut below = Vec::new();
    doc.children(tag, |doc, child| read(doc, child, Around::NODE, &mut below))?;
    if !below.is_empty() {
        by_node.push((it.name.clone(), below));
    }
    into.push(it);
    Ok(())
}

fn attributes(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<(String, String, String)>) -> Result<(), Trouble> {
    let node = tag.get("name").unwrap_or_default();
    doc.children(tag, |_, child| {
        if child.name() == "attribute"
            && let Some(name) = child.get("name")
        {
            into.push((node.clone(), name, child.get("value").unwrap_or_default()));
        }
        Ok(())
    })
}

fn node_history(doc: &mut Doc<'_>, tag: &Tag<'_>, into: &mut Vec<History>) -> Result<(), Trouble> {
    let node = CompactString::from(tag.get("name").unwrap_or_default());
    let mut operations = Vec::new();
    doc.children(tag, |doc, child| {
        if child.name() != "resource_history" {
            return Ok(());
        }
        let mut it = History { node: node.clone(), ..History::default() };
        for (key, value) in child.attributes() {
            match key {
                "id" => it.resource = short(value),
                "fail-count" => it.fail_count = count(value).unwrap_or(0),
                "migration-threshold" => it.migration_threshold = count(value),
                _ => {}
            }
        }
        doc.children(child, |_, op| {
            operations.extend((op.name() == "operation_history").then(|| operation(op)));
            Ok(())
        })?;
        // Thousands of histories are kept: none has room to spare.
        it.operations.reserve_exact(operations.len());
        it.operations.append(&mut operations);
        into.push(it);
        Ok(())
    })
}

fn operation(tag: &Tag<'_>) -> Operation {
    let mut it = Operation::default();
    for (key, value) in tag.attributes() {
        match key {
            "call" => it.call = value.parse().ok(),
            "task" => it.task = short(value),
            "rc" => it.rc = value.parse().ok(),
            "last-rc-change" => it.last_change = (!value.is_empty()).then(|| short(value)),
            "interval" => it.interval = span(value),
            _ => {}
        }
    }
    it
}

fn failure(tag: &Tag<'_>) -> Failure {
    let mut it = Failure::default();
    for (key, value) in tag.attributes() {
        match key {
            // `id` where the operation has no key (schema failure-2.8).
            "op_key" | "id" => it.op_key = plain(value),
            "node" => it.node = plain(value),
            "exitstatus" => it.exit_status = some(value),
            "exitcode" => it.exit_code = value.parse().ok(),
            "exitreason" => it.exit_reason = reason(value),
            "task" => it.task = some(value),
            "interval" => it.interval_ms = span(value).and_then(|d| u64::try_from(d.as_millis()).ok()),
            "status" => it.status = some(value),
            "last-rc-change" => {
                it.last_change = some(value);
                it.at = instant(value);
            }
            _ => {}
        }
    }
    it
}

/// An exit reason. 2.1 escapes it twice; `none` is how some versions leave it out.
fn reason(value: &str) -> Option<String> {
    let once = unescape(value);
    (!once.is_empty() && once != "none").then(|| plain(&redact_text(&once)))
}

fn fences(doc: &mut Doc<'_>, tag: &Tag<'_>, view: &mut ManagerView) -> Result<(), Trouble> {
    // A status here means that the fencer did not answer: the history is unknown, not empty.
    if let Some(code) = tag.get("status").filter(|code| code != "0") {
        view.warnings.push(format!("no fence history: error {code}"));
        return Ok(());
    }
    let mut found = Vec::new();
    fencing::events(doc, tag, &mut found)?;
    view.fences = Some(found);
    Ok(())
}

fn ban(tag: &Tag<'_>) -> Ban {
    let mut it = Ban::default();
    for (key, value) in tag.attributes() {
        match key {
            "id" => it.id = plain(value),
            "resource" => it.resource = plain(value),
            "node" => it.node = plain(value),
            "weight" => it.weight = score(value).unwrap_or(0),
            "promoted-only" | "promoted_only" | "master_only" => it.promoted_only |= yes(value),
            _ => {}
        }
    }
    it
}

fn ticket(tag: &Tag<'_>) -> Ticket {
    let mut it = Ticket::default();
    for (key, value) in tag.attributes() {
        match key {
            "id" => it.id = plain(value),
            // Else `revoked`.
            "status" => it.granted = value == "granted",
            "standby" => it.standby = yes(value),
            _ => {}
        }
    }
    it
}
