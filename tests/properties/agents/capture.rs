//! Laws of output capture and line splitting: the sizes of the pushes do not matter, and the memory is limited.

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

/// The output of a program: text, line ends, parts of characters, and lines of nearly the maximum length.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = select(PARTS);
    let repetitions = prop_oneof![30 => Just(1_usize), 2 => LONGEST / 4 - 1..LONGEST / 4 + 2, 1 => LONGEST - 2..LONGEST + 3];
    vec((part, repetitions), 0..40)
        .prop_map(|parts| parts.iter().flat_map(|(part, repetitions)| part.repeat(*repetitions)).collect())
}

fn text() -> impl Strategy<Value = String> {
    vec(select(&["a", "\n", "é", "€", "😀"][..]), 1..40).prop_map(|parts| parts.concat())
}

/// The lengths of the parts of a stream, which are repeated.
fn cuts() -> impl Strategy<Value = Vec<usize>> {
    vec(prop_oneof![3 => 1..4_usize, 1 => 1..200_usize, 1 => 4000..20_000_usize], 1..8)
}

fn cut_into_parts<'b>(mut bytes: &'b [u8], cuts: &[usize]) -> Vec<&'b [u8]> {
    let mut parts = Vec::new();
    for cut in cuts.iter().cycle() {
        let (part, rest) = bytes.split_at(bytes.len().min(*cut));
        parts.push(part);
        bytes = rest;
        if bytes.is_empty() {
            break;
        }
    }
    parts
}

fn capture(most_bytes: usize, parts: &[&[u8]]) -> Captured {
    let mut ring = Ring::new(most_bytes);
    for part in parts {
        ring.push(part);
    }
    ring.finish()
}

fn split_lines(parts: &[&[u8]]) -> Vec<String> {
    let (mut emitted, mut lines) = (Vec::new(), LineSplitter::default());
    for part in parts {
        lines.push(part, &mut |line| emitted.push(line.to_owned()));
    }
    lines.finish(&mut |line| emitted.push(line.to_owned()));
    assert_eq!(lines, LineSplitter::default(), "the splitter is ready for a new stream");
    emitted
}

/// The expected lines of a complete text. A `\n` with the `\r`s before it ends a line, and so do other `\r`s after a line
/// that is not empty.
fn expected_lines(text: &str) -> Vec<String> {
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
    fn a_ring_keeps_the_beginning_and_the_end(stream in stream(), cuts in cuts(), most_bytes in 0..80_usize) {
        let kept = capture(most_bytes, &cut_into_parts(&stream, &cuts));
        let head = stream.len().min(most_bytes / 2);
        let tail = (stream.len() - head).min(most_bytes - most_bytes / 2);
        prop_assert_eq!(kept.head(), &stream[..head]);
        prop_assert_eq!(kept.tail(), &stream[stream.len() - tail..]);
        prop_assert_eq!(kept.dropped_bytes(), (stream.len() - head - tail) as u64);
    }

    #[test]
    fn a_complete_capture_is_the_text(stream in stream(), cuts in cuts(), extra in 0..10_usize) {
        let kept = capture(stream.len() + extra, &cut_into_parts(&stream, &cuts));
        prop_assert_eq!(kept.to_text(), String::from_utf8_lossy(&stream));
    }

    #[test]
    fn a_gap_splits_no_character_and_counts_the_missing_bytes(text in text(), percent in 0..100_usize) {
        let kept = capture(text.len() * percent / 100, &[text.as_bytes()]);
        let shown = kept.to_text();
        prop_assert!(!shown.contains('\u{fffd}'), "{}", shown);
        let (head, rest) = shown.split_once("\n[").unwrap();
        let (missing, tail) = rest.split_once(" not kept]\n").unwrap();
        prop_assert!(text.starts_with(head) && text.ends_with(tail), "{}", shown);
        let missing: usize = missing.split(' ').next().unwrap().parse().unwrap();
        prop_assert_eq!(head.len() + missing + tail.len(), text.len());
        prop_assert!(missing as u64 <= kept.dropped_bytes() + 6, "at most one character is lost on either side");
    }

    #[test]
    fn lines_do_not_depend_on_the_sizes_of_the_pushes(stream in stream(), cuts in cuts()) {
        prop_assert_eq!(split_lines(&cut_into_parts(&stream, &cuts)), expected_lines(&String::from_utf8_lossy(&stream)));
    }

    #[test]
    fn joined_lines_are_the_text_without_line_endings(stream in stream(), cuts in cuts()) {
        let text = String::from_utf8_lossy(&stream).replace(['\r', '\n'], "");
        let emitted = split_lines(&cut_into_parts(&stream, &cuts));
        prop_assert_eq!(emitted.concat(), text);
        prop_assert!(emitted.iter().all(|line| line.len() <= LONGEST));
    }
}
