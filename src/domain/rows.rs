//! Lists that several pictures share.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Rows that are copied only if they are changed while another picture still holds them. A cluster may have 20,000 services: the screen holds the
/// picture before while the next one is folded, and most answers change none of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows<T>(Arc<Vec<T>>);

impl<T: PartialEq> Rows<T> {
    /// Takes what was folded anew; what is the same stays where it is.
    pub fn put(&mut self, rows: Vec<T>) {
        if *self.0 != rows {
            self.0 = Arc::new(rows);
        }
    }
}

impl<T> Default for Rows<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Deref for Rows<T> {
    type Target = Vec<T>;

    fn deref(&self) -> &Vec<T> {
        &self.0
    }
}

/// Copies what is shared.
impl<T: Clone> DerefMut for Rows<T> {
    fn deref_mut(&mut self) -> &mut Vec<T> {
        Arc::make_mut(&mut self.0)
    }
}

impl<T> From<Vec<T>> for Rows<T> {
    fn from(rows: Vec<T>) -> Self {
        Self(Arc::new(rows))
    }
}

impl<T> FromIterator<T> for Rows<T> {
    fn from_iter<I: IntoIterator<Item = T>>(rows: I) -> Self {
        Self(Arc::new(rows.into_iter().collect()))
    }
}

impl<'a, T> IntoIterator for &'a Rows<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'a, T: Clone> IntoIterator for &'a mut Rows<T> {
    type Item = &'a mut T;
    type IntoIter = std::slice::IterMut<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::make_mut(&mut self.0).iter_mut()
    }
}
