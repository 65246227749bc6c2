//! Commands and streams over SSH.

use std::time::Duration;

use quorate::link::{AskError, CommandLine, Lane, Order};

use super::rig::{LONG, Sshd, Talk, odd_sleep, runs, until};

fn sh(script: &'static str) -> CommandLine {
    CommandLine::script(script, [""; 0])
}

#[test]
fn bytes_codes_and_errors_come_apart_and_intact() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    let (streams, note) = talk.up();
    assert_eq!((streams, note), (8, None));
    // Pipelined: all are written before the first answer.
    let cases: Vec<(CommandLine, &[u8], &[u8], i32)> = vec![
        (sh("printf no-newline"), b"no-newline", b"", 0),
        (sh("printf '\\000a\\036\\377\\n\\n'; exit 7"), b"\0a\x1e\xff\n\n", b"", 7),
        (sh("echo out; echo err >&2; exit 255"), b"out\n", b"err\n", 255),
        (sh("printf '\\0360123456789abcdef0123456789abcdef 2 0\\n'"), b"\x1e0123456789abcdef0123456789abcdef 2 0\n", b"", 0),
        (CommandLine::new("printf", ["%s|", "a'b", "$HOME", "`id`", "two\nlines", ""]), b"a'b|$HOME|`id`|two\nlines||", b"", 0),
        (sh("cat; echo end"), b"end\n", b"", 0),
        (CommandLine::new("true", [""; 0]), b"", b"", 0),
    ];
    let ids: Vec<_> = cases.iter().map(|c| talk.send(c.0.clone(), Lane::Fast, LONG)).collect();
    for (id, (command, out, err, code)) in ids.into_iter().zip(cases) {
        let answer = talk.answer(id).unwrap();
        assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice(), answer.code), (out, err, code), "{}", command.display());
        assert!(answer.sent <= answer.began && answer.began <= answer.done);
    }
    let missing = talk.ask(CommandLine::new("no-such-tool-here", [""; 0])).unwrap();
    assert_eq!(missing.code, 127);
    assert!(!missing.stderr.is_empty());
    assert_eq!(talk.say("echo $LC_ALL; case $PATH in *:/usr/local/sbin:/usr/sbin:/sbin) echo appended;; esac"), "C\nappended\n");
}

#[test]
fn a_large_answer_is_whole_and_too_large_a_one_is_refused() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let big = talk.ask(sh("head -c 3000000 /dev/zero; yes err | head -c 200000 >&2")).unwrap();
    assert_eq!(big.stdout.len(), 3_000_000);
    assert_eq!(big.stderr.len(), 64 << 10);
    let id = talk.send(sh("head -c 80000000 /dev/zero"), Lane::Slow, LONG);
    // Not assert_eq: a failure would print it.
    assert!(talk.answer(id).map(|a| a.stdout.len()) == Err(AskError::TooLong(32 << 20)));
    assert_eq!(talk.say("echo still"), "still\n");
}

#[test]
fn a_late_ask_costs_its_pipe_alone() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let nap = odd_sleep(1001);
    let late = talk.send(CommandLine::new("sleep", [nap.clone()]), Lane::Slow, Duration::from_secs(2));
    let behind = talk.send(sh("echo behind"), Lane::Slow, LONG);
    assert_eq!(talk.say("echo quick"), "quick\n");
    until("the slow command to run", || runs(&nap));
    assert_eq!(talk.say("echo and again"), "and again\n");
    assert!(matches!(talk.answer(late), Err(AskError::Late(_))));
    assert_eq!(talk.answer(behind).unwrap().stdout, b"behind\n");
    until("the late process to end", || !runs(&nap));
}

