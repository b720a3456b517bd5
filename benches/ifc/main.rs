//! One reading of one IFC file, timed: `records`, `values`, `solids` or `facts`, then the file. Prints a line of JSON: seconds
//! of opening the file and of the reading, bytes, what was counted, and the process's largest memory (VmHWM).
//! `make`, a file, a number of bytes and a path: repeats the file's records under shifted numbers until there are
//! as many bytes.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::time::Instant;

use dothi::bim::{Limits, fuzzing, read};

type Done = Result<(), Box<dyn Error>>;

fn main() -> Done {
    // `cargo bench` and `cargo test` add words of their own, such as `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words[..] {
        ["make", model, bytes, to] => make(model, bytes.parse()?, to),
        [what @ ("records" | "values" | "solids" | "facts"), file] => measure(what, file),
        // Nothing asked for, nothing measured: all targets are run once by the tests.
        [] => Ok(()),
        _ => Err("records|values|solids|facts FILE, or make FILE BYTES TO".into()),
    }
}

fn measure(what: &str, file: &str) -> Done {
    let begin = Instant::now();
    let bytes = std::fs::read(file)?;
    let opened = begin.elapsed().as_secs_f64();
    let counted = match what {
        "records" => fuzzing::records(&bytes)?,
        "values" => fuzzing::values(&bytes)?,
        "solids" => fuzzing::solids(&bytes)?,
        _ => {
            let limits = Limits { max_bytes: usize::MAX, max_records: usize::MAX, ..Limits::default() };
            let facts = read(&bytes, &limits)?;
            if let Some(b) = facts.bbox_m {
                let [[a, b, c], [d, e, f]] = [b.min, b.max];
                println!("{{\"box\":[{a},{b},{c},{d},{e},{f}]}}");
            }
            facts.entities as usize
        }
    };
    let seconds = begin.elapsed().as_secs_f64() - opened;
    let memory = largest_memory()?;
    let size = bytes.len();
    println!(
        "{{\"what\":\"{what}\",\"open_s\":{opened:.4},\"s\":{seconds:.4},\"bytes\":{size},\"counted\":{counted},\"memory_bytes\":{memory}}}"
    );
    Ok(())
}

/// VmHWM of this process, bytes.
fn largest_memory() -> Result<u64, Box<dyn Error>> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).ok_or("no VmHWM")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// Repeats a model. Its relations join no two copies, so that the file has as many projects as copies.
fn make(model: &str, most: u64, to: &str) -> Done {
    let text = std::fs::read(model)?;
    let find = |word: &[u8]| text.windows(word.len()).position(|w| w == word);
    let begin = find(b"DATA;").ok_or("no DATA section")? + 5;
    let end =
        begin + text[begin..].windows(7).position(|w| w == b"ENDSEC;").ok_or("no end of the DATA section")?;
    let (head, data, tail) = (&text[..begin], &text[begin..end], &text[end..]);
    let numbers = places(data);
    let largest = numbers.iter().map(|(_, _, id)| *id).max().ok_or("no record")?;
    let mut out = BufWriter::new(File::create(to)?);
    out.write_all(head)?;
    let mut written = head.len() as u64;
    let mut shift = 0;
    while written + (data.len() as u64) < most {
        let mut at = 0;
        for (from, until, id) in &numbers {
            let number = (id + shift).to_string();
            out.write_all(&data[at..*from])?;
            out.write_all(number.as_bytes())?;
            written += (from - at + number.len()) as u64;
            at = *until;
        }
        out.write_all(&data[at..])?;
        written += (data.len() - at) as u64;
        shift += largest;
    }
    out.write_all(tail)?;
    Ok(out.flush()?)
}

/// Where the numbers of records and references stand, outside strings, and what they are.
fn places(data: &[u8]) -> Vec<(usize, usize, u64)> {
    let mut out = Vec::new();
    let (mut at, mut in_string) = (0, false);
    while at < data.len() {
        match data[at] {
            b'\'' => in_string = !in_string,
            b'#' if !in_string => {
                let digits = data[at + 1..].iter().take_while(|b| b.is_ascii_digit()).count();
                let id = data[at + 1..=at + digits].iter().fold(0, |id, d| id * 10 + u64::from(d - b'0'));
                out.push((at + 1, at + 1 + digits, id));
                at += digits;
            }
            _ => {}
        }
        at += 1;
    }
    out
}
