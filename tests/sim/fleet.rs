//! Whole sessions with simulated clusters: every node is asked everything once, and the answers are folded.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use quorate::domain::cluster::Cluster;
use quorate::domain::node::NodeKey;
use quorate::domain::stamp::Stamp;
use quorate::link::{Link, Voice};
use quorate::sim::{Setup, Simulation};
use quorate::state::{NodeFacts, SessionFacts, Store};
use quorate::watch::{Output, Watch};
use tokio::sync::mpsc;

/// A session that has looked at everything.
pub struct Looked {
    pub store: Store,
    links: BTreeMap<NodeKey, Box<dyn Link>>,
}

impl Looked {
    /// None: it took longer than that.
    pub fn at(setup: &Setup, patience: Duration) -> Option<Self> {
        let simulation = Simulation::start(setup).unwrap();
        let (to, mut reports) = mpsc::channel(4096);
        let mut watch = Watch::new(false);
        let (mut links, mut nodes) = (BTreeMap::new(), Vec::new());
        for (at, name) in simulation.names().iter().enumerate() {
            let key = NodeKey(u32::try_from(at).unwrap());
            watch.add(key);
            links.insert(key, simulation.open(at, Voice::new(key, to.clone())));
            nodes.push(NodeFacts { key, configured_name: Some(name.clone()), address: name.clone(), local: false, found: false });
        }
        let mut looked = Self { store: Store::new(SessionFacts { cluster_name: None, nodes }), links };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let end = Instant::now() + patience;
        runtime.block_on(async {
            while !watch.looked_once(Stamp::now()) {
                if Instant::now() > end {
                    return None;
                }
                // What is due meanwhile is asked for at a tick.
                let heard = tokio::time::timeout(Duration::from_millis(20), reports.recv()).await;
                let output = match heard {
                    Ok(Some((key, report))) => watch.report(key, report, Stamp::now()),
                    _ => watch.tick(Stamp::now()),
                };
                looked.take(output);
            }
            Some(())
        })?;
        Some(looked)
    }

    fn take(&mut self, output: Vec<Output>) {
        for output in output {
            match output {
                Output::Order(key, order) => self.links[&key].order(order),
                Output::Observed(seen) => self.store.observe(*seen),
                Output::Reach(key, reach) => self.store.reach(key, reach),
                _ => {}
            }
        }
    }

    /// The picture.
    pub fn picture(&mut self) -> Arc<Cluster> {
        self.store.cluster(Stamp::now())
    }
}
