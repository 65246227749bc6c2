//! `status`: one snapshot, as JSON for scripts and as text for people.

mod json;
mod text;

use crate::domain::cluster::Cluster;
use crate::domain::stamp::Stamp;

/// The contract's object, indented, without a line end.
pub fn to_json(cluster: &Cluster, taken_at: Stamp) -> String {
    serde_json::to_string_pretty(&json::Status::of(cluster, taken_at)).unwrap_or_default()
}

/// A summary for people: trouble first, made for 80 columns, no colour. Ends with a line end.
pub fn to_text(cluster: &Cluster, taken_at: Stamp) -> String {
    text::summary(cluster, taken_at)
}
