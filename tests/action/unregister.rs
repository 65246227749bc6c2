//! A service let go: what names it is loosened, and what names others stays.

use quorate::action::inquiry::Finding;
use quorate::action::{Plan, Refusal};
use quorate::domain::observation::references::{Naming, References, ResourceSet};
use quorate::domain::task::{Action, ServiceVerb};
use quorate::probe::Raw;
use quorate::probe::pacemaker::references;

use super::stage::{self, commands, plan_with};
use crate::state::build::START;

/// What a CIB says that names vm1 in every way.
const NAMED: &str = r#"<xpath-query>
  <rsc_location id="near" rsc="vm1" node="n1" score="50"/>
  <rsc_location id="pattern" rsc-pattern="vm1" node="n1" score="50"/>
  <rsc_location id="on" rsc="vm2" node="vm1" score="50"/>
  <rsc_location id="place" node="n1" score="5"><resource_set id="place-0"><resource_ref id="vm1"/><resource_ref id="vm2"/></resource_set></rsc_location>
  <rsc_order id="pair" first="vm1" then="vm2"/>
  <rsc_order id="row"><resource_set id="row-0"><resource_ref id="vm1"/><resource_ref id="vm2"/><resource_ref id="vm3"/></resource_set></rsc_order>
  <rsc_order id="two"><resource_set id="two-0"><resource_ref id="vm1"/><resource_ref id="vm2"/></resource_set></rsc_order>
  <rsc_colocation id="beside" score="7"><resource_set id="beside-0"><resource_ref id="vm1"/></resource_set>
    <resource_set id="beside-1" sequential="false"><resource_ref id="vm2"/><resource_ref id="vm3"/></resource_set></rsc_colocation>
  <rsc_colocation id="loose"><resource_set id="loose-0" sequential="false"><resource_ref id="vm3"/><resource_ref id="vm1"/><resource_ref id="vm2"/></resource_set></rsc_colocation>
  <rsc_ticket id="site" rsc="vm1" ticket="here" loss-policy="stop"/>
  <rsc_ticket id="sites" ticket="here"><resource_set id="sites-0"><resource_ref id="vm1"/><resource_ref id="vm2"/></resource_set></rsc_ticket>
  <tag id="many"><obj_ref id="vm1"/><obj_ref id="vm2"/></tag>
  <tag id="lone"><obj_ref id="vm1"/></tag>
  <nvpair id="option" name="stop-orphan-resources" value="true"/>
</xpath-query>
"#;

fn read(said: &str, code: i32) -> Result<References, quorate::domain::observation::Trouble> {
    references::parse("vm1", Raw { command: "cibadmin", stdout: said.as_bytes(), stderr: b"", code })
}

/// vm1 as it is named in all these ways.
pub(super) fn named() -> References {
    read(NAMED, 0).unwrap()
}

fn let_go(named: &References) -> Result<Plan, Vec<Refusal>> {
    let action = Action::Service(ServiceVerb::Unregister, "vm1".to_owned());
    plan_with(&action, &stage::cluster(), START, |_, finding| {
        if let Finding::References(found) = finding {
            found.clone_from(named);
        }
    })
}

fn sent(named: &References) -> Vec<String> {
    commands(&let_go(named).unwrap()).into_iter().map(|(_, command)| command).collect()
}

