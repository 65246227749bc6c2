//! Guests whose name is a number: virsh would take it for the id of another one, so their UUID names them.

use quorate::action::inquiry::{Finding, Query, What};
use quorate::action::plan::{Input, Work};
use quorate::action::{Findings, inquiry, plan};
use quorate::domain::cluster::{Cluster, ServiceState};
use quorate::domain::guest::{Guest, GuestState as Seen};
use quorate::domain::observation::simulation::GuestState;
use quorate::domain::task::{Action, Limits, RelocateHow, ServiceVerb as V};
use quorate::link::Become;

use super::stage::{self, commands, intent, plan_with};
use crate::state::build::START;
use crate::state::rhcs::picture;

const UUID: &str = "4dea22b3-1d52-d8f3-2516-782e98ab3fa0";

/// Tells that the guest of vm1 is called 101, has this UUID, and runs on n1.
fn numbered(uuid: Option<&'static str>) -> impl Fn(&Query, &mut Finding) {
    move |query, finding| match finding {
        Finding::Definition(definition) => (definition.name, definition.uuid) = ("101".to_owned(), uuid.map(str::to_owned)),
        Finding::Job(job) => job.total = Some(1 << 25),
        Finding::Primitive(config) => config.attributes.push(("migrate_options".to_owned(), "--postcopy".to_owned())),
        Finding::Place(place) if &*query.node == "n1" => place.guest = GuestState::Is("running".to_owned(), Some("booted".to_owned())),
        _ => {}
    }
}

fn named(what: &What) -> Option<&str> {
    match what {
        What::Place(_, of) => Some(&of.name),
        What::Job(_, name) | What::State(_, name) | What::Limits(_, name) => Some(name),
        _ => None,
    }
}

fn relocate(how: RelocateHow, limits: Limits) -> Action {
    Action::Relocate { service: "vm1".to_owned(), to: "n3".to_owned(), how: Some(how), limits }
}

fn verb(verb: V) -> Action {
    Action::Service(verb, "vm1".to_owned())
}

/// With a guest that libvirt on n1 has told of.
fn with_guest(name: &str, uuid: &str) -> Cluster {
    let mut cluster = (*stage::cluster()).clone();
    cluster.guests.push(Guest {
        name: name.to_owned(),
        uuid: uuid.to_owned(),
        node: "n1".into(),
        state: Seen::Running,
        ..Guest::default()
    });
    cluster
}

#[test]
fn under_pacemaker_the_uuid_of_its_definition_names_it() {
    let cluster = stage::cluster();
    let limits = Limits { downtime_ms: Some(500), bandwidth_mib: Some(8) };
    let mut actions: Vec<Action> = [V::Suspend, V::Reset, V::Stop, V::StopForced, V::Restart, V::Cancel, V::PostCopy].map(verb).into();
    actions.extend(RelocateHow::ALL.map(|how| relocate(how, Limits::default())));
    actions.extend([relocate(RelocateHow::Live, limits), Action::Limit { service: "vm1".to_owned(), limits }]);
    for (action, uuid) in actions.iter().flat_map(|a| [(a, UUID), (a, "4DEA22B31D52D8F32516782E98AB3FA0")]) {
        let mut names = Vec::new();
        let change = numbered(Some(uuid));
        let plan = plan_with(action, &cluster, START, |query, finding| {
            names.extend(named(&query.what).map(str::to_owned));
            change(query, finding);
        });
        let plan = plan.unwrap_or_else(|why| panic!("{action}: {why:?}"));
        names.extend(plan.proof.iter().flat_map(|c| c.queries()).filter_map(|q| named(&q.what)).map(str::to_owned));
        assert!(!names.is_empty() && names.iter().all(|name| name == UUID), "{action}: {names:?}");
        for step in &plan.steps {
            let Work::Change { command, .. } = &step.work else { continue };
            let command = command.to_shell(Become::None);
            assert!(!command.contains(" 101") && (!command.contains("--domain") || command.contains(UUID)), "{action}: {command}");
        }
        let mut salvage = plan.salvage.iter().flat_map(|s| &s.by_hand).filter(|(_, line)| line.contains("--domain"));
        assert!(salvage.all(|(_, line)| line.contains(UUID)), "{action}: {:?}", plan.salvage);
    }
    let plan = plan_with(&verb(V::Suspend), &cluster, START, numbered(Some(UUID))).unwrap();
    assert_eq!(commands(&plan)[0].1, format!("virsh -c qemu:///system suspend --domain {UUID}"));
    assert_eq!((plan.steps[0].title.as_str(), plan.proof[0].words().as_str()), ("Suspend 101 on n1", "libvirt on n1 has 101 paused"));
}

