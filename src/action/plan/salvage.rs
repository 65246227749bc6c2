//! A guest whose memory is in a file while a plan is under way: what is said of it where the plan breaks there.

/// The memory of a guest on its way through a file. It must never be lost silently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Salvage {
    /// The guest.
    pub guest: String,
    /// The file.
    pub image: String,
    /// The step that writes it.
    pub saved: usize,
    /// The steps that use it up: one of them, once.
    pub restored: Vec<usize>,
    /// The step that saw it run after all.
    pub seen: usize,
    /// What an operator does by hand, in this order: on which nodes, and the exact command.
    pub by_hand: Vec<(String, String)>,
}

impl Salvage {
    /// What the operator must know. `certain`: it was written, and was not used.
    pub fn words(&self, certain: bool) -> Vec<String> {
        let Self { guest, image, .. } = self;
        let first = if certain {
            format!(
                "{guest} RUNS NOWHERE: its memory is in {image}, unused. Nothing is lost while that file stays and {guest} is not started anew"
            )
        } else {
            format!(
                "whether {guest} runs is not known: its memory may be in {image}. Look first; leave that file, and do not start {guest} anew before"
            )
        };
        let steps = self.by_hand.iter().enumerate();
        std::iter::once(first).chain(steps.map(|(at, (node, command))| format!("by hand {}: on {node}: {command}", at + 1))).collect()
    }
}
