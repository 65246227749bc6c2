//! The one table of log lines: pattern, severity, subject, and which snapshots become stale.
//!
//! Within a family the first pattern that matches decides. Group `s` is the subject, `about` stands before it.
//! Texts as in the sources of pacemaker 1.1 to 3.0, corosync 1.4 to 3.1, cluster 3 and rgmanager, Linux 2.6.18 to
//! 6.x, multipath-tools, open-iscsi, lvm2, sbd, dlm, libvirt.

use std::sync::LazyLock;

use regex::Regex;

use crate::domain::event::Severity::{self, Critical, Info, Notice, Warning};
use crate::domain::observation::Question as Q;

/// Programs that share a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Family {
    Pacemaker,
    Corosync,
    Cluster3,
    Kernel,
    Storage,
    Sbd,
    Libvirt,
    Systemd,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pattern: &'static str,
    /// None: not for the timeline.
    pub keep: Option<Severity>,
    /// Before the subject (`node ` where the line has only an id).
    pub about: &'static str,
    pub stale: &'static [Q],
}

const fn show(severity: Severity, pattern: &'static str, stale: &'static [Q]) -> Rule {
    Rule { pattern, keep: Some(severity), about: "", stale }
}

const fn node(severity: Severity, pattern: &'static str, stale: &'static [Q]) -> Rule {
    Rule { pattern, keep: Some(severity), about: "node ", stale }
}

const fn hide(pattern: &'static str, stale: &'static [Q]) -> Rule {
    Rule { pattern, keep: None, about: "", stale }
}

const CRM: &[Q] = &[Q::CrmMon];
const FENCE: &[Q] = &[Q::CrmMon, Q::FenceHistory];
const DEVICES: &[Q] = &[Q::CrmMon, Q::FenceDevices];
const MEMBERS: &[Q] = &[Q::Quorum, Q::Links, Q::CrmMon];
const QUORUM: &[Q] = &[Q::Quorum, Q::CrmMon];
const LINKS: &[Q] = &[Q::Links, Q::LinkStats];
const BOND: &[Q] = &[Q::Net, Q::Bonding];
const NET: &[Q] = &[Q::Net];
const PATHS: &[Q] = &[Q::Multipath];
const ISCSI: &[Q] = &[Q::Iscsi, Q::Multipath];
const LVM: &[Q] = &[Q::Lvs, Q::Vgs, Q::DeviceMapper];
const DLM: &[Q] = &[Q::Dlm];
const MOUNTS: &[Q] = &[Q::Filesystems];
const CONF: &[Q] = &[Q::ClusterConf, Q::Cman];
const UNITS: &[Q] = &[Q::Units, Q::Daemons];
const NONE: &[Q] = &[];

