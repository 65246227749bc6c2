//! Constraints of the CIB in every form, by hand.

use quorate::domain::observation::manager::Constraint;

use super::pacemaker::constraints;

fn location(
    resource: &str,
    node: Option<&str>,
    score: Option<i64>,
    role: Option<&str>,
    rule: Option<&str>,
    expires: Option<&str>,
) -> Constraint {
    let own = |text: Option<&str>| text.map(str::to_owned);
    Constraint::Location {
        id: "l".into(),
        resource: resource.into(),
        pattern: resource.contains('*'),
        node: own(node),
        score,
        role: own(role),
        rule: own(rule),
        expires: own(expires),
    }
}

#[test]
fn locations_of_every_form() {
    let cases = [
        (
            r#"<rsc_location id="l" rsc="vm1" node="n1" role="Started" score="+INFINITY"/>"#,
            vec![location("vm1", Some("n1"), Some(1_000_000), None, None, None)],
        ),
        (
            r#"<rsc_location id="l" rsc-pattern="vm.*" node="n1" score="-50"/>"#,
            vec![location("vm.*", Some("n1"), Some(-50), None, None, None)],
        ),
        (
            r#"<rsc_location id="l" node="n1" score="99999999999999999999"><resource_set id="s"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_location>"#,
            vec![
                location("a", Some("n1"), Some(1_000_000), None, None, None),
                location("b", Some("n1"), Some(1_000_000), None, None, None),
            ],
        ),
        (
            r##"<rsc_location id="l" rsc="vm1" role="Started"><rule id="r" score="-INFINITY" boolean-op="and"><expression id="e" attribute="#uname" operation="eq" value="n2" type="string"/><date_expression id="d" operation="lt" end="2026-11-23 10:00:00 +01:00"/></rule></rsc_location>"##,
            vec![location(
                "vm1",
                None,
                Some(-1_000_000),
                None,
                Some("#uname eq n2 and date lt 2026-11-23 10:00:00 +01:00"),
                Some("2026-11-23 10:00:00 +01:00"),
            )],
        ),
        (
            r#"<rsc_location id="l" rsc="vm1" node="n2" score="-INFINITY"><lifetime><rule id="r" score="0"><date_expression id="d" operation="lt" end="2012-01-01"/></rule></lifetime></rsc_location>"#,
            vec![location("vm1", Some("n2"), Some(-1_000_000), None, None, Some("2012-01-01"))],
        ),
        (
            r#"<rsc_location id="l" rsc="db"><rule id="r" role="Promoted" score-attribute="pri" boolean-op="or"><expression attribute="a" operation="defined"/><rule><expression attribute="b" operation="gt" value="3"/><expression attribute="c" operation="not_defined"/></rule></rule></rsc_location>"#,
            vec![location("db", None, None, Some("Promoted"), Some("a defined or (b gt 3 and c not_defined)"), None)],
        ),
        (
            r#"<rsc_location id="l" rsc="db"><rule score="5"><date_expression operation="date_spec"><date_spec id="x" hours="9-16" weekdays="1-5"/></date_expression></rule></rsc_location>"#,
            vec![location("db", None, Some(5), None, Some("date date_spec hours=9-16 weekdays=1-5"), None)],
        ),
        (
            r#"<rsc_location id="l" rsc="db"><rule score="5"><date_expression operation="in_range" start="2026-01-01"><duration id="x" months="1"/></date_expression></rule></rsc_location>"#,
            vec![location(
                "db",
                None,
                Some(5),
                None,
                Some("date in_range 2026-01-01 2026-01-01 + months=1"),
                Some("2026-01-01 + months=1"),
            )],
        ),
    ];
    for (said, want) in cases {
        assert_eq!(constraints(&format!("<constraints>{said}</constraints>")), want, "{said}");
    }
}

