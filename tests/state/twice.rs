//! What runs twice, and what only looks as if it did: live migrations, first looks, nodes that are gone.

use std::time::Duration;

use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::guest::{GuestState, TORN};
use quorate::domain::node::LinkFault;
use quorate::domain::observation::guest::{GuestJob, GuestList, GuestRow, VirtHost};
use quorate::domain::observation::host::HostSample;
use quorate::domain::observation::manager::ManagerNode;
use quorate::domain::observation::{Observation, Observed, Question};

use super::build::{Lab, observed, one, online, ring, service, severity_of, started, trio, view};
use super::guests::{lab, list, migrating, row};

const CRITICAL: Option<Severity> = Some(Severity::Critical);

fn running() -> Vec<GuestRow> {
    vec![row("vm1", "u", GuestState::Running)]
}

fn says(lab: &mut Lab, node: u32, rows: Vec<GuestRow>) {
    list(lab, node, rows, Vec::new());
}

fn twice(lab: &mut Lab) -> Option<Severity> {
    severity_of(&lab.picture(), AlertCode::GuestTwice, "vm1")
}

#[test]
fn a_live_migration_is_no_double_run_in_whatever_order_its_ends_are_seen() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    says(&mut lab, 2, running());
    lab.pass(1000);
    says(&mut lab, 3, vec![migrating("vm1", "u", GuestState::Paused)]);
    lab.pass(10);
    says(&mut lab, 2, running());
    lab.pass(5000);
    // The target is the first to tell that it is over.
    says(&mut lab, 3, running());
    assert_eq!(twice(&mut lab), None);
    // A list of the source that was asked for before, and comes after that.
    lab.pass(500);
    let late = observed(2, Question::Guests, lab.now, Observation::Guests(GuestList { rows: running(), definitions: Vec::new() }));
    lab.store.observe(Observed { took: Duration::from_secs(2), ..late });
    assert_eq!(twice(&mut lab), None);
    // It still runs there, after that.
    lab.pass(100);
    says(&mut lab, 2, running());
    assert_eq!(twice(&mut lab), CRITICAL);
    lab.pass(100);
    says(&mut lab, 2, vec![row("vm1", "u", GuestState::Shutoff)]);
    assert_eq!(twice(&mut lab), None);
}

#[test]
fn the_source_may_run_on_where_a_migration_is_given_up() {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    says(&mut lab, 2, running());
    lab.pass(1000);
    says(&mut lab, 3, vec![migrating("vm1", "u", GuestState::Paused)]);
    lab.pass(1000);
    says(&mut lab, 2, vec![migrating("vm1", "u", GuestState::Paused)]);
    lab.pass(1000);
    says(&mut lab, 2, running());
    assert_eq!(twice(&mut lab), None);
    lab.pass(1000);
    says(&mut lab, 3, Vec::new());
    assert_eq!(twice(&mut lab), None);
}

#[test]
fn first_lists_of_two_moments_are_no_double_run_before_both_were_seen_at_once() {
    let mut lab = Lab::of(&["n1", "n2", "n3"]);
    says(&mut lab, 2, running());
    lab.pass(5000);
    says(&mut lab, 3, running());
    assert_eq!(twice(&mut lab), None);
    lab.pass(100);
    says(&mut lab, 2, running());
    assert_eq!(twice(&mut lab), CRITICAL);
}

/// vm1 and odd run on n2 and n3, and n3 is reached no more.
fn doubled() -> Lab {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    for node in [2, 3] {
        says(&mut lab, node, [running(), vec![row("odd", "o", GuestState::Running)]].concat());
    }
    lab.pass(1000).down(3, LinkFault::Timeout);
    lab
}

/// n3 as the manager has it, and n1 and n2 as a ring without it.
fn third(lab: &mut Lab, third: ManagerNode) {
    lab.pass(1000).quorum(1, ring(1, true, 2, &[(1, "n1", 1), (2, "n2", 1)]));
    lab.quorum(2, ring(2, true, 2, &[(1, "n1", 1), (2, "n2", 1)]));
    lab.manager(1, view(vec![online("n1", 1), online("n2", 2), third], vec![one(started("vm1", &["n2"]))]));
}

#[test]
fn what_a_fencing_ended_runs_no_more_and_what_is_not_reached_may_run_on() {
    let off = || ManagerNode { online: false, expected_up: false, ..online("n3", 3) };
    let mut lab = doubled();
    assert_eq!(twice(&mut lab), CRITICAL, "merely not reached");
    third(&mut lab, ManagerNode { unclean: true, ..off() });
    assert_eq!(twice(&mut lab), CRITICAL, "lost, and not yet fenced");
    third(&mut lab, off());
    assert_eq!(twice(&mut lab), None, "fenced");
    // It is switched on again; its libvirt has not spoken.
    lab.pass(1000).up(3);
    assert_eq!(twice(&mut lab), None, "what was listed is of before");
    says(&mut lab, 3, running());
    lab.pass(100);
    says(&mut lab, 2, running());
    assert_eq!(twice(&mut lab), CRITICAL, "it was started by hand outside the cluster");
}