const PACEMAKER: &[Rule] = &[
    // Operations on resources.
    hide(
        r"^Result of (?:monitor|probe|metadata|meta-data|notify) operation for \S+ on \S+: (?:\d+ \()?(?:ok|not running|not installed|Cancelled|master|promoted)",
        CRM,
    ),
    show(Info, r"^Result of \S+ operation for (?P<s>\S+) on \S+: (?:0 \()?ok", CRM),
    show(Warning, r"^Result of \S+ operation for (?P<s>\S+) on \S+: ", CRM),
    hide(r"^(?:process_lrm_event: *)?Operation \S+_monitor_\d+: (?:ok|not running)", CRM),
    show(
        Info,
        r"^(?:process_lrm_event: *)?(?:LRM )?[Oo]peration (?P<s>\S+?)_(?:start|stop|migrate_to|migrate_from|promote|demote|reload)_0[: ].*\bok\b",
        CRM,
    ),
    show(
        Warning,
        r"^(?:process_lrm_event: *)?(?:LRM )?[Oo]peration (?P<s>\S+?)_(?:start|stop|monitor|migrate_to|migrate_from|promote|demote|reload)_\d+[: ]",
        CRM,
    ),
    hide(r"^(?:Initiating|Requesting local execution of) (?:monitor|probe|notify|meta-?data)\b", CRM),
    show(
        Info,
        r"^Initiating \S+ operation (?P<s>\S+?)(?::\d+)?_(?:start|stop|migrate_to|migrate_from|promote|demote|reload|reload-agent)_\d+",
        CRM,
    ),
    hide(r"^Requesting local execution of ", CRM),
    show(
        Warning,
        r"^(?P<s>\S+?)_(?:start|stop|monitor|migrate_to|migrate_from|promote|demote|reload)_\d+(?:\[\d+\]|:\d+:).*ocf-exit-reason",
        CRM,
    ),
    show(Warning, r"^Unexpected result \(.*\) was recorded for \S+ of (?P<s>\S+) on ", CRM),
    show(Warning, r"^Processing failed (?:op )?\S+ (?:for|of) (?P<s>\S+) on ", CRM),
    show(Warning, r"^Forcing (?P<s>\S+) away from ", CRM),
    show(Critical, r"^(?P<s>\S+) cannot run anywhere|^Resource (?P<s2>\S+) cannot run anywhere", CRM),
    show(Warning, r"^Setting fail-count-(?P<s>[^#\[:]+)", CRM),
    hide(r"^(?:Setting|Updating) last-failure-", CRM),
    show(Info, r"^(?:Setting|Updating) (?P<s>[^\[]+)\[", CRM),
    show(
        Info,
        r"^(?:Actions: +|\* *)(?:Fence|Start|Stop|Restart|Recover|Move|Migrate|Promote|Demote|Reload|Shutdown)\b(?: \(\w+\))? +(?P<s>\S+)",
        CRM,
    ),
    // Members.
    node(Warning, r"^Node (?P<s>\d+)/\S+ state is now lost", MEMBERS),
    show(Warning, r"^Node (?P<s>\S+) state is now lost", MEMBERS),
    show(Notice, r"^Node (?P<s>\S+) state is now member", MEMBERS),
    show(Warning, r"^(?:Our peer|Our DC node|Peer) .*(?P<s>\S+).* (?:was|is) (?:terminated unexpectedly|lost)", MEMBERS),
    hide(r"^Purged \d+ peers?", NONE),
    show(Critical, r"^(?:crm_update_quorum: *|pcmk_quorum_notification: *)?Quorum lost", QUORUM),
    show(Notice, r"^(?:crm_update_quorum: *|pcmk_quorum_notification: *)?Quorum acquired", QUORUM),
    show(Critical, r"^Fencing and resource management disabled due to lack of quorum", QUORUM),
    // Fencing.
    show(Critical, r"^We were allegedly just fenced", FENCE),
    show(Warning, r"^Operation '?\S+'? (?:\[\d+\] )?(?:targeting|\(.*\) targeting|of) (?P<s>\S+) .*: (?:OK|0)\b", FENCE),
    hide(r"^Operation '?\S+'? \[\d+\] .* returned 0\b", FENCE),
    show(Critical, r"^Operation '?\S+'? (?:\[\d+\] )?(?:\(.*\) )?(?:targeting|for host|of) '?(?P<s>[^\s']+)", FENCE),
    hide(r"^Peer \S+ was terminated .*: OK", FENCE),
    show(Critical, r"^Peer (?P<s>\S+) was (?:not )?terminated", FENCE),
    show(Warning, r"^Requesting fencing \([\w-]+\) (?:of|targeting) node (?P<s>\S+)", FENCE),
    hide(r"^(?:Requesting peer fencing|Requesting that \S+ perform|Merging (?:stonith|fencing) action|Client \S+ wants to fence)", FENCE),
    show(Warning, r"^(?:Cluster node|Node|Guest node|Remote node) (?P<s>\S+) (?:will be fenced|is unclean)", FENCE),
    show(Warning, r"^(?:Stonith|Fencing)/shutdown of (?:node )?(?P<s>\S+) was not expected", FENCE),
    show(Warning, r"^Scheduling (?:node|Node) (?P<s>\S+) for (?:STONITH|fencing)", FENCE),
    show(Critical, r"^Too many failures \(\d+\) to fence (?P<s>\S+)", FENCE),
    show(Critical, r"^(?:Couldn't find anyone to fence|No devices? (?:found )?(?:in cluster )?.*to fence) .*?(?P<s>[\w.-]+)", FENCE),
    show(Info, r"^(?:Added|Removed) '(?P<s>[^']+)' (?:to|from) (?:the )?device list", DEVICES),
    hide(r"^Versions did not change|DeprecationWarning|from pipes import quote", NONE),
    show(Info, r"^\S+\[\d+\] (?:stderr|error output)", NONE),
    // The manager itself.
    show(Info, r"^Transition \d+ \(.*\): Complete", CRM),
    hide(r"^Transition \d+ |^Calculated transition|^State transition |^Diff: \+\+\+", CRM),
    hide(r"^High CPU load detected", NONE),
    show(Notice, r"^(?:Set DC to|A new DC|Set local DC|Taking over DC status)", CRM),
    show(
        Critical,
        r"^(?P<s>pacemaker-\S+|crmd|cib|pengine|lrmd|attrd|stonith-ng)(?:\[\d+\])? (?:terminated with signal|is unresponsive)",
        UNITS,
    ),
    show(Notice, r"^(?:Starting Pacemaker \d|Shutting down Pacemaker|Shutdown complete)", UNITS),
    show(Warning, r"^Shutting down cluster resource manager|^Lost connection to|^Could not connect to", UNITS),
];

