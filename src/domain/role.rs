//! What an operator may do.

/// What the operator may do on a cluster. Ordered: each may all that the one before may.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Look.
    Viewer,
    /// Run the daily actions. The default.
    #[default]
    Operator,
    /// Everything.
    Admin,
}

impl Role {
    /// The contract's word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}
