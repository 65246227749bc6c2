//! The lever on Red Hat Cluster Suite: the screen against five sshd's with the old tools behind them.

use super::rig::Terminal;
use crate::program::rhcs_lab::Lab;

pub(super) struct Cockpit {
    pub t: Terminal,
}

impl Cockpit {
    /// The plan of a fencing of the member in focus. The fence domain is among what is known last: until then it is refused.
    fn fence_plan(&mut self) -> String {
        self.t.type_in("f");
        self.t.wait("the plan", |s| s.contains("Type the node's name") && s.contains("fence_node -v"))
    }

    pub fn of(lab: &Lab, size: (u16, u16)) -> Self {
        let config = lab.site.home.path().join("config/quorate/config.toml");
        let mut args = vec!["--config".to_owned(), config.to_string_lossy().into_owned()];
        args.extend(lab.site.options());
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let mut t = Terminal::open(&args, &[], size);
        t.wait("quorum", |s| s.contains("QUORATE 5"));
        t.wait("services", |s| s.contains("15/15 started") || s.contains("16/16 started"));
        Self { t }
    }

    /// The table of services with one row: that of this name.
    fn service(&mut self, name: &str) {
        self.service_of("vm", name);
    }

    /// The same, of this kind.
    pub fn service_of(&mut self, kind: &str, name: &str) {
        self.t.type_in("2");
        self.t.wait("the focus", |s| s.contains("▸2 Services"));
        self.t.type_in("\r");
        self.t.wait("the table", |s| s.contains("▸2 Services") && s.contains("esc back"));
        self.only("/", name, &format!("▸ {kind}:{name}"));
    }

    /// The table of members with one row.
    fn member(&mut self, name: &str) {
        self.t.type_in("1");
        self.t.wait("the table", |s| s.contains("▸1 Members") && s.contains("esc back"));
        self.only("/", name, &format!("▸ {}", name.split('.').next().unwrap()));
    }

    fn only(&mut self, key: &str, name: &str, selected: &str) {
        self.t.type_in(key);
        self.t.type_in(name);
        self.t.type_in("\r");
        self.t.wait("the row", |s| s.contains(&format!("/{name}")) && s.contains("1 of "));
        self.t.type_in("\x1b[B");
        self.t.wait("the selection", |s| s.contains(selected));
    }

    /// Plans by keys, and confirms what has Cancel in focus.
    pub fn plan(&mut self, keys: &str, command: &str) {
        self.t.type_in(keys);
        self.t.wait(command, |s| s.contains(command) && s.contains("[Cancel]"));
        self.t.say_yes();
    }

    /// Plans by keys, and confirms what wants the target's name.
    pub fn type_name(&mut self, keys: &str, command: &str, name: &str) {
        self.t.type_in(keys);
        self.t.wait(command, |s| s.contains(command) && s.contains(&format!("name, {name}:")));
        self.t.say_name(name);
    }

    pub fn proved(&mut self) -> String {
        let text = self.t.wait("the proof", |s| s.contains("done and proved"));
        self.back();
        text
    }

    fn back(&mut self) {
        self.t.type_in("\x1b");
        self.t.wait("the table", |s| !s.contains("▸Task"));
    }

    pub fn refused(&mut self, keys: &str, why: &str) {
        self.t.type_in(keys);
        self.t.wait(why, |s| s.contains(why) && s.contains("Nothing was sent"));
        self.t.type_in("\x1b");
        self.t.wait("the table", |s| !s.contains("Nothing was sent"));
    }

    pub fn quit(mut self) {
        self.t.type_in("q");
        assert_eq!(self.t.end(), 0);
    }
}

#[test]
fn services_are_moved_frozen_disabled_and_enabled_by_keys() {
    let Some(lab) = Lab::start() else { return };
    let mut c = Cockpit::of(&lab, (140, 40));
    c.service("radius1");
    c.t.type_in("m");
    c.t.wait("the nodes", |s| s.contains("RELOCATE vm:radius1") && s.contains("live") && s.contains("its stop shuts it down"));
    c.plan("\r", "clusvcadm -M vm:radius1 -m");
    c.proved();
    c.plan("xf", "clusvcadm -Z vm:radius1");
    c.proved();
    c.refused("xd", "is frozen: rgmanager does nothing with it");
    c.plan("xF", "clusvcadm -U vm:radius1");
    c.proved();
    c.plan("xd", "clusvcadm -d vm:radius1");
    c.proved();
    c.refused("xr", "vm:radius1 is disabled");
    c.plan("xe", "clusvcadm -e vm:radius1 -m");
    c.proved();
    c.plan("xt", "clusvcadm -s vm:radius1");
    c.proved();
    c.plan("xs", "clusvcadm -e vm:radius1 -m");
    c.proved();
    c.quit();
}

