//! Answers as other versions of Pacemaker give them, small and by hand, after the tools' sources and schemas.

use std::time::Duration;

use quorate::domain::observation::manager::{FenceStatus, Resource, Ticket};
use quorate::domain::observation::{Observation, Question, TroubleKind};
use quorate::domain::stamp::Stamp;

use super::pacemaker::{ask, crm_mon, devices, history, one, primitives};

const V1_1: &str = r#"<?xml version="1.0"?>
<crm_mon version="1.1.23">
    <summary>
        <stack type="cman" />
        <current_dc present="true" version="1.1.23-1.el7-9acf116022" name="n1" id="1" with_quorum="true" />
        <last_update time="Sun Nov 22 22:17:54 2026" />
        <last_change time="Sun Nov 22 22:09:31 2026" user="" client="crmd" origin="n2" />
        <nodes_configured number="2" />
        <resources_configured number="4" disabled="1" blocked="0" />
        <cluster_options stonith-enabled="true" symmetric-cluster="true" no-quorum-policy="ignore" maintenance-mode="true" />
    </summary>
    <nodes>
        <node name="n1" id="1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="true" resources_running="2" type="member" />
        <node name="n2" id="2" online="false" standby="false" standby_onfail="false" maintenance="false" pending="true" unclean="true" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="member" />
        <node name="g1" id="g1" online="true" standby="false" standby_onfail="false" maintenance="false" pending="false" unclean="false" shutdown="false" expected_up="true" is_dc="false" resources_running="0" type="remote" id_as_resource="vm-g1" />
    </nodes>
    <resources>
        <clone id="ms-drbd" multi_state="true" unique="false" managed="true" failed="false" failure_ignored="false" >
            <resource id="drbd:0" resource_agent="ocf::linbit:drbd" role="Master" active="true" orphaned="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="1" >
                <node name="n1" id="1" cached="true"/>
            </resource>
            <resource id="drbd:1" resource_agent="ocf::linbit:drbd" role="Stopped" active="false" orphaned="false" managed="true" failed="false" failure_ignored="false" nodes_running_on="0" />
        </clone>
        <group id="web" number_resources="1" >
            <resource id="vm1" resource_agent="ocf::heartbeat:VirtualDomain" role="Stopped" target_role="Stopped" active="false" orphaned="false" managed="true" failed="true" failure_ignored="false" nodes_running_on="0" />
        </group>
    </resources>
    <node_attributes>
        <node name="n1">
            <attribute name="pingd" value="100" expected="200" />
        </node>
    </node_attributes>
    <node_history>
        <node name="n1">
            <resource_history id="vm1" orphan="false" migration-threshold="1000000" fail-count="INFINITY" last-failure="Sun Nov 22 22:10:55 2026">
                <operation_history call="31" task="start" last-rc-change="Sun Nov 22 22:10:55 2026" last-run="Sun Nov 22 22:10:55 2026" exec-time="1203ms" queue-time="0ms" rc="1" rc_text="unknown error" />
            </resource_history>
        </node>
    </node_history>
    <failures>
        <failure op_key="vm1_start_0" node="n1" exitstatus="unknown error" exitreason="no <disk> &amp; no net" exitcode="1" call="31" status="complete" last-rc-change="Sun Nov 22 22:10:55 2026" queued="0" exec="1203" interval="0" task="start" />
        <failure op_key="vm1_migrate_to_0" node="n1" exitstatus="unknown error" exitreason="" exitcode="1" call="32" status="Timed Out" last-rc-change="1795385455" queued="0" exec="0" interval="0" task="migrate_to" />
    </failures>
    <bans>
        <ban id="cli-ban-vm1-on-n2" resource="vm1" node="n2" weight="-1000000" master_only="true" />
    </bans>
</crm_mon>
"#;