#[test]
fn where_its_definition_has_none_libvirt_has_told_it_or_it_is_left_alone() {
    let code = |action: &Action, cluster: &Cluster| plan_with(action, cluster, START, numbered(None)).unwrap_err()[0].code;
    let unknown = (*stage::cluster()).clone();
    for action in [verb(V::Suspend), verb(V::StopForced), relocate(RelocateHow::Live, Limits::default())] {
        assert_eq!(code(&action, &unknown), "no-uuid", "{action}");
    }
    let mut migrating = unknown.clone();
    migrating.services[0].state = ServiceState::Migrating;
    assert_eq!(code(&verb(V::Cancel), &migrating), "no-uuid");
    // The manager alone can do this.
    let plan = plan_with(&verb(V::Stop), &unknown, START, numbered(None)).unwrap();
    assert_eq!((plan.proof.len(), commands(&plan).len()), (1, 1));
    let told = with_guest("101", "u101");
    let plan = plan_with(&verb(V::Reset), &told, START, numbered(None)).unwrap();
    assert_eq!(commands(&plan)[0].1, "virsh -c qemu:///system reset --domain u101");
    // A migration takes its UUID along; what is started anew gets another one.
    let proofs = |how| plan_with(&relocate(how, Limits::default()), &told, START, numbered(None)).unwrap().proof.len();
    assert_eq!((proofs(RelocateHow::Live), proofs(RelocateHow::Restart)), (4, 3));
    // Two of that name: which of them is meant nobody can tell.
    let mut two = told.clone();
    two.guests.push(Guest { name: "101".to_owned(), uuid: "u7".to_owned(), node: "n2".into(), ..Guest::default() });
    assert_eq!(code(&verb(V::Reset), &two), "no-uuid");
}

#[test]
fn under_rgmanager_the_uuid_that_libvirt_told_names_it() {
    let mut cluster = (*picture("ok")).clone();
    let owner = cluster.members.iter().find(|m| m.reach.is_up()).unwrap().name.clone();
    let service = cluster.services.iter_mut().find(|s| s.id == "vm:wiki").unwrap();
    "vm:101".clone_into(&mut service.id);
    (service.owner, service.owners) = (Some(owner.clone()), vec![owner.clone()]);
    cluster.guests.clear();
    let planned = |verb: V, cluster: &Cluster| {
        let action = Action::Service(verb, "vm:101".to_owned());
        let mut found = Findings::default();
        for query in inquiry::needed(&action, cluster, &found) {
            let finding = match &query.what {
                What::State(_, name) => {
                    assert_eq!(name, UUID, "{action}");
                    Finding::State(if query.node == owner { GuestState::Is("running".to_owned(), None) } else { GuestState::Absent })
                }
                other => panic!("nobody asks {other:?} here"),
            };
            found.put(query, Ok(finding));
        }
        plan::plan(&Input { intent: &intent(action), cluster, found: &found, now: START })
    };
    for verb in [V::Suspend, V::Reset, V::StopForced] {
        assert_eq!(planned(verb, &cluster).unwrap_err()[0].code, "no-uuid", "{verb:?}");
    }
    let plan = planned(V::Disable, &cluster).unwrap();
    assert!(plan.notices.iter().any(|n| n.contains("'101' is a number")), "{:?}", plan.notices);
    let guest = Guest { name: "101".to_owned(), uuid: UUID.to_owned(), node: owner.clone(), state: Seen::Running, ..Guest::default() };
    cluster.guests.push(guest);
    for (verb, sent) in [(V::Suspend, "suspend"), (V::Reset, "reset"), (V::StopForced, "destroy")] {
        let plan = planned(verb, &cluster).unwrap();
        let all = commands(&plan);
        assert!(all.iter().any(|(_, c)| *c == format!("virsh -c qemu:///system {sent} --domain {UUID}")), "{all:?}");
        let asked: Vec<&Query> = plan.proof.iter().flat_map(|c| c.queries()).collect();
        assert!(!asked.is_empty() && asked.iter().all(|q| named(&q.what) == Some(UUID)), "{asked:?}");
    }
}
