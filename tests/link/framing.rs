//! Marks and quoting, for any bytes.

use std::process::{Command, Stdio};

use proptest::prelude::*;
use quorate::link::mark::{Nonce, Piece, Scanner};
use quorate::link::{Become, CommandLine};

/// Everything a scanner says of these chunks: data joined, marks apart.
fn scan(nonce: &Nonce, chunks: &[&[u8]]) -> Vec<Result<Vec<u8>, String>> {
    let mut said: Vec<Result<Vec<u8>, String>> = Vec::new();
    let mut scanner = Scanner::new(nonce);
    for chunk in chunks {
        scanner.feed(chunk, |piece| match piece {
            Piece::Mark(words) => said.push(Err(words.to_owned())),
            Piece::Data(data) => match said.last_mut() {
                Some(Ok(all)) => all.extend_from_slice(data),
                _ => said.push(Ok(data.to_vec())),
            },
        });
    }
    said
}

proptest! {
    #[test]
    fn marks_are_found_however_the_bytes_arrive(
        texts in prop::collection::vec(prop::collection::vec(prop_oneof![Just(0x1e_u8), Just(b'\n'), Just(b'a'), any::<u8>()], 0..40), 1..5),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let nonce = Nonce::fresh().unwrap();
        let mut stream = Vec::new();
        let mut expected = Vec::new();
        for (i, text) in texts.iter().enumerate() {
            // A mark that begins and is none.
            let text = [text.as_slice(), b"\x1e", &nonce.word().as_bytes()[..20]].concat();
            stream.extend_from_slice(&text);
            stream.extend_from_slice(format!("\x1e{} {i} 0\n", nonce.word()).as_bytes());
            expected.push(Ok(text));
            expected.push(Err(format!("{i} 0")));
        }
        let mut at: Vec<usize> = cuts.iter().map(|c| c.index(stream.len() + 1)).collect();
        at.extend([0, stream.len()]);
        at.sort_unstable();
        let chunks: Vec<&[u8]> = at.windows(2).map(|w| &stream[w[0]..w[1]]).collect();
        prop_assert_eq!(scan(&nonce, &chunks), expected);
    }

    #[test]
    fn any_argument_reaches_the_program_as_it_is(args in prop::collection::vec(any::<String>(), 0..6)) {
        let args: Vec<String> = args.into_iter().map(|a| a.replace('\0', "")).collect();
        let line = CommandLine::script("for a in \"$@\"; do printf '%s\\0' \"$a\"; done", args.clone()).to_shell(Become::None);
        let out = Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).output().unwrap();
        let got: Vec<String> = String::from_utf8(out.stdout).unwrap().split_terminator('\0').map(str::to_owned).collect();
        prop_assert_eq!(got, args);
    }
}

#[test]
fn an_endless_mark_is_data() {
    let nonce = Nonce::fresh().unwrap();
    let text = format!("\x1e{} {}\n", nonce.word(), "x".repeat(200));
    assert_eq!(scan(&nonce, &[text.as_bytes()]), vec![Ok(text.clone().into_bytes())]);
}

#[test]
fn privileged_commands_go_through_sudo_where_it_is_asked_for() {
    let plain = CommandLine::new("lvs", ["--reportformat", "json"]);
    let cases = [
        (plain.clone(), Become::Sudo, "lvs --reportformat json"),
        (plain.clone().privileged(), Become::None, "lvs --reportformat json"),
        (plain.privileged(), Become::Sudo, "sudo -n lvs --reportformat json"),
        (CommandLine::new("x", ["a b", "it's", ""]), Become::None, "x 'a b' 'it'\\''s' ''"),
    ];
    for (command, rights, line) in cases {
        assert_eq!(command.to_shell(rights), line);
    }
}
