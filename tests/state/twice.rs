//! What runs twice, and what only looks as if it did: live migrations, first looks, nodes that are gone.

use std::time::Duration;

use quorate::domain::alert::AlertCode;
use quorate::domain::event::Severity;
use quorate::domain::guest::GuestState;
use quorate::domain::observation::guest::{GuestList, GuestRow};
use quorate::domain::observation::{Observation, Observed, Question};

use super::build::{Lab, observed, severity_of, started};
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
