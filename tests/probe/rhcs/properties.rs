use proptest::prelude::*;
use quorate::domain::observation::Question;

use super::{ask, fixture};

const ALL: [Question; 6] =
    [Question::Clustat, Question::Cman, Question::Groups, Question::ClusterConf, Question::QuorumDisk, Question::InitScripts];

const SEEDS: [&str; 8] = [
    "net-cluster/qdisk.clustat.xml",
    "net-cluster/qdisk.clustat.txt",
    "net-cluster/frozen.clustat-l.txt",
    "net-cluster/qdisk.cman_tool-nodes.txt",
    "net-cluster/nodedown-fencing.dlm_tool-ls.txt",
    "net-cluster/rhel5/node-joining.group_tool-ls-v.txt",
    "net-cluster/qdisk.mkqdisk-L.txt",
    "examplecluster/cluster.conf",
];

proptest! {
    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..600), stderr in ".{0,80}", code in -1_i32..300) {
        for question in ALL {
            let _ = ask(question, &bytes, &stderr, code);
        }
    }

    /// Real output, cut anywhere, with any bytes put in: no panic, and nothing that could drive a terminal.
    #[test]
    fn broken_output_is_survived(seed in 0_usize..8, cut in any::<prop::sample::Index>(), put in proptest::collection::vec(any::<u8>(), 0..12)) {
        let mut bytes = fixture(SEEDS[seed]);
        let place = cut.index(bytes.len());
        bytes.splice(place..place, put);
        bytes.truncate(bytes.len() - cut.index(bytes.len() / 2));
        for question in ALL {
            let shown = match ask(question, &bytes, "", 0) {
                Ok(seen) => format!("{seen:?}"),
                Err(trouble) => trouble.text,
            };
            prop_assert!(!shown.contains('\u{1b}'), "{}", shown);
        }
    }

    /// What deep nesting there is, the parser comes back from it.
    #[test]
    fn nesting_is_bounded(depth in 0_usize..3000) {
        let mut said = String::from("<cluster name=\"c\"><rm><service name=\"s\">");
        said.push_str(&"<fs name=\"x\">".repeat(depth));
        said.push_str(&"</fs>".repeat(depth));
        said.push_str("</service></rm></cluster>");
        prop_assert!(ask(Question::ClusterConf, said.as_bytes(), "", 0).is_ok());
    }
}