const COROSYNC: &[Rule] = &[
    node(Warning, r"^\[KNET\] (?:link|rx|udp): host: (?P<s>\d+) link: \d+ is down", LINKS),
    node(Notice, r"^\[KNET\] (?:link|rx|udp): host: (?P<s>\d+) link: \d+ is up", LINKS),
    node(Warning, r"^\[KNET\] host: host: (?P<s>\d+) has no active links", LINKS),
    hide(r"^\[KNET\] host: .*best link", LINKS),
    hide(r"^\[KNET\] (?:pmtud|link: Resetting)", NONE),
    show(Warning, r"^\[TOTEM\] (?:A processor failed|The token was lost)", MEMBERS),
    show(Warning, r"^\[TOTEM\] Token has not been received", &[Q::LinkStats]),
    node(Warning, r"^\[TOTEM\] Failed to receive the leave message\. failed: (?P<s>\d+) *$", MEMBERS),
    node(Warning, r"^\[TOTEM\] A new membership .* was formed\. Members.*left: (?P<s>\d+) *$", MEMBERS),
    show(Warning, r"^\[TOTEM\] (?:A new membership .* was formed\. Members.*left: |Failed to receive the leave message)", MEMBERS),
    node(Notice, r"^\[TOTEM\] A new membership .* was formed\. Members joined: (?P<s>\d+) *$", MEMBERS),
    show(Notice, r"^\[TOTEM\] A (?:new membership|processor joined or left)", MEMBERS),
    show(Warning, r"^\[TOTEM\] Retransmit List", &[Q::LinkStats]),
    show(Critical, r"^\[TOTEM\] FAILED TO RECEIVE", MEMBERS),
    show(Warning, r"^\[TOTEM\] Marking (?:ringid|seqid) .* FAULTY|^\[TOTEM\] Marking ringid \d+ interface", LINKS),
    show(Notice, r"^\[TOTEM\] Automatically (?:recovered|enabled) ring", LINKS),
    show(Warning, r"^\[\w+\] (?:Process pause detected|Corosync main process was not scheduled)", &[Q::LinkStats]),
    show(Critical, r"^\[TOTEM\] Totem is unable to form a cluster", MEMBERS),
    hide(r"^\[QUORUM\] Sync (?:members|joined|left)", MEMBERS),
    show(Info, r"^\[QUORUM\] Members\[\d+\]", MEMBERS),
    show(Critical, r"^\[QUORUM\] This node is within the non-primary component", MEMBERS),
    show(Notice, r"^\[QUORUM\] This node is within the primary component", MEMBERS),
    show(Critical, r"^(?:\[CMAN\] )?quorum lost", MEMBERS),
    show(Critical, r"^(?:\[CMAN\] )?lost contact with quorum device", QUORUM),
    show(
        Critical,
        r"^(?:\[CMAN\] )?cman killed by node|^(?:\[CMAN\] )?our membership application was rejected|^(?:\[CMAN\] )?we were killed by cman_tool",
        UNITS,
    ),
    show(Critical, r"^(?:\[\w+\] )?Killing node (?P<s>\S+) because it has rejoined", MEMBERS),
    node(Warning, r"^(?:\[\w+\] )?Node (?P<s>\d+) conflict, remote config version id", CONF),
    show(
        Warning,
        r"^(?:\[\w+\] )?(?:Can't get updated config version|Activity suspended on this node|Error reloading the configuration)",
        CONF,
    ),
    show(Notice, r"^(?:\[CMAN\] )?quorum regained", MEMBERS),
    show(Notice, r"^\[(?:VOTEQ|QUORUM)\] Waiting for all", QUORUM),
    hide(r"^\[MAIN\] Completed service synchronization", MEMBERS),
    hide(r"^\[(?:CLM|CPG|QB|SERV|SYNC|APIC?)\] ", NONE),
    hide(r"^\[WD\] (?:resource \S+ missing|no resources)", NONE),
    show(Info, r"^\[WD\] Watchdog not enabled", NONE),
    show(Notice, r"^\[MAIN\] (?:Corosync Cluster Engine .*(?:started|exiting)|Node was shut down)", UNITS),
    show(Warning, r"(?i)can't connect to qnetd|lost connection to qnetd|Connect timeout", &[Q::Qdevice, Q::Quorum]),
    show(Notice, r"(?i)^connected to qnetd|Algorithm result vote", &[Q::Qdevice, Q::Quorum]),
];

