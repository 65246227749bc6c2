//! The cockpit's loop: keys, signals, the session's happenings and time come in; frames go out.
//!
//! Drawn is only what changed and is visible: at once for a key and for the first change after a pause, then at most one frame in
//! [`PACE`] for data. Pauses are measured by a clock that nobody sets: the one on the wall may be set back while nobody is at the keys.

mod effects;

use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

use crossterm::event::{Event as TermEvent, KeyEventKind};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rustix::io::Errno;
use rustix::process::{Signal, kill_current_process_group};

use super::arm::Armed;
use super::live::{Happening, Live};
use super::signals::{HUNG_UP, Signals, Told};
use super::way::WayFinder;
use crate::app::{Ask, Model, Msg, Setup, update};
use crate::domain::node::NodeKey;
use crate::domain::stamp::Stamp;
use crate::keymap::Key;
use crate::link::{Prompt, PromptId};
use crate::term::{self, Guard, Input, Painter};
use crate::view;

/// Shortest time between two frames for data.
const PACE: Duration = Duration::from_millis(100);
/// How often the model learns the time when nothing else happens: ages and the clock's minutes need no more.
const TICK: Duration = Duration::from_secs(1);
/// A resize is often a storm of them: the last one counts.
const SETTLE: Duration = Duration::from_millis(60);

/// A session as it is opened.
pub struct Opened {
    /// The ways to its nodes.
    pub ways: WayFinder,
    /// What it may do, and what can.
    pub armed: Armed,
}

/// Opens the session of a cluster by name, or says why it cannot be opened.
pub type Opener = Box<dyn Fn(&str) -> Result<Opened, String>>;
/// Loads a theme by name.
pub type ThemeLoader = Box<dyn Fn(&str) -> Result<crate::theme::Theme, String>>;

/// What the cockpit needs from `main`.
pub struct Wanted {
    /// How the screen begins.
    pub setup: Setup,
    /// The cluster to begin with; none: the picker.
    pub first: Option<String>,
    /// Opens clusters.
    pub open: Opener,
    /// Loads themes.
    pub theme: ThemeLoader,
    /// Sentences to say at the start (directives that are not honoured).
    pub notices: Vec<String>,
}

/// Runs the cockpit until the operator leaves. Gives the exit status.
pub async fn run(wanted: Wanted) -> io::Result<u8> {
    let (width, height) = sized(crossterm::terminal::size().unwrap_or_default());
    let mut setup = wanted.setup;
    setup.size = (width, height);
    // Before the terminal is entered: a signal in between would end the program and leave the terminal as it is.
    let signals = Signals::new()?;
    let guard = Guard::enter()?;
    let mut cockpit = Cockpit {
        guard,
        painter: Painter::default(),
        buffer: Buffer::default(),
        area: Rect::new(0, 0, width, height),
        live: None,
        prompts: BTreeMap::new(),
        next_prompt: 0,
        open: wanted.open,
        theme: wanted.theme,
        drawn: None,
        picture_due: false,
        resized: None,
        quit: None,
        console: None,
        model: Model::new(setup),
    };
    // The first frame shows what is known before any node answered: which nodes are asked.
    if let Some(name) = wanted.first {
        cockpit.switch(&name)?;
    }
    // After the session's clock is known: a recording has its own, and a notice ends by it.
    for notice in wanted.notices {
        cockpit.tell(Msg::Notice(notice))?;
    }
    cockpit.after_turn()?;
    match cockpit.turn(signals).await {
        // The terminal is gone before its SIGHUP arrived: the same end.
        Err(e) if matches!(e.raw_os_error().map(Errno::from_raw_os_error), Some(Errno::IO | Errno::PIPE)) => Ok(129),
        ended => ended,
    }
}

pub(super) struct Cockpit {
    guard: Guard,
    painter: Painter,
    buffer: Buffer,
    /// The screen.
    area: Rect,
    pub(super) live: Option<Live>,
    prompts: BTreeMap<u64, (NodeKey, PromptId)>,
    next_prompt: u64,
    open: Opener,
    theme: ThemeLoader,
    /// When the last frame went out.
    drawn: Option<Instant>,
    /// The picture changed since it was shown.
    picture_due: bool,
    resized: Option<(Instant, (u16, u16))>,
    quit: Option<u8>,
    /// A console was asked for: node, guest, its name for people.
    console: Option<(NodeKey, String, String)>,
    pub(super) model: Model,
}

impl Cockpit {
    async fn turn(mut self, mut signals: Signals) -> io::Result<u8> {
        let mut keys = Input::open()?;
        let mut seen = Instant::now();
        loop {
            if let Some(code) = self.quit {
                return Ok(code);
            }
            if seen.elapsed() >= TICK {
                seen = Instant::now();
                // No signal comes where another program leads the session. Whoever reads keys would read nothing for ever.
                if term::is_gone() {
                    return Ok(HUNG_UP);
                }
            }
            let now = self.now();
            let wake = now.after(self.pause());
            tokio::select! {
                biased;
                told = signals.next() => self.told(told)?,
                key = keys.next() => match key {
                    Ok(event) => self.input(event)?,
                    // The terminal is gone.
                    Err(_) => return Ok(HUNG_UP),
                },
                happenings = step(self.live.as_mut(), wake, now) => self.happened(happenings)?,
            }
            self.after_turn()?;
            if let Some(wanted) = self.console.take() {
                // Our own reader reads nothing meanwhile: it is not asked.
                self.hold_console(wanted, &mut signals).await?;
            }
        }
    }

    /// The time of the session, or of the wall while there is none.
    fn now(&self) -> Stamp {
        self.live.as_ref().map_or_else(Stamp::now, Live::now)
    }

