//! The timeline: a bounded ring of events in the order in which they happened.

use std::collections::VecDeque;

use super::filter::Filter;
use crate::domain::event::{Event, Severity};

/// How many events are kept.
pub const KEPT: usize = 10_000;

/// An event with its number: events are numbered as they come.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Its number, from 1.
    pub number: u64,
    /// The event.
    pub event: Event,
    /// Passes the filter.
    pub passes: bool,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    entries: VecDeque<Entry>,
    filter: Filter,
    last: u64,
    /// Events that were dropped because the ring was full.
    pub dropped: u64,
    /// The selected event; none while new ones are followed.
    pub selected: Option<u64>,
    /// The lowest visible event; none while new ones are followed.
    bottom: Option<u64>,
    /// When the screen was frozen, the last number that existed.
    frozen: Option<u64>,
    /// The last number when following stopped.
    left_at: u64,
}

impl Timeline {
    /// Inserts an event where it belongs by its time; equal times keep the order of arrival.
    pub fn insert(&mut self, event: Event) {
        self.last += 1;
        let at = self.entries.iter().rposition(|e| e.event.at <= event.at).map_or(0, |i| i + 1);
        let passes = self.filter.takes(&event);
        self.entries.insert(at, Entry { number: self.last, event, passes });
        self.drop_surplus();
    }

    /// Drops the oldest of what is too much. A frozen screen keeps what it shows: until it goes on, only what came since is dropped.
    fn drop_surplus(&mut self) {
        let most = if self.frozen.is_some() { 2 * KEPT } else { KEPT };
        while self.entries.len() > most {
            let since = self.frozen.and_then(|limit| self.entries.iter().position(|e| e.number > limit));
            let gone = self.entries.remove(since.unwrap_or(0));
            self.dropped += 1;
            if gone.is_some_and(|g| Some(g.number) == self.selected || Some(g.number) == self.bottom) {
                self.hold_first();
            }
        }
    }

    /// The selection was dropped from the ring: hold on to the oldest that is left.
    fn hold_first(&mut self) {
        let first = self.visible().next().map(|e| e.number);
        self.selected = first;
        self.bottom = first;
    }

    /// Sets the filter.
    pub fn set_filter(&mut self, filter: Filter) {
        for entry in &mut self.entries {
            entry.passes = filter.takes(&entry.event);
        }
        self.filter = filter;
        self.follow();
    }

    /// The filter.
    pub const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// Stops the view at what is there now, or lets it go on.
    pub fn freeze(&mut self, on: bool) {
        self.frozen = on.then_some(self.last);
        self.drop_surplus();
    }

    /// Forgets everything (another cluster).
    pub fn clear(&mut self) {
        let filter = std::mem::take(&mut self.filter);
        *self = Self { filter, ..Self::default() };
    }

    /// Number of events kept.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Follows new events.
    pub const fn is_following(&self) -> bool {
        self.bottom.is_none()
    }

    /// Events that pass and that are not younger than the freeze, oldest first.
    pub fn visible(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        let limit = self.frozen.unwrap_or(u64::MAX);
        self.entries.iter().filter(move |e| e.passes && e.number <= limit)
    }

    /// All events, whatever the filter, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// How many events the filter hides.
    pub fn hidden(&self) -> usize {
        if self.filter.is_empty() { 0 } else { self.entries.iter().filter(|e| !e.passes).count() }
    }

    /// New events since following stopped or the screen was frozen, of those that the filter lets pass.
    pub fn news(&self) -> usize {
        let since = match (self.frozen, self.bottom) {
            (Some(limit), _) => limit,
            (None, Some(_)) => self.left_at,
            (None, None) => return 0,
        };
        self.entries.iter().filter(|e| e.passes && e.number > since).count()
    }

    /// An event by number.
    pub fn get(&self, number: u64) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.number == number)
    }

    /// The lowest `height` visible events at the place where the view stands, oldest first.
    pub fn page(&self, height: usize) -> Vec<&Entry> {
        let mut page: Vec<&Entry> = match self.bottom {
            None => self.visible().rev().take(height).collect(),
            Some(bottom) => self.visible().rev().skip_while(|e| e.number != bottom).take(height).collect(),
        };
        // A bottom near the beginning leaves room: show what follows it too.
        if page.len() < height && self.bottom.is_some() {
            page = self.visible().take(height).collect();
            page.reverse();
        }
        page.reverse();
        page
    }

    /// Which of all visible events a page holds: ` 201-219 of 4000`; nothing where it holds all.
    pub fn part(&self, page: &[&Entry]) -> String {
        let (before, all) = match page.first() {
            Some(first) => (self.visible().take_while(|e| e.number != first.number).count(), self.visible().count()),
            None => return String::new(),
        };
        super::list::part(&(before..before + page.len()), all)
    }

    /// Follows again.
    pub fn follow(&mut self) {
        self.selected = None;
        self.bottom = None;
    }

    /// Moves the selection by so many events; beyond the last one it follows again.
    pub fn step(&mut self, by: isize, height: usize) {
        let numbers: Vec<u64> = self.visible().map(|e| e.number).collect();
        let Some(last) = numbers.len().checked_sub(1) else { return };
        let at = match self.selected.and_then(|s| numbers.iter().position(|n| *n == s)) {
            Some(at) => at.saturating_add_signed(by),
            None if by > 0 => return,
            None => last.saturating_add_signed(by + 1),
        };
        if at > last {
            self.follow();
        } else {
            self.place(at, &numbers, height);
        }
    }

    /// Selects the oldest event.
    pub fn first(&mut self, height: usize) {
        let numbers: Vec<u64> = self.visible().map(|e| e.number).collect();
        if !numbers.is_empty() {
            self.place(0, &numbers, height);
        }
    }

    /// Selects the next (or the one before) event that is a warning or worse. False if there is none.
    pub fn trouble(&mut self, forward: bool, height: usize) -> bool {
        let loud = |e: &&Entry| e.event.severity >= Severity::Warning;
        let from = self.selected;
        let found = if forward {
            let Some(from) = from else { return false };
            self.visible().skip_while(|e| e.number != from).skip(1).find(loud).map(|e| e.number)
        } else {
            let passed = self.visible().rev().skip_while(|e| from.is_some_and(|f| e.number != f));
            passed.skip(usize::from(from.is_some())).find(loud).map(|e| e.number)
        };
        let Some(number) = found else { return false };
        let numbers: Vec<u64> = self.visible().map(|e| e.number).collect();
        if let Some(at) = numbers.iter().position(|n| *n == number) {
            self.place(at, &numbers, height);
        }
        true
    }

    fn place(&mut self, at: usize, numbers: &[u64], height: usize) {
        if self.bottom.is_none() {
            self.left_at = self.last;
        }
        let bottom = self.bottom.and_then(|b| numbers.iter().position(|n| *n == b)).unwrap_or(numbers.len() - 1);
        let top = (bottom + 1).saturating_sub(height.max(1));
        let top = super::list::scrolled(top, at, numbers.len(), height);
        let bottom = (top + height.max(1) - 1).min(numbers.len() - 1);
        self.selected = numbers.get(at).copied();
        self.bottom = numbers.get(bottom).copied();
    }
}
