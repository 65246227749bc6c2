//! A filesystem that moved is looked at: nothing else tells of a mount.

use super::*;

fn view(node: &str) -> String {
    format!(
        r#"<pacemaker-result api-version="2.30" request="crm_mon --output-as=xml"><summary><stack type="corosync"/></summary><nodes/>
<resources><clone id="c" multi_state="false" unique="false" managed="true" disabled="false" failed="false" failure_ignored="false">
<resource id="fs" resource_agent="ocf:heartbeat:Filesystem" role="Started" active="true" orphaned="false" blocked="false" managed="true"
 failed="false" failure_ignored="false" nodes_running_on="1"><node name="{node}" id="1" cached="true"/></resource></clone>
<resource id="ip" resource_agent="ocf:heartbeat:IPaddr2" role="Started" active="true" orphaned="false" blocked="false" managed="true"
 failed="false" failure_ignored="false" nodes_running_on="1"><node name="n9" id="9" cached="true"/></resource></resources>
<status code="0" message="OK"/></pacemaker-result>"#
    )
}

/// Which of a node's filesystems are asked for, after the manager gave this second view.
fn asked_after(second: &str) -> usize {
    let mut watch = Watch::new(true);
    watch.add(NODE);
    let (asks, _) = orders(watch.report(NODE, Report::Up { streams: 8, note: None }, at(0)));
    let tools = "@@quorate present\ncrm_mon\ndf\n@@quorate uid\n0\n";
    let answered = |watch: &mut Watch, id: AskId, said: &str, ms: i64| {
        orders(watch.report(NODE, Report::Answer { id, result: Ok(answer(said, at(ms))) }, at(ms))).0
    };
    let mut open = asks;
    let (mut looks, mut views) = (0, 0);
    // Within a minute filesystems are asked for once, unless something made them stale.
    for second_at in 0..50 {
        let ms = second_at * 1000;
        while let Some((id, text)) = open.pop() {
            let first = view("n1");
            let said = match text.as_str() {
                t if t.contains("which tools") => tools,
                t if t.contains("crm_mon") => {
                    views += 1;
                    if views == 1 { first.as_str() } else { second }
                }
                t if t.contains("mounted filesystems") => {
                    looks += 1;
                    "Filesystem Type 1B-blocks Used Available Capacity Mounted on\n@@quorate mounts\n"
                }
                _ => "",
            };
            open.extend(answered(&mut watch, id, said, ms));
        }
        if second_at == 20 {
            watch.look_again(at(ms));
        }
        open = orders(watch.tick(at(ms + 999))).0;
    }
    assert!(views > 1, "the manager was asked again");
    looks
}

#[test]
fn a_filesystem_that_moved_is_looked_at_and_another_service_is_not_its_business() {
    assert_eq!(asked_after(&view("n1")), 1);
    assert_eq!(asked_after(&view("n1").replace("n9", "n8")), 1);
    assert_eq!(asked_after(&view("n2")), 2);
}