/// Constraints in words: what is beside what, what comes before what.
fn told(said: &str) -> Vec<String> {
    let with = |before: &str, word: Option<String>| word.map_or_else(String::new, |word| format!("{before}{word}"));
    constraints(&format!("<constraints>{said}</constraints>"))
        .into_iter()
        .map(|c| match c {
            Constraint::Colocation { id, resource, with: other, score, role, with_role } => {
                format!("{id} {resource}{} with {other}{} {score}", with(" as ", role), with(" as ", with_role))
            }
            Constraint::Order { id, first, then, mandatory, first_action, then_action } => {
                format!("{id} {first}{} then {then}{} {mandatory}", with(" ", first_action), with(" ", then_action))
            }
            Constraint::Ticket { id, resource, ticket, role, loss_policy } => {
                format!("{id} {resource}{} needs {ticket}{}", with(" as ", role), with(", else ", loss_policy))
            }
            other @ Constraint::Location { .. } => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn colocations_and_orders_with_sets_and_old_scores() {
    let said = r#"
      <rsc_colocation id="c1" rsc="a" with-rsc="b" score="-INFINITY"/>
      <rsc_colocation id="c2" score="10"><resource_set id="s1"><resource_ref id="a"/><resource_ref id="b"/></resource_set><resource_set id="s2" sequential="false"><resource_ref id="x"/><resource_ref id="y"/></resource_set></rsc_colocation>
      <rsc_order id="o1" first="a" then="b" kind="Optional"/>
      <rsc_order id="o2" first="a" then="b" score="0"/>
      <rsc_order id="o3" first="a" then="b" score="INFINITY"/>
      <rsc_order id="o4"><resource_set id="s3"><resource_ref id="a"/><resource_ref id="b"/></resource_set><resource_set id="s4"><resource_ref id="z"/></resource_set></rsc_order>"#;
    assert_eq!(
        told(said),
        [
            "c1 a with b -1000000",
            "c2 b with a 10",
            "c2 a with x 10",
            "c2 a with y 10",
            "o1 a then b false",
            "o2 a then b false",
            "o3 a then b true",
            "o4 a then b true",
            "o4 a then z true",
            "o4 b then z true",
        ]
    );
}

/// Members of a set are a letter each.
#[test]
fn pairs_of_sets() {
    let set = |attributes: &str, members: &str| {
        let members: Vec<String> = members.chars().map(|m| format!(r#"<resource_ref id="{m}"/>"#)).collect();
        format!(r#"<resource_set id="s" {attributes}>{}</resource_set>"#, members.concat())
    };
    let beside = |score: &str, sets: &str| format!(r#"<rsc_colocation id="c" score="{score}">{sets}</rsc_colocation>"#);
    let order = |sets: &str| format!(r#"<rsc_order id="o">{sets}</rsc_order>"#);
    let cases: [(String, &[&str]); 9] = [
        (beside("5", &set("", "abc")), &["c b with a 5", "c c with b 5"]),
        (beside("-5", &set("", "abc")), &["c b with a -5", "c c with a -5", "c c with b -5"]),
        (beside("-5", &set(r#"sequential="false""#, "abc")), &[]),
        (beside("5", &set(r#"score="-7""#, "ab")), &["c b with a -7"]),
        (beside("5", &(set("", "ab") + &set("", "xy"))), &["c b with a 5", "c y with x 5", "c a with y 5"]),
        (
            beside("5", &(set(r#"sequential="false""#, "ab") + &set(r#"sequential="false""#, "xy"))),
            &["c a with x 5", "c a with y 5", "c b with x 5", "c b with y 5"],
        ),
        (beside("5", &(set("", "ab") + &set("", ""))), &["c b with a 5"]),
        (order(&(set(r#"sequential="false""#, "ab") + &set("", "x"))), &["o a then x true", "o b then x true"]),
        (order(&(set(r#"sequential="false" require-all="false""#, "ab") + &set("", "xy"))), &["o x then y true"]),
    ];
    for (said, want) in cases {
        assert_eq!(told(&said), want, "{said}");
    }
}

#[test]
fn tickets() {
    let said = r#"
      <rsc_ticket id="t1" rsc="vm" ticket="T" loss-policy="stop"/>
      <rsc_ticket id="t2" rsc="drbd" rsc-role="Master" ticket="T" loss-policy="demote"/>
      <rsc_ticket id="t3" ticket="U"><resource_set id="s"><resource_ref id="a"/><resource_ref id="b"/></resource_set></rsc_ticket>"#;
    assert_eq!(told(said), ["t1 vm needs T, else stop", "t2 drbd as Master needs T, else demote", "t3 a needs U", "t3 b needs U"]);
}

/// A constraint may be about one role, or about another action than to start.
#[test]
fn roles_and_actions() {
    for (said, want) in [
        (
            r#"<rsc_colocation id="c" rsc="fs" with-rsc="drbd" with-rsc-role="Master" score="INFINITY"/>"#,
            "c fs with drbd as Master 1000000",
        ),
        (
            r#"<rsc_colocation id="c" rsc="a" rsc-role="Promoted" with-rsc="b" with-rsc-role="Started" score="5"/>"#,
            "c a as Promoted with b 5",
        ),
        (
            r#"<rsc_colocation id="c" score="5"><resource_set id="s"><resource_ref id="fs"/></resource_set><resource_set id="t" role="Promoted"><resource_ref id="drbd"/></resource_set></rsc_colocation>"#,
            "c fs with drbd as Promoted 5",
        ),
        (r#"<rsc_order id="o" first="drbd" first-action="promote" then="fs" then-action="start"/>"#, "o drbd promote then fs true"),
        (r#"<rsc_order id="o" first="old" first-action="stop" then="new"/>"#, "o old stop then new stop true"),
        (r#"<rsc_order id="o" first="a" then="b" then-action="promote"/>"#, "o a then b promote true"),
        (
            r#"<rsc_order id="o"><resource_set id="s" action="promote"><resource_ref id="drbd"/></resource_set><resource_set id="t"><resource_ref id="fs"/></resource_set></rsc_order>"#,
            "o drbd promote then fs true",
        ),
    ] {
        assert_eq!(told(said), [want], "{said}");
    }
}
