//! The sudoers file of each role.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use quorate::action::gate::needed_role;
use quorate::action::inquiry::{self, Finding};
use quorate::action::plan::Work;
use quorate::action::{Findings, lock};
use quorate::doctor::sudoers;
use quorate::domain::cluster::Cluster;
use quorate::domain::role::Role;
use quorate::domain::task::{Action, FenceHow, GrowSize, Limits, NodeVerb as N, RelocateHow, ServiceVerb as S, VolumeName};
use quorate::link::{Become, CommandLine};
use quorate::probe::systemd::starter::Starter;
use regex::Regex;

use super::{plain, plans, stage};
use crate::state::build::START;

#[test]
fn each_role_has_what_the_one_before_has_and_more() {
    let [viewer, operator, admin] = [Role::Viewer, Role::Operator, Role::Admin].map(sudoers::file);
    assert!(viewer.contains("QUORATE_LOOK") && !viewer.contains("QUORATE_ACT"));
    assert!(operator.contains("--(reboot|fence|unfence)") && !operator.contains("--confirm "));
    assert!(admin.contains("--confirm") && admin.contains("pvmove"));
    for file in [&viewer, &operator, &admin] {
        assert!(file.contains("/usr/sbin/crm_mon"), "{file}");
        for json in ["--reportformat json", "--noheadings"] {
            assert!(file.lines().any(|l| l.contains("/usr/sbin/lvs -a --units b --nosuffix") && l.contains(json)), "lvs {json}: {file}");
        }
        assert!(!file.contains("/sh ") && !file.contains("/env "), "a shell is everything: {file}");
        assert!(!file.lines().any(|l| l.trim_end_matches(", \\").ends_with(" *")), "a star matches anything: {file}");
    }
}