#[test]
fn pacemaker_1_1() {
    // Exit statuses of 1.1 are errno-like; good XML stays good.
    let view = crm_mon(V1_1, 107).unwrap();
    assert_eq!(view.api, None);
    assert_eq!(view.version.as_deref(), Some("1.1.23-1.el7-9acf116022"));
    assert_eq!(view.stack.as_deref(), Some("cman"));
    assert_eq!(view.options.maintenance_mode, Some(true));
    assert!(view.nodes[1].unclean && view.nodes[1].pending);
    assert_eq!(primitives(&view.resources).iter().map(|p| p.id.as_str()).collect::<Vec<_>>(), ["drbd", "drbd", "vm1"]);
    assert_eq!(one(&view, "drbd").role, "Master");
    assert_eq!(one(&view, "vm1").agent, "ocf::heartbeat:VirtualDomain");
    assert!(matches!(&view.resources[1], Resource::Group { managed: None, disabled: None, .. }));
    assert_eq!(view.attributes, [("n1".into(), "pingd".into(), "100".into())]);
    assert_eq!(view.history[0].fail_count, 1_000_000);
    assert_eq!(view.failures[0].exit_reason.as_deref(), Some("no <disk> & no net"));
    assert_eq!(view.failures[0].at, None);
    assert_eq!(view.failures[0].last_change.as_deref(), Some("Sun Nov 22 22:10:55 2026"));
    assert_eq!(view.failures[1].resource(), "vm1");
    assert_eq!(view.failures[1].at, Some(Stamp::from_secs(1_795_385_455)));
    assert!(view.bans[0].promoted_only);
    assert_eq!(view.fences, None);
}

const V2_0_3: &str = r#"Warning: could not read the lrmd's options
<?xml version="1.0"?>
<pacemaker-result api-version="2.0" request="crm_mon -1 --output-as=xml">
  <summary>
    <stack type="corosync"/>
    <current_dc present="true" version="2.0.3-4b1f869f0f" name="n2" id="2" with_quorum="false" mixed_version="true"/>
    <cluster_options stonith-enabled="1" symmetric-cluster="0" no-quorum-policy="stop" maintenance-mode="0" stop-all-resources="1"/>
  </summary>
  <nodes>
    <node name="n2" id="2" online="1" standby="true" standby_onfail="1" maintenance="0" pending="0" unclean="0" shutdown="1" expected_up="1" is_dc="1" resources_running="0" type="member"/>
  </nodes>
  <resources>
    <resource id="vm1" resource_agent="ocf::heartbeat:VirtualDomain" role="Started" active="true" orphaned="false" blocked="true" managed="false" failed="false" failure_ignored="true" nodes_running_on="2" pending="Migrating">
      <node name="n1" id="1" cached="true"/>
      <node name="n2" id="2" cached="true"/>
    </resource>
  </resources>
  <fence_history>
    <fence_event status="failed" action="off" target="n1" client="stonith_admin.7" origin="n2" extended-status="No such device" completed="2020-04-20 11:00:00 +02:00"/>
    <fence_event status="success" action="reboot" target="n1" client="crmd.7" origin="n2" delegate="n2" completed="Mon Apr 20 11:00:00 2020"/>
  </fence_history>
  <tickets><ticket id="t" status="granted" standby="false"/></tickets>
  <status code="0" message="OK"/>
</pacemaker-result>"#;

#[test]
fn pacemaker_2_0_3() {
    let view = crm_mon(V2_0_3, 0).unwrap();
    assert_eq!(view.warnings, ["Warning: could not read the lrmd's options"]);
    assert_eq!((view.with_quorum, view.mixed_version), (Some(false), Some(true)));
    assert_eq!(view.options.fencing_enabled, Some(true));
    assert_eq!((view.options.symmetric_cluster, view.options.stop_all_resources), (Some(false), Some(true)));
    assert_eq!(view.options.fencing_timeout, None);
    assert!(view.nodes[0].online && view.nodes[0].standby_onfail && view.nodes[0].shutdown && view.nodes[0].is_dc);
    assert_eq!(view.tickets, [Ticket { id: "t".to_owned(), granted: true, standby: false }]);
    let vm = one(&view, "vm1");
    assert!(vm.blocked && !vm.managed && vm.failure_ignored);
    assert_eq!((vm.nodes.as_slice(), vm.pending.as_deref()), (["n1".to_owned(), "n2".to_owned()].as_slice(), Some("Migrating")));
    let fences = view.fences.unwrap();
    assert_eq!((fences[0].status, fences[0].reason.as_deref()), (FenceStatus::Failed, Some("No such device")));
    assert_eq!(fences[0].completed, Stamp::parse("2020-04-20T09:00:00Z"));
    assert_eq!((fences[1].completed, fences[1].completed_local.as_deref()), (None, Some("Mon Apr 20 11:00:00 2020")));
}

