//! What is done to a migration while it runs, on a screen of 80x24: by keys on the service, and by the palette on the page of its task. What the simulated
//! libvirt then says of it is the proof on the screen.

use super::rig::Terminal;

/// The guest with most memory: its migration takes 16 seconds.
const GUEST: &str = "db";

/// The guest's row.
fn row(screen: &str) -> Option<&str> {
    screen.lines().find(|line| line.contains(&format!("▸ {GUEST}")))
}

struct Cockpit(Terminal);

impl Cockpit {
    /// The table of services with the guest selected, and its relocation under way on the page of its task.
    fn moving() -> Self {
        let mut t = Terminal::open(&["demo", "--seed", "1"], &[], (80, 24));
        t.wait("services", |s| s.contains("QUORATE") && s.contains("started"));
        t.type_in("2");
        t.wait("the focus", |s| s.contains("▸2 Services"));
        t.type_in("\r");
        t.wait("the table", |s| s.contains("▸2 Services") && s.contains("esc back"));
        t.type_in(&format!("/{GUEST}\r"));
        t.wait("the row", |s| s.contains(&format!("/{GUEST}")) && s.contains("1 of "));
        t.type_in("\x1b[B");
        t.wait("the selection", |s| s.contains(&format!("▸ {GUEST}")));
        t.type_in("m");
        t.wait("the nodes", |s| s.contains("RELOCATE") && s.contains("possible"));
        t.type_in("\r");
        t.wait("the plan", |s| s.contains("[Cancel]"));
        t.say_yes();
        t.wait("its migration", |s| s.contains("▸Task") && s.contains(&format!("relocate {GUEST}")) && s.contains("MiB"));
        Self(t)
    }

    /// A command of the palette.
    fn command(&mut self, name: &str) {
        self.0.type_in(":");
        self.0.wait("the palette", |s| s.contains("COMMAND"));
        self.0.type_in(name);
        self.0.wait("the command", |s| s.contains(&format!("▸ {name} ")));
        self.0.type_in("\r");
    }

    /// From the page of a task to the table of services.
    fn table(&mut self) {
        self.0.type_in("\x1b");
        self.0.wait("the table", |s| s.contains("▸2 Services") && s.contains(&format!("▸ {GUEST}")));
    }

    /// Limits it, once the line is there, and gives the page of that task.
    fn limit(&mut self, what: &str) -> String {
        self.0.wait("the line", |s| s.contains(&format!("LIMIT the migration of {GUEST}")));
        self.0.type_in(&format!("{what}\r"));
        self.0.wait("the proof", |s| s.contains(&format!("limit {GUEST}")) && s.contains("done and proved"))
    }

    /// Says yes to the plan, and gives the page of its task once it is proved.
    fn yes(&mut self, word: &str) -> String {
        self.0.wait("the plan", |s| s.contains(word) && s.contains("▸[Cancel]"));
        self.0.say_yes();
        self.0.wait("the proof", |s| s.contains("▸Task") && s.contains("done and proved") && !s.contains("limit"))
    }

    fn quit(mut self) {
        self.0.type_in("q");
        assert_eq!(self.0.end(), 0);
    }
}

#[test]
fn it_is_limited_by_a_key_and_cancelled_by_the_palette() {
    let mut c = Cockpit::moving();
    c.table();
    c.0.type_in("xw");
    let text = c.limit("8M 700ms");
    assert!(text.contains("has --max-downtime 700ms --bandwidth 8M") && text.contains("migrate-setspeed"), "{text}");
    c.table();
    c.0.wait("the migration", |s| row(s).is_some_and(|row| row.contains("→ ") && row.contains('%')));
    c.0.type_in("7");
    c.0.wait("the tasks", |s| s.contains("Tasks 2, 1 under way"));
    c.0.type_in("\x1b[B");
    c.0.wait("the relocation", |s| s.contains(&format!("▸ relocate {GUEST}")));
    c.command("cancel");
    c.0.wait("what it is", |s| s.contains(&format!("CANCEL the migration of {GUEST}")) && s.contains("domjobabort"));
    let text = c.yes("Abort it");
    assert!(text.contains(&format!("cancel {GUEST}")) && text.contains(&format!("has {GUEST} running")), "{text}");
    c.0.type_in("\x1b");
    c.0.wait("the tasks", |s| s.contains("Tasks 3, 0 under way") && s.contains("failed"));
    c.quit();
}

#[test]
fn it_is_limited_by_the_palette_and_switched_to_post_copy_by_a_key() {
    let mut c = Cockpit::moving();
    c.command("limit");
    let text = c.limit("16M");
    assert!(text.contains("--bandwidth 16M") && text.contains("migrate-setspeed"), "{text}");
    c.0.type_in("\x1b");
    c.0.wait("the relocation's page", |s| s.contains(&format!("relocate {GUEST}")) && s.contains("of 8192 MiB"));
    c.table();
    c.0.type_in("xp");
    c.0.wait("what it means", |s| s.contains(&format!("POST-COPY {GUEST}")) && s.contains("dies if either node fails"));
    let text = c.yes("Switch it");
    assert!(text.contains(&format!("post-copy {GUEST}")) && text.contains("migrate-postcopy"), "{text}");
    c.0.type_in("7");
    c.0.wait("both are done", |s| s.contains("Tasks 3, 0 under way") && !s.contains("failed"));
    c.quit();
}

#[test]
fn post_copy_is_left_again_and_a_key_cancels_it() {
    let mut c = Cockpit::moving();
    c.command("limit");
    c.limit("8M");
    c.0.type_in("\x1b");
    c.0.wait("the relocation's page", |s| s.contains(&format!("relocate {GUEST}")) && s.contains("of 8192 MiB"));
    c.command("post-copy");
    c.0.wait("the plan", |s| s.contains(&format!("POST-COPY {GUEST}")) && s.contains("▸[Cancel]"));
    c.0.type_in("\x1b");
    c.0.wait("the page below", |s| !s.contains("POST-COPY"));
    c.table();
    c.0.type_in("xx");
    let text = c.yes("Abort it");
    assert!(text.contains(&format!("cancel {GUEST}")), "{text}");
    c.table();
    c.0.wait("it is where it was", |s| row(s).is_some_and(|row| row.contains("started") && !row.contains('→')));
    c.quit();
}