#[test]
fn guests_stand_still_and_what_failed_is_cleaned_up_by_keys() {
    let Some(lab) = Lab::start() else { return };
    let mut c = Cockpit::of(&lab, (100, 40));
    c.service("radius1");
    c.plan("s", "suspend --domain radius1");
    c.proved();
    c.plan("S", "resume --domain radius1");
    c.proved();
    c.type_name("xR", "reset --domain radius1", "vm:radius1");
    c.proved();
    lab.befall("part radius1");
    lab.until("vm:radius1", "partial");
    // Nothing announces it: the next look at rgmanager shows it.
    c.t.wait("the flag", |s| s.contains("partial"));
    c.plan("xv", "clusvcadm -c vm:radius1");
    c.proved();
    lab.befall("stick radius1");
    c.plan("xr", "clusvcadm -R vm:radius1");
    c.t.wait("the failure", |s| s.contains("failed") && s.contains("Aborted; service failed"));
    c.back();
    c.t.wait("the state", |s| s.contains("failed") && s.contains("it did not stop"));
    c.refused("xs", "it did not stop cleanly");
    c.plan("xc", "clusvcadm -d vm:radius1");
    c.proved();
    c.quit();
}

#[test]
fn a_node_is_fenced_by_its_name_and_what_the_stack_lacks_says_so() {
    let Some(lab) = Lab::start() else { return };
    let mut c = Cockpit::of(&lab, (140, 40));
    let node = lab.n(2);
    c.member(&node);
    c.t.type_in("xs");
    c.t.wait("why not", |s| s.contains("rgmanager has no standby"));
    c.t.type_in("xm");
    c.t.wait("why not", |s| s.contains("rgmanager has no maintenance mode"));
    let text = c.fence_plan();
    assert!(text.contains("this node is alive") && text.contains("Dies now"), "{text}");
    c.t.answer("\x15virtsrv9\r", "the refusal", |s| s.contains("That is not the name"));
    c.t.say_name(&node);
    c.proved();
    c.quit();
}

#[test]
fn a_node_is_emptied_leaves_and_joins_by_keys() {
    let Some(lab) = Lab::start() else { return };
    let mut c = Cockpit::of(&lab, (140, 50));
    let node = lab.n(4);
    c.member(&node);
    c.t.type_in("xt");
    c.t.wait("the devices", |s| s.contains("the power is on") && s.contains("done and proved"));
    c.back();
    c.plan("xd", "clusvcadm -M vm:abbone -m");
    c.proved();
    c.refused("xd", "no service runs on");
    c.type_name("xR", "service rgmanager stop", &node);
    c.proved();
    c.plan("xr", "service rgmanager start");
    c.proved();
    c.type_name("xC", "service clvmd stop", &node);
    c.proved();
    c.plan("xc", "service clvmd start");
    c.proved();
    c.type_name("xl", "cman_tool -t 60 -w leave", &node);
    c.proved();
    c.plan("xj", "service cman start");
    c.proved();
    c.t.type_in("xv");
    c.t.wait("the question", |s| s.contains("EXPECTED VOTES"));
    c.t.type_in("9\r");
    c.t.wait("the refusal", |s| s.contains("have 5 votes together, not 9"));
    c.t.type_in("\x1b");
    c.t.wait("the table", |s| !s.contains("Nothing was sent"));
    c.type_name("xk", "cman_tool kill -n", &node);
    c.proved();
    c.quit();
}

#[test]
fn a_policy_is_changed_by_keys_and_shown_as_a_difference() {
    let Some(lab) = Lab::start() else { return };
    let mut c = Cockpit::of(&lab, (140, 60));
    c.service("wiki");
    // cluster.conf may be read later than clustat.
    c.t.wait("its domain", |s| s.contains("prefer-n3"));
    c.t.type_in("xo");
    let text = c.t.wait("what can be chosen", |s| s.contains("POLICY of vm:wiki") && s.contains("recovery disable"));
    assert!(text.contains("domain prefer-n1") && text.contains("no domain") && !text.contains("domain prefer-n3"), "{text}");
    c.t.type_in("jjjjj");
    c.t.wait("the marked one", |s| s.contains("▸ recovery relocate"));
    c.plan("\r", "cman_tool version -r -S");
    let text = c.proved();
    assert!(text.contains("policy vm:wiki --recovery relocate"), "{text}");
    assert!(lab.confs().iter().all(|(runs, text)| *runs == 88 && text.contains("recovery=\"relocate\"")));
    c.quit();
}