const V2_1: &str = r#"<pacemaker-result api-version="2.32" request="crm_mon">
  <summary>
    <stack type="corosync" pacemakerd-state="shutting_down"/>
    <current_dc present="false"/>
    <cluster_options stonith-enabled="false" no-quorum-policy="demote" stonith-timeout-ms="60000"/>
  </summary>
  <nodes/>
  <resources>
    <clone id="ping-clone" multi_state="false" unique="false" maintenance="true" managed="false" disabled="true" failed="true" failure_ignored="false" target_role="Stopped">
      <resource id="ping" resource_agent="ocf:pacemaker:ping" role="Stopped" target_role="Stopped" active="false" orphaned="false" blocked="false" maintenance="true" managed="false" failed="false" failure_ignored="false" nodes_running_on="0" locked_to="n1"/>
      <strange><resource id="no"/></strange>
    </clone>
    <bundle id="b" type="podman" image="i" unique="false" maintenance="true" managed="false" failed="true"><replica id="0"><resource id="b-podman-0" role="Stopped"/></replica></bundle>
  </resources>
  <fence_history>
    <fence_event action="reboot" target="n2" client="c.1" origin="n1" status="success" completed="2023-05-01 10:00:00.123456Z"/>
    <fence_event action="reboot" target="n2" client="c.1" origin="n1" status="failed" exit-reason="Delayed too long" extended-status="3" completed="2023-05-01 09:59:00.5 -04:00"/>
    <fence_event action="reboot" target="n2" status="some-new-word"/>
  </fence_history>
  <status code="0" message="OK"><warnings><warning>fencing is off</warning></warnings></status>
</pacemaker-result>"#;

#[test]
fn pacemaker_2_1() {
    let view = crm_mon(V2_1, 0).unwrap();
    assert_eq!((view.dc.as_deref(), view.with_quorum), (None, None));
    assert_eq!(view.daemon_state.as_deref(), Some("shutting_down"));
    let Resource::Clone { managed: Some(false), maintenance: true, disabled: Some(true), failed: true, target_role, instances, .. } =
        &view.resources[0]
    else {
        panic!("{:?}", view.resources[0])
    };
    assert_eq!(target_role.as_deref(), Some("Stopped"));
    assert_eq!(instances.len(), 1);
    let ping = one(&view, "ping");
    assert!(ping.maintenance && !ping.managed);
    assert_eq!(ping.locked_to.as_deref(), Some("n1"));
    assert!(matches!(&view.resources[1], Resource::Bundle { maintenance: true, failed: true, managed: Some(false), .. }));
    let fences = view.fences.unwrap();
    assert_eq!(fences.len(), 2);
    assert_eq!(fences[0].completed, Some(Stamp(1_682_935_200_123_456)));
    assert_eq!((fences[1].reason.as_deref(), fences[1].completed), (Some("Delayed too long"), Stamp::parse("2023-05-01T13:59:00.5Z")));
    assert_eq!(view.warnings, ["fencing is off"]);
}

const V3_0_2: &str = r#"<pacemaker-result api-version="2.42" request="crm_mon">
  <pacemakerd sys_from="pacemakerd" state="running" last_updated="2026-11-22 22:17:54Z"/>
  <summary>
    <stack type="corosync"/>
    <current_dc present="true" version="3.0.2-1" name="n1" id="1" with_quorum="true" mixed_version="false"/>
    <cluster_options fencing-enabled="false" stonith-enabled="false" no-quorum-policy="fence" fencing-timeout-ms="90000" stonith-timeout-ms="90000" cluster-name="c"/>
  </summary>
  <nodes><node name="n1" id="1" online="true" type="member"/></nodes>
  <resources>
    <clone id="p" multi_state="true" unique="true" managed="true"><resource id="p:0" role="Promoted" active="true" orphaned="true" removed="true"><node name="n1"/></resource></clone>
    <resource id="gone" role="Started" active="true" removed="true"><node name="n1"/></resource>
  </resources>
  <status code="0" message="OK"/>
</pacemaker-result>"#;

#[test]
fn pacemaker_3_0_2() {
    let view = crm_mon(V3_0_2, 0).unwrap();
    assert_eq!(view.options.fencing_enabled, Some(false));
    assert_eq!(view.options.fencing_timeout, Some(Duration::from_secs(90)));
    assert_eq!(view.cluster_name.as_deref(), Some("c"));
    assert!(one(&view, "p:0").orphaned && one(&view, "gone").orphaned);
}

