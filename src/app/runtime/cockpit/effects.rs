//! What the pure half of the cockpit wants done: sessions switched, prompts answered, the terminal lent to a console.

use std::io;
use std::os::unix::net::UnixStream;
use std::time::Duration;

use super::super::console::{Console, End};
use super::super::live::Live;
use super::super::signals::{Signals, Told};
use super::{Cockpit, TICK, step};
use crate::app::{Answer, Effect, Msg};
use crate::domain::node::NodeKey;
use crate::link::Reply;

impl Cockpit {
    pub(super) fn carry_out(&mut self, effect: Effect) -> io::Result<()> {
        match effect {
            Effect::Quit => {
                self.quit = Some(0);
                Ok(())
            }
            Effect::Suspend => self.stop(),
            Effect::ClearScreen => {
                self.painter.forget();
                self.draw()
            }
            Effect::Copy(text) => copy(&text),
            Effect::AnswerPrompt { id, answer } => {
                if let (Some((node, prompt)), Some(live)) = (self.prompts.remove(&id), &mut self.live) {
                    live.reply(node, prompt, reply(answer));
                }
                Ok(())
            }
            Effect::SwitchCluster(name) => self.switch(&name),
            Effect::Console { node, uuid, name } => {
                self.console = Some((node, uuid, name));
                Ok(())
            }
            Effect::Hurry(nodes) => {
                if let Some(live) = &mut self.live {
                    live.hurry(&nodes);
                }
                Ok(())
            }
            Effect::Inquire(queries) => self.inquire(queries),
            Effect::LookAgain => {
                if let Some(live) = &mut self.live {
                    live.look_again();
                }
                Ok(())
            }
            Effect::Act { plan, typed, code } => self.act(*plan, typed, code),
            Effect::StopTask(id) => {
                if let Some(live) = &mut self.live {
                    live.stop_task(id);
                }
                Ok(())
            }
            Effect::Cable { node, port, plug } => {
                let word = if plug { "plug" } else { "pull" };
                match &self.live {
                    Some(live) if !live.befall(&format!("{word} {node} {port}")) => {
                        self.tell(Msg::Complaint(format!("the simulated cluster has no cable {node} {port}")))
                    }
                    _ => Ok(()),
                }
            }
            Effect::SwitchTheme(name) => match (self.theme)(&name) {
                Ok(theme) => {
                    self.model.set_theme(theme);
                    self.draw()
                }
                Err(why) => self.tell(Msg::Complaint(why)),
            },
        }
    }

    pub(super) fn switch(&mut self, name: &str) -> io::Result<()> {
        let opened = match (self.open)(name) {
            Ok(opened) => opened,
            Err(why) => return self.tell(Msg::Unopened(format!("cluster '{name}' cannot be opened: {why}"))),
        };
        self.prompts.clear();
        // The old session ends before the new one begins: its links close when they are dropped.
        self.live = None;
        let mut live = Live::start(opened.ways, true);
        if let Some(executor) = opened.armed.executor {
            live.arm(executor);
        }
        self.live = Some(live);
        self.tell(Msg::Cluster(name.to_owned()))?;
        if let Some(why) = &opened.armed.acting.hindrance {
            self.tell(Msg::Complaint(why.clone()))?;
        }
        self.tell(Msg::Acting(Box::new(opened.armed.acting)))?;
        let now = self.now();
        self.picture_due = true;
        self.tell(Msg::Tick(now))
    }

    /// The terminal is the guest's until `^]`; the session goes on behind it.
    pub(super) async fn hold_console(&mut self, (node, uuid, name): (NodeKey, String, String), signals: &mut Signals) -> io::Result<()> {
        let Some(live) = &mut self.live else { return Ok(()) };
        let (near, far) = UnixStream::pair()?;
        live.console(node, uuid, far);
        self.guard.lend(&format!("console of {name}; ^] comes back"))?;
        let mut console = Console::start(near)?;
        let said = loop {
            let now = self.now();
            tokio::select! {
                biased;
                told = signals.next() => if let Told::Quit(code) = told {
                    self.quit = Some(code);
                    break None;
                },
                end = console.over() => break (end == End::Guest).then(|| format!("the console of {name} ended")),
                happenings = step(self.live.as_mut(), now.after(TICK), now) => self.happened(happenings)?,
            }
        };
        drop(console);
        if said.is_some() {
            // What the other side said last is worth a look.
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        self.guard.take_back()?;
        if let Some(text) = said {
            self.tell(Msg::Notice(text))?;
        }
        self.repaint()
    }
}

/// OSC 52: the operator's own terminal takes the text, also over SSH.
fn copy(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    crossterm::execute!(out, crossterm::clipboard::CopyToClipboard::to_clipboard_from(text))
}

fn reply(answer: Answer) -> Reply {
    match answer {
        Answer::Trust => Reply::Trust,
        Answer::Passphrase(secret) => Reply::Passphrase(secret),
        Answer::Refuse => Reply::Refuse,
    }
}
