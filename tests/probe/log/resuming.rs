//! Nothing lost, nothing twice, wherever the connection breaks. The script is played here; follow.rs runs it.

use quorate::probe::log::Resume;

use super::*;

fn content(file: &str, count: usize) -> Vec<u8> {
    (0..count).flat_map(|i| format!("Nov 22 22:12:{:02} n1 quorate[1]: {file} {i} \u{e9}\n", i % 60).into_bytes()).collect()
}

/// What follow.sh would print for files that are as they were, from the positions on.
fn play(files: &[(&str, Vec<u8>)], resume: &Resume) -> Vec<u8> {
    let mut heads = b"@zone +0000\n".to_vec();
    let mut bodies: Vec<std::vec::IntoIter<Vec<u8>>> = Vec::new();
    for (id, (path, content)) in files.iter().enumerate() {
        let position = resume.files.iter().find(|f| f.path == *path);
        let offset = position.map_or(0, |p| usize::try_from(p.offset).unwrap());
        if let Some(position) = position {
            let n = position.mark.len() / 2;
            let mark: Vec<u8> = (0..n).map(|i| u8::from_str_radix(&position.mark[2 * i..2 * i + 2], 16).unwrap()).collect();
            assert_eq!(mark, content[offset - n..offset], "the mark is what stands before the offset");
            assert!(offset == 0 || n > 0, "a mark is known");
        }
        heads.extend_from_slice(format!("@file {id} 5{id} {offset} {path} {path}\n").as_bytes());
        let lines: Vec<Vec<u8>> =
            content[offset..].split_inclusive(|b| *b == b'\n').map(|l| [format!("{id}:").as_bytes(), l].concat()).collect();
        bodies.push(lines.into_iter());
    }
    loop {
        let round: Vec<Vec<u8>> = bodies.iter_mut().filter_map(Iterator::next).collect();
        if round.is_empty() {
            return heads;
        }
        heads.extend(round.concat());
    }
}

fn texts(items: Vec<StreamItem>) -> Vec<String> {
    lines(items).into_iter().map(|l| l.text).collect()
}

#[test]
fn a_cut_after_every_byte_loses_and_doubles_nothing() {
    let files = [("/var/log/a.log", content("a", 9)), ("/var/log/messages", content("b", 6))];
    let first = play(&files, &Resume::default());
    let mut expected = texts(decode(StreamKind::LogFiles, &first));
    assert_eq!(expected.len(), 15);
    expected.sort_unstable();
    for cut in 0..=first.len() {
        let mut before = Decoder::new(StreamKind::LogFiles, arrival());
        let mut got = texts(before.feed(&first[..cut], arrival()));
        // A second loss, in the middle of what comes again.
        let resume = before.resume();
        let second = play(&files, &resume);
        let mut between = Decoder::new(StreamKind::LogFiles, arrival());
        between.resume_from(&resume);
        got.extend(texts(between.feed(&second[..second.len() / 2], arrival())));
        let resume = between.resume();
        let mut after = Decoder::new(StreamKind::LogFiles, arrival());
        after.resume_from(&resume);
        got.extend(texts(after.feed(&play(&files, &resume), arrival())));
        got.sort_unstable();
        assert_eq!(got, expected, "cut at byte {cut}");
    }
}

#[test]
fn journals_resume_after_the_last_whole_entry() {
    let bytes = fixture("journal-kernel-path-down.jsonl");
    let text = String::from_utf8(bytes.clone()).unwrap();
    let all = decode(StreamKind::Journal, &bytes);
    for cut in (0..bytes.len()).step_by(37) {
        let mut before = Decoder::new(StreamKind::Journal, arrival());
        let mut got = before.feed(&bytes[..cut], arrival());
        let rest: String = match before.resume().cursor {
            Some(cursor) => text.split_inclusive('\n').skip_while(|l| !l.contains(&cursor)).skip(1).collect(),
            None => text.clone(),
        };
        let mut after = Decoder::new(StreamKind::Journal, arrival());
        after.resume_from(&before.resume());
        got.extend(after.feed(rest.as_bytes(), arrival()));
        assert_eq!(got, all, "cut at byte {cut}");
    }
}

