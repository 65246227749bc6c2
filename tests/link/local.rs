//! The link to this very machine.

use std::time::Duration;

use quorate::link::{self, AskError, Become, CommandLine, Lane, Order, Report};

use super::rig::{LONG, Talk, odd_sleep, runs, until};

fn here() -> Talk {
    Talk::with(64, |voice| link::local::spawn(Become::None, voice))
}

fn sh(script: &'static str) -> CommandLine {
    CommandLine::script(script, [""; 0])
}

#[test]
fn asks_and_streams_work_as_over_ssh() {
    let mut talk = here();
    assert!(talk.up().0 > 0);
    let answer = talk.ask(sh("printf 'a\\000b'; echo oops >&2; exit 9")).unwrap();
    assert_eq!((answer.stdout.as_slice(), answer.stderr.as_slice(), answer.code), (&b"a\0b"[..], &b"oops\n"[..], 9));
    let stream = talk.follow(sh("echo one; echo two; exit 4"));
    assert_eq!(talk.collect(stream, b"two\n"), b"one\ntwo\n");
    assert!(talk.ended(stream).contains("exit status 4"));
}

/// What pours in is read by the handful; who asks meanwhile, or closes, is not kept waiting for ever, and no line is lost.
#[test]
fn lines_that_pour_in_come_by_the_handful_and_all_of_them() {
    let mut talk = here();
    talk.up();
    let stream = talk.follow(sh("i=0; while [ $i -lt 150 ]; do echo line $i; i=$((i+1)); sleep 0.01; done; echo over; sleep 1000"));
    let (mut all, mut reports) = (Vec::new(), 0);
    while !all.ends_with(b"over\n") {
        all.extend(talk.wait("data", |r| match r {
            Report::Data { id, bytes, .. } if *id == stream => Some(bytes.clone()),
            _ => None,
        }));
        reports += 1;
        if reports == 10 {
            assert_eq!(talk.say("echo asked"), "asked\n");
        }
    }
    let expected: String = (0..150).map(|i| format!("line {i}\n")).chain(["over\n".to_owned()]).collect();
    assert_eq!(String::from_utf8(all).unwrap(), expected);
    assert!((5..100).contains(&reports), "151 lines in {reports} readings");
    talk.order(Order::Close);
    assert!(talk.ended(stream).contains("closed"));
}

#[test]
fn a_late_ask_costs_its_pipe_alone() {
    let mut talk = here();
    talk.up();
    let nap = odd_sleep(2001);
    let late = talk.send(CommandLine::new("sleep", [nap.clone()]), Lane::Slow, Duration::from_millis(400));
    let behind = talk.send(sh("echo behind"), Lane::Slow, LONG);
    assert_eq!(talk.say("echo quick"), "quick\n");
    assert!(matches!(talk.answer(late), Err(AskError::Late(_))));
    assert_eq!(talk.answer(behind).unwrap().stdout, b"behind\n");
    until("the late process to end", || !runs(&nap));
}

#[test]
fn everything_ends_with_the_link() {
    for close in [true, false] {
        let mut talk = here();
        talk.up();
        let (asked, followed) = (odd_sleep(2002), odd_sleep(2003));
        talk.send(CommandLine::new("sleep", [asked.clone()]), Lane::Fast, LONG);
        talk.follow(CommandLine::new("sleep", [followed.clone()]));
        until("both to run", || runs(&asked) && runs(&followed));
        if close {
            talk.order(Order::Close);
        } else {
            talk.drop_link();
        }
        until("both to end", || !runs(&asked) && !runs(&followed));
    }
}