#[test]
fn a_resource_below_two_nodes_only_is_one() {
    let rsc = |id: &str, nodes: &str| {
        let nodes = format!("<node name='{}'/>", nodes.replace(' ', "'/><node name='"));
        format!("<resource id='{id}' role='Started' active='true'>{nodes}</resource>")
    };
    let said = format!(
        "<crm_mon><nodes><node name='a'>{}{}{}</node><node name='b'>{}{}</node></nodes><resources><clone id='c'>{}</clone></resources></crm_mon>",
        rsc("multi", "a b"),
        rsc("dlm:0", "a"),
        rsc("other", "a"),
        rsc("multi", "a b"),
        rsc("other", "b"),
        rsc("dlm:0", "a"),
    );
    let view = crm_mon(&said, 0).unwrap();
    let all: Vec<_> = primitives(&view.resources).iter().map(|p| (p.id.clone(), p.nodes.join(" "))).collect();
    let want = [("dlm", "a"), ("multi", "a b"), ("other", "a"), ("other", "b")].map(|(id, n)| (id.to_owned(), n.to_owned()));
    assert_eq!(all, want);
}

#[test]
fn a_cluster_that_is_down_is_told_from_an_empty_one() {
    let modern = r#"<pacemaker-result api-version="2.25" request="crm_mon -1 --output-as=xml">
  <status code="102" message="Not connected"><errors>
      <error>error: Could not connect to launcher: Connection refused</error>
      <error>crm_mon: Connection to cluster failed: Connection refused</error>
  </errors></status></pacemaker-result>"#;
    let stonith = modern.replace("crm_mon", "stonith_admin");
    let empty = "<crm_mon version=\"2.1.5\"/>";
    let cases = [
        (Question::CrmMon, modern, "", 102, "Connection refused"),
        (Question::CrmMon, modern, "", 0, "Connection refused"),
        (Question::CrmMon, empty, "Not connected", 102, "exit status 102"),
        (Question::CrmMon, "", "Connection to cluster failed: Transport endpoint is not connected", 107, "Transport endpoint"),
        (Question::Constraints, "", "Could not connect to the CIB: Transport endpoint is not connected\nInit failed", 102, "to the CIB"),
        (Question::Constraints, "", "Signon to CIB failed: Transport endpoint is not connected", 107, "Signon"),
        (Question::FenceHistory, stonith.as_str(), "", 102, "Connection refused"),
        (Question::FenceHistory, "", "Could not connect to fencer: Transport endpoint is not connected", 102, "fencer"),
        (Question::FenceDevices, "Could not connect to fencer: Connection refused", "", 102, "fencer"),
    ];
    for (question, stdout, stderr, code, words) in cases {
        let trouble = ask(question, stdout.as_bytes(), stderr, code).unwrap_err();
        assert_eq!(trouble.kind, TroubleKind::Failed, "{question:?}: {trouble}");
        assert!(
            trouble.text.contains(words) && trouble.text.contains("the cluster is not running on this node"),
            "{question:?}: {trouble}"
        );
        assert!(trouble.text.contains("'the command'"), "{trouble}");
    }
}

#[test]
fn other_refusals() {
    let denied = r#"<pacemaker-result><status code="4" message="Insufficient privileges"/></pacemaker-result>"#;
    let schema = r#"<pacemaker-result><status code="78" message="Invalid configuration"><errors><error>bad schema</error></errors></status></pacemaker-result>"#;
    let cases = [
        (Question::CrmMon, denied, "", 4, TroubleKind::Denied, "haclient"),
        (Question::CrmMon, "", "crm_mon: Permission denied", 1, TroubleKind::Denied, "Permission denied"),
        (Question::CrmMon, schema, "", 78, TroubleKind::Failed, "bad schema"),
        (Question::CrmMon, "", "sh: 1: crm_mon: not found", 127, TroubleKind::Absent, "not installed"),
        (Question::CrmMon, "", "", 0, TroubleKind::Garbled, "no XML"),
        (Question::CrmMon, "<html><body/></html>", "", 0, TroubleKind::Garbled, "no XML"),
        (Question::CrmMon, "<?xml version='1.0'?><html/>", "", 0, TroubleKind::Garbled, "<html>"),
        (Question::CrmMon, "<pacemaker-result><nodes></pacemaker-result>", "", 0, TroubleKind::Garbled, "column"),
        (Question::CrmMon, "<pacemaker-result/>", "", 0, TroubleKind::Garbled, "no status"),
        (Question::FenceDevices, "", "sudo: a password is required", 1, TroubleKind::Denied, "NOPASSWD"),
        (Question::FenceDevices, "", "sudo: interactive authentication is required", 1, TroubleKind::Denied, "NOPASSWD"),
        (Question::FenceDevices, "", "sudo: sorry, you must have a tty to run sudo", 1, TroubleKind::Denied, "Defaults !requiretty"),
    ];
    for (question, stdout, stderr, code, kind, words) in cases {
        let trouble = ask(question, stdout.as_bytes(), stderr, code).unwrap_err();
        assert_eq!(trouble.kind, kind, "{stdout}{stderr}: {trouble}");
        assert!(trouble.text.contains(words), "{trouble}");
    }
    assert_eq!(
        ask(Question::Constraints, b"", "Call cib_query failed (-6): No such device or address", 6),
        Ok(Observation::Constraints(vec![]))
    );
}