#[test]
fn what_names_others_too_goes_on_without_it() {
    let plan = let_go(&named()).unwrap();
    let all: Vec<String> = commands(&plan).into_iter().map(|(_, command)| command).collect();
    let gone = |xml: &str| format!("cibadmin --delete --scope constraints --xml-text '{xml}'");
    let out = |path: &str| format!("cibadmin --delete --xpath '{}'", path.replace('\'', "'\\''"));
    let expected = [
        "crm_attribute --type crm_config --name stop-orphan-resources --update false".to_owned(),
        gone("<rsc_location id=\"near\"/>"),
        out("//resource_set[@id='place-0']/resource_ref[@id='vm1']"),
        gone("<rsc_order id=\"pair\"/>"),
        out("//resource_set[@id='row-0']/resource_ref[@id='vm1']"),
        gone("<rsc_order id=\"two\"/>"),
        // A set without members is none.
        out("//resource_set[@id='beside-0']"),
        out("//resource_set[@id='loose-0']/resource_ref[@id='vm1']"),
        gone("<rsc_ticket id=\"site\"/>"),
        out("//resource_set[@id='sites-0']/resource_ref[@id='vm1']"),
        out("//tag[@id='many']/obj_ref[@id='vm1']"),
        "cibadmin --delete --scope resources --xml-text '<primitive id=\"vm1\"/>'".to_owned(),
        "crm_resource --refresh --resource vm1 --force".to_owned(),
        "crm_attribute --type crm_config --name stop-orphan-resources --update true".to_owned(),
    ];
    assert_eq!(all, expected);
    assert!(plan.steps.iter().any(|s| s.title == "Take vm1 out of the constraint row, which goes on for vm2, vm3"), "{:?}", plan.steps);
    assert!(plan.notices.iter().any(|n| n == "the tag lone goes on naming vm1, and nothing else"), "{:?}", plan.notices);
    assert_eq!(plan.consequences.lost, ["its attributes, and the constraints near, pair, two, site"]);
}

#[test]
fn an_administrators_word_on_orphans_stays() {
    let with = |values: &[&str]| References { stop_orphans: values.iter().map(|v| (*v).to_owned()).collect(), ..References::default() };
    let orphans = |named: &References| sent(named).into_iter().filter(|c| c.contains("stop-orphan")).collect::<Vec<_>>();
    assert!(orphans(&with(&["false"])).is_empty() && orphans(&with(&["No"])).is_empty(), "left alone");
    for (before, after) in [(None, "--delete"), (Some("yes"), "--update yes"), (Some("'; reboot"), "--update true")] {
        let both = orphans(&with(before.as_slice()));
        assert!(both.len() == 2 && both[0].ends_with("--update false") && both[1].ends_with(after), "{before:?}: {both:?}");
    }
    assert_eq!(let_go(&with(&["true", "false"])).unwrap_err()[0].code, "ambiguous");
}

#[test]
fn what_cannot_be_taken_away_is_refused_before_the_first_step() {
    for said in [
        "<acl_permission id=\"p\" kind=\"write\" reference=\"vm1\"/>",
        "<xpath-query><operations id-ref=\"vm1-operations\"/></xpath-query>",
    ] {
        let against = let_go(&read(said, 0).unwrap()).unwrap_err();
        assert!(against[0].code == "referenced" && against[0].lift.contains("pcs or crm"), "{against:?}");
    }
    let odd = ResourceSet { id: "x'] | //primitive[@id='vm2".to_owned(), members: vec!["vm1".to_owned()], sequential: true };
    let odd = Naming { element: "rsc_order".to_owned(), id: "o".to_owned(), sets: vec![odd] };
    assert_eq!(let_go(&References { constraints: vec![odd], ..References::default() }).unwrap_err()[0].code, "bad-name");
    // Nothing names it; nobody can say; an id cannot leave the XPath.
    assert_eq!(read("", 105).unwrap(), References::default());
    assert!(read("", 102).is_err() && read("<xpath-query><rsc_order", 0).is_err());
    assert!(!references::command("x'] | //nvpair[@name='passwd").argv().join(" ").contains("nvpair[@name='passwd"));
}

#[test]
fn what_names_it_is_not_guessed() {
    use quorate::action::plan::{Input, plan};
    use quorate::domain::observation::{Trouble, TroubleKind};
    let (action, cluster) = (Action::Service(ServiceVerb::Unregister, "vm1".to_owned()), stage::cluster());
    let mut asked = Vec::new();
    let mut found = stage::found(&action, &cluster, |query, finding| {
        if matches!(finding, Finding::References(_)) {
            asked.push(query.clone());
        }
    });
    found.put(asked.remove(0), Err(Trouble::new(TroubleKind::Late, "no answer within 20 s")));
    let intent = stage::intent(action);
    let against = plan(&Input { intent: &intent, cluster: &cluster, found: &found, now: START }).unwrap_err();
    assert!(against[0].code == "not-known" && against[0].why.contains("no answer within 20 s"), "{against:?}");
}
