//! The two-person rule.

use quorate::action::gate::{self, Approval};
use quorate::action::{Refusal, Session};
use quorate::domain::role::Role;
use quorate::domain::secret::Secret;
use quorate::domain::task::{Action, FenceHow};

use super::stage::{self, plan_of};
use crate::state::build::START;

fn try_with(code: Option<String>, me: &str, now_secs: i64) -> Result<(), Vec<Refusal>> {
    let second = Approval {
        actions: vec!["fence".to_owned()],
        operators: vec![("anna".to_owned(), Secret::new("a")), ("ben".to_owned(), Secret::new("b"))],
        me: me.to_owned(),
    };
    let session = Session { role: Role::Admin, second, code, typed: Some("n2".to_owned()), ..Session::default() };
    let now = START.shifted(now_secs * 1_000_000);
    let cluster = stage::cluster();
    let mut plan = plan_of(&fence(), &cluster, START).unwrap();
    plan.needs.fresh = std::time::Duration::from_secs(86_400);
    gate::open(plan, &cluster, &session, now).map(|_| ())
}

fn fence() -> Action {
    Action::Fence { node: "n2".to_owned(), how: FenceHow::Reboot }
}

fn code_of(secret: &str, action: &str) -> String {
    gate::code(&Secret::new(secret), action, gate::window(START))
}

#[test]
fn an_action_of_two_needs_the_other_ones_code_for_that_very_action() {
    let text = fence().to_string();
    let refused = |code: Option<String>, me: &str, secs: i64| try_with(code, me, secs).unwrap_err()[0].code;
    assert_eq!(refused(None, "anna", 0), "second-operator");
    assert_eq!(try_with(Some(code_of("b", &text)), "anna", 0), Ok(()));
    assert_eq!(try_with(Some(format!(" {} ", code_of("b", &text))), "anna", 119), Ok(()), "good for two minutes");
    assert_eq!(refused(Some(code_of("b", &text)), "anna", 400), "second-operator", "too old");
    assert_eq!(refused(Some(code_of("a", &text)), "anna", 0), "second-operator", "his own");
    assert_eq!(refused(Some(code_of("b", "fence n3 --how reboot")), "anna", 0), "second-operator", "for another node");
    let lift = &try_with(None, "anna", 0).unwrap_err()[0].lift;
    assert!(lift.contains("ben") && lift.contains("quorate approve fence n2 --how reboot") && !lift.contains("anna"), "{lift}");
}
