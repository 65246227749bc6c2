//! Reading `crm_mon`'s XML of 2,000 resources on 64 nodes, beside a scan for its marks.

use std::fmt::Write as _;
use std::hint::black_box;

use quorate::domain::observation::{Observation, Question};
use quorate::probe::{self, Raw};

use super::{clock, line};

const ROUNDS: usize = 120;

pub fn run() {
    let xml = crm_mon(64, 2000);
    let raw = Raw { command: "crm_mon", stdout: xml.as_bytes(), stderr: b"", code: 0 };
    let Ok(Observation::Manager(view)) = probe::parse(Question::CrmMon, raw) else { panic!("the XML of the measure is not read") };
    assert_eq!((view.nodes.len(), view.resources.len(), view.history.len()), (64, 2000, 2000));
    let (mut ours, mut scan) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(clock::cost(|| {
            black_box(probe::parse(Question::CrmMon, raw).is_ok());
        }));
        scan.push(clock::cost(|| {
            black_box(memchr::memchr2_iter(b'<', b'"', black_box(raw.stdout)).count());
        }));
    }
    let (ours, scan) = (clock::median(&mut ours) / 1000.0, clock::median(&mut scan) / 1000.0);
    line::beside(&format!("parse-crm_mon-{}kB", xml.len() / 1000), ours, "ms", "scan", scan, 4.0);
}

/// What `crm_mon -1 -r -f -A -o -t -L --output-as=xml` of 2.1.5 prints for a cluster of this size (1.45 MB at 64/2000).
pub fn crm_mon(nodes: usize, resources: usize) -> String {
    let mut x = String::from("<pacemaker-result api-version=\"2.25\" request=\"crm_mon -1 -r -f -A -o -t -L --output-as=xml\">\n");
    x.push_str("  <pacemakerd sys_from=\"pacemakerd\" state=\"running\" last_updated=\"2026-11-22 22:17:54Z\"/>\n");
    head(&mut x, nodes, resources);
    x.push_str("  <nodes>\n");
    for n in 0..nodes {
        let dc = n == 0;
        let _ = writeln!(
            x,
            "    <node name=\"{}\" id=\"{}\" online=\"true\" standby=\"false\" standby_onfail=\"false\" maintenance=\"false\" \
             pending=\"false\" unclean=\"false\" health=\"green\" feature_set=\"3.16.1\" shutdown=\"false\" expected_up=\"true\" \
             is_dc=\"{dc}\" resources_running=\"{}\" type=\"member\"/>",
            node(n),
            n + 1,
            resources / nodes
        );
    }
    x.push_str("  </nodes>\n  <resources>\n");
    for r in 0..resources {
        let _ = writeln!(
            x,
            "    <resource id=\"vm{r:05}\" resource_agent=\"ocf:heartbeat:VirtualDomain\" role=\"Started\" active=\"true\" \
             orphaned=\"false\" blocked=\"false\" managed=\"true\" failed=\"false\" failure_ignored=\"false\" nodes_running_on=\"1\">\n      \
             <node name=\"{}\" id=\"{}\" cached=\"true\"/>\n    </resource>",
            node(r % nodes),
            r % nodes + 1
        );
    }
    x.push_str("  </resources>\n  <node_history>\n");
    for n in 0..nodes {
        let _ = writeln!(x, "    <node name=\"{}\">", node(n));
        for r in (n..resources).step_by(nodes) {
            history(&mut x, r);
        }
        x.push_str("    </node>\n");
    }
    x.push_str("  </node_history>\n  <status code=\"0\" message=\"OK\"/>\n</pacemaker-result>\n");
    x
}

pub fn node(n: usize) -> String {
    format!("node{n:04}")
}

fn head(x: &mut String, nodes: usize, resources: usize) {
    let _ = writeln!(
        x,
        "  <summary>\n    <stack type=\"corosync\"/>\n    <current_dc present=\"true\" version=\"2.1.5-a3f44794f94\" name=\"node0000\" \
         id=\"1\" with_quorum=\"true\" mixed_version=\"false\"/>\n    <last_update time=\"Sun Nov 22 22:17:54 2026\"/>\n    <last_change \
         time=\"Sun Nov 22 22:09:31 2026\" user=\"root\" client=\"crm_resource\" origin=\"node0003\"/>\n    <nodes_configured \
         number=\"{nodes}\"/>\n    <resources_configured number=\"{resources}\" disabled=\"0\" blocked=\"0\"/>\n    <cluster_options \
         stonith-enabled=\"true\" symmetric-cluster=\"true\" no-quorum-policy=\"freeze\" maintenance-mode=\"false\" \
         stop-all-resources=\"false\" stonith-timeout-ms=\"180000\" priority-fencing-delay-ms=\"0\"/>\n  </summary>"
    );
}

fn history(x: &mut String, r: usize) {
    let _ = write!(
        x,
        "      <resource_history id=\"vm{r:05}\" orphan=\"false\" migration-threshold=\"1000000\">\n        <operation_history call=\"{}\" \
         task=\"start\" rc=\"0\" rc_text=\"ok\" last-rc-change=\"Sun Nov 22 22:10:45 2026\" exec-time=\"1047ms\" queue-time=\"0ms\"/>\n        \
         <operation_history call=\"{}\" task=\"monitor\" rc=\"0\" rc_text=\"ok\" interval=\"30000ms\" last-rc-change=\"Sun Nov 22 \
         22:10:46 2026\" exec-time=\"38ms\" queue-time=\"0ms\"/>\n      </resource_history>\n",
        r + 10,
        r + 11
    );
}
