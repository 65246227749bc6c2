//! cluster.conf on the simulated nodes: each has a file of its own, the cluster runs a version, and the tools obey.

use std::collections::{BTreeMap, BTreeSet};

use super::answer::{Printed, rhcs};
use super::world::{NodeAt, World};
use crate::probe::rhcs::file::{self, Change, FILE, sum};

/// The version that the cluster begins with.
pub const FIRST: u32 = 87;
/// What the simulated fence devices' password is; nobody may ever see it.
const PASSWORD: &str = "EXAMPLE-NOT-REAL";

/// The files of all nodes, as far as they differ from the first one.
#[derive(Clone, Debug, Default)]
pub struct Confs {
    files: BTreeMap<NodeAt, Files>,
    /// Guests that stand in no file any more: they run on.
    gone: BTreeSet<String>,
    /// Services of the file that are no guest of anybody's.
    strange: BTreeSet<String>,
    /// The checker finds fault with every copy.
    pub picky: bool,
    /// These nodes do not take a new version.
    pub deaf: BTreeSet<NodeAt>,
}

/// One node's files.
#[derive(Clone, Debug)]
struct Files {
    text: String,
    copy: Option<String>,
    kept: BTreeMap<u32, String>,
    runs: u32,
}

impl Confs {
    /// The version that runs on a node.
    pub fn runs(&self, node: NodeAt) -> u32 {
        self.files.get(&node).map_or(FIRST, |f| f.runs)
    }

    /// Whether a guest is a service.
    pub fn has(&self, guest: &str) -> bool {
        !self.gone.contains(guest)
    }

    /// Services without a guest.
    pub fn strangers(&self) -> impl Iterator<Item = &String> {
        self.strange.iter()
    }
}

/// The file with its passwords.
fn text(world: &World, node: NodeAt) -> String {
    world.conf.files.get(&node).map_or_else(|| rhcs::conf(world).replace("\"***\"", &format!("\"{PASSWORD}\"")), |f| f.text.clone())
}

/// The file as the question has it: without them.
pub fn shown(world: &World, node: NodeAt) -> String {
    hidden(&text(world, node))
}

fn hidden(text: &str) -> String {
    text.replace(&format!("passwd=\"{PASSWORD}\""), "passwd=\"***\"")
}

fn files(world: &mut World, node: NodeAt) -> &mut Files {
    let (text, runs) = (text(world, node), world.conf.runs(node));
    world.conf.files.entry(node).or_insert_with(|| Files { text, copy: None, kept: BTreeMap::new(), runs })
}

/// Carries out what belongs to cluster.conf; none: it is something else.
pub fn command(world: &mut World, node: NodeAt, argv: &[String]) -> Option<Printed> {
    let words: Vec<&str> = argv.iter().map(String::as_str).collect();
    let blank = Change { file: String::new(), before: String::new(), after: String::new(), program: String::new(), version: 0 };
    let is = |known: &crate::link::CommandLine| argv.get(2).is_some() && argv.get(2) == known.argv().get(2);
    match words.as_slice() {
        ["sh", "-c", _, "sh", _] if is(&file::read(FILE)) => Some(read(world, node)),
        ["sh", "-c", _, "sh", _, before, after, program, version] => {
            let version = version.parse().ok()?;
            if is(&blank.write()) {
                Some(write(world, node, before, after, program))
            } else if is(&blank.place()) {
                Some(place(world, node, version))
            } else if is(&blank.write_and_place()) {
                let written = write(world, node, before, after, program);
                Some(if written.code == 0 { place(world, node, version) } else { written })
            } else if is(&blank.restore()) {
                Some(restore(world, node, version))
            } else {
                None
            }
        }
        ["ccs_config_validate", "-f", _] => Some(validate(world, node)),
        ["cman_tool", "version"] => Some(Printed::ok(format!("6.2.0 config {}\n", world.conf.runs(node)))),
        ["cman_tool", "version", "-r", "-S"] => Some(activate(world, node)),
        _ => None,
    }
}

fn read(world: &World, node: NodeAt) -> Printed {
    let runs = world.conf.runs(node);
    let text = shown(world, node);
    Printed::ok(format!(
        "@@quorate runs\n6.2.0 config {runs}\n@@quorate tools\nccs_config_validate\nccs_tool\ngroup_tool\nxmllint\nsha1sum\n@@quorate file\n{text}"
    ))
}

fn write(world: &mut World, node: NodeAt, before: &str, after: &str, program: &str) -> Printed {
    let old = text(world, node);
    if sum(&hidden(&old)) != before {
        return Printed::failed(1, format!("{FILE} has changed since it was read: nothing was written"));
    }
    let new = sed(&old, program);
    if sum(&hidden(&new)) != after {
        return Printed::failed(1, "what sed made is not what was planned: nothing was changed");
    }
    files(world, node).copy = Some(new);
    Printed::default()
}

fn place(world: &mut World, node: NodeAt, version: u32) -> Printed {
    let files = files(world, node);
    let Some(new) = files.copy.take() else {
        return Printed::failed(1, format!("{FILE} has changed meanwhile: nothing was put in its place"));
    };
    let old = std::mem::replace(&mut files.text, new);
    files.kept.insert(version, old);
    Printed::ok(format!("the old file is {FILE}.quorate-{version}\n"))
}