#[test]
fn sudo_itself_reads_it() {
    if Command::new("visudo").arg("-V").output().is_err() {
        eprintln!("skipped: no visudo");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for role in [Role::Viewer, Role::Operator, Role::Admin] {
        let file = dir.path().join(role.word());
        std::fs::write(&file, sudoers::file(role)).unwrap();
        let out = Command::new("visudo").arg("-cf").arg(&file).output().unwrap();
        let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
        assert!(out.status.success(), "{}: {said}", role.word());
    }
}

/// The rules of a file: tool and arguments as sudo matches them.
pub(super) struct Rules(Vec<(String, Regex)>);

impl Rules {
    pub(super) fn of(role: Role) -> Self {
        let rules = sudoers::file(role);
        let lines = rules.lines().filter_map(|l| l.strip_prefix("    /usr/bin/")).map(|l| l.trim_end_matches(", \\"));
        Self(lines.map(|line| line.split_once(' ').map(|(tool, args)| (tool.to_owned(), pattern(args))).unwrap()).collect())
    }

    pub(super) fn allow(&self, words: &str) -> bool {
        let (tool, args) = words.split_once(' ').unwrap_or((words, ""));
        self.0.iter().any(|(known, pattern)| known == tool && pattern.is_match(args))
    }
}

/// Arguments of a rule: a regular expression, or words with backslashes before what is special.
fn pattern(args: &str) -> Regex {
    if args.starts_with('^') {
        return Regex::new(args).unwrap();
    }
    let mut plain = String::new();
    let mut chars = args.chars();
    while let Some(c) = chars.next() {
        plain.extend(if c == '\\' { chars.next() } else { Some(c) });
    }
    Regex::new(&format!("^{}$", regex::escape(if args == "\"\"" { "" } else { &plain }))).unwrap()
}

/// Every action on the three members that are told by hand.
fn actions() -> Vec<Action> {
    let service = || "vm1".to_owned();
    let node = || "n2".to_owned();
    let volume = VolumeName { vg: "vg".to_owned(), lv: "data".to_owned(), node: None };
    let mut all: Vec<Action> = [
        S::Cancel,
        S::PostCopy,
        S::Suspend,
        S::Resume,
        S::Start,
        S::Stop,
        S::StopForced,
        S::Restart,
        S::Reset,
        S::Freeze,
        S::Unfreeze,
        S::Cleanup,
        S::Clear,
        S::Unregister,
    ]
    .map(|verb| Action::Service(verb, service()))
    .into();
    all.extend(
        [S::Suspend, S::Resume, S::Start, S::Stop, S::StopForced, S::Restart, S::Reset, S::PostCopy, S::Cancel]
            .map(|verb| Action::Service(verb, "lone".to_owned())),
    );
    let limits = Limits { downtime_ms: Some(500), bandwidth_mib: Some(8) };
    let lone = |how, limits| Action::Relocate { service: "lone".to_owned(), to: "n3".to_owned(), how: Some(how), limits };
    all.extend(RelocateHow::ALL.map(|how| lone(how, Limits::default())));
    all.extend([lone(RelocateHow::Live, limits), Action::Limit { service: "lone".to_owned(), limits }]);
    let of_nodes = [N::ConfirmFence, N::TestFence, N::Standby, N::Unstandby, N::Drain, N::Leave, N::Join, N::Reboot];
    all.extend(of_nodes.map(|verb| Action::Node(verb, node())));
    all.push(Action::PutBack { node: node(), services: vec![service()] });
    all.extend(RelocateHow::ALL.map(|how| Action::Relocate {
        service: service(),
        to: "n3".to_owned(),
        how: Some(how),
        limits: Limits::default(),
    }));
    all.push(Action::Relocate { service: service(), to: "n3".to_owned(), how: Some(RelocateHow::Live), limits });
    all.push(Action::Limit { service: service(), limits });
    all.extend([FenceHow::Reboot, FenceHow::Off, FenceHow::On].map(|how| Action::Fence { node: node(), how }));
    all.extend([true, false].map(|on| Action::Maintenance { on }));
    all.push(Action::Register { guest: "odd".to_owned(), prefer: vec!["n1".to_owned()] });
    all.push(Action::Grow { volume, size: GrowSize::By(4 << 20) });
    all.push(Action::Evacuate { pv: "/dev/mapper/san1".to_owned(), onto: None });
    all
}

/// Pictures in which every action has its turn.
fn pictures() -> Vec<Cluster> {
    use quorate::domain::cluster::{MemberStatus, ServiceState};
    let mut one_active = plans::storage();
    one_active.volumes[0].active_on.truncate(1);
    let change = |change: fn(&mut Cluster)| {
        let mut cluster = plans::storage();
        change(&mut cluster);
        cluster
    };
    let mut with_guests = stage::lab(stage::view_now());
    stage::guests(&mut with_guests);
    let mut lone = |state: quorate::domain::guest::GuestState| {
        let mut cluster = (*with_guests.picture()).clone();
        let definition = plain::definition("lone", "uuid-of-lone", "/srv/shared/lone.img");
        for guest in cluster.guests.iter_mut().filter(|g| g.name == "lone") {
            (guest.state, guest.definition) = (state, Some(std::sync::Arc::clone(&definition)));
        }
        cluster
    };
    let kept_by_both = {
        use quorate::domain::guest::GuestState::{Running, Shutoff};
        let mut cluster = lone(Running);
        let guest = cluster.guests.iter_mut().find(|g| g.name == "lone").unwrap();
        let mut definition = (**guest.definition.as_ref().unwrap()).clone();
        definition.autostart = Some(true);
        guest.definition = Some(definition.into());
        let mut there = guest.clone();
        (there.node, there.state) = ("n3".into(), Shutoff);
        cluster.guests.push(there);
        cluster
    };
    let [running, paused, off] = {
        use quorate::domain::guest::GuestState::{Paused, Running, Shutoff};
        [Running, Paused, Shutoff].map(lone)
    };
    vec![
        plans::storage(),
        one_active,
        kept_by_both,
        running,
        paused,
        off,
        change(|c| c.members[1].status = MemberStatus::Standby),
        change(|c| c.members[1].status = MemberStatus::Offline),
        change(|c| c.options.maintenance_mode = Some(true)),
        change(|c| c.services.iter_mut().for_each(|s| s.state = ServiceState::Migrating)),
        change(|c| c.services.iter_mut().for_each(|s| s.flags.push("unmanaged"))),
        change(|c| c.services.iter_mut().for_each(|s| (s.state, s.failed_operation) = (ServiceState::Stopped, true))),
    ]
}

/// All privileged lines of an action, whatever its inquiry finds.
fn lines(action: &Action, cluster: &Cluster) -> Vec<CommandLine> {
    let mut all = vec![lock::command(&stage::intent(action.clone()))];
    for (starter, state) in [(Starter::Systemd, "running"), (Starter::SysV, "paused"), (Starter::None, "running")] {
        let change = |query: &quorate::action::Query, finding: &mut Finding| match finding {
            // The guest that is to be registered runs on the first node.
            Finding::State(found) if &*query.node == "n1" && format!("{:?}", query.what).contains("\"odd\"") => {
                *found = quorate::domain::observation::simulation::GuestState::Is("running".to_owned(), None);
            }
            Finding::Starter(found) => *found = starter,
            Finding::Job(job) => job.total = Some(1 << 25),
            Finding::Primitive(config) => config.attributes.push(("migrate_options".to_owned(), "--unsafe --postcopy".to_owned())),
            Finding::References(found) => found.clone_from(&super::unregister::named()),
            Finding::Definition(definition) => {
                (definition.kind, definition.cpu) = (Some("kvm".to_owned()), Some("<cpu mode='custom'/>".to_owned()));
            }
            Finding::Place(place) if matches!(place.guest, quorate::domain::observation::simulation::GuestState::Is(..)) => {
                place.guest = quorate::domain::observation::simulation::GuestState::Is(state.to_owned(), None);
            }
            _ => {}
        };
        let mut found = Findings::default();
        loop {
            let needed = inquiry::needed(action, cluster, &found);
            if needed.is_empty() {
                break;
            }
            for query in needed {
                all.push(query.command());
                let mut finding = stage::answer(&query, cluster);
                change(&query, &mut finding);
                found.put(query, Ok(finding));
            }
        }
        let Ok(plan) = stage::plan_with(action, cluster, START, change) else { continue };
        for step in &plan.steps {
            match &step.work {
                Work::Change { command, meter, .. } => {
                    all.push(command.clone());
                    all.extend(meter.as_ref().map(quorate::action::Query::command));
                }
                Work::Ask(query) => all.push(query.command()),
                Work::Wait { until, meter, .. } => {
                    all.extend(until.queries().into_iter().chain(meter).map(quorate::action::Query::command));
                }
            }
        }
        all.extend(plan.proof.iter().flat_map(|c| c.queries()).map(quorate::action::Query::command));
    }
    all.retain(CommandLine::is_privileged);
    all
}

/// What a line has sudo run. Scripts run for real, with a sudo that only writes down what it should run, and answers well, badly, or not at all.
fn sudoed(line: &CommandLine, dir: &Path) -> BTreeSet<String> {
    let argv = line.effective(Become::Sudo);
    if let ["sudo", "-n", rest @ ..] = argv.as_slice() {
        return [rest.join(" ")].into();
    }
    let log = dir.join("log");
    fs::write(&log, "").unwrap();
    let missing = "echo No such file or directory >&2; exit 2";
    let uuid = "*domuuid*) echo 00000000-0000-4000-8000-0000000000aa";
    let well = format!("case \"$*\" in {uuid} ;; *) echo vm1 ;; esac");
    let without_file = format!("case \"$*\" in stat*) {missing} ;; {uuid} ;; *) echo vm1 ;; esac");
    // What a script waits for before it goes on is not waited for here.
    let sleep = dir.join("sleep");
    crate::link::rig::executable(&sleep, "#!/bin/sh\n[ \"$1\" -gt 60 ] && exec /bin/sleep \"$1\"; exit 0\n");
    for answer in [&well, &without_file, missing, "exit 1"] {
        let sudo = dir.join("sudo");
        crate::link::rig::executable(&sudo, format!("#!/bin/sh\nshift\nprintf '%s\\n' \"$*\" >>{}\n{answer}\n", log.display()));
        let path = format!("{}:/usr/bin:/bin", dir.display());
        let out = Command::new("timeout").args(["-k", "1", "1"]).args(&argv).env("PATH", path).env("SSH_CONNECTION", "a 1 b 22").output();
        out.unwrap();
    }
    // A reboot goes on behind its answer.
    std::thread::sleep(std::time::Duration::from_millis(100));
    fs::read_to_string(&log).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn all_that_an_action_sends_is_allowed_to_its_role_and_no_script_runs_as_root() {
    let dir = tempfile::tempdir().unwrap();
    let rules = [Role::Viewer, Role::Operator, Role::Admin].map(|role| (role, Rules::of(role)));
    let mut known: BTreeSet<Vec<String>> = BTreeSet::new();
    let mut scripts: BTreeMap<(Option<String>, &str), u32> = BTreeMap::new();
    let mut actors = BTreeSet::new();
    for (action, cluster) in actions().iter().flat_map(|a| pictures().into_iter().map(move |c| (a, c))) {
        let role = needed_role(action);
        let (_, allowed) = rules.iter().find(|(r, _)| *r == role).unwrap();
        for line in lines(action, &cluster) {
            let mut key = line.argv().to_vec();
            key.push(role.word().to_owned());
            // A script is what it is whatever the names: a few of them are enough.
            let script = line.argv().get(2).filter(|_| line.argv()[0] == "sh").cloned();
            let tried = scripts.entry((script.clone(), role.word())).or_insert(0);
            if !known.insert(key) || (script.is_some() && *tried == 3) {
                continue;
            }
            *tried += 1;
            for words in sudoed(&line, dir.path()) {
                assert!(allowed.allow(&words), "{action}: {} may not: sudo {words}", role.word());
                actors.insert(words.split(' ').next().unwrap().to_owned());
            }
        }
    }
    for tool in
        ["crm_simulate", "flock", "virsh", "pvmove", "lvextend", "tee", "corosync-cfgtool", "systemctl", "pacemakerd", "rm", "shutdown"]
    {
        assert!(actors.contains(tool), "no plan runs {tool}: {actors:?}");
    }
    // What is close to a rule and none.
    let (_, operator) = &rules[1];
    for words in [
        "sh -c id",
        "virsh -c qemu:///system destroy --domain vm1 --graceful",
        "virsh -c qemu:///system migrate --live --copy-storage-all --domain vm1 --desturi qemu+ssh://n2/system",
        "virsh -c qemu:///system migrate --live --domain vm1 --desturi qemu+ssh://n2/system?command=/tmp/x",
        "virsh -r -c qemu+ssh://n2/system?command=/tmp/x hostname",
        "rm -f -- /etc/passwd",
        "rm -f -- /srv/../etc/x.quorate-save",
        "flock -n /run/lock/quorate.x.22 sh",
        "crm_resource --cleanup --resource vm1 --node n1",
        "cibadmin --delete --scope resources --xml-text <primitive id=\"vm1\"/>",
        "stat -Lc %i:%s:%Y -- /a b",
    ] {
        assert!(!operator.allow(words), "{words}");
    }
}

/// What passwords are in, and files of one's choice, are not for who only looks; what the screens show is.
#[test]
fn a_viewer_reads_what_the_screens_show_and_no_file_of_his_choice() {
    use quorate::domain::observation::Question;
    use quorate::domain::observation::host::Tools;
    let [viewer, operator] = [Role::Viewer, Role::Operator].map(Rules::of);
    for words in [
        "cibadmin --query",
        "cibadmin --query --xpath //primitive[@id='ipmi-n1']|//template[@id=//primitive[@id='ipmi-n1']/@template]|//resources//*[primitive/@id='ipmi-n1']/meta_attributes|//resources//*[*/primitive/@id='ipmi-n1']/meta_attributes|//rsc_defaults|//op_defaults",
        "sed -e s/ passwd=['\"][^'\"]*['\"]//g -- /home/x/a.xml",
        "cksum -- /etc/shadow",
        "ccs_config_dump",
    ] {
        assert!(operator.allow(words) && !viewer.allow(words), "{words}");
    }
    assert!(sudoers::file(Role::Viewer).contains("# A viewer sees all that the screens show. Left out is what shows more"));
    assert!(!sudoers::file(Role::Operator).contains("A viewer"));
    let dir = tempfile::tempdir().unwrap();
    let line = quorate::probe::command(Question::GuestParams, &Tools::default()).unwrap();
    let asked = sudoed(&line, dir.path());
    assert!(asked.iter().any(|words| words.starts_with("cibadmin --query --xpath //primitive[@type='VirtualDomain'")), "{asked:?}");
    for words in asked {
        assert!(viewer.allow(&words), "sudo {words}");
    }
}

/// What is asked of VMware Server. The login of vmrun is no viewer's.
#[test]
fn vmware_server_is_asked_what_the_role_may_ask() {
    use quorate::domain::observation::Question as Q;
    use quorate::domain::observation::host::Tools;
    use quorate::domain::observation::vmware::VmwareTool;
    use quorate::probe::vmware::act::{self, Verb};
    let dir = tempfile::tempdir().unwrap();
    let [viewer, operator, admin] = [Role::Viewer, Role::Operator, Role::Admin].map(Rules::of);
    let tools = Tools { present: ["vmware-cmd", "vmrun"].map(str::to_owned).to_vec(), ..Tools::default() };
    let settings = "cat /etc/sysconfig/vmware-service";
    let mut all: BTreeSet<String> = BTreeSet::new();
    for line in [quorate::probe::command(Q::Vmware, &tools).unwrap(), act::look("[standard] wiki/wiki.vmx")] {
        assert!(line.names_its_tools(), "{}", line.display());
        all.extend(sudoed(&line, dir.path()));
    }
    assert!(all.contains(settings) && all.iter().any(|l| l.starts_with("sed -e ")) && all.contains("vmrun -T server list"), "{all:?}");
    for words in &all {
        assert!(operator.allow(words) && viewer.allow(words) == (words != settings), "sudo {words}");
    }
    for (words, least) in [
        ("vmware-cmd /vm/a b/w.vmx getstate", &viewer),
        ("vmware-cmd -l", &viewer),
        ("vmrun -T server -h https://localhost:8333/sdk -u root -p x list", &viewer),
        ("vmrun -T server -u root -p x suspend [standard] wiki/wiki.vmx soft", &operator),
        ("vmrun -T server register [standard] wiki/wiki.vmx", &admin),
    ] {
        assert!(least.allow(words), "{words}");
    }
    assert!(!viewer.allow("vmrun -T server -p x suspend [standard] wiki/wiki.vmx soft list") && !operator.allow("cat /etc/shadow"));
    for verb in [Verb::Suspend, Verb::Start, Verb::Reset, Verb::Register, Verb::Unregister] {
        for words in sudoed(&act::command(VmwareTool::Run, verb, "[standard] wiki/wiki.vmx"), dir.path()) {
            assert!(admin.allow(&words), "{verb:?}: sudo {words}");
        }
    }
}

#[test]
fn a_viewer_may_ask_red_hat_cluster_suite_all_that_is_asked() {
    use quorate::domain::observation::Question as Q;
    use quorate::domain::observation::host::Tools;
    let dir = tempfile::tempdir().unwrap();
    let viewer = Rules::of(Role::Viewer);
    let present = ["clustat", "cman_tool", "mkqdisk", "service"].map(str::to_owned).to_vec();
    let tools = Tools { present, ..Tools::default() };
    let mut all: Vec<CommandLine> = [Q::Clustat, Q::Cman, Q::Groups, Q::ClusterConf, Q::QuorumDisk]
        .iter()
        .filter_map(|q| quorate::probe::command(*q, &tools))
        .collect();
    assert_eq!(all.len(), 5);
    all.push(quorate::probe::rhcs::fence::overriding());
    for line in all {
        assert!(line.names_its_tools(), "{}", line.display());
        for words in sudoed(&line, dir.path()) {
            // It is asked where cluster.conf cannot be read, and prints its passwords.
            assert_eq!(viewer.allow(&words), words != "ccs_config_dump", "sudo {words}");
        }
    }
    let scripts = quorate::probe::command(Q::InitScripts, &tools).unwrap();
    assert!(scripts.names_its_tools() && viewer.allow("service rgmanager status") && !viewer.allow("service rgmanager stop"));
    let admin = Rules::of(Role::Admin);
    for words in [
        "service ccsd start",
        "service cman start",
        "service fenced start",
        "service qdiskd stop",
        "fence_tool leave -w",
        "fence_tool leave -w 60",
        "pkill -TERM -x qdiskd",
        "cman_tool -t 60 -w leave",
    ] {
        assert!(admin.allow(words) && !viewer.allow(words), "{words}");
    }
    assert!(!admin.allow("pkill -TERM -x sshd") && !admin.allow("fence_tool leave"), "what is close to a rule and none");
    assert!(!viewer.allow("cat /etc/cluster/cluster.conf") && !viewer.allow("sed -e p /etc/cluster/cluster.conf"), "passwords stay there");
}