#[test]
fn a_rotated_file_is_remembered_beside_its_successor() {
    let run = "@file 1 11 0 /l/m /l/m\n1:abc\n@file 2 12 0 /l/m /l/m\n2:de\n1:f\n";
    let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
    decoder.feed(run.as_bytes(), arrival());
    let got: Vec<_> = decoder.resume().files.into_iter().map(|f| (f.inode, f.offset, f.mark)).collect();
    assert_eq!(got, [(12, 3, "64650a".to_owned()), (11, 6, "6162630a660a".to_owned())]);
    // Only the newest rotated one: with the third file the first is forgotten.
    decoder.feed(b"@file 3 13 0 /l/m /l/m\n", arrival());
    let got: Vec<_> = decoder.resume().files.into_iter().map(|f| f.inode).collect();
    assert_eq!(got, [13, 12]);
}

/// More than a pipe takes at once is written in pieces, and between them come the lines of other files.
#[test]
fn lines_torn_into_a_long_one_are_read_anew() {
    let piece = "A".repeat(9_000);
    let short = |number: u32| format!("Nov 22 22:12:25 n1 quorate[1]: short {number}\n");
    let length = short(0).len();
    let heads = "@file 1 11 0 /l/a /l/a\n@file 2 12 0 /l/b /l/b\n".to_owned();
    let torn = format!("b2:0:{}b1:0:{piece}b2:{length}:{}{piece}\n", short(0), short(1));
    let next = format!("b1:18001:{}b1:{}:{}", short(3), 18_001 + length, short(4));
    let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
    assert_eq!(texts(decoder.feed((heads + &torn).as_bytes(), arrival())), ["short 0"]);
    let first = decoder.resume().files.remove(0);
    assert_eq!((first.offset, first.mark.as_str()), (0, "+"), "it begins there, and may be longer than what came");
    assert_eq!(texts(decoder.feed(next.as_bytes(), arrival())), ["short 3", "short 4"]);
    assert!(!decoder.is_torn(), "nobody knows yet");
    let more = format!("b2:{}:{}b1:{}:{}", 2 * length, short(2), 18_001 + 2 * length, short(5));
    assert_eq!(texts(decoder.feed(more.as_bytes(), arrival())), ["short 5"]);
    assert!(decoder.is_torn());
    let resume = decoder.resume();
    let offsets: Vec<_> = resume.files.iter().map(|f| (f.path.as_str(), f.offset)).collect();
    assert_eq!(offsets, [("/l/a", 18_001 + 3 * length as u64), ("/l/b", length as u64)]);
    assert!(resume.files[1].mark.ends_with("7420300a"), "`t 0`, and the newline");
}

/// grep counts on where a file is truncated, and counts tail's words too.
#[test]
fn what_grep_counts_is_no_offset_after_a_truncation() {
    let run = "@file 1 11 40 /l/m /l/m\nb1:0:abc\nb1:4:tail: inotify resources exhausted\nb1:38:de\n\
        b1:41:tail: /l/m: file truncated\nb1:68:xy\nb1:71:z\n";
    let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
    decoder.feed(run.as_bytes(), arrival());
    assert!(!decoder.is_torn());
    let files = decoder.resume().files;
    assert_eq!((files[0].offset, files[0].mark.as_str()), (5, "78790a7a0a"));
}

#[test]
fn what_of_a_file_is_left_out_is_said() {
    let got = texts(decode(StreamKind::LogFiles, b"@skipped 52428800 /var/log/messages.1\n"));
    assert!(matches!(got.as_slice(), [text] if text.contains("/var/log/messages.1: its first 52428800 bytes are left out")), "{got:?}");
}

#[test]
fn truncation_and_tail_s_own_words_are_no_content() {
    let run =
        "@file 1 11 0 /l/m /l/m\n1:abc\n1:tail: /l/m: file truncated\n1:xy\n1:tail: inotify resources exhausted\n1:tail: of a comet\n";
    let mut decoder = Decoder::new(StreamKind::LogFiles, arrival());
    decoder.feed(run.as_bytes(), arrival());
    assert_eq!(decoder.resume().files[0].offset, "xy\ntail: of a comet\n".len() as u64);
}
