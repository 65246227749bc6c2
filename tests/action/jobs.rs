//! A guest's job by virsh, also an older one's, and what is refused where it is not known.

use std::process::Command;

use quorate::action::inquiry::{Finding, Query, What};
use quorate::action::plan::{self, Input, Plan, Refusal};
use quorate::domain::cluster::{Cluster, ServiceState};
use quorate::domain::guest::GuestState as Seen;
use quorate::domain::observation::simulation::{GuestJob, GuestState};
use quorate::domain::observation::{Trouble, TroubleKind};
use quorate::domain::task::{Action, Limits, ServiceVerb as V};
use quorate::probe::{Raw, virsh};

use super::plain::{hosts, row};
use super::stage::{self, plan_with};
use crate::state::build::START;

/// `virsh domjobinfo` of libvirt 4.5.
const OLD: &str = "\
Job type:         Unbounded   
Operation:        Outgoing migration
Time elapsed:     2573         ms
Data processed:   1.000 GiB
Data remaining:   3.000 GiB
Data total:       4.000 GiB
Memory processed: 1.000 GiB
Memory remaining: 3.000 GiB
Memory total:     4.000 GiB
Memory bandwidth: 112.000 MiB/s
Dirty rate:       1024         pages/s
Page size:        4096         bytes
Iteration:        3           
Postcopy requests: 5           
Expected downtime: 300          ms

";

/// The question, asked of this machine with this virsh.
fn asked(virsh: &str) -> Result<GuestJob, Trouble> {
    let dir = tempfile::tempdir().unwrap();
    crate::link::rig::executable(&dir.path().join("virsh"), format!("#!/bin/sh\n{virsh}\n"));
    let path = format!("PATH={}:/usr/bin:/bin", dir.path().display());
    let out = Command::new("env").arg(path).args(virsh::job("qemu:///system", "vm 1").argv()).output().unwrap();
    virsh::parse_job(Raw { command: "virsh", stdout: &out.stdout, stderr: &out.stderr, code: out.status.code().unwrap() })
}

#[test]
fn an_older_virsh_tells_the_same_for_people() {
    let refuses = "case \"$*\" in *--rawstats*) echo \"error: command 'domjobinfo' doesn't support option --rawstats\" >&2; exit 1 ;; esac";
    let job = asked(&format!("{refuses}\n[ \"$6\" = 'vm 1' ] && cat <<'END'\n{OLD}END")).unwrap();
    let expected = GuestJob {
        total: Some(4 << 30),
        remaining: Some(3 << 30),
        dirty_rate: Some(4 << 20),
        bandwidth: Some(112 << 20),
        iteration: Some(3),
        downtime_ms: Some(300),
        elapsed_ms: Some(2573),
        postcopy_requests: Some(5),
    };
    assert_eq!(job, expected);
    // A newer one is asked once.
    let job = asked("case \"$*\" in *--rawstats*) printf 'memory_total: 7\\n' ;; *) exit 1 ;; esac").unwrap();
    assert_eq!(job.total, Some(7));
    assert_eq!(
        asked("echo \"error: failed to get domain 'vm 1'\" >&2; exit 1"),
        Ok(GuestJob::default()),
        "it is gone, and its job with it"
    );
    assert!(asked("echo 'error: failed to connect to the hypervisor' >&2; exit 1").is_err());
}

/// The plan where libvirt does not tell the job.
fn without_job(action: &Action, cluster: &Cluster) -> Result<Plan, Vec<Refusal>> {
    let mut jobs = Vec::new();
    let mut found = stage::found(action, cluster, |query, _| {
        if matches!(query.what, What::Job(..)) {
            jobs.push(query.clone());
        }
    });
    assert!(!jobs.is_empty(), "{action}");
    for query in jobs {
        found.put(query, Err(Trouble::new(TroubleKind::Failed, "exit status 1")));
    }
    plan::plan(&Input { intent: &stage::intent(action.clone()), cluster, found: &found, now: START })
}

/// vm1 of the cluster, and web without one, on their way.
fn on_the_way() -> [(&'static str, Cluster); 2] {
    let mut managed = (*stage::cluster()).clone();
    managed.services[0].state = ServiceState::Migrating;
    let mut half = row("web", "u1", Seen::Paused);
    half.migrating = true;
    let plain = (*hosts(vec![row("web", "u1", Seen::Running)], vec![half]).picture()).clone();
    [("vm1", managed), ("web", plain)]
}

#[test]
fn a_migration_whose_job_is_not_known_is_not_taken_back() {
    for (guest, mut cluster) in on_the_way() {
        let cancel = Action::Service(V::Cancel, guest.to_owned());
        let why = without_job(&cancel, &cluster).unwrap_err().remove(0);
        assert!(why.code == "unknown-state" && why.why.contains("n1: exit status 1"), "{guest}: {why:?}");
        // Nor is it said that it does not migrate.
        cluster.services.iter_mut().for_each(|s| s.state = ServiceState::Started);
        let limit = Action::Limit { service: guest.to_owned(), limits: Limits { downtime_ms: Some(500), bandwidth_mib: None } };
        for action in [&cancel, &limit] {
            assert_eq!(without_job(action, &cluster).unwrap_err()[0].code, "unknown-state", "{action}");
        }
    }
}

#[test]
fn a_guest_that_is_in_post_copy_by_its_state_is_not_taken_back() {
    let post_copy = || GuestState::Is("paused".to_owned(), Some("post-copy".to_owned()));
    for (guest, cluster) in on_the_way() {
        let cancel = Action::Service(V::Cancel, guest.to_owned());
        let moving = |query: &Query, finding: &mut Finding| match finding {
            Finding::Job(job) if &*query.node == "n1" => job.total = Some(1 << 25),
            _ => {}
        };
        assert!(plan_with(&cancel, &cluster, START, moving).is_ok(), "{guest}");
        let switched = |query: &Query, finding: &mut Finding| match finding {
            Finding::State(state) if &*query.node == "n1" => *state = post_copy(),
            Finding::Place(place) if &*query.node == "n1" => place.guest = post_copy(),
            _ => moving(query, finding),
        };
        assert_eq!(plan_with(&cancel, &cluster, START, switched).unwrap_err()[0].code, "post-copy", "{guest}");
    }
    // Whichever of both nodes tells it.
    let [_, (web, cluster)] = on_the_way();
    let missed = |query: &Query, finding: &mut Finding| {
        if let Finding::Job(job) = finding {
            (job.total, job.postcopy_requests) = (Some(1 << 25), Some(u64::from(&*query.node == "n2")));
        }
    };
    let cancel = Action::Service(V::Cancel, web.to_owned());
    assert_eq!(plan_with(&cancel, &cluster, START, missed).unwrap_err()[0].code, "post-copy");
}