#[test]
fn what_an_action_asks_waits_for_nobody() {
    let Some(sshd) = Sshd::start("") else { return };
    let here = |voice| quorate::link::local::spawn(quorate::link::Become::None, voice);
    for (at, mut talk) in [Talk::new(sshd.target()), Talk::with(64, here)].into_iter().enumerate() {
        talk.up();
        let nap = odd_sleep(1030 + u32::try_from(at).unwrap());
        talk.send(CommandLine::new("sleep", [nap.clone()]), Lane::Slow, LONG);
        until("the slow question to be at it", || runs(&nap));
        let asked = [talk.send(sh("echo one"), Lane::Action, LONG), talk.send(sh("echo two"), Lane::Action, LONG)];
        assert_eq!(asked.map(|id| talk.answer(id).unwrap().stdout), [b"one\n", b"two\n"]);
        assert!(runs(&nap), "the slow question has not been answered meanwhile");
        // A late one costs its pipe alone, and the next one has a pipe again.
        let late = talk.send(CommandLine::new("sleep", [odd_sleep(1040)]), Lane::Action, Duration::from_millis(500));
        let behind = talk.send(sh("echo behind"), Lane::Action, LONG);
        assert!(matches!(talk.answer(late), Err(AskError::Late(_))));
        assert_eq!(talk.answer(behind).unwrap().stdout, b"behind\n");
    }
}

#[test]
fn where_sessions_are_few_what_an_action_asks_makes_room() {
    let said_so = |r: &quorate::link::Report| matches!(r, quorate::link::Report::Note(text) if text.contains("MaxSessions")).then_some(());
    let nap = odd_sleep(1050);
    let follow = |talk: &mut Talk| {
        let id = talk.follow(CommandLine::script("echo begun; exec sleep \"$1\"", [nap.clone()]));
        talk.collect(id, b"begun\n");
    };
    // Three streams and two lanes: none is left for actions, which share the slow one.
    let Some(sshd) = Sshd::start("MaxSessions 5") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    (0..3).for_each(|_| follow(&mut talk));
    let slow = talk.send(sh("echo slow"), Lane::Slow, LONG);
    let asked = talk.send(sh("echo asked"), Lane::Action, LONG);
    assert_eq!(talk.answer(slow).unwrap().stdout, b"slow\n");
    assert_eq!(talk.answer(asked).unwrap().stdout, b"asked\n");
    talk.wait("the operator to be told", said_so);
    // One is: it is given up for the stream that holds a lock, and what was asked is still answered.
    let Some(sshd) = Sshd::start("MaxSessions 6") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    (0..3).for_each(|_| follow(&mut talk));
    let slow = talk.send(sh("echo slow"), Lane::Slow, LONG);
    assert_eq!(talk.answer(slow).unwrap().stdout, b"slow\n");
    let asked = talk.send(sh("sleep 1; echo asked"), Lane::Action, LONG);
    follow(&mut talk);
    assert_eq!(talk.answer(asked).unwrap().stdout, b"asked\n");
    talk.wait("the operator to be told", said_so);
}

#[test]
fn a_slow_tool_is_not_a_hung_node() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    // Longer than the echo may take, on the very lane that carries the echo.
    let id = talk.send(sh("sleep 4; echo done"), Lane::Fast, LONG);
    let first = talk.wait("an answer or a fall", |r| match r {
        quorate::link::Report::Answer { id: to, result } if *to == id => Some(Ok(result.clone())),
        quorate::link::Report::Down { trouble, .. } => Some(Err(trouble.clone())),
        _ => None,
    });
    assert_eq!(first.unwrap().unwrap().stdout, b"done\n");
}

#[test]
fn a_shell_that_dies_is_replaced() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let fatal = talk.send(sh("kill -KILL $$; sleep 60"), Lane::Fast, LONG);
    let next = talk.send(sh("echo next"), Lane::Fast, LONG);
    assert!(matches!(talk.answer(fatal), Err(AskError::Lost(_))));
    assert_eq!(talk.answer(next).unwrap().stdout, b"next\n");
}