    /// After how long the loop must look again though nothing happened.
    fn pause(&self) -> Duration {
        let mut pause = TICK;
        if self.picture_due || self.model.is_dirty() {
            pause = pause.min(self.rest());
        }
        if let Some((at, _)) = self.resized {
            pause = pause.min(SETTLE.saturating_sub(at.elapsed()));
        }
        pause
    }

    /// How long the next frame for data must still wait.
    fn rest(&self) -> Duration {
        self.drawn.map_or(Duration::ZERO, |at| PACE.saturating_sub(at.elapsed()))
    }

    pub(super) fn tell(&mut self, msg: Msg) -> io::Result<()> {
        let effects = update(&mut self.model, msg);
        effects.into_iter().try_for_each(|effect| self.carry_out(effect))
    }

    fn input(&mut self, event: TermEvent) -> io::Result<()> {
        match event {
            TermEvent::Key(key) if key.kind != KeyEventKind::Release => {
                let now = self.now();
                self.tell(Msg::Tick(now))?;
                if let Some(key) = Key::from_event(key) {
                    self.tell(Msg::Key(key))?;
                }
                // A key is answered at once.
                self.draw()
            }
            TermEvent::Paste(text) => {
                self.tell(Msg::Paste(text))?;
                self.draw()
            }
            TermEvent::Resize(width, height) => {
                self.resized = Some((Instant::now(), (width, height)));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn told(&mut self, told: Told) -> io::Result<()> {
        match told {
            Told::Quit(code) => {
                self.quit = Some(code);
                Ok(())
            }
            Told::Stop => self.stop(),
            Told::Continue => {
                // Who was stopped without a word could not give the terminal back, and finds it as the shell has made it.
                if self.guard.is_lost() {
                    self.guard.pause();
                    self.guard.resume()?;
                }
                self.repaint()
            }
        }
    }

    pub(super) fn happened(&mut self, happenings: Vec<Happening>) -> io::Result<()> {
        for happening in happenings {
            match happening {
                Happening::Picture => self.picture_due = true,
                Happening::Events(events) => self.tell(Msg::Events(events))?,
                Happening::Note(text) => self.tell(Msg::Complaint(text))?,
                Happening::Found(query, found) => self.tell(Msg::Found(query, found))?,
                Happening::Task(task) => self.tell(Msg::Task(task))?,
                Happening::Prompt { node, name, id, what } => {
                    self.next_prompt += 1;
                    self.prompts.insert(self.next_prompt, (node, id));
                    self.tell(Msg::Prompt { id: self.next_prompt, node: name, ask: ask(what) })?;
                }
            }
        }
        Ok(())
    }

    /// Shows what is due, not faster than [`PACE`].
    fn after_turn(&mut self) -> io::Result<()> {
        if let Some((at, size)) = self.resized
            && at.elapsed() >= SETTLE
        {
            self.resized = None;
            self.resize(size)?;
        }
        if !self.rest().is_zero() {
            return Ok(());
        }
        let now = self.now();
        self.tell(Msg::Tick(now))?;
        if std::mem::take(&mut self.picture_due)
            && let Some(live) = &mut self.live
        {
            let (cluster, events) = live.picture();
            if !events.is_empty() {
                self.tell(Msg::Events(events))?;
            }
            self.tell(Msg::Picture(cluster))?;
        }
        if self.model.is_dirty() { self.draw() } else { Ok(()) }
    }

    fn resize(&mut self, told: (u16, u16)) -> io::Result<()> {
        let (width, height) = sized(told);
        self.area = Rect::new(0, 0, width, height);
        self.tell(Msg::Resize { width, height })?;
        self.painter.forget();
        self.draw()
    }

    fn draw(&mut self) -> io::Result<()> {
        if !self.model.take_dirty() {
            return Ok(());
        }
        term::blank(&mut self.buffer, self.area);
        view::draw(&self.model, &mut self.buffer, self.area);
        let bytes = self.painter.frame(&mut self.buffer);
        if !bytes.is_empty() {
            term::put(bytes)?;
            self.drawn = Some(Instant::now());
        }
        Ok(())
    }

    fn repaint(&mut self) -> io::Result<()> {
        self.painter.forget();
        let (width, height) = sized(crossterm::terminal::size().unwrap_or((self.area.width, self.area.height)));
        self.area = Rect::new(0, 0, width, height);
        self.tell(Msg::Resize { width, height })?;
        self.tell(Msg::FocusGained)?;
        self.draw()
    }

    /// ^Z: the terminal is given back, the process stops, and all is painted anew when it goes on.
    fn stop(&mut self) -> io::Result<()> {
        self.guard.pause();
        // The signal's own default was replaced by our handler; STOP cannot be. Who started us and waits (make, a script) stops with us:
        // else the shell is told nothing. What we started has groups of its own.
        kill_current_process_group(Signal::STOP)?;
        self.guard.resume()?;
        self.repaint()
    }
}

/// What a terminal of this size is drawn upon as.
fn sized(told: (u16, u16)) -> (u16, u16) {
    term::sized(told, |name| std::env::var(name).ok())
}

/// A step of the session; without one, just the wait.
async fn step(live: Option<&mut Live>, wake: Stamp, now: Stamp) -> Vec<Happening> {
    if let Some(live) = live {
        return live.step(wake).await;
    }
    tokio::time::sleep(Duration::from_micros(u64::try_from(wake.0 - now.0).unwrap_or(0))).await;
    Vec::new()
}

fn ask(prompt: Prompt) -> Ask {
    match prompt {
        Prompt::UnknownHostKey { host, kind, fingerprint, file } => Ask::HostKey { host, kind, fingerprint, file },
        Prompt::Passphrase { file, again } => Ask::Passphrase { file, again },
    }
}