#[test]
fn a_node_that_booted_has_none_of_the_guests_of_before() {
    let mut lab = doubled();
    let host = |secs| Observation::Host(HostSample { uptime: Some(Duration::from_secs(secs)), ..HostSample::default() });
    lab.up(3).say(3, Question::Host, host(3600));
    lab.say(3, Question::GuestStats, Observation::GuestStats(Vec::new()));
    assert_eq!((twice(&mut lab), lab.picture().guests.len()), (CRITICAL, 4), "the way to it was lost for a moment");
    lab.pass(60_000).say(3, Question::Host, host(30));
    lab.say(2, Question::GuestStats, Observation::GuestStats(Vec::new()));
    assert_eq!((twice(&mut lab), lab.picture().guests.len()), (None, 2));
}

fn left() -> Vec<GuestRow> {
    vec![migrating("vm1", "u", GuestState::Paused)]
}

/// vm1 is started on n2, and libvirt of all nodes is of this version.
fn of_version(version: &str) -> Lab {
    let mut lab = lab(vec![started("vm1", &["n2"])]);
    for node in 1..=3 {
        let host = VirtHost { driver: Some("QEMU".to_owned()), version: Some(version.to_owned()), ..VirtHost::default() };
        lab.say(node, Question::VirtHost, Observation::VirtHost(Box::new(host)));
    }
    lab
}

fn jobs(lab: &mut Lab, node: u32, rows: Vec<GuestJob>) {
    lab.say(node, Question::GuestJobs, Observation::GuestJobs(rows));
}

fn drift(lab: &mut Lab) -> Option<String> {
    lab.manager(1, view(trio(), vec![one(started("vm1", &["n2"]))]));
    service(&lab.picture(), "vm1").drift.clone()
}

#[test]
fn a_copy_that_a_migration_left_behind_is_a_second_one_once_nobody_has_a_job_for_it() {
    let out = || vec![GuestJob { uuid: "u".to_owned(), operation: "outgoing migration", ..GuestJob::default() }];
    for (version, told, expected, what) in [
        ("9.0.0", Some(Vec::new()), CRITICAL, "nobody has a job"),
        ("9.0.0", Some(out()), None, "n2 has it"),
        ("9.0.0", None, None, "n2 does not tell"),
        ("0.10.2", Some(Vec::new()), None, "n2 cannot tell"),
    ] {
        let mut lab = of_version(version);
        says(&mut lab, 2, left());
        lab.pass(1000);
        says(&mut lab, 3, running());
        lab.pass(1000);
        says(&mut lab, 2, left());
        for (ms, expected) in [(5000, None), (30_000, expected)] {
            lab.pass(ms);
            jobs(&mut lab, 3, Vec::new());
            if let Some(rows) = &told {
                jobs(&mut lab, 2, rows.clone());
            }
            assert_eq!(twice(&mut lab), expected, "{what}, {ms}");
        }
    }
}

#[test]
fn a_copy_that_nobody_moves_is_drift_unless_it_may_come_from_a_node_out_of_sight() {
    for (dark, expected) in [(false, Some("the manager says started; libvirt says paused (migrating)")), (true, None)] {
        let mut lab = of_version("9.0.0");
        says(&mut lab, 2, left());
        if dark {
            lab.down(3, LinkFault::Timeout);
        }
        lab.pass(1000);
        assert_eq!(drift(&mut lab), None);
        lab.pass(30_000);
        for node in 1..=3 {
            jobs(&mut lab, node, Vec::new());
        }
        assert_eq!(drift(&mut lab).as_deref(), expected);
    }
}

#[test]
fn the_halves_of_a_failed_post_copy_are_drift_and_no_double_run() {
    let torn = |state| vec![GuestRow { reason: Some(TORN), ..row("vm1", "u", state) }];
    for (here, there, word) in [(GuestState::Paused, GuestState::Running, "paused"), (GuestState::Running, GuestState::Paused, "running")] {
        let mut lab = lab(vec![started("vm1", &["n2"])]);
        says(&mut lab, 2, torn(here));
        says(&mut lab, 3, torn(there));
        lab.pass(1000);
        assert_eq!(drift(&mut lab), Some(format!("the manager says started; libvirt says {word} (post-copy failed)")));
        assert_eq!(twice(&mut lab), None);
        // One that runs by itself is no half.
        says(&mut lab, 3, running());
        assert_eq!(twice(&mut lab), CRITICAL);
    }
}