fn restore(world: &mut World, node: NodeAt, version: u32) -> Printed {
    let files = files(world, node);
    files.copy = None;
    if files.runs != version {
        return Printed::failed(1, format!("the cluster runs version {}: the file is left as it is", files.runs));
    }
    match files.kept.remove(&version) {
        Some(old) => {
            files.text = old;
            Printed::ok("the old file is back\n".to_owned())
        }
        None => Printed::default(),
    }
}

fn validate(world: &mut World, node: NodeAt) -> Printed {
    let picky = world.conf.picky;
    match &files(world, node).copy {
        Some(_) if !picky => Printed::ok("Configuration validates\n".to_owned()),
        Some(_) => Printed {
            out: "Relax-NG validity error : Extra element rm in interleave\ntempfile:10: element rm: Relax-NG validity error : Element cluster failed to validate content\nConfiguration fails to validate\n".to_owned(),
            err: String::new(),
            code: 3,
        },
        None => Printed::failed(255, "Unable to open the file"),
    }
}

/// `cman_tool version -r -S`: every member reads its own file again.
fn activate(world: &mut World, node: NodeAt) -> Printed {
    let new = version(&text(world, node));
    if new <= world.conf.runs(node) {
        return Printed::failed(1, "cman_tool: Not reloading, config version older or equal the running config");
    }
    for member in world.members() {
        let deaf = world.conf.deaf.contains(&member);
        let files = files(world, member);
        if !deaf && version(&files.text) == new {
            files.runs = new;
        }
    }
    world.log(node, "corosync", 6, format!("[CMAN  ] configuration version {new}"));
    world.log(node, "rgmanager", 5, "Reconfiguring");
    reconfigure(world, node);
    Printed::default()
}

/// rgmanager reads the new file: guests come and go as services.
fn reconfigure(world: &mut World, node: NodeAt) {
    let new = text(world, node);
    let named: BTreeSet<String> = new.lines().filter(|l| l.trim_start().starts_with("<vm ")).filter_map(|l| value(l, "name")).collect();
    let known: Vec<String> = world.guests.iter().map(|g| g.name.clone()).collect();
    for (at, name) in known.iter().enumerate() {
        let (was, is) = (world.conf.has(name), named.contains(name));
        if was == is {
            continue;
        }
        if let Some(guest) = world.guests.get_mut(at) {
            guest.managed = is;
        }
        if is {
            world.conf.gone.remove(name);
        } else {
            world.conf.gone.insert(name.clone());
            world.log(node, "rgmanager", 5, format!("vm:{name} removed from the config, but I am not stopping it."));
        }
    }
    world.conf.strange = named.into_iter().filter(|name| !known.contains(name)).collect();
}

fn version(text: &str) -> u32 {
    value(text, "config_version").and_then(|v| v.parse().ok()).unwrap_or(0)
}

fn value(text: &str, key: &str) -> Option<String> {
    text.split_once(&format!(" {key}=\""))?.1.split('"').next().map(str::to_owned)
}

/// sed, as far as a change of cluster.conf needs it: `2d`, `2,4d`, `2s/THIS/THAT/`.
fn sed(text: &str, program: &str) -> String {
    let mut lines: Vec<Option<String>> = text.split_inclusive('\n').map(|l| Some(l.to_owned())).collect();
    for command in commands(program) {
        let digits = command.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(command.len());
        let (address, rest) = command.split_at(digits);
        let mut numbers = address.split(',').filter_map(|n| n.parse::<usize>().ok());
        let Some(first) = numbers.next() else { continue };
        let last = numbers.next().unwrap_or(first);
        if rest == "d" {
            lines.iter_mut().take(last).skip(first.saturating_sub(1)).for_each(|l| *l = None);
        } else if let Some(Some(line)) = lines.get_mut(first.saturating_sub(1)) {
            let parts = parts(rest.strip_prefix("s/").unwrap_or_default());
            let [this, that] = parts.as_slice() else { continue };
            let (body, feed) = line.strip_suffix('\n').map_or((line.as_str(), ""), |b| (b, "\n"));
            let new = match this.as_str() {
                "^" => format!("{that}{body}"),
                ".*" => that.clone(),
                this => body.replacen(this, that, 1),
            };
            *line = new + feed;
        }
    }
    lines.into_iter().flatten().collect()
}

/// The commands of a program: a line that ends with a backslash goes on.
fn commands(program: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut open = false;
    for line in program.lines() {
        match all.last_mut().filter(|_| open) {
            Some(last) => *last = format!("{last}\n{line}"),
            None => all.push(line.to_owned()),
        }
        open = line.bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    }
    all
}

/// `THIS/THAT/` without their backslashes.
fn parts(text: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => all.last_mut().into_iter().for_each(|part| part.extend(chars.next())),
            '/' => all.push(String::new()),
            c => all.last_mut().into_iter().for_each(|part| part.push(c)),
        }
    }
    all.truncate(2);
    all
}
