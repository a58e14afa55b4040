//! Laws of output capture and line splitting: the sizes of the pushes change nothing, and memory stays bounded.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use speckit_core::agents::process::capture::{Captured, Ring};
use speckit_core::agents::process::lines::{LONGEST, LineSplitter};

const PARTS: &[&[u8]] = &[
    b"a",
    b"bc ",
    b"\n",
    b"\r",
    b"\r\n",
    "é".as_bytes(),
    "€".as_bytes(),
    "😀".as_bytes(),
    b"\xff",
    b"\x80",
    b"\xc3",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\xed\xa0\x80",
    b"\xf0\x80\x80",
];

/// What a program may write: text, ends of lines, parts of characters, and lines near the longest.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = select(PARTS);
    let many = prop_oneof![30 => Just(1_usize), 2 => LONGEST / 4 - 1..LONGEST / 4 + 2, 1 => LONGEST - 2..LONGEST + 3];
    vec((part, many), 0..40)
        .prop_map(|parts| parts.iter().flat_map(|(part, many)| part.repeat(*many)).collect())
}

fn text() -> impl Strategy<Value = String> {
    vec(select(&["a", "\n", "é", "€", "😀"][..]), 1..40).prop_map(|parts| parts.concat())
}

/// The lengths of the pieces that a stream arrives in, again and again.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 1..4_usize, 1 => 1..200_usize, 1 => 4000..20_000_usize], 1..8)
}

fn pieces<'b>(mut bytes: &'b [u8], cuts: &[usize]) -> Vec<&'b [u8]> {
    let mut pieces = Vec::new();
    for cut in cuts.iter().cycle() {
        let (piece, rest) = bytes.split_at(bytes.len().min(*cut));
        pieces.push(piece);
        bytes = rest;
        if bytes.is_empty() {
            break;
        }
    }
    pieces
}

fn captured(max_bytes: usize, pieces: &[&[u8]]) -> Captured {
    let mut ring = Ring::new(max_bytes);
    for piece in pieces {
        ring.push(piece);
    }
    ring.finish()
}

fn split(pieces: &[&[u8]]) -> Vec<String> {
    let (mut emitted, mut lines) = (Vec::new(), LineSplitter::default());
    for piece in pieces {
        lines.push(piece, &mut |line| emitted.push(line.to_owned()));
    }
    lines.finish(&mut |line| emitted.push(line.to_owned()));
    assert_eq!(lines, LineSplitter::default(), "a new stream may begin");
    emitted
}

/// The lines of a whole text: `\r`s before a `\n` belong to it, each other run of them ends a line that is not empty.
fn lines_of(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut ended = text.split('\n').peekable();
    while let Some(line) = ended.next() {
        let is_last = ended.peek().is_none();
        let states: Vec<&str> = line.split('\r').filter(|state| !state.is_empty()).collect();
        for state in &states {
            let mut partial = String::new();
            for c in state.chars() {
                if partial.len() + c.len_utf8() > LONGEST {
                    lines.push(std::mem::take(&mut partial));
                }
                partial.push(c);
            }
            lines.push(partial);
        }
        if states.is_empty() && !is_last {
            lines.push(String::new());
        }
    }
    lines
}

proptest! {
    #[test]
    fn a_ring_keeps_the_beginning_and_the_end(stream in stream(), cuts in cuts(), max_bytes in 0..80_usize) {
        let kept = captured(max_bytes, &pieces(&stream, &cuts));
        let head = stream.len().min(max_bytes / 2);
        let tail = (stream.len() - head).min(max_bytes - max_bytes / 2);
        prop_assert_eq!(kept.head(), &stream[..head]);
        prop_assert_eq!(kept.tail(), &stream[stream.len() - tail..]);
        prop_assert_eq!(kept.dropped_bytes(), (stream.len() - head - tail) as u64);
    }

    #[test]
    fn a_complete_capture_is_the_text(stream in stream(), cuts in cuts(), more in 0..10_usize) {
        let kept = captured(stream.len() + more, &pieces(&stream, &cuts));
        prop_assert_eq!(kept.to_text(), String::from_utf8_lossy(&stream));
    }

    #[test]
    fn a_gap_splits_no_character_and_counts_the_missing_bytes(text in text(), percent in 0..100_usize) {
        let kept = captured(text.len() * percent / 100, &[text.as_bytes()]);
        let shown = kept.to_text();
        prop_assert!(!shown.contains('\u{fffd}'), "{}", shown);
        let (head, rest) = shown.split_once("\n[").unwrap();
        let (missing, tail) = rest.split_once(" not kept]\n").unwrap();
        prop_assert!(text.starts_with(head) && text.ends_with(tail), "{}", shown);
        let missing: usize = missing.split(' ').next().unwrap().parse().unwrap();
        prop_assert_eq!(head.len() + missing + tail.len(), text.len());
        prop_assert!(missing as u64 <= kept.dropped_bytes() + 6, "only a character is lost on either side");
    }

    #[test]
    fn lines_do_not_depend_on_the_sizes_of_the_pushes(stream in stream(), cuts in cuts()) {
        prop_assert_eq!(split(&pieces(&stream, &cuts)), lines_of(&String::from_utf8_lossy(&stream)));
    }

    #[test]
    fn joined_lines_are_the_text_without_line_endings(stream in stream(), cuts in cuts()) {
        let text = String::from_utf8_lossy(&stream).replace(['\r', '\n'], "");
        let emitted = split(&pieces(&stream, &cuts));
        prop_assert_eq!(emitted.concat(), text);
        prop_assert!(emitted.iter().all(|line| line.len() <= LONGEST));
    }
}