#[test]
fn fence_history_as_text() {
    let old = "n1 was able to reboot node n2 on behalf of crmd.123 from n3 at Sun Nov 22 22:10:45 2026\n\n\
               n1 was able to turn off node n2 on behalf of n3 at Sun Nov 22 22:10:45 2026\n\n\
               We failed to reboot node n4 on behalf of stonith_admin.5 from n1 at Sun Nov 22 22:09:45 2026\n\n\
               n3 wishes to reboot node n5 - 0 0\n\
               Node n2 last fenced at: Sun Nov 22 22:10:45 2026\n";
    let all = history(old);
    assert_eq!(all.len(), 4);
    assert_eq!((all[0].target.as_str(), all[0].action.as_str(), all[0].status), ("n2", "reboot", FenceStatus::Success));
    assert_eq!(
        (all[0].client.as_deref(), all[0].origin.as_deref(), all[0].delegate.as_deref()),
        (Some("crmd.123"), Some("n3"), Some("n1"))
    );
    assert_eq!((all[1].action.as_str(), all[1].origin.as_deref(), all[1].completed), ("off", Some("n3"), None));
    assert_eq!((all[2].status, all[2].delegate.as_deref()), (FenceStatus::Failed, None));
    assert_eq!((all[3].status, all[3].target.as_str(), all[3].origin.as_deref()), (FenceStatus::Pending, "n5", Some("n3")));
    let times: Vec<_> = all.iter().map(|r| r.completed_local.as_deref().unwrap_or_default()).collect();
    assert_eq!(times, ["Sun Nov 22 22:10:45 2026", "Sun Nov 22 22:10:45 2026", "Sun Nov 22 22:09:45 2026", ""]);

    // The last versions of 1.1, and 2.0.2.
    let later = "crmd.386 at n3 wishes to reboot node n5 - 0 0\n\
                 n1 succeeded turning off node n2 on behalf of pacemaker-controld.1 from n3 at Sun Nov 22 22:10:45 2026\n\
                 This node failed reboot node n4 on behalf of stonith_admin.5 from n1 at Sun Nov 22 22:09:45 2026\n";
    let all: Vec<_> = history(later).into_iter().map(|r| (r.status, r.action, r.target, r.delegate, r.client, r.origin)).collect();
    let own = |word: &str| Some(word.to_owned());
    let want = [
        (FenceStatus::Pending, "reboot".to_owned(), "n5".to_owned(), None, own("crmd.386"), own("n3")),
        (FenceStatus::Success, "off".to_owned(), "n2".to_owned(), own("n1"), own("pacemaker-controld.1"), own("n3")),
        (FenceStatus::Failed, "reboot".to_owned(), "n4".to_owned(), None, own("stonith_admin.5"), own("n1")),
    ];
    assert_eq!(all, want);

    let new = "reboot of n2 failed (No such device): delegate=, client=c.1, origin=n1, completed='2026-11-22 22:10:45.5Z'\n\
               turning off of n2 successful: delegate=n1, client=c.1, origin=n1, last-successful='Sun Nov 22 22:10:45 2026'\n\
               reboot of n3 pending: client=c.2, origin=n1\n3 events found\n";
    let all = history(new);
    assert_eq!((all[0].status, all[0].reason.as_deref(), all[0].delegate.as_deref()), (FenceStatus::Failed, Some("No such device"), None));
    assert_eq!(all[0].completed, Stamp::parse("2026-11-22T22:10:45.5Z"));
    assert_eq!((all[1].action.as_str(), all[1].status, all[1].completed), ("off", FenceStatus::Success, None));
    assert_eq!((all[2].target.as_str(), all[2].status, all[2].client.as_deref()), ("n3", FenceStatus::Pending, Some("c.2")));
    assert_eq!(history("0 events found\n"), []);
    assert_eq!(ask(Question::FenceHistory, b"lorem ipsum", "", 0).unwrap_err().kind, TroubleKind::Garbled);
}

#[test]
fn fence_devices_as_text() {
    assert_eq!(devices(" fence-n1\n fence-n2\n2 devices found\n"), ["fence-n1", "fence-n2"]);
    assert_eq!(devices("fence-n1\n1 fence device found\n"), ["fence-n1"]);
    assert_eq!(devices("No devices found\n"), [""; 0]);
}
