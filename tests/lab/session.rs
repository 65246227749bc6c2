//! One session with the lab's cluster for all tests: the cockpit's own, without its screen. An emulated node takes half a minute
//! for a first look; a session that lives sees changes as they come.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use quorate::app::runtime::{Happening, Live, launch};
use quorate::domain::cluster::Cluster;
use quorate::report;
use serde_json::Value;

use super::support::Lab;

/// What the session has seen.
pub struct Session {
    seen: Arc<Mutex<Seen>>,
    patience: Duration,
}

#[derive(Default)]
struct Seen {
    cluster: Arc<Cluster>,
    json: Value,
    events: Vec<Value>,
}

impl Session {
    /// Opens it.
    pub fn of(lab: &Lab) -> Self {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (to, args) = (seen.clone(), lab.args(&["quorate", "status", "--config", &lab.config()]));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(look(&args, &to));
        });
        Self { seen, patience: lab.patience }
    }

    /// Waits until the picture is as it must become: as `status --json` would print it, and as screens read it.
    pub fn until(&self, what: &str, mut good: impl FnMut(&Value, &Cluster) -> bool) -> (Value, Arc<Cluster>) {
        let limit = Instant::now() + self.patience;
        loop {
            let (json, cluster) = {
                let seen = self.seen.lock().unwrap();
                (seen.json.clone(), seen.cluster.clone())
            };
            if json.is_object() && good(&json, &cluster) {
                return (json, cluster);
            }
            assert!(Instant::now() < limit, "waited in vain until {what}: {json}\n{}", self.last_events());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// How many events there were.
    pub fn mark(&self) -> usize {
        self.seen.lock().unwrap().events.len()
    }

    /// Events that came after a mark.
    pub fn since(&self, mark: usize) -> Vec<Value> {
        self.seen.lock().unwrap().events[mark..].to_vec()
    }

    /// Waits for an event that came after a mark.
    pub fn event(&self, mark: usize, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let limit = Instant::now() + self.patience;
        loop {
            if let Some(event) = self.since(mark).into_iter().find(|e| is(e)) {
                return event;
            }
            assert!(Instant::now() < limit, "no event in time: {what}\n{}", self.last_events());
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    fn last_events(&self) -> String {
        let lines: Vec<String> = self.since(0).iter().rev().take(40).map(ToString::to_string).collect();
        format!("the last events, newest first:\n{}", lines.join("\n"))
    }
}

async fn look(args: &[String], to: &Mutex<Seen>) {
    let cli = quorate::cli::read(args).unwrap();
    let ways = launch::one(&cli.global).map_err(|_| "no way to the lab").unwrap();
    let mut live = Live::start(ways, true);
    loop {
        let until = live.now().after(Duration::from_millis(500));
        let mut events = Vec::new();
        let mut changed = false;
        for happening in live.step(until).await {
            match happening {
                Happening::Events(more) => events.extend(more),
                Happening::Picture => changed = true,
                Happening::Prompt { what, .. } => panic!("asked: {what:?}"),
                Happening::Note(_) | Happening::Found(..) | Happening::Task(_) => {}
            }
        }
        let picture = changed.then(|| live.picture());
        let now = live.now();
        let mut seen = to.lock().unwrap();
        if let Some((cluster, more)) = picture {
            events.extend(more);
            seen.json = serde_json::from_str(&report::status::to_json(&cluster, now)).unwrap();
            seen.cluster = cluster;
        }
        seen.events.extend(events.iter().map(|e| serde_json::from_str::<Value>(&report::events::json_line(e)).unwrap()));
    }
}
