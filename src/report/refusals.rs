//! What nodes may not or cannot tell: said in words where the picture has a blank.

use crate::domain::cluster::{Cluster, Member};
use crate::domain::observation::{Question, Trouble, TroubleKind};

/// What the picture is made of: where one of these fails, something is missing in it. Of others a failure often means that they are not in use.
const NEEDED: [Question; 9] = [
    Question::CrmMon,
    Question::Clustat,
    Question::Quorum,
    Question::Cman,
    Question::Lvs,
    Question::Vgs,
    Question::Pvs,
    Question::Filesystems,
    Question::Net,
];

/// What a member may not tell us, a sentence for sudo's refusals and one for the others: the first in its own words, the rest counted. Then
/// each answer that could not be read, what failed of that which is needed, and what gave none in time.
pub fn of(member: &Member) -> Vec<String> {
    let of_kind = |kind| member.troubles.iter().map(|(_, t)| t).filter(move |t| t.kind == kind).map(|t| t.text.as_str());
    let by_sudo = |text: &&str| text.starts_with("sudo refuses");
    let refused =
        [counted(of_kind(TroubleKind::Denied).filter(by_sudo)), counted(of_kind(TroubleKind::Denied).filter(|text| !by_sudo(text)))];
    let failed = |t: &&(Question, Trouble)| t.1.kind == TroubleKind::Failed && NEEDED.contains(&t.0);
    let unread = of_kind(TroubleKind::Garbled).chain(member.troubles.iter().filter(failed).map(|(_, t)| t.text.as_str()));
    refused.into_iter().flatten().chain(unread.map(str::to_owned)).chain(counted(of_kind(TroubleKind::Late))).collect()
}

/// The same of all members, each with its name, and the streams that are not followed.
pub fn all(cluster: &Cluster) -> Vec<String> {
    let told = |member: &Member| {
        // Log files are as good as a journal.
        let replaced = |stream: &str| stream == "journal" && member.streams.live.iter().any(|live| live == "log files");
        let streams = member
            .streams
            .polled
            .iter()
            .filter(|(stream, _)| !replaced(stream))
            .map(|(stream, why)| format!("its {stream} cannot be followed: {why}"));
        of(member).into_iter().chain(streams).map(|text| format!("{}: {text}", member.name)).collect::<Vec<_>>()
    };
    cluster.members.iter().flat_map(told).collect()
}

fn counted<'a>(mut texts: impl Iterator<Item = &'a str>) -> Option<String> {
    let first = texts.next()?;
    Some(match texts.count() {
        0 => first.to_owned(),
        1 => format!("{first} (and one more question)"),
        n => format!("{first} (and {n} more questions)"),
    })
}