#[test]
fn streams_flow_end_and_are_unfollowed() {
    let Some(sshd) = Sshd::start("") else { return };
    let mut talk = Talk::new(sshd.target());
    talk.up();
    let counted = talk.follow(sh("i=0; while [ $i -lt 5000 ]; do echo line $i; i=$((i+1)); done; echo last words >&2; exit 3"));
    let all = talk.collect(counted, b"line 4999\n");
    assert_eq!(all.split(|b| *b == b'\n').count() - 1, 5000);
    let why = talk.ended(counted);
    assert!(why.contains("exit status 3") && why.contains("last words"), "{why}");
    let nap = odd_sleep(1002);
    let follow = talk.follow(CommandLine::script("printf partial; exec sleep \"$1\"", [nap.clone()]));
    // Not held back for want of a newline.
    assert_eq!(talk.collect(follow, b"partial"), b"partial");
    until("the followed process to run", || runs(&nap));
    talk.order(Order::Unfollow(follow));
    assert_eq!(talk.ended(follow), "unfollowed");
    until("the followed process to end", || !runs(&nap));
}

#[test]
fn everything_ends_with_the_link() {
    let Some(sshd) = Sshd::start("") else { return };
    for close in [true, false] {
        let mut talk = Talk::new(sshd.target());
        talk.up();
        let (asked, followed) = (odd_sleep(1003), odd_sleep(1004));
        talk.send(CommandLine::new("sleep", [asked.clone()]), Lane::Fast, LONG);
        talk.follow(CommandLine::new("sleep", [followed.clone()]));
        until("both to run", || runs(&asked) && runs(&followed));
        if close {
            talk.order(Order::Close);
        } else {
            talk.drop_link();
        }
        until("both to end", || !runs(&asked) && !runs(&followed));
        until("the connection to end", || sshd.servants().is_empty());
    }
}

#[test]
fn few_sessions_are_enough() {
    for (max, streams) in [(3, 1), (2, 0), (1, 0)] {
        let Some(sshd) = Sshd::start(&format!("MaxSessions {max}")) else { return };
        let mut talk = Talk::new(sshd.target());
        let (granted, note) = talk.up();
        assert_eq!(granted, streams, "MaxSessions {max}");
        assert!(note.unwrap().contains(&format!("sshd grants {max} session")));
        let slow = [talk.send(sh("echo slow"), Lane::Slow, LONG), talk.send(sh("echo asked"), Lane::Action, LONG)];
        assert_eq!(talk.say("echo fast"), "fast\n");
        assert_eq!(slow.map(|id| talk.answer(id).unwrap().stdout), [&b"slow\n"[..], b"asked\n"]);
        let nap = odd_sleep(1010 + max);
        let follows = [talk.follow(CommandLine::script("echo begun; exec sleep \"$1\"", [nap.clone()])), talk.follow(sh("sleep 50"))];
        if streams == 1 {
            talk.collect(follows[0], b"begun\n");
        } else {
            let why = talk.ended(follows[0]);
            assert!(why.contains("no further session"), "{why}");
        }
        assert!(talk.ended(follows[1]).contains("no further session"));
        // A pipe that is given up gets its session back.
        let late = talk.send(CommandLine::new("sleep", [odd_sleep(1020 + max)]), Lane::Slow, Duration::from_millis(300));
        let behind = talk.send(sh("echo behind"), Lane::Slow, LONG);
        assert!(matches!(talk.answer(late), Err(AskError::Late(_))));
        assert_eq!(talk.answer(behind).unwrap().stdout, b"behind\n");
    }
}

#[test]
fn a_reader_that_is_behind_holds_the_streams_not_the_answers() {
    let Some(sshd) = Sshd::start("") else { return };
    let target = sshd.target();
    let mut talk = Talk::with(2, |voice| quorate::link::ssh::spawn(target, voice));
    talk.up();
    let flood = talk.follow(sh("head -c 20000000 /dev/zero; printf end"));
    std::thread::sleep(Duration::from_millis(500));
    let id = talk.send(sh("echo here"), Lane::Fast, LONG);
    std::thread::sleep(Duration::from_millis(500));
    let all = talk.collect(flood, b"end");
    assert_eq!(all.len(), 20_000_003);
    assert_eq!(talk.answer(id).unwrap().stdout, b"here\n");
    assert!(talk.ended(flood).contains("exit status 0"));
}