const CLUSTER3: &[Rule] = &[
    show(Warning, r#"^fencing node "?(?P<s>[^\s"]+?)"? still retrying"#, FENCE),
    show(Warning, r#"^fencing node "?(?P<s>[^\s"]+)"#, FENCE),
    show(Info, r"^fencing deferred to ", FENCE),
    show(Warning, r#"^fence "?(?P<s>[^\s"]+?)"? overridden by administrator"#, FENCE),
    show(Critical, r#"^fence "?(?P<s>[^\s"]+?)"? failed"#, FENCE),
    show(Warning, r#"^fence "?(?P<s>[^\s"]+?)"? (?:overridden .*)?success"#, FENCE),
    show(Warning, r"^fence (?P<s>\S+) dev \S+ agent \S+ result: error", FENCE),
    show(Warning, r#"^agent "[^"]+" reports: .*[Ff]ail"#, FENCE),
    show(Warning, r"^(?P<s>\S+) not a cluster member after", FENCE),
    show(Critical, r"^#1: Quorum Dissolved", QUORUM),
    show(Notice, r"^Quorum Regained", QUORUM),
    show(Notice, r"^State change: (?i:local) UP", MEMBERS),
    show(Warning, r"^State change: (?i:local) (?:DOWN|OFFLINE)", MEMBERS),
    show(Warning, r"^State change: (?P<s>\S+) DOWN", MEMBERS),
    show(Notice, r"^State change: (?P<s>\S+) UP", MEMBERS),
    node(Notice, r"^Member (?P<s>\d+) shutting down", MEMBERS),
    show(Notice, r"^Member (?P<s>\S+) shutting down", MEMBERS),
    show(Critical, r"^#12: RG (?P<s>\S+) failed to stop", CRM),
    show(Critical, r"^#2: Service (?P<s>\S+) returned failure code", CRM),
    show(Critical, r"^#4: Administrator intervention required|^#67: Shutting down uncleanly|^Watchdog: Daemon died", CRM),
    show(Warning, r"^#43: Service (?P<s>\S+) has failed; can not start", CRM),
    show(Critical, r"^Marking (?P<s>\S+) as 'disabled', but some resources may still be allocated", CRM),
    show(Warning, r"^#70: Failed to relocate (?P<s>[^\s;]+)", CRM),
    show(Notice, r"^(?:Relocating|Migrating) (?P<s>\S+) to better node", CRM),
    show(Warning, r"^Restart threshold for (?P<s>\S+) exceeded", CRM),
    show(Warning, r"^Some independent resources in (?P<s>\S+) failed", CRM),
    show(Notice, r"^Inline recovery of (?P<s>\S+) (?:complete|successful)", CRM),
    show(Notice, r"^Run 'clusvcadm -c (?P<s>[^\s']+)'", CRM),
    show(Notice, r"^Migration: (?P<s>\S+) is running on ", CRM),
    show(Warning, r"^State Uncertain: svc:(?P<s>\S+)", CRM),
    show(Warning, r"^Resource groups locked", CRM),
    show(Warning, r"^(?P<s>(?:vm|service):\S+)? ?.*timed out after \d+ seconds", CRM),
    show(Warning, r"^(?P<s>\S+) removed from the config, but I am not stopping it", CONF),
    show(Notice, r"^(?:Reconfiguring|Loading Service Data|(?:Stopping|Starting) changed resources)", CONF),
    show(Notice, r"^Resource Group Manager Starting|^Shutting down$|^Shutdown complete, exiting", UNITS),
    node(Critical, r"^Node (?P<s>\d+) evicted|^Writing eviction notice for node (?P<s2>\d+)", MEMBERS),
    node(Critical, r"^Node (?P<s>\d+) is undead", MEMBERS),
    show(Critical, r"^Score insufficient for master operation|^Failed to send a heartbeat within .*REBOOTING", MEMBERS),
    show(Warning, r"^qdisk cycle took more than \d+ seconds?", QUORUM),
    show(Notice, r"^Assuming master role|^Quorum daemon|^Heuristic: .* (?:UP|DOWN|missed)", QUORUM),
    show(Critical, r"^Service (?P<s>\S+) is failed", CRM),
    show(Warning, r"^#(?:13|68|69|71): .*?(?P<s>(?:vm|service):[^\s;]+)", CRM),
    show(Warning, r"^#(?:69|71): Relocating failed service (?P<s>\S+)", CRM),
    Rule { about: "vm:", ..show(Warning, r#"^\w+ on vm "(?P<s>[^"]+)" returned"#, CRM) },
    Rule { about: "service:", ..show(Warning, r#"^\w+ on service "(?P<s>[^"]+)" returned"#, CRM) },
    show(Warning, r"^Migration of (?P<s>\S+) to \S+ failed", CRM),
    show(Info, r"^Migration of (?P<s>\S+) to \S+ completed", CRM),
    show(Info, r"^Migrating (?P<s>\S+) to ", CRM),
    show(Warning, r"^Taking over service (?P<s>\S+) from down member", CRM),
    show(Warning, r"^Service (?P<s>\S+) is recovering", CRM),
    show(Info, r"^Service (?P<s>\S+) (?:started|is stopped|is disabled|is now running)", CRM),
    show(Info, r"^(?:Stopping|Starting)(?: stopped| disabled)? service (?P<s>\S+)", CRM),
    show(Warning, r"^Recovering failed service (?P<s>\S+)", CRM),
    hide(r"^(?:\[\w+\] )?Executing |^\S+ is (?:clean|already)", NONE),
];

const KERNEL: &[Rule] = &[
    show(Warning, r"^(?:bonding: )?(?P<s>\S+): \(slave \S+\): link status definitely down", BOND),
    show(Warning, r"^(?:bonding: )?(?P<s>\S+): link status definitely down for interface", BOND),
    show(Notice, r"^(?:bonding: )?(?P<s>\S+): .*link status definitely up", BOND),
    show(
        Notice,
        r"^(?:bonding: )?(?P<s>\S+): .*making interface .*the new active one|^(?:bonding: )?(?P<s2>\S+): \(slave \S+\): making interface the new active one",
        BOND,
    ),
    show(Critical, r"^(?:bonding: )?(?P<s>\S+): now running without any active interface", BOND),
    show(Notice, r"^(?:bonding: )?(?P<s>\S+): (?:first active interface up|\(slave \S+\): (?:Enslaving|Releasing))", BOND),
    show(Warning, r"(?P<s>[\w.@-]+):? (?:NIC )?(?:\w+ )?[Ll]ink is [Dd]own", NET),
    show(Notice, r"(?P<s>[\w.@-]+):? (?:NIC )?(?:\w+ )?[Ll]ink is [Uu]p", NET),
    show(Warning, r"^device-mapper: multipath: (?:\d+:\d+: )?Failing path (?P<s>[\d:]+)", PATHS),
    show(Notice, r"^device-mapper: multipath: (?:\d+:\d+: )?Reinstating path (?P<s>[\d:]+)", PATHS),
    show(Warning, r"^(?P<s>connection\d+:\d+): (?:detected conn error|ping timeout)", ISCSI),
    show(Warning, r"^(?P<s>session\d+): session recovery timed out", ISCSI),
    show(Warning, r"^sd \S+ \[(?P<s>\w+)\].*(?:FAILED Result|Sense Key : (?:Medium|Hardware))", PATHS),
    hide(r"^sd \S+ (?:\[\w+\] )?(?:tag#\d+ )?CDB:", NONE),
    show(Warning, r"^(?:sd \S+ )?(?:\[(?P<s>\w+)\] )?(?:tag#\d+ )?rejecting I/O to offline device", PATHS),
    show(Warning, r"(?:I/O error, dev|end_request: .*I/O error, dev) (?P<s>\w+)", PATHS),
    show(
        Critical,
        r"^EXT[234]-fs error \(device (?P<s>[^)]+)\)|^EXT4-fs \((?P<s2>[^)]+)\): (?:Remounting filesystem read-only|.*error)",
        MOUNTS,
    ),
    show(Critical, r"^XFS(?: internal)? \(?(?P<s>[\w-]+)\)?.*(?:[Cc]orrupt|shut(?:ting)? ?down|I/O [Ee]rror)", MOUNTS),
    show(Critical, r"^(?:gfs2?|GFS2?): fsid=(?P<s>\S+?)\.?\d*: .*(?:withdr|fatal)", MOUNTS),
    hide(r"^(?:gfs2?|GFS2?): |^dlm: \S+: (?:dlm_|add member|remove member|generation|join|group event)", DLM),
    node(Notice, r"^dlm: closing connection to node (?P<s>\d+)", DLM),
    hide(r"^dlm: (?:connecting|connected|version|got connection|Using|initiating)", DLM),
    show(
        Critical,
        r"^(?:Out of memory: Kill(?:ed)? process|Memory cgroup out of memory: Kill(?:ed)? process) \d+ \((?P<s>[^)]+)\)",
        &[Q::Host],
    ),
    show(Warning, r"^(?P<s>\S+) invoked oom-killer", &[Q::Host]),
    show(Critical, r"^Kernel panic|^BUG: |^Oops", NONE),
    show(Warning, r"^WARNING: CPU: .* at |soft lockup|hung_task|blocked for more than \d+ seconds", NONE),
    show(Warning, r"^(?:md|md/\S+?): .*(?:Disk failure|not clean)", NONE),
    show(Warning, r"^watchdog: |^watchdog\d*: watchdog did not stop", &[Q::Watchdog]),
    hide(r"^hrtimer: |^device \S+ (?:entered|left) promiscuous|entered (?:blocking|disabled|forwarding|learning) state", NONE),
    show(Warning, r"^drbd .*(?:Connected -> |conn\( .*-> (?:Timeout|BrokenPipe|NetworkFailure|StandAlone)|Split-Brain)", NONE),
];

const STORAGE: &[Rule] = &[
    show(Critical, r"^(?P<s>\S+): remaining active paths: 0", PATHS),
    show(Info, r"^(?P<s>\S+): remaining active paths: \d+", PATHS),
    show(Warning, r"^checker failed path \S+ in map (?P<s>\S+)", PATHS),
    show(
        Warning,
        r"^(?:\S+: )?(?P<s>sd\w+|\d+:\d+|dasd\w+|nvme\S+)(?:: mark as failed| - \w+ checker reports path is (?:down|ghost))",
        PATHS,
    ),
    show(Notice, r"^(?:(?P<s>\S+): )?\S+ - \w+ checker reports path is up", PATHS),
    show(Warning, r"^(?P<s>\S+): \S+ - \w+ checker reports path is", PATHS),
    show(Notice, r"^(?P<s>[\w:]+): reinstated", PATHS),
    show(Critical, r"^(?P<s>\S+): (?:Disable queueing|map (?:has no|.*no usable) paths)", PATHS),
    hide(
        r"^(?P<s>\S+): (?:reload|addmap|load table|performing delayed|event checker|rename)|path added to devmap|setting up paths and maps",
        PATHS,
    ),
    show(Warning, r"^(?:Kernel reported iSCSI connection|connection) (?P<s>\d+:\d+)?.*(?:error|fail)", ISCSI),
    show(Notice, r"^connection(?P<s>\d+:\d+) is operational", ISCSI),
    show(Warning, r"^(?:connect to|cannot make a connection to|session .*timed out|conn \d+ login rejected)", ISCSI),
    show(Critical, r"(?i)^(?:WARNING: )?(?:Thin pool|pool) (?P<s>\S+?)(?:-tpool)? (?:data|metadata) is now (?:9[89]|100)", LVM),
    show(Warning, r"(?i)^(?:WARNING: )?(?:Thin pool|pool|Snapshot|VDO pool) (?P<s>\S+?)(?:-tpool)? .*is now \d+", LVM),
    show(Warning, r"(?i)^(?:WARNING: )?(?:Device|RAID \w+ array|Primary mirror|.*mirror).* (?:has failed|failed)", LVM),
    show(Info, r"^Monitoring (?:thin|snapshot|mirror|RAID|VDO) ?\w* ?\w* (?P<s>\S+?)\.?$", LVM),
    show(Warning, r"^(?:\d+ )?(?:fence (?:request|status) .* (?:error|fail)|fence wait|.*no quorum|.*lost)", &[Q::Dlm, Q::CrmMon]),
    show(Info, r"^fence status ", &[Q::Dlm, Q::FenceHistory]),
    show(Notice, r"started$|shutting down|exit", UNITS),
];

const SBD: &[Rule] = &[
    show(Critical, r"(?i)timeout|latency|outdated|failed|unhealthy|self-fence|reset|WARN|no quorum", &[Q::Watchdog, Q::CrmMon]),
    show(Notice, r"(?i)started|stopping|healthy|set watchdog", &[Q::Watchdog]),
];

const LIBVIRT: &[Rule] = &[
    // "End of file" without more: a client went without a word, as ours do when they are cut off. QEMU's own end reads "from qemu monitor".
    hide(r"is tainted: |^hostname: |^libvirt version: |Invalid XATTR|Configured security driver|End of file while reading data", NONE),
    show(Warning, r"internal error|Cannot|failed|[Uu]nable to", NONE),
];

const SYSTEMD: &[Rule] = &[
    show(Critical, r"^(?P<s>[\w@-]+)\.service: (?:Main process exited|Failed with result|Start request repeated)", UNITS),
    show(Warning, r"^(?P<s>[\w@-]+)\.service: (?:Scheduled restart|Watchdog timeout|State '.*' timed out|Killing process)", UNITS),
    show(Critical, r"^Failed to start (?P<s>[\w@-]+)", UNITS),
    show(Notice, r"^(?:Stopped|Stopping) (?:target )?(?P<s>[\w@-]+)", UNITS),
    show(Info, r"^(?:Started|Starting|Reloaded) (?P<s>[\w@-]+)", UNITS),
];

fn table(family: Family) -> &'static [Rule] {
    match family {
        Family::Pacemaker => PACEMAKER,
        Family::Corosync => COROSYNC,
        Family::Cluster3 => CLUSTER3,
        Family::Kernel => KERNEL,
        Family::Storage => STORAGE,
        Family::Sbd => SBD,
        Family::Libvirt => LIBVIRT,
        Family::Systemd => SYSTEMD,
    }
}

const FAMILIES: [Family; 8] =
    [Family::Pacemaker, Family::Corosync, Family::Cluster3, Family::Kernel, Family::Storage, Family::Sbd, Family::Libvirt, Family::Systemd];

type Compiled = Vec<(Regex, &'static Rule)>;

static TABLES: LazyLock<Vec<(Family, Compiled)>> = LazyLock::new(|| {
    let compile = |family| table(family).iter().filter_map(|r| Some((Regex::new(r.pattern).ok()?, r))).collect();
    FAMILIES.into_iter().map(|family| (family, compile(family))).collect()
});

/// The first rule that a message meets, and its subject.
pub(super) fn find(family: Family, message: &str) -> Option<(&'static Rule, Option<String>)> {
    let (_, rules) = TABLES.iter().find(|(f, _)| *f == family)?;
    let (pattern, rule) = rules.iter().find(|(pattern, _)| pattern.is_match(message))?;
    let parts = pattern.captures(message)?;
    let subject = parts.name("s").or_else(|| parts.name("s2"));
    Some((rule, subject.map(|s| format!("{}{}", rule.about, s.as_str()))))
}

/// Patterns of the table that are no regular expressions. Empty; a test says so.
#[doc(hidden)]
pub fn broken_patterns() -> Vec<&'static str> {
    FAMILIES.into_iter().flat_map(table).map(|r| r.pattern).filter(|p| Regex::new(p).is_err()).collect()
}
